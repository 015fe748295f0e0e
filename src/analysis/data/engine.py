"""The engine that runs the SQL files: DuckDB behind a face that a second engine can wear.

Cleaning and features are SQL files in `data/sql`, each one `SELECT`, written in the subset that DuckDB and
Spark run as the same text. An engine only has to bind a name to an input, turn a `SELECT` into a table or a
view, answer a query with a DataFrame and write a table to Parquet; `Engine` names these five duties.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.errors import AnalysisError

__all__ = ["DuckDBEngine", "Engine", "Literal", "as_path_or_text", "as_text", "literal", "quoted", "render", "sql_text"]

Literal = None | bool | int | str | date | Decimal | Sequence["Literal"]

SQL_FOLDER = Path(__file__).parent / "sql"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_ROW_GROUP = 122_880


class Engine(Protocol):
    """What cleaning and features ask of an engine."""

    def load(self, name: str, source: pd.DataFrame | Path) -> None: ...
    def table(self, name: str, sql: str) -> None: ...
    def view(self, name: str, sql: str) -> None: ...
    def query(self, sql: str) -> pd.DataFrame: ...
    def columns(self, name: str) -> list[str]: ...
    def write(self, sql: str, path: Path) -> None: ...


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


def _file(path: Path) -> str:
    return "'" + path.as_posix().replace("'", "''") + "'"


class DuckDBEngine:
    """DuckDB with its tables in a file of a temporary folder, so that data may outgrow memory.

    Parameters
    ----------
    memory_limit : str
        What DuckDB may use before it spills to the temporary folder, as '4GB'. The process can exceed it by
        some 15 %.
    threads : int, optional
        Number of threads; by default one for each core. Results and files do not depend on it.

    Examples
    --------
    >>> with DuckDBEngine(memory_limit="500MB", threads=1) as engine:
    ...     engine.load("t", pd.DataFrame({"x": [2, 1]}))
    ...     engine.query("SELECT x FROM t ORDER BY x")["x"].tolist()
    [1, 2]
    """

    def __init__(self, *, memory_limit: str = "4GB", threads: int | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="analysis-"))
        config: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": str(self._folder / "spill"),
            "preserve_insertion_order": True,
            "memory_limit": memory_limit,
        }
        if threads is not None:
            config["threads"] = threads
        try:
            self._connection = duckdb.connect(str(self._folder / "work.duckdb"), config=config)
        except duckdb.Error as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise AnalysisError(
                f"the engine did not start with memory_limit={memory_limit!r}, threads={threads!r}: {error}"
            ) from error
        # One transaction that is never committed: the work file is thrown away, so nothing need be made durable.
        self._connection.execute("BEGIN")
        self._connection.execute("SET TimeZone = 'UTC'")
        # The one function that Spark has under a name which DuckDB lacks.
        self._connection.execute("CREATE MACRO regexp_like(s, p) AS regexp_matches(s, p)")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the work file and remove the temporary folder."""
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def load(self, name: str, source: pd.DataFrame | Path) -> None:
        """Bind a name to a DataFrame (copied) or to a Parquet file (read when used)."""
        if isinstance(source, pd.DataFrame):
            self._connection.register("incoming", pa.Table.from_pandas(source, preserve_index=False))
            self._connection.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT * FROM incoming")
            self._connection.unregister("incoming")
            return
        path = Path(source)
        if not path.is_file():
            raise AnalysisError(f"{path}: there is no such file; the table {name!r} was to be read from it")
        try:
            self.view(name, f"SELECT * FROM read_parquet({_file(path)})")
        except duckdb.Error as error:
            raise AnalysisError(f"{path}: not readable as Parquet ({str(error).splitlines()[0]})") from error

    def table(self, name: str, sql: str) -> None:
        """Store the rows of a `SELECT` under a name."""
        self._connection.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS {sql}")

    def view(self, name: str, sql: str) -> None:
        """Give a `SELECT` a name without storing its rows."""
        self._connection.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS {sql}")

    def query(self, sql: str) -> pd.DataFrame:
        """Run a `SELECT` and return its rows."""
        return self._connection.execute(sql).df()

    def rows(self, sql: str) -> list[tuple]:
        """Run a `SELECT` and return its rows as tuples of Python values (DECIMAL stays exact)."""
        return self._connection.execute(sql).fetchall()

    def columns(self, name: str) -> list[str]:
        """Return the column names of a table or view, in their order."""
        return list(self.types(name))

    def types(self, name: str) -> dict[str, str]:
        """Return column names with the engine's type names."""
        described = self._connection.execute(f"DESCRIBE SELECT * FROM {quoted(name)}").fetchall()
        return {row[0]: row[1] for row in described}

    def write(self, sql: str, path: Path) -> None:
        """Write the rows of a `SELECT`, which must end in an ORDER BY with a unique key, to a Parquet file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection.execute(
            f"COPY ({sql}) TO {_file(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"
        )


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
