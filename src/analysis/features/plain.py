"""Features of customers from a plain table of sales."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from analysis.data.engine import DuckDBEngine
from analysis.errors import AnalysisError
from analysis.features.history import customers_at, purchases_at, settle
from analysis.features.inputs import check_span, load, span

__all__ = ["customer_features"]


def customer_features(
    sales: pd.DataFrame, *, as_of: date | None = None, memory_limit: str = "3GB", threads: int | None = None
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
        have = load(engine, {"sales": frame})
        first, last, money = span(engine)
        end = as_of or last + timedelta(days=1)
        check_span(engine, first, last, end)
        settle(engine)
        purchases_at(engine, at=end)
        customers_at(engine, have, at=end, money=money, dated_only=False)
        table = engine.query("SELECT * FROM customers_at ORDER BY customer_key").drop(columns="returns_rate")
    if table["country"].isna().all():
        table = table.drop(columns="country")
    table.insert(0, "customer_id", pd.Index(ids).take(table.pop("customer_key").astype(int)))
    return table
