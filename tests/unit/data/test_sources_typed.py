"""Typed columns of Parquet files to exact text."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.data.sources import SourceSpec, check, ingest
from analysis.data.sources.typed import array_text, cell_text, number_text

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOMENT = dt.datetime(2020, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, -2, None], pa.int64(), ["1", "-2", None]),
        ([2**64 - 1], pa.uint64(), ["18446744073709551615"]),
        (
            [12345.0, 0.1, 1e22, 1e-7, math.nan, -0.0],
            pa.float64(),
            ["12345", "0.1", "10000000000000000000000", "0.0000001", None, "0"],
        ),
        ([0.1, 16777216.0], pa.float32(), ["0.1", "16777216"]),
        ([Decimal("1.50"), Decimal("0.00000001")], pa.decimal128(20, 8), ["1.50000000", "0.00000001"]),
        ([Decimal("100")], pa.decimal128(20, -2), ["100"]),
        ([True, False, None], pa.bool_(), ["true", "false", None]),
        ([dt.date(1960, 2, 29)], pa.date32(), ["1960-02-29"]),
        ([dt.date(2020, 1, 2)], pa.date64(), ["2020-01-02"]),
        ([MOMENT], pa.timestamp("s"), ["2020-01-02 03:04:05"]),
        ([MOMENT.replace(microsecond=120000)], pa.timestamp("ms"), ["2020-01-02 03:04:05.120000"]),
        (
            [MOMENT, MOMENT.replace(year=1960, microsecond=7)],
            pa.timestamp("us"),
            ["2020-01-02 03:04:05", "1960-01-02 03:04:05.000007"],
        ),
        (
            [pd.Timestamp("2020-01-02 03:04:05.000000001"), pd.Timestamp("2020-01-02 03:04:05.5")],
            pa.timestamp("ns"),
            ["2020-01-02 03:04:05.000000001", "2020-01-02 03:04:05.500000"],
        ),
        ([MOMENT.replace(tzinfo=SHANGHAI)], pa.timestamp("us", "Asia/Shanghai"), ["2020-01-01 19:04:05"]),
        ([dt.time(1, 2, 3), dt.time(1, 2, 3, 4)], pa.time64("us"), ["01:02:03", "01:02:03.000004"]),
        ([dt.timedelta(hours=1), dt.timedelta(milliseconds=1500)], pa.duration("ms"), ["3600", "1.5"]),
        (["", "茶", None], pa.string(), [None, "茶", None]),
        (["b", "b", ""], pa.dictionary(pa.int8(), pa.string()), ["b", "b", None]),
        ([b"caf\xc3\xa9"], pa.binary(), ["café"]),
        ([None], pa.null(), [None]),
    ],
)
def test_exact_text(values: list[object], kind: pa.DataType, expected: list[str | None]) -> None:
    text = array_text(pa.array(values, kind))
    assert text is not None and text.type == pa.string() and text.to_pylist() == expected


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**63), 2**63 - 1))
def test_numbers_read_back_as_they_were(number: float, whole: int) -> None:
    text = number_text(number)
    assert float(text) == number and "e" not in text.lower()
    from_array = array_text(pa.array([number]))
    assert from_array is not None and float(from_array.to_pylist()[0]) == number
    assert "e" not in from_array.to_pylist()[0]
    assert cell_text(whole) == str(whole)


def test_moments_read_back_as_they_were() -> None:
    moments = pd.Series(pd.to_datetime(np.arange(0, 2**60, 2**60 // 999 + 7), unit="ns"))
    text = array_text(pa.array(moments, pa.timestamp("ns")))
    assert text is not None
    assert (pd.to_datetime(pd.Series(text.to_pylist()), format="ISO8601") == moments).all()


def test_a_parquet_file_becomes_a_table(tmp_path: Path) -> None:
    table = pa.table(
        {
            " household ": pa.array([1.0, None, 3.0]),
            "article": pa.array(["a", "b", ""]),
            "when": pa.array([MOMENT] * 3, pa.timestamp("us", "UTC")),
            "list": pa.array([[1], [2], []]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    columns = {"customer_id": "household", "product_id": "article", "timestamp": "when"}
    spec = SourceSpec(files=("a.parquet",), columns=columns)
    report = ingest({"transactions": [spec]}, root=tmp_path, out=tmp_path / "raw")
    part = report.tables["transactions"][0]
    assert (part.lines, part.header_lines, part.rows, part.encoding) == (3, 0, 3, None)
    rows = pq.read_table(tmp_path / "raw/transactions.parquet").to_pylist()
    assert [row["customer_id"] for row in rows] == ["1", None, "3"]
    assert [row["product_id"] for row in rows] == ["a", "b", None]
    assert {row["timestamp"] for row in rows} == {"2020-01-02 03:04:05"}
    assert [row["source_line"] for row in rows] == [1, 2, 3]
    nested = SourceSpec(files=("a.parquet",), columns={**columns, "quantity": "list"})
    (problem,) = check({"transactions": [nested]}, root=tmp_path)
    assert "'list' (for quantity)" in problem and "list<" in problem


PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def _moment_text(ticks: int, unit: str) -> str:
    """A moment by Python's own clock: as many digits of a fraction as it needs, six or nine."""
    seconds, rest = divmod(ticks * (10**9 // PER_SECOND[unit]), 10**9)
    text = str(dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds))
    digits = f"{rest:09d}"
    return text if not rest else f"{text}.{digits[:6] if digits.endswith('000') else digits}"


@given(st.sampled_from(sorted(PER_SECOND)), st.data())
def test_moments_have_the_digits_that_each_needs(unit: str, data: st.DataObject) -> None:
    per = PER_SECOND[unit]
    whole = st.integers(-(10**9), 4 * 10**9).map(lambda seconds: seconds * per)
    part = st.sampled_from([0, 1, per // 2, per // 1000, per - 1])
    one = st.one_of(st.none(), st.builds(lambda seconds, ticks: seconds + ticks % per, whole, part))
    ticks = data.draw(st.lists(one, min_size=1, max_size=12))
    first = data.draw(st.integers(0, len(ticks) - 1))
    values = pa.array(ticks, pa.int64()).cast(pa.timestamp(unit))[first:]
    found = array_text(values)
    assert found is not None
    assert found.to_pylist() == [None if one is None else _moment_text(one, unit) for one in ticks[first:]]


@given(st.lists(st.one_of(st.none(), st.floats(), st.integers(-(10**6), 10**6).map(float)), max_size=12))
def test_floats_come_back_from_their_text(numbers: list[float | None]) -> None:
    found = array_text(pa.array(numbers, pa.float64()))
    assert found is not None
    for number, text in zip(numbers, found.to_pylist(), strict=True):
        if number is None or math.isnan(number):
            assert text is None
        else:
            assert float(text) == number and "e" not in text and text != "-0"
