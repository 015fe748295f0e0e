"""The best k of each row, in a stated order: by score, and among equal scores by the order of the columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["DIGITS", "Lists", "best", "blocks", "row_blocks", "stacked"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Scores: TypeAlias = Any  # an array, or a sparse array; SciPy's have no types

#: Scores are compared after rounding to so many decimals: noise in the last digit decides nothing.
DIGITS = 12
#: A sparse block is written out where more than this share of it is stored.
DENSE = 0.1
#: Stretches of a row for each wanted column, whose maxima bound the k-th largest.
STRETCHES = 8
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
    if not sparse.issparse(scores):
        dense, names = np.array(scores), None
    elif scores.nnz > DENSE * scores.shape[0] * scores.shape[1]:
        dense, names = scores.toarray(), None
    elif len(parts := _alike(np.diff(scores.indptr))) > 1:
        found = Lists(np.empty((scores.shape[0], k), dtype=np.intp), np.empty((scores.shape[0], k)))
        for part in parts:
            some = best(scores[part], k, without=None if without is None else without[part], offered=offered)
            found.columns[part], found.scores[part] = some.columns, some.scores
        return found
    else:
        dense, names = _packed(scores, without)
    if names is None and without is not None:
        dense[_rows(without), without.indices] = -np.inf
    if offered is not None and not offered.all():
        if names is None:
            dense[:, ~offered] = -np.inf
        else:
            dense[~offered[names]] = -np.inf
    return _ranked(dense, names, k, 0.0 if positive or sparse.issparse(scores) else -np.inf)


def _alike(lengths: NDArray[np.integer]) -> list[Ints]:
    """Rows in parts that have at most `CELLS` cells side by side (a row at least), those of about one length together.

    A single long row would else make a block as wide as itself of all that stand near it.
    """
    if len(lengths) * int(lengths.max(initial=0)) <= CELLS:
        return [np.arange(len(lengths))]
    order = np.argsort(lengths, kind="stable")
    ascending, parts, start = lengths[order].astype(np.int64), [], 0
    while start < len(order):
        cells = ascending[start:] * np.arange(1, len(order) - start + 1)
        stop = start + max(int(np.searchsorted(cells, CELLS, side="right")), 1)
        parts.append(order[start:stop])
        start = stop
    return parts


def _packed(scores: sparse.csr_array, without: sparse.csr_array | None) -> tuple[Floats, Ints]:
    """Stored scores side by side at the left of each row, with their columns."""
    lengths = np.diff(scores.indptr)
    rows = _rows(scores)
    values = np.array(scores.data, dtype=float)
    if without is not None:
        width = np.int64(scores.shape[1])
        values[_contains(_rows(without) * width + without.indices, rows * width + scores.indices)] = -np.inf
    place = np.arange(len(values)) - np.repeat(scores.indptr[:-1], lengths)
    shape = (scores.shape[0], int(lengths.max(initial=0)))
    dense, names = np.full(shape, -np.inf), np.zeros(shape, dtype=np.intp)
    dense[rows, place], names[rows, place] = values, scores.indices
    return dense, names


def _rows(matrix: sparse.csr_array) -> Ints:
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _contains(ascending: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.bool_]:
    if not len(ascending):
        return np.zeros(len(wanted), dtype=bool)
    place = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.asarray(ascending[place] == wanted)


def _ranked(dense: Floats, names: Ints | None, k: int, floor: float) -> Lists:
    """Candidates at or above a bound that each row's k-th largest reaches, rounded, sorted and cut."""
    height, width = dense.shape
    columns = np.full((height, k), -1, dtype=np.intp)
    scores = np.full((height, k), np.nan)
    if width > k:
        # Cells that round to the k-th largest are kept, so that ties are cut by column and not by noise.
        bound = np.maximum(_bound(dense, k) - 10.0**-DIGITS, floor)[:, None]
        row, place = np.nonzero((dense >= bound) & (dense > floor))
    else:
        row, place = np.nonzero(dense > floor)
    value = dense[row, place].astype(float).round(DIGITS)
    column = place if names is None else names[row, place]
    if floor == 0.0:
        row, column, value = row[value > 0], column[value > 0], value[value > 0]
    order = np.lexsort((column, -value, row))
    row, column, value = row[order], column[order], value[order]
    rank = np.arange(len(row)) - np.searchsorted(row, np.arange(height))[row]
    kept = rank < k
    row, rank = row[kept], rank[kept]
    columns[row, rank], scores[row, rank] = column[kept], value[kept]
    return Lists(columns, scores)


def _bound(dense: Floats, k: int) -> Floats:
    """A number that at least k cells of each row reach, near the k-th largest: the k-th largest of the maxima of many
    short stretches of the row. One pass over the cells, where sorting or dividing them would take many."""
    height, width = dense.shape
    stretch = width // (STRETCHES * k)
    if stretch < 2:
        return np.asarray(np.partition(dense, width - k, axis=1)[:, width - k])
    pieces = width // stretch
    # Stretches run with a stride, so that the maximum of many columns is taken at once.
    maxima = dense[:, : pieces * stretch].reshape(height, stretch, pieces).max(axis=1)
    return np.asarray(np.partition(maxima, pieces - k, axis=1)[:, pieces - k])
