"""One subject, once, in a process of its own: started by `measure`, not by hand.

Prints one line of JSON: {"seconds", "cpu_seconds", "peak", "result"} of the job (peak as `ru_maxrss`); {"missing": why}
where data or a package is not there. With `idle` everything but the job is done, to know how much memory imports and
data take.
"""

from __future__ import annotations

import gc
import importlib
import json
import resource
import sys
import time
from pathlib import Path

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
        return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    tell = job()
    figures = {"cpu_seconds": time.process_time() - cpu, "seconds": time.perf_counter() - wall}
    # the memory that telling takes is not the job's
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return figures | {"peak": peak, "result": tell()}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
