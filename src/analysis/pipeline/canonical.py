"""Canonical notebooks: what a stage depends on, whatever JupyterLab has saved.

Outputs, counts and editor metadata are dropped, and the values of the parameters cell are removed, so that neither
opening a notebook nor changing one profile's parameters makes another profile's stage run.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.pipeline.project import NOTEBOOKS, notebook_name

__all__ = ["PARAMETERS", "canonical", "parameter_cell", "read_notebook", "write_canonical"]

PARAMETERS = "parameters"


def read_notebook(path: Path) -> dict[str, Any]:
    """The notebook as JSON, or a message that says what is wrong with the file."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise AnalysisError(f"{path.name} is not a notebook: {error}. Restore it: git checkout {path.name}") from error
    if notebook.get("nbformat") != 4 or "cells" not in notebook:
        raise AnalysisError(f"{path.name} is not a notebook of format 4. Open and save it in JupyterLab.")
    return dict(notebook)


def parameter_cell(notebook: dict[str, Any], *, name: str) -> dict[str, Any]:
    """The one code cell tagged `parameters`."""
    tagged = [cell for cell in notebook["cells"] if PARAMETERS in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise AnalysisError(f"{name} has {len(tagged)} cells tagged {PARAMETERS!r}; it needs exactly one")
    return dict(tagged[0])


def canonical(notebook: dict[str, Any], *, name: str) -> dict[str, Any]:
    """The notebook without outputs, counts, editor metadata and parameter values."""
    parameter_cell(notebook, name=name)
    cells = [_cell(cell, number) for number, cell in enumerate(notebook["cells"])]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def write_canonical(source: Path, target: Path) -> None:
    """Write the canonical form of every notebook that has a stage to another folder.

    Others, such as the worked examples, may lie beside them: no stage depends on those.
    """
    target.mkdir(parents=True, exist_ok=True)
    for path in (source / f"{notebook_name(topic)}.ipynb" for topic in NOTEBOOKS):
        text = json.dumps(canonical(read_notebook(path), name=path.name), ensure_ascii=False, indent=1)
        (target / path.name).write_text(text + "\n", encoding="utf-8")


def _cell(cell: dict[str, Any], number: int) -> dict[str, Any]:
    source = "".join(cell["source"])
    tags = sorted(cell.get("metadata", {}).get("tags", []))
    result: dict[str, Any] = {
        "cell_type": cell["cell_type"],
        "id": f"cell-{number:02d}",
        "metadata": {"tags": tags} if tags else {},
    }
    if cell["cell_type"] == "code":
        if PARAMETERS in tags:
            source = "\n".join(_declarations(source))
        result |= {"execution_count": None, "outputs": []}
    result["source"] = source.splitlines(keepends=True)
    return result


def _declarations(source: str) -> Iterator[str]:
    """`min_support: float = 0.02` becomes `min_support: float = ...`: declared, but not set."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign):
            yield f"{ast.unparse(node.target)}: {ast.unparse(node.annotation)} = ..."
        else:
            raise AnalysisError(
                f"the parameters cell holds {ast.unparse(node)!r}; only annotated literals may stand there, "
                "such as `k: int = 4`"
            )
