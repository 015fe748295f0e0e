"""The pipeline's own overhead: whole builds beside the bare notebooks, and a build of nothing beside `dvc status`.

Every build runs in a copy of the project without git in a temporary folder, cold ones with an empty cache. The peer of
a cold build is papermill alone: one process that executes the demo's notebooks one after the other, each in a kernel,
on tables that are there already; no ingestion, no features, no pages, no record of anything. Both must come to the same
blocks. `python -m benchmarks.bench.pipeline` prints where a cold build of the demo spends its time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.bench.work import OWN, Goal, Job, Limit, Work

__all__ = ["works"]

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("src", "notebooks", "params", "dvc.yaml", "requirements.lock", "pyproject.toml", ".dvcignore")
#: What may come on top of the bare notebooks, and of DVC's own look at what is stale.
COLD, IDLE = 1.3, 1.1
#: Seconds for the real profile on two processors.
ONLINE_RETAIL = 90.0
REPORTS = (sys.executable, "-m", "analysis", "reports")
REPRO = (sys.executable, "-m", "dvc", "repro")
STATUS = (sys.executable, "-m", "dvc", "status")


def works() -> list[Work]:
    """Cold builds with all processors and with one, builds with nothing to do, and the real profile."""
    from analysis.parallel import workers

    cold = {"papermill": Goal(speed=workers() / COLD, clock="seconds")}
    serial = {"papermill": Goal(speed=1 / COLD, clock="seconds")}
    idle = {"dvc status": Goal(speed=1 / IDLE)}
    found = [
        Work(f"demo, cold, {words}", _built, {OWN: partial(_cold, command), "papermill": _bare}, goals, whole=True)
        for words, command, goals in (("make reports", REPORTS, cold), ("dvc repro", REPRO, serial))
    ]
    found += [
        Work(
            f"demo, nothing to do, {words}",
            _built,
            {OWN: partial(_idle, command), "dvc status": partial(_idle, STATUS)},
            idle,
            whole=True,
        )
        for words, command in (("make reports", REPORTS), ("dvc repro", REPRO))
    ]
    # what any project pays for asking by `dvc repro` rather than by `dvc status`
    least = {OWN: partial(_idle, REPRO), "dvc status": partial(_idle, STATUS)}
    found.append(Work("a project of one stage, nothing to do, dvc repro", _one_stage, least, whole=True))
    retail = {OWN: partial(_cold, REPORTS)}
    limit = Limit(seconds=ONLINE_RETAIL)
    return [*found, Work("online retail, cold, make reports", _online_retail, retail, limit=limit, whole=True)]


def _copy(root: Path, profile: str) -> None:
    """What git has of the project, without git, with one profile and nothing built."""
    from analysis.pipeline.profiles import add_profile, listed_profiles, remove_profile

    root.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        else:
            shutil.copy(source, root / name)
    (root / ".dvc").mkdir()
    shutil.copy(ROOT / ".dvc" / "config", root / ".dvc" / "config")
    (root / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
    (root / "reports").mkdir()
    shutil.copy(ROOT / "reports" / "decisions.yaml", root / "reports" / "decisions.yaml")
    add_profile(profile, root=root)
    for other in listed_profiles(root=root):
        if other != profile:
            remove_profile(other, root=root)


def _environment(root: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return inherited | {"PATH": path, "PYTHONPATH": str(root / "src"), "DVC_NO_ANALYTICS": "1"}


def _run(command: tuple[str, ...], root: Path) -> str:
    done = subprocess.run(command, cwd=root, env=_environment(root), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:])}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def _built(path: Path) -> None:
    """The demo, built."""
    _copy(path, "demo")
    _run(REPORTS, path)


def _one_stage(path: Path) -> None:
    """No project of ours: the least that DVC can be asked about."""
    (path / ".dvc").mkdir(parents=True)
    (path / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n", encoding="utf-8")
    (path / "from.txt").write_text("1\n", encoding="utf-8")
    stage = {"cmd": "cp from.txt to.txt", "deps": ["from.txt"], "outs": ["to.txt"]}
    (path / "dvc.yaml").write_text(json.dumps({"stages": {"copy": stage}}), encoding="utf-8")
    _run(REPRO, path)


def _online_retail(path: Path) -> None:
    """The real profile with its data in place, not built but for one stage, so that Python has compiled its files."""
    from benchmarks.verify.table import reference_data

    file = reference_data("online_retail_II", "online_retail_II.csv.gz")
    _copy(path, "online_retail")
    (path / "data" / "raw").mkdir(parents=True)
    shutil.copy(file, path / "data" / "raw" / file.name)
    _run((sys.executable, "-m", "compileall", "-q", "src"), path)


def _cold(command: tuple[str, ...], path: Path) -> Job:
    """A build from nothing, in a copy of the copy that has neither results nor a cache."""
    folder = tempfile.TemporaryDirectory(prefix="analysis-cold-")
    root = Path(folder.name) / "project"
    made = ("build", "dvc.lock", "cache", "tmp", "versions", "latest", "comparisons", "index*.html", "history.json")
    shutil.copytree(path, root, symlinks=True, ignore=shutil.ignore_patterns(*made))
    if (root / "data" / "raw" / "demo").exists():
        shutil.rmtree(root / "data" / "raw" / "demo")

    def job() -> Callable[[], object]:
        _run(command, root)
        return tell

    def tell() -> object:
        with folder:
            (build,) = (found for found in (root / "build").iterdir() if (found / "blocks").is_dir())
            return _digest({file.stem: _items(file) for file in (build / "blocks").glob("*.json")})

    return job


def _items(blocks: Path) -> Any:
    return json.loads(blocks.read_text(encoding="utf-8"))["items"]


def _digest(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _bare(path: Path) -> Job:
    """Papermill alone, in the environment and with the parameters of the stages."""
    import papermill

    from analysis.pipeline.notebook import STAGE_PROFILE
    from analysis.pipeline.params import load_profile
    from analysis.pipeline.project import NOTEBOOKS
    from analysis.pipeline.runner.document import document
    from analysis.pipeline.runner.execute import notebook_parameters
    from analysis.pipeline.runner.normalise import normalised
    from analysis.pipeline.runner.pinned import pinned_environment

    os.environ.update(_environment(path))
    os.environ.update(pinned_environment({STAGE_PROFILE: "demo", "ANALYSIS_BARE_BLOCKS": "1"}))
    profile = load_profile("demo", root=path)
    parameters = {topic: notebook_parameters(topic, "demo", profile) for topic in NOTEBOOKS}
    folder = path.parent / "executed"
    folder.mkdir(exist_ok=True)

    def job() -> Callable[[], object]:
        for topic, name in NOTEBOOKS.items():
            papermill.execute_notebook(
                str(path / "build" / "notebooks" / f"{name}.ipynb"), str(folder / f"{topic}.ipynb"),
                parameters=parameters[topic], kernel_name="python3", progress_bar=False, cwd=str(path),
            )  # fmt: skip
        return tell

    def tell() -> object:
        said = {}
        for topic in NOTEBOOKS:
            executed = json.loads((folder / f"{topic}.ipynb").read_text(encoding="utf-8"))
            said[topic] = document(normalised(executed, path), topic=topic, provenance={})["items"]
        return _digest(said)

    return job


def _idle(command: tuple[str, ...], path: Path) -> Job:
    """A build, or a look, where nothing has changed."""

    def job() -> Callable[[], object]:
        said = _run(command, path)
        return lambda: "Running stage" not in said and "changed deps" not in said

    return job


def _print_where_time_goes() -> None:
    """Each stage of a cold serial build of the demo by itself: what it takes, and what of that is imports."""
    with tempfile.TemporaryDirectory(prefix="analysis-profile-") as folder:
        root = Path(folder) / "project"
        _copy(root, "demo")
        said = _run((*REPORTS, "--jobs", "1"), root)
        print(said[said.rindex("\nstage ") :].split("\nReports:")[0])


if __name__ == "__main__":
    _print_where_time_goes()
