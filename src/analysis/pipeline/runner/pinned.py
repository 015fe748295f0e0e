"""What could change the bytes of an output if it differed between two machines, and a process in which it does not."""

from __future__ import annotations

import os
import sys

__all__ = ["PINNED", "pinned_environment", "restart_pinned"]

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


#: The commands that stages call, as `dvc.yaml` has them, and the one that runs stages.
COMMANDS = ("notebooks", "inputs", "ingest", "features", "run", "pages", "publish", "reports")


def pinned_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """This process's environment with `PINNED` (and `extra`) laid over it."""
    return {**os.environ, **PINNED, **(extra or {})}


def restart_pinned() -> None:
    """Start this program anew in the pinned environment, unless it runs in it or does none of `COMMANDS`.

    Python reads the hash seed and the locale, and BLAS its number of threads, when a process starts: too late to set
    them in it.
    """
    asked = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
    if asked in COMMANDS and any(os.environ.get(name) != value for name, value in PINNED.items()):
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], pinned_environment())
