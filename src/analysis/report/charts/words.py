"""Words in charts: how wide they are, where they break, and short numbers for axes and marks."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from analysis.report.blocks import Column
from analysis.report.dates import format_date, whole_months
from analysis.report.formatting import (
    MISSING,
    Style,
    column_digits,
    display_name,
    format_cell,
    format_number,
    unit_of,
)
from analysis.report.money import amounts_in, short_scales
from analysis.report.values import Value
from analysis.report.wording import msgid

__all__ = ["Axis", "clean", "fit", "is_missing", "width_of", "wrap"]

_MINUS = "\N{MINUS SIGN}"
_SPACE = "\N{NO-BREAK SPACE}"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]+")
_PIECE = re.compile(r"[^\s\u2e80-\u9fff\uff00-\uffef]+\s*|[\u2e80-\u9fff\uff00-\uffef]\s*|\s+")
_HYPHEN = re.compile(r"(?<=\w-)(?=\w)")
_WORD = re.compile(r"\S+\s*")
#: What no line begins with, and what none ends with.
_CLOSING = frozenset("，。、；：？！）］｝】》〉」』〕’”…·—～％‰℃,.;:?!)]}%")
_OPENING = frozenset("（［｛【《〈「『〔‘“￥＄([{→×+")
_NARROW = frozenset("iljI.,:;'|!()[]ftr /-")
_BROAD = frozenset("mwMW%@−+×")


def clean(words: object) -> str:
    """Text without characters that SVG refuses or that hide, such as controls and changes of direction."""
    return _CONTROL.sub(" ", str(words))


def width_of(words: str, size: float, *, bold: bool = False) -> float:
    """A generous estimate of a line's width, for whatever font the reader has.

    >>> width_of("abc", 10) < width_of("数据分", 10)
    True
    """
    total = 0.0
    for character in words:
        if unicodedata.east_asian_width(character) in "WF":
            total += 1.03
        elif character in _NARROW:
            total += 0.37
        elif character in _BROAD:
            total += 0.88
        elif character.isupper():
            total += 0.69
        elif character.isdigit():
            total += 0.645
        else:
            total += 0.61
    return total * size * (1.12 if bold else 1.0)


def wrap(words: str, size: float, width: float, *, lines: int = 2, bold: bool = False) -> list[str]:
    """Break a label into at most so many lines of about one length; what is left over ends in an ellipsis.

    >>> wrap("Average order value in pounds", 10, 100)
    ['Average order', 'value in pounds']
    >>> wrap("每位客户的平均订单金额（英镑），按月", 10, 130)
    ['每位客户的平均', '订单金额（英镑），按月']
    >>> wrap("累计消费额 × 距首次购买的天数", 10, 110)
    ['累计消费额 ×', '距首次购买的天数']
    >>> wrap("WHITE HANGING HEART T-LIGHT HOLDER", 10, 90)
    ['WHITE HANGING', 'HEART T-LIGHT…']
    """
    words, most = clean(words).strip(), lines
    rows = _broken(words, size, width, most, bold)
    if len(rows) > 1 and width_of(rows[-1], size, bold=bold) <= width:  # as even as the same number of lines can be
        narrower = (_broken(words, size, width * share / 20, most, bold) for share in range(10, 20))
        shorter = (part for part in narrower if len(part) == len(rows))
        limit = max(width_of(row, size, bold=bold) for row in rows)
        even = (part for part in shorter if max(width_of(row, size, bold=bold) for row in part) <= limit)
        rows = next(even, rows)
    return [fit(row, size, width, bold=bold) for row in rows]


def _broken(words: str, size: float, width: float, lines: int, bold: bool) -> list[str]:
    """Words in lines, each as full as it can be; the last holds what is left. Where breaks at spaces are enough, a run
    of full-width characters, such as the name of a column, is not cut."""
    rows = _filled(_WORD.findall(words), size, width, lines, bold)
    if any(width_of(row, size, bold=bold) > width for row in rows):
        rows = _filled(_pieces(words, size, width), size, width, lines, bold)
    return rows


def _filled(pieces: Sequence[str], size: float, width: float, lines: int, bold: bool) -> list[str]:
    rows: list[str] = [""]
    for piece in pieces:
        if rows[-1] and width_of((rows[-1] + piece).rstrip(), size, bold=bold) > width and len(rows) < lines:
            rows.append("")
        rows[-1] += piece
    return [row.strip() for row in rows]


def _pieces(words: str, size: float, width: float) -> list[str]:
    """Where a line may break: between words and between full-width characters, after a hyphen inside a word that is
    too long by itself, never before a closing mark or after an opening one."""
    pieces: list[str] = []
    for piece in _PIECE.findall(words):
        parts = _HYPHEN.split(piece) if width_of(piece.rstrip(), size) > width else [piece]
        for part in parts:
            if pieces and (part[0] in _CLOSING or pieces[-1].rstrip()[-1:] in _OPENING):
                pieces[-1] += part
            else:
                pieces.append(part)
    return pieces


def fit(words: str, size: float, width: float, *, bold: bool = False) -> str:
    """Shorten one line to a width, with an ellipsis."""
    words = clean(words)
    if width_of(words, size, bold=bold) <= width:
        return words
    while words and width_of(words + "…", size, bold=bold) > width:
        words = words[:-1]
    return words.rstrip() + "…"


def is_missing(value: Any) -> bool:
    """Whether a cell holds no finite figure.

    >>> is_missing(None), is_missing(float("nan")), is_missing(0)
    (True, True, False)
    """
    if value is None:
        return True
    try:
        return not math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


class Axis:
    """How one column's values are written on a chart: units, thousands, decimals that line up."""

    def __init__(self, column: Column, style: Style, values: Sequence[Any] = ()) -> None:
        self.column = column
        self.style = style
        self.kind = column.kind
        known = [float(value) for value in values if not is_missing(value)] if self.kind not in _WORDS else []
        self.digits = column.digits if column.digits is not None else column_digits(known, self.kind, style)
        self.monthly = self.kind == "date" and whole_months(values)
        self.money = amounts_in(style.currency, style.language)
        self.largest = max((abs(value) for value in known), default=0.0)

    @property
    def title(self) -> str:
        """The axis's title with its unit, such as "Duration (days)"; a currency's sign stands beside each figure."""
        beside = self.kind == "percent" or (self.kind == "money" and not self.money.after)
        unit = self.column.unit or ("" if beside else unit_of(self.kind, self.style))
        label = str(self.column.label)
        same = unit.lower() in label.lower()
        return label if not unit or same else self.style.say("{value} ({interval})", value=label, interval=unit)

    def write(self, value: Any) -> str:
        """A value beside its mark."""
        if self.kind in _WORDS:
            return self.name(value)
        if is_missing(value):
            return f"{MISSING} {self.style.say('not available')}"
        return self._number(float(value), self.digits, strip=False)

    def within(self, value: Any, low: Any, high: Any) -> str:
        """A value with its interval, where there is one."""
        if is_missing(low) or is_missing(high):
            return self.write(value)
        interval = self.style.say("{low} to {high}", low=self.write(low), high=self.write(high))
        return self.style.say("{value} ({interval})", value=self.write(value), interval=interval)

    def exact(self, value: Any) -> str:
        """A value as the page's sentences write it."""
        return format_number(Value(self.kind, value, digits=self.column.digits), self.style)

    def tick(self, value: float, step: float) -> str:
        """A value on the axis, with no more decimals than the step needs."""
        scale = 100.0 if self.kind in {"percent", "points"} else 1.0
        digits = max(0, -math.floor(math.log10(abs(step) * scale) + 1e-9)) if step else 0
        rounded = step * scale * 10**digits
        if abs(rounded - round(rounded)) > 1e-6:
            digits += 1
        return self._number(value, digits).removesuffix(self.money.after if self.kind == "money" else "")

    def name(self, value: Any) -> str:
        """A label: a term's display name, a date, or the text itself."""
        if value is None or value != value:
            return MISSING
        if self.kind == "date":
            return format_date(value, self.style.language, short=True, month=self.monthly)
        if self.kind in {"term", "listing"}:
            return display_name(value, self.style)
        return str(value) if isinstance(value, str) else format_cell(value, self.kind, self.style, digits=self.digits)

    def _number(self, value: float, digits: int | None, *, strip: bool = True) -> str:
        size, suffix = abs(value), ""
        if self.kind in {"money", "count", "number", "days"} and self.largest >= 1e5 and size:
            for limit, letter in short_scales(self.style.language):
                if size >= limit * 0.99995:
                    size, suffix = size / limit, letter
                    digits = _short_digits(size, strip=strip)
                    break
        written = format_cell(size, self.kind, self.style, digits=digits) + suffix
        minus = _MINUS if value < 0 and any(c in "123456789" for c in written) else ""
        if self.kind == "money":
            return f"{minus}{self.money.before}{written}{self.money.after}"
        if self.kind == "percent":
            return self.style.say(msgid("{n} %"), n=f"{minus}{written}").replace(" ", _SPACE)
        return f"{minus}{written}×" if self.kind == "times" else f"{minus}{written}"


_WORDS = frozenset({"text", "term", "listing", "date"})


def _short_digits(size: float, *, strip: bool) -> int:
    """Three significant digits at most; on an axis no zeros at the end."""
    digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
    while strip and digits and round(size, digits - 1) == round(size, digits):
        digits -= 1
    return digits
