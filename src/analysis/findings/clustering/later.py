"""The later period: do segments found before the cut-off keep their order of value after it?"""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from analysis.clustering import FrozenSegmentation, LaterPeriod, Segmentation
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import Value, count, day, days, number, percent, term
from analysis.report.wording import message, msgid

__all__ = ["later"]

#: Segments of which this many bring something to say about an order.
_FEWEST = 2
#: Below this share of the variance, more lies within segments than between them.
_MOST = 0.5


def later(
    found: Segmentation,
    period: LaterPeriod,
    *,
    cutoff: date | str,
    horizon_days: int,
    blind: tuple[Segmentation, LaterPeriod] | None = None,
    frozen: FrozenSegmentation | None = None,
) -> Blocks:
    """The order of value before and after; `found` and `period` are from the features before the cut-off.

    `found` has as many segments as the page; `blind` has as many as the rule would have chosen at the cut-off.
    """
    when = day(date.fromisoformat(str(cutoff)[:10]))
    how = _method(found, when, horizon_days)
    if len(period.table) < _FEWEST:
        words = msgid("On {cutoff} the customers could not be divided, so there is no order of value to check.")
        return blocks(how, Note("later_none", message(words, cutoff=when), "warning"))
    return blocks(
        _lead(period, when, horizon_days),
        KeyFigure(
            "order_kept",
            "Pairs of segments that kept their order of value",
            percent(period.kept / period.pairs),
            "clustering.order_kept.v1",
            note=message("{kept} of {pairs} pairs", kept=count(period.kept), pairs=count(period.pairs)),
            direction="up",
        ),
        _correlation(period),
        _figure(found, period, horizon_days),
        _table(found, period),
        _explained(period),
        _blind(blind, found) if blind else None,
        how,
        _seen_before(frozen, str(cutoff)[:10]),
    )


def _method(found: Segmentation, when: Value, horizon_days: int) -> Note:
    words = msgid(
        "To see whether the order of value lasts, customers were put into the frozen segments by what was known on "
        "{cutoff}, and followed for the {length} after it."
        if found.partition.method == "frozen"
        else "To see whether the order of value lasts, segments were formed anew, as many as on this page, from what "
        "was known on {cutoff}. The {length} after it were not used to form them."
    )
    return Note("later_method", message(words, cutoff=when, length=days(horizon_days)))


def _seen_before(frozen: FrozenSegmentation | None, cutoff: str) -> Note | None:
    """A frozen segmentation may itself come from data after the cut-off."""
    made = None if frozen is None else frozen.made_from.get("as_of")
    if made is None or made <= cutoff:
        return None
    words = msgid(
        "The frozen segments come from data up to {made}, which holds part of the later period: that the order lasted "
        "is then less of a test."
    )
    return Note("later_seen", message(words, made=day(date.fromisoformat(made))), "limit")


def _lead(period: LaterPeriod, when: Value, horizon_days: int) -> Block:
    values = {
        "cutoff": when,
        "length": days(horizon_days),
        "kept": count(period.kept),
        "pairs": count(period.pairs),
        "proven": count(period.proven),
        "none": count(0),
    }
    if period.kept == period.pairs and period.proven == period.pairs:
        words = msgid(
            "The order of value lasted: the segments of {cutoff} kept it in the {length} that followed, each pair "
            "beyond chance ({proven} of {pairs})."
        )
        return sentence("later_order", words, claim="proven == pairs", role="lead", **values)
    if period.kept == period.pairs:
        words = msgid(
            "The order of value lasted: the segments of {cutoff} kept it in the {length} that followed, {proven} of "
            "{pairs} pairs beyond chance."
        )
        return sentence("later_order", words, claim="kept == pairs", role="lead", **values)
    if 2 * period.kept > period.pairs:
        words = msgid(
            "The order of value mostly lasted: of the segments of {cutoff}, {kept} of {pairs} pairs kept it in the "
            "{length} that followed, {proven} beyond chance."
        )
        return sentence("later_order", words, claim="kept < pairs and kept + kept > pairs", role="lead", **values)
    words = msgid(
        "The order of value did not last: of the segments of {cutoff}, only {kept} of {pairs} pairs kept it in the "
        "{length} that followed."
    )
    return sentence("later_order", words, claim="kept + kept <= pairs", role="lead", **values)


