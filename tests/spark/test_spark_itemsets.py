"""MLlib's FP-growth finds the itemsets that our own search finds, with the same counts."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analysis import rules
from analysis.data.engine.spark_session import check_java, open_session
from analysis.errors import AnalysisError
from analysis.rules.spark import spark_itemsets

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


def test_the_same_itemsets_and_counts(tmp_path: Path) -> None:
    try:
        import pyspark  # noqa: F401

        check_java()
    except (ImportError, AnalysisError) as error:
        if os.environ.get("REQUIRE_SPARK") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))
    lines = _lines()
    settings = {"spark.sql.shuffle.partitions": "2", "spark.driver.defaultJavaOptions": "-XX:TieredStopAtLevel=1"}
    session = open_session("local[2]", "1g", settings, scratch=tmp_path)
    try:
        given = session.createDataFrame(pa.Table.from_pandas(lines, preserve_index=False))
        with pytest.raises(AnalysisError, match="no column nothing"):
            spark_itemsets(given, min_support=0.1, item="nothing")
        with pytest.raises(AnalysisError, match="min_support"):
            spark_itemsets(given, min_support=0)
        found = spark_itemsets(given, min_support=0.05)
    finally:
        session.stop()
    baskets = rules.baskets(lines.dropna(), basket="basket_key", item="product_id")
    own = rules.frequent_itemsets(baskets, min_support=0.05, max_length=20).table
    assert len(own) > 50 and own["length"].max() >= 4
    assert dict(zip(found["items"], found["count"], strict=True)) == dict(zip(own["items"], own["count"], strict=True))
    assert dict(zip(found["items"], found["support"], strict=True)) == pytest.approx(
        dict(zip(own["items"], own["support"], strict=True))
    )
