"""All stages of a profile in one process: what data does to the pages, without the cost of DVC and of kernels.

`tests/pipeline/test_build.py` runs the same stages as a user does. Here each cell of a notebook is executed in order in
one namespace, as a kernel would, with the profile's own parameters.
"""

from __future__ import annotations

import ast
from collections.abc import Container
from pathlib import Path
from typing import Any

import pytest

from analysis.pipeline.canonical import PARAMETERS, read_notebook
from analysis.pipeline.cli import main
from analysis.pipeline.notebook import STAGE_PROFILE
from analysis.pipeline.runner import execute
from analysis.pipeline.runner.pinned import PINNED
from analysis.pipeline.yaml_files import load_yaml
from projects import Project

__all__ = ["build_in_process"]


def build_in_process(
    project: Project, profile: str, patch: pytest.MonkeyPatch, *, only: Container[str] | None = None
) -> None:
    """Run the command of every stage of `dvc.yaml`, or of those named, in the order of the file, for one profile."""
    patch.chdir(project.root)
    for name, value in {**PINNED, STAGE_PROFILE: profile, "ANALYSIS_BARE_BLOCKS": "1"}.items():
        patch.setenv(name, value)
    patch.setattr(execute, "_run", _executed)
    for name, stage in load_yaml(project.root / "dvc.yaml", root=project.root)["stages"].items():
        if only is not None and name not in only:
            continue
        arguments = stage["cmd"].replace("${item.profile}", profile).split()
        assert main(arguments[1:]) == 0, f"the stage {name} of {profile} failed"


def _executed(source: Path, target: Path, parameters: dict[str, Any], profile: str, root: Path) -> dict[str, Any]:
    """In place of papermill: the notebook with the value of each cell's last expression as its output."""
    notebook = read_notebook(source)
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        if PARAMETERS in cell["metadata"].get("tags", []):
            names |= parameters
            continue
        value = _value(ast.parse("".join(cell["source"])), f"{source.stem} {cell['id']}", names)
        if value is not None:
            data = value._repr_mimebundle_()
            cell["outputs"] = [{"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch()
    return notebook


def _value(tree: ast.Module, name: str, names: dict[str, Any]) -> Any:
    """Run a cell; the value of its last line if that is an expression."""
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), names)
    return eval(compile(ast.Expression(last.value), name, "eval"), names) if isinstance(last, ast.Expr) else None
