"""From values to places: linear, logarithmic and calendar scales with ticks at round values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from analysis.report.charts.words import is_missing
from analysis.report.dates import axis_day, axis_month
from analysis.report.language import ENGLISH

__all__ = ["Scale", "day_number", "extent", "linear", "logarithmic", "months"]

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """A mapping from values to pixels.

    Parameters
    ----------
    low, high : float
        The values at the two ends.
    start, end : float
        The pixels there.
    ticks : tuple of float
        Round values to mark.
    step : float
        The distance of ticks; 0 on a logarithmic scale.
    log : bool
        Whether the scale is logarithmic.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    step: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        low, high, value = (
            (math.log10(self.low), math.log10(self.high), math.log10(value))
            if self.log
            else (self.low, self.high, value)
        )
        share = (value - low) / (high - low)
        return self.start + share * (self.end - self.start)


def extent(*columns: Iterable[object], include: Iterable[float] = ()) -> tuple[float, float]:
    """The least and the greatest finite value; (0, 1) where there is none.

    >>> extent([1, None, 3], [float("nan")], include=[0])
    (0.0, 3.0)
    """
    known = [float(value) for column in columns for value in column if not is_missing(value)]  # type: ignore[arg-type]
    known += [float(value) for value in include]
    return (min(known), max(known)) if known else (0.0, 1.0)


def linear(
    low: float, high: float, *, start: float, end: float, count: int = 5, snug: bool = False, whole: bool = False
) -> Scale:
    """A linear scale with about `count` ticks, widened to whole ticks unless `snug`; equal bounds are spread apart.
    With `whole`, ticks are whole numbers.

    >>> linear(0, 97, start=0, end=100).ticks
    (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
    """
    if not high - low > 1e-12 * max(abs(low), abs(high)):
        pad = abs(low) * 0.5 or 1.0
        low, high = (min(0.0, low), max(0.0, low * 1.25) or 1.0) if low else (0.0, pad)
    step = _step((high - low) / count)
    if whole:
        step = 2.0 if step == 2.5 else float(max(1, math.ceil(step - 1e-9)))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    ticks = [float(f"{index * step:.12g}") for index in range(first, last + 1)]
    if not snug:
        low, high = ticks[0], ticks[-1]
    shown = tuple(tick for tick in ticks if low - step * 1e-9 <= tick <= high + step * 1e-9)
    return Scale(low, high, start, end, shown, step)


def logarithmic(low: float, high: float, *, start: float, end: float, count: int = 5) -> Scale:
    """A logarithmic scale for positive values, with ticks at 1, 2, 5 or at powers of ten.

    >>> logarithmic(0.5, 20, start=0, end=1).ticks
    (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
    """
    if high / low < 1.05:
        low, high = low / 1.6, high * 1.6
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for parts in ((1, 2, 5), (1, 3), (1,)):
        ticks = [part * 10.0**power for power in range(first, last + 1) for part in parts]
        shown = [float(f"{tick:.6g}") for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if len(shown) <= count + 2:
            break
    while len(shown) > count + 2:
        shown = shown[::2]
    return Scale(low, high, start, end, tuple(shown), 0.0, log=True)


def day_number(value: object) -> float:
    """A date (or ISO text) as a number of days."""
    text = str(value)
    moment = date.fromisoformat(text[:10])
    hours = int(text[11:13]) if len(text) >= 13 else 0
    return moment.toordinal() + hours / 24


def months(
    low: float, high: float, *, start: float, end: float, count: int = 5, language: str = ENGLISH
) -> tuple[Scale, tuple[str, ...]]:
    """A calendar scale and the labels of its ticks: days, months or years as the range asks.

    >>> months(day_number("2025-01-01"), day_number("2026-06-01"), start=0, end=1)[1]
    ('Jan 2025', 'May 2025', 'Sep 2025', 'Jan 2026', 'May 2026')
    """
    if high <= low:
        low, high = low - 1, high + 1
    days = high - low
    if days < 32 * 2:
        step = max(1, math.ceil(days / count))
        places = [low + index * step for index in range(int(days // step) + 1)]
        labels = [axis_day(date.fromordinal(int(place)), language) for place in places]
    else:
        size = next((size for size in (1, 2, 3, 4, 6, 12, 24, 60, 120) if days / 30.44 / size <= count), 240)
        places = [float(day.toordinal()) for day in _firsts(low, high, size)]
        labels = [axis_month(date.fromordinal(int(place)), language) for place in places]
        if size >= 12:
            labels = [str(date.fromordinal(int(place)).year) for place in places]
    return Scale(low, high, start, end, tuple(places), 1.0), tuple(labels)


def _firsts(low: float, high: float, size: int) -> Sequence[date]:
    first = date.fromordinal(math.ceil(low))
    index = first.year * 12 + first.month - 1 + (first.day > 1)
    last = date.fromordinal(math.floor(high))
    days = (date(place // 12, place % 12 + 1, 1) for place in range(index, last.year * 12 + last.month))
    return [day for day in days if (day.month - 1) % size == 0 and (size <= 12 or day.year % (size // 12) == 0)]


def _step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _STEPS if step * power >= rough * 0.999)
