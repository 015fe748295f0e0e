"""The segments: names and why, size, revenue, and how they differ from all customers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.clustering import Segmentation, SegmentName
from analysis.findings.clustering.plane import plane
from analysis.findings.segment_shares import share_bars
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import count, number, percent, term
from analysis.report.wording import Message, message, msgid

__all__ = ["profiles", "segments"]

#: Cohen's (1988) conventions for a difference in standard deviations.
_LARGE, _MEDIUM = 0.8, 0.5
#: Why a segment has its name where no rule knows the column that stands out.
_LEVELS = msgid({"high": "high {column}", "low": "low {column}"})


def segments(found: Segmentation, value: pd.DataFrame, *, beyond: float) -> Blocks:
    """Names, sizes, revenue. `value` comes from `analysis.clustering.segment_value` with segment numbers."""
    table = named(found, value)
    return blocks(
        _lead(table, frozen=found.partition.method == "frozen"),
        _largest(table),
        _shares(table),
        plane(found, table),
        _table(table),
        _naming(found, beyond),
    )


_NAMING = msgid(
    {
        "frozen": (
            "Names and order are those of the time when the segments were frozen. A segment was named by the first "
            "rule that fits: which of its columns lie {beyond} standard deviations or more above or below the mean of "
            "all customers."
        ),
        "by_size": (
            "A segment is named by the first rule that fits: which of its columns lie {beyond} standard deviations or "
            "more above or below the mean of all customers. Segments are listed by size."
        ),
        "by_value": (
            "A segment is named by the first rule that fits: which of its columns lie {beyond} standard deviations or "
            "more above or below the mean of all customers. Segments are listed by mean {order}, from high to low."
        ),
    }
)


def _naming(found: Segmentation, beyond: float) -> Note:
    values: dict[str, Any] = {"beyond": number(beyond, digits=1)}
    if found.partition.method == "frozen":
        return Note("naming", message(_NAMING["frozen"], **values))
    if not found.partition.order_by:
        return Note("naming", message(_NAMING["by_size"], **values))
    return Note("naming", message(_NAMING["by_value"], order=term(found.partition.order_by), **values))


def named(found: Segmentation, value: pd.DataFrame) -> pd.DataFrame:
    """`value` with the segments' terms and the reasons for their names."""
    table = value.copy()
    table["reason"] = [_reason(found.names[segment]) for segment in value["segment"]]
    table["segment"] = [found.terms[segment] for segment in value["segment"]]
    return table


def _reason(name: SegmentName) -> Message:
    """The words of a rule; a rule made from a column's level names the column."""
    for level, words in _LEVELS.items():
        if name.rule.startswith(f"{level}_"):
            return message(words, column=term(name.because[0][0]))
    return message("{reason}", reason=term(f"named_for_{name.rule}"))


def _lead(table: pd.DataFrame, *, frozen: bool) -> Block | None:
    """Beside frozen segments the page's summary says whether these still fit."""
    role = "finding" if frozen else "lead"
    if "revenue_share" not in table or len(table) < 2:
        return None
    top = table.loc[table["revenue_share"].idxmax()]
    values = {
        "segment": term(top["segment"]),
        "share": percent(top["share"]),
        "revenue": percent(top["revenue_share"]),
        "n": count(top["customers"]),
    }
    if top["revenue_share"] > top["share"]:
        words = msgid("{segment} are {share} of the customers ({n}) and bring {revenue} of the revenue.")
        return sentence("top_segment", words, claim="revenue > share", role=role, **values)
    words = msgid(
        "{segment} bring the most revenue ({revenue}), about in proportion to their number ({share} of customers)."
    )
    return sentence("top_segment", words, claim="revenue <= share", role=role, **values)


def _largest(table: pd.DataFrame) -> list[Block]:
    largest = table.loc[table["customers"].idxmax()]
    found: list[Block] = [
        KeyFigure(
            "largest_share",
            "Customers in the largest segment",
            percent(largest["share"]),
            "clustering.largest_share.v1",
            note=message("{segment}", segment=term(largest["segment"])),
        )
    ]
    if "revenue_share" in table:
        top = table.loc[table["revenue_share"].idxmax()]
        found.insert(
            0,
            KeyFigure(
                "top_revenue_share",
                "Revenue of the most valuable segment",
                percent(top["revenue_share"]),
                "clustering.top_revenue_share.v1",
                note=message("{segment}", segment=term(top["segment"])),
            ),
        )
    return found


