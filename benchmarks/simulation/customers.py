"""Customers of a repeat-purchase model, split at a day: what is known of them then, and what they do afterwards."""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis import lifetime
from analysis.lifetime.models import PurchaseModel
from analysis.lifetime.simulation import lives, simulate
from analysis.shares import wilson

__all__ = ["at_scale", "covered", "recovered", "split_customers"]


def split_customers(
    model: PurchaseModel, params: Mapping[str, float], *, n: int, T: ArrayLike, horizon: float, seed: int
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Histories of n customers at T (a number or one a customer), and each one's purchases in (T, T + horizon].

    Both come from one simulated life, so that the future belongs to the very customer with that history.
    """
    ends = np.broadcast_to(np.asarray(T, dtype=np.float64), n)
    values = tuple(np.asarray(value, dtype=np.float64) for value in params.values())
    lived = lives(model, values, ends + horizon, np.random.default_rng(seed))
    who = np.repeat(np.arange(n), lived.counts)
    before = lived.times <= ends[who]
    frequency = np.bincount(who[before], minlength=n)
    recency = np.zeros(n)
    np.maximum.at(recency, who[before], lived.times[before])
    return pd.DataFrame({"frequency": frequency, "recency": recency, "T": ends}), lived.counts - frequency


TRUTHS: dict[str, dict[str, float]] = {
    "bg_nbd": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
    "pareto_nbd": {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669},
    "gamma_gamma": {"p": 6.25, "q": 3.74, "gamma": 15.44},
}
MODELS = {"bg_nbd": lifetime.BG_NBD, "pareto_nbd": lifetime.PARETO_NBD}
FITS = {"bg_nbd": lifetime.bg_nbd, "pareto_nbd": lifetime.pareto_nbd}


def _shop(name: str, n: int, seed: int, horizon: float = 39.0) -> tuple[list[NDArray[np.float64]], NDArray[np.int64]]:
    """Histories in weeks, known to the day, of customers who came over twelve weeks, and their later purchases."""
    T = np.random.default_rng(seed).integers(27 * 7, 39 * 7 + 1, n) / 7
    known, later = split_customers(MODELS[name], TRUTHS[name], n=n, T=T, horizon=horizon, seed=seed)
    recency = np.where(known["frequency"] > 0, np.minimum(np.ceil(known["recency"] * 7) / 7, T), 0.0)
    return [known["frequency"].to_numpy(float), recency, T], later


def recovered(job: tuple[str, int]) -> list[dict[str, Any]]:
    """One row a parameter: the truth beside the estimates of many shops."""
    name, samples = job
    truth, tables = TRUTHS[name], []
    for seed in range(samples):
        if name == "gamma_gamma":
            counts = np.random.default_rng(seed).geometric(0.4, 2000)
            value = lifetime.simulate_gamma_gamma(truth, counts, random_state=seed)
            tables.append(lifetime.gamma_gamma(counts, value, random_state=seed).table)
        else:
            tables.append(FITS[name](*_shop(name, 2000, seed)[0], random_state=seed).table)
    rows = []
    for place, (parameter, value) in enumerate(truth.items()):
        found = pd.DataFrame([table.iloc[place] for table in tables])
        logs, errors = np.log(found["estimate"].astype(float)), found["standard_error"] / found["estimate"]
        held = int(((found["low"] <= value) & (found["high"] >= value)).sum())
        low, high = wilson(held, samples)
        rows.append(
            {
                "model": name, "parameter": parameter, "truth": value, "median_estimate": found["estimate"].median(),
                "sd": float(logs.std(ddof=1)), "median_standard_error": float(errors.astype(float).median()),
                "coverage": held / samples, "coverage_low": float(low), "coverage_high": float(high),
            }
        )  # fmt: skip
    return rows


def covered(job: tuple[str, str, int, str, int]) -> list[dict[str, Any]]:
    """One row: how often the interval of the total, and those of single customers, held what happened."""
    name, truth, n, kind, samples = job
    held, each, widths, errors = 0, [], [], []
    for seed in range(samples):
        columns, later = _shop(truth, n, seed)
        fit = FITS[name](*columns, random_state=seed)
        options: dict[str, Any] = {"horizon": 39.0, "parameters": kind, "draws": 200, "random_state": seed}
        row = lifetime.forecast_total(fit, *columns, **options).table.iloc[0]
        held += int(row["low"] <= later.sum() <= row["high"])
        widths.append((row["high"] - row["low"]) / row["estimate"])
        errors.append(row["estimate"] / later.sum() - 1)
        if kind != "refit" and seed < 20:
            bounds = lifetime.forecast_customers(fit, *columns, **options)
            each.append(((bounds["purchases_low"] <= later) & (later <= bounds["purchases_high"])).mean())
    low, high = wilson(held, samples)
    return [
        {
            "model": name, "truth": truth, "customers": n, "parameters": kind, "shops": samples,
            "coverage": held / samples, "coverage_low": float(low), "coverage_high": float(high),
            "median_width_of_estimate": float(np.median(widths)), "median_error_of_total": float(np.median(errors)),
            "coverage_of_customers": float(np.mean(each)) if each else np.nan,
        }
    ]  # fmt: skip


def at_scale(job: tuple[str, int]) -> dict[str, Any]:
    """Times and memory of a fit and a forecast; in a process of its own, whose peak memory is theirs."""
    name, n = job
    truth = {"bg_nbd": (0.4, 60.0, 0.7, 2.5), "pareto_nbd": (0.55, 75.0, 0.6, 80.0)}[name]
    params = tuple(np.asarray(value) for value in truth)
    T = np.random.default_rng(1).integers(1, 731, n).astype(np.float64)
    frequency, recency = np.empty(n), np.empty(n)
    for start in range(0, n, 500_000):
        part = slice(start, start + 500_000)
        shop = simulate(MODELS[name], params, T[part], start)
        frequency[part] = shop["frequency"]
        recency[part] = np.where(shop["frequency"] > 0, np.clip(np.round(shop["recency"]), 1, shop["T"]), 0.0)
    before, marks = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, [time.process_time()]
    fit = FITS[name](frequency, recency, T)
    marks.append(time.process_time())
    expected = fit.expected_purchases(frequency, recency, T, horizon=365)
    marks.append(time.process_time())
    forecast = lifetime.forecast_total(fit, frequency, recency, T, horizon=365, draws=200)
    marks.append(time.process_time())
    fit_s, each_s, total_s = np.diff(marks)
    row = forecast.table.iloc[0]
    assert np.isclose(expected.sum(), row["estimate"])
    return {
        "model": fit.model.name, "customers": n, "histories": fit.histories, "converged": fit.converged,
        "fit_s": fit_s, "each_customer_s": each_s, "total_with_interval_s": total_s,
        "input_gb": before / 1e6, "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }  # fmt: skip
