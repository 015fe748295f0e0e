"""Imports run one way, and every stage depends on the code that it runs."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from analysis.pipeline.project import NOTEBOOKS

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
SHARED = ("bootstrap", "multiplicity", "parallel", "sampling", "shares")
TOPICS = (
    "cleaning",
    "features",
    "description",
    "correlation",
    "regression",
    "clustering",
    "rules",
    "classification",
    "recommendation",
    "lifetime",
    "bootstrap",
    "multiplicity",
    "parallel",
    "sampling",
    "shares",
)
NOTEBOOK_STAGES = tuple(NOTEBOOKS)

#: Imports that happen only when a person looks at a notebook, never in a stage.
INTERACTIVE = {
    ("analysis.report.blocks", "analysis.report.page"),
    ("analysis.pipeline.notebook", "analysis.pipeline.pages"),
    ("analysis.pipeline.notebook", "analysis.report"),
    ("analysis.pipeline.notebook", "analysis.report.page"),
}
#: Code that checks or places files but cannot change what stands in an output.
NEUTRAL = ("analysis.errors", "analysis.pipeline.params", "analysis.pipeline.project", "analysis.pipeline.outputs")
#: Read to check a profile; the stage that applies the rules, or writes the languages, depends on the whole package.
CHECKED_BY_PARAMETERS = {
    ("analysis.pipeline.params.tables", "analysis.cleaning.cells.rules"),
    ("analysis.pipeline.params.tables", "analysis.report.language"),
}


def module_path(name: str) -> Path | None:
    base = SOURCE.joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def imported(tree: ast.AST) -> Iterator[str]:
    """Every `analysis` module that the code imports, at any depth, but not for type checking alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "analysis")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "analysis":
            assert node.level == 0, "relative imports hide the direction"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if module_path(full) else str(node.module)


@cache
def imports_of(name: str) -> frozenset[str]:
    path = module_path(name)
    assert path is not None, name
    found = set(imported(ast.parse(path.read_text(encoding="utf-8"))))
    return frozenset(
        item for item in found if (name, item) not in {*INTERACTIVE, *CHECKED_BY_PARAMETERS} and item != "analysis"
    )


def closure(start: set[str]) -> set[str]:
    seen: set[str] = set()
    waiting = set(start)
    while waiting:
        name = waiting.pop()
        if name in seen or module_path(name) is None:
            continue
        seen.add(name)
        waiting |= imports_of(name)
    return seen


def all_modules() -> list[str]:
    names = []
    for path in sorted((SOURCE / "analysis").rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def layer(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


ALLOWED = {
    "data": {"data", "errors"},
    "report": {"report", "errors"},
    "findings": {"findings", "report", "errors", *TOPICS},
    "errors": set(),
    **{topic: {topic, *SHARED, "errors"} for topic in TOPICS},
    "lifetime": {"lifetime", "correlation", *SHARED, "errors"},  # value beside frequency is a correlation
    "cleaning": {"cleaning", "data", "shares", "errors"},
    "features": {"features", "data", "errors"},
}


@pytest.mark.parametrize("name", [name for name in all_modules() if layer(name) in ALLOWED])
def test_imports_run_one_way(name: str) -> None:
    wrong = {item for item in imports_of(name) if layer(item) not in ALLOWED[layer(name)]}
    assert not wrong, f"{name} may import {sorted(ALLOWED[layer(name)])}, not {sorted(wrong)}"


def test_topics_know_no_engine_but_cleaning_and_features() -> None:
    for name in all_modules():
        if layer(name) in TOPICS and layer(name) not in {"cleaning", "features"}:
            assert not {item for item in imports_of(name) if layer(item) == "data"}, name


def stages() -> dict[str, dict[str, object]]:
    return dict(YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"])


def notebook_imports(stage: str) -> set[str]:
    path = ROOT / "notebooks" / f"{NOTEBOOKS[stage]}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return set(imported(ast.parse(code)))


def entry(stage: str) -> set[str]:
    if stage in NOTEBOOK_STAGES:
        return notebook_imports(stage) | {"analysis.pipeline.runner.execute"}
    return {
        "notebooks": {"analysis.pipeline.canonical"},
        "inputs": {"analysis.pipeline.inputs"},
        "ingest": {"analysis.data.sources"},
        "features": {"analysis.features"},
        "pages": {"analysis.pipeline.pages"},
    }[stage]


@pytest.mark.parametrize("stage", [name for name in stages() if name != "publish"])
def test_a_stage_depends_on_the_code_it_runs(stage: str) -> None:
    depends = [str(item) for item in stages()[stage]["deps"] if str(item).startswith("src/")]  # type: ignore[union-attr]
    missing = []
    for name in closure(entry(stage)):
        path = module_path(name)
        assert path is not None
        relative = path.relative_to(ROOT).as_posix()
        covered = any(relative == item or relative.startswith(f"{item}/") for item in depends)
        if (
            not covered
            and not name.startswith(NEUTRAL)
            and path.read_text(encoding="utf-8").count("\nfrom ")
            + len(
                [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(("def ", "class "))]
            )
        ):
            missing.append(relative)
    assert not missing, f"dvc.yaml, stage {stage}: add to deps {sorted(missing)}"


@pytest.mark.parametrize("stage", list(stages()))
def test_every_dependency_in_the_source_tree_exists(stage: str) -> None:
    for item in stages()[stage]["deps"]:  # type: ignore[union-attr]
        if str(item).startswith(("src/", "notebooks", "requirements")):
            assert (ROOT / str(item)).exists(), item
