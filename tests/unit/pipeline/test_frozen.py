"""The file of a frozen segmentation: checked before anything runs, made from the last build."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import clustering
from analysis.errors import AnalysisError
from analysis.pipeline.freezing import freeze
from analysis.pipeline.links import drop_dead_links
from analysis.pipeline.params.frozen import load_frozen
from analysis.pipeline.project import Build

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.lognormal(size=(60, 3)), columns=["recency_days", "frequency", "monetary"])
    ready = clustering.prepare(frame.assign(customer_key=range(60)), columns=list(frame))
    division = clustering.kmeans(ready, k=3, order_by="monetary")
    names = clustering.name_segments(clustering.positions(ready, division))
    made = {"profile": "demo", "as_of": "2025-12-20", "data": "0" * 64}
    rfm = clustering.score_rfm(ready.frame)
    return clustering.freeze(ready, division, names, rfm=rfm, made_from=made).to_dict()


@pytest.fixture
def project(tmp_path: Path, content: dict[str, Any]) -> Path:
    (tmp_path / "params" / "frozen").mkdir(parents=True)
    (tmp_path / "params" / "demo.yaml").write_text((ROOT / "params" / "demo.yaml").read_text("utf-8"), "utf-8")
    built = Build(tmp_path, "demo").results("clustering")
    built.mkdir(parents=True)
    (built / "segmentation.json").write_text(json.dumps(content), encoding="utf-8")
    return tmp_path


def test_what_the_library_writes_is_what_the_file_must_be(project: Path, content: dict[str, Any]) -> None:
    said = freeze("demo", root=project)
    assert "params/frozen/demo.json: 3 segments of 60 customers, data as of 2025-12-20" in said
    assert "frozen: params/frozen/demo.json" in said
    read = load_frozen("params/frozen/demo.json", root=project)
    assert clustering.FrozenSegmentation.from_dict(read).to_dict() == content
    first = (project / "params/frozen/demo.json").read_bytes()
    freeze("demo", root=project)  # the same segments again change nothing
    assert (project / "params/frozen/demo.json").read_bytes() == first


def test_other_segments_take_its_place_only_when_asked(project: Path, content: dict[str, Any]) -> None:
    freeze("demo", root=project)
    changed = json.loads(json.dumps(content))
    changed["segments"][0]["centre"]["monetary"] += 1
    (Build(project, "demo").results("clustering") / "segmentation.json").write_text(json.dumps(changed), "utf-8")
    with pytest.raises(AnalysisError, match=r"is there already.*--replace"):
        freeze("demo", root=project)
    freeze("demo", root=project, replace=True)
    assert load_frozen("params/frozen/demo.json", root=project) == changed


def test_nothing_to_freeze_is_said(project: Path) -> None:
    built = Build(project, "demo")
    (built.results("clustering") / "segmentation.json").unlink()
    with pytest.raises(AnalysisError, match="not built yet"):
        freeze("demo", root=project)
    built.blocks("clustering").parent.mkdir(parents=True)
    built.blocks("clustering").write_text("{}", encoding="utf-8")
    with pytest.raises(AnalysisError, match="found no segments"):
        freeze("demo", root=project)


@pytest.mark.parametrize("to", ["/tmp/elsewhere.json", "../elsewhere.json", "params/frozen/demo.yaml"])
def test_the_file_stays_within_the_project(project: Path, to: str) -> None:
    with pytest.raises(AnalysisError, match="within the project"):
        freeze("demo", root=project, to=to)


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(format=1), r"format: .*got 1"),
        (lambda c: c.update(centers=[]), r"centers: unknown parameter"),
        (lambda c: c.pop("reach"), r"reach: missing"),
        (lambda c: c["columns"][0].update(scale=0), r"columns\.0\.scale: .*greater than 0, got 0"),
        (lambda c: c["columns"][1].update(column="recency_days"), "names a column twice"),
        (lambda c: c["segments"][0]["centre"].pop("monetary"), "centre of segment .* must name"),
        (lambda c: c["segments"][0]["centre"].update(monetary="far"), r"monetary: .*got 'far'"),
        (lambda c: c["segments"][1].update(name=c["segments"][0]["name"]), "a name twice"),
        (lambda c: c["segments"][0].update(share=0.9), "add up to 1"),
        (lambda c: c["rfm"]["cuts"].update(monetary=[3, 2, 1, 0]), "cuts of monetary must be 4 ascending numbers"),
        (lambda c: c["made_from"].update(as_of="today"), r"made_from\.as_of: .*got 'today'"),
    ],
)
def test_every_fault_of_the_file_is_named(project: Path, content: dict[str, Any], change: Change, words: str) -> None:
    spoiled = json.loads(json.dumps(content))
    change(spoiled)
    (project / "params/frozen/demo.json").write_text(json.dumps(spoiled), encoding="utf-8")
    with pytest.raises(AnalysisError, match=words) as error:
        load_frozen("params/frozen/demo.json", root=project)
    assert "params/frozen/demo.json (restore it from git, or freeze anew)" in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"), [("{", "is not JSON"), ("[]", "holds no segmentation"), ("\udcff", "UTF-8")]
)
def test_what_is_no_segmentation_is_refused(project: Path, text: str, words: str) -> None:
    (project / "params/frozen/demo.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(AnalysisError, match=words):
        load_frozen("params/frozen/demo.json", root=project)


def test_an_absent_file_is_answered_with_those_that_are_there(project: Path) -> None:
    freeze("demo", root=project)
    with pytest.raises(AnalysisError, match=r"does not exist\. There are params/frozen/demo\.json"):
        load_frozen("params/frozen/dmo.json", root=project)
    with pytest.raises(AnalysisError, match="outside the project"):
        load_frozen("../demo.json", root=project)


def test_a_dead_link_is_dropped_so_that_dvc_can_go_on(project: Path) -> None:
    folder = Build(project, "demo").frozen
    folder.mkdir(parents=True)
    (folder / "segmentation.json").symlink_to("../../../params/frozen/gone.json")
    assert drop_dead_links("demo", root=project) == ["segmentation.json"]
    assert not list(folder.iterdir())
