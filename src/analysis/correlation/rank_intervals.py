"""Intervals for Spearman's and Kendall's coefficients that ties, skew and uneven spread do not spoil.

Both coefficients are averages over pairs or triples of rows, so their standard errors follow from what each row adds
(Hoeffding 1948), whatever the joint distribution; the interval is made on the scale of Fisher's z with Student's t.
Bonett and Wright's formula, which supposes a normal distribution, is simpler and fails where the spread grows: there
its 95 % interval held Spearman's coefficient in 90 to 92 % of the simulated samples, this one in 95 to 96 %
(`benchmarks/verify/coverage.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import rankdata

__all__ = ["KENDALL_ROWS", "SPEARMAN_ROWS", "kendall_error", "rank_intervals", "spearman_error"]

Floats = NDArray[np.float64]

#: At most so many rows, drawn by the seed, stand for all in the standard error; Kendall's compares rows two by two.
KENDALL_ROWS = 1_000
SPEARMAN_ROWS = 5_000
#: Fewer rows have no interval.
_FEWEST = 4


def spearman_error(first: Floats, second: Floats, *, random_state: int = 0) -> float:
    """Standard error of Spearman's coefficient, for columns with ties and of any joint distribution.

    With u and v the mid-ranks divided by n, a row moves the mean product u·v by its own value and by moving the ranks
    of the rows above it; the variances of u and v, which ties lower, likewise (delta method). Sources: Hoeffding
    (1948), Annals of Mathematical Statistics 19, 293-325; Borkowf (2002), Computational Statistics and Data Analysis
    39, 271-286.

    Parameters
    ----------
    first, second : arrays of shape (n,)
        Without missing values.
    random_state : int
        Of the rows that stand for all where there are more than `SPEARMAN_ROWS`.

    >>> x = np.arange(20.0)
    >>> round(spearman_error(x, x % 7), 3)
    0.225
    """
    u, v = (_Shares.of(_some(column, SPEARMAN_ROWS, random_state)) for column in (first, second))
    return u.error(v, len(first))


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
        Of the rows that stand for all where there are more than `KENDALL_ROWS`.

    >>> x = np.arange(20.0)
    >>> round(kendall_error(x, x % 7), 3)
    0.158
    """
    across, down = (_Signs.of(_some(column, KENDALL_ROWS, random_state)) for column in (first, second))
    return across.error(down, len(first))


@dataclass(frozen=True)
class _Shares:
    """What Spearman's standard error needs of one column, whatever the other: made once for all pairs.

    `shares` are the mid-ranks divided by n, `moved` what each row adds to the mean of their squares; `order`, `left`
    and `right` say where each row stands in ascending order and where its ties begin and end.
    """

    shares: Floats
    spread: float
    moved: Floats
    order: NDArray[np.intp]
    left: NDArray[np.intp]
    right: NDArray[np.intp]

    @classmethod
    def of(cls, column: Floats) -> _Shares:
        order = np.argsort(column, kind="stable")
        ascending = column[order]
        left, right = (np.searchsorted(ascending, column, side=side) for side in ("left", "right"))
        shares = (rankdata(column) - 0.5) / len(column)
        bare = cls(shares, (shares * shares).mean() - 0.25, shares, order, left, right)
        return replace(bare, moved=shares * shares + 2 * bare.above(shares))

    def above(self, weights: Floats) -> Floats:
        """For each row, the mean over all rows of the weights of those above it, ties counted by half."""
        upto = np.concatenate([[0.0], np.cumsum(weights[self.order])])
        return np.asarray((upto[-1] - (upto[self.left] + upto[self.right]) / 2) / len(weights))

    def error(self, other: _Shares, n: int) -> float:
        """The standard error of the coefficient of `n` rows, for which those of the columns stand."""
        u, v = self.shares, other.shares
        product, spreads = (u * v).mean() - 0.25, (self.spread, other.spread)
        if min(spreads) <= 0 or len(u) < _FEWEST:
            return float("nan")
        scale = np.sqrt(spreads[0] * spreads[1])
        moved = u * v + self.above(v) + other.above(u)
        pulls = (moved - moved.mean()) / scale
        for part, spread in zip((self.moved, other.moved), spreads, strict=True):
            pulls -= product / scale / 2 * (part - part.mean()) / spread
        return float(np.sqrt((pulls**2).sum() / (len(u) - 2) / n))


