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
    fields : ndarray of int64
        The number of fields of a sure line.
    """

    starts: np.ndarray
    ends: np.ndarray
    sure: np.ndarray
    fields: np.ndarray


def _edges(delimiter: int) -> np.ndarray:
    """By byte: whether it may stand beside the outer side of a quote."""
    table = np.zeros(256, dtype=bool)
    table[[delimiter, LF, CR, QUOTE]] = True
    return table


def quotes_in_order(units: np.ndarray, delimiter: int) -> bool:
    """Whether every quote of a block belongs to a field that is quoted from end to end.

    Parameters
    ----------
    units
        The bytes of the block, as an array; it starts at the start of a record.
    delimiter
        The byte between fields.
    """
    places = np.flatnonzero(units == QUOTE)
    if len(places) % 2:
        return False
    edges = _edges(delimiter)
    opening, closing = places[0::2], places[1::2]
    before, after = opening - 1, closing + 1
    if before[0] < 0:
        before = before[1:]
    if after[-1] == len(units):
        after = after[:-1]
    return bool(edges[units[before]].all() and edges[units[after]].all())


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
    sure[np.searchsorted(ends, np.flatnonzero(units == 0), side="right")] = False
    maybe = np.flatnonzero(units[starts] == _MARK[0])
    sure[[line for line in maybe.tolist() if data.startswith(_MARK, int(starts[line]))]] = False
    marks = np.flatnonzero(units == delimiter)
    quotes = np.flatnonzero(units == QUOTE)
    if not len(quotes):
        counts = np.diff(np.searchsorted(marks, ends), prepend=0)
        return LineMarks(starts, ends, sure, counts + 1)
    line = np.searchsorted(ends, quotes, side="right")
    first = np.searchsorted(quotes, starts)
    edges = _edges(delimiter)
    opens = (np.arange(len(quotes)) - first[line]) % 2 == 0
    before = (quotes == starts[line]) | edges[units[np.maximum(quotes - 1, 0)]]
    after = (quotes + 1 == stops[line]) | edges[units[np.minimum(quotes + 1, len(units) - 1)]]
    sure[line[~np.where(opens, before, after)]] = False
    sure[np.bincount(line, minlength=len(ends)) % 2 == 1] = False
    line_of_mark = np.searchsorted(ends, marks, side="right")
    outside = (np.searchsorted(quotes, marks) - first[line_of_mark]) % 2 == 0
    counts = np.bincount(line_of_mark[outside], minlength=len(ends))
    return LineMarks(starts, ends, sure, counts + 1)
