"""The fast path: a block of lines with nothing odd in it, read at once by Arrow's CSV parser.

A block qualifies when it can be shown, without reading it field by field, that the careful path would find
one record on each line; Arrow then refuses it if a line has another number of fields. Everything else is left
to the careful path, so that both give the same rows (a property test holds this).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from analysis.data.sources.encodings import Codec
from analysis.data.sources.records import Shape

__all__ = ["CleanBlockReader"]


class CleanBlockReader:
    """Reads the wanted columns of clean blocks of one file.

    Parameters
    ----------
    shape
        What a record of the file looks like.
    wanted
        Positions of the columns to keep, in this order.
    """

    def __init__(self, shape: Shape, wanted: Sequence[int], codec: Codec) -> None:
        self._codec = codec
        self._names = [f"c{place}" for place in range(shape.width)]
        keep = [self._names[place] for place in wanted]
        self._keep = keep
        self._able = shape.delimiter.isascii()
        delimiter = shape.delimiter.encode()
        # Every quote must open at a field's start and close before a delimiter or line end, on one line.
        edge = re.escape(delimiter)
        self._quoted = re.compile(
            rb'"(?<![^' + edge + rb'\r\n]")[^"\r\n]*+(?:""[^"\r\n]*+)*+"(?=[' + edge + rb"\r\n]|\Z)"
        )
        self._header = None if shape.header is None else shape.header[wanted[0]]
        if self._able:
            self._parse = arrow_csv.ParseOptions(delimiter=shape.delimiter, newlines_in_values=False)
            self._convert = arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(self._names, pa.string()),
                include_columns=list(dict.fromkeys(keep)),
                null_values=[""],
                strings_can_be_null=True,
            )

    def _utf8(self, data: bytes) -> bytes | None:
        if data.isascii() and self._codec.width == 1 and self._codec.newline == b"\n":
            return data
        try:
            text = data.decode(self._codec.name)
        except UnicodeDecodeError:
            return None
        if "\ufeff" in text:
            return None
        return data if self._codec.name == "utf-8" else text.encode("utf-8", errors="surrogatepass")

    def read(self, data: bytes) -> tuple[list[pa.Array], int] | None:
        """The wanted columns of a block and its number of rows (= lines); None: not clean enough to tell.

        `data` starts at the start of a record and ends at a line's end or the file's.
        """
        plain = self._utf8(data) if self._able else None
        if plain is None or b"\0" in plain:
            return None
        returns = plain.count(b"\r")
        if returns and returns != plain.count(b"\r\n"):
            return None
        quotes = plain.count(b'"')
        if quotes and quotes != sum(m.group().count(b'"') for m in self._quoted.finditer(plain)):
            return None
        lines = plain.count(b"\n") + (not plain.endswith(b"\n"))
        options = arrow_csv.ReadOptions(use_threads=False, column_names=self._names, block_size=len(plain) + 1)
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(plain),
                read_options=options,
                parse_options=self._parse,
                convert_options=self._convert,
            )
        except pa.ArrowInvalid:
            return None
        if table.num_rows != lines:
            return None
        columns = {name: table.column(name).combine_chunks() for name in table.column_names}
        if self._header and pc.any(pc.equal(columns[self._keep[0]], self._header)).as_py():
            return None
        return [columns[name] for name in self._keep], lines
