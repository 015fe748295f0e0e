"""How values are written: one formatter for each kind, so that a number looks the same wherever it stands.

The true minus (U+2212), a no-break space before a unit, percentage points apart from per cent, and never a figure
that rounds to what it is not: a share of 0.9996 is not written as 100 %.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from analysis.report.values import Value

__all__ = [
    "MISSING",
    "MONTHS",
    "Style",
    "column_digits",
    "display_name",
    "format_cell",
    "format_date",
    "format_interval",
    "format_number",
    "format_range",
    "format_value",
    "row_digits",
    "unit_of",
    "whole_months",
]

#: What stands where there is no figure; words go with it, because a dash alone says nothing aloud.
MISSING = "–"
MISSING_WORDS = "not available"
_MINUS = "\N{MINUS SIGN}"
_SPACE = "\N{NO-BREAK SPACE}"
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "CNY": "¥", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$",
          "AUD": "A$", "CAD": "C$", "NZD": "NZ$", "HKD": "HK$", "TWD": "NT$", "SGD": "S$"}  # fmt: skip
_WHOLE_CURRENCIES = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "UGX", "PYG", "XAF", "XOF"})
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+|[a-z]+")
#: A column and one of its values, or that it has none.
_EXTENDED = re.compile(r"(\w+) (= .+|unknown)", re.DOTALL)
_LARGE = 1e15
_SMALL = 1e-6
#: A column whose sizes differ by more, and whose smallest figure would keep less than this, has decimals row by row.
_WIDE = 1000
_LEAST_SHOWN = 10


@dataclass(frozen=True)
class Style:
    """What a page needs to know to write values.

    Parameters
    ----------
    currency : str or None
        ISO 4217 code of all amounts.
    language : str
        BCP 47 tag of the page's own words.
    names : mapping of str to str
        Display names of terms, such as `{"recency_days": "Days since the last order"}`.
    min_group_size : int
        Rows that describe fewer customers are withheld.
    """

    currency: str | None = None
    language: str = "en"
    names: Mapping[str, str] = field(default_factory=dict)
    min_group_size: int = 5


def format_value(value: Value, style: Style, *, compact: bool = True) -> str:
    """A value as words, with its interval where it has one.

    Parameters
    ----------
    value : Value
    style : Style
    compact : bool
        Whether an amount from a million on is written as "£1.24 million".

    Returns
    -------
    str
        Plain text, not escaped.

    Examples
    --------
    >>> from analysis.report.values import money, percent
    >>> format_value(percent(0.521, 0.49, 0.55), Style()).replace("\\xa0", " ")
    '52 % (95 % interval 49 to 55 %)'
    >>> format_value(money(-1234.5), Style(currency="GBP"))
    '−£1,234'
    """
    main = format_number(value, style, compact=compact)
    interval = format_interval(value, style, compact=compact)
    return f"{main} ({interval})" if interval else main


def format_number(value: Value, style: Style, *, compact: bool = True) -> str:
    """A value without its interval."""
    if value.value is None or value.value == "" or value.value != value.value:
        return f"{MISSING} ({MISSING_WORDS})"
    if value.kind in _TEXT:
        return _TEXT[value.kind](value.value, style)
    digits = value.digits if value.digits is not None else _digits_of(value, style)
    return _with_unit(float(value.value), value.kind, digits, style, compact=compact)


def format_interval(value: Value, style: Style, *, compact: bool = True) -> str:
    """The interval in words, such as "95 % interval 49 to 55 %"; empty where there is none."""
    between = format_range(value, style, compact=compact)
    if not between:
        return ""
    level = _plain(value.level * 100, 0 if abs(value.level * 100 - round(value.level * 100)) < 1e-9 else 1)
    return f"{level}{_SPACE}% interval {between}"


def format_range(value: Value, style: Style, *, compact: bool = True) -> str:
    """The interval alone, such as "49 to 55 %"; empty where there is none."""
    if value.value is None or value.kind in _TEXT or value.low is None or value.high is None:
        return ""
    if value.low != value.low or value.high != value.high:
        return ""
    digits = value.digits if value.digits is not None else _digits_of(value, style)
    low, high = float(value.low), float(value.high)
    unit = _with_unit(high, value.kind, digits, style, compact=compact)
    if value.kind in {"money", "p_value"} or not (math.isfinite(low) and math.isfinite(high)):
        first = _with_unit(low, value.kind, digits, style, compact=compact)
    else:
        first = _plain(low * _scale(value.kind), digits)
    return f"{first} to {unit}"


def format_cell(value: Any, kind: str, style: Style, *, digits: int | None = None, month: bool = False) -> str:
    """A table's cell: the figure without the unit that stands in the column's header."""
    if value is None or value != value or value == "":
        return MISSING
    if kind == "date":
        return format_date(value, short=True, month=month)
    if kind in _TEXT:
        return _TEXT[kind](value, style)
    if isinstance(value, str):
        return value
    if kind == "p_value":
        return format_number(Value(kind, value), style).removeprefix(f"p ={_SPACE}").removeprefix("p ")
    number = float(value)
    if not math.isfinite(number):
        return "∞" if number > 0 else f"{_MINUS}∞"
    places = digits if digits is not None else _digits_of(Value(kind, number), style)
    return _plain(number * _scale(kind), places)


def row_digits(value: Any, low: Any, high: Any, kind: str, style: Style) -> int | None:
    """The decimals of one row's figure and interval, where a column has none in common."""
    if kind in _TEXT or kind == "p_value" or not isinstance(value, int | float):
        return None
    bounds = (low, high) if isinstance(low, int | float) and isinstance(high, int | float) else (None, None)
    return _digits_of(Value(kind, value, *bounds), style)


