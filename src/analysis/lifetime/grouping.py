"""Purchase histories, checked and grouped: customers with equal histories are counted once.

A history is what both purchase models need to know of a customer: the number of repeat purchases x, the time of the
last of them t_x (counted from the customer's first purchase, 0 without a repeat purchase) and the time under
observation T. Where time is counted in whole days or weeks, ten million customers share far fewer histories, and a
likelihood is a sum over histories times their customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError

__all__ = ["Histories", "checked", "distinct_pairs", "group", "numbers"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Recency may exceed T by this share of it, which is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Histories:
    """Distinct histories in the order of frequency, recency and T.

    Attributes
    ----------
    frequency : ndarray of float, shape (g,)
        Repeat purchases x, whole numbers.
    recency, T : ndarray, shape (g,)
        Times since the first purchase, in the caller's unit.
    customers : ndarray, shape (g,)
        Customers (the sum of their weights) with that history.
    inverse : ndarray of int, shape (n,)
        The row of each customer's history, in the order of the input; -1 where a customer has weight 0.
    """

    frequency: Floats
    recency: Floats
    T: Floats
    customers: Floats
    inverse: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.frequency)

    @property
    def total(self) -> float:
        """All customers."""
        return float(self.customers.sum())

    @property
    def repeaters(self) -> float:
        """Customers with a repeat purchase."""
        return float(self.customers[self.frequency > 0].sum())

    def ends(self) -> tuple[Floats, Floats, NDArray[np.intp]]:
        """The different pairs of frequency and T, and the pair of each history: all that a living customer's future
        depends on."""
        return self._ends

    @cached_property
    def _ends(self) -> tuple[Floats, Floats, NDArray[np.intp]]:
        return distinct_pairs(self.frequency, self.T)

    def thinned(self, size: int) -> Histories:
        """About `size` customers that stand for all: every k-th in the order of the histories, each counting k.

        >>> some = group([0, 1, 2, 3], [0, 1, 1, 1], [2, 2, 2, 2]).thinned(2)
        >>> some.frequency.tolist(), some.customers.tolist()
        ([0.0, 2.0], [2.0, 2.0])
        """
        if len(self) <= size:
            return self
        ends = np.cumsum(self.customers)
        step = ends[-1] / size
        drawn = np.searchsorted(ends, (np.arange(size) + 0.5) * step)
        rows, counts = np.unique(drawn, return_counts=True)
        none = np.empty(0, dtype=np.intp)
        return Histories(self.frequency[rows], self.recency[rows], self.T[rows], counts * step, none)


def group(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, weights: ArrayLike | None = None) -> Histories:
    """Check histories and count equal ones together.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Repeat purchases: whole numbers of at least 0.
    recency : array_like, shape (n,)
        Time from the first to the last purchase; 0 where frequency is 0, and never above T.
    T : array_like, shape (n,)
        Time from the first purchase to the end of the observation, same unit.
    weights : array_like, shape (n,), optional
        Customers that a row stands for; at least 0.

    Returns
    -------
    Histories

    Raises
    ------
    AnalysisError
        Names each argument with a value that cannot be, and how often that happens.

    Examples
    --------
    >>> found = group([2, 0, 2], [3.5, 0, 3.5], [5, 5, 5])
    >>> found.frequency.tolist(), found.customers.tolist(), found.inverse.tolist()
    ([0.0, 2.0], [1.0, 2.0], [1, 0, 1])
    """
    x, t_x, end, weight = checked(frequency, recency, T, weights=weights)
    used = np.flatnonzero(weight > 0) if weight is not None else None
    if used is not None and len(used) < len(x):
        x, t_x, end, weight = x[used], t_x[used], end[used], weight[used]  # type: ignore[index]
    key, columns = np.zeros(len(x), dtype=np.int64), []
    for values in (x, t_x, end):
        codes, known = pd.factorize(values, sort=True)
        key = key * len(known) + codes
        columns.append(known)
        if len(columns) == 2:  # packed again, so that three long columns cannot exceed 64 bits
            key, pairs = _packed(key)
    key, triples = _packed(key)
    pair, last = np.divmod(triples, len(columns[2]))
    first, second = np.divmod(pairs[pair], len(columns[1]))
    customers = np.bincount(key, weights=weight, minlength=len(triples)).astype(np.float64)
    inverse = key
    if used is not None and len(used) < len(weights):  # type: ignore[arg-type]
        inverse = np.full(len(weights), -1, dtype=np.intp)  # type: ignore[arg-type]
        inverse[used] = key
    return Histories(columns[0][first], columns[1][second], columns[2][last], customers, inverse)


def distinct_pairs(first: Floats, second: Floats) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Different pairs of two columns, in their order, and the pair of each row.

    >>> distinct_pairs(np.array([1.0, 0.0, 1.0]), np.array([5.0, 5.0, 5.0]))[2].tolist()
    [1, 0, 1]
    """
    ones, row = np.unique(first, return_inverse=True)
    others, column = np.unique(second, return_inverse=True)
    pairs, at = np.unique(row.astype(np.int64) * len(others) + column, return_inverse=True)
    one, other = np.divmod(pairs, len(others))
    return ones[one], others[other], at


def _packed(key: Integers) -> tuple[NDArray[np.intp], Integers]:
    """The rank of each key among its distinct values, and these, ascending."""
    codes, known = pd.factorize(key, sort=True)
    return codes, known


def checked(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, weights: ArrayLike | None = None, least: int = 1
) -> tuple[Floats, Floats, Floats, Floats | None]:
    """Histories as arrays of float, or an error that names everything that is wrong with them."""
    x, t_x, end = numbers("frequency", frequency), numbers("recency", recency), numbers("T", T)
    weight = None if weights is None else numbers("weights", weights)
    sizes = {"frequency": len(x), "recency": len(t_x), "T": len(end)}
    if weight is not None:
        sizes["weights"] = len(weight)
    if len(set(sizes.values())) > 1:
        lengths = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
        raise AnalysisError(f"purchase histories: the columns differ in length ({lengths}); give one value a customer")
    if len(x) < least:
        raise AnalysisError("purchase histories: there is no customer; at least one is needed")
    faults = {
        "frequency must be a whole number of at least 0 (repeat purchases, the first not counted)": (x < 0)
        | (x != np.floor(x)),
        "T must be at least 0": end < 0,
        "recency must be at least 0": t_x < 0,
        "recency must not exceed T (both count from the first purchase)": t_x > end * (1 + _ROUNDING),
        "recency must be 0 where frequency is 0 (there is no repeat purchase)": (x == 0) & (t_x > 0),
    }
    if weight is not None:
        faults["weights must be at least 0"] = weight < 0
    told = [
        f"{text}; {int(wrong.sum()):,} of {len(x):,} rows do not, first row {int(np.argmax(wrong))}"
        for text, wrong in faults.items()
        if wrong.any()
    ]
    if weight is not None and not told and not weight.any():
        told.append("weights are 0 in every row; at least one customer must count")
    if told:
        raise AnalysisError("purchase histories: " + ". ".join(told))
    return x, np.minimum(t_x, end), end, weight


def numbers(name: str, values: ArrayLike) -> Floats:
    """One finite number a customer, as floats, or an error that names the column."""
    try:
        column = pd.Series(values).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise AnalysisError(f"{name} must hold numbers, one a customer: {error}") from None
    wrong = ~np.isfinite(column)
    if wrong.any():
        raise AnalysisError(
            f"{name} is missing or not finite in {int(wrong.sum()):,} of {len(column):,} rows, first row "
            f"{int(np.argmax(wrong))}; leave these customers out or mend the column"
        )
    return column
