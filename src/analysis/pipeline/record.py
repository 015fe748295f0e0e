"""What the record of a version says: the inputs that made it, from the files of the build."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from platform import python_version
from typing import Any

from analysis.errors import AnalysisError
from analysis.pipeline.params import load_profile
from analysis.pipeline.project import PAGES, Build
from analysis.pipeline.runner.environment import locked_versions
from analysis.pipeline.runner.provenance import code_files, digest_files
from analysis.pipeline.yaml_files import load_yaml
from analysis.report.versions import page_hashes, version_id

__all__ = ["Made"]


@dataclass(frozen=True)
class Made:
    """A build of a profile: the one of the working tree, or, with `commit`, one taken from git and the DVC cache.

    A committed build may be older than today's parameters and pages, so its profile is taken as it was written, its
    packages from its lock, and only pages that it has are recorded.
    """

    profile: str
    root: Path
    commit: str | None = None

    @property
    def build(self) -> Build:
        return Build(self.root, self.profile)

    @property
    def id(self) -> str:
        """The version's id, from the as-of date and the pages alone."""
        return version_id(self.profile, self.as_of, self.build.pages)

    @cached_property
    def as_of(self) -> str:
        return str(_json(self.build.features / "facts.json")["as_of"])[:10]

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """The pages of the build in the reader's order."""
        if self.commit is None:
            return PAGES
        return tuple(topic for topic in PAGES if self.build.blocks(topic).is_file())

    def document(self, topic: str) -> dict[str, Any]:
        """What a page says, as its notebook left it."""
        return _json(self.build.blocks(topic))

    def facts(self) -> dict[str, Any]:
        """The record, but for the moment of publication."""
        provenance = self.document("summary")["provenance"]
        stages = ("ingest", "features", "pages", *self.topics)
        code = sorted({file for stage in stages for file in code_files(stage, root=self.root)})
        digests = {file.relative_to(self.root).as_posix(): digest_files([file], root=self.root) for file in code}
        return {
            "as_of": self.as_of,
            "period": self._period(),
            "synthetic": provenance["synthetic"],
            "data": provenance["data"]["files"],
            "parameters": self._parameters(),
            "code": {name: digest[:16] for name, digest in digests.items()},
            "packages": self._packages(),
            "python": python_version() if self.commit is None else None,
            "pages": page_hashes(self.build.pages),
            "key_figures": {topic: _json(self.build.facts(topic))["key_figures"] for topic in self.topics},
            **self._origin(),
        }

    def _period(self) -> list[str] | None:
        """The first and the last day with purchases; None where the build did not note them."""
        facts = _json(self.build.features / "facts.json")
        days = [facts.get("first_day"), facts.get("last_day")]
        return None if None in days else [str(day)[:10] for day in days]

    def _parameters(self) -> dict[str, Any]:
        """The profile's parameters; with the content of the frozen segmentation that they name, as a hash."""
        if self.commit is None:
            values = load_profile(self.profile, root=self.root).model_dump(mode="json")
        else:
            values = load_yaml(self.root / "params" / f"{self.profile}.yaml", root=self.root)
        if file := values["clustering"].get("frozen"):
            path = self.root / file
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
            values = {**values, "clustering": {**values["clustering"], "frozen_sha256": digest}}
        return values

    def _packages(self) -> dict[str, str]:
        locked = locked_versions(self.root / "requirements.lock")
        if self.commit is not None:
            return {str(name): version for name, version in sorted(locked.items())}
        found: dict[str, str] = {}
        for name in sorted(locked):
            try:
                found[name] = installed_version(name)
            except PackageNotFoundError:
                continue
        return found

    def _origin(self) -> dict[str, Any]:
        """The commit, and whether what the version depends on differs from it; None where git does not know."""
        if self.commit is not None:
            return {"commit": self.commit, "uncommitted": False}
        try:
            top = _git(self.root, "rev-parse", "--show-toplevel")
            if Path(top).resolve() != self.root:
                return {"commit": None, "uncommitted": None}
            paths = ["src", "notebooks", "params", "dvc.yaml", "requirements.lock"]
            dirty = bool(_git(self.root, "status", "--porcelain", "--", *paths))
            return {"commit": _git(self.root, "rev-parse", "HEAD"), "uncommitted": dirty}
        except (OSError, subprocess.CalledProcessError):
            return {"commit": None, "uncommitted": None}


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise AnalysisError(f"{path.name} of the build is missing. Build the profile again: dvc repro") from error


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.strip()
