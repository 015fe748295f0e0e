"""All customers, where a model learns from some of them: sums over everybody's purchases, taken part by part.

What is counted (buyers of a product, those of late, customers who bought two products) adds up over customers. It can
therefore be had of all of them in the memory of one part, and need not be taken from a sample, in which seldom bought
products are missing.

>>> parts = [pd.DataFrame({"customer_key": [1, 1, 2], "product_id": list("aba")}),
...     pd.DataFrame({"customer_key": [3, 3], "product_id": list("ac")})]
>>> some = among_all(interactions(parts[0]), parts)
>>> some.products.tolist(), some.buyers.tolist(), len(some.customers), some.everybody.customers
(['a', 'b', 'c'], [3.0, 1.0, 1.0], 2, 3)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.recommendation.interactions import Interactions, interactions

__all__ = ["Everybody", "among_all", "buyers_of", "summed"]

#: Rows of counts that wait at most before they are put together, or as many as there are.
_WAITING = 500_000


@dataclass(frozen=True)
class Everybody:
    """The purchases of all customers.

    Attributes
    ----------
    parts : iterable of DataFrame
        As `interactions` takes them: each customer in one part. They are read anew for every sum.
    products : Index
        What anybody bought, ascending.
    customers : int
    orders : float
        Orders of a product, all together.
    buyers : ndarray, shape (products,)
        Customers who bought each product.
    first_sold, last_sold : ndarray of datetime64[D] or None
        Days on which each product was first and last bought.
    """

    parts: Iterable[pd.DataFrame]
    products: pd.Index
    customers: int
    orders: float
    buyers: NDArray[np.float64]
    first_sold: NDArray[np.datetime64] | None
    last_sold: NDArray[np.datetime64] | None

    def each(self) -> Iterator[Interactions]:
        """Part by part."""
        for part in self.parts:
            yield interactions(part).of_products(self.products)


def among_all(bought: Interactions, parts: Iterable[pd.DataFrame] | None) -> Interactions:
    """Customers to learn from, who stand among others: the products of all as columns, and sums over all at hand.

    Parameters
    ----------
    bought : Interactions
        Of the customers to learn from.
    parts : iterable of DataFrame or None
        Purchases of all customers, the same whenever they are gone through; a list will do, an iterator will not.
        None: those learnt from are all there are.
    """
    if parts is None:
        return bought
    everybody = _counted(parts)
    return replace(bought.of_products(everybody.products), everybody=everybody)


def buyers_of(rows: pd.DataFrame, parts: Iterable[pd.DataFrame] | None = None) -> pd.DataFrame:
    """product_id and customers who bought it: of the rows or, with `parts`, of all customers; as `by_age` takes it.

    >>> buyers_of(pd.DataFrame({"customer_key": [1, 2, 2], "product_id": list("aab")})).values.tolist()
    [['a', 2], ['b', 1]]
    """
    bought = among_all(interactions(rows), parts)
    return pd.DataFrame({"product_id": bought.products, "customers": bought.buyers.astype(np.int64)})


def summed(bought: Interactions, function: Callable[[Interactions], NDArray[Any]]) -> NDArray[Any]:
    """A sum over customers: of those learnt from or, where they stand among others, of all.

    Parameters
    ----------
    function : callable
        The sum over some customers, as an array whose shape depends on the products alone.
    """
    if bought.everybody is None:
        return function(bought)
    total: NDArray[Any] | None = None
    for part in bought.everybody.each():
        found = function(part)
        total = found if total is None else total + found
    return function(replace(bought, everybody=None)) * 0 if total is None else total


def _counted(parts: Iterable[pd.DataFrame]) -> Everybody:
    customers, orders = 0, 0.0
    rows, waiting = pd.DataFrame(columns=["buyers"]), list[pd.DataFrame]()
    for part in parts:
        some = interactions(part)
        customers, orders = customers + len(some.customers), orders + float(some.counts.sum())
        columns: dict[str, Any] = {"buyers": some.buyers}
        if some.first_sold is not None and some.last_sold is not None:
            columns |= {"first": some.first_sold, "last": some.last_sold}
        waiting.append(pd.DataFrame(columns, index=some.products))
        if sum(map(len, waiting)) > max(len(rows), _WAITING):
            rows, waiting = _together([rows, *waiting]), []
    rows = _together([rows, *waiting])
    days = [rows[name].to_numpy().astype("datetime64[D]") if name in rows else None for name in ("first", "last")]
    return Everybody(parts, rows.index, customers, orders, rows["buyers"].to_numpy(dtype=float), *days)


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Counts of each product, in the order of the products."""
    there = [part for part in parts if len(part)]
    if not there:
        return parts[0]
    every = pd.concat(there)
    how = {"buyers": "sum", "first": "min", "last": "max"}
    return every.groupby(level=0, sort=True).agg({name: how[name] for name in every})
