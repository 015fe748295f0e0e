"""The project's YAML files, and where the one of a profile is.

They are read as DVC reads them (YAML 1.2), so that both see the same values. What only asks where a profile is, or what
`dvc.yaml` says, need not load the models of its parameters.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from analysis.errors import AnalysisError

__all__ = ["load_yaml", "nearest", "profile_path", "shown_path"]


def profile_path(name: str, *, root: Path) -> Path:
    """Where the profile's file is; an unknown name is answered with the names that exist."""
    path = root / "params" / f"{name}.yaml"
    if not path.is_file():
        known = sorted(file.stem for file in (root / "params").glob("*.yaml"))
        shown = shown_path(path, root)
        copied = f"To start one: cp params/demo.yaml {shown}"
        start = copied if "demo" in known else "git checkout params brings back the project's own."
        raise AnalysisError(
            f"there is no profile {name!r}: {shown} does not exist.{nearest(name, known)} "
            f"Known profiles: {', '.join(known) or 'none'}. {start}"
        )
    return path


def load_yaml(path: Path, *, root: Path) -> Any:
    """The content of a YAML 1.2 file as plain Python objects."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise AnalysisError(f"{shown_path(path, root)} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    try:
        return YAML(typ="safe").load(text)
    except (YAMLError, ValueError) as error:
        raise AnalysisError(f"{shown_path(path, root)} is not valid YAML: {_fault(text, error)}") from error


def nearest(name: str, known: Iterable[str]) -> str:
    """The question whether one of the known names was meant, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


def shown_path(path: Path, root: Path) -> str:
    """A path as seen from the project's root."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _fault(text: str, error: Exception) -> str:
    """What is wrong, as the parser in Python tells it, which shows the place.

    What that one reads and the parser in C, which is DVC's too, does not is a colon in a list or mapping of one line.
    """
    try:
        YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as told:
        return _one_line(str(told))
    return f"{_one_line(str(error))}. Put texts with a colon inside [ ] or {{ }} in quotes."


def _one_line(message: str) -> str:
    return " ".join(message.split())
