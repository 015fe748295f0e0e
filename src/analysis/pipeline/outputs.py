"""Writing outputs so that a reader, or a killed process, never meets half of one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["replaced_folder", "write_json", "write_text"]


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text with LF line ends by way of a temporary neighbour and a rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(content, encoding="utf-8", newline="\n")
    temporary.replace(path)


def write_json(path: Path, content: Any) -> None:
    """Write JSON in the order given; not-a-number is refused."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, which takes the target's place when the block ends without an exception."""
    for left_behind in target.parent.glob(f".{target.name}.*"):  # by a run that was killed
        shutil.rmtree(left_behind, ignore_errors=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.mkdir(parents=True)
    try:
        yield temporary
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    if target.exists():
        old = target.with_name(f".{target.name}.old")
        target.rename(old)
        temporary.rename(target)
        shutil.rmtree(old)
    else:
        temporary.rename(target)
