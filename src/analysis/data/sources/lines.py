"""Bytes to physical lines and lines to text, whatever the encoding, with the byte offset of each line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.data.sources.encodings import Codec
from analysis.data.sources.formats import ByteStream
from analysis.errors import AnalysisError

__all__ = ["BLOCK_BYTES", "Line", "blocks", "cut_near", "decode_lines", "split_lines"]

BLOCK_BYTES = 1 << 20
"""Bytes read at a time: large enough for the fast path, small enough to keep memory flat."""

LONGEST_LINE = 1 << 26
"""A longer line is no line of a table; reading stops rather than fill the memory."""

_DTYPES = {1: "u1", 2: "u2", 4: "u4"}


@dataclass(slots=True)
class Line:
    """A physical line: its text with its line end, or why it has none."""

    number: int
    offset: int
    text: str
    fault: str = ""
    redecoded: bool = False


def _last_break(data: bytes, codec: Codec, stop: int) -> int:
    """Where the last sure line end at or before `stop` lies, or 0; a CR right before `stop` may be half a CRLF."""
    width = codec.width
    for mark, end in ((codec.newline, stop), (codec.carriage_return, stop - width)):
        at = data.rfind(mark, 0, max(end, 0))
        while at > 0 and at % width:
            at = data.rfind(mark, 0, at + width - 1)
        if at >= 0:
            return at + width
    return 0


def cut_near(data: bytes, codec: Codec, target: int) -> int:
    """A line boundary at or before `target` that splits `data` in two, or 0."""
    cut = _last_break(data, codec, target)
    return cut if cut < len(data) else 0


def blocks(stream: ByteStream, codec: Codec, *, name: str, size: int = BLOCK_BYTES) -> Iterator[tuple[bytes, int]]:
    """Whole physical lines in blocks of about `size` bytes, each with the byte offset where it starts.

    Raises
    ------
    AnalysisError
        A line is longer than any line of a table.
    """
    offset = len(stream.read(codec.mark)) if codec.mark else 0
    rest = b""
    while chunk := stream.read(size):
        data = rest + chunk
        cut = _last_break(data, codec, len(data))
        if cut == 0:
            if len(data) > LONGEST_LINE:
                raise AnalysisError(
                    f"{name}: a line that starts at byte {offset} is longer than {LONGEST_LINE >> 20} MiB; "
                    "this is no table of lines (or its encoding is not the one named)"
                )
            rest = data
            continue
        yield data[:cut], offset
        offset += cut
        rest = data[cut:]
    if rest:
        yield rest, offset


def split_lines(data: bytes, codec: Codec) -> list[bytes]:
    """Physical lines with their ends; LF, CRLF and CR end a line, and nothing else does.

    >>> from analysis.data.sources.encodings import Codec
    >>> split_lines(b"a\\r\\nb\\rc", Codec("utf-8", "guessed", ()))
    [b'a\\r\\n', b'b\\r', b'c']
    """
    if codec.width == 1 and codec.newline == b"\n":
        return data.splitlines(keepends=True)
    whole = len(data) - len(data) % codec.width
    units = np.frombuffer(data[:whole], dtype=_DTYPES[codec.width])
    feed = np.frombuffer(codec.newline, dtype=units.dtype)[0]
    carriage = np.frombuffer(codec.carriage_return, dtype=units.dtype)[0]
    is_feed = units == feed
    ends = is_feed | (units == carriage)
    ends[:-1] &= ~((units[:-1] == carriage) & is_feed[1:])
    places = ((np.flatnonzero(ends) + 1) * codec.width).tolist()
    starts = [0, *places]
    return [data[a:b] for a, b in zip(starts, [*places, len(data)], strict=True) if b > a]


def _decoded(raw: bytes, codec: Codec) -> tuple[str, str, bool]:
    """Text, fault and whether a fallback was needed, of one line."""
    for name in (codec.name, *codec.fallbacks):
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        return text, "NUL byte" if "\0" in text else "", name != codec.name
    tried = " nor ".join((codec.name, *codec.fallbacks))
    return raw.decode(codec.name, errors="backslashreplace"), f"undecodable: not {tried}", False


def decode_lines(data: bytes, codec: Codec, *, number: int, offset: int) -> list[Line]:
    """The lines of a block as text; `number` is the number of its first line, from 1."""
    raws = split_lines(data, codec)
    try:
        texts: list[str] | None = [raw.decode(codec.name) for raw in raws]
    except UnicodeDecodeError:
        texts = None
    result = []
    for place, raw in enumerate(raws):
        if texts is not None:
            text, redecoded = texts[place], False
            fault = "NUL byte" if "\0" in text else ""
        else:
            text, fault, redecoded = _decoded(raw, codec)
        # A mark inside a file is left over from joining files: it is no data.
        if text.startswith("\ufeff"):
            text = text[1:]
        result.append(Line(number + place, offset, text, fault, redecoded))
        offset += len(raw)
    return result
