"""Offers to customers whom a model has not learnt from, batch by batch, so that memory does not grow with their number.

Likeness of products, factors of products, rules and best sellers hold for any customer: what a customer bought is set
against them. Customers alike are looked for among those learnt from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.recommendation.interactions import Interactions, interactions
from analysis.recommendation.models import BuysAgain, ItemNeighbours, Model, Owned, Popularity
from analysis.recommendation.neighbours import UserNeighbours
from analysis.recommendation.offers import offer_blocks, offers

__all__ = ["Reach", "offers_to_all", "reach"]


@dataclass(frozen=True)
class Reach:
    """What a method that learnt from some customers knows of the products that all of them bought.

    Attributes
    ----------
    of_all : bool
        Whether what it knows of products rests on the purchases of all customers.
    missed : int
        Products that may be offered and that it cannot list, because none of those whose purchases it uses bought them.
    """

    of_all: bool
    missed: int


def reach(model: Model, bought: Interactions, offered: NDArray[np.bool_]) -> Reach:
    """Of a model fitted to `bought`, among products that may be offered.

    >>> from analysis.recommendation.everybody import among_all
    >>> from analysis.recommendation.models import popularity
    >>> from analysis.recommendation.neighbours import user_neighbours
    >>> rows = pd.DataFrame({"customer_key": [1, 1, 2, 3], "product_id": list("abac")})
    >>> some = among_all(interactions(rows.head(3)), [rows])
    >>> [reach(model, some, some.buyers > 0) for model in (popularity(some), user_neighbours(some))]
    [Reach(of_all=True, missed=0), Reach(of_all=False, missed=1)]
    """
    base = getattr(model, "model", model)
    of_all = isinstance(base, Popularity | BuysAgain) or (isinstance(base, ItemNeighbours) and base.of_all)
    known = bought.own_buyers > 0
    if isinstance(base, UserNeighbours) and base.pool is not None:
        known = np.asarray(base.binary[base.pool].sum(axis=0)).ravel() > 0
    return Reach(of_all, 0 if of_all else int((offered & ~known).sum()))


def offers_to_all(
    model: Model,
    bought: Interactions,
    batches: Iterable[pd.DataFrame] | None,
    *,
    k: int = 10,
    owned: Owned = "exclude",
    fallbacks: tuple[Popularity, ...] = (),
    few: int = 0,
    offered: NDArray[np.bool_] | None = None,
    fresh: NDArray[np.bool_] | None = None,
) -> Iterator[pd.DataFrame]:
    """Offers of each batch of customers; at least one frame, which has no rows where there is nothing to offer.

    Parameters
    ----------
    model : Model
        Fitted to `bought`.
    bought : Interactions
        Of the customers learnt from.
    batches : iterable of DataFrame or None
        Purchases of all customers, as `interactions` takes them: each customer in one batch, customers ascending.
        Products that are no column of `bought` are passed over. None: those learnt from are served, in one frame.
    k, owned, fallbacks, few, offered, fresh
        As `offers`.

    Returns
    -------
    iterator of DataFrame
        As `offers`. How customers are divided into batches changes no list.

    Examples
    --------
    >>> from analysis.recommendation.models import item_neighbours, popularity
    >>> rows = pd.DataFrame({"customer_key": [1, 1, 2, 3, 3], "product_id": list("abacc")})
    >>> bought, other = interactions(rows), pd.DataFrame({"customer_key": [7, 8], "product_id": list("bz")})
    >>> (table,) = offers_to_all(item_neighbours(bought), bought, [other], k=1, fallbacks=(popularity(bought),))
    >>> table[["customer_key", "product_id", "method"]].values.tolist()
    [[7, 'a', 'item_neighbours'], [8, 'a', 'popularity']]
    """
    how = {"k": k, "owned": owned, "few": few, "offered": offered, "fresh": fresh}
    if batches is None:
        yield offers(model, bought, fallbacks=fallbacks, **how)  # type: ignore[arg-type]
        return
    some = False
    for batch in batches:
        theirs = interactions(batch).of_products(bought.products)
        serving = tuple(each.serving(theirs) for each in fallbacks)
        for part in offer_blocks(model.serving(theirs), theirs, fallbacks=serving, **how):  # type: ignore[arg-type]
            some = True
            yield part
    if not some:
        yield offers(model, bought, customers=bought.customers[:0])
