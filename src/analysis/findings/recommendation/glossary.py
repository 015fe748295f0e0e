"""The measures and methods of the page in plain words, and what a look back at past purchases cannot say."""

from __future__ import annotations

from analysis.report.blocks import Blocks, Definition, Note, blocks
from analysis.report.wording import message

__all__ = ["glossary", "limits"]

_TERMS = (
    Definition(
        "offer",
        "Offer",
        message(
            "A product put before a customer. Every customer gets equally many, the best first, so that methods can be "
            "compared."
        ),
    ),
    Definition(
        "share_hit",
        "Hit rate",
        message(
            "Of the customers who bought something new in the later period, the share who would have found at least "
            "one of it among their offers."
        ),
    ),
    Definition(
        "precision",
        "Precision",
        message("Of the offers to a customer, the share that the customer then bought; the mean over customers."),
    ),
    Definition(
        "recall",
        "Recall",
        message(
            "Of the new products that a customer bought, the share that was among the offers; the mean over customers. "
            "Who bought more products than there are offers cannot find them all."
        ),
    ),
    Definition(
        "average_precision",
        "Mean average precision (MAP)",
        message(
            "The precision down to each offer that was bought, averaged over the products that could have been found, "
            "and then over customers: one if every bought product stands first, less the lower they stand."
        ),
    ),
    Definition(
        "ndcg",
        "Normalised discounted cumulative gain (nDCG)",
        message(
            "Each offer that was bought counts, less the lower it stands (one over the binary logarithm of its place "
            "plus one), as a share of what the best possible order would have counted; the mean over customers."
        ),
    ),
    Definition(
        "coverage",
        "Coverage of the catalogue",
        message(
            "The share of the products on sale that are offered to at least one customer. Best sellers alone cover "
            "little."
        ),
    ),
    Definition(
        "novelty",
        "Novelty",
        message(
            "How little known the offered products are: the mean of the binary logarithm of customers over buyers. One "
            "more means that half as many customers own them."
        ),
    ),
    Definition(
        "diversity",
        "Diversity",
        message(
            "How unlike the offers to one customer are: one less the mean similarity (cosine of their buyers) of every "
            "two of them. Zero where all are bought by the same customers."
        ),
    ),
    Definition(
        "nearest_neighbours",
        "Similar products, similar customers",
        message(
            "Methods of nearest neighbours: products that the same customers bought as those owned (item-based), or "
            "what the customers who bought the same own (user-based)."
        ),
    ),
    Definition(
        "also_bought",
        "Also-bought products",
        message("What the largest share of those bought who also bought what this customer owns."),
    ),
    Definition(
        "cross_sell",
        "Bought-together rules",
        message(
            "Rules between two products as on the page about what is bought together, mined anew from the baskets "
            "before the cut-off: who owns the first is offered the second."
        ),
    ),
    Definition(
        "similarity",
        "Cosine, Jaccard, adjusted cosine",
        message(
            "How alike two products are by their buyers. Cosine: buyers of both over the geometric mean of the buyers "
            "of either. Jaccard: buyers of both over buyers of at least one. Adjusted cosine: as cosine, after what is "
            "usual for each customer is taken off."
        ),
    ),
    Definition(
        "shrinkage",
        "Shrinkage",
        message("Similarities that rest on few common buyers are pulled towards zero, because they may be chance."),
    ),
    Definition(
        "matrix_factorisation",
        "Matrix factorisation",
        message(
            "Every customer and every product gets a few numbers (factors), so that their products say who bought "
            "what; what fits a customer's factors and is not owned yet is offered."
        ),
    ),
    Definition(
        "best_sellers",
        "Best sellers",
        message(
            "The list that needs no model: to everybody the products with the most buyers, less what the customer "
            "owns; of all time, of late, or in the customer’s country."
        ),
    ),
    Definition(
        "rising",
        "Rising products",
        message(
            "The list that needs no model either: products that win more new buyers of late than their own past would "
            "have foretold."
        ),
    ),
    Definition(
        "cold_start",
        "Cold start",
        message(
            "What to offer to customers of whom too little is known, and how to offer products that nobody has bought "
            "yet."
        ),
    ),
    Definition(
        "rmse_mae",
        "RMSE and MAE",
        message(
            "How far forecasts of ratings miss: the root of the mean squared distance, in which large misses count "
            "more, and the mean distance."
        ),
    ),
    Definition(
        "time_split",
        "Split in time",
        message(
            "One date for all: whatever happened before it may be learnt from, and whatever happened on or after it is "
            "what offers are judged by. A split at random would let methods learn from what comes later."
        ),
    ),
)

_LIMITS = (
    Note(
        "limit_exposure",
        message(
            "Nobody was shown these offers. The data does not say which products a customer saw and left, so that a "
            "product that was not bought counts as not wanted, although it may only not have been seen."
        ),
        "limit",
    ),
    Note(
        "limit_shown",
        message(
            "What was displayed, advertised or in stock was bought more. A look back therefore favours the methods "
            "that offer what customers would have found anyway, best sellers first, and says nothing about sales that "
            "an offer would add."
        ),
        "limit",
    ),
    Note(
        "limit_trial",
        message(
            "Whether offers sell more is answered by a trial alone: some customers, chosen by chance, get them, and "
            "the others do not."
        ),
        "limit",
    ),
)


def glossary() -> Blocks:
    """The terms that this page uses."""
    return blocks(_TERMS)


def limits() -> Blocks:
    """What the page does not say."""
    return blocks(_LIMITS)
