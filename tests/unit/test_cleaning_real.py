"""Cleaning and features on data that nobody here made, and on demo files whose truth is planted."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import cleaning, features
from analysis.data import demo
from analysis.data.sources import SourceSpec, ingest

NAMES = {
    "Invoice": "invoice_id", "StockCode": "product_id", "Description": "description", "Quantity": "quantity",
    "InvoiceDate": "timestamp", "Price": "unit_price", "Customer ID": "customer_id", "Country": "country",
}  # fmt: skip
CODES = ("POST", "DOT", "M", "D", "S", "B", "C2", "BANK CHARGES", "AMAZONFEE")


@pytest.fixture(scope="module")
def raw(reference_data: Path) -> pd.DataFrame:
    """Online Retail II as text, each row with the line it begins on."""
    frame = pd.read_csv(
        reference_data / "online_retail_II" / "online_retail_II.csv.gz", dtype="string", keep_default_na=False
    ).rename(columns=NAMES)
    frame = frame.mask(frame == "")
    return frame.assign(source_file="online_retail_II.csv.gz", source_line=np.arange(2, len(frame) + 2))


@pytest.fixture(scope="module")
def cleaned(raw: pd.DataFrame) -> cleaning.CleaningResult:
    return cleaning.clean({"transactions": raw}, non_product_codes=CODES, non_product_patterns=["^gift_"])


def _row(result: cleaning.CleaningResult, rule: str) -> pd.Series:
    return result.ledger.set_index("rule").loc[rule]


@pytest.mark.reference_data
def test_known_facts_before_any_rule(cleaned: cleaning.CleaningResult) -> None:
    """What the data set's description says of itself."""
    assert _row(cleaned, "raw_rows")["rows"] == 1_067_371
    assert round(_row(cleaned, "raw_rows")["amount"], 2) == Decimal("19287250.57")
    missing = cleaned.missing.set_index("column")["missing"]
    assert missing["customer_id"] == 243_007
    assert _row(cleaned, "duplicate_overlap")["rows"] + _row(cleaned, "duplicate_repeat")["rows"] == 34_335
    assert _row(cleaned, "adjustment")["rows"] == 6
    # The two sheets overlap on 1 to 9 December 2010, where 22,523 rows stand in both.
    assert _row(cleaned, "duplicate_overlap")["rows"] == 22_523


@pytest.mark.reference_data
def test_known_facts_of_single_rules(raw: pd.DataFrame) -> None:
    """Lines made unique, so that no duplicate goes first: marks and prices count as the description has them."""
    price = raw["unit_price"].astype("float64")
    marked = raw["invoice_id"].str.startswith("C") | raw["invoice_id"].str.startswith("A") | (price <= 0)
    part = raw[marked | (raw.index < 100)]
    unique = part.assign(invoice_id=part["invoice_id"] + "-" + part["source_line"].astype("string"))
    result = cleaning.clean({"transactions": unique})
    assert sum(_row(result, rule)["rows"] for rule in ("cancellation", "cancellation_unmatched")) == 19_494
    assert _row(result, "adjustment")["rows"] == 6
    # 6,207 prices of zero or less, of which 5 are adjustments with a price below zero.
    assert (price <= 0).sum() == 6_207
    others = (price <= 0) & ~raw["invoice_id"].str.startswith("A") & ~raw["invoice_id"].str.startswith("C")
    assert _row(result, "non_positive_price")["rows"] == others.sum()


@pytest.mark.reference_data
def test_ledger_closes_to_the_penny(cleaned: cleaning.CleaningResult) -> None:
    ledger = cleaned.ledger
    parts = ledger[ledger["kind"].isin(["removed", "kept"])]
    sales = cleaned.frame("sales")
    assert parts["rows"].sum() == 1_067_371 and parts["amount"].sum() == _row(cleaned, "raw_rows")["amount"]
    assert _row(cleaned, "sales")["rows"] == len(sales)
    assert _row(cleaned, "sales")["amount"] == sales["amount"].sum()
    assert _row(cleaned, "cancellation")["amount"] == -_row(cleaned, "cancelled_original")["amount"]


@pytest.mark.reference_data
def test_duplicates_against_pandas(raw: pd.DataFrame, cleaned: cleaning.CleaningResult) -> None:
    """pandas' own duplicates; those of the second sheet, which begins where time steps back, are the overlap."""
    lines = raw.drop(columns=["source_file", "source_line"])
    again = lines.duplicated()
    assert again.sum() == 34_335
    moments = pd.to_datetime(raw["timestamp"])
    begins = int(np.flatnonzero(np.diff(moments.to_numpy()) < np.timedelta64(0))[0]) + 1
    second = raw.index >= begins
    first_sheet = set(map(tuple, lines[~second].fillna("").to_numpy()))
    in_both = pd.Series([tuple(row) in first_sheet for row in lines[second & again].fillna("").to_numpy()])
    assert in_both.sum() == 22_523
    assert _row(cleaned, "duplicate_overlap")["rows"] == in_both.sum()


