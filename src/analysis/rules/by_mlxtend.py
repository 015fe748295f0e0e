"""Itemsets by mlxtend's FP-growth and Apriori: an independent implementation, for second opinions."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.rules.baskets import Baskets
from analysis.rules.eclat import in_order

__all__ = ["mlxtend_itemsets"]

#: Cells that Apriori may hold at once for its candidates (baskets x candidates x length); beyond, one by one.
_CANDIDATE_CELLS = 20_000_000


def mlxtend_itemsets(
    algorithm: str, data: Baskets, single: np.ndarray, threshold: int, max_length: int, room: int
) -> tuple[list[tuple[np.ndarray, np.ndarray]], int]:
    """Find itemsets of two and more: pairs by a product of the sparse table with itself, longer ones by mlxtend.

    Parameters
    ----------
    algorithm : {"fpgrowth", "apriori"}
    data : Baskets
    single : ndarray of int, shape (n_frequent,)
        Columns of the items that may take part, ascending.
    threshold, max_length : int
        Smallest number of baskets, longest itemset.
    room : int
        Itemsets that may be found; where there are more, the longest are left out, but never pairs.

    Returns
    -------
    tuple of list and int
        Members (int32, ascending, rows in lexicographic order) and counts of each length from 2, and the greatest
        length of which all fit.
    """
    pairs, counts = _without_kin(data, *_pairs(data.matrix, single, threshold))
    if not len(pairs):
        return [], max_length
    found, columns = [(pairs, counts)], np.unique(pairs)
    table = data.matrix[:, columns]
    table = table[np.diff(table.indptr) >= 3]
    if max_length < 3 or table.shape[0] < threshold:
        return found, max_length
    within = np.searchsorted(columns, pairs)
    for longest in range(max_length, 2, -1):
        longer = _mlxtend(
            algorithm, table, within, threshold=threshold, max_length=longest, limit=max(room - len(pairs), 0)
        )
        if longer is not None:
            return found + [in_order(columns[level].astype(np.int32), counts) for level, counts in longer], longest
    return found, 2


def _pairs(matrix: sparse.csr_array, columns: np.ndarray, threshold: int) -> tuple[np.ndarray, np.ndarray]:
    """Frequent pairs of `columns` and their counts, by a product of the sparse table with itself, in blocks."""
    table = matrix[:, columns].astype(np.int32).tocsc()
    found, counts = [np.empty((0, 2), dtype=np.int32)], [np.empty(0, dtype=np.int64)]
    for start in range(0, len(columns), 1000):
        joint = sparse.coo_array(table[:, start : start + 1000].T @ table)
        row, column = joint.coords
        keep = (row + start < column) & (joint.data >= threshold)
        found.append(np.column_stack([columns[row[keep] + start], columns[column[keep]]]).astype(np.int32))
        counts.append(joint.data[keep].astype(np.int64))
    return in_order(np.concatenate(found), np.concatenate(counts))


def _without_kin(data: Baskets, pairs: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pairs less those of an item and its own category."""
    if not (len(pairs) and len(data.kin)):
        return pairs, counts
    number = np.array([len(data.items), 1])
    keep = ~np.isin(pairs.astype(np.int64) @ number, data.kin @ number)
    return pairs[keep], counts[keep]


def _mlxtend(
    algorithm: str, matrix: sparse.csr_array, pairs: np.ndarray, *, threshold: int, max_length: int, limit: int
) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """Frequent itemsets of three items and more whose pairs are all given, level by level; None above the limit."""
    from mlxtend.frequent_patterns import apriori, fpgrowth  # loads matplotlib's and scikit-learn's share of mlxtend

    table = pd.DataFrame(matrix.toarray())
    # half a basket below the threshold: no rounding of a share can then move it
    least = (threshold - 0.5) / len(table)
    if algorithm == "apriori":
        economical = len(table) * math.comb(table.shape[1], 2) * 2 > _CANDIDATE_CELLS
        result = apriori(table, min_support=least, max_len=max_length, low_memory=economical)
    else:
        result = fpgrowth(table, min_support=least, max_len=max_length)
    counts = np.rint(result["support"].to_numpy() * len(table)).astype(np.int64)
    members = [sorted(itemset) for itemset in result["itemsets"]]
    length = np.array([len(row) for row in members], dtype=np.int64)
    levels = []
    for k in range(3, int(length.max(initial=0)) + 1):
        chosen = np.flatnonzero(length == k)
        level = np.array([members[row] for row in chosen], dtype=np.int64).reshape(-1, k)
        possible = _all_paired(level, pairs, matrix.shape[1])
        if possible.any():
            levels.append((level[possible], counts[chosen[possible]]))
    return levels if sum(len(level) for level, _ in levels) <= limit else None


def _all_paired(level: np.ndarray, pairs: np.ndarray, width: int) -> np.ndarray:
    """Whether every two members of each row are one of the pairs."""
    keys = pairs.astype(np.int64) @ np.array([width, 1])
    both = combinations(range(level.shape[1]), 2)
    return np.all([np.isin(level[:, first] * width + level[:, second], keys) for first, second in both], axis=0)
