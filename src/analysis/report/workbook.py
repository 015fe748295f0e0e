"""Everything that a report's pages show as one Excel workbook, with the numbers as stored.

The first sheet lists the others, the second holds the key figures, and every table and every figure's data has a sheet
of its own: the same rows, columns and numbers as its CSV file. Text is written as text, so nothing is a formula.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis.errors import AnalysisError
from analysis.report.blocks import Figure, KeyFigure, Picture, Table
from analysis.report.csvfile import csv_columns
from analysis.report.document import Document, title_in
from analysis.report.formatting import Style, display_name, unit_of
from analysis.report.messages import format_message, said
from analysis.report.privacy import shown
from analysis.report.translation import translated
from analysis.report.values import plain
from analysis.report.wording import Message, msgid

__all__ = ["workbook"]

#: What Excel takes: rows of a sheet with the header, characters of a cell and of a sheet's name.
_MOST_ROWS, _MOST_TEXT, _MOST_NAME = 1_048_576, 32_767, 31
_FORMATS = {
    "percent": "0.0%", "points": "0.0%", "money": "#,##0.00", "count": "#,##0", "date": "yyyy-mm-dd",
}  # fmt: skip
_WIDEST = 60
_CONTENTS = msgid(("Sheet", "Page", "What it holds", "Rows"))
_KEY_HEADS = msgid(("Page", "Key figure", "Value", "Unit", "Lower bound", "Upper bound", "Level", "n", "Definition"))


@dataclass(frozen=True)
class _Sheet:
    """One sheet: a header, and rows of stored values, with the kinds that say how each column is written.

    Where a column's kind is "own", each row's own kind, from `own`, takes its place.
    """

    name: str
    page: str
    title: str
    header: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    own: tuple[str, ...] = ()


def workbook(documents: Sequence[Document], style: Style) -> bytes:
    """A report's tables, figures and key figures as one `.xlsx` file.

    Parameters
    ----------
    documents : sequence of Document
        The pages in the reader's order.
    style : Style
        Display names, currency, and the least size of a group; smaller groups are withheld here as on the pages.

    Returns
    -------
    bytes
        The same for the same documents and style.

    Raises
    ------
    AnalysisError
        If a table has more rows than a sheet can hold.
    """
    import xlsxwriter

    sheets = [_key_figures(documents, style), *_tables(documents, style)]
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    as_of = str(documents[0].provenance.get("as_of", "")) if documents else ""
    book.set_properties(
        {
            "title": str(documents[0].provenance.get("profile_title", "")) if documents else "",
            "comments": style.say("Data as of {date}", date=as_of) if as_of else "",
            "created": datetime.fromisoformat(as_of or "1980-01-01"),  # nothing of the clock enters the file
        }
    )
    formats = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    _write_contents(book, sheets, head, style)
    for sheet in sheets:
        _write(book.add_worksheet(sheet.name), sheet, formats, head)
    book.close()
    return target.getvalue()


def _key_figures(documents: Sequence[Document], style: Style) -> _Sheet:
    found = [(page, block) for page in documents for block in page.items if isinstance(block, KeyFigure)]
    rows = []
    for page, block in found:
        value = block.value
        level = None if value.low is None else value.level
        numbers = (value.value, unit_of(value.kind, style), value.low, value.high, level, block.n)
        rows.append((title_in(page, style.language), said(block.label, style), *map(plain, numbers), block.metric))
    header = tuple(style.say(head) for head in _KEY_HEADS)
    kinds = ("text", "text", "own", "text", "own", "own", "percent", "count", "text")
    own = tuple(block.value.kind for _, block in found)
    return _Sheet("key_figures", "", style.say("Key figures of all pages"), header, kinds, tuple(rows), own)


def _tables(documents: Sequence[Document], style: Style) -> Iterator[_Sheet]:
    taken = {"contents", "key_figures"}
    for document in documents:
        for block in document.items:
            if not isinstance(block, Table | Figure | Picture):
                continue
            block = translated(block, style)
            title = block.caption if isinstance(block, Table) else block.title
            group = None if isinstance(block, Picture) else block.group_size
            data, _ = shown(block.data, group, style)
            if len(data) >= _MOST_ROWS:
                raise AnalysisError(
                    f"the table {block.id!r} of the page {document.topic!r} has {len(data):,} rows; a sheet holds "
                    f"{_MOST_ROWS - 1:,}. Take the CSV file of the page instead"
                )
            described = csv_columns(data, block.columns, style)
            yield _Sheet(
                name=_free(f"{document.topic}_{block.id}", taken),
                page=title_in(document, style.language),
                title=_words(title, style),
                header=tuple(label for label, _ in described.values()),
                kinds=tuple(kind for _, kind in described.values()),
                rows=tuple(_rows(data, described, style)),
            )


def _rows(data: pd.DataFrame, described: dict[str, tuple[str, str]], style: Style) -> Iterator[tuple[Any, ...]]:
    kinds = [kind for _, kind in described.values()]
    for row in data[list(described)].astype(object).itertuples(index=False, name=None):
        yield tuple(_stored(cell, kind, style) for cell, kind in zip(row, kinds, strict=True))


def _stored(cell: Any, kind: str, style: Style) -> Any:
    """A cell as it is stored: a number, a date, or text with display names."""
    value = plain(cell)
    if isinstance(value, list):
        return style.say(", ").join(display_name(item, style) for item in value)
    if isinstance(value, bool):
        return style.say("yes") if value else style.say("no")
    if isinstance(value, str) and kind == "date":
        return date.fromisoformat(value) if len(value) == len("2026-01-31") else value
    return display_name(value, style) if isinstance(value, str) and kind == "term" else value


def _words(message: Message, style: Style) -> str:
    return str(Markup(format_message(message, style)).striptags())


def _free(wanted: str, taken: set[str]) -> str:
    """A sheet's name: at most 31 characters, and each once."""
    name, number = wanted[:_MOST_NAME], 2
    while name in taken:
        ending = f"_{number}"
        name, number = wanted[: _MOST_NAME - len(ending)] + ending, number + 1
    taken.add(name)
    return name


