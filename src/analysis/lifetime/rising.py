"""Logarithms of rising factorials Γ(c + x) ÷ Γ(c) for whole x, with derivatives, as sums that lose no digits.

The difference of two log-gammas loses all digits where c is large (equal customers); the sum of ln(c + j) does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

__all__ = ["Counts", "log_choices", "rising"]

Floats = NDArray[np.float64]

#: Above this many purchases the log-gammas are used, whose rounding then no longer matters.
_SUMMED = 1_000_000


class Counts:
    """The distinct frequencies of some histories.

    Attributes
    ----------
    values : ndarray, shape (d,)
        Distinct frequencies, ascending.
    codes : ndarray of int, shape (g,)
        The place of each history's frequency among them.
    """

    def __init__(self, frequency: Floats) -> None:
        self.values, self.codes = np.unique(frequency, return_inverse=True)

    def sum(self, terms: NDArray[np.float64]) -> Floats:
        """Of each distinct frequency x: the sum of the first x terms."""
        return np.concatenate([[0.0], np.cumsum(terms)])[self.values.astype(np.int64)]

    @property
    def steps(self) -> Floats:
        """0, 1, …, the largest frequency − 1."""
        return np.arange(int(self.values[-1]), dtype=np.float64)


def rising(c: float, counts: Counts) -> tuple[Floats, Floats, Floats]:
    """ln Γ(c + x) − ln Γ(c) and its first two derivatives in c, at the distinct frequencies x.

    >>> value, first, second = rising(2.0, Counts(np.array([0.0, 3.0])))
    >>> value.round(6).tolist(), first.round(6).tolist()  # ln(2 · 3 · 4); 1/2 + 1/3 + 1/4
    ([0.0, 3.178054], [0.0, 1.083333])
    """
    x = counts.values
    if x[-1] > _SUMMED:
        first = special.digamma(c + x) - special.digamma(c)
        return special.gammaln(c + x) - special.gammaln(c), first, special.polygamma(1, c + x) - special.polygamma(1, c)
    factors = c + counts.steps
    return counts.sum(np.log(factors)), counts.sum(1 / factors), -counts.sum(1 / factors**2)


def log_choices(r: Floats, most: int) -> Floats:
    """ln of Γ(r + k) ÷ (Γ(r) k!) for k from 0 to `most`, shape (n, most + 1); r of shape (n,).

    >>> np.exp(log_choices(np.array([2.0]), 3)).round(9).tolist()
    [[1.0, 2.0, 3.0, 4.0]]
    """
    k = np.arange(1.0, most + 1)
    steps = np.log((r[:, None] + k - 1) / k)
    return np.concatenate([np.zeros((len(r), 1)), np.cumsum(steps, axis=1)], axis=1)
