"""Options of the models, chosen by an earlier split in time: fitted to what lay before it, judged on what came after.

The later period, on which the page reports, is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.recommendation import neighbours
from analysis.recommendation.evaluation import Evaluation, Later, Wanted, evaluate
from analysis.recommendation.factors import factors
from analysis.recommendation.interactions import Interactions
from analysis.recommendation.models import ItemNeighbours, Model, item_neighbours
from analysis.recommendation.neighbours import UserNeighbours, user_neighbours
from analysis.recommendation.similarity import fewer

__all__ = ["GRID", "Candidate", "fit", "judge"]

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Candidate:
    """A method with its options.

    >>> Candidate("item_neighbours", {"neighbours": 20, "similarity": "cosine"}).text
    'neighbours 20, similarity cosine'
    """

    method: str
    options: dict[str, Any]

    @property
    def text(self) -> str:
        """The options in words that fit a cell of a table."""
        return ", ".join(f"{name} {value}" for name, value in self.options.items())


def _neighbours(method: str, kinds: Iterable[tuple[str, str, float]], numbers: Iterable[int]) -> list[Candidate]:
    return [
        Candidate(method, {"similarity": kind, "weighting": weighting, "shrinkage": shrinkage, "neighbours": number})
        for kind, weighting, shrinkage in kinds
        for number in sorted(numbers, reverse=True)
    ]


#: What is tried, the simplest of a method first. Several numbers of neighbours share one search.
GRID: tuple[Candidate, ...] = (
    Candidate("also_bought", {"similarity": "conditional", "weighting": "binary", "shrinkage": 0.0, "neighbours": 100}),
    *_neighbours(
        "item_neighbours",
        [
            ("cosine", "binary", 0.0), ("cosine", "binary", 20.0), ("jaccard", "binary", 0.0),
            ("cosine", "bm25", 0.0), ("adjusted_cosine", "log", 20.0),
        ],
        [20, 100],
    ),
    *_neighbours(
        "user_neighbours",
        [("cosine", "binary", 0.0), ("jaccard", "binary", 10.0), ("cosine", "bm25", 0.0)],
        [25, 100, 400],
    ),
    *(
        Candidate("factors", {"size": size, "regularisation": strength, "alpha": 1.0, "weighting": weighting})
        for size, strength, weighting in
        [(8, 3.0, "binary"), (16, 50.0, "binary"), (16, 200.0, "binary"), (32, 10.0, "log"), (32, 50.0, "log")]
    ),
)  # fmt: skip


def fit(
    candidate: Candidate, bought: Interactions, *, random_state: int, rows: NDArray[np.intp] | None = None
) -> Model:
    """The model of a candidate; with `rows` the neighbours of these customers are found once and kept."""
    if candidate.method in ("item_neighbours", "also_bought"):
        return item_neighbours(bought, **candidate.options, name=candidate.method)
    if candidate.method == "user_neighbours":
        # Looking among all would cost the square of the customers.
        model = user_neighbours(bought, **candidate.options, pool=neighbours.POOL, random_state=random_state)
        return model if rows is None else model.prepared(rows)
    return factors(bought, **candidate.options, random_state=random_state)


def judge(
    candidates: Iterable[Candidate],
    bought: Interactions,
    later: dict[Wanted, Later],
    *,
    k: int,
    fallbacks: tuple[Model, ...],
    offered: Flags,
    random_state: int,
) -> pd.DataFrame:
    """nDCG of every candidate on the purchases after the earlier cut-off.

    Returns
    -------
    DataFrame
        method, options, wanted, ndcg, customers, place (of the candidate), best (highest of its method; of equals the
        first).
    """
    rows, widest = [], None
    customers = np.unique(np.concatenate([these.rows for these in later.values()]))
    for place, candidate in enumerate(candidates):
        model = _fewer(widest, candidate)
        if model is None:
            model = fit(candidate, bought, random_state=random_state, rows=customers)
            widest = (candidate, model)
        for wanted, these in later.items():
            found = evaluate({"model": model}, bought, these, k=k, fallbacks=fallbacks, offered=offered, beyond=False)
            rows.append((candidate.method, candidate.text, wanted, ndcg(found, "model"), len(these.rows), place))
    table = pd.DataFrame(rows, columns=["method", "options", "wanted", "ndcg", "customers", "place"])
    order = table.sort_values(["ndcg", "place"], ascending=[False, True], kind="stable")
    table["best"] = table.index.isin(order.drop_duplicates(["method", "wanted"]).index)
    return table


def ndcg(found: Evaluation, method: str) -> float:
    """Mean nDCG of a method."""
    values = found.values[method][:, 4]
    return float(values.mean()) if len(values) else float("nan")


def _fewer(widest: tuple[Candidate, Model] | None, candidate: Candidate) -> Model | None:
    """The model of a candidate that differs from the widest search so far in its number of neighbours alone."""
    if widest is None or widest[0].method != candidate.method or "neighbours" not in candidate.options:
        return None
    number = candidate.options["neighbours"]
    if widest[0].options != candidate.options | {"neighbours": widest[0].options["neighbours"]}:
        return None
    model = widest[1]
    if isinstance(model, ItemNeighbours):
        return replace(model, similar=fewer(model.similar, number))
    if isinstance(model, UserNeighbours) and model.near is not None:
        return replace(model, near=fewer(model.near, number))
    return None
