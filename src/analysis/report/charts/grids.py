"""Surfaces: a matrix in colours, a density of many points, and a tree of mergers."""

from __future__ import annotations

import math
from typing import Any

from analysis.report.blocks import Figure
from analysis.report.charts.canvas import FONT, LINE, Canvas
from analysis.report.charts.frame import DASH, HEAD, NOTE, Drawing, axis_of, axis_x, axis_y, column, measure, option
from analysis.report.charts.scales import extent, linear, logarithmic
from analysis.report.charts.words import Axis, fit, is_missing, width_of, wrap
from analysis.report.formatting import Style
from analysis.report.palette import DIVERGING, SEQUENTIAL

__all__ = ["dendrogram", "heatmap", "scatter_bins"]

#: Up to so many rows and columns, values are written in the cells.
_WRITTEN = 12


def heatmap(figure: Figure, style: Style) -> Drawing:
    """A matrix: colour by value, values in the cells of small ones."""
    canvas, axis = Canvas(), axis_of(figure, "value", style)
    across, down = axis_of(figure, "column", style), axis_of(figure, "row", style)
    rows = list(dict.fromkeys(column(figure, "row")))
    columns = list(dict.fromkeys(column(figure, "column")))
    cells = dict(
        zip(zip(column(figure, "row"), column(figure, "column"), strict=True), column(figure, "value"), strict=True)
    )
    names = [down.name(cell) for cell in rows]
    heads = [across.name(cell) for cell in columns]
    turned = _reads_better_turned(names, heads, canvas.width)
    if turned:
        rows, columns, names, heads, across = columns, rows, heads, names, down
        cells = {(below, beside): value for (beside, below), value in cells.items()}
    written = max(len(rows), len(columns)) <= _WRITTEN
    labels = [
        wrap(name, FONT, canvas.width * (0.27 if turned else 0.34 if written else 0.4), lines=2 if written else 1)
        for name in names
    ]
    longest = max(width_of(line, FONT) for lines in labels for line in lines)
    wide = (canvas.width - longest - 10) / len(columns)
    numbered = names == heads and max(width_of(head, FONT) for head in heads) > wide - 4
    if numbered:  # the rows say what the numbers above the columns mean
        heads = [str(index) for index in range(1, len(heads) + 1)]
    margin = width_of(heads[-1], FONT) + 12 if numbered else 8.0
    left = longest + margin
    wide = (canvas.width - left) / len(columns)
    tall = min(max(wide * 0.72, 38.0), 44.0) if written else max(min(wide * 0.72, 32.0), 22.0)
    top = _heads(canvas, heads, left, wide, title="" if numbered else across.title)
    levels = _levels(cells.values(), str(option(figure.options, "scale", "sequential")))
    _fill(canvas, rows, columns, cells, levels, (left, top, wide, tall))
    for index, name in enumerate(names):
        y = top + (index + 0.5) * tall
        canvas.block(0, y, labels[index], tip=name)
        if numbered:
            canvas.text(left - 7, y, str(index + 1), anchor="end", token="muted")
    if written:
        _write(canvas, axis, rows, columns, cells, levels, (left, top, wide, tall))
    bottom = top + tall * len(rows)
    return canvas, bottom + _legend(canvas, levels, axis, y=bottom + 20, left=left)


def scatter_bins(figure: Figure, style: Style) -> Drawing:
    """Many points as a density: the darker a cell, the more fall into it; a fitted line where one is given."""
    canvas = Canvas()
    across, axis = axis_of(figure, "x0", style, "x1"), axis_of(figure, "y0", style, "y1")
    boxes = [row for row in zip(*(column(figure, name) for name in ("x0", "x1", "y0", "y1", "count")), strict=True)
             if not any(is_missing(cell) for cell in row) and row[4] > 0]  # fmt: skip
    fitted = [
        (float(x), float(y)) for x, y in option(figure.options, "line", []) if not (is_missing(x) or is_missing(y))
    ]
    log_x, log_y = _logs(figure.options.get("log"))
    top, bottom = HEAD, HEAD + 310.0
    low, high = extent([row[2] for row in boxes], [row[3] for row in boxes])
    log_y = log_y and low > 0
    upright = (
        logarithmic(low, high, start=bottom, end=top) if log_y else linear(low, high, start=bottom, end=top, count=5)
    )
    ticks = [axis.tick(tick, tick if log_y else upright.step) for tick in upright.ticks]
    left = max(width_of(tick, FONT) for tick in ticks) + 10
    first, last = extent([row[0] for row in boxes], [row[1] for row in boxes])
    log_x = log_x and first > 0
    ends: dict[str, Any] = {"start": left, "end": canvas.width - 14}
    scale = logarithmic(first, last, **ends) if log_x else linear(first, last, **ends, snug=True)
    axis_y(canvas, upright, ticks, left=left, right=scale.end)
    measure(canvas, axis)
    labels = [across.tick(tick, tick if log_x else scale.step) for tick in scale.ticks]
    used = axis_x(canvas, scale, labels, top=top, bottom=bottom, title=across.title)
    most = max((row[4] for row in boxes), default=1)
    grouped: dict[str, list[tuple[float, float, float, float]]] = {}
    for x0, x1, y0, y1, size in boxes:
        level = 1 + round((len(SEQUENTIAL) - 2) * (math.log(size) / math.log(most) if most > 1 else 1.0))
        grouped.setdefault(SEQUENTIAL[level], []).append((scale(x0), upright(y1), scale(x1), upright(y0)))
    for token in sorted(grouped):
        canvas.rects(grouped[token], fill=token)
    inside = [(scale(x), upright(y)) for x, y in fitted
              if scale.low <= x <= scale.high and upright.low <= y <= upright.high]  # fmt: skip
    canvas.line(inside, token="paper", width=5.0)
    canvas.line(inside, token="c2", width=2.5)
    height = bottom + used
    words = axis_of(figure, "count", style)
    height += _ramp(canvas, SEQUENTIAL[1:], words.write(min((row[4] for row in boxes), default=0)), words.write(most),
                    fit(str(words.column.label), FONT, 220), y=height + 12, left=left)  # fmt: skip
    return canvas, height


