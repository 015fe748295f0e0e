"""The index: what became of each version, why, and by which one it was replaced; and a hundred versions of it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from analysis.report.formatting import Style
from analysis.report.index import index_page
from analysis.report.versions import Decision, Store, Version

PAGES = ("summary", "cleaning", "rules", "clustering", "regression", "description")
STYLES = {"demo": Style(currency="GBP"), "zh-Hans": Style(currency="GBP", language="zh-Hans")}


def facts(number: int) -> dict[str, Any]:
    """The record of a version, as large as that of a real one."""
    figure = {"label": "Rules", "value": {"kind": "count", "value": 10 + number}, "direction": "up"}
    return {
        "as_of": "2025-12-20", "synthetic": False, "commit": f"{number:040x}", "uncommitted": False,
        "period": ["2024-06-20", f"2025-12-{1 + number % 20:02d}"],
        "published": f"2026-01-01T{number // 60:02d}:{number % 60:02d}:00+00:00",
        "data": [{"table": "transactions", "file": f"{n}.csv", "rows": 1000 + number, "sha256": f"{number}"}
                 for n in range(8)],
        "parameters": {"report": {"title": "Shop", "languages": ["en", "zh-Hans"], "currency": "GBP"},
                       "rules": {f"option_{n}": n + number % 2 for n in range(60)}},
        "code": {f"src/analysis/rules/part_{n}.py": f"{number % 3}" for n in range(150)},
        "packages": {f"package-{n}": f"{number % 5}" for n in range(150)}, "python": "3.11.2",
        "pages": {f"{page}{suffix}.html": f"{number}" for page in PAGES for suffix in ("", ".zh-Hans")},
        "key_figures": {page: {f"k{n}": {**figure, "metric": f"{page}.k{n}.v1"} for n in range(6)} for page in PAGES},
    }  # fmt: skip


def store_of(folder: Path, count: int) -> Store:
    (folder / "pages").mkdir()
    store = Store(folder / "reports")
    for number in range(count):
        version = Version(f"demo-2025-12-20-{number:08x}", "demo", facts(number))
        documents = {page: {"title": page.title(), "items": []} for page in PAGES}
        store.add(version, pages=folder / "pages", documents=documents)
        store.record_publication(version, at=version.published)
    return store


def index_of(store: Store, language: str = "en") -> str:
    style = STYLES["demo" if language == "en" else language]
    return index_page(store, styles={"demo": style}, pages=PAGES, plain=style)


def row_of(html: str, version: str) -> str:
    (found,) = re.findall(rf'(?s)<tr id="{version}">.*?</tr>', html)
    return str(found)


@pytest.mark.parametrize(("language", "words"), [("en", "replaced by"), ("zh-Hans", "取代")])
def test_a_version_names_the_one_that_replaced_it(tmp_path: Path, language: str, words: str) -> None:
    html = index_of(store_of(tmp_path, 3), language)
    for number in range(2):
        row, next_one = row_of(html, f"demo-2025-12-20-{number:08x}"), f"demo-2025-12-20-{number + 1:08x}"
        assert f'href="#{next_one}"' in row and words in row
    newest = row_of(html, "demo-2025-12-20-00000002")
    assert words not in newest and 'class="status current"' in newest


def test_a_decision_stands_beside_its_reason_and_the_successor(tmp_path: Path) -> None:
    store = store_of(tmp_path, 2)
    store.decide(Decision("demo-2025-12-20-00000000", "corrected", "wrong <price> list"))
    store.decide(Decision("demo-2025-12-20-00000001", "withdrawn", "lines were missing"))
    html = index_of(store)
    first, second = (row_of(html, f"demo-2025-12-20-{number:08x}") for number in range(2))
    assert "corrected" in first and "wrong &lt;price&gt; list" in first and "#demo-2025-12-20-00000001" in first
    assert "withdrawn" in second and "lines were missing" in second and "replaced" not in second


def test_every_kind_of_change_is_told_with_old_and_new(tmp_path: Path) -> None:
    row = row_of(index_of(store_of(tmp_path, 2)), "demo-2025-12-20-00000001")
    text = " ".join(re.sub(r"<[^>]+>", " ", row).split())
    for words in (
        "period of the purchases: 2024-06-20 – 2025-12-01 → 2024-06-20 – 2025-12-02",
        "transactions: 0.csv: 1 rows added, now 1,001",
        "rules.option_0: 0 → 1",
        "rules.part_0",
        "package-0: 0 → 1",
        "Rules: 11 ▲ up 1",
    ):
        assert words in text, f"{words}: {text}"


def test_a_hundred_versions_keep_it_small_and_quick(tmp_path: Path) -> None:
    store = store_of(tmp_path, 100)
    index_of(store)  # templates are read once
    started = time.process_time()
    html = index_of(store)
    assert time.process_time() - started < 1
    assert len(html.encode()) < 500_000
    assert html.count("<tr id=") == 100
