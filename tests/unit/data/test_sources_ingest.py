"""Whole profiles: tables, quarantine, report; the same bytes again; checks before anything runs."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.data.sources import TABLES, IngestReport, SourceSpec, check, ingest, resolve_files
from analysis.data.sources.writers import ROW_GROUP, ParquetSink, replaced_folder
from analysis.errors import AnalysisError

MAP = {"customer_id": "用户编号", "product_id": "商品", "timestamp": "时间"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with two shapes of purchases, in two encodings, and a table of customers."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "b.csv").write_bytes("用户编号,商品,时间\n2,茶,2020\nbad\n".encode("gb18030"))
    (data / "a.csv").write_bytes("商品;时间;用户编号\n 米 ;2019;1\n;2019;\n".encode("utf-8-sig"))
    (data / "old.csv.gz").write_bytes(gzip.compress(b"who|what|when|n\n3|x|2018|7\n"))
    (data / "customers.csv").write_text("id,Age\n1,30\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def tables() -> dict[str, list[SourceSpec]]:
    old = {"customer_id": "who", "product_id": "what", "timestamp": "when", "quantity": "n"}
    return {
        "transactions": [
            SourceSpec(files=("data/old.csv.gz",), columns=old),
            SourceSpec(files=("data/[ab].csv", "data/a.csv"), columns=MAP),
        ],
        "customers": [SourceSpec(files=("data/customers.csv",), columns={"customer_id": "id", "age": "Age"})],
    }


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_tables_quarantine_and_report(root: Path, tables: dict[str, list[SourceSpec]]) -> None:
    said: list[str] = []
    assert check(tables, root=root) == []
    report = ingest(tables, root=root, out=root / "raw", progress=said.append)
    assert sorted(hashes(root / "raw")) == [
        "customers.parquet",
        "ingest.json",
        "quarantine.parquet",
        "transactions.parquet",
    ]
    table = pq.read_table(root / "raw/transactions.parquet")
    assert table.column_names == [*TABLES["transactions"].columns, "source_file", "source_line"]
    assert {str(field.type) for field in table.schema} == {"string", "int64"}
    rows = [
        (row["customer_id"], row["product_id"], row["quantity"], row["source_file"], row["source_line"])
        for row in table.to_pylist()
    ]
    assert rows == [
        ("1", " 米 ", None, "data/a.csv", 2),
        (None, None, None, "data/a.csv", 3),
        ("2", "茶", None, "data/b.csv", 2),
        ("3", "x", "7", "data/old.csv.gz", 2),
    ]
    assert pq.read_table(root / "raw/quarantine.parquet").to_pylist() == [
        {
            "table": "transactions",
            "source_file": "data/b.csv",
            "source_line": 3,
            "byte_offset": 29,
            "reason": "too few fields: 1, expected 3",
            "raw": "bad",
        }
    ]
    assert pq.read_table(root / "raw/customers.parquet").column_names[:2] == ["customer_id", "age"]
    assert IngestReport.read(root / "raw/ingest.json") == report
    content = json.loads((root / "raw/ingest.json").read_text(encoding="utf-8"))["tables"]["transactions"]
    assert [(p["file"], p["encoding"], p["encoding_source"], p["delimiter"]) for p in content] == [
        ("data/a.csv", "utf-8", "bom", ";"),
        ("data/b.csv", "gb18030", "guessed", ","),
        ("data/old.csv.gz", "utf-8", "guessed", "|"),
    ]
    b = report.tables["transactions"][1]
    assert (b.lines, b.header_lines, b.rows, b.quarantined, dict(b.reasons)) == (3, 1, 1, 1, {"too few fields": 1})
    assert b.sha256 == hashlib.sha256((root / "data/b.csv").read_bytes()).hexdigest()
    assert said[0] == "transactions: data/a.csv: 2 rows, 0 quarantined" and len(said) == 4


def test_the_same_bytes_whatever_the_process(root: Path, tables: dict[str, list[SourceSpec]]) -> None:
    ingest(tables, root=root, out=root / "raw")
    code = (
        "import sys, pathlib; from analysis.data.sources import *; root = pathlib.Path(sys.argv[1])\n"
        f"ingest({tables!r}, root=root, out=root / 'again')"
    )
    os.utime(root / "data/a.csv", (1, 1))
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LANG": "C", "LC_ALL": "C"}
    source = str(Path(sys.modules["analysis"].__file__ or "").parents[1])
    environment["PYTHONPATH"] = os.pathsep.join([source, environment.get("PYTHONPATH", "")])
    subprocess.run([sys.executable, "-c", code, str(root)], check=True, env=environment)
    assert hashes(root / "again") == hashes(root / "raw")


def test_row_groups_do_not_depend_on_how_rows_arrive(tmp_path: Path) -> None:
    schema = pa.schema([("n", pa.int64())])
    size = 2 * ROW_GROUP + 17
    for name, step in (("a", 1000), ("b", size), ("c", ROW_GROUP + 1)):
        with ParquetSink(tmp_path / name, schema) as sink:
            for start in range(0, size, step):
                part = pa.array(range(start, min(start + step, size)), pa.int64())
                sink.write(pa.record_batch([part], schema=schema))
    assert len(set(hashes(tmp_path).values())) == 1
    file = pq.ParquetFile(tmp_path / "a")
    assert [file.metadata.row_group(k).num_rows for k in range(3)] == [ROW_GROUP, ROW_GROUP, 17]
    assert file.read().column("n").to_pylist() == list(range(size))


def test_a_failing_run_leaves_what_was_there(root: Path, tables: dict[str, list[SourceSpec]]) -> None:
    ingest(tables, root=root, out=root / "raw")
    before = hashes(root / "raw")
    (root / "data/b.csv").write_text("用户编号,商品,时间\n1\n2\n", encoding="utf-8")
    with pytest.raises(AnalysisError, match=r"data/b\.csv: not one of its 2 records could be read; the first, line 2"):
        ingest(tables, root=root, out=root / "raw")
    assert hashes(root / "raw") == before
    assert sorted(path.name for path in root.iterdir()) == ["data", "raw"]


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    out = tmp_path / "raw"
    (tmp_path / ".raw.partial").mkdir()
    (tmp_path / ".raw.partial" / "torn").touch()
    # Killed between the two renames: the former folder is the good one.
    (tmp_path / ".raw.former").mkdir()
    (tmp_path / ".raw.former" / "good").touch()
    with pytest.raises(ZeroDivisionError), replaced_folder(out):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.rglob("*")] == ["raw", "good"]
    with replaced_folder(out) as folder:
        (folder / "new").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["raw", "new"]


def test_a_place_that_cannot_be_written(root: Path, tables: dict[str, list[SourceSpec]]) -> None:
    (root / "file").touch()
    with pytest.raises(AnalysisError, match="cannot be written"):
        ingest(tables, root=root, out=root / "file" / "raw")


# --- checks before anything runs -------------------------------------------------------------------------


def test_all_problems_at_once(root: Path) -> None:
    (root / "data/empty.csv").touch()
    (root / "data/blank.csv").write_text("\n\n")
    (root / "data/fake.csv.gz").write_text("a,b\n")
    (root / "data/really.csv").write_bytes(gzip.compress(b"a,b\n"))
    (root / "data/cut.parquet").write_bytes(b"PAR1 and no more")
    (root / "data/page.csv").write_text("<!DOCTYPE html><p>log in</p>")
    (root / "data/twice.csv").write_text("id,用户编号,用户编号 ,商品,时间\n")
    names = ["empty.csv", "blank.csv", "fake.csv.gz", "really.csv", "cut.parquet", "page.csv", "twice.csv"]
    problems = check({"transactions": [SourceSpec(files=(f"data/{name}",), columns=MAP) for name in names]}, root=root)
    assert len(problems) == len(names)
    for problem, name, words in zip(
        problems,
        names,
        [
            "the file is empty",
            "no header line",
            "its name says gzip, but its content is plain text",
            "its name says plain text, but its content is gzip",
            "cut off",
            "its content is web page",
            "2 columns of the header have the same name '用户编号' (columns 2, 3)",
        ],
        strict=True,
    ):
        assert problem.startswith(f"data/{name}: ") and words in problem, problem


def test_a_missing_column_names_its_nearest(root: Path) -> None:
    columns = {**MAP, "quantity": "商品数", "country": "land"}
    (problem,) = check({"transactions": [SourceSpec(files=("data/a.csv",), columns=columns)]}, root=root)
    assert problem.startswith("data/a.csv: the header has no columns '商品数' (for quantity)")
    assert "did you mean '商品'" in problem and "'land' (for country)" in problem
    assert "The header is: '商品', '时间', '用户编号'" in problem


def test_what_is_wrong_in_the_profile_itself(root: Path) -> None:
    spec = SourceSpec(
        files=("data/a.csv",),
        columns={"customer_id": "a", "product_id": "b", "quantiy": "c", "source_line": "d"},
        encoding="utf8000",
        delimiter="||",
        header=False,
    )
    problems = check({"transactions": [spec], "purchases": [spec]}, root=root)
    for words in (
        "sources.transactions[0].columns: the required column 'timestamp'",
        "no column 'quantiy' (did you mean 'quantity'?)",
        "'source_line' is written by ingestion itself",
        "'utf8000' is no text encoding",
        "'||' is not one character",
        "sources.transactions[0].column_names: needed",
        "sources.purchases[0]: there is no table 'purchases'",
    ):
        assert sum(words in problem for problem in problems) == 1, words
    with pytest.raises(AnalysisError, match="quantiy"):
        ingest({"transactions": [spec]}, root=root, out=root / "raw")
    assert any("'transactions' is missing" in problem for problem in check({}, root=root))


def test_files_that_are_not_there(root: Path) -> None:
    spec = SourceSpec(files=("data/costumers.csv",), columns=MAP)
    with pytest.raises(AnalysisError, match=r"files: 'data/costumers\.csv' does not exist; near names .*customers"):
        resolve_files(spec, root)
    (problem,) = check({"transactions": [SourceSpec(files=("data/*.tsv",), columns=MAP)]}, root=root)
    assert problem.startswith("sources.transactions[0].files: 'data/*.tsv' matches no file") and "a.csv" in problem
    with pytest.raises(AnalysisError, match="there is no folder"):
        resolve_files(SourceSpec(files=("dada/a.csv",), columns=MAP), root)
    with pytest.raises(AnalysisError, match=r"is a folder; name its files, for example data/\*\.csv"):
        resolve_files(SourceSpec(files=("data",), columns=MAP), root)
    absolute = SourceSpec(files=(str(root / "data/a.csv"), "data/*.csv"), columns=MAP)
    assert [path.name for path in resolve_files(absolute, root)] == ["a.csv", "b.csv", "customers.csv"]


def test_a_file_named_by_two_sources(root: Path) -> None:
    spec = SourceSpec(files=("data/a.csv",), columns=MAP)
    (problem,) = check({"transactions": [spec, spec]}, root=root)
    assert "data/a.csv is named by more than one source" in problem
    with pytest.raises(AnalysisError, match="count twice"):
        ingest({"transactions": [spec, spec]}, root=root, out=root / "raw")


# --- real files ------------------------------------------------------------------------------------------

RETAIL = {
    "invoice_id": "Invoice",
    "product_id": "StockCode",
    "description": "Description",
    "quantity": "Quantity",
    "timestamp": "InvoiceDate",
    "unit_price": "Price",
    "customer_id": "Customer ID",
    "country": "Country",
}


@pytest.mark.reference_data
def test_online_retail_loses_nothing(reference_data: Path, tmp_path: Path) -> None:
    """1,067,371 rows, every cell as pandas reads it."""
    name = "online_retail_II/online_retail_II.csv.gz"
    spec = SourceSpec(files=(name,), columns=RETAIL)
    report = ingest({"transactions": [spec]}, root=reference_data, out=tmp_path / "raw")
    part = report.tables["transactions"][0]
    assert (part.rows, part.quarantined, part.lines, part.blank) == (1_067_371, 0, 1_067_372, 0)
    theirs = pd.read_csv(reference_data / name, dtype=str, keep_default_na=False)
    ours = pq.read_table(tmp_path / "raw/transactions.parquet")
    for canonical, source in RETAIL.items():
        expected = pa.array([one or None for one in theirs[source].tolist()], pa.string())
        assert ours.column(canonical).combine_chunks().equals(expected), canonical
    assert ours.column("source_line").to_pylist() == list(range(2, 1_067_373))
    assert ours.column("customer_id").null_count == 243_007


@pytest.mark.reference_data
@pytest.mark.parametrize(
    "name", ["dirty_clean/beers/dirty.csv", "dirty_clean/hospital/dirty.csv", "reviews/womens_clothing_reviews.csv.gz"]
)
def test_other_files_as_pandas_reads_them(reference_data: Path, tmp_path: Path, name: str) -> None:
    theirs = pd.read_csv(reference_data / name, dtype=str, keep_default_na=False)
    named = [column for column in theirs.columns if not column.startswith("Unnamed")]
    columns = {"customer_id": named[0]} | {f"c{k}": column for k, column in enumerate(named[1:])}
    spec = SourceSpec(files=(name,), columns=columns)
    report = ingest({"customers": [spec]}, root=reference_data, out=tmp_path / "raw")
    assert (report.rows("customers"), report.quarantined("customers")) == (len(theirs), 0)
    ours = pq.read_table(tmp_path / "raw/customers.parquet")
    for canonical, source in columns.items():
        assert ours.column(canonical).to_pylist() == [one or None for one in theirs[source].tolist()]


@pytest.mark.reference_data
def test_ragged_baskets_as_one_column(reference_data: Path, tmp_path: Path) -> None:
    """9,835 baskets without header; read with commas they are ragged, and the message says so."""
    spec = SourceSpec(
        files=("groceries/groceries.csv",),
        columns={"customer_id": "basket"},
        header=False,
        column_names=("basket",),
        delimiter="\t",
    )
    report = ingest({"customers": [spec]}, root=reference_data, out=tmp_path / "raw")
    assert (report.rows("customers"), report.quarantined("customers")) == (9_835, 0)
    baskets = pq.read_table(tmp_path / "raw/customers.parquet").column("customer_id").to_pylist()
    assert baskets == (reference_data / "groceries/groceries.csv").read_text().splitlines()
    commas = SourceSpec(files=spec.files, columns=spec.columns, header=False, column_names=("basket",), delimiter=",")
    ragged = ingest({"customers": [commas]}, root=reference_data, out=tmp_path / "raw")
    single = sum("," not in basket for basket in baskets)
    assert (ragged.rows("customers"), ragged.quarantined("customers")) == (single, 9_835 - single)


@pytest.mark.reference_data
def test_parquet_of_another_maker(reference_data: Path, tmp_path: Path) -> None:
    columns = {
        "customer_id": "household_id",
        "product_id": "product_id",
        "timestamp": "transaction_timestamp",
        "invoice_id": "basket_id",
        "line_amount": "sales_value",
        "quantity": "quantity",
    }
    name = "complete_journey/transactions_sample.parquet"
    spec = SourceSpec(files=(name,), columns=columns)
    assert check({"transactions": [spec]}, root=reference_data) == []
    ingest({"transactions": [spec]}, root=reference_data, out=tmp_path / "raw")
    ours = pd.read_parquet(tmp_path / "raw/transactions.parquet")
    theirs = pd.read_parquet(reference_data / name)
    assert len(ours) == len(theirs) == 75_000
    assert (ours.line_amount.astype(float) == theirs.sales_value).all()
    assert not ours.customer_id.str.contains(".", regex=False).any()
    assert (ours.customer_id.astype(int) == theirs.household_id.astype(int)).all()
    moments = pd.to_datetime(ours.timestamp, format="ISO8601")
    assert (moments == pd.to_datetime(theirs.transaction_timestamp, utc=True).dt.tz_localize(None)).all()
