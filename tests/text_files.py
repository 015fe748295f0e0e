"""Reading one delimited file in a test: what came of every line."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from analysis.data.sources.csv_file import plan_csv, read_csv
from analysis.data.sources.formats import sniff
from analysis.data.sources.records import Counts, Quarantined
from analysis.data.sources.specs import SourceSpec

HEADER = ["id", "what", "n"]


class Found(NamedTuple):
    """Rows, their lines, the quarantine and the counts of one file."""

    rows: list[tuple[str | None, ...]]
    numbers: list[int]
    apart: list[Quarantined]
    counts: Counts


def put(folder: Path, data: bytes | str, name: str = "a.csv") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def read(path: Path, *, careful: bool = False, block_bytes: int = 1 << 20, **options: object) -> Found:
    """Read a file, all its columns mapped; the books must close, and everything come in the order of the lines."""
    columns = options.pop("columns", {name: name for name in HEADER})
    spec = SourceSpec(files=(str(path),), columns=columns, **options)  # type: ignore[arg-type]
    _, compression = sniff(path, name=path.name)
    plan = plan_csv(path, spec, compression=compression, name=path.name)
    rows: list[tuple[str | None, ...]] = []
    numbers: list[int] = []
    apart: list[Quarantined] = []

    def emit(found: dict[str, pa.Array], lines: pa.Array, bad: object = ()) -> None:
        for texts in found.values():
            texts.validate(full=True)
        rows.extend(zip(*(found[name].to_pylist() for name in columns), strict=True))  # type: ignore[attr-defined]
        numbers.extend(lines.to_pylist())
        apart.extend(bad)  # type: ignore[arg-type]

    counts = read_csv(
        path, plan, emit, compression=compression, name=path.name, careful=careful, block_bytes=block_bytes
    )
    assert counts.closed
    assert counts.rows == len(rows) and counts.quarantined == len(apart)
    assert numbers == sorted(set(numbers)) and [one.line for one in apart] == sorted({one.line for one in apart})
    return Found(rows, numbers, apart, counts)
