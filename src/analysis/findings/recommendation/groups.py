"""Whether choosing for each customer works for everybody: by orders, by time as a customer, by segment."""

from __future__ import annotations

import pandas as pd

from analysis.findings.recommendation.shared import list_term
from analysis.recommendation import Verdict
from analysis.report.blocks import Block, Blocks, Column, Figure, Note, blocks, sentence
from analysis.report.values import count, listing, percent, points, term
from analysis.report.wording import message

__all__ = ["by_group"]


def by_group(groups: pd.DataFrame | None, verdict: Verdict | None, *, level: float) -> Blocks:
    """Hit rate and gain in every group of customers.

    Parameters
    ----------
    groups : DataFrame or None
        As `analysis.recommendation.within_groups`, for the verdict's model and baseline.
    """
    if verdict is None or groups is None or groups.empty:
        return blocks(
            sentence("no_groups", "Nothing was measured, so there is nothing to divide by groups of customers.")
        )
    shown = verdict.model or verdict.baseline
    table = groups[(groups["method"] == shown) & (groups["measure"] == "hit_rate")]
    return blocks(_rates(table, shown, level), _gains(table, verdict, level), _said(table, verdict), _segments(table))


def _data(table: pd.DataFrame, value: str) -> pd.DataFrame:
    low, high = ("low", "high") if value == "estimate" else ("difference_low", "difference_high")
    return pd.DataFrame(
        {
            "category": [str(name) for name in table["group"]],
            "group": [f"division_{name}" for name in table["division"]],
            "estimate": table[value].to_numpy(dtype=float),
            "low": table[low].to_numpy(dtype=float),
            "high": table[high].to_numpy(dtype=float),
            "customers": table["customers"].to_numpy(),
        }
    )


def _rates(table: pd.DataFrame, method: str, level: float) -> Block:
    data = _data(table, "estimate")
    best, worst = data.loc[data["estimate"].idxmax()], data.loc[data["estimate"].idxmin()]
    return Figure(
        "group_hits",
        "interval",
        message(
            "Most often right: {best}, {most}; least often: {worst}, {least}",
            claim="most >= least",
            best=term(best["category"]),
            most=percent(best["estimate"], digits=0),
            worst=term(worst["category"]),
            least=percent(worst["estimate"], digits=0),
        ),
        message(
            "Share of the customers of each group who would have found something new to them among their offers "
            "({method}), {level} intervals",
            method=list_term(method),
            level=percent(level),
        ),
        "One dot a group with its interval, under a heading for each way to divide the customers.",
        data,
        {
            "category": Column("Group of customers", "term"),
            "group": Column("Divided by", "term"),
            "estimate": Column("Hit rate", "percent", low="low", high="high", digits=0),
            "customers": Column("Customers", "count"),
        },
        group_size="customers",
    )


def _gains(table: pd.DataFrame, verdict: Verdict, level: float) -> Block | None:
    if not verdict.model:
        return None
    data = _data(table, "difference")
    clear = int((data["low"] > 0).sum())
    return Figure(
        "group_gains",
        "interval",
        message(
            "Choosing for each customer is clearly ahead in {clear} of {n} groups"
            if clear
            else "Choosing for each customer is clearly ahead in none of {n} groups",
            claim="clear > 0 and clear <= n" if clear else "clear == 0",
            clear=count(clear),
            n=count(len(data)),
        ),
        message(
            "Difference in hit rate, {model} less {baseline}, {level} intervals, not corrected for the number of "
            "groups",
            model=list_term(verdict.model),
            baseline=list_term(verdict.baseline),
            level=percent(level),
        ),
        "One dot a group: right of zero choosing for each customer reaches more of the group than one list for all.",
        data,
        {
            "category": Column("Group of customers", "term"),
            "group": Column("Divided by", "term"),
            "estimate": Column("Gain in hit rate", "points", low="low", high="high", digits=1),
            "customers": Column("Customers", "count"),
        },
        {"reference": 0, "reference_label": "no gain"},
        group_size="customers",
    )


def _said(table: pd.DataFrame, verdict: Verdict) -> list[Block]:
    if not verdict.model:
        return []
    behind = table[table["difference_high"] < 0]
    said: list[Block] = []
    if len(behind):
        said.append(
            sentence(
                "groups_behind",
                "One list for all was clearly better for: {groups}. If the next period shows it again, offer them that "
                "list.",
                claim="highest < 0",
                groups=listing(dict.fromkeys(str(name) for name in behind["group"])),
                highest=points(float(behind["difference_high"].max())),
            )
        )
    many = message(
        "Groups were not chosen beforehand and are many: a gain in a single group is a hint, to be looked for again in "
        "the next period."
    )
    said.append(Note("groups_limit", many, "limit"))
    return said


def _segments(table: pd.DataFrame) -> Block | None:
    if "segment" in set(table["division"]):
        return None
    words = message("The customers are not divided into segments, so there are no results by segment.")
    return Note("no_segments", words, "limit")
