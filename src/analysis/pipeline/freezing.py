"""Keeping the segments of the last build in a file in git, so that they stay what they are from version to version."""

from __future__ import annotations

import json
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.pipeline.outputs import write_json
from analysis.pipeline.params import load_profile
from analysis.pipeline.params.files import validate
from analysis.pipeline.params.frozen import FOLDER, FrozenFile
from analysis.pipeline.project import Build

__all__ = ["freeze"]


def freeze(name: str, *, root: Path, to: str | None = None, replace: bool = False) -> str:
    """Copy the segmentation that the last build formed to a file; returns what was done and what to do next.

    Where the build used a frozen segmentation, the one that was formed anew beside it is taken: that is how a frozen
    segmentation is renewed.

    Raises
    ------
    AnalysisError
        If the profile was not built or has no segments, the file lies outside the project, or is there already.
    """
    profile = load_profile(name, root=root)
    built = Build(root, name).results("clustering") / "segmentation.json"
    if not built.is_file():
        if not Build(root, name).blocks("clustering").is_file():
            raise AnalysisError(f"{name} is not built yet, so there is nothing to freeze. Build it: dvc repro")
        raise AnalysisError(f"the last build of {name} found no segments, so there is nothing to freeze")
    target = (root / (to or f"{FOLDER}/{name}.json")).resolve()
    if not target.is_relative_to(root.resolve()) or target.suffix != ".json":
        raise AnalysisError(f"--to must name a .json file within the project, such as {FOLDER}/{name}.json; got {to}")
    shown = target.relative_to(root.resolve()).as_posix()
    content = json.loads(built.read_text(encoding="utf-8"))
    validate(FrozenFile, content, where=built.relative_to(root).as_posix())
    if target.is_file() and not replace and json.loads(target.read_text(encoding="utf-8")) != content:
        raise AnalysisError(
            f"{shown} is there already, and other segments are in it. To let the segments of the last build take their "
            f"place: python -m analysis freeze {name} --replace"
        )
    write_json(target, content)
    made = content["made_from"]
    done = f"{shown}: {len(content['segments'])} segments of {made['customers']} customers, data as of {made['as_of']}"
    if profile.clustering.frozen == shown:
        return f"{done}. Build with them: dvc repro. Commit {shown}."
    return (
        f"{done}. To use them, set in params/{name}.yaml, section clustering:  frozen: {shown}\n"
        f"then dvc repro, and commit both files."
    )