def dendrogram(figure: Figure, style: Style) -> Drawing:
    """A tree of mergers: the higher two branches meet, the less alike they are."""
    canvas, axis = Canvas(), axis_of(figure, "y1", style)
    names = [f"x{index}" for index in range(4)] + [f"y{index}" for index in range(4)]
    links = [row for row in zip(*(column(figure, name) for name in names), strict=True)
             if not any(is_missing(cell) for cell in row)]  # fmt: skip
    cut = option(figure.options, "cut")
    low, high = extent([cell for row in links for cell in row[:4]])
    top, bottom = HEAD, HEAD + 280.0
    highest = max([max(row[4:]) for row in links], default=1.0)
    upright = linear(0.0, highest, start=bottom, end=top, count=4)
    ticks = [axis.tick(tick, upright.step) for tick in upright.ticks]
    left = max(width_of(tick, FONT) for tick in ticks) + 10
    scale = linear(low, high, start=left + 8, end=canvas.width - 8, snug=True)
    axis_y(canvas, upright, ticks, left=left, right=canvas.width)
    measure(canvas, axis)
    strokes = [([(scale(row[i]), upright(row[4 + i])) for i in range(4)], max(row[4:])) for row in links]
    above = [points for points, height in strokes if cut is not None and height > float(cut)]
    canvas.lines([points for points, height in strokes if cut is None or height <= float(cut)], token="c1", width=1.25)
    canvas.lines(above, token="c6", width=1.5)
    if cut is not None and 0 <= float(cut) <= upright.high:
        y = upright(float(cut))
        canvas.line([(left, y), (canvas.width, y)], token="c2", width=1.5, dash=DASH)
        canvas.text(canvas.width, y - 9, style.say("cut"), token="c2", anchor="end", halo=True)
    return canvas, bottom + 10


def _reads_better_turned(names: list[str], heads: list[str], width: float) -> bool:
    """Whether heads that would have to stand upright become level when rows and columns change places."""

    def fits(words: list[str]) -> bool:
        room = width * 0.73 / len(words) - 4
        return not any(line.endswith("…") for word in words for line in wrap(word, FONT, room, lines=3))

    return names != heads and len(names) < len(heads) and not fits(heads) and fits(names)


def _heads(canvas: Canvas, heads: list[str], left: float, wide: float, *, title: str) -> float:
    """Column heads: level where they fit (in up to three lines), else upright; returns the height used."""
    above = 0.0
    if title:
        words = fit(title, FONT, canvas.width)
        canvas.text(max(0.0, min(left, canvas.width - width_of(words, FONT))), 10, words, token="muted")
        above = NOTE
    lines = [wrap(head, FONT, wide - 4, lines=3) for head in heads]
    if not any(line.endswith("…") for part in lines for line in part):
        height = above + max(len(part) for part in lines) * LINE + 6
        for index, part in enumerate(lines):
            for number, line in enumerate(part, start=1 - len(part)):
                canvas.text(left + (index + 0.5) * wide, height - 14, line, anchor="middle", line=number)
        return height
    if wide < 12:  # too many to name: the table has them
        return above + 4.0
    if max(width_of(head, FONT) for head in heads) < 2 * wide - 4:  # every other one a line higher
        for index, head in enumerate(heads):
            y = above + 10 + (index + len(heads) + 1) % 2 * LINE
            canvas.text(left + (index + 0.5) * wide, y, head, anchor="middle")
        return above + 2 * LINE + 4
    short = [fit(head, FONT, 150) for head in heads]
    height = above + max(width_of(head, FONT) for head in short) + 14
    for index, (head, words) in enumerate(zip(heads, short, strict=True)):
        canvas.text(left + (index + 0.5) * wide, height - 6, words, turn=90, tip=head if head != words else "")
    return height


