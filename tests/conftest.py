"""Fixtures that every kind of test shares."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.pipeline.profiles import listed_profiles, remove_profile
from projects import Project

ROOT = Path(__file__).resolve().parents[1]
#: Scripts that made reference values with packages that are not among the locked ones.
collect_ignore_glob = ["unit/reference/make_*.py"]

COPIED = ("src", "notebooks", "params", "dvc.yaml", "requirements.lock", "pyproject.toml")


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
def built(copy_of_project: Callable[..., Project]) -> Project:
    """The demo, built once as a newcomer would."""
    project = copy_of_project("demo")
    project.repro()
    return project
