"""The fast path: many lines at once, read by Arrow's CSV parser.

A block qualifies when it can be shown, without reading it field by field, that the careful path would find one
record on each line; Arrow then refuses it if a line has another number of fields. Both give the same rows (property
tests hold this).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from analysis.data.sources.arrays import flags, texts
from analysis.data.sources.line_marks import CR, LF, QUOTE, quotes_in_order
from analysis.data.sources.records import Shape

__all__ = ["CleanBlockReader"]


class CleanBlockReader:
    """Reads the wanted columns of clean lines of one file, which are UTF-8 text.

    Parameters
    ----------
    shape
        What a record of the file looks like; its delimiter is ASCII.
    wanted
        Positions of the columns to keep, in this order.
    """

    def __init__(self, shape: Shape, wanted: Sequence[int]) -> None:
        self._shape = shape
        self._wanted = tuple(wanted)
        self._delimiter = ord(shape.delimiter)
        self._header = None if shape.header is None else texts([shape.header[self._wanted[0]]])
        self._parse = arrow_csv.ParseOptions(delimiter=shape.delimiter, newlines_in_values=False)
        self._converts: dict[int, arrow_csv.ConvertOptions] = {}

    def _convert(self, width: int) -> arrow_csv.ConvertOptions:
        """Text as it stands, empty text as NULL; columns beyond the shape's are kept to be looked at."""
        if width not in self._converts:
            extra = range(self._shape.width, width)
            keep = dict.fromkeys(f"c{place}" for place in (*self._wanted, *extra))
            self._converts[width] = arrow_csv.ConvertOptions(
                check_utf8=False,
                column_types={f"c{place}": pa.string() for place in range(max(width, self._shape.width))},
                include_columns=list(keep),
                include_missing_columns=True,
                null_values=[""],
                strings_can_be_null=True,
            )
        return self._converts[width]

    def read(self, data: bytes) -> tuple[list[pa.Array], int] | None:
        """The wanted columns of a block and its number of rows (= lines); None: not clean from end to end.

        `data` starts at the start of a record and ends at a line's end or the file's.
        """
        if b"\0" in data or (not data.isascii() and b"\xef\xbb\xbf" in data):
            return None
        units = np.frombuffer(data, dtype=np.uint8)
        if np.count_nonzero(units == QUOTE) and not quotes_in_order(units, self._delimiter):
            return None
        lines = int(np.count_nonzero(units == LF))
        returns = int(np.count_nonzero(units == CR))
        if returns:
            lines += returns - data.count(b"\r\n")
        lines += not data.endswith((b"\n", b"\r"))
        found = self.parse(data, lines, self._shape.width)
        return None if found is None or len(found[1]) else (found[0], lines)

    def parse(self, data: bytes, rows: int, width: int) -> tuple[list[pa.Array], np.ndarray] | None:
        """The wanted columns of `rows` lines of `width` fields each; None: they are not that.

        Columns that the lines end before are NULL. The second array has the rows that need another look: a field
        beyond the last column holds something, or the row may be the header come again.
        """
        names = [f"c{place}" for place in range(width)]
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(data),
                read_options=arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=len(data) + 1),
                parse_options=self._parse,
                convert_options=self._convert(width),
            )
        except pa.ArrowInvalid:
            return None
        if table.num_rows != rows:
            return None
        # One block is one chunk; combining would copy it.
        chunks = {name: table.column(name) for name in table.column_names}
        columns = {name: c.chunk(0) if c.num_chunks == 1 else c.combine_chunks() for name, c in chunks.items()}
        wanted = [columns[f"c{place}"] for place in self._wanted]
        odd = np.zeros(rows, dtype=bool)
        for place in range(self._shape.width, width):
            if columns[f"c{place}"].null_count < rows:
                odd |= flags(columns[f"c{place}"].is_valid())
        if self._header is not None:
            same = pc.is_in(wanted[0], value_set=self._header)
            if same.true_count:
                odd |= flags(same)
        return wanted, np.flatnonzero(odd)
