"""Files by address: who may name them, what is refused, and that nothing of a file is lost or read twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.data.sources import RemoteFile, SourceSpec, check, ingest, is_address
from analysis.errors import AnalysisError

COLUMNS = {"customer_id": "who", "product_id": "what", "timestamp": "when"}
TABLE = pa.table({"who": list(range(1000)), "what": ["a", "", None, "é"] * 250, "when": pa.nulls(1000)})


class Storage:
    """Files of a folder under addresses, in batches of a few rows that a test may tamper with."""

    def __init__(self, folder: Path, change: Callable[[list[pa.RecordBatch]], list[pa.RecordBatch]], size: int) -> None:
        self.folder, self.change, self.size = folder, change, size

    def find(self, pattern: str) -> list[RemoteFile]:
        paths = sorted(self.folder.glob(pattern.removeprefix("store://bucket/")))
        return [RemoteFile(f"store://bucket/{path.name}", path.stat().st_size, 0, None) for path in paths]

    def open(self, file: RemoteFile) -> IO[bytes]:
        return (self.folder / file.url.rpartition("/")[2]).open("rb")

    def check(self, file: RemoteFile, names: Sequence[str]) -> None:
        assert set(names) == set(COLUMNS.values())

    def batches(self, file: RemoteFile, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        table = pq.read_table(self.folder / file.url.rpartition("/")[2], columns=list(names))
        table = table.append_column("row", pa.array(range(table.num_rows), pa.int64()))
        yield from self.change(table.combine_chunks().to_batches(max_chunksize=self.size))


def _storage(folder: Path, change: Callable = lambda batches: batches, *, size: int = 300) -> Storage:
    folder.mkdir(exist_ok=True)
    pq.write_table(TABLE, folder / "b.parquet")
    pq.write_table(TABLE.slice(0, 10), folder / "a.parquet")
    return Storage(folder, change, size)


def _sources(*files: str, **options: str) -> dict[str, list[SourceSpec]]:
    return {"transactions": [SourceSpec(files=files, columns=COLUMNS, **options)]}  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["s3a://b/x*.parquet", "hdfs://h:8020/x", "file:///x", "file:/x", "abfss://c@a.net/x"])
def test_addresses(name: str) -> None:
    assert is_address(name)
    (fault,) = check(_sources(name), root=Path("/"))
    assert fault.startswith(f"sources.transactions[0].files: {name!r} is an address") and "engine: spark" in fault


@pytest.mark.parametrize("name", ["a.parquet", "/data/a:b.parquet", "C:/a.csv", "a:b", "../s3/x"])
def test_paths(name: str) -> None:
    assert not is_address(name)


def test_files_of_both_kinds_are_one_table_in_the_order_of_their_names(tmp_path: Path) -> None:
    storage = _storage(tmp_path / "store")
    pq.write_table(TABLE.slice(0, 5), tmp_path / "local.parquet")
    sources = _sources("store://bucket/*.parquet", "local.parquet")
    assert check(sources, root=tmp_path, remote=storage) == []
    report = ingest(sources, root=tmp_path, out=tmp_path / "raw", remote=storage)
    parts = report.tables["transactions"]
    names = ["local.parquet", "store://bucket/a.parquet", "store://bucket/b.parquet"]
    assert [(part.file, part.rows, part.lines) for part in parts] == list(
        zip(names, (5, 10, 1000), (5, 10, 1000), strict=True)
    )
    rows = pq.read_table(tmp_path / "raw" / "transactions.parquet")
    assert rows["source_file"].to_pylist() == [names[0]] * 5 + [names[1]] * 10 + [names[2]] * 1000
    assert rows["source_line"].to_pylist() == [*range(1, 6), *range(1, 11), *range(1, 1001)]
    assert rows["product_id"].to_pylist()[15:19] == ["a", None, None, "é"]


def test_the_checksum_knows_contents_and_not_batches(tmp_path: Path) -> None:
    def checksum(size: int, table: pa.Table) -> str:
        storage = _storage(tmp_path / "store", size=size)
        pq.write_table(table, tmp_path / "store" / "b.parquet")
        out = tmp_path / "raw"
        ingest(_sources("store://bucket/b.parquet"), root=tmp_path, out=out, remote=storage)
        return str(json.loads((out / "ingest.json").read_text())["tables"]["transactions"][0]["sha256"])

    one = checksum(300, TABLE)
    assert one == checksum(7, TABLE)
    moved = TABLE.set_column(1, "what", pa.array(["", "a", None, "é"] * 250))
    assert one != checksum(300, moved), "the same texts in other rows"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda batches: batches[:-1], "900 of its 1,000 rows came"),
        (lambda batches: [batches[1], batches[0], *batches[2:]], "after row 0 came others than the next ones"),
        (lambda batches: [*batches[:2], *batches[1:]], "after row 600 came others"),
    ],
)
def test_rows_that_are_lost_moved_or_doubled_stop_the_run(change: Callable, words: str, tmp_path: Path) -> None:
    storage = _storage(tmp_path / "store", change)
    with pytest.raises(AnalysisError, match=words):
        ingest(_sources("store://bucket/b.parquet"), root=tmp_path, out=tmp_path / "raw", remote=storage)
    assert not (tmp_path / "raw").exists()


def test_faults_name_the_key(tmp_path: Path) -> None:
    storage = _storage(tmp_path / "store")
    for sources, words in (
        (_sources("store://bucket/x*"), "files: 'store://bucket/x*' matches no file"),
        (_sources("s3a://me:hidden@bucket/a.parquet"), "'s3a://…@bucket/a.parquet' holds a password"),
        (_sources("store://bucket/*", format="csv"), "is to be read as csv, but by address only Parquet is read"),
    ):
        (fault,) = check(sources, root=tmp_path, remote=storage)
        assert fault.startswith("sources.transactions[0].files: ") and words in fault and "hidden" not in fault
