"""What ingestion tells of itself: the content of `ingest.json`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["FileReport", "IngestReport"]


@dataclass(frozen=True, kw_only=True)
class FileReport:
    """One part: a file, or a sheet of a workbook.

    lines = header_lines + rows + quarantined + embedded_newlines + blank. `columns` maps canonical to source
    names; `sha256` is that of the file, or of the text of what was read where the file has an address; `redecoded`
    rows have a line that only one of `fallback_encodings` could decode; in `trailing_delimiters` rows empty fields
    beyond the last column were left away; `reasons` counts the quarantined records by kind.
    """

    file: str
    format: str
    sha256: str
    bytes: int
    encoding: str | None
    encoding_source: str | None
    fallback_encodings: tuple[str, ...]
    delimiter: str | None
    delimiter_source: str | None
    lines: int
    header_lines: int
    rows: int
    quarantined: int
    embedded_newlines: int
    blank: int
    redecoded: int
    trailing_delimiters: int
    columns: Mapping[str, str]
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class IngestReport:
    """Every part of every table."""

    tables: Mapping[str, tuple[FileReport, ...]]

    def rows(self, table: str) -> int:
        """Rows of a table over all its parts."""
        return sum(part.rows for part in self.tables.get(table, ()))

    def quarantined(self, table: str) -> int:
        """Quarantined records of a table over all its parts."""
        return sum(part.quarantined for part in self.tables.get(table, ()))

    def to_json(self) -> str:
        """The text of `ingest.json`."""
        content = {name: [dataclasses.asdict(part) for part in parts] for name, parts in self.tables.items()}
        return json.dumps({"tables": content}, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def read(cls, path: Path) -> IngestReport:
        """The report that a folder's `ingest.json` holds."""
        content: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))["tables"]
        return cls({name: tuple(map(_part, parts)) for name, parts in content.items()})


def _part(content: dict[str, Any]) -> FileReport:
    fallbacks = tuple(content["fallback_encodings"])
    return FileReport(**{**content, "fallback_encodings": fallbacks})
