"""Baskets: from rows of (basket, product) to a sparse one-hot table, giants set aside, and cut in two by date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.errors import AnalysisError

__all__ = ["Baskets", "baskets", "from_lists", "split"]


@dataclass(frozen=True)
class Baskets:
    """Which basket holds which item.

    Attributes
    ----------
    matrix : csr_array of bool, shape (n_baskets, n_items)
        True where the basket holds the item.
    items : ndarray, shape (n_items,)
        Item ids, sorted; with `generalise`, products first, then categories.
    labels : tuple of str
        What to call each item; unique.
    table : DataFrame
        One row a basket, in the order of `matrix`: basket_key, customer (dense code, -1 where unknown), day (or NaT),
        size (distinct items).
    amounts : csr_array of float, shape (n_baskets, n_items), or None
        What the basket's lines of the item cost; NaN where unknown; None where there is no money at all.
    set_aside : DataFrame
        basket_key, day and size of the baskets with more than `max_size` items. They are in no count.
    max_size : int or None
        The limit that set them aside.
    dropped_rows : int
        Rows without a basket or an item.
    parent : ndarray of int, shape (n_items,), or None
        With `generalise`, the column of the category that each item belongs to, -1 where there is none.
    """

    matrix: sparse.csr_array
    items: np.ndarray
    labels: tuple[str, ...]
    table: pd.DataFrame
    amounts: sparse.csr_array | None
    set_aside: pd.DataFrame
    max_size: int | None
    dropped_rows: int
    parent: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Number of baskets."""
        return int(self.matrix.shape[0])

    @property
    def has_customers(self) -> bool:
        """Whether any basket is known to belong to a customer."""
        return bool((self.table["customer"] >= 0).any())

    @property
    def n_customers(self) -> int:
        """Number of known customers."""
        return int(self.table.loc[self.table["customer"] >= 0, "customer"].nunique())

    @cached_property
    def clusters(self) -> np.ndarray:
        """Dense code of the customer behind each basket, shape (n,); a basket of nobody known stands alone."""
        customer = self.table["customer"].to_numpy()
        alone = -1 - np.arange(self.n)
        return np.unique(np.where(customer >= 0, customer, alone), return_inverse=True)[1]

    @cached_property
    def item_counts(self) -> np.ndarray:
        """Number of baskets that hold each item, shape (n_items,)."""
        return np.bincount(self.matrix.indices, minlength=len(self.items)).astype(np.int64)

    @property
    def size_lift(self) -> float:
        """The lift that two rare items reach by the sizes of baskets alone: n Σ s(s - 1) / (Σ s)², sizes s.

        If the lines of all baskets were dealt out anew, each basket keeping its size, large baskets would still hold
        more of everything. NaN without any item.
        """
        size = np.diff(self.matrix.indptr).astype(np.float64)
        return float(self.n * (size * (size - 1)).sum() / size.sum() ** 2) if size.sum() else float("nan")

    @cached_property
    def kin(self) -> np.ndarray:
        """Columns that may not share an itemset, an item and a category that it belongs to; shape (n_pairs, 2)."""
        pairs = [np.empty((0, 2), dtype=np.int64)]
        if self.parent is not None:
            above = self.parent
            while (above >= 0).any():
                own = np.flatnonzero(above >= 0)
                pairs.append(np.sort(np.column_stack([own, above[own]]), axis=1))
                above = np.where(above >= 0, self.parent[above], -1)
        return np.concatenate(pairs)

    def codes(self, ids: Iterable[Any], *, parameter: str = "items") -> np.ndarray:
        """The columns of some item ids; an id that no basket holds is an error that names the parameter."""
        wanted = [str(item) for item in ids]
        position = {str(item): code for code, item in enumerate(self.items.tolist())}
        if missing := [item for item in wanted if item not in position]:
            example = ", ".join(list(position)[:5])
            raise AnalysisError(
                f"{parameter} names {', '.join(map(repr, missing))}, which no basket holds. "
                f"Use item ids as they stand in the data, such as {example}."
            )
        return np.array([position[item] for item in wanted], dtype=np.int64)

    def take(self, mask: np.ndarray) -> Baskets:
        """The baskets where `mask` (bool, shape (n,)) is true; the items keep their columns."""
        amounts = self.amounts[mask] if self.amounts is not None else None
        table = self.table[mask].reset_index(drop=True)
        return replace(self, matrix=self.matrix[mask], table=table, amounts=amounts)


