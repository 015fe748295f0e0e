"""Raw files to all-text tables and a quarantine: nothing is dropped silently."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from analysis.data.sources.csv_file import plan_csv, read_csv
from analysis.data.sources.excel_file import read_sheet
from analysis.data.sources.formats import file_sha256
from analysis.data.sources.parquet_file import read_parquet
from analysis.data.sources.parts import Part, parts_of, spec_key, table_columns
from analysis.data.sources.records import Counts, Quarantined
from analysis.data.sources.remote import RemoteFile, RemoteFiles, read_remote
from analysis.data.sources.report import FileReport, IngestReport
from analysis.data.sources.specs import TABLES, SourceSpec, spec_faults
from analysis.data.sources.writers import ParquetSink, QuarantineSink, TableSink, replaced_folder
from analysis.errors import AnalysisError

__all__ = ["ingest"]

Progress = Callable[[str], None]

#: What a report says of how text was read, where there was none to read.
_NO_TEXT: Mapping[str, object] = dict.fromkeys(("encoding", "encoding_source", "delimiter", "delimiter_source"))


def ingest(
    tables: Mapping[str, Sequence[SourceSpec]],
    *,
    root: Path,
    out: Path,
    progress: Progress | None = None,
    remote: RemoteFiles | None = None,
) -> IngestReport:
    """Read every source and write `<table>.parquet`, `quarantine.parquet` and `ingest.json` into `out`.

    Every canonical column is VARCHAR, exactly as in the file (empty text is NULL); columns that no source maps
    are NULL throughout. Rows are sorted by (source_file, source_line). The same files give the same bytes.
    `out` is replaced as a whole, and only when everything was read.

    Parameters
    ----------
    tables
        Table → its sources.
    root
        The folder that relative paths start from.
    out
        The folder to write; what it held before is gone afterwards.
    progress
        Called with one line of text a part.
    remote
        Reads the files that have an address; without it there may be none.

    Raises
    ------
    AnalysisError
        Anything the user can mend: a missing or damaged file, a missing column, a file without one readable
        row, a place that cannot be written.
    """
    ordered = [name for name in TABLES if tables.get(name)]
    faults = [
        fault
        for table, specs in tables.items()
        for place, spec in enumerate(specs)
        for fault in spec_faults(table, spec, key=spec_key(table, place))
    ]
    if faults:
        raise AnalysisError("\n".join(faults))
    parts = {table: parts_of(table, tables[table], root=root, remote=remote) for table in ordered}
    reports: dict[str, tuple[FileReport, ...]] = {}
    with replaced_folder(out) as folder:
        with ParquetSink(folder / "quarantine.parquet", QuarantineSink.SCHEMA) as apart:
            quarantine = QuarantineSink(apart)
            for table in ordered:
                columns = table_columns(table, tables[table])
                with ParquetSink(folder / f"{table}.parquet", TableSink.schema(columns)) as rows:
                    sink = TableSink(rows, columns)
                    reports[table] = tuple(
                        _ingest_part(part, table, sink, quarantine, progress, remote) for part in parts[table]
                    )
        report = IngestReport(reports)
        (folder / "ingest.json").write_text(report.to_json(), encoding="utf-8", newline="\n")
    return report


def _ingest_part(
    part: Part,
    table: str,
    sink: TableSink,
    quarantine: QuarantineSink,
    progress: Progress | None,
    remote: RemoteFiles | None,
) -> FileReport:
    """Read one part into the sinks and report it."""
    first: list[Quarantined] = []

    def emit(columns: dict[str, pa.Array], lines: pa.Array, apart: Sequence[Quarantined] = ()) -> None:
        sink.write(columns, lines, source=part.name)
        quarantine.write(apart, table=table, source=part.name)
        if apart and not first:
            first.append(apart[0])

    path = part.path
    fallbacks: tuple[str, ...] = ()
    if isinstance(path, RemoteFile):
        assert remote is not None
        counts, sha256 = read_remote(path, part.spec.columns, emit, remote)
        size, text = path.size, dict(_NO_TEXT)
    else:
        counts, sha256, text, fallbacks = _read(part, path, emit)
        size = path.stat().st_size
    if counts.rows == 0 and first:
        raise _nothing_read(part, counts, first[0])
    if progress is not None:
        progress(f"{table}: {part.name}: {counts.rows:,} rows, {counts.quarantined:,} quarantined")
    return _report(part, counts, text, fallbacks, sha256, size)


def _read(part: Part, path: Path, emit: Callable[..., None]) -> tuple[Counts, str, dict[str, object], tuple[str, ...]]:
    """Read a file of this machine: counts, checksum, how its text was read, and its fallback encodings."""
    text = dict(_NO_TEXT)
    fallbacks: tuple[str, ...] = ()
    digest = hashlib.sha256() if part.format == "csv" and part.compression == "none" else None
    if part.format == "csv":
        plan = plan_csv(path, part.spec, compression=part.compression, name=part.name)
        counts = read_csv(path, plan, emit, compression=part.compression, name=part.name, digest=digest)
        text = {
            "encoding": plan.codec.name,
            "encoding_source": plan.codec.source,
            "delimiter": plan.delimiter,
            "delimiter_source": plan.delimiter_source,
        }
        fallbacks = plan.codec.fallbacks
    elif part.format == "parquet":
        counts = read_parquet(path, part.spec.columns, emit, name=part.name)
    else:
        counts = read_sheet(path, part.sheet, part.spec, emit, name=part.name)
    return counts, file_sha256(path) if digest is None else digest.hexdigest(), text, fallbacks


def _nothing_read(part: Part, counts: Counts, first: Quarantined) -> AnalysisError:
    raw = first.raw if len(first.raw) <= 120 else f"{first.raw[:120]}…"
    return AnalysisError(
        f"{part.name}: not one of its {counts.quarantined:,} records could be read; the first, line {first.line}: "
        f"{first.reason}: {raw!r}. Check `delimiter`, `encoding` and `header` in the profile"
    )


def _report(
    part: Part, counts: Counts, text: Mapping[str, object], fallbacks: tuple[str, ...], sha256: str, size: int
) -> FileReport:
    return FileReport(
        file=part.name,
        format=part.format,
        sha256=sha256,
        bytes=size,
        fallback_encodings=fallbacks,
        lines=counts.lines,
        header_lines=counts.header_lines,
        rows=counts.rows,
        quarantined=counts.quarantined,
        embedded_newlines=counts.embedded_newlines,
        blank=counts.blank,
        redecoded=counts.redecoded,
        trailing_delimiters=counts.trailing_delimiters,
        columns=dict(part.spec.columns),
        reasons=dict(sorted(counts.reasons.items())),
        **text,  # type: ignore[arg-type]
    )
