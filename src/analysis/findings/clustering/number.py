"""How many groups: the criteria over k, the rule, and what other algorithms say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.clustering import Choice, Partition, agreement
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Table, blocks, message, sentence
from analysis.report.values import count, listing, number, percent

__all__ = ["algorithms", "density", "number_of_groups"]

_RULES = {
    "advantage": (
        "Rule: the silhouette must exceed what data with the same columns and correlations, but without groups, gives. "
        "Of the numbers of groups where it exceeds that by as much as the best does, within one standard deviation of "
        "such data, the one with the highest silhouette is taken."
    ),
    "silhouette": "Rule: the number of groups with the highest mean silhouette.",
    "gap": "Rule: the smallest number of groups after which the gap statistic no longer grows by more than its error.",
    "votes": (
        "Rule: what most of silhouette, Calinski–Harabasz, Davies–Bouldin and gap statistic choose; the smaller on a "
        "tie."
    ),
    "given": "The number of groups was given as a parameter; the criteria are shown beside it.",
}
#: From this adjusted Rand index on, two divisions are called much the same; below the other, different.
_ALIKE, _UNLIKE = 0.8, 0.5


def number_of_groups(choice: Choice, *, asked: str = "advantage") -> Blocks:
    """The chosen number, its reason, the criteria as chart and table.

    `asked` is the rule of the parameters; where it did not apply, that is said.
    """
    k = KeyFigure("segments", "Segments", count(choice.k), "clustering.segments.v1")
    if choice.rule == "too_few":
        words = "There are too few different customers ({n}) to look for groups, so all stay together."
        return blocks(k, Note("too_few", message(words, n=count(choice.rows)), "warning"))
    return blocks(
        k,
        _chosen(choice),
        Note("rule", message(_RULES[choice.rule])),
        _fallback(choice, asked),
        _curve(choice),
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
    words = (
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
        f"One line for these customers and one for data without groups, for {int(table['k'].min())} to "
        f"{int(table['k'].max())} groups. The higher the line, the more clearly customers belong to their own group.",
        data.reset_index(drop=True),
        {
            "x": Column("Number of groups", "count"),
            "y": Column("Mean silhouette", "number", low="low", high="high", digits=2),
            "series": Column("Data", "term"),
        },
    )


def _table(choice: Choice) -> Table:
    columns = {
        "k": Column("Groups", "count"),
        "inertia": Column("Inertia", "number", digits=0),
        "calinski_harabasz": Column("Calinski–Harabasz", "number", digits=0),
        "davies_bouldin": Column("Davies–Bouldin", "number", digits=2),
        "gap": Column("Gap", "number", digits=2),
        "stability": Column("Stability", "number", digits=2),
    }
    words = "Other criteria by number of groups: of inertia and Davies–Bouldin less is better, of the others more"
    return Table("criteria", message(words), choice.table[list(columns)], columns)


def _sampled(choice: Choice) -> Note:
    words = (
        "The number of groups was looked for on {rows} customers and silhouettes were measured on {measured} of them."
    )
    return Note("choice_rows", message(words, rows=count(choice.rows), measured=count(choice.silhouette_rows)))


def algorithms(main: Partition, others: Sequence[Partition]) -> Blocks:
    """How far other algorithms divide the same customers in the same way."""
    if main.k < 2 or not others:
        return blocks()
    table = pd.DataFrame(
        {
            "method": [f"method_{each.method}" for each in others],
            "groups": [each.k for each in others],
            "agreement": [agreement(main, each) for each in others],
            "rows": [each.sampled for each in others],
        }
    )
    best, least = table.loc[table["agreement"].idxmax()], table["agreement"].min()
    values: dict[str, Any] = {
        "agreement": number(best["agreement"], digits=2),
        "least": number(least, digits=2),
        "high": number(_ALIKE),
        "low": number(_UNLIKE),
    }
    values["method"] = listing([best["method"]])
    if best["agreement"] >= _ALIKE:
        words = (
            "{method} finds much the same groups (adjusted Rand index {agreement}); the index of the algorithm that "
            "agrees least is {least}."
        )
        claim = "agreement >= high and least <= agreement"
    elif best["agreement"] >= _UNLIKE:
        words = (
            "{method} comes closest, and finds partly the same groups (adjusted Rand index {agreement}); the index of "
            "the algorithm that agrees least is {least}."
        )
        claim = "agreement >= low and agreement < high"
    else:
        words = (
            "Other algorithms draw the lines elsewhere: {method} comes closest with an adjusted Rand index of only "
            "{agreement}."
        )
        claim = "agreement < low"
    columns = {
        "method": Column("Algorithm", "term"),
        "groups": Column("Groups", "count"),
        "agreement": Column("Agreement with K-means", "number", digits=2),
        "rows": Column("Customers used", "count"),
    }
    return blocks(
        sentence("algorithms", words, claim=claim, **values),
        Table(
            "algorithms_table",
            message("Agreement of other algorithms with the segments (adjusted Rand index)"),
            table,
            columns,
        ),
    )


def density(found: Partition | None, distances: np.ndarray | None) -> Blocks:
    """What DBSCAN says: dense regions, customers in none, and the distances behind its radius."""
    if found is None or distances is None:
        return blocks()
    rows = len(found.labels)
    share = found.noise / rows
    values: dict[str, Any] = {"groups": count(found.k), "noise": percent(share), "one": count(1), "rows": count(rows)}
    if found.k > 1:
        words = "DBSCAN sees {groups} dense regions, and {noise} of {rows} customers in none of them."
        said = sentence("density", words, claim="groups > one", **values)
    else:
        words = (
            "DBSCAN sees {groups} dense region, and {noise} of {rows} customers outside: no empty space parts "
            "the groups."
        )
        said = sentence("density", words, claim="groups <= one", **values)
    places = np.unique(np.linspace(0, len(distances) - 1, 200).round().astype(int))
    data = pd.DataFrame({"x": (places + 1) / len(distances), "y": distances[places]})
    neighbours = int(found.parameters["min_samples"])
    radius = float(found.parameters["radius"])
    title = message(
        "{near} of customers have {k} neighbours within {radius}, the radius that DBSCAN uses",
        claim="near >= none",
        near=percent(float((distances <= radius).mean())),
        k=count(neighbours),
        radius=number(radius, digits=2),
        none=percent(0.0),
    )
    subtitle = message(
        "Distance to neighbour number {k}, customers from dense to thin regions; the radius lies where the curve bends",
        k=count(neighbours),
    )
    figure = Figure(
        "k_distance",
        "line",
        title,
        subtitle,
        "A rising curve: flat for customers in dense regions, steep at the end for customers far from all others.",
        data,
        {"x": Column("Share of customers", "percent"), "y": Column("Distance", "number", digits=1)},
    )
    return blocks(said, figure)
