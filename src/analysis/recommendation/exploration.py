"""What a place for new products costs: the same lists with and without it, for the same customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.recommendation.coldstart import Explored
from analysis.recommendation.evaluation import Bootstrap, Later, differences, evaluate, quality
from analysis.recommendation.interactions import Interactions
from analysis.recommendation.models import Model

__all__ = ["exploration"]


def exploration(
    model: Model,
    explorer: Model,
    fresh: NDArray[np.bool_],
    bought: Interactions,
    later: Later,
    *,
    k: int,
    fallbacks: tuple[Model, ...] = (),
    offered: NDArray[np.bool_] | None = None,
    draws: Bootstrap,
) -> pd.DataFrame:
    """Measures of lists whose last place goes to a new product, beside the same lists without it.

    Parameters
    ----------
    model : Model
        Whose lists.
    explorer : Model
        Chooses among the new products, such as `category_taste`.
    fresh : ndarray of bool, shape (products,)
        New products.
    bought, later, k, fallbacks, offered
        As `evaluate`.
    draws : Bootstrap

    Returns
    -------
    DataFrame
        measure, customers, without, low, high; with_new, with_low, with_high; difference (with less without),
        difference_low, difference_high. A last row, `new_product_hit`, is the share of customers who bought the product
        of the place for new ones; it has no counterpart without.

    Examples
    --------
    >>> from analysis.recommendation import category_taste, interactions, later_purchases, popularity
    >>> rows = pd.DataFrame({"customer_key": [1, 1, 2, 2, 3, 3], "product_id": list("abacad")})
    >>> bought = interactions(rows)
    >>> then = pd.DataFrame({"customer_key": [1, 2], "product_id": ["d", "b"]})
    >>> later = later_purchases(bought, then, wanted="new", customer="customer_key", product="product_id")
    >>> taste = category_taste(bought, pd.Series("all", index=list("abcd")))
    >>> found = exploration(
    ...     popularity(bought), taste, np.array([False, False, False, True]), bought, later, k=1,
    ...     draws=Bootstrap(200, 0.95, 1))
    >>> found.set_index("measure").loc[["hit_rate", "new_product_hit"], ["without", "with_new"]].values.tolist()
    [[0.5, 0.5], [nan, 0.5]]
    """
    both = {"without": model, "with": Explored("with", model, explorer, fresh)}
    found = evaluate(both, bought, later, k=k, fallbacks=fallbacks, offered=offered)
    table = quality(found, draws=draws)
    sides = [table[table["method"] == name].set_index("measure") for name in both]
    gap = differences(found, baseline="without", draws=draws).set_index("measure")
    names = ["estimate", "low", "high"]
    parts = [
        sides[0][["customers", *names]].set_axis(["customers", "without", "low", "high"], axis=1),
        sides[1][names].set_axis(["with_new", "with_low", "with_high"], axis=1),
        gap[["difference", "low", "high"]].set_axis(["difference", "difference_low", "difference_high"], axis=1),
    ]
    among = fresh if offered is None else fresh & offered
    alone = evaluate({"new": explorer}, bought, later, k=1, offered=among, beyond=False)
    hit = quality(alone, draws=draws).set_index("measure").loc[["hit_rate"], ["customers", *names]]
    hit = hit.set_axis(["customers", "with_new", "with_low", "with_high"], axis=1).rename(
        {"hit_rate": "new_product_hit"}
    )
    return pd.concat([pd.concat(parts, axis=1), hit]).rename_axis("measure").reset_index()
