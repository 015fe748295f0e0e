"""Published versions: whole or not at all, never changed, and an honest account of what differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import AnalysisError
from analysis.report.differences import differences, in_words, key_figure_changes
from analysis.report.formatting import Style
from analysis.report.versions import Decision, Store, Version, page_hashes, version_id


def figure(value: float, *, metric: str = "rules.found.v1", kind: str = "count") -> dict[str, Any]:
    return {"label": "Rules", "metric": metric, "value": {"kind": kind, "value": value}}


def facts(**changes: Any) -> dict[str, Any]:
    return {
        "as_of": "2025-12-20",
        "published": "2026-01-01T00:00:00+00:00",
        "data": [{"table": "transactions", "file": "a.csv", "rows": 10, "sha256": "1"}],
        "parameters": {"rules": {"min_support": 0.02}, "report": {"title": "Shop"}},
        "code": {"src/analysis/rules.py": "1"},
        "packages": {"pandas": "3.0"},
        "python": "3.11.2",
        "pages": {"rules.html": "1"},
        "key_figures": {"rules": {"found": figure(10)}},
    } | changes


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "rules.html").write_text("<p>one</p>", encoding="utf-8")
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "reports")


def publish(store: Store, pages: Path, at: str, **changes: Any) -> Version:
    version = Version(version_id("demo", "2025-12-20", pages), "demo", facts(published=at, **changes))
    store.add(version, pages=pages, documents={"rules": {"title": "Rules"}})
    store.record_publication(version, at=at)
    return version


def test_the_id_depends_on_content_alone(pages: Path, tmp_path: Path) -> None:
    first = version_id("demo", "2025-12-20", pages)
    twin = tmp_path / "elsewhere"
    twin.mkdir()
    (twin / "rules.html").write_text("<p>one</p>", encoding="utf-8")
    assert version_id("demo", "2025-12-20", twin) == first
    (twin / "rules.html").write_text("<p>two</p>", encoding="utf-8")
    assert version_id("demo", "2025-12-20", twin) != first


def test_a_version_is_never_changed(store: Store, pages: Path) -> None:
    version = publish(store, pages, "2026-01-01T00:00:00+00:00")
    folder = store.versions_folder / version.id
    before = page_hashes(folder)
    assert not store.add(version, pages=pages, documents={"rules": {"title": "Another"}})
    assert page_hashes(folder) == before
    document = store.document(version, "rules")
    assert document is not None and document["title"] == "Rules"


def test_an_interrupted_publication_leaves_no_version(store: Store, pages: Path) -> None:
    half = store.versions_folder / ".demo-2025-12-20-aaaa.1"
    half.mkdir(parents=True)
    (half / "version.json").write_text("{}", encoding="utf-8")
    assert store.versions() == []
    publish(store, pages, "2026-01-01T00:00:00+00:00")
    assert not half.exists() and len(store.versions()) == 1


def test_going_back_makes_the_old_version_current_again(store: Store, pages: Path) -> None:
    first = publish(store, pages, "2026-01-01T00:00:00+00:00")
    (pages / "rules.html").write_text("<p>two</p>", encoding="utf-8")
    second = publish(store, pages, "2026-01-02T00:00:00+00:00")
    assert [item.id for item in store.versions("demo")] == [second.id, first.id]
    (pages / "rules.html").write_text("<p>one</p>", encoding="utf-8")
    publish(store, pages, "2026-01-03T00:00:00+00:00")
    assert [item.id for item in store.versions("demo")] == [first.id, second.id]
    assert store.previous(first) is not None and store.previous(first).id == second.id  # type: ignore[union-attr]


def test_a_lost_history_is_rebuilt_from_the_versions(store: Store, pages: Path) -> None:
    first = publish(store, pages, "2026-01-01T00:00:00+00:00")
    (pages / "rules.html").write_text("<p>two</p>", encoding="utf-8")
    second = publish(store, pages, "2026-01-02T00:00:00+00:00")
    (store.folder / "history.json").unlink()
    assert [entry["version"] for entry in store.history()] == [first.id, second.id]


def test_a_name_must_be_unambiguous(store: Store, pages: Path) -> None:
    version = publish(store, pages, "2026-01-01T00:00:00+00:00")
    assert store.version(version.id[-8:]).id == version.id
    with pytest.raises(AnalysisError, match=r"names 0 published versions.*demo-2025-12-20"):
        store.version("nothing")


def test_decisions_are_kept_and_checked(store: Store, pages: Path) -> None:
    version = publish(store, pages, "2026-01-01T00:00:00+00:00")
    store.decide(Decision(version.id, "withdrawn", "wrong price list"))
    store.decide(Decision(version.id, "corrected", "prices mended"))
    assert store.decisions() == {version.id: Decision(version.id, "corrected", "prices mended")}
    (store.folder / "decisions.yaml").write_text("- {version: a, status: gone, reason: b}\n", encoding="utf-8")
    with pytest.raises(AnalysisError, match=r"entry 1.*'gone'"):
        store.decisions()


def versions(**changes: Any) -> tuple[Version, Version]:
    return Version("a", "demo", facts()), Version("b", "demo", facts(**changes))


def test_nothing_changed() -> None:
    assert differences(*versions()).kinds == ()


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        (
            {"data": [{"table": "transactions", "file": "a.csv", "rows": 12, "sha256": "2"}]},
            "data",
            "transactions: a.csv: 2 rows added, now 12",
        ),
        (
            {"parameters": {"rules": {"min_support": 0.03}, "report": {"title": "Shop"}}},
            "parameters",
            "rules.min_support: 0.02 → 0.03",
        ),
        ({"code": {"src/analysis/rules.py": "2"}}, "code", "rules"),
        (
            {"code": {"src/analysis/rules.py": "1", "src/analysis/locale/zh_Hans/LC_MESSAGES/rules.po": "2"}},
            "code",
            "translation into zh-Hans",
        ),
        (
            {
                "parameters": {
                    "rules": {"min_support": 0.02},
                    "report": {"title": "Shop", "languages": ["en", "zh-Hans"]},
                }
            },
            "parameters",
            "report.languages: not set → en, zh-Hans",
        ),
        ({"packages": {"pandas": "3.1"}}, "environment", "pandas: 3.0 → 3.1"),
    ],
)
def test_each_kind_of_change_is_told_apart(changes: dict[str, Any], kind: str, words: str) -> None:
    found = differences(*versions(**changes))
    assert found.kinds == (kind,)
    assert in_words(found, Style()) == ((f"{kind} changed", (words,)),)


def test_figures_of_another_definition_are_not_compared() -> None:
    before, after = versions(key_figures={"rules": {"found": figure(12, metric="rules.found.v2")}})
    assert key_figure_changes(before, after)["rules"]["rules.found.v2"].reason
    before, after = versions(key_figures={"rules": {"found": figure(12)}})
    change = key_figure_changes(before, after)["rules"]["rules.found.v1"]
    assert change.reason is None and change.previous is not None and change.previous.value == 10


def test_a_record_is_readable_json(store: Store, pages: Path) -> None:
    version = publish(store, pages, "2026-01-01T00:00:00+00:00")
    record = json.loads((store.versions_folder / version.id / "version.json").read_text(encoding="utf-8"))
    assert record["id"] == version.id and record["pages"] == {"rules.html": "1"}
