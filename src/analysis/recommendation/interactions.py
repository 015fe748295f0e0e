"""Who bought what: a sparse matrix of customers and products, with the dates needed to divide it in time.

>>> import pandas as pd
>>> lines = pd.DataFrame({
...     "customer_key": [1, 1, 2, 2], "product_id": ["tea", "tea", "tea", "milk"], "basket_key": [10, 11, 12, 12],
...     "day": pd.to_datetime(["2025-01-01", "2025-02-01", "2025-01-05", "2025-03-01"])})
>>> table = pairs(lines, before="2025-02-15")
>>> table[["customer_key", "product_id", "orders"]].values.tolist()
[[1, 'tea', 2], [2, 'tea', 1]]
>>> bought = interactions(table)
>>> bought.counts.toarray().tolist(), bought.products.tolist()
([[2.0], [1.0]], ['tea'])
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from analysis.recommendation.everybody import Everybody

__all__ = ["Interactions", "as_day", "interactions", "pairs"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interactions:
    """Customer × product, in the order of the ids.

    Attributes
    ----------
    customers, products : Index
        Ids of rows and columns, ascending.
    counts : csr_array, shape (customers, products)
        In how many orders the customer bought the product; more than 0 wherever something is stored.
    amount : ndarray or None
        Money, aligned with `counts.data`; None where the frame has none.
    first_day, last_day : ndarray of datetime64[D] or None
        The customer's first and last purchase of the product, aligned with `counts.data`.
    everybody : Everybody or None
        All customers, where these stand among others (`among_all`); what is asked of products is then theirs.
    """

    customers: pd.Index
    products: pd.Index
    counts: sparse.csr_array
    amount: Floats | None = None
    first_day: NDArray[np.datetime64] | None = None
    last_day: NDArray[np.datetime64] | None = None
    everybody: Everybody | None = None

    @property
    def number(self) -> int:
        """Customers: these or, where they stand among others, all."""
        return len(self.customers) if self.everybody is None else self.everybody.customers

    @property
    def owned(self) -> sparse.csr_array:
        """1 where the customer has bought the product."""
        return sparse.csr_array((np.ones(self.counts.nnz), self.counts.indices, self.counts.indptr), self.counts.shape)

    @property
    def buyers(self) -> Floats:
        """Customers who have bought each product, shape (products,)."""
        if self.everybody is not None:
            return self.everybody.buyers
        return self.own_buyers

    @property
    def own_buyers(self) -> Floats:
        """The same of these customers alone."""
        return np.bincount(self.counts.indices, minlength=len(self.products)).astype(float)

    @property
    def first_sold(self) -> NDArray[np.datetime64] | None:
        """The day on which each product was first bought; the latest day there is where it never was."""
        if self.everybody is not None:
            return self.everybody.first_sold
        return None if self.first_day is None else self._days(np.minimum, self.first_day, np.iinfo(np.int64).max)

    @property
    def last_sold(self) -> NDArray[np.datetime64] | None:
        """The day on which each product was last bought; the earliest day there is where it never was."""
        if self.everybody is not None:
            return self.everybody.last_sold
        return None if self.last_day is None else self._days(np.maximum, self.last_day, np.iinfo(np.int64).min + 1)

    def _days(self, how: np.ufunc, days: NDArray[np.datetime64], never: int) -> NDArray[np.datetime64]:
        found = np.full(len(self.products), never, dtype=np.int64)
        how.at(found, self.counts.indices, days.astype("datetime64[D]").astype(np.int64))
        return found.view("datetime64[D]")

    def keep(self, flags: NDArray[np.bool_]) -> Interactions:
        """Only the pairs that are flagged (aligned with `counts.data`); customers and products stay, others go."""
        rows = np.repeat(np.arange(len(self.customers)), np.diff(self.counts.indptr))[flags]
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(self.customers)))])
        counts = sparse.csr_array((self.counts.data[flags], self.counts.indices[flags], starts), self.counts.shape)
        return replace(
            self,
            counts=counts,
            amount=None if self.amount is None else self.amount[flags],
            first_day=None if self.first_day is None else self.first_day[flags],
            last_day=None if self.last_day is None else self.last_day[flags],
            everybody=None,
        )

    def of_products(self, products: pd.Index) -> Interactions:
        """The same customers with these products (ascending) as columns: pairs of other products are left out.

        >>> rows = pd.DataFrame({"customer_key": [1, 1, 2], "product_id": list("acc")})
        >>> some = interactions(rows).of_products(pd.Index(list("abd")))
        >>> some.customers.tolist(), some.counts.toarray().tolist()
        ([1, 2], [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
        """
        place = products.get_indexer(self.products)
        kept = self.keep(place[self.counts.indices] >= 0)
        counts = kept.counts
        shape = (counts.shape[0], len(products))
        aligned = sparse.csr_array((counts.data, place[counts.indices], counts.indptr), shape)
        return replace(kept, products=products, counts=aligned)


def as_day(value: Any, name: str) -> np.datetime64:
    """A day, or an error that names what was given."""
    try:
        day = np.datetime64(pd.Timestamp(value), "D")
    except (TypeError, ValueError):
        raise AnalysisError(f"recommendation: {name} must be a date such as 2025-03-31; got {value!r}") from None
    if np.isnat(day):
        raise AnalysisError(f"recommendation: {name} must be a date such as 2025-03-31; got {value!r}")
    return day


def pairs(
    purchases: pd.DataFrame,
    *,
    since: date | str | None = None,
    before: date | str | None = None,
    customer: str = "customer_key",
    product: str = "product_id",
    day: str = "day",
    basket: str = "basket_key",
) -> pd.DataFrame:
    """One row for each customer and product of dated purchases, shaped as `features/customer_products`.

    Parameters
    ----------
    purchases : DataFrame
        One row a purchased line. Rows without customer or product are left out.
    since, before : date, optional
        Only purchases on or after `since` and strictly before `before`: the global split in time is `before=cutoff`
        for training and `since=cutoff` for what is foretold.
    customer, product, day, basket : str
        Names of columns. Without a basket column each day of a customer is an order.

    Returns
    -------
    DataFrame
        customer, product, orders, amount (where there is money), first_day, last_day; sorted by customer and product.
    """
    _columns(purchases, customer, product, day)
    rows = purchases[purchases[customer].notna() & purchases[product].notna()]
    days = pd.to_datetime(rows[day])
    inside = days.notna()
    if since is not None:
        inside &= days >= pd.Timestamp(as_day(since, "since"))
    if before is not None:
        inside &= days < pd.Timestamp(as_day(before, "before"))
    order = rows[basket] if basket in rows.columns else days.dt.normalize()
    table = pd.DataFrame({customer: _whole(rows[customer]), product: rows[product], "order": order, "day": days})[
        inside
    ]
    if "amount" in rows.columns:
        table["amount"] = pd.to_numeric(rows["amount"][inside]).astype(float)
    groups = table.groupby([customer, product], sort=True, observed=True)
    result = groups.agg(orders=("order", "nunique"), first_day=("day", "min"), last_day=("day", "max"))
    if "amount" in table:
        result.insert(1, "amount", groups["amount"].sum())
    return result.reset_index()


def interactions(
    frame: pd.DataFrame,
    *,
    customer: str = "customer_key",
    product: str = "product_id",
    count: str = "orders",
    amount: str = "amount",
) -> Interactions:
    """The sparse matrix of a frame with one row a customer and product, or a purchase.

    Parameters
    ----------
    frame : DataFrame
        As `features/customer_products` or `pairs`. Rows without customer or product are left out; rows of one customer
        and product are added up (days: first and last). Without a column `count` each row counts 1.
    customer, product, count, amount : str
        Names of columns; `first_day` and `last_day` are taken where they are.

    Returns
    -------
    Interactions

    Raises
    ------
    AnalysisError
        If a column is missing or a count is not a finite number above 0.
    """
    _columns(frame, customer, product)
    rows = frame[frame[customer].notna() & frame[product].notna()]
    row, customers = pd.factorize(rows[customer], sort=True)
    column, products = pd.factorize(rows[product], sort=True)
    numbers = _numbers(rows, count) if count in rows.columns else np.ones(len(rows))
    if not (np.isfinite(numbers) & (numbers > 0)).all():
        bad = numbers[~(np.isfinite(numbers) & (numbers > 0))][0]
        raise AnalysisError(f"recommendation: {count} must be a number above 0 in every row; one is {bad}")
    place = row.astype(np.int64) * max(len(products), 1) + column
    order = np.argsort(place, kind="stable")
    place = place[order]
    starts = np.flatnonzero(np.concatenate([[True], place[1:] != place[:-1]])) if len(place) else np.array([], np.intp)
    unique = place[starts]
    shape = (len(customers), len(products))
    indptr = np.searchsorted(unique, np.arange(shape[0] + 1) * max(shape[1], 1))
    data = np.add.reduceat(numbers[order], starts) if len(starts) else np.zeros(0)
    return Interactions(
        customers=pd.Index(customers),
        products=pd.Index(products),
        counts=sparse.csr_array((data, unique % max(shape[1], 1), indptr), shape),
        amount=_reduced(np.add, rows, amount, order, starts),
        first_day=_days(np.minimum, rows, "first_day", order, starts),
        last_day=_days(np.maximum, rows, "last_day", order, starts),
    )


def _whole(keys: pd.Series) -> pd.Series:
    """Keys as integers again where gaps among the lines had made floats of them."""
    if pd.api.types.is_float_dtype(keys) and (keys == keys.round()).all():
        return keys.astype(np.int64)
    return keys


def _columns(frame: pd.DataFrame, *names: str) -> None:
    if missing := [name for name in names if name not in frame.columns]:
        there = ", ".join(map(str, frame.columns))
        raise AnalysisError(f"recommendation: no column {', '.join(missing)}; there are {there}")


def _numbers(rows: pd.DataFrame, name: str) -> Floats:
    try:
        return pd.to_numeric(rows[name]).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise AnalysisError(f"recommendation: {name} must hold numbers: {error}") from None


def _reduced(
    how: np.ufunc, rows: pd.DataFrame, name: str, order: NDArray[np.intp], starts: NDArray[np.intp]
) -> Floats | None:
    if name not in rows.columns:
        return None
    values = _numbers(rows, name)
    return how.reduceat(np.nan_to_num(values[order]), starts) if len(starts) else np.zeros(0)


def _days(
    how: np.ufunc, rows: pd.DataFrame, name: str, order: NDArray[np.intp], starts: NDArray[np.intp]
) -> NDArray[np.datetime64] | None:
    if name not in rows.columns:
        return None
    days = pd.to_datetime(rows[name]).to_numpy().astype("datetime64[D]")
    if np.isnat(days).any():
        raise AnalysisError(f"recommendation: {name} has gaps; each pair needs its day")
    return how.reduceat(days[order].view(np.int64), starts).view("datetime64[D]") if len(starts) else days
