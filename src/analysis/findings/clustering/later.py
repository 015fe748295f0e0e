"""The later period: do segments found before the cut-off keep their order of value after it?"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from analysis.clustering import LaterPeriod, Segmentation
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Table, blocks, message, sentence
from analysis.report.values import Value, count, day, days, number, percent, term

__all__ = ["later"]

#: Segments of which this many bring something to say about an order.
_FEWEST = 2


def later(
    found: Segmentation,
    period: LaterPeriod,
    *,
    cutoff: date | str,
    horizon_days: int,
    blind: tuple[Segmentation, LaterPeriod] | None = None,
) -> Blocks:
    """The order of value before and after; `found` and `period` are from the features before the cut-off.

    `found` has as many segments as the page; `blind` has as many as the rule would have chosen at the cut-off.
    """
    when = day(date.fromisoformat(str(cutoff)[:10]))
    how = Note(
        "later_method",
        message(
            "For this check the segments were formed anew from what was known on {cutoff}: columns, scales, "
            "borders and "
            "names, but with the page's number of segments. The {length} after it were not used.",
            cutoff=when,
            length=days(horizon_days),
        ),
    )
    if found.partition.k < _FEWEST:
        words = "On {cutoff} the customers could not be divided, so there is no order of value to check."
        return blocks(how, Note("later_none", message(words, cutoff=when), "warning"))
    return blocks(
        _lead(period, when, horizon_days),
        KeyFigure(
            "order_kept",
            "Pairs of segments in the same order later",
            percent(period.kept / period.pairs),
            "clustering.order_kept.v1",
            n=int(period.table["customers"].sum()),
            note=message("{kept} of {pairs} pairs", kept=count(period.kept), pairs=count(period.pairs)),
            direction="up",
        ),
        _correlation(period),
        _figure(found, period, horizon_days),
        _table(found, period),
        _explained(period),
        _blind(blind, found) if blind else None,
        how,
    )


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
        words = (
            "Segments found on {cutoff} kept their order of value in the {length} after it, each pair beyond chance "
            "({proven} of {pairs})."
        )
        return sentence("later_order", words, claim="proven == pairs", role="lead", **values)
    if period.kept == period.pairs:
        words = (
            "Segments found on {cutoff} kept their order of value in the {length} after it; for {proven} of "
            "{pairs} pairs "
            "beyond chance."
        )
        return sentence("later_order", words, claim="kept == pairs", role="lead", **values)
    if 2 * period.kept > period.pairs:
        words = (
            "Segments found on {cutoff} mostly kept their order of value in the {length} after it: {kept} of {pairs} "
            "pairs, {proven} of them beyond chance."
        )
        return sentence("later_order", words, claim="kept < pairs and kept + kept > pairs", role="lead", **values)
    words = (
        "Segments found on {cutoff} did not keep their order of value in the {length} after it: only {kept} of {pairs} "
        "pairs stayed in order."
    )
    return sentence("later_order", words, claim="kept + kept <= pairs", role="lead", **values)


def _blind(blind: tuple[Segmentation, LaterPeriod], found: Segmentation) -> Block | None:
    """The same with the number of segments that would have been chosen then."""
    then, period = blind
    if then.partition.k == found.partition.k:
        words = "The rule would have chosen the same number of segments then: {k}."
        claim = "k == page"
    elif period.pairs == 0:
        return None
    else:
        words = (
            "Chosen at that time, the number of segments would have been {k}; {kept} of their {pairs} pairs kept "
            "the order "
            "of value, {proven} beyond chance."
        )
        claim = "k < page or k > page"
    values: dict[str, Any] = {"k": count(then.partition.k), "page": count(found.partition.k)}
    values |= {"kept": count(period.kept), "pairs": count(period.pairs), "proven": count(period.proven)}
    return sentence("later_blind", words, claim=claim, **values)


def _correlation(period: LaterPeriod) -> Block | None:
    if np.isnan(period.correlation):
        return None
    words = (
        "The rank correlation between a segment's value before and after is {rank} ({k} segments); in {same} "
        "of {draws} "
        "bootstrap samples all segments keep their order."
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
    words = (
        "Mean spend per customer in the {length} after the cut-off; {n} customers, zero where nothing was bought"
        if _kind(period) == "money"
        else "Mean orders per customer in the {length} after the cut-off; {n} customers"
    )
    return Figure(
        "later_value",
        "interval",
        message("{segment} are worth most in the later period", segment=term(top["segment"])),
        message(words, length=days(horizon_days), n=count(int(table["customers"].sum()))),
        "One dot a segment with its interval, in the order of value at the cut-off: the dots fall from top "
        "to bottom if "
        "the order was kept.",
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
        "before": Column("Mean until the cut-off", _kind(period)),
        "later": Column("Mean in the later period", _kind(period), low="low", high="high"),
        "active": Column("Bought in the later period", "percent", low="active_low", high="active_high"),
    }
    caption = message("Segments as found at the cut-off, and what they brought later")
    return Table("later_table", caption, _named(found, period), columns, group_size="customers")


def _explained(period: LaterPeriod) -> Block:
    words = (
        "Segments explain {share} of the differences between customers in the later period; the rest lies between "
        "customers of the same segment ({n} customers)."
    )
    n = count(int(period.table["customers"].sum()))
    return sentence(
        "later_explained", words, claim="share <= whole", share=percent(period.explained), n=n, whole=percent(1.0)
    )
