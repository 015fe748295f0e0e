"""Frequent itemsets by Spark's FP-growth, for baskets that live on Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["spark_itemsets"]


def spark_itemsets(
    lines: DataFrame, *, min_support: float, basket: str = "basket_key", item: str = "product_id"
) -> pd.DataFrame:
    """Find the itemsets that enough baskets hold, where the baskets are.

    Parameters
    ----------
    lines : pyspark.sql.DataFrame
        One row for each item of a basket; repeated and missing items count once and not at all.
    min_support : float
        Smallest share of baskets that hold an itemset, above 0 and at most 1.
    basket, item : str
        The columns that name them.

    Returns
    -------
    DataFrame, shape (n_itemsets, 4)
        items (tuple of str, sorted), length, count, support; ordered by length, then items: what
        `frequent_itemsets` finds in the same baskets.

    Raises
    ------
    AnalysisError
        For a column that is not there, a support out of range, or if there is no basket.

    Notes
    -----
    Parallel FP-growth (Li, Wang, Zhang, Zhang and Chang 2008) as in Spark's MLlib. Only itemsets come to this machine.
    """
    from pyspark.ml.fpm import FPGrowth
    from pyspark.sql import functions as f

    if absent := [name for name in (basket, item) if name not in lines.columns]:
        raise AnalysisError(f"the lines have no column {', '.join(absent)}; they have {', '.join(lines.columns)}")
    if not 0 < min_support <= 1:
        raise AnalysisError(f"min_support is {min_support}; it must be above 0 and at most 1")
    baskets = (
        lines.where(f.col(item).isNotNull() & f.col(basket).isNotNull())
        .groupBy(basket)
        .agg(f.collect_set(f.col(item).cast("string")).alias("items"))
        .cache()
    )
    try:
        n_baskets = baskets.count()
        if not n_baskets:
            raise AnalysisError("no line names a basket and an item")
        found = FPGrowth(itemsCol="items", minSupport=min_support).fit(baskets).freqItemsets.collect()
    finally:
        baskets.unpersist()
    rows = sorted((len(row["items"]), tuple(sorted(row["items"])), int(row["freq"])) for row in found)
    return pd.DataFrame(
        {
            "items": pd.Series([items for _, items, _ in rows], dtype=object),
            "length": [length for length, _, _ in rows],
            "count": [count for _, _, count in rows],
            "support": [count / n_baskets for _, _, count in rows],
        }
    )
