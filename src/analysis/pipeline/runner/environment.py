"""What a stage runs in: the locked packages, and an environment that makes two runs give the same bytes."""

from __future__ import annotations

import importlib.metadata
import os
import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from analysis.errors import AnalysisError

__all__ = ["PINNED", "SPARK_LOCK", "check_lock", "locked_versions", "pinned_environment"]

#: What could change the bytes of an output if it differed between two machines.
PINNED: dict[str, str] = {
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}

#: What `make spark` installs beside `requirements.lock`.
SPARK_LOCK = "requirements-spark.lock"

#: Set to 1 to build with packages other than the locked ones.
OVERRIDE = "ANALYSIS_ALLOW_UNLOCKED"


def pinned_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """This process's environment with `PINNED` (and `extra`) laid over it."""
    return {**os.environ, **PINNED, **(extra or {})}


def locked_versions(lock: Path) -> dict[NormalizedName, str]:
    """The versions that the lock file names for this Python and platform, by normalised package name."""
    versions: dict[NormalizedName, str] = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        if not re.match(r"[A-Za-z0-9]", line):
            continue
        requirement = Requirement(line.rstrip("\\ "))
        if requirement.marker is None or requirement.marker.evaluate():
            versions[canonicalize_name(requirement.name)] = next(iter(requirement.specifier)).version
    return versions


def check_lock(root: Path, name: str = "requirements.lock") -> None:
    """Refuse to build where an installed package differs from a lock; `ANALYSIS_ALLOW_UNLOCKED=1` overrides."""
    if os.environ.get(OVERRIDE) == "1":
        return
    installed = {
        canonicalize_name(str(item.metadata["Name"])): item.version for item in importlib.metadata.distributions()
    }
    faults = [
        f"{name} {version} is locked, {installed.get(name) or 'nothing'} is installed"
        for name, version in sorted(locked_versions(root / name).items())
        if installed.get(name) != version
    ]
    if faults:
        shown = "\n  ".join(faults[:10]) + (f"\n  and {len(faults) - 10} more" if len(faults) > 10 else "")
        raise AnalysisError(
            f"the installed packages differ from {name}:\n  {shown}\n"
            f"Install the locked ones with: make {'spark' if name == SPARK_LOCK else 'setup'}. "
            f"To build with what is there: {OVERRIDE}=1"
        )