@dataclass(frozen=True)
class _Signs:
    """What Kendall's standard error needs of one column: whether it rises between two rows (1, 0, −1), shape (n, n)."""

    signs: NDArray[np.int8]
    untied: Floats

    @classmethod
    def of(cls, column: Floats) -> _Signs:
        rises, falls = column[:, None] > column, column[:, None] < column
        signs = rises.view(np.int8) - falls.view(np.int8)
        return cls(signs, (rises | falls).sum(axis=1) / max(len(column) - 1, 1))

    def error(self, other: _Signs, n: int) -> float:
        """The standard error of the coefficient of `n` rows, for which those of the columns stand."""
        rows, untied = len(self.signs), (self.untied, other.untied)
        concordant = (self.signs * other.signs).sum(axis=1, dtype=np.int32) / max(rows - 1, 1)
        size = [part.mean() for part in untied]
        if min(size) == 0 or rows - 1 < 2:
            return float("nan")
        scale = np.sqrt(size[0] * size[1])
        tau = concordant.mean() / scale
        ties = sum((part - mean) / mean for part, mean in zip(untied, size, strict=True))
        pulls = 2 * (concordant - concordant.mean()) / scale - tau * ties
        return float(np.sqrt((pulls**2).sum() / (rows - 2) / n))


def rank_intervals(
    values: Floats,
    pairs: Iterable[tuple[int, int, int, float]],
    *,
    method: str,
    level: float = 0.95,
    random_state: int = 0,
) -> Floats:
    """The intervals of Spearman's coefficients or of Kendall's τ-b of many pairs of columns.

    What a column alone brings is worked out once for all pairs that know the same rows.

    Parameters
    ----------
    values : array of shape (n, p)
        Missing values are not-a-number.
    pairs : iterable of (i, j, n, coefficient)
        Two columns, the rows that the coefficient was found on and itself. Where fewer than the pair has in common, as
        many are drawn.
    method : {"spearman", "kendall"}
    level, random_state
        Of the intervals; of the rows drawn for standard errors.

    Returns
    -------
    array of shape (pairs, 2)
        NaN below four rows; both ends are the coefficient where it is 1 or −1, which leaves nothing to measure.

    >>> x = np.arange(20.0)
    >>> rank_intervals(np.column_stack([x, x % 7]), [(0, 1, 20, 0.2391)], method="spearman").round(2).tolist()
    [[-0.25, 0.63]]
    """
    known = np.isfinite(values)
    masks = [b"" if mask.all() else np.packbits(mask).tobytes() for mask in known.T]
    kind: Any = _Shares if method == "spearman" else _Signs
    most = SPEARMAN_ROWS if method == "spearman" else KENDALL_ROWS
    # one after the other, so that what is kept is that of one set of rows
    groups: dict[Any, list[tuple[int, int, int, int, float]]] = {}
    for place, (i, j, n, coefficient) in enumerate(pairs):
        groups.setdefault((n, *sorted({masks[i], masks[j]})), []).append((place, i, j, n, coefficient))
    bounds = np.full((sum(map(len, groups.values())), 2), np.nan)
    for members in groups.values():
        place, i, j, n, _ = members[0]
        drawn = _drawn(np.flatnonzero(known[:, i] & known[:, j]), n, most, random_state)
        columns: dict[int, Any] = {}
        for place, i, j, _, coefficient in members:
            if n < _FEWEST:
                continue
            if abs(coefficient) >= 1:
                bounds[place] = coefficient
                continue
            first, second = (columns.get(c) or columns.setdefault(c, kind.of(values[drawn, c])) for c in (i, j))
            bounds[place] = _around(coefficient, first.error(second, n), n, level)
    return bounds


def _around(coefficient: float, error: float, n: int, level: float) -> tuple[float, float]:
    reach = float(stdtrit(n - 2, (1 + level) / 2)) * (error / (1 - coefficient**2))
    return float(np.tanh(np.arctanh(coefficient) - reach)), float(np.tanh(np.arctanh(coefficient) + reach))


def _drawn(rows: NDArray[np.intp], n: int, most: int, random_state: int) -> NDArray[np.intp]:
    """`n` of the rows, and of these at most so many."""
    for size in (n, most):
        if len(rows) > size:
            rows = rows[np.random.default_rng(random_state).choice(len(rows), size, replace=False)]
    return rows


def _some(column: Floats, most: int, random_state: int) -> Floats:
    return column[_drawn(np.arange(len(column)), len(column), most, random_state)]
