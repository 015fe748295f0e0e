"""The parts of a profile's tables: every file, and every sheet of a workbook, once, in the order of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.data.sources.csv_file import plan_csv
from analysis.data.sources.excel_file import sheet_columns, sheet_names
from analysis.data.sources.formats import sniff
from analysis.data.sources.parquet_file import parquet_columns
from analysis.data.sources.remote import RemoteFile, RemoteFiles, check_remote, find_remote
from analysis.data.sources.specs import TABLES, SourceSpec, duplicates, resolve_files, source_name, spec_faults
from analysis.errors import AnalysisError

__all__ = ["Part", "check", "parts_of", "table_columns"]

Tables = Mapping[str, Sequence[SourceSpec]]


@dataclass(frozen=True)
class Part:
    """One file or sheet: `name` is its `source_file`, `label` the file alone."""

    name: str
    label: str
    path: Path | RemoteFile
    spec: SourceSpec
    format: str
    compression: str
    sheet: str = ""


def spec_key(table: str, place: int) -> str:
    """Where a source stands in a profile."""
    return f"sources.{table}[{place}]"


def _file_parts(path: Path, spec: SourceSpec, root: Path) -> list[Part]:
    label = source_name(path, root)
    form, compression = sniff(path, name=label, format=spec.format)
    if form != "excel":
        return [Part(label, label, path, spec, form, compression)]
    sheets = sheet_names(path, spec.sheet, name=label)
    alone = len(sheets) == 1 and spec.sheet is None
    return [
        Part(label if alone else f"{label}#{sheet}", label, path, spec, form, compression, sheet) for sheet in sheets
    ]


def _remote_part(file: RemoteFile, spec: SourceSpec) -> Part:
    return Part(file.url, file.url, file, spec, "parquet", "none")


def parts_of(table: str, specs: Sequence[SourceSpec], *, root: Path, remote: RemoteFiles | None = None) -> list[Part]:
    """Every part of a table, sorted by name.

    Raises
    ------
    AnalysisError
        A file is missing or not what its name says, or one part is named twice.
    """
    parts = [
        part
        for place, spec in enumerate(specs)
        for path in resolve_files(spec, root, key=f"{spec_key(table, place)}.files")
        for part in _file_parts(path, spec, root)
    ]
    parts += [
        _remote_part(file, spec)
        for place, spec in enumerate(specs)
        for file in find_remote(spec, remote, key=f"{spec_key(table, place)}.files")
    ]
    twice = duplicates([part.name for part in parts])
    if twice:
        raise AnalysisError(
            f"sources.{table}: {twice[0]} is named by more than one source, so its rows would count twice; "
            "narrow the patterns"
        )
    return sorted(parts, key=lambda part: part.name)


def table_columns(table: str, specs: Sequence[SourceSpec]) -> tuple[str, ...]:
    """The text columns of an ingested table: every canonical one, then the profile's own attributes."""
    own = dict.fromkeys(name for spec in specs for name in spec.columns)
    return tuple(dict.fromkeys((*TABLES[table].columns, *own)))


def _check_part(part: Part, remote: RemoteFiles | None) -> None:
    path = part.path
    if isinstance(path, RemoteFile):
        assert remote is not None
        check_remote(path, part.spec.columns, remote)
    elif part.format == "csv":
        plan_csv(path, part.spec, compression=part.compression, name=part.name, whole=False)
    elif part.format == "parquet":
        parquet_columns(path, part.spec.columns, name=part.name)
    elif not sheet_columns(path, part.sheet, part.spec, name=part.name):
        raise AnalysisError(f"{part.name}: the sheet is blank; name the right one with `sheet`")


def _check_spec(
    table: str, place: int, spec: SourceSpec, root: Path, remote: RemoteFiles | None
) -> tuple[list[str], list[str]]:
    """Problems of one source, and the names of its parts."""
    key = spec_key(table, place)
    problems = spec_faults(table, spec, key=key)
    if problems:
        return problems, []
    names: list[str] = []
    try:
        paths: list[Path | RemoteFile] = [*resolve_files(spec, root, key=f"{key}.files")]
        paths += find_remote(spec, remote, key=f"{key}.files")
    except AnalysisError as error:
        return [str(error)], []
    for path in paths:
        try:
            parts = [_remote_part(path, spec)] if isinstance(path, RemoteFile) else _file_parts(path, spec, root)
        except AnalysisError as error:
            problems.append(str(error))
            continue
        for part in parts:
            names.append(part.name)
            try:
                _check_part(part, remote)
            except AnalysisError as error:
                problems.append(str(error))
    return problems, names


def check(tables: Tables, *, root: Path, remote: RemoteFiles | None = None) -> list[str]:
    """Look at every source before anything runs: all problems, as messages; none: an empty list.

    Files are found, opened, compared with their names, and their headers with the profile's columns; only the
    first block of a text file is read. Files that have an address are looked at through `remote`.
    """
    problems = []
    if not tables.get("transactions"):
        problems.append("sources: the table 'transactions' is missing; it is the one that every report needs")
    for table, specs in tables.items():
        names: list[str] = []
        for place, spec in enumerate(specs):
            found, parts = _check_spec(table, place, spec, root, remote)
            problems += found
            names += parts
        problems += [
            f"sources.{table}: {name} is named by more than one source, so its rows would count twice; "
            "narrow the patterns"
            for name in duplicates(names)
        ]
    return problems
