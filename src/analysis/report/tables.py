"""What a template needs to write a table: heads with units, cells that line up, and the file to download."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis.report.blocks import Column
from analysis.report.chinese import han
from analysis.report.csvfile import csv_bytes, csv_columns
from analysis.report.dates import whole_months
from analysis.report.formatting import (
    MISSING,
    Style,
    column_digits,
    format_cell,
    format_number,
    format_range,
    row_digits,
    unit_of,
)
from analysis.report.names import broad, shortened
from analysis.report.privacy import shown
from analysis.report.values import Value

__all__ = ["OPEN_ROWS", "Download", "Head", "TableView", "table_view"]

#: Rows that stand open on the page; the rest unfold.
OPEN_ROWS = 25
#: Rows that unfold at most; longer tables are files beside the page.
MOST_ROWS = 1000
#: Rows that unfold under a chart at most; its file has them all.
MOST_CHART_ROWS = 200
#: Larger files are put beside the page, which stays small enough to send by mail.
_MOST_BYTES = 40_000
_WORDS = frozenset({"text", "term", "listing", "date"})


@dataclass(frozen=True)
class Head:
    """A column's head."""

    label: Markup
    unit: Markup
    numeric: bool
    broad: bool = False

    @property
    def look(self) -> str:
        """The class of the column's cells: figures stand at the right, long texts get more room."""
        return "n" if self.numeric else "broad" if self.broad else ""


@dataclass(frozen=True)
class Download:
    """A CSV file, inside the page (`href` holds it) or beside it (`content` is to be written to `name`)."""

    name: str
    href: str
    size: str
    content: bytes | None


@dataclass(frozen=True)
class TableView:
    """A table ready to write. `rows` holds cells as HTML; the first of each row is its header if `headed`."""

    heads: tuple[Head, ...]
    rows: tuple[tuple[Markup, ...], ...]
    total: int
    withheld: int
    headed: bool
    download: Download

    @property
    def first(self) -> tuple[tuple[Markup, ...], ...]:
        """The rows that stand open."""
        return self.rows[:OPEN_ROWS]

    @property
    def complete(self) -> bool:
        """Whether the page holds every row."""
        return len(self.rows) == self.total


def table_view(
    data: pd.DataFrame, columns: Mapping[str, Column], style: Style, *, name: str, group_size: str | None = None,
    folder: str = "", chart: bool = False,
) -> TableView:  # fmt: skip
    """Prepare a table.

    Parameters
    ----------
    data : DataFrame
    columns : mapping of str to Column
        The columns to show, in order.
    style : Style
    name : str
        Name of the CSV file, without its ending.
    group_size : str, optional
        The column that counts the customers behind a row; small groups are withheld, from the file as well.
    folder : str
        Where files beside the page are put, relative to it; empty or ending in a slash.
    chart : bool
        Whether the table stands under a chart.
    """
    rows, withheld = shown(data, group_size, style)
    most = MOST_CHART_ROWS if chart else MOST_ROWS
    limit = len(rows) if len(rows) <= most else most if chart else OPEN_ROWS
    cells = [_column(rows, label, column, style, limit) for label, column in columns.items()]
    first = next(iter(columns.values()), None)
    return TableView(
        heads=tuple(_head(column, part, style) for column, part in zip(columns.values(), cells, strict=True)),
        rows=tuple(zip(*cells, strict=True)),
        total=len(rows),
        withheld=withheld,
        headed=first is not None and first.kind in _WORDS,
        download=_download(rows, columns, style, name=name, folder=folder),
    )


def _head(column: Column, cells: Sequence[Markup], style: Style) -> Head:
    label, unit = str(column.label), unit_of(column.kind, style, column.unit)
    if unit and unit.lower() in label.lower():
        unit = ""
    words = column.kind in _WORDS
    return Head(
        han(label, style), han(unit, style), not words, words and any(broad(cell.striptags()) for cell in cells)
    )


def _column(data: pd.DataFrame, name: str, column: Column, style: Style, limit: int) -> list[Markup]:
    """A column's cells: one number of decimals throughout, the interval below the estimate."""
    lows, highs = (data[bound] if bound else None for bound in (column.low, column.high))
    if column.digits is not None:
        digits: int | None = column.digits
    else:
        digits = column_digits([_plain(cell) for cell in data[name]], column.kind, style)
    month = column.kind == "date" and whole_months(data[name])
    cells = []
    for index in range(limit):
        value = _plain(data[name].iloc[index])
        low, high = (None if part is None else _plain(part.iloc[index]) for part in (lows, highs))
        if column.kinds:
            cells.append(_with_own_unit(Value(str(data[column.kinds].iloc[index]), value, low, high), style))
            continue
        places = digits if digits is not None else row_digits(value, low, high, column.kind, style)
        cell = _cell(value, column.kind, style, places, month)
        if low is not None and high is not None and value is not None:
            ends = [format_cell(bound, column.kind, style, digits=places) for bound in (low, high)]
            if MISSING not in ends:
                between = style.say("{low} to {high}", low=ends[0], high=ends[1])
                cell += Markup('<span class="between">{}</span>').format(between)
        cells.append(cell)
    return cells


def _with_own_unit(value: Value, style: Style) -> Markup:
    """A figure with its unit, the interval below it, where the rows of a column differ in kind."""
    if value.value is None:
        return _cell(None, value.kind, style, None, False)
    cell = han(format_number(value, style, compact=False), style)
    between = format_range(value, style, compact=False)
    return cell + Markup('<span class="between">{}</span>').format(between) if between else cell


def _cell(value: Any, kind: str, style: Style, digits: int | None, month: bool) -> Markup:
    written = format_cell(value, kind, style, digits=digits, month=month)
    if written == MISSING:
        return Markup('{}<span class="sr"> {}</span>').format(MISSING, style.say("not available"))
    if kind == "text" and (cut := shortened(written)) != written:
        return Markup('<span title="{}">{}</span>').format(written, han(cut, style))
    return han(written, style)


def _plain(value: Any) -> Any:
    """A pandas cell as Python's own: NumPy scalars unwrapped, missing values as None."""
    if isinstance(value, list | tuple):
        return tuple(value)
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    return value.item() if hasattr(value, "item") else value


def _download(rows: pd.DataFrame, columns: Mapping[str, Column], style: Style, *, name: str, folder: str) -> Download:
    content = csv_bytes(rows, columns, style)
    size = f"{len(rows)} × {len(csv_columns(rows, columns, style))}"
    file = f"{name}.csv"
    if len(rows) > MOST_ROWS or len(content) > _MOST_BYTES:
        return Download(file, f"{folder}{file}", size, content)
    encoded = base64.b64encode(content).decode("ascii")
    return Download(file, f"data:text/csv;charset=utf-8;base64,{encoded}", size, None)
