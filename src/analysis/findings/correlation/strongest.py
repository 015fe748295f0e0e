"""Words for the strongest pairs: found in one half of the customers, confirmed in the other, and looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.correlation import Confirmation, PairShape
from analysis.findings.correlation.names import named, pair
from analysis.findings.kinds import kind_of
from analysis.report.blocks import Block, Blocks, Column, Definition, Figure, KeyFigure, Note, blocks, sentence
from analysis.report.values import Value, count, number, percent, term
from analysis.report.wording import Message, message, msgid, phrase

__all__ = ["confirmed", "shapes"]

#: Words for the size of a coefficient (Cohen 1988, chapter 3): from 0.5 strong, from 0.3 moderate, below that weak.
STRONG, MODERATE = 0.5, 0.3
_STATES = msgid({True: "held up", False: "did not hold up"})


def confirmed(result: Confirmation) -> Blocks:
    """The strongest pairs of the discovery half beside what the confirmation half says of them."""
    if result.table.empty:
        return _nothing(result)
    table = result.table
    kept = table[table["confirmed"]]
    return blocks(
        _lead(kept, result.method) if len(kept) else _none_held(len(table)),
        _figures(table, kept, result),
        _chart(result),
        _method(result),
        _terms(),
    )


def _nothing(result: Confirmation) -> Blocks:
    words = message(
        "Among {n} customers of the discovery half no pair of columns goes together beyond chance, after "
        "correction for {pairs} pairs; pairs tied by their definitions do not count.",
        n=count(result.discovery_customers),
        pairs=count(result.searched),
    )
    return blocks(Note("no_pair", words, "warning"), _method(result), _terms())


def _lead(kept: pd.DataFrame, method: str) -> list[Block]:
    # Strongest where it was found, with the estimate of the half that had no part in choosing it.
    best = kept.iloc[0]
    strength = abs(best["estimate"])
    size, claim = _size(strength)
    template = msgid(
        "{first} and {second} go together most: customers with more of the one tend to have more of the other. On "
        "customers it was not found on, the link is {size}: {estimate} on a scale from minus one to one."
        if best["estimate"] > 0
        else "{first} and {second} go together most: customers with more of the one tend to have less of the other. On "
        "customers it was not found on, the link is {size}: {estimate} on a scale from minus one to one."
    )
    sign = "estimate > 0" if best["estimate"] > 0 else "estimate < 0"
    estimate = number(best["estimate"], best["low"], best["high"], digits=2)
    return [
        sentence(
            "strongest_lead",
            template,
            claim=f"{sign} and {claim}",
            role="lead",
            first=term(best["first"]),
            second=term(best["second"]),
            size=phrase(size),
            estimate=estimate,
            strength=number(strength),
        ),
        KeyFigure(
            "strongest_pair",
            "Strongest confirmed correlation",
            estimate,
            f"correlation.strongest_{method}_confirmed.v1",
            int(best["n"]),
            message("{first} with {second}", first=term(best["first"]), second=term(best["second"])),
        ),
    ]


def _size(strength: float) -> tuple[str, str]:
    if strength >= STRONG:
        return msgid("strong"), f"strength >= {STRONG}"
    if strength >= MODERATE:
        return msgid("moderate"), f"strength >= {MODERATE} and strength < {STRONG}"
    return msgid("weak"), f"strength < {MODERATE}"


def _none_held(chosen: int) -> Block:
    return sentence(
        "strongest_lead",
        "None of {n} pairs that stood out in one half of the customers held up in the other: nothing here is reliable.",
        claim="n > 0",
        role="lead",
        n=count(chosen),
    )


def _figures(table: pd.DataFrame, kept: pd.DataFrame, result: Confirmation) -> list[Block]:
    share = percent(len(kept) / len(table))
    tested = count(len(table))
    return [
        KeyFigure(
            "confirmed_share",
            "Strongest pairs that held up on other customers",
            share,
            "correlation.confirmed_share.v1",
            len(table),
            message("of {n} pairs found in the first half of the customers", n=tested),
            "up",
        ),
        KeyFigure("searched", "Pairs of columns compared", count(result.searched), "correlation.searched.v1"),
        KeyFigure(
            "customers",
            "Customers",
            count(result.discovery_customers + result.confirmation_customers),
            "correlation.customers.v1",
        ),
        sentence(
            "confirmed",
            "Of {n} pairs that stood out among {first} customers, {kept} held up among {second} others.",
            claim="kept <= n",
            role="lead",
            n=tested,
            kept=count(len(kept)),
            first=count(result.discovery_customers),
            second=count(result.confirmation_customers),
        ),
    ]


def _chart(result: Confirmation) -> Block:
    names = [pair(*columns) for columns in zip(result.table["first"], result.table["second"], strict=True)]
    data = result.table[["discovery", "estimate", "low", "high"]].set_axis(["first", "second", "low", "high"], axis=1)
    data.insert(0, "category", names)
    data = data.assign(
        n=result.table["n"],
        p_holm=result.table["p_holm"],
        state=result.table["confirmed"].map(_STATES),
    )
    known = data.dropna(subset=["first", "second"])
    if known.empty:
        return Note(
            "confirmed_pairs_none", message("The other half has too few customers to measure a pair."), "warning"
        )
    gap = float((known["first"] - known["second"]).abs().median())
    return Figure(
        "confirmed_pairs_chart",
        "dumbbell",
        message(
            "On other customers, the coefficients of {n} strongest pairs differ by {gap} at the median",
            claim="gap >= 0",
            gap=number(gap, digits=2),
            n=count(len(data)),
        ),
        message(
            "{method} coefficient in the two halves of the customers, with the second half's interval",
            method=term(result.method),
        ),
        "Pairs of dots on a scale from minus one to one: the coefficient in the half where the pair was found and "
        "in the half where it was checked, with an interval for the second.",
        data,
        {
            "category": Column("Pair", "phrase"),
            "first": Column("First half (found)", "number", digits=2),
            "second": Column("Second half (checked)", "number", low="low", high="high", digits=2),
            "n": Column("Customers in the second half", "count"),
            "p_holm": Column("p, corrected (Holm)", "p_value"),
            "state": Column("Second half says", "phrase"),
        },
        {"first_label": "found", "second_label": "checked"},
    )


def _method(result: Confirmation) -> Block:
    words = message(
        "Customers are split into two halves by a hash of their key and the seed. Pairs are chosen in the first half "
        "({first} customers): the strongest ones with a corrected p-value below {alpha} among {searched} pairs (Holm). "
        "In the second half ({second} customers) a pair holds up if it has the same sign and its p-value, "
        "corrected for the pairs that were taken over (Holm), is below {alpha}. The coefficient is {method}; pairs "
        "that are tied by their definitions are left out.",
        first=count(result.discovery_customers),
        second=count(result.confirmation_customers),
        alpha=number(result.alpha, digits=2),
        searched=count(result.searched),
        method=term(result.method),
    )
    return Note("confirmation_method", words)


def shapes(results: Sequence[PairShape], *, hidden: bool = False) -> Blocks:
    """Pairs as densities with the medians along them, because a coefficient can hide a shape.

    `hidden` pairs are those without a trend: their titles name the range of the medians instead of a direction.
    """
    return blocks([_shape(result, position, hidden) for position, result in enumerate(results, 1)])


def _shape(result: PairShape, position: int, hidden: bool) -> Block:
    names: dict[str, Any] = {"first": term(result.first), "second": term(result.second)}
    medians = result.medians["y"]
    ends = [medians.min(), medians.max()] if hidden else medians.iloc[[0, -1]].tolist()
    kind = kind_of(result.second)
    low, high = (value_of(kind, value) for value in ends)
    template, claim = _NO_TREND if hidden else _direction(ends)
    kinds = {"x": kind_of(result.first), "y": kind}
    return Figure(
        f"{'hidden_' if hidden else ''}shape_{position}",
        "scatter_bins",
        message(template, claim=claim, low=low, high=high, **names),
        _shape_subtitle(result, names),
        "A grid of cells, darker where more customers lie, and a line through the median of the second column in "
        "groups of customers along the first.",
        result.bins,
        {
            "x0": Column(named(result.first), kinds["x"]),
            "x1": Column("to", kinds["x"]),
            "y0": Column(named(result.second), kinds["y"]),
            "y1": Column("to", kinds["y"]),
            "count": Column("Customers", "count"),
        },
        {
            "line": [[float(x), float(y)] for x, y in zip(result.medians["x"], result.medians["y"], strict=True)],
            "log": [axis for axis, used in (("x", result.log_x), ("y", result.log_y)) if used],
        },
        group_size="count",
    )


def value_of(kind: str, value: float) -> Value:
    """A number as a value of a kind."""
    return Value(kind, value if kind != "count" else round(value))


_NO_TREND = (
    msgid("Along {first}, the median of {second} moves between {low} and {high} without a trend"),
    "low <= high",
)


def _direction(ends: Sequence[float]) -> tuple[str, str]:
    if ends[1] > ends[0]:
        return msgid("From low to high {first}, the median of {second} rises from {low} to {high}"), "high >= low"
    if ends[1] < ends[0]:
        return msgid("From low to high {first}, the median of {second} falls from {low} to {high}"), "high <= low"
    return msgid("The median of {second} is the same at both ends of {first}: {low} and {high}"), "high == low"


#: By whether an axis is logarithmic, and whether customers lie outside.
_SUBTITLES = msgid(
    {
        (False, False): "{second} against {first}; {n} customers in bins, line through medians of groups of equal size",
        (False, True): "{second} against {first}; {n} customers in bins, line through medians of groups of equal size; "
        "{outside} customers lie beyond the outermost bins",
        (True, False): "{second} against {first}; {n} customers in bins, line through medians of groups of equal size; "
        "logarithmic where values are skewed",
        (True, True): "{second} against {first}; {n} customers in bins, line through medians of groups of equal size; "
        "logarithmic where values are skewed; {outside} customers lie beyond the outermost bins",
    }
)


def _shape_subtitle(result: PairShape, names: dict[str, Any]) -> Message:
    template = _SUBTITLES[result.log_x or result.log_y, result.outside > 0]
    return message(template, **names, n=count(result.n), outside=count(result.outside))


def _terms() -> list[Block]:
    return [
        Definition(
            "term_correlation",
            "Correlation",
            message(
                "A number between minus one and one for how closely two columns go together: one if both rise "
                "together without exception, minus one if one falls where the other rises, near zero without a trend. "
                "It says nothing about causes."
            ),
        ),
        Definition(
            "term_spearman",
            "Spearman",
            message(
                "The correlation of ranks: it asks whether larger goes with larger, whatever the distances, so a "
                "few very large customers cannot decide it. Pearson's coefficient asks for a straight line; Kendall's "
                "compares customers two by two."
            ),
        ),
        Definition(
            "term_p_value",
            "p-value",
            message(
                "How often chance alone would give a coefficient at least this far from zero, if the columns had "
                "nothing "
                "to do with each other. With many pairs some look striking by chance, so p-values are corrected "
                "for the number of pairs."
            ),
        ),
    ]
