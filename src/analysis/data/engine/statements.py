"""SQL text that DuckDB and Spark read alike, and the one way by which values enter it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from analysis.errors import AnalysisError

__all__ = ["SQL_FOLDER", "Literal", "literal", "quoted", "render", "sql_text"]

Literal = None | bool | int | str | date | Decimal | Sequence["Literal"]

SQL_FOLDER = Path(__file__).parents[1] / "sql"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def sql_text(name: str, **values: Literal) -> str:
    """Return the text of `data/sql/<name>.sql` with its `{placeholders}` as literals.

    Parameters
    ----------
    name : str
        File name without `.sql`.
    **values : Literal
        One value for each placeholder of the file, no more and no less.

    Raises
    ------
    ValueError
        If a placeholder has no value or a value no placeholder: both are faults of the caller.
    """
    return render((SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8"), **values)


def render(text: str, **values: Literal) -> str:
    """Put literals in the place of `{placeholders}`: the one way by which a value enters SQL text.

    Examples
    --------
    >>> render("SELECT {word} AS w WHERE x IN {days}", word="o'clock", days=[1, 2])
    "SELECT 'o' || CHR(39) || 'clock' AS w WHERE x IN (1, 2)"
    """
    wanted = set(_PLACEHOLDER.findall(text))
    if wanted != set(values):
        raise ValueError(f"placeholders {sorted(wanted)} do not agree with the values {sorted(values)}")
    return _PLACEHOLDER.sub(lambda match: literal(values[match.group(1)]), text)


def literal(value: Literal) -> str:
    """Write a Python value as an SQL literal that DuckDB and Spark read alike.

    Raises
    ------
    AnalysisError
        For a text with a backslash or a NUL: Spark reads a backslash inside quotes as an escape, DuckDB does not.

    Examples
    --------
    >>> literal("it's"), literal(None), literal(date(2011, 12, 10)), literal([True, 3])
    ("'it' || CHR(39) || 's'", 'NULL', "DATE '2011-12-10'", '(TRUE, 3)')
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        if "\\" in value or "\0" in value:
            raise AnalysisError(f"{value!r}: a backslash cannot be used here; write [.] instead of an escape")
        # Spark before version 4 reads '' inside quotes as nothing, so a quote is put in by its number.
        return "'" + value.replace("'", "' || CHR(39) || '") + "'"
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value:%Y-%m-%d %H:%M:%S}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, Sequence):
        # An empty list is written as a list that nothing is in, because `IN ()` is an error.
        return "(" + ", ".join(literal(item) for item in value) + ")" if len(value) else "(NULL)"
    return str(value)


def quoted(name: str) -> str:
    """Write a column name as a quoted identifier (Spark: `spark.sql.ansi.doubleQuotedIdentifiers`)."""
    return '"' + name.replace('"', '""') + '"'
