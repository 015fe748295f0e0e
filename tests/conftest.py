"""Fixtures that every kind of test shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of public data sets that `ANALYSIS_REFERENCE_DATA` names; the test is skipped without it."""
    folder = os.environ.get("ANALYSIS_REFERENCE_DATA")
    if folder and Path(folder).is_dir():
        return Path(folder)
    reason = f"ANALYSIS_REFERENCE_DATA names no folder (it is {folder!r})"
    if os.environ.get("REQUIRE_REFERENCE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
