"""A notebook runs in JupyterLab as it stands: from its own folder, top to bottom, touching nothing a stage made."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from projects import Project

BLOCKS = "application/vnd.customer-value.blocks+json"
TOPICS = ["02_description", "06_rules"]


def files(root: Path) -> dict[str, str]:
    """SHA-256 of every file, links included, but for the bytecode that any import leaves."""
    return {
        path.relative_to(root).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Path:
    """A copy of the built project, so that a notebook that does touch something spoils no other test."""
    return Path(shutil.copytree(built.root, tmp_path / "project", symlinks=True))


@pytest.fixture
def as_a_person(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody who opens JupyterLab, without what the runner of stages sets."""
    monkeypatch.setenv("PYTHONPATH", str(project / "src"))
    for name in ("ANALYSIS_STAGE_PROFILE", "ANALYSIS_BARE_BLOCKS", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("as_a_person")
@pytest.mark.parametrize("topic", TOPICS)
def test_a_notebook_runs_from_its_own_folder(project: Path, topic: str) -> None:
    path = project / "notebooks" / f"{topic}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    before = files(project)

    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, kernel_name="python3", resources=resources, timeout=300).execute()

    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert [output for output in outputs if output.output_type in ("stream", "error")] == []
    shown = [output.data for output in outputs]
    # A cell with nothing to say about this data shows no block, such as categories where products have none.
    assert sum(len(data[BLOCKS]["blocks"]) > 0 for data in shown) >= 10
    for data in shown:
        assert data.get("text/html", "").lstrip().startswith("<"), "JupyterLab would show this block as plain text"

    after = files(project)
    assert {name: after.get(name) for name in before} == before
    new = after.keys() - before.keys()
    name = topic.split("_", 1)[1]
    assert new and all(file.startswith(f"build/scratch/demo/results/{name}/") for file in new), sorted(new)
    for file in new:  # the demo's parameters stand in the notebook, so what it finds is what the stage found
        assert after[file] == before[file.replace("build/scratch/demo/", "build/demo/")], file
