"""Names of segments from a rule: which of recency, orders, money, tenure and browsing stand out, and which way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.clustering.partitions import Partition
from analysis.clustering.prepare import Prepared

__all__ = ["NAME_RULES", "QUALIFIERS", "SegmentName", "name_segments", "positions"]

RECENCY, FREQUENCY, MONETARY, TENURE = "recency_days", "frequency", "monetary", "tenure_days"
BROWSING = "browsing_minutes"

#: The first rule whose conditions all hold names the segment. "high" and "low" are the segment's mean beyond the
#: stated distance from all customers'; a low recency is a recent order. Columns that are absent are in the middle.
NAME_RULES: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("loyal_high_spenders", {RECENCY: "not high", FREQUENCY: "high", MONETARY: "high"}),
    ("lapsing_high_spenders", {RECENCY: "high", MONETARY: "high"}),
    ("lapsing_frequent_buyers", {RECENCY: "high", FREQUENCY: "high"}),
    ("frequent_buyers", {FREQUENCY: "high"}),
    ("big_basket_buyers", {MONETARY: "high"}),
    ("new_customers", {TENURE: "low", RECENCY: "low"}),
    ("lost_occasional_buyers", {RECENCY: "high", FREQUENCY: "low"}),
    ("lapsing_customers", {RECENCY: "high"}),
    ("browsers", {BROWSING: "high", MONETARY: "low"}),
    ("newer_occasional_buyers", {TENURE: "low"}),
    ("occasional_buyers", {FREQUENCY: "low"}),
    ("small_spenders", {MONETARY: "low"}),
    ("active_regulars", {RECENCY: "low"}),
    ("long_standing_customers", {TENURE: "high"}),
    ("typical_customers", {}),
)
_NAMED = (RECENCY, FREQUENCY, MONETARY, TENURE, BROWSING)
#: What sets apart segments that the same rule names: the column in which they differ most.
QUALIFIERS: dict[str, tuple[str, str]] = {
    RECENCY: ("more_recent", "less_recent"),
    FREQUENCY: ("fewer_orders", "more_orders"),
    MONETARY: ("lower_spend", "higher_spend"),
    TENURE: ("joined_later", "joined_earlier"),
    BROWSING: ("less_browsing", "more_browsing"),
}


@dataclass(frozen=True)
class SegmentName:
    """A segment's name and why it has it.

    Parameters
    ----------
    term : str
        The id under which the label is found, unique among the segments.
    rule : str
        The rule's id; for columns that no rule knows `high_<column>` or `low_<column>`.
    because : tuple of (column, "high" | "low")
        The levels of the rule's columns (or of the column that stands out).
    qualifier : str
        What sets it apart from others of the same rule; empty if there are none.
    """

    term: str
    rule: str
    because: tuple[tuple[str, str], ...]
    qualifier: str = ""


def positions(prepared: Prepared, division: Partition, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """How far each segment's mean lies from all customers', in standard deviations, on the scale that was clustered.

    Returns
    -------
    DataFrame, one row a segment, one column per clustered column
    """
    if not len(prepared.matrix):  # no customers, no segments
        return pd.DataFrame(columns=list(prepared.columns), dtype=float)
    spread = prepared.matrix.std(axis=0)
    shift = (division.centres - prepared.matrix.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    table = pd.DataFrame(shift, columns=list(prepared.columns))
    return table if columns is None else table[[name for name in columns if name in table]]


def name_segments(place: pd.DataFrame, *, beyond: float = 0.5) -> tuple[SegmentName, ...]:
    """Name segments by `NAME_RULES`, uniquely.

    Parameters
    ----------
    place : DataFrame
        From `positions`: one row a segment, standard deviations from all customers.
    beyond : float
        From this distance on a column counts as high or low.

    Examples
    --------
    >>> place = pd.DataFrame({"recency_days": [-0.9, 1.1], "frequency": [1.2, -0.8], "monetary": [1.0, -0.7]})
    >>> [name.term for name in name_segments(place)]
    ['loyal_high_spenders', 'lost_occasional_buyers']
    """
    if len(place) == 1:
        return (SegmentName("all_customers", "all_customers", ()),)
    first = [_first_rule(row, beyond) for _, row in place.iterrows()]
    names = []
    for number, (rule, because) in enumerate(first):
        alike = [other for other, (name, _) in enumerate(first) if name == rule]
        qualifier = "" if len(alike) == 1 else _qualifier(place, alike, number)
        names.append(SegmentName(f"{rule}_{qualifier}" if qualifier else rule, rule, because, qualifier))
    return tuple(names)


def _first_rule(row: pd.Series, beyond: float) -> tuple[str, tuple[tuple[str, str], ...]]:
    levels = {
        str(name): "high" if value >= beyond else "low" if value <= -beyond else "middle" for name, value in row.items()
    }
    known = {RECENCY, FREQUENCY, MONETARY} & set(levels)
    others = row.drop(labels=[name for name in _NAMED if name in row.index])
    for rule, wanted in NAME_RULES if known else ():
        if rule == "typical_customers" and len(others) and abs(others).max() >= beyond:
            break  # nothing known stands out, but something else does
        if all(_is(levels.get(column, "middle"), level) for column, level in wanted.items()):
            return rule, tuple((column, levels[column]) for column in wanted if column in levels)
    out = others if len(others) else row
    if abs(out).max() < beyond:
        return "typical_customers", ()
    column = str(abs(out).idxmax())
    return f"{levels[column]}_{column}", ((column, levels[column]),)


def _is(level: str, wanted: str) -> bool:
    return level != wanted.removeprefix("not ") if wanted.startswith("not ") else level == wanted


def _qualifier(place: pd.DataFrame, alike: list[int], number: int) -> str:
    """The words that set one of several like-named segments apart; numbered where two words do not suffice."""
    among = place.iloc[alike]
    ranges = (among.max() - among.min()).sort_values(ascending=False, kind="stable")
    order = among[ranges.index[0]].to_numpy().argsort(kind="stable")
    rank = [alike[position] for position in order].index(number)
    if len(alike) > 2:
        return str(rank + 1)
    words = QUALIFIERS.get(str(ranges.index[0]), (f"lower_{ranges.index[0]}", f"higher_{ranges.index[0]}"))
    return words[rank]
