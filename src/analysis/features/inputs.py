"""Clean tables into the engine, under one contract of columns, and what they say of the time they cover."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.data.engine import Engine, quoted
from analysis.errors import AnalysisError

__all__ = ["COLUMNS", "check_span", "find", "known_before", "load", "span", "undated"]

_TABLES = ("sales", "returns", "cancelled_originals", "browsing", "social", "feedback", "customers")
COLUMNS = {
    "sales": {
        "basket_key": "BIGINT", "customer_key": "BIGINT", "product_id": "STRING", "product": "STRING",
        "category": "STRING", "timestamp": "TIMESTAMP", "day": "DATE", "quantity": "DECIMAL(18, 4)",
        "amount": "DECIMAL(18, 4)", "country": "STRING",
    },
    "returns": {"customer_key": "BIGINT", "timestamp": "TIMESTAMP", "amount": "DECIMAL(18, 4)", "matched": "BOOLEAN"},
    "browsing": {
        "customer_key": "BIGINT", "timestamp": "TIMESTAMP", "session_id": "STRING",
        "duration_seconds": "DOUBLE", "pages": "BIGINT",
    },
    "social": {
        "customer_key": "BIGINT", "timestamp": "TIMESTAMP", "likes": "BIGINT", "comments": "BIGINT", "shares": "BIGINT",
    },
    "feedback": {"customer_key": "BIGINT", "timestamp": "TIMESTAMP", "rating": "DOUBLE"},
}  # fmt: skip
COLUMNS["cancelled_originals"] = {**COLUMNS["sales"], "cancelled_at": "TIMESTAMP"}


def find(clean: Mapping[str, pd.DataFrame | Path] | Path | str) -> dict[str, pd.DataFrame | Path]:
    """The tables that a mapping or a folder of clean tables has."""
    if isinstance(clean, Mapping):
        sources = {name: clean[name] for name in _TABLES if name in clean}
        where = "the tables given"
    else:
        folder = Path(clean)
        sources = {n: folder / f"{n}.parquet" for n in _TABLES if (folder / f"{n}.parquet").is_file()}
        where = str(folder)
    if "sales" not in sources:
        raise AnalysisError(f"{where}: there is no table 'sales'; run cleaning first")
    return sources


def load(engine: Engine, sources: Mapping[str, pd.DataFrame | Path]) -> list[str]:
    """Give each table its contract's columns, absent ones as NULL; return the names of the tables at hand."""
    names = {"sales": "clean_sales", "returns": "clean_returns", "cancelled_originals": "clean_cancelled"}
    for name in (*names, "browsing", "social", "feedback"):
        columns = COLUMNS[name]
        given = f"given_{name}"
        if name in sources:
            engine.load(given, sources[name])
        at_hand = engine.columns(given) if name in sources else []
        picked = ", ".join(
            f"CAST({quoted(c) if c in at_hand else 'NULL'} AS {kind}) AS {quoted(c)}" for c, kind in columns.items()
        )
        target = names.get(name, f"{name}_seen")
        if name in sources:
            # Sales may be the longest table there is; they are read where they are, a few columns at a time.
            keep = engine.view if name == "sales" else engine.table
            keep(target, f"SELECT {picked} FROM {given}")
        elif name in names:
            engine.table(target, f"SELECT {picked} WHERE 1 = 0")
        if name in ("browsing", "social", "feedback") and name in sources:
            engine.table(f"{name}_columns", f"SELECT {', '.join(quoted(c) for c in at_hand)} FROM {given} WHERE 1 = 0")
    if "customers" in sources:
        engine.load("attributes", sources["customers"])
    return list(sources)


def span(engine: Engine) -> tuple[date, date, bool]:
    """First day, last day, and whether the sales carry money."""
    first, last, amounts = engine.rows("SELECT MIN(day), MAX(day), COUNT(amount) FROM clean_sales")[0]
    if first is None:
        raise AnalysisError("the table 'sales' has no row; nothing can be computed")
    return first, last, amounts > 0


def check_span(engine: Engine, first: date, last: date, end: date) -> None:
    """Refuse an `as_of` before which nothing is known."""
    if end <= first:
        raise AnalysisError(
            f"as_of is {end}, but the first sale is of {first} (the last of {last}); choose a later day"
        )
    if not known_before(engine, end):
        raise AnalysisError(
            f"no sale before {end} names its customer (sales run from {first} to {last}); map customer_id to the "
            "column that holds it"
        )


def known_before(engine: Engine, day: date) -> bool:
    """Whether a known customer bought before the day."""
    counted = f"SELECT COUNT(*) FROM clean_sales WHERE customer_key IS NOT NULL AND day < DATE '{day.isoformat()}'"
    return bool(engine.rows(counted)[0][0])


def undated(engine: Engine, name: str) -> bool:
    """Whether an event table has no time in any row."""
    if name not in ("browsing", "social", "feedback"):
        return False
    return engine.rows(f"SELECT COUNT(timestamp) FROM {name}_seen")[0][0] == 0
