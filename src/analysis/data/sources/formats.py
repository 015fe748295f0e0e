"""What a file is: told from its first bytes, compared with its name, opened as a stream of plain bytes."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from analysis.errors import AnalysisError

__all__ = ["ByteStream", "Digest", "Digested", "file_sha256", "open_bytes", "sniff"]

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7-zip"),
    (b"%PDF-", "PDF"),
    (b"SQLite format 3\x00", "SQLite database"),
)
_NAMED = {
    ".gz": {"gzip"},
    ".zst": {"zstd"},
    ".zstd": {"zstd"},
    ".parquet": {"parquet"},
    ".xlsx": {"zip"},
    ".xlsm": {"zip"},
    ".xlsb": {"zip"},
    ".ods": {"zip"},
    ".xls": {"ole", "zip"},
    ".csv": {"text"},
    ".tsv": {"text"},
    ".txt": {"text"},
}
_READ_AS = {"text": "csv", "gzip": "csv", "zstd": "csv", "parquet": "parquet", "zip": "excel", "ole": "excel"}
_SPOKEN = {"text": "plain text", "zip": "a zip container", "ole": "an old Office file"}


class ByteStream(Protocol):
    """What reading needs of a stream."""

    def read(self, size: int = -1, /) -> bytes:
        """The next `size` bytes, fewer at the end."""


class Digest(Protocol):
    """What a checksum is made with."""

    def update(self, data: bytes, /) -> None:
        """Take in further bytes."""


class Digested:
    """A stream whose bytes go into a checksum as they are read."""

    def __init__(self, stream: ByteStream, digest: Digest) -> None:
        self._stream = stream
        self._digest = digest

    def read(self, size: int = -1, /) -> bytes:
        """The next `size` bytes, fewer at the end."""
        data = self._stream.read(size)
        self._digest.update(data)
        return data


def _kind(head: bytes) -> str:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "web page" if start.startswith((b"<!doctype html", b"<html")) else "text"


def sniff(path: Path, *, name: str, format: str | None = None) -> tuple[str, str]:
    """How to read a file, and its compression.

    Returns
    -------
    tuple of str
        ``"csv"``, ``"parquet"`` or ``"excel"``; and ``"gzip"``, ``"zstd"`` or ``"none"``.

    Raises
    ------
    AnalysisError
        The file is missing, unreadable, empty, or not what its name or the profile says.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
            tail = _tail(stream)
    except OSError as error:
        raise AnalysisError(
            f"{name}: cannot be read ({error.strerror}); check that it exists and its rights"
        ) from error
    if not head:
        raise AnalysisError(f"{name}: the file is empty (0 bytes); get it again or take it out of the profile")
    kind = _kind(head)
    spoken = _SPOKEN.get(kind, kind)
    expected = _NAMED.get(path.suffix.lower())
    if expected and kind not in expected:
        wanted = " or ".join(sorted(_SPOKEN.get(one, one) for one in expected))
        raise AnalysisError(
            f"{name}: its name says {wanted}, but its content is {spoken}; "
            "get the file again, or give it the name of what it is"
        )
    if kind not in _READ_AS:
        raise AnalysisError(
            f"{name}: its content is {spoken}, which is not read here; "
            "save it as CSV (plain, gzip or zstd), Parquet or Excel"
        )
    if kind == "parquet" and tail != b"PAR1":
        raise AnalysisError(f"{name}: the Parquet file is cut off (its last bytes are missing); get it again")
    actual = _READ_AS[kind]
    if format is not None and format != actual:
        raise AnalysisError(
            f"{name}: the profile says format {format!r}, but its content is {spoken}; "
            f"set `format: {actual}` or leave it out"
        )
    return actual, kind if kind in ("gzip", "zstd") else "none"


def _tail(stream: Any) -> bytes:
    stream.seek(0, 2)
    stream.seek(max(stream.tell() - 4, 0))
    return bytes(stream.read(4))


@contextmanager
def open_bytes(path: Path, compression: str, *, name: str) -> Iterator[ByteStream]:
    """The plain bytes of a file that may be compressed; a damaged stream is the user's fault, said so."""
    try:
        if compression == "gzip":
            with gzip.open(path, "rb") as packed:
                yield packed
        elif compression == "zstd":
            with pa.OSFile(str(path)) as file, pa.CompressedInputStream(file, "zstd") as packed:
                yield packed
        else:
            with path.open("rb") as plain:
                yield plain
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise AnalysisError(
            f"{name}: the {compression} stream is cut off or damaged ({error}); get it again"
        ) from error
    except OSError as error:
        if compression == "zstd" and error.errno is None:
            raise AnalysisError(f"{name}: the zstd stream is cut off or damaged ({error}); get it again") from error
        raise AnalysisError(f"{name}: cannot be read ({error.strerror or error})") from error


def file_sha256(path: Path) -> str:
    """SHA-256 of a file as it lies on disk, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
