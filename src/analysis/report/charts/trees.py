"""A decision tree: questions one below the other, indented by depth, so that long names fit on a narrow page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from analysis.report.blocks import Column, Figure
from analysis.report.charts.bars import whisker
from analysis.report.charts.canvas import FONT, LINE, Canvas
from analysis.report.charts.frame import Drawing, axis_of, column
from analysis.report.charts.scales import Scale, extent
from analysis.report.charts.words import Axis, fit, is_missing, width_of, wrap
from analysis.report.formatting import MISSING, Style

__all__ = ["decision_tree"]

#: Distance of one depth from the next, room for "yes" or "no", and what a line of words needs.
_INDENT, _BRANCH = 22.0, 46.0
#: Where the numbers of customers end and where the bars begin.
_COUNTS, _BARS = 388.0, 400.0
_COLUMNS = ("node", "parent", "branch", "feature", "threshold", "kind", "leaf", "n", "value", "low", "high")


class _Node(NamedTuple):
    depth: int
    parent: Any
    row: dict[str, Any]
    lines: list[str]
    words: str

    @property
    def stem(self) -> float:
        """Where the line to this node's branches runs."""
        return 6.0 + _INDENT * self.depth

    @property
    def left(self) -> float:
        """Where this node's words begin."""
        return 0.0 if self.depth == 0 else self.stem - _INDENT + _BRANCH


def decision_tree(figure: Figure, style: Style) -> Drawing:
    """Each question with its branches below it, the customers there, and a bar for the share with its interval.

    Rows come from the top of the tree downwards: `node`, its `parent` (missing for the first), the `branch` that leads
    to it ("yes" or "no"), and either a `feature` with its `threshold` ("at most …?"; missing for a plain yes-or-no
    question) or, at an end, the name of the `leaf`.
    """
    canvas = Canvas()
    count, axis = axis_of(figure, "n", style), axis_of(figure, "value", style)
    rows = [dict(zip(_COLUMNS, cells, strict=True))
            for cells in zip(*(column(figure, name) for name in _COLUMNS), strict=True)]  # fmt: skip
    sizes = [count.write(row["n"]) for row in rows]
    limit = _COUNTS - max(width_of(words, FONT) for words in sizes) - 12
    nodes = [_node(row, depth, parent, limit, figure, style) for row, depth, parent in _walk(rows)]
    canvas.text(_COUNTS, 10, count.title, token="muted", anchor="end")
    title = fit(axis.title, FONT, canvas.width - _BARS)
    canvas.text(_BARS, 10, title, token="muted", tip=axis.title if title != axis.title else "")
    places: list[float] = []
    bottom = 26.0
    for node in nodes:
        height = max(len(node.lines) * LINE + 11.0, 28.0)
        places.append(bottom + height / 2)
        bottom += height
    _branches(canvas, nodes, places)
    room = max(width_of(_written(axis, row), FONT) for row in rows) + 12
    most = extent(*([row[name] for row in rows] for name in ("value", "low", "high")), include=[0.0])
    scale = Scale(*most, _BARS, canvas.width - room, (), 0.0) if most[1] > most[0] else None
    for node, y in zip(nodes, places, strict=True):
        _write(canvas, node, y)
        canvas.text(_COUNTS, y, count.write(node.row["n"]), anchor="end")
        _share(canvas, axis, node.row, y, scale)
    if scale:
        canvas.line([(scale(0.0), 26.0), (scale(0.0), bottom)], token="edge")
    return canvas, bottom + 4


def _walk(rows: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], int, Any]]:
    """Each row with its depth and the index of its parent, branches right below the question they belong to.

    What belongs to a question that is not shown, because too few customers came to it, is not shown either.
    """
    below: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        below.setdefault(row["parent"], []).append(row)
    waiting = [(row, 0, None) for row in reversed(below.get(None, []))]
    index = 0
    while waiting:
        row, depth, parent = waiting.pop()
        yield row, depth, parent
        branches: list[Any] = [(branch, depth + 1, index) for branch in reversed(below.pop(row["node"], []))]
        waiting += branches
        index += 1


def _node(row: dict[str, Any], depth: int, parent: Any, limit: float, figure: Figure, style: Style) -> _Node:
    node = _Node(depth, parent, row, [], "")
    if row["feature"] is None:
        words = str(row["leaf"] or "")
    else:
        words = axis_of(figure, "feature", style).name(row["feature"])
        if is_missing(row["threshold"]):
            words = style.say("{feature}?", feature=words)
        else:
            most = Axis(Column("", str(row["kind"] or "number")), style).exact(row["threshold"])
            words = style.say("{feature}: at most {most}?", feature=words, most=most)
    return node._replace(words=words, lines=wrap(words, FONT, max(limit - node.left, 80.0), lines=3))


def _branches(canvas: Canvas, nodes: list[_Node], places: list[float]) -> None:
    """A line down from each question, and from it one to each branch with its "yes" or "no"."""
    strokes = []
    for node, y in zip(nodes, places, strict=True):
        if node.parent is None:
            continue
        above = nodes[node.parent]
        start = places[node.parent] + len(above.lines) * LINE / 2 + 2
        strokes.append([(above.stem, start), (above.stem, y), (above.stem + 10, y)])
    canvas.lines(strokes, token="edge")
    for node, y in zip(nodes, places, strict=True):
        if node.parent is not None:
            canvas.text(nodes[node.parent].stem + 13, y, str(node.row["branch"] or ""), token="muted")


def _write(canvas: Canvas, node: _Node, y: float) -> None:
    canvas.block(node.left, y, node.lines, bold=node.row["feature"] is None, tip=node.words)


def _written(axis: Axis, row: dict[str, Any]) -> str:
    """The share of a node; a dash where nobody came there."""
    return MISSING if is_missing(row["value"]) else axis.write(row["value"])


def _share(canvas: Canvas, axis: Axis, row: dict[str, Any], y: float, scale: Scale | None) -> None:
    """A bar, grey where a question follows, with the interval over it and the share beside it."""
    words = _written(axis, row)
    ends = [_BARS]
    if scale and not is_missing(row["value"]):
        fill = "c1" if row["feature"] is None else "pale"
        canvas.rect(scale(0.0), y - 7, scale(float(row["value"])), y + 7, fill=fill, tip=words)
        ends.append(scale(float(row["value"])))
    if scale and not (is_missing(row["low"]) or is_missing(row["high"])):
        whisker(canvas, scale(float(row["low"])), scale(float(row["high"])), y)
        ends.append(scale(float(row["high"])))
    canvas.text(max(ends) + 6, y, words, halo=True)
