"""The nearest neighbours of customers or of products, exactly, from sparse products taken a block at a time.

Written for products (columns of a customer × product matrix W, i and j two of them, n_ij customers who bought both):

    cosine               s_ij = Σ_u w_ui w_uj / (‖w_i‖ ‖w_j‖)
    jaccard              s_ij = n_ij / (n_i + n_j − n_ij)
    adjusted_cosine      as cosine, after each customer's mean weight is subtracted, over customers who bought both
    conditional          s_ij = n_ij / n_i: the share of those who bought i that bought j ("also bought"); not symmetric
    residual             as adjusted_cosine, of weights that are centred already (ratings less their biases)

Shrinkage λ multiplies by n_ij / (n_ij + λ), so that a likeness that rests on a few customers counts less (for
`residual`, a correlation, by (n_ij − 1) / (n_ij − 1 + λ)). For the neighbours of customers the two sides change places.

Sources: Sarwar, Karypis, Konstan and Riedl (2001), *Item-based collaborative filtering recommendation algorithms*,
WWW 10, section 3.1 (cosine, adjusted cosine); Deshpande and Karypis (2004), *Item-based top-N recommendation
algorithms*, ACM TOIS 22, section 4.1 (conditional probability); Bell and Koren (2007), *Scalable collaborative
filtering with jointly derived neighborhood interpolation weights*, ICDM, section 2 (shrinkage); Robertson and Zaragoza
(2009), *The probabilistic relevance framework: BM25 and beyond* (weights).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.errors import AnalysisError
from analysis.recommendation.selection import DIGITS, best, row_blocks

__all__ = ["Similarity", "Weighting", "Weights", "centred", "fewer", "likeness", "nearest", "similarities", "weighted"]

Floats = NDArray[np.float64]
Similarity = Literal["cosine", "jaccard", "adjusted_cosine", "conditional", "residual"]
Weighting = Literal["binary", "count", "log", "tfidf", "bm25"]

#: Multiplications of one block of a sparse product: bounds its memory, whatever the data.
BLOCK_PRODUCTS = 4_000_000
#: Cells of a block that are written out, where that is the quicker way to look values up.
DENSE_CELLS = 16_000_000
#: BM25's usual constants.
BM25_K1, BM25_B = 1.2, 0.75


def weighted(counts: sparse.csr_array, weighting: Weighting = "binary") -> sparse.csr_array:
    """Weights of purchases: how much it says that a customer bought a product so often.

    Parameters
    ----------
    counts : csr_array, shape (customers, products)
    weighting : {"binary", "count", "log", "tfidf", "bm25"}
        `log` is ln(1 + count); `tfidf` √count · (1 + ln(n / (1 + n_i))); `bm25` count (k₁ + 1) / (count + k₁ (1 − b +
        b · customer's count / mean count)) · ln(1 + (n − n_i + ½) / (n_i + ½)), with k₁ = 1.2 and b = 0.75: products
        that few buy say more, and the tenth purchase says less than the second.

    Returns
    -------
    csr_array, shape (customers, products)
        Same places as `counts`.

    Examples
    --------
    >>> counts = sparse.csr_array(np.array([[3.0, 1.0], [0.0, 1.0]]))
    >>> weighted(counts, "log").toarray().round(3).tolist()
    [[1.386, 0.693], [0.0, 0.693]]
    """
    return Weights.learnt(counts, weighting).of(counts)


@dataclass(frozen=True)
class Weights:
    """What the weights of purchases rest on, learnt from some customers, so that others are weighed alike.

    Attributes
    ----------
    weighting : str
    customers : int
        n: customers learnt from.
    buyers : ndarray of int, shape (products,)
        n_i: those who bought each product.
    mean : float
        A customer's mean count.
    """

    weighting: Weighting
    customers: int
    buyers: NDArray[np.int64]
    mean: float

    @classmethod
    def learnt(cls, counts: sparse.csr_array, weighting: Weighting) -> Weights:
        """From customers × products."""
        if weighting not in get_args(Weighting):
            raise AnalysisError(
                f"recommendation: weighting must be one of {', '.join(get_args(Weighting))}; got {weighting!r}"
            )
        buyers = np.bincount(counts.indices, minlength=counts.shape[1])
        mean = float(_lengths(counts).mean()) if weighting == "bm25" else float("nan")
        return cls(weighting, counts.shape[0], buyers, mean)

    def of(self, counts: sparse.csr_array) -> sparse.csr_array:
        """Weights of customers × products, of the customers learnt from or of others."""
        data, n = counts.data, self.customers
        if self.weighting == "binary":
            values = np.ones(len(data))
        elif self.weighting == "count":
            values = np.array(data, dtype=float)
        elif self.weighting == "log":
            values = np.log1p(data)
        else:
            buyers = self.buyers[counts.indices]
            if self.weighting == "tfidf":
                values = np.sqrt(data) * (1 + np.log(n / (1 + buyers)))
            else:
                relative = np.repeat(_lengths(counts) / max(self.mean, 1e-300), np.diff(counts.indptr))
                saturated = data * (BM25_K1 + 1) / (data + BM25_K1 * (1 - BM25_B + BM25_B * relative))
                values = saturated * np.log1p((n - buyers + 0.5) / (buyers + 0.5))
        return sparse.csr_array((values, counts.indices, counts.indptr), counts.shape)


def _lengths(counts: sparse.csr_array) -> Floats:
    """Each customer's count of all products."""
    return np.asarray(counts.sum(axis=1)).ravel()


def nearest(
    weights: sparse.csr_array,
    *,
    kind: Similarity = "cosine",
    k: int = 50,
    shrinkage: float = 0.0,
    rows: NDArray[np.intp] | None = None,
    pool: NDArray[np.intp] | None = None,
    asked: sparse.csr_array | None = None,
    places: NDArray[np.intp] | None = None,
) -> sparse.csr_array:
    """The k most similar others of each row of a matrix, of those with a similarity above 0.

    Parameters
    ----------
    weights : csr_array, shape (n, m)
        Rows are compared: customer × product for the neighbours of customers, its transpose for those of products.
    kind, shrinkage
        See the module.
    k : int
        Neighbours kept; of equally similar ones (to 12 decimals) those that come first.
    rows : ndarray of int, optional
        Rows whose neighbours are wanted, ascending; by default all.
    pool : ndarray of int, optional
        Rows that may be neighbours, ascending; by default all. A drawn pool bounds the work where the exact search,
        which costs the sum over columns of the square of their stored entries, would take too long.
    asked : csr_array, shape (a, m), optional
        Other rows whose neighbours among those of `weights` are wanted; `rows` then counts these.
    places : ndarray of int, shape (a,), optional
        Where each row of `asked` stands in `weights`, so that nobody is the own neighbour; −1 where it does not.

    Returns
    -------
    csr_array, shape (len(rows) or n or a, n)
        Similarities of the neighbours; nothing stored elsewhere.

    Examples
    --------
    >>> bought = sparse.csr_array(np.array([[1.0, 1, 0], [1, 1, 1], [0, 0, 1]]))
    >>> nearest(bought, kind="jaccard", k=1).toarray().round(3).tolist()
    [[0.0, 0.667, 0.0], [0.667, 0.0, 0.0], [0.0, 0.333, 0.0]]
    """
    check(kind, k, shrinkage)
    given = weights if asked is None else asked
    wanted = np.arange(given.shape[0]) if rows is None else rows
    if asked is None:
        places = np.arange(given.shape[0])
    engine = _Engine(weights, kind, shrinkage, pool, asked)
    parts: list[tuple[NDArray[np.intp], NDArray[np.intp], Floats]] = []
    for part in row_blocks(engine.work(wanted), BLOCK_PRODUCTS):
        block = engine.block(wanted[part])
        own = None if places is None else _ones_at(places[wanted[part]], block.shape)
        lists = best(block, k, without=own)
        row, rank = np.nonzero(lists.columns >= 0)
        parts.append((row + part.start, lists.columns[row, rank], lists.scores[row, rank]))
    shape = (len(wanted), weights.shape[0])
    if not parts:
        return sparse.csr_array(shape)
    row, column, value = (np.concatenate(values) for values in zip(*parts, strict=True))
    result = sparse.coo_array((value, (row, column)), shape=shape).tocsr()
    result.sort_indices()
    return result


def _ones_at(columns: NDArray[np.intp], shape: tuple[int, int]) -> sparse.csr_array:
    """A 1 in each row, at its column; none where that is −1."""
    there = columns >= 0
    starts = np.concatenate([[0], np.cumsum(there)])
    return sparse.csr_array((np.ones(int(there.sum())), columns[there], starts), shape)


def fewer(neighbours: sparse.csr_array, k: int) -> sparse.csr_array:
    """The k nearest of neighbours found before.

    >>> fewer(sparse.csr_array(np.array([[0.0, 0.5, 0.2], [0.1, 0.0, 0.1]])), 1).toarray().tolist()
    [[0.0, 0.5, 0.0], [0.1, 0.0, 0.0]]
    """
    lists = best(neighbours, k)
    row, rank = np.nonzero(lists.columns >= 0)
    values = (lists.scores[row, rank], (row, lists.columns[row, rank]))
    found = sparse.coo_array(values, shape=neighbours.shape).tocsr()
    found.sort_indices()
    return found


def similarities(
    weights: sparse.csr_array, *, kind: Similarity = "cosine", shrinkage: float = 0.0, rows: NDArray[np.intp]
) -> sparse.csr_array:
    """All similarities of some rows with every row (also itself), shape (len(rows), n)."""
    check(kind, 1, shrinkage)
    return _Engine(weights, kind, shrinkage, None).block(rows)


def check(kind: str, k: int, shrinkage: float) -> None:
    """Refuse options that mean nothing, all at once."""
    problems = []
    if kind not in get_args(Similarity):
        problems.append(f"similarity must be one of {', '.join(get_args(Similarity))}, got {kind!r}")
    if k < 1:
        problems.append(f"neighbours must be at least 1, got {k}")
    if not (np.isfinite(shrinkage) and shrinkage >= 0):
        problems.append(f"shrinkage must be a number of 0 or more, got {shrinkage}")
    if problems:
        raise AnalysisError("recommendation: " + "; ".join(problems))


def centred(weights: sparse.csr_array, learnt: sparse.csr_array) -> sparse.csr_array:
    """Weights less the mean of their column in `learnt`, over what is stored there."""
    number = np.bincount(learnt.indices, minlength=learnt.shape[1])
    total = np.bincount(learnt.indices, weights=learnt.data, minlength=learnt.shape[1])
    mean = np.divide(total, number, out=np.zeros(len(total)), where=number > 0)
    # A customer who weighs all products alike says nothing; rounding must not make something of it.
    values = (weights.data - mean[weights.indices]).round(DIGITS)
    return sparse.csr_array((values, weights.indices, weights.indptr), weights.shape)


class _Engine:
    """What does not change from block to block: the prepared matrices and their transposes."""

    def __init__(
        self,
        weights: sparse.csr_array,
        kind: Similarity,
        shrinkage: float,
        pool: NDArray[np.intp] | None,
        asked: sparse.csr_array | None = None,
    ) -> None:
        self.kind, self.shrinkage = kind, shrinkage
        binary, values = self._prepared(weights, weights)
        self.binary, self.values = (binary, values) if asked is None else self._prepared(asked, weights)
        self.sizes, self.sizes_right = np.diff(self.binary.indptr).astype(float), np.diff(weights.indptr).astype(float)
        self.binary_right = _transposed(binary, pool)
        self.values_right = self.binary_right if values is binary else _transposed(values, pool)
        if kind in ("adjusted_cosine", "residual"):
            squares = values.power(2)
            self.squares = squares if asked is None else self.values.power(2)
            self.squares_right = _transposed(squares, pool)

    def _prepared(
        self, weights: sparse.csr_array, learnt: sparse.csr_array
    ) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Ones where something is stored, and the values that are multiplied: the same matrix where they are ones."""
        binary = sparse.csr_array((np.ones(weights.nnz), weights.indices, weights.indptr), weights.shape)
        if self.kind in ("jaccard", "conditional"):
            return binary, binary
        return binary, self._values(weights, learnt)

    def _values(self, weights: sparse.csr_array, learnt: sparse.csr_array) -> sparse.csr_array:
        if self.kind == "cosine":
            length = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
            unit = np.divide(1.0, length, out=np.zeros(len(length)), where=length > 0)
            data = weights.data * np.repeat(unit, np.diff(weights.indptr))
            return sparse.csr_array((data, weights.indices, weights.indptr), weights.shape)
        if self.kind == "residual":
            return weights
        return centred(weights, learnt)

    def work(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Multiplications for each row: for each of its columns, the entries that the column has."""
        column = np.diff(self.binary_right.indptr).astype(np.int64)
        each = np.concatenate([[0], np.cumsum(column[self.binary.indices])])
        return np.asarray(each[self.binary.indptr[rows + 1]] - each[self.binary.indptr[rows]])

    def block(self, rows: NDArray[np.intp]) -> sparse.csr_array:
        product = self.values[rows] @ self.values_right
        if self.kind == "cosine" and not self.shrinkage:
            return product
        common = product if self.values is self.binary else self.binary[rows] @ self.binary_right
        n = common.data
        row = np.repeat(np.arange(len(rows)), np.diff(common.indptr))
        values, norms = n, n
        if self.kind not in ("jaccard", "conditional"):
            values = _at(product, common)
        if self.kind in ("adjusted_cosine", "residual"):
            norms = _at(self.squares[rows] @ self.binary_right, common) * _at(
                self.binary[rows] @ self.squares_right, common
            )
        values = likeness(
            n, values, norms, self.sizes[rows][row], self.sizes_right[common.indices], kind=self.kind,
            shrinkage=self.shrinkage,
        )  # fmt: skip
        return sparse.csr_array((values, common.indices, common.indptr), common.shape)


def likeness(
    n: Floats, products: Floats, norms: Floats, first: Floats, second: Floats, *, kind: Similarity, shrinkage: float
) -> Floats:
    """Likeness of pairs from sums over customers; see the module.

    Parameters
    ----------
    n : ndarray, shape (pairs,)
        n_ij.
    products : ndarray, shape (pairs,)
        The numerator, of `cosine` already divided by both lengths; of others than the cosines not used.
    norms : ndarray, shape (pairs,)
        The product of both sums of squares over common customers; of adjusted cosine and residual alone used.
    first, second : ndarray, shape (pairs,)
        n_i and n_j.
    """
    if kind == "jaccard":
        values = n / (first + second - n)
    elif kind == "conditional":
        values = n / first
    elif kind == "cosine":
        values = products
    else:
        values = np.divide(products, np.sqrt(norms), out=np.zeros(len(products)), where=norms > 0)
    if shrinkage:
        sure = n - 1 if kind == "residual" else n
        values = values * (sure / (sure + shrinkage))
    return values


def _transposed(matrix: sparse.csr_array, pool: NDArray[np.intp] | None) -> sparse.csr_array:
    """The transpose as rows; columns outside the pool are empty."""
    if pool is not None:
        inside = np.zeros(matrix.shape[0], dtype=bool)
        inside[pool] = True
        lengths = np.where(inside, np.diff(matrix.indptr), 0)
        flags = np.repeat(inside, np.diff(matrix.indptr))
        starts = np.concatenate([[0], np.cumsum(lengths)])
        matrix = sparse.csr_array((matrix.data[flags], matrix.indices[flags], starts), matrix.shape)
    return matrix.T.tocsr()


def _at(product: sparse.csr_array, pattern: sparse.csr_array) -> Floats:
    """Values of a product in the places of a pattern that holds all of them (sums of exactly 0 may not be stored)."""
    # Products of matrices that are stored alike come out stored alike, in whatever order.
    if product.nnz == pattern.nnz and np.array_equal(product.indices, pattern.indices):
        return np.asarray(product.data)
    width = np.int64(pattern.shape[1])
    if product.shape[0] * width <= DENSE_CELLS:
        rows = np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr))
        return np.asarray(product.toarray()[rows, pattern.indices])
    stored, wanted = (
        np.repeat(np.arange(item.shape[0]), np.diff(item.indptr)) * width + item.indices for item in (product, pattern)
    )
    order = np.argsort(wanted)
    values = np.zeros(pattern.nnz)
    values[order[np.searchsorted(wanted, stored, sorter=order)]] = product.data
    return values
