"""What a stage runs in: the packages that the lock file names."""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from analysis.errors import AnalysisError

__all__ = ["SPARK_LOCK", "check_lock", "locked_versions"]

#: What `make spark` installs beside `requirements.lock`.
SPARK_LOCK = "requirements-spark.lock"

#: Set to 1 to build with packages other than the locked ones.
OVERRIDE = "ANALYSIS_ALLOW_UNLOCKED"

#: A line of a lock file that holds for every platform.
_PLAIN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[\w.+!-]+)[\\ ]*")


def locked_versions(lock: Path) -> dict[NormalizedName, str]:
    """The versions that the lock file names for this Python and platform, by normalised package name."""
    versions: dict[NormalizedName, str] = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        if plain := _PLAIN.fullmatch(line):  # most lines, without the work of reading any requirement
            versions[canonicalize_name(plain["name"])] = plain["version"]
            continue
        if not re.match(r"[A-Za-z0-9]", line):
            continue
        requirement = Requirement(line.rstrip("\\ "))
        if requirement.marker is None or requirement.marker.evaluate():
            versions[canonicalize_name(requirement.name)] = next(iter(requirement.specifier)).version
    return versions


def _named_by_folders() -> set[tuple[NormalizedName, str]]:
    """Names and versions of what is installed, from the names of its folders alone: reading them all takes longer."""
    folders = (folder for place in map(Path, sys.path) if place.is_dir() for folder in place.glob("*.dist-info"))
    parts = (folder.name.removesuffix(".dist-info").partition("-") for folder in folders)
    return {(canonicalize_name(name), version) for name, _, version in parts}


def _found(name: str) -> str | None:
    """The version of a package that is installed in whatever form."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_lock(root: Path, name: str = "requirements.lock") -> None:
    """Refuse to build where an installed package differs from a lock; `ANALYSIS_ALLOW_UNLOCKED=1` overrides."""
    if os.environ.get(OVERRIDE) == "1":
        return
    seen = _named_by_folders()
    odd = {n: v for n, v in sorted(locked_versions(root / name).items()) if (n, v) not in seen}
    found = {package: _found(package) for package in odd}
    faults = [
        f"{package} {version} is locked, {found[package] or 'nothing'} is installed"
        for package, version in odd.items()
        if found[package] != version
    ]
    if faults:
        shown = "\n  ".join(faults[:10]) + (f"\n  and {len(faults) - 10} more" if len(faults) > 10 else "")
        raise AnalysisError(
            f"the installed packages differ from {name}:\n  {shown}\n"
            f"Install the locked ones with: make {'spark' if name == SPARK_LOCK else 'setup'}. "
            f"To build with what is there: {OVERRIDE}=1"
        )
