"""Spark: the engine for those who outgrow one machine. It runs the same SQL files, and gives the same tables.

Every stored table is a folder of Parquet parts below one exchange folder that the driver and all workers can see. So
plans stay short, memory stays bounded, and a worker that dies takes nothing with it that cannot be made again.
Final tables are sorted and put together from their parts by DuckDB, in bounded memory: their files are those that
DuckDB would have written.

This module is the only one that needs `pyspark` and Java, and it loads them when an engine is opened.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import pandas as pd
import pyarrow as pa

from analysis.data.engine.duckdb import DuckDBEngine
from analysis.data.engine.spark_session import open_session
from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["SQL_SETTINGS", "SparkEngine"]

#: Without these the SQL files would mean something else, so they cannot be chosen.
SQL_SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "false",
}

#: Bytes up to which a DataFrame goes into the plans themselves.
_SMALL = 1 << 16


class SparkEngine:
    """Spark with its tables as Parquet below an exchange folder.

    Parameters
    ----------
    master : str
        Where Spark runs: 'local[*]' (this machine, all cores), 'local[2]', 'spark://host:7077', 'yarn', 'k8s://…'.
    driver_memory : str
        Heap of the driver, as '4g'; for a local master that is all of Spark.
    folder : str, optional
        Where driver and workers exchange tables: a URL such as 's3a://bucket/scratch' or 'file:///shared/scratch'. By
        default a temporary folder of this machine, which is right for a local master alone.
    options : mapping of str to str, optional
        Further Spark settings. Keys and passwords belong into the environment instead.
    session : SparkSession, optional
        A session that is open already; the engine works in a new session of the same application and leaves it open.

    Raises
    ------
    AnalysisError
        If pyspark or Java is missing, Spark does not start, or an option contradicts `SQL_SETTINGS`.
    """

    def __init__(
        self,
        *,
        master: str = "local[*]",
        driver_memory: str = "4g",
        folder: str | None = None,
        options: Mapping[str, str] | None = None,
        session: SparkSession | None = None,
    ) -> None:
        chosen = dict(options or {})
        if fixed := sorted(set(chosen) & set(SQL_SETTINGS)):
            raise AnalysisError(f"spark.options names {', '.join(fixed)}, on which the meaning of the SQL rests")
        self._scratch = Path(tempfile.mkdtemp(prefix="analysis-spark-"))
        self._own = session is None
        try:
            opened = session or open_session(master, driver_memory, chosen, scratch=self._scratch)
        except BaseException:
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise
        self._spark = opened.newSession()
        for name, value in SQL_SETTINGS.items():
            self._spark.conf.set(name, value)
        self._is_remote = folder is not None
        base = folder.rstrip("/") if folder is not None else f"file://{self._scratch.as_posix()}"
        self._folder = f"{base}/analysis-{uuid.uuid4().hex[:12]}"
        self._written = 0
        self._tables: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the exchanged tables and, unless the session was the caller's, stop Spark."""
        with contextlib.suppress(Exception):  # where Spark broke down, that is the error to show
            self._delete(self._folder)
        if self._own:
            self._spark.stop()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def load(self, name: str, source: pd.DataFrame | Path) -> None:
        """Bind a name to a DataFrame (copied) or to a Parquet file (read when used)."""
        if isinstance(source, pd.DataFrame):
            table = pa.Table.from_pandas(source, preserve_index=False).replace_schema_metadata(None)
            frame = self._spark.createDataFrame(table)
            if table.nbytes <= _SMALL:  # part of the plans that read it, which costs less than a file and its task
                frame.createOrReplaceTempView(name)
            else:
                self._keep(name, frame)
            return
        path = Path(source).resolve()
        if not path.is_file():
            raise AnalysisError(f"{source}: there is no such file; the table {name!r} was to be read from it")
        try:
            self._spark.read.parquet(_pattern(self._shared(path))).createOrReplaceTempView(name)
        except _errors() as error:
            raise AnalysisError(f"{source}: not readable as Parquet ({_first_line(error)})") from error

    def table(self, name: str, sql: str) -> None:
        """Store the rows of a `SELECT` under a name."""
        self._keep(name, self._spark.sql(sql))

    def table_by_ranges(self, name: str, sql: Callable[[int, int], str], *, source: str, key: str) -> None:
        """Store the rows of a `SELECT` for all keys of a table; Spark groups on disk by itself."""
        (low, high) = self.rows(f"SELECT MIN({key}), MAX({key}) FROM {source}")[0]
        self.table(name, sql(0, 0) if low is None else sql(low, high + 1))

    def view(self, name: str, sql: str) -> None:
        """Give a `SELECT` a name without storing its rows."""
        self._spark.sql(sql).createOrReplaceTempView(name)

    def query(self, sql: str) -> pd.DataFrame:
        """Run a `SELECT` and return its rows."""
        return self._spark.sql(sql).toArrow().to_pandas()

    def rows(self, sql: str) -> list[tuple]:
        """Run a `SELECT` and return its rows as tuples of Python values (DECIMAL stays exact)."""
        return [tuple(row) for row in self._spark.sql(sql).collect()]

    def columns(self, name: str) -> list[str]:
        """Return the column names of a table or view, in their order."""
        return list(self.types(name))

    def types(self, name: str) -> dict[str, str]:
        """Return column names with the engine's type names."""
        return {field.name: field.dataType.simpleString().upper() for field in self._spark.table(name).schema}

    def write(self, sql: str, path: Path, *, order_by: str, without: Sequence[str] = ()) -> None:
        """Write the rows of a `SELECT` to a Parquet file, in the order of some of its columns.

        DuckDB sorts them while it writes the one file. Spark would work them all out twice: first for a sample, from
        which it learns where to cut their order into ranges.
        """
        with self.fetched(self._spark.sql(sql)) as parts, DuckDBEngine() as writer:
            writer.write_parts(parts, path, order_by=order_by, without=without)

    @property
    def session(self) -> SparkSession:
        """The open session, with `SQL_SETTINGS`."""
        return self._spark

    @contextlib.contextmanager
    def fetched(self, frame: DataFrame) -> Iterator[list[Path]]:
        """The rows of a frame as Parquet files on this machine, in their order, until the block ends."""
        url = self._next("result")
        frame.write.parquet(url)
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            yield self._parts(url, Path(folder))
        self._delete(url)

    def _keep(self, name: str, frame: DataFrame) -> None:
        url = self._next(name)
        frame.write.parquet(url)
        self._spark.read.schema(frame.schema).parquet(url).createOrReplaceTempView(name)
        if earlier := self._tables.get(name):
            self._delete(earlier)
        self._tables[name] = url

    def _next(self, name: str) -> str:
        self._written += 1
        return f"{self._folder}/{self._written:04d}-{re.sub('[^A-Za-z0-9_]', '_', name)}"

    def _shared(self, path: Path) -> str:
        """The address under which the workers can read a file of the driver."""
        if not self._is_remote:
            return f"file://{path.as_posix()}"
        url = f"{self._next('input')}.parquet"
        self._files(url).copyFromLocalFile(self._path(path.as_posix()), self._path(url))
        return url

    def _parts(self, url: str, folder: Path) -> list[Path]:
        """The parts of a written table on this machine, in the order of their rows."""
        if self._is_remote:
            self._files(url).copyToLocalFile(False, self._path(url), self._path(folder.as_posix()), True)
            folder = folder / url.rpartition("/")[2]
        else:
            folder = Path(url.removeprefix("file://"))
        return sorted(folder.glob("part-*"))

    def _delete(self, url: str) -> None:
        self._files(url).delete(self._path(url), True)

    def _files(self, url: str) -> Any:
        return self._path(url).getFileSystem(self._spark._jsc.hadoopConfiguration())

    def _path(self, text: str) -> Any:
        jvm: Any = self._spark._jvm
        return jvm.org.apache.hadoop.fs.Path(text)


def _errors() -> tuple[type[Exception], ...]:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return (PySparkException, Py4JError)


def _pattern(url: str) -> str:
    """An address in which no character stands for others."""
    return re.sub(r"([][{}*?\\])", r"\\\1", url)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
