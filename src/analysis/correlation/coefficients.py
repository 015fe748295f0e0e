"""Coefficients of many columns at once, their intervals and p-values.

Pearson and Spearman come from matrix products; Kendall from one sort a pair. Missing values are left out pair by pair.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtri

__all__ = [
    "bonett_wright",
    "fisher_interval",
    "kendall_pair",
    "pearson_matrix",
    "spearman_matrix",
    "t_p_values",
]

Floats = NDArray[np.float64]

#: Rows multiplied at a time, so that a million rows of 200 columns need no second copy of themselves.
ROWS_AT_A_TIME = 65_536


def pearson_matrix(values: Floats) -> tuple[Floats, Floats]:
    """Pearson's coefficient of all pairs of columns, missing values left out pair by pair.

    Parameters
    ----------
    values : array of shape (n, p)
        Missing values are not-a-number.

    Returns
    -------
    coefficients, counts : arrays of shape (p, p)
        A coefficient is not a number where a column is constant among the rows of the pair.
    """
    p = values.shape[1]
    centre, scale = _centre_and_scale(values)
    count, sums, squares, products = (np.zeros((p, p)) for _ in range(4))
    for rows in _row_blocks(values):
        block = (rows - centre) / scale
        known = np.isfinite(block)
        if known.all():
            count += len(block)
            sums += block.sum(axis=0)[:, None]
            squares += (block**2).sum(axis=0)[:, None]
            products += block.T @ block
            continue
        block = np.where(known, block, 0.0)
        mask = known.astype(float)
        count += mask.T @ mask
        sums += block.T @ mask
        squares += (block**2).T @ mask
        products += block.T @ block
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = products - sums * sums.T / count
        variance = squares - sums**2 / count
        flat = (variance <= 1e-13 * squares) | (count < 2)
        coefficients = covariance / np.sqrt(np.where(flat, np.nan, variance) * np.where(flat, np.nan, variance).T)
    coefficients = np.clip((coefficients + coefficients.T) / 2, -1, 1)
    coefficients[np.diag_indices(p)] = np.where(flat.diagonal(), np.nan, 1.0)
    return coefficients, count


def spearman_matrix(values: Floats) -> tuple[Floats, Floats]:
    """Spearman's coefficient of all pairs: Pearson's of the mid-ranks among the rows that a pair has in common.

    Columns with the same missing rows are ranked together, so that complete data are ranked once.

    Parameters and returns as `pearson_matrix`.
    """
    p = values.shape[1]
    coefficients, counts = np.full((p, p), np.nan), np.zeros((p, p))
    patterns = _patterns(values)
    for index, (known, columns) in enumerate(patterns):
        for other_known, other_columns in patterns[index:]:
            rows = known & other_known
            both = columns if other_columns is columns else np.concatenate([columns, other_columns])
            block, _ = pearson_matrix(_ranks(values, rows, both))
            coefficients[np.ix_(both, both)] = _merged(coefficients[np.ix_(both, both)], block, columns, both)
            counts[np.ix_(columns, other_columns)] = rows.sum()
            counts[np.ix_(other_columns, columns)] = rows.sum()
    return coefficients, counts


def kendall_pair(first: Floats, second: Floats) -> tuple[float, float]:
    """Kendall's τ-b and its two-sided p-value, in O(n log n); for vectors without missing values.

    >>> kendall_pair(np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 4, 3]))[0].round(4)
    np.float64(0.6667)
    """
    found = stats.kendalltau(first, second)
    return found.statistic, found.pvalue


def t_p_values(coefficients: Any, counts: Any, *, controls: int = 0) -> Floats:
    """Two-sided p-values of Pearson's or Spearman's coefficients, from Student's t with n − 2 − controls degrees.

    >>> float(t_p_values(0.5, 20).round(4))
    0.0248
    """
    r, freedom = np.asarray(coefficients, dtype=float), np.asarray(counts, dtype=float) - 2 - controls
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(r) * np.sqrt(freedom / ((1 - r) * (1 + r)))
        p = 2 * stats.t.sf(t, np.where(freedom > 0, freedom, np.nan))
    return np.asarray(np.where(np.abs(r) == 1, np.where(freedom > 0, 0.0, np.nan), p))


def fisher_interval(coefficients: Any, counts: Any, *, level: float = 0.95, controls: int = 0) -> tuple[Floats, Floats]:
    """Fisher's z interval for Pearson's coefficient (partial ones with `controls` columns held fixed).

    Source: Fisher (1921), Metron 1, 3-32: z = atanh r has variance 1 / (n − 3 − controls).

    >>> low, high = fisher_interval(0.5, 20)
    >>> float(low.round(4)), float(high.round(4))
    (0.0738, 0.7718)
    """
    n = np.asarray(counts, dtype=float) - controls
    return _z_interval(coefficients, np.ones_like(n), n - 3, level)


def bonett_wright(
    coefficients: Any, counts: Any, *, method: str = "spearman", level: float = 0.95, controls: int = 0
) -> tuple[Floats, Floats]:
    """Interval for a rank correlation.

    Source: Bonett and Wright (2000), Psychometrika 65, 23-28: the variance of atanh of Spearman's coefficient is
    (1 + r² / 2) / (n − 3); of Kendall's 0.437 / (n − 4), good up to 0.8.

    >>> low, high = bonett_wright(0.5, 20)
    >>> float(low.round(4)), float(high.round(4))
    (0.0451, 0.7832)
    """
    r, n = np.asarray(coefficients, dtype=float), np.asarray(counts, dtype=float) - controls
    if method == "kendall":
        return _z_interval(r, np.full_like(n, 0.437), n - 4, level)
    return _z_interval(r, 1 + r**2 / 2, n - 3, level)


def _z_interval(coefficients: Any, factor: Any, freedom: Any, level: float) -> tuple[Floats, Floats]:
    r, freedom = np.asarray(coefficients, dtype=float), np.asarray(freedom, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.arctanh(r)
        reach = float(ndtri((1 + level) / 2)) * np.sqrt(factor / np.where(freedom > 0, freedom, np.nan))
        low, high = np.tanh(z - reach), np.tanh(z + reach)
    exact = (np.abs(r) == 1) & (freedom > 0)
    return np.where(exact, r, low), np.where(exact, r, high)


def _centre_and_scale(values: Floats) -> tuple[Floats, Floats]:
    """A first value near the middle and the size of the spread, so that sums of squares keep their digits."""
    p = values.shape[1]
    centre, scale = np.zeros(p), np.ones(p)
    for column in range(p):
        known = values[:, column][np.isfinite(values[:, column])]
        if len(known):
            centre[column] = known.mean()
            spread = float(np.abs(known - centre[column]).max())
            # Rounding alone makes a constant column look as if it varied.
            constant = known.min() == known.max() or math.isclose(spread, 0.0)
            centre[column] = known[0] if constant else centre[column]
            scale[column] = 1.0 if constant else spread
    return centre, scale


def _row_blocks(values: Floats) -> Iterator[Floats]:
    for start in range(0, len(values), ROWS_AT_A_TIME):
        yield values[start : start + ROWS_AT_A_TIME]


def _patterns(values: Floats) -> list[tuple[NDArray[np.bool_], NDArray[np.intp]]]:
    """Columns grouped by which rows they know."""
    known = np.isfinite(values)
    groups: dict[bytes, list[int]] = {}
    for column in range(values.shape[1]):
        groups.setdefault(np.packbits(known[:, column]).tobytes(), []).append(column)
    return [(known[:, columns[0]], np.array(columns)) for columns in groups.values()]


def _ranks(values: Floats, rows: NDArray[np.bool_], columns: NDArray[np.intp]) -> Floats:
    """Mid-ranks of some columns among some rows, one column at a time: no second copy of the values."""
    ranks = np.empty((int(rows.sum()), len(columns)), order="F")
    for place, column in enumerate(columns):
        ranks[:, place] = stats.rankdata(values[rows, column])
    return ranks


def _merged(old: Floats, new: Floats, columns: NDArray[np.intp], both: NDArray[np.intp]) -> Floats:
    """Of a block over two patterns only the pairs across them are new; within one pattern the old ones stand."""
    if len(columns) == len(both):
        return new
    merged, size = old.copy(), len(columns)
    merged[:size, size:], merged[size:, :size] = new[:size, size:], new[size:, :size]
    return merged
