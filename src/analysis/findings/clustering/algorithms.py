"""What other algorithms say of the same customers: how far they agree, the tree, dense regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.clustering import Partition, agreement, top_links
from analysis.report.blocks import Blocks, Column, Figure, Note, Table, blocks, sentence
from analysis.report.values import count, listing, number, percent
from analysis.report.wording import message, msgid

__all__ = ["algorithms", "density", "tree"]

#: From this adjusted Rand index on, two divisions are called much the same; below the other, different.
_ALIKE, _UNLIKE = 0.8, 0.5
#: Branches that the tree is drawn with.
_LEAVES = 30


def algorithms(main: Partition, others: Sequence[Partition]) -> Blocks:
    """How far other algorithms divide the same customers in the same way."""
    if main.k < 2 or not others:
        return blocks()
    table = pd.DataFrame(
        {
            "method": [f"method_{each.method}" for each in others],
            "groups": [each.k for each in others],
            "agreement": [agreement(main, each) for each in others],
            "how": [f"approximation_{each.approximation or 'none'}" for each in others],
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
        words = msgid(
            "{method} finds much the same groups (adjusted Rand index {agreement}); the index of the algorithm that "
            "agrees least is {least}."
        )
        claim = "agreement >= high and least <= agreement"
    elif best["agreement"] >= _UNLIKE:
        words = msgid(
            "{method} comes closest, and finds partly the same groups (adjusted Rand index {agreement}); the index of "
            "the algorithm that agrees least is {least}."
        )
        claim = "agreement >= low and agreement < high"
    else:
        words = msgid(
            "Other algorithms draw the lines elsewhere: {method} comes closest with an adjusted Rand index of only "
            "{agreement}."
        )
        claim = "agreement < low"
    columns = {
        "method": Column("Algorithm", "term"),
        "groups": Column("Groups", "count"),
        "agreement": Column("Agreement with K-means", "number", digits=2),
        "how": Column("Grown from", "term"),
        "rows": Column("Points", "count"),
    }
    return blocks(
        sentence("algorithms", words, claim=claim, **values),
        Table(
            "algorithms_table",
            message("Agreement of other algorithms with the segments (adjusted Rand index)"),
            table,
            columns,
        ),
        _approximated(others),
    )


def _approximated(others: Sequence[Partition]) -> Note | None:
    """What stood for the customers where there were too many for all pairs."""
    trees = [each for each in others if each.approximation == "micro_clusters"]
    if not trees:
        return None
    words = msgid(
        "There are too many customers to compare all pairs. The trees are grown from {micro} micro-clusters: small "
        "groups of neighbours, found by K-means, each of which weighs as many customers as it holds. This is an "
        "approximation; with other micro-clusters some customers near a border would change sides."
    )
    return Note("micro_clusters", message(words, micro=count(trees[0].sampled)), "limit")


def tree(found: Partition | None) -> Figure | None:
    """The top of the tree of mergers. `found` comes from `analysis.clustering.hierarchical`."""
    if found is None or found.links is None or len(found.links) < 2:
        return None
    leaves = min(_LEAVES, len(found.links) + 1)
    lines = pd.DataFrame(
        top_links(found.links, leaves=leaves), columns=["x0", "x1", "x2", "x3", "y0", "y1", "y2", "y3"]
    )
    heights = np.sort(found.links[:, 2])[::-1]
    below, above = float(heights[found.k - 1]), float(heights[found.k - 2])
    largest = int(np.argmax(heights[: leaves - 2] - heights[1 : leaves - 1])) + 2
    values = {"k": count(found.k), "largest": count(largest)}
    title = (
        message("The tree parts most clearly into {k} groups", claim="k == largest", **values)
        if largest == found.k
        else message(
            "The longest gap in the tree lies at {largest} groups; {k} are used", claim="k < largest or k > largest",
            **values,
        )
    )  # fmt: skip
    return Figure(
        "tree",
        "dendrogram",
        title,
        message(
            "Last {merges} mergers of hierarchical clustering by Ward's method, from {points} points: height is how "
            "far a merger spreads the group; the dashed line cuts the tree into {k} groups",
            merges=count(leaves - 1),
            points=count(found.sampled),
            k=count(found.k),
        ),
        "A tree that stands on its leaves. Each bracket joins two groups, at the height of their distance; the higher "
        "two branches meet, the less alike their customers are.",
        lines,
        {
            "x1": Column("First branch at", "number", digits=1),
            "x2": Column("Second branch at", "number", digits=1),
            "y0": Column("Height of the first", "number", digits=2),
            "y3": Column("Height of the second", "number", digits=2),
            "y1": Column("Merged at height", "number", digits=2),
        },
        {"cut": (below + above) / 2},
    )


def density(found: Partition | None, distances: np.ndarray | None) -> Blocks:
    """What DBSCAN says: dense regions, customers in none, and the distances behind its radius."""
    if found is None or distances is None:
        return blocks()
    rows = len(found.labels)
    share = found.noise / rows
    values: dict[str, Any] = {"groups": count(found.k), "noise": percent(share), "one": count(1), "rows": count(rows)}
    if found.k > 1:
        words = msgid("DBSCAN sees {groups} dense regions, and {noise} of {rows} customers in none of them.")
        said = sentence("density", words, claim="groups > one", **values)
    else:
        words = msgid(
            "DBSCAN sees {groups} dense region, and {noise} of {rows} customers outside: no empty space parts "
            "the groups."
        )
        said = sentence("density", words, claim="groups <= one", **values)
    places = np.unique(np.linspace(0, len(distances) - 1, 200).round().astype(int))
    data = pd.DataFrame({"x": (places + 1) / len(distances), "y": distances[places]})
    neighbours = int(found.parameters["min_samples"])
    radius = float(found.parameters["radius"])
    title = message(
        "{near} of customers have {k} customers, themselves included, within {radius}, the radius that DBSCAN uses",
        claim="near >= none",
        near=percent(float((distances <= radius).mean())),
        k=count(neighbours),
        radius=number(radius, digits=2),
        none=percent(0.0),
    )
    subtitle = message(
        "Distance within which {k} customers lie, the customer included; from dense to thin regions. The radius lies "
        "where the curve bends",
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
