"""What charts share: axes, rows of categories, keys, and words that keep clear of one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from analysis.report.blocks import Column, Figure
from analysis.report.charts.canvas import FONT, LINE, Canvas
from analysis.report.charts.scales import Scale, months
from analysis.report.charts.words import Axis, clean, fit, width_of, wrap
from analysis.report.formatting import Style

__all__ = [
    "DASH",
    "HEAD",
    "NOTE",
    "Drawing",
    "Rows",
    "axis_of",
    "axis_x",
    "axis_y",
    "calendar",
    "column",
    "hollow",
    "key",
    "measure",
    "option",
    "reference",
    "spread",
]

DASH = (4.0, 3.0)
#: From the sheet's top to a plot that has its measure written above it.
HEAD = 34.0
#: Height of a line of a key, a mark's words or a remark.
NOTE = 21.0
_GAP = 10.0

Drawing = tuple[Canvas, float]


def column(figure: Figure, name: str) -> list[Any]:
    """A column's cells as a list; missing cells as None, and an absent column as None throughout."""
    if name not in figure.data:
        return [None] * len(figure.data)
    return [None if cell is None or cell != cell else cell for cell in figure.data[name].astype(object)]


def axis_of(figure: Figure, name: str, style: Style, *more: str) -> Axis:
    """How a column is written, with decimals that suit its values (and those of related columns)."""
    values = [cell for part in (name, *more) for cell in column(figure, part)]
    kind = "text" if any(isinstance(value, str) for value in values) else "number"
    described = figure.columns.get(name) or Column(name.replace("_", " ").capitalize(), kind)
    return Axis(described, style, values)


class Rows:
    """Category labels at the left edge, one row each, with room for up to three lines.

    Parameters
    ----------
    canvas : Canvas
    labels : sequence of str
    top : float
        Where the first row begins.
    thickness : float
        Height that a row's marks need.
    share : float
        The most that labels may take of the sheet's width.
    """

    def __init__(
        self, canvas: Canvas, labels: Sequence[str], *, top: float, thickness: float = 16.0, share: float = 0.4
    ) -> None:
        self.canvas = canvas
        self.labels = [clean(label) for label in labels]
        limit = canvas.width * share
        self._lines = [wrap(label, FONT, limit, lines=3) for label in self.labels]
        widest = max((width_of(line, FONT) for lines in self._lines for line in lines), default=0.0)
        self.left = min(widest, limit) + _GAP + 3
        self.centres: list[float] = []
        bottom = top
        for lines in self._lines:
            height = max(thickness + 11.0, len(lines) * LINE + 9.0)
            self.centres.append(bottom + height / 2)
            bottom += height
        self.bottom = bottom

    def draw(self, *, only: Sequence[bool] | None = None) -> None:
        """Write the labels (those that `only` marks) at the left edge, with the full text where it was shortened."""
        for index, (label, lines, centre) in enumerate(zip(self.labels, self._lines, self.centres, strict=True)):
            if only is not None and not only[index]:
                continue
            self.canvas.block(0, centre, lines, tip=label)


def axis_x(
    canvas: Canvas,
    scale: Scale,
    labels: Sequence[str],
    *,
    top: float,
    bottom: float,
    title: str = "",
    grid: bool = True,
) -> float:
    """Ticks below the plot with their grid lines, and the axis's title below them; returns the height used."""
    if grid:
        canvas.lines([[(scale(tick), top), (scale(tick), bottom)] for tick in scale.ticks], token="grid")
    for place, label in _apart(canvas, scale, labels):
        canvas.text(place, bottom + 15, label, token="muted", anchor="middle")
    if not title:
        return 27.0
    ends = (scale.start + scale.end) / 2
    words = fit(title, FONT, canvas.width)
    half = width_of(words, FONT) / 2
    canvas.text(min(max(ends, half), canvas.width - half), bottom + 37, words, token="muted", anchor="middle")
    return 48.0


def _apart(canvas: Canvas, scale: Scale, labels: Sequence[str]) -> list[tuple[float, str]]:
    """Labels with their places, on the sheet and clear of one another: all, or every second, third, …, with zero."""
    found = []
    for tick, label in zip(scale.ticks, labels, strict=True):
        half = width_of(label, FONT) / 2
        found.append((min(max(scale(tick), half), canvas.width - half), label, half, tick == 0.0))
    for step in range(1, len(found) + 1):
        start = next((index for index, item in enumerate(found) if item[3]), 0) % step
        kept = sorted(found[start::step])
        if all(right[0] - left[0] > left[2] + right[2] + 8 for left, right in pairwise(kept)):
            return [(place, label) for place, label, *_ in kept]
    return []


