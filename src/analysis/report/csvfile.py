"""Tables as CSV files that a spreadsheet opens as they are: UTF-8 with BOM, CRLF, values as stored.

Numbers keep `analysis.report.values.SIGNIFICANT_DIGITS` significant digits. Text that a spreadsheet would take for a
formula gets an apostrophe before it, the rule that OWASP gives for CSV injection, extended by the full-width signs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.report.blocks import Column
from analysis.report.formatting import Style, display_name
from analysis.report.values import plain
from analysis.report.wording import msgid

__all__ = ["csv_bytes", "csv_columns", "neutral"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "−")


def neutral(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> neutral("=1+1"), neutral("＝1"), neutral("plain")
    ("'=1+1", "'＝1", 'plain')
    """
    return f"'{text}" if text.lstrip(" \N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}").startswith(_FORMULA) else text


def csv_columns(data: pd.DataFrame, columns: Mapping[str, Column], style: Style) -> dict[str, tuple[str, str]]:
    """The columns of the file: header and kind by name; an interval's bounds follow their estimate."""
    described: dict[str, tuple[str, str]] = {}
    for name, column in columns.items():
        label = str(column.label)
        head = style.say("{value} ({interval})", value=label, interval=column.unit) if column.unit else label
        described[name] = (head, column.kind)
        bounds = ((column.low, msgid("{column}, lower bound")), (column.high, msgid("{column}, upper bound")))
        for bound, words in bounds:
            if bound and bound not in columns:
                described[bound] = (style.say(words, column=head), column.kind)
    return {name: part for name, part in described.items() if name in data.columns}


def csv_bytes(data: pd.DataFrame, columns: Mapping[str, Column], style: Style) -> bytes:
    """The file's bytes.

    Parameters
    ----------
    data : DataFrame
    columns : mapping of str to Column
        Which columns, in which order. Terms are written by their display names, as on the page.
    style : Style
    """
    described = csv_columns(data, columns, style)
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([neutral(label) for label, _ in described.values()])
    kinds = [kind for _, kind in described.values()]
    for row in data[list(described)].astype(object).itertuples(index=False, name=None):
        writer.writerow([_cell(cell, kind, style) for cell, kind in zip(row, kinds, strict=True)])
    return target.getvalue().encode("utf-8-sig")


def _cell(value: Any, kind: str, style: Style) -> Any:
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, list):
        return neutral(style.say(", ").join(display_name(item, style) for item in value))
    if kind == "term":
        return neutral(display_name(value, style))
    if isinstance(value, bool):
        return style.say("yes") if value else style.say("no")
    return neutral(value) if isinstance(value, str) else value
