"""Intervals of a share, and how many customers a trial that compares two shares needs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtri

__all__ = ["clopper_pearson", "customers_per_group", "score_interval", "wilson"]

Floats = NDArray[np.float64]


def wilson(successes: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's score interval of a share, for independent trials. Source: Wilson (1927), JASA 22, 209-212.

    Parameters
    ----------
    successes, n : array_like
        Counts; broadcast against each other.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray
        NaN where n is 0.

    Examples
    --------
    >>> low, high = wilson(10, 20)
    >>> round(float(low), 4), round(float(high), 4)
    (0.2993, 0.7007)
    """
    return score_interval(successes, n, ndtri((1 + level) / 2))


def score_interval(successes: ArrayLike, n: ArrayLike, quantile: ArrayLike) -> tuple[Floats, Floats]:
    """The score interval for a given quantile (of the normal, or of Student's t) and possibly fractional counts."""
    hits, size, z = (np.asarray(values, dtype=np.float64) for values in (successes, n, quantile))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hits / size
        centre = (share + z**2 / (2 * size)) / (1 + z**2 / size)
        reach = z * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2)) / (1 + z**2 / size)
    return np.clip(centre - reach, 0, 1), np.clip(centre + reach, 0, 1)


def customers_per_group(first: float, second: float, *, level: float = 0.95, power: float = 0.8) -> int | None:
    """How many customers each of two equal groups needs, so that a trial tells two shares apart.

    Without continuity correction, two-sided. Source: Fleiss, Levin and Paik (2003), *Statistical Methods for Rates and
    Proportions*, equation 4.14.

    Parameters
    ----------
    first, second : float
        The shares that are expected in the two groups, between 0 and 1.
    level : float
        One less the chance to see a difference where there is none.
    power : float
        The chance to see the difference where there is one.

    Returns
    -------
    int or None
        None where the shares are equal or not known: no number of customers tells them apart.

    Examples
    --------
    >>> customers_per_group(0.5, 0.75, power=0.9)
    77
    """
    difference = abs(second - first)
    if not difference > 0:
        return None
    alone, both = ndtri((1 + level) / 2), ndtri(power)
    mean = (first + second) / 2
    spread = math.sqrt(first * (1 - first) + second * (1 - second))
    return math.ceil(((alone * math.sqrt(2 * mean * (1 - mean)) + both * spread) / difference) ** 2)


def clopper_pearson(successes: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """The exact interval of a share, for independent trials: it holds the truth at least as often as it says.

    Source: Clopper and Pearson (1934), Biometrika 26, 404-413; as quantiles of Beta distributions.

    Parameters
    ----------
    successes, n : array_like
        Counts; broadcast against each other.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray
        NaN where n is 0.

    Examples
    --------
    >>> low, high = clopper_pearson([0, 10], [10, 20])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0, 0.272], [0.3085, 0.728])
    """
    hits, size = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64))
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):  # at the ends a parameter is 0: the bound is the end itself
        low = np.where(hits > 0, betaincinv(hits, size - hits + 1, tail), 0.0)
        high = np.where(hits < size, betaincinv(hits + 1, size - hits, 1 - tail), 1.0)
    return np.where(size > 0, low, np.nan), np.where(size > 0, high, np.nan)
