"""Which columns of a table can be correlated, and why the others cannot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError

__all__ = ["ColumnNote", "column_problems", "finite_values", "numbers", "usable_columns"]

Floats = NDArray[np.float64]

#: What pandas calls objects that are numbers, or nothing at all.
_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean", "empty")


@dataclass(frozen=True)
class ColumnNote:
    """Why a column, or a pair of columns, has no coefficient, or not from all rows.

    `issue`: `text` (no numbers), `all_missing`, `constant`, `infinite` (those values are taken as missing), `too_few`
    (rows in common), `constant_in_pair`, `sampled` (Kendall's coefficient comes from `count` rows drawn by the seed).
    """

    columns: tuple[str, ...]
    issue: str
    count: int


def usable_columns(frame: pd.DataFrame, columns: Iterable[str] | None) -> tuple[list[str], list[ColumnNote]]:
    """The columns that vary and hold numbers, and a note on each of the others."""
    wanted = list(frame.columns) if columns is None else list(columns)
    if problems := column_problems(frame, wanted):
        raise AnalysisError("correlate: " + "; ".join(problems))
    names: list[str] = []
    notes: list[ColumnNote] = []
    for name in wanted:
        data = numbers(frame[name])
        if data is None:
            notes.append(ColumnNote((name,), "text", len(frame)))
            continue
        known = data[np.isfinite(data)]
        if infinite := int(np.isinf(data).sum()):
            notes.append(ColumnNote((name,), "infinite", infinite))
        if len(known) == 0:
            notes.append(ColumnNote((name,), "all_missing", 0))
        elif known.min() == known.max():
            notes.append(ColumnNote((name,), "constant", len(known)))
        else:
            names.append(name)
    return names, notes


def column_problems(frame: pd.DataFrame, wanted: Sequence[Any]) -> list[str]:
    """What is wrong with a choice of columns: unknown names, names that stand for several columns, repeats."""
    problems, present = [], list(frame.columns)
    if unknown := [str(name) for name in wanted if name not in present]:
        problems.append(f"no column {', '.join(unknown)}; there are {', '.join(map(str, present))}")
    if double := sorted({str(name) for name in wanted if present.count(name) > 1}):
        problems.append(f"column names must differ; {', '.join(double)} stands more than once in the table")
    elif repeated := sorted({str(name) for name in wanted if list(wanted).count(name) > 1}):
        problems.append(f"name each column once; {', '.join(repeated)} is asked for more than once")
    return problems


def numbers(column: pd.Series) -> Floats | None:
    """A column as floats, missing values as not-a-number; None if it holds no numbers.

    Whole numbers, truth values (0 and 1) and decimals count, also where they are stored as objects.

    >>> numbers(pd.Series([1, None, 3], dtype="Int64")), numbers(pd.Series(["1", "2"]))
    (array([ 1., nan,  3.]), None)
    """
    if column.dtype == object:
        held = pd.api.types.infer_dtype(column, skipna=True)
        if held not in _NUMBERS:
            return None
        return np.array([np.nan if pd.isna(cell) else float(cell) for cell in column])
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_complex_dtype(column):
        return None
    return np.asarray(column.to_numpy(dtype=float, na_value=np.nan))


def finite_values(frame: pd.DataFrame, names: Sequence[Any]) -> Floats:
    """Columns of numbers as a new array of shape (n, p), column after column in memory; infinite is missing."""
    values = np.full((len(frame), len(names)), np.nan, order="F")
    for place, name in enumerate(names):
        data = numbers(frame[name])
        if data is not None:
            values[:, place] = data
            values[np.isinf(data), place] = np.nan
    return values
