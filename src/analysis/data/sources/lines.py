"""Bytes to physical lines and lines to text, whatever the encoding, with the byte offset of each line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.data.sources.encodings import Codec
from analysis.data.sources.formats import ByteStream
from analysis.errors import AnalysisError

__all__ = ["BLOCK_BYTES", "Line", "Utf8", "blocks", "cut_near", "decode_lines", "line_ends", "split_lines", "to_utf8"]

BLOCK_BYTES = 1 << 20
"""Bytes read at a time: large enough for the fast path, small enough to keep memory flat."""

_PIECE = 1 << 14
"""Bytes decoded at a time where some cannot be: an error keeps a copy of all that it was given."""

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
        data = rest + chunk if rest else chunk
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


def line_ends(data: bytes, codec: Codec) -> np.ndarray:
    """The position after each physical line; LF, CRLF and CR end a line, and nothing else does.

    >>> from analysis.data.sources.encodings import Codec
    >>> line_ends(b"a\\r\\nb\\rc", Codec("utf-8", "guessed", ())).tolist()
    [3, 5, 6]
    """
    whole = len(data) - len(data) % codec.width
    units = np.frombuffer(data[:whole], dtype=_DTYPES[codec.width])
    feed = np.frombuffer(codec.newline, dtype=units.dtype)[0]
    carriage = np.frombuffer(codec.carriage_return, dtype=units.dtype)[0]
    is_end = units == feed
    returns = np.flatnonzero(units == carriage)
    if len(returns):
        following = np.minimum(returns + 1, len(units) - 1)
        is_end[returns[~is_end[following] | (following == returns)]] = True
    ends = (np.flatnonzero(is_end) + 1) * codec.width
    return ends if len(ends) and ends[-1] == len(data) else np.append(ends, len(data))


def split_lines(data: bytes, codec: Codec) -> list[bytes]:
    """Physical lines with their ends.

    >>> from analysis.data.sources.encodings import Codec
    >>> split_lines(b"a\\r\\nb\\rc", Codec("utf-8", "guessed", ()))
    [b'a\\r\\n', b'b\\r', b'c']
    """
    if not data:
        return []
    if codec.width == 1 and codec.newline == b"\n":
        return data.splitlines(keepends=True)
    places = line_ends(data, codec).tolist()
    return [data[a:b] for a, b in zip([0, *places], places, strict=False)]


@dataclass(frozen=True)
class Utf8:
    """Lines as UTF-8; those that cannot be decoded are a question mark each, and listed by their place."""

    data: bytes
    undecodable: tuple[int, ...] = ()


def to_utf8(data: bytes, codec: Codec) -> Utf8 | None:
    """Whole lines of a file as UTF-8, with the same line ends; None: not to be told by lines."""
    if codec.keeps_ascii and data.isascii():
        return Utf8(data)
    try:
        text = data.decode(codec.name)
    except UnicodeDecodeError:
        return _good_lines(data, codec)
    try:
        return Utf8(data if codec.name == "utf-8" else text.encode())
    except UnicodeEncodeError:
        return None


def _good_lines(data: bytes, codec: Codec) -> Utf8 | None:
    """Decode from one line that cannot be decoded to the next."""
    ends = line_ends(data, codec)
    same = codec.name == "utf-8"
    parts: list[bytes] = []
    bad: list[int] = []
    view = memoryview(data)
    start = 0
    try:
        while start < len(data):
            stop = int(ends[min(int(np.searchsorted(ends, start + _PIECE)), len(ends) - 1)])
            try:
                text = str(view[start:stop], codec.name)
            except UnicodeDecodeError as error:
                line = min(int(np.searchsorted(ends, start + error.start, side="right")), len(ends) - 1)
            else:
                parts.append(data[start:stop] if same else text.encode())
                start = stop
                continue
            begin, end = (int(ends[line - 1]) if line else 0), int(ends[line])
            parts.append(data[start:begin] if same else str(view[start:begin], codec.name).encode())
            parts.append(b"?" + _line_end(data[begin:end], codec))
            bad.append(line)
            start = end
    except UnicodeError:
        return None
    return Utf8(b"".join(parts), tuple(bad))


def _line_end(line: bytes, codec: Codec) -> bytes:
    """The end of a line, in ASCII."""
    for text in ("\r\n", "\n", "\r"):
        raw = text.encode(codec.name)
        if len(line) % codec.width == 0 and line.endswith(raw):
            return text.encode()
    return b""


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
