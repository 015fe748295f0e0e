"""Averages of many columns at once, such as errors of several forecasts on the same rows, and their differences.

Each statistic takes values of shape (n, p), of which `part` are the columns that it is about, and knows its standard
error by the delta method, so that bootstrap-t intervals can be made. Differences are paired: both columns are averaged
over the same resampled rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.bootstrap.statistics import Statistic

__all__ = ["column_means", "column_means_less", "column_ratios", "root_means", "root_means_less"]

Floats = NDArray[np.float64]


def column_means(part: slice) -> Statistic:
    """The mean of each column.

    >>> column_means(slice(0, 2))([[1.0, 4.0, 9.0], [3.0, 6.0, 9.0]]).tolist()
    [2.0, 5.0]
    """

    def compute(values: Floats, weights: Floats) -> Floats:
        return _averages(values[:, part], weights)

    def error(values: Floats, weights: Floats) -> Floats:
        return _per_root(_averages(values[:, part] ** 2, weights) - compute(values, weights) ** 2, weights)

    return Statistic(compute, error=error)


def column_means_less(part: slice, first: Sequence[int], second: Sequence[int]) -> Statistic:
    """Means of some columns less those of others, pair by pair; numbers count within `part`.

    >>> column_means_less(slice(0, 2), [1], [0])([[1.0, 4.0], [3.0, 6.0]]).tolist()
    [3.0]
    """

    def compute(values: Floats, weights: Floats) -> Floats:
        level = _averages(values[:, part], weights)
        return np.asarray(level[:, first] - level[:, second])

    def error(values: Floats, weights: Floats) -> Floats:
        gap = values[:, part][:, first] - values[:, part][:, second]
        return _per_root(_averages(gap**2, weights) - _averages(gap, weights) ** 2, weights)

    return Statistic(compute, error=error, symmetric=True)


def root_means(part: slice) -> Statistic:
    """The root of each column's mean, such as a root mean squared error.

    >>> root_means(slice(0, 1))([[1.0], [7.0]]).tolist()
    [2.0]
    """

    def compute(values: Floats, weights: Floats) -> Floats:
        return np.sqrt(_averages(values[:, part], weights))

    def error(values: Floats, weights: Floats) -> Floats:
        level = compute(values, weights)
        return _per_root(_averages(values[:, part] ** 2, weights) - level**4, weights) / (2 * level)

    return Statistic(compute, error=error, limits=(0, np.inf))


def root_means_less(part: slice, first: Sequence[int], second: Sequence[int]) -> Statistic:
    """Roots of means of some columns less those of others, pair by pair; numbers count within `part`.

    >>> root_means_less(slice(0, 2), [1], [0])([[1.0, 9.0], [7.0, 9.0]]).tolist()
    [1.0]
    """

    def compute(values: Floats, weights: Floats) -> Floats:
        level = np.sqrt(_averages(values[:, part], weights))
        return np.asarray(level[:, first] - level[:, second])

    def error(values: Floats, weights: Floats) -> Floats:
        columns = values[:, part]
        level = np.sqrt(_averages(columns, weights))
        ours, theirs = level[:, first], level[:, second]
        squares = _averages(columns**2, weights) / level**2 - level**2
        product = _averages(columns[:, first] * columns[:, second], weights) / (ours * theirs) - ours * theirs
        return _per_root(squares[:, first] + squares[:, second] - 2 * product, weights) / 2

    return Statistic(compute, error=error, symmetric=True)


def column_ratios(part: slice, base: int) -> Statistic:
    """The sum of each column over the sum of the column `base`, such as forecast totals over the actual one.

    >>> column_ratios(slice(0, 2), 2)([[1.0, 4.0, 2.0], [3.0, 6.0, 2.0]]).tolist()
    [1.0, 2.5]
    """

    def compute(values: Floats, weights: Floats) -> Floats:
        return np.asarray(weights @ values[:, part] / (weights @ values[:, base])[:, None])

    def error(values: Floats, weights: Floats) -> Floats:
        columns, below = values[:, part], values[:, base][:, None]
        share = compute(values, weights)
        spread = _averages(columns**2, weights) - 2 * share * _averages(columns * below, weights)
        return _per_root(spread + share**2 * _averages(below**2, weights), weights) / _averages(below, weights)

    return Statistic(compute, error=error, limits=(0, np.inf))


def _averages(columns: Floats, weights: Floats) -> Floats:
    return np.asarray(weights @ columns / weights.sum(axis=1, keepdims=True))


def _per_root(spread: Floats, weights: Floats) -> Floats:
    """The standard error of an average, from the mean squared deviation."""
    return np.sqrt(np.maximum(spread, 0) / (weights.sum(axis=1, keepdims=True) - 1))
