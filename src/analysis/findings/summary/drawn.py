"""Key figures of other notebooks, as the summary takes them over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.report.blocks import KeyFigure
from analysis.report.values import Value
from analysis.report.wording import Message, words

__all__ = ["Figures", "flagged", "taken_over", "value_of"]

Figures = Mapping[str, Mapping[str, Any]]


def value_of(figures: Figures, name: str) -> Value | None:
    """The value of a key figure, or None where the notebook did not report it."""
    return Value.from_dict(dict(figures[name]["value"])) if name in figures else None


def taken_over(figures: Figures, *names: str) -> list[KeyFigure]:
    """Key figures as the other notebook reported them, under the same definition; absent ones are left out."""
    return [_key_figure(name, figures[name]) for name in names if name in figures]


def flagged(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows whose flag is true; where a check did not apply, the flag is missing and the row is not among them."""
    return table[table[name].eq(True).fillna(False).astype(bool)] if len(table) else table


def _key_figure(name: str, figure: Mapping[str, Any]) -> KeyFigure:
    note = figure.get("note")
    return KeyFigure(
        name,
        words(figure["label"]),
        Value.from_dict(dict(figure["value"])),
        str(figure["metric"]),
        n=figure.get("n"),
        note=Message.from_dict(note) if note else None,
        direction=figure.get("direction"),
    )
