"""Published versions: folders that never change, a history of what was current when, and people's decisions.

reports/versions/<version>/     the pages byte for byte as they were built, their data, key_figures.json, version.json
reports/history.json            which version was published when, oldest first
reports/decisions.yaml          versions that people marked as corrected or withdrawn, with the reason (in git)
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from analysis.errors import AnalysisError
from analysis.report.language import file_in, in_language

__all__ = [
    "STATUSES",
    "Decision",
    "Store",
    "Version",
    "languages_of",
    "page_file",
    "report_languages",
    "report_title",
    "version_id",
]

STATUSES = ("corrected", "withdrawn")
RECORD = "version.json"


@dataclass(frozen=True)
class Version:
    """One published version of one profile, as its `version.json` records it.

    `facts` holds `as_of`, `period` (first and last day), `data`, `parameters`, `code`, `packages`, `pages` (SHA-256 by
    file), `key_figures` (by topic and id), and of the run `python`, `commit`, `uncommitted`, `published`.
    """

    id: str
    profile: str
    facts: Mapping[str, Any]

    @property
    def as_of(self) -> str:
        return str(self.facts["as_of"])

    @property
    def published(self) -> str:
        return str(self.facts["published"])

    @property
    def key_figures(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Key figures by (topic, id)."""
        return {
            (topic, name): figure
            for topic, figures in self.facts["key_figures"].items()
            for name, figure in figures.items()
        }


def report_languages(report: Mapping[str, Any]) -> tuple[str, ...]:
    """The languages of a profile's pages, the main one first, from its section `report`."""
    return tuple(report.get("languages") or (report["language"],))  # `language`: versions with one language alone


def languages_of(version: Version) -> tuple[str, ...]:
    """The languages of a version's pages, the main one first."""
    return report_languages(version.facts["parameters"]["report"])


def page_file(name: str, version: Version, language: str) -> str:
    """The file of a version's page in a language, or in the version's main one where it has no such page."""
    known = languages_of(version)
    return file_in(name, language if language in known else known[0], known)


def report_title(version: Version, language: str) -> str:
    """What stakeholders call the data set, in a language if the profile gave it one."""
    return in_language(version.facts["parameters"]["report"]["title"], language)


@dataclass(frozen=True)
class Decision:
    """What people decided about a version."""

    version: str
    status: str
    reason: str


def version_id(profile: str, as_of: str, pages: Path) -> str:
    """An id from content alone: profile, as-of date, and a hash over the names and bytes of the pages."""
    parts = [f"{name} {digest}" for name, digest in page_hashes(pages).items()]
    return f"{profile}-{as_of}-{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:8]}"