class _Levels:
    """From values to colour tokens."""

    def __init__(self, tokens: tuple[str, ...], words: str, low: float, high: float) -> None:
        self.tokens, self.words, self.low, self.high = tokens, words, low, high

    def index(self, value: float) -> int:
        """Which of the tokens a value falls to."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return min(len(self.tokens) - 1, max(0, round(share * (len(self.tokens) - 1))))

    def ink(self, value: float) -> str:
        """The token of words upon it."""
        return f"{self.words}{self.index(value)}"


def _levels(values: Any, scale: str) -> _Levels:
    low, high = extent(values)
    if scale == "diverging":
        reach = max(abs(low), abs(high))
        reach = 1.0 if reach <= 1.0 else reach
        return _Levels(DIVERGING, "dt", -reach, reach)
    return _Levels(SEQUENTIAL, "st", low, high)


def _fill(canvas: Canvas, rows: list[Any], columns: list[Any], cells: dict[Any, Any], levels: _Levels,
          place: tuple[float, float, float, float]) -> None:  # fmt: skip
    """Cells by colour, neighbours of one colour joined in large matrices; missing cells stay empty with a dash."""
    left, top, wide, tall = place
    small = max(len(rows), len(columns)) <= _WRITTEN
    gap = 0.75 if small else 0.0
    boxes: dict[int, list[tuple[float, float, float, float]]] = {}
    for r, row in enumerate(rows):
        run: list[int] = []
        for c, name in enumerate([*columns, None]):
            value = cells.get((row, name)) if c < len(columns) else None
            level = None if is_missing(value) else levels.index(float(value))  # type: ignore[arg-type]
            if run and (level != run[2] or small):
                first, last = left + run[0] * wide + gap, left + run[1] * wide - gap
                boxes.setdefault(run[2], []).append((first, top + r * tall + gap, last, top + (r + 1) * tall - gap))
                run = []
            if level is not None:
                run = [run[0], c + 1, level] if run else [c, c + 1, level]
    for level in sorted(boxes):
        canvas.rects(boxes[level], fill=levels.tokens[level])


def _write(canvas: Canvas, axis: Axis, rows: list[Any], columns: list[Any], cells: dict[Any, Any], levels: _Levels,
           place: tuple[float, float, float, float]) -> None:  # fmt: skip
    """Values in the cells, with as many decimals as fit; none where not even the shortest does."""
    left, top, wide, tall = place
    known = [float(value) for value in cells.values() if not is_missing(value)]
    for digits in range(axis.digits if axis.digits is not None else 2, -1, -1):
        steps = Axis(axis.column, axis.style, known)
        steps.digits = digits
        if max((width_of(steps.write(value), FONT) for value in known), default=0.0) <= wide - 2:
            break
    else:
        return
    if digits == 0 and axis.kind == "number" and levels.high < 10:
        return  # coefficients and standard deviations without a decimal would say nothing
    for r, row in enumerate(rows):
        for c, name in enumerate(columns):
            value = cells.get((row, name))
            x, y = left + (c + 0.5) * wide, top + (r + 0.5) * tall
            if is_missing(value):
                canvas.text(x, y, "–", anchor="middle", token="muted")
            else:
                canvas.text(x, y, steps.write(value), anchor="middle", token=levels.ink(float(value)))  # type: ignore[arg-type]


def _legend(canvas: Canvas, levels: _Levels, axis: Axis, *, y: float, left: float) -> float:
    """The colours and the values at their ends."""
    whole = levels.low == int(levels.low) and levels.high == int(levels.high) and axis.kind == "number"
    low, high = (axis.tick(end, 1.0) if whole else axis.write(end) for end in (levels.low, levels.high))
    return _ramp(canvas, levels.tokens, low, high, str(axis.column.label), y=y, left=left) + NOTE


def _ramp(canvas: Canvas, shades: tuple[str, ...], low: str, high: str, words: str, *, y: float, left: float) -> float:
    """The colours in order with the values at their ends; returns the height used."""
    words = fit(words, FONT, canvas.width * 0.4)
    x = max(0.0, min(left, canvas.width - 150 - width_of(low + high + words, FONT)))
    canvas.text(x, y, words, token="muted")
    x += width_of(words, FONT) + 10
    canvas.text(x, y, low)
    x += width_of(low, FONT) + 6
    step = 90.0 / len(shades)
    for index, shade in enumerate(shades):
        canvas.rect(x + index * step, y - 6, x + (index + 1) * step, y + 6, fill=shade)
    canvas.text(x + 96, y, high)
    return NOTE


def _logs(log: Any) -> tuple[bool, bool]:
    """Which axes are logarithmic: True, "both", "x", "y", or a list of names."""
    if isinstance(log, bool) or log is None:
        return bool(log), bool(log)
    names = {"x", "y"} if log in ("both", "xy") else {log} if isinstance(log, str) else set(log)
    return "x" in names, "y" in names
