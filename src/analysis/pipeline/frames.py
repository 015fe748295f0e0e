"""Parquet tables as DataFrames of plain types, column by column, so that a large table is never held twice.

Money is DECIMAL and a day is DATE in the files; pandas would make a Python object of each. Both are converted while
they are still columns of Arrow: an amount to the float nearest to it, a day to a timestamp.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.errors import AnalysisError
from analysis.sampling import Sample

__all__ = ["Batches", "read_batches", "read_distinct", "read_table", "write_batches"]

#: Whole numbers up to here are doubles exactly, so that a division by a power of ten rounds once.
_EXACT = 2**53
#: Rows held at a time where only some rows are kept.
_BATCH = 131_072
#: Values that wait at most before they are put among those found, or as many as those are.
_WAITING = 1_000_000


def read_table(
    path: Path,
    columns: Sequence[str] | None = None,
    *,
    sample: Sample | None = None,
    key: str = "customer_key",
    otherwise: str | None = None,
) -> pd.DataFrame:
    """A Parquet table with decimals as floats and dates as timestamps.

    Parameters
    ----------
    columns : sequence of str, optional
        The columns to read; by default all.
    sample : Sample, optional
        Only rows whose `key` belongs to the sample, in the order of the file; other rows are never held together.
    otherwise : str, optional
        The column that decides where `key` is missing, such as the basket where nobody knows the customer: the same
        share of its values is kept. Without it rows without a key are in no sample.
    """
    table = (
        pq.read_table(path, columns=columns)
        if sample is None or sample.whole
        else _kept(path, columns, sample, key, otherwise)
    )
    return _frame(table)


def read_batches(
    path: Path, columns: Sequence[str] | None = None, *, key: str = "customer_key", size: int
) -> Iterator[pd.DataFrame]:
    """A table part by part, each with all rows of at most so many keys; rows without a key are left out.

    Raises
    ------
    AnalysisError
        If `size` is below 1, or the rows do not stand in ascending order of the key.
    """
    if size < 1:
        raise AnalysisError(f"a batch needs at least 1 key; got {size}")
    file = pq.ParquetFile(path)
    wanted = file.schema_arrow.names if columns is None else list(columns)
    waiting = None
    for batch in file.iter_batches(batch_size=_BATCH, columns=list(dict.fromkeys([*wanted, key]))):
        read = pa.Table.from_batches([batch])
        read = read.filter(pc.is_valid(read[key]))
        waiting = read if waiting is None else pa.concat_tables([waiting, read])
        starts = _starts(waiting, key, path)
        # The last key may go on in the next rows of the file.
        for first in range(0, len(starts) - 1 - size, size):
            yield _frame(waiting.slice(starts[first], starts[first + size] - starts[first]).select(wanted))
        done = (len(starts) - 2) // size * size if len(starts) > 1 else 0
        waiting = waiting.slice(starts[done])
    if waiting is not None and len(waiting):
        yield _frame(waiting.select(wanted))


@dataclass(frozen=True)
class Batches:
    """The parts of a table as `read_batches` gives them, read anew whenever they are gone through."""

    path: Path
    columns: Sequence[str] | None = None
    size: int = 20_000

    def __iter__(self) -> Iterator[pd.DataFrame]:
        return read_batches(self.path, self.columns, size=self.size)


def write_batches(path: Path, frames: Iterable[pd.DataFrame]) -> None:
    """Frames of the same columns as one Parquet table, a row group each; of a column that is empty in the first, text
    is expected in the others."""
    writer, schema = None, None
    try:
        for frame in frames:
            table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
            if writer is None:
                fields = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field
                          for field in table.schema]  # fmt: skip
                schema = pa.schema(fields, metadata=table.schema.metadata)
                writer, table = pq.ParquetWriter(path, schema, compression="zstd"), table.cast(schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _starts(table: pa.Table, key: str, path: Path) -> np.ndarray:
    """Where each key begins, and the number of rows."""
    keys = table[key].to_numpy()
    if (keys[1:] < keys[:-1]).any():
        raise AnalysisError(f"{path.name}: rows are not in the order of {key}, so that they cannot be read by it")
    if not len(keys):
        return np.array([0])
    return np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1, [len(keys)]])


def _frame(table: pa.Table) -> pd.DataFrame:
    """Columns of plain types."""
    for position, field in enumerate(table.schema):
        column = table.column(position)
        if column.null_count == len(column):
            continue
        if pa.types.is_decimal(field.type):
            table = table.set_column(position, field.name, _floats(column))
        elif pa.types.is_date(field.type):
            table = table.set_column(position, field.name, column.cast(pa.timestamp("s")))
    return table.to_pandas(split_blocks=True, self_destruct=True)


def read_distinct(path: Path, column: str) -> np.ndarray:
    """The different values of a column of whole numbers that are there, ascending, without holding the column."""
    found, new, waiting = np.array([], dtype=np.int64), [], 0
    for batch in pq.ParquetFile(path).iter_batches(batch_size=_BATCH, columns=[column]):
        new.append(pc.unique(pc.drop_null(batch.column(0))).to_numpy(zero_copy_only=False))
        waiting += len(new[-1])
        if waiting > max(len(found), _WAITING):
            found, new, waiting = np.unique(np.concatenate([found, *new])), [], 0
    return np.unique(np.concatenate([found, *new]))


def _kept(path: Path, columns: Sequence[str] | None, sample: Sample, key: str, otherwise: str | None) -> pa.Table:
    file = pq.ParquetFile(path)
    wanted = file.schema_arrow.names if columns is None else list(columns)
    read = list(dict.fromkeys([*wanted, key, *([otherwise] if otherwise else [])]))
    parts = []
    for batch in file.iter_batches(batch_size=_BATCH, columns=read):
        keys = batch.column(batch.schema.get_field_index(key))
        held = sample.holds(keys.fill_null(0).to_numpy()) & keys.is_valid().to_numpy(zero_copy_only=False)
        if otherwise and keys.null_count:
            others = batch.column(batch.schema.get_field_index(otherwise)).to_numpy(zero_copy_only=False)
            held |= keys.is_null().to_numpy(zero_copy_only=False) & sample.holds(others)
        parts.append(batch.filter(pa.array(held)))
    return pa.Table.from_batches(parts, schema=parts[0].schema if parts else None).select(wanted)


def _floats(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals as the nearest doubles, as `float(Decimal)` gives them."""
    return pa.chunked_array([_floats_of(chunk) for chunk in column.chunks], type=pa.float64())


def _floats_of(chunk: pa.Array) -> pa.Array:
    chunk = chunk.cast(pa.decimal128(38, chunk.type.scale))
    count = 2 * (chunk.offset + len(chunk))
    words = np.frombuffer(chunk.buffers()[1], dtype=np.int64, count=count).reshape(-1, 2)[chunk.offset :]
    low, high = words[:, 0], words[:, 1]
    missing = chunk.is_null().to_numpy(zero_copy_only=False)
    within = missing | ((high == low >> 63) & (np.abs(low) <= _EXACT))
    values = np.where(missing, 0, low) / 10.0**chunk.type.scale
    for place in np.flatnonzero(~within):
        values[place] = float(chunk[int(place)].as_py())
    return pa.array(values, mask=missing)
