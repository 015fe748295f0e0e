"""The list of profiles that `dvc repro` builds, which stands in `dvc.yaml`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.pipeline.outputs import write_text
from analysis.pipeline.yaml_files import load_yaml

__all__ = ["add_profile", "listed_profiles", "remove_profile"]

_LIST = re.compile(r"^(?P<head>  - profiles:\n)(?P<items>(?:      - \S+\n)+)", re.MULTILINE)


def listed_profiles(*, root: Path) -> list[str]:
    """The profiles that `dvc repro` builds."""
    for variables in load_yaml(root / "dvc.yaml", root=root)["vars"]:
        if "profiles" in variables:
            return [str(name) for name in variables["profiles"]]
    raise AnalysisError("dvc.yaml has no `profiles` list under `vars`. Restore it: git checkout dvc.yaml")


def add_profile(name: str, *, root: Path) -> bool:
    """Add a profile to the list, once its parameters are valid; False if it stood there already."""
    from analysis.pipeline.params import load_profile  # models of parameters, which nothing else here needs

    load_profile(name, root=root)
    if name in listed_profiles(root=root):
        return False
    _edit(root, lambda items: f"{items}      - {name}\n")
    return True


def remove_profile(name: str, *, root: Path) -> bool:
    """Take a profile off the list; its published versions stay."""
    if name not in listed_profiles(root=root):
        return False
    if len(listed_profiles(root=root)) == 1:
        raise AnalysisError(f"{name!r} is the only profile in dvc.yaml; add another before removing it")
    _edit(root, lambda items: items.replace(f"      - {name}\n", ""))
    return True


def _edit(root: Path, change: Callable[[str], str]) -> None:
    """Change the list alone, so that comments and layout of the file stay."""
    path = root / "dvc.yaml"
    text = path.read_text(encoding="utf-8")
    match = _LIST.search(text)
    if match is None:
        raise AnalysisError(
            "the `profiles` list of dvc.yaml is not in block style (one `- name` a line); edit it by hand"
        )
    start, end = match.span("items")
    write_text(path, text[:start] + change(match["items"]) + text[end:])
