"""The segments by name, size and worth, and what to do with each."""

from __future__ import annotations

import pandas as pd

from analysis.findings.segment_actions import ACTIONS, OTHERWISE
from analysis.findings.segment_shares import share_bars
from analysis.findings.summary.drawn import Figures, taken_over
from analysis.report.blocks import Block, Blocks, Column, Figure, Note, Table, blocks, sentence
from analysis.report.values import count, percent, term
from analysis.report.wording import message, msgid, phrase

__all__ = ["segments"]

#: Whether the segments are real, by the verdict of the clustering notebook.
_VERDICTS = msgid(
    {
        "clear": "The {k} segments are clearly apart and come back when customers are drawn anew.",
        "soft": "The {k} segments come back when customers are drawn anew, but their edges are soft: many customers "
        "lie between two of them.",
        "none": "The {k} segments divide a continuum. They are a way to speak about customers, not kinds of people.",
        "too_few": "There are too few customers to say whether the {k} segments are real.",
    }
)


def segments(table: pd.DataFrame, clustering: Figures) -> Blocks:
    """The segments, how real they are, and an action for each.

    Parameters
    ----------
    table : DataFrame
        The clustering notebook's result `segments`, one row a segment, with its verdict in every row.
    clustering : mapping
        Its key figures.
    """
    if len(table) < 2:
        whole = message("The customers were not divided: the clustering page says why.")
        return blocks(Note("no_segments", whole, "warning"))
    return blocks(
        taken_over(clustering, "segments"),
        _lead(table),
        _verdict(str(table["verdict"].iloc[0]), len(table)),
        _chart(table),
        _table(table),
        [_action(place, row) for place, row in enumerate(table.to_dict("records"), start=1)],
    )


def _lead(table: pd.DataFrame) -> Block:
    if "revenue_share" not in table:
        first = table.loc[table["customers"].idxmax()]
        return sentence(
            "segment_lead",
            "The largest of {k} segments, {segment}, holds {share} of customers.",
            claim="k > one",
            role="lead",
            k=count(len(table)),
            one=count(1),
            segment=term(first["segment"]),
            share=percent(first["share"]),
        )
    first = table.loc[table["revenue_share"].idxmax()]
    more = first["revenue_share"] > first["share"]
    return sentence(
        "segment_lead",
        "Of {k} segments, {segment} bring most: {revenue} of revenue from {share} of customers.",
        claim="revenue > share" if more else "revenue <= share",
        role="lead",
        k=count(len(table)),
        segment=term(first["segment"]),
        revenue=percent(first["revenue_share"]),
        share=percent(first["share"]),
    )


def _verdict(verdict: str, k: int) -> Block:
    return sentence("segment_verdict", _VERDICTS[verdict], claim="k > one", k=count(k), one=count(1))


def _chart(table: pd.DataFrame) -> Figure | None:
    if "revenue_share" not in table:
        return None
    first = table.loc[table["revenue_share"].idxmax()]
    title = message("{segment} bring the most revenue", segment=term(first["segment"]))
    return share_bars("segments_chart", table, title)


def _table(table: pd.DataFrame) -> Table:
    money = "revenue" in table
    columns = {
        "segment": Column("Segment", "term"),
        "customers": Column("Customers", "count"),
        "revenue": Column("Revenue", "money"),
        "revenue_share": Column("Share of revenue", "percent"),
        "median_monetary": Column("Median spend", "money"),
    }
    shown = {name: column for name, column in columns.items() if name in table}
    if table["later_amount"].notna().any():
        shown["later_amount"] = Column(
            "Mean later spend" if money else "Mean later orders", "money" if money else "number", low="low", high="high"
        )
    extra = ["low", "high"] if "later_amount" in shown else []
    return Table(
        "segments_table",
        message("The segments, by worth"),
        table[[*shown, *extra]],
        shown,
        order="as on the clustering page",
        group_size="customers",
    )


def _action(place: int, row: dict[str, object]) -> Block:
    return sentence(
        f"action_segment_{place}",
        "{segment} ({n} customers): {what}.",
        claim="n > none",
        role="action",
        segment=term(str(row["segment"])),
        what=phrase(ACTIONS.get(str(row["rule"]), OTHERWISE)),
        n=count(int(str(row["customers"]))),
        none=count(0),
    )
