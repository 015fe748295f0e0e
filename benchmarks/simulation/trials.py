"""Running a case: many samples from one population, the interval of each, and how many hold the truth.

Samples come in batches. A batch has its own seed, made from the case and its number, so that the result is the same for
any number of processes. Within a batch the samples lie side by side and share their resamples, as on a page, where one
seed serves all columns; between batches the resamples differ.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.bootstrap import Statistic
from analysis.shares import wilson

__all__ = ["BATCH", "Case", "Job", "run", "side_by_side"]

Floats = NDArray[np.float64]
#: (seed, n, samples) to the ends of the intervals, arrays of shape (2, samples), by estimand and method.
Intervals = Callable[[int, int, int], dict[tuple[str, str], Floats]]

#: Samples that share their resamples.
BATCH = 100


@dataclass(frozen=True)
class Case:
    """A population: the truth of each estimand, and the intervals of samples of n rows.

    The first method of an estimand is the one in use. `truths` is asked after the intervals.
    """

    topic: str
    population: str
    truths: Callable[[], Mapping[str, float]]
    intervals: Intervals
    sizes: Sequence[int] = (30, 100, 500, 2000)


@dataclass(frozen=True)
class Job:
    """One batch of one case at one n."""

    case: int
    n: int
    samples: int
    seed: int


def run(cases: Callable[[], list[Case]], *, samples: int, processes: int = 1) -> pd.DataFrame:
    """One row a case, n and method.

    Parameters
    ----------
    cases : callable
        Of a module, so that each process can make them.
    samples : int
        Samples a case and n, in batches of `BATCH`.
    processes : int
        The result is the same for any number.

    Returns
    -------
    DataFrame
        estimand, population, n, method, used, samples, coverage, coverage_low, coverage_high (Wilson's interval),
        too_low and too_high (shares of samples whose interval lies below, above the truth), width (mean).
    """
    made = cases()
    jobs = [
        Job(index, n, min(BATCH, samples - start), _seed(case, n, start))
        for index, case in enumerate(made)
        for n in case.sizes
        for start in range(0, samples, BATCH)
    ]
    work = partial(_work, cases)
    if processes == 1:
        results = list(map(work, jobs))
    else:
        with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
            results = list(pool.map(work, jobs, chunksize=4))
    found: dict[tuple[int, int, str, str], list[Floats]] = {}
    for job, ends in zip(jobs, results, strict=True):
        for (estimand, method), bounds in ends.items():
            found.setdefault((job.case, job.n, estimand, method), []).append(bounds)
    seen: set[tuple[int, int, str]] = set()
    rows = []
    for (case, n, estimand, method), parts in found.items():
        place: dict[str, object] = {"estimand": estimand, "population": made[case].population, "n": n, "method": method}
        place["used"] = (case, n, estimand) not in seen
        seen.add((case, n, estimand))
        rows.append(place | _counted(np.concatenate(parts, axis=1), made[case].truths()[estimand]))
    return pd.DataFrame(rows).sort_values(["estimand", "population", "n"], kind="stable", ignore_index=True)


def _seed(case: Case, n: int, start: int) -> int:
    return zlib.crc32(f"{case.topic}|{case.population}|{n}|{start}".encode())


def _work(cases: Callable[[], list[Case]], job: Job) -> dict[tuple[str, str], Floats]:
    return cases()[job.case].intervals(job.seed, job.n, job.samples)


def _counted(ends: Floats, truth: float) -> dict[str, object]:
    low, high = ends
    below, above = high < truth, low > truth
    # An interval that could not be made holds nothing.
    hits = int((np.isfinite(low) & np.isfinite(high) & ~below & ~above).sum())
    least, most = wilson(hits, len(low))
    width = (high - low)[np.isfinite(high - low)]
    return {
        "samples": len(low),
        "coverage": hits / len(low),
        "coverage_low": float(least),
        "coverage_high": float(most),
        "too_low": float(below.mean()),
        "too_high": float(above.mean()),
        "width": float(width.mean()) if len(width) else float("nan"),
    }


def side_by_side(statistic: Statistic, columns: int) -> Statistic:
    """The statistic of several samples that lie side by side, each of some columns; from the same resamples."""

    def parts(values: Floats) -> list[Floats]:
        return [values[:, start : start + columns] for start in range(0, values.shape[1], columns)]

    def compute(values: Floats, weights: Floats) -> Floats:
        return np.stack([statistic.compute(part, weights) for part in parts(values)], axis=1)

    def influence(values: Floats) -> Floats:
        assert statistic.influence is not None
        return np.stack([statistic.influence(part) for part in parts(values)], axis=1)

    def error(values: Floats, weights: Floats) -> Floats:
        assert statistic.error is not None
        return np.stack([statistic.error(part, weights) for part in parts(values)], axis=1)

    return Statistic(
        compute,
        influence if statistic.influence else None,
        error if statistic.error else None,
        statistic.limits,
        statistic.scale,
        statistic.symmetric,
    )
