"""Parquet tables as DataFrames of plain types, column by column, so that a large table is never held twice.

Money is DECIMAL and a day is DATE in the files; pandas would make a Python object of each. Both are converted while
they are still columns of Arrow: an amount to the float nearest to it, a day to a timestamp.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.sampling import Sample

__all__ = ["read_distinct", "read_table"]

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
