"""Spark gives the tables that DuckDB gives, values and types: odd texts, many lines, a lost worker."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from benchmarks.simulation import lines

from analysis import cleaning, features
from analysis.data.engine import Engine
from analysis.data.engine.spark import SparkEngine
from analysis.errors import AnalysisError
from analysis.pipeline.engines import open_engine
from analysis.pipeline.project import Build
from spark.cluster import running
from spark.comparison import QUICK, assert_same
from spark.edge_cases import OPTIONS, tables

pytestmark = pytest.mark.spark

#: SPARK_LINES=1000000 tries as many as that; each statement costs more than its rows do.
LINES = int(os.environ.get("SPARK_LINES", 200_000))
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lines")
    lines.write_parquet(folder / "transactions.parquet", n_lines=LINES, seed=3)
    _clean_lines(folder, None, folder / "duckdb")
    _build(folder / "duckdb", None)
    yield folder


def _clean_lines(folder: Path, engine: Engine | None, out: Path) -> None:
    raw = {"transactions": folder / "transactions.parquet"}
    cleaning.clean(raw, engine=engine, non_product_codes=list(lines.NON_PRODUCTS)).write(out / "clean")


def _build(out: Path, engine: Engine | None) -> None:
    features.build(out / "clean", engine=engine, cutoffs=2).write(out / "features")


def test_odd_texts_and_many_lines_on_this_machine(many: Path, tmp_path: Path) -> None:
    odd = tables()
    given: dict[str, Any] = {"product_case": "keep", **OPTIONS}
    cleaning.clean(odd, **given).write(tmp_path / "duckdb" / "clean")
    _build(tmp_path / "duckdb", None)
    with SparkEngine(master="local[2]", driver_memory="2g", options=QUICK) as engine:
        cleaning.clean(odd, engine=engine, **given).write(tmp_path / "spark" / "clean")
        _build(tmp_path / "spark", engine)
        _clean_lines(many, engine, tmp_path / "many")
        _build(tmp_path / "many", engine)
    assert_same(tmp_path / "duckdb", tmp_path / "spark")
    assert_same(many / "duckdb", tmp_path / "many")


def test_many_lines_on_a_cluster_that_loses_a_worker(many: Path, tmp_path: Path) -> None:
    exchanged = tmp_path / "exchanged"
    exchanged.mkdir()
    with running(tmp_path) as cluster:
        options = {**QUICK, "spark.executor.memory": "700m"}
        spark = SparkEngine(master=cluster.master, folder=f"file://{exchanged}", driver_memory="2g", options=options)
        with spark as engine:
            _clean_lines(many, engine, tmp_path / "spark")
            tables_made = 0
            store = engine.table

            def table(name: str, sql: str) -> None:
                nonlocal tables_made
                tables_made += 1
                if tables_made == 4:  # the tasks of this statement are then on their way
                    threading.Timer(0.5, cluster.kill_a_worker).start()
                store(name, sql)

            engine.table = table  # type: ignore[method-assign]
            _build(tmp_path / "spark", engine)
            assert [worker.poll() for worker in cluster.workers] == [-9, None]
        assert not list(exchanged.iterdir()), "nothing of the exchange is left"
    assert_same(many / "duckdb", tmp_path / "spark")


def test_a_profile_opens_its_engine(tmp_path: Path) -> None:
    text = (ROOT / "params" / "demo.yaml").read_text(encoding="utf-8")
    assert text.count("engine: duckdb") == 1
    (tmp_path / "params").mkdir()
    settings = "engine: spark\nspark: {master: 'local[1]', driver_memory: 1g}\n#"
    (tmp_path / "params" / "demo.yaml").write_text(text.replace("engine: duckdb", settings), encoding="utf-8")
    (tmp_path / "requirements-spark.lock").write_text((ROOT / "requirements-spark.lock").read_text())
    with open_engine(Build(tmp_path, "demo")) as engine:
        assert isinstance(engine, SparkEngine)
        engine.load("t", pd.DataFrame({"购买": ["a\\b", 'it\'s "so"', None]}))
        assert engine.rows('SELECT "购买" FROM t ORDER BY "购买" NULLS LAST') == [("a\\b",), ('it\'s "so"',), (None,)]
        with pytest.raises(AnalysisError, match="there is no such file"):
            engine.load("gone", tmp_path / "gone.parquet")
        (tmp_path / "broken.parquet").write_text("no Parquet")
        with pytest.raises(AnalysisError, match="not readable as Parquet"):
            engine.load("broken", tmp_path / "broken.parquet")
