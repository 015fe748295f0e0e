"""Words for how unevenly revenue (or orders) is spread over customers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.description import Concentration
from analysis.findings.description.spend import estimate
from analysis.report.blocks import Block, Blocks, Column, Definition, Figure, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import Value, count, number, percent, term
from analysis.report.wording import message, msgid

__all__ = ["concentration", "groups"]

#: From this share of the top fifth on, the page calls a total concentrated: the familiar 80/20 pattern or near it.
CONCENTRATED = 0.6
_HALF = 0.5
_DOUBTS = msgid(
    {
        "fair": (
            "A few large customers hold much of the total. In simulations with amounts as uneven as these, intervals "
            "of {level} for such shares held the truth less often than that: a sample that lacks the largest customers "
            "looks more even than it is."
        ),
        "poor": (
            "A few large customers decide these shares. In simulations with so few customers and amounts as uneven as "
            "these, intervals of {level} held the truth in only six to nine of ten cases: a sample that lacks the "
            "largest customers looks more even than it is."
        ),
    }
)


def concentration(result: Concentration, *, currency: bool) -> Blocks:
    """Lorenz curve, Gini coefficient and shares of the top.

    Parameters
    ----------
    result : Concentration
    currency : bool
        Whether the total is money; else it is orders.
    """
    what = term("revenue" if currency else "orders")
    if result.gini is None:
        return blocks(
            Note(
                "concentration_missing",
                message(
                    "How concentrated {what} is cannot be said: {n} customers have a total that is not negative.",
                    what=what,
                    n=count(result.n),
                ),
                "warning",
            )
        )
    gini = estimate("number", result.gini)
    top = {fraction: estimate("percent", found) for fraction, found in sorted(result.top.items())}
    unit = "revenue" if currency else "orders"
    fraction, share = max(top.items())
    keys = [
        KeyFigure(f"top_{round(100 * fraction)}_share",
                  message("Share of the top {top} of customers", top=percent(fraction)), share,
                  f"description.top_share_{unit}_{100 * fraction:g}.v1", result.n),
        KeyFigure("gini", "Gini coefficient", gini, f"description.gini_{unit}.v1", result.n),
    ]  # fmt: skip
    shares = [*_shares(top, what), _curve(result, gini, what), _doubt(result)]
    return blocks(_lead(top, what), keys, *shares, _aside(result, what), _term())


def _doubt(result: Concentration) -> Block | None:
    """Where a few customers decide, the intervals are less sure than they say."""
    if result.gini is None or result.trust not in _DOUBTS:
        return None
    words = message(_DOUBTS[result.trust], level=Value("percent", result.gini.level))
    return Note("concentration_doubt", words, "limit")


def _shares(top: Mapping[float, Value], what: Value) -> list[Block]:
    """The shares of the groups that are not in the lead."""
    return [
        sentence(
            f"top_share_{index}",
            "The top {group} of customers bring {share} of {what}.",
            claim="share >= group - 0.000001",
            group=percent(fraction),
            share=share,
            what=what,
        )
        for index, (fraction, share) in enumerate(list(top.items())[:-1])
    ]


def _lead(top: Mapping[float, Value], what: Value) -> Block:
    fraction, share = max(top.items())
    arguments = {"group": percent(fraction), "share": share, "what": what}
    if share.value >= CONCENTRATED:
        return sentence(
            "concentration_lead",
            "The top {group} of customers bring {share} of {what}: keeping them matters most.",
            claim=f"share >= {CONCENTRATED} and share > group",
            role="lead",
            **arguments,
        )
    if share.value > 1.2 * fraction:
        return sentence(
            "concentration_lead",
            "The top {group} of customers bring {share} of {what}, more than their number but not most of it.",
            claim=f"share < {CONCENTRATED} and share > 1.2 * group",
            role="lead",
            **arguments,
        )
    return sentence(
        "concentration_lead",
        "Customers are much alike: the top {group} bring {share} of {what}.",
        claim="share <= 1.2 * group",
        role="lead",
        **arguments,
    )


def _curve(result: Concentration, gini: Value, what: Value) -> Block:
    return Figure(
        "lorenz",
        "lorenz",
        message(
            "The smaller half of customers bring {share} of {what}",
            claim="share <= half + 0.000001",
            share=percent(float(np.interp(_HALF, result.lorenz["x"], result.lorenz["y"]))),
            half=percent(_HALF),
            what=what,
        ),
        message(
            "Cumulative share of {what} against cumulative share of customers, smallest first; {n} customers, Gini "
            "coefficient {gini}",
            what=what,
            n=count(result.n),
            gini=gini,
        ),
        message(
            "A curve from the lower left to the upper right corner below the line of equal shares: the cumulative "
            "share of {what} that customers hold, from the smallest to the largest. The further it sags, the more "
            "concentrated.",
            what=what,
        ),
        result.lorenz,
        {
            "x": Column("Share of customers, smallest first", "percent"),
            "y": Column(message("{column}", column=term(f"share_of_{what.value}")), "percent"),
        },
        {"marks": [_HALF]},
    )


def _aside(result: Concentration, what: Value) -> Block | None:
    if result.set_aside == 0:
        return None
    words = message(
        "{n} customers whose total is negative or missing are left out of the shares of {what}.",
        claim="n > 0",
        n=count(result.set_aside),
        what=what,
    )
    return Note("concentration_aside", words, "limit")


def _term() -> Block:
    words = message(
        "A number from zero (all customers bring the same) towards one (one customer brings everything): the area "
        "between the curve of shares and the line of equal shares, doubled."
    )
    return Definition("term_gini_coefficient", "Gini coefficient", words)


def groups(
    deciles: pd.DataFrame,
    top: Mapping[str, Mapping[str, float]],
    *,
    currency: bool,
    by_average: pd.DataFrame | None = None,
) -> Blocks:
    """Customers in ten groups of equal size, and the very best as one group; nobody by name.

    Parameters
    ----------
    deciles : DataFrame
        From `analysis.description.deciles`, ranked by total.
    top : mapping
        From the column that ranks ("monetary", "average_order_value") to `analysis.description.top_group`'s result.
    currency : bool
    by_average : DataFrame, optional
        From `analysis.description.deciles`, ranked by average spend an order, with the orders of each group.
    """
    kind, what = ("money", "revenue") if currency else ("count", "orders")
    if not deciles["amount"].sum() > 0:
        words = message("The amounts do not add up to a positive total, so customers are not put into groups.")
        return blocks(Note("groups_missing", words, "warning"))
    first, last = deciles.iloc[0], deciles.iloc[-1]
    number_of = len(deciles)
    table = deciles.assign(label=[f"{row.group}" for row in deciles.itertuples()])
    shown = Table(
        "deciles",
        message(
            "Customers in {number} groups of equal size by total: amount, share, mean and lowest per customer",
            number=count(number_of),
        ),
        table,
        {
            "label": Column("Group"),
            "customers": Column("Customers", "count"),
            "amount": Column("Revenue" if currency else "Orders", kind),
            "share": Column("Share", "percent", digits=1),
            "cumulative_share": Column("Cumulative share", "percent", digits=1),
            "mean": Column("Mean", kind if currency else "number"),
            "lowest": Column("Lowest", kind),
        },
        order="best group first",
        group_size="customers",
    )
    average = _average_groups(by_average) if by_average is not None else None
    return blocks(_decile_figure(deciles, first, last, what), shown, average, _best(top, currency))


def _average_groups(by_average: pd.DataFrame) -> Block:
    """Groups by average spend: the group's average is its revenue ÷ its orders, as for a single customer."""
    return Table(
        "deciles_by_average",
        message(
            "Customers in {number} groups of equal size by average spend, which is revenue divided by the number of "
            "orders",
            number=count(len(by_average)),
        ),
        by_average.assign(label=by_average["group"].astype(str)),
        {
            "label": Column("Group"),
            "customers": Column("Customers", "count"),
            "orders": Column("Orders", "count"),
            "amount": Column("Revenue", "money"),
            "share": Column("Share", "percent", digits=1),
            "per_order": Column("Average order value", "money"),
            "lowest": Column("Lowest average", "money"),
        },
        order="best group first",
        group_size="customers",
    )


