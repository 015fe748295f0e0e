"""The notebooks survive a hostile file from end to end, and what they write is still sound.

How such pages look is checked on those of `hostile.py`, so the checks that take long are left out here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.pipeline.project import PAGES
from browser.checks import CHECKS
from browser.opened import Opened, refuse_faults
from projects import Project

LONG = ("T08", "T09", "T10", "T12", "T16")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["", ".zh-Hans"])
def test_pages_of_a_hostile_file(
    name: str, language: str, hostile_profile: Project, opened: Callable[[Path], Opened]
) -> None:
    page = opened(hostile_profile.root / "reports" / "latest" / "hostile" / f"{name}{language}.html")
    for check in CHECKS:
        if check not in LONG:
            refuse_faults(check, CHECKS[check], page)
