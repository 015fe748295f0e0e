"""Folders of tables that two engines wrote, held against each other."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from analysis.data.engine.spark import SparkEngine

__all__ = ["JAVA", "MANY", "QUICK", "assert_same", "expect_small_tables"]

#: Half of the time of a JVM that lives for a minute or two goes into its best compiler and its collector's threads.
#: The quick compiler has little room for code unless it is given more.
JAVA = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC"
MANY = {
    "spark.driver.defaultJavaOptions": JAVA,
    "spark.executor.defaultJavaOptions": JAVA,
    "spark.sql.shuffle.partitions": "4",
}
#: Compiling every statement takes longer than running it on small tables; what it means stays the same.
QUICK = {
    **MANY,
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "2",
}


def expect_small_tables(engine: SparkEngine) -> SparkEngine:
    """Give an engine that is open what of `QUICK` can be set while Spark runs."""
    for name, value in QUICK.items():
        if name.startswith("spark.sql."):
            engine.session.conf.set(name, value)
    return engine


def assert_same(expected: Path, found: Path) -> None:
    """The same files, columns, types, rows and order of rows; JSON files of the same bytes."""
    names = sorted(path.relative_to(expected) for path in expected.rglob("*.parquet"))
    assert names and names == sorted(path.relative_to(found) for path in found.rglob("*.parquet"))
    for name in names:
        one, other = pq.read_table(expected / name), pq.read_table(found / name)
        types = [(field.name, field.type) for field in one.schema]
        assert types == [(field.name, field.type) for field in other.schema], name
        if name.stem == "outliers":  # Java and C take logarithms that differ in the last bit
            _assert_close(one.to_pandas(), other.to_pandas())
            continue
        for column in one.column_names:
            assert one[column].equals(other[column]), f"{name}: {column}"
    for path in expected.rglob("*.json"):
        assert path.read_bytes() == (found / path.relative_to(expected)).read_bytes(), path.name


def _assert_close(one: pd.DataFrame, other: pd.DataFrame) -> None:
    fences = ["lower", "upper"]
    assert one.drop(columns=fences).equals(other.drop(columns=fences))
    for a, b in zip(one[fences].to_numpy().ravel(), other[fences].to_numpy().ravel(), strict=True):
        assert math.isclose(a, b, rel_tol=1e-14) or (math.isnan(a) and math.isnan(b))