@pytest.mark.reference_data
def test_rfm_of_the_whole_data_against_pandas(cleaned: cleaning.CleaningResult) -> None:
    result = features.build(cleaned.tables, as_of=date(2011, 12, 10), horizon_days=90)
    table = result.frame("customers").set_index("customer_key")
    sales = cleaned.frame("sales").dropna(subset="customer_key")
    sales = sales.assign(amount=sales["amount"].astype("float64"), customer_key=sales["customer_key"].astype("int64"))
    by = sales.groupby("customer_key")
    assert table.index.tolist() == sorted(by.groups)
    last = pd.to_datetime(by["day"].max())
    assert (table["recency_days"] == (pd.Timestamp("2011-12-10") - last).dt.days).all()
    assert (table["frequency"] == by["basket_key"].nunique()).all()
    np.testing.assert_allclose(table["monetary"], by["amount"].sum(), rtol=1e-10)
    assert (table["product_variety"] == by["product_id"].nunique()).all()
    sizes = sales.groupby(["customer_key", "basket_key"])["product_id"].nunique()
    np.testing.assert_allclose(table["items_per_order"], sizes.groupby("customer_key").mean(), rtol=1e-12)
    back = cleaned.frame("returns").groupby("customer_key").size().reindex(table.index, fill_value=0)
    np.testing.assert_allclose(table["returns_rate"], back / (back + by.size()), rtol=1e-12)
    # The history knows the lines before the cutoff, with those cancelled only after it put back.
    cutoff = pd.Timestamp("2011-09-11")
    gone = cleaned.frame("cancelled_originals")
    late = gone[(gone["timestamp"] < cutoff) & (gone["cancelled_at"] >= cutoff)].dropna(subset="customer_key")
    known = pd.concat([sales[sales["timestamp"] < cutoff], late.assign(amount=late["amount"].astype("float64"))])
    history = result.frame("history").set_index("customer_key")
    expected = known.groupby("customer_key")["amount"].sum()
    np.testing.assert_allclose(history["monetary"], expected.loc[history.index], rtol=1e-10)
    after = sales[sales["timestamp"] >= cutoff].groupby("customer_key")["amount"].sum()
    np.testing.assert_allclose(history["target_amount"], after.reindex(history.index, fill_value=0.0), atol=1e-6)
    assert len(late) > 0
    baskets = result.frame("baskets")
    assert baskets["amount"].astype("float64").sum() == pytest.approx(float(_row(cleaned, "sales")["amount"]))


def test_the_planted_truth_of_the_demo_is_found(tmp_path: Path) -> None:
    """The demo's generator counts what it damages; cleaning has to find just that, rule by rule."""
    truth = demo.generate(tmp_path / "files", seed=4, customers=150, months=12, end=date(2025, 12, 20))
    names = ["invoice_id", "product_id", "description", "category", "quantity", "timestamp", "unit_price"]
    names += ["customer_id", "country"]
    specs = []
    for file in truth.files:
        path = tmp_path / "files" / file.path
        header = path.read_bytes().splitlines()[0].decode(file.encoding, "ignore").strip().split(",")
        if file.table == "transactions" and len(header) == len(names):
            columns = dict(zip(names, header, strict=True))
            specs.append(SourceSpec(files=(str(path),), columns=columns, encoding=file.encoding, delimiter=","))
    ingest({"transactions": specs}, root=tmp_path, out=tmp_path / "raw")
    result = cleaning.clean(
        {"transactions": tmp_path / "raw" / "transactions.parquet"},
        ingest=json.loads((tmp_path / "raw" / "ingest.json").read_text(encoding="utf-8")),
        quarantine=tmp_path / "raw" / "quarantine.parquet",
        first_day="2020-01-01", last_day="2030-12-31",
        non_product_codes=["POST", "DOT", "M", "BANK CHARGES"], non_product_patterns=["^gift_"],
    )  # fmt: skip
    rows = result.ledger.groupby("rule")["rows"].sum()
    planted = {rule: n for rule, n in truth.ledger.items() if rule not in ("kept", "rows")}
    assert {rule: int(rows[rule]) for rule in planted} == planted
    assert rows["sales"] == truth.clean["rows"] == truth.ledger["kept"]
    assert _row(result, "sales")["amount"] * 100 == truth.clean["amount_pence"]
    assert result.frame("sales")["basket_key"].nunique() == truth.clean["baskets"]
