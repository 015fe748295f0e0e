"""Cells run in the stage's own process leave what a kernel would: held against papermill's engine with a kernel."""

from __future__ import annotations

import builtins
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

from analysis.pipeline.runner.engine import NAME
from analysis.pipeline.runner.normalise import normalised

CELLS = [
    "given: int = 1",
    "print('one')\nprint('two')\ngiven + 1",
    "import sys\nprint('oh', file=sys.stderr)",
    "",
    "import pandas as pd\nframe = pd.DataFrame({'a': range(3), 'b': ['x', 'y', 'z']})\nframe",
    "frame;",
    "from IPython.display import HTML, clear_output, display\n"
    "handle = display(HTML('<b>1</b>'), display_id='bold')\ndisplay(2)",
    "handle.update(HTML('<b>2</b>'))\nNone",
    "print('gone')\nclear_output()\nprint('stays')",
    "print('replaced')\nclear_output(wait=True)\nprint('later')",
    "class Block:\n    def _repr_mimebundle_(self, **_):\n"
    "        return {'text/plain': 'block', 'application/x-test+json': {'n': (1, 2), 'x': float(1)}}\nBlock()",
    "_",
    "x = 41\nx += 1",
    "%precision 3\n1 / 3",
    "await __import__('asyncio').sleep(0, 'awaited')",
]


@pytest.fixture(autouse=True)
def no_last_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the `_` that doctests leave among the builtins: IPython does not set it where somebody else did."""
    monkeypatch.delattr(builtins, "_", raising=False)


def executed(folder: Path, cells: list[str], engine: str | None) -> dict[str, Any]:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.cells[0].metadata["tags"] = ["parameters"]
    source, target = folder / "in.ipynb", folder / f"{engine or 'kernel'}.ipynb"
    nbformat.write(notebook, source)
    with ThreadPoolExecutor(1) as pool:  # a test before this one may have left an event loop running in this thread
        pool.submit(
            papermill.execute_notebook, str(source), str(target), parameters={"given": 6}, kernel_name="python3",
            progress_bar=False, engine_name=engine,
        ).result()  # fmt: skip
    return json.loads(target.read_text(encoding="utf-8"))


def test_outputs_are_those_of_a_kernel(tmp_path: Path) -> None:
    ours, kernels = (normalised(executed(tmp_path, CELLS, engine), tmp_path) for engine in (NAME, None))
    for mine, theirs in zip(ours["cells"], kernels["cells"], strict=True):
        assert mine == theirs
    assert ours == kernels


@pytest.mark.parametrize("fault", ["1 / 0", "def", "raise SystemExit(3)"])
def test_a_fault_stops_the_notebook_and_is_told_alike(tmp_path: Path, fault: str) -> None:
    told = []
    for engine in (NAME, None):
        with pytest.raises(PapermillExecutionError) as caught:
            executed(tmp_path, ["given: int = 1", "2", fault, "print('never')"], engine)
        error = caught.value
        said = re.sub(r" \(.*, line", " (line", error.evalue)  # how a cell is called differs
        told.append((error.ename, said, error.exec_count, error.source))
        kept = json.loads((tmp_path / f"{engine or 'kernel'}.ipynb").read_text(encoding="utf-8"))
        assert [cell["outputs"] for cell in kept["cells"] if "never" in "".join(cell["source"])] == [[]]
    assert told[0] == told[1]


def test_each_notebook_has_a_namespace_of_its_own(tmp_path: Path) -> None:
    executed(tmp_path, ["given: int = 1", "mine = given"], NAME)
    with pytest.raises(PapermillExecutionError, match="NameError"):
        executed(tmp_path, ["given: int = 1", "mine"], NAME)
