"""Dates as pages write them, in the order and with the words of their language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from analysis.report.language import ENGLISH, is_english, translate
from analysis.report.wording import msgid

__all__ = ["axis_day", "axis_month", "format_date", "whole_months"]

_SPACE = "\N{NO-BREAK SPACE}"
_MONTHS = msgid(("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                 "November", "December"))  # fmt: skip
#: By whether the day and the time of day are written.
_PATTERNS = msgid(
    {
        "month": "{name} {year}",
        "day": "{day} {name} {year}",
        "moment": "{day} {name} {year}, {time}",
    }
)


def format_date(value: Any, language: str = ENGLISH, *, short: bool = False, month: bool = False) -> str:
    """A date such as "21 November 2026", with the time of day where it is not midnight; or the month alone.

    >>> format_date("2026-11-21"), format_date("2026-11-21", short=True).replace("\\xa0", " ")
    ('21 November 2026', '21 Nov 2026')
    >>> format_date("2026-11-21", "zh-Hans"), format_date("2026-11-01", "zh-Hans", month=True)
    ('2026年11月21日', '2026年11月')
    """
    moment = value if isinstance(value, date) else _parse(str(value))
    if moment is None:
        return str(value)
    timed = isinstance(moment, datetime) and bool(moment.hour or moment.minute)
    pattern = translate(_PATTERNS["month" if month else "moment" if timed else "day"], language)
    name = _month(moment, language, short=short)
    written = pattern.format(year=moment.year, day=moment.day, name=name, time=f"{moment:%H:%M}")
    if not short:
        return written
    dated, comma, time = written.partition(",")
    return dated.replace(" ", _SPACE) + comma + time


def axis_month(value: date, language: str) -> str:
    """A month and its year on an axis, such as "Jan 2026"."""
    return format_date(value, language, short=True, month=True).replace(_SPACE, " ")


def axis_day(value: date, language: str) -> str:
    """A day and its month on an axis, such as "3 Jan"."""
    pattern = translate(msgid("{day} {name}"), language)
    return pattern.format(day=value.day, name=_month(value, language, short=True))


def whole_months(values: Iterable[Any]) -> bool:
    """Whether dates stand for months: several, and each the first of its month.

    >>> whole_months(["2026-01-01", "2026-02-01"]), whole_months(["2026-01-01", "2026-02-03"])
    (True, False)
    """
    known = {str(value)[:10] for value in values if value is not None and value == value}
    return len(known) > 1 and all(day.endswith("-01") for day in known)


def _month(moment: date, language: str, *, short: bool) -> str:
    name = _MONTHS[moment.month - 1]
    return name[:3] if short and is_english(language) else translate(name, language)


def _parse(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
