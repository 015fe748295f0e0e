"""Weighted statistics: functions of observations and of rows of resampling counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError

__all__ = [
    "FISHER",
    "Compute",
    "Scale",
    "Statistic",
    "from_sample",
    "mean",
    "median",
    "quantile",
    "quantiles",
    "ratio",
    "standard_deviation",
    "total",
    "variance",
]

Floats = NDArray[np.float64]
Compute = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class Scale:
    """A scale on which a studentized interval is made, because the statistic's error hardly depends on it there."""

    forward: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]


#: Fisher's z, for correlations.
FISHER = Scale(np.arctanh, np.tanh, lambda values: 1 / (1 - values**2))


@dataclass(frozen=True)
class Statistic:
    """A weighted statistic, with what is known of it in closed form.

    Parameters
    ----------
    compute : callable
        `compute(values, weights)` with values of shape (n,) or (n, p) and weights of shape (r, n), counts that are
        at least 0; returns shape (r,), or (r, k) for a statistic of k numbers. One-dimensional values arrive in
        ascending order. The statistics of one column that stand here take p samples side by side, each in ascending
        order, as well, and give p numbers: that is how coverage is measured over thousands of samples at once.
    influence : callable, optional
        `influence(values)`: each observation's influence on the statistic up to a common factor, shape (n,) or
        (n, k). It spares BCa the jackknife.
    error : callable, optional
        `error(values, weights)`: the standard error in each resample, shaped as `compute`'s result, for the
        studentized methods.
    limits : (float, float)
        Between which the statistic must lie; the ends of an interval are brought back to them.
    scale : Scale, optional
        Where the studentized methods work; by default the statistic's own scale.
    symmetric : bool
        Of the two studentized methods the one that covers better: `auto` takes it.
    """

    compute: Compute
    influence: Callable[[Floats], Floats] | None = None
    error: Compute | None = None
    limits: tuple[float, float] = (-math.inf, math.inf)
    scale: Scale | None = None
    symmetric: bool = False

    def __call__(self, values: ArrayLike, weights: ArrayLike | None = None) -> Any:
        """The statistic of a sample: a float (or k numbers) without weights, one row per row of weights with them."""
        data = _ascending(np.asarray(values, dtype=float)) if weights is None else np.asarray(values, dtype=float)
        if weights is None:
            result = self.compute(data, np.ones((1, len(data))))[0]
            return float(result) if np.ndim(result) == 0 else result
        return self.compute(data, np.atleast_2d(np.asarray(weights, dtype=float)))


def from_sample(function: Callable[[Floats], Any]) -> Statistic:
    """A weighted statistic from a function of a plain sample: slower, one call a resample, but for any function.

    >>> spread = from_sample(lambda sample: sample.max() - sample.min())
    >>> spread([3.0, 1.0, 9.0])
    8.0
    """

    def compute(values: Floats, weights: Floats) -> Floats:
        counts = weights.astype(np.intp)
        return np.array([function(np.repeat(values, row, axis=0)) for row in counts], dtype=float)

    return Statistic(compute)


def _sizes(weights: Floats, values: Floats) -> Floats:
    """Observations drawn in each resample, in a shape that divides `weights @ values`."""
    size = weights.sum(axis=1)
    return np.asarray(size if values.ndim == 1 else size[:, None])


def _mean(values: Floats, weights: Floats) -> Floats:
    return weights @ values / _sizes(weights, values)


def _mean_error(values: Floats, weights: Floats) -> Floats:
    return np.asarray(np.sqrt(_variance(values, weights) / _sizes(weights, values)))


def _variance(values: Floats, weights: Floats) -> Floats:
    # Centred on the sample's mean first: sums of squares of large numbers would lose their digits.
    centred = values - values.mean(axis=0)
    size = _sizes(weights, values)
    mean_square = weights @ centred**2 / size
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.maximum(mean_square - (weights @ centred / size) ** 2, 0) * size / (size - 1)


