"""Run each subject several times in fresh processes, one subject after the other, and put the medians side by side."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bench.work import OWN, Work

__all__ = ["BenchmarkError", "Record", "Skipped", "measure", "together"]

ROOT = Path(__file__).resolve().parents[2]
_MB = 1024.0 if sys.platform != "darwin" else 1024.0**2  # units of ru_maxrss in a megabyte


class BenchmarkError(Exception):
    """A subject failed, or subjects came to different results."""


@dataclass(frozen=True)
class Skipped:
    """What could not be measured, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Record:
    """A subject's figures for one work, beside a peer's where there is one.

    Attributes
    ----------
    work, subject, peer : str
        `peer` is empty for the peers' own figures.
    runs : int
        How often it was run.
    seconds, cpu_seconds, peak_mb : float or None
        Medians: wall and CPU time of the job; memory at its highest less that of a process which only imports and
        reads the data. None in a record about several works.
    ratio : float or None
        How many times the CPU seconds of the peer are ours: the median over runs made one right after the other.
    goal, met
        What is hoped for, and whether that is so; None where nothing is.
    """

    work: str
    subject: str
    peer: str
    runs: int
    seconds: float | None
    cpu_seconds: float | None
    peak_mb: float | None
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None

    def rounded(self) -> dict[str, object]:
        """As plain values, figures to four digits."""
        values = asdict(self)
        return {name: float(f"{v:.4g}") if isinstance(v, float) else v for name, v in values.items()}


@dataclass
class _Runs:
    """All runs of one subject."""

    idle_mb: float
    seconds: list[float]
    cpu_seconds: list[float]
    peak_mb: list[float]

    def record(self, work: str, subject: str) -> Record:
        peak = max(median(self.peak_mb) - self.idle_mb, 0.0)
        return Record(work, subject, "", len(self.seconds), median(self.seconds), median(self.cpu_seconds), peak)


def _child(module: str, work: str, subject: str, path: Path, mode: str) -> dict[str, Any]:
    """What the child says."""
    command = [sys.executable, "-m", "benchmarks.bench.child", module, work, subject, str(path), mode]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise BenchmarkError(f"{work}, {subject or mode}: {done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def measure(module: str, work: Work, runs: int) -> Iterator[Record | Skipped]:
    """Records of one work: each peer's own, and ours beside each peer.

    Raises
    ------
    BenchmarkError
        If a subject fails or its result is not that of the others.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data")
        if "missing" in (answer := _child(module, work.name, "", path, "prepare")):
            yield Skipped(work.name, answer["missing"])
            return
        ready: dict[str, _Runs] = {}
        for subject in work.subjects:
            answer = _child(module, work.name, subject, path, "idle")
            if "missing" in answer:
                yield Skipped(f"{work.name}, {subject}", answer["missing"])
            else:
                ready[subject] = _Runs(answer["peak"] / _MB, [], [], [])
        result: object = None
        for _ in range(runs):
            for subject, figures in ready.items():
                answer = _child(module, work.name, subject, path, "run")
                figures.seconds.append(answer["seconds"])
                figures.cpu_seconds.append(answer["cpu_seconds"])
                figures.peak_mb.append(answer["peak"] / _MB)
                result = answer["result"] if result is None else result
                if answer["result"] != result:
                    raise BenchmarkError(f"{work.name}: {subject} found {answer['result']}, another {result}")
    yield from _compared(work, ready)


def _compared(work: Work, ready: dict[str, _Runs]) -> Iterator[Record]:
    records = {subject: figures.record(work.name, subject) for subject, figures in ready.items()}
    own = records.pop(OWN)
    for peer, theirs in records.items():
        yield theirs
        pairs = zip(ready[peer].cpu_seconds, ready[OWN].cpu_seconds, strict=True)
        ratio = median(other / mine for other, mine in pairs)
        goal = work.goals.get(peer)
        met = goal.met(ratio, own.peak_mb or 0.0, theirs.peak_mb or 0.0) if goal else None
        yield Record(**asdict(own) | {"peer": peer, "ratio": ratio, "goal": str(goal or ""), "met": met})
    if not records:
        yield own


def together(module: str, works: list[Work], records: list[Record]) -> Iterator[Record]:
    """For each peer that is judged over all works: the geometric mean of the ratios."""
    hoped = {peer: goal.together for work in works for peer, goal in work.goals.items() if goal.together is not None}
    names = {work.name for work in works}
    for peer, least in hoped.items():
        beside = [record for record in records if record.peer == peer and record.work in names]
        ratios = [record.ratio for record in beside if record.ratio]
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            runs = min(record.runs for record in beside)
            goal = f"at least {least:g} times its speed"
            name = f"{module}: geometric mean of {len(ratios)}"
            yield Record(name, OWN, peer, runs, None, None, None, mean, goal, mean >= least)
