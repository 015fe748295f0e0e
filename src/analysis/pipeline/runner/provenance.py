"""Where a page's numbers come from: hashes of the data, the parameters and the code that made them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analysis.pipeline.notebook import parameters_of
from analysis.pipeline.params import Profile
from analysis.pipeline.project import Build
from analysis.pipeline.yaml_files import load_yaml

__all__ = ["code_files", "digest_files", "provenance"]


def provenance(topic: str, name: str, profile: Profile, *, root: Path) -> dict[str, Any]:
    """Facts about the inputs of a page: nothing of the machine, the clock or the run."""
    values = {topic: parameters_of(getattr(profile, topic))}
    if topic != "cleaning":
        values["features"] = parameters_of(profile.features)
    if values[topic].get("frozen"):  # the file's content, beside its name
        values[topic]["frozen_sha256"] = hashlib.sha256((root / values[topic]["frozen"]).read_bytes()).hexdigest()
    ingest = json.loads((Build(root, name).raw / "ingest.json").read_text(encoding="utf-8"))
    files = sorted(
        (
            {"file": part["file"], "table": table, "sha256": part["sha256"], "rows": part["rows"]}
            for table, parts in ingest["tables"].items()
            for part in parts
        ),
        key=lambda item: (item["table"], item["file"]),
    )
    return {
        "profile": name,
        "synthetic": profile.synthetic is not None,
        "seed": values[topic].get("seed"),
        "data": {"hash": _digest([item["sha256"] for item in files]), "files": files},
        "parameters": {"hash": _digest([json.dumps(values, sort_keys=True)]), "values": values},
        "code": {"hash": digest_files(code_files(topic, root=root), root=root)},
    }


def code_files(stage: str, *, root: Path) -> list[Path]:
    """The source files that `dvc.yaml` names as dependencies of a stage, so that both always agree."""
    definition = load_yaml(root / "dvc.yaml", root=root)["stages"][stage]
    named = [root / item for item in definition["deps"] if item.startswith(("src/", "build/notebooks/"))]
    files = [file for path in named for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return sorted(file for file in files if file.is_file() and "__pycache__" not in file.parts)


def digest_files(files: Iterable[Path], *, root: Path) -> str:
    """One SHA-256 over the names and contents of files."""
    parts = [f"{file.relative_to(root).as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files]
    return _digest(parts)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
