"""The engine, the one way of values into SQL text, and the subset that two engines run alike."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.data import engine as engine_module
from analysis.data.engine import DuckDBEngine, as_text, literal, render, sql_text
from analysis.errors import AnalysisError

SQL_FILES = sorted(engine_module.SQL_FOLDER.glob("*.sql"))


def _code(path: Path) -> str:
    """The statement without comments."""
    return "\n".join(line.split("--")[0] if "'" not in line.split("--")[0] else line for line in _lines(path))


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("--")]


def test_there_are_sql_files() -> None:
    assert len(SQL_FILES) > 25


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.stem)
def test_each_file_says_what_it_is_for(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert (first.startswith("-- ") and first.rstrip().endswith((".", ",", ";", "of", "a"))) or len(first) > 40


# What DuckDB and Spark read, or type, differently: pattern, and what to write instead.
DIFFERENT = {
    r"\\": "Spark unescapes a backslash",
    r"::": "DuckDB's cast; write CAST",
    r"(?i)\bregexp_matches\b": "DuckDB's name; write REGEXP_LIKE",
    r"(?i)\bstrptime\b|\btry_strptime\b|\bstrftime\b": "DuckDB's date formats",
    r"(?i)\bpercentile_cont\b|\bquantile_cont\b|\bmedian\s*\(": "approximate or named differently",
    r"(?i)\bqualify\b": "not in Spark 3",
    r"(?i)\bconcat\s*\(": "NULL is skipped by DuckDB and kept by Spark; write ||",
    r"(?i)\bavg\s*\(": "its type over DECIMAL differs; write SUM and COUNT",
    r"(?i)\bregexp_replace\b": "DuckDB replaces the first match, Spark all",
    r"(?i)\bdate_diff\b|\bdatediff\b": "the arguments differ",
    r"(?i)\blist\s*\(|\barray_agg\b|\bunnest\b|\bexplode\b": "collections are named differently",
    r"(?i)\bgroup by all\b|\border by all\b": "not in Spark 3",
    r"(?i)\bgenerate_series\b|\brange\s*\(": "named differently",
    r"(?i)\bexclude\s*\(|\bexcept\s*\(": "star lists are written differently",
    r"(?i)\bhash\s*\(|\bmd5\s*\(": "hashes differ or cost",
    r"(?i)\bilike\b|\bsimilar to\b|\bglob\b": "not common to both",
    r"(?i)\bfilter\s*\(": "write CASE",
    r"(?i)\brandom\s*\(|\bnow\s*\(|\bcurrent_": "depends on the moment",
    r'"': "Spark takes double quotes for text unless it is told otherwise",
    r"//": "whole-number division is DIV in Spark",
    r"(?i)chr\(12288\)": "Spark takes it modulo 256",
    r"(?i)interval\s+'": "interval literals differ",
    r"[^|(, ]''|''[^,)\s|]": "Spark before version 4 reads two quotes inside a text as nothing; write CHR(39)",
    r"(?i)\bvarchar\b": "Spark wants its length; write STRING",
}


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.stem)
def test_no_file_uses_what_is_known_to_differ(path: Path) -> None:
    code = "\n".join(_lines(path))
    met = {why for pattern, why in DIFFERENT.items() if re.search(pattern, code)}
    assert not met, f"{path.name}: {met}"


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.stem)
def test_sums_of_whole_numbers_are_cast(path: Path) -> None:
    """DuckDB adds BIGINT into HUGEINT, which Parquet keeps as DOUBLE: a SUM that is handed on must be cast."""
    code = "\n".join(_lines(path))
    final = code[code.rfind("\nSELECT") :] if "\nSELECT" in code else code
    bare = [m for m in re.finditer(r"(?<!CAST\()\bSUM\(", final) if "OVER" not in final[m.start() : m.start() + 80]]
    inside = [m for m in bare if final[: m.start()].rstrip().endswith("+")]
    assert len(bare) == len(inside), f"{path.name}: {final}"


def test_the_search_for_differences_finds_one() -> None:
    assert any(re.search(pattern, "SELECT x::int") for pattern in DIFFERENT)
    assert any(re.search(pattern, "SELECT median(x)") for pattern in DIFFERENT)


def test_literals() -> None:
    assert literal(True) == "TRUE"
    assert literal(Decimal("1.50")) == "1.50"
    assert literal(datetime(2011, 12, 9, 12, 50)) == "TIMESTAMP '2011-12-09 12:50:00'"
    assert literal([]) == "(NULL)"
    assert literal("'; DROP TABLE t; --") == "'' || CHR(39) || '; DROP TABLE t; --'"
    with DuckDBEngine() as engine:
        assert engine.rows(render("SELECT {x} AS x", x="it's 'so'")) == [("it's 'so'",)]
    with pytest.raises(AnalysisError, match="backslash"):
        literal("a\\'b")


def test_placeholders_and_values_must_agree() -> None:
    assert render("SELECT '{4}', {word}", word="x") == "SELECT '{4}', 'x'"
    with pytest.raises(ValueError, match="do not agree"):
        render("SELECT {word}")
    with pytest.raises(ValueError, match="do not agree"):
        sql_text("clean_files", word=1)


def test_a_value_that_looks_like_a_placeholder_stays_as_it_is() -> None:
    assert render("SELECT {a}, {b}", a="{b}", b=1) == "SELECT '{b}', 1"


def test_typed_columns_become_the_text_that_a_file_would_hold() -> None:
    frame = pd.DataFrame(
        {
            "t": pd.to_datetime(["2011-12-09 12:50:00", None]),
            "f": [1e-5, 12345678.0],
            "i": [3, 4],
            "d": [Decimal("2.50"), None],
            "m": [date(2011, 1, 2), None],
            "c": pd.Categorical(["x", "y"]),
            "b": [True, False],
        }
    )
    text = as_text(frame)
    assert text.iloc[0].tolist() == ["2011-12-09 12:50:00", "0.00001", "3", "2.50", "2011-01-02", "x", "True"]
    assert text["t"].iloc[1] is None or pd.isna(text["t"].iloc[1])
    assert text["f"].iloc[1] == "12345678"
    assert as_text(frame, decimal_mark=",")["f"].iloc[0] == "0,00001"
    assert str(frame["t"].dtype).startswith("datetime64"), "the caller's frame is not changed"


def test_regexp_like_is_there_under_its_spark_name() -> None:
    with DuckDBEngine(memory_limit="500MB") as engine:
        assert engine.rows("SELECT REGEXP_LIKE('x12', '^x[0-9]+$'), REGEXP_LIKE('x', '[0-9]')") == [(True, False)]


def test_a_path_with_a_quote_and_other_scripts_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "o'brien 数据.parquet"
    pd.DataFrame({"购买": [1]}).to_parquet(path)
    with DuckDBEngine() as engine:
        engine.load("t", path)
        assert engine.columns("t") == ["购买"]


def test_files_that_are_not_there_or_not_parquet_are_named(tmp_path: Path) -> None:
    wrong = tmp_path / "sales.parquet"
    wrong.write_text("customer_id,amount\n")
    with DuckDBEngine() as engine:
        with pytest.raises(AnalysisError, match="no such file"):
            engine.load("t", tmp_path / "absent.parquet")
        with pytest.raises(AnalysisError, match=r"sales\.parquet: not readable as Parquet"):
            engine.load("t", wrong)


def test_a_senseless_memory_limit_is_one_message() -> None:
    with pytest.raises(AnalysisError, match="memory_limit='lots'"):
        DuckDBEngine(memory_limit="lots")


def test_the_work_folder_is_removed() -> None:
    engine = DuckDBEngine()
    folder = engine._folder
    engine.table("t", "SELECT 1 AS x")
    assert folder.is_dir()
    engine.close()
    assert not folder.exists()


def test_written_files_do_not_depend_on_threads(tmp_path: Path) -> None:
    frame = pd.DataFrame({"k": range(300_000), "s": [f"text {i % 977}" for i in range(300_000)]})
    frame = frame.sample(frac=1, random_state=3)
    hashes = set()
    for threads in (1, 2, 4):
        path = tmp_path / f"{threads}.parquet"
        with DuckDBEngine(threads=threads) as engine:
            engine.load("t", frame)
            engine.write("SELECT k, s FROM t", path, order_by="k")
        hashes.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(hashes) == 1


def test_rows_are_written_in_an_order_whose_columns_can_be_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"place": [2, 1, 3], 'odd "name"': ["b", None, "a"], "again": [0, 0, 1]})
    with DuckDBEngine() as engine:
        engine.load("t", frame)
        given = "SELECT * FROM t"
        engine.write(given, tmp_path / "a.parquet", order_by="place DESC", without=["place", "again"])
        engine.write(given, tmp_path / "b.parquet", order_by='again DESC, "odd ""name""" NULLS LAST')
        frame.iloc[:2].to_parquet(tmp_path / "one.parquet")
        frame.iloc[2:].to_parquet(tmp_path / "two.parquet")
        parts = [tmp_path / "two.parquet", tmp_path / "one.parquet"]
        engine.write_parts(parts, tmp_path / "c.parquet", order_by="place", without=["again"])
    assert pq.read_table(tmp_path / "a.parquet").to_pydict() == {'odd "name"': ["a", "b", None]}
    assert pq.read_table(tmp_path / "b.parquet")["place"].to_pylist() == [3, 2, 1]
    assert pq.read_table(tmp_path / "c.parquet").to_pydict() == {"place": [1, 2, 3], 'odd "name"': [None, "b", "a"]}


