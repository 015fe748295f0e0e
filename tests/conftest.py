"""Fixtures that every kind of test shares."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from analysis.pipeline.profiles import listed_profiles, remove_profile
from odd import HOSTILE_COLUMNS, hostile_lines
from projects import Project
from stages import build_in_process

ROOT = Path(__file__).resolve().parents[1]
#: Scripts that made reference values with packages that are not among the locked ones.
collect_ignore_glob = ["unit/reference/make_*.py"]

#: Files that take longest come first, each process taking the next one, so that all end at about the same time. The
#: first two build the demo, each another one, and those after them use what was built.
LONGEST = (
    "pipeline/test_build.py",
    "pipeline/test_two_builds.py",
    "spark/test_spark_tables.py",
    "browser/test_pages.py",
    "browser/test_pages_in_chinese.py",
    "pipeline/test_odd_data.py",
    "pipeline/test_samples.py",
    "browser/test_hostile_pages.py",
    "pipeline/test_history.py",
    "notebooks/test_as_in_jupyterlab.py",
    "unit/test_classification_study.py",
    "unit/test_cleaning_real.py",
)

# No example has a deadline: how long one takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# The tests themselves run on all cores.
os.environ.setdefault("ANALYSIS_WORKERS", "1")

COPIED = ("src", "notebooks", "params", "dvc.yaml", "requirements.lock", "requirements-spark.lock", "pyproject.toml")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; it has an effect on processes beside each other with `--no-loadscope-reorder`."""
    order = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


class _OneProcessForSpark(LoadFileScheduling):
    """A file to a process, but all that need Spark to one, since what costs most is that a JVM starts and warms up."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/spark" if nodeid.startswith("tests/spark/") else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return _OneProcessForSpark(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of public data sets that `ANALYSIS_REFERENCE_DATA` names; the test is skipped without it."""
    folder = os.environ.get("ANALYSIS_REFERENCE_DATA")
    if folder and Path(folder).is_dir():
        return Path(folder)
    reason = f"ANALYSIS_REFERENCE_DATA names no folder (it is {folder!r})"
    if os.environ.get("REQUIRE_REFERENCE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def copy_of_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Project]:
    """Make a copy without git, outside of any repository, in a folder of the given name."""

    def make(name: str, *, environment: dict[str, str] | None = None, umask: int = 0o022) -> Project:
        root = tmp_path_factory.mktemp("projects") / name
        root.mkdir()
        for item in COPIED:
            source = ROOT / item
            if source.is_dir():
                shutil.copytree(source, root / item, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
            else:
                shutil.copy(source, root / item)
        (root / ".dvc").mkdir()
        shutil.copy(ROOT / ".dvc" / "config", root / ".dvc" / "config")
        (root / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
        shutil.copy(ROOT / ".dvcignore", root / ".dvcignore")
        (root / "reports").mkdir()
        shutil.copy(ROOT / "reports" / "decisions.yaml", root / "reports" / "decisions.yaml")
        for added in listed_profiles(root=root):  # whoever runs the tests may have added profiles of their own
            if added != "demo":
                remove_profile(added, root=root)
        return Project(root, environment or {}, umask)

    return make


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[], Any]], Any]:
    """Do something dear once for all processes that run tests; the others wait and get what it returned, as JSON."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder

    def result(name: str, make: Callable[[], Any]) -> Any:
        with (shared / name).open("a+", encoding="utf-8") as note:
            fcntl.flock(note, fcntl.LOCK_EX)
            note.seek(0)
            if not (text := note.read()):
                text = json.dumps(make())
                note.write(text)
        return json.loads(text)

    return result


@pytest.fixture(scope="session")
def built(copy_of_project: Callable[..., Project], once: Callable[..., Any]) -> Project:
    """The demo, built as a newcomer would: copy it before you change anything, since others read it meanwhile."""

    def build() -> str:
        project = copy_of_project("demo")
        project.analysis("reports")
        return str(project.root)

    return Project(Path(once("built", build)))


@pytest.fixture(scope="session")
def twice(built: Project, tmp_path_factory: pytest.TempPathFactory, once: Callable[..., Any]) -> tuple[Project, str]:
    """The demo in git after a second build with a changed `rules.min_support`, and what that build said; as `built`."""

    def build() -> list[str]:
        project = built.copied(tmp_path_factory.mktemp("twice") / "demo")
        (project.root / ".dvc" / "config.local").unlink()
        for ignored in (".gitignore", ".dvc/.gitignore"):
            shutil.copy(ROOT / ignored, project.root / ignored)
        project.run("git", "init", "-q", "-b", "main")
        project.commit("First build")
        support = re.search(r"  min_support: (\S+)", (ROOT / "params" / "demo.yaml").read_text(encoding="utf-8"))
        assert support is not None
        project.edit("params/demo.yaml", support[0], f"  min_support: {float(support[1]) * 1.2:.6g}")
        said = project.repro().stdout
        project.commit("Ask more of a rule")
        return [str(project.root), said]

    root, said = once("twice", build)
    return Project(Path(root)), said


@pytest.fixture(scope="session")
def hostile_profile(copy_of_project: Callable[..., Project], once: Callable[..., Any]) -> Project:
    """A project with the profile `hostile`, built from a file of purchases that is odd in every way; as `built`."""

    def build() -> str:
        project = copy_of_project("hostile")
        project.own_profile("hostile", hostile_lines(), HOSTILE_COLUMNS)
        with pytest.MonkeyPatch.context() as patch:
            build_in_process(project, "hostile", patch)
        return str(project.root)

    return Project(Path(once("hostile", build)))
