"""DuckDB: the engine that every installation has, on one machine, with data that may outgrow memory."""

from __future__ import annotations

import itertools
import math
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.data.engine.statements import quoted
from analysis.errors import AnalysisError

__all__ = ["DuckDBEngine"]

_ROW_GROUP = 122_880
#: Bytes that a value takes in memory, more or less, and the share of the limit that one table's values may take.
_CELL, _SHARE = 16, 0.75
#: Bytes that a group takes in memory, more or less, and the share of the limit that the groups of one range may take.
_GROUP, _GROUPED = 120, 0.5
_UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_TEN = "a, b, c, d, e, f, g, h, i, j"


def _file(path: Path) -> str:
    return "'" + path.as_posix().replace("'", "''") + "'"


class DuckDBEngine:
    """DuckDB with its tables in memory or, where data are large, in a file of a temporary folder.

    Parameters
    ----------
    memory_limit : str
        What DuckDB may use before it spills to the temporary folder, as '3GB'. The process takes more: some 400 MB
        while it groups, and up to 900 MB while it cleans and sorts 100 million lines.
    threads : int, optional
        Number of threads; by default one for each core. Results and files do not depend on it.

    Examples
    --------
    >>> with DuckDBEngine(memory_limit="500MB", threads=1) as engine:
    ...     engine.load("t", pd.DataFrame({"x": [2, 1]}))
    ...     engine.query("SELECT x FROM t ORDER BY x")["x"].tolist()
    [1, 2]
    """

    def __init__(self, *, memory_limit: str = "3GB", threads: int | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="analysis-"))
        self._on_disk = False
        config: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": str(self._folder / "spill"),
            "preserve_insertion_order": True,
            "memory_limit": memory_limit,
        }
        if threads is not None:
            config["threads"] = threads
        try:
            self._connection = duckdb.connect(config=config)
        except duckdb.Error as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise AnalysisError(
                f"the engine did not start with memory_limit={memory_limit!r}, threads={threads!r}: {error}"
            ) from error
        self._connection.execute("SET TimeZone = 'UTC'")
        # Joins as they are written, the long table first: behind several filters the optimizer thinks it short, and
        # would hold it in memory to pass the small ones by.
        self._connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        # Functions that Spark has under names which DuckDB lacks.
        self._connection.execute("CREATE TEMP MACRO regexp_like(s, p) AS regexp_matches(s, p)")
        self._connection.execute(f"CREATE TEMP MACRO xxhash64({_TEN}) AS CAST(hash({_TEN}) >> 1 AS BIGINT)")

    def _make_room(self, path: Path) -> None:
        """Keep tables in a file from now on if those made of this Parquet file may outgrow memory.

        What is kept in a file is compressed and can leave memory at no cost; keeping it in memory is quicker.
        """
        if self._on_disk:
            return
        file = pq.read_metadata(path)
        if file.num_rows * file.num_columns * _CELL > _SHARE * self._limit():
            self._connection.execute(f"ATTACH {_file(self._folder / 'work.duckdb')} AS work")
            self._connection.execute("SET search_path = 'work,memory'")
            # The file is thrown away: nothing need be moved from its log into its tables.
            self._connection.execute("SET wal_autocheckpoint = '1TB'")
            self._connection.execute("PRAGMA disable_checkpoint_on_shutdown")
            self._on_disk = True

    def _limit(self) -> float:
        """Bytes that DuckDB may use."""
        (limit,) = self._connection.execute("SELECT current_setting('memory_limit')").fetchall()[0]
        amount, unit = limit.split()
        return float(amount) * _UNITS.get(unit, 1)

    def _execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        """Run a statement; where memory does not suffice for all threads, run it once more on one.

        Each thread groups and sorts what it reads by itself, and they may reach the limit before they spill.
        """
        try:
            return self._connection.execute(sql)
        except duckdb.OutOfMemoryException:
            (threads,) = self._connection.execute("SELECT current_setting('threads')").fetchall()[0]
            if threads == 1:
                raise
            self._connection.execute("SET threads = 1")
            try:
                return self._connection.execute(sql)
            finally:
                self._connection.execute(f"SET threads = {threads}")

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
            self._make_room(path)
            self.view(name, f"SELECT * FROM read_parquet({_file(path)})")
        except (duckdb.Error, pa.ArrowException) as error:
            raise AnalysisError(f"{path}: not readable as Parquet ({str(error).splitlines()[0]})") from error

    def table(self, name: str, sql: str) -> None:
        """Store the rows of a `SELECT` under a name."""
        self._execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS {sql}")

    def table_by_ranges(self, name: str, sql: Callable[[int, int], str], *, source: str, key: str) -> None:
        """As `Engine.table_by_ranges`, in one range where all groups have room in memory.

        Else it is quicker to read the source once for each range than to group on disk, most of all where its rows are
        in about the order of the key, as those of Parquet files: what lies outside a range is then not read.
        """
        (count, low, high) = self.rows(f"SELECT COUNT({key}), MIN({key}), MAX({key}) FROM {quoted(source)}")[0]
        low, end = (0, 0) if low is None else (low, high + 1)
        parts = max(min(math.ceil(count * _GROUP / (_GROUPED * self._limit())), end - low), 1)
        bounds = [low + (end - low) * part // parts for part in range(parts + 1)]
        self.table(name, sql(bounds[0], bounds[1]))
        for first, behind in itertools.pairwise(bounds[1:]):
            self._execute(f"INSERT INTO {quoted(name)} {sql(first, behind)}")

    def view(self, name: str, sql: str) -> None:
        """Give a `SELECT` a name without storing its rows."""
        self._connection.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS {sql}")

    def query(self, sql: str) -> pd.DataFrame:
        """Run a `SELECT` and return its rows."""
        return self._execute(sql).df()

    def rows(self, sql: str) -> list[tuple]:
        """Run a `SELECT` and return its rows as tuples of Python values (DECIMAL stays exact)."""
        return self._execute(sql).fetchall()

    def columns(self, name: str) -> list[str]:
        """Return the column names of a table or view, in their order."""
        return list(self.types(name))

    def types(self, name: str) -> dict[str, str]:
        """Return column names with the engine's type names."""
        described = self._connection.execute(f"DESCRIBE SELECT * FROM {quoted(name)}").fetchall()
        return {row[0]: row[1] for row in described}

    def write(self, sql: str, path: Path, *, order_by: str, without: Sequence[str] = ()) -> None:
        """Write the rows of a `SELECT` to a Parquet file, in the order of some of its columns.

        Parameters
        ----------
        sql : str
            A `SELECT` without ORDER BY.
        path : Path
            The file.
        order_by : str
            What would stand behind ORDER BY: columns of the `SELECT`, together unique.
        without : sequence of str
            Columns that only serve the order and are left out.
        """
        picked = f"* EXCLUDE ({', '.join(map(quoted, without))})" if without else "*"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._execute(
            f"COPY (SELECT {picked} FROM ({sql}) AS written ORDER BY {order_by}) TO {_file(path)}"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"
        )

    def write_parts(self, parts: Sequence[Path], path: Path, *, order_by: str, without: Sequence[str] = ()) -> None:
        """Write the rows of Parquet files of one schema to one file, as `write` does."""
        listed = ", ".join(map(_file, parts))
        self.write(f"SELECT * FROM read_parquet([{listed}])", path, order_by=order_by, without=without)
