"""Profiles: every fault is named at once, with its key, its value and the remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.errors import AnalysisError
from analysis.pipeline.engines import open_engine
from analysis.pipeline.params import load_profile
from analysis.pipeline.profiles import add_profile, listed_profiles, remove_profile
from analysis.pipeline.project import Build

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "params").mkdir()
    shutil.copy(ROOT / "params" / "demo.yaml", tmp_path / "params" / "demo.yaml")
    shutil.copy(ROOT / "dvc.yaml", tmp_path / "dvc.yaml")
    return tmp_path


def spoil(project: Path, old: str, new: str) -> None:
    path = project / "params" / "demo.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_unknown_profile_is_answered_with_the_nearest_name(project: Path) -> None:
    with pytest.raises(AnalysisError, match=r"no profile 'dmo'.*Did you mean 'demo'"):
        load_profile("dmo", root=project)
    (project / "params" / "demo.yaml").unlink()
    with pytest.raises(
        AnalysisError, match=r"no profile 'demo'.*Known profiles: none\. git checkout params brings back"
    ):
        load_profile("demo", root=project)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  min_confidence:", "  min_confidense:", r"rules\.min_confidense: unknown parameter.*'min_confidence'"),
        ("  min_count: 20", "  min_count: twenty", r"rules\.min_count: .*valid integer, got 'twenty'"),
        ("  min_count: 20", "  min_count: 0", r"rules\.min_count: .*greater than or equal to 1, got 0"),
        ("  currency: GBP", "  currency: pounds", r"report\.currency: .*got 'pounds'"),
        ("  as_of: null", "  as_of: 2025-12-20", r"features\.as_of: write the date in quotes"),
        ("  as_of: null", "  as_of: 2025-13-40", "not valid YAML"),
        ("  k_min: 2", "  k_min: 9", r"clustering: k_min \(9\) must not exceed k_max \(8\)"),
        ("      encoding: utf-8", "      encodng: utf-8", r"sources\.transactions\.0\.encodng: unknown.*'encoding'"),
        ("report:", "duckdb: {memory_limit: lots}\nreport:", r"duckdb\.memory_limit: .*got 'lots'"),
        ("report:", "report: [", "not valid YAML"),
        ("engine: duckdb", "engine: [s3a://x]", r"not valid YAML: .*line 2.*a colon inside \[ \] or \{ \} in quotes"),
    ],
)
def test_faults_are_named(project: Path, old: str, new: str, words: str) -> None:
    spoil(project, old, new)
    with pytest.raises(AnalysisError, match=words) as error:
        load_profile("demo", root=project)
    assert "params/demo.yaml" in str(error.value)


def test_the_engine_gets_the_memory_limit_of_the_profile(project: Path) -> None:
    limits = []
    for text in ("", "duckdb: {memory_limit: 500MB}\n"):
        spoil(project, "report:", f"{text}report:")
        with open_engine(Build(project, "demo")) as engine:
            limits.append(engine.rows("SELECT current_setting('memory_limit')")[0][0])
    assert limits == ["2.7 GiB", "476.8 MiB"]


def test_all_faults_are_reported_at_once(project: Path) -> None:
    spoil(project, "  min_count: 20", "  min_count: twenty")
    spoil(project, "  currency: GBP", "  currency: pounds")
    with pytest.raises(AnalysisError, match=r"2 invalid parameter\(s\)"):
        load_profile("demo", root=project)


def test_the_list_of_profiles_keeps_its_comments(project: Path) -> None:
    before = (project / "dvc.yaml").read_text(encoding="utf-8")
    shutil.copy(project / "params" / "demo.yaml", project / "params" / "mine.yaml")
    assert add_profile("mine", root=project) and not add_profile("mine", root=project)
    assert listed_profiles(root=project) == ["demo", "mine"]
    assert remove_profile("mine", root=project)
    assert (project / "dvc.yaml").read_text(encoding="utf-8") == before
    with pytest.raises(AnalysisError, match="only profile"):
        remove_profile("demo", root=project)


def test_a_faulty_profile_is_not_added(project: Path) -> None:
    (project / "params" / "mine.yaml").write_text("report: {title: Mine}\n", encoding="utf-8")
    with pytest.raises(AnalysisError, match=r"params/mine\.yaml"):
        add_profile("mine", root=project)
    assert listed_profiles(root=project) == ["demo"]
