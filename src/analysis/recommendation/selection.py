"""The best k of each row, in a stated order: by score, and among equal scores by the order of the columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["DIGITS", "Lists", "best", "blocks", "row_blocks", "stacked"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Scores: TypeAlias = "Floats | sparse.csr_array"

#: Scores are compared after rounding to so many decimals: noise in the last digit decides nothing.
DIGITS = 12
#: Cells of scores that are held at once.
CELLS = 8_000_000


@dataclass(frozen=True)
class Lists:
    """Ranked columns of each row: shape (rows, k); −1 (with score NaN) where a row has fewer.

    >>> best(np.array([[1.0, 3.0, 3.0], [0.0, 0.0, 2.0]]), 2)
    Lists(columns=array([[ 1,  2],
           [ 2, -1]]), scores=array([[ 3.,  3.],
           [ 2., nan]]))
    """

    columns: Ints
    scores: Floats


def row_blocks(sizes: NDArray[np.integer] | Ints, budget: int) -> list[slice]:
    """Consecutive rows whose sizes add up to at most `budget`; a row alone where it is larger.

    >>> row_blocks(np.array([3, 3, 9, 1, 1]), 6)
    [slice(0, 2, None), slice(2, 3, None), slice(3, 5, None)]
    """
    reached, parts, start = np.concatenate([[0], np.cumsum(sizes)]), [], 0
    while start < len(sizes):
        stop = int(np.searchsorted(reached, reached[start] + budget, side="right")) - 1
        stop = max(stop, start + 1)
        parts.append(slice(start, stop))
        start = stop
    return parts


def stacked(parts: list[Lists], k: int) -> Lists:
    """Lists of consecutive rows as one."""
    if not parts:
        return Lists(np.empty((0, k), dtype=np.intp), np.empty((0, k)))
    return Lists(np.concatenate([part.columns for part in parts]), np.concatenate([part.scores for part in parts]))


def blocks(rows: Ints, width: int, cells: int | None = None) -> list[Ints]:
    """Rows in parts whose dense scores have at most `cells` cells (a row at least)."""
    step = max(1, (CELLS if cells is None else cells) // max(width, 1))
    return [rows[start : start + step] for start in range(0, len(rows), step)]


def best(
    scores: Scores,
    k: int,
    *,
    without: sparse.csr_array | None = None,
    offered: NDArray[np.bool_] | None = None,
    positive: bool = True,
) -> Lists:
    """The k columns with the highest scores of each row.

    Parameters
    ----------
    scores : ndarray or csr_array, shape (rows, columns)
        In a sparse array what is not stored is no candidate; in a dense one −inf is none.
    k : int
    without : csr_array, shape (rows, columns), optional
        Stored places are no candidates: what the customer owns.
    offered : ndarray of bool, shape (columns,), optional
        Columns that may be chosen.
    positive : bool
        Whether only scores above 0 count. Scores of factors may be negative and still rank.
    """
    if sparse.issparse(scores):
        dense, names = _packed(scores, without, offered)
    else:
        dense, names = np.array(scores, dtype=float), None
        if without is not None:
            rows = np.repeat(np.arange(dense.shape[0]), np.diff(without.indptr))
            dense[rows, without.indices] = -np.inf
        if offered is not None:
            dense[:, ~offered] = -np.inf
    np.round(dense, DIGITS, out=dense)
    return _ranked(dense, names, k, 0.0 if positive else -np.inf)


def _packed(
    scores: sparse.csr_array, without: sparse.csr_array | None, offered: NDArray[np.bool_] | None
) -> tuple[Floats, Ints]:
    """Stored scores side by side at the left of each row, with their columns in ascending order."""
    scores.sort_indices()
    lengths = np.diff(scores.indptr)
    rows = np.repeat(np.arange(scores.shape[0]), lengths)
    values, columns = np.array(scores.data, dtype=float), scores.indices
    if without is not None:
        width = scores.shape[1]
        owned = np.repeat(np.arange(without.shape[0]), np.diff(without.indptr)) * np.int64(width) + without.indices
        values[_contains(owned, rows * np.int64(width) + columns)] = -np.inf
    if offered is not None:
        values[~offered[columns]] = -np.inf
    place = np.arange(len(values)) - np.repeat(scores.indptr[:-1], lengths)
    width = int(lengths.max(initial=0))
    dense = np.full((scores.shape[0], width), -np.inf)
    names = np.zeros((scores.shape[0], width), dtype=np.intp)
    dense[rows, place], names[rows, place] = values, columns
    return dense, names


def _contains(ascending: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.bool_]:
    if not len(ascending):
        return np.zeros(len(wanted), dtype=bool)
    place = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.asarray(ascending[place] == wanted)


def _ranked(dense: Floats, names: Ints | None, k: int, floor: float) -> Lists:
    """Every cell at or above its row's k-th largest, sorted; cells that tie with it are cut by their column."""
    height, width = dense.shape
    columns = np.full((height, k), -1, dtype=np.intp)
    scores = np.full((height, k), np.nan)
    if width > k:
        least = np.partition(dense, width - k, axis=1)[:, width - k]
        row, place = np.nonzero((dense >= least[:, None]) & (dense > floor))
    else:
        row, place = np.nonzero(dense > floor)
    value = dense[row, place]
    # np.nonzero gives ascending columns within a row, and lexsort keeps that order among equal scores.
    order = np.lexsort((-value, row))
    row, place, value = row[order], place[order], value[order]
    rank = np.arange(len(row)) - np.searchsorted(row, np.arange(height))[row]
    kept = rank < k
    row, place, value, rank = row[kept], place[kept], value[kept], rank[kept]
    columns[row, rank] = place if names is None else names[row, place]
    scores[row, rank] = value
    return Lists(columns, scores)
