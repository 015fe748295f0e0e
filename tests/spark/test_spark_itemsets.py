"""MLlib's FP-growth finds the itemsets that our own search finds, with the same counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analysis import rules
from analysis.data.engine.spark_session import open_session
from analysis.errors import AnalysisError
from analysis.rules.spark import spark_itemsets
from spark.comparison import JAVA

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def _lines() -> pd.DataFrame:
    """Baskets with items that go together, items that stand twice in a basket, and lines without an item."""
    random = np.random.default_rng(5)
    rows = [
        (basket, f"p{item:02d}")
        for basket in range(800)
        for item in {*random.zipf(1.6, 6) % 30, *((1, 2, 3) if basket % 4 == 0 else ())}
    ]
    return pd.DataFrame([*rows, *rows[::7], (0, None), (900, "p01")], columns=["basket_key", "product_id"])


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    settings = {"spark.sql.shuffle.partitions": "2", "spark.driver.defaultJavaOptions": JAVA}
    session = open_session("local[2]", "1g", settings, scratch=tmp_path_factory.mktemp("spark"))
    yield session
    session.stop()


def test_the_same_itemsets_and_counts(session: SparkSession) -> None:
    lines = _lines()
    given = session.createDataFrame(pa.Table.from_pandas(lines, preserve_index=False))
    with pytest.raises(AnalysisError, match="no column nothing"):
        spark_itemsets(given, min_support=0.1, item="nothing")
    with pytest.raises(AnalysisError, match="min_support"):
        spark_itemsets(given, min_support=0)
    found = spark_itemsets(given, min_support=0.05)
    baskets = rules.baskets(lines.dropna(), basket="basket_key", item="product_id")
    own = rules.frequent_itemsets(baskets, min_support=0.05, max_length=20).table
    assert len(own) > 50 and own["length"].max() >= 4
    assert dict(zip(found["items"], found["count"], strict=True)) == dict(zip(own["items"], own["count"], strict=True))
    assert dict(zip(found["items"], found["support"], strict=True)) == pytest.approx(
        dict(zip(own["items"], own["support"], strict=True))
    )


def test_a_share_that_is_a_whole_number_of_baskets_is_not_rounded_up(session: SparkSession) -> None:
    rows = [(basket, item) for basket in range(100) for item in ("a", "b") if item == "a" or basket < 7]
    assert 0.07 * 100 > 7, "what MLlib would round up to 8"
    given = session.createDataFrame(rows, "basket_key int, product_id string")
    assert list(spark_itemsets(given, min_support=0.07)["items"]) == [("a",), ("b",), ("a", "b")]


def test_spark_as_an_engine_of_the_search(session: SparkSession) -> None:
    data = rules.baskets(_lines().dropna(), basket="basket_key", item="product_id")
    search: dict[str, Any] = {"min_support": 0.03, "max_length": 5, "exclude": ["p07"]}
    own = rules.frequent_itemsets(data, **search)
    found = rules.frequent_itemsets(data, engine="spark", **search)
    assert found.algorithm == "fpgrowth" and len(own.levels) >= 4
    assert rules.compare_algorithms(own, found) and own.table.equals(found.table)
    for most in (own.by_length[1], sum(len(level) for level in own.levels[:3]), len(own) - 1):
        few = rules.frequent_itemsets(data, **search, max_itemsets=most)
        same = rules.frequent_itemsets(data, **search, max_itemsets=most, engine="spark")
        assert rules.compare_algorithms(few, same) and (few.max_length, few.asked_length) == (
            same.max_length,
            same.asked_length,
        )
    shallow = {**search, "max_length": 3}
    assert rules.compare_algorithms(
        rules.frequent_itemsets(data, **shallow), rules.frequent_itemsets(data, engine="spark", **shallow)
    )
    nothing = rules.frequent_itemsets(data, min_support=1.0, engine="spark")
    assert len(nothing) == 0
    mined = rules.association_rules(found, min_confidence=0.2).table
    assert mined.equals(rules.association_rules(own, min_confidence=0.2).table) and len(mined)
