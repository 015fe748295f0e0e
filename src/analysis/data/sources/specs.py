"""What a profile says about its raw files, and the canonical tables they become."""

from __future__ import annotations

import difflib
import glob
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from analysis.errors import AnalysisError

__all__ = [
    "TABLES",
    "SourceSpec",
    "TableMeaning",
    "is_address",
    "nearest",
    "resolve_files",
    "source_name",
    "spec_faults",
]

Format = Literal["csv", "parquet", "excel"]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)

RESERVED = ("source_file", "source_line")
"""Columns that ingestion itself writes."""


@dataclass(frozen=True, kw_only=True)
class SourceSpec:
    """One shape of raw file of one table; a table may have several.

    Parameters
    ----------
    files
        Paths or glob patterns, relative to the project root or absolute; or addresses such as
        ``s3a://bucket/orders/*.parquet``, which `RemoteFiles` reads.
    columns
        Canonical column → column of the source.
    format
        ``"csv"``, ``"parquet"``, ``"excel"``, or None: told from the file's first bytes.
    encoding
        Any Python codec; None: byte order mark, then UTF-8, then a guess. What was used is reported.
    delimiter
        One character; None: guessed among comma, semicolon, tab and bar, and reported.
    sheet
        Excel: name of the sheet; None: every sheet, each counted as its own part.
    header
        Whether the first record names the columns.
    column_names
        The names of the columns, in order, where `header` is False.
    """

    files: tuple[str, ...]
    columns: Mapping[str, str]
    format: Format | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header: bool = True
    column_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableMeaning:
    """A canonical table: its meaning in a line, its columns with theirs, and whether others are welcome."""

    meaning: str
    required: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)
    open: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Every canonical column, required ones first."""
        return (*self.required, *self.optional)


_CUSTOMER = "who: the customer's id as the source has it; may be empty in single rows"
_WHEN = "when it happened"

TABLES: Mapping[str, TableMeaning] = {
    "transactions": TableMeaning(
        "purchases: one row a line of an invoice",
        {
            "customer_id": _CUSTOMER,
            "product_id": "what was bought: the article's code, or its name",
            "timestamp": _WHEN,
        },
        {
            "invoice_id": "the basket; without it a basket is a customer's day",
            "description": "the product's name",
            "category": "the product's group",
            "quantity": "how many; negative where goods came back",
            "unit_price": "price of one, in the profile's currency",
            "line_amount": "price of the line; without it quantity × unit price",
            "country": "where the customer is",
        },
    ),
    "browsing": TableMeaning(
        "visits to the shop's pages: one row a session or a page view",
        {"customer_id": _CUSTOMER},
        {
            "timestamp": _WHEN,
            "session_id": "the visit",
            "duration_seconds": "time spent, in seconds",
            "pages": "pages seen",
            "product_id": "the product looked at",
            "device": "phone, tablet, desktop",
        },
    ),
    "social": TableMeaning(
        "posts: one row a post",
        {"customer_id": _CUSTOMER},
        {
            "timestamp": _WHEN,
            "post": "text or id of the post",
            "likes": "likes it had",
            "comments": "comments it had",
            "shares": "times it was passed on",
        },
    ),
    "feedback": TableMeaning(
        "answers to surveys and reviews: one row an answer",
        {"customer_id": _CUSTOMER},
        {
            "timestamp": _WHEN,
            "rating": "satisfaction, on the scale that the profile names",
            "text": "the words",
            "product_id": "the product that was rated; without it a rating is of the shop",
            "purchase_count": "purchases, as the answer states them",
            "purchase_amount": "spend, as the answer states it",
            "browsing_minutes": "browsing time in minutes, as the answer states it",
        },
    ),
    "customers": TableMeaning(
        "what is known of a customer: one row a customer; any attribute may be added",
        {"customer_id": _CUSTOMER},
        open=True,
    ),
}
"""The canonical tables. Only `transactions` is needed; every required column must be mapped."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The name among `known` that is most like `name`, as a hint, or nothing.

    >>> nearest("quantiy", ["quantity", "country"])
    " (did you mean 'quantity'?)"
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _column_faults(table: str, spec: SourceSpec, key: str) -> list[str]:
    known = TABLES[table]
    faults = [
        f"{key}.columns: the required column {name!r} ({meaning}) is not mapped; add `{name}: <column of the file>`"
        for name, meaning in known.required.items()
        if name not in spec.columns
    ]
    for name in spec.columns:
        if name in RESERVED:
            faults.append(f"{key}.columns: {name!r} is written by ingestion itself; choose another name")
        elif known.open and not name.isidentifier():
            faults.append(f"{key}.columns: {name!r} is no column name; use letters, digits and underscores")
        elif not known.open and name not in known.columns:
            hint = nearest(name, known.columns)
            faults.append(f"{key}.columns: {table} has no column {name!r}{hint}; it has {', '.join(known.columns)}")
    folded = [name.casefold() for name in spec.columns]
    faults += [
        f"{key}.columns: {name!r} stands twice but for case; SQL does not tell them apart"
        for name in spec.columns
        if folded.count(name.casefold()) > 1
    ]
    return faults


