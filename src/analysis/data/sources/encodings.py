"""Which encoding a text file has: the profile's word, a byte order mark, UTF-8, or a guess that is reported."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from analysis.data.sources.formats import ByteStream
from analysis.errors import AnalysisError

__all__ = ["Codec", "codec_of", "guess_encoding", "guess_from_sample"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_FAMILY = {"utf-16": ("utf-16-le", "utf-16-be"), "utf-32": ("utf-32-le", "utf-32-be")}
_CANDIDATES = [
    *("cp1252", "gb18030", "big5", "cp932", "euc_jp", "cp949"),
    *("cp1250", "cp1251", "cp1253", "cp1254", "cp1257"),
]
#: Encodings with modes that last, and those that are no plain mapping of bytes to characters.
_STATEFUL = ("iso2022", "hz", "utf-7", "punycode", "idna", "unicode_escape", "raw_unicode_escape", "unicode-escape")
_SUPERSET = {"gb2312": "gb18030", "gbk": "gb18030", "ascii": "cp1252", "latin_1": "cp1252", "shift_jis": "cp932"}
_WESTERN = frozenset("àâäáãåæçèéêëíîïñóôöõøúûüßœÀÂÄÁÅÆÇÈÉÊËÍÎÑÓÔÖØÚÛÜŒ‘’“”–—…•€£°®©™´«»½¼·× ")
_CJK = re.compile("[一-鿿]")
_HIGH_RUN = re.compile(rb"[\xc0-\xff]{3,}")
_SAMPLE = 256 * 1024
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Codec:
    """How the bytes of one file become text.

    `mark` is the length of the byte order mark to skip; `width` the bytes of a code unit; `fallbacks` the
    encodings tried, in this order, on a single line that `name` cannot decode.
    """

    name: str
    source: Literal["profile", "bom", "guessed"]
    fallbacks: tuple[str, ...]
    mark: int = 0
    width: int = 1

    @property
    def newline(self) -> bytes:
        """The bytes of a line feed."""
        return "\n".encode(self.name)

    @property
    def carriage_return(self) -> bytes:
        """The bytes of a carriage return."""
        return "\r".encode(self.name)

    @cached_property
    def keeps_ascii(self) -> bool:
        """Whether ASCII bytes mean themselves, whatever stands before them."""
        ascii_bytes = bytes(range(128))
        return self.by_lines and ascii_bytes.decode(self.name, errors="replace") == ascii_bytes.decode("ascii")

    @property
    def by_lines(self) -> bool:
        """Whether a line is decoded alike with and without the lines before it."""
        return not self.name.startswith(_STATEFUL)


def _python_name(name: str) -> str:
    plain = codecs.lookup(name).name
    return "utf-8" if plain == "utf-8-sig" else plain


def _codec(name: str, source: Literal["profile", "bom", "guessed"], *, mark: int = 0, cjk: bool = False) -> Codec:
    if name.startswith(("utf-16", "utf-32")):
        return Codec(name, source, (), mark, 2 if "16" in name else 4)
    if name == "utf-8":
        return Codec(name, source, ("gb18030", "cp1252") if cjk else ("cp1252",), mark)
    return Codec(name, source, ("utf-8",), mark)


def _without_mark(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of Western text is zero."""
    even, odd = head[0:4096:2], head[1:4096:2]
    if not odd or head.count(0) == 0:
        return None
    if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.05 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.05 * len(odd):
        return "utf-16-be"
    return None


