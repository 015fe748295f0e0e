"""Which rows teach and which rows judge: cut-offs in the order of time, purged, or held-out customers.

A row of the training part may know nothing of the test period: its label window must end by the test cut-off (López de
Prado 2018, *Advances in Financial Machine Learning*, section 7.4.1, "purging"). The same customer may be in both
parts, at different cut-offs, as in use: tomorrow's customers are mostly today's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

__all__ = ["Split", "first_customers", "inner_splits", "newest_divided", "origins", "thinned"]

Rows = NDArray[np.intp]
Days = NDArray[np.datetime64]
#: Folds of customers where the training part has one cut-off alone.
CUSTOMER_FOLDS = 3


@dataclass(frozen=True)
class Split:
    """Positions of training and test rows.

    Parameters
    ----------
    kind : str
        `later_period`: the test rows are of a later cut-off; `other_customers`: of other customers, same cut-off.
    cutoff : date
        Of the test rows.
    train, test : ndarray of int
    train_cutoffs : tuple of date
    purged : tuple of date
        Earlier cut-offs whose label window ends after the test cut-off.
    """

    kind: Literal["later_period", "other_customers"]
    cutoff: date
    train: Rows
    test: Rows
    train_cutoffs: tuple[date, ...]
    purged: tuple[date, ...] = ()


def origins(
    cutoffs: ArrayLike, customers: pd.Series, *, horizon_days: int, held_out: float, random_state: int
) -> list[Split]:
    """Every test cut-off with the rows that may teach for it, newest first (a rolling origin).

    Where no earlier cut-off can teach, one split by customers of the newest cut-off.

    Parameters
    ----------
    cutoffs : array_like of date, shape (n,)
        Of each row.
    customers : Series, shape (n,)
        Of each row.
    horizon_days : int
        Length of the label window.
    held_out : float
        Share of the customers that judge, where customers are divided.
    random_state : int

    Examples
    --------
    >>> days = [date(2024, 1, 1), date(2024, 4, 1)]
    >>> found = origins(days, pd.Series([1, 1]), horizon_days=91, held_out=0.3, random_state=0)
    >>> [str(split.cutoff) for split in found], found[0].train_cutoffs
    (['2024-04-01'], (datetime.date(2024, 1, 1),))
    """
    of_row = np.asarray(cutoffs, dtype="datetime64[D]")
    distinct = np.unique(of_row)
    found = [_later(of_row, distinct, test, horizon_days) for test in distinct[::-1]]
    usable = [split for split in found if len(split.train)]
    if usable or not len(distinct):
        return usable
    return [newest_divided(of_row, customers, held_out=held_out, random_state=random_state)]


def newest_divided(cutoffs: ArrayLike, customers: pd.Series, *, held_out: float, random_state: int) -> Split:
    """The newest cut-off's customers divided by a seeded draw: some teach, others judge."""
    of_row = np.asarray(cutoffs, dtype="datetime64[D]")
    newest = np.flatnonzero(of_row == of_row.max())
    ((teach, judge),) = _customer_parts(customers.iloc[newest], 1, held_out, random_state)
    day: date = of_row.max().item()
    return Split("other_customers", day, newest[teach], newest[judge], (day,))


def thinned(split: Split, priority: NDArray[np.intp], most_rows: int) -> Split:
    """The split with at most so many rows in each part, by whole customers: those of the lowest priority numbers."""
    return replace(
        split, train=first_customers(split.train, priority, most_rows),
        test=first_customers(split.test, priority, most_rows),
    )  # fmt: skip


def first_customers(rows: Rows, priority: NDArray[np.intp], most_rows: int) -> Rows:
    """The rows of the first customers who together have at most `most_rows` of them.

    >>> first_customers(np.arange(4), np.array([2, 0, 0, 1]), 3).tolist()
    [1, 2, 3]
    """
    if len(rows) <= most_rows:
        return rows
    place = priority[rows]
    last = int(np.searchsorted(np.bincount(place).cumsum(), most_rows, side="right"))
    return rows[place < last]


def inner_splits(
    cutoffs: ArrayLike, customers: pd.Series, *, horizon_days: int, most: int, random_state: int
) -> list[Split]:
    """How settings are chosen inside a training part: its own later cut-offs in turn, else folds of its customers."""
    found = [
        split
        for split in origins(cutoffs, customers, horizon_days=horizon_days, held_out=0.3, random_state=random_state)
        if split.kind == "later_period"
    ]
    if found:
        return found[:most]
    rows = np.arange(len(customers))
    every = tuple(np.unique(np.asarray(cutoffs, dtype="datetime64[D]")).tolist())
    parts = _customer_parts(customers, CUSTOMER_FOLDS, 1 / CUSTOMER_FOLDS, random_state)
    return [Split("other_customers", every[-1], rows[a], rows[b], every) for a, b in parts]


def _later(of_row: Days, distinct: Days, test: np.datetime64, horizon_days: int) -> Split:
    earlier = distinct[distinct < test]
    ended = earlier + np.timedelta64(horizon_days, "D") <= test
    train = np.flatnonzero(np.isin(of_row, earlier[ended]))
    judged = np.flatnonzero(of_row == test)
    day: date = test.item()  # type: ignore[assignment]
    return Split("later_period", day, train, judged, tuple(earlier[ended].tolist()), tuple(earlier[~ended].tolist()))


def _customer_parts(customers: pd.Series, parts: int, share: float, random_state: int) -> list[tuple[Rows, Rows]]:
    """Divisions by whole customers: positions that teach and positions that judge."""
    codes, distinct = pd.factorize(customers, sort=True)
    order = np.random.default_rng(random_state).permutation(len(distinct))
    fold = np.empty(len(distinct), dtype=int)
    edges = np.round(np.arange(parts + 1) * share * len(distinct)).astype(int)
    fold[order] = parts  # in no part: always teaches
    for part in range(parts):
        fold[order[edges[part] : edges[part + 1]]] = part
    of_row = fold[codes]
    return [(np.flatnonzero(of_row != part), np.flatnonzero(of_row == part)) for part in range(parts)]
