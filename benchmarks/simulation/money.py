"""Cases of one column of money: means, medians and other quantiles, variances, Gini, shares of the top; and ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis import bootstrap
from analysis.bootstrap import Statistic
from analysis.bootstrap.intervals import Method
from analysis.description.concentration import gini, top_share
from benchmarks.simulation.populations import MONEY, customers, facts
from benchmarks.simulation.trials import Case, side_by_side

__all__ = ["money_cases"]

Floats = NDArray[np.float64]
SKEWED = [name for name in MONEY if name != "normal"]
NAMES = {
    "bca": "BCa",
    "studentized": "bootstrap-t",
    "symmetric": "symmetric bootstrap-t",
    "percentile": "percentile",
    "basic": "basic",
}
QUANTILES = [f"quantile {q}" for q in (0.05, 0.25, 0.5, 0.75, 0.9, 0.95)]
RATIO, GROUPED = "average order value", "mean of orders"
#: Replicates of the pages, and of statistics that cost a sort of every resample.
REPLICATES, COSTLY = 2000, 1000


def _money(
    name: str, statistics: Mapping[str, Statistic], replicates: int, seed: int, n: int, samples: int
) -> dict[tuple[str, str], Floats]:
    values = np.sort(MONEY[name].draw(np.random.default_rng(seed), (n, samples)), axis=0)
    printed = {key: statistic for key, statistic in statistics.items() if _has_interval(key, n)}
    found = _methods(values, printed, seed=seed, replicates=replicates)
    if "mean" in statistics:
        reach = stats.t.ppf(0.975, n - 1) * values.std(axis=0, ddof=1) / np.sqrt(n)
        found["mean", "Student's t"] = np.array([values.mean(axis=0) - reach, values.mean(axis=0) + reach])
    return found


def _has_interval(name: str, n: int) -> bool:
    """Whether pages give one: not for a quantile that may lie beyond all values."""
    q = float(name.removeprefix("quantile ")) if name.startswith("quantile") else 0.5
    return max(q, 1 - q) ** n <= 0.05


def _methods(
    values: Floats, statistics: Mapping[str, Statistic], *, seed: int, replicates: int
) -> dict[tuple[str, str], Floats]:
    """The ends by each method, first by `auto`, which the pages use."""
    found: dict[tuple[str, str], Floats] = {}
    methods: tuple[Method, ...] = ("auto", "bca", "percentile")
    for method in methods:
        results = bootstrap.intervals(values, statistics, method=method, replicates=replicates, random_state=seed)
        for name, result in results.items():
            found.setdefault((name, NAMES[result.method]), np.array([result.low, result.high]))
    return found


def _orders(name: str, generator: np.random.Generator, n: int, samples: int) -> Floats:
    """Spend and orders of customers, side by side: shape (n, 2 × samples)."""
    if name == "Online Retail II":
        rows = customers()[generator.integers(0, len(customers()), (n, samples))]
        spend, orders = rows[..., 1], rows[..., 0]
    else:
        level = generator.normal(0, 0.5, (n, samples))
        orders = 1.0 + generator.poisson(3 * np.exp(generator.normal(0, 0.8, (n, samples))))
        # Whoever orders more spends more an order; the sum of an order's values is nearly log-normal.
        spend = orders * orders**0.2 * np.exp(level) * generator.lognormal(0, 1 / np.sqrt(orders))
    return np.stack([spend, orders], axis=2).reshape(n, -1)


def _average_order_truth(name: str) -> dict[str, float]:
    if name == "Online Retail II":
        return {RATIO: float(customers()[:, 1].sum() / customers()[:, 0].sum())}
    parts = [_orders(name, np.random.default_rng(seed), 1_000_000, 1).sum(axis=0) for seed in range(4)]
    spend, orders = np.sum(parts, axis=0)
    return {RATIO: float(spend / orders)}


def _average_order(name: str, seed: int, n: int, samples: int) -> dict[tuple[str, str], Floats]:
    values = _orders(name, np.random.default_rng(seed), n, samples)
    return _methods(values, {RATIO: side_by_side(bootstrap.ratio, 2)}, seed=seed, replicates=COSTLY)


def _grouped(seed: int, n: int, samples: int) -> dict[tuple[str, str], Floats]:
    """Orders of n customers, several each; whole customers are drawn. Beside: as if orders were independent."""
    generator = np.random.default_rng(seed)
    orders = 1 + generator.poisson(3, n)
    groups = np.repeat(np.arange(n), orders)
    level = generator.normal(0, 0.7, (n, samples))[groups]
    values = np.exp(level + generator.normal(0, 0.7, level.shape))
    options: dict[str, Any] = {"replicates": COSTLY, "random_state": seed}
    by_customer = bootstrap.interval(values, bootstrap.mean, groups=groups, **options)
    alone = bootstrap.interval(values, bootstrap.mean, **options)
    return {
        (GROUPED, "BCa by customer"): np.array([by_customer.low, by_customer.high]),
        (GROUPED, "BCa, orders as independent"): np.array([alone.low, alone.high]),
    }


def _named(names: Sequence[str]) -> dict[str, Statistic]:
    known = {"mean": bootstrap.mean, "variance": bootstrap.variance, "gini": gini, "top 20 %": top_share(0.2)}
    return {name: known.get(name) or bootstrap.quantile(float(name.removeprefix("quantile "))) for name in names}


def _case(name: str, statistics: Sequence[str], replicates: int, sizes: Sequence[int]) -> Case:
    intervals = partial(_money, name, _named(statistics), replicates)
    return Case("+".join(statistics), name, partial(facts, name), intervals, sizes)


def money_cases(quick: bool = False) -> list[Case]:
    """All cases; the quick ones are few and small."""
    every, small = (30, 100, 500, 2000), (30, 100, 500)
    if quick:
        return [
            _case("log-normal, σ 1", ["mean", "quantile 0.5"], 500, (100,)),
            _case("gamma, shape 0.5", ["gini", "top 20 %"], 500, (100,)),
        ]
    plain = ["mean", "variance", *QUANTILES]
    made = [_case(name, plain, REPLICATES, every) for name in MONEY]
    made += [_case(name, ["gini", "top 20 %"], COSTLY, small) for name in SKEWED]
    for name in ("orders of skewed customers", "Online Retail II"):
        made.append(Case(RATIO, name, partial(_average_order_truth, name), partial(_average_order, name), every))
    made.append(Case(GROUPED, "several a customer", _grouped_truth, _grouped, small))
    return made


def _grouped_truth() -> dict[str, float]:
    return {GROUPED: float(np.exp(0.7**2))}
