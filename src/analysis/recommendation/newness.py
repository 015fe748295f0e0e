"""Who and what is new: groups of customers by experience, newcomers after a cut-off, products by their age."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.recommendation.interactions import Interactions, as_day
from analysis.recommendation.models import Popularity
from analysis.recommendation.offers import strangers_list
from analysis.recommendation.segments import in_order
from analysis.shares import wilson

__all__ = ["Newcomers", "by_age", "divisions", "groups_of", "newcomers", "product_ages", "rated_products", "split_days"]

#: Upper ends of the classes of orders, and of days since the first order.
_ORDERS = {"orders_1": 1, "orders_2": 2, "orders_3_to_5": 5, "orders_6_up": np.inf}
_TENURE = {"tenure_90": 90, "tenure_365": 365, "tenure_longer": np.inf}
#: Products by what was known of them on a day.
AGES = ("never_sold", "new", "on_offer", "not_sold_lately")


@dataclass(frozen=True)
class Newcomers:
    """Customers of whom nothing was known at the cut-off, and who would have found something on the list for all.

    Attributes
    ----------
    customers, hits : int
    share, low, high : float
        With Wilson's interval; not a number where there are no such customers.
    level : float
    """

    customers: int
    hits: int
    share: float
    low: float
    high: float
    level: float


def divisions(
    history: pd.DataFrame, segments: pd.DataFrame | None = None, *, order: Iterable[str] = ()
) -> pd.DataFrame:
    """Groups of customers as known at a cut-off: by orders, by days since the first, by segment.

    Parameters
    ----------
    history : DataFrame
        customer_key, frequency (orders) and tenure_days at the cut-off.
    segments : DataFrame, optional
        customer_key and segment at the cut-off.
    order : iterable of str
        Segments in the order in which they are listed; others follow by name.

    Returns
    -------
    DataFrame
        Indexed by customer_key; columns `orders` and `tenure` (ordered categories) and, where given, `segment`.

    Examples
    --------
    >>> divisions(pd.DataFrame({"customer_key": [7, 8], "frequency": [1, 4], "tenure_days": [12, 400]})).values.tolist()
    [['orders_1', 'tenure_90'], ['orders_3_to_5', 'tenure_longer']]
    """
    frame = pd.DataFrame(index=pd.Index(history["customer_key"], name="customer_key"))
    for name, source, ends in (("orders", "frequency", _ORDERS), ("tenure", "tenure_days", _TENURE)):
        values = pd.to_numeric(history[source]).to_numpy(dtype=float)
        frame[name] = pd.cut(values, [-np.inf, *ends.values()], labels=list(ends))
    if segments is not None and segments["segment"].nunique() > 1:
        of = segments.drop_duplicates("customer_key").set_index("customer_key")["segment"]
        frame["segment"] = pd.Categorical(of.reindex(frame.index), in_order(of, order))
    return frame


def groups_of(customers: pd.DataFrame, column: str) -> pd.Series | None:
    """The group of each customer by a column such as country; None where there is none, or one for all.

    >>> groups_of(pd.DataFrame({"customer_key": [1, 2], "country": ["FR", "GB"]}), "country").to_dict()
    {1: 'FR', 2: 'GB'}
    """
    if column not in customers.columns or customers[column].nunique() < 2:
        return None
    return customers.drop_duplicates("customer_key").set_index("customer_key")[column]


def rated_products(feedback: pd.DataFrame | None) -> pd.DataFrame | None:
    """The ratings that name a product; None where there are none.

    >>> feedback = pd.DataFrame({"customer_key": [1, 2], "rating": [4.0, 5.0], "product_id": ["tea", None]})
    >>> len(rated_products(feedback)), rated_products(feedback.drop(columns="product_id"))
    (1, None)
    """
    if feedback is None or not {"rating", "product_id"} <= set(feedback.columns):
        return None
    rows = feedback.dropna(subset=["customer_key", "product_id", "rating"])
    return None if rows.empty else rows.reset_index(drop=True)


def split_days(cutoff: object, horizon_days: int) -> tuple[str, str]:
    """The cut-offs of the choice and of the judgement, as ISO dates.

    >>> split_days("2025-09-21", 90)
    ('2025-06-23', '2025-09-21')
    """
    day = as_day(cutoff, "cutoff")
    return str(day - np.timedelta64(horizon_days, "D")), str(day)


def newcomers(
    bought: Interactions,
    later: pd.DataFrame,
    *,
    lists: tuple[Popularity, ...],
    k: int,
    offered: NDArray[np.bool_] | None = None,
    level: float = 0.95,
) -> Newcomers:
    """How many customers who first bought after the cut-off bought something of the one list made before it.

    Parameters
    ----------
    bought : Interactions
        Purchases before the cut-off.
    later : DataFrame
        customer_key and product_id of purchases after it.
    lists : tuple of Popularity
        What customers without a past are offered; the first fills the list, the others what it leaves.
    k : int
    offered : ndarray of bool, optional
        Products that may be offered.
    level : float

    Examples
    --------
    >>> from analysis.recommendation.interactions import interactions
    >>> from analysis.recommendation.models import popularity
    >>> before = interactions(pd.DataFrame({"customer_key": [1, 2, 2], "product_id": ["tea", "tea", "milk"]}))
    >>> after = pd.DataFrame({"customer_key": [2, 3, 4], "product_id": ["tea", "tea", "jam"]})
    >>> found = newcomers(before, after, lists=(popularity(before),), k=1)
    >>> found.customers, found.hits, found.share
    (2, 1, 0.5)
    """
    rows = later.dropna(subset=["customer_key", "product_id"])
    rows = rows[~rows["customer_key"].isin(bought.customers)]
    columns = strangers_list(lists, None, k, offered)[0].columns[0] if len(bought.products) else np.array([], np.intp)
    listed = bought.products[columns[columns >= 0]]
    customers = int(rows["customer_key"].nunique())
    hits = int(rows.loc[rows["product_id"].isin(listed), "customer_key"].nunique())
    low, high = wilson(hits, customers, level=level)
    share = hits / customers if customers else float("nan")
    return Newcomers(customers, hits, share, float(low), float(high), level)


def product_ages(bought: Interactions, *, cutoff: object, new_days: int, sold_within: int) -> pd.Series:
    """What was known of each product on a day: new, on_offer or not_sold_lately, indexed by product.

    `new` was first sold in the last `new_days`; `not_sold_lately` was not sold in the last `sold_within`.

    >>> from analysis.recommendation.interactions import interactions
    >>> rows = pd.DataFrame({"customer_key": 1, "product_id": ["a", "b", "c"],
    ...     "first_day": pd.to_datetime(["2025-01-01", "2025-01-01", "2025-03-20"]),
    ...     "last_day": pd.to_datetime(["2025-01-09", "2025-03-01", "2025-03-20"])})
    >>> product_ages(interactions(rows), cutoff="2025-04-01", new_days=30, sold_within=60).to_dict()
    {'a': 'not_sold_lately', 'b': 'on_offer', 'c': 'new'}
    """
    end, (first, last) = as_day(cutoff, "cutoff"), (bought.first_sold, bought.last_sold)
    if first is None or last is None:
        age = np.full(len(bought.products), "not_sold_lately")
    else:
        old, young = (end - np.timedelta64(each, "D") for each in (sold_within, new_days))
        age = np.where(last < old, "not_sold_lately", np.where(first >= young, "new", "on_offer"))
    return pd.Series(age, index=bought.products, name="age")


def by_age(ages: pd.Series, rows: pd.DataFrame) -> pd.DataFrame:
    """How many pairs of a customer and a product fall on products of each age: age, products, pairs, share.

    Parameters
    ----------
    ages : Series
        As `product_ages`; products that it lacks were never sold.
    rows : DataFrame
        customer_key and product_id, such as later purchases; or, counted already, product_id and customers, such as
        `Tally.products` of offers.
    """
    if "customers" not in rows.columns:
        pair = rows[["customer_key", "product_id"]].dropna().drop_duplicates()
        rows = pair.groupby("product_id").size().rename("customers").reset_index()
    age = rows["product_id"].map(ages.to_dict()).astype(object).fillna("never_sold")
    unknown, pairs = int((age == "never_sold").sum()), int(rows["customers"].sum())
    number = ages.value_counts()
    table = pd.DataFrame({"age": list(AGES)})
    table["products"] = [unknown if name == "never_sold" else int(number.get(name, 0)) for name in AGES]
    table["pairs"] = [int(rows.loc[age == name, "customers"].sum()) for name in AGES]
    table["share"] = table["pairs"] / max(pairs, 1)
    return table
