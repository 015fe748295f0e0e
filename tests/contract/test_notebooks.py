"""Notebooks are thin: words for a stakeholder, short cells, no definitions, no outputs in git.

The worked examples are no stage and no report: their outputs are in git, and `tests/notebooks` holds the code to them.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from analysis.pipeline.canonical import write_canonical
from analysis.pipeline.project import NOTEBOOKS, PAGES

ROOT = Path(__file__).resolve().parents[2]
ALL = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXAMPLES = ROOT / "notebooks" / "07_worked_examples.ipynb"
STAGES = [path for path in ALL if path != EXAMPLES]
LINES = 15


def cells(path: Path) -> list[dict[str, object]]:
    return list(json.loads(path.read_text(encoding="utf-8"))["cells"])


def test_every_stage_has_one_and_the_examples_are_beside_them() -> None:
    assert [path.stem for path in STAGES] == [NOTEBOOKS[topic] for topic in PAGES]
    assert EXAMPLES.is_file()


def test_no_stage_depends_on_the_examples(tmp_path: Path) -> None:
    write_canonical(ROOT / "notebooks", tmp_path)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [path.name for path in STAGES]
    assert EXAMPLES.stem not in (ROOT / "dvc.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
def test_outputs_are_stripped(path: Path) -> None:
    for cell in cells(path):
        if cell["cell_type"] == "code":
            assert not cell["outputs"] and cell["execution_count"] is None


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_cells_are_short_and_define_nothing(path: Path) -> None:
    for cell in cells(path):
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])  # type: ignore[arg-type]
            tags = cell["metadata"].get("tags", [])  # type: ignore[attr-defined]
            assert "parameters" in tags or len(source.splitlines()) <= LINES, source
            for node in ast.walk(ast.parse(source)):
                assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda), source


@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
def test_the_order_of_the_first_cells(path: Path) -> None:
    first, second, third, *_ = cells(path)
    assert first["cell_type"] == "markdown" and "".join(first["source"]).startswith("# ")  # type: ignore[arg-type]
    assert "parameters" in second["metadata"]["tags"]  # type: ignore[index]
    assert "begin(" in "".join(third["source"])  # type: ignore[arg-type]


@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
def test_hand_written_words_hold_no_results(path: Path) -> None:
    """A number typed into Markdown would be a claim about one data set."""
    for cell in cells(path):
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])  # type: ignore[arg-type]
            assert not [character for character in text if character.isdigit()], text


def test_links_in_the_examples_lead_somewhere() -> None:
    """JupyterLab's id of a heading is its text with hyphens for blanks."""
    text = ["".join(cell["source"]) for cell in cells(EXAMPLES) if cell["cell_type"] == "markdown"]  # type: ignore[arg-type]
    headings = re.findall(r"^#+ (.+)$", "\n".join(text), flags=re.MULTILINE)
    assert len(set(headings)) == len(headings)
    links = re.findall(r"\]\(([^)]+)\)", "\n".join(text))
    anchors = [link[1:] for link in links if link.startswith("#")]
    assert len(anchors) == len(set(anchors))
    # Every heading but the title and the last is in the table of contents, in the order of the notebook.
    assert anchors == [heading.replace(" ", "-") for heading in headings[1:-1]]
    for link in links:
        assert link.startswith("#") or (EXAMPLES.parent / link).is_file(), link
