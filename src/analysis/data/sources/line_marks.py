"""Which lines of a block are whole records beyond doubt, told for all of them at once from where their marks stand.

Quotes pair up in order. A line is sure where it has an even number of them, every first one of a pair stands at a
field's start or right after the pair before it, and every second one at a field's end or right before the next pair:
then each field either has no quote or is quoted from end to end, with doubled quotes inside, and the line is one
record whatever stands around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["LineMarks", "line_marks", "quotes_in_order"]

LF, CR, QUOTE = 10, 13, 34
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class LineMarks:
    """What is known of each line of a block, as arrays with one element a line.

    Attributes
    ----------
    starts, ends : ndarray of int64
        Its bytes, the line end included.
    sure : ndarray of bool
        Whether it is one whole record beyond doubt.
    quiet : ndarray of bool
        Whether it has neither a quote nor a NUL byte: an open quoted field goes on through it.
    fields : ndarray of int64
        The number of fields of a sure line.
    """

    starts: np.ndarray
    ends: np.ndarray
    sure: np.ndarray
    quiet: np.ndarray
    fields: np.ndarray


_ONE, _LAST = np.uint64(1), np.uint64(63)
_STEPS = tuple(np.uint64(1 << k) for k in range(6))


def _bits(mask: np.ndarray) -> np.ndarray:
    """Truth values as bits of 64-bit words, the first in the lowest bit; the last word has room to spare."""
    packed = np.packbits(mask, bitorder="little")
    words = np.zeros(len(mask) // 64 + 1, dtype="<u8")
    words.view(np.uint8)[: len(packed)] = packed
    return words


def quotes_in_order(units: np.ndarray, delimiter: int) -> bool:
    """Whether every quote of a block belongs to a field that is quoted from end to end.

    Which quotes open and which close is told by the parity of their number so far, for 64 bytes at a time by shifts
    (as in Langdale and Lemire, Parsing gigabytes of JSON per second, VLDB Journal 28, 2019, section 3.1).

    Parameters
    ----------
    units
        The bytes of the block, as an array; it starts at the start of a record.
    delimiter
        The byte between fields.

    Examples
    --------
    >>> quotes_in_order(np.frombuffer(b'1,"a, ""b"" c"', dtype=np.uint8), ord(","))
    True
    >>> quotes_in_order(np.frombuffer(b'1,7" tall,"', dtype=np.uint8), ord(","))
    False
    """
    quotes = _bits(units == QUOTE)
    edges = quotes | _bits(units == delimiter) | _bits(units == LF) | _bits(units == CR)
    inside = quotes.copy()
    for step in _STEPS:
        inside ^= inside << step
    carried = np.bitwise_xor.accumulate(inside >> _LAST)
    if carried[-1]:
        return False
    inside[1:] ^= np.uint64(0) - carried[:-1]
    before, after = edges << _ONE, edges >> _ONE
    before[1:] |= edges[:-1] >> _LAST
    after[:-1] |= edges[1:] << _LAST
    end = len(units) - 1
    before[0] |= _ONE
    after[end // 64] |= np.uint64(1 << end % 64)
    return not (quotes & inside & ~before).any() and not (quotes & ~inside & ~after).any()


def line_marks(data: bytes, ends: np.ndarray, delimiter: int) -> LineMarks:
    """Look at every line of a block of UTF-8 text.

    Parameters
    ----------
    data
        Whole lines; the first starts where no quoted field is open.
    ends
        The position after each line's end.
    delimiter
        The byte between fields.
    """
    units = np.frombuffer(data, dtype=np.uint8)
    starts = np.concatenate(([0], ends[:-1]))
    feed = units[ends - 1] == LF
    stops = ends - feed
    stops -= (stops > starts) & (units[np.maximum(stops - 1, 0)] == CR)
    sure = stops > starts
    quiet = np.ones(len(ends), dtype=bool)
    if b"\0" in data:
        void = np.searchsorted(ends, np.flatnonzero(units == 0), side="right")
        sure[void] = quiet[void] = False
    maybe = np.flatnonzero(units[starts] == _MARK[0])
    sure[[line for line in maybe.tolist() if data.startswith(_MARK, int(starts[line]))]] = False
    marks = np.flatnonzero(units == delimiter)
    quotes = np.flatnonzero(units == QUOTE)
    counts = np.diff(np.searchsorted(marks, ends), prepend=0)
    if not len(quotes):
        return LineMarks(starts, ends, sure, quiet, counts + 1)
    line = np.searchsorted(ends, quotes, side="right")
    quiet[line] = False
    first = np.searchsorted(quotes, starts)
    opens = (np.arange(len(quotes)) - first[line]) % 2 == 0
    before = (quotes == starts[line]) | np.isin(units[np.maximum(quotes - 1, 0)], (delimiter, QUOTE))
    after = (quotes + 1 == stops[line]) | np.isin(units[np.minimum(quotes + 1, len(units) - 1)], (delimiter, QUOTE))
    sure[line[~np.where(opens, before, after)]] = False
    sure[np.bincount(line, minlength=len(ends)) % 2 == 1] = False
    # delimiters between the quotes of a pair are none
    behind = np.searchsorted(marks, quotes)
    pairs = np.flatnonzero(opens[:-1] & (line[1:] == line[:-1]))
    np.subtract.at(counts, line[pairs], behind[pairs + 1] - behind[pairs])
    return LineMarks(starts, ends, sure, quiet, counts + 1)
