"""How values are written: one formatter for each kind, so that a number looks the same wherever it stands.

The true minus (U+2212), a no-break space before a unit, percentage points apart from per cent, and never a figure
that rounds to what it is not: a share of 0.9996 is not written as 100 %.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.report.dates import format_date
from analysis.report.language import ENGLISH, is_chinese, translate
from analysis.report.money import amounts_in
from analysis.report.values import Value
from analysis.report.wording import msgid

__all__ = [
    "MISSING",
    "Style",
    "column_digits",
    "display_name",
    "format_cell",
    "format_interval",
    "format_number",
    "format_range",
    "format_value",
    "row_digits",
    "unit_of",
]

#: What stands where there is no figure; the words "not available" go with it, because a dash says nothing aloud.
MISSING = "–"
_MINUS = "\N{MINUS SIGN}"
_SPACE = "\N{NO-BREAK SPACE}"
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+|[a-z]+")
#: A column and one of its values, or that it has none.
_EXTENDED = re.compile(r"(\w+) (= .+|unknown)", re.DOTALL)
_UNITS = msgid({"percent": "%", "points": "percentage points", "times": "times", "days": "days"})
_LARGE = 1e15
_SMALL = 1e-6
#: A column whose sizes differ by more, and whose smallest figure would keep less than this, has decimals row by row.
_WIDE = 1000
_LEAST_SHOWN = 10
#: A percentage below this would be rounded to zero.
_NOTHING = 0.5


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
    language: str = ENGLISH
    names: Mapping[str, str] = field(default_factory=dict)
    min_group_size: int = 5

    def say(self, text: str, **values: object) -> str:
        """A text of our own in the page's language, its placeholders filled with what is already written.

        >>> Style().say("{low} to {high}", low="49", high="55 %")
        '49 to 55 %'
        """
        written = translate(text, self.language)
        return written.format(**values) if values else written


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
    return style.say("{value} ({interval})", value=main, interval=interval) if interval else main


def format_number(value: Value, style: Style, *, compact: bool = True) -> str:
    """A value without its interval."""
    if value.value is None or value.value == "" or value.value != value.value:
        return style.say("{value} ({interval})", value=MISSING, interval=style.say("not available"))
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
    return style.say("{level} interval {between}", level=_unit(msgid("{n} %"), level, style), between=between)


def format_range(value: Value, style: Style, *, compact: bool = True) -> str:
    """The interval alone, such as "49 to 55 %"; empty where there is none."""
    if value.value is None or value.kind in _TEXT or value.low is None or value.high is None:
        return ""
    if value.low != value.low or value.high != value.high:
        return ""
    digits = value.digits if value.digits is not None else _digits_of(value, style)
    low, high = float(value.low), float(value.high)
    bounded = math.isfinite(low) and math.isfinite(high)
    after = amounts_in(style.currency, style.language).after if value.kind == "money" else ""
    compact = compact and not (after and bounded and _differ_in_size(low, high, style))
    last = _with_unit(high, value.kind, digits, style, compact=compact)
    if value.kind in {"money", "p_value"} or not bounded or _repeats(value.kind, style):
        first = _with_unit(low, value.kind, digits, style, compact=compact)
    else:
        first = _plain(low * _scale(value.kind), digits)
    return style.say("{low} to {high}", low=first.removesuffix(after), high=last)


def _differ_in_size(low: float, high: float, style: Style) -> bool:
    """Whether one bound would be written in a larger unit than the other: 5,253至17,600英镑, not 5,253至1.76万英镑."""
    amounts = amounts_in(style.currency, style.language)
    return amounts.scaled(abs(low))[1] != amounts.scaled(abs(high))[1]


def _repeats(kind: str, style: Style) -> bool:
    """Whether both bounds carry the sign: Chinese writes 49%至55%."""
    return kind == "percent" and is_chinese(style.language)


def format_cell(value: Any, kind: str, style: Style, *, digits: int | None = None, month: bool = False) -> str:
    """A table's cell: the figure without the unit that stands in the column's header."""
    if value is None or value != value or value == "":
        return MISSING
    if kind == "date":
        return format_date(value, style.language, short=True, month=month)
    if kind in _TEXT:
        return _TEXT[kind](value, style)
    if isinstance(value, str):
        return value
    if kind == "p_value":
        return "".join(_p_value(float(value))).removeprefix(f"={_SPACE}")
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
    if kind == "money":
        return amounts_in(style.currency, style.language).unit
    return style.say(_UNITS[kind]) if kind in _UNITS else ""


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
    if kind == "percent" and places == 0 and _NOTHING / 10 <= nonzero[0] * 100 < _NOTHING:
        places = 1  # a small share is not written as none
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
        column = display_name(parts[1], style)
        return style.say("{column} unknown", column=column) if parts[2] == "unknown" else f"{column} {parts[2]}"
    return name.replace("_", " ") if _IDENTIFIER.fullmatch(name) else name


def _text(value: Any, style: Style) -> str:
    if isinstance(value, bool):
        return style.say("yes") if value else style.say("no")
    return str(value)


def _listing(values: Any, style: Style) -> str:
    names = [display_name(item, style) for item in ([values] if isinstance(values, str) else values)]
    if not names:
        return style.say("none")
    if len(names) == 1:
        return names[0]
    return style.say("{first} and {last}", first=style.say(", ").join(names[:-1]), last=names[-1])


_TEXT: dict[str, Callable[[Any, Style], str]] = {
    "text": _text,
    "term": display_name,
    "listing": _listing,
    "date": lambda value, style: format_date(value, style.language),
    "month": lambda value, style: format_date(value, style.language, month=True),
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
        return style.say("without bound")
    if kind == "money":
        return _money(number, digits, style, compact=compact)
    if kind == "p_value":
        return f"p {''.join(_p_value(number))}"
    if kind == "percent":
        return _percent(number * 100, digits, style)
    written = _plain(number * _scale(kind), digits)
    one = written.removeprefix(_MINUS) == "1"
    if kind == "points":
        return _unit(msgid("{n} percentage point") if one else msgid("{n} percentage points"), written, style)
    if kind == "days":
        return _unit(msgid("{n} day") if one else msgid("{n} days"), written, style)
    return _unit(msgid("{n} times"), written, style) if kind == "times" else written


def _unit(pattern: str, written: str, style: Style) -> str:
    """A figure with its unit, from which no line break parts it."""
    return style.say(pattern, n=written).replace(" ", _SPACE, 1)


def _percent(percent: float, digits: int, style: Style) -> str:
    least = 10.0**-digits
    if 0 < abs(percent) < least / 2:
        bound = _unit(msgid("{n} %"), _plain(least, digits), style)
        return style.say("less than {n}", n=bound) if percent > 0 else style.say("above −{n}", n=bound)
    if percent != 100 and _plain(percent, digits) == _plain(100, digits) and percent < 100:
        return style.say("over {n}", n=_unit(msgid("{n} %"), _plain(100 - least, digits), style))
    return _unit(msgid("{n} %"), _plain(percent, digits), style)


def _money(amount: float, digits: int, style: Style, *, compact: bool) -> str:
    written_as = amounts_in(style.currency, style.language)
    size, word, places = written_as.scaled(abs(amount)) if compact else (abs(amount), "", None)
    written = _plain(size, digits if places is None else places)
    minus = _MINUS if amount < 0 and any(c in "123456789" for c in written) else ""
    return f"{minus}{written_as.before}{written}{word}{written_as.after}"


def _p_value(value: float) -> tuple[str, str]:
    """The sign of the relation and the figure."""
    if value < 0.001:
        return f"<{_SPACE}", "0.001"
    if value > 0.99:
        return f">{_SPACE}", "0.99"
    return f"={_SPACE}", f"{value:.{3 if value < 0.1 else 2}f}"


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
        return (
            0
            if amounts_in(style.currency, style.language).whole
            or number >= 100
            or (number == int(number) and (number >= 10 or number == 0))
            else 2
        )
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
