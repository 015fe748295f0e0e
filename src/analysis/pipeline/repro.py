"""`dvc repro` with a closing table: which stage ran, why, for how long, with what result."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from analysis.errors import AnalysisError
from analysis.pipeline.inputs import drop_dead_links, place_data, public_data
from analysis.pipeline.lockfile import heal_lock
from analysis.pipeline.params import load_profile
from analysis.pipeline.params.files import load_yaml, profile_path
from analysis.pipeline.profiles import add_profile, listed_profiles
from analysis.pipeline.runner.environment import check_lock
from analysis.report.versions import Store

__all__ = ["StageRun", "reasons", "reproduce"]

#: Changes that are named in the table for each stage.
NAMED = 3

_RUNNING = re.compile(r"^Running stage '(?P<stage>[^']+)'")
_SKIPPED = re.compile(r"^Stage '(?P<stage>[^']+)' didn't change")
_RESTORED = re.compile(r"^Stage '(?P<stage>[^']+)' is cached")
_FAILED = re.compile(r"failed to reproduce '(?P<stage>[^']+)'")


@dataclass
class StageRun:
    """One stage as `dvc repro` went through it."""

    stage: str
    result: str
    seconds: float = 0.0
    reason: str = ""
    started: float = field(default=0.0, repr=False)


def reproduce(profile: str | None, *, root: Path) -> None:
    """Bring every listed profile's reports up to date, and publish what somebody deleted from `reports/`.

    Parameters
    ----------
    profile : str, optional
        A profile to add to the list first; only it and what it needs are then built.
    root : Path
        The project's root.

    Raises
    ------
    AnalysisError
        If a stage fails; the table says which.
    """
    check_lock(root)
    if profile is not None:
        _bring_in(profile, root=root)
    names = [profile] if profile else listed_profiles(root=root)
    for name in names:
        profile_path(name, root=root)
        for file in drop_dead_links(name, root=root):
            print(f"{name}: the source file {file} is gone")
    heal_lock(root)
    before = _lock(root)
    runs, code = _repro([f"publish@{name}" for name in names], root=root)
    after = _lock(root)
    for run in runs:
        if run.result != "unchanged":
            run.reason = reasons(before.get(run.stage), after.get(run.stage), failed=run.result == "failed")
    _print_table(runs)
    if code:
        failed = ", ".join(run.stage for run in runs if run.result == "failed") or "dvc repro"
        raise AnalysisError(f"{failed} failed; the message stands above. Earlier reports are unchanged.")
    _republish_deleted(names, root=root)
    print(f"\nReports: {(root / 'reports' / 'index.html').as_uri()}")


def _bring_in(profile: str, *, root: Path) -> None:
    """Put a profile on the list, and its data in place where that is public and missing."""
    target = public_data(load_profile(profile, root=root), root=root)
    if target is not None and not target.exists():
        folder = os.environ.get("ANALYSIS_REFERENCE_DATA")
        print(place_data(profile, root=root, reference=Path(folder) if folder else None))
    if add_profile(profile, root=root):
        print(f"added {profile} to the list of profiles in dvc.yaml", flush=True)


def reasons(before: dict[str, Any] | None, after: dict[str, Any] | None, *, failed: bool = False) -> str:
    """Why a stage ran, from its entries in `dvc.lock` before and after."""
    if before is None:
        return "first run"
    if failed or after is None:
        return "inputs changed"
    changes: list[str] = []
    if before.get("cmd") != after.get("cmd"):
        changes.append("command")
    for file, values in sorted(after.get("params", {}).items()):
        was = before.get("params", {}).get(file, {})
        changes += [f"parameter {name}" for name in _changed_leaves(was, values)]
    old = {item["path"]: item.get("md5") for item in before.get("deps", [])}
    new = {item["path"]: item.get("md5") for item in after.get("deps", [])}
    changes += [path for path in sorted({*old, *new}) if old.get(path) != new.get(path)]
    if len(changes) > NAMED:
        changes = [*changes[:NAMED], f"{len(changes) - NAMED} more"]
    return ", ".join(changes) or "outputs were missing"


def _changed_leaves(before: Any, after: Any, name: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            leaf
            for key in sorted({*before, *after})
            for leaf in _changed_leaves(before.get(key), after.get(key), f"{name}.{key}" if name else str(key))
        ]
    return [] if before == after else [name]


def _repro(targets: list[str], *, root: Path) -> tuple[list[StageRun], int]:
    """Run DVC, pass on what it says, and note when each stage began and ended.

    A profile that fails does not keep the others from being built.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "--keep-going", *targets],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    runs: list[StageRun] = []
    failed: set[str] = set()
    listener = threading.Thread(target=_listen, args=(process.stderr, failed))
    listener.start()
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        for pattern, result in ((_RUNNING, "ran"), (_SKIPPED, "unchanged"), (_RESTORED, "restored from cache")):
            if match := pattern.match(line):
                _close(runs)
                runs.append(StageRun(match["stage"], result, started=time.perf_counter()))
    code = process.wait()
    listener.join()
    _close(runs)
    for run in runs:
        if run.stage in failed:
            run.result = "failed"
    return runs, code


def _listen(stream: IO[str] | None, failed: set[str]) -> None:
    """Pass on the error stream and note which stages it calls failed."""
    for line in stream or ():
        print(line, end="", file=sys.stderr, flush=True)
        failed.update(match["stage"] for match in _FAILED.finditer(line))


def _close(runs: list[StageRun]) -> None:
    if runs and not runs[-1].seconds:
        runs[-1].seconds = time.perf_counter() - runs[-1].started


def _lock(root: Path) -> dict[str, Any]:
    path = root / "dvc.lock"
    return dict(load_yaml(path, root=root).get("stages", {})) if path.is_file() else {}


def _republish_deleted(names: list[str], *, root: Path) -> None:
    """DVC does not watch `reports/`; a version or index that was deleted there is published again."""
    from analysis.pipeline.publish import publish

    store = Store(root / "reports")
    published = {version.profile for version in store.versions()}
    whole = (store.folder / "index.html").is_file()
    for name in names:
        if not whole or name not in published or not (store.folder / "latest" / name).is_dir():
            version = publish(name, root=root)
            print(f"published {version.id} again, since it was missing under reports/")


def _print_table(runs: list[StageRun]) -> None:
    rows = [(run.stage, run.result, f"{run.seconds:.1f}", run.reason) for run in runs]
    rows.append(("total", "", f"{sum(run.seconds for run in runs):.1f}", ""))
    header = ("stage", "result", "seconds", "why")
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(3)]
    print()
    for row in (header, *rows):
        print(f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}")
