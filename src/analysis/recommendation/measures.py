"""How good ranked lists are, customer by customer: hit rate, precision, recall, MAP, nDCG, novelty, diversity.

Packages differ in denominators, so `definitions` says which ones are meant here. Sources: Järvelin and Kekäläinen
(2002), ACM TOIS 20, 422-446 (nDCG); Manning, Raghavan and Schütze (2008), *Introduction to Information Retrieval*,
chapter 8; Castells, Hurley and Vargas (2015), *Novelty and diversity in recommender systems*, in Recommender Systems
Handbook, 2nd ed., chapter 26 (self-information, intra-list diversity).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.recommendation.selection import blocks, row_blocks
from analysis.recommendation.similarity import BLOCK_PRODUCTS, similarities

__all__ = ["ACCURACY", "BEYOND", "MEASURES", "accuracy", "coverage", "definitions", "diversity", "novelty"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

#: Of every customer: measures that need what was bought later, and measures of the lists alone.
ACCURACY = ("hit_rate", "precision", "recall", "map", "ndcg")
BEYOND = ("novelty", "diversity")
MEASURES = (*ACCURACY, *BEYOND)


def definitions(k: int) -> dict[str, str]:
    """What each measure is, in words and with its denominators, for lists of k.

    >>> definitions(10)["precision"]
    'Products of the list that were bought, divided by 10 (also where a list is shorter).'
    """
    return {
        "hit_rate": f"1 where at least one of the {k} products was bought, else 0; the mean is the share of customers.",
        "precision": f"Products of the list that were bought, divided by {k} (also where a list is shorter).",
        "recall": "Products of the list that were bought, divided by all different products that the customer bought.",
        "map": "Average precision: the precisions at the ranks of bought products, added up and divided by the "
        f"smaller of {k} and the number of products bought; the mean over customers is MAP.",
        "ndcg": f"Σ 1/log2(rank + 1) over bought products of the list, divided by the same sum of the best possible "
        f"list: as many bought products as fit into {k} ranks.",
        "novelty": "Mean over the list of −log2(share of all customers who owned the product): the bits of surprise.",
        "diversity": "1 − mean cosine between the buyers of two products of the list, over all pairs of the list.",
        "coverage": "Products that stand in at least one list, divided by all products that could be offered.",
    }


def accuracy(columns: Ints, relevant: sparse.csr_array, total: Ints) -> Floats:
    """The measures `ACCURACY` of each list, shape (rows, 5).

    Parameters
    ----------
    columns : ndarray of int, shape (rows, k)
        Ranked products; −1 for an empty place.
    relevant : csr_array, shape (rows, products)
        Stored where the product was bought later.
    total : ndarray of int, shape (rows,)
        Different products bought later, also those that nobody had bought before and that are no column: they count
        as missed. More than 0.

    Examples
    --------
    >>> bought = sparse.csr_array(np.array([[0, 1, 0, 1]]))
    >>> accuracy(np.array([[1, 0, 3]]), bought, np.array([3])).round(4).tolist()
    [[1.0, 0.6667, 0.6667, 0.5556, 0.7039]]
    """
    height, k = columns.shape
    hit = hits(columns, relevant).astype(float)
    ranks = np.arange(1, k + 1)
    found = hit.sum(axis=1)
    possible = np.minimum(total, k)
    average = (hit * np.cumsum(hit, axis=1) / ranks).sum(axis=1) / possible
    gain = 1 / np.log2(ranks + 1)
    ideal = np.cumsum(gain)[possible - 1]
    return np.column_stack([found > 0, found / k, found / total, average, hit @ gain / ideal]).reshape(height, 5)


def hits(columns: Ints, relevant: sparse.csr_array) -> NDArray[np.bool_]:
    """Which places of the lists hold a product that was bought, shape (rows, k)."""
    width = np.int64(relevant.shape[1])
    bought = np.repeat(np.arange(relevant.shape[0]), np.diff(relevant.indptr)) * width + relevant.indices
    listed = np.arange(len(columns))[:, None] * width + columns
    return np.isin(listed, bought) & (columns >= 0)


def novelty(columns: Ints, buyers: Floats, customers: int) -> Floats:
    """Mean self-information of each list, in bits; NaN for an empty list."""
    with np.errstate(divide="ignore"):
        bits = np.where(buyers > 0, -np.log2(buyers / customers), np.nan)
    there = columns >= 0
    values = np.where(there, bits[np.maximum(columns, 0)], 0.0)
    return _mean(values.sum(axis=1), there.sum(axis=1))


def diversity(columns: Ints, bought: sparse.csr_array) -> Floats:
    """1 − mean cosine of all pairs of each list; NaN for lists of fewer than two.

    Parameters
    ----------
    columns : ndarray of int, shape (rows, k)
    bought : csr_array, shape (customers, products)
        Whose columns are compared, as 1 and 0.
    """
    width = np.int64(bought.shape[1])
    parts = blocks(np.arange(len(columns)), columns.shape[1] * (columns.shape[1] - 1) // 2)
    unique = np.array([], dtype=np.int64)
    for part in parts:
        unique = np.union1d(unique, _pairs(columns[part], width))
    unique = unique[unique >= 0]
    likeness = _cosines(unique, width, bought)
    result = np.empty(len(columns))
    for part in parts:
        pairs = _pairs(columns[part], width)
        there = pairs >= 0
        found = np.zeros(pairs.shape)
        found[there] = likeness[np.searchsorted(unique, pairs[there])]
        result[part] = 1 - _mean(found.sum(axis=1), there.sum(axis=1))
    return result


def _pairs(columns: Ints, width: np.int64) -> NDArray[np.int64]:
    """All pairs of each list as first · width + second, the smaller first, shape (rows, k (k − 1) / 2); −1 for none."""
    first, second = np.triu_indices(columns.shape[1], 1)
    a, b = columns[:, first], columns[:, second]
    return np.where((a >= 0) & (b >= 0), np.minimum(a, b) * width + np.maximum(a, b), -1)


def coverage(columns: Ints, offered: int) -> float:
    """Share of the products on offer that stand in at least one list."""
    return len(np.unique(columns[columns >= 0])) / offered if offered else float("nan")


def _cosines(keys: NDArray[np.int64], width: np.int64, bought: sparse.csr_array) -> Floats:
    """Cosines of the pairs first · width + second, ascending; a block of first products at a time."""
    values = np.zeros(len(keys))
    products = np.unique(keys // width).astype(np.intp)
    columns = sparse.csr_array((np.ones(bought.nnz), bought.indices, bought.indptr), bought.shape).T.tocsr()
    each = np.concatenate([[0], np.cumsum(np.diff(bought.indptr)[columns.indices])])
    for part in row_blocks((each[columns.indptr[1:]] - each[columns.indptr[:-1]])[products], BLOCK_PRODUCTS):
        block = similarities(columns, rows=products[part]).tocsr()
        block.sort_indices()
        stored = np.repeat(products[part], np.diff(block.indptr)) * width + block.indices
        low, high = np.searchsorted(keys, [products[part][0] * width, (products[part][-1] + 1) * width])
        place = np.minimum(np.searchsorted(stored, keys[low:high]), max(len(stored) - 1, 0))
        values[low:high] = np.where(stored[place] == keys[low:high], block.data[place], 0.0)
    return values


def _mean(total: Floats, number: Ints) -> Floats:
    return np.divide(total, number, out=np.full(len(total), np.nan), where=number > 0)