def _decile_figure(deciles: pd.DataFrame, first: pd.Series, last: pd.Series, what: str) -> Block:
    return Figure(
        "decile_shares",
        "bar",
        message(
            "Of {groups} groups of equal size, the best brings {first} of {what}, the last {last}",
            claim="first >= last",
            groups=count(len(deciles)),
            first=percent(first["share"]),
            last=percent(last["share"]),
            what=term(what),
        ),
        message("Share of {what} by groups of equal size, best first", what=term(what)),
        message(
            "A bar for each group of customers, beside the line that all would reach if customers brought the same: "
            "the share of {what} falls from the first group to the last.",
            what=term(what),
        ),
        pd.DataFrame({"category": deciles["group"].astype(str), "value": deciles["share"],
                      "customers": deciles["customers"]}),
        {
            "category": Column("Group, best first"),
            "value": Column(message("{column}", column=term(f"share_of_{what}")), "percent", digits=1),
            "customers": Column("Customers", "count"),
        },
        {"reference": 1 / len(deciles), "reference_label": "equal shares"},
        group_size="customers",
    )  # fmt: skip


def _best(top: Mapping[str, Mapping[str, float]], currency: bool) -> list[Block]:
    found: list[Block] = []
    kind = "money" if currency else "count"
    template = msgid(
        "The best {n} customers by {column} bring {amount} of revenue, {share} of it all; the last of them has "
        "{smallest}."
        if currency
        else "The best {n} customers by {column} placed {amount} orders, {share} of them all; the last has {smallest}."
    )
    for column, group in top.items():
        if not group["share"] > 0:
            continue
        found.append(
            sentence(
                f"best_by_{column}",
                template,
                claim="n > 0 and share > 0",
                n=count(int(group["customers"])),
                column=term(column),
                amount=Value(kind, group["amount"]),
                share=percent(group["share"]),
                smallest=Value(kind, group["smallest"]) if kind == "money" else number(group["smallest"]),
            )
        )
    return found
