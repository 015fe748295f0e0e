"""Files that have an address instead of a path, on object storage or a shared file system; only Parquet is read so."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Protocol

import numpy as np
import pyarrow as pa

from analysis.data.sources.arrays import flags, integers
from analysis.data.sources.parquet_file import footer, parquet_columns
from analysis.data.sources.records import Counts
from analysis.data.sources.specs import SourceSpec, is_address
from analysis.data.sources.typed import array_text
from analysis.errors import AnalysisError

__all__ = ["RemoteFile", "RemoteFiles", "check_remote", "find_remote", "read_remote"]

_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]+://[^/@]*:[^/@]*@", re.IGNORECASE)


@dataclass(frozen=True)
class RemoteFile:
    """A file's address, its bytes, when it was changed (milliseconds since 1970) and its storage's own checksum."""

    url: str
    size: int
    modified: int
    checksum: str | None


class RemoteFiles(Protocol):
    """Who finds and reads files by their address."""

    def find(self, pattern: str) -> list[RemoteFile]:
        """The files of an address, or of a pattern with `*`, sorted; empty where there is none."""

    def open(self, file: RemoteFile) -> IO[bytes]:
        """The bytes of a file, to read a few of them."""

    def check(self, file: RemoteFile, names: Sequence[str]) -> None:
        """Refuse a file whose columns cannot be read."""

    def batches(self, file: RemoteFile, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """All rows of a Parquet file, in their order: these columns, and `row`, their number from 0."""


def find_remote(spec: SourceSpec, remote: RemoteFiles | None, *, key: str = "files") -> list[RemoteFile]:
    """The files that a source names by address, sorted, each once.

    Raises
    ------
    AnalysisError
        There are addresses but nobody who reads them, or an address has no file or holds a password.
    """
    addresses = [name for name in spec.files if is_address(name)]
    if not addresses:
        return []
    if holding := [name for name in addresses if _PASSWORD.match(name)]:
        shown = re.sub(r"//.*@", "//…@", holding[0])
        raise AnalysisError(f"{key}: {shown!r} holds a password; Spark takes those from the environment")
    if remote is None:
        raise AnalysisError(
            f"{key}: {addresses[0]!r} is an address, which only Spark reads; say `engine: spark` in the profile, "
            "or copy the file and name its path"
        )
    if spec.format not in (None, "parquet"):
        raise AnalysisError(
            f"{key}: {addresses[0]!r} is to be read as {spec.format}, but by address only Parquet is read; "
            "copy the file and name its path"
        )
    found: dict[str, RemoteFile] = {}
    for address in addresses:
        files = remote.find(address)
        if not files:
            raise AnalysisError(f"{key}: {address!r} matches no file; correct the address, or put the file there")
        found |= {file.url: file for file in files}
    return [found[url] for url in sorted(found)]


def check_remote(file: RemoteFile, columns: Mapping[str, str], remote: RemoteFiles) -> None:
    """Compare the columns of a file with those of the profile; no row is read."""
    with remote.open(file) as stream:
        wanted = parquet_columns(stream, columns, name=file.url)
    remote.check(file, list(dict.fromkeys(wanted.values())))


def read_remote(
    file: RemoteFile,
    columns: Mapping[str, str],
    emit: Callable[[dict[str, pa.Array], pa.Array], None],
    remote: RemoteFiles,
) -> tuple[Counts, str]:
    """Read the wanted columns as `read_parquet` would from a copy of the file.

    Returns
    -------
    tuple of Counts and str
        And a SHA-256 of the text of what was read: the file as a whole is never at hand.

    Raises
    ------
    AnalysisError
        A column is missing, holds no text, or not exactly the rows of the file came, in their order.
    """
    name = file.url
    with remote.open(file) as stream:
        wanted = parquet_columns(stream, columns, name=name)
        schema, expected = footer(stream, name=name)
    names = list(dict.fromkeys(wanted.values()))
    digest = _TextDigest(names)
    counts = Counts()
    for batch in remote.batches(file, names):
        size = batch.num_rows
        rows = batch.column("row").to_numpy()
        if not np.array_equal(rows, np.arange(counts.rows, counts.rows + size)):
            raise AnalysisError(f"{name}: after row {counts.rows:,} came others than the next ones; read it again")
        texts = {source: _text(batch.column(source), schema.field(source).type) for source in names}
        if unreadable := [source for source, text in texts.items() if text is None]:
            raise AnalysisError(f"{name}: column {unreadable[0]!r} holds bytes that are no UTF-8 text")
        digest.update(texts)
        emit({canonical: texts[source] for canonical, source in wanted.items()}, integers(rows + 1))
        counts.lines += size
        counts.rows += size
    if counts.rows != expected:
        raise AnalysisError(f"{name}: {counts.rows:,} of its {expected:,} rows came; read it again")
    return counts, digest.hexdigest()


def _text(values: pa.Array, kind: pa.DataType) -> pa.Array | None:
    """The text of what came, as if it had the type that the file says."""
    test = pa.types
    if test.is_null(kind):
        return pa.nulls(len(values), pa.string())
    if test.is_dictionary(kind):
        kind = kind.value_type
    if test.is_temporal(kind) or test.is_integer(kind):
        values = values.cast(kind)
    return array_text(values)


class _TextDigest:
    """One SHA-256 over texts by column, whatever the sizes in which they come."""

    def __init__(self, names: Sequence[str]) -> None:
        self._columns = {name: (hashlib.sha256(), hashlib.sha256()) for name in names}

    def update(self, texts: Mapping[str, pa.Array | None]) -> None:
        """Take in further rows; no text is empty, so that a length of 0 is NULL."""
        for name, values in texts.items():
            assert values is not None
            lengths, contents = self._columns[name]
            present = values.drop_null()
            offsets = np.frombuffer(present.buffers()[1], dtype=np.int32)
            bounds = offsets[present.offset : present.offset + len(present) + 1].astype("<i8")
            sizes = np.zeros(len(values), dtype="<i8")
            sizes[flags(values.is_valid())] = np.diff(bounds)
            lengths.update(sizes.tobytes())
            if len(present):
                contents.update(present.buffers()[2][int(bounds[0]) : int(bounds[-1])])

    def hexdigest(self) -> str:
        """The checksum of all that came."""
        parts = [f"{name} {a.hexdigest()} {b.hexdigest()}" for name, (a, b) in self._columns.items()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
