"""P1 of the acceptance suite: two executions give the same bytes, whatever the machine is like."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from projects import Project, outputs


@pytest.fixture(scope="module")
def elsewhere(copy_of_project: Callable[..., Project]) -> Project:
    """The demo, built in another folder, language, time zone and with other settings than `built`."""
    project = copy_of_project(
        "übung mit leerzeichen",
        environment={
            "PYTHONHASHSEED": "4321",
            "TZ": "Asia/Tokyo",
            "LANG": "C",
            "LC_ALL": "C",
            "OMP_NUM_THREADS": "2",
            "OPENBLAS_NUM_THREADS": "2",
        },
        umask=0o077,
    )
    project.repro()
    return project


# `elsewhere` comes first, so that of two processes the one builds this and the other meanwhile `built`.
def test_two_builds_give_the_same_bytes(elsewhere: Project, built: Project) -> None:
    first, second = outputs(built), outputs(elsewhere)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert (built.root / "dvc.lock").read_bytes() == (elsewhere.root / "dvc.lock").read_bytes()
