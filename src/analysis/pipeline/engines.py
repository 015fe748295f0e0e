"""The engine that a profile asks for, opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.data.engine import DuckDBEngine
from analysis.pipeline.params import load_profile
from analysis.pipeline.project import Build

if TYPE_CHECKING:
    from analysis.data.engine.spark import SparkEngine

__all__ = ["open_engine"]


def open_engine(build: Build) -> DuckDBEngine | SparkEngine:
    """Open the engine of a build's profile, for a `with` statement.

    Raises
    ------
    AnalysisError
        If the engine is spark, and pyspark or Java is missing, pyspark is not the locked one, or Spark does not start.
    """
    profile = load_profile(build.profile, root=build.root)
    if profile.engine == "duckdb":
        return DuckDBEngine(memory_limit=profile.duckdb.memory_limit)
    from analysis.data.engine.spark import SparkEngine
    from analysis.pipeline.runner.environment import SPARK_LOCK, check_lock

    check_lock(build.root, SPARK_LOCK)
    return SparkEngine(**profile.spark.model_dump())