def unit_of(kind: str, style: Style, unit: str | None = None) -> str:
    """The unit for a column's header or an axis; empty where the kind has none."""
    if unit:
        return unit
    money = _SIGNS.get(style.currency, style.currency) if style.currency else ""
    units = {"percent": "%", "points": "percentage points", "times": "times", "days": "days", "money": money}
    return units.get(kind, "")


def column_digits(values: Iterable[Any], kind: str, style: Style) -> int | None:
    """The decimals that suit a whole column, so that its figures line up.

    None for kinds without decimals, and for plain numbers so different in size that the small ones would be lost.

    >>> column_digits([0.0271, 2830.4], "number", Style()), column_digits([0.31, 0.52], "number", Style())
    (None, 2)
    """
    if kind in _TEXT or kind == "p_value":
        return None
    numbers = [abs(float(value)) for value in values if isinstance(value, int | float) and math.isfinite(value)]
    nonzero = sorted(number for number in numbers if number)
    if not nonzero:
        return 0
    if all(number == int(number) for number in nonzero) and kind in {"count", "number", "days", "times"}:
        return 0
    typical = Value(kind, nonzero[len(nonzero) // 2])
    largest = Value(kind, nonzero[-1])
    places = min(max(_digits(typical, style), _digits(largest, style)), 2 if kind == "money" else 4)
    # One number of decimals cannot serve figures of very different size: each row then has its own.
    lost = nonzero[0] * 10.0**places < _LEAST_SHOWN and nonzero[-1] > _WIDE * nonzero[0]
    return None if lost and kind in {"number", "times"} else places


def display_name(identifier: Any, style: Style) -> str:
    """The display name of a term; an identifier without one loses its underscores. What says more of it stays.

    >>> display_name("recency_days", Style()), display_name("WHITE MUG", Style())
    ('recency days', 'WHITE MUG')
    >>> display_name("country = France", Style(names={"country": "Land"})), display_name("age_now unknown", Style())
    ('Land = France', 'age now unknown')
    """
    name = str(identifier)
    if name in style.names:
        return style.names[name]
    if parts := _EXTENDED.fullmatch(name):
        return f"{display_name(parts[1], style)} {parts[2]}"
    return name.replace("_", " ") if _IDENTIFIER.fullmatch(name) else name


def format_date(value: Any, *, short: bool = False, month: bool = False) -> str:
    """A date such as "21 November 2026", with the time of day where it is not midnight; or the month alone.

    >>> format_date("2026-11-21"), format_date("2026-11-21", short=True).replace("\\xa0", " ")
    ('21 November 2026', '21 Nov 2026')
    """
    moment = value if isinstance(value, date) else _parse(str(value))
    if moment is None:
        return str(value)
    name = MONTHS[moment.month - 1][:3] if short else MONTHS[moment.month - 1]
    space = _SPACE if short else " "
    if month:
        return f"{name}{space}{moment.year}"
    written = f"{moment.day}{space}{name}{space}{moment.year}"
    if isinstance(moment, datetime) and (moment.hour or moment.minute):
        written += f", {moment.hour:02d}:{moment.minute:02d}"
    return written


def whole_months(values: Iterable[Any]) -> bool:
    """Whether dates stand for months: several, and each the first of its month.

    >>> whole_months(["2026-01-01", "2026-02-01"]), whole_months(["2026-01-01", "2026-02-03"])
    (True, False)
    """
    known = {str(value)[:10] for value in values if value is not None and value == value}
    return len(known) > 1 and all(day.endswith("-01") for day in known)


def _parse(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _text(value: Any, style: Style) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _listing(values: Any, style: Style) -> str:
    names = [display_name(item, style) for item in ([values] if isinstance(values, str) else values)]
    if not names:
        return "none"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


_TEXT: dict[str, Callable[[Any, Style], str]] = {
    "text": _text,
    "term": display_name,
    "listing": _listing,
    "date": lambda value, _: format_date(value),
}


def _scale(kind: str) -> float:
    return 100.0 if kind in {"percent", "points"} else 1.0


def _plain(number: float, digits: int) -> str:
    """Thousands, decimals, true minus; no minus before a figure that rounds to nothing."""
    size = abs(number)
    if size >= _LARGE or (0 < size < _SMALL and digits >= 6):
        mantissa, exponent = f"{size:.1e}".split("e")
        written = f"{mantissa}{_SPACE}×{_SPACE}10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    else:
        written = f"{size:,.{digits}f}"
    return f"{_MINUS}{written}" if number < 0 and any(c in "123456789" for c in written) else written


def _with_unit(number: float, kind: str, digits: int, style: Style, *, compact: bool) -> str:
    if not math.isfinite(number):
        return "without bound"
    if kind == "money":
        return _money(number, digits, style, compact=compact)
    if kind == "p_value":
        return _p_value(number)
    if kind == "percent":
        return _percent(number * 100, digits)
    written = _plain(number * _scale(kind), digits)
    one = written.removeprefix(_MINUS) == "1"
    words = {
        "points": "percentage point" if one else "percentage points",
        "times": "times",
        "days": "day" if one else "days",
    }
    return f"{written}{_SPACE}{words[kind]}" if kind in words else written


def _percent(percent: float, digits: int) -> str:
    least = 10.0**-digits
    if 0 < abs(percent) < least / 2:
        return f"{'less than ' if percent > 0 else 'above −'}{_plain(least, digits)}{_SPACE}%"
    if percent != 100 and _plain(percent, digits) == _plain(100, digits) and percent < 100:
        return f"over {_plain(100 - least, max(digits, 1))}{_SPACE}%"
    return f"{_plain(percent, digits)}{_SPACE}%"


def _money(amount: float, digits: int, style: Style, *, compact: bool) -> str:
    code = style.currency
    sign = "" if code is None else _SIGNS.get(code, f"{code}{_SPACE}")
    size, word = abs(amount), ""
    if compact and size >= 999_500:
        for limit, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
            if size >= limit * 0.9995:
                size, word = size / limit, f"{_SPACE}{name}"
                break
        digits = 2 if size < 10 else 1 if size < 100 else 0
    written = _plain(size, digits)
    minus = _MINUS if amount < 0 and any(c in "123456789" for c in written) else ""
    return f"{minus}{sign}{written}{word}"


def _p_value(value: float) -> str:
    if value < 0.001:
        return f"p <{_SPACE}0.001"
    if value > 0.99:
        return f"p >{_SPACE}0.99"
    return f"p ={_SPACE}{value:.{3 if value < 0.1 else 2}f}"


def _digits_of(value: Value, style: Style) -> int:
    """Decimals by kind and size, and enough that an interval's bounds differ from one another."""
    places = _digits(value, style)
    if value.low is None or value.high is None or value.low == value.high or value.kind in {"count", "p_value"}:
        return places
    if not (math.isfinite(value.low) and math.isfinite(value.high)):
        return places
    scale = _scale(value.kind)
    for extra in range(4):
        if _plain(value.low * scale, places + extra) != _plain(value.high * scale, places + extra):
            return places + extra
    return places


def _digits(value: Value, style: Style) -> int:
    number = abs(float(value.value)) * _scale(value.kind)
    if not math.isfinite(number) or value.kind == "count":
        return 0 if not math.isfinite(number) or number == int(number) else 1
    if value.kind == "money":
        whole = style.currency in _WHOLE_CURRENCIES
        return 0 if whole or number >= 100 or (number == int(number) and (number >= 10 or number == 0)) else 2
    if value.kind == "percent":
        if 99 < number < 100:
            return 1 if number < 99.95 else 2
        return 0 if number >= 10 or number == 0 else 1 if number >= 1 else 2
    if value.kind == "points":
        return 0 if number == int(number) and number >= 10 else 1 if number >= 0.1 or number == 0 else 2
    if value.kind == "days":
        return 0 if number >= 10 or number == int(number) else 1
    return _significant_places(number)


def _significant_places(number: float) -> int:
    """Three significant digits from 1 on, two below, and no decimals for whole numbers."""
    if (number == int(number) and number >= 1) or number == 0 or number >= 1000:
        return 0
    if number >= 1:
        return max(0, 2 - math.floor(math.log10(number)))
    return min(12, 1 - math.floor(math.log10(number)))
