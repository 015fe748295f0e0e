"""Pages that nobody would write and data will bring: hostile text, far too many groups, hardly any customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.report.blocks import Column, Figure, KeyFigure, Note, Table, sentence
from analysis.report.document import Document
from analysis.report.values import count, money, number, percent, term, text
from analysis.report.wording import message
from unit.report.chart_examples import FIGURES, figure

__all__ = ["documents"]

NAMES = (
    "高价值客户 <b>重点</b>",
    "<script>alert('x')</script>",
    "=cmd|' /C calc'!A0",
    "手工编织羊毛围巾（深蓝色，适合冬季，礼盒装）" * 4,
    'An "extraordinarily" long product name, & \' going ever farther ' * 4,
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
)


def _renamed(example: Figure) -> Figure:
    """The example with hostile words in place of its names."""
    data = example.data.copy()
    texts = [name for name, column in example.columns.items() if column.kind in ("text", "term") and name in data]
    for name in texts:
        known = [value for value in dict.fromkeys(data[name]) if isinstance(value, str)]
        if len(known) <= len(NAMES):
            data[name] = data[name].replace(dict(zip(known, NAMES, strict=False)))
    return replace(example, data=data)


def _charts() -> Iterator[Figure]:
    for name, example in FIGURES.items():
        try:
            yield replace(_renamed(example), id=f"hostile_{name}")
        except ValueError:  # an example whose names its options repeat
            yield example


def _sixty() -> Iterator[object]:
    rng = np.random.default_rng(0)
    names = [f"分群 {i:02d} {NAMES[i % len(NAMES)][:30]}" for i in range(60)]
    values = np.sort(rng.normal(0, 3e11, 60))[::-1]
    bars = pd.DataFrame({"category": names, "value": values, "low": values - 1e11, "high": values + 1e11})
    yield figure("sixty_bars", "bar", bars, {"category": Column("客户分群", "term"),
                 "value": Column("Revenue", "money", low="low", high="high")})  # fmt: skip
    rows = bars.rename(columns={"value": "estimate"})
    yield figure("sixty_intervals", "interval", rows, {"category": Column("Segment", "term"),
                 "estimate": Column("Effect", "number", low="low", high="high")})  # fmt: skip
    grid = [
        {"row": name, "column": f"第 {month} 月", "value": rng.random()} for name in names for month in range(1, 13)
    ]
    yield figure("sixty_rows", "heatmap", pd.DataFrame(grid), {"row": Column("Segment", "term"),
                 "column": Column("Month", "term"), "value": Column("Share", "percent")})  # fmt: skip


def _long_table() -> Table:
    n = 1500
    data = pd.DataFrame({"product": [f"{NAMES[i % len(NAMES)]} {i}" for i in range(n)],
                         "amount": np.linspace(-9e15, 9e15, n), "orders": np.arange(n)[::-1]})  # fmt: skip
    columns = {
        "product": Column("商品名称 =1+1"),
        "amount": Column("Revenue", "money"),
        "orders": Column("Orders", "count"),
    }
    return Table("long", message("Every product"), data, columns, order="orders")


def documents() -> dict[str, Document]:
    """Hostile documents by name."""
    lead = sentence("lead", "The best customers are {who}.", role="lead", who=term(NAMES[0]))
    one = pd.DataFrame({"category": ["唯一客户"], "value": [-123456789012.345]})
    blocks = {
        "charts": [lead, ("markdown", "## Every chart"), *_charts()],
        "sixty": [lead, ("markdown", "## Sixty segments"), *_sixty()],
        "one": [
            KeyFigure("n", "Customers", count(1), "x.n.v1", n=1),
            KeyFigure("loss", "Revenue", money(-123456789012.345, -9e17, 9e17), "x.loss.v1", n=1),
            ("markdown", "## One customer"),
            figure("one_bar", "bar", one, {"category": Column("Segment"), "value": Column("Value", "money")}),
            sentence(
                "tiny", "A share of {share}, an effect of {effect}.", share=percent(1e-12), effect=number(-1e-300)
            ),
        ],
        "nothing": [
            Note("none", message("There are no rules to show."), role="warning"),
            ("markdown", "## What is bought together"),
            Note("why", message("Every basket holds one product, {name}.", name=text(NAMES[1])), role="limit"),
        ],
        "long": [lead, ("markdown", "## Every product"), _long_table()],
    }
    provenance = {"as_of": "2026-01-31", "profile": "hostile", "profile_title": NAMES[2] + NAMES[1]}
    return {
        name: Document(
            "clustering", "Who are our best customers?", (("markdown", "# Who buys?\n\nIntro."), *items), provenance
        )
        for name, items in blocks.items()
    }
