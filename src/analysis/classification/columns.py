"""What a column of a table holds, and how it becomes numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from numbers import Real
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["LARGEST", "Kind", "Reading", "beyond", "floats", "kind_of", "levels", "moments", "read", "typed"]

Floats = NDArray[np.float64]
Kind = Literal["number", "category", "date", "nothing"]
#: Numbers with NaN for gaps, or categories of text with NaN for gaps.
Reading: TypeAlias = Floats | pd.Categorical

#: Numbers from here on count as infinite, and infinite ones as missing: forests compute in single precision.
LARGEST = 1e30


def kind_of(column: pd.Series) -> Kind:
    """What a column holds: numbers (truth values are numbers), dates, categories (all else), or nothing at all.

    >>> kind_of(pd.Series([1, None, 2.5], dtype=object)), kind_of(pd.Series(["1", "2"])), kind_of(pd.Series([None]))
    ('number', 'category', 'nothing')
    """
    if column.isna().all():
        return "nothing"
    if isinstance(column.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    if pd.api.types.is_bool_dtype(column) or (
        pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)
    ):
        return "number"
    if pd.api.types.is_object_dtype(column):
        known = column[column.notna()]
        if all(isinstance(value, Real | Decimal) for value in known):
            return "number"
        if all(isinstance(value, date | datetime) for value in known):
            return "date"
    return "category"


def floats(column: pd.Series) -> Floats:
    """A column of numbers as floats; what is missing, infinite or beyond `LARGEST` is NaN."""
    values = _floats(column)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < LARGEST, values, np.nan)


def beyond(column: pd.Series) -> int:
    """How many values of a column of numbers are infinite or beyond `LARGEST`."""
    with np.errstate(invalid="ignore"):
        return int((np.abs(_floats(column)) >= LARGEST).sum())


def moments(column: pd.Series) -> pd.Series:
    """A column of dates as time stamps without a zone.

    >>> moments(pd.Series([date(2024, 5, 1), None])).tolist()
    [Timestamp('2024-05-01 00:00:00'), NaT]
    """
    stamps = pd.to_datetime(column, errors="coerce")
    return stamps.dt.tz_localize(None) if isinstance(stamps.dtype, pd.DatetimeTZDtype) else stamps


def read(column: pd.Series, cutoff: pd.Series | None = None) -> Reading:
    """A column as numbers or categories; dates as days before their row's cut-off, or NaN where there is none.

    >>> read(pd.Series([date(2024, 5, 1)]), pd.Series([date(2024, 5, 31)])).tolist()
    [30.0]
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        known = column.cat
        return pd.Categorical.from_codes(known.codes, categories=[str(level) for level in known.categories])
    kind = "number" if column.dtype == np.float64 else kind_of(column)
    if kind == "number":
        return floats(column)
    if kind == "category":
        return pd.Categorical(levels(column))
    if kind == "nothing" or cutoff is None:
        return np.full(len(column), np.nan)
    gone = moments(cutoff) - moments(column)
    return np.asarray(gone.dt.total_seconds() / 86_400, dtype=float)


def typed(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The table with these columns read once, so that no model has to read them again."""
    return frame.assign(**{name: pd.Series(read(frame[name], frame["cutoff"]), index=frame.index) for name in columns})


def levels(column: pd.Series) -> pd.Series:
    """A column of categories as text; what is missing stays missing."""
    return column.astype(object).map(str, na_action="ignore")


def _floats(column: pd.Series) -> Floats:
    if pd.api.types.is_object_dtype(column):
        return np.array([np.nan if pd.isna(value) else float(value) for value in column], dtype=float)
    return np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
