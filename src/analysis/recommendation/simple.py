"""Recommendation in one call: products that the most similar customers bought and this customer has not.

Source: Herlocker, Konstan, Borchers and Riedl (1999), *An algorithmic framework for performing collaborative
filtering*, SIGIR, 230-237 (nearest neighbours among users); Deshpande and Karypis (2004), ACM Transactions on
Information Systems 22, 143-177 (hit rate).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.errors import AnalysisError
from analysis.recommendation.interactions import interactions
from analysis.recommendation.models import popularity
from analysis.recommendation.selection import Lists, best
from analysis.recommendation.similarity import nearest
from analysis.shares import wilson

__all__ = ["hit_rate", "popular", "recommend"]

#: Customers whose similarities to all others are held in memory at once.
_BLOCK = 512


def recommend(
    purchases: pd.DataFrame,
    *,
    customer: str = "customer_id",
    item: str = "product_id",
    profiles: pd.DataFrame | None = None,
    neighbours: int = 10,
    most: int = 5,
) -> pd.DataFrame:
    """Products of the nearest neighbours that a customer does not own yet.

    Two customers are the more similar, the larger the cosine of their rows: of what they own (a product bought twice
    counts once), or of their `profiles`. A product's score is the share of the neighbours' similarity that comes from
    those who own it, so it lies between 0 and 1. Ties are broken by the order of customers and of products.

    Parameters
    ----------
    purchases : DataFrame
        One row a purchase; rows without customer or item are left out.
    customer, item : str
        Names of columns.
    profiles : DataFrame, optional
        Numbers about the customers, indexed by customer, scaled and without gaps; only customers with a profile take
        part.
    neighbours : int
        How many of the most similar customers are asked; those with a similarity of 0 or less are not.
    most : int
        Products recommended to a customer, at most.

    Returns
    -------
    DataFrame
        One row a recommendation: the customer, rank (1 is the best), the item, score, neighbours (how many of them own
        it). Customers without a similar customer have no row.

    Raises
    ------
    AnalysisError
        If a column is missing, no row is left, a number is below 1, or `profiles` has a gap or a customer twice.
    """
    _check(purchases, customer, item, neighbours=neighbours, most=most)
    bought = interactions(purchases[[customer, item]].drop_duplicates(), customer=customer, product=item)
    owned, who = bought.owned, bought.customers
    unit = None
    if profiles is not None:
        known = _known(profiles, who)
        owned, who = owned[np.flatnonzero(known)], who[known]
        unit = _unit(profiles.loc[who].to_numpy(dtype=float))
    parts = []
    for start in range(0, len(who), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(who)))
        near = nearest(owned, k=neighbours, rows=rows) if unit is None else _nearest(unit, rows, neighbours)
        total = np.asarray(near.sum(axis=1)).ravel()
        near.data = near.data / np.repeat(total, np.diff(near.indptr))
        lists = best((near @ owned).tocsr(), most, without=owned[rows])
        parts.append(_frame(lists, who[rows], bought.products, _owners(near, owned, lists)))
    table = pd.concat(parts, ignore_index=True)
    return table.rename(columns={"who": customer, "what": item})


def popular(
    purchases: pd.DataFrame, *, customer: str = "customer_id", item: str = "product_id", most: int = 5
) -> pd.DataFrame:
    """The baseline that needs no neighbours: to everybody the products with the most buyers, of those not owned.

    The score is the share of customers who own the product; `neighbours` counts them.

    Examples
    --------
    >>> bought = pd.DataFrame({"customer_id": list("aab"), "product_id": [1, 2, 2]})
    >>> popular(bought).values.tolist()
    [['b', 1, 1, 0.5, 1]]
    """
    _check(purchases, customer, item, neighbours=1, most=most)
    bought = interactions(purchases[[customer, item]].drop_duplicates(), customer=customer, product=item)
    lists = popularity(bought).best(np.arange(len(bought.customers)), most)
    counts = np.where(lists.columns >= 0, bought.buyers[lists.columns], 0)
    table = _frame(lists, bought.customers, bought.products, counts)
    return table.rename(columns={"who": customer, "what": item})


def hit_rate(
    recommended: pd.DataFrame,
    later: pd.DataFrame,
    *,
    earlier: pd.DataFrame,
    customer: str = "customer_id",
    item: str = "product_id",
    level: float = 0.95,
) -> dict[str, float]:
    """How many of the customers who bought something new later bought something that was recommended to them.

    Parameters
    ----------
    recommended : DataFrame
        As `recommend` or `popular` give it, from `earlier` alone.
    later, earlier : DataFrame
        Purchases after, and up to, the day on which the recommendations were made. Customers not in `earlier`, and
        products that a customer owned already, do not count.
    level : float
        Of Wilson's interval.

    Returns
    -------
    dict
        customers (who bought something new), hits, rate, low, high (NaN where nobody bought anything new).

    Examples
    --------
    >>> before = pd.DataFrame({"customer_id": list("aabbb"), "product_id": [1, 2, 1, 2, 3]})
    >>> after = pd.DataFrame({"customer_id": list("aa"), "product_id": [1, 3]})
    >>> hit_rate(recommend(before), after, earlier=before)["rate"]
    1.0
    """
    pair = [customer, item]
    for frame in (recommended, later, earlier):
        if missing := [name for name in pair if name not in frame.columns]:
            raise AnalysisError(f"hit_rate: no column {', '.join(missing)}; there are {', '.join(map(str, frame))}")
    known = pd.MultiIndex.from_frame(earlier[pair].dropna().drop_duplicates())
    bought = later[pair].dropna().drop_duplicates()
    fresh = bought[bought[customer].isin(earlier[customer].dropna()) & ~pd.MultiIndex.from_frame(bought).isin(known)]
    found = pd.MultiIndex.from_frame(fresh).isin(pd.MultiIndex.from_frame(recommended[pair]))
    customers, hits = int(fresh[customer].nunique()), int(fresh.loc[found, customer].nunique())
    low, high = wilson(hits, customers, level=level)
    rate = hits / customers if customers else float("nan")
    return {"customers": customers, "hits": hits, "rate": rate, "low": float(low), "high": float(high)}


def _check(purchases: pd.DataFrame, customer: str, item: str, **at_least_one: int) -> None:
    if missing := [name for name in (customer, item) if name not in purchases.columns]:
        there = ", ".join(map(str, purchases.columns))
        raise AnalysisError(f"recommend: no column {', '.join(missing)}; there are {there}")
    if purchases[[customer, item]].dropna().empty:
        raise AnalysisError(f"recommend: no row has both {customer} and {item}")
    for name, value in at_least_one.items():
        if value < 1:
            raise AnalysisError(f"recommend: {name} is {value}; it must be at least 1")


def _known(profiles: pd.DataFrame, who: pd.Index) -> np.ndarray:
    if not profiles.index.is_unique:
        raise AnalysisError("recommend: profiles holds a customer twice; give one row a customer")
    if not np.isfinite(profiles.to_numpy(dtype=float, na_value=np.nan)).all():
        raise AnalysisError("recommend: profiles has gaps; fill and scale it first, as clustering.prepare does")
    known = np.asarray(who.isin(profiles.index))
    if not known.any():
        raise AnalysisError("recommend: no customer with a purchase has a profile; is its index the customer's id?")
    return known


def _unit(profiles: np.ndarray) -> np.ndarray:
    length = np.sqrt((profiles**2).sum(axis=1, keepdims=True))
    return np.divide(profiles, length, out=np.zeros_like(profiles), where=length > 0)


def _nearest(unit: np.ndarray, rows: np.ndarray, neighbours: int) -> sparse.csr_array:
    """Cosines with the nearest others, shape (rows, customers)."""
    cosines = unit[rows] @ unit.T
    cosines[np.arange(len(rows)), rows] = 0.0
    lists = best(cosines, neighbours)
    row, rank = np.nonzero(lists.columns >= 0)
    place = (row, lists.columns[row, rank])
    return sparse.coo_array((lists.scores[row, rank], place), shape=cosines.shape).tocsr()


def _owners(near: sparse.csr_array, owned: sparse.csr_array, lists: Lists) -> np.ndarray:
    """How many of the neighbours own each listed product, shape (rows, most)."""
    counts = np.zeros(lists.columns.shape)
    row, rank = np.nonzero(lists.columns >= 0)
    asked = sparse.csr_array((np.ones(near.nnz), near.indices, near.indptr), near.shape)
    both = asked[row].multiply(owned.T.tocsr()[lists.columns[row, rank]])
    counts[row, rank] = np.asarray(both.sum(axis=1)).ravel()
    return counts


def _frame(lists: Lists, who: pd.Index, what: pd.Index, counts: np.ndarray) -> pd.DataFrame:
    row, rank = np.nonzero(lists.columns >= 0)
    return pd.DataFrame(
        {
            "who": who[row], "rank": rank + 1, "what": what[lists.columns[row, rank]],
            "score": lists.scores[row, rank], "neighbours": counts[row, rank].astype(int),
        }
    )  # fmt: skip