def _shares(table: pd.DataFrame) -> Figure:
    part = "revenue_share" if "revenue_share" in table else "share"
    first = table.loc[table[part].idxmax()]
    words = msgid(
        "{segment} bring the most revenue: {share}"
        if part == "revenue_share"
        else "{segment} are the largest segment: {share} of customers"
    )
    title = message(
        words,
        claim="share >= next",
        segment=term(first["segment"]),
        share=percent(first[part]),
        next=percent(table[part].drop(first.name).max() if len(table) > 1 else 0.0),
    )
    return share_bars("segment_shares", table, title)


def _table(table: pd.DataFrame) -> Table:
    columns = {
        "segment": Column("Segment", "term"),
        "customers": Column("Customers", "count"),
        "revenue": Column("Revenue", "money"),
        "median_monetary": Column("Median spend", "money"),
        "median_frequency": Column("Median orders", "number"),
        "reason": Column("Named for", "phrase"),
    }
    used = {name: column for name, column in columns.items() if name in table}
    words = msgid("The segments: size, value, and what they are named for")
    return Table("segments_table", message(words), table[list(used)], used, group_size="customers")


def profiles(found: Segmentation, profile: pd.DataFrame) -> Blocks:
    """How the segments differ, by effect size. `profile` comes from `analysis.clustering.profile`."""
    if found.partition.k < 2 or profile.empty:
        return blocks()
    table = profile.assign(
        row=[found.terms[segment] for segment in profile["segment"]],
        customers=[int(found.partition.sizes[segment]) for segment in profile["segment"]],
    ).dropna(subset=["effect"])
    table = _telling(table)
    strongest = table.loc[table["effect"].abs().idxmax()]
    figure = Figure(
        "profile",
        "heatmap",
        message(
            "{segment} stand out most, by {column}",
            claim="effect <= most and effect >= least",
            effect=number(strongest["effect"], digits=1),
            most=number(abs(strongest["effect"])),
            least=number(-abs(strongest["effect"])),
            segment=term(strongest["row"]),
            column=term(strongest["column"]),
        ),
        message(
            "Difference of a segment's mean from the mean of all customers, in standard deviations (of the logarithm, "
            "where a column is skewed)"
        ),
        "One cell for each segment and each feature; positive cells lie above the mean of all customers, "
        "negative below.",
        table[["row", "column", "effect", "median", "median_all", "customers"]]
        .rename(columns={"effect": "value"})
        .reset_index(drop=True),
        {
            "row": Column("Segment", "term"),
            "column": Column("Feature", "term"),
            "value": Column("Difference", "number", unit="standard deviations", digits=1),
            "median": Column("Median", "number"),
            "median_all": Column("Median of all", "number"),
            "customers": Column("Customers", "count"),
        },
        {"scale": "diverging"},
        group_size="customers",
    )
    note = Note(
        "no_tests",
        message(
            "Differences from {medium} standard deviations on are called medium, from {large} on large; features in "
            "which no segment reaches {medium} are left out of the chart. There is no test of significance: segments "
            "differ by construction in the columns that make them.",
            medium=number(_MEDIUM, digits=1),
            large=number(_LARGE, digits=1),
        ),
    )
    return blocks(figure, _told_apart(table), note)


def _telling(table: pd.DataFrame) -> pd.DataFrame:
    """The features in which some segment stands out from all customers; all, if none does."""
    largest = table["effect"].abs().groupby(table["column"]).transform("max")
    return table[largest >= _MEDIUM] if (largest >= _MEDIUM).any() else table


def _told_apart(table: pd.DataFrame) -> Block | None:
    """The column, among those that did not make the segments, that they explain best."""
    others = table[~table["clustered"]].dropna(subset=["explained"])
    if others.empty:
        return None
    best = others.loc[others["explained"].idxmax()]
    words = msgid(
        "Of the features that did not make the segments, {column} differs most between them: the segment accounts for "
        "{share} of its variance ({n} customers)."
    )
    n = int(others.loc[others["column"] == best["column"], "n"].sum())
    values: dict[str, Any] = {"column": term(best["column"]), "share": percent(best["explained"]), "n": count(n)}
    return sentence("told_apart", words, claim="n > none", none=count(0), **values)
