"""Curves of two shares in a square: gain, ROC and precision–recall, and forecasts beside what came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from analysis.report.blocks import Figure
from analysis.report.charts.canvas import FONT, Canvas
from analysis.report.charts.frame import DASH, NOTE, Drawing, axis_of, axis_x, axis_y, column, hollow, measure, option
from analysis.report.charts.scales import Scale, extent, linear
from analysis.report.charts.words import Axis, fit, is_missing, width_of
from analysis.report.formatting import Style
from analysis.report.palette import SERIES

__all__ = ["calibration", "curve"]

Dash = tuple[float, float] | None
#: One curve after another is dashed in another way, so that colour is not all that tells them apart.
_DASHES: tuple[Dash, ...] = (None, (7.0, 3.0), (2.0, 2.0), (12.0, 3.0), (4.0, 4.0), (1.5, 3.5))
#: Lines of no model at all.
_REFERENCE: tuple[Dash, ...] = (DASH, (1.0, 3.0))
_TOP, _TALL = 28.0, 320.0


class _Stroke(NamedTuple):
    words: str
    token: str
    dash: Dash
    width: float
    points: list[tuple[float, float]]
    band: list[tuple[float, float]]


def curve(figure: Figure, style: Style) -> Drawing:
    """Curves of shares with their bands, lines that need no model (`references`), and points to remember (`marks`).

    Options: `references`, a list of `{"label", "points": [[x, y], …]}`; `marks`, a list of `{"x", "y", "label"}`.
    """
    canvas, across, axis = Canvas(), axis_of(figure, "x", style), axis_of(figure, "y", style, "low", "high")
    strokes = [*_references(figure), *_series(figure, style)]
    top = _TOP + _legend(canvas, strokes, y=34.0) if strokes else _TOP
    scale, upright, used = _square(canvas, across, axis, top=top + 8, bottom=top + 8 + _TALL)
    for stroke in strokes:
        if stroke.band:
            canvas.polygon(_placed(stroke.band, scale, upright), fill=stroke.token, alpha=0.16)
    for stroke in strokes:
        canvas.line(_placed(stroke.points, scale, upright), token=stroke.token, width=stroke.width, dash=stroke.dash)
    for mark in option(figure.options, "marks", []):
        if not (is_missing(mark.get("x")) or is_missing(mark.get("y"))):
            _mark(canvas, scale(_within(mark["x"])), upright(_within(mark["y"])), str(mark.get("label", "")))
    return canvas, top + 8 + _TALL + used


def calibration(figure: Figure, style: Style) -> Drawing:
    """Groups of alike forecasts: the mean forecast across, the share that came true upwards with its interval.

    On the dashed line forecasts are right; a hollow dot's interval includes it. Bars at the foot are sizes of groups.
    """
    canvas, across, axis = Canvas(), axis_of(figure, "x", style), axis_of(figure, "y", style, "low", "high")
    rows = [row for row in zip(*(column(figure, name) for name in ("x", "y", "low", "high", "n")), strict=True)
            if not (is_missing(row[0]) or is_missing(row[1]))]  # fmt: skip
    highest = extent(*([row[place] for row in rows] for place in (0, 1, 3)), include=[0.05])[1]
    scale, upright, used = _square(canvas, across, axis, top=_TOP, bottom=_TOP + _TALL, most=_within(highest), foot=40)
    right = min(scale.high, upright.high)
    canvas.line(_placed([(0.0, 0.0), (right, right)], scale, upright), token="muted", dash=DASH)
    hollows = 0
    for x, y, low, high, _ in sorted(rows, key=lambda row: row[0]):
        hollows += _group(canvas, axis, scale, upright, (_within(x), _within(y), low, high))
    height = _TOP + _TALL + used
    height += _sizes(canvas, figure, style, scale, rows, top=_TOP + _TALL + 4, below=height + 12)
    if hollows:
        height += hollow(canvas, 0, height + 12, style.say("the interval includes the dashed line"))
    return canvas, height


def _series(figure: Figure, style: Style) -> list[_Stroke]:
    """The curves in the order of the data, each sorted along x."""
    named = axis_of(figure, "series", style)
    names = [column(figure, name) for name in ("series", "x", "y", "low", "high")]
    found: dict[Any, list[tuple[float, float, Any, Any]]] = {}
    for series, x, y, low, high in zip(*names, strict=True):
        if not (is_missing(x) or is_missing(y)):
            found.setdefault(series, []).append((_within(x), _within(y), low, high))
    strokes = []
    for index, (series, points) in enumerate(found.items()):
        points.sort(key=lambda point: point[0])
        known = [point for point in points if not (is_missing(point[2]) or is_missing(point[3]))]
        band = [(x, _within(high)) for x, _, _, high in known] + [(x, _within(low)) for x, _, low, _ in reversed(known)]
        words = named.name(series) if "series" in figure.data else ""
        token = SERIES[index] if index < 5 else "c6"
        strokes.append(_Stroke(words, token, _DASHES[index % 6], 2.25, [point[:2] for point in points],
                               band if len(known) > 1 else []))  # fmt: skip
    return strokes


def _references(figure: Figure) -> list[_Stroke]:
    lines = option(figure.options, "references", [])
    return [
        _Stroke(str(line.get("label", "")), "muted", _REFERENCE[index % 2], 1.25,
                [(_within(x), _within(y)) for x, y in line["points"] if not (is_missing(x) or is_missing(y))], [])
        for index, line in enumerate(lines)
    ]  # fmt: skip


def _legend(canvas: Canvas, strokes: Sequence[_Stroke], *, y: float) -> float:
    """A piece of each line with its words, curves first; returns the height used."""
    x, start = 0.0, y
    for stroke in sorted(strokes, key=lambda stroke: stroke.token == "muted"):
        if not stroke.words:
            continue
        words = fit(stroke.words, FONT, canvas.width - 34)
        need = 30 + width_of(words, FONT)
        if x > 0 and x + need > canvas.width:
            x, y = 0.0, y + NOTE
        canvas.line([(x, y), (x + 24, y)], token=stroke.token, dash=stroke.dash, width=stroke.width)
        canvas.text(x + 30, y, words, token=stroke.token if stroke.token != "muted" else "muted")
        x += need + 16
    return y - start + NOTE if x else 0.0


def _square(
    canvas: Canvas, across: Axis, axis: Axis, *, top: float, bottom: float, most: float = 1.0, foot: float = 0.0
) -> tuple[Scale, Scale, float]:
    """Both axes from 0 to the same share, and the height used below the plot; `foot` leaves room above the ticks."""
    upright = linear(0.0, most, start=bottom, end=top, count=4)
    ticks = [axis.tick(tick, upright.step) for tick in upright.ticks]
    left = max(width_of(tick, FONT) for tick in ticks) + 10
    scale = linear(0.0, most, start=left, end=canvas.width - 22, count=4)
    axis_y(canvas, upright, ticks, left=left, right=scale.end)
    measure(canvas, axis)
    labels = [across.tick(tick, scale.step) for tick in scale.ticks]
    used = axis_x(canvas, scale, labels, top=top, bottom=bottom + foot, title=across.title)
    return scale, upright, used + foot


def _mark(canvas: Canvas, x: float, y: float, words: str) -> None:
    """A dot with its words on the side where there is room."""
    canvas.dot(x, y, token="ink", radius=5.0, tip=words)
    wide = width_of(words, FONT)
    if x + 12 + wide <= canvas.width:
        canvas.text(x + 10, y + 10, words, halo=True)
    else:
        canvas.text(x - 10, y - 10, fit(words, FONT, x - 20), anchor="end", halo=True)


def _group(canvas: Canvas, axis: Axis, scale: Scale, upright: Scale, row: tuple[float, float, Any, Any]) -> int:
    """One group's dot and whisker; 1 where its interval includes the line of right forecasts."""
    x, y, low, high = row
    known = not (is_missing(low) or is_missing(high))
    agrees = known and _within(low) <= x <= _within(high)
    tone = "c6" if agrees else "c1"
    tip = axis.within(y, low, high)
    place = scale(x)
    if known:
        ends = upright(_within(low)), upright(_within(high))
        canvas.lines([[(place, ends[0]), (place, ends[1])], *([(place - 4, end), (place + 4, end)] for end in ends)],
                     token=tone, width=2.0, tip=tip)  # fmt: skip
    canvas.dot(place, upright(y), token=tone, hollow=agrees, tip=tip)
    return int(agrees)


