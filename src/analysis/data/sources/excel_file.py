"""One sheet of a workbook (xlsx, xlsm, xlsb, xls, ods), read with calamine.

A cell that shows an error (`#N/A`, `#REF!`) has no value and is NULL. A moment at midnight is its date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from analysis.data.sources.arrays import integers, texts
from analysis.data.sources.columns import positions
from analysis.data.sources.records import Counts
from analysis.data.sources.specs import SourceSpec, nearest
from analysis.data.sources.typed import cell_text
from analysis.errors import AnalysisError

__all__ = ["read_sheet", "sheet_columns", "sheet_names", "sheet_rows"]

_BATCH = 1 << 14


@contextmanager
def _workbook(path: Path, name: str) -> Iterator[CalamineWorkbook]:
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            yield book
    except (CalamineError, OSError) as error:
        raise AnalysisError(
            f"{name}: is no readable workbook ({error}); save it again as .xlsx without a password, or as CSV"
        ) from error


def sheet_names(path: Path, sheet: str | None, *, name: str) -> tuple[str, ...]:
    """The sheets to read: the one named, or all that have cells' places (charts and macros are none).

    Raises
    ------
    AnalysisError
        The file is no workbook, or has no such sheet.
    """
    with _workbook(path, name) as book:
        names = tuple(one.name for one in book.sheets_metadata if "Work" in str(one.typ))
    if sheet is None:
        return names
    if sheet not in names:
        known = ", ".join(repr(one) for one in names)
        raise AnalysisError(f"{name}: has no sheet {sheet!r}{nearest(sheet, names)}; it has {known}")
    return (sheet,)


def sheet_rows(path: Path, sheet: str, *, name: str) -> Iterator[tuple[int, list[Any]]]:
    """The rows of a sheet with their numbers as the workbook shows them, blank ones too."""
    with _workbook(path, name) as book:
        table = book.get_sheet_by_name(sheet)
        # Rows above the first filled cell count, so that numbers are those of the workbook.
        yield from enumerate(table.to_python(skip_empty_area=False), start=1)


def _texts(row: list[Any]) -> list[str | None]:
    return [cell_text(cell) for cell in row]


def sheet_columns(path: Path, sheet: str, spec: SourceSpec, *, name: str) -> dict[str, int]:
    """Canonical column → its position, from the first row that is not blank; empty for a blank sheet."""
    for _, row in sheet_rows(path, sheet, name=name):
        texts = _texts(row)
        if any(texts):
            names = [text or "" for text in texts] if spec.header else list(spec.column_names)
            return positions(names, spec.columns, name=name)
    return {}


def read_sheet(
    path: Path,
    sheet: str,
    spec: SourceSpec,
    emit: Callable[[dict[str, pa.Array], pa.Array], None],
    *,
    name: str,
) -> Counts:
    """Read one sheet; lines are its rows."""
    counts = Counts()
    places: Mapping[str, int] = {}
    header: list[str | None] | None = None
    held: list[tuple[int, list[str | None]]] = []
    for number, row in sheet_rows(path, sheet, name=name):
        counts.lines += 1
        texts = _texts(row)
        if not any(texts):
            counts.blank += 1
            continue
        if not places:
            names = [text or "" for text in texts] if spec.header else list(spec.column_names)
            places = positions(names, spec.columns, name=name)
            header = texts if spec.header else None
        if texts == header:
            counts.header_lines += 1
            continue
        counts.rows += 1
        held.append((number, texts))
        if len(held) == _BATCH:
            emit(*_arrays(held, places))
            held.clear()
    if held:
        emit(*_arrays(held, places))
    return counts


def _arrays(
    held: list[tuple[int, list[str | None]]], places: Mapping[str, int]
) -> tuple[dict[str, pa.Array], pa.Array]:
    columns = {
        canonical: texts([row[place] if place < len(row) else None for _, row in held])
        for canonical, place in places.items()
    }
    return columns, integers([number for number, _ in held])
