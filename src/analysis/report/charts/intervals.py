"""Estimates with their intervals, and pairs of values on one line."""

from __future__ import annotations

from typing import Any

from analysis.report.blocks import Figure
from analysis.report.charts.canvas import FONT, Canvas
from analysis.report.charts.frame import NOTE, Drawing, Rows, axis_of, axis_x, column, hollow, option, reference
from analysis.report.charts.scales import Scale, extent, linear, logarithmic
from analysis.report.charts.words import Axis, fit, is_missing, width_of
from analysis.report.formatting import Style

__all__ = ["dumbbell", "interval"]

#: From the outermost mark of a pair to the words beside it, and half the height of these words.
BESIDE, HALF = 10.0, 9.0


def interval(figure: Figure, style: Style) -> Drawing:
    """Dots with whiskers around a reference; a dot is hollow where its interval includes the reference."""
    canvas, axis = Canvas(), axis_of(figure, "estimate", style)
    cells = list(zip(*(column(figure, name) for name in ("category", "estimate", "low", "high", "group")), strict=True))
    mark = option(figure.options, "reference")
    mark = None if mark is None else float(mark)
    low, high = extent(*([row[index] for row in cells] for index in (1, 2, 3)), include=[] if mark is None else [mark])
    labels, entries = _grouped(figure, style, cells)
    top = 28.0 if mark is not None else 4.0
    rows = Rows(canvas, labels, top=top)
    written = [axis.write(row[1]) for row in cells]
    room = max((width_of(words, FONT) for words in written), default=0.0) + 14
    log = bool(figure.options.get("log_x")) and low > 0
    ends: dict[str, Any] = {"start": rows.left + 8, "end": canvas.width - room - 8}
    scale = logarithmic(low, high, **ends) if log else linear(low, high, **ends, count=4, snug=False)
    ticks = [axis.tick(tick, tick if log else scale.step) for tick in scale.ticks]
    used = axis_x(canvas, scale, ticks, top=top, bottom=rows.bottom, title=axis.title)
    named = str(option(figure.options, "reference_label", "" if mark is None else axis.write(mark)))
    if mark is not None and (not log or mark > 0):
        reference(canvas, scale(mark), named, top=top - 2, bottom=rows.bottom, y=10.0)
    hollows = 0
    for label, entry, y in zip(labels, entries, rows.centres, strict=True):
        if entry is None:
            canvas.text(0, y, fit(label, FONT, canvas.width, bold=True), bold=True)
        else:
            hollows += _estimate(canvas, axis, scale, cells[entry], y, mark)
            canvas.text(canvas.width, y, written[entry], anchor="end",
                        token="muted" if is_missing(cells[entry][1]) else "ink")  # fmt: skip
    rows.draw(only=[entry is not None for entry in entries])
    height = rows.bottom + used
    if hollows and mark is not None:
        height += hollow(canvas, 0, height + 12, style.say("the interval includes the dashed line"))
    return canvas, height


def dumbbell(figure: Figure, style: Style) -> Drawing:
    """From a first to a second value, with the second's interval where there is one."""
    canvas, category = Canvas(), axis_of(figure, "category", style)
    axis = axis_of(figure, "first" if "first" in figure.columns else "second", style, "second")
    parts = [column(figure, name) for name in ("first", "second", "low", "high")]
    rows = Rows(canvas, [category.name(cell) for cell in column(figure, "category")], top=28.0)
    low, high = extent(*parts)
    written = [[axis.write(cell) for cell in part] for part in parts[:2]]
    room = max((width_of(words, FONT) for part in written for words in part), default=0.0) + 14
    scale = linear(low, high, start=rows.left + room, end=canvas.width - room, count=4, snug=True)
    names = [option(figure.options, f"{name}_label", axis_of(figure, name, style).column.label)
             for name in ("first", "second")]  # fmt: skip
    words = fit(str(names[0]), FONT, canvas.width / 2 - 30)
    canvas.dot(5, 10, token="c2", hollow=True)
    canvas.text(15, 10, words, token="c2")
    second = 15 + width_of(words, FONT) + 20
    canvas.dot(second, 10, token="c1")
    canvas.text(second + 10, 10, fit(str(names[1]), FONT, canvas.width - second - 10), token="c1")
    zero = low < 0 < high
    if zero:  # which side of it a value lies on is half of what it says
        _upright(canvas, scale(0.0), 24.0, rows.bottom, [
            y for index, y in enumerate(rows.centres)
            if _written_over(scale(0.0), scale, [part[index] for part in parts], [part[index] for part in written])
        ])  # fmt: skip
        canvas.text(scale(0.0), rows.bottom + 10, axis.tick(0.0, scale.step), token="muted", anchor="middle")
    for index, y in enumerate(rows.centres):
        _pair(canvas, scale, [part[index] for part in parts], [part[index] for part in written], y, rows.left)
    rows.draw()
    return canvas, rows.bottom + (NOTE if zero else 6)


