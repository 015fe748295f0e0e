"""Where the segments lie: a map of the two features that tell them apart best."""

from __future__ import annotations

import pandas as pd

from analysis.clustering import Segmentation, segment_map
from analysis.findings.kinds import kind_of
from analysis.report.blocks import Column, Figure
from analysis.report.values import count, percent, term
from analysis.report.wording import message

__all__ = ["plane"]


def plane(found: Segmentation, table: pd.DataFrame) -> Figure | None:
    """Medians and middle halves, never a point per customer; `table` names the segments in order. None where the
    segments were not made from two features or more."""
    map = segment_map(found.prepared, found.partition)
    if map is None:
        return None
    data = map.table.assign(category=list(table["segment"])).drop(columns="segment").dropna()
    if data.empty:
        return None
    return Figure(
        "segment_map",
        "map",
        message("{first} and {second} tell the segments apart best", first=term(map.x), second=term(map.y)),
        message(
            "Dots: medians of each segment, larger for more customers; boxes: the middle half of its customers in each "
            "direction. {told} of the variance of the two features lies between segments ({n} customers)",
            claim="told >= none and told <= all",
            told=percent(map.told),
            none=percent(0.0),
            all=percent(1.0),
            n=count(int(map.table["customers"].sum())),
        ),
        "One dot for each segment at its medians of the two features that tell the segments apart best, in a box from "
        "the lower to the upper quartile of each.",
        data[["category", "customers", "x", "x_low", "x_high", "y", "y_low", "y_high"]]
        .rename(columns={"customers": "n"})
        .reset_index(drop=True),
        {
            "category": Column("Segment", "term"),
            "n": Column("Customers", "count"),
            "x": Column(message("{feature}", feature=term(map.x)), kind_of(map.x), low="x_low", high="x_high"),
            "y": Column(message("{feature}", feature=term(map.y)), kind_of(map.y), low="y_low", high="y_high"),
        },
        {"log": [axis for axis, name in (("x", map.x), ("y", map.y)) if name in map.logged]},
        group_size="n",
    )
