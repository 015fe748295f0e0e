"""What lies near what: groups of customers in the plane of two measures, and a network of pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from analysis.report.blocks import Figure
from analysis.report.charts.canvas import FONT, LINE, Canvas
from analysis.report.charts.frame import HEAD, NOTE, Drawing, axis_of, axis_x, axis_y, column, measure, option
from analysis.report.charts.scales import Scale, extent, linear, logarithmic
from analysis.report.charts.words import Axis, fit, is_missing, width_of, wrap
from analysis.report.formatting import Style
from analysis.report.palette import SERIES

__all__ = ["network", "plane"]

Box = tuple[float, float, float, float]
#: Points on the half of an ellipse that joins a pair.
_POINTS = 16


class _Group(NamedTuple):
    name: str
    token: str
    size: float
    x: float
    y: float
    radius: float
    box: Box | None
    tip: str


class _Label(NamedTuple):
    x: float
    y: float
    anchor: str
    box: Box


class _Pair(NamedTuple):
    first: int
    second: int
    value: float
    words: str


def plane(figure: Figure, style: Style) -> Drawing:
    """Groups as dots at their middle, sized by their customers, each with the box in which its middle half lies.

    Columns `x_low`, `x_high`, `y_low` and `y_high` bound the boxes; option `log` names the logarithmic axes.
    """
    canvas = Canvas()
    across, axis = axis_of(figure, "x", style, "x_low", "x_high"), axis_of(figure, "y", style, "y_low", "y_high")
    count = axis_of(figure, "n", style)
    top, bottom = HEAD, HEAD + 330.0
    upright, ticks = _axis(figure, axis, "y", start=bottom, end=top)
    left = max(width_of(tick, FONT) for tick in ticks) + 10
    scale, labels = _axis(figure, across, "x", start=left, end=canvas.width - 14)
    axis_y(canvas, upright, ticks, left=left, right=scale.end)
    measure(canvas, axis)
    used = axis_x(canvas, scale, labels, top=top, bottom=bottom, title=across.title)
    groups = _groups(figure, style, (across, axis, count), scale, upright)
    for group in groups:
        if group.box:
            canvas.rect(*group.box, fill=group.token, alpha=0.14, tip=group.tip)
    for group in groups:
        canvas.dot(group.x, group.y, token=group.token, radius=group.radius, tip=group.tip)
    taken = [(g.x - g.radius, g.y - g.radius, g.x + g.radius, g.y + g.radius) for g in groups]
    boxes = [group.box for group in groups if group.box]
    for group in groups:
        lines = wrap(group.name, FONT, canvas.width * 0.32, bold=True)
        label = _free(group, lines, taken, boxes, (left + 2, top, canvas.width - 2, bottom))
        taken.append(label.box)
        canvas.block(label.x, label.y, lines, token=group.token, anchor=label.anchor, bold=True, halo=True,
                     tip=group.name)  # fmt: skip
    most = max((group.size for group in groups), default=0.0)
    y = bottom + used + 12
    canvas.dot(7, y, token="c6", radius=7)
    words = style.say("{what} in the group, {most} at most", what=count.column.label, most=count.write(most))
    canvas.text(20, y, fit(words, FONT, canvas.width - 20), token="muted")
    return canvas, bottom + used + 4 + NOTE


def network(figure: Figure, style: Style) -> Drawing:
    """Pairs as arcs between names that stand one below the other, those that hang together side by side: the thicker
    an arc, the larger its value."""
    canvas, axis = Canvas(), axis_of(figure, "value", style)
    sides = [axis_of(figure, name, style) for name in ("first", "second")]
    cells = zip(*(column(figure, name) for name in ("first", "second", "value")), strict=True)
    rows = [(a, b, float(value)) for a, b, value in cells if not is_missing(value)]
    clusters = _clusters([(a, b) for a, b, _ in rows])
    members = [cell for cluster in clusters for cell in cluster]
    pairs = []
    for a, b, value in rows:
        above, below = sorted((members.index(a), members.index(b)))
        if above < below:  # nothing is joined to itself
            pairs.append(_Pair(above, below, value, axis.write(value)))
    names = [sides[0].name(cell) for cell in members]
    lines = [wrap(name, FONT, canvas.width * 0.55) for name in names]
    left = max((width_of(line, FONT) for part in lines for line in part), default=0.0) + 18
    canvas.text(left, 10, fit(axis.title, FONT, canvas.width - left), token="muted")
    places, bottom = [], 26.0
    for index, part in enumerate(lines):
        if index and members[index] in {cluster[0] for cluster in clusters}:
            bottom += 12
        height = max(len(part) * LINE + 8, 30.0)
        places.append(bottom + height / 2)
        bottom += height
    _arcs(canvas, pairs, places, left)
    for part, name, y in zip(lines, names, places, strict=True):
        canvas.block(0, y, part, tip=name)
        canvas.dot(left, y, token="c1", radius=4)
    return canvas, bottom + 4


def _axis(figure: Figure, axis: Axis, name: str, *, start: float, end: float) -> tuple[Scale, list[str]]:
    """A scale for a measure and its bounds, logarithmic where asked for and possible, and the words of its ticks."""
    low, high = extent(*(column(figure, part) for part in (name, f"{name}_low", f"{name}_high")))
    log = name in option(figure.options, "log", []) and low > 0
    pad = (high - low) * 0.06
    if log:
        scale = logarithmic(low / 1.15, high * 1.15, start=start, end=end)
    else:
        scale = linear(0.0 if 0 <= low < high / 2 else low - pad, high + pad, start=start, end=end, snug=True)
    return scale, [axis.tick(tick, tick if log else scale.step) for tick in scale.ticks]


def _groups(figure: Figure, style: Style, axes: tuple[Axis, Axis, Axis], scale: Scale, upright: Scale) -> list[_Group]:
    """The groups, largest first, so that small ones lie on top."""
    across, axis, count = axes
    named = axis_of(figure, "category", style)
    names = ("category", "x", "y", "n", "x_low", "x_high", "y_low", "y_high")
    rows = [row for row in enumerate(zip(*(column(figure, name) for name in names), strict=True))
            if not any(is_missing(cell) for cell in row[1][1:4])]  # fmt: skip
    most = max((row[1][3] for row in rows), default=1.0) or 1.0
    groups = []
    for index, (cell, x, y, n, *bounds) in rows:
        box = None
        if not any(is_missing(bound) for bound in bounds):
            x0, x1, y0, y1 = bounds
            box = (scale(x0), upright(y1), scale(x1), upright(y0))
        name = named.name(cell)
        tip = f"{name}: {across.within(x, *bounds[:2])}, {axis.within(y, *bounds[2:])}; {count.write(n)}"
        token = SERIES[index] if index < len(SERIES) else "c6"
        radius = 4.0 + 9.0 * math.sqrt(max(float(n), 0.0) / most)
        groups.append(_Group(name, token, float(n), scale(x), upright(y), radius, box, tip))
    return sorted(groups, key=lambda group: (-group.size, group.name))


def _free(group: _Group, lines: Sequence[str], taken: Sequence[Box], boxes: Sequence[Box], within: Box) -> _Label:
    """Where a group's name covers least of what is there already: beside, above or below its dot or its box."""
    wide = max(width_of(line, FONT, bold=True) for line in lines)
    high = len(lines) * LINE
    left, top, right, bottom = group.box or (group.x, group.y, group.x, group.y)
    reach, half = group.radius + 5, high / 2
    places = [
        (group.x + reach, group.y, "start"), (group.x, group.y - reach - half, "middle"),
        (group.x, group.y + reach + half, "middle"), (group.x - reach, group.y, "end"),
        ((left + right) / 2, top - half - 6, "middle"), ((left + right) / 2, bottom + half + 6, "middle"),
        (right + 7, group.y, "start"), (left - 7, group.y, "end"),
        (right, top - half - 6, "end"), (right, bottom + half + 6, "end"),
        (left, top - half - 6, "start"), (left, bottom + half + 6, "start"),
    ]  # fmt: skip
    back = {"start": 0.0, "middle": wide / 2, "end": wide}
    labels = []
    for order, (x, y, anchor) in enumerate(places):
        start = min(max(x - back[anchor], within[0]), within[2] - wide)
        y = min(max(y, within[1] + half), within[3] - half)
        box = (start, y - half, start + wide, y + half)
        covered = sum(_overlap(box, other) for other in taken)
        across = sum(0 < _overlap(box, other) < wide * high for other in boxes)
        labels.append((covered * 10 + across * 40 + order, _Label(start + back[anchor], y, anchor, box)))
    return min(labels)[1]


