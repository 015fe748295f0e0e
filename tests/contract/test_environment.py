"""pyproject.toml, requirements.lock and environment.yml stay in step, and name no address."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from ruamel.yaml import YAML

from analysis.pipeline.runner.environment import SPARK_LOCK
from analysis.pipeline.runner.pinned import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
#: Locks of the extras.
EXTRAS = {"spark": SPARK_LOCK, "peers": "requirements-peers.lock"}
FIXED = {"jupyterlab", "papermill", "pandas", "statsmodels", "scikit-learn", "mlxtend", "matplotlib", "nbval", "pytest"}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def direct() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {normalised(item.name): item for item in map(Requirement, project["dependencies"])}


def locked(lock: str = "requirements.lock") -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if re.match(r"[A-Za-z0-9]", line):
            requirement = Requirement(line.rstrip("\\ "))
            found.setdefault(normalised(requirement.name), []).append(requirement)
    return found


def test_the_owner_s_packages_are_direct_dependencies() -> None:
    assert {*FIXED, "dvc"} <= set(direct())


def test_every_direct_dependency_is_locked_to_a_version_that_it_allows() -> None:
    lock = locked()
    for name, requirement in direct().items():
        assert name in lock, f"{name} is not in requirements.lock; run: make lock"
        for entry in lock[name]:
            (pin,) = entry.specifier
            assert pin.operator == "==" and requirement.specifier.contains(pin.version, prereleases=True), str(entry)


@pytest.mark.parametrize("name", ["requirements.lock", *EXTRAS.values()])
def test_every_locked_package_has_a_hash_and_none_an_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_lock_of_an_extra_adds_what_it_asks_for_and_changes_nothing_else(extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = locked(EXTRAS[extra])
    for asked in map(Requirement, project["optional-dependencies"][extra]):
        (entry,) = lock[normalised(asked.name)]
        (pin,) = entry.specifier
        assert asked.specifier.contains(pin.version, prereleases=True)
    assert not set(lock) & set(locked())


def test_the_conda_environment_is_in_step() -> None:
    script = ROOT / "scripts" / "environment.py"
    result = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_what_is_installed_is_what_is_locked() -> None:
    from analysis.pipeline.runner.environment import check_lock

    check_lock(ROOT)


def test_every_stage_runs_in_the_pinned_environment() -> None:
    """A command that `COMMANDS` did not name would write other bytes in another time zone or with more threads."""
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert {stage["cmd"].split()[1] for stage in stages.values()} == set(COMMANDS) - {"reports"}
