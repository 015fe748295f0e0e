"""Populations with a known truth: money in several degrees of skew, real customers' spend, and pairs of columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtr, ndtri

from benchmarks.verify.table import reference_data

__all__ = ["MONEY", "PAIRS", "Pairs", "Population", "customers", "facts", "pair_facts"]

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Floats]

#: Drawn once for what has no formula.
LARGE = 2_000_000


class Population(NamedTuple):
    """A name, and how samples of any shape are drawn."""

    name: str
    draw: Draw


class Pairs(NamedTuple):
    """A name, and how two columns are drawn, each of the shape that is asked for."""

    name: str
    draw: Callable[[np.random.Generator, tuple[int, ...]], tuple[Floats, Floats]]


@cache
def customers() -> Floats:
    """Orders and spend of the customers of Online Retail II: positive lines of known customers, no cancellation."""
    lines = pd.read_csv(
        reference_data("online_retail_II", "online_retail_II.csv.gz"),
        usecols=["Invoice", "Quantity", "Price", "Customer ID"],
        dtype={"Invoice": str},
    )
    sold = lines[lines["Customer ID"].notna() & (lines["Quantity"] > 0) & (lines["Price"] > 0)]
    sold = sold.assign(amount=sold["Quantity"] * sold["Price"])
    found = sold.groupby("Customer ID").agg(orders=("Invoice", "nunique"), spend=("amount", "sum"))
    return found.to_numpy(dtype=float)


def _mixture(generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Spend in a later period: 40 % nothing, most a little, 2 % as much as trade buyers."""
    kind = generator.random(shape)
    log = generator.normal(np.where(kind < 0.42, 6.0, 3.0), 1.0)
    return np.where(kind < 0.4, 0.0, np.exp(log))


def _real(generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return generator.choice(customers()[:, 1], shape)


MONEY = {
    found.name: found
    for found in (
        Population("normal", lambda generator, shape: generator.normal(10, 2, shape)),
        Population("gamma, shape 0.5", lambda generator, shape: generator.gamma(0.5, 2, shape)),
        Population("log-normal, σ 1", lambda generator, shape: generator.lognormal(0, 1, shape)),
        Population("log-normal, σ 1.5", lambda generator, shape: generator.lognormal(0, 1.5, shape)),
        Population("spend with 40 % zeros", _mixture),
        Population("Online Retail II", _real),
    )
}


@cache
def facts(name: str) -> dict[str, float]:
    """The truth of a population of money: mean, variance, quantiles, Gini, share of the top fifth."""
    if name == "Online Retail II":
        values = np.sort(customers()[:, 1])
    else:
        values = np.sort(MONEY[name].draw(np.random.default_rng(1), (LARGE,)))
    n, ranks = len(values), np.arange(1, len(values) + 1)
    found = {"mean": values.mean(), "variance": values.var()}
    found |= {f"quantile {q:g}": float(np.quantile(values, q)) for q in (0.05, 0.25, 0.5, 0.75, 0.9, 0.95)}
    found["gini"] = float(2 * (values * (ranks - 0.5)).sum() / (n * values.sum()) - 1)
    found["top 20 %"] = float(values[int(0.8 * n) :].sum() / values.sum())
    return found | _exact(name)


def _exact(name: str) -> dict[str, float]:
    if name == "normal":
        return {"mean": 10.0, "variance": 4.0}
    if name == "gamma, shape 0.5":
        return {"mean": 1.0, "variance": 2.0}
    if name == "spend with 40 % zeros":
        few, most = np.exp([6.5, 3.5])
        mean = 0.02 * few + 0.58 * most
        return {"mean": mean, "variance": 0.02 * few**2 * np.e + 0.58 * most**2 * np.e - mean**2}
    if not name.startswith("log-normal"):
        return {}
    sigma = float(name.rsplit(" ", 1)[1])
    return {
        "mean": float(np.exp(sigma**2 / 2)),
        "variance": float((np.exp(sigma**2) - 1) * np.exp(sigma**2)),
        "gini": float(2 * ndtr(sigma / np.sqrt(2)) - 1),
        "top 20 %": float(ndtr(sigma - ndtri(0.8))),
    } | {f"quantile {q:g}": float(np.exp(sigma * ndtri(q))) for q in (0.05, 0.25, 0.5, 0.75, 0.9, 0.95)}


def _normal_pair(generator: np.random.Generator, shape: tuple[int, ...], rho: float = 0.5) -> tuple[Floats, Floats]:
    first = generator.standard_normal(shape)
    return first, rho * first + np.sqrt(1 - rho**2) * generator.standard_normal(shape)


def _strong(generator: np.random.Generator, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    return _normal_pair(generator, shape, 0.8)


def _money(generator: np.random.Generator, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    first, second = _normal_pair(generator, shape)
    return np.exp(first), np.exp(second)


def _one_money(generator: np.random.Generator, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    first, second = _normal_pair(generator, shape)
    return first, np.exp(second)


def _unrelated_money(generator: np.random.Generator, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    first, second = _normal_pair(generator, shape, 0.0)
    return np.exp(first), np.exp(second)


def _counts(generator: np.random.Generator, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Heavy ties: half of the first column and a fifth of the second are 0."""
    first, second = _normal_pair(generator, shape)
    return stats.poisson.ppf(ndtr(first), 0.7), stats.poisson.ppf(ndtr(second), 1.5)


def _fan(generator: np.random.Generator, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Spread that grows with the first column: unrelated on average, but not independent."""
    first = generator.standard_normal(shape)
    return first, np.exp(first) * generator.standard_normal(shape)


def _real_pair(generator: np.random.Generator, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    rows = customers()[generator.integers(0, len(customers()), shape)]
    return rows[..., 0], rows[..., 1]


PAIRS = {
    found.name: found
    for found in (
        Pairs("bivariate normal, 0.5", _normal_pair),
        Pairs("bivariate normal, 0.8", _strong),
        Pairs("both log-normal, σ 1", _money),
        Pairs("normal and log-normal", _one_money),
        Pairs("unrelated log-normal", _unrelated_money),
        Pairs("counts with many ties", _counts),
        Pairs("spread grows", _fan),
        Pairs("orders and spend, Online Retail II", _real_pair),
    )
}


@cache
def pair_facts(name: str) -> dict[str, float]:
    """The truth of a pair: Pearson, Spearman, Kendall; by formula, from all customers, or from half a million rows."""
    rho = {"bivariate normal, 0.8": 0.8, "unrelated log-normal": 0.0}.get(name, 0.5)
    ranks = {"spearman": 6 / np.pi * np.arcsin(rho / 2), "kendall": 2 / np.pi * np.arcsin(rho)}
    if name.startswith("bivariate"):
        return {"pearson": rho} | ranks
    if name == "both log-normal, σ 1":
        return {"pearson": float(np.expm1(0.5) / np.expm1(1))} | ranks
    if name == "normal and log-normal":
        return {"pearson": float(0.5 / np.sqrt(np.expm1(1)))} | ranks
    if name == "unrelated log-normal":
        return {"pearson": 0.0} | ranks
    if name == "spread grows":
        return {"pearson": 0.0, "spearman": 0.0, "kendall": 0.0}
    if name.endswith("Online Retail II"):
        x, y = customers().T
    else:
        x, y = PAIRS[name].draw(np.random.default_rng(1), (500_000,))
    return {
        "pearson": float(np.corrcoef(x, y)[0, 1]),
        "spearman": float(stats.spearmanr(x, y).statistic),
        "kendall": float(stats.kendalltau(x, y).statistic),
    }