def _overlap(one: Box, other: Box) -> float:
    """The area that two boxes share, with a little room between them."""
    wide = min(one[2], other[2]) - max(one[0], other[0]) + 4
    high = min(one[3], other[3]) - max(one[1], other[1]) + 4
    return max(wide, 0.0) * max(high, 0.0)


def _clusters(pairs: Sequence[tuple[Any, Any]]) -> list[list[Any]]:
    """What hangs together through pairs, in the order in which it is first met."""
    clusters: list[list[Any]] = []
    for pair in pairs:
        met = [cluster for cluster in clusters if any(cell in cluster for cell in pair)]
        joined = [cell for cluster in met for cell in cluster]
        joined += [cell for cell in dict.fromkeys(pair) if cell not in joined]
        if met:
            met[0][:] = joined
            clusters = [cluster for cluster in clusters if cluster is met[0] or cluster not in met[1:]]
        else:
            clusters.append(joined)
    return clusters


def _arcs(canvas: Canvas, pairs: Sequence[_Pair], places: Sequence[float], left: float) -> None:
    """Half ellipses to the right of the names, the widest first, and their values where these keep clear."""
    most = max((abs(pair.value) for pair in pairs), default=1.0) or 1.0
    room = max((width_of(pair.words, FONT) for pair in pairs), default=0.0) + 10
    furthest = max((pair.second - pair.first for pair in pairs), default=1)
    step = min(room + 24.0, (canvas.width - left - room - 34.0) / max(furthest - 1, 1))
    taken: list[Box] = []
    drawn = []
    for pair in sorted(pairs, key=lambda pair: (pair.second - pair.first, -pair.value, pair.first)):
        above, below = places[pair.first], places[pair.second]
        reach = 28.0 + step * (pair.second - pair.first - 1)
        middle, half = (above + below) / 2, (below - above) / 2
        turns = [math.pi * (step / _POINTS - 0.5) for step in range(_POINTS + 1)]
        points = [(left + reach * math.cos(turn), middle + half * math.sin(turn)) for turn in turns]
        drawn.append((points, 1.25 + 3.75 * abs(pair.value) / most, pair.words))
        label = (left + reach + 7, middle - LINE / 2, left + reach + room, middle + LINE / 2)
        if not any(_overlap(label, other) for other in taken):
            taken.append(label)
            canvas.text(label[0], middle, pair.words, halo=True)
    for points, width, words in reversed(drawn):
        canvas.line(points, token="c1", width=width, tip=words)
