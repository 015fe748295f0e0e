"""Spark gives the tables that DuckDB gives, values and types: odd texts, many lines, a lost worker."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from benchmarks.simulation import lines

from analysis import cleaning, features
from analysis.data.engine import Engine
from analysis.data.engine.spark import SparkEngine
from analysis.errors import AnalysisError
from analysis.pipeline.engines import open_engine
from analysis.pipeline.project import Build
from spark.cluster import Cluster, running
from spark.comparison import MANY, assert_same, expect_small_tables
from spark.edge_cases import OPTIONS, tables

pytestmark = pytest.mark.spark

#: SPARK_LINES=20000 is for those who are in a hurry.
LINES = int(os.environ.get("SPARK_LINES", 1_000_000))
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lines")
    lines.write_parquet(folder / "transactions.parquet", n_lines=LINES, seed=3)
    _clean_lines(folder, None, folder / "duckdb")
    _build(folder / "duckdb", None)
    yield folder


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    _clean_odd(None, folder)
    return folder


def _clean_odd(engine: Engine | None, out: Path) -> None:
    cleaning.clean(tables(), engine=engine, product_case="keep", **OPTIONS).write(out / "clean")
    _build(out, engine)


def _clean_lines(folder: Path, engine: Engine | None, out: Path) -> None:
    raw = {"transactions": folder / "transactions.parquet"}
    cleaning.clean(raw, engine=engine, non_product_codes=list(lines.NON_PRODUCTS)).write(out / "clean")


def _build(out: Path, engine: Engine | None) -> None:
    features.build(out / "clean", engine=engine, cutoffs=2).write(out / "features")


def test_odd_texts_and_many_lines_on_this_machine(odd: Path, many: Path, tmp_path: Path) -> None:
    with SparkEngine(master="local[2]", driver_memory="2g", options=MANY) as engine:
        with expect_small_tables(SparkEngine(session=engine.session)) as small:
            _clean_odd(small, tmp_path / "odd")
        _clean_lines(many, engine, tmp_path / "many")
        _build(tmp_path / "many", engine)
    assert_same(odd, tmp_path / "odd")
    assert_same(many / "duckdb", tmp_path / "many")


def test_odd_texts_and_many_lines_on_a_cluster_that_loses_a_worker(odd: Path, many: Path, tmp_path: Path) -> None:
    exchanged = tmp_path / "exchanged"
    exchanged.mkdir()
    place = f"file://{exchanged}"
    with running(tmp_path) as cluster:
        options = {**MANY, "spark.executor.memory": "700m"}
        with SparkEngine(master=cluster.master, folder=place, driver_memory="2g", options=options) as engine:
            with expect_small_tables(SparkEngine(session=engine.session, folder=place)) as small:
                _clean_odd(small, tmp_path / "odd")
            _clean_lines(many, engine, tmp_path / "many")
            killed = _kill_amid(engine, cluster, number=4)
            _build(tmp_path / "many", engine)
            assert killed() and [worker.poll() for worker in cluster.workers] == [-9, None]
        assert not list(exchanged.iterdir()), "nothing of the exchange is left"
    assert_same(odd, tmp_path / "odd")
    assert_same(many / "duckdb", tmp_path / "many")


def _kill_amid(engine: SparkEngine, cluster: Cluster, *, number: int) -> Callable[[], bool]:
    """Kill a worker while tasks run for the table of this number; tell whether they ran when it died."""
    tracker = engine.session.sparkContext.statusTracker()
    store, made, tasks = engine.table, 0, 0

    def running_tasks() -> int:
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        return sum(stage.numActiveTasks for stage in stages if stage is not None)

    def wait_and_kill() -> None:
        nonlocal tasks
        while not (tasks := running_tasks()):
            time.sleep(0.01)
        cluster.kill_a_worker()

    def table(name: str, sql: str) -> None:
        nonlocal made
        made += 1
        if made == number:
            killer = threading.Thread(target=wait_and_kill, daemon=True)
            killer.start()
            store(name, sql)
            killer.join(timeout=60)
        else:
            store(name, sql)

    engine.table = table  # type: ignore[method-assign]
    return lambda: tasks > 0


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
