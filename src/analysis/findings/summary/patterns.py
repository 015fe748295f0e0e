"""What goes with value and satisfaction, and what is bought together: only what held up where it was not found."""

from __future__ import annotations

import pandas as pd

from analysis.findings.summary.drawn import Figures, flagged, taken_over, value_of
from analysis.report.blocks import Block, Blocks, Column, Note, Table, blocks, sentence
from analysis.report.values import count, number, percent, term, text, times
from analysis.report.wording import message

__all__ = ["bought_together", "goes_together"]

#: What a customer is worth, and how content: a pair is shown here if it says something about one of them.
VALUE = ("monetary", "frequency", "satisfaction")


def goes_together(confirmed: pd.DataFrame, *, most: int) -> Blocks:
    """The strongest pairs with value or satisfaction that other customers confirmed.

    Parameters
    ----------
    confirmed : DataFrame
        The correlation notebook's result `confirmed`.
    most : int
        Pairs to list.
    """
    held = flagged(confirmed, "confirmed")
    held = held[held["first"].isin(VALUE) | held["second"].isin(VALUE)] if len(held) else held
    if held.empty:
        nothing = message(
            "Nothing that stood out beside value or satisfaction in one half of the customers held up in the other."
        )
        return blocks(Note("no_pairs", nothing, "warning"))
    first = held.iloc[0]
    together = first["estimate"] > 0
    columns = {
        "first": Column("One", "term"),
        "second": Column("Other", "term"),
        "estimate": Column("Coefficient", "number", low="low", high="high", digits=2),
        "n": Column("Customers", "count"),
    }
    return blocks(
        sentence(
            "strongest",
            "{first} and {second} rise together (coefficient {estimate}, {n} customers who had no part in finding it)."
            if together
            else "{first} and {second} move against each other: where one is high, the other is low (coefficient "
            "{estimate}, {n} customers who had no part in finding it).",
            claim="estimate > 0" if together else "estimate < 0",
            first=term(first["first"]),
            second=term(first["second"]),
            estimate=number(first["estimate"], first["low"], first["high"], digits=2),
            n=count(first["n"]),
        ),
        Table(
            "pairs_table",
            message("What goes with value and satisfaction, on customers it was not found on"),
            held.head(most)[[*columns, "low", "high"]],
            columns,
            order="the strongest first, as found",
        ),
    )


def bought_together(rules: pd.DataFrame, figures: Figures, *, most: int) -> Blocks:
    """The best rules that held up later, and what to do with them.

    Parameters
    ----------
    rules : DataFrame
        The rules notebook's result `rules`.
    figures : mapping
        Its key figures.
    most : int
        Rules to list.
    """
    held = flagged(rules, "held_up")
    keys = taken_over(figures, "held_up")
    if held.empty:
        none = message(
            "No rule about products bought together held up on later purchases, so none is recommended here."
        )
        return blocks(keys, Note("no_rules", none, "warning"))
    best = _one_per_set(held).head(most)
    columns = {
        "antecedent": Column("Who buys"),
        "consequent": Column("also buys"),
        "later_confidence": Column(
            "of cases, later", "percent", low="later_confidence_low", high="later_confidence_high"
        ),
        "later_lift": Column("Lift, later", "times", low="later_lift_low", high="later_lift_high"),
        "later_count": Column("Baskets", "count"),
    }
    bounds = [bound for column in columns.values() for bound in (column.low, column.high) if bound]
    return blocks(
        keys,
        _rules_lead(rules, held, figures),
        Table(
            "rules_table",
            message("Bought together, and still so on later purchases"),
            best[[*columns, *bounds]],
            columns,
            order="in the order of strength where they were found; lift says how many times as often as in all baskets",
        ),
        _cross_sell(best.iloc[0]),
    )


def _rules_lead(rules: pd.DataFrame, held: pd.DataFrame, figures: Figures) -> Block:
    share = value_of(figures, "held_up")
    return sentence(
        "rules_lead",
        "Of {found} rules about products bought together, {kept} held up on later purchases ({share}).",
        claim="kept <= found and kept > none",
        role="lead",
        found=count(len(rules)),
        kept=count(len(held)),
        share=share if share is not None else percent(len(held) / len(rules)),
        none=count(0),
    )


def _cross_sell(best: pd.Series) -> Block:
    return sentence(
        "action_cross_sell",
        "Offer {consequent} to whoever puts {antecedent} into the basket: {confidence} of such baskets hold it too, "
        "{lift} as often as usual. Try it on a part of the customers first, and compare with the rest.",
        claim="lift > 1",
        role="action",
        antecedent=text(best["antecedent"]),
        consequent=text(best["consequent"]),
        confidence=percent(best["later_confidence"], best["later_confidence_low"], best["later_confidence_high"]),
        lift=times(best["later_lift"], best["later_lift_low"], best["later_lift_high"]),
    )


def _one_per_set(rules: pd.DataFrame) -> pd.DataFrame:
    """The first rule of each set of products: A ⇒ B and B ⇒ A tell a stakeholder the same."""
    sets = [
        "\n".join(sorted(f"{one}, {other}".split(", ")))
        for one, other in zip(rules["antecedent"], rules["consequent"], strict=True)
    ]
    return rules[~pd.Series(sets, index=rules.index).duplicated()]
