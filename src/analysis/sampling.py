"""The sample of customers that costly measurements are made on where there are many: the same ones in every notebook.

Who belongs to it follows from the customer's key alone: keys are hashed, and those with the smallest hashes are taken.
A larger sample therefore holds a smaller one, and no seed, order of rows or other table changes who is drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError

__all__ = ["Sample", "draw", "hashes"]

#: The largest hash there is: everybody is taken.
_EVERYBODY = np.iinfo(np.uint64).max


@dataclass(frozen=True)
class Sample:
    """Customers drawn from all customers.

    Attributes
    ----------
    size, of : int
        Customers drawn, and customers there are.
    bound : int
        The largest hash that is taken.
    """

    size: int
    of: int
    bound: int

    @property
    def whole(self) -> bool:
        """Whether everybody was taken, so that there is nothing to say about a sample."""
        return self.size == self.of

    def holds(self, keys: ArrayLike) -> NDArray[np.bool_]:
        """Which keys belong to the sample, also keys of another table, such as that of an earlier date."""
        return np.asarray(hashes(keys) <= np.uint64(self.bound))

    def margin(self, *, spread: float = 1.0, level: float = 0.95) -> float:
        """How far the draw moves a mean at most, in so many cases of a hundred as `level` says.

        Parameters
        ----------
        spread : float
            Standard deviation of what is averaged: 0.5 is the largest that a share can have, 1 gives the margin in
            standard deviations, which is also that of a correlation near 0.

        Notes
        -----
        z × spread / √size × √(1 − size / of), the normal approximation with the correction for a finite population.
        Source: Cochran (1977), Sampling Techniques, sections 2.6 and 3.2.

        >>> round(Sample(100, 10_000, 0).margin(spread=0.5), 4)
        0.0975
        """
        quantile = NormalDist().inv_cdf((1 + level) / 2)
        return quantile * spread * math.sqrt((1 - self.size / self.of) / self.size) if self.size else math.nan


def draw(keys: ArrayLike, *, most: int) -> Sample:
    """Draw at most so many customers by the smallest hashes of their keys.

    Parameters
    ----------
    keys : array of int, shape (customers,)
        One key a customer, such as `customer_key`.
    most : int
        Customers in the sample; everybody where there are not more.

    Raises
    ------
    AnalysisError
        If `most` is below 1, or keys are no whole numbers or not different from each other.

    Examples
    --------
    >>> drawn = draw(range(1000), most=100)
    >>> drawn.size, drawn.of, int(drawn.holds(range(1000)).sum())
    (100, 1000, 100)
    """
    if most < 1:
        raise AnalysisError(f"a sample needs at least 1 customer; got {most}")
    found = np.sort(hashes(keys))
    if (found[1:] == found[:-1]).any():  # the hash is one to one, so equal hashes are equal keys
        raise AnalysisError("a sample is drawn from keys that all differ; one row a customer is meant")
    if len(found) <= most:
        return Sample(len(found), len(found), int(_EVERYBODY))
    return Sample(most, len(found), int(found[most - 1]))


def hashes(keys: ArrayLike) -> NDArray[np.uint64]:
    """A hash of each key, shape (n,): the finaliser of MurmurHash3 (Appleby 2011), which maps 64 bits one to one.

    It has nothing to do with the hash that splits customers into halves, so that both halves of a sample are alike.

    Raises
    ------
    AnalysisError
        If a key is missing or no whole number.

    >>> [f"{value:016x}" for value in hashes([1, 2])]
    ['b456bcfc34c2cb2c', '3abf2a20650683e7']
    """
    values = np.asarray(keys)
    if len(values) and not np.issubdtype(values.dtype, np.integer):
        raise AnalysisError("customers are drawn by their keys, which must be whole numbers without gaps")
    x = values.astype(np.uint64)
    with np.errstate(over="ignore"):
        x ^= x >> np.uint64(33)
        x *= np.uint64(0xFF51AFD7ED558CCD)
        x ^= x >> np.uint64(33)
        x *= np.uint64(0xC4CEB9FE1A85EC53)
        x ^= x >> np.uint64(33)
    return x