def codec_of(head: bytes, *, given: str | None, guess: str | None, name: str) -> Codec:
    """The codec of a file from its first bytes, the profile's word and the guess for its whole.

    Raises
    ------
    AnalysisError
        The profile's encoding contradicts the file's byte order mark, or is none that can be read by lines.
    """
    marked = next(((bom, encoding) for bom, encoding in _MARKS if head.startswith(bom)), None)
    cjk = _has_cjk(head, marked[1] if marked else given or guess or "utf-8")
    if given is not None:
        plain = _python_name(given)
        if plain.startswith(("iso2022_kr", "utf-7", "hz")):
            raise AnalysisError(f"{name}: the encoding {given!r} keeps state across lines; convert the file to UTF-8")
        if marked is None:
            return _codec({"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(plain, plain), "profile", cjk=cjk)
        if marked[1] != plain and marked[1] not in _FAMILY.get(plain, ()):
            raise AnalysisError(
                f"{name}: the profile says encoding {given!r}, but the file starts with the byte order mark of "
                f"{marked[1]}; set `encoding: {marked[1]}` or leave it out"
            )
        return _codec(marked[1], "profile", mark=len(marked[0]), cjk=cjk)
    if marked is not None:
        return _codec(marked[1], "bom", mark=len(marked[0]), cjk=cjk)
    return _codec(guess or "utf-8", "guessed", cjk=cjk)


def _has_cjk(head: bytes, encoding: str) -> bool:
    return _CJK.search(head[:_SAMPLE].decode(encoding, errors="ignore")) is not None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _lines_beyond_ascii(data: bytes) -> list[bytes]:
    """The lines that have a byte which is not ASCII, without their ends."""
    units = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero((units == 10) | (units == 13))
    starts, stops = np.append(0, ends + 1), np.append(ends, len(units))
    if starts[-1] == len(units):
        starts, stops = starts[:-1], stops[:-1]
    found = np.flatnonzero(np.bitwise_or.reduceat(units, starts) >= 128)
    return [data[start:stop] for start, stop in zip(starts[found].tolist(), stops[found].tolist(), strict=True)]


def guess_encoding(stream: ByteStream) -> str:
    """The likeliest encoding of a stream without a byte order mark, read to its end.

    UTF-8 where the whole stream is UTF-8, or where most of its lines with non-ASCII bytes are (the others
    then fall back one by one); else a guess from the lines with non-ASCII bytes.
    """
    first = stream.read(_CHUNK)
    wide = _without_mark(first)
    if wide is not None:
        return wide
    good = bad = 0
    kept: list[bytes] = []
    size = 0
    rest, chunk = b"", first
    while chunk:
        at = chunk.rfind(b"\n") + 1
        if at and chunk.isascii() and rest.isascii():
            rest, chunk = chunk[at:], stream.read(_CHUNK)
            continue
        block = rest + chunk
        cut = max(block.rfind(b"\n"), block.rfind(b"\r")) + 1
        chunk = stream.read(_CHUNK)
        if chunk and cut == 0 and len(block) < 64 * _CHUNK:
            rest = block
            continue
        cut = cut if chunk and cut else len(block)
        rest = block[cut:]
        if block[:cut].isascii():
            continue
        if _is_utf8(block[:cut]):
            good += 1 if size >= _SAMPLE else len(_lines_beyond_ascii(block[:cut]))
            continue
        for line in _lines_beyond_ascii(block[:cut]):
            valid = _is_utf8(line)
            good, bad = good + valid, bad + (not valid)
            if not valid and size < _SAMPLE:
                kept.append(line)
                size += len(line) + 1
    if bad == 0 or good >= bad:
        return "utf-8"
    return guess_from_sample(b"\n".join(kept))


def guess_from_sample(sample: bytes) -> str:
    """The likeliest encoding of bytes that are not UTF-8.

    Simplified Chinese is told by its most frequent characters, Western text by its letters, the rest by
    charset-normalizer among the encodings in common use.

    >>> guess_from_sample("客户,北京\\n".encode("gb18030"))
    'gb18030'
    >>> guess_from_sample("Café crème,Müller\\n".encode("cp1252"))
    'cp1252'
    """
    if _looks_chinese(sample):
        return "gb18030"
    if _looks_western(sample):
        return "cp1252"
    from charset_normalizer import from_bytes  # slow to import, and seldom needed

    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    encoding = best.encoding if best is not None else "cp1252"
    return _SUPERSET.get(encoding, encoding)


def _looks_western(sample: bytes) -> bool:
    """Letters that Western languages use, standing among ASCII letters (other scripts fill whole words)."""
    try:
        letters = [char for char in sample.decode("cp1252") if ord(char) > 127]
    except UnicodeDecodeError:
        return False
    words = sum(len(run) for run in _HIGH_RUN.findall(sample))
    western = sum(char in _WESTERN for char in letters)
    return western >= 0.9 * len(letters) and words <= 0.1 * len(letters)


def _looks_chinese(sample: bytes) -> bool:
    """Mostly GB2312 level 1 (lead B0 to D7), and not only the part of it that Korean syllables fill."""
    try:
        text = sample.decode("gb18030")
    except UnicodeDecodeError:
        return False
    codes = [char.encode("gb18030") for char in text if ord(char) > 127]
    common = [code[0] for code in codes if len(code) == 2 and 0xB0 <= code[0] <= 0xD7 and code[1] >= 0xA1]
    marks = sum(len(code) == 2 and 0xA1 <= code[0] <= 0xA3 and code[1] >= 0xA1 for code in codes)
    if not common or len(common) + marks < 0.9 * len(codes):
        return False
    return len(common) < 20 or sum(lead > 0xC8 for lead in common) > 0.1 * len(common)
