"""Whole profiles of many lines: every stage by the project's own command, in a scratch copy of the project.

`python -m benchmarks.bench notebooks --only "1 million"` for development; 100 million lines (3 million customers) take
hours and some 30 GB below the folder for temporary files. There, in `analysis-notebooks-<lines>`, the copy stays, so
that a stage finds what those before it made; delete it when you are done. Where code has changed since, it is built
anew. Memory is that of the process with all that it starts, imports included.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.bench.work import OWN, Job, Limit, Work

__all__ = ["works"]

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("src", "notebooks", "params", "dvc.yaml", "requirements.lock", "pyproject.toml")
PROFILE = "lines"
#: Number of lines, what it is called, and the gigabytes of disk that it takes.
SIZES = ((1_000_000, "1 million", 2), (100_000_000, "100 million", 40))
BEFORE = ("notebooks", "inputs", "ingest")
NOTEBOOKS = (
    "description", "correlation", "regression", "clustering", "rules", "classification", "recommendation", "lifetime",
    "summary",
)  # fmt: skip
STAGES = (*BEFORE, "cleaning", "features", *NOTEBOOKS, "pages")
LARGEST_PAGE = 1_000_000
#: For DuckDB; the process may take 1 GB more.
MEMORY = "2GB"
NOTEBOOK_LIMIT = Limit(peak_mb=4096)
LIMITS = dict.fromkeys((*NOTEBOOKS, "pages"), NOTEBOOK_LIMIT) | dict.fromkeys(("cleaning", "features"), NOTEBOOK_LIMIT)


def works() -> list[Work]:
    """One work a stage and number of lines, in the order in which stages follow each other."""
    return [
        Work(
            f"{_called(stage)}, {words} lines",
            partial(_prepare, lines, gigabytes, stage),
            {OWN: partial(_own, stage)},
            limit=LIMITS.get(stage),
            whole=True,
            runs=1 if lines > 10_000_000 else None,
        )
        for lines, words, gigabytes in SIZES
        for stage in STAGES
        if stage not in BEFORE
    ]


def _called(stage: str) -> str:
    return f"notebook {stage}" if stage in (*NOTEBOOKS, "cleaning") else f"stage {stage}"


def _prepare(lines: int, gigabytes: float, stage: str, path: Path) -> None:
    """A copy of the project in which everything before the stage is built; its folder is written to the path."""
    from analysis.errors import AnalysisError

    root = Path(tempfile.gettempdir()) / f"analysis-notebooks-{lines}"
    done = _done(root)
    if not done and shutil.disk_usage(tempfile.gettempdir()).free < gigabytes * 1e9:
        raise AnalysisError(f"{gigabytes:g} GB of disk are needed in {tempfile.gettempdir()}")
    if not done:
        _copy(root, lines)
    for before in STAGES[: STAGES.index(stage)]:
        if before not in done:
            _run(root, before)
    path.write_text(str(root), encoding="utf-8")


def _own(stage: str, path: Path) -> Job:
    root = Path(path.read_text(encoding="utf-8"))

    def job() -> Callable[[], object]:
        _run(root, stage)
        return lambda: _told(root, stage)

    return job


def _told(root: Path, stage: str) -> object:
    """What two runs of a stage must agree in: the bytes that it wrote; pages must be small as well."""
    build = root / "build" / PROFILE
    if stage == "pages":
        sizes = {page.name: page.stat().st_size for page in sorted((build / "pages").glob("*.html"))}
        if large := {name: size for name, size in sizes.items() if size > LARGEST_PAGE}:
            raise ValueError(f"pages of more than {LARGEST_PAGE:,} bytes: {large}")
        return sizes
    made = build / "blocks" / f"{stage}.json"
    return hashlib.sha256(made.read_bytes()).hexdigest() if made.exists() else stage


def _done(root: Path) -> list[str]:
    """Stages that are built in the copy; none where it is of other code."""
    record = root / "done.json"
    if not record.exists():
        return []
    kept = json.loads(record.read_text(encoding="utf-8"))
    return list(kept["stages"]) if kept["code"] == _digest() else []


def _digest() -> str:
    found = hashlib.sha256(Path(__file__).read_bytes())
    for name in COPIED:
        files = [ROOT / name] if (ROOT / name).is_file() else sorted((ROOT / name).rglob("*"))
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                found.update(file.read_bytes())
    return found.hexdigest()


def _copy(root: Path, lines: int) -> None:
    """The project without what is built, and a profile of the generated lines, which are kept where they are there."""
    from benchmarks.simulation.lines import write_parquet

    for name in (*COPIED, "build"):
        (shutil.rmtree if (root / name).is_dir() else partial(Path.unlink, missing_ok=True))(root / name)
    root.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, root / name)
    _profile(root)
    raw = root / "data" / "raw" / "lines.parquet"
    raw.parent.mkdir(parents=True, exist_ok=True)
    if not raw.exists():
        write_parquet(raw.with_suffix(".part"), lines)
        raw.with_suffix(".part").rename(raw)
    (root / "done.json").write_text(json.dumps({"code": _digest(), "stages": []}), encoding="utf-8")


def _profile(root: Path) -> None:
    """The parameters of the public retail data, for the columns of the generated lines."""
    from ruamel.yaml import YAML

    from benchmarks.simulation.lines import TEXTS

    yaml = YAML()
    content: dict[str, Any] = yaml.load((root / "params" / "online_retail.yaml").read_text(encoding="utf-8"))
    columns = {name: name for name in TEXTS if name != "line_amount"}
    content["report"]["title"] = "Generated lines"
    content["duckdb"] = {"memory_limit": MEMORY}
    content["sources"] = {"transactions": [{"files": ["data/raw/lines.parquet"], "columns": columns}]}
    content["cleaning"] |= {"first_day": None, "last_day": None, "product_case": "keep"}
    with (root / "params" / f"{PROFILE}.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(content, file)


def _run(root: Path, stage: str) -> None:
    """One stage by its command; RuntimeError with what it said where it fails."""
    notebook = stage in (*NOTEBOOKS, "cleaning")
    command = ["run", stage] if notebook else [stage]
    profile = [] if stage == "notebooks" else ["--profile", PROFILE]
    environment = {
        **os.environ,
        "PYTHONPATH": str(root / "src"),
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
    }
    told = subprocess.run(
        [sys.executable, "-m", "analysis", *command, *profile],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if told.returncode:
        raise RuntimeError(f"{stage}: {told.stdout[-2000:]}{told.stderr[-2000:]}")
    record = root / "done.json"
    kept = json.loads(record.read_text(encoding="utf-8"))
    kept["stages"] = list(dict.fromkeys([*kept["stages"], stage]))
    record.write_text(json.dumps(kept), encoding="utf-8")
