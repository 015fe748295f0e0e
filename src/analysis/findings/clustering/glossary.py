"""The terms of the page in plain words, and what segments do not say."""

from __future__ import annotations

from analysis.report.blocks import Blocks, Definition, Note, blocks
from analysis.report.wording import message

__all__ = ["glossary", "limits"]

_TERMS = (
    (
        "segment",
        "Segment",
        "A group of customers who are more like each other than like the rest, in the columns shown.",
    ),
    (
        "k_means",
        "K-means",
        "Every customer joins the nearest of a number of centres, and every centre moves to the mean of its customers, "
        "until nothing changes; the best of many starts is kept.",
    ),
    (
        "silhouette",
        "Silhouette",
        "How much nearer a customer is to the own segment than to the next one: near one for a clear member, near zero "
        "on a border, below zero on the wrong side. The page shows the mean.",
    ),
    (
        "inertia",
        "Inertia",
        "Sum of squared distances from customers to their centres. It always falls with more groups.",
    ),
    (
        "calinski_harabasz",
        "Calinski–Harabasz index",
        "Differences between groups over differences within them; more is better.",
    ),
    (
        "davies_bouldin",
        "Davies–Bouldin index",
        "How wide groups are compared with the distance to the next; less is better.",
    ),
    (
        "gap_statistic",
        "Gap statistic",
        "How much tighter the groups are than groups cut from evenly spread data of the same shape.",
    ),
    (
        "without_groups",
        "Data without groups",
        "Made-up customers with exactly the same columns and the same strength of connection between them, "
        "but no groups "
        "beyond that. What is found there too is no sign of segments.",
    ),
    (
        "adjusted_rand",
        "Adjusted Rand index",
        "How far two divisions of the same customers agree: one for the same groups, about zero for chance.",
    ),
    (
        "jaccard",
        "Jaccard index",
        "Customers that two groups share, over the customers in either: one for the same group.",
    ),
    (
        "bootstrap",
        "Bootstrap sample",
        "The customers drawn again at random from the customers there are, to see what would change with others.",
    ),
    (
        "rfm",
        "RFM",
        "Recency, frequency and monetary value: how lately, how often and for how much a customer bought, as scores.",
    ),
    (
        "dbscan",
        "DBSCAN",
        "An algorithm that calls regions groups where customers lie densely, and leaves out who lies in thin ones.",
    ),
    (
        "population_stability_index",
        "Population stability index",
        "How far the shares of segments have moved: zero for no change; the usual reading is little below a tenth, "
        "much from a quarter on.",
    ),
    (
        "effect_size",
        "Effect size",
        "A difference of means in standard deviations, so that columns with different units can be compared.",
    ),
)


def glossary() -> Blocks:
    """The terms that this page uses."""
    return blocks(Definition(id, label, message(words)) for id, label, words in _TERMS)  # type: ignore[arg-type]


def limits() -> Blocks:
    """What the segments do not say."""
    texts = (
        (
            "limit_columns",
            "Segments depend on the columns and on their scales: other columns give other segments, and both can be "
            "useful.",
        ),
        (
            "limit_shape",
            "K-means looks for round groups of similar spread. Long or nested groups would be cut; the other "
            "algorithms "
            "are shown for that reason.",
        ),
        ("limit_cause", "Segments describe customers. They do not say why customers differ or what would change them."),
    )
    return blocks([Note(id, message(words), "limit") for id, words in texts])
