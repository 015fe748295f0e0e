"""Bars: single, side by side, as steps from one total to another, and as a distribution."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from analysis.report.blocks import Figure
from analysis.report.charts.canvas import FONT, Canvas
from analysis.report.charts.frame import (
    HEAD,
    NOTE,
    Drawing,
    Rows,
    axis_of,
    axis_x,
    axis_y,
    column,
    key,
    measure,
    option,
    reference,
)
from analysis.report.charts.scales import Scale, extent, linear, logarithmic
from analysis.report.charts.words import is_missing, width_of
from analysis.report.formatting import MISSING, Style
from analysis.report.palette import SERIES

__all__ = ["bar", "histogram", "paired_bar", "waterfall", "whisker"]


def bar(figure: Figure, style: Style) -> Drawing:
    """Horizontal bars in the given order, each with its value; whiskers where there are intervals."""
    canvas, values = Canvas(), column(figure, "value")
    category, axis = axis_of(figure, "category", style), axis_of(figure, "value", style)
    lows, highs, marked = column(figure, "low"), column(figure, "high"), column(figure, "highlight")
    mark = option(figure.options, "reference")
    written = [axis.write(value) for value in values]
    top = 4.0 if mark is None else 28.0
    rows = Rows(canvas, [category.name(cell) for cell in column(figure, "category")], top=top)
    low, high = extent(values, lows, highs, include=[0.0] + ([float(mark)] if mark is not None else []))
    scale = _across(canvas, rows, low, high, written)
    tones = [("c1" if cell else "pale") if any(marked) else "c1" for cell in marked]
    for value, words, tone, y in zip(values, written, tones, rows.centres, strict=True):
        if not is_missing(value):
            canvas.rect(scale(0.0), y - 8, scale(value), y + 8, fill=tone, tip=words)
    gaps = []
    for value, words, first, last, y in zip(values, written, lows, highs, rows.centres, strict=True):
        ends = [scale(cell) for cell in (value, first, last) if not is_missing(cell)] or [scale(0.0)]
        if not (is_missing(first) or is_missing(last)):
            whisker(canvas, scale(first), scale(last), y)
        back = not is_missing(value) and value < 0
        place = min(ends) - 6 if back else max(ends) + 6
        tone = "muted" if is_missing(value) else "ink"
        canvas.text(place, y, words, anchor="end" if back else "start", halo=True, token=tone)
        wide = width_of(words, FONT) + 4
        if mark is not None and place - (wide if back else 4) < scale(float(mark)) < place + (4 if back else wide):
            gaps.append((y - 9, y + 9))
    if mark is not None:
        label = f"{option(figure.options, 'reference_label', '')} {axis.exact(mark)}".strip()
        reference(canvas, scale(float(mark)), label, top=top - 4, bottom=rows.bottom, gaps=gaps)
    canvas.line([(scale(0.0), top), (scale(0.0), rows.bottom)], token="edge")
    rows.draw()
    return canvas, rows.bottom + 6


def paired_bar(figure: Figure, style: Style) -> Drawing:
    """Two or three bars for each category, one a series."""
    canvas = Canvas()
    category, named, axis = (axis_of(figure, name, style) for name in ("category", "series", "value"))
    series = list(dict.fromkeys(column(figure, "series")))
    groups: dict[Any, dict[Any, Any]] = {}
    for where, which, value in zip(*(column(figure, name) for name in ("category", "series", "value")), strict=True):
        groups.setdefault(where, {})[which] = value
    thickness = 17.0
    top = key(canvas, [(named.name(cell), SERIES[i % 6]) for i, cell in enumerate(series)], y=8.0) + 2
    rows = Rows(canvas, [category.name(cell) for cell in groups], top=top, thickness=thickness * len(series) + 2)
    values = column(figure, "value")
    low, high = extent(values, include=[0.0])
    scale = _across(canvas, rows, low, high, [axis.write(value) for value in values])
    for centre, group in zip(rows.centres, groups.values(), strict=True):
        for index, which in enumerate(series):
            cell: Any = group.get(which)
            y = centre + (index - (len(series) - 1) / 2) * (thickness + 1)
            words = axis.write(cell)
            if not is_missing(cell):
                canvas.rect(scale(0.0), y - thickness / 2, scale(cell), y + thickness / 2, fill=SERIES[index % 6],
                            tip=f"{named.name(which)}: {words}")  # fmt: skip
            back = not is_missing(cell) and cell < 0
            place = scale(0.0 if is_missing(cell) else cell) + (-6 if back else 6)
            canvas.text(place, y, words, anchor="end" if back else "start")
    canvas.line([(scale(0.0), top), (scale(0.0), rows.bottom)], token="edge")
    rows.draw()
    return canvas, rows.bottom + 6


def waterfall(figure: Figure, style: Style) -> Drawing:
    """Steps from one total to the next: totals stand on zero, changes hang where the last bar ended.

    Where the changes are small beside the totals, the totals are cut, with a visible gap and a word about it.
    """
    canvas = Canvas()
    step, axis = axis_of(figure, "step", style), axis_of(figure, "value", style)
    spans, level = [], 0.0
    for value, kind in zip(column(figure, "value"), column(figure, "kind"), strict=True):
        value = 0.0 if is_missing(value) else float(value)
        start = 0.0 if kind == "total" else level
        spans.append((start, start + value, kind == "total", value))
        level = start + value
    written = [f"+{axis.write(value)}" if not total and value > 0 else axis.write(value) for *_, total, value in spans]
    rows = Rows(canvas, [step.name(cell) for cell in column(figure, "step")], top=4.0)
    base = _cut([edge for start, stop, total, _ in spans for edge in ((stop,) if total else (start, stop))])
    low, high = extent([edge for span in spans for edge in span[:2]], include=[0.0])
    scale = _across(canvas, rows, base or low, high, written)
    ends = [(scale(stop), y) for (_, stop, *_), y in zip(spans, rows.centres, strict=True)]
    canvas.lines([[(x, y), (x, below)] for (x, y), (_, below) in pairwise(ends)], token="edge")
    for (start, stop, total, value), words, y in zip(spans, written, rows.centres, strict=True):
        tone = "c6" if total else "c3" if value >= 0 else "c2"
        left, right = sorted((scale(max(start, base)), scale(max(stop, base))))
        canvas.rect(left, y - 8, max(right, left + 1.5), y + 8, fill=tone, tip=words)
        if total and base:
            canvas.lines([[(left + 12, y + 10), (left + 18, y - 10)]], token="paper", width=4.0)
        back = stop < 0
        canvas.text(left - 6 if back else right + 6, y, words, anchor="end" if back else "start", halo=True, bold=total)
    if not base:
        canvas.line([(scale(0.0), 4), (scale(0.0), rows.bottom)], token="edge")
    rows.draw()
    if base:
        canvas.text(rows.left, rows.bottom + 9, style.say("totals are cut: they do not start at zero"), token="muted")
    return canvas, rows.bottom + (NOTE if base else 6)


def _cut(levels: list[float]) -> float:
    """Where to cut positive totals whose changes would be too small to see; 0 where there is no need."""
    low, high = extent(levels)
    return low - 0.35 * (high - low) if 0 < high - low < 0.25 * low else 0.0


def histogram(figure: Figure, style: Style) -> Drawing:
    """Counts in adjacent bins, with marked values above."""
    canvas, markers = Canvas(), list(option(figure.options, "markers", []))
    bins = _bins(figure)
    axis, amount = axis_of(figure, "left", style, "right"), axis_of(figure, "count", style)
    top = HEAD + NOTE * len(markers)
    bottom = top + 210.0
    upright = linear(
        0.0, extent([size for *_, size in bins])[1], start=bottom, end=top, count=4, whole=amount.kind == "count"
    )
    ticks = [amount.tick(tick, upright.step) for tick in upright.ticks]
    left = max(width_of(tick, FONT) for tick in ticks) + 10
    low, high = extent([first for first, *_ in bins], [last for _, last, _ in bins],
                       include=[float(item["value"]) for item in markers if not is_missing(item["value"])])  # fmt: skip
    log = bool(option(figure.options, "log_x", False)) and low > 0
    scale = (logarithmic if log else linear)(
        low, high, start=left, end=canvas.width - 14, **({} if log else {"snug": True})
    )
    axis_y(canvas, upright, ticks, left=left, right=canvas.width)
    measure(canvas, amount)
    boxes = [(scale(first) + 0.5, upright(size), max(scale(last) - 0.5, scale(first) + 1), bottom)
             for first, last, size in bins if size]  # fmt: skip
    canvas.rects(boxes, fill="c1")
    canvas.line([(left, bottom), (canvas.width, bottom)], token="edge")
    labels = [axis.tick(tick, tick if log else scale.step) for tick in scale.ticks]
    used = axis_x(canvas, scale, labels, top=top, bottom=bottom, title=axis.title, grid=False)
    for index, item in enumerate(sorted(markers, key=lambda item: (float(item["value"]), str(item["label"])))):
        words = f"{item['label']} {axis.exact(item['value'])}"
        above = top - NOTE * (len(markers) - index) + 2
        reference(canvas, scale(float(item["value"])), words, top=above, bottom=bottom, token="c2", beside=True)
    return canvas, bottom + used


def _bins(figure: Figure) -> list[tuple[float, float, float]]:
    """Left, right, count; an open end becomes as wide as its neighbour."""
    rows = list(zip(*(column(figure, name) for name in ("left", "right", "count")), strict=True))
    widths = [last - first for first, last, _ in rows if not (is_missing(first) or is_missing(last))]
    width = widths[-1] if widths else 1.0
    closed = []
    for first, last, size in rows:
        if is_missing(first) and is_missing(last):
            continue
        first = last - widths[0] if is_missing(first) else float(first)
        last = first + width if is_missing(last) else float(last)
        closed.append((first, last, 0.0 if is_missing(size) else max(0.0, float(size))))
    return closed


def _across(canvas: Canvas, rows: Rows, low: float, high: float, written: list[str]) -> Scale:
    """A horizontal scale from 0 that leaves room for the values on both sides of the bars."""
    room = max((width_of(words, FONT) for words in written if MISSING not in words), default=0.0) + 12
    start = rows.left + (room if low < 0 else 0.0)
    end = canvas.width - (room if high > 0 or low >= 0 else 8.0)
    end = max(end, start + 60.0)
    if high == low:
        high = low + 1.0
    return Scale(low, high, start, end, (), 0.0)


def whisker(canvas: Canvas, first: float, last: float, y: float) -> None:
    """An interval over a bar: a light rim keeps it visible on the bar's colour."""
    canvas.line([(first, y), (last, y)], token="paper", width=4.0)
    canvas.lines([[(first, y), (last, y)], [(first, y - 4), (first, y + 4)], [(last, y - 4), (last, y + 4)]],
                 token="ink", width=1.5)  # fmt: skip
