"""Typed values to exact canonical text: Arrow arrays and cells of a workbook.

Whole numbers have no decimal point and no exponent, other numbers their shortest exact digits, dates are
``YYYY-MM-DD``, timestamps ``YYYY-MM-DD HH:MM:SS`` with six (or nine) digits of a fraction where there is one,
in UTC where the source has a zone; truth is ``true`` or ``false``; a duration is its seconds.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["array_text", "cell_text", "number_text"]


def number_text(number: float | Decimal) -> str:
    """A number's shortest exact digits, without exponent.

    >>> number_text(12345.0), number_text(0.1), number_text(1e-07), number_text(Decimal("1E+2"))
    ('12345', '0.1', '0.0000001', '100')
    """
    if isinstance(number, Decimal):
        return format(number, "f")
    if number != number or number in (float("inf"), float("-inf")):
        return str(number)
    return str(int(number)) if number == int(number) else format(Decimal(repr(number)), "f")


def _positional(texts: pa.Array) -> pa.Array:
    """Numbers as text without exponent and without negative zero."""
    odd = pc.or_kleene(pc.match_substring_regex(texts, "[eE]"), pc.equal(texts, "-0"))
    if not pc.any(odd).as_py():
        return texts
    plain = [
        None
        if text is None
        else "0"
        if text == "-0"
        else number_text(Decimal(text))
        if "e" in text or "E" in text
        else text
        for text in texts.to_pylist()
    ]
    return pa.array(plain, pa.string())


def _clock(texts: pa.Array) -> pa.Array:
    """Drop a fraction of zeros; keep six digits of another, nine where they are needed."""
    short = pc.replace_substring_regex(texts, r"\.0+$", "")
    return pc.replace_substring_regex(short, r"(\.\d{6})000$", r"\1")


def _number_array(values: pa.Array) -> pa.Array:
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    return _positional(values.cast(pa.string()))


def _moment_array(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_timestamp(kind):
        unit = "ns" if kind.unit == "ns" else "us"
        # Through the integers: a cast that names no zone keeps the instant, which is UTC.
        plain = values.cast(pa.int64()).cast(pa.timestamp(kind.unit))
        return _clock(plain.cast(pa.timestamp(unit)).cast(pa.string()))
    if pa.types.is_time(kind):
        target = pa.time64("ns") if kind == pa.time64("ns") else pa.time64("us")
        return _clock(values.cast(target).cast(pa.string()))
    per_second = {"s": 0, "ms": 3, "us": 6, "ns": 9}[kind.unit]
    ticks = values.cast(pa.int64()).to_pylist()
    return pa.array([None if one is None else _seconds(one, per_second) for one in ticks], pa.string())


def _seconds(ticks: int, digits: int) -> str:
    text = number_text(Decimal(ticks).scaleb(-digits))
    return text.rstrip("0").rstrip(".") if "." in text else text


def _binary_array(values: pa.Array) -> pa.Array | None:
    try:
        return values.cast(pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return None


def array_text(values: pa.Array) -> pa.Array | None:
    """An Arrow array as text, empty text as NULL; None: its type has no canonical text (nested, binary).

    >>> array_text(pa.array([1.0, 0.1, None])).to_pylist()
    ['1', '0.1', None]
    >>> array_text(pa.array([dt.datetime(2020, 1, 2, 3, 4, 5)])).to_pylist()
    ['2020-01-02 03:04:05']
    """
    kind = values.type
    test = pa.types
    if test.is_dictionary(kind):
        return array_text(values.dictionary_decode())
    if test.is_null(kind):
        return pa.nulls(len(values), pa.string())
    if test.is_string(kind) or test.is_large_string(kind) or test.is_string_view(kind):
        texts = values.cast(pa.string())
    elif test.is_integer(kind) or test.is_floating(kind) or test.is_decimal(kind):
        texts = _number_array(values)
    elif test.is_boolean(kind) or test.is_date(kind):
        texts = values.cast(pa.date32()).cast(pa.string()) if test.is_date(kind) else values.cast(pa.string())
    elif test.is_timestamp(kind) or test.is_time(kind) or test.is_duration(kind):
        texts = _moment_array(values)
    elif test.is_binary(kind) or test.is_large_binary(kind) or test.is_fixed_size_binary(kind):
        texts = _binary_array(values)
    else:
        return None
    return None if texts is None else pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def cell_text(value: Any) -> str | None:
    """A cell of a workbook as text, an empty one as None.

    Times are rounded to the millisecond: a workbook keeps them as fractions of a day.

    >>> cell_text(12345.0), cell_text(True), cell_text(dt.datetime(2011, 12, 9, 12, 49, 59, 999999))
    ('12345', 'true', '2011-12-09 12:50:00')
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return None if value != value else number_text(value)
    if isinstance(value, dt.datetime):
        milliseconds = dt.timedelta(milliseconds=round(value.microsecond / 1000))
        return str(value.replace(microsecond=0) + milliseconds)
    if isinstance(value, dt.timedelta):
        return _seconds(round(value / dt.timedelta(milliseconds=1)), 3)
    return str(value)
