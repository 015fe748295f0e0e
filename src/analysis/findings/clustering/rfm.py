"""RFM segments: the scores with their thresholds, the nine segments, and how they lie to the clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sklearn.metrics import adjusted_rand_score

from analysis.clustering import RecencyFrequencyMonetary, Segmentation
from analysis.findings.kinds import kind_of
from analysis.findings.segment_shares import share_bars
from analysis.report.blocks import Block, Blocks, Column, Note, Table, blocks, sentence
from analysis.report.values import count, listing, number, percent, term
from analysis.report.wording import Message, message, msgid

__all__ = ["rfm"]


def rfm(
    scored: RecencyFrequencyMonetary, value: pd.DataFrame, found: Segmentation, *, given: Sequence[str] = ()
) -> Blocks:
    """Scores, segments and comparison. `value` comes from `segment_value` with RFM segments as labels.

    `given` names the measures whose cuts were given, by the parameters or by a frozen segmentation.
    """
    ordered = value.sort_values(["revenue" if "revenue" in value else "customers"], ascending=False, kind="stable")
    return blocks(
        share_bars("rfm_shares", ordered, _title(ordered), label="RFM segment"),
        _segments(ordered),
        _thresholds(scored),
        Note(
            "rfm_scheme",
            message(
                "An RFM segment follows from two things: whether the recency score lies in the upper, middle or lower "
                "third of scores, and whether the mean of the other scores does."
            ),
        ),
        _cuts(scored, given),
        _ties(scored),
        _beside(scored, found),
    )


def _title(table: pd.DataFrame) -> Message:
    """The first segment, which brings the most revenue or, without money, has the most customers."""
    part = "revenue_share" if "revenue_share" in table else "share"
    words = msgid(
        "By RFM, {segment} bring the most revenue: {share}"
        if part == "revenue_share"
        else "By RFM, {segment} are the largest segment: {share} of customers"
    )
    rest = table[part].iloc[1:]
    return message(
        words,
        claim="share >= next",
        segment=term(table["segment"].iloc[0]),
        share=percent(table[part].iloc[0]),
        next=percent(rest.max() if len(rest) else 0.0),
    )


def _segments(table: pd.DataFrame) -> Table:
    columns = {
        "segment": Column("RFM segment", "term"),
        "customers": Column("Customers", "count"),
        "revenue": Column("Revenue", "money"),
        "median_monetary": Column("Median spend", "money"),
        "median_frequency": Column("Median orders", "number"),
        "median_recency_days": Column("Days since last order", "number"),
    }
    used = {name: column for name, column in columns.items() if name in table}
    words = msgid("RFM segments: size, revenue, and medians per customer")
    return Table("rfm_table", message(words), table[list(used)], used, group_size="customers")


def _thresholds(scored: RecencyFrequencyMonetary) -> Table:
    columns = {
        "measure": Column("Measure", "term"),
        "score": Column("Score", "count"),
        "low": Column("From", "number", kinds="kind"),
        "high": Column("To", "number", kinds="kind"),
        "customers": Column("Customers", "count"),
    }
    table = scored.thresholds.assign(kind=[kind_of(measure) for measure in scored.thresholds["measure"]])
    for bound, outermost in (("low", "min"), ("high", "max")):  # such a value is that of one customer
        ends = table.groupby("measure")[bound].transform(outermost)
        table[bound] = table[bound].astype(float).where(table[bound] != ends)
    caption = message("Which values get which RFM score; the outermost scores are open towards their end")
    return Table("rfm_thresholds", caption, table, columns)


def _cuts(scored: RecencyFrequencyMonetary, given: Sequence[str]) -> Note:
    values: dict[str, Any] = {"scores": count(scored.scores)}
    if not given:
        words = msgid("Each measure is cut so that each of {scores} scores holds about as many customers.")
        return Note("rfm_cuts", message(words, **values))
    values["given"] = listing(given)
    rest = [name for name in scored.measures if name not in given]
    if not rest:
        words = msgid("The cuts between the {scores} scores were given beforehand: {given}.")
        return Note("rfm_cuts", message(words, **values))
    words = msgid(
        "The cuts between the {scores} scores were given beforehand for {given}; {rest} are cut so that each score "
        "holds about as many customers."
    )
    return Note("rfm_cuts", message(words, rest=listing(rest), **values))


def _ties(scored: RecencyFrequencyMonetary) -> Note | None:
    if scored.empty_scores == 0:
        return None
    words = msgid(
        "Customers with equal values always get equal scores. Because many share a value, {n} scores of "
        "{all} are empty."
    )
    return Note("rfm_ties", message(words, n=count(scored.empty_scores), all=count(len(scored.thresholds))), "limit")


def _beside(scored: RecencyFrequencyMonetary, found: Segmentation) -> Block | None:
    if found.partition.k < 2:
        return None
    key = found.prepared.key
    both = found.prepared.frame[[key]].assign(segment=found.partition.labels)
    both = both.merge(scored.table[[key, "segment"]], on=key, suffixes=("", "_rfm"))
    alike = float(adjusted_rand_score(both["segment"], pd.factorize(both["segment_rfm"])[0]))
    half = number(0.5)
    values: dict[str, Any] = {"alike": number(alike, digits=2), "n": count(len(both))}
    if alike >= 0.5:
        words = msgid("RFM divides the {n} customers much as the segments above do (adjusted Rand index {alike}).")
        return sentence("rfm_beside", words, claim="alike >= half", half=half, **values)
    words = msgid(
        "RFM divides the {n} customers differently from the segments above (adjusted Rand index {alike}): it cuts each "
        "measure on its own, while segments look at all their columns together."
    )
    return sentence("rfm_beside", words, claim="alike < half", half=half, **values)
