"""What the customers are worth, and how much of it comes from few of them."""

from __future__ import annotations

from analysis.findings.summary.drawn import Figures, taken_over, value_of
from analysis.report.blocks import Block, Blocks, blocks, sentence
from analysis.report.values import percent

__all__ = ["worth"]

#: From this share of the total on, losing a few of the best customers would be felt at once.
CONCENTRATED = 0.4


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
        words = "{customers} customers placed {orders} orders; the data hold no prices, so value is counted in orders."
        return sentence("worth", words, claim="orders >= customers", role="lead", customers=customers, orders=orders)
    return sentence(
        "worth",
        "{customers} customers are worth {revenue} so far, {mean} each on average.",
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
    group, what = percent(shares[0] / 100), "revenue" if "revenue" in description else "orders"
    found: list[Block] = [
        *taken_over(description, f"top_{shares[0]}_share"),
        sentence(
            "concentration",
            f"The best {{group}} of customers bring {{share}} of {what}.",
            claim="share >= group",
            group=group,
            share=share,
        ),
    ]
    if share.value >= CONCENTRATED:
        words = (
            "Know the best {group} of customers by name and watch them month by month: {share} of "
            f"{what} depends on them."
        )
        claim = "share >= limit"
        found.append(
            sentence(
                "action_concentration", words, claim=claim, role="action", group=group, share=share,
                limit=percent(CONCENTRATED),
            )
        )  # fmt: skip
    else:
        words = (
            f"No small group carries the business (the best {{group}} bring {{share}} of {what}): improve what all "
            "customers meet, rather than a programme for a few."
        )
        found.append(
            sentence(
                "action_concentration", words, claim="share < limit", role="action", group=group, share=share,
                limit=percent(CONCENTRATED),
            )
        )  # fmt: skip
    return found
