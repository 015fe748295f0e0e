"""User-based collaborative filtering: what the customers most like this one bought.

Source: Herlocker, Konstan, Borchers and Riedl (1999), SIGIR 22, 230-237.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from analysis.recommendation.interactions import Interactions
from analysis.recommendation.models import Owned, blockwise, positive
from analysis.recommendation.selection import Lists
from analysis.recommendation.similarity import Similarity, Weighting, Weights, nearest

__all__ = ["POOL", "UserNeighbours", "user_neighbours"]

#: Customers among whom the pipeline looks for those alike: so many, drawn, where there are more.
POOL = 10_000

Ints = NDArray[np.intp]


@dataclass(frozen=True)
class UserNeighbours:
    """User-based collaborative filtering: what the customers most like this one bought.

    The score of product i is the share of the neighbours' similarity that comes from those who bought it; where owned
    products may be listed, the customer stands among the neighbours with similarity 1.

    Attributes
    ----------
    name : str
    customers : Index
        Learnt from: those who may be neighbours.
    bought : csr_array, shape (customers served, products)
    binary : csr_array, shape (customers, products)
        1 where one of those learnt from bought the product.
    weights : csr_array, shape (customers, products)
        Theirs, by which likeness is measured.
    weighing : Weights
        What these weights rest on.
    options : tuple
        Similarity, neighbours, shrinkage.
    pool : ndarray of int or None
        Customers who may be neighbours; None: all.
    near : csr_array or None
        Neighbours found before.
    asked : Interactions or None
        The customers served; None: those learnt from.
    """

    name: str
    customers: pd.Index
    bought: sparse.csr_array
    binary: sparse.csr_array
    weights: sparse.csr_array
    weighing: Weights
    options: tuple[Similarity, int, float]
    pool: Ints | None
    near: sparse.csr_array | None = None
    asked: Interactions | None = None

    def neighbours(self, rows: Ints) -> sparse.csr_array:
        """Similarities of the nearest customers, shape (len(rows), customers)."""
        if self.near is not None:
            return self.near[rows]
        similarity, k, shrinkage = self.options
        weights, places = None, None
        if self.asked is not None:
            weights, places = self.weighing.of(self.asked.counts), self.customers.get_indexer(self.asked.customers)
        return nearest(
            self.weights, kind=similarity, k=k, shrinkage=shrinkage, rows=rows, pool=self.pool, asked=weights,
            places=places,
        )  # fmt: skip

    def serving(self, bought: Interactions) -> UserNeighbours:
        """Neighbours are looked for among the customers learnt from; nobody is the own neighbour."""
        return replace(self, bought=bought.counts, near=None, asked=bought)

    def prepared(self, rows: Ints) -> UserNeighbours:
        """The same with the neighbours of these customers (ascending) found once; only they can be asked for then."""
        found = self.neighbours(rows)
        starts = np.zeros(self.bought.shape[0] + 1, dtype=np.int64)
        starts[rows + 1] = np.diff(found.indptr)
        shape = (self.bought.shape[0], self.bought.shape[0])
        return replace(self, near=sparse.csr_array((found.data, found.indices, np.cumsum(starts)), shape))

    def best(self, rows: Ints, k: int, *, owned: Owned = "exclude", offered: NDArray[np.bool_] | None = None) -> Lists:
        near, others = self.neighbours(rows).copy(), self.binary
        if owned == "include" and self.asked is None:
            near = near + sparse.csr_array((np.ones(len(rows)), (np.arange(len(rows)), rows)), shape=near.shape)
        elif owned == "include":
            assert self.asked is not None
            near = sparse.hstack([near, sparse.eye_array(len(rows), format="csr")], format="csr")
            others = sparse.vstack([others, self.asked.owned[rows]], format="csr")
        total = np.asarray(near.sum(axis=1)).ravel()
        near.data = near.data / np.repeat(total, np.diff(near.indptr))
        return blockwise(near, others, self.bought, rows, k, owned, offered, own_row=False)


def user_neighbours(
    bought: Interactions,
    *,
    similarity: Similarity = "cosine",
    neighbours: int = 50,
    shrinkage: float = 0.0,
    weighting: Weighting = "binary",
    pool: int | None = None,
    random_state: int = 0,
    name: str = "user_neighbours",
) -> UserNeighbours:
    """Fit user-based collaborative filtering.

    Parameters
    ----------
    bought : Interactions
    similarity, shrinkage, weighting
        See `analysis.recommendation.similarity`.
    neighbours : int
        Most similar customers asked.
    pool : int, optional
        Look for neighbours among so many drawn customers. All pairs of customers cost the sum over products of the
        squared number of buyers, which grows with the square of the customers; a pool makes that linear.
    random_state : int
        Draws the pool.

    Source: Herlocker, Konstan, Borchers and Riedl (1999), SIGIR 22, 230-237.
    """
    drawn = None
    if pool is not None and pool < len(bought.customers):
        generator = np.random.default_rng(random_state)
        drawn = np.sort(generator.choice(len(bought.customers), positive(pool, "pool"), replace=False))
    weighing, options = Weights.learnt(bought.counts, weighting), (similarity, neighbours, shrinkage)
    weights = weighing.of(bought.counts)
    return UserNeighbours(name, bought.customers, bought.counts, bought.owned, weights, weighing, options, drawn)
