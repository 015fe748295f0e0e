"""What ranks products for customers: popularity and other baselines, neighbours, rules.

A model has a name and `best(rows, k)`: for these customers (rows of the training matrix) the k products with the
highest scores. Scores of different models do not compare; what is no candidate has none. `serving(bought)` is the same
model for other customers, with what it has learnt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from analysis.errors import AnalysisError
from analysis.recommendation.everybody import summed
from analysis.recommendation.interactions import Interactions, as_day
from analysis.recommendation.likeness import among_everybody
from analysis.recommendation.selection import Lists, best, blocks, row_blocks, stacked
from analysis.recommendation.similarity import Similarity, Weighting, Weights, nearest

__all__ = [
    "BuysAgain",
    "ItemNeighbours",
    "Model",
    "Owned",
    "Popularity",
    "blockwise",
    "buys_again",
    "filled",
    "item_neighbours",
    "popularity",
    "positive",
    "recent_popularity",
    "trend",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Owned = Literal["exclude", "include"]

#: Multiplications of one block of scores.
BLOCK_PRODUCTS = 4_000_000


class Model(Protocol):
    """Anything that ranks products for customers."""

    @property
    def name(self) -> str: ...

    def best(self, rows: Ints, k: int, *, owned: Owned = "exclude", offered: NDArray[np.bool_] | None = None) -> Lists:
        """The k best products of some customers, among those offered; without or with what they own already."""
        ...

    def serving(self, bought: Interactions) -> Model:
        """The same for other customers, whose purchases (of the products learnt, see `Interactions.of_products`)
        these are: nothing is learnt anew."""
        ...


@dataclass(frozen=True)
class Popularity:
    """The same scores for everybody, or for everybody of a group.

    Attributes
    ----------
    name : str
    bought : csr_array, shape (customers, products)
        What is owned.
    values : ndarray, shape (groups, products)
        Scores; only those above 0 are candidates.
    group : ndarray of int, shape (customers,)
        The row of `values` that holds for each customer.
    names : tuple
        What the groups are called; empty where there is but one.
    of : Series or None
        The group of each customer, also of customers whom nothing was learnt from, indexed by customer.
    """

    name: str
    bought: sparse.csr_array
    values: Floats
    group: Ints
    names: tuple[object, ...] = ()
    of: pd.Series | None = None

    def of_group(self, name: object, k: int, offered: NDArray[np.bool_] | None = None) -> Lists:
        """The list of a customer without purchases, shape (1, k); empty where the group is unknown."""
        if not self.names:
            return best(self.values, k, offered=offered)
        if name not in self.names:
            return Lists(np.full((1, k), -1, dtype=np.intp), np.full((1, k), np.nan))
        return best(self.values[[self.names.index(name)]], k, offered=offered)

    def best(self, rows: Ints, k: int, *, owned: Owned = "exclude", offered: NDArray[np.bool_] | None = None) -> Lists:
        columns = np.full((len(rows), k), -1, dtype=np.intp)
        scores = np.full((len(rows), k), np.nan)
        for code in np.unique(self.group[rows]):
            # Nobody's list reaches further down than k places beyond what the customer owns.
            among = np.flatnonzero(self.group[rows] == code)
            sizes = np.diff(self.bought.indptr)[rows[among]] if owned == "exclude" else np.zeros(len(among), dtype=int)
            order = best(self.values[[code]], min(k + int(sizes.max(initial=0)), self.values.shape[1]), offered=offered)
            order_of = order.columns[0][order.columns[0] >= 0]
            for part in blocks(among, len(order_of)):
                found = self._part(rows[part], order_of, code, k, owned)
                columns[part], scores[part] = found.columns, found.scores
        return Lists(columns, scores)

    def serving(self, bought: Interactions) -> Popularity:
        """Customers of a group that nothing was learnt of have no candidates."""
        if self.of is None:
            return replace(self, bought=bought.counts, group=np.zeros(len(bought.customers), dtype=np.intp))
        code = pd.Index(self.names).get_indexer(pd.Index(self.of.reindex(bought.customers)))
        nothing = np.zeros((1, self.values.shape[1]))
        group = np.where(code >= 0, code, len(self.names)).astype(np.intp)
        values = np.concatenate([self.values[: len(self.names)], nothing])
        return replace(self, bought=bought.counts, values=values, group=group)

    def _part(self, rows: Ints, order: Ints, code: int, k: int, owned: Owned) -> Lists:
        dense = np.broadcast_to(self.values[code, order], (len(rows), len(order))).copy()
        if owned == "exclude":
            place = np.full(self.values.shape[1], -1)
            place[order] = np.arange(len(order))
            mine = self.bought[rows]
            where = place[mine.indices]
            dense[np.repeat(np.arange(len(rows)), np.diff(mine.indptr))[where >= 0], where[where >= 0]] = -np.inf
        found = best(dense, k)
        # The −1 of an empty place finds the −1 at the end.
        return Lists(np.append(order, -1)[found.columns], found.scores)


def popularity(bought: Interactions, *, groups: pd.Series | None = None) -> Popularity:
    """Products by the share of customers who bought them; with `groups` (indexed by customer) of the customer's group.

    Customers without a group form one of their own.

    >>> from analysis.recommendation.interactions import interactions
    >>> rows = pd.DataFrame({"customer_key": [1, 1, 2, 3], "product_id": list("abbb")})
    >>> popularity(interactions(rows)).best(np.array([1]), 2)
    Lists(columns=array([[ 0, -1]]), scores=array([[0.33333333,        nan]]))
    """
    if groups is None:
        values = (bought.buyers / max(bought.number, 1))[None]
        return Popularity("popularity", bought.counts, values, np.zeros(len(bought.customers), dtype=np.intp))
    of = groups.reindex(bought.customers) if bought.everybody is None else groups
    names = tuple(pd.factorize(of, sort=True, use_na_sentinel=False)[1])
    known = pd.Index(names)

    def code(some: Interactions) -> Ints:
        return np.asarray(known.get_indexer(pd.Index(groups.reindex(some.customers))), dtype=np.intp)

    def buyers(some: Interactions) -> Floats:
        """Of each group those who bought each product and, last, all."""
        group = code(some)
        there = np.flatnonzero(group >= 0)
        place = sparse.csr_array((np.ones(len(there)), (group[there], there)), shape=(len(names), len(group)))
        return np.column_stack([(place @ some.owned).toarray(), np.bincount(group[there], minlength=len(names))])

    counts, group = summed(bought, buyers), code(bought)
    values = counts[:, :-1] / np.maximum(counts[:, -1:], 1)
    if (group < 0).any():
        values = np.concatenate([values, np.zeros((1, values.shape[1]))])
        group = np.where(group >= 0, group, len(names))
    return Popularity("group_popularity", bought.counts, values, group, names, groups)


def recent_popularity(bought: Interactions, *, cutoff: object, days: int = 30) -> Popularity:
    """Products by the share of customers who bought them in the last `days` before the cut-off."""
    _dated(bought)
    since = as_day(cutoff, "cutoff") - np.timedelta64(positive(days, "days"), "D")

    def buyers(some: Interactions) -> Ints:
        return np.bincount(some.counts.indices[_dated(some)[1] >= since], minlength=len(some.products))

    values = summed(bought, buyers) / bought.number
    return Popularity("recent_popularity", bought.counts, values[None], np.zeros(len(bought.customers), dtype=np.intp))


def trend(bought: Interactions, *, cutoff: object, days: int = 30) -> Popularity:
    """Products that win more new buyers in the last `days` than their own past foretells.

    The score is (r − e) / √(e + 1): r customers bought the product for the first time within the window, and e would
    have at the rate of the time before, counted from the product's first purchase; a count's deviation in units of
    its Poisson spread, the 1 keeping products without a past in bounds. Products that do not rise have no score.
    """
    _dated(bought)
    end = as_day(cutoff, "cutoff")
    start = end - np.timedelta64(positive(days, "days"), "D")

    def buyers(some: Interactions) -> Ints:
        late, columns = _dated(some)[0] >= start, some.counts.indices
        return np.stack([np.bincount(columns[each], minlength=len(some.products)) for each in (late, ~late)])

    new, before = summed(bought, buyers)
    born = np.asarray(bought.first_sold).astype(np.int64)
    # A first purchase is itself an event: a product known for a week has had at least one window's rate to show.
    past = np.maximum(start.astype(np.int64) - born, days)
    expected = before * (days / past)
    values = (new - expected) / np.sqrt(expected + 1)
    return Popularity("trend", bought.counts, values[None], np.zeros(len(bought.customers), dtype=np.intp))


@dataclass(frozen=True)
class BuysAgain:
    """What the customer bought most often, of equals the latest first: a baseline for lists that may repeat.

    Attributes
    ----------
    name : str
    own : csr_array, shape (customers, products)
        Scores.
    since, length : int
        The first day of all purchases, counted from 1970, and the days to the last: the scale of latest.
    """

    name: str
    own: sparse.csr_array
    since: int = 0
    length: int = 0

    def best(self, rows: Ints, k: int, *, owned: Owned = "exclude", offered: NDArray[np.bool_] | None = None) -> Lists:
        parts = row_blocks(np.diff(self.own.indptr)[rows], BLOCK_PRODUCTS)
        if owned == "exclude":
            return Lists(np.full((len(rows), k), -1, dtype=np.intp), np.full((len(rows), k), np.nan))
        return stacked([best(self.own[rows[part]], k, offered=offered) for part in parts], k)

    def serving(self, bought: Interactions) -> BuysAgain:
        return replace(self, own=_own(bought, self.since, self.length))


def buys_again(bought: Interactions) -> BuysAgain:
    """Each customer's own products by number of orders; between equal numbers the latest bought first."""
    since, length = 0, 0
    if bought.last_day is not None and bought.counts.nnz:
        day = bought.last_day.astype(np.int64)
        since, length = int(day.min()), int(np.ptp(day))
    return BuysAgain("buys_again", _own(bought, since, length), since, length)


