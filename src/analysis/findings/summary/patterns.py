"""What goes with value and satisfaction, and what is bought together: only what held up where it was not found."""

from __future__ import annotations

import pandas as pd

from analysis.findings.summary.drawn import Figures, taken_over, value_of
from analysis.report.blocks import Block, Blocks, Column, Note, Table, blocks, message, sentence
from analysis.report.values import count, number, percent, term, text, times

__all__ = ["bought_together", "goes_together"]


def goes_together(confirmed: pd.DataFrame, correlation: Figures, *, most: int) -> Blocks:
    """The strongest pairs that other customers confirmed.

    Parameters
    ----------
    confirmed : DataFrame
        The correlation notebook's result `confirmed`.
    correlation : mapping
        Its key figures.
    most : int
        Pairs to list.
    """
    held = confirmed[confirmed["confirmed"].astype(bool)] if len(confirmed) else confirmed
    if held.empty:
        words = "No pair of customer figures that stood out in one half of the customers held up in the other half."
        return blocks(Note("no_pairs", message(words), "warning"))
    first = held.iloc[0]
    together = first["estimate"] > 0
    how = "rise together" if together else "move against each other: where one is high, the other is low"
    words = f"{{first}} and {{second}} {how} (coefficient {{estimate}}, {{n}} customers who had no part in finding it)."
    columns = {
        "first": Column("One", "term"),
        "second": Column("Other", "term"),
        "estimate": Column("Coefficient on other customers", "number", low="low", high="high", digits=2),
        "n": Column("Customers", "count"),
    }
    return blocks(
        taken_over(correlation, "strongest_pair", "confirmed_share"),
        sentence(
            "strongest",
            words,
            claim="estimate > 0" if together else "estimate < 0",
            first=term(first["first"]),
            second=term(first["second"]),
            estimate=number(first["estimate"], first["low"], first["high"], digits=2),
            n=count(first["n"]),
        ),
        Table(
            "pairs_table",
            message("The strongest links that held up on customers they were not found on"),
            held.head(most)[[*columns, "low", "high"]],
            columns,
            order="strength where they were found",
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
    held = rules[rules["held_up"].astype(bool)] if len(rules) else rules
    keys = taken_over(figures, "rules_retained", "held_up")
    if held.empty:
        words = "No rule about products bought together held up on later purchases, so none is recommended here."
        return blocks(keys, Note("no_rules", message(words), "warning"))
    best = _one_per_set(held).head(most)
    columns = {
        "antecedent": Column("Who buys"),
        "consequent": Column("also buys"),
        "later_confidence": Column(
            "in so many cases later", "percent", low="later_confidence_low", high="later_confidence_high"
        ),
        "later_lift": Column("Times as often as usual", "times", low="later_lift_low", high="later_lift_high"),
        "later_count": Column("Later baskets with both", "count"),
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
            order="strength where they were found; the figures are of the later period",
        ),
        _cross_sell(best.iloc[0]),
    )


def _rules_lead(rules: pd.DataFrame, held: pd.DataFrame, figures: Figures) -> Block:
    share = value_of(figures, "held_up")
    words = "Of {found} rules about products bought together, {kept} held up on later purchases ({share})."
    return sentence(
        "rules_lead",
        words,
        claim="kept <= found and kept > none",
        role="lead",
        found=count(len(rules)),
        kept=count(len(held)),
        share=share if share is not None else percent(len(held) / len(rules)),
        none=count(0),
    )


def _cross_sell(best: pd.Series) -> Block:
    words = (
        "Offer {consequent} to whoever puts {antecedent} into the basket: {confidence} of such baskets hold both, "
        "{lift} as often as usual. Try it on a part of the customers first and compare."
    )
    return sentence(
        "action_cross_sell",
        words,
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