def _write_contents(book: Any, sheets: Sequence[_Sheet], head: Any, style: Style) -> None:
    contents, link = book.add_worksheet("contents"), book.get_default_url_format()
    for column, (label, width) in enumerate(zip(_CONTENTS, (34, 40, 90, 8), strict=True)):
        contents.write_string(0, column, style.say(label), head)
        contents.set_column(column, column, width)
    for row, sheet in enumerate(sheets, start=1):
        contents.write_url(row, 0, f"internal:'{sheet.name}'!A1", link, sheet.name)
        contents.write_string(row, 1, sheet.page)
        contents.write_string(row, 2, sheet.title[:_MOST_TEXT])
        contents.write_number(row, 3, len(sheet.rows))
    contents.freeze_panes(1, 0)


def _write(page: Any, sheet: _Sheet, formats: dict[str, Any], head: Any) -> None:
    for column, label in enumerate(sheet.header):
        page.write_string(0, column, label[:_MOST_TEXT], head)
        lengths = [len(str(row[column])) for row in sheet.rows[:200] if row[column] is not None]
        page.set_column(column, column, min(max([len(label) * 0.7, *lengths, 8]) + 2, _WIDEST))
    for row, cells in enumerate(sheet.rows, start=1):
        for column, (cell, kind) in enumerate(zip(cells, sheet.kinds, strict=True)):
            if kind == "own":
                kind = sheet.own[row - 1]
            if isinstance(cell, str):
                page.write_string(row, column, cell[:_MOST_TEXT])
            elif isinstance(cell, date):
                page.write_datetime(row, column, cell, formats["date"])
            elif cell is not None:
                page.write_number(row, column, cell, formats.get(kind))
    page.freeze_panes(1, 0)
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.header) - 1)
