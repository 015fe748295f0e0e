"""Lines: over time or a number, a concentration curve, and the paths of coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from analysis.report.blocks import Column, Figure
from analysis.report.charts.canvas import FONT, LINE, Canvas
from analysis.report.charts.frame import (
    DASH,
    HEAD,
    NOTE,
    Drawing,
    axis_of,
    axis_x,
    axis_y,
    calendar,
    column,
    hollow,
    measure,
    option,
    reference,
    spread,
)
from analysis.report.charts.scales import Scale, day_number, extent, linear, logarithmic
from analysis.report.charts.words import Axis, is_missing, width_of, wrap
from analysis.report.formatting import Style
from analysis.report.palette import SERIES

__all__ = ["line", "lorenz", "paths"]

_FROM_ZERO = {"count", "money", "percent", "days"}
_SHARE = Column("Share", "percent")
#: So many paths have a colour and a name.
_NAMED = 5


class _Point(NamedTuple):
    x: float
    y: float | None
    low: float | None
    high: float | None
    partial: bool


def line(figure: Figure, style: Style) -> Drawing:
    """Lines over dates or numbers, with bands where there are intervals; unfinished periods hollow and dashed.

    Option `marks`: places across to remember, a list of `{"x", "label"}`.
    """
    canvas, axis = Canvas(), axis_of(figure, "y", style, "low", "high")
    named, series = axis_of(figure, "series", style), _series(figure)
    names = {cell: named.name(cell) for cell in series} if "series" in figure.data else {}
    points = [point for part in series.values() for point in part]
    low, high = extent([p.y for p in points], [p.low for p in points], [p.high for p in points])
    if low > 0 and (axis.kind in _FROM_ZERO and low < 0.75 * high):
        low = 0.0
    marks = _marks(figure)
    top = HEAD + NOTE * len(marks)
    bottom = top + 240.0
    upright = linear(low, high, start=bottom, end=top, count=4, whole=axis.kind == "count")
    ticks = [axis.tick(tick, upright.step) for tick in upright.ticks]
    left = max(width_of(tick, FONT) for tick in ticks) + 10
    ends = _wrapped(names, canvas.width * 0.3)
    room = _widest(ends) + 14
    scale, labels, title = _x_scale(figure, style, points, left + 6, canvas.width - max(room, 14.0))
    axis_y(canvas, upright, ticks, left=left, right=scale.end)
    measure(canvas, axis)
    used = axis_x(canvas, scale, labels, top=top, bottom=bottom, title=title, grid=False)
    if low < 0 < high:
        canvas.line([(left, upright(0.0)), (scale.end, upright(0.0))], token="edge")
    _draw_marks(canvas, marks, scale, top, bottom)
    for index, part in enumerate(series.values()):
        _draw_series(canvas, part, scale, upright, token=_tone(index))
    if ends:
        _label_ends(canvas, series, ends, scale, upright, top, bottom)
    if any(point.partial for point in points):
        used += hollow(canvas, left, bottom + used + 10, style.say("period not complete"), token="c1")
    return canvas, bottom + used


def lorenz(figure: Figure, style: Style) -> Drawing:
    """A concentration curve against the diagonal of equal shares; `marks`: shares across whose height is said."""
    canvas, across, axis = Canvas(), axis_of(figure, "x", style), axis_of(figure, "y", style)
    pairs = [(x, y) for x, y in zip(column(figure, "x"), column(figure, "y"), strict=True)
             if not (is_missing(x) or is_missing(y))]  # fmt: skip
    pairs = sorted({(0.0, 0.0), (1.0, 1.0), *((_share(x), _share(y)) for x, y in pairs)})
    top, bottom = HEAD, HEAD + 320.0
    upright = linear(0.0, 1.0, start=bottom, end=top, count=4, snug=True)
    labels = [Axis(_SHARE, style).tick(tick, upright.step) for tick in upright.ticks]
    left = max(width_of(label, FONT) for label in labels) + 10
    scale = linear(0.0, 1.0, start=left, end=canvas.width - 22, count=4, snug=True)
    axis_y(canvas, upright, labels, left=left, right=scale.end)
    measure(canvas, axis)
    used = axis_x(canvas, scale, labels, top=top, bottom=bottom, title=across.title)
    curve = [(scale(x), upright(y)) for x, y in pairs]
    canvas.polygon([*curve, curve[0]], fill="c1", alpha=0.14)
    canvas.line([(scale(0.0), upright(0.0)), (scale(1.0), upright(1.0))], token="muted", dash=DASH)
    canvas.line(curve, token="c1", width=2.5)
    for share in option(figure.options, "marks", []):
        height = float(np.interp(_share(share), [x for x, _ in pairs], [y for _, y in pairs]))
        canvas.dot(scale(share), upright(height), token="c1")
        canvas.text(scale(share) + 6, upright(height) + 16, axis.exact(height), token="c1", bold=True, halo=True)
    above = sum(y - x for x, y in pairs) > 0
    canvas.text(scale(0.5) + (10 if above else -10), upright(0.5) + (2 if above else -2), style.say("equal shares"),
                anchor="start" if above else "end", token="muted", halo=True)  # fmt: skip
    return canvas, bottom + used


def paths(figure: Figure, style: Style) -> Drawing:
    """Coefficients along a penalty: the five that matter most in colour and named, the rest in grey."""
    canvas, axis, named = Canvas(), axis_of(figure, "y", style), axis_of(figure, "series", style)
    series = _series(figure)
    reach = {cell: max((abs(p.y) for p in part if p.y is not None), default=0.0) for cell, part in series.items()}
    order = sorted(series, key=lambda cell: (-reach[cell], str(cell)))
    tones = {cell: SERIES[index] if index < _NAMED else "pale" for index, cell in enumerate(order)}
    points = [point for part in series.values() for point in part]
    marks = _marks(figure)
    low, high = extent([point.y for point in points], include=[0.0])
    top = HEAD + NOTE * len(marks)
    bottom = top + 290.0
    upright = linear(low, high, start=bottom, end=top, count=5)
    ticks = [axis.tick(tick, upright.step) for tick in upright.ticks]
    left = max(width_of(tick, FONT) for tick in ticks) + 10
    ends = _wrapped({cell: named.name(cell) for cell in order[:_NAMED]}, canvas.width * 0.34)
    room = _widest(ends) + 14
    scale, labels, title = _x_scale(figure, style, points, left + 6, canvas.width - room)
    flipped = _spread_at_left(series)
    if flipped:  # the labels stand where the paths lie furthest apart
        scale = Scale(scale.low, scale.high, scale.end, scale.start, scale.ticks, scale.step, scale.log)
        title = style.say("{measure}, from high to low", measure=title)
    axis_y(canvas, upright, ticks, left=left, right=max(scale.start, scale.end))
    measure(canvas, axis)
    canvas.line([(left, upright(0.0)), (max(scale.start, scale.end), upright(0.0))], token="edge")
    pairs = sorted(zip(scale.ticks, labels, strict=True), reverse=flipped)
    ordered = Scale(
        scale.low, scale.high, scale.start, scale.end, tuple(tick for tick, _ in pairs), scale.step, scale.log
    )
    used = axis_x(canvas, ordered, [label for _, label in pairs], top=top, bottom=bottom, title=title, grid=False)
    _draw_marks(canvas, marks, scale, top, bottom)
    for cell in reversed(order):
        _draw_series(
            canvas, series[cell], scale, upright, token=tones[cell], width=1.0 if tones[cell] == "pale" else 2.25
        )
    shown = {cell: series[cell] for cell in ends}
    _label_ends(canvas, shown, ends, scale, upright, top, bottom, tones=tones)
    return canvas, bottom + used


def _series(figure: Figure) -> dict[Any, list[_Point]]:
    """Points by series, in the order of their places."""
    xs, names = column(figure, "x"), column(figure, "series")
    dates = figure.columns.get("x") is not None and figure.columns["x"].kind == "date"
    result: dict[Any, list[_Point]] = {}
    for x, name, y, low, high, partial in zip(
        xs, names, *(column(figure, part) for part in ("y", "low", "high", "partial")), strict=True
    ):
        if x is not None:
            place = day_number(x) if dates else float(x)
            height, lower, upper = (None if is_missing(cell) else float(cell) for cell in (y, low, high))
            result.setdefault(name, []).append(_Point(place, height, lower, upper, bool(partial)))
    return {name: sorted(part, key=lambda point: point.x) for name, part in result.items()}


def _marks(figure: Figure) -> list[tuple[float, str]]:
    """Places across that are to be remembered, and what they are called."""
    marks = option(figure.options, "marks", [])
    return [(float(mark["x"]), str(mark.get("label", ""))) for mark in marks if not is_missing(mark["x"])]


def _draw_marks(canvas: Canvas, marks: Sequence[tuple[float, str]], scale: Scale, top: float, bottom: float) -> None:
    """Dashed lines down the plot, each with its words in a line of its own above it."""
    for index, (place, words) in enumerate(sorted((scale(x), words) for x, words in marks)):
        above = top - NOTE * (len(marks) - index) + 2
        reference(canvas, place, words, top=above, bottom=bottom, beside=True)


def _x_scale(
    figure: Figure, style: Style, points: Sequence[_Point], start: float, end: float
) -> tuple[Scale, tuple[str, ...], str]:
    axis = axis_of(figure, "x", style)
    low, high = extent([point.x for point in points])
    count = max(2, int((end - start) / 80))
    if axis.kind == "date":
        return *calendar(style, low, high, start, end), ""
    if figure.options.get("log_x") and low > 0:
        scale = logarithmic(low, high, start=start, end=end, count=count)
        return scale, tuple(axis.tick(tick, tick) for tick in scale.ticks), axis.title
    scale = linear(low, high, start=start, end=end, count=count, snug=True, whole=axis.kind == "count")
    return scale, tuple(axis.tick(tick, scale.step) for tick in scale.ticks), axis.title


def _share(value: float) -> float:
    return min(max(float(value), 0.0), 1.0)


def _tone(index: int) -> str:
    return SERIES[index] if index < len(SERIES) else "c6"


def _draw_series(
    canvas: Canvas, part: Sequence[_Point], scale: Scale, upright: Scale, *, token: str, width: float = 2.25
) -> None:
    """One line: broken where a value is missing, dashed into unfinished periods, dots where it is sparse."""
    band = [point for point in part if point.low is not None and point.high is not None]
    if len(band) > 1:
        edge = [(scale(p.x), upright(p.high or 0.0)) for p in band]
        edge += [(scale(p.x), upright(p.low or 0.0)) for p in reversed(band)]
        canvas.polygon(edge, fill=token, alpha=0.16)
    whole: list[list[tuple[float, float]]] = []
    dashed: list[list[tuple[float, float]]] = []
    known = [(scale(p.x), upright(p.y)) if p.y is not None else None for p in part]
    for first, second, start, stop in zip(known, known[1:], part, part[1:], strict=False):
        if first and second:
            target = dashed if start.partial or stop.partial else whole
            if target and target[-1][-1] == first:
                target[-1].append(second)
            else:
                target.append([first, second])
    canvas.lines(whole, token=token, width=width)
    canvas.lines(dashed, token=token, width=width, dash=DASH)
    lonely = len([place for place in known if place]) <= 1
    for place, point in zip(known, part, strict=True):
        if place and (lonely or point.partial or (len(part) <= 12 and width > 2)):
            canvas.dot(*place, token=token, radius=4.5 if point.partial else 3.5, hollow=point.partial)


def _wrapped(names: dict[Any, str], width: float) -> dict[Any, list[str]]:
    """Names in at most two bold lines."""
    return {cell: wrap(name, FONT, width, bold=True) for cell, name in names.items()}


def _widest(names: dict[Any, list[str]]) -> float:
    return max((width_of(line, FONT, bold=True) for lines in names.values() for line in lines), default=0.0)


def _label_ends(
    canvas: Canvas, series: dict[Any, list[_Point]], names: dict[Any, list[str]], scale: Scale, upright: Scale,
    top: float, bottom: float, *, tones: dict[Any, str] | None = None,
) -> None:  # fmt: skip
    """Names at the right ends of lines, moved apart, with a thin line to the end where they moved."""
    ends = []
    for index, (cell, part) in enumerate(series.items()):
        known = [(scale(point.x), upright(point.y)) for point in part if point.y is not None]
        if known:
            ends.append((cell, tones[cell] if tones else _tone(index), max(known)))
    edge = max(scale.start, scale.end)
    gap = max(len(names[cell]) for cell, *_ in ends) * LINE if ends else LINE
    places = spread([y for *_, (_, y) in ends], gap=gap, low=top, high=bottom)
    for (cell, tone, (x, y)), place in zip(ends, places, strict=True):
        if abs(place - y) > 3 or edge - x > 8:
            canvas.line([(x + 3, y), (edge + 9, place)], token=tone, width=0.75)
        canvas.block(edge + 11, place, names[cell], token=tone, bold=True, halo=True)


def _spread_at_left(series: dict[Any, list[_Point]]) -> bool:
    """Whether the lines lie further apart at the low end of the axis than at the high end."""
    first = sum(abs(part[0].y or 0.0) for part in series.values() if part)
    last = sum(abs(part[-1].y or 0.0) for part in series.values() if part)
    return first > last
