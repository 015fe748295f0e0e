"""Run each subject several times in fresh processes, one subject after the other, and put the medians side by side."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks.bench.work import OWN, Clock, Work

__all__ = ["BenchmarkError", "Record", "Skipped", "grown", "measure", "together"]

ROOT = Path(__file__).resolve().parents[2]
#: Seconds between two looks at the memory of a process and those that it started, and how many times what a look takes.
_EVERY, _REST = 0.05, 30


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
        reads the data (or all of it, where the work says so), with the processes that it started. None in a record
        about several works.
    ratio : float or None
        How many times the seconds of the peer are ours (CPU, unless the goal says otherwise): the median over runs
        made one right after the other. In a record about growth: our CPU seconds here over those of the smaller work.
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

    def of(self, clock: Clock) -> list[float]:
        return self.seconds if clock == "seconds" else self.cpu_seconds


def _tree_mb(process: psutil.Process) -> float:
    """Memory of a process and of those that it started, pages that they share counted once; 0 where it has none."""
    found = process.children(recursive=True)
    total = 0
    for one in [process, *found] if found else []:
        try:
            total += one.memory_full_info().pss
        except psutil.Error:  # gone meanwhile
            continue
    return total / 1024.0**2


def _highest(process: subprocess.Popen[str], ended: threading.Event, peaks: list[float]) -> None:
    try:
        watched = psutil.Process(process.pid)
        took = 0.0
        while not ended.wait(max(_EVERY, _REST * took)):
            begun = time.perf_counter()
            peaks.append(_tree_mb(watched))
            took = time.perf_counter() - begun
    except psutil.Error:
        return


def _child(module: str, work: str, subject: str, path: Path, mode: str) -> dict[str, Any]:
    """What the child says, with `peak_mb` of it and of the processes that it started."""
    command = [sys.executable, "-m", "benchmarks.bench.child", module, work, subject, str(path), mode]
    ended, peaks = threading.Event(), [0.0]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        watcher = threading.Thread(target=_highest, args=(process, ended, peaks), daemon=True)
        watcher.start()
        said, complaints = process.communicate()
        ended.set()
        watcher.join()
    if process.returncode:
        raise BenchmarkError(f"{work}, {subject or mode}: {complaints.strip()}")
    answer: dict[str, Any] = json.loads(said.splitlines()[-1])
    if "peak_mb" in answer:
        answer["peak_mb"] = max(answer["peak_mb"], *peaks)
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
                ready[subject] = _Runs(0.0 if work.whole else answer["peak_mb"], [], [], [])
        if OWN not in ready:
            return
        result: object = None
        for _ in range(work.runs or runs):
            for subject, figures in ready.items():
                answer = _child(module, work.name, subject, path, "run")
                figures.seconds.append(answer["seconds"])
                figures.cpu_seconds.append(answer["cpu_seconds"])
                figures.peak_mb.append(answer["peak_mb"])
                result = answer["result"] if result is None else result
                if answer["result"] != result:
                    raise BenchmarkError(f"{work.name}: {subject} found {answer['result']}, another {result}")
    yield from _compared(work, ready)


def _compared(work: Work, ready: dict[str, _Runs]) -> Iterator[Record]:
    records = {subject: figures.record(work.name, subject) for subject, figures in ready.items()}
    own = records.pop(OWN)
    for peer, theirs in records.items():
        yield theirs
        goal = work.goals.get(peer)
        clock = goal.clock if goal else "cpu_seconds"
        pairs = zip(ready[peer].of(clock), ready[OWN].of(clock), strict=True)
        ratio = median(other / mine for other, mine in pairs)
        met = goal.met(ratio, own.peak_mb or 0.0, theirs.peak_mb or 0.0) if goal else None
        yield Record(**asdict(own) | {"peer": peer, "ratio": ratio, "goal": str(goal or ""), "met": met})
    if work.limit or not records:
        met = work.limit.met(asdict(own)) if work.limit else None
        yield Record(**asdict(own) | {"goal": str(work.limit or ""), "met": met})


def grown(works: list[Work], records: list[Record]) -> Iterator[Record]:
    """For each work that is held against a smaller one: how many times the CPU seconds it takes."""
    own = {record.work: record for record in records if record.subject == OWN and record.cpu_seconds}
    for work in works:
        if work.growth and work.name in own and work.growth.beyond in own:
            here, there = own[work.name], own[work.growth.beyond]
            ratio = (here.cpu_seconds or 0.0) / (there.cpu_seconds or 1.0)
            name, runs = f"{work.name}: growth from {work.growth.beyond}", min(here.runs, there.runs)
            goal, met = str(work.growth), ratio <= work.growth.most
            yield Record(name, OWN, "", runs, None, None, None, ratio, goal, met)


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
