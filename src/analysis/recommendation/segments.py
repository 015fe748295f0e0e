"""Offers of all customers by segment: which products, to how many of them, and why."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

__all__ = ["ALL", "in_order", "named", "offers_by_segment"]

#: The one segment of customers who are not divided.
ALL = "all_customers"


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
        customer_key, rank, product_id, product, reason and because (product id or missing), one row an offer.
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
    >>> rows = pd.DataFrame({"customer_key": [1, 2, 2], "rank": [1, 1, 2], "product_id": list("aab"),
    ...     "product": ["tea", "tea", "jam"], "reason": "history", "because": None})
    >>> offers_by_segment(rows)[["segment", "product", "offered", "share"]].values.tolist()
    [['all_customers', 'tea', 2, 1.0], ['all_customers', 'jam', 1, 0.5]]
    """
    if segments is None or segments["segment"].nunique() < 2:
        rows, listed = offers.assign(segment=ALL), [ALL]
    else:
        of = segments.drop_duplicates("customer_key").set_index("customer_key")["segment"].astype(str)
        rows = offers.assign(segment=offers["customer_key"].map(of))
        listed = in_order(of, order)
    everybody = max(offers["customer_key"].nunique(), 1)
    share_all = offers.groupby("product_id")["customer_key"].nunique() / everybody
    parts = [_segment(rows[rows["segment"] == name], name, share_all, most, fewest) for name in listed]
    return pd.concat(parts, ignore_index=True)


def _segment(rows: pd.DataFrame, segment: str, share_all: pd.Series, most: int, fewest: int) -> pd.DataFrame:
    size = rows["customer_key"].nunique()
    groups = rows.groupby("product_id", sort=True)
    table = groups.agg(product=("product", "first"), offered=("customer_key", "nunique")).reset_index()
    table["share"] = table["offered"] / max(size, 1)
    table["share_all"] = share_all.reindex(table["product_id"]).to_numpy()
    own = table[table["offered"] >= fewest]
    best = own.loc[(own["share"] - own["share_all"]).round(12).idxmax()] if len(own) else None
    table = table.sort_values(["offered", "product_id"], ascending=[False, True], kind="stable").head(most)
    table.insert(0, "rank", range(1, len(table) + 1))
    table.insert(0, "customers", size)
    table.insert(0, "segment", segment)
    for name in ("reason", "because"):
        table[name] = [_usual(groups.get_group(each)[name]) for each in table["product_id"]]
    for name in ("product_id", "product", "share", "share_all"):
        table[f"own_{name}"] = None if best is None else best[name]
    return table.reset_index(drop=True)


def _usual(values: pd.Series) -> object:
    """The most frequent value, of equals the first by name; None where all are missing."""
    number = values.dropna().astype(str).value_counts()
    return None if number.empty else min(number[number == number.max()].index)
