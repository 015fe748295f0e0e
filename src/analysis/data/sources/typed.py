"""Typed values to exact canonical text: Arrow arrays and cells of a workbook.

Whole numbers have no decimal point and no exponent, other numbers their shortest exact digits, dates are
``YYYY-MM-DD``, timestamps ``YYYY-MM-DD HH:MM:SS`` with six (or nine) digits of a fraction where there is one,
in UTC where the source has a zone; truth is ``true`` or ``false``; a duration is its seconds.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.data.sources.arrays import booleans, flags, integer_values, texts

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


def _number_array(values: pa.Array) -> pa.Array:
    """Numbers as text without exponent and without negative zero; NaN is NULL."""
    if pa.types.is_integer(values.type):
        return values.cast(pa.string())
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), pa.nulls(1, values.type)[0], values)
    found = values.cast(pa.string())
    exponent = "e" if pa.types.is_floating(values.type) else "E"
    odd = flags(pc.match_substring(found, exponent)) | flags(pc.equal(found, _text("-0")))
    if not odd.any():
        return found
    plain = ["0" if text == "-0" else number_text(Decimal(text)) for text in found.filter(booleans(odd)).to_pylist()]
    return pc.replace_with_mask(found, booleans(odd), texts(plain))


def _text(value: str) -> pa.StringScalar:
    return texts([value], empty_is_null=False)[0]


_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def _moment_array(values: pa.Array) -> pa.Array:
    """Timestamps, in UTC where they have a zone, and times of day: as many digits of a fraction as each needs."""
    kind = values.type
    stamp = pa.types.is_timestamp(kind)
    # Through the integers: a cast that names no zone keeps the instant, which is UTC.
    plain = values.cast(pa.int64()).cast(pa.timestamp(kind.unit)) if stamp else values
    whole = plain if stamp or kind in (pa.time64("us"), pa.time64("ns")) else plain.cast(pa.int32())
    ticks = integer_values(whole.cast(pa.int64()))
    per_second = _PER_SECOND[kind.unit]
    found = _text_by(plain, "s")
    for unit, last in (("us", "s"), ("ns", "us")):
        step = per_second // _PER_SECOND[last]
        fits = ticks % step == 0 if step > 1 else np.ones(len(ticks), dtype=bool)
        if fits.all():
            break
        found = pc.if_else(booleans(fits), found, _text_by(plain, unit))
    return found


def _text_by(values: pa.Array, unit: str) -> pa.Array:
    """Moments as text with the digits of this unit; what is finer is cut off."""
    if pa.types.is_timestamp(values.type):
        kind = pa.timestamp(unit)
    else:
        kind = pa.time32(unit) if unit == "s" else pa.time64(unit)
    finer = _PER_SECOND[unit] >= _PER_SECOND[values.type.unit]
    return values.cast(kind, safe=finer).cast(pa.string())


def _duration_array(values: pa.Array) -> pa.Array:
    digits = {"s": 0, "ms": 3, "us": 6, "ns": 9}[values.type.unit]
    ticks = values.cast(pa.int64()).to_pylist()
    return texts([None if one is None else _seconds(one, digits) for one in ticks])


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
        found = values.cast(pa.string())
    elif test.is_integer(kind) or test.is_floating(kind) or test.is_decimal(kind):
        found = _number_array(values)
    elif test.is_boolean(kind) or test.is_date(kind):
        found = values.cast(pa.date32()).cast(pa.string()) if test.is_date(kind) else values.cast(pa.string())
    elif test.is_timestamp(kind) or test.is_time(kind):
        found = _moment_array(values)
    elif test.is_duration(kind):
        found = _duration_array(values)
    elif test.is_binary(kind) or test.is_large_binary(kind) or test.is_fixed_size_binary(kind):
        found = _binary_array(values)
    else:
        return None
    return None if found is None else pc.if_else(pc.equal(found, _text("")), pa.nulls(1, pa.string())[0], found)


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
