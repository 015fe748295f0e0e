"""One Parquet file: typed columns to exact text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.data.sources.arrays import integers
from analysis.data.sources.columns import positions
from analysis.data.sources.records import Counts
from analysis.data.sources.typed import array_text
from analysis.errors import AnalysisError

__all__ = ["footer", "parquet_columns", "read_parquet"]

_BATCH = 1 << 16


def _open(path: Path | IO[bytes], name: str) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise AnalysisError(f"{name}: is no readable Parquet file ({error}); get it again") from error


def parquet_columns(path: Path | IO[bytes], columns: Mapping[str, str], *, name: str) -> dict[str, str]:
    """Canonical column → the file's own name for it, found as in any header.

    Raises
    ------
    AnalysisError
        A column is missing or its type has no text form (lists, structs, maps, bytes).
    """
    with _open(path, name) as file:
        schema = file.schema_arrow
    places = positions(schema.names, columns, name=name)
    for canonical, place in places.items():
        field = schema.field(place)
        if pa.types.is_nested(field.type) or array_text(pa.nulls(0, field.type)) is None:
            raise AnalysisError(
                f"{name}: column {field.name!r} (for {canonical}) has the type {field.type}, "
                "which has no text form; map a column of single values, or unnest it in the source"
            )
    return {canonical: schema.names[place] for canonical, place in places.items()}


def footer(stream: IO[bytes], *, name: str) -> tuple[pa.Schema, int]:
    """The columns' types and the number of rows that a file says it has."""
    with _open(stream, name) as file:
        return file.schema_arrow, file.metadata.num_rows


def read_parquet(
    path: Path,
    columns: Mapping[str, str],
    emit: Callable[[dict[str, pa.Array], pa.Array], None],
    *,
    name: str,
) -> Counts:
    """Read the wanted columns batch by batch; rows are numbered from 1: a Parquet file has no line for its names."""
    wanted = parquet_columns(path, columns, name=name)
    counts = Counts()
    with _open(path, name) as file:
        names = list(dict.fromkeys(wanted.values()))
        try:
            for batch in file.iter_batches(batch_size=_BATCH, columns=names, use_threads=False):
                texts = {source: array_text(batch.column(source)) for source in names}
                unreadable = [source for source, text in texts.items() if text is None]
                if unreadable:
                    raise AnalysisError(f"{name}: column {unreadable[0]!r} holds bytes that are no UTF-8 text")
                size = batch.num_rows
                lines = integers(np.arange(counts.lines + 1, counts.lines + size + 1))
                emit({canonical: texts[source] for canonical, source in wanted.items()}, lines)
                counts.lines += size
                counts.rows += size
        except (pa.ArrowException, OSError) as error:
            raise AnalysisError(f"{name}: the Parquet file is damaged ({error}); get it again") from error
    return counts
