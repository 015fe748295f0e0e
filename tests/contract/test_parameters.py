"""One contract of parameters: typed models = YAML files = notebooks = `dvc.yaml`."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from analysis.pipeline.params import SECTIONS, load_profile
from analysis.pipeline.project import NOTEBOOKS, PAGES
from analysis.pipeline.runner.execute import notebook_parameters

ROOT = Path(__file__).resolve().parents[2]
PROFILES = sorted(path.stem for path in (ROOT / "params").glob("*.yaml"))


def notebook_path(topic: str) -> Path:
    return ROOT / "notebooks" / f"{NOTEBOOKS[topic]}.ipynb"


def parameter_source(topic: str) -> str:
    cells = json.loads(notebook_path(topic).read_text(encoding="utf-8"))["cells"]
    (cell,) = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    return "".join(cell["source"])


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_is_valid_and_complete(name: str) -> None:
    profile = load_profile(name, root=ROOT)
    content = YAML(typ="safe").load((ROOT / "params" / f"{name}.yaml").read_text(encoding="utf-8"))
    for topic, section in SECTIONS.items():
        assert set(content[topic] or {}) == set(section.model_fields), f"{name}.{topic} must name every parameter"
    assert profile.report.title


@pytest.mark.parametrize("topic", PAGES)
def test_the_parameters_cell_holds_the_demo_profile(topic: str) -> None:
    expected = notebook_parameters(topic, "demo", load_profile("demo", root=ROOT))
    found = {
        ast.unparse(node.target): ast.literal_eval(node.value)
        for node in ast.parse(parameter_source(topic)).body
        if isinstance(node, ast.AnnAssign) and node.value is not None
    }
    assert found == expected
    assert list(found) == ["profile", *SECTIONS[topic].model_fields], "same order as in the model"


@pytest.mark.parametrize("topic", PAGES)
def test_papermill_sees_the_same_parameters(topic: str) -> None:
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import papermill

    seen = papermill.inspect_notebook(str(notebook_path(topic)))
    assert set(seen) == {"profile", *SECTIONS[topic].model_fields}


def test_dvc_yaml_names_the_sections_that_a_stage_reads() -> None:
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for topic in PAGES:
        (named,) = stages[topic]["params"]
        (sections,) = named.values()
        expected = {topic, "engine"} if topic == "cleaning" else {topic, "features"}
        assert set(sections) == expected, topic
    assert stages["features"]["params"][0]["params/${item.profile}.yaml"] == ["engine", "features"]
    assert stages["pages"]["params"][0]["params/${item.profile}.yaml"] == ["report"]
    assert stages["ingest"]["params"][0]["params/${item.profile}.yaml"] == ["sources"]


def test_the_committed_list_of_profiles_is_the_demo() -> None:
    content = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    assert content["vars"][0]["profiles"][0] == "demo"