def _variance_error(values: Floats, weights: Floats) -> Floats:
    centred, size = values - values.mean(axis=0), _sizes(weights, values)
    first, second, third, fourth = (weights @ centred**power / size for power in (1, 2, 3, 4))
    spread = second - first**2
    tails = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt(np.maximum(tails - spread**2, 0) / size) * size / (size - 1)


def _ratio(values: Floats, weights: Floats) -> Floats:
    sums = weights @ values[:, :2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return sums[:, 0] / sums[:, 1]


def _ratio_error(values: Floats, weights: Floats) -> Floats:
    size, share = weights.sum(axis=1), _ratio(values, weights)
    squares = weights @ np.column_stack([values[:, 0] ** 2, values[:, 0] * values[:, 1], values[:, 1] ** 2])
    spread = squares[:, 0] - 2 * share * squares[:, 1] + share**2 * squares[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt(np.maximum(spread, 0) * size / (size - 1)) / (weights @ values[:, 1])


def quantiles(levels: Sequence[float]) -> Statistic:
    """Several quantiles at once, interpolated between order statistics (type 7 of Hyndman and Fan, NumPy's default).

    >>> quantiles([0.25, 0.5])([1, 2, 2, 3, 4, 5, 5, 5]).tolist()
    [2.0, 3.5]
    """
    wanted = np.asarray(levels, dtype=float)
    if wanted.ndim != 1 or not ((wanted >= 0) & (wanted <= 1)).all():
        raise AnalysisError(f"quantiles: levels must lie between 0 and 1, got {levels}")

    def compute(values: Floats, weights: Floats) -> Floats:
        ranks = weights.cumsum(axis=1)
        size = ranks[:, -1:].copy()
        position = wanted * (size - 1)
        lower = np.floor(position)
        # Each row's ranks are lifted above those of the row before, so that one search serves all rows.
        lift = np.arange(len(ranks))[:, None] * (size.max() + 1)
        ranks += lift
        flat, start = ranks.ravel(), np.arange(len(ranks))[:, None] * ranks.shape[1]
        below = values[np.searchsorted(flat, lower + 0.5 + lift) - start]
        above = values[np.searchsorted(flat, np.minimum(lower + 1.5, size - 0.5) + lift) - start]
        part = (position - lower).reshape(position.shape + (1,) * (values.ndim - 1))
        return np.asarray(below + part * (above - below), dtype=float)

    def influence(values: Floats) -> Floats:
        cuts = np.quantile(values, wanted, axis=0)
        levels = wanted.reshape(wanted.shape + (1,) * (values.ndim - 1))
        return np.asarray(levels - (values[:, None] <= cuts), dtype=float)

    return Statistic(compute, influence)


def quantile(q: float) -> Statistic:
    """The q-quantile, as `quantiles` defines it.

    >>> quantile(0.5)([1, 2, 2, 3, 4, 5, 5, 5])
    3.5
    """
    several = quantiles([q])
    influence = several.influence
    assert influence is not None  # `quantiles` always gives it
    return Statistic(
        lambda values, weights: several.compute(values, weights)[:, 0], lambda values: influence(values)[:, 0]
    )


def _squares(values: Floats) -> Floats:
    return np.asarray((values - values.mean(axis=0)) ** 2 - values.var(axis=0))


def _centred(values: Floats) -> Floats:
    return np.asarray(values - values.mean(axis=0))


#: The arithmetic mean.
mean = Statistic(_mean, _centred, _mean_error)
#: The sample variance, with n − 1.
variance = Statistic(_variance, _squares, _variance_error, (0, math.inf))
#: The sample standard deviation, with n − 1.
standard_deviation = Statistic(
    lambda values, weights: np.sqrt(_variance(values, weights)), _squares, limits=(0, math.inf)
)
#: The sum, of samples of the original size.
total = Statistic(lambda values, weights: weights @ values, _centred)
#: The median.
median = quantile(0.5)
#: Sum of the first column divided by the sum of the second, for values of shape (n, 2).
ratio = Statistic(
    _ratio,
    lambda values: values[:, 0] - values[:, 1] * (values[:, 0].sum() / values[:, 1].sum()),
    _ratio_error,
)


def _ascending(values: Floats) -> Floats:
    return np.sort(values) if values.ndim == 1 else values
