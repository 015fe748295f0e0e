"""The examples of charts as a fixture, since test folders are not packages."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def examples() -> ModuleType:
    """`chart_examples` of this folder."""
    spec = importlib.util.spec_from_file_location("chart_examples", Path(__file__).with_name("chart_examples.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
