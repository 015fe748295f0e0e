"""Do the segments stay what they were? What was frozen, how far customers have moved, and whether it still fits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd

from analysis.clustering import Drift, FrozenSegmentation, Segmentation, StillFits
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import count, day, listing, number, percent, term
from analysis.report.wording import message, msgid

__all__ = ["staying"]

_WORDS = msgid(
    {
        "fits": "The segments frozen on data as of {when} still fit: {k} segments, {n} customers.",
        "strained": (
            "The segments frozen on data as of {when} begin to fit less well ({worse} of {checks} checks, {n} "
            "customers): watch the checks below."
        ),
        "outgrown": (
            "The segments frozen on data as of {when} no longer fit ({out} of {checks} checks, {n} customers): "
            "consider freezing new ones."
        ),
    }
)
#: Shares that differ by less are the same.
_SAME = 1e-6
_CLAIMS = {
    "fits": "worse == none and out == none",
    "strained": "worse > none and out == none",
    "outgrown": "out > none",
}


def staying(
    frozen: FrozenSegmentation | None, drift: Drift | None, fit: StillFits | None, anew: Segmentation
) -> Blocks:
    """The frozen segmentation and its drift; without one, that segments are formed anew each time."""
    if frozen is None or drift is None or fit is None:
        words = msgid(
            "No segments are frozen for these reports: those of this page (number: {k}) were formed anew from this "
            "data. In a later version the borders of a segment, and the customers behind its name, may be others."
        )
        k = count(anew.partition.k)
        return blocks(sentence("not_frozen", words, claim="k >= none", k=k, none=count(0)))
    if fit.level == "nobody":
        return blocks(Note("nobody", message("No customer could be put into the frozen segments."), "warning"))
    return blocks(
        _lead(frozen, drift, fit),
        KeyFigure(
            "stability_index",
            "Drift from the frozen segments",
            number(drift.stability_index, digits=2),
            "clustering.stability_index.v1",
            note=message("population stability index; zero: the shares are as they were"),
            direction="down",
        ),
        _shares(drift),
        _table(drift),
        list(_notes(frozen, drift, anew)),
        _checks(fit),
        Note(
            "still_fits_rule",
            message(
                "Rule: frozen segments fit while every check is within its first limit, and no longer fit once a check "
                "reaches its second. The limits for shares and for far customers rise where so few customers would "
                "exceed them by chance. A centre's way is measured in mean distances of its customers at freezing."
            ),
        ),
    )


def _lead(frozen: FrozenSegmentation, drift: Drift, fit: StillFits) -> Block:
    outcomes = fit.table["outcome"]
    values: dict[str, Any] = {
        "when": day(date.fromisoformat(frozen.made_from["as_of"])),
        "k": count(len(frozen.names)),
        "n": count(drift.customers),
        "checks": count(len(outcomes)),
        "worse": count(int((outcomes == "strained").sum())),
        "out": count(int((outcomes == "outgrown").sum())),
        "none": count(0),
    }
    return sentence("still_fits", _WORDS[fit.level], claim=_CLAIMS[fit.level], role="lead", **values)


def _shares(drift: Drift) -> Figure:
    table = drift.table
    moved = table.loc[table["change"].abs().idxmax()]
    values: dict[str, Any] = {
        "segment": term(moved["segment"]),
        "then": percent(moved["share_then"]),
        "now": percent(moved["share_now"]),
    }
    if abs(moved["change"]) < _SAME:  # the stored share has twelve digits
        values["same"] = percent(_SAME)
        words = msgid("No segment has changed its share of customers")
        title = message(words, claim="now - then < same and then - now < same", **values)
    elif moved["change"] > 0:
        title = message("{segment} grew most: from {then} to {now} of customers", claim="now > then", **values)
    else:
        title = message("{segment} shrank most: from {then} to {now} of customers", claim="now < then", **values)
    data = table.rename(columns={"segment": "category", "share_then": "first", "share_now": "second"})
    return Figure(
        "frozen_shares",
        "dumbbell",
        title,
        message("Share of customers when the segments were frozen, and now ({n} customers)", n=count(drift.customers)),
        "Two dots for each segment: its share of customers when it was frozen, and its share now.",
        data[["category", "first", "second", "customers"]],
        {
            "category": Column("Segment", "term"),
            "first": Column("When frozen", "percent"),
            "second": Column("Now", "percent"),
            "customers": Column("Customers now", "count"),
        },
        {"first_label": "when frozen", "second_label": "now"},
        group_size="customers",
    )


def _table(drift: Drift) -> Table:
    columns = {
        "segment": Column("Segment", "term"),
        "customers": Column("Customers now", "count"),
        "distance_then": Column("Mean distance when frozen", "number", digits=2),
        "distance_now": Column("Mean distance now", "number", digits=2),
        "moved": Column("Centre moved", "number", digits=2),
    }
    words = msgid(
        "How far customers lie from the frozen centres, then and now, and how far the centres moved (as a multiple of "
        "the mean distance when frozen)"
    )
    return Table("frozen_table", message(words), drift.table[list(columns)], columns, group_size="customers")


def _notes(frozen: FrozenSegmentation, drift: Drift, anew: Segmentation) -> Iterator[Block]:
    yield Note(
        "frozen_from",
        message(
            "The segments were frozen from {n} customers, data as of {when}. Their borders, names and order, the "
            "scales and the cuts of RFM scores have stayed since, even where a rule would now choose others.",
            n=count(frozen.customers),
            when=day(date.fromisoformat(frozen.made_from["as_of"])),
        ),
    )
    yield sentence(
        "frozen_far",
        "{far} of {n} customers ({share}) lie farther from every frozen centre than {usual} of customers did then.",
        claim="share >= none",
        far=count(drift.far),
        n=count(drift.customers),
        share=percent(drift.far_share),
        usual=percent(0.99),
        none=percent(0.0),
    )
    yield sentence(
        "frozen_anew",
        "Formed anew, there would be {anew} segments instead of {k}."
        if anew.partition.k != len(frozen.names)
        else "Formed anew, there would be as many segments: {anew}.",
        claim="anew < k or anew > k" if anew.partition.k != len(frozen.names) else "anew == k",
        anew=count(anew.partition.k),
        k=count(len(frozen.names)),
    )
    if drift.unassigned:
        words = msgid("{n} customers have gaps that the frozen segments do not fill, and are in none.")
        yield Note("frozen_unassigned", message(words, n=count(drift.unassigned)), "limit")
    if differing := sorted(set(frozen.scaling.names) ^ set(anew.prepared.columns)):
        words = msgid(
            "The frozen segments compare customers by other columns than the present parameters and data would "
            "(differing: {columns}), so they may differ from segments formed anew for that reason alone."
        )
        yield Note("frozen_columns", message(words, columns=listing(differing)), "limit")
    elif _ways(frozen.scaling) != _ways(anew.prepared.scaling):
        words = msgid(
            "The frozen segments use other scales than segments formed anew would: those of the time they are from."
        )
        yield Note("frozen_scales", message(words))


def _ways(scaling: Any) -> tuple[str, set[tuple[str, bool]]]:
    return scaling.kind, {(column.column, column.log) for column in scaling.columns}


def _checks(fit: StillFits) -> Table:
    table = pd.DataFrame(
        {
            "check": [f"drift_{name}" for name in fit.table["check"]],
            "value": fit.table["value"],
            "fits": fit.table["fits"],
            "outgrown": fit.table["outgrown"],
            "outcome": [f"drift_outcome_{name}" for name in fit.table["outcome"]],
        }
    )
    columns = {
        "check": Column("Check", "term"),
        "value": Column("Value", "number", digits=3),
        "fits": Column("Fits up to", "number", digits=3),
        "outgrown": Column("No longer from", "number", digits=3),
        "outcome": Column("Outcome", "term"),
    }
    return Table("frozen_checks", message("Do the frozen segments still fit? The checks"), table, columns)
