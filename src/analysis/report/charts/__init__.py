"""Charts of one house style, as inline SVG whose words stay words and whose colours follow the reader's theme."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from analysis.errors import AnalysisError
from analysis.report.blocks import Figure
from analysis.report.charts import bars, curves, grids, intervals, lines, maps, spans, trees
from analysis.report.charts.frame import Drawing
from analysis.report.charts.picture import picture
from analysis.report.formatting import Style
from analysis.report.language import is_chinese
from analysis.report.messages import message_text
from analysis.report.privacy import shown

__all__ = ["CHARTS", "draw", "drawn_in", "picture"]

#: Every chart kind with the columns that its data must have.
CHARTS: dict[str, tuple[Callable[[Figure, Style], Drawing], tuple[str, ...]]] = {
    "bar": (bars.bar, ("category", "value")),
    "paired_bar": (bars.paired_bar, ("category", "series", "value")),
    "waterfall": (bars.waterfall, ("step", "value", "kind")),
    "histogram": (bars.histogram, ("left", "right", "count")),
    "line": (lines.line, ("x", "y")),
    "lorenz": (lines.lorenz, ("x", "y")),
    "curve": (curves.curve, ("x", "y")),
    "calibration": (curves.calibration, ("x", "y", "low", "high", "n")),
    "paths": (lines.paths, ("x", "y", "series")),
    "interval": (intervals.interval, ("category", "estimate", "low", "high")),
    "dumbbell": (intervals.dumbbell, ("category", "first", "second")),
    "heatmap": (grids.heatmap, ("row", "column", "value")),
    "scatter_bins": (grids.scatter_bins, ("x0", "x1", "y0", "y1", "count")),
    "dendrogram": (grids.dendrogram, ("x0", "x1", "x2", "x3", "y0", "y1", "y2", "y3")),
    "decision_tree": (trees.decision_tree, ("node", "parent", "branch", "feature", "threshold", "n", "value")),
    "map": (maps.plane, ("category", "x", "y", "n")),
    "network": (maps.network, ("first", "second", "value")),
    "spans": (spans.spans, ("category", "series", "start", "end")),
}


_DRAWN = re.compile(r'<svg [^>]*\baria-labelledby="chart-([^"]+)-name"[^>]*>.*?</svg>', re.DOTALL)


def drawn_in(page: str) -> dict[str, str]:
    """The charts that a page's HTML holds, as SVG by the ids of their figures."""
    return {match[1]: match[0] for match in _DRAWN.finditer(page)}


def draw(figure: Figure, style: Style) -> str:
    """A figure as inline SVG.

    Parameters
    ----------
    figure : Figure
        Its `chart` is one of `CHARTS`; rows of small groups are left out.
    style : Style

    Returns
    -------
    str
        An `<svg>` element with a name and a description, 520 units wide; the same bytes for the same figure. Empty
        where every row had to be withheld.

    Raises
    ------
    AnalysisError
        If the chart kind is unknown or a column that it needs is missing.
    """
    if figure.chart not in CHARTS:
        raise AnalysisError(
            f"figure {figure.id!r}: there is no chart kind {figure.chart!r}; choose one of {', '.join(sorted(CHARTS))}"
        )
    drawing, needed = CHARTS[figure.chart]
    if missing := [name for name in needed if name not in figure.data]:
        raise AnalysisError(
            f"figure {figure.id!r}: a {figure.chart} chart needs the columns {', '.join(needed)}; its data lacks "
            f"{', '.join(missing)}"
        )
    data, _ = shown(figure.data, figure.group_size, style)
    if data.empty:
        return ""
    canvas, height = drawing(replace(figure, data=data), style)
    marked = not is_chinese(style.language)
    name = message_text(figure.title, style)
    return canvas.svg(height, id=f"chart-{figure.id}", name=name, description=str(figure.description), lang=marked)
