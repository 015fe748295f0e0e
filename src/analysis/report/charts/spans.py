"""Stretches of time, one below the other: what was learnt from and what it was judged on."""

from __future__ import annotations

from datetime import date
from typing import Any

from analysis.report.blocks import Figure
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.frame import Drawing, Rows, axis_of, axis_x, calendar, column, key
from analysis.report.charts.scales import day_number, extent
from analysis.report.dates import format_date
from analysis.report.formatting import Style
from analysis.report.palette import SERIES

__all__ = ["spans"]


def spans(figure: Figure, style: Style) -> Drawing:
    """Bars from a first to a last day, coloured by what they are for; several may stand in one row."""
    canvas = Canvas()
    category, named = axis_of(figure, "category", style), axis_of(figure, "series", style)
    rows_of: dict[Any, list[tuple[Any, float, float]]] = {}
    for where, which, start, end in zip(
        *(column(figure, name) for name in ("category", "series", "start", "end")), strict=True
    ):
        begin, stop = (None if cell is None else day_number(cell) for cell in (start, end))
        rows_of.setdefault(where, [])
        if begin is not None and stop is not None and stop >= begin:
            rows_of[where].append((which, begin, stop))
    series = list(dict.fromkeys(column(figure, "series")))
    tones = {cell: SERIES[index] if index < 5 else "c6" for index, cell in enumerate(series)}
    top = key(canvas, [(named.name(cell), tones[cell]) for cell in series], y=8.0) + 6
    rows = Rows(canvas, [category.name(cell) for cell in rows_of], top=top)
    bars = [bar for part in rows_of.values() for bar in part]
    low, high = extent([bar[1] for bar in bars], [bar[2] for bar in bars])
    scale, labels = calendar(style, low, high, rows.left, canvas.width - 14)
    used = axis_x(canvas, scale, labels, top=top, bottom=rows.bottom)
    for y, part in zip(rows.centres, rows_of.values(), strict=True):
        for which, begin, stop in part:
            days = [format_date(date.fromordinal(int(place)), style.language, short=True) for place in (begin, stop)]
            tip = f"{named.name(which)}: {style.say('{low} to {high}', low=days[0], high=days[1])}"
            canvas.rect(scale(begin), y - 8, max(scale(stop), scale(begin) + 1.5), y + 8, fill=tones[which], tip=tip)
    rows.draw()
    return canvas, rows.bottom + used
