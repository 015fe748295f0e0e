"""DataFrames as the engines take them: all text, as ingestion would have written it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

__all__ = ["as_path_or_text", "as_text"]


def as_text(frame: pd.DataFrame, *, decimal_mark: str = ".") -> pd.DataFrame:
    """Return the frame with every column as text, as ingestion would have written it.

    Parameters
    ----------
    frame : DataFrame, shape (n, k)
        Any columns. The caller's frame is not changed.
    decimal_mark : {'.', ','}
        How numbers are to be written, so that a typed column and a text column can be read by one rule.

    Returns
    -------
    DataFrame, shape (n, k)
        Timestamps as `YYYY-MM-DD HH:MM:SS`, numbers without exponent, missing values and '' as missing.

    Examples
    --------
    >>> as_text(pd.DataFrame({"a": [1.0, 2.5, None], "b": ["", "x", "y"]})).fillna("-").values.tolist()
    [['1', '-'], ['2.5', 'x'], ['-', 'y']]
    """
    return pd.DataFrame(
        {str(name): _column_as_text(frame[name], decimal_mark) for name in frame.columns}, index=frame.index
    )


def _column_as_text(column: pd.Series, decimal_mark: str) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if pd.api.types.is_datetime64_any_dtype(column):
        text = column.dt.strftime("%Y-%m-%d %H:%M:%S").astype(object)
    elif pd.api.types.is_bool_dtype(column) or pd.api.types.is_integer_dtype(column):
        text = column.astype(str).astype(object)
    elif isinstance(column.dtype, pd.StringDtype):
        text = column.astype(object)
    else:
        text = column.astype(object).map(lambda value: _value_as_text(value, decimal_mark), na_action="ignore")
    return text.where(column.notna() & (text != ""), None)


def _value_as_text(value: object, decimal_mark: str) -> str:
    if isinstance(value, float | np.floating):
        return np.format_float_positional(value, trim="-").replace(".", decimal_mark)
    if isinstance(value, Decimal):
        return format(value, "f").replace(".", decimal_mark)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def as_path_or_text(
    tables: Mapping[str, pd.DataFrame | Path | str], *, decimal_mark: str
) -> dict[str, pd.DataFrame | Path]:
    """Return each table as a path or as an all-text frame.

    Raises
    ------
    AnalysisError
        If a frame has two columns of one name; the engine takes `Age` and `age` for one.
    """
    for name, source in tables.items():
        if isinstance(source, pd.DataFrame):
            names = pd.Index([str(column).lower() for column in source.columns])
            if twice := list(source.columns[names.duplicated()]):
                raise AnalysisError(
                    f"{name}: the DataFrame has the column {twice[0]!r} more than once, upper and lower case being"
                    " alike; give each column its own name"
                )
    return {
        name: as_text(source, decimal_mark=decimal_mark) if isinstance(source, pd.DataFrame) else Path(source)
        for name, source in tables.items()
    }