def _grouped(figure: Figure, style: Style, cells: list[tuple[Any, ...]]) -> tuple[list[str], list[int | None]]:
    """Labels with a heading where the group changes, and which row of the data each stands for."""
    category, group = axis_of(figure, "category", style), axis_of(figure, "group", style)
    labels: list[str] = []
    entries: list[int | None] = []
    last = None
    for index, row in enumerate(cells):
        if row[4] is not None and row[4] != last:
            labels.append(group.name(row[4]))
            entries.append(None)
            last = row[4]
        labels.append(category.name(row[0]))
        entries.append(index)
    return labels, entries


def _estimate(canvas: Canvas, axis: Axis, scale: Scale, row: tuple[Any, ...], y: float, mark: float | None) -> int:
    """One dot and its whisker; 1 where it is hollow."""
    _, value, low, high, _ = row
    if is_missing(value):
        return 0
    known = not (is_missing(low) or is_missing(high))
    hollow = mark is not None and known and low <= mark <= high
    tone = "c6" if hollow else "c1"
    tip = axis.within(value, low, high)
    if known:
        first, last = scale(float(low)), scale(float(high))
        canvas.lines([[(first, y), (last, y)], [(first, y - 4), (first, y + 4)], [(last, y - 4), (last, y + 4)]],
                     token=tone, width=2.0, tip=tip)  # fmt: skip
    canvas.dot(scale(float(value)), y, token=tone, hollow=hollow, tip=tip)
    return int(hollow)


def _upright(canvas: Canvas, x: float, top: float, bottom: float, rows: list[float]) -> None:
    """A line down the plot that leaves room for the words in some rows."""
    ends = [top, *(y + side for y in rows for side in (-HALF, HALF)), bottom]
    canvas.lines([[(x, start), (x, end)] for start, end in zip(ends[::2], ends[1::2], strict=True) if end > start],
                 token="edge")  # fmt: skip


def _written_over(x: float, scale: Scale, cells: list[Any], words: list[str]) -> bool:
    """Whether the words of a row stand where an upright line passes."""
    edges = [scale(float(cell)) for cell in cells if not is_missing(cell)]
    if not edges:
        return False
    first, second = words if _in_order(cells) else words[::-1]
    left, right = min(edges) - BESIDE, max(edges) + BESIDE
    return left - width_of(first, FONT) - 2 < x < left + 2 or right - 2 < x < right + width_of(second, FONT) + 2


def _in_order(cells: list[Any]) -> bool:
    """Whether the first value stands left of the second."""
    return is_missing(cells[0]) or is_missing(cells[1]) or float(cells[0]) <= float(cells[1])


def _pair(canvas: Canvas, scale: Scale, cells: list[Any], words: list[str], y: float, left: float) -> None:
    first, second, low, high = (None if is_missing(cell) else scale(float(cell)) for cell in cells)
    if low is not None and high is not None:
        canvas.lines([[(low, y), (high, y)], [(low, y - 4), (low, y + 4)], [(high, y - 4), (high, y + 4)]],
                     token="c1", width=1.25)  # fmt: skip
    if first is not None and second is not None:
        canvas.line([(first, y), (second, y)], token="c1", width=3.5)
    before = _in_order(cells)
    edges = [place for place in (first, second, low, high) if place is not None]
    if edges:  # a thin line leads from the name to the first mark's words
        lead = min(edges) - 14 - width_of(words[0] if before else words[1], FONT)
        canvas.line([(left, y), (max(lead, left), y)], token="grid")
    for place, text, token, at_left in ((first, words[0], "c2", before), (second, words[1], "c1", not before)):
        if place is None:
            continue
        canvas.dot(place, y, token=token, hollow=token == "c2")
        x = min(edges) - BESIDE if at_left else max(edges) + BESIDE
        canvas.text(
            max(x, left) if not at_left else x, y, text, anchor="end" if at_left else "start", token=token, halo=True
        )