def calendar(style: Style, low: float, high: float, start: float, end: float) -> tuple[Scale, tuple[str, ...]]:
    """A calendar scale with as many labels as have room in the page's language, five at most."""
    for count in (5, 4, 3, 2):
        scale, labels = months(low, high, start=start, end=end, count=count, language=style.language)
        wide = max((width_of(label, FONT) for label in labels), default=0.0) + 10
        if all(scale(right) - scale(left) > wide for left, right in pairwise(scale.ticks)):
            break
    return scale, labels


def axis_y(canvas: Canvas, scale: Scale, labels: Sequence[str], *, left: float, right: float) -> None:
    """Ticks left of the plot with their grid lines."""
    canvas.lines([[(left, scale(tick)), (right, scale(tick))] for tick in scale.ticks], token="grid")
    for tick, label in zip(scale.ticks, labels, strict=True):
        canvas.text(left - 6, scale(tick), label, token="muted", anchor="end")


def measure(canvas: Canvas, axis: Axis) -> None:
    """What is measured upwards, in which unit, in the sheet's first line."""
    words = fit(axis.title, FONT, canvas.width)
    canvas.text(0, 10, words, token="muted", tip=axis.title if words != axis.title else "")


def hollow(canvas: Canvas, x: float, y: float, words: str, *, token: str = "c6") -> float:
    """What a hollow dot means; returns the height used."""
    canvas.dot(x + 6, y, token=token, hollow=True)
    canvas.text(x + 17, y, fit(words, FONT, canvas.width - x - 17), token="muted")
    return NOTE


def reference(
    canvas: Canvas, x: float, words: str, *, top: float, bottom: float, y: float | None = None, token: str = "muted",
    beside: bool = False, gaps: Sequence[tuple[float, float]] = (),
) -> None:  # fmt: skip
    """A dashed vertical line with its words above it or beside its top; `gaps` leave room for other words."""
    start = top
    for first, last in sorted(gaps):
        canvas.line([(x, start), (x, first)], token=token, dash=DASH)
        start = last
    canvas.line([(x, start), (x, bottom)], token=token, dash=DASH)
    if not words:
        return
    words = fit(words, FONT, canvas.width * 0.6)
    wide = width_of(words, FONT)
    if beside and x + 5 + wide <= canvas.width:
        canvas.text(x + 5, top if y is None else y, words, token=token, halo=True)
    elif beside:
        canvas.text(x - 5, top if y is None else y, words, token=token, anchor="end", halo=True)
    else:
        place = min(max(x, wide / 2), canvas.width - wide / 2)
        canvas.text(place, top - 9 if y is None else y, words, token=token, anchor="middle", halo=True)


def key(canvas: Canvas, entries: Sequence[tuple[str, str]], *, y: float, left: float = 0.0) -> float:
    """Coloured squares with their words, in lines; returns the height used."""
    x, start = left, y
    for words, token in entries:
        words = fit(words, FONT, canvas.width - left - 18)
        need = 18 + width_of(words, FONT)
        if x > left and x + need > canvas.width:
            x, y = left, y + NOTE
        canvas.rect(x, y - 6, x + 12, y + 6, fill=token)
        canvas.text(x + 17, y, words)
        x += need + 14
    return y - start + NOTE


def spread(places: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Move labels apart to a least distance, in their order, within bounds where they fit.

    >>> spread([10, 11, 50], gap=8, low=0, high=100)
    [6.5, 14.5, 50.0]
    """
    order = sorted(range(len(places)), key=lambda index: (places[index], index))
    groups: list[list[float]] = []  # each group: centre, number of members
    for index in order:
        groups.append([float(places[index]), 1.0])
        while len(groups) > 1:
            (first, m), (second, n) = groups[-2], groups[-1]
            if second - first >= gap * (m + n) / 2 - 1e-9:
                break
            groups[-2:] = [[(first * m + second * n) / (m + n), m + n]]
        groups[-1][0] = min(max(groups[-1][0], low + gap * (groups[-1][1] - 1) / 2), high)
    result = [0.0] * len(places)
    position = iter(order)
    for centre, members in groups:
        centre = max(min(centre, high - gap * (members - 1) / 2), low + gap * (members - 1) / 2)
        for member in range(int(members)):
            result[next(position)] = centre + (member - (members - 1) / 2) * gap
    return result


def option(options: Mapping[str, Any], name: str, default: Any = None) -> Any:
    """A chart's option, or its default."""
    value = options.get(name)
    return default if value is None else value
