"""Bring the raw tables under the engine: canonical columns, row order, and one table of read texts."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from analysis.cleaning.options import CleaningOptions
from analysis.data.engine import Engine, literal, quoted, sql_text
from analysis.errors import AnalysisError

__all__ = ["BLANKS", "EVENT_COLUMNS", "TABLES", "kinds", "load_raw", "read_texts"]

TRANSACTION_COLUMNS = (
    "customer_id", "product_id", "timestamp", "invoice_id", "description", "category", "quantity", "unit_price",
    "line_amount", "country",
)  # fmt: skip
EVENT_COLUMNS: dict[str, dict[str, str]] = {
    "browsing": {
        "timestamp": "time", "session_id": "text", "duration_seconds": "number", "pages": "integer",
        "product_id": "text", "device": "text",
    },
    "social": {
        "timestamp": "time", "post": "text", "likes": "integer", "comments": "integer", "shares": "integer",
    },
    "feedback": {
        "timestamp": "time", "rating": "number", "text": "text", "product_id": "text", "purchase_count": "integer",
        "purchase_amount": "number", "browsing_minutes": "number",
    },
    "customers": {},
}  # fmt: skip
TABLES = ("transactions", *EVENT_COLUMNS)
# All spaces of Unicode: DuckDB's TRIM takes them away, Spark's does not, so that no TRIM may meet them.
_WIDE = "\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"
#: What counts as a blank in a text, and as many spaces, for TRANSLATE.
BLANKS = {"blanks": "\t\n\r" + _WIDE, "spaces": " " * (3 + len(_WIDE))}
WIDE_BLANKS = f"[{_WIDE}]"
_ROW_COLUMNS = ("source_file", "source_line")
_FEW_FILES = 20
# Timestamps that match are ISO, with a time of day that there is.
_PLAIN_TIME = "^[12][0-9]{3}-[0-9]{2}-[0-9]{2} ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
# A column that the contract does not know is a number (or a time) if so many of its values read as one.
_READS_AS = 0.95


def load_raw(engine: Engine, table: str, source: pd.DataFrame | Path) -> None:
    """Make the view `raw_<table>`: the raw columns and `line_id`, the key that has the order of the source.

    Raises
    ------
    AnalysisError
        If a required column is missing, the table has no row, or (source_file, source_line) is not unique.
    """
    if isinstance(source, pd.DataFrame):
        source = _with_source(source, table)
    inner = f"given_{table}"
    engine.load(inner, source)
    columns = engine.columns(inner)
    where = "the DataFrame" if isinstance(source, pd.DataFrame) else str(source)
    _check_columns(table, columns, where)
    engine.view("raw_rows", f"SELECT source_file FROM {inner}")
    engine.table(f"files_{table}", sql_text("clean_files"))
    number, join = _file_number(engine, table)
    wanted = TRANSACTION_COLUMNS if table == "transactions" else [c for c in columns if c not in _ROW_COLUMNS]
    picked = [
        f"CAST(r.{quoted(c)} AS STRING) AS {quoted(c)}" if c in columns else f"CAST(NULL AS STRING) AS {quoted(c)}"
        for c in wanted
    ]
    engine.view(
        f"raw_{table}",
        f"SELECT {number} * 1000000000000 + r.source_line AS line_id, r.source_file, r.source_line, "
        f"{', '.join(picked)} FROM {inner} AS r{join}",
    )
    ordered = isinstance(source, Path) and _in_order(source)
    distinct = "COUNT(*)" if ordered else "COUNT(DISTINCT line_id)"
    rows, lines = engine.rows(f"SELECT COUNT(*), {distinct} FROM raw_{table}")[0]
    if rows == 0:
        raise AnalysisError(f"{table}: {where} has a header but no row; nothing can be analysed")
    if rows != lines:
        raise AnalysisError(
            f"{table}: {where} has {rows - lines} rows whose source_file and source_line are not unique"
        )


def _in_order(path: Path) -> bool:
    """Whether a Parquet file has the rows of each source file together and in the order of their lines.

    Then no two rows can have the same file and line, and nothing need be held to compare them.
    """
    if not path.is_file():
        return False
    before: tuple[str | None, int] = (None, 0)
    finished: set[str | None] = set()
    with pq.ParquetFile(path, read_dictionary=["source_file"]) as file:
        for batch in file.iter_batches(columns=list(_ROW_COLUMNS), use_threads=False):
            if any(batch.column(name).null_count for name in _ROW_COLUMNS):
                return False
            lines = batch.column("source_line").to_numpy(zero_copy_only=False)
            codes = batch.column("source_file").indices.to_numpy(zero_copy_only=False)
            names = batch.column("source_file").dictionary.to_pylist()
            starts = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1, [len(codes)]])
            for start, end in pairwise(starts):
                name, part = names[int(codes[start])], lines[start:end]
                if name != before[0]:
                    if name in finished:
                        return False
                    finished.add(name)
                    before = (name, int(part[0]) - 1)
                if part[0] <= before[1] or not (np.diff(part) > 0).all():
                    return False
                before = (name, int(part[-1]))
    return True


def _file_number(engine: Engine, table: str) -> tuple[str, str]:
    """An expression for the number of a row's file, and the join that it needs, if any.

    Few names are compared in place: a join would cost more than all that is done with a row besides, because behind it
    the engine no longer knows which texts of a column are alike.
    """
    names = [name for (name,) in engine.rows(f"SELECT source_file FROM files_{table} ORDER BY file_no")]
    if not 0 < len(names) <= _FEW_FILES or any(name is None or "\\" in name for name in names):
        return "f.file_no", f" JOIN files_{table} AS f ON f.source_file = r.source_file"
    cases = " ".join(f"WHEN {literal(name)} THEN {number}" for number, name in enumerate(names, start=1))
    return f"CAST(CASE r.source_file {cases} END AS BIGINT)", ""


def _with_source(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    frame = frame.reset_index(drop=True)
    if "source_line" in frame.columns and "source_file" in frame.columns:
        return frame.assign(source_line=frame["source_line"].astype("int64"))
    return frame.assign(source_file=table, source_line=range(1, len(frame) + 1))


def _check_columns(table: str, columns: list[str], where: str) -> None:
    required = ["customer_id", *(["product_id", "timestamp"] if table == "transactions" else [])]
    absent = [name for name in required if name not in columns]
    if absent:
        raise AnalysisError(
            f"{table}: {where} has no column {', '.join(map(repr, absent))}; it has {', '.join(columns)}."
            " Map the source's columns to these names"
        )
    if any(name not in columns for name in _ROW_COLUMNS):
        raise AnalysisError(f"{table}: {where} lacks source_file or source_line; make it with ingestion")


def read_texts(engine: Engine, tables: list[str], options: CleaningOptions) -> None:
    """Make `texts`, `times` and `numbers`: every distinct spelling of a column of that kind with what it says.

    Of the transactions only the texts of products are among them, and no timestamp that is plain: nearly all others
    stand for themselves (see `clean_lines.sql`; `clean_odd_texts.sql` has those that do not).
    """
    texts, times, numbers = [], [], []
    for table in tables:
        for column in engine.columns(f"raw_{table}"):
            if column in ("line_id", *_ROW_COLUMNS):
                continue
            kind = _known_kind(table, column)
            if table != "transactions" or column == "product_id":
                texts.append((table, column))
            if kind in ("time", None) and table != "transactions":
                times.append((table, column))
            if kind in ("number", "integer", None):
                numbers.append((table, column))
    engine.table("plain_texts", _distinct(texts))
    engine.table(
        "texts", sql_text("clean_texts", **BLANKS, missing_tokens=[token.lower() for token in options.missing_tokens])
    )
    engine.table("product_texts", _distinct([("transactions", "product_id")]))
    # in two steps, so that each spelling is looked at once and not once a line
    engine.table("line_times", _distinct([("transactions", "timestamp")]))
    odd = f"SELECT text FROM line_times WHERE NOT REGEXP_LIKE(text, {literal(_PLAIN_TIME)})"
    engine.table("time_texts", f"{odd} UNION {_distinct(times)}")
    engine.table("times", sql_text("clean_times", **BLANKS, date_order=options.date_order))
    engine.table("number_texts", _distinct(numbers))
    thousands = "," if options.decimal_mark == "." else "."
    engine.table(
        "numbers",
        sql_text(
            "clean_numbers", **BLANKS, currency_signs=options.currency_signs, marks=options.decimal_mark + thousands
        ),
    )


def _known_kind(table: str, column: str) -> str | None:
    if table == "transactions":
        if column == "timestamp":
            return "time"
        return "number" if column in ("quantity", "unit_price", "line_amount") else "text"
    return "text" if column == "customer_id" else EVENT_COLUMNS[table].get(column)


def _distinct(columns: list[tuple[str, str]]) -> str:
    parts = [f"SELECT {quoted(column)} AS text FROM raw_{table}" for table, column in columns]
    if not parts:
        return "SELECT CAST(NULL AS STRING) AS text"
    return f"SELECT DISTINCT text FROM ({' UNION ALL '.join(parts)}) AS texts WHERE text IS NOT NULL"


def kinds(engine: Engine, table: str, options: CleaningOptions) -> dict[str, str]:
    """Return the kind of each column of an event or customer table: time, number, integer or text.

    A column that is empty throughout is left out: ingestion writes every column of the contract, whether the source
    has it or not. A column that the contract does not know is what at least 95 % of its values read as; one for which
    a range or a median is asked is a number.
    """
    found = {}
    for column in engine.columns(f"raw_{table}"):
        if column in ("line_id", "customer_id", *_ROW_COLUMNS):
            continue
        if not engine.rows(f"SELECT COUNT({quoted(column)}) FROM raw_{table}")[0][0]:
            continue
        kind = _known_kind(table, column)
        if kind is None:
            asked = options.valid_range(table, column) is not None or options.treatment(table, column) == "median"
            kind = "number" if asked else _inferred_kind(engine, table, column)
        found[column] = kind
    return found


def _inferred_kind(engine: Engine, table: str, column: str) -> str:
    total, times, numbers = engine.rows(
        f"SELECT COUNT(*), COUNT(t.ts), COUNT(n.value) FROM raw_{table} AS r"
        f" LEFT JOIN times AS t ON t.text = r.{quoted(column)} LEFT JOIN numbers AS n ON n.text = r.{quoted(column)}"
        f" JOIN texts AS x ON x.text = r.{quoted(column)} AND x.value IS NOT NULL"
    )[0]
    if total and times >= _READS_AS * total:
        return "time"
    return "number" if total and numbers >= _READS_AS * total else "text"
