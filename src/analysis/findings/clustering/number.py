"""How many groups: the criteria over k, and the rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.clustering import Choice
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import count, listing, number, percent
from analysis.report.wording import message, msgid

__all__ = ["number_of_groups"]

_RULES = msgid(
    {
        "advantage": (
            "Rule: the silhouette must exceed what data with the same columns and correlations, but without groups, "
            "gives. Of the numbers of groups where it exceeds that by as much as the best does, within one standard "
            "deviation of such data, the one with the highest silhouette is taken."
        ),
        "silhouette": "Rule: the number of groups with the highest mean silhouette.",
        "gap": (
            "Rule: the smallest number of groups after which the gap statistic no longer grows by more than its error."
        ),
        "votes": (
            "Rule: what most of silhouette, Calinski–Harabasz, Davies–Bouldin and gap statistic choose; the smaller on "
            "a tie."
        ),
        "frozen": (
            "The number of groups is that of the frozen segments; the criteria for groups formed anew stand beside it."
        ),
        "given": "The number of groups was given as a parameter; the criteria are shown beside it.",
    }
)


_REASON = msgid(
    "Why this rule: the silhouette alone tends to favour few groups, or the number at which one skewed column falls "
    "apart, and it finds some even where there are none. What data without groups reaches is therefore taken off. "
    "Differences within one standard deviation of such data say nothing, so among these numbers the clearest groups "
    "decide."
)


def number_of_groups(choice: Choice, *, asked: str = "advantage") -> Blocks:
    """The chosen number, its reason, the criteria as chart and table.

    `asked` is the rule of the parameters; where it did not apply, that is said.
    """
    k = KeyFigure("segments", "Segments", count(choice.k), "clustering.segments.v1")
    if choice.rule == "too_few":
        words = msgid(
            "There are too few different customers ({n}) to look for groups, so all stay together."
            if choice.k == 1
            else "There are too few different customers ({n}) to look for groups anew; the frozen segments are used."
        )
        return blocks(k, Note("too_few", message(words, n=count(choice.rows)), "warning"))
    return blocks(
        k,
        _chosen(choice),
        Note("rule", message(_RULES[choice.rule])),
        Note("rule_reason", message(_REASON)) if choice.rule == "advantage" else None,
        _fallback(choice, asked),
        _curve(choice),
        _elbow(choice),
        _gap(choice),
        _table(choice),
        _sampled(choice),
    )


def _chosen(choice: Choice) -> Block:
    alike = sorted(name for name, k in choice.picks.items() if k == choice.k)
    shown: dict[str, Any] = {
        "k": count(choice.k),
        "picks": count(len(alike)),
        "criteria": count(len(choice.picks)),
        "none": count(0),
    }
    if alike:
        return sentence(
            "chosen",
            "{k} segments are used. Of {criteria} criteria, {picks} would choose this number: {names}.",
            claim="picks > none",
            names=listing(f"criterion_{name}" for name in alike),
            **shown,
        )
    return sentence(
        "chosen",
        "{k} segments are used. None of the {criteria} criteria alone would choose this number.",
        claim="picks == none",
        **shown,
    )


def _fallback(choice: Choice, asked: str) -> Block | None:
    if asked != "advantage" or choice.rule != "silhouette" or choice.reference is None:
        return None
    words = msgid(
        "No number of groups exceeds data without groups by more than chance (p-value {p}), so the highest silhouette "
        "decides, and the segments are a convenience."
    )
    return Note("fallback", message(words, p=number(choice.reference.p_value, digits=2)), "warning")


def _curve(choice: Choice) -> Figure:
    table = choice.table
    here = pd.DataFrame(
        {"x": table["k"], "y": table["silhouette"], "series": "silhouette_here", "low": np.nan, "high": np.nan}
    )
    data, best = here, table.loc[table["silhouette"].idxmax()]
    if choice.reference is not None:
        without = table.rename(columns={"k": "x", "expected": "y", "expected_low": "low", "expected_high": "high"})
        data = pd.concat([here, without[["x", "y", "low", "high"]].assign(series="silhouette_without_groups")])
    title = message(
        "Customers belong most clearly to their own group with {k} groups",
        claim="highest >= chosen",
        k=count(best["k"]),
        highest=number(best["silhouette"]),
        chosen=number(float(table.loc[table["chosen"], "silhouette"].iloc[0])),
    )
    return Figure(
        "silhouettes",
        "line",
        title,
        message(
            "Mean silhouette of {n} customers by number of groups, beside the middle of {draws} made-up data sets "
            "without groups",
            n=count(choice.silhouette_rows),
            draws=count(0 if choice.reference is None else len(choice.reference.silhouettes)),
        ),
        message(
            "One line for these customers and one for data without groups, for {low} to {high} groups. The higher the "
            "line, the more clearly customers belong to their own group.",
            low=count(table["k"].min()),
            high=count(table["k"].max()),
        ),
        data.reset_index(drop=True),
        {
            "x": Column("Number of groups", "count"),
            "y": Column("Mean silhouette", "number", low="low", high="high", digits=2),
            "series": Column("Data", "term"),
        },
    )


def _elbow(choice: Choice) -> Figure | None:
    """Inertia by number of groups, beside evenly spread data: the elbow, and what there is to compare it with."""
    if choice.gap is None:
        return None
    table = choice.gap.table
    here, even = (np.exp(table[name] - table[name].iloc[0]) for name in ("log_inertia", "expected"))
    data = pd.concat(
        [
            pd.DataFrame({"x": table["k"], "y": values, "series": series})
            for series, values in (("inertia_here", here), ("inertia_even", even))
        ],
        ignore_index=True,
    )
    at = min(choice.k, int(table["k"].max()))
    left, even_left = (float(values[table["k"] == at].iloc[0]) for values in (here, even))
    title = message(
        "{k} groups leave {left} of the spread within groups",
        claim="left <= whole",
        k=count(at),
        left=percent(left),
        whole=percent(1.0 + 1e-9),
    )
    return Figure(
        "elbow",
        "line",
        title,
        message(
            "Inertia as a share of that of one group, beside evenly spread data ({even} with {k} groups): a bend says "
            "that further groups gain little",
            even=percent(even_left),
            k=count(at),
        ),
        "Two falling lines. Groups are convincing where the line of these customers falls faster than the other.",
        data,
        {
            "x": Column("Number of groups", "count"),
            "y": Column("Inertia left", "percent"),
            "series": Column("Data", "term"),
        },
    )


def _gap(choice: Choice) -> Figure | None:
    """The gap statistic with its standard error, and what the published rule takes."""
    if choice.gap is None:
        return None
    gap = choice.gap
    table = gap.table
    data = pd.DataFrame({"x": table["k"], "y": table["gap"]})
    data["low"], data["high"] = table["gap"] - table["error"], table["gap"] + table["error"]
    values: dict[str, Any] = {"k": count(gap.k), "one": count(1), "most": count(int(table["k"].max()))}
    if not gap.settled:
        title = message("The gap statistic still grows at {k} groups, the most that were tried", claim="k == most",
                        **values)  # fmt: skip
    elif gap.k == 1:
        title = message("The gap statistic speaks for {k} group: for no division", claim="k == one", **values)
    else:
        title = message("The gap statistic chooses {k} groups", claim="k > one", **values)
    return Figure(
        "gap",
        "line",
        title,
        message(
            "Gap between evenly spread data and these customers in the logarithm of inertia, with its standard error "
            "over {draws} draws; chosen is the first number whose gap is not less than the next one's, less its error",
            draws=count(gap.references),
        ),
        "A line over the number of groups with a band of one standard error on either side.",
        data,
        {
            "x": Column("Number of groups", "count"),
            "y": Column("Gap", "number", low="low", high="high", digits=2),
        },
    )


def _table(choice: Choice) -> Table:
    columns = {
        "k": Column("Groups", "count"),
        "inertia": Column("Inertia", "number", digits=0),
        "calinski_harabasz": Column("Calinski–Harabasz", "number", digits=0),
        "davies_bouldin": Column("Davies–Bouldin", "number", digits=2),
        "smallest": Column("Smallest group", "percent"),
        "stability": Column("Stability", "number", digits=2),
    }
    words = msgid(
        "Other criteria by number of groups: of inertia and Davies–Bouldin less is better, of the others more"
    )
    return Table("criteria", message(words), choice.table[list(columns)], columns)


def _sampled(choice: Choice) -> Note:
    words = msgid(
        "The number of groups was looked for on {rows} customers and silhouettes were measured on {measured} of them."
    )
    return Note("choice_rows", message(words, rows=count(choice.rows), measured=count(choice.silhouette_rows)))
