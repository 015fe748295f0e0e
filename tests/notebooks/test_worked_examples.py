"""`examples/first_steps.ipynb` gives the outputs that stand in the file, and nbval would notice if it did not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "first_steps.ipynb"
LINES = 15


def nbval(path: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook and compare its outputs with those in the file."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "--rootdir", str(path.parent)]
    return subprocess.run(
        [*command, str(path)], cwd=path.parent, env=environment, capture_output=True, text=True, check=False
    )


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_every_cell_is_short_and_has_a_text_output_to_compare() -> None:
    cells = code_cells(json.loads(EXAMPLE.read_text(encoding="utf-8")))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        source = "".join(cell["source"])
        assert len(source.splitlines()) <= LINES, source
        (output,) = cell["outputs"]
        assert output["output_type"] == "stream" and output["name"] == "stdout", source
        # Without a line like this, nbval would let any output pass.
        assert "NBVAL_" not in source and not cell["metadata"].get("tags"), source


def test_the_outputs_in_the_file_are_those_that_come_out() -> None:
    result = nbval(EXAMPLE)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    cells = code_cells(json.loads(EXAMPLE.read_text(encoding="utf-8")))
    assert f"{len(cells)} passed" in result.stdout


def test_a_wrong_output_in_the_file_is_noticed(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert text.count("mean of sales 200.0") == 1
    copy = tmp_path / EXAMPLE.name
    copy.write_text(text.replace("mean of sales 200.0", "mean of sales 220.0"), encoding="utf-8")
    result = nbval(copy)
    assert result.returncode == 1, result.stdout[-4000:] + result.stderr[-4000:]
    assert "1 failed" in result.stdout and "mean of sales 220.0" in result.stdout
