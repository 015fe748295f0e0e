"""One delimited text file: its plan (codec, delimiter, header) and its reading, record by record."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.data.sources.block_reader import BlockReader, Emit
from analysis.data.sources.columns import named_width, plain_name, positions
from analysis.data.sources.encodings import Codec, codec_of, guess_encoding
from analysis.data.sources.formats import ByteStream, Digest, Digested, open_bytes
from analysis.data.sources.grammar import Fault, chomp, split_record
from analysis.data.sources.lines import BLOCK_BYTES, Line, blocks, cut_near, decode_lines
from analysis.data.sources.records import MAX_JOINED_LINES, Counts, Shape
from analysis.data.sources.specs import SourceSpec
from analysis.errors import AnalysisError

__all__ = ["CsvPlan", "Emit", "plan_csv", "read_csv"]

DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_SAMPLE_LINES = 200
_ENOUGH = 1 << 17


@dataclass(frozen=True)
class CsvPlan:
    """How one file is read; `skip` lines stand before the data, counted in `start`."""

    codec: Codec
    delimiter: str
    delimiter_source: str
    shape: Shape
    places: dict[str, int]
    skip: int
    header_lines: int
    blank: int


def plan_csv(path: Path, spec: SourceSpec, *, compression: str, name: str, whole: bool = True) -> CsvPlan:
    """Find out how to read a file.

    Parameters
    ----------
    whole
        Whether to judge the encoding by the whole file; else by its first block, which is cheap.

    Raises
    ------
    AnalysisError
        No header, missing columns, an encoding or delimiter that does not fit.
    """
    with open_bytes(path, compression, name=name) as stream:
        head = stream.read(BLOCK_BYTES)
    if not head:
        raise AnalysisError(f"{name}: the file is empty once unpacked; get it again")
    guess = None
    if spec.encoding is None and codec_of(head, given=None, guess="utf-8", name=name).source == "guessed":
        if whole:
            with open_bytes(path, compression, name=name) as stream:
                guess = guess_encoding(stream)
        else:
            end = max(head.rfind(b"\n"), head.rfind(b"\r")) + 1
            guess = guess_encoding(io.BytesIO(head[:end] or head))
    codec = codec_of(head, given=spec.encoding, guess=guess, name=name)
    first, offset = head[codec.mark :], codec.mark
    if len(head) == BLOCK_BYTES:
        first, offset = next(blocks(io.BytesIO(head), codec, name=name), (b"", 0))
    # Enough lines for a header and a look at the delimiter; the rest is decoded when it is read.
    cut = (cut_near(first, codec, _ENOUGH) if len(first) > _ENOUGH else 0) or len(first)
    return _plan_lines(decode_lines(first[:cut], codec, number=1, offset=offset), codec, spec, name=name)


def _plan_lines(lines: list[Line], codec: Codec, spec: SourceSpec, *, name: str) -> CsvPlan:
    skip = blank = header_lines = 0
    while skip < len(lines) and not lines[skip].text.strip(" \t\r\n"):
        skip, blank = skip + 1, blank + 1
    delimiter, told = spec.delimiter, "profile"
    if skip < len(lines) and (match := _SEPARATOR.fullmatch(lines[skip].text)):
        skip, header_lines = skip + 1, header_lines + 1
        if delimiter is None:
            delimiter, told = match.group(1), "file"
    if delimiter is None:
        delimiter, told = _guess_delimiter(lines[skip:], spec), "guessed"
    if not spec.header:
        names = list(spec.column_names)
        shape = Shape(delimiter, len(names), len(names))
        places = positions(names, spec.columns, name=f"{name} (column_names of the profile)")
        return CsvPlan(codec, delimiter, told, shape, places, skip, header_lines, blank)
    header, used = _header(lines[skip:], delimiter, name=name)
    places = positions(header, spec.columns, name=name)
    shape = Shape(delimiter, len(header), named_width(header), tuple(header))
    return CsvPlan(codec, delimiter, told, shape, places, skip + used, header_lines + 1, blank)


def _header(lines: Sequence[Line], delimiter: str, *, name: str) -> tuple[list[str], int]:
    if not lines:
        raise AnalysisError(f"{name}: has no header line, only blank lines; get the file again")
    text = ""
    for used, line in enumerate(lines[:MAX_JOINED_LINES], start=1):
        if line.fault:
            raise AnalysisError(
                f"{name}: the header (line {line.number}) cannot be read: {line.fault}; "
                "name the file's `encoding` in the profile"
            )
        text += line.text
        fields = split_record(chomp(text), delimiter)
        if isinstance(fields, list):
            return fields, used
        if fields is Fault.AFTER_QUOTE:
            break
    raise AnalysisError(
        f"{name}: the header (line {lines[0].number}) cannot be read: a quoted name does not end properly; "
        f"it is {chomp(lines[0].text)!r}"
    )


def _guess_delimiter(lines: Sequence[Line], spec: SourceSpec) -> str:
    """The candidate that finds the most mapped columns, then splits the most lines alike, into most fields."""
    wanted = {plain_name(source) for source in spec.columns.values()}
    sample = [chomp(line.text) for line in lines[:_SAMPLE_LINES] if line.text.strip()]

    def score(delimiter: str) -> tuple[int, float, int]:
        records = [split_record(text, delimiter) for text in sample]
        widths = [len(record) for record in records if isinstance(record, list)]
        if not spec.header:
            return 0, widths.count(len(spec.column_names)) / max(len(widths), 1), 0
        try:
            header, _ = _header(lines, delimiter, name="")
        except AnalysisError:
            return 0, 0.0, 0
        found = len(wanted & {plain_name(one) for one in header})
        return found, widths.count(len(header)) / max(len(widths), 1), len(header)

    return max(DELIMITERS, key=score)


def read_csv(
    path: Path,
    plan: CsvPlan,
    emit: Emit,
    *,
    compression: str,
    name: str,
    careful: bool = False,
    block_bytes: int = BLOCK_BYTES,
    digest: Digest | None = None,
) -> Counts:
    """Read a whole file, handing rows and quarantined records to `emit` in the order of their lines.

    Parameters
    ----------
    careful
        Read every line on the careful path (the fast one gives the same; tests compare them).
    digest
        Is given every byte that is read, so that a file need not be read again for its checksum.

    Raises
    ------
    AnalysisError
        The stream is damaged, or a line is far too long.
    """
    counts = Counts(lines=plan.skip, header_lines=plan.header_lines, blank=plan.blank)
    counts.embedded_newlines = plan.skip - plan.header_lines - plan.blank
    reader = BlockReader(plan.shape, plan.places, plan.codec, emit, counts=counts, careful=careful)
    with open_bytes(path, compression, name=name) as stream:
        source = stream if digest is None else Digested(stream, digest)
        for data, offset in _after_header(source, plan, name=name, size=block_bytes):
            reader.process(data, offset)
    return reader.finish()


def _after_header(stream: ByteStream, plan: CsvPlan, *, name: str, size: int) -> Iterator[tuple[bytes, int]]:
    """Blocks of data, the lines before them taken away."""
    left = plan.skip
    source = blocks(stream, plan.codec, name=name, size=size)
    for data, offset in source:
        if left:
            # Only the header's lines need to be told apart; a part of the block is enough for few of them.
            head = data[: cut_near(data, plan.codec, _ENOUGH) or len(data)]
            lines = decode_lines(head, plan.codec, number=1, offset=offset)
            if len(lines) <= left and len(head) < len(data):
                lines = decode_lines(data, plan.codec, number=1, offset=offset)
            if len(lines) <= left:
                left -= len(lines)
                continue
            cut = lines[left].offset - offset
            data, offset, left = data[cut:], offset + cut, 0
        yield data, offset
        break
    yield from source
