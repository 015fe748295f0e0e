"""Blocks in the language of a page: labels, descriptions and our own words among the cells become text.

Messages stay as they are, since they are written with the markup of the page (`analysis.report.messages`). Charts and
tables are therefore drawn without a thought of the language; only numbers and dates ask the style.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import pandas as pd

from analysis.report.blocks import Block, Column, Definition, Figure, KeyFigure, Picture, Table
from analysis.report.formatting import Style
from analysis.report.messages import said

__all__ = ["translated", "translated_columns"]

B = TypeVar("B", bound=Block)


def translated(block: B, style: Style) -> B:
    """The block with its words in the style's language, phrases among its cells written as text."""
    changed: Block = block
    match block:
        case Figure():
            changed = replace(
                block, columns=translated_columns(block.columns, style), data=_cells(block.data, block.columns, style),
                description=said(block.description, style), options=_options(block.options, style),
            )  # fmt: skip
        case Picture():
            changed = replace(
                block, columns=translated_columns(block.columns, style), data=_cells(block.data, block.columns, style),
                description=said(block.description, style),
            )  # fmt: skip
        case Table():
            named = isinstance(block.order, str) and block.order in block.columns
            order = None if named or block.order is None else said(block.order, style)
            changed = replace(
                block, columns=translated_columns(block.columns, style), data=_cells(block.data, block.columns, style),
                order=order or block.order,
            )  # fmt: skip
        case KeyFigure() | Definition():
            changed = replace(block, label=said(block.label, style))
    return changed  # type: ignore[return-value]


def translated_columns(columns: Mapping[str, Column], style: Style) -> dict[str, Column]:
    """Columns with label and unit as text; what held phrases now holds text."""
    return {
        name: replace(
            column,
            label=said(column.label, style),
            unit=said(column.unit, style) if column.unit else column.unit,
            kind="text" if column.kind == "phrase" else column.kind,
        )
        for name, column in columns.items()
    }


def _cells(data: pd.DataFrame, columns: Mapping[str, Column], style: Style) -> pd.DataFrame:
    names = [name for name, column in columns.items() if column.kind == "phrase"]
    if not names:
        return data
    written = {name: [_cell(cell, style) for cell in data[name]] for name in names}
    return data.assign(**written)


def _cell(cell: Any, style: Style) -> Any:
    missing = cell is None or cell is pd.NA or cell != cell
    return None if missing else said(cell, style)


def _options(options: Any, style: Style) -> Any:
    """Options with every `label` in them translated, at any depth."""
    if isinstance(options, Mapping):
        return {
            name: said(part, style) if str(name).endswith("label") and part else _options(part, style)
            for name, part in options.items()
        }
    if isinstance(options, list | tuple):
        return [_options(part, style) for part in options]
    return options
