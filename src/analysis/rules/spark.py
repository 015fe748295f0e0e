"""Frequent itemsets by Spark's FP-growth: of tables that live on Spark, and as an engine of `frequent_itemsets`.

Parallel FP-growth (Li, Wang, Zhang, Zhang and Chang 2008, "PFP", RecSys) as in Spark's MLlib. This module needs
`pyspark` and Java only when a search begins.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.errors import AnalysisError
from analysis.rules.baskets import Baskets
from analysis.rules.eclat import in_order
from analysis.rules.itemsets import Levels, minimum_count

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["search_on_spark", "spark_itemsets"]


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
    Only itemsets come to this machine.
    """
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
        found = _itemsets(baskets, minimum_count(min_support, n_baskets), n_baskets).collect()
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


def search_on_spark(
    data: Baskets, single: np.ndarray, threshold: int, max_length: int, room: int
) -> tuple[Levels, int]:
    """Find itemsets of two and more of baskets in memory on Spark.

    Parameters
    ----------
    data : Baskets
        Of one level: without categories among the items.
    single : ndarray of int, shape (n_frequent,)
        Columns of the items that may take part, ascending.
    threshold, max_length : int
        Smallest number of baskets, longest itemset.
    room : int
        Itemsets that may be found; where there are more, the longest are left out, but never pairs.

    Returns
    -------
    tuple of list and int
        Members (int32, ascending, rows in lexicographic order) and counts of each length from 2, and the greatest
        length of which all fit.

    Raises
    ------
    AnalysisError
        If Spark is not installed or does not start, or for baskets of several levels.
    """
    if len(data.kin):
        raise AnalysisError(
            "Spark finds itemsets of products or of categories, not of both together; take engine='local' for those"
        )
    session = _session()
    from_two = data.matrix[:, single]
    from_two = from_two[np.diff(from_two.indptr) >= 2]
    if from_two.shape[0] < threshold:
        return [], max_length
    lists = pa.ListArray.from_arrays(from_two.indptr.astype(np.int32), from_two.indices.astype(np.int32))
    baskets = session.createDataFrame(pa.table({"items": lists})).cache()
    wanted = f"size(items) BETWEEN 2 AND {max_length}"
    # the search runs anew for each length unless its result is kept
    found = _itemsets(baskets, threshold, from_two.shape[0]).where(wanted).persist()
    try:
        lengths = found.selectExpr("size(items) AS length").groupBy("length").count()
        sizes = {row["length"]: row["count"] for row in lengths.collect()}
        levels, reached, total = [], max_length, 0
        for length in sorted(sizes):
            total += sizes[length]
            if length > 2 and total > room:
                reached = length - 1
                break
            levels.append(_level(found.where(f"size(items) = {length}"), length, single))
    finally:
        found.unpersist()
        baskets.unpersist()
    return levels, reached


def _itemsets(baskets: DataFrame, threshold: int, n_baskets: int) -> DataFrame:
    """The itemsets, items and freq, of at least so many of the baskets."""
    from pyspark.ml.fpm import FPGrowth

    # MLlib rounds the share times the number of baskets up: half a basket less cannot be rounded to another number
    return FPGrowth(itemsCol="items", minSupport=(threshold - 0.5) / n_baskets).fit(baskets).freqItemsets


def _level(found: DataFrame, length: int, single: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    table = found.selectExpr("sort_array(items) AS items", "freq").toArrow()
    members = table["items"].combine_chunks().flatten().to_numpy().reshape(-1, length)
    return in_order(single[members].astype(np.int32), table["freq"].to_numpy().astype(np.int64))


def _session() -> SparkSession:
    """The Spark session that is open, or one on this machine."""
    if importlib.util.find_spec("pyspark") is None:
        raise AnalysisError(
            "engine='spark' needs pyspark, which is not installed; say: make spark (Java 17 or newer is needed too)"
        )
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    try:
        return SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
    except (Py4JError, PySparkException, OSError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise AnalysisError(f"Spark did not start: {reason}. Is there Java 17 or newer on the PATH?") from error
