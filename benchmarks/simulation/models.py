"""Cases of fitted models and rules: regression effects, held-out errors, confidence and lift."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import regression
from analysis.rules.counts import ClusterCounts
from analysis.rules.intervals import cluster_bootstrap, lift_interval, share_interval
from benchmarks.simulation.trials import Case

__all__ = ["model_cases"]

Floats = NDArray[np.float64]
EVERY = (30, 100, 500, 2000)
#: How the errors of the linear model scatter.
ERRORS = ("normal, equal spread", "normal, spread grows with skewed x", "log-normal, equal spread")
SLOPE = 0.5


def _linear(kind: str, seed: int, n: int, samples: int) -> dict[tuple[str, str], Floats]:
    generator = np.random.default_rng(seed)
    found = {name: np.empty((2, samples)) for name in ("HC3", "HC1", "classical")}
    for s in range(samples):
        x, other = generator.lognormal(0, 0.7, n), generator.standard_normal(n)
        noise = generator.standard_normal(n)
        if kind.startswith("log-normal"):
            noise = (generator.lognormal(0, 1, n) - np.exp(0.5)) / np.sqrt(np.expm1(1) * np.e)
        noise = noise * (0.5 + x if "grows" in kind else 1.0)
        frame = pd.DataFrame({"x": x, "other": other, "y": 1 + SLOPE * x + 0.3 * other + noise})
        made = regression.design(frame, target="y", columns=["x", "other"], log="none")
        for name, ends in found.items():
            ends[:, s] = _ends(regression.ols(made, covariance=name).table, "x")
    return {("OLS effect", name): ends for name, ends in found.items()}


def _ends(table: pd.DataFrame, term: str) -> tuple[float, float]:
    row = table.set_index("term").loc[term]
    return float(row["low"]), float(row["high"])


def _loglinear(seed: int, n: int, samples: int) -> dict[tuple[str, str], Floats]:
    """Spend with zeros: its expectation is exp(1 + x / 2 + other × 0.3), its scatter that of a skewed mixture."""
    generator = np.random.default_rng(seed)
    found = {name: np.empty((2, samples)) for name in ("HC3", "HC1")}
    for s in range(samples):
        x, other = generator.standard_normal((2, n))
        mean = np.exp(1 + SLOPE * x + 0.3 * other)
        y = mean * generator.lognormal(-0.5, 1, n) * (generator.random(n) < 0.6) / 0.6
        frame = pd.DataFrame({"x": x, "other": other, "y": y})
        made = regression.design(frame, target="y", columns=["x", "other"], log="none")
        for name, ends in found.items():
            ends[:, s] = _ends(regression.loglinear(made, covariance=name).table, "x")
    return {("log-linear effect", name): ends for name, ends in found.items()}


def _errors(seed: int, n: int, samples: int) -> dict[tuple[str, str], Floats]:
    """How much less a model errs than the mean, on skewed amounts: the difference of two RMSE."""
    generator = np.random.default_rng(seed)
    ends = np.empty((2, samples))
    for s in range(samples):
        actual, guess = _amounts(generator, n)
        found = regression.held_out_errors(
            actual,
            {"model": guess, "mean": np.full(n, 1.5)},
            training_mean=1.5,
            baselines=["mean"],
            replicates=1000,
            random_state=seed + s,
        )
        row = found.difference("model", "mean")
        ends[:, s] = row["low"], row["high"]
    return {("difference of RMSE", "symmetric bootstrap-t"): ends}


def _amounts(generator: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    guess = generator.gamma(2, 0.75, n)
    return guess * generator.gamma(1.5, 1 / 1.5, n), guess


@cache
def _errors_truth() -> dict[str, float]:
    actual, guess = _amounts(np.random.default_rng(1), 4_000_000)
    ours, theirs = (np.sqrt((off**2).mean()) for off in (actual - guess, actual - 1.5))
    return {"difference of RMSE": float(ours - theirs)}


def _baskets(generator: np.random.Generator, n: int, samples: int) -> ClusterCounts:
    """Baskets of n customers, 2 to 8 each, whose tastes for two products differ and go together."""
    sizes = generator.integers(2, 9, n)
    owner = np.repeat(np.arange(n), sizes)
    taste, other = generator.normal(0, 1, (2, n, samples))
    first = 1 / (1 + np.exp(2.0 - taste))
    second = 1 / (1 + np.exp(2.5 - 0.6 * taste - 0.8 * other))
    a = generator.random((len(owner), samples)) < first[owner]
    c = generator.random((len(owner), samples)) < np.where(a, np.sqrt(second[owner]), second[owner])
    start = np.concatenate([[0], sizes.cumsum()[:-1]])
    sums = [np.add.reduceat(side.astype(float), start, axis=0) for side in (a, c, a & c)]
    return ClusterCounts(slice(0, samples), sizes.astype(float), *sums, amount=None, priced=None)


@cache
def _baskets_truth() -> dict[str, float]:
    counts = _baskets(np.random.default_rng(1), 100_000, 8)
    baskets = counts.baskets.sum() * 8
    a, c, both = (side.sum() for side in (counts.antecedent, counts.consequent, counts.both))
    return {"confidence": float(both / a), "lift": float(both * baskets / (a * c))}


def _rule(measure: str, seed: int, n: int, samples: int) -> dict[tuple[str, str], Floats]:
    counts = _baskets(np.random.default_rng(seed), n, samples)
    if measure == "confidence":
        used = share_interval(counts.both, counts.antecedent)
        title = "Wilson, effective number of baskets"
    else:
        used, title = lift_interval(counts), "delta method of log lift by customer"
    beside = cluster_bootstrap(counts, replicates=500, seed=seed)[measure]
    return {
        (measure, title): np.array([used.low, used.high]),
        (measure, "percentile by customer"): np.array(beside),
    }


def _slopes() -> dict[str, float]:
    return {"OLS effect": SLOPE, "log-linear effect": SLOPE}


def model_cases(quick: bool = False) -> list[Case]:
    """All cases; the quick ones are few and small."""
    if quick:
        made = [Case("OLS effect", ERRORS[1], _slopes, partial(_linear, ERRORS[1]), (100,))]
        return [*made, Case("lift", "tastes differ", _baskets_truth, partial(_rule, "lift"), (500,))]
    made = [Case("OLS effect", kind, _slopes, partial(_linear, kind), EVERY) for kind in ERRORS]
    made.append(Case("log-linear effect", "spend with 40 % zeros", _slopes, _loglinear, EVERY))
    made.append(Case("difference of RMSE", "model and mean, gamma", _errors_truth, _errors, (30, 100, 500)))
    for measure in ("confidence", "lift"):
        made.append(Case(measure, "tastes differ", _baskets_truth, partial(_rule, measure), (100, 500, 2000)))
    return made
