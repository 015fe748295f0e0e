"""Features: what is known of each customer at a date, and what the customer did after it.

Every number is computed from rows strictly before `as_of`. The same SQL runs twice: at `as_of`, and at the cutoff
`as_of - horizon_days`, where the horizon that follows gives targets that no feature has seen.

>>> import pandas as pd
>>> sales = pd.DataFrame({
...     "customer_id": ["ann", "ann", "bob"], "product_id": ["tea", "milk", "tea"], "amount": [3.0, 4.5, 3.0],
...     "timestamp": pd.to_datetime(["2024-01-01 09:00", "2024-01-05 10:00", "2024-01-03 08:00"])})
>>> customer_features(sales, as_of=date(2024, 1, 11))[["customer_id", "recency_days", "frequency", "monetary"]]
  customer_id  recency_days  frequency  monetary
0         ann             6          2       7.5
1         bob             8          1       3.0
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from analysis.data.engine import DuckDBEngine, quoted, sql_text
from analysis.errors import AnalysisError

__all__ = ["FeatureResult", "build", "customer_features"]

_TABLES = ("sales", "returns", "cancelled_originals", "browsing", "social", "feedback", "customers")
_COLUMNS = {
    "sales": {
        "basket_key": "BIGINT", "customer_key": "BIGINT", "product_id": "STRING", "product": "STRING",
        "category": "STRING", "timestamp": "TIMESTAMP", "day": "DATE", "quantity": "DECIMAL(18, 4)",
        "amount": "DECIMAL(18, 4)", "country": "STRING",
    },
    "returns": {"customer_key": "BIGINT", "timestamp": "TIMESTAMP"},
    "browsing": {
        "customer_key": "BIGINT", "timestamp": "TIMESTAMP", "session_id": "STRING",
        "duration_seconds": "DOUBLE", "pages": "BIGINT",
    },
    "social": {
        "customer_key": "BIGINT", "timestamp": "TIMESTAMP", "likes": "BIGINT", "comments": "BIGINT", "shares": "BIGINT",
    },
    "feedback": {"customer_key": "BIGINT", "timestamp": "TIMESTAMP", "rating": "DOUBLE"},
}  # fmt: skip
_COLUMNS["cancelled_originals"] = {**_COLUMNS["sales"], "cancelled_at": "TIMESTAMP"}
_MONEY = ("monetary", "average_order_value")
_ALWAYS = date(1000, 1, 1)


@dataclass(frozen=True)
class FeatureResult:
    """What `build` gives.

    Attributes
    ----------
    tables : mapping of name to Path
        Parquet files in a temporary folder that lives as long as this object: customers, history, history_earlier,
        baskets, customer_products, months, cohorts.
    facts : dict
        as_of, cutoff, horizon_days, first_day, last_day, currency_present, tables.
    notes : tuple of (id, values)
        What did not apply.
    """

    tables: Mapping[str, Path]
    facts: dict[str, Any]
    notes: tuple[tuple[str, dict[str, Any]], ...]
    _folder: tempfile.TemporaryDirectory = field(repr=False)

    def frame(self, name: str) -> pd.DataFrame:
        """Read a feature table into a DataFrame."""
        if name not in self.tables:
            raise AnalysisError(f"there is no feature table {name!r}; there are {', '.join(self.tables)}")
        return pq.read_table(self.tables[name]).to_pandas()

    def write(self, folder: Path | str) -> None:
        """Write `<table>.parquet` and facts.json into a folder."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in self.tables.items():
            shutil.copyfile(path, folder / f"{name}.parquet")
        text = json.dumps({**self.facts, "notes": [{"id": n, **v} for n, v in self.notes]}, indent=1, sort_keys=True)
        (folder / "facts.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def build(
    clean: Mapping[str, pd.DataFrame | Path] | Path | str,
    *,
    as_of: date | None = None,
    horizon_days: int = 90,
    memory_limit: str = "4GB",
    threads: int | None = None,
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
    memory_limit, threads
        For the engine; results do not depend on them.

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
    sources = _sources(clean)
    folder = tempfile.TemporaryDirectory(prefix="analysis-features-")
    with DuckDBEngine(memory_limit=memory_limit, threads=threads) as engine:
        have = _load(engine, sources)
        first, last, money = _span(engine)
        end = as_of or last + timedelta(days=1)
        cutoff = end - timedelta(days=horizon_days)
        _check_span(engine, first, last, end)
        targets = Path(folder.name)
        notes: list[tuple[str, dict[str, Any]]] = [
            ("undated_table", {"table": name}) for name in have if name in _COLUMNS and _undated(engine, name)
        ]
        if not _known_before(engine, cutoff):
            notes.append(("no_history", {"cutoff": cutoff.isoformat(), "first_day": first.isoformat()}))
        # History first: the tables that stand at `as_of` are then left in the engine for baskets and months.
        paths = {}
        for name, at in (("history_earlier", cutoff - timedelta(days=horizon_days)), ("history", cutoff)):
            if name == "history" or _known_before(engine, at):
                history = _history_sql(engine, have, cutoff=at, horizon_days=horizon_days, money=money)
                paths[name] = _write(engine, history, targets / f"{name}.parquet")
        _customers_at(engine, have, at=end, money=money, dated_only=False)
        seen_first, seen_last = engine.rows("SELECT MIN(day), MAX(day) FROM sales_seen")[0]
        engine.load("months_listed", _months(seen_first, seen_last, end))
        for name, statement in _statements().items():
            paths[name] = _write(engine, statement, targets / f"{name}.parquet")
    facts = {
        "as_of": end.isoformat(),
        "cutoff": cutoff.isoformat(),
        "horizon_days": horizon_days,
        "first_day": seen_first.isoformat(),
        "last_day": seen_last.isoformat(),
        "currency_present": money,
        "tables": sorted(name for name in have if name not in ("returns", "cancelled_originals")),
    }
    return FeatureResult(dict(sorted(paths.items())), facts, tuple(notes), folder)


def customer_features(
    sales: pd.DataFrame, *, as_of: date | None = None, memory_limit: str = "4GB", threads: int | None = None
) -> pd.DataFrame:
    """Compute features of customers from a plain table of sales.

    Parameters
    ----------
    sales : DataFrame, shape (n_lines, k)
        customer_id, product_id, timestamp, and if there are any amount (rounded to four decimals), invoice_id (else a
        customer's day is an order), quantity, country. Lines without customer_id are left out.
    as_of : date, optional
        Only lines strictly before this day count; by default the day after the last line.
    memory_limit, threads
        For the engine.

    Returns
    -------
    DataFrame, shape (n_customers, k)
        customer_id, recency_days, frequency, monetary, tenure_days, average_order_value, items_per_order,
        product_variety and country, ordered by customer_id; without `amount` the money columns are left out.
    """
    absent = [name for name in ("customer_id", "product_id", "timestamp") if name not in sales.columns]
    if absent:
        raise AnalysisError(f"sales has no column {', '.join(absent)}; it has {', '.join(map(str, sales.columns))}")
    lines = sales[sales["customer_id"].notna()].reset_index(drop=True)
    if lines.empty:
        raise AnalysisError("sales has no line with a customer_id")
    keys, ids = pd.factorize(lines["customer_id"], sort=True)
    moments = pd.to_datetime(lines["timestamp"])
    if moments.isna().any():
        raise AnalysisError(f"sales has {int(moments.isna().sum())} lines without a timestamp; clean them first")
    order = [lines["invoice_id"]] if "invoice_id" in lines.columns else [keys, moments.dt.normalize()]
    frame = pd.DataFrame(
        {
            "basket_key": lines.groupby(order, sort=True, dropna=False).ngroup(),
            "customer_key": keys,
            "product_id": lines["product_id"].astype(str),
            "timestamp": moments,
            "day": moments.dt.date,
            **{name: lines[name] for name in ("amount", "quantity", "country") if name in lines.columns},
        }
    )
    with DuckDBEngine(memory_limit=memory_limit, threads=threads) as engine:
        have = _load(engine, {"sales": frame})
        first, last, money = _span(engine)
        end = as_of or last + timedelta(days=1)
        _check_span(engine, first, last, end)
        _customers_at(engine, have, at=end, money=money, dated_only=False)
        table = engine.query("SELECT * FROM customers_at ORDER BY customer_key").drop(columns="returns_rate")
    if table["country"].isna().all():
        table = table.drop(columns="country")
    table.insert(0, "customer_id", pd.Index(ids).take(table.pop("customer_key").astype(int)))
    return table


def _sources(clean: Mapping[str, pd.DataFrame | Path] | Path | str) -> dict[str, pd.DataFrame | Path]:
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


def _load(engine: DuckDBEngine, sources: Mapping[str, pd.DataFrame | Path]) -> list[str]:
    """Give each table its contract's columns, absent ones as NULL; return the names of the tables at hand."""
    names = {"sales": "clean_sales", "returns": "clean_returns", "cancelled_originals": "clean_cancelled"}
    for name in (*names, "browsing", "social", "feedback"):
        columns = _COLUMNS[name]
        given = f"given_{name}"
        if name in sources:
            engine.load(given, sources[name])
        at_hand = engine.columns(given) if name in sources else []
        picked = ", ".join(
            f"CAST({quoted(c) if c in at_hand else 'NULL'} AS {kind}) AS {quoted(c)}" for c, kind in columns.items()
        )
        target = names.get(name, f"{name}_seen")
        if name in sources:
            engine.table(target, f"SELECT {picked} FROM {given}")
        elif name in names:
            engine.table(target, f"SELECT {picked} WHERE 1 = 0")
        if name in ("browsing", "social", "feedback") and name in sources:
            engine.table(f"{name}_columns", f"SELECT {', '.join(quoted(c) for c in at_hand)} FROM {given} WHERE 1 = 0")
    if "customers" in sources:
        engine.load("attributes", sources["customers"])
    return list(sources)


def _span(engine: DuckDBEngine) -> tuple[date, date, bool]:
    first, last, amounts = engine.rows("SELECT MIN(day), MAX(day), COUNT(amount) FROM clean_sales")[0]
    if first is None:
        raise AnalysisError("the table 'sales' has no row; nothing can be computed")
    return first, last, amounts > 0


def _check_span(engine: DuckDBEngine, first: date, last: date, end: date) -> None:
    if end <= first:
        raise AnalysisError(
            f"as_of is {end}, but the first sale is of {first} (the last of {last}); choose a later day"
        )
    if not _known_before(engine, end):
        raise AnalysisError(
            f"no sale before {end} names its customer (sales run from {first} to {last}); map customer_id to the "
            "column that holds it"
        )


def _known_before(engine: DuckDBEngine, day: date) -> bool:
    counted = f"SELECT COUNT(*) FROM clean_sales WHERE customer_key IS NOT NULL AND day < DATE '{day.isoformat()}'"
    return bool(engine.rows(counted)[0][0])


def _undated(engine: DuckDBEngine, name: str) -> bool:
    if name not in ("browsing", "social", "feedback"):
        return False
    return engine.rows(f"SELECT COUNT(timestamp) FROM {name}_seen")[0][0] == 0


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _customers_at(engine: DuckDBEngine, have: list[str], *, at: date, money: bool, dated_only: bool) -> None:
    """Make `customers_at`: features of all customers with a sale before a day. Leaves `sales_seen` for that day."""
    moment = _midnight(at)
    engine.table("sales_seen", sql_text("feature_sales", as_of=moment))
    engine.table("orders_seen", sql_text("feature_orders"))
    engine.table("bought", sql_text("feature_customers", as_of=moment))
    engine.table("countries", sql_text("feature_countries"))
    columns = [name for name in engine.columns("bought") if money or name not in _MONEY]
    picked = [f"b.{name}" for name in columns]
    joins = []
    for name in ("browsing", "social", "feedback"):
        undated = name in have and _undated(engine, name)
        if name not in have or (undated and dated_only):
            continue
        values: dict[str, Any] = {"undated": undated, "as_of": moment}
        if name == "feedback":
            values["from_time"] = _midnight(_ALWAYS)
        engine.table(f"{name}_sums", sql_text(f"feature_{name}", **values))
        picked += _event_columns(name, engine.columns(f"{name}_columns"))
        joins.append(f"LEFT JOIN {name}_sums AS {name} ON {name}.customer_key = b.customer_key")
    attributes = _attribute_columns(engine, have, columns)
    if attributes:
        picked += [f"a.{quoted(given)} AS {quoted(shown)}" for given, shown in attributes]
        joins.append("LEFT JOIN attributes AS a ON a.customer_key = b.customer_key")
    if all(shown != "country" for _, shown in attributes):
        picked.append("c.country AS country")
        joins.append("LEFT JOIN countries AS c ON c.customer_key = b.customer_key")
    engine.table("customers_at", f"SELECT {', '.join(picked)} FROM bought AS b {' '.join(joins)}")


def _event_columns(name: str, given: list[str]) -> list[str]:
    if name == "browsing":
        minutes = ["COALESCE(browsing.minutes, 0) AS browsing_minutes"] if "duration_seconds" in given else []
        pages = ["browsing.pages / CAST(browsing.sessions AS DOUBLE) AS pages_per_session"] if "pages" in given else []
        return ["COALESCE(browsing.sessions, 0) AS browsing_sessions", *minutes, *pages]
    if name == "social":
        moved = {"likes", "comments", "shares"} & set(given)
        engagement = ["COALESCE(social.engagement, 0) AS social_engagement"] if moved else []
        return ["COALESCE(social.posts, 0) AS social_posts", *engagement]
    rating = ["feedback.satisfaction AS satisfaction"] if "rating" in given else []
    return ["COALESCE(feedback.n, 0) AS feedback_count", *rating]


def _attribute_columns(engine: DuckDBEngine, have: list[str], taken: list[str]) -> list[tuple[str, str]]:
    """Return pairs (column in customers, name among the features); flags of imputation stay behind."""
    if "customers" not in have:
        return []
    reserved = {
        *taken, *_MONEY, "browsing_sessions", "browsing_minutes", "pages_per_session", "social_posts",
        "social_engagement", "feedback_count", "satisfaction", "cutoff", "target_amount", "target_orders",
        "target_satisfaction", "previous_amount", "previous_orders",
    }  # fmt: skip
    return [
        (name, f"{name}_stated" if name in reserved else name)
        for name in engine.columns("attributes")
        if name != "customer_key" and not name.endswith("_imputed")
    ]


def _history_sql(engine: DuckDBEngine, have: list[str], *, cutoff: date, horizon_days: int, money: bool) -> str:
    """Features at a cutoff, what was bought in the period of equal length before it, and the targets after it."""
    window = {"from_time": _midnight(cutoff), "as_of": _midnight(cutoff + timedelta(days=horizon_days))}
    _customers_at(engine, have, at=cutoff, money=money, dated_only=True)
    engine.table("past", "SELECT * FROM customers_at")
    engine.table("previous", sql_text("feature_previous", from_time=_midnight(cutoff - timedelta(days=horizon_days))))
    engine.table("targets", sql_text("feature_targets", **window))
    picked = ["p.*", "COALESCE(r.previous_orders, 0) AS previous_orders"]
    picked += ["CAST(COALESCE(r.previous_amount, 0) AS DOUBLE) AS previous_amount"] if money else []
    picked += [f"DATE '{cutoff.isoformat()}' AS cutoff", "COALESCE(t.target_orders, 0) AS target_orders"]
    picked += ["CAST(COALESCE(t.target_amount, 0) AS DOUBLE) AS target_amount"] if money else []
    joins = "LEFT JOIN targets AS t ON t.customer_key = p.customer_key"
    joins += " LEFT JOIN previous AS r ON r.customer_key = p.customer_key"
    if "feedback" in have and not _undated(engine, "feedback") and "rating" in engine.columns("feedback_columns"):
        engine.table("target_feedback", sql_text("feature_feedback", undated=False, **window))
        picked.append("f.satisfaction AS target_satisfaction")
        joins += " LEFT JOIN target_feedback AS f ON f.customer_key = p.customer_key"
    return f"SELECT {', '.join(picked)} FROM past AS p {joins} ORDER BY p.customer_key"


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


def _statements() -> dict[str, str]:
    return {
        "customers": "SELECT * FROM customers_at ORDER BY customer_key",
        "baskets": sql_text("feature_baskets") + "ORDER BY i.basket_key, i.product_id",
        "customer_products": sql_text("feature_products") + "ORDER BY customer_key, product_id",
        "months": sql_text("feature_months") + "ORDER BY m.month",
        "cohorts": sql_text("feature_cohorts") + "ORDER BY s.cohort, m.month",
    }


def _write(engine: DuckDBEngine, sql: str, path: Path) -> Path:
    engine.write(sql, path)
    return path
