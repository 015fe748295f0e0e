"""Recommendation: what a customer will buy next, ranked, and held against what was bought later.

The parts, each a pure function or a frozen result::

    bought = interactions(table)                       # customers × products, sparse
    model = item_neighbours(bought, similarity="cosine", neighbours=50)
    model.best(rows, 10)                               # ranked products of some customers
    offers(model, bought, fallbacks=(popularity(bought),))
    study(train, later, cutoff=…, horizon_days=90)     # methods beside baselines, on the later period

A short way for a frame of purchases:

    >>> import pandas as pd
    >>> bought = pd.DataFrame({"customer_id": list("aaabbbccd"), "product_id": [1, 2, 3, 1, 2, 4, 2, 3, 9]})
    >>> recommend(bought, neighbours=2)[["customer_id", "product_id", "score", "neighbours"]].round(4).values.tolist()
    [['a', 4, 0.4495, 1], ['b', 3, 1.0, 2], ['c', 1, 1.0, 2], ['c', 4, 0.3333, 1]]

Customer d shares no product with anybody, so nothing is recommended to d.
"""

from analysis.recommendation.choices import GRID, Candidate
from analysis.recommendation.coldstart import Explored, category_taste, new_products, on_offer
from analysis.recommendation.evaluation import (
    Bootstrap,
    Evaluation,
    Later,
    differences,
    evaluate,
    later_purchases,
    quality,
    within_groups,
)
from analysis.recommendation.everybody import Everybody, among_all, buyers_of
from analysis.recommendation.exploration import exploration
from analysis.recommendation.factors import Factors, factors
from analysis.recommendation.grid import MODELS, grid
from analysis.recommendation.interactions import Interactions, interactions, pairs
from analysis.recommendation.measures import MEASURES, accuracy, coverage, definitions, diversity, novelty
from analysis.recommendation.methods import BASELINES, KINDS
from analysis.recommendation.models import (
    Model,
    Popularity,
    buys_again,
    filled,
    item_neighbours,
    popularity,
    recent_popularity,
    trend,
)
from analysis.recommendation.neighbours import user_neighbours
from analysis.recommendation.newness import (
    Newcomers,
    by_age,
    divisions,
    groups_of,
    newcomers,
    product_ages,
    rated_products,
    split_days,
)
from analysis.recommendation.offers import REASONS, offer_blocks, offers
from analysis.recommendation.rating_study import RATING_BASELINES, RATING_METHODS, RatingStudy, rating_study
from analysis.recommendation.ratings import Biases, Ratings, biases, factor_forecasts, neighbour_forecasts
from analysis.recommendation.rules import rule_scores
from analysis.recommendation.segments import Tally, named, offers_by_segment
from analysis.recommendation.selection import Lists, best
from analysis.recommendation.serving import Reach, offers_to_all, reach
from analysis.recommendation.similarity import nearest, similarities, weighted
from analysis.recommendation.simple import hit_rate, popular, recommend
from analysis.recommendation.study import Remark, Study, refit, study
from analysis.recommendation.verdict import Verdict, decide

__all__ = [
    "BASELINES",
    "GRID",
    "KINDS",
    "MEASURES",
    "MODELS",
    "RATING_BASELINES",
    "RATING_METHODS",
    "REASONS",
    "Biases",
    "Bootstrap",
    "Candidate",
    "Evaluation",
    "Everybody",
    "Explored",
    "Factors",
    "Interactions",
    "Later",
    "Lists",
    "Model",
    "Newcomers",
    "Popularity",
    "RatingStudy",
    "Ratings",
    "Reach",
    "Remark",
    "Study",
    "Tally",
    "Verdict",
    "accuracy",
    "among_all",
    "best",
    "biases",
    "buyers_of",
    "buys_again",
    "by_age",
    "category_taste",
    "coverage",
    "decide",
    "definitions",
    "differences",
    "diversity",
    "divisions",
    "evaluate",
    "exploration",
    "factor_forecasts",
    "factors",
    "filled",
    "grid",
    "groups_of",
    "hit_rate",
    "interactions",
    "item_neighbours",
    "later_purchases",
    "named",
    "nearest",
    "neighbour_forecasts",
    "new_products",
    "newcomers",
    "novelty",
    "offer_blocks",
    "offers",
    "offers_by_segment",
    "offers_to_all",
    "on_offer",
    "pairs",
    "popular",
    "popularity",
    "product_ages",
    "quality",
    "rated_products",
    "rating_study",
    "reach",
    "recent_popularity",
    "recommend",
    "refit",
    "rule_scores",
    "similarities",
    "split_days",
    "study",
    "trend",
    "user_neighbours",
    "weighted",
    "within_groups",
]