def _own(bought: Interactions, since: int, length: int) -> sparse.csr_array:
    """Orders, and less than one for the last day: of customers not learnt from, days beyond the scale are its ends."""
    own = bought.counts.copy()
    if bought.last_day is not None and own.nnz:
        day = bought.last_day.astype(np.int64)
        own.data = own.data + np.clip(day - since, 0, length) / (length + 1)
    return own


@dataclass(frozen=True)
class ItemNeighbours:
    """Item-based collaborative filtering: products like those that the customer owns.

    The score of product i is Σ_j s_ji w_uj over the products j that customer u owns, s_ji kept for the k products most
    similar to each j; where owned products may be listed, each is like itself with s_jj = 1. `of_all` says whether the
    likeness is that of the purchases of all customers, where those learnt from stand among others.
    """

    name: str
    bought: sparse.csr_array
    weights: sparse.csr_array
    similar: sparse.csr_array
    weighing: Weights
    of_all: bool = False

    def best(self, rows: Ints, k: int, *, owned: Owned = "exclude", offered: NDArray[np.bool_] | None = None) -> Lists:
        return blockwise(self.weights, self.similar, self.bought, rows, k, owned, offered)

    def serving(self, bought: Interactions) -> ItemNeighbours:
        return replace(self, bought=bought.counts, weights=self.weighing.of(bought.counts))

    def because(self, rows: Ints, columns: Ints) -> Ints:
        """For pairs of a customer and a listed product the owned product that adds most to its score; −1 if none."""
        found = np.full(len(rows), -1, dtype=np.intp)
        turned = self.similar.T.tocsr()
        for part in row_blocks(np.diff(turned.indptr)[columns], BLOCK_PRODUCTS):
            shares = turned[columns[part]].multiply(self.weights[rows[part]]).tocsr()
            found[part] = best(shares, 1).columns[:, 0]
        return found