def baskets(
    frame: pd.DataFrame,
    *,
    basket: str = "basket_key",
    item: str = "product_id",
    label: str | None = None,
    customer: str = "customer_key",
    day: str = "day",
    amount: str = "amount",
    max_size: int | None = None,
) -> Baskets:
    """Rows of (basket, item) as a sparse one-hot table.

    A basket is a set: an item that stands in it twice counts once, its amounts are added.

    Parameters
    ----------
    frame : DataFrame
        One row a basket and item, in any order. `customer`, `day` and `amount` are used where they exist.
    basket, item, customer, day, amount : str
        Names of columns. `item="category"` mines categories instead of products.
    label : str, optional
        Column with the name to show for an item; by default the id itself. The first name met is used; equal names of
        different items get their id behind them.
    max_size : int, optional
        Baskets with more distinct items are counted and set aside. (Among k items there are 2**k combinations: a few
        wholesale orders would cost more than all others together and say little about a customer's choice.)

    Returns
    -------
    Baskets

    Raises
    ------
    AnalysisError
        If a column is missing or stands twice, an amount is no number or infinite, a day is no date, or `max_size` is
        below 1.

    Examples
    --------
    >>> rows = pd.DataFrame({"basket_key": [1, 1, 2, 2, 3], "product_id": ["a", "b", "a", "a", "c"]})
    >>> data = baskets(rows)
    >>> data.n, data.items.tolist(), data.item_counts.tolist()
    (3, ['a', 'b', 'c'], [2, 1, 1])
    """
    _check(frame, basket=basket, item=item, label=label, max_size=max_size)
    usable = (frame[basket].notna() & frame[item].notna()).to_numpy()
    rows = frame if usable.all() else frame[usable]
    basket_code, basket_key = pd.factorize(rows[basket], sort=True)
    item_code, items = pd.factorize(rows[item], sort=True)
    shape = (len(basket_key), len(items))
    matrix = _one_hot(basket_code, item_code, shape)
    table = _basket_table(rows, basket_code, basket_key, customer, day)
    table["size"] = np.diff(matrix.indptr)
    amounts = None
    if amount in rows.columns and rows[amount].notna().any():
        paid = _numbers(rows[amount], amount)
        amounts = sparse.coo_array((paid, (basket_code, item_code)), shape=shape).tocsr()
    giant = table["size"].to_numpy() > (max_size if max_size is not None else np.inf)
    everything = Baskets(
        matrix=matrix,
        items=np.asarray(items, dtype=object),
        labels=_labels(rows, item_code, items, label),
        table=table,
        amounts=amounts,
        set_aside=table.loc[giant, ["basket_key", "day", "size"]].reset_index(drop=True),
        max_size=max_size,
        dropped_rows=int(len(frame) - len(rows)),
    )
    return everything.take(~giant) if giant.any() else everything


def from_lists(lists: Sequence[Iterable[Any]], *, max_size: int | None = None) -> Baskets:
    """Baskets from lists of items, such as the lines of a basket file; an empty list is a basket with nothing in it.

    >>> from_lists([["A", "B"], ["C", "D"], ["A", "E"]]).item_counts.tolist()
    [2, 1, 1, 1, 1]
    """
    pairs = [(key, item) for key, items in enumerate(lists) for item in items]
    rows = pd.DataFrame(pairs, columns=["basket_key", "product_id"])
    data = baskets(rows, max_size=max_size)
    empty = sum(not list(items) for items in lists)
    if not empty:
        return data
    nothing = sparse.csr_array((empty, len(data.items)), dtype=bool)
    extra = pd.DataFrame({"basket_key": -1, "customer": -1, "day": pd.NaT, "size": 0}, index=range(empty))
    table = pd.concat([data.table, extra.astype(data.table.dtypes)], ignore_index=True)
    return replace(data, matrix=sparse.vstack([data.matrix, nothing], format="csr"), table=table)


