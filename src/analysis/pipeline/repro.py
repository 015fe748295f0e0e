"""`dvc repro` with a closing table: which stage ran, why, for how long, with what result."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.parallel import workers
from analysis.pipeline.links import ADDRESSES, drop_dead_links
from analysis.pipeline.lockfile import heal_lock
from analysis.pipeline.outputs import write_json
from analysis.pipeline.profiles import add_profile, listed_profiles
from analysis.pipeline.project import Build
from analysis.pipeline.runner.environment import check_lock
from analysis.pipeline.scheduler import StageRun, run_stages
from analysis.pipeline.yaml_files import profile_path

__all__ = ["look_again", "reasons", "reproduce"]

#: Changes that are named in the table for each stage.
NAMED = 3

#: How long stages took, to start those first that others wait for longest; of no other use.
SECONDS = Path(".dvc") / "tmp" / "stage_seconds.json"


def reproduce(profile: str | None, *, root: Path, jobs: int | None = None) -> None:
    """Bring every listed profile's reports up to date, and publish what somebody deleted from `reports/`.

    Parameters
    ----------
    profile : str, optional
        A profile to add to the list first; only it and what it needs are then built.
    root : Path
        The project's root.
    jobs : int, optional
        How many stages run at a time; by default as many as there are processors, or as `ANALYSIS_WORKERS` says.

    Raises
    ------
    AnalysisError
        If a stage fails; the table says which.
    """
    started = time.perf_counter()
    jobs = workers() if jobs is None else jobs
    if jobs < 1:
        raise AnalysisError(f"--jobs must be at least 1, got {jobs}")
    check_lock(root)
    if profile is not None:
        _bring_in(profile, root=root)
    names = [profile] if profile else listed_profiles(root=root)
    for name in names:
        profile_path(name, root=root)
        for file in drop_dead_links(name, root=root):
            print(f"{name}: the source file {file} is gone")
        if any(Build(root, name).inputs.glob(f"*/{ADDRESSES}")):
            look_again(name, root=root)
    heal_lock(root)
    before = _lock_text(root)
    with _ended_by_signals():
        runs, well = _run([f"publish@{name}" for name in names], root=root, jobs=jobs)
    if any(run.result != "unchanged" for run in runs):
        was, now = _stages(before), _stages(_lock_text(root))
        for run in runs:
            if run.result != "unchanged":
                run.reason = reasons(was.get(run.stage), now.get(run.stage), failed=run.result == "failed")
    _print_table(runs, time.perf_counter() - started)
    if not well:
        failed = ", ".join(run.stage for run in runs if run.result == "failed") or "dvc repro"
        raise AnalysisError(f"{failed} failed; the message stands above. Earlier reports are unchanged.")
    _republish_deleted(names, root=root)
    print(f"\nReports: {(root / 'reports' / 'index.html').as_uri()}")


def look_again(name: str, *, root: Path) -> None:
    """Note what became of a profile's files that have an address; a fault is told by its stage `inputs`."""
    from analysis.pipeline.inputs import note_remote
    from analysis.pipeline.remote import remote_files

    with suppress(AnalysisError), remote_files(name, root=root) as remote:
        if remote is not None:
            note_remote(name, root=root, remote=remote)


def _bring_in(profile: str, *, root: Path) -> None:
    """Put a profile on the list, and its data in place where that is public and missing."""
    from analysis.pipeline.inputs import place_data, public_data
    from analysis.pipeline.params import load_profile

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


def _run(targets: list[str], *, root: Path, jobs: int) -> tuple[list[StageRun], bool]:
    """Go through the stages; a profile that fails does not keep the others from being built."""
    from dvc.exceptions import DvcException

    path = root / SECONDS
    try:
        known = dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    except ValueError:
        known = {}
    try:
        runs, well = run_stages(targets, root=root, jobs=jobs, seconds=known)
    except DvcException as error:
        raise AnalysisError(f"DVC cannot go through the stages: {error}") from error
    took = {run.stage: round(run.seconds, 2) for run in runs if run.result == "ran"}
    if took:
        write_json(path, known | took)
    return runs, well


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Whoever ends this process by SIGTERM ends its stages too, as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _lock_text(root: Path) -> str:
    path = root / "dvc.lock"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _stages(lock: str) -> dict[str, Any]:
    """The entries of a lock's text, for comparison alone: by the quickest parser there is."""
    import yaml

    return dict((yaml.load(lock, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}).get("stages", {}))


def _republish_deleted(names: list[str], *, root: Path) -> None:
    """DVC does not watch `reports/`; a version or index that was deleted there is published again."""
    from analysis.report.versions import Store

    store = Store(root / "reports")
    published = {version.profile for version in store.versions()}
    whole = (store.folder / "index.html").is_file()
    for name in names:
        if not whole or name not in published or not (store.folder / "latest" / name).is_dir():
            from analysis.pipeline.publish import publish  # draws pages: most runs need none of it

            version = publish(name, root=root)
            print(f"published {version.id} again, since it was missing under reports/")


def _print_table(runs: list[StageRun], seconds: float) -> None:
    rows = [(run.stage, run.result, f"{run.seconds:.1f}", run.reason) for run in runs]
    rows.append(("total, by the clock", "", f"{seconds:.1f}", ""))
    header = ("stage", "result", "seconds", "why")
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(3)]
    print()
    for row in (header, *rows):
        print(f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}")
