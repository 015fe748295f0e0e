"""The measures and methods of the page in plain words, and what a look back at past purchases cannot say."""

from __future__ import annotations

from analysis.report.blocks import Blocks, Definition, Note, blocks
from analysis.report.wording import message

__all__ = ["glossary", "limits"]

_TERMS = (
    (
        "offer",
        "Offer",
        "A product put before a customer. Every customer gets equally many, the best first, so that methods can be "
        "compared.",
    ),
    (
        "share_hit",
        "Hit rate",
        "Of the customers who bought something new in the later period, the share who would have found at least one of "
        "it among their offers.",
    ),
    (
        "precision",
        "Precision",
        "Of the offers to a customer, the share that the customer then bought; the mean over customers.",
    ),
    (
        "recall",
        "Recall",
        "Of the new products that a customer bought, the share that was among the offers; the mean over customers. Who "
        "bought more products than there are offers cannot find them all.",
    ),
    (
        "average_precision",
        "Mean average precision (MAP)",
        "The precision down to each offer that was bought, averaged over the products that could have been found, and "
        "then over customers: one if every bought product stands first, less the lower they stand.",
    ),
    (
        "ndcg",
        "Normalised discounted cumulative gain (nDCG)",
        "Each offer that was bought counts, less the lower it stands (one over the binary logarithm of its place plus "
        "one), as a share of what the best possible order would have counted; the mean over customers.",
    ),
    (
        "coverage",
        "Coverage of the catalogue",
        "The share of the products on sale that are offered to at least one customer. Best sellers alone cover little.",
    ),
    (
        "novelty",
        "Novelty",
        "How little known the offered products are: the mean of the binary logarithm of customers over buyers. One "
        "more means that half as many customers own them.",
    ),
    (
        "diversity",
        "Diversity",
        "How unlike the offers to one customer are: one less the mean similarity (cosine of their buyers) of every two "
        "of them. Zero where all are bought by the same customers.",
    ),
    (
        "nearest_neighbours",
        "Similar products, similar customers",
        "Methods of nearest neighbours: products that the same customers bought as those owned (item-based), or what "
        "the customers who bought the same own (user-based).",
    ),
    (
        "also_bought",
        "Also-bought products",
        "What the largest share of those bought who also bought what this customer owns.",
    ),
    (
        "cross_sell",
        "Bought-together rules",
        "Rules between two products as on the page about what is bought together, mined anew from the baskets before "
        "the cut-off: who owns the first is offered the second.",
    ),
    (
        "similarity",
        "Cosine, Jaccard, adjusted cosine",
        "How alike two products are by their buyers. Cosine: buyers of both over the geometric mean of the buyers of "
        "either. Jaccard: buyers of both over buyers of at least one. Adjusted cosine: as cosine, after what is usual "
        "for each customer is taken off.",
    ),
    (
        "shrinkage",
        "Shrinkage",
        "Similarities that rest on few common buyers are pulled towards zero, because they may be chance.",
    ),
    (
        "matrix_factorisation",
        "Matrix factorisation",
        "Every customer and every product gets a few numbers (factors), so that their products say who bought what; "
        "what fits a customer's factors and is not owned yet is offered.",
    ),
    (
        "best_sellers",
        "Best sellers",
        "The list that needs no model: to everybody the products with the most buyers, less what the customer owns; of "
        "all time, of late, or in the customer’s country.",
    ),
    (
        "rising",
        "Rising products",
        "The list that needs no model either: products that win more new buyers of late than their own past would have "
        "foretold.",
    ),
    (
        "cold_start",
        "Cold start",
        "What to offer to customers of whom too little is known, and how to offer products that nobody has bought yet.",
    ),
    (
        "rmse_mae",
        "RMSE and MAE",
        "How far forecasts of ratings miss: the root of the mean squared distance, in which large misses count more, "
        "and the mean distance.",
    ),
    (
        "time_split",
        "Split in time",
        "One date for all: whatever happened before it may be learnt from, and whatever happened on or after it is "
        "what offers are judged by. A split at random would let methods learn from what comes later.",
    ),
)

_LIMITS = (
    (
        "limit_exposure",
        "Nobody was shown these offers. The data does not say which products a customer saw and left, so that a "
        "product that was not bought counts as not wanted, although it may only not have been seen.",
    ),
    (
        "limit_shown",
        "What was displayed, advertised or in stock was bought more. A look back therefore favours the methods that "
        "offer what customers would have found anyway, best sellers first, and says nothing about sales that an offer "
        "would add.",
    ),
    (
        "limit_trial",
        "Whether offers sell more is answered by a trial alone: some customers, chosen by chance, get them, and the "
        "others do not.",
    ),
)


def glossary() -> Blocks:
    """The terms that this page uses."""
    return blocks([Definition(id, label, message(words)) for id, label, words in _TERMS])


def limits() -> Blocks:
    """What the page does not say."""
    return blocks([Note(id, message(words), "limit") for id, words in _LIMITS])
