"""Parquet tables as notebooks read them: exact amounts, days, gaps, and the customers of a sample alone."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.errors import AnalysisError
from analysis.pipeline import frames
from analysis.pipeline.frames import read_batches, read_distinct, read_table, write_batches
from analysis.sampling import draw


@pytest.fixture
def amounts(tmp_path):
    random = np.random.default_rng(1)
    whole = random.integers(-(10**15), 10**15, 2000).tolist()
    values = [Decimal(value).scaleb(-4) for value in whole]
    values += [None, Decimal("0.0001"), Decimal("-99999999999999.9999"), Decimal("12345678901234.5678")]
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=i) if i % 7 else None for i in range(len(values))]
    table = pa.table(
        {
            "customer_key": pa.array(range(len(values)), pa.int64()),
            "amount": pa.array(values, pa.decimal128(18, 4)),
            "day": pa.array(days, pa.date32()),
            "nothing": pa.array([None] * len(values), pa.decimal128(18, 4)),
            "name": pa.array(["x", None] * (len(values) // 2), pa.string()),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=300)
    return tmp_path / "t.parquet", values, days


def test_amounts_are_the_nearest_doubles(amounts):
    path, values, _ = amounts
    expected = [np.nan if value is None else float(value) for value in values]
    np.testing.assert_array_equal(read_table(path)["amount"], expected)


def test_more_digits_than_a_double_holds(tmp_path):
    values = [Decimal("123456789012345678901234.5678"), Decimal("-0.0001"), None, Decimal("9007199254740993.0000")]
    pq.write_table(pa.table({"a": pa.array(values, pa.decimal128(38, 4))}), tmp_path / "t.parquet")
    expected = [np.nan if value is None else float(value) for value in values]
    np.testing.assert_array_equal(read_table(tmp_path / "t.parquet")["a"], expected)


def test_days_are_timestamps_and_gaps_stay(amounts):
    path, _, days = amounts
    found = read_table(path)
    pd.testing.assert_series_equal(found["day"], pd.to_datetime(pd.Series(days, name="day", dtype=object)))
    assert found["nothing"].isna().all() and found["name"].isna().sum() == len(days) // 2


def test_only_the_customers_of_a_sample_in_the_order_of_the_file(amounts):
    path, _, _ = amounts
    whole = read_table(path)
    sample = draw(whole["customer_key"], most=150)
    expected = whole[sample.holds(whole["customer_key"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(read_table(path, sample=sample), expected)
    pd.testing.assert_frame_equal(read_table(path, ["amount"], sample=sample), expected[["amount"]])
    everybody = draw(whole["customer_key"], most=10_000)
    pd.testing.assert_frame_equal(read_table(path, sample=everybody), whole)


def test_who_is_in_a_table(tmp_path):
    keys = [5, 3, None, 3, 9, 5]
    pq.write_table(pa.table({"customer_key": pa.array(keys, pa.int64())}), tmp_path / "t.parquet", row_group_size=2)
    assert read_distinct(tmp_path / "t.parquet", "customer_key").tolist() == [3, 5, 9]


def test_rows_without_a_customer_by_another_column(tmp_path):
    keys = [None if number % 3 == 0 else number // 2 for number in range(6000)]
    table = pa.table(
        {"customer_key": pa.array(keys, pa.int64()), "basket_key": [number // 4 for number in range(6000)]}
    )
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=1000)
    whole = table.to_pandas()
    sample = draw(whole["customer_key"].dropna().astype(int).unique(), most=600)
    known = whole["customer_key"].notna().to_numpy()
    held = np.where(known, sample.holds(whole["customer_key"].fillna(0).astype(int)), False)
    found = read_table(tmp_path / "t.parquet", sample=sample)
    pd.testing.assert_frame_equal(found.astype(float), whole[held].reset_index(drop=True).astype(float))
    more = held | (~known & sample.holds(whole["basket_key"]))
    found = read_table(tmp_path / "t.parquet", ["basket_key"], sample=sample, otherwise="basket_key")
    assert found["basket_key"].tolist() == whole.loc[more, "basket_key"].tolist()
    assert 0.5 < (more & ~known).sum() / (~known).sum() / (sample.size / sample.of) < 1.5


@pytest.mark.parametrize("rows", [3, 7, 131_072])
def test_whole_customers_a_batch_at_a_time(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(frames, "_BATCH", rows)
    keys = np.sort(np.random.default_rng(3).integers(0, 60, 400))
    table = pa.table({
        "name": [f"n{number}" for number in range(400)], "customer_key": pa.array(keys, pa.int64()),
        "amount": pa.array([Decimal(number).scaleb(-2) for number in range(400)], pa.decimal128(18, 4)),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=90)
    whole, different = read_table(tmp_path / "t.parquet"), len(np.unique(keys))
    for size in (1, 4, different - 1, different, 1000):
        found = list(read_batches(tmp_path / "t.parquet", size=size))
        pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), whole)
        held = [part["customer_key"].nunique() for part in found]
        assert held[:-1] == [size] * (len(held) - 1) and 1 <= held[-1] <= size and sum(held) == different
    some = read_batches(tmp_path / "t.parquet", ["amount"], size=9)
    assert np.concatenate([part["amount"] for part in some]).tolist() == whole["amount"].tolist()


def test_batches_of_rows_without_a_customer_or_out_of_order(tmp_path):
    for keys, expected in (([None, 1, 1, None, 2], [[1, 1], [2]]), ([None], []), ([], [])):
        pq.write_table(pa.table({"customer_key": pa.array(keys, pa.int64())}), tmp_path / "t.parquet")
        assert [part["customer_key"].tolist() for part in read_batches(tmp_path / "t.parquet", size=1)] == expected
    pq.write_table(pa.table({"customer_key": [1, 2, 1]}), tmp_path / "t.parquet")
    with pytest.raises(AnalysisError, match="not in the order of customer_key"):
        list(read_batches(tmp_path / "t.parquet", size=1))
    with pytest.raises(AnalysisError, match="at least 1 key; got 0"):
        list(read_batches(tmp_path / "t.parquet", size=0))


def test_a_table_written_in_batches_is_the_table(tmp_path):
    whole = pd.DataFrame({"key": range(9), "name": [None] * 4 + list("abcde"), "value": np.arange(9) / 7})
    write_batches(tmp_path / "t.parquet", (whole.iloc[at : at + 2] for at in range(0, 9, 2)))
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 5
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.parquet"), whole)
