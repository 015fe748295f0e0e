"""A browser, and the pages to look at: the demo's as published, and hostile ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.report.formatting import Style
from analysis.report.page import render
from browser.hostile import documents
from browser.opened import Opened, browser, chromium_path
from projects import Project


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Headless Chromium; the tests are skipped without one, or fail where `REQUIRE_BROWSER=1`."""
    executable = chromium_path()
    if executable is None:
        reason = "there is no chromium on the path; on Debian: apt-get install chromium"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with browser(executable) as running:
        yield running


@pytest.fixture(scope="session")
def published(twice: tuple[Project, str]) -> Path:
    """The reports of the demo after two versions: the pages, the index and a comparison."""
    return twice[0].root / "reports"


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hostile pages, with the files beside them."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, document in documents().items():
        page = render(document, style=Style(currency="GBP"))
        (folder / f"{name}.html").write_text(page.html, encoding="utf-8")
        for file, content in page.files.items():
            (folder / file).write_bytes(content)
    return folder


@pytest.fixture(scope="session")
def opened(chromium: Any) -> Iterator[Callable[[Path], Opened]]:
    """Open a page; only the page of the last call stays open, since one page is looked at by many checks in turn."""
    current: dict[Path, Opened] = {}

    def look(path: Path) -> Opened:
        if path not in current:
            for page in current.values():
                page.close()
            current.clear()
            current[path] = Opened(path, chromium)
        return current[path]

    yield look
    for page in current.values():
        page.close()
