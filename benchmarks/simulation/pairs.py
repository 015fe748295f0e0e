"""Cases of two columns: Pearson, Spearman, Kendall and partial correlation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis import correlation
from analysis.correlation.pairs import pair_bounds
from benchmarks.simulation.populations import PAIRS, pair_facts
from benchmarks.simulation.trials import Case

__all__ = ["pair_cases"]

Floats = NDArray[np.float64]
REPLICATES = 2000
EVERY = (30, 100, 500, 2000)
#: Pairs whose Pearson coefficient is worth an interval: the second moments of both columns exist.
PEARSON = [name for name in PAIRS if name != "spread grows"]


def _drawn(name: str, seed: int, n: int, samples: int) -> tuple[Floats, Floats]:
    return PAIRS[name].draw(np.random.default_rng(seed), (n, samples))


def _pearson(name: str, replicates: int, seed: int, n: int, samples: int) -> dict[tuple[str, str], Floats]:
    first, second = _drawn(name, seed, n, samples)
    values = np.hstack([first, second])
    pairs = pd.DataFrame({"i": np.arange(samples), "j": np.arange(samples) + samples, "n": n})
    pairs["estimate"] = [correlation.pearson_matrix(values[:, [i, i + samples]])[0][0, 1] for i in range(samples)]
    settings = {"replicates": replicates, "level": 0.95, "random_state": seed}
    names = {"studentized": "bootstrap-t", "percentile": "percentile", "bca": "BCa", "analytic": "Fisher's z"}
    found: dict[tuple[str, str], Floats] = {}
    for interval, title in names.items():
        table = pair_bounds(values, pairs, "pearson", settings | {"interval": interval})
        found["pearson", title] = table[["low", "high"]].to_numpy().T
    return found


def _ranks(name: str, method: str, seed: int, n: int, samples: int) -> dict[tuple[str, str], Floats]:
    first, second = _drawn(name, seed, n, samples)
    estimate = np.array([_coefficient(method, first[:, s], second[:, s]) for s in range(samples)])
    by_formula = np.array(correlation.bonett_wright(estimate, n, method=method))
    values = np.hstack([first, second])
    pairs = pd.DataFrame({"i": np.arange(samples), "j": np.arange(samples) + samples, "n": n, "estimate": estimate})
    table = pair_bounds(values, pairs, method, {"level": 0.95, "random_state": seed})
    ours = table[["low", "high"]].to_numpy().T
    return {(method, "U-statistic"): ours, (method, "Bonett-Wright"): by_formula}


def _coefficient(method: str, x: Floats, y: Floats) -> float:
    if method == "kendall":
        return float(stats.kendalltau(x, y).statistic)
    return float(correlation.spearman_matrix(np.column_stack([x, y]))[0][0, 1])


def _partial(method: str, seed: int, n: int, samples: int) -> dict[tuple[str, str], Floats]:
    """Two columns of money that share a third: what is left of normal logarithms is correlated by 0.3."""
    generator = np.random.default_rng(seed)
    z, e, u = generator.standard_normal((3, n, samples))
    x, y = z + e, z + 0.3 * e + np.sqrt(1 - 0.09) * u
    ends = np.empty((2, samples))
    for s in range(samples):
        frame = pd.DataFrame({"x": x[:, s], "y": y[:, s], "z": z[:, s]})
        found = correlation.partial(frame, "x", "y", controls=["z"], method=method)
        ends[:, s] = found.low, found.high
    return {(f"partial {method}", "Fisher's z" if method == "pearson" else "Bonett-Wright"): ends}


@cache
def _partial_truth(method: str) -> dict[str, float]:
    """Of ranks: from a million rows."""
    if method == "pearson":
        return {"partial pearson": 0.3}
    z, e, u = np.random.default_rng(1).standard_normal((3, 1_000_000))
    frame = pd.DataFrame({"x": z + e, "y": z + 0.3 * e + np.sqrt(1 - 0.09) * u, "z": z})
    return {"partial spearman": correlation.partial(frame, "x", "y", controls=["z"], method=method).estimate}


def _case(estimand: str, name: str, sizes: Sequence[int], replicates: int) -> Case:
    intervals = partial(_pearson, name, replicates) if estimand == "pearson" else partial(_ranks, name, estimand)
    return Case(estimand, name, partial(pair_facts, name), intervals, sizes)


def pair_cases(quick: bool = False) -> list[Case]:
    """All cases; the quick ones are few and small."""
    if quick:
        made = [_case("pearson", "both log-normal, σ 1", (100,), 500)]
        return [*made, _case("spearman", "counts with many ties", (100,), 0)]
    made = [_case("pearson", name, EVERY, REPLICATES) for name in PEARSON]
    made += [_case("spearman", name, EVERY, 0) for name in PAIRS]
    made += [_case("kendall", name, (30, 100, 500), 0) for name in PAIRS]
    for method in ("pearson", "spearman"):
        truth = partial(_partial_truth, method)
        made.append(Case(f"partial {method}", "normal, 0.3 beside 1 control", truth, partial(_partial, method), EVERY))
    return made
