"""What neighbours and factors cannot know: customers with few purchases or none, and products that are new.

Customers without a past get what is popular in their group (country, segment) and overall. New products are matched
to customers by category, and may be given the last place of each list (a slot for exploration), so that they are seen
and bought often enough to be learnt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from analysis.errors import AnalysisError
from analysis.recommendation.interactions import Interactions, as_day
from analysis.recommendation.models import Model, Owned
from analysis.recommendation.selection import Lists, best, blocks, stacked

__all__ = ["CategoryTaste", "Explored", "category_taste", "new_products", "on_offer"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Purchases of the average customer that are mixed into each customer's taste.
PRIOR_PURCHASES = 5.0


@dataclass(frozen=True)
class CategoryTaste:
    """Products by the customer's taste for their category, within a category by their recent buyers.

    The taste is (n_uc + a p_c) / (n_u + a): n_uc of the customer's n_u products are of category c, p_c is the share of
    the category among everybody's, and a the weight of the average customer.
    """

    name: str
    bought: sparse.csr_array
    taste: Floats
    category: Ints
    within: Floats
    prior: Floats

    def serving(self, bought: Interactions) -> CategoryTaste:
        return replace(self, bought=bought.counts, taste=_taste(bought, self.category, self.prior))

    def best(self, rows: Ints, k: int, *, owned: Owned = "exclude", offered: Flags | None = None) -> Lists:
        columns = np.arange(self.bought.shape[1]) if offered is None else np.flatnonzero(offered)
        parts = []
        for part in blocks(rows, len(columns)):
            # A category's products differ by less than any two tastes: the order within it never decides between them.
            scores = self.taste[part][:, self.category[columns]] * (1 + 1e-6 * self.within[columns])
            without = self.bought[part][:, columns] if owned == "exclude" else None
            if without is not None:
                without.sort_indices()
            found = best(scores, k, without=without)
            # The −1 of an empty place finds the −1 at the end.
            parts.append(Lists(np.append(columns, -1)[found.columns], found.scores))
        return stacked(parts, k)


def category_taste(bought: Interactions, categories: pd.Series, *, name: str = "category_taste") -> CategoryTaste:
    """Each customer's taste for categories.

    Parameters
    ----------
    bought : Interactions
    categories : Series
        Category by product id; products without one form a category of their own.
    """
    if not categories.index.is_unique:
        raise AnalysisError("recommendation: categories holds a product twice; give one row a product")
    category = pd.factorize(categories.reindex(bought.products), sort=True, use_na_sentinel=False)[0].astype(np.intp)
    width = int(category.max(initial=-1)) + 1
    buyers = bought.buyers
    counts = np.bincount(category, weights=buyers, minlength=width)
    prior, within = counts / max(counts.sum(), 1), buyers / max(buyers.max(initial=0), 1)
    return CategoryTaste(name, bought.counts, _taste(bought, category, prior), category, within, prior)


def _taste(bought: Interactions, category: Ints, prior: Floats) -> Floats:
    """Each customer's shares of the categories, shape (customers, categories)."""
    shape = (len(category), len(prior))
    place = sparse.csr_array((np.ones(len(category)), (np.arange(len(category)), category)), shape)
    counts = (bought.owned @ place).toarray()
    return np.asarray((counts + PRIOR_PURCHASES * prior) / (counts.sum(axis=1, keepdims=True) + PRIOR_PURCHASES))


@dataclass(frozen=True)
class Explored:
    """A model's lists with the last place given to a new product, chosen by `explorer` among `fresh`."""

    name: str
    model: Model
    explorer: Model
    fresh: Flags

    def best(self, rows: Ints, k: int, *, owned: Owned = "exclude", offered: Flags | None = None) -> Lists:
        found = self.model.best(rows, k, owned=owned, offered=offered)
        among = self.fresh if offered is None else self.fresh & offered
        new = self.explorer.best(rows, k, owned=owned, offered=among)
        columns, scores = found.columns.copy(), found.scores.copy()
        fresh = (new.columns >= 0) & ~(new.columns[:, :, None] == columns[:, None, : k - 1]).any(axis=2)
        row = np.flatnonzero(fresh.any(axis=1))
        place = fresh[row].argmax(axis=1)
        columns[row, -1], scores[row, -1] = new.columns[row, place], new.scores[row, place]
        return Lists(columns, scores)

    def serving(self, bought: Interactions) -> Explored:
        return replace(self, model=self.model.serving(bought), explorer=self.explorer.serving(bought))


def new_products(bought: Interactions, *, cutoff: object, days: int) -> Flags:
    """Products bought for the first time by anybody in the last `days` before the cut-off."""
    if bought.first_sold is None:
        raise AnalysisError("recommendation: this needs first_day of each customer and product")
    return np.asarray(bought.first_sold >= as_day(cutoff, "cutoff") - np.timedelta64(days, "D"))


def on_offer(bought: Interactions, *, cutoff: object, days: int | None) -> Flags:
    """Products that somebody bought in the last `days` before the cut-off: what is no longer sold is not offered."""
    if days is None or bought.last_sold is None:
        return np.ones(len(bought.products), dtype=bool)
    return np.asarray(bought.last_sold >= as_day(cutoff, "cutoff") - np.timedelta64(days, "D"))
