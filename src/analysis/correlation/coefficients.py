"""Pearson's coefficient of many columns at once, Kendall's of a pair, their intervals and p-values.

Spearman's is in `analysis.correlation.ranks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtri

__all__ = [
    "bonett_wright",
    "fisher_interval",
    "kendall_test",
    "pearson_matrix",
    "t_p_values",
]

Floats = NDArray[np.float64]

#: Rows multiplied at a time, so that a million rows of 200 columns need no second copy of themselves.
ROWS_AT_A_TIME = 8_192
#: Where the variance among a pair's rows is a smaller part of the squares about the column's mean than this, the
#: subtraction has cost too many digits, and the pair is computed again from its own means.
DOUBTFUL = 1e-6
#: Beyond these powers of two squares or their sums could leave the range of double precision.
_EXTREME = 200
#: SciPy counts all orders up to this many rows.
_EXACT_ROWS = 33


def pearson_matrix(values: Floats) -> tuple[Floats, Floats]:
    """Pearson's coefficient of all pairs of columns, missing values left out pair by pair.

    Parameters
    ----------
    values : array of shape (n, p)
        Missing values are not-a-number; infinite ones count as missing.

    Returns
    -------
    coefficients, counts : arrays of shape (p, p)
        A coefficient is not a number where a column is constant among the rows of the pair.
    """
    values = tamed(np.asarray(values))
    centre, constant = _centre(values)
    p = values.shape[1]
    count, sums, squares, products = (np.zeros((p, p)) for _ in range(4))
    for rows in _row_blocks(values):
        block = rows - centre
        known = np.isfinite(block)
        if known.all():
            count += len(block)
            sums += block.sum(axis=0)[:, None]
            part = block.T @ block
            squares += part.diagonal()[:, None]
            products += part
            continue
        block[~known] = 0.0
        mask = known.astype(float)
        count += mask.T @ mask
        sums += block.T @ mask
        squares += (block**2).T @ mask
        products += block.T @ block
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = products - sums * sums.T / count
        variance = np.where(constant[:, None] | (count < 2), np.nan, squares - sums**2 / count)
        variance = np.where(variance > 0, variance, np.nan)
        coefficients = covariance / np.sqrt(variance * variance.T)
    doubtful = ~(variance >= DOUBTFUL * squares) & ~constant[:, None] & ~constant & (count >= 2)
    for i, j in zip(*np.nonzero(np.triu(doubtful | doubtful.T, k=1)), strict=True):
        coefficients[i, j] = coefficients[j, i] = _of_pair(values[:, i], values[:, j])
    coefficients = np.clip((coefficients + coefficients.T) / 2, -1, 1)
    coefficients[np.diag_indices(p)] = np.where(constant | (count.diagonal() < 2), np.nan, 1.0)
    return coefficients, count


def kendall_test(first: NDArray[Any], second: NDArray[Any]) -> tuple[float, float, str]:
    """Kendall's τ-b, its two-sided p-value and how that was found, in O(n log n); for vectors without missing values.

    The p-value is `exact` without ties in up to 33 rows or an order that is nearly perfect, else `normal`: from the
    normal distribution, with the variance that ties leave (Kendall 1970, chapter 4).

    >>> tau, p, test = kendall_test(np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 4, 3]))
    >>> round(float(tau), 4), round(float(p), 4), test
    (0.6667, 0.3333, 'exact')
    """
    found = stats.kendalltau(first, second)
    n = len(first)
    # Without ties τ = 1 − 4 × discordant ÷ (n (n − 1)).
    inversions = (1 - abs(found.statistic)) * n * (n - 1) / 4
    exact = (n <= _EXACT_ROWS or inversions < 1.5) and all(len(np.unique(column)) == n for column in (first, second))
    return found.statistic, found.pvalue, "exact" if exact else "normal"


def t_p_values(coefficients: Any, counts: Any, *, controls: int = 0) -> Floats:
    """Two-sided p-values of Pearson's or Spearman's coefficients, from Student's t with n − 2 − controls degrees.

    Exact for Pearson's of two normal columns, an approximation for ranks. Two points always lie on a line: without a
    degree of freedom a coefficient of ±1 has a p-value of 1.

    >>> float(t_p_values(0.5, 20).round(4))
    0.0248
    """
    r, freedom = np.asarray(coefficients, dtype=float), np.asarray(counts, dtype=float) - 2 - controls
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(r) * np.sqrt(freedom / ((1 - r) * (1 + r)))
        p = 2 * stats.t.sf(t, np.where(freedom > 0, freedom, np.nan))
    certain = np.where(freedom > 0, 0.0, np.where(freedom == 0, 1.0, np.nan))
    return np.asarray(np.where(np.abs(r) == 1, certain, p))


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


def tamed(values: NDArray[Any]) -> NDArray[Any]:
    """Columns of extreme size multiplied by a power of two, which changes no digit and no coefficient.

    >>> tamed(np.array([[1e300, 3.0], [2e300, 4.0]]))[:, 1].tolist()
    [3.0, 4.0]
    """
    low, high = _ends(values)
    size = np.where(np.isfinite(low), np.maximum(np.abs(low), np.abs(high)), 1.0)
    power = np.frexp(size)[1]
    extreme = np.abs(power) > _EXTREME
    return np.ldexp(values, np.where(extreme, -power, 0)) if extreme.any() else values


def _ends(values: NDArray[Any]) -> tuple[Floats, Floats]:
    """The smallest and the largest finite value of each column; infinite where there is none."""
    low, high = np.full(values.shape[1], np.inf), np.full(values.shape[1], -np.inf)
    for rows in _row_blocks(values):
        known = np.isfinite(rows)
        complete = bool(known.all())
        low = np.minimum(low, (rows if complete else np.where(known, rows, np.inf)).min(axis=0))
        high = np.maximum(high, (rows if complete else np.where(known, rows, -np.inf)).max(axis=0))
    return low, high


def _centre(values: NDArray[Any]) -> tuple[Floats, NDArray[np.bool_]]:
    """The mean of each column, and which columns are constant."""
    low, high = _ends(values)
    total, count = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for rows in _row_blocks(values):
        known = np.isfinite(rows)
        complete = bool(known.all())
        total += (rows if complete else np.where(known, rows, 0.0)).sum(axis=0)
        count += len(rows) if complete else known.sum(axis=0)
    constant = ~(low < high)
    # Rounding alone would make a constant column look as if it varied.
    return np.where(constant, np.where(np.isfinite(low), low, 0.0), total / np.maximum(count, 1)), constant


def _of_pair(first: Floats, second: Floats) -> float:
    """One coefficient from the means of the rows that both columns know."""
    both = np.isfinite(first) & np.isfinite(second)
    x, y = first[both], second[both]
    if len(x) < 2 or x.min() == x.max() or y.min() == y.max():
        return float("nan")
    x, y = x - x.mean(), y - y.mean()
    x, y = x / np.abs(x).max(), y / np.abs(y).max()
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


def _row_blocks(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(values), ROWS_AT_A_TIME):
        yield values[start : start + ROWS_AT_A_TIME]
