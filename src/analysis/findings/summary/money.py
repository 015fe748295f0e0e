"""What the customers are worth, and how much of it comes from few of them."""

from __future__ import annotations

from analysis.findings.summary.drawn import Figures, taken_over, value_of
from analysis.report.blocks import Block, Blocks, Sentence, blocks, sentence
from analysis.report.values import percent
from analysis.report.wording import Message, msgid

__all__ = ["worth"]

#: From this share of the total on, losing a few of the best customers would be felt at once.
CONCENTRATED = 0.4
#: What the best customers bring, and what to do about it, by what is measured.
_BROUGHT = msgid(
    {
        "revenue": "The best {group} of customers bring {share} of revenue.",
        "orders": "The best {group} of customers bring {share} of orders.",
    }
)
_FEW = msgid(
    {
        "revenue": "Know the best {group} of customers by name and watch them month by month: {share} of revenue "
        "depends on them.",
        "orders": "Know the best {group} of customers by name and watch them month by month: {share} of orders "
        "depends on them.",
    }
)
_ALL = msgid(
    {
        "revenue": "No small group carries the business (the best {group} bring {share} of revenue): improve what all "
        "customers meet, rather than a programme for a few.",
        "orders": "No small group carries the business (the best {group} bring {share} of orders): improve what all "
        "customers meet, rather than a programme for a few.",
    }
)


def worth(description: Figures) -> Blocks:
    """Customers, revenue, averages and concentration, with the action that follows from the concentration."""
    return blocks(
        taken_over(description, "customers", "revenue", "spend_per_customer"),
        _lead(description),
        _concentration(description),
    )


def _lead(description: Figures) -> Block | None:
    customers, orders = value_of(description, "customers"), value_of(description, "orders")
    revenue, mean = value_of(description, "revenue"), value_of(description, "spend_per_customer")
    if customers is None or orders is None:
        return None
    if revenue is None or mean is None:
        return sentence(
            "worth",
            "{customers} customers placed {orders} orders; the data hold no prices, so value is counted in orders.",
            claim="orders >= customers",
            role="lead",
            customers=customers,
            orders=orders,
        )
    return sentence(
        "worth",
        "{customers} customers have spent {revenue} so far, {mean} each on average.",
        claim="customers > 0 and revenue > 0",
        role="lead",
        customers=customers,
        revenue=revenue,
        mean=mean,
    )


def _concentration(description: Figures) -> list[Block]:
    shares = sorted(
        int(name.split("_")[1]) for name in description if name.startswith("top_") and name.endswith("_share")
    )
    if not shares:
        return []
    share = value_of(description, f"top_{shares[0]}_share")
    assert share is not None
    what = "revenue" if "revenue" in description else "orders"
    values = {"group": percent(shares[0] / 100), "share": share, "limit": percent(CONCENTRATED)}
    concentrated = share.value >= CONCENTRATED
    return [
        *taken_over(description, f"top_{shares[0]}_share"),
        Sentence("concentration", Message(_BROUGHT[what], values, "share >= group")),
        sentence(
            "action_concentration",
            _FEW[what] if concentrated else _ALL[what],
            claim="share >= limit" if concentrated else "share < limit",
            role="action",
            **values,
        ),
    ]
