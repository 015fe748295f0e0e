"""Bootstrap intervals, stability and choice by resampling, with two workers beside one, and beside other packages.

Ours gives the same result with any number of workers, which is what the comparison with one worker checks; its ratio is
that of the clock. The other packages get the same resamples, and are compared by CPU seconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench import clustering, regression
from benchmarks.bench.regression import significant
from benchmarks.bench.work import OWN, Goal, Job, Work

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["works"]

ONE, SEED = "analysis, one worker", 1
#: How much sooner two workers must be done than one.
SOONER = Goal(speed=1.5, clock="seconds")
#: Rows and resamples of each work.
SPENDS, PAIRS, STABLE, CHOSEN = (50_000, 2_000), (20_000, 500), (20_000, 100), (20_000, 100)
TERMS, PENALTY = 40, 0.03
BOXES, MOST_GROUPS = 20, 6
LEVEL = 0.95


def _with(workers: int, subject: Callable[[Path], Job], path: Path) -> Job:
    """One of our subjects with so many workers."""
    from analysis.errors import AnalysisError
    from analysis.parallel import WORKERS

    os.environ.pop(WORKERS, None)
    if (os.cpu_count() or 1) < workers:
        raise AnalysisError(f"this machine has fewer than {workers} cores")
    os.environ[WORKERS] = str(workers)
    return subject(path)


def _spends(path: Path) -> None:
    import numpy as np

    np.savetxt(path, np.sort(np.random.default_rng(SEED).lognormal(3, 1, SPENDS[0])), fmt="%.17g")


def _own_intervals(path: Path) -> Job:
    import numpy as np

    from analysis import bootstrap

    spends = np.loadtxt(path)
    statistics = {"mean": bootstrap.mean, "deviation": bootstrap.standard_deviation, "median": bootstrap.median}

    def job() -> Callable[[], list[float]]:
        found = bootstrap.intervals(
            spends, statistics, replicates=SPENDS[1], level=LEVEL, random_state=SEED, method="percentile"
        )
        return lambda: significant(end for one in found.values() for end in (one.low, one.high))

    return job


def _scipy_intervals(path: Path) -> Job:
    import numpy as np
    from scipy import stats

    spends = np.loadtxt(path)
    statistics = [np.mean, lambda values, axis: np.std(values, axis=axis, ddof=1), np.median]

    def job() -> Callable[[], list[float]]:
        found = [
            stats.bootstrap(
                (spends,), statistic, n_resamples=SPENDS[1], batch=100, vectorized=True, confidence_level=LEVEL,
                method="percentile", rng=np.random.default_rng(SEED),
            ).confidence_interval
            for statistic in statistics
        ]  # fmt: skip
        return lambda: significant(end for one in found for end in one)

    return job


def _own_pairs(path: Path) -> Job:
    import pandas as pd

    from analysis import correlation

    matrix = regression.table_of(path)[:, 1:]
    frame = pd.DataFrame(matrix, columns=[f"x{number}" for number in range(matrix.shape[1])])

    def job() -> Callable[[], list[float]]:
        found = correlation.correlate(
            frame, methods=["pearson"], interval="studentized", replicates=PAIRS[1], level=LEVEL, random_state=SEED
        ).table
        return lambda: significant([found["low"].sum(), found["high"].sum()])

    return job


def _own_stability(path: Path) -> Job:
    from analysis import clustering as ours

    ready = clustering.prepared(path)
    division = ours.kmeans(ready, k=clustering.GROUPS, n_init=5, random_state=SEED)

    def job() -> Callable[[], list[float]]:
        found = ours.stability(ready, division, replicates=STABLE[1], n_init=3, random_state=SEED)
        return lambda: significant([found.mean, found.table["jaccard"].sum()])

    return job


def _sklearn_stability(path: Path) -> Job:
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score
    from sklearn.metrics.cluster import contingency_matrix

    from analysis import clustering as ours

    ready = clustering.prepared(path)
    matrix, k = ready.matrix, clustering.GROUPS
    labels = ours.kmeans(ready, k=k, n_init=5, random_state=SEED).labels

    def nearest(before: Floats, after: Floats) -> Floats:
        shared = contingency_matrix(before, after)
        either = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0) - shared
        return np.asarray((shared / either).max(axis=1))

    def job() -> Callable[[], list[float]]:
        random, rows = np.random.default_rng(SEED), len(matrix)
        alike, shares = [], []
        for number in range(STABLE[1]):
            drawn = np.unique(random.integers(0, rows, rows))
            found = KMeans(k, n_init=3, random_state=number).fit(matrix[drawn]).labels_
            alike.append(adjusted_rand_score(labels[drawn], found))
            shares.append(nearest(labels[drawn], found))
        return lambda: significant([np.mean(alike), np.mean(shares, axis=0).sum()])

    return job


def _own_chosen(path: Path) -> Job:
    from analysis import regression as ours

    design = regression.design_of(regression.table_of(path))
    fit = ours.lasso(design, penalty=PENALTY, penalties=[PENALTY], scaled=False, random_state=SEED)

    def job() -> Callable[[], list[float]]:
        found = ours.selection_frequency(fit, replicates=CHOSEN[1], random_state=SEED)
        return lambda: significant([found["frequency"].sum(), found["positive"].sum()])

    return job


def _sklearn_chosen(path: Path) -> Job:
    import numpy as np
    from sklearn.linear_model import Lasso

    from analysis.bootstrap import resample_weights

    table = regression.table_of(path)
    matrix, target = np.asfortranarray(table[:, 1:-1]), table[:, -1]

    def job() -> Callable[[], list[float]]:
        slopes = np.array(
            [
                Lasso(PENALTY, tol=1e-8, precompute=True).fit(matrix, target, sample_weight=weights).coef_
                for chunk in resample_weights(len(table), replicates=CHOSEN[1], random_state=SEED)
                for weights in chunk
            ]
        )
        return lambda: significant([(slopes != 0).mean(axis=0).sum(), (slopes > 0).mean(axis=0).sum()])

    return job


def _own_gap(path: Path) -> Job:
    from analysis import clustering as ours

    matrix = clustering.matrix_of(path)

    def job() -> Callable[[], list[float]]:
        found = ours.gap_statistic(matrix, k_max=MOST_GROUPS, references=BOXES, n_init=2, random_state=SEED)
        return lambda: significant([found.k, found.table["gap"].sum(), found.table["error"].sum()])

    return job


def works() -> list[Work]:
    """Intervals of one sample and of all pairs, stability of groups and of what a LASSO keeps, gap statistic."""
    goal, added, size = Goal(speed=1), Goal(speed=clustering.ADDED), "{0:,} rows × {1:,} resamples".format

    def subjects(own: Callable[[Path], Job]) -> dict[str, Callable[[Path], Job]]:
        return {OWN: partial(_with, 2, own), ONE: partial(_with, 1, own)}

    return [
        Work(
            f"bootstrap of mean, deviation and median, {size(*SPENDS)}", _spends,
            subjects(_own_intervals) | {"SciPy bootstrap": _scipy_intervals}, {ONE: SOONER, "SciPy bootstrap": goal},
        ),
        Work(
            f"bootstrap-t of Pearson, {TERMS // 4 + 1} columns, {size(*PAIRS)}",
            partial(regression.write_table, PAIRS[0], TERMS // 4), subjects(_own_pairs), {ONE: SOONER},
        ),
        Work(
            f"stability of K-means, {size(*STABLE)}", partial(clustering.write_groups, STABLE[0]),
            subjects(_own_stability) | {"scikit-learn": _sklearn_stability}, {ONE: SOONER, "scikit-learn": added},
        ),
        Work(
            f"stability of what a LASSO keeps, {TERMS} terms, {size(*CHOSEN)}",
            partial(regression.write_table, CHOSEN[0], TERMS),
            subjects(_own_chosen) | {"scikit-learn": _sklearn_chosen}, {ONE: SOONER, "scikit-learn": goal},
        ),
        Work(
            f"gap statistic, {STABLE[0]:,} rows, {BOXES} draws", partial(clustering.write_groups, STABLE[0]),
            subjects(_own_gap), {ONE: SOONER},
        ),
    ]  # fmt: skip
