"""The interval of a share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

__all__ = ["score_interval", "wilson"]

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
