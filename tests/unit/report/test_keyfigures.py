"""The file of key figures keeps to its schema, checked by another program's validator."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from analysis.report.keyfigures import FORMAT, key_figures
from analysis.report.values import KINDS
from analysis.report.versions import Version

SCHEMA = json.loads((files("analysis.report") / "key_figures.schema.json").read_text(encoding="utf-8"))
FIGURES = {
    "rules": {
        "held_up": {"label": "Rules that held up", "metric": "rules.held_up.v2", "n": 33, "direction": "up",
                    "value": {"kind": "percent", "value": 0.8, "low": 0.5, "high": 0.95, "level": 0.95}},
        "none": {"label": "No value", "metric": "rules.none.v1", "value": {"kind": "money", "value": None}},
    },
}  # fmt: skip


def version(**changes: Any) -> Version:
    facts = {
        "as_of": "2026-01-31", "synthetic": True, "key_figures": FIGURES,
        "parameters": {"report": {"title": "Shop", "currency": None}},
    }  # fmt: skip
    return Version("shop-2026-01-31-ab12", "shop", facts | changes)


def test_it_keeps_to_its_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    content = key_figures(version())
    jsonschema.validate(content, SCHEMA)
    assert content["key_figures"][0] == {
        "page": "rules", "id": "held_up", "label": "Rules that held up", "metric": "rules.held_up.v2",
        "kind": "percent", "value": 0.8, "low": 0.5, "high": 0.95, "level": 0.95, "n": 33, "direction": "up",
    }  # fmt: skip


def test_the_schema_knows_every_kind_and_the_format() -> None:
    figure = SCHEMA["properties"]["key_figures"]["items"]["properties"]
    assert set(figure["kind"]["enum"]) == set(KINDS)
    assert SCHEMA["properties"]["format"]["const"] == FORMAT


@pytest.mark.parametrize("change", [{"kind": "pounds"}, {"value": True}, {"metric": None}])
def test_the_schema_refuses_what_is_wrong(change: dict[str, Any]) -> None:
    content = key_figures(version())
    content["key_figures"][0] |= change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, SCHEMA)


def test_published_versions_keep_to_it(tmp_path: Path) -> None:
    from analysis.report.versions import Store

    (tmp_path / "pages").mkdir()
    one, store = version(), Store(tmp_path / "reports")
    store.add(one, pages=tmp_path / "pages", documents={}, files={"key_figures.json": key_figures(one)})
    kept = json.loads((store.versions_folder / one.id / "key_figures.json").read_text(encoding="utf-8"))
    jsonschema.validate(kept, SCHEMA)
