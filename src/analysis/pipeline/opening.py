"""Opening a notebook in JupyterLab with exactly the parameters of a profile's run."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.pipeline.canonical import PARAMETERS, canonical, parameter_cell, read_notebook
from analysis.pipeline.outputs import write_text
from analysis.pipeline.params import load_profile
from analysis.pipeline.project import notebook_name
from analysis.pipeline.runner.execute import notebook_parameters

__all__ = ["open_notebook", "with_parameters"]


def open_notebook(topic: str, name: str, *, root: Path, server: bool = True, browser: bool = True) -> Path:
    """Write a copy of the notebook with the profile's parameters to `build/scratch/` and open it.

    A copy that somebody has edited is kept; the new one then gets the next free number.

    Parameters
    ----------
    topic, name : str
        The notebook's short name and the profile.
    root : Path
        The project's root.
    server : bool
        Start JupyterLab on 127.0.0.1; otherwise only write the copy.
    browser : bool
        Let JupyterLab open a browser.
    """
    source = read_notebook(root / "notebooks" / f"{notebook_name(topic)}.ipynb")
    notebook = with_parameters(source, notebook_parameters(topic, name, load_profile(name, root=root)))
    path = _free_path(root / "build" / "scratch" / name, notebook_name(topic), notebook)
    write_text(path, json.dumps(notebook, ensure_ascii=False, indent=1) + "\n")
    print(f"{notebook_name(topic)} with the parameters of {name}: {path.relative_to(root).as_posix()}", flush=True)
    if server:
        options = [] if browser else ["--no-browser"]
        command = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", *options, str(path.relative_to(root))]
        code = subprocess.run(command, cwd=root, check=False).returncode
        if code:
            raise AnalysisError(f"JupyterLab ended with code {code}; its message stands above. The notebook is kept.")
    return path


def with_parameters(notebook: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The notebook with other literals in its parameters cell, and the annotations as they were."""
    result = json.loads(json.dumps(notebook))
    for cell in result["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
        if PARAMETERS in cell.get("metadata", {}).get("tags", []):
            cell["source"] = "\n".join(_assignments("".join(parameter_cell(notebook, name="")["source"]), values))
    return dict(result)


def _assignments(source: str, values: dict[str, Any]) -> list[str]:
    lines = []
    for node in ast.parse(source).body:
        assert isinstance(node, ast.AnnAssign)
        name = ast.unparse(node.target)
        lines.append(f"{name}: {ast.unparse(node.annotation)} = {values[name]!r}")
    return lines


def _free_path(folder: Path, stem: str, notebook: dict[str, Any]) -> Path:
    """The first name that is free or holds the same cells."""
    wanted = canonical(notebook, name=stem)
    number = 1
    while True:
        path = folder / (f"{stem}.ipynb" if number == 1 else f"{stem}-{number}.ipynb")
        if not path.is_file() or canonical(read_notebook(path), name=stem) == wanted:
            return path
        number += 1
