"""`dvc.lock` after a kill: DVC writes it in place, so that a process that is killed then leaves half of it, or nothing.

Every stage keeps a copy of the last whole one, from which it is restored.
"""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["heal_lock", "keep_lock"]

COPY = Path("build") / "dvc.lock"


def keep_lock(root: Path) -> None:
    """Copy `dvc.lock` beside the build if it ends as a whole one does; cheap enough for the start of every stage."""
    lock = root / "dvc.lock"
    if lock.is_file() and lock.read_bytes()[:7] == b"schema:" and lock.read_bytes()[-1:] == b"\n":
        (root / COPY).parent.mkdir(exist_ok=True)
        shutil.copyfile(lock, root / COPY)


def heal_lock(root: Path) -> str | None:
    """Put the last whole lock in the place of a broken one, or remove it; returns what was done.

    Without a lock every stage is looked at again, and those whose results are cached are restored from there.
    """
    lock, copy = root / "dvc.lock", root / COPY
    if not lock.is_file() or _whole(lock):
        return None
    if copy.is_file() and _whole(copy):
        shutil.copyfile(copy, lock)
        said = "dvc.lock was broken off by an interrupted run; the copy from before it was put back"
    else:
        lock.unlink()
        said = "dvc.lock was broken off by an interrupted run and was removed; stages are looked at anew"
    print(said, flush=True)
    return said


def _whole(path: Path) -> bool:
    """Whether the file ends where it was meant to, by the quickest parser there is."""
    import yaml  # every stage keeps the lock, only few processes read it

    try:
        content = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError):
        return False
    return isinstance(content, dict) and "schema" in content
