"""The terms of the page in plain words, and what segments do not say."""

from __future__ import annotations

from analysis.report.blocks import Blocks, Definition, Note, blocks
from analysis.report.wording import message

__all__ = ["glossary", "limits"]


def glossary() -> Blocks:
    """The terms that this page uses."""
    return blocks(
        Definition(
            "segment",
            "Segment",
            message("A group of customers who are more like each other than like the rest, in the columns shown."),
        ),
        Definition(
            "k_means",
            "K-means",
            message(
                "Every customer joins the nearest of a number of centres, and every centre moves to the mean of its "
                "customers, until nothing changes; the best of many starts is kept."
            ),
        ),
        Definition(
            "silhouette",
            "Silhouette",
            message(
                "How much nearer a customer is to the own segment than to the next one: near one for a clear "
                "member, near zero on a border, below zero on the wrong side. The page shows the mean."
            ),
        ),
        Definition(
            "inertia",
            "Inertia",
            message("Sum of squared distances from customers to their centres. It always falls with more groups."),
        ),
        Definition(
            "calinski_harabasz",
            "Calinski–Harabasz index",
            message("Differences between groups over differences within them; more is better."),
        ),
        Definition(
            "davies_bouldin",
            "Davies–Bouldin index",
            message("How wide groups are compared with the distance to the next; less is better."),
        ),
        Definition(
            "gap_statistic",
            "Gap statistic",
            message("How much tighter the groups are than groups cut from evenly spread data of the same shape."),
        ),
        Definition(
            "without_groups",
            "Data without groups",
            message(
                "Made-up customers with exactly the same columns and the same strength of connection between them, "
                "but no groups beyond that. What is found there too is no sign of segments."
            ),
        ),
        Definition(
            "adjusted_rand",
            "Adjusted Rand index",
            message(
                "How far two divisions of the same customers agree: one for the same groups, about zero for chance."
            ),
        ),
        Definition(
            "jaccard",
            "Jaccard index",
            message("Customers that two groups share, over the customers in either: one for the same group."),
        ),
        Definition(
            "bootstrap",
            "Bootstrap sample",
            message(
                "The customers drawn again at random from the customers there are, to see what would change with "
                "others."
            ),
        ),
        Definition(
            "rfm",
            "RFM",
            message(
                "Recency, frequency and monetary value: how lately, how often and for how much a customer bought, "
                "as scores."
            ),
        ),
        Definition(
            "dbscan",
            "DBSCAN",
            message(
                "An algorithm that calls regions groups where customers lie densely, and leaves out who lies in "
                "thin ones."
            ),
        ),
        Definition(
            "population_stability_index",
            "Population stability index",
            message(
                "How far the shares of segments have moved: zero for no change; the usual reading is little below a "
                "tenth, much from a quarter on."
            ),
        ),
        Definition(
            "effect_size",
            "Effect size",
            message(
                "A difference of means in standard deviations, so that columns with different units can be compared."
            ),
        ),
    )


def limits() -> Blocks:
    """What the segments do not say."""
    return blocks(
        Note(
            "limit_columns",
            message(
                "Segments depend on the columns and on their scales: other columns give other segments, and both "
                "can be useful."
            ),
            "limit",
        ),
        Note(
            "limit_shape",
            message(
                "K-means looks for round groups of similar spread. Long or nested groups would be cut; the other "
                "algorithms are shown for that reason."
            ),
            "limit",
        ),
        Note(
            "limit_cause",
            message("Segments describe customers. They do not say why customers differ or what would change them."),
            "limit",
        ),
    )
