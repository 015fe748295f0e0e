"""Seeded purchases and ratings, the same for the packages that are compared: NumPy and SciPy alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Rated", "purchases", "ranked", "rated"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Rated(NamedTuple):
    """Ratings from 1 to 5, and which of them are held out."""

    customer: Ints
    product: Ints
    value: Floats
    held_out: NDArray[np.bool_]
    shape: tuple[int, int]


def rated(customers: int = 300, products: int = 80, seed: int = 0) -> Rated:
    """Ratings with biases and three tastes, rounded, 30 % of all pairs, a fifth held out."""
    random = np.random.default_rng(seed)
    likes, has = random.normal(size=(customers, 3)), random.normal(size=(products, 3))
    whole = 3.5 + random.normal(0, 0.5, customers)[:, None] + random.normal(0, 0.5, products) + likes @ has.T / 2
    who, what = np.nonzero(random.random((customers, products)) < 0.3)
    value = np.clip(np.round(whole[who, what] + random.normal(0, 0.3, len(who))), 1, 5)
    return Rated(who, what, value, random.random(len(who)) < 0.2, (customers, products))


def purchases(
    customers: int, products: int, pairs: int, *, tastes: int = 50, most: float = 15.0, seed: int = 1
) -> sparse.csr_array:
    """Orders of each customer and product: skewed sizes of customers, skewed popularity, half of it by taste.

    Customers have log-normal numbers of products (cut at `most` times the average); products fall off like a power of
    their rank; half of a customer's purchases are of products of the customer's own taste.
    """
    random = np.random.default_rng(seed)
    size = np.minimum(random.lognormal(0, 1, customers), most)
    size = np.maximum(1, np.round(size / size.mean() * pairs / customers)).astype(np.int64)
    row = np.repeat(np.arange(customers, dtype=np.int32), size)
    reached = np.cumsum(1 / (np.arange(products) + 50.0) ** 0.9)
    column = np.searchsorted(reached, random.random(len(row)) * reached[-1]).astype(np.int32)
    own = random.random(len(row)) < 0.5
    taste = random.integers(0, tastes, customers, dtype=np.int32)
    column[own] = np.minimum(column[own] // tastes * tastes + taste[row[own]], products - 1)
    found = sparse.coo_array((np.ones(len(row)), (row, column)), shape=(customers, products)).tocsr()
    found.sum_duplicates()
    found.sort_indices()
    return found


def ranked(customers: int = 200, products: int = 50, k: int = 10, seed: int = 3) -> tuple[Ints, NDArray[np.bool_]]:
    """Lists of k products, and what was bought: shapes (customers, k) and (customers, products)."""
    random = np.random.default_rng(seed)
    bought = random.random((customers, products)) < random.uniform(0.02, 0.4, (customers, 1))
    bought[:, 0] |= ~bought.any(axis=1)
    lists = np.argsort(-(random.random((customers, products)) + 0.3 * bought), axis=1, kind="stable")[:, :k]
    return lists, bought
