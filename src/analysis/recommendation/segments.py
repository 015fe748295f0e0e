"""Offers of all customers by segment: which products, to how many of them, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

__all__ = ["ALL", "Tally", "in_order", "named", "offers_by_segment"]

#: The one segment of customers who are not divided.
ALL = "all_customers"
#: By what offers are counted.
_COUNTED = ["segment", "product_id", "product", "reason", "because"]
#: Counts that wait at most before they are put together, or as many as have been.
_WAITING = 500_000


def named(table: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """A table of product ids with the products' names: `product`, and `because_product` where there is `because`.

    >>> offers = pd.DataFrame({"product_id": ["a", "b"], "because": ["b", None]})
    >>> table = named(offers, pd.DataFrame({"product_id": ["a", "b"], "product": ["tea", "jam"]}))
    >>> table[["product", "because_product"]].values.tolist()
    [['tea', 'jam'], ['jam', None]]
    """
    names = products.drop_duplicates("product_id").set_index("product_id")["product"].to_dict()
    result = table.copy()
    for source, name in (("product_id", "product"), ("because", "because_product")):
        if source in result.columns:
            values = [None if pd.isna(each) else names.get(each, each) for each in result[source]]
            found = pd.Series(values, index=result.index, dtype=object)
            if name in result.columns:
                result[name] = found
            else:
                result.insert(int(result.columns.get_loc(source)) + 1, name, found)
    return result


def in_order(segments: pd.Series, order: Iterable[str]) -> list[str]:
    """The segments that occur, in a given order, others after them by name.

    >>> in_order(pd.Series(["b", "c", "a"]), ["c", "d"])
    ['c', 'a', 'b']
    """
    there, first = sorted(segments.dropna().unique()), list(dict.fromkeys(order))
    return [*(name for name in first if name in there), *(name for name in there if name not in first)]


class Tally:
    """Offers counted part by part, so that those of all customers are never held at once.

    Parameters
    ----------
    segments : DataFrame, optional
        customer_key and segment. Customers without one count among all customers alone.

    Attributes
    ----------
    offers, customers : int
        Rows, and customers who have any.
    by_method : DataFrame
        Indexed by method: offers, and customers with at least one of them.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_key": [1, 2, 2], "product_id": list("aab"), "product": ["tea", "tea", "jam"],
    ...     "method": "rules", "reason": "history", "because": None})
    >>> tally = Tally()
    >>> parts = list(tally.counted([rows.head(1), rows.tail(2)]))
    >>> tally.offers, tally.customers, tally.products.values.tolist()
    (3, 2, [['a', 'tea', 2], ['b', 'jam', 1]])
    """

    def __init__(self, segments: pd.DataFrame | None = None) -> None:
        self._of: pd.Series | None = None
        if segments is not None and segments["segment"].nunique() >= 2:
            self._of = segments.drop_duplicates("customer_key").set_index("customer_key")["segment"].astype(str)
        self.offers = self.customers = 0
        self.by_method = pd.DataFrame({"offers": [], "customers": []}, dtype="int64")
        self._sizes = pd.Series(dtype="int64")
        self._rows = pd.DataFrame({name: [] for name in _COUNTED}).assign(customers=pd.Series(dtype="int64"))
        self._waiting: list[pd.DataFrame] = []

    def counted(self, parts: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """The parts, each counted when it is taken. No customer may stand in two of them.

        A part holds customer_key, product_id, product, method, reason and because (product id or missing), one row an
        offer.
        """
        for part in parts:
            self._add(part)
            yield part

    def _add(self, part: pd.DataFrame) -> None:
        segment = ALL if self._of is None else part["customer_key"].map(self._of).astype(object)
        rows = part.assign(segment=segment)
        self.offers += len(part)
        self.customers += part["customer_key"].nunique()
        groups = part.groupby("method", sort=True)["customer_key"]
        method = pd.DataFrame({"offers": groups.size(), "customers": groups.nunique()})
        self.by_method = self.by_method.add(method, fill_value=0).astype("int64")
        size = rows.groupby("segment", sort=True)["customer_key"].nunique()
        self._sizes = self._sizes.add(size, fill_value=0).astype("int64")
        # The counts of parts are put together when there are as many of them as have been put together before.
        self._waiting.append(rows.groupby(_COUNTED, sort=True, dropna=False).size().rename("customers").reset_index())
        if sum(map(len, self._waiting)) > max(len(self._rows), _WAITING):
            self._gather()

    def _gather(self) -> pd.DataFrame:
        parts = [each for each in (self._rows, *self._waiting) if len(each)]
        if self._waiting and parts:
            every = pd.concat(parts, ignore_index=True)
            self._rows = every.groupby(_COUNTED, sort=True, dropna=False)["customers"].sum().reset_index()
        self._waiting = []
        return self._rows

    @property
    def products(self) -> pd.DataFrame:
        """product_id, product and customers (to whom it is offered), by product_id."""
        groups = self._gather().groupby("product_id", sort=True)
        return groups.agg(product=("product", "first"), customers=("customers", "sum")).reset_index()

    def by_segment(self, *, order: Iterable[str] = (), most: int = 5, fewest: int = 5) -> pd.DataFrame:
        """As `offers_by_segment`."""
        rows = self._gather()
        listed = [ALL] if self._of is None else in_order(self._of, order)
        share_all = rows.groupby("product_id")["customers"].sum() / max(self.customers, 1)
        parts = [
            _segment(rows[rows["segment"] == name], name, int(self._sizes.get(name, 0)), share_all, most, fewest)
            for name in listed
        ]
        return pd.concat(parts, ignore_index=True)


def offers_by_segment(
    offers: pd.DataFrame,
    segments: pd.DataFrame | None = None,
    *,
    order: Iterable[str] = (),
    most: int = 5,
    fewest: int = 5,
) -> pd.DataFrame:
    """The products that are offered to most customers of each segment, and the one that sets it apart.

    Parameters
    ----------
    offers : DataFrame
        customer_key, product_id, product, method, reason and because (product id or missing), one row an offer.
    segments : DataFrame, optional
        customer_key and segment. Customers without one are left out.
    order : iterable of str
        Segments in the order in which they are listed; others follow by name.
    most : int
        Products of each segment.
    fewest : int
        Customers to whom a product must be offered to set a segment apart.

    Returns
    -------
    DataFrame
        segment, customers (of the segment, with offers), rank, product_id, product, offered (customers), share (of the
        segment), share_all (of all customers with offers), reason (the most frequent), because (the product id that
        is the most frequent reason; missing where there is none), and of the whole segment own_product_id, own_product,
        own_share, own_share_all: the product whose share there exceeds that of all customers most.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_key": [1, 2, 2], "method": "rules", "product_id": list("aab"),
    ...     "product": ["tea", "tea", "jam"], "reason": "history", "because": None})
    >>> offers_by_segment(rows)[["segment", "product", "offered", "share"]].values.tolist()
    [['all_customers', 'tea', 2, 1.0], ['all_customers', 'jam', 1, 0.5]]
    """
    tally = Tally(segments)
    tally._add(offers)
    return tally.by_segment(order=order, most=most, fewest=fewest)


def _segment(rows: pd.DataFrame, segment: str, size: int, share_all: pd.Series, most: int, fewest: int) -> pd.DataFrame:
    groups = rows.groupby("product_id", sort=True)
    table = groups.agg(product=("product", "first"), offered=("customers", "sum")).reset_index()
    table["share"] = table["offered"] / max(size, 1)
    table["share_all"] = share_all.reindex(table["product_id"]).to_numpy()
    own = table[table["offered"] >= fewest]
    best = own.loc[(own["share"] - own["share_all"]).round(12).idxmax()] if len(own) else None
    table = table.sort_values(["offered", "product_id"], ascending=[False, True], kind="stable").head(most)
    table.insert(0, "rank", range(1, len(table) + 1))
    table.insert(0, "customers", size)
    table.insert(0, "segment", segment)
    for name in ("reason", "because"):
        table[name] = [_usual(groups.get_group(each), name) for each in table["product_id"]]
    for name in ("product_id", "product", "share", "share_all"):
        table[f"own_{name}"] = None if best is None else best[name]
    return table.reset_index(drop=True)


def _usual(rows: pd.DataFrame, name: str) -> object:
    """The most frequent value of a column, of equals the first by name; None where all are missing."""
    there = rows[rows[name].notna()]
    number = there.groupby(there[name].astype(str))["customers"].sum()
    return None if number.empty else min(number[number == number.max()].index)
