"""Works for the tests of the benchmark harness; each subject is a process of its own, started by `measure`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.bench.work import OWN, Goal, Growth, Job, Limit, Work

from analysis.errors import AnalysisError

__all__ = ["works"]

#: Megabytes that the greedy subject takes.
GREEDY = 80


def _write(path: Path) -> None:
    path.write_text("7", encoding="utf-8")


def _no_data(path: Path) -> None:
    raise AnalysisError("the data is elsewhere")


def _counts(steps: int, path: Path) -> Job:
    kept = int(path.read_text(encoding="utf-8"))

    def job() -> Callable[[], int]:
        total = sum(range(steps))
        return lambda: kept if total >= 0 else 0

    return job


def _in_a_child(steps: int, path: Path) -> Job:
    def job() -> Callable[[], int]:
        held = f"b = b'x' * ({GREEDY} * 2**20); sum(range({steps})); import time; time.sleep(0.3)"
        subprocess.run([sys.executable, "-c", held], check=True)
        return lambda: 7

    return job


def _greedy(path: Path) -> Job:
    def job() -> Callable[[], int]:
        held = b"x" * (GREEDY * 2**20)
        return lambda: 7 if held else 0

    return job


def _absent(path: Path) -> Job:
    raise ModuleNotFoundError("none", name="a_package_of_nobody")


def _wrong(path: Path) -> Job:
    return lambda: lambda: 8


def works() -> list[Work]:
    """One work for each thing that the harness promises."""
    quick, slow = partial(_counts, 300_000), partial(_counts, 3_000_000)
    return [
        Work("faster", _write, {OWN: quick, "slow": slow, "nobody": _absent}, {"slow": Goal(speed=2, together=2)}),
        Work("slower", _write, {OWN: slow, "quick": quick}, {"quick": Goal(speed=1)}),
        Work(
            "greedy", _write, {OWN: _greedy, "lean": quick}, {"lean": Goal(memory_share=1)}, Limit(peak_mb=GREEDY / 2)
        ),
        Work("whole", _write, {OWN: quick}, limit=Limit(peak_mb=1, seconds=1000), whole=True, runs=1),
        Work("children", _write, {OWN: partial(_in_a_child, 3_000_000), "here": quick}, growth=Growth("faster", 1.5)),
        Work("at odds", _write, {OWN: quick, "wrong": _wrong}),
        Work("no data", _no_data, {OWN: quick}),
    ]
