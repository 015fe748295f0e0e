"""What stands between a notebook and its outputs: canonical form, normalisation, document, parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import AnalysisError
from analysis.pipeline.canonical import canonical
from analysis.pipeline.opening import with_parameters
from analysis.pipeline.runner.document import document, key_figures
from analysis.pipeline.runner.environment import locked_versions
from analysis.pipeline.runner.normalise import normalised
from analysis.report.blocks import MIME_TYPE, KeyFigure, blocks
from analysis.report.values import count


def cell(source: str, *, kind: str = "code", tags: tuple[str, ...] = (), outputs: Any = ()) -> dict[str, Any]:
    extra = {"execution_count": 3, "outputs": list(outputs)} if kind == "code" else {}
    return {"cell_type": kind, "id": "random", "metadata": {"tags": list(tags)}, "source": source, **extra}


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    parameters = cell("profile: str = 'demo'\nk: int = 4  # groups", tags=("parameters",))
    return {"cells": [parameters, *cells], "metadata": {"widgets": {}}, "nbformat": 4, "nbformat_minor": 5}


def test_outputs_and_parameter_values_do_not_change_the_canonical_form() -> None:
    ran = notebook(cell("1 + 1", outputs=[{"output_type": "stream", "name": "stdout", "text": ["2"]}]))
    other = json.loads(json.dumps(notebook(cell("1 + 1"))).replace("k: int = 4", "k: int = 7"))
    assert canonical(ran, name="a") == canonical(other, name="a")
    assert canonical(ran, name="a") != canonical(notebook(cell("1 + 2")), name="a")
    assert "".join(canonical(ran, name="a")["cells"][0]["source"]) == "profile: str = ...\nk: int = ..."


def test_a_parameters_cell_holds_annotated_literals_only() -> None:
    wrong = notebook()
    wrong["cells"][0]["source"] = "k = 4"
    with pytest.raises(AnalysisError, match="annotated literals"):
        canonical(wrong, name="a")
    with pytest.raises(AnalysisError, match="0 cells tagged"):
        canonical({"cells": [], "metadata": {}, "nbformat": 4}, name="a")


def test_nothing_of_the_run_is_left(tmp_path: Path) -> None:
    text = f"{tmp_path}/data.csv at 0x7f3a2b1c4d5e\n/tmp/ipykernel_4711/123.py:1: UserWarning"
    output = {"output_type": "stream", "name": "stderr", "text": text, "metadata": {"iopub": "12:00"}}
    timed = cell("x", outputs=[output])
    timed["metadata"] |= {"papermill": {"duration": 1.0}, "execution": {"started": "12:00"}}
    result = json.dumps(normalised({**notebook(timed), "metadata": {"papermill": {"start_time": "12"}}}, tmp_path))
    for trace in (str(tmp_path), "0x7f", "ipykernel", "duration", "12:00", "start_time", "random"):
        assert trace not in result


def emitted(*figures: KeyFigure) -> dict[str, Any]:
    data = {MIME_TYPE: {"blocks": [block.to_dict() for block in blocks(*figures)]}}
    return cell("x", outputs=[{"output_type": "display_data", "data": data, "metadata": {}}])


def test_a_document_holds_words_and_blocks_alone() -> None:
    figure = KeyFigure("customers", "Customers", count(5), "description.customers.v1")
    stream = cell("print('secret')", outputs=[{"output_type": "stream", "name": "stdout", "text": "secret"}])
    made = {"cells": [cell("# Title\n\nWords.", kind="markdown"), stream, emitted(figure)]}
    content = document(made, topic="description", provenance={})
    assert content["title"] == "Title" and "secret" not in json.dumps(content)
    assert key_figures(content)["customers"]["value"] == {"kind": "count", "value": 5}


def test_ids_are_unique_and_a_title_is_needed() -> None:
    figure = KeyFigure("customers", "Customers", count(5), "description.customers.v1")
    title = cell("# Title", kind="markdown")
    with pytest.raises(AnalysisError, match="'customers'"):
        document({"cells": [title, emitted(figure), emitted(figure)]}, topic="description", provenance={})
    with pytest.raises(AnalysisError, match="Title"):
        document({"cells": [emitted(figure)]}, topic="description", provenance={})


def test_a_notebook_opens_with_the_parameters_of_a_run() -> None:
    opened = with_parameters(notebook(), {"profile": "mine", "k": None})
    assert opened["cells"][0]["source"] == "profile: str = 'mine'\nk: int = None"


def test_the_lock_is_read_for_this_python(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "ruamel-yaml==0.19.1 \\\n    --hash=sha256:00\nold==1.0 ; python_full_version < '3' \\\n    --hash=sha256:00\n",
        encoding="utf-8",
    )
    assert locked_versions(lock) == {"ruamel-yaml": "0.19.1"}
