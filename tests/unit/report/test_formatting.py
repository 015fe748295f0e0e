"""Values as words: what a reader sees must never say more or other than the number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.report.chinese import han
from analysis.report.formatting import Style, column_digits, format_cell, format_date, format_value
from analysis.report.messages import format_message, message_text
from analysis.report.values import (
    Value,
    count,
    day,
    days,
    listing,
    money,
    number,
    p_value,
    percent,
    points,
    significant,
    significant_column,
    term,
    text,
    times,
)
from analysis.report.wording import message

POUNDS = Style(currency="GBP", names={"recency_days": "Days since the last order"})


def written(value: Value, style: Style = POUNDS) -> str:
    return format_value(value, style).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (count(1234567), "1,234,567"),
        (count(-3), "−3"),
        (number(0.034567), "0.035"),
        (number(12.345), "12.3"),
        (number(0), "0"),
        (number(-0.0001, digits=2), "0.00"),
        (percent(0.25), "25 %"),
        (percent(0.0123), "1.2 %"),
        (percent(0.9996), "99.96 %"),
        (percent(0.99999), "over 99.99 %"),
        (percent(0.82, 0.48, 0.997), "82 % (95 % interval 48 to over 99 %)"),
        (percent(0.00001), "less than 0.01 %"),
        (percent(0), "0 %"),
        (percent(1), "100 %"),
        (points(0.032), "3.2 percentage points"),
        (points(-0.01, digits=0), "−1 percentage point"),
        (money(1_240_000), "£1.24 million"),
        (money(999_999), "£1.00 million"),
        (money(12345.67), "£12,346"),
        (money(12.3), "£12.30"),
        (money(0), "£0"),
        (money(-2.5), "−£2.50"),
        (times(2.34), "2.34 times"),
        (days(1), "1 day"),
        (days(47.6), "48 days"),
        (p_value(0.0004), "p < 0.001"),
        (p_value(0.04), "p = 0.040"),
        (p_value(0.43), "p = 0.43"),
        (text("=1+1"), "=1+1"),
        (term("recency_days"), "Days since the last order"),
        (term("order_count"), "order count"),
        (listing(["a", "recency_days", "c"]), "a, Days since the last order and c"),
        (listing([]), "none"),
        (percent(None), "– (not available)"),  # type: ignore[arg-type]
        (percent(0.521, 0.49, 0.55), "52 % (95 % interval 49 to 55 %)"),
        (percent(0.5, 0.4999, 0.5002), "50 % (95 % interval 49.99 to 50.02 %)".replace("50 % (", "50.00 % (")),
        (number(0.1, -0.2, 0.4, level=0.9), "0.10 (90 % interval −0.20 to 0.40)"),
        (money(100, 90, 2_000_000), "£100 (95 % interval £90 to £2.00 million)"),
    ],
)
def test_each_kind_is_written_as_people_write_it(value: Value, expected: str) -> None:
    assert written(value) == expected


def test_a_date_is_written_out() -> None:
    assert written(day("2026-11-21")) == "21 November 2026"  # type: ignore[arg-type]
    assert format_date("2026-11-21 14:05:00") == "21 November 2026, 14:05"


def test_amounts_without_a_currency_and_in_whole_currencies() -> None:
    assert written(money(12.5), Style()) == "12.50"
    assert written(money(12.5), Style(currency="JPY")) == "¥12"
    assert written(money(12.5), Style(currency="CHF")) == "CHF 12.50"


def test_an_interval_inside_brackets_opens_no_second_pair() -> None:
    inside = message("It is strong (coefficient {c}).", c=number(0.8, 0.76, 0.82))
    assert message_text(inside, POUNDS).replace("\xa0", " ") == (
        "It is strong (coefficient 0.80, 95 % interval 0.76 to 0.82)."
    )


@given(st.floats(0, 1))
def test_a_share_is_never_rounded_to_none_or_all(share: float) -> None:
    shown = written(percent(share))
    assert (shown == "0 %") == (share == 0)
    assert (shown == "100 %") == (share == 1)


@given(st.floats(-1e12, 1e12), st.sampled_from(["number", "money", "percent", "points", "times", "days"]))
def test_what_is_written_reads_back_within_its_rounding(value: float, kind: str) -> None:
    digits = 2
    cell = format_cell(value, kind, POUNDS, digits=digits)
    scale = 100 if kind in {"percent", "points"} else 1
    read = float(cell.replace("−", "-").replace(",", ""))
    assert math.isclose(read, value * scale, abs_tol=0.5001 * 10**-digits, rel_tol=1e-12)
    assert "-" not in cell


@given(st.text())
def test_text_from_data_cannot_leave_its_place(words: str) -> None:
    shown = str(format_message(message("About {x}.", x=text(words)), POUNDS))
    rest = shown.replace('<span lang="zh-Hans">', "").replace("</span>", "")
    assert "<" not in rest and ">" not in rest and '"' not in rest


def test_chinese_is_marked_in_english_pages_alone() -> None:
    assert str(han("红色 & blue", POUNDS)) == '<span lang="zh-Hans">红色</span> &amp; blue'
    assert str(han("红色", Style(language="zh-Hans"))) == "红色"


def test_a_column_has_one_number_of_decimals() -> None:
    assert column_digits([1200.0, 15.5, 3.25], "money", POUNDS) == 2
    assert column_digits([1200.0, 1500.0, 12.5], "money", POUNDS) == 0
    assert column_digits([1, 2, 3], "number", POUNDS) == 0
    assert column_digits([0.23, 0.42], "percent", POUNDS) == 0
    assert column_digits([0.23, 0.0042, 0.0], "percent", POUNDS) == 1, "0.4 %, not 0"
    assert column_digits([None, float("nan")], "number", POUNDS) == 0
    assert column_digits(["a"], "text", POUNDS) is None


@pytest.mark.parametrize("digits", [1, 4, 10, 15])
def test_a_column_is_rounded_as_its_values_are(digits):
    random = np.random.default_rng(digits)
    sizes = 10.0 ** random.integers(-40, 40, 20_000)
    halves = (random.integers(1, 10**6, 4000) + 0.5) / 10.0 ** random.integers(0, 12, 4000)
    edges = [0.0, -0.0, np.inf, -np.inf, np.nan, 9.9999999999999e9, 1e10, 1e22, 1e23, 5e-324, 1.7e308, -0.5, 1e-22]
    money = random.integers(-(10**9), 10**9, 20_000) / 100
    values = np.concatenate([random.normal(size=20_000) * sizes, halves, edges, money, 1 / money])
    found = significant_column(values, digits)
    expected = [significant(value, digits) for value in values]
    expected = np.array([np.nan if value is None else value for value in expected])
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))
