"""Versions come back from git and the DVC cache, byte for byte, with what changed between them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from analysis.report.versions import page_hashes
from projects import Project


@pytest.fixture
def committed(twice: tuple[Project, str], tmp_path: Path) -> Project:
    """A project in git with two committed builds, to lose things in."""
    return twice[0].copied(tmp_path / "committed")


def test_lost_versions_come_back(committed: Project) -> None:
    versions = committed.root / "reports" / "versions"
    before = {folder.name: page_hashes(folder) for folder in versions.iterdir()}
    order = [entry["version"] for entry in json.loads((versions.parent / "history.json").read_text(encoding="utf-8"))]
    shutil.rmtree(versions)
    (versions.parent / "history.json").unlink()
    said = committed.analysis("history", "rebuild").stdout
    assert said.count("rebuilt") == 2 and "2 versions brought back" in said
    for name, pages in before.items():
        again = page_hashes(versions / name)
        assert {file: again[file] for file in pages if file.endswith(".html")} == {
            file: digest for file, digest in pages.items() if file.endswith(".html")
        }
    history = json.loads((versions.parent / "history.json").read_text(encoding="utf-8"))
    assert sorted(entry["version"] for entry in history) == sorted(order)
    records = [json.loads((versions / name / "version.json").read_text(encoding="utf-8")) for name in order]
    first, second = (record["parameters"]["rules"]["min_support"] for record in records)
    assert first < second
    assert all(len(record["commit"]) == 40 and not record["uncommitted"] for record in records)
    assert committed.analysis("history", "rebuild").stdout.count("present") == 2, "nothing is made twice"


def test_a_build_that_the_cache_lost_is_named(committed: Project) -> None:
    shutil.rmtree(committed.root / "reports" / "versions")
    shutil.rmtree(committed.root / ".dvc" / "cache" / "files")
    said = committed.analysis("history", "rebuild").stdout
    assert said.count("lost: its outs are no longer in the DVC cache") == 2 and "0 versions" in said


def test_without_git_it_says_so(built: Project) -> None:
    result = built.analysis("history", "rebuild", check=False)
    assert result.returncode != 0 and "not the top of a git repository" in result.stderr
