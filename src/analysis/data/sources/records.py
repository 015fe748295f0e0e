"""The careful path: physical lines to records, one by one, losing no good row to a bad one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.data.sources.grammar import Fault, chomp, is_clean, split_record
from analysis.data.sources.lines import Line

__all__ = ["MAX_JOINED_LINES", "Counts", "Quarantined", "RecordAssembler", "Shape"]

MAX_JOINED_LINES = 50
"""A quoted field that is still open after this many physical lines was never closed."""

SWALLOWED_LINES = 3
"""A record that holds this many lines inside, each a whole record itself, has swallowed them."""


@dataclass(frozen=True)
class Shape:
    """What a record of this file looks like.

    `width` fields, of which those after `least` have no name and may be missing; `header` is the record that
    names them (None: the file has none), which may come again where files were joined.
    """

    delimiter: str
    width: int
    least: int
    header: tuple[str, ...] | None = None


@dataclass
class Counts:
    """Where every physical line went."""

    lines: int = 0
    header_lines: int = 0
    rows: int = 0
    quarantined: int = 0
    embedded_newlines: int = 0
    blank: int = 0
    redecoded: int = 0
    trailing_delimiters: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        """Whether no line was lost or counted twice."""
        parts = self.header_lines + self.rows + self.quarantined + self.embedded_newlines + self.blank
        return self.lines == parts


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that could not be read: where it stands, why, and its text."""

    line: int
    offset: int | None
    reason: str
    raw: str


class RecordAssembler:
    """Joins lines to records, checks each, and keeps what does not end within the lines seen so far.

    `rows` (fields) and `row_lines` (first physical line) grow in step, `quarantined` beside them; the caller
    takes them away with `take`.
    """

    def __init__(self, shape: Shape, counts: Counts) -> None:
        self.shape = shape
        self.counts = counts
        self.rows: list[list[str]] = []
        self.row_lines: list[int] = []
        self.quarantined: list[Quarantined] = []
        self._waiting: list[Line] = []

    @property
    def pending(self) -> bool:
        """Whether lines wait for the rest of their record."""
        return bool(self._waiting)

    def take(self) -> tuple[list[list[str]], list[int], list[Quarantined]]:
        """What was read since the last call."""
        taken = self.rows, self.row_lines, self.quarantined
        self.rows, self.row_lines, self.quarantined = [], [], []
        return taken

    def feed(self, lines: Iterable[Line], *, final: bool = False) -> None:
        """Read further lines; `final`: none follow."""
        fresh = list(lines)
        self.counts.lines += len(fresh)
        buffer = self._waiting + fresh
        at, delimiter = 0, self.shape.delimiter
        while at < len(buffer):
            line = buffer[at]
            if not line.fault and '"' not in line.text:
                body = chomp(line.text)
                self._judge(body.split(delimiter), buffer[at : at + 1], body)
                at += 1
                continue
            used = self._quoted(buffer, at, final=final)
            if used == 0:
                break
            at += used
        self._waiting = buffer[at:]

    def _quoted(self, buffer: list[Line], at: int, *, final: bool) -> int:
        """Read the record at `at`, which has a quote or a fault; 0: more lines are needed."""
        line = buffer[at]
        if line.fault:
            return self._quarantine(line.fault, [line])
        text = line.text
        fields = split_record(chomp(text), self.shape.delimiter)
        used = 1
        while fields is Fault.OPEN:
            if used == MAX_JOINED_LINES:
                return self._quarantine(Fault.OPEN.value, [line])
            if at + used == len(buffer):
                return self._quarantine(Fault.OPEN.value, [line]) if final else 0
            following = buffer[at + used]
            if following.fault:
                return self._quarantine(Fault.OPEN.value, [line])
            text += following.text
            used += 1
            if '"' in following.text:
                fields = split_record(chomp(text), self.shape.delimiter)
        if isinstance(fields, Fault):
            # Only the first line is at fault for sure; what it joined may be good records.
            reason = fields if used == 1 else Fault.OPEN
            return self._quarantine(reason.value, [line])
        return self._judge(fields, buffer[at : at + used], chomp(text))

    def _stands_alone(self, line: Line) -> bool:
        return is_clean(chomp(line.text), self.shape.delimiter, self.shape.width)

    def _swallows(self, lines: list[Line]) -> bool:
        inside = lines[1:-1]
        return (
            self.shape.width >= 3
            and len(inside) >= SWALLOWED_LINES
            and all(self._stands_alone(line) for line in inside)
        )

    def _judge(self, fields: list[str], lines: list[Line], body: str) -> int:
        """Accept a record, or put it (or its first line) into quarantine; the lines used up."""
        shape, counts = self.shape, self.counts
        width = len(fields)
        if width != shape.width:
            if self._blank(body):
                counts.blank += 1
                return 1
            trailing = width > shape.width and not any(fields[shape.width :])
            if trailing:
                fields = fields[: shape.width]
            elif shape.least <= width < shape.width:
                fields = fields + [""] * (shape.width - width)
            else:
                if any(self._stands_alone(line) for line in lines[1:]):
                    return self._quarantine(Fault.OPEN.value, lines[:1])
                size = "many" if width > shape.width else "few"
                return self._quarantine(f"too {size} fields: {width}, expected {shape.width}", lines)
            counts.trailing_delimiters += trailing
        elif shape.width == 1 and not body:
            counts.blank += 1
            return 1
        if len(lines) > 1 and self._swallows(lines):
            return self._quarantine(Fault.OPEN.value, lines[:1])
        counts.embedded_newlines += len(lines) - 1
        counts.redecoded += any(line.redecoded for line in lines)
        if shape.header is not None and tuple(fields) == shape.header:
            counts.header_lines += 1
            return len(lines)
        counts.rows += 1
        self.rows.append(fields)
        self.row_lines.append(lines[0].number)
        return len(lines)

    def _blank(self, body: str) -> bool:
        return self.shape.delimiter not in body and not body.strip(" \t")

    def _quarantine(self, reason: str, lines: list[Line]) -> int:
        """Keep a record apart; its raw text is the lines as they stand, without the last line end."""
        counts = self.counts
        counts.quarantined += 1
        counts.embedded_newlines += len(lines) - 1
        kind = reason.partition(":")[0]
        counts.reasons[kind] = counts.reasons.get(kind, 0) + 1
        raw = chomp("".join(line.text for line in lines))
        self.quarantined.append(Quarantined(lines[0].number, lines[0].offset, reason, raw))
        return len(lines)
