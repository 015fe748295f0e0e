"""All feature tables from clean tables, in one run of the engine."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.engine import DuckDBEngine, Engine, sql_text
from analysis.errors import AnalysisError
from analysis.features.history import customers_at, history_sql, known_sql, midnight, products_at, settle
from analysis.features.inputs import COLUMNS, check_span, find, known_before, load, span, undated
from analysis.features.result import FeatureResult

__all__ = ["build"]


def build(
    clean: Mapping[str, pd.DataFrame | Path] | Path | str,
    *,
    as_of: date | None = None,
    horizon_days: int = 90,
    cutoffs: int = 4,
    memory_limit: str = "3GB",
    threads: int | None = None,
    engine: Engine | None = None,
) -> FeatureResult:
    """Build all feature tables from clean tables.

    Parameters
    ----------
    clean : folder, or mapping of name to DataFrame or Parquet path
        What cleaning wrote: sales, and where the source has them returns, cancelled_originals, browsing, social,
        feedback, customers.
    as_of : date, optional
        Only what happened strictly before this day counts. By default the day after the last sale.
    horizon_days : int
        Length of the later period, in days; the cutoff of `history` lies so many days before `as_of`.
    cutoffs : int
        Most cut-offs in `histories`, each one horizon before the next; fewer where no known customer bought before.
    memory_limit, threads
        For the engine; results do not depend on them.
    engine : Engine, optional
        An open engine, which stays open. By default DuckDB is opened with the two options above, and closed.

    Returns
    -------
    FeatureResult

    Raises
    ------
    AnalysisError
        If there is no sale of a known customer before `as_of`.

    Notes
    -----
    Where no known customer bought before the cutoff, `history` has its columns and no row, and a note says so: what
    looks at a later period then says that there is none, and everything else goes on.
    """
    if horizon_days < 1:
        raise AnalysisError(f"horizon_days is {horizon_days}; it must be at least 1")
    if cutoffs < 2:
        raise AnalysisError(f"cutoffs is {cutoffs}; it must be at least 2")
    sources = find(clean)
    folder = tempfile.TemporaryDirectory(prefix="analysis-features-")
    opened = DuckDBEngine(memory_limit=memory_limit, threads=threads) if engine is None else nullcontext(engine)
    with opened as engine:
        have = load(engine, sources)
        first, last, money = span(engine)
        end = as_of or last + timedelta(days=1)
        check_span(engine, first, last, end)
        days = [end - timedelta(days=horizon_days * (i + 1)) for i in range(cutoffs)]
        days = days[:1] + [day for day in days[1:] if known_before(engine, day)]
        notes: list[tuple[str, dict[str, Any]]] = [
            ("undated_table", {"table": name}) for name in have if name in COLUMNS and undated(engine, name)
        ]
        if not known_before(engine, days[0]):
            notes.append(("no_history", {"cutoff": days[0].isoformat(), "first_day": first.isoformat()}))
        engine.table("product_names", sql_text("feature_product_names"))
        settle(engine)
        # History first: the tables that stand at `as_of` are then left in the engine for baskets and months.
        selects = _histories(engine, have, days, horizon_days=horizon_days, money=money)
        paths = _write(engine, selects, Path(folder.name))
        current = known_sql(engine, have, at=end, horizon_days=horizon_days, money=money)
        paths |= _write(engine, {"current": (current, "customer_key")}, Path(folder.name))
        if any(undated(engine, name) for name in have):
            customers_at(engine, have, at=end, money=money, dated_only=False)
        seen_first, seen_last = engine.rows("SELECT MIN(day), MAX(day) FROM sales_seen")[0]
        engine.load("months_listed", _months(seen_first, seen_last, end))
        _groups(engine, since=days[0], at=end)
        paths |= _write(engine, _statements(end, cutoff=days[0], money=money), Path(folder.name))
        engine.load("basket_lines", paths["baskets"])
        paths |= _write(engine, _AGGREGATES, Path(folder.name))
    facts = {
        "as_of": end.isoformat(),
        "cutoff": days[0].isoformat(),
        "cutoffs": [day.isoformat() for day in days],
        "horizon_days": horizon_days,
        "first_day": seen_first.isoformat(),
        "last_day": seen_last.isoformat(),
        "currency_present": money,
        "tables": sorted(name for name in have if name not in ("returns", "cancelled_originals")),
    }
    return FeatureResult(dict(sorted(paths.items())), facts, tuple(notes), folder)


#: From the table of baskets, so that no notebook has to read it to count.
_AGGREGATES = {
    "categories": (sql_text("feature_categories"), "category NULLS LAST"),
    "coverage": (sql_text("feature_coverage"), "known"),
}


def _histories(
    engine: Engine, have: list[str], days: list[date], *, horizon_days: int, money: bool
) -> dict[str, tuple[str, str]]:
    """Statements for the histories at cut-offs, newest first, and the order of their rows.

    Leaves `purchases_at` the newest.
    """
    for i, day in reversed(list(enumerate(days))):
        engine.table(f"history_{i}", history_sql(engine, have, cutoff=day, horizon_days=horizon_days, money=money))
    one = [f"SELECT * FROM history_{i}" for i in range(len(days))]
    return {
        "history": (one[0], "customer_key"),
        **({"history_earlier": (one[1], "customer_key")} if len(days) > 1 else {}),
        "histories": (" UNION ALL ".join(one), "cutoff DESC, customer_key"),
        "customer_products_history": (_named("products_seen"), "customer_key, product_id"),
    }


def _months(first: date, last: date, end: date) -> pd.DataFrame:
    """List the months from the first sale to the last; a month is complete if all its days lie within the data.

    The data are taken to run from the first sale to the day before `end`.
    """
    rows = []
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        start = date(year, month, 1)
        following = date(year + month // 12, month % 12 + 1, 1)
        rows.append((start, year * 12 + month, first <= start and following <= end))
        year, month = following.year, following.month
    return pd.DataFrame(rows, columns=["month", "month_no", "complete"])


def _groups(engine: Engine, *, since: date, at: date) -> None:
    """Make the groups that tables of features are read from: of baskets, and of products bought since a day."""
    products_at(engine, "products_later", since=since, at=at)
    engine.view("basket_items", sql_text("feature_basket_items", as_of=midnight(at)))
    engine.table("owners", sql_text("feature_owners"))


def _named(products: str) -> str:
    """Products of customers with their names, which come last: in a group, texts would be held in memory."""
    return (
        "SELECT p.customer_key, p.product_id, n.product, p.orders, p.quantity, p.amount, p.first_day, p.last_day "
        f"FROM {products} AS p LEFT JOIN product_names AS n ON n.product_id = p.product_id"
    )


def _statements(end: date, *, cutoff: date, money: bool) -> dict[str, tuple[str, str]]:
    """A `SELECT` and the order of its rows for each table that stands at the end."""
    window = {"as_of": midnight(end), "cutoff": midnight(cutoff)}
    amounts = ["amount", "cancelled_amount", "cancelled_late_amount"] if money else []
    orders = ["customer_key", "basket_key", "day", "lines", "cancelled_lines", "cancelled_late_lines", *amounts]
    refunds = ["customer_key", "day", "lines", *amounts[:1]]
    return {
        "customers": ("SELECT * FROM customers_at", "customer_key"),
        "baskets": (sql_text("feature_baskets"), "basket_key, product_id"),
        "customer_products": (_named("products_seen"), "customer_key, product_id"),
        "customer_products_later": (_named("products_later"), "customer_key, product_id"),
        "products": (sql_text("feature_catalogue"), "product_id"),
        "orders": (
            f"SELECT {', '.join(orders)} FROM ({sql_text('feature_purchases', **window)}) AS o",
            "customer_key, day, basket_key",
        ),
        "refunds": (
            f"SELECT {', '.join(refunds)} FROM ({sql_text('feature_refunds', as_of=midnight(end))}) AS r",
            "customer_key, day",
        ),
        "months": (sql_text("feature_months"), "month"),
        "cohorts": (sql_text("feature_cohorts"), "cohort, age_months"),
    }


def _write(engine: Engine, statements: Mapping[str, tuple[str, str]], folder: Path) -> dict[str, Path]:
    paths = {name: folder / f"{name}.parquet" for name in statements}
    for name, (sql, order) in statements.items():
        engine.write(sql, paths[name], order_by=order)
    return paths
