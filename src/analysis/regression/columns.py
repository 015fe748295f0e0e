"""What a column of a table holds: numbers, gaps, infinite values, text, or numbers that cannot be computed with."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["LARGEST", "finite", "infinite", "is_number", "repeated", "unworkable"]

Floats = NDArray[np.float64]

#: Fourth powers of numbers up to here, and of numbers down to 1 ÷ this, are still numbers in double precision.
LARGEST = 1e75


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers, truth values or nothing at all; digits written as text are text.

    >>> is_number(pd.Series([1, None, 2.5], dtype=object)), is_number(pd.Series(["1", "2"]))
    (True, False)
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        return True
    if pd.api.types.is_object_dtype(column) or isinstance(column.dtype, pd.StringDtype):
        return all(isinstance(value, Real | Decimal) for value in column[column.notna()])
    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column))


def finite(column: pd.Series) -> Floats:
    """A numeric column as floats, infinite values as NaN."""
    values = _floats(column)
    return np.where(np.isfinite(values), values, np.nan)


def infinite(column: pd.Series) -> int:
    """How many values of a numeric column are infinite."""
    return int(np.isinf(_floats(column)).sum())


def unworkable(values: Floats) -> float:
    """The largest size of numbers whose powers leave double precision, or 0 where all is well.

    >>> unworkable(np.array([1.0, np.nan, 1e200])), unworkable(np.array([0.0, 1.0]))
    (1e+200, 0.0)
    """
    known = np.abs(values[~np.isnan(values)])
    largest = float(known.max(initial=0.0))
    return largest if largest > LARGEST or 0 < largest < 1 / LARGEST else 0.0


def repeated(names: Iterable[Hashable]) -> list[str]:
    """Names that stand more than once.

    >>> repeated(["a", "b", "a"])
    ['a']
    """
    every = pd.Index(list(names))
    return sorted({str(name) for name in every[every.duplicated()]})


def _floats(column: pd.Series) -> Floats:
    if pd.api.types.is_object_dtype(column):
        return np.array([np.nan if pd.isna(value) else float(value) for value in column], dtype=float)
    return column.to_numpy(dtype=float, na_value=np.nan)