def page_hashes(pages: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder of pages, by name."""
    files = sorted(file for file in pages.iterdir() if file.is_file())
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@dataclass(frozen=True)
class Store:
    """The `reports/` folder."""

    folder: Path

    @property
    def versions_folder(self) -> Path:
        return self.folder / "versions"

    def add(
        self, version: Version, *, pages: Path, documents: Mapping[str, Any], files: Mapping[str, Any] | None = None
    ) -> bool:
        """Keep a version; a version that is there already is left as it is, and False is returned.

        The folder appears whole, by a rename, or not at all. `files` are further JSON files by name.
        """
        target = self.versions_folder / version.id
        if (target / RECORD).is_file():
            return False
        temporary = self.versions_folder / f".{version.id}.{os.getpid()}"
        self._sweep()
        shutil.copytree(pages, temporary)
        (temporary / "data").mkdir()
        for topic, content in documents.items():
            _write_json(temporary / "data" / f"{topic}.json", content)
        for name, content in (files or {}).items():
            _write_json(temporary / name, content)
        _write_json(temporary / RECORD, {"id": version.id, "profile": version.profile, **version.facts})
        temporary.rename(target)
        return True

    def record_publication(self, version: Version, *, at: str) -> None:
        """Say in the history that the version is its profile's current one from now on."""
        history = self.history()
        latest = [entry for entry in history if entry["profile"] == version.profile]
        if not latest or latest[-1]["version"] != version.id:
            history.append({"profile": version.profile, "version": version.id, "at": at})
        _write_json(self.folder / "history.json", history)

    def sort_history(self) -> None:
        """Put the publications of all versions in order of time, those that the history lacks among them."""
        entries = {(entry["version"], entry["at"]): entry for entry in self.history()}
        listed = {name for name, _ in entries}
        for version in self._all().values():
            if version.id not in listed:
                entry = {"profile": version.profile, "version": version.id, "at": version.published}
                entries[version.id, version.published] = entry
        in_time = sorted(entries.values(), key=lambda entry: (entry["at"], entry["version"]))
        _write_json(self.folder / "history.json", in_time)

    def history(self) -> list[dict[str, str]]:
        """Publications, oldest first; rebuilt from the versions themselves where the file is lost."""
        path = self.folder / "history.json"
        if path.is_file():
            entries: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
            return [entry for entry in entries if (self.versions_folder / entry["version"] / RECORD).is_file()]
        found = sorted(self._all().values(), key=lambda version: (version.published, version.id))
        return [{"profile": item.profile, "version": item.id, "at": item.published} for item in found]

    def versions(self, profile: str | None = None) -> list[Version]:
        """Versions in the order of their last publication, newest first; each once."""
        known = self._all()
        newest_first = [entry["version"] for entry in reversed(self.history()) if profile in (None, entry["profile"])]
        return [known[name] for name in dict.fromkeys(newest_first) if name in known]

    def version(self, name: str) -> Version:
        """One version by its id or an unambiguous beginning or end of it."""
        known = self._all()
        found = [key for key in known if key == name] or [
            key for key in known if key.startswith(name) or key.endswith(name)
        ]
        if len(found) != 1:
            listed = ", ".join(sorted(known)) or "none; publish one with: make reports"
            raise AnalysisError(f"{name!r} names {len(found)} published versions; expected one. Versions: {listed}")
        return known[found[0]]

    def document(self, version: Version, topic: str) -> dict[str, Any] | None:
        """What a page of a version said, with small groups already withheld; None if it has no such page."""
        path = self.versions_folder / version.id / "data" / f"{topic}.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None

    def previous(self, version: Version) -> Version | None:
        """The version of the same profile that was current before this one."""
        older = [item for item in self.versions(version.profile) if item.id != version.id]
        return older[0] if older else None

    def decisions(self) -> dict[str, Decision]:
        """People's decisions by version id."""
        path = self.folder / "decisions.yaml"
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8")) if path.is_file() else None
        decisions: dict[str, Decision] = {}
        for number, item in enumerate(content or [], start=1):
            if not isinstance(item, dict) or set(item) != {"version", "status", "reason"}:
                raise AnalysisError(f"reports/decisions.yaml, entry {number}: needs exactly version, status and reason")
            if item["status"] not in STATUSES:
                raise AnalysisError(
                    f"reports/decisions.yaml, entry {number}: status {item['status']!r} must be one of {STATUSES}"
                )
            decisions[str(item["version"])] = Decision(str(item["version"]), item["status"], str(item["reason"]))
        return decisions

    def decide(self, decision: Decision) -> None:
        """Write a decision to `decisions.yaml`, in place of an earlier one about the same version."""
        kept: Sequence[Decision] = [item for item in self.decisions().values() if item.version != decision.version]
        entries = [{"version": d.version, "status": d.status, "reason": d.reason} for d in (*kept, decision)]
        temporary = self.folder / f".decisions.{os.getpid()}"
        with temporary.open("w", encoding="utf-8") as stream:
            YAML().dump(entries, stream)
        temporary.replace(self.folder / "decisions.yaml")

    def _all(self) -> dict[str, Version]:
        versions = {}
        for path in sorted(self.versions_folder.glob(f"[!.]*/{RECORD}")):
            facts = json.loads(path.read_text(encoding="utf-8"))
            version = Version(facts.pop("id"), facts.pop("profile"), facts)
            versions[version.id] = version
        return versions

    def _sweep(self) -> None:
        """Remove what an interrupted publication left behind."""
        self.versions_folder.mkdir(parents=True, exist_ok=True)
        for path in self.versions_folder.glob(".*"):
            shutil.rmtree(path)


def _write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)
