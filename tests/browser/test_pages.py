"""Every page of the demo in its main language, the index and a comparison pass every check in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.pipeline.project import PAGES
from browser.checks import CHECKS
from browser.opened import Opened, refuse_faults


def path_of(reports: Path, name: str) -> Path:
    if name == "comparison":
        return min(path for path in (reports / "comparisons").glob("*.html") if not path.stem.endswith(".zh-Hans"))
    return reports / "index.html" if name == "index" else reports / "latest" / "demo" / f"{name}.html"


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", [*PAGES, "index", "comparison"])
def test_published_pages(name: str, check: str, published: Path, opened: Callable[[Path], Opened]) -> None:
    refuse_faults(check, CHECKS[check], opened(path_of(published, name)))
