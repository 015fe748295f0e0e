"""What to do with each segment: one suggestion per naming rule, with the size of what is at stake."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.clustering import Segmentation, Verdict
from analysis.findings.clustering.segments import named
from analysis.findings.segment_actions import ACTIONS, OTHERWISE
from analysis.report.blocks import Block, Blocks, Note, blocks, sentence
from analysis.report.values import count, percent, term
from analysis.report.wording import message, msgid, phrase

__all__ = ["actions"]


def actions(found: Segmentation, value: pd.DataFrame, verdict: Verdict) -> Blocks:
    """A suggestion for each segment, in the order of the segments."""
    if found.partition.k < 2:
        words = msgid("There are no segments, so nothing follows from this page for single groups of customers.")
        return blocks(Note("no_actions", message(words), "warning"))
    return blocks(
        list(_suggestions(found, named(found, value))),
        Note(
            "try_first",
            message(
                "These suggestions follow from what a segment is like, not from a trial: give each to a part of the "
                "segment, chosen at random, and compare with the rest."
            ),
            "limit",
        ),
        Note(
            "convenience",
            message("Because the segments divide a continuum, customers near a border deserve either treatment."),
            "limit",
        )
        if verdict.level == "none"
        else None,
    )


def _suggestions(found: Segmentation, table: pd.DataFrame) -> Iterator[Block]:
    rows = table.to_dict("records")
    for place, (name, row) in enumerate(zip(found.names, rows, strict=True), start=1):
        if not row["customers"]:  # a frozen segment that nobody is in now
            continue
        what = phrase(ACTIONS.get(name.rule, OTHERWISE))
        values = {"segment": term(name.term), "n": count(row["customers"]), "what": what, "none": count(0)}
        claim = "n > none"
        if "revenue_share" in row:
            words = msgid("{segment} ({n} customers, {share} of revenue): {what}.")
            values["share"] = percent(row["revenue_share"])
        else:
            words = msgid("{segment} ({n} customers): {what}.")
        yield sentence(f"action_{place}", words, claim=claim, role="action", **values)
