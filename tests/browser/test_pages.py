"""Every page, the index and a comparison, and pages of hostile data, pass every check in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.pipeline.project import PAGES
from browser.acceptance import CHECKS
from browser.hostile import documents
from browser.opened import Opened

HISTORY = ("index", "comparison")


def _path(reports: Path, name: str) -> Path:
    if name == "index":
        return reports / "index.html"
    if name == "comparison":
        return sorted((reports / "comparisons").rglob("*.html"))[0]
    return reports / "latest" / "demo" / f"{name}.html"


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", [*PAGES, *HISTORY])
def test_published_pages(name: str, check: str, published: Path, opened: Callable[[Path], Opened]) -> None:
    faults = list(CHECKS[check](opened(_path(published, name))))
    assert not faults, f"{check} on {name}: {CHECKS[check].__doc__}\n" + "\n".join(faults[:10])


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", documents())
def test_pages_of_hostile_data(name: str, check: str, hostile: Path, opened: Callable[[Path], Opened]) -> None:
    faults = list(CHECKS[check](opened(hostile / f"{name}.html")))
    assert not faults, f"{check} on {name}: {CHECKS[check].__doc__}\n" + "\n".join(faults[:10])