def _blind(blind: tuple[Segmentation, LaterPeriod], found: Segmentation) -> Block | None:
    """The same with the number of segments that would have been chosen then."""
    then, period = blind
    if then.partition.k == found.partition.k:
        words = msgid("At that time the rule would have chosen the same number of segments: {k}.")
        claim = "k == page"
    elif period.pairs == 0:
        return None
    else:
        words = msgid(
            "Chosen at that time, the number of segments would have been {k}; {kept} of their {pairs} pairs kept the "
            "order of value, {proven} beyond chance."
        )
        claim = "k < page or k > page"
    values: dict[str, Any] = {"k": count(then.partition.k), "page": count(found.partition.k)}
    values |= {"kept": count(period.kept), "pairs": count(period.pairs), "proven": count(period.proven)}
    return sentence("later_blind", words, claim=claim, **values)


def _correlation(period: LaterPeriod) -> Block | None:
    if np.isnan(period.correlation):
        return None
    words = msgid(
        "In {same} of {draws} bootstrap samples all {k} segments keep their order; the rank correlation of their value "
        "before and after is {rank}."
    )
    return sentence(
        "later_rank",
        words,
        claim="rank <= most",
        rank=number(period.correlation, digits=2),
        k=count(len(period.table)),
        same=percent(period.same_order),
        draws=count(period.replicates),
        most=number(1.0),
    )


def _named(found: Segmentation, period: LaterPeriod) -> pd.DataFrame:
    return period.table.assign(segment=[found.terms[segment] for segment in period.table["segment"]])


def _kind(period: LaterPeriod) -> str:
    return "money" if period.target == "target_amount" else "number"


def _figure(found: Segmentation, period: LaterPeriod, horizon_days: int) -> Figure:
    table = _named(found, period)
    top = table.loc[table["later"].idxmax()]
    data = table.rename(columns={"segment": "category", "later": "estimate"})
    words = msgid(
        "Mean spend per customer in the {length} after the cut-off; {n} customers, zero where nothing was bought"
        if _kind(period) == "money"
        else "Mean orders per customer in the {length} after the cut-off; {n} customers"
    )
    return Figure(
        "later_value",
        "interval",
        message(
            "{segment} are worth most in the later period",
            claim="top >= highest",
            segment=term(top["segment"]),
            top=number(top["later"]),
            highest=number(table["later"].max()),
        ),
        message(words, length=days(horizon_days), n=count(int(table["customers"].sum()))),
        "One dot a segment with its interval, in the order of value at the cut-off: the dots fall from top to bottom "
        "if the order was kept.",
        data[["category", "estimate", "low", "high", "customers"]],
        {
            "category": Column("Segment", "term"),
            "estimate": Column("Mean per customer", _kind(period), low="low", high="high"),
            "customers": Column("Customers", "count"),
        },
        group_size="customers",
    )


def _table(found: Segmentation, period: LaterPeriod) -> Table:
    columns = {
        "segment": Column("Segment", "term"),
        "customers": Column("Customers", "count"),
        "before": Column("Mean before", _kind(period)),
        "later": Column("Mean later", _kind(period), low="low", high="high"),
        "active": Column("Bought later", "percent", low="active_low", high="active_high"),
    }
    caption = message("What segments brought per customer before the cut-off and later")
    return Table("later_table", caption, _named(found, period), columns, group_size="customers")


def _explained(period: LaterPeriod) -> Block:
    if math.isnan(period.explained):
        words = msgid(
            "In the later period all customers brought the same, or nothing, so no segment can account for more."
        )
        return Note("later_explained", message(words), "limit")
    words = msgid(
        "The segment accounts for {share} of the variance between customers in the later period; customers of one "
        "segment still differ a lot from each other ({n} customers)."
        if period.explained < _MOST
        else "The segment accounts for {share} of the variance between customers in the later period ({n} customers)."
    )
    n = count(int(period.table["customers"].sum()))
    return sentence(
        "later_explained", words, claim="share <= whole", share=percent(period.explained), n=n, whole=percent(1.0)
    )
