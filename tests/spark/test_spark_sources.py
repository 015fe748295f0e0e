"""Files that Spark reads by their address become the raw tables that the same files on this machine become."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.data.engine.spark import SparkEngine
from analysis.data.sources import SourceSpec, check, ingest
from analysis.data.sources.spark_files import SparkFiles
from spark.comparison import JAVA

pytestmark = pytest.mark.spark

ROWS = 5000
NAMES = {"customer_id": "客 户", "product_id": "a.b`c", "timestamp": "when"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkFiles]:
    # small ranges, so that several tasks share a file
    options = {"spark.driver.defaultJavaOptions": JAVA, "spark.sql.files.maxPartitionBytes": "30k"}
    with SparkEngine(master="local[2]", driver_memory="1g", options=options) as engine:
        yield SparkFiles(engine)


def _values(seed: int) -> dict[str, pa.Array]:
    """A column of each type that has a text form, with NULLs and values at the edges."""
    random = np.random.default_rng(seed)
    holes = random.random(ROWS) < 0.1
    edges = [0.1, 1e-7, 1e22, 2e-3, 5e-324, -0.0, np.nan, np.inf, 9.5e15]
    floats = np.concatenate([edges, random.normal(size=ROWS - len(edges))])
    whole = random.integers(-(2**62), 2**62, ROWS)
    micros = random.integers(-(10**15), 4 * 10**15, ROWS)
    texts = np.array(["", " a ", "北京", 'it\'s "so"', "a\\b", "x\ny", "7.0"], dtype=object)
    words = texts[random.integers(0, len(texts), ROWS)]
    cents = [None if hole else Decimal(int(n % 10**7)).scaleb(-2) for hole, n in zip(holes, whole, strict=True)]
    days = [dt.date(1500, 1, 1) + dt.timedelta(days=int(n % 200_000)) for n in whole]
    return {
        "float64": pa.array(floats, mask=holes),
        "float32": pa.array(floats.astype(np.float32), mask=holes),
        "int64": pa.array(whole, mask=holes),
        "uint64": pa.array(whole.astype(np.uint64) * np.uint64(2), mask=holes),
        "int8": pa.array((whole % 100).astype(np.int8)),
        "decimal": pa.array(cents, pa.decimal128(12, 2)),
        "text": pa.array(words, pa.string(), mask=holes),
        "category": pa.array(words, pa.string()).dictionary_encode(),
        "bytes": pa.array([word.encode() for word in words], pa.binary()),
        "truth": pa.array(whole % 2 == 0, mask=holes),
        "date": pa.array(days, pa.date32()),
        "second": pa.array(micros // 10**6, pa.timestamp("s")),
        "milli": pa.array(micros // 1000, pa.timestamp("ms")),
        "micro": pa.array(micros, pa.timestamp("us"), mask=holes),
        "nano": pa.array(micros * 1000 + 7, pa.timestamp("ns")),
        "zone": pa.array(micros, pa.timestamp("us", "Asia/Shanghai")),
        "nanozone": pa.array(micros * 1000 + 7, pa.timestamp("ns", "Asia/Shanghai")),
        "duration": pa.array(micros % 10**9, pa.duration("ms")),
        "nothing": pa.nulls(ROWS),
    }


def _write(folder: Path, name: str, seed: int, **options: object) -> Path:
    table = pa.table(
        {
            "客 户": pa.array(np.arange(ROWS) % 97),
            "a.b`c": pa.array([f"p{n % 13}" for n in range(ROWS)]),
            "when": pa.array(np.arange(ROWS) * 1_000_001, pa.timestamp("us")),
            "WHEN": pa.array(["not this"] * ROWS),
            "list": pa.array([[1]] * ROWS),
            **_values(seed),
        }
    )
    pq.write_table(table, folder / name, row_group_size=700, **options)
    return folder / name


def _raw(folder: Path) -> tuple[pa.Table, list[dict[str, object]]]:
    reports = json.loads((folder / "ingest.json").read_text())["tables"]
    return pq.read_table(folder / "customers.parquet"), reports["customers"]


def test_the_same_raw_tables(files: SparkFiles, tmp_path: Path) -> None:
    (shared := tmp_path / "sha red").mkdir()
    for name, seed in (("b[1].parquet", 1), ("a.parquet", 2)):
        _write(shared, name, seed)
    columns = {"customer_id": "客 户", "product": "a.b`c", "bought": "when", **{name: name for name in _values(1)}}
    local = {"customers": [SourceSpec(files=("sha red/*.parquet",), columns=columns)]}
    remote = {"customers": [SourceSpec(files=(f"file://{shared}/*.parquet",), columns=columns)]}
    assert [fault for fault in check(remote, root=tmp_path, remote=files) if "transactions" not in fault] == []
    ingest(local, root=tmp_path, out=tmp_path / "one")
    ingest(remote, root=tmp_path, out=tmp_path / "two", remote=files)
    (one, told), (two, said) = _raw(tmp_path / "one"), _raw(tmp_path / "two")
    assert one.num_rows == 2 * ROWS and one.schema == two.schema
    for name in one.column_names:
        if name != "source_file":
            assert one[name].equals(two[name]), name
    assert two["source_file"].to_pylist() == [f"file://{tmp_path}/{name}" for name in one["source_file"].to_pylist()]
    for mine, theirs in zip(told, said, strict=True):
        assert theirs.pop("file") == f"file://{tmp_path}/{mine.pop('file')}"
        assert mine.pop("sha256") != theirs.pop("sha256")
        assert mine == theirs


def test_the_checksum_is_of_what_was_read(files: SparkFiles, tmp_path: Path) -> None:
    sums = []
    old = {"compression": "zstd", "use_deprecated_int96_timestamps": True}
    for name, seed, options in (("a", 1, {}), ("b", 1, old), ("c", 2, {})):
        _write(tmp_path, f"{name}.parquet", seed, **options)
        columns = {"customer_id": "客 户", "text": "text", "micro": "micro"}
        spec = SourceSpec(files=(f"file://{tmp_path}/{name}.parquet",), columns=columns)
        ingest({"customers": [spec]}, root=tmp_path, out=tmp_path / "raw", remote=files)
        sums.append(_raw(tmp_path / "raw")[1][0]["sha256"])
    assert sums[0] == sums[1] != sums[2]


def test_faults_are_told_before_anything_runs(files: SparkFiles, tmp_path: Path) -> None:
    path = _write(tmp_path, "a.parquet", 1)
    (tmp_path / "text.parquet").write_text("no Parquet")
    clock = pa.table({"客 户": ["a"], "a.b`c": ["b"], "when": pa.array([1], pa.time64("us"))})
    pq.write_table(clock, tmp_path / "clock.parquet")
    for address, changed, words in (
        (f"file://{path}", {"timestamp": "wen"}, "no column 'wen' (for timestamp) (did you mean 'when'?)"),
        (f"file://{path}", {"quantity": "list"}, "column 'list' (for quantity) has the type list"),
        (f"file://{tmp_path}/gone*.parquet", {}, "sources.transactions[0].files: 'file:///"),
        (f"file://{tmp_path}", {}, "is a folder; name its files"),
        (f"file://{tmp_path}/text.parquet", {}, "is no readable Parquet file"),
        (f"file://{tmp_path}/clock.parquet", {}, "clock.parquet: Spark cannot read it ("),
        ("nowhere://bucket/a.parquet", {}, "nowhere://bucket/a.parquet: Spark cannot read it"),
    ):
        spec = SourceSpec(files=(address,), columns=NAMES | changed)
        (fault,) = check({"transactions": [spec]}, root=tmp_path, remote=files)
        assert words in fault, fault


def test_a_changed_file_is_another_one_to_dvc(files: SparkFiles, tmp_path: Path) -> None:
    path = _write(tmp_path, "a.parquet", 1)
    (before,) = files.find(f"file://{path}")
    assert (before.url, before.size) == (f"file://{path}", path.stat().st_size)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    (after,) = files.find(f"file://{tmp_path}/*.parquet")
    assert (before.url, before.size) == (after.url, after.size)
    assert before.modified != after.modified == 1_000_000_000_000
