"""One small figure of every chart kind, for the tests of charts and pages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.report.blocks import Column, Figure
from analysis.report.values import count
from analysis.report.wording import message

__all__ = ["FIGURES", "figure"]

C = Column


def figure(id: str, chart: str, data: pd.DataFrame, columns: dict[str, Column], **more: Any) -> Figure:
    """A figure with words that say nothing."""
    return Figure(
        id=id,
        chart=chart,
        title=message("What the chart shows"),
        subtitle=message("What is measured, for {n} customers", n=count(100)),
        description="What can be seen in the chart.",
        data=data,
        columns=columns,
        **more,
    )


def _all() -> list[Figure]:
    names = ["a", "b", "c", "d"]
    x = np.linspace(0, 1, 11)
    return [
        figure(
            "bars", "bar", pd.DataFrame({"category": names, "value": [4.0, 2.0, -1.0, 0.5]}).assign(
                low=lambda d: d.value - 0.2, high=lambda d: d.value + 0.2, highlight=[True, False, False, False]
            ),
            {"category": C("Segment"), "value": C("Effect", "number", low="low", high="high")},
            options={"reference": 1.0, "reference_label": "average"},
        ),
        figure(
            "pairs", "paired_bar",
            pd.DataFrame({"category": ["a", "a", "b", "b"], "series": ["x", "y"] * 2, "value": [0.1, 0.5, 0.9, 0.5]}),
            {"category": C("Segment"), "series": C("Of"), "value": C("Share", "percent")},
        ),
        figure(
            "lines", "line",
            pd.DataFrame({"x": ["2026-01-01", "2026-02-01", "2026-03-01"] * 2, "y": [1e6, 3e6, 2e6, 2e6, 2e6, 1e6],
                          "series": ["new"] * 3 + ["old"] * 3, "partial": [False, False, True] * 2}),
            {"x": C("Month", "date"), "y": C("Revenue", "money"), "series": C("Customers")},
        ),
        figure(
            "lorenz", "lorenz", pd.DataFrame({"x": x, "y": x**2}),
            {"x": C("Customers", "percent"), "y": C("Revenue", "percent")},
        ),
        figure(
            "gain", "curve",
            pd.DataFrame([{"x": at, "y": at**bend, "low": at**bend - 0.05, "high": at**bend + 0.05, "series": name}
                          for at in x for name, bend in [("model", 0.5), ("other", 0.7)]]),
            {"x": C("Customers contacted", "percent"), "y": C("Buyers reached", "percent", low="low", high="high"),
             "series": C("Ranked by")},
            options={"references": [{"label": "at random", "points": [[0, 0], [1, 1]]}],
                     "marks": [{"x": 0.3, "y": 0.55, "label": "chosen"}]},
        ),
        figure(
            "forecasts", "calibration",
            pd.DataFrame({"x": [0.1, 0.3, 0.5, 0.7], "y": [0.2, 0.31, 0.5, 0.6], "n": [40, 30, 20, 10]}).assign(
                low=lambda d: d.y - 0.05, high=lambda d: d.y + 0.05),
            {"x": C("Forecast", "percent"), "y": C("Came true", "percent", low="low", high="high"),
             "n": C("Customers", "count")},
        ),
        figure(
            "questions", "decision_tree",
            pd.DataFrame({
                "node": [0, 1, 2, 3, 4], "parent": [None, 0, 1, 1, 0], "branch": [None, "yes", "yes", "no", "no"],
                "feature": ["recency_days", "monetary", None, None, None], "threshold": [45, 120.5, None, None, None],
                "kind": ["days", "money", None, None, None], "leaf": [None, None, "Group A", "Group B", "Group C"],
                "n": [100, 60, 20, 40, 40], "value": [0.4, 0.6, 0.4, 0.7, 0.1],
            }).assign(low=lambda d: d.value - 0.05, high=lambda d: d.value + 0.05),
            {"leaf": C("Group"), "feature": C("Question about", "term"), "n": C("Customers", "count"),
             "value": C("Buy again", "percent", low="low", high="high")},
        ),
        figure(
            "windows", "spans",
            pd.DataFrame({"category": ["first", "first", "second", "second"], "series": ["known", "asked"] * 2,
                          "start": ["2025-01-01", "2025-06-01", "2025-01-01", "2025-09-01"],
                          "end": ["2025-06-01", "2025-09-01", "2025-09-01", "2025-12-01"]}),
            {"category": C("Cut-off"), "series": C("Used for"), "start": C("From", "date"), "end": C("To", "date")},
        ),
        figure(
            "bins", "histogram",
            pd.DataFrame({"left": [0.0, 10.0, 20.0], "right": [10.0, 20.0, 30.0], "count": [5, 20, 10]}),
            {"left": C("Days", "days"), "right": C("to", "days"), "count": C("Customers", "count")},
            options={"markers": [{"label": "median", "value": 14.0}]},
        ),
        figure(
            "heat", "heatmap",
            pd.DataFrame([{"row": r, "column": c, "value": np.cos(i + j)} for i, r in enumerate(names)
                          for j, c in enumerate(names)]),
            {"row": C("Row"), "column": C("Column"), "value": C("Correlation", "number")},
            options={"scale": "diverging"},
        ),
        figure(
            "odds", "interval",
            pd.DataFrame({"category": names, "estimate": [0.5, 1.1, 2.0, 4.0], "group": ["g", "g", "h", "h"]}).assign(
                low=lambda d: d.estimate / 1.5, high=lambda d: d.estimate * 1.5),
            {"category": C("Feature"), "estimate": C("Odds ratio", "times", low="low", high="high")},
            options={"reference": 1, "log_x": True},
        ),
        figure(
            "bells", "dumbbell",
            pd.DataFrame({"category": names, "first": [0.1, 0.4, 0.2, 0.9], "second": [0.2, 0.3, 0.25, 0.8],
                          "low": [0.15, 0.2, 0.2, 0.7], "high": [0.25, 0.4, 0.3, 0.9]}),
            {"category": C("Segment"), "first": C("Found", "percent"), "second": C("Checked", "percent")},
            options={"first_label": "found", "second_label": "checked"},
        ),
        figure(
            "density", "scatter_bins",
            pd.DataFrame([{"x0": a, "x1": a + 1, "y0": b, "y1": b + 1, "count": 1 + (a + b) ** 3} for a in range(5)
                          for b in range(5)]),
            {"x0": C("Orders", "number"), "y0": C("Revenue", "money"), "count": C("Customers", "count")},
            options={"line": [[0, 0], [5, 5]]}, group_size="count",
        ),
        figure(
            "shrink", "paths",
            pd.DataFrame([{"x": 10.0**k, "y": c / (1 + 10.0**k), "series": s} for k in range(-3, 3)
                          for s, c in zip(names, [1.0, -0.5, 0.2, 0.1], strict=True)]),
            {"x": C("Penalty", "number"), "y": C("Coefficient", "number"), "series": C("Feature")},
            options={"log_x": True, "marks": [{"x": 0.5, "label": "chosen"}]},
        ),
        figure(
            "tree", "dendrogram",
            pd.DataFrame({"x0": [5.0, 10.0], "x1": [5.0, 10.0], "x2": [15.0, 25.0], "x3": [15.0, 25.0],
                          "y0": [0.0, 1.0], "y1": [1.0, 3.0], "y2": [1.0, 3.0], "y3": [0.0, 0.0]}),
            {"y1": C("Distance", "number")}, options={"cut": 2.0},
        ),
        figure(
            "steps", "waterfall",
            pd.DataFrame({"step": ["raw", "removed", "clean"], "value": [100.0, -40.0, 60.0],
                          "kind": ["total", "change", "total"]}),
            {"step": C("Step"), "value": C("Rows", "count"), "kind": C("Kind")},
        ),
        figure(
            "places", "map",
            pd.DataFrame({"category": names, "x": [1.0, 2.0, 8.0, 9.0], "y": [10.0, 80.0, 20.0, 60.0],
                          "n": [400, 100, 25, 100]}).assign(x_low=lambda d: d.x * 0.8, x_high=lambda d: d.x * 1.2,
                                                            y_low=lambda d: d.y - 5, y_high=lambda d: d.y + 5),
            {"category": C("Segment"), "x": C("Orders", "number", low="x_low", high="x_high"),
             "y": C("Spend", "money", low="y_low", high="y_high"), "n": C("Customers", "count")},
            options={"log": ["x"]}, group_size="n",
        ),
        figure(
            "links", "network",
            pd.DataFrame({"first": ["a", "c", "b"], "second": ["b", "d", "e"], "value": [20.0, 10.0, 5.0]}),
            {"first": C("Product"), "second": C("With"), "value": C("Lift", "number")},
        ),
    ]  # fmt: skip


FIGURES = {item.id: item for item in _all()}
