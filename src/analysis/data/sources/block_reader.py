"""A delimited file block by block: clean lines by the fast path, the others by the careful one, in the lines' order.

A block that is clean from end to end is read at once. In any other, the lines that are not whole records beyond doubt
go through the careful path, with those that they take along while a quoted field is open; what is left is read at
once again. Whether a line is sure does not hang on the lines around it, so both paths together give what the careful
one gives alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.data.sources.arrays import integers, texts
from analysis.data.sources.clean_blocks import CleanBlockReader
from analysis.data.sources.encodings import Codec
from analysis.data.sources.line_marks import LineMarks, line_marks
from analysis.data.sources.lines import Utf8, cut_near, decode_lines, line_ends, to_utf8
from analysis.data.sources.records import MAX_JOINED_LINES, Counts, Quarantined, RecordAssembler, Shape

__all__ = ["BlockReader", "Emit"]

_FEW = 32
"""Fewer sure lines of another number of fields are not worth a parser's start."""

_HEAD = 1 << 13
"""Bytes that are looked at for the end of a record that the block before left open."""

_UTF8 = Codec("utf-8", "profile", ())

Emit = Callable[[dict[str, pa.Array], pa.Array, Sequence[Quarantined]], None]
"""Takes the mapped columns of some rows, their lines, and what was quarantined up to them."""


@dataclass(frozen=True)
class _Block:
    """Whole lines of a file: their bytes, the file's offset of the first, its number, and where each line ends."""

    data: bytes
    offset: int
    number: int
    ends: np.ndarray

    def feed(self, assembler: RecordAssembler, codec: Codec, first: int, last: int, *, final: bool = False) -> None:
        """Give lines to the careful path, by their place in the block; `final`: no open record goes on after them."""
        start = int(self.ends[first - 1]) if first else 0
        part = self.data[start : int(self.ends[last - 1])]
        assembler.feed(decode_lines(part, codec, number=self.number + first, offset=self.offset + start), final=final)


