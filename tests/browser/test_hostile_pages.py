"""Pages of hostile data pass every check in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from browser.checks import CHECKS
from browser.hostile import documents
from browser.opened import Opened, refuse_faults


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", documents())
def test_pages_of_hostile_data(name: str, check: str, hostile: Path, opened: Callable[[Path], Opened]) -> None:
    refuse_faults(check, CHECKS[check], opened(hostile / f"{name}.html"))