def item_neighbours(
    bought: Interactions,
    *,
    similarity: Similarity = "cosine",
    neighbours: int = 50,
    shrinkage: float = 0.0,
    weighting: Weighting = "binary",
    name: str = "item_neighbours",
) -> ItemNeighbours:
    """Fit item-based collaborative filtering.

    Parameters
    ----------
    bought : Interactions
    similarity, shrinkage, weighting
        See `analysis.recommendation.similarity`.
    neighbours : int
        Most similar products kept for each product.

    Source: Deshpande and Karypis (2004), ACM Transactions on Information Systems 22, 143-177, figure 3.
    """
    alike = among_everybody(bought, weighting, kind=similarity, k=neighbours, shrinkage=shrinkage)
    if alike is not None:
        weighing, similar = alike
        return ItemNeighbours(name, bought.counts, weighing.of(bought.counts), similar, weighing, of_all=True)
    weighing = Weights.learnt(bought.counts, weighting)
    weights = weighing.of(bought.counts)
    similar = nearest(weights.T.tocsr(), kind=similarity, k=neighbours, shrinkage=shrinkage)
    return ItemNeighbours(name, bought.counts, weights, similar, weighing)


def filled(model: Model, fallbacks: tuple[Model, ...], rows: Ints, k: int, **options: object) -> tuple[Lists, Ints]:
    """Lists of a model, filled up from others where it has too few candidates.

    Returns
    -------
    Lists
        Scores are those of the model that gave the place.
    ndarray of int, shape (len(rows), k)
        Who gave the place: 0 the model, 1 the first fallback, …; −1 where nobody could.
    """
    found = model.best(rows, k, **options)  # type: ignore[arg-type]
    columns, scores = found.columns.copy(), found.scores.copy()
    source = np.where(columns >= 0, 0, -1)
    for number, fallback in enumerate(fallbacks, start=1):
        short = np.flatnonzero(columns[:, -1] < 0)
        if not len(short):
            break
        # Twice k places hold k that are not listed yet.
        more = fallback.best(rows[short], 2 * k, **options)  # type: ignore[arg-type]
        fresh = (more.columns >= 0) & ~(more.columns[:, :, None] == columns[short][:, None, :]).any(axis=2)
        have = (columns[short] >= 0).sum(axis=1)
        rank = have[:, None] + np.cumsum(fresh, axis=1) - 1
        row, place = np.nonzero(fresh & (rank < k))
        target = (short[row], rank[row, place])
        columns[target], scores[target], source[target] = more.columns[row, place], more.scores[row, place], number
    return Lists(columns, scores), source


