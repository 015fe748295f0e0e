"""Why a stage ran, told from its entries in `dvc.lock`."""

from __future__ import annotations

from typing import Any

from analysis.pipeline.repro import reasons


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "cmd": "python -m analysis run rules",
        "deps": [{"path": "build/demo/features", "md5": "1"}, {"path": "src/analysis/rules", "md5": "1"}],
        "params": {"params/demo.yaml": {"rules": {"min_support": 0.02, "level": 0.95}}},
    } | changes


def test_first_run_and_missing_outputs() -> None:
    assert reasons(None, entry()) == "first run"
    assert reasons(entry(), entry()) == "outputs were missing"


def test_a_parameter_is_named_by_its_path() -> None:
    changed = entry(params={"params/demo.yaml": {"rules": {"min_support": 0.03, "level": 0.95}}})
    assert reasons(entry(), changed) == "parameter rules.min_support"


def test_changed_dependencies_are_named_and_long_lists_cut() -> None:
    one = entry(deps=[{"path": "build/demo/features", "md5": "2"}, {"path": "src/analysis/rules", "md5": "1"}])
    assert reasons(entry(), one) == "build/demo/features"
    many = entry(deps=[{"path": name, "md5": "2"} for name in "abcde"], cmd="other")
    assert reasons(entry(deps=[]), many) == "command, a, b, 3 more"
