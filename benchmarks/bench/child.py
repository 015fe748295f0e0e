"""One subject, once, in a process of its own: started by `measure`, not by hand.

Prints one line of JSON: {"seconds", "cpu_seconds", "peak_mb", "result"} of the job (CPU with that of the processes that
it started, whether they ended or still run; memory of this process, or of the largest that it started and waited for,
at its highest); {"missing": why} where data or a package is not there. With `idle` everything but the job is done, to
know how much memory imports and data take.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path

import psutil

from benchmarks.bench.work import Work

__all__ = ["main"]


def main(module: str, name: str, subject: str, path: str, mode: str) -> dict[str, object]:
    """Prepare the data (mode `prepare`), run the job (`run`) or only get ready for it (`idle`)."""
    from analysis.errors import AnalysisError

    works: list[Work] = importlib.import_module(module).works()
    work = next(work for work in works if work.name == name)
    try:
        if mode == "prepare":
            work.prepare(Path(path))
            return {}
        job = work.subjects[subject](Path(path))
    except ModuleNotFoundError as error:
        return {"missing": f"{error.name} is not installed"}
    except AnalysisError as error:
        return {"missing": str(error)}
    if mode == "idle":
        return {"peak_mb": _peak_mb()}
    gc.collect()
    wall, cpu = time.perf_counter(), _cpu_seconds()
    tell = job()
    figures = {"cpu_seconds": _cpu_seconds() - cpu, "seconds": time.perf_counter() - wall}
    # the memory that telling takes is not the job's
    peak = _peak_mb()
    return figures | {"peak_mb": peak, "result": tell()}


def _cpu_seconds() -> float:
    """Of this process and of all that it started: a JVM, for one, outlives the job that it was started for."""
    times = os.times()
    seconds = time.process_time() + times.children_user + times.children_system
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has ended meanwhile, and was waited for or has done little
            seconds += sum(process.cpu_times()[:4])
    return seconds


def _peak_mb() -> float:
    """Megabytes at their highest, of this process or of the largest that it started and waited for.

    Linux counts in `ru_maxrss` what a process held before `exec`: of this one something else, hence the file; of those
    that it started no more than itself.
    """
    per_mb = 1024.0**2 if sys.platform == "darwin" else 1024.0
    started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / per_mb
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return max(int(line.split()[1]) / 1024.0, started)
    return max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / per_mb, started)


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
