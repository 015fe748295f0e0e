"""Models of ratings that customers gave to products: means, biases, neighbours, factors.

    r̂_ui = μ                                             mean
    r̂_ui = μ + b_u + b_i                                 biases
    r̂_ui = b_ui + Σ_j s_ij (r_uj − b_uj) / Σ_j s_ij      item neighbours: the k most similar products that u rated
    r̂_ui = b_ui + Σ_v s_uv (r_vi − b_vi) / Σ_v s_uv      customer neighbours: the k most similar who rated i
    r̂_ui = b_ui + p_u·q_i                                factors

Similarities are correlations around the biases over common raters, shrunk: s_ij = (n_ij − 1)/(n_ij − 1 + λ) ρ_ij; only
those above 0 are asked. A customer or product that was not seen in training has a bias, and factors, of 0.

Source: Koren (2010), *Factor in the neighbors: scalable and accurate collaborative filtering*, ACM TKDD 4, section 2.1
(biases by alternation, equations 4 and 5), 3.1 (similarity and equation 9); Koren, Bell and Volinsky (2009), *Matrix
factorization techniques for recommender systems*, Computer 42, 30-37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.recommendation.factors import descend
from analysis.recommendation.selection import row_blocks
from analysis.recommendation.similarity import BLOCK_PRODUCTS, similarities

__all__ = ["Biases", "Ratings", "biases", "factor_forecasts", "neighbour_forecasts"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Ratings:
    """Known ratings.

    Attributes
    ----------
    customer, product : ndarray of int, shape (n,)
        Codes from 0.
    value : ndarray, shape (n,)
    shape : (int, int)
        Customers and products, also those without a rating here.
    """

    customer: Ints
    product: Ints
    value: Floats
    shape: tuple[int, int]

    def matrix(self, values: Floats) -> sparse.csr_array:
        """Values in their places, customers as rows. Stored zeros stay: a rating at its bias is a rating."""
        place = (self.customer, self.product)
        found = sparse.coo_array((values, place), shape=self.shape).tocsr()
        found.sort_indices()
        return found


@dataclass(frozen=True)
class Biases:
    """μ, b_u and b_i; 0 for those without a rating."""

    mean: float
    customer: Floats
    product: Floats

    def forecast(self, customer: Ints, product: Ints) -> Floats:
        """μ + b_u + b_i; code −1 stands for somebody unknown."""
        ours, theirs = np.append(self.customer, 0.0), np.append(self.product, 0.0)
        return np.asarray(self.mean + ours[customer] + theirs[product])


def biases(
    ratings: Ratings,
    *,
    customer_shrinkage: float | None = 15.0,
    product_shrinkage: float | None = 10.0,
    rounds: int = 10,
) -> Biases:
    """Biases by alternation: b_i = Σ_u (r_ui − μ − b_u) / (λ_i + n_i), then b_u likewise, from b = 0.

    Parameters
    ----------
    ratings : Ratings
    customer_shrinkage, product_shrinkage : float or None
        λ_u and λ_i; None leaves that side out, so that one of them gives shrunk means.
    rounds : int

    Examples
    --------
    >>> known = Ratings(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([5.0, 3.0, 4.0]), (2, 2))
    >>> found = biases(known, customer_shrinkage=None, product_shrinkage=0.0)
    >>> found.forecast(np.array([1, -1]), np.array([1, 0])).tolist()
    [3.0, 4.5]
    """
    mean = float(ratings.value.mean())
    ours, theirs = np.zeros(ratings.shape[0]), np.zeros(ratings.shape[1])
    for _ in range(rounds):
        if product_shrinkage is not None:
            theirs = _shrunk(ratings.value - mean - ours[ratings.customer], ratings.product, theirs, product_shrinkage)
        if customer_shrinkage is not None:
            ours = _shrunk(ratings.value - mean - theirs[ratings.product], ratings.customer, ours, customer_shrinkage)
    return Biases(mean, ours, theirs)


def _shrunk(rest: Floats, code: Ints, before: Floats, shrinkage: float) -> Floats:
    number = np.bincount(code, minlength=len(before)) + shrinkage
    total = np.bincount(code, weights=rest, minlength=len(before))
    return np.divide(total, number, out=np.zeros(len(before)), where=number > 0)


def neighbour_forecasts(
    ratings: Ratings,
    base: Biases,
    customer: Ints,
    product: Ints,
    *,
    of: Literal["customers", "products"],
    neighbours: int = 40,
    shrinkage: float = 100.0,
) -> Floats:
    """Forecasts of ratings by the most similar products that the customer rated, or customers who rated the product.

    Parameters
    ----------
    ratings : Ratings
        Known.
    base : Biases
        Around which similarities and ratings are taken.
    customer, product : ndarray of int, shape (m,)
        Pairs to foretell; −1 is unknown, and the forecast then the bias.
    of : {"customers", "products"}
        Whose neighbours.
    neighbours, shrinkage
        k and λ. Equally similar neighbours are taken in their order.

    Returns
    -------
    ndarray, shape (m,)
    """
    rest = ratings.matrix(ratings.value - base.forecast(ratings.customer, ratings.product))
    mine, theirs = (customer, product) if of == "customers" else (product, customer)
    # Rows are those whose neighbours are sought; `given` has, for each of the others, who rated it or was rated by it.
    rows, given = (rest, rest.T.tocsr()) if of == "customers" else (rest.T.tocsr(), rest)
    given.sort_indices()
    answer = base.forecast(customer, product)
    wanted = np.flatnonzero((mine >= 0) & (theirs >= 0))
    wanted = wanted[np.argsort(mine[wanted], kind="stable")]
    heads, counts = np.unique(mine[wanted], return_counts=True)
    ends = np.concatenate([[0], np.cumsum(counts)])
    cost = np.diff(rows.indptr)[heads] * max(int(np.diff(given.indptr).mean()), 1) + counts
    for part in row_blocks(cost, BLOCK_PRODUCTS):
        likeness = similarities(rows, kind="residual", shrinkage=shrinkage, rows=heads[part])
        pairs = wanted[ends[part.start] : ends[part.stop]]
        head = np.repeat(np.arange(part.stop - part.start), counts[part])
        answer[pairs] += _weighted(likeness, head, given, theirs[pairs], neighbours)
    return answer


def _weighted(likeness: sparse.csr_array, head: Ints, given: sparse.csr_array, other: Ints, k: int) -> Floats:
    """Σ s r / Σ s over the k most similar raters of each pair; 0 where nobody similar is known."""
    lengths = np.diff(given.indptr)[other]
    pair = np.repeat(np.arange(len(other)), lengths)
    place = (
        np.repeat(given.indptr[other], lengths)
        + np.arange(len(pair))
        - np.repeat(np.cumsum(lengths) - lengths, lengths)
    )
    who, value = given.indices[place], given.data[place]
    likeness.sort_indices()
    width = np.int64(likeness.shape[1])
    stored = np.repeat(np.arange(likeness.shape[0]), np.diff(likeness.indptr)) * width + likeness.indices
    key = head[pair] * width + who
    spot = np.minimum(np.searchsorted(stored, key), max(len(stored) - 1, 0))
    near = np.where(stored[spot] == key, likeness.data[spot], 0.0).round(12) if len(stored) else np.zeros(len(key))
    kept = near > 0
    pair, value, near = pair[kept], value[kept], near[kept]
    order = np.lexsort((-near, pair))
    pair, value, near = pair[order], value[order], near[order]
    first = np.arange(len(pair)) - np.searchsorted(pair, np.arange(len(other)))[pair] < k
    top = np.bincount(pair[first], weights=(near * value)[first], minlength=len(other))
    total = np.bincount(pair[first], weights=near[first], minlength=len(other))
    return np.divide(top, total, out=np.zeros(len(other)), where=total > 0)


def factor_forecasts(
    ratings: Ratings,
    base: Biases,
    customer: Ints,
    product: Ints,
    *,
    size: int = 8,
    regularisation: float = 5.0,
    sweeps: int = 10,
    random_state: int,
) -> Floats:
    """Forecasts by biases and factors that minimise Σ (r_ui − b_ui − p_u·q_i)² + λ (Σ ‖p_u‖² + Σ ‖q_i‖²).

    Alternating least squares over the known ratings; each half step is solved exactly (conjugate gradients of as many
    steps as there are factors).
    """
    rest = ratings.matrix(ratings.value - base.forecast(ratings.customer, ratings.product))
    turned = rest.T.tocsr()
    generator = np.random.default_rng(random_state)
    products = generator.standard_normal((ratings.shape[1], size)) / np.sqrt(size)
    customers = np.zeros((ratings.shape[0], size))
    ridge = regularisation * np.eye(size)
    for _ in range(sweeps):
        for target, fixed, known in ((customers, products, rest), (products, customers, turned)):
            ones = np.ones(known.nnz)
            descend(target, fixed[known.indices], ones, known.data, np.diff(known.indptr), ridge, size)
    ours, theirs = np.vstack([customers, np.zeros(size)]), np.vstack([products, np.zeros(size)])
    return base.forecast(customer, product) + np.einsum("pf,pf->p", ours[customer], theirs[product])
