"""Versions come back from git and the DVC cache, byte for byte, with what changed between them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from analysis.report.versions import page_hashes
from projects import Project

ROOT = Path(__file__).resolve().parents[2]


def git(project: Project, *arguments: str) -> None:
    project.run("git", "-c", "user.name=A", "-c", "user.email=a@b.c", *arguments)


def commit(project: Project, words: str) -> None:
    git(project, "add", "-A")
    git(project, "commit", "-qm", words)


@pytest.fixture
def committed(built: Project, tmp_path: Path) -> Project:
    """A project in git with two committed builds."""
    root = tmp_path / "committed"
    shutil.copytree(built.root, root, symlinks=True)
    (root / ".dvc" / "config.local").unlink()
    shutil.copy(ROOT / ".gitignore", root)
    shutil.copy(ROOT / ".dvc" / ".gitignore", root / ".dvc")
    project = Project(root)
    git(project, "init", "-q", "-b", "main")
    commit(project, "First build")
    project.edit("params/demo.yaml", "  most_rules: 5", "  most_rules: 4")
    project.repro()
    commit(project, "Fewer rules on the summary")
    return project


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
    assert [record["parameters"]["summary"]["most_rules"] for record in records] == [5, 4]
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
