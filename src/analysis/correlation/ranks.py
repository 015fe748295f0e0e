"""Spearman's coefficient of many columns at once: each column is sorted once, however many pairs it is in.

Missing values are left out pair by pair, so a column has other ranks in every pair whose partner misses other rows.
Those ranks follow from the order of the whole column by counting, without sorting again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.correlation.coefficients import ROWS_AT_A_TIME

__all__ = ["spearman_matrix"]

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class _Sorted:
    """One column: its known rows in ascending order of value, and the sizes of its groups of ties (None: no ties)."""

    order: NDArray[np.int32]
    ties: NDArray[np.intp] | None


def spearman_matrix(values: Floats) -> tuple[Floats, Floats]:
    """Spearman's coefficient of all pairs: Pearson's of the mid-ranks among the rows that a pair has in common.

    The time is one sort a column, and for each pair of columns that miss different rows a few passes over the rows;
    besides `values` the memory is eight bytes a value.

    Parameters
    ----------
    values : array of shape (n, p), n below 2³⁰
        Missing values are not-a-number; infinite ones count as missing.

    Returns
    -------
    coefficients, counts : arrays of shape (p, p)
        A coefficient is not a number where a column is constant among the rows of the pair.
    """
    values = np.asarray(values)
    n, p = values.shape
    coefficients, counts = np.full((p, p), np.nan), np.zeros((p, p))
    patterns = _patterns(values)
    several = len(patterns) > 1
    columns: dict[int, _Sorted] = {}
    for known, members in patterns:
        ranks, squares = np.zeros((len(members), n), dtype=np.int32), np.zeros(len(members))
        for place, column in enumerate(members):
            found = _sorted(values[:, column], known)
            squares[place] = _centred_ranks(found, None, ranks[place])
            if several:
                columns[int(column)] = found
        coefficients[np.ix_(members, members)] = _quotients(ranks, ranks, squares, squares)
        counts[np.ix_(members, members)] = known.sum()
    for index, (known, members) in enumerate(patterns):
        for other_known, others in patterns[index + 1 :]:
            ours, our_squares = _among(columns, members, known, other_known)
            theirs, their_squares = _among(columns, others, other_known, known)
            block = _quotients(ours, theirs, our_squares, their_squares)
            coefficients[np.ix_(members, others)], coefficients[np.ix_(others, members)] = block, block.T
            common = np.count_nonzero(known & other_known)
            counts[np.ix_(members, others)] = counts[np.ix_(others, members)] = common
    coefficients[np.diag_indices(p)] = np.where(np.isnan(coefficients.diagonal()), np.nan, 1.0)
    return coefficients, counts


def _patterns(values: Floats) -> list[tuple[Rows, NDArray[np.intp]]]:
    """Columns grouped by which rows they know."""
    groups: dict[bytes, list[int]] = {}
    for column in range(values.shape[1]):
        groups.setdefault(np.packbits(np.isfinite(values[:, column])).tobytes(), []).append(column)
    return [(np.isfinite(values[:, columns[0]]), np.array(columns)) for columns in groups.values()]


def _sorted(column: Floats, known: Rows) -> _Sorted:
    rows = np.flatnonzero(known)
    data = column[rows]
    order = np.argsort(data)
    ascending = data[order]
    starts = np.flatnonzero(np.concatenate([[True], ascending[1:] != ascending[:-1]])) if len(data) else rows
    ties = None if len(starts) == len(data) else np.diff(np.append(starts, len(data)))
    return _Sorted(rows[order].astype(np.int32), ties)


def _centred_ranks(column: _Sorted, among: Rows | None, into: NDArray[np.int32]) -> float:
    """Write twice the mid-rank less its mean, a whole number, for each row; the sum of squares of what was written.

    Rows outside of `among` (None: all that are known) are left as they are.
    """
    order, ties = column.order, column.ties
    if among is not None:
        kept = among[order]
        if ties is not None:
            upto = np.concatenate([[0], np.cumsum(kept, dtype=np.int64)])
            ties = np.diff(upto[np.concatenate([[0], np.cumsum(ties)])])
        order = order[kept]
    m = len(order)
    if ties is None:
        into[order.astype(np.intp)] = np.arange(1 - m, m + 1, 2, dtype=np.int32)[:m]
        return m * (float(m) ** 2 - 1) / 3
    ends = np.cumsum(ties)
    doubled = (2 * ends - ties - m).astype(np.int32)
    into[order.astype(np.intp)] = np.repeat(doubled, ties)
    sizes = ties.astype(float)
    return float(m * (float(m) ** 2 - 1) - (sizes * (sizes**2 - 1)).sum()) / 3


def _among(
    columns: dict[int, _Sorted], members: NDArray[np.intp], known: Rows, other: Rows
) -> tuple[NDArray[np.int32], Floats]:
    """Centred ranks of some columns among the rows that another pattern knows too, nought in all other rows."""
    ranks, squares = np.zeros((len(members), len(known)), dtype=np.int32), np.zeros(len(members))
    for place, column in enumerate(members):
        squares[place] = _centred_ranks(columns[int(column)], other, ranks[place])
    return ranks, squares


def _quotients(first: NDArray[np.int32], second: NDArray[np.int32], squares: Floats, others: Floats) -> Floats:
    """Coefficients from centred ranks of shape (p, n) and (q, n) and their sums of squares."""
    products = np.zeros((len(first), len(second)))
    for start in range(0, first.shape[1], ROWS_AT_A_TIME):
        part = first[:, start : start + ROWS_AT_A_TIME].astype(float)
        other = part if first is second else second[:, start : start + ROWS_AT_A_TIME].astype(float)
        products += part @ other.T
    left, right = (np.where(size > 0, size, np.nan) for size in (squares, others))
    return np.asarray(np.clip(products / np.sqrt(left[:, None] * right), -1, 1))
