"""The grammar of one CSV record (RFC 4180, as Python's csv module reads it), without guessing.

A field that starts with a quote ends at the next single quote; a doubled quote inside stands for one. Only
blanks may follow before the delimiter. A quote inside a field that does not start with one is itself.
"""

from __future__ import annotations

import enum
import re

__all__ = ["Fault", "chomp", "is_clean", "split_record"]

# Possessive: an unterminated quote must fail at once, not after trying every split.
_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')


class Fault(enum.Enum):
    """Why a text is no whole record."""

    OPEN = "unterminated quote"
    AFTER_QUOTE = "text after closing quote"


def chomp(text: str) -> str:
    """A line without its line end.

    >>> chomp("a\\r\\n"), chomp("a\\r"), chomp("a")
    ('a', 'a', 'a')
    """
    if text.endswith("\n"):
        text = text[:-1]
    return text[:-1] if text.endswith("\r") else text


def split_record(text: str, delimiter: str) -> list[str] | Fault:
    """The fields of a record without its line end, or what is wrong with it.

    >>> split_record('1,"a ""b"", c",', ",")
    ['1', 'a "b", c', '']
    >>> split_record('1,"a', ","), split_record('1,"a" b,2', ",")
    (<Fault.OPEN: 'unterminated quote'>, <Fault.AFTER_QUOTE: 'text after closing quote'>)
    """
    if '"' not in text:
        return text.split(delimiter)
    fields = []
    at, size = 0, len(text)
    while True:
        if at < size and text[at] == '"':
            match = _QUOTED.match(text, at)
            if match is None:
                return Fault.OPEN
            stop = text.find(delimiter, match.end())
            stop = size if stop < 0 else stop
            after = text[match.end() : stop]
            if after.strip(" \t"):
                return Fault.AFTER_QUOTE
            fields.append(match.group(1).replace('""', '"') + after)
        else:
            stop = text.find(delimiter, at)
            stop = size if stop < 0 else stop
            fields.append(text[at:stop])
        if stop >= size:
            return fields
        at = stop + 1


def is_clean(text: str, delimiter: str, width: int) -> bool:
    """Whether a physical line alone starts a record as a strict writer writes it.

    True for a record of `width` fields, and for one whose last field opens a quote that the line does not
    close; false where an unquoted field holds a quote, as the last line of a broken record does.
    """
    bare = re.sub(rf'(?<![^{re.escape(delimiter)}])"[^"]*+(?:""[^"]*+)*+"', "", text)
    fields = split_record(text, delimiter)
    if fields is Fault.AFTER_QUOTE:
        return False
    if fields is Fault.OPEN:
        opened = bare.find(delimiter + '"')
        return opened >= 0 and bare.count('"') == 1
    return '"' not in bare and len(fields) == width and bool(text.strip())
