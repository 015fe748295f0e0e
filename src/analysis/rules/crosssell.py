"""Rules of one product that goes with another, mined from the baskets before a day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from analysis.rules.baskets import baskets
from analysis.rules.generation import association_rules
from analysis.rules.itemsets import frequent_itemsets

__all__ = ["cross_sell"]


def cross_sell(
    lines: pd.DataFrame,
    *,
    before: date | str,
    min_support: float,
    min_count: int = 1,
    min_confidence: float,
    max_basket_size: int | None = None,
    **search: Any,
) -> pd.DataFrame:
    """Rules between two products, as they could have been known on a day.

    Parameters
    ----------
    lines : DataFrame
        As `baskets` takes them, with `day`.
    before : date
        Only baskets strictly before this day are looked at.
    min_support, min_count, min_confidence, max_basket_size
        As `frequent_itemsets`, `association_rules` and `baskets`.
    **search
        Passed on to `frequent_itemsets`.

    Returns
    -------
    DataFrame
        antecedent_ids, consequent_ids, confidence, lift, count; no row where no basket lies before the day.

    Examples
    --------
    >>> days = ["2025-01-01", "2025-01-01", "2025-01-02", "2025-01-07", "2025-01-07"]
    >>> lines = pd.DataFrame({"basket_key": [1, 1, 2, 3, 3], "product_id": list("abaab"), "day": days})
    >>> found = cross_sell(lines, before="2025-01-05", min_support=0.1, min_confidence=0.4)
    >>> found[["antecedent_ids", "confidence"]].values.tolist()
    [[('a',), 0.5], [('b',), 1.0]]
    """
    columns = ["antecedent_ids", "consequent_ids", "confidence", "lift", "count"]
    earlier = lines[pd.to_datetime(lines["day"]) < pd.Timestamp(before)]
    if earlier.empty:
        return pd.DataFrame(columns=columns)
    data = baskets(earlier, max_size=max_basket_size)
    found = frequent_itemsets(data, min_support=min_support, min_count=min_count, max_length=2, **search)
    return association_rules(found, min_confidence=min_confidence).table.reindex(columns=columns)
