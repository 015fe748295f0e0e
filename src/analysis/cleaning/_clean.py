"""The order of the steps, and what comes out of them."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.cleaning import transactions
from analysis.cleaning.attributes import CellAccount, apply_rules, check_rules
from analysis.cleaning.inputs import EVENT_COLUMNS, TABLES, load_raw, read_texts
from analysis.cleaning.ledger import event_ledger, file_counts, transaction_ledger
from analysis.cleaning.options import CleaningOptions, options_from
from analysis.cleaning.tables import CleanTable, clean_table
from analysis.data.engine import DuckDBEngine, Engine, as_path_or_text, literal, sql_text
from analysis.errors import AnalysisError

__all__ = ["CleaningResult", "clean"]


@dataclass(frozen=True)
class CleaningResult:
    """What cleaning gives.

    Attributes
    ----------
    tables : mapping of name to Path
        Parquet files in a temporary folder that lives as long as this object: sales, returns, cancelled_originals,
        customer_keys and each of browsing, social, feedback, customers that the source has.
    ledger : DataFrame
        table, position, kind ('total', 'file', 'removed', 'kept'), rule, rows, amount, unreadable_rows.
    outliers : DataFrame
        measure, method, applies, n, lower, upper, flagged, share, amount.
    missing : DataFrame
        table, column, kind, rows, missing, unreadable, out_of_range, treatment, imputed, value.
    customers_in_sources : DataFrame
        in_sales and in_<table> (boolean) for each table with customers, and `customers`: how many are in just these.
    notes : tuple of (id, values)
        What was assumed, or did not apply.
    options : CleaningOptions
        What the tables were cleaned with.
    cells : CellAccount
        What rules about single values of the other tables found and repaired.
    """

    tables: Mapping[str, Path]
    ledger: pd.DataFrame
    outliers: pd.DataFrame
    missing: pd.DataFrame
    customers_in_sources: pd.DataFrame
    notes: tuple[tuple[str, dict[str, Any]], ...]
    options: CleaningOptions
    cells: CellAccount
    _folder: tempfile.TemporaryDirectory = field(repr=False)

    def frame(self, name: str) -> pd.DataFrame:
        """Read a clean table into a DataFrame."""
        if name not in self.tables:
            raise AnalysisError(f"there is no clean table {name!r}; there are {', '.join(self.tables)}")
        return pq.read_table(self.tables[name]).to_pandas()

    def write(self, folder: Path | str) -> None:
        """Write all tables, the ledger and the reports beside it into a folder.

        Files: `<table>.parquet`, ledger.parquet, outliers.parquet, missing.parquet, customers_in_sources.parquet,
        cells.parquet, cell_rules.parquet, cell_pairs.parquet, notes.json.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in self.tables.items():
            shutil.copyfile(path, folder / f"{name}.parquet")
        ledger = pa.Table.from_pandas(self.ledger, schema=pa.schema(_ledger_schema()), preserve_index=False)
        pq.write_table(ledger.replace_schema_metadata(None), folder / "ledger.parquet")
        beside = {
            **{name: getattr(self, name) for name in ("outliers", "missing", "customers_in_sources")},
            "cells": self.cells.totals,
            "cell_rules": self.cells.by_rule,
            "cell_pairs": self.cells.pairs,
        }
        for name, frame in beside.items():
            table = pa.Table.from_pandas(frame, preserve_index=False)
            pq.write_table(table.replace_schema_metadata(None), folder / f"{name}.parquet")
        notes = [{"id": name, **values} for name, values in self.notes]
        text = json.dumps(notes, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / "notes.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def _ledger_schema() -> list[pa.Field]:
    return [
        pa.field("table", pa.string()),
        pa.field("position", pa.int32()),
        pa.field("kind", pa.string()),
        pa.field("rule", pa.string()),
        pa.field("rows", pa.int64()),
        pa.field("amount", pa.decimal128(38, 4)),
        pa.field("unreadable_rows", pa.int64()),
    ]


def clean(
    tables: Mapping[str, pd.DataFrame | Path | str],
    *,
    quarantine: pd.DataFrame | Path | None = None,
    ingest: Mapping[str, Any] | None = None,
    memory_limit: str = "3GB",
    threads: int | None = None,
    engine: Engine | None = None,
    **options: Any,
) -> CleaningResult:
    """Clean raw tables by rules and account for every row.

    Parameters
    ----------
    tables : mapping of name to DataFrame or Parquet path
        'transactions' (customer_id, product_id, timestamp are required; invoice_id, description, category, quantity,
        unit_price, line_amount, country) and any of 'browsing', 'social', 'feedback', 'customers'. Typed columns of a
        DataFrame are read as their text. Files need source_file and source_line.
    quarantine : DataFrame or Path, optional
        Records that ingestion could not read; a column `table` says whose they are.
    ingest : mapping, optional
        Counts of ingestion, table to list of files, so that the ledger begins at the lines of the raw files.
    memory_limit : str
        For the engine, as '3GB'.
    threads : int, optional
        For the engine; results do not depend on it.
    engine : Engine, optional
        An open engine, which stays open. By default DuckDB is opened with the two options above, and closed.
    **options
        The fields of `CleaningOptions`.

    Returns
    -------
    CleaningResult

    Raises
    ------
    AnalysisError
        For an unknown table or option, a missing column, a table without rows, or if no sale or customer is left.
    """
    chosen = options_from(options)
    _check_tables(tables, chosen)
    held = pd.read_parquet(quarantine) if isinstance(quarantine, Path) else quarantine
    given, cells = apply_rules(as_path_or_text(tables, decimal_mark=chosen.decimal_mark), chosen)
    names = [name for name in TABLES if name in given]
    folder = tempfile.TemporaryDirectory(prefix="analysis-clean-")
    opened = DuckDBEngine(memory_limit=memory_limit, threads=threads) if engine is None else nullcontext(engine)
    with opened as engine:
        for name in names:
            load_raw(engine, name, given[name])
        read_texts(engine, names, chosen)
        counts = transactions.decide(engine, chosen)
        others = {name: clean_table(engine, name, chosen) for name in names if name in EVENT_COLUMNS}
        _number_customers(engine, list(others))
        transactions.sell(engine)
        outliers = transactions.flag_outliers(engine, chosen)
        paths = _write_tables(engine, others, Path(folder.name))
        present = transactions.present(engine)
        has_money = present["unit_price"] or present["line_amount"]
        ledgers = [transaction_ledger(counts, _files(engine, "transactions", ingest, held), has_money=has_money)]
        ledgers += [event_ledger(name, one.counts, _files(engine, name, ingest, held)) for name, one in others.items()]
        missing = pd.concat([_missing_texts(engine), *(one.missing for one in others.values())], ignore_index=True)
        return CleaningResult(
            tables=paths,
            ledger=pd.concat(ledgers, ignore_index=True),
            outliers=outliers,
            missing=missing,
            customers_in_sources=_customers_in_sources(engine, list(others)),
            notes=_notes(engine, present, outliers),
            options=chosen,
            cells=cells,
            _folder=folder,
        )


def _check_tables(tables: Mapping[str, Any], options: CleaningOptions) -> None:
    unknown = sorted(set(tables) - set(TABLES))
    if unknown:
        raise AnalysisError(f"cleaning knows no table {', '.join(map(repr, unknown))}; it knows {', '.join(TABLES)}")
    if "transactions" not in tables:
        raise AnalysisError("cleaning needs the table 'transactions'")
    for place in ("missing", "valid_ranges"):
        for name in getattr(options, place):
            if name not in EVENT_COLUMNS:
                raise AnalysisError(f"{place} names the table {name!r}; it can be one of {', '.join(EVENT_COLUMNS)}")
    check_rules(options, EVENT_COLUMNS)


def _files(
    engine: Engine, table: str, ingest: Mapping[str, Any] | None, quarantine: pd.DataFrame | None
) -> dict[str, int]:
    rows = engine.rows(f"SELECT COUNT(*) FROM raw_{table}")[0][0]
    return file_counts(table, int(rows), ingest, quarantine)


def _number_customers(engine: Engine, others: list[str]) -> None:
    """Make `customer_sources` and `customer_keys`: dense integers in the order of the ids, over all tables."""
    sold = "rule IS NULL OR rule IN ('cancelled_original', 'cancellation', 'cancellation_unmatched', 'return')"
    parts = [
        "SELECT customer_id, CASE WHEN rule IS NULL THEN 'sales' ELSE 'other' END AS source"
        f" FROM decided WHERE customer_id IS NOT NULL AND ({sold})"
    ]
    parts += [
        f"SELECT t.customer_id, {literal(name)} AS source FROM typed_{name} AS t"
        f" JOIN stays_{name} AS s ON s.line_id = t.line_id WHERE s.rule IS NULL"
        for name in others
    ]
    engine.table(
        "customer_sources", f"SELECT DISTINCT customer_id, source FROM ({' UNION ALL '.join(parts)}) AS all_sources"
    )
    engine.table(
        "customer_keys",
        "SELECT CAST(ROW_NUMBER() OVER (ORDER BY customer_id) AS BIGINT) AS customer_key, customer_id"
        " FROM (SELECT DISTINCT customer_id FROM customer_sources) AS ids",
    )


def _write_tables(engine: Engine, others: Mapping[str, CleanTable], folder: Path) -> dict[str, Path]:
    statements = {
        "sales": sql_text("clean_sales"),
        "returns": sql_text("clean_returned"),
        "cancelled_originals": sql_text("clean_cancelled"),
        **{name: one.sql for name, one in others.items()},
    }
    paths = {name: folder / f"{name}.parquet" for name in ("customer_keys", *statements)}
    for name, statement in statements.items():
        engine.write(statement, paths[name], order_by="line_id", without=["line_id"])
    keys = "SELECT customer_key, customer_id FROM customer_keys"
    engine.write(keys, paths["customer_keys"], order_by="customer_key")
    return paths


def _missing_texts(engine: Engine) -> pd.DataFrame:
    kinds = dict.fromkeys(("customer_id", "product_id", "invoice_id", "description", "category", "country"), "text")
    columns = {**kinds, "timestamp": "time", "quantity": "number", "unit_price": "number"}
    counted = f"COUNT(*), {', '.join(f'COUNT({c})' for c in columns)}"
    counts = engine.rows(f"SELECT {counted} FROM lines")[0]
    raw = engine.rows(f"SELECT {counted} FROM raw_transactions")[0]
    rows = []
    for column, filled, written in zip(columns, counts[1:], raw[1:], strict=True):
        if not written:
            continue
        # A text that means "missing" is missing; in a typed column what cannot be read is told apart from it.
        typed = columns[column] != "text"
        blank = counts[0] - (written if typed else filled)
        rows.append(
            {
                "table": "transactions",
                "column": column,
                "kind": columns[column],
                "rows": counts[0],
                "missing": blank,
                "unreadable": written - filled if typed else 0,
                "out_of_range": 0,
                "treatment": "keep",
                "imputed": 0,
                "value": None,
            }
        )
    return pd.DataFrame(rows)


def _customers_in_sources(engine: Engine, others: list[str]) -> pd.DataFrame:
    sources = ["sales", *others]
    flags = ", ".join(f"MAX(CASE WHEN source = {literal(s)} THEN 1 ELSE 0 END) AS in_{s}" for s in sources)
    names = ", ".join(f"in_{s}" for s in sources)
    frame = engine.query(
        f"SELECT {names}, COUNT(*) AS customers FROM (SELECT customer_id, {flags} FROM customer_sources"
        f" GROUP BY customer_id) AS by_customer GROUP BY {names} ORDER BY {', '.join(f'in_{s} DESC' for s in sources)}"
    )
    return frame.astype({f"in_{s}": bool for s in sources} | {"customers": "int64"})


def _notes(
    engine: Engine, present: Mapping[str, bool], outliers: pd.DataFrame
) -> tuple[tuple[str, dict[str, Any]], ...]:
    notes: list[tuple[str, dict[str, Any]]] = []
    if not present["invoice_id"]:
        notes.append(("basket_is_customer_day", {}))
    if not present["quantity"]:
        notes.append(("quantity_assumed_one", {}))
    if not (present["unit_price"] or present["line_amount"]):
        notes.append(("no_money", {}))
    spellings = engine.rows("SELECT COUNT(*) FROM times WHERE has_offset")[0][0]
    if spellings:
        notes.append(("time_offset_ignored", {"spellings": int(spellings)}))
    for row in outliers[~outliers["applies"]].to_dict("records") if len(outliers) else []:
        notes.append(("outlier_rule_without_spread", {"measure": row["measure"], "method": row["method"]}))
    return tuple(notes)