class BlockReader:
    """Chooses the path for every line, and keeps count.

    Parameters
    ----------
    shape
        What a record of the file looks like.
    places
        Canonical column → its position in a record.
    codec
        How the bytes become text.
    emit
        Is called with rows and quarantined records, in the order of their lines.
    counts
        What was counted before the first block.
    careful
        Use the careful path alone.
    """

    def __init__(
        self,
        shape: Shape,
        places: dict[str, int],
        codec: Codec,
        emit: Emit,
        *,
        counts: Counts,
        careful: bool = False,
    ) -> None:
        self.counts = counts
        self._shape = shape
        self._places = places
        self._codec = codec
        self._emit = emit
        able = not careful and shape.delimiter.isascii() and codec.by_lines
        self._fast = CleanBlockReader(shape, list(places.values())) if able else None
        self._assembler = RecordAssembler(shape, counts)

    def process(self, data: bytes, offset: int) -> None:
        """Read one block of whole lines."""
        if self._fast is None:
            self._feed_all(data, offset)
            return
        if self._assembler.pending:
            used = self._close_record(data, offset)
            data, offset = data[used:], offset + used
        if not data:
            return
        text = to_utf8(data, self._codec)
        if text is None:
            self._feed_all(data, offset)
            return
        clean = None if text.undecodable else self._fast.read(text.data)
        if clean is None:
            self._read_mixed(_Block(data, offset, self.counts.lines + 1, line_ends(data, self._codec)), text)
            return
        columns, size = clean
        start = self.counts.lines + 1
        self._count_rows(size)
        self._give(columns, integers(np.arange(start, start + size)), ())

    def finish(self) -> Counts:
        """Read what waits for more lines as it stands, and close the books."""
        self._assembler.feed(itertools.chain(), final=True)
        self._hand_over()
        if not self.counts.closed:
            raise RuntimeError(f"lines do not add up: {self.counts}")
        return self.counts

    def _feed_all(self, data: bytes, offset: int) -> None:
        self._assembler.feed(decode_lines(data, self._codec, number=self.counts.lines + 1, offset=offset))
        self._hand_over()

    def _close_record(self, data: bytes, offset: int) -> int:
        """Feed the careful path until no record is open; the bytes used up."""
        used = 0
        while used < len(data) and self._assembler.pending:
            head = data[used : used + _HEAD]
            head = head[: cut_near(head, self._codec, len(head) - 1)] or data[used:]
            ends = line_ends(head, self._codec)
            block = _Block(head, offset + used, self.counts.lines + 1, ends)
            last = self._until_closed(block, 0)
            used += int(ends[last - 1])
        self._hand_over()
        return used

    def _until_closed(self, block: _Block, first: int) -> int:
        """Feed lines, few at a time, while a record is open; the line to go on with."""
        step = 1
        while self._assembler.pending and first < len(block.ends):
            last = min(first + step, len(block.ends))
            block.feed(self._assembler, self._codec, first, last)
            first, step = last, min(2 * step, 16)
        return first

    def _read_mixed(self, block: _Block, text: Utf8) -> None:
        """Read a block that has lines of both kinds."""
        fast, codec, shape = self._fast, self._codec, self._shape
        ends = line_ends(text.data, _UTF8)
        if fast is None or len(ends) != len(block.ends):
            self._feed_all(block.data, block.offset)
            return
        marks = line_marks(text.data, ends, ord(shape.delimiter))
        marks.sure[list(text.undecodable)] = marks.quiet[list(text.undecodable)] = False
        widths = _common_widths(marks, shape)
        rest = marks.sure & np.isin(marks.fields, widths)
        loud = np.concatenate(([0], np.cumsum(~marks.quiet)))
        at = 0
        for first, last in _runs(~rest):
            if last <= at:
                continue
            first, beyond = max(first, at), last + MAX_JOINED_LINES
            # No quote for so long: a record that is open there was never closed, and takes no line along.
            alone = beyond <= len(ends) and loud[beyond] == loud[last]
            block.feed(self._assembler, codec, first, last, final=alone)
            at = self._until_closed(block, last)
            rest[first:at] = False
        late = RecordAssembler(shape, self.counts)
        parts = [self._assembler.take()]
        found: list[tuple[np.ndarray, list[pa.Array]]] = []
        for width in widths:
            lines = np.flatnonzero(rest & (marks.fields == width))
            if not len(lines):
                continue
            data = b"".join(text.data[a:b] for a, b in _stretches(marks, lines))
            columns, odd = fast.parse(data, len(lines), width) or ([], np.arange(len(lines)))
            for first, last in _runs(np.isin(np.arange(len(ends)), lines[odd])):
                block.feed(late, codec, first, last)
            kept = np.delete(np.arange(len(lines)), odd)
            if len(kept):
                self._count_rows(len(kept), trailing=width > shape.width)
                found.append(
                    (lines[kept], [column.take(integers(kept)) for column in columns] if len(odd) else columns)
                )
        parts.append(late.take())
        self._give_sorted(block.number, found, parts)

    def _give_sorted(
        self,
        number: int,
        found: list[tuple[np.ndarray, list[pa.Array]]],
        parts: list[tuple[list[list[str]], list[int], list[Quarantined]]],
    ) -> None:
        """Hand over what both paths found, in the order of the lines."""
        numbers = [lines + number for lines, _ in found]
        columns = [columns for _, columns in found]
        for rows, lines, _ in parts:
            if rows:
                numbers.append(np.array(lines, dtype=np.int64))
                columns.append(self._columns(rows))
        apart = sorted((one for *_, quarantined in parts for one in quarantined), key=lambda one: one.line)
        every = np.concatenate(numbers) if numbers else np.empty(0, dtype=np.int64)
        if len(columns) == 1:
            self._give(columns[0], integers(every), apart)
            return
        order = np.argsort(every, kind="stable")
        places = integers(order)
        joined = [pc.take(pa.concat_arrays(list(same)), places) for same in zip(*columns, strict=True)]
        self._give(joined or self._columns([]), integers(every[order]), apart)

    def _count_rows(self, size: int, *, trailing: bool = False) -> None:
        self.counts.lines += size
        self.counts.rows += size
        self.counts.trailing_delimiters += size if trailing else 0

    def _columns(self, rows: list[list[str]]) -> list[pa.Array]:
        return [texts([row[place] for row in rows]) for place in self._places.values()]

    def _hand_over(self) -> None:
        rows, lines, quarantined = self._assembler.take()
        if rows or quarantined:
            self._give(self._columns(rows), integers(lines), quarantined)

    def _give(self, columns: Sequence[pa.Array], lines: pa.Array, apart: Sequence[Quarantined]) -> None:
        self._emit(dict(zip(self._places, columns, strict=True)), lines, apart)


def _common_widths(marks: LineMarks, shape: Shape) -> list[int]:
    """Numbers of fields, among those of a good record, that many sure lines have."""
    counts = np.bincount(marks.fields[marks.sure])
    return [
        width
        for width in np.flatnonzero(counts).tolist()
        if width == shape.width or (width >= max(shape.least, 2) and counts[width] >= _FEW)
    ]


def _runs(mask: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and after-last place of each run of true values."""
    bounds = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    yield from zip(bounds[0::2].tolist(), bounds[1::2].tolist(), strict=True)


def _stretches(marks: LineMarks, lines: np.ndarray) -> Iterator[tuple[int, int]]:
    """The bytes of lines, those of neighbours together."""
    breaks = np.flatnonzero(np.diff(lines) > 1)
    first = np.concatenate(([0], breaks + 1))
    last = np.concatenate((breaks, [len(lines) - 1]))
    yield from zip(marks.starts[lines[first]].tolist(), marks.ends[lines[last]].tolist(), strict=True)
