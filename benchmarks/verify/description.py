"""Description beside published values and other packages on skewed random data; `nist` has the certified ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis import bootstrap, description
from analysis.shares import wilson
from benchmarks.verify.table import Table

__all__ = ["tables"]

Floats = NDArray[np.float64]

DATA_SETS = 40
ROUNDING = 1e-10
#: Two bootstraps of other random numbers: their bounds differ by chance, by less than this part of the width.
CHANCE = 0.08


def tables() -> list[Table]:
    """Published examples, agreement, bootstrap intervals."""
    return [published(), agreement(), intervals()]


Row = tuple[str, str, float, float, int]


def published() -> Table:
    """Worked examples with their right values."""
    frame = pd.DataFrame(_examples(), columns=["quantity", "data", "found", "published", "decimals"])
    frame["met"] = (frame["found"] - frame["published"]).abs() <= 0.5000001 * 10.0 ** -frame["decimals"].astype(float)
    return Table(
        "description_published",
        "Worked examples: location and spread, concentration, intervals of shares, average spend",
        "corrected textbook example; R packages ineq and phylotools; Newcombe 1998 (Statistics in Medicine 17, 857), "
        "table I, method 3",
        frame,
        "equal to every published decimal",
    )


#: The incomes in the examples of R's ineq.
INCOMES = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]
#: Successes, trials, lower and upper bound.
NEWCOMBE = ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718))


def _examples() -> Iterator[Row]:
    worked = description.moments([1, 2, 2, 3, 4, 5, 5, 5], ddof=0)
    for what, known, places in (("mean", 3.375, 12), ("median", 3.5, 12), ("mode", 5.0, 12),
                                ("variance", 2.234375, 12), ("sd", 1.494783, 6)):  # fmt: skip
        yield f"{what} (population)", "1, 2, 2, 3, 4, 5, 5, 5", worked[what], known, places
    yield "Gini", "ineq, incomes", description.gini(INCOMES), 0.4620911, 7
    yield "Gini", "phylotools, 1 3 2 1 1 1 4", description.gini([1, 3, 2, 1, 1, 1, 4]), 0.3076923, 7
    for hits, n, low, high in NEWCOMBE:
        found = [float(bound) for bound in wilson(hits, n)]
        yield "Wilson, low", f"{hits} of {n}", found[0], low, 4
        yield "Wilson, high", f"{hits} of {n}", found[1], high, 4
    customers = pd.DataFrame({"frequency": [1, 3], "monetary": [40.0, 60.0]})
    average = description.spending(customers, replicates=50, random_state=1).average_order_value
    assert average is not None
    yield "average spend, total ÷ orders", "40 in 1 order, 60 in 3", average.estimate, 25.0, 12


def agreement() -> Table:
    """Largest relative difference from an independent formula or package."""
    worst: dict[tuple[str, str], float] = {}
    for seed in range(DATA_SETS):
        for what, peer, ours, theirs in _compared(np.random.default_rng(seed)):
            gap = abs(ours - theirs) / max(abs(theirs), 1e-300)
            worst[what, peer] = max(worst.get((what, peer), 0.0), gap)
    rows = [{"quantity": what, "peer": peer, "largest_difference": gap} for (what, peer), gap in worst.items()]
    frame = pd.DataFrame(rows).assign(met=lambda table: table["largest_difference"] <= ROUNDING)
    return Table(
        "description_agreement",
        f"Largest relative difference on {DATA_SETS} random skewed samples with ties",
        "NumPy, SciPy, pandas, statsmodels; Gini by the mean difference of all pairs",
        frame,
        f"differences of rounding alone, at most {ROUNDING:g}",
    )


def _compared(generator: np.random.Generator) -> Iterator[tuple[str, str, float, float]]:
    values = np.round(generator.lognormal(3, 1.5, int(generator.integers(20, 400))), 1)
    values = values * generator.choice([1e-5, 1, 1e5])
    found = description.moments(values)
    yield "mean", "NumPy", found["mean"], float(values.mean())
    yield "variance", "NumPy", found["variance"], float(values.var(ddof=1))
    yield "skewness", "SciPy", found["skewness"], float(stats.skew(values))
    yield "mode", "SciPy", found["mode"], float(stats.mode(values).mode) if found["mode_count"] > 1 else found["mode"]
    summary = description.numeric_summary(pd.DataFrame({"x": values}), random_state=1, replicates=50).table.iloc[0]
    for name, q in (("q05", 0.05), ("q25", 0.25), ("median", 0.5), ("q75", 0.75), ("q95", 0.95)):
        yield "quantiles", "NumPy", float(summary[name]), float(np.quantile(values, q))
    pairs = np.abs(values[:, None] - values).mean() / (2 * values.mean())
    yield "Gini", "mean difference of all pairs", float(description.gini(values)), float(pairs)
    top = np.sort(values)[::-1]
    wanted = 0.2 * len(values)
    whole = int(wanted)
    share = (top[:whole].sum() + (wanted - whole) * top[whole]) / top.sum()
    yield "share of the top 20 %", "sorted and added up", float(description.top_share(0.2)(values)), float(share)
    curve = description.lorenz(values, points=len(values) + 1)["y"].to_numpy()
    area = float(np.trapezoid(curve)) / len(values)
    yield "Gini", "trapezia under the Lorenz curve", float(description.gini(values)), 1 - 2 * area
    hits, n = int(generator.integers(1, 40)), 40
    for ours, theirs in zip(wilson(hits, n), proportion_confint(hits, n, method="wilson"), strict=True):
        yield "Wilson's interval", "statsmodels", float(ours), float(theirs)


def intervals() -> Table:
    """BCa bounds beside SciPy's, in parts of the interval's width."""
    statistics: dict[str, tuple[bootstrap.Statistic, Callable[..., Any]]] = {
        "mean": (bootstrap.mean, np.mean),
        "median": (bootstrap.median, np.median),
        "75 % quantile": (bootstrap.quantile(0.75), lambda x, axis: np.quantile(x, 0.75, axis=axis)),
        "variance": (bootstrap.variance, lambda x, axis: np.var(x, ddof=1, axis=axis)),
        "Gini": (description.gini, _gini),
        "share of the top 10 %": (description.top_share(0.1), _top_tenth),
    }
    rows = []
    for sigma in (0.5, 1.2):
        values = np.random.default_rng(7).lognormal(3, sigma, 300)
        for name, (ours, theirs) in statistics.items():
            found = bootstrap.interval(values, ours, replicates=9999, random_state=1)
            peer = stats.bootstrap((values,), theirs, n_resamples=9999, method="BCa", batch=500,
                                   rng=np.random.default_rng(2)).confidence_interval  # fmt: skip
            gap = max(abs(found.low - peer.low), abs(found.high - peer.high)) / (peer.high - peer.low)
            rows.append({"statistic": name, "lognormal_sigma": sigma, "low": found.low, "scipy_low": peer.low,
                         "high": found.high, "scipy_high": peer.high, "gap": gap, "met": gap <= CHANCE})  # fmt: skip
    return Table(
        "description_bootstrap",
        "95 % BCa intervals of 300 skewed amounts, 9,999 resamples each, other random numbers",
        "SciPy's bootstrap",
        pd.DataFrame(rows),
        f"bounds that differ by at most {CHANCE:.0%} of the width, which chance explains",
    )


def _gini(sample: Floats, axis: int) -> Floats:
    ascending = np.sort(np.moveaxis(sample, axis, -1), axis=-1)
    n = ascending.shape[-1]
    return np.asarray(ascending @ (2.0 * np.arange(1, n + 1) - n - 1) / (n * ascending.sum(axis=-1)))


def _top_tenth(sample: Floats, axis: int) -> Floats:
    ascending = np.sort(np.moveaxis(sample, axis, -1), axis=-1)
    return np.asarray(ascending[..., -(ascending.shape[-1] // 10) :].sum(axis=-1) / ascending.sum(axis=-1))
