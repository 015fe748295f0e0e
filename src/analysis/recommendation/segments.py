"""Offers of all customers by segment: which products, to how many of them, and why."""

from __future__ import annotations

import pandas as pd

__all__ = ["ALL", "named", "offers_by_segment"]

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


def offers_by_segment(offers: pd.DataFrame, segments: pd.DataFrame | None = None, *, most: int = 5) -> pd.DataFrame:
    """The products that are offered to most customers of each segment.

    Parameters
    ----------
    offers : DataFrame
        customer_key, rank, product_id, product, reason and because (product id or missing), one row an offer.
    segments : DataFrame, optional
        customer_key and segment, in the order in which segments are listed. Customers without one are left out.
    most : int
        Products of each segment.

    Returns
    -------
    DataFrame
        segment, customers (of the segment, with offers), rank, product_id, product, offered (customers), share (of the
        segment), share_all (of all customers with offers), reason (the most frequent), because (the product id that
        is the most frequent reason; missing where there is none).

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_key": [1, 2, 2], "rank": [1, 1, 2], "product_id": list("aab"),
    ...     "product": ["tea", "tea", "jam"], "reason": "history", "because": None})
    >>> offers_by_segment(rows)[["segment", "product", "offered", "share"]].values.tolist()
    [['all_customers', 'tea', 2, 1.0], ['all_customers', 'jam', 1, 0.5]]
    """
    if segments is None or segments["segment"].nunique() < 2:
        rows, order = offers.assign(segment=ALL), [ALL]
    else:
        of = segments.drop_duplicates("customer_key").set_index("customer_key")["segment"]
        rows, order = offers.assign(segment=offers["customer_key"].map(of)), list(dict.fromkeys(of))
    everybody = max(offers["customer_key"].nunique(), 1)
    share_all = offers.groupby("product_id")["customer_key"].nunique() / everybody
    parts = [_segment(rows[rows["segment"] == segment], segment, share_all, most) for segment in order]
    return pd.concat(parts, ignore_index=True)


def _segment(rows: pd.DataFrame, segment: str, share_all: pd.Series, most: int) -> pd.DataFrame:
    size = rows["customer_key"].nunique()
    groups = rows.groupby("product_id", sort=True)
    table = groups.agg(product=("product", "first"), offered=("customer_key", "nunique")).reset_index()
    table = table.sort_values(["offered", "product_id"], ascending=[False, True], kind="stable").head(most)
    return pd.DataFrame(
        {
            "segment": segment,
            "customers": size,
            "rank": range(1, len(table) + 1),
            "product_id": table["product_id"].to_numpy(),
            "product": table["product"].to_numpy(),
            "offered": table["offered"].to_numpy(),
            "share": table["offered"].to_numpy() / max(size, 1),
            "share_all": share_all.reindex(table["product_id"]).to_numpy(),
            "reason": [_usual(groups.get_group(name)["reason"]) for name in table["product_id"]],
            "because": [_usual(groups.get_group(name)["because"]) for name in table["product_id"]],
        }
    )


def _usual(values: pd.Series) -> object:
    """The most frequent value, of equals the first by name; None where all are missing."""
    number = values.dropna().astype(str).value_counts()
    return None if number.empty else min(number[number == number.max()].index)