def spec_faults(table: str, spec: SourceSpec, *, key: str) -> list[str]:
    """What is wrong with one source as it is written, before any file is opened."""
    if table not in TABLES:
        return [f"{key}: there is no table {table!r}{nearest(table, TABLES)}; there are {', '.join(TABLES)}"]
    faults = _column_faults(table, spec, key)
    if not spec.files:
        faults.append(f"{key}.files: names no file; give at least one path or pattern")
    if spec.format not in (None, "csv", "parquet", "excel"):
        faults.append(f"{key}.format: {spec.format!r} is none of csv, parquet, excel")
    if spec.encoding is not None:
        try:
            "a\n".encode(spec.encoding)
        except (LookupError, UnicodeError, ValueError):
            faults.append(
                f"{key}.encoding: {spec.encoding!r} is no text encoding that Python knows; "
                "for example utf-8, utf-16, cp1252, gb18030"
            )
    if spec.delimiter is not None and (len(spec.delimiter) != 1 or spec.delimiter in '"\r\n\0'):
        faults.append(f"{key}.delimiter: {spec.delimiter!r} is not one character, such as ',' ';' '|' or \"\\t\"")
    if not spec.header and not spec.column_names:
        faults.append(f"{key}.column_names: needed where `header` is false: the file's columns, in order")
    if spec.header and spec.column_names:
        faults.append(f"{key}.column_names: only for files without a header line; set `header: false`")
    return faults


def is_address(name: str) -> bool:
    """Whether a profile's file is an address.

    >>> is_address("s3a://bucket/orders/*.parquet"), is_address("data/raw/a.csv"), is_address("C:/a.csv")
    (True, False, False)
    """
    return _ADDRESS.match(name) is not None


def _missing(pattern: str, root: Path, key: str) -> AnalysisError:
    full = Path(os.path.normpath(root / pattern))
    folder = full.parent
    while glob.has_magic(str(folder)) or (not folder.exists() and folder != folder.parent):
        folder = folder.parent
    what = "matches no file" if glob.has_magic(pattern) else "does not exist"
    message = f"{key}: {pattern!r} {what}"
    if folder != full.parent and not glob.has_magic(str(full.parent)):
        return AnalysisError(f"{message}: there is no folder {full.parent}; put the file there or correct the path")
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError as error:
        return AnalysisError(f"{message}: the folder {folder} cannot be read ({error.strerror})")
    near = difflib.get_close_matches(full.name, names, n=5, cutoff=0.4) or names[:5]
    seen = f"near names in {folder}: {', '.join(near)}" if near else f"{folder} has no files"
    return AnalysisError(f"{message}; {seen}. Correct the path, or put the file there")


def resolve_files(spec: SourceSpec, root: Path, *, key: str = "files") -> list[Path]:
    """The files of this machine that a source names, sorted, each once.

    Raises
    ------
    AnalysisError
        A path or pattern has no file (names it, the profile's key, and near names in that folder), or
        names a folder.
    """
    found: dict[str, Path] = {}
    for pattern in spec.files:
        if is_address(pattern):
            continue
        full = root / pattern
        if full.is_dir():
            raise AnalysisError(f"{key}: {pattern!r} is a folder; name its files, for example {pattern}/*.csv")
        names = [pattern] if full.exists() else glob.glob(pattern, root_dir=root, recursive=True)  # noqa: PTH207 (absolute ones too)
        paths = [root / name for name in names if not (root / name).is_dir()]
        if not paths:
            raise _missing(pattern, root, key)
        for path in paths:
            found.setdefault(os.path.normpath(path), path)
    return sorted(found.values(), key=lambda path: source_name(path, root))


def source_name(path: Path, root: Path) -> str:
    """The name of a file in tables and reports: relative to the root where the profile has it so.

    >>> source_name(Path("/home/x/project/data/a.csv"), Path("/home/x/project"))
    'data/a.csv'
    """
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def duplicates(names: Sequence[str]) -> list[str]:
    """Names that stand more than once, in order of their first place."""
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]