@pytest.mark.parametrize(("limit", "on_disk"), [("100MB", True), ("2GB", False)])
def test_tables_go_to_disk_where_the_input_may_outgrow_memory(tmp_path, limit, on_disk):
    n = 1_200_000
    source = pd.DataFrame({"x": range(n), "text": [f"value {i % 1000}" for i in range(n)], "y": 1.5, "z": 2})
    source.to_parquet(tmp_path / "rows.parquet")
    with DuckDBEngine(memory_limit=limit) as engine:
        engine.load("small", pd.DataFrame({"text": ["value 7"]}))
        engine.load("rows", tmp_path / "rows.parquet")
        engine.table(
            "kept", "SELECT r.x FROM rows AS r JOIN small AS s ON s.text = r.text WHERE REGEXP_LIKE(r.text, '7')"
        )
        # a table made before may be made anew
        engine.table("small", "SELECT x AS text FROM kept WHERE x < 2000")
        assert engine.rows("SELECT COUNT(*), MAX(x) FROM kept") == [(1_200, 1_199_007)]
        assert engine.query("SELECT text FROM small ORDER BY text")["text"].tolist() == [7, 1007]
        assert engine.columns("small") == ["text"]
        assert (
            engine.rows("SELECT COUNT(*) FROM duckdb_databases() WHERE database_name = 'work'") == [(1,)]
        ) is on_disk


def test_what_outgrows_memory_on_all_threads_runs_on_one(monkeypatch):
    class Narrow:
        """A connection on which one statement has no room on more than one thread."""

        def __init__(self, connection):
            self.connection, self.failed = connection, 0

        def execute(self, sql):
            (threads,) = self.connection.execute("SELECT current_setting('threads')").fetchall()[0]
            if "AS heavy" in sql and threads > 1:
                self.failed += 1
                raise duckdb.OutOfMemoryException("no room")
            if "AS hopeless" in sql:
                raise duckdb.OutOfMemoryException("no room at all")
            return self.connection.execute(sql)

    with DuckDBEngine(threads=2) as engine:
        narrow = Narrow(engine._connection)
        with monkeypatch.context() as patched:
            patched.setattr(engine, "_connection", narrow)
            engine.table("t", "SELECT 7 AS heavy")
            assert (narrow.failed, engine.rows("SELECT heavy FROM t")) == (1, [(7,)])
            with pytest.raises(duckdb.OutOfMemoryException, match="at all"):
                engine.rows("SELECT 1 AS hopeless")
            assert engine.rows("SELECT current_setting('threads')") == [(2,)]
