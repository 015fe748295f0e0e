"""Executed notebooks without what differs from run to run: clock, host, paths, addresses, random ids."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

__all__ = ["normalised"]

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
_KERNEL_PATH = re.compile(r"(?:/[^\s/:]+)*/ipykernel_\d+/\d+\.py")


def normalised(notebook: dict[str, Any], root: Path) -> dict[str, Any]:
    """The notebook with fixed ids, no timing metadata, and paths and addresses masked in text.

    Parameters
    ----------
    notebook : dict
        An executed notebook as JSON.
    root : Path
        The project's root, which is masked wherever text holds it.
    """
    cells = [_cell(cell, number, root) for number, cell in enumerate(notebook["cells"])]
    kernel = notebook["metadata"].get("kernelspec", {})
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _cell(cell: dict[str, Any], number: int, root: Path) -> dict[str, Any]:
    tags = sorted(cell.get("metadata", {}).get("tags", []))
    result = {
        "cell_type": cell["cell_type"],
        "id": "injected-parameters" if "injected-parameters" in tags else f"cell-{number:02d}",
        "metadata": {"tags": tags} if tags else {},
        "source": cell["source"],
    }
    if cell["cell_type"] == "code":
        result["execution_count"] = cell.get("execution_count")
        result["outputs"] = [_masked(output, root) for output in cell.get("outputs", [])]
    return result


def _masked(value: Any, root: Path) -> Any:
    if isinstance(value, str):
        text = value.replace(str(root), ".")
        return _ADDRESS.sub("0x…", _KERNEL_PATH.sub("<cell>", text))
    if isinstance(value, list):
        return [_masked(item, root) for item in value]
    if isinstance(value, dict):
        return {name: _masked(item, root) for name, item in value.items() if name != "metadata"} | (
            {"metadata": {}} if "metadata" in value else {}
        )
    return value
