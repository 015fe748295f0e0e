"""Baskets of several days and customers, lines cancelled later or without a basket, beside a count with pandas."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from analysis import features
from analysis.data.engine import DuckDBEngine
from analysis.data.engine import duckdb as engine_module

END, HORIZON = date(2024, 4, 1), 20


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(5)
    n = 3000
    basket = np.sort(rng.integers(1, 900, n)).astype(float)
    first_day = rng.integers(0, 85, 901)
    # most baskets are of one day and customer; some lines stray to another
    day = first_day[basket.astype(int)] + np.where(rng.random(n) < 0.03, rng.integers(1, 5, n), 0)
    owner = rng.integers(1, 60, 901).astype(float)
    customer = owner[basket.astype(int)]
    customer[rng.random(n) < 0.01] = 7
    customer[(basket % 9 == 0) | (rng.random(n) < 0.01)] = np.nan
    basket[rng.random(n) < 0.01] = np.nan
    moment = pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D") + pd.to_timedelta(basket % 24, unit="h")
    moment = moment.where(~np.isnan(basket), pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D"))
    lines = pd.DataFrame(
        {
            "basket_key": pd.array(basket).astype("Int64"),
            "customer_key": pd.array(customer).astype("Int64"),
            "product_id": rng.choice(list("abcdefgh"), n),
            "category": rng.choice(["x", "y", None], n),
            "timestamp": moment,
            "quantity": rng.integers(1, 5, n),
            "amount": rng.integers(1, 1000, n) / 100,
            "country": "FR",
        }
    )
    lines["product"], lines["day"] = lines["product_id"], lines["timestamp"].dt.date
    cancelled = rng.random(n) < 0.05
    later = lines["timestamp"] + pd.to_timedelta(rng.integers(0, 40, n), unit="D")
    originals = lines[cancelled].assign(cancelled_at=later[cancelled])
    return {"sales": lines[~cancelled], "cancelled_originals": originals}


def seen(tables: dict[str, pd.DataFrame], day: date) -> pd.DataFrame:
    """Lines as they stood at a day."""
    moment, back = pd.Timestamp(day), tables["cancelled_originals"]
    standing = back[(back["timestamp"] < moment) & (back["cancelled_at"] >= moment)]
    sold = tables["sales"]
    return pd.concat([sold[sold["timestamp"] < moment], standing.drop(columns="cancelled_at")])


def expected_customers(lines: pd.DataFrame) -> pd.DataFrame:
    known = lines[lines["customer_key"].notna()]
    orders = known.groupby(["customer_key", "basket_key"], dropna=False)["product_id"].nunique()
    groups, by_customer = known.groupby("customer_key"), orders.groupby(level=0)
    return pd.DataFrame(
        {
            "frequency": by_customer.size(),
            "monetary": groups["amount"].sum(),
            "items_per_order": by_customer.mean(),
            "product_variety": groups["product_id"].nunique(),
        }
    )


def expected_products(lines: pd.DataFrame) -> pd.DataFrame:
    groups = lines[lines["customer_key"].notna()].groupby(["customer_key", "product_id"])
    figures = {"orders": groups["basket_key"].nunique(), "amount": groups["amount"].sum()}
    days = {"first_day": groups["day"].min(), "last_day": groups["day"].max()}
    return pd.DataFrame(figures | days | {"quantity": groups["quantity"].sum()})


def expected_baskets(lines: pd.DataFrame) -> pd.DataFrame:
    named = lines[lines["basket_key"].notna()]
    groups = named.groupby(["basket_key", "product_id"])
    figures = {"amount": groups["amount"].sum(), "quantity": groups["quantity"].sum()}
    return pd.DataFrame(figures | {"category": groups["category"].agg(lambda c: c.dropna().min())})


def agree(found: pd.DataFrame, wanted: pd.DataFrame, keys: list[str]) -> None:
    have = found.set_index(keys).sort_index()
    want = wanted.sort_index()
    assert len(have) == len(want) and (have.index == want.index).all()
    for name in want:
        if want[name].dtype.kind in "ifu":
            assert have[name].astype(float).to_numpy() == pytest.approx(want[name].astype(float).to_numpy()), name
        else:
            assert have[name].fillna("-").astype(str).tolist() == want[name].fillna("-").astype(str).tolist(), name


@pytest.mark.parametrize("group_bytes", [120, 2_000_000], ids=["one range", "many ranges"])
def test_what_a_day_sees_of_mixed_baskets(tables, group_bytes, monkeypatch):
    """Whether all groups have room in memory makes no difference."""
    monkeypatch.setattr(engine_module, "_GROUP", group_bytes)
    result = features.build(tables, as_of=END, horizon_days=HORIZON, cutoffs=3, memory_limit="500MB")
    cutoffs = [END - timedelta(days=HORIZON * (i + 1)) for i in range(3)]
    now, before = seen(tables, END), seen(tables, cutoffs[0])
    agree(result.frame("customers"), expected_customers(now), ["customer_key"])
    agree(result.frame("customer_products"), expected_products(now), ["customer_key", "product_id"])
    agree(result.frame("customer_products_history"), expected_products(before), ["customer_key", "product_id"])
    later = now[now["timestamp"] >= pd.Timestamp(cutoffs[0])]
    agree(result.frame("customer_products_later"), expected_products(later), ["customer_key", "product_id"])
    histories = result.frame("histories")
    for cutoff in cutoffs:
        rows = histories[histories["cutoff"].astype(str) == cutoff.isoformat()]
        agree(rows, expected_customers(seen(tables, cutoff)), ["customer_key"])
    baskets = result.frame("baskets")
    agree(baskets[baskets["basket_key"].notna()], expected_baskets(now), ["basket_key", "product_id"])


def test_ranges_of_keys_hold_every_group_once(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"key": [3, 3, 11, 12, 12, 90, None], "x": range(7)})
    asked: list[tuple[int, int]] = []

    def sql(first: int, end: int) -> str:
        asked.append((first, end))
        return f"SELECT key, COUNT(*) AS n FROM t WHERE key >= {first} AND key < {end} GROUP BY key"

    with DuckDBEngine(memory_limit="500MB", threads=1) as engine:
        engine.load("t", frame)
        engine.table_by_ranges("whole", sql, source="t", key="key")
        assert asked == [(3, 91)]
        monkeypatch.setattr(engine_module, "_GROUP", 200_000_000)
        engine.table_by_ranges("parts", sql, source="t", key="key")
        assert len(asked) > 3 and asked[1][0] == 3 and asked[-1][1] == 91
        assert all(before[1] == after[0] for before, after in itertools.pairwise(asked[1:]))
        for name in ("whole", "parts"):
            assert engine.rows(f"SELECT * FROM {name} ORDER BY key") == [(3, 2), (11, 1), (12, 2), (90, 1)]


def test_ranges_of_no_key_give_a_table_without_rows() -> None:
    with DuckDBEngine(memory_limit="500MB", threads=1) as engine:
        engine.load("t", pd.DataFrame({"key": pd.array([None], dtype="Int64"), "x": [1]}))
        engine.table_by_ranges(
            "none", lambda a, b: f"SELECT key, x FROM t WHERE key >= {a} AND key < {b}", source="t", key="key"
        )
        assert engine.columns("none") == ["key", "x"] and engine.rows("SELECT * FROM none") == []
