"""Spark is there, or what needs it is skipped; with REQUIRE_SPARK=1 its absence is a failure."""

from __future__ import annotations

import os

import pytest

from analysis.data.engine.spark_session import check_java
from analysis.errors import AnalysisError


@pytest.fixture(scope="session", autouse=True)
def spark_at_hand() -> None:
    try:
        import pyspark  # noqa: F401

        check_java()
    except (ImportError, AnalysisError) as error:
        if os.environ.get("REQUIRE_SPARK") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))