def _sizes(
    canvas: Canvas, figure: Figure, style: Style, scale: Scale, rows: list[Any], *, top: float, below: float
) -> float:
    """A small bar for the size of each group and, at the foot, the size of the largest; returns the height used."""
    sizes = [0.0 if is_missing(row[4]) else max(float(row[4]), 0.0) for row in rows]
    if not any(sizes):
        return 0.0
    count = axis_of(figure, "n", style)
    for row, size in zip(rows, sizes, strict=True):
        place = scale(_within(row[0]))
        canvas.rect(place - 3, top + 32 * (1 - size / max(sizes)), place + 3, top + 32, fill="pale",
                    tip=f"{count.column.label}: {count.write(row[4])}")  # fmt: skip
    canvas.line([(scale.start, top + 32), (scale.end, top + 32)], token="edge")
    canvas.rect(0, below - 5.5, 11, below + 5.5, fill="pale")
    words = style.say("{what} in the group, {most} at most", what=count.column.label, most=count.write(max(sizes)))
    canvas.text(17, below, fit(words, FONT, canvas.width - 17), token="muted")
    return NOTE


def _placed(points: Sequence[tuple[float, float]], scale: Scale, upright: Scale) -> list[tuple[float, float]]:
    return [(scale(x), upright(y)) for x, y in points]


def _within(value: Any) -> float:
    return min(max(float(value), 0.0), 1.0)
