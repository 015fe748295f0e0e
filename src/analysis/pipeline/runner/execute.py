"""Executing one notebook for one profile: from the canonical notebook to blocks, key figures and an executed copy."""

from __future__ import annotations

import ast
import json
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.pipeline.canonical import parameter_cell, read_notebook
from analysis.pipeline.notebook import STAGE_PROFILE, parameters_of
from analysis.pipeline.outputs import write_json, write_text
from analysis.pipeline.params import SECTIONS, Profile, load_profile
from analysis.pipeline.project import Build, notebook_name
from analysis.pipeline.runner.document import document, key_figures, warnings_of
from analysis.pipeline.runner.environment import check_lock
from analysis.pipeline.runner.normalise import normalised
from analysis.pipeline.runner.pinned import pinned_environment
from analysis.pipeline.runner.provenance import provenance

__all__ = ["execute", "notebook_parameters"]

#: Longest part of a cell's error that is repeated in the message; the kept notebook has it all.
SHOWN_ERROR = 2000


def notebook_parameters(topic: str, name: str, profile: Profile) -> dict[str, Any]:
    """The flat parameters that a notebook's first code cell takes for a profile."""
    return {"profile": name, **parameters_of(getattr(profile, topic))}


def execute(topic: str, name: str, *, root: Path) -> None:
    """Run a notebook and keep what it says; on failure the executed part stays and the message names the cell.

    Parameters
    ----------
    topic : str
        The notebook's short name.
    name : str
        The profile.
    root : Path
        The project's root.

    Raises
    ------
    AnalysisError
        If a package differs from the lock, a parameter is wrong, or a cell fails.
    """
    check_lock(root)
    profile = load_profile(name, root=root)
    build = Build(root, name)
    source = root / "build" / "notebooks" / f"{notebook_name(topic)}.ipynb"
    parameters = notebook_parameters(topic, name, profile)
    _refuse_undeclared(parameters, read_notebook(source), topic)
    build.results(topic).mkdir(parents=True, exist_ok=True)  # an output of the stage even where nothing is written
    executed = _run(source, build.failed(topic), parameters, name, root)
    for warning in warnings_of(executed):  # for the build log: a page never shows them
        print(warning.rstrip(), file=sys.stderr)
    notebook = normalised(executed, root)
    content = document(notebook, topic=topic, provenance=provenance(topic, name, profile, root=root))
    write_json(build.blocks(topic), content)
    write_json(build.facts(topic), {"key_figures": key_figures(content)})
    write_text(build.executed(topic), json.dumps(notebook, ensure_ascii=False, indent=1) + "\n")
    build.failed(topic).unlink()


def _refuse_undeclared(parameters: dict[str, Any], notebook: dict[str, Any], topic: str) -> None:
    """Papermill only warns about a parameter that the notebook does not declare."""
    cell = parameter_cell(notebook, name=notebook_name(topic))
    declared = {ast.unparse(node.target) for node in ast.parse("".join(cell["source"])).body if hasattr(node, "target")}
    expected = {"profile", *SECTIONS[topic].model_fields}
    if declared != expected or set(parameters) != expected:
        odd = sorted(declared.symmetric_difference(expected))
        raise AnalysisError(
            f"notebooks/{notebook_name(topic)}.ipynb and the section {topic!r} of the parameters disagree on "
            f"{', '.join(odd)}. Bring the parameters cell and pipeline/params/ together."
        )


def _run(source: Path, target: Path, parameters: dict[str, Any], profile: str, root: Path) -> dict[str, Any]:
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # an optional check that costs a second
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from analysis.pipeline.runner import engine

    logging.getLogger("papermill").setLevel(logging.WARNING)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.update(pinned_environment({STAGE_PROFILE: profile, "ANALYSIS_BARE_BLOCKS": "1"}))
        os.environ["IPYTHONDIR"] = scratch
        try:
            papermill.execute_notebook(
                str(source),
                str(target),
                parameters=parameters,
                kernel_name="python3",
                engine_name=engine.NAME,
                progress_bar={"disable": not sys.stderr.isatty(), "leave": False},
                record_timing=False,
                cwd=str(root),
            )
        except PapermillExecutionError as error:
            raise AnalysisError(_failure(error, source.stem, target.relative_to(root))) from error
    return read_notebook(target)


def _failure(error: Any, name: str, kept: Path) -> str:
    """What failed, where, and where to look."""
    ours = error.ename in {"AnalysisError", "ClaimError"}
    reason = str(error.evalue) if ours else f"{error.ename}: {error.evalue}"
    first_line = next((line for line in error.source.splitlines() if line.strip()), "")
    return (
        f"{name}, code cell {error.exec_count} (it begins with {first_line!r}) failed:\n{reason[:SHOWN_ERROR]}\n"
        f"The notebook as far as it ran: {kept.as_posix()}. Earlier reports are unchanged."
    )
