"""Parquet files that Spark finds and reads by their address: on object storage, HDFS or a shared file system."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.data.sources.remote import RemoteFile
from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from analysis.data.engine.spark import SparkEngine

__all__ = ["SparkFiles"]

#: Every value as it stands in the file: nothing is shifted to another calendar, zone or unit.
_SETTINGS = {
    "spark.sql.caseSensitive": "true",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    **{
        f"spark.sql.parquet.{what}RebaseModeIn{way}": "CORRECTED"
        for what in ("datetime", "int96")
        for way in ("Read", "Write")
    },
}


class SparkFiles:
    """Finds and reads files through an open engine; see `RemoteFiles`."""

    def __init__(self, engine: SparkEngine) -> None:
        self._engine = engine
        self._spark = engine.session.newSession()
        for name, value in _SETTINGS.items():
            self._spark.conf.set(name, value)

    def find(self, pattern: str) -> list[RemoteFile]:
        """The files of an address, or of a pattern with `*`, sorted; empty where there is none.

        Raises
        ------
        AnalysisError
            The storage cannot be asked, or the address is that of a folder.
        """
        with _told(pattern):
            path = self._path(pattern)
            system = path.getFileSystem(self._spark._jsc.hadoopConfiguration())
            found = [system.getFileStatus(path)] if system.exists(path) else list(system.globStatus(path) or [])
            files = [one for one in found if one.isFile()]
            if found and not files:
                raise AnalysisError(f"{pattern}: is a folder; name its files, for example {pattern}/*.parquet")
            described = [self._describe(system, one) for one in files]
        return sorted(described, key=lambda file: file.url)

    def open(self, file: RemoteFile) -> IO[bytes]:
        """The bytes of a file, to read a few of them: each read goes to the storage."""
        with _told(file.url):
            return io.BufferedReader(_Bytes(self._spark, self._path(file.url), file))

    def batches(self, file: RemoteFile, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """All rows of a Parquet file, in their order: these columns, and `row`, their number from 0.

        Only these columns are read. Spark cuts a file into ranges of rows and keeps their order. Moments of the
        outdated type INT96 have microseconds in Spark, not nanoseconds.
        """
        with _told(file.url), self._engine.fetched(self._frame(file, names)) as parts:
            for path in parts:
                with pq.ParquetFile(path) as part:
                    for batch in part.iter_batches(batch_size=1 << 16):
                        yield batch.rename_columns([*names, "row"])

    def check(self, file: RemoteFile, names: Sequence[str]) -> None:
        """Refuse a file with columns of a type that Spark does not read, such as times of day."""
        with _told(file.url):
            self._frame(file, names).limit(0).collect()

    def _frame(self, file: RemoteFile, names: Sequence[str]) -> DataFrame:
        from pyspark.sql import functions as f

        frame = self._spark.read.parquet(re.sub(r"([][{}*?\\])", r"\\\1", file.url))
        chosen = [f.col(_quoted(name)).alias(f"c{place}") for place, name in enumerate(names)]
        return frame.select(*chosen, frame.metadataColumn("_metadata").getField("row_index").alias("row"))

    def _describe(self, system: Any, status: Any) -> RemoteFile:
        path = status.getPath()
        uri = path.toUri()
        url = f"{uri.getScheme()}://{uri.getAuthority() or ''}{uri.getPath()}"
        checksum = system.getFileChecksum(path)
        return RemoteFile(url, status.getLen(), status.getModificationTime(), checksum and checksum.toString())

    def _path(self, url: str) -> Any:
        jvm: Any = self._spark._jvm
        return jvm.org.apache.hadoop.fs.Path(url)


class _Bytes(io.RawIOBase):
    """A file of Hadoop's for reading here and there."""

    def __init__(self, spark: Any, path: Any, file: RemoteFile) -> None:
        self._stream = path.getFileSystem(spark._jsc.hadoopConfiguration()).open(path)
        self._tools = spark._jvm.org.apache.commons.io.IOUtils
        self._size = file.size
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), max(self._size - self._place, 0))
        if wanted:
            self._stream.seek(self._place)
            buffer[:wanted] = bytes(self._tools.toByteArray(self._stream, wanted))
            self._place += wanted
        return wanted

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What Spark or the storage refuses, as one sentence that names the file."""
    from py4j.protocol import Py4JError, Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        said = error.java_exception.toString() if isinstance(error, Py4JJavaError) else str(error)
        raise AnalysisError(
            f"{name}: Spark cannot read it ({said.strip().partition(chr(10))[0]})"
            "; if it is in order, copy it and name its path"
        ) from error


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
