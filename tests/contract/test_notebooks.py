"""Notebooks are thin: words for a stakeholder, short cells, no definitions, no outputs in git."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LINES = 15


def cells(path: Path) -> list[dict[str, object]]:
    return list(json.loads(path.read_text(encoding="utf-8"))["cells"])


def test_all_seven_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "00_summary",
        "01_cleaning",
        "02_description",
        "03_correlation",
        "04_regression",
        "05_clustering",
        "06_rules",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(path: Path) -> None:
    for cell in cells(path):
        if cell["cell_type"] == "code":
            assert not cell["outputs"] and cell["execution_count"] is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_are_short_and_define_nothing(path: Path) -> None:
    for cell in cells(path):
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])  # type: ignore[arg-type]
            tags = cell["metadata"].get("tags", [])  # type: ignore[attr-defined]
            assert "parameters" in tags or len(source.splitlines()) <= LINES, source
            for node in ast.walk(ast.parse(source)):
                assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda), source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_order_of_the_first_cells(path: Path) -> None:
    first, second, third, *_ = cells(path)
    assert first["cell_type"] == "markdown" and "".join(first["source"]).startswith("# ")  # type: ignore[arg-type]
    assert "parameters" in second["metadata"]["tags"]  # type: ignore[index]
    assert "begin(" in "".join(third["source"])  # type: ignore[arg-type]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_hand_written_words_hold_no_results(path: Path) -> None:
    """A number typed into Markdown would be a claim about one data set."""
    for cell in cells(path):
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])  # type: ignore[arg-type]
            assert not [character for character in text if character.isdigit()], text