def split(
    data: Baskets, *, later_share: float | None = None, later_days: int | None = None, cut: date | None = None
) -> tuple[Baskets, Baskets]:
    """Baskets before a day, to find rules in, and from that day on, to judge them by.

    Exactly one of the three says where the cut is.

    Parameters
    ----------
    later_share : float
        The last share of the calendar days between the first and the last basket, both included.
    later_days : int
        The last so many calendar days.
    cut : date
        The first day of the later period.

    Returns
    -------
    (Baskets, Baskets)
        Earlier and later; either may be empty.

    Raises
    ------
    AnalysisError
        If the baskets carry no day, or not exactly one parameter is given, or it is out of range.
    """
    given = [
        name
        for name, value in (("later_share", later_share), ("later_days", later_days), ("cut", cut))
        if value is not None
    ]
    if len(given) != 1:
        raise AnalysisError(f"give exactly one of later_share, later_days and cut; got {given or 'none'}")
    when = data.table["day"]
    if data.n == 0:
        return data, data
    if when.isna().any():
        raise AnalysisError(f"{int(when.isna().sum())} baskets carry no day, so there is no later period to judge by")
    first, last = when.min(), when.max()
    span = (last - first).days + 1
    if later_share is not None:
        if not 0 < later_share < 1:
            raise AnalysisError(f"later_share must lie between 0 and 1, got {later_share}")
        later_days = round(span * later_share)
    elif later_days is not None and not 1 <= later_days <= span:
        raise AnalysisError(f"later_days must lie between 1 and the {span} days of the data, got {later_days}")
    start = pd.Timestamp(cut) if cut is not None else last - pd.Timedelta(days=(later_days or 0) - 1)
    late = (when >= start).to_numpy()
    return data.take(~late), data.take(late)


def _check(frame: pd.DataFrame, *, basket: str, item: str, label: str | None, max_size: int | None) -> None:
    needed = [basket, item, *([label] if label else [])]
    if missing := [name for name in needed if name not in frame.columns]:
        raise AnalysisError(
            f"baskets need the column(s) {', '.join(missing)}; the table has {', '.join(map(str, frame.columns))}"
        )
    names = list(frame.columns)
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise AnalysisError(f"baskets: the column(s) {', '.join(map(str, twice))} stand twice; give each its own name")
    if max_size is not None and max_size < 1:
        raise AnalysisError(f"max_size (largest basket to use) must be at least 1, got {max_size}")


def _one_hot(basket_code: np.ndarray, item_code: np.ndarray, shape: tuple[int, int]) -> sparse.csr_array:
    ones = np.ones(len(basket_code), dtype=np.int32)
    matrix = sparse.coo_array((ones, (basket_code, item_code)), shape=shape).tocsr()
    matrix.sort_indices()
    return matrix.astype(bool)


def _basket_table(
    rows: pd.DataFrame, basket_code: np.ndarray, basket_key: Any, customer: str, day: str
) -> pd.DataFrame:
    first = np.unique(basket_code, return_index=True)[1]
    table = pd.DataFrame({"basket_key": np.asarray(basket_key)})
    table["customer"] = -1
    if customer in rows.columns:
        table["customer"] = pd.factorize(rows[customer].iloc[first], sort=True)[0]
    table["day"] = pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns]")
    if day in rows.columns:
        when = pd.to_datetime(rows[day].iloc[first], errors="coerce", format="ISO8601")
        if (unread := when.isna() & rows[day].iloc[first].notna()).any():
            example = str(rows[day].iloc[first][unread].iloc[0])
            raise AnalysisError(f"column {day!r} holds {example!r}, which is no date; give dates such as 2025-01-31")
        table["day"] = when.dt.tz_localize(None).dt.normalize().to_numpy()
    return table


def _numbers(values: pd.Series, name: str) -> np.ndarray:
    """Amounts as floats, NaN where missing."""
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.isinf(numbers) | (np.isnan(numbers) & values.notna().to_numpy())
    if wrong.any():
        example = str(values[wrong].iloc[0])
        raise AnalysisError(
            f"column {name!r} holds {example!r} and {int(wrong.sum()) - 1} more that are no finite number; "
            "amounts are numbers, or missing where unknown"
        )
    return numbers


def _labels(rows: pd.DataFrame, item_code: np.ndarray, items: Any, label: str | None) -> tuple[str, ...]:
    ids = [str(item) for item in items]
    if label is None:
        return tuple(ids)
    named = rows[label].notna().to_numpy()
    code, first = np.unique(item_code[named], return_index=True)
    names = list(ids)
    for position, name in zip(code, rows[label][named].iloc[first], strict=True):
        names[position] = str(name).strip() or ids[position]
    repeated = pd.Series(names).duplicated(keep=False)
    return tuple(f"{name} ({id})" if twice else name for name, id, twice in zip(names, ids, repeated, strict=True))
