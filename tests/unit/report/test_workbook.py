"""The workbook holds what the pages and their CSV files hold, read back by another program's reader."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from analysis.errors import AnalysisError
from analysis.report import workbook as module
from analysis.report.blocks import Column, KeyFigure, Table
from analysis.report.csvfile import csv_bytes
from analysis.report.document import Document
from analysis.report.formatting import Style
from analysis.report.values import count, percent
from analysis.report.wording import message
from analysis.report.workbook import workbook

STYLE = Style(currency="GBP", names={"recency_days": "days since last order"}, min_group_size=5)
DATA = pd.DataFrame(
    {
        "column": ["recency_days", "=1+1", "红色", None],
        "effect": [1 / 3, -2.5e-7, 1e12, float("nan")],
        "low": [0.1, -1.0, 2.0, float("nan")],
        "high": [0.5, 1.0, 3.0, float("nan")],
        "day": [date(2026, 1, 31), date(2025, 12, 1), None, date(2024, 2, 29)],
        "n": [40, 20, 5, 3],
    }
)
COLUMNS = {
    "column": Column("Column", "term"), "effect": Column("Effect", low="low", high="high", kind="number"),
    "day": Column("Day", "date"), "n": Column("Customers", "count"),
}  # fmt: skip
TABLE = Table("effects", message("What goes with it"), DATA, COLUMNS, group_size="n")


def page(*items: object, topic: str = "regression") -> Document:
    return Document(topic, "What goes with it?", items, {"as_of": "2026-01-31", "profile_title": "Shop"})  # type: ignore[arg-type]


def read(content: bytes, sheet: str) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(sheet).to_python()


def test_a_sheet_holds_the_rows_of_the_csv_file() -> None:
    found = read(workbook([page(TABLE)], STYLE), "regression_effects")
    shown = DATA[DATA["n"] >= 5]
    written = list(csv.reader(io.StringIO(csv_bytes(shown, COLUMNS, STYLE).decode("utf-8-sig"))))
    assert found[0] == written[0] and len(found) == len(written) == 4, "the group of three customers is withheld"
    assert [row[0] for row in found[1:]] == ["days since last order", "=1+1", "红色"], "text, not a formula"
    assert [row[1] for row in found[1:]] == [float(row[1]) for row in written[1:]]
    assert [row[4] for row in found[1:]] == [date(2026, 1, 31), date(2025, 12, 1), ""]


def test_key_figures_and_contents() -> None:
    figures = (KeyFigure("top", "Share of the top tenth", percent(0.521, 0.49, 0.55), "x.top.v1", n=1500),
               KeyFigure("n", "Customers", count(1500), "x.n.v1"))  # fmt: skip
    content = workbook([page(*figures, TABLE)], STYLE)
    header, top, customers = read(content, "key_figures")
    assert header[:3] == ["Page", "Key figure", "Value"]
    assert top[1:] == ["Share of the top tenth", 0.521, "%", 0.49, 0.55, 0.95, 1500, "x.top.v1"]
    assert customers[1:] == ["Customers", 1500, "", "", "", "", "", "x.n.v1"]
    assert [row[0] for row in read(content, "contents")] == ["Sheet", "key_figures", "regression_effects"]


def test_long_and_equal_names_get_sheets_of_their_own() -> None:
    blocks = [replace(TABLE, id=f"a_very_long_name_of_a_table_{i}") for i in range(3)]
    names = CalamineWorkbook.from_filelike(io.BytesIO(workbook([page(*blocks)], STYLE))).sheet_names[2:]
    assert len(set(names)) == 3 and all(len(name) <= 31 for name in names)


def test_the_same_bytes_again() -> None:
    assert workbook([page(TABLE)], STYLE) == workbook([page(TABLE)], STYLE)


def test_a_table_that_no_sheet_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_ROWS", 4)
    with pytest.raises(AnalysisError, match="'effects' of the page 'regression' has 4 rows; a sheet holds 3"):
        workbook([page(replace(TABLE, group_size=None))], STYLE)
