"""Writing ingested tables: same rows, same bytes, whatever the sizes in which they came; folders all or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.data.sources.arrays import integers, repeated, texts
from analysis.data.sources.records import Quarantined
from analysis.errors import AnalysisError

__all__ = ["ROW_GROUP", "ParquetSink", "QuarantineSink", "TableSink", "replaced_folder"]

ROW_GROUP = 1 << 16
"""Rows of a row group; also the most rows held in memory before they are written."""


class ParquetSink:
    """A Parquet file written in row groups of a fixed size, however the rows arrive."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.schema = schema
        whole = [field.name for field in schema if pa.types.is_int64(field.type)]
        self._writer = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            version="2.6",
            # Line numbers grow by one: their differences are next to nothing. No reader skips texts by their bounds.
            use_dictionary=[field.name for field in schema if field.name not in whole],
            column_encoding=dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
            write_statistics=whole,
        )
        self._held: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; full row groups go to the file."""
        self._held.append(batch)
        self._rows += batch.num_rows
        if self._rows >= ROW_GROUP:
            self._flush(self._rows - self._rows % ROW_GROUP)

    def _flush(self, rows: int) -> None:
        table = pa.Table.from_batches(self._held, schema=self.schema)
        for start in range(0, rows, ROW_GROUP):
            part = table.slice(start, min(ROW_GROUP, rows - start)).combine_chunks()
            self._writer.write_table(part, row_group_size=ROW_GROUP)
        rest = table.slice(rows)
        self._held = rest.to_batches()
        self._rows = rest.num_rows

    def __enter__(self) -> ParquetSink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._rows:
            self._flush(self._rows)
        self._writer.close()


class TableSink:
    """One canonical table: mapped columns as they come, the others NULL, and where each row stands."""

    def __init__(self, sink: ParquetSink, columns: Sequence[str]) -> None:
        self._sink = sink
        self._columns = tuple(columns)

    @staticmethod
    def schema(columns: Sequence[str]) -> pa.Schema:
        """The schema of a canonical table."""
        texts = [pa.field(name, pa.string()) for name in columns]
        return pa.schema([*texts, pa.field("source_file", pa.string()), pa.field("source_line", pa.int64())])

    def write(self, values: Mapping[str, pa.Array], lines: pa.Array, *, source: str) -> None:
        """Add rows of one source, in the order of their lines."""
        size = len(lines)
        if not size:
            return
        arrays = [values[name] if name in values else pa.nulls(size, pa.string()) for name in self._columns]
        arrays += [repeated(source, size), lines]
        self._sink.write(pa.RecordBatch.from_arrays(arrays, schema=self._sink.schema))


class QuarantineSink:
    """The records that could not be read, of all tables."""

    SCHEMA = pa.schema(
        [
            ("table", pa.string()),
            ("source_file", pa.string()),
            ("source_line", pa.int64()),
            ("byte_offset", pa.int64()),
            ("reason", pa.string()),
            ("raw", pa.string()),
        ]
    )

    def __init__(self, sink: ParquetSink) -> None:
        self._sink = sink

    def write(self, records: Sequence[Quarantined], *, table: str, source: str) -> None:
        """Add records of one source, in the order of their lines."""
        if not records:
            return
        size = len(records)
        arrays = [
            repeated(table, size),
            repeated(source, size),
            integers([record.line for record in records]),
            integers([record.offset for record in records]),
            texts([record.reason for record in records], empty_is_null=False),
            texts([record.raw for record in records], empty_is_null=False),
        ]
        self._sink.write(pa.RecordBatch.from_arrays(arrays, schema=self.SCHEMA))


@contextmanager
def replaced_folder(out: Path) -> Iterator[Path]:
    """A fresh folder beside `out` that takes its place when the block ends without error.

    A run that was killed leaves at most a hidden folder, which the next run clears away.

    Raises
    ------
    AnalysisError
        The place cannot be written.
    """
    partial = out.parent / f".{out.name}.partial"
    former = out.parent / f".{out.name}.former"
    try:
        if former.exists() and not out.exists():
            former.rename(out)
        for left in (partial, former):
            if left.exists():
                shutil.rmtree(left)
        partial.mkdir(parents=True)
    except OSError as error:
        raise AnalysisError(
            f"{out}: cannot be written ({error.strerror}); check the rights on {out.parent} and the free space"
        ) from error
    try:
        yield partial
        if out.exists():
            out.rename(former)
        partial.replace(out)
        shutil.rmtree(former, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise AnalysisError(f"{out}: cannot be written ({error.strerror or error})") from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
