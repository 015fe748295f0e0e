"""An interval for Kendall's coefficient that ties and uneven spread do not spoil."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["KENDALL_PAIR_ROWS", "kendall_error", "kendall_interval"]

Floats = NDArray[np.float64]

#: At most so many rows, drawn by the seed, are compared two by two for the standard error.
KENDALL_PAIR_ROWS = 1_000


def kendall_error(first: Floats, second: Floats, *, random_state: int = 0) -> float:
    """Standard error of Kendall's τ-b, for columns with ties and of any joint distribution.

    The variance of a U-statistic from each row's share of concordant pairs, with the parts of τ-b's denominator
    (delta method). Sources: Hoeffding (1948), Annals of Mathematical Statistics 19, 293-325; Brown and Benedetti
    (1977), Journal of the American Statistical Association 72, 309-315.

    Parameters
    ----------
    first, second : arrays of shape (n,)
        Without missing values.
    random_state : int
        Of the rows that stand for all where there are more than `KENDALL_PAIR_ROWS`.

    >>> x = np.arange(20.0)
    >>> round(kendall_error(x, x % 7), 3)
    0.158
    """
    n = len(first)
    if n > KENDALL_PAIR_ROWS:
        drawn = np.random.default_rng(random_state).choice(n, KENDALL_PAIR_ROWS, replace=False)
        first, second = first[drawn], second[drawn]
    across, down = (np.sign(column[:, None] - column) for column in (first, second))
    others = len(first) - 1
    concordant = (across * down).sum(axis=1) / others
    untied = [np.abs(signs).sum(axis=1) / others for signs in (across, down)]
    size = [part.mean() for part in untied]
    if min(size) == 0 or others < 2:
        return float("nan")
    scale = np.sqrt(size[0] * size[1])
    tau = concordant.mean() / scale
    ties = sum((part - mean) / mean for part, mean in zip(untied, size, strict=True))
    pulls = 2 * (concordant - concordant.mean()) / scale - tau * ties
    return float(np.sqrt((pulls**2).sum() / (len(first) - 2) / n))


def kendall_interval(
    tau: float, first: Floats, second: Floats, *, level: float = 0.95, random_state: int = 0
) -> tuple[float, float]:
    """An interval of τ-b on the scale of Fisher's z, with Student's t; as `kendall_error`.

    In simulations of 30 to 2,000 rows a 95 % interval held the truth in 93 to 97 % of the samples, whether normal,
    skewed, tied or of uneven spread; Bonett and Wright's, which supposes a normal distribution without ties, in 86 to
    96 % (`benchmarks/verify/coverage.py`).
    """
    n = len(first)
    if abs(tau) >= 1 or n < 4:
        return (tau, tau) if n >= 4 else (float("nan"), float("nan"))
    error = kendall_error(first, second, random_state=random_state) / (1 - tau**2)
    reach = float(stats.t.ppf((1 + level) / 2, n - 2)) * error
    return float(np.tanh(np.arctanh(tau) - reach)), float(np.tanh(np.arctanh(tau) + reach))