def blockwise(
    left: sparse.csr_array,
    right: sparse.csr_array,
    bought: sparse.csr_array,
    rows: Ints,
    k: int,
    owned: Owned,
    offered: NDArray[np.bool_] | None,
    *,
    own_row: bool = True,
) -> Lists:
    """The best of `left @ right` for some customers, in blocks; `left` has all rows (`own_row`) or those asked for."""
    where = rows if own_row else np.arange(len(rows))
    each = np.concatenate([[0], np.cumsum(np.diff(right.indptr)[left.indices])])
    work = each[left.indptr[where + 1]] - each[left.indptr[where]] + 1
    parts = []
    for part in row_blocks(work, BLOCK_PRODUCTS):
        mine = left[where[part]]
        scores = mine @ right
        if own_row and owned == "include":
            scores = scores + mine
        without = bought[rows[part]] if owned == "exclude" else None
        parts.append(best(scores.tocsr(), k, without=without, offered=offered))
    return stacked(parts, k)


def _dated(bought: Interactions) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    if bought.first_day is None or bought.last_day is None:
        raise AnalysisError("recommendation: this needs first_day and last_day of each customer and product")
    return bought.first_day, bought.last_day


def positive(value: int, name: str) -> int:
    """A number of at least 1, or an error that names it."""
    if value < 1:
        raise AnalysisError(f"recommendation: {name} must be at least 1; got {value}")
    return int(value)
