"""Lifetime models beside published estimates, other implementations, simulated truth, and the clock.

`LIFETIME_SAMPLES` in the environment asks for another number of simulated shops than 100, `LIFETIME_CUSTOMERS` for
another number of customers at scale than ten million.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special

from analysis import lifetime
from benchmarks.peers.lifetimes_values import ASKED, customers
from benchmarks.simulation.customers import at_scale, covered, recovered
from benchmarks.verify.table import Table, reference_data

__all__ = ["tables"]

Floats = NDArray[np.float64]
PEER = Path(__file__).resolve().parents[1] / "peers" / "lifetimes_0_11_3.json"
FITS: dict[str, Callable[..., lifetime.PurchaseFit]] = {"bg_nbd": lifetime.bg_nbd, "pareto_nbd": lifetime.pareto_nbd}
PUBLISHED: dict[str, dict[str, float]] = {
    "bg_nbd": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
    "mbg_nbd": {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614},
    "pareto_nbd": {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669},
    "gamma_gamma": {"p": 6.25, "q": 3.74, "gamma": 15.44},
}
SAMPLES, CUSTOMERS = 100, 10_000_000
#: Where peers stop their search: their estimates are that far from the maximum at most.
PEER_STOPS = 1e-5
#: Coverage of 95 % intervals that is near enough, within the error of the simulation (Bradley 1978).
LIBERAL = 0.925


def tables() -> list[Table]:
    """Published, peers, independent, recovery, coverage, scale."""
    return [published(), agreement(), independent(), recovery(), coverage(), scale()]


def _summary() -> pd.DataFrame:
    return pd.read_csv(reference_data("cdnow", "cdnow_customers_summary_with_transactions.csv"))


def published() -> Table:
    """Estimates, likelihoods and forecasts that stand in papers, for the CDNOW customers."""
    frame = pd.DataFrame(list(_published()))
    unit = 10.0 ** -frame["decimals"]
    apart, higher = (frame["found"] - frame["published"]).abs(), frame["log_likelihood"] > frame["there"]
    frame["met"] = (apart <= 0.5000001 * unit) | ((apart <= 1.5 * unit) & higher)
    return Table(
        "lifetime_published",
        "CDNOW, 2,357 customers to the end of week 39: estimates, likelihoods and forecasts",
        "Fader, Hardie and Lee (2005), Marketing Science 24, table 2 and the spreadsheet of note 004 (x = 2); the same "
        "(2005), JMR 42 (correlations); Fader and Hardie (2013), The Gamma-Gamma model; the vignette of R's BTYD; the "
        "tests of lifetimes (MBG/NBD)",
        frame,
        "equal to the last printed digit, or one unit of it away where our log-likelihood is higher than at the "
        "published estimates (`there`)",
    )


def _published() -> Iterator[dict[str, Any]]:
    data = _summary()
    columns = data["x"], data["t_x"], data["T"]
    bought = data[data["x"] > 0]
    fits = {name: fit(*columns) for name, fit in {**FITS, "mbg_nbd": lifetime.mbg_nbd}.items()}
    values = lifetime.gamma_gamma(data["x"], data["zbar"])
    spent = lifetime.gamma_gamma_likelihood(*(bought[c].to_numpy(float) for c in ("x", "zbar")), np.ones(len(bought)))
    likelihoods = {name: fit.model.likelihood(lifetime.group(*columns)) for name, fit in fits.items()}
    for name, known in PUBLISHED.items():
        fit, objective = (values, spent) if name == "gamma_gamma" else (fits[name], likelihoods[name])
        there = objective(np.log(list(known.values())))[0]
        for parameter, value in known.items():
            row = _row(name, parameter, fit.params[parameter], value, 2 if name == "gamma_gamma" else 3)
            yield row | {"log_likelihood": fit.log_likelihood, "there": there}
    yield _row("bg_nbd", "log-likelihood", fits["bg_nbd"].log_likelihood, -9582.4, 1)
    yield _row("pareto_nbd", "log-likelihood", fits["pareto_nbd"].log_likelihood, -9595.0, 1)
    found = fits["bg_nbd"].expected_purchases([2], [30.43], [38.86], horizon=39)[0]
    yield _row("bg_nbd", "purchases expected in 39 weeks, x = 2, t_x = 30.43, T = 38.86", found, 1.226, 3)
    for name, vignette in {"bg_nbd": (1.444, 25.76, 0.969), "pareto_nbd": (1.473, 25.46, 0.998)}.items():
        fit, best = fits[name], ([26], [30.86], [31.0])
        yield _row(name, "purchases of a new customer in 52 weeks", fit.expected_new(52)[0], vignette[0], 3)
        expected = fit.expected_purchases(*best, horizon=52)[0]
        yield _row(name, "purchases expected in 52 weeks, x = 26, t_x = 30.86, T = 31", expected, vignette[1], 2)
        yield _row(name, "probability that this customer is alive", fit.probability_alive(*best)[0], vignette[2], 3)
    rest = bought.drop(index=bought.index[(bought["zbar"] > 290) & (bought["x"] > 15)])
    for what, frame, known in (("946 customers", bought, 0.11), ("without one of them", rest, 0.06)):
        pearson = lifetime.independence(frame["x"], frame["zbar"], replicates=100).table["estimate"].iloc[0]
        yield _row("gamma_gamma", f"correlation of frequency and value, {what}", pearson, known, 2)


def _row(model: str, quantity: str, found: float, known: float, decimals: int) -> dict[str, Any]:
    return {"model": model, "quantity": quantity, "found": found, "published": known, "decimals": decimals}


def agreement() -> Table:
    """The largest relative difference from the package lifetimes over random customers."""
    worst: dict[tuple[str, str], list[float]] = {}
    for row in json.loads(PEER.read_text(encoding="utf-8"))["values"]:
        for model, quantity, ours, theirs in _compared(row):
            gap = np.max(np.abs(np.asarray(ours) / np.asarray(theirs) - 1))
            worst.setdefault((model, quantity), []).append(float(gap))
    rows = [
        {"model": model, "quantity": quantity, "data_sets": len(gaps), "largest_relative_difference": max(gaps)}
        for (model, quantity), gaps in worst.items()
    ]
    frame = pd.DataFrame(rows).assign(met=lambda table: table["largest_relative_difference"] <= PEER_STOPS)
    return Table(
        "lifetime_agreement",
        "Largest relative difference on random customers; data sets where the peer does not converge are left out",
        "lifetimes 0.11.3 (benchmarks/peers/lifetimes_values.py), on the same customers",
        frame,
        f"at most {PEER_STOPS:g}, which is where the peer stops searching",
    )


def _compared(row: dict[str, Any]) -> Iterator[tuple[str, str, Any, Any]]:
    data = customers(row["seed"])
    longest = data["T"].max()
    asked = ASKED[0], np.array(ASKED[1]) * longest, np.array(ASKED[2]) * longest
    for name, fit_model in FITS.items():
        if name in row:
            fit, peer = fit_model(data["frequency"], data["recency"], data["T"]), row[name]
            yield fit.model.name, "parameters", list(fit.params.values()), peer["params"]
            yield fit.model.name, "probability alive", fit.probability_alive(*asked), peer["alive"]
            yield (
                fit.model.name,
                "expected purchases",
                fit.expected_purchases(*asked, horizon=longest / 2),
                peer["expected"],
            )
            yield fit.model.name, "expected of a new customer", fit.expected_new(longest), peer["new"]
    if "gamma_gamma" in row:
        fit = lifetime.gamma_gamma(data["frequency"], np.where(data["frequency"] > 0, data["value"], np.nan))
        peer = row["gamma_gamma"]
        yield "Gamma-Gamma", "parameters", list(fit.params.values()), peer["params"]
        yield "Gamma-Gamma", "expected value", fit.expected_value(ASKED[0][1:], [30.0] * 4), peer["expected"]


def independent() -> Table:
    """All 23,570 customers of CDNOW: the formulas as printed, with SciPy's functions, climbed by Nelder and Mead."""
    lines = pd.read_csv(reference_data("cdnow", "CDNOW_master.txt.gz"), sep=r"\s+", header=0, names=list("abcd"))
    lines["day"] = (pd.to_datetime(lines["b"].astype(str), format="%Y%m%d") - pd.Timestamp("1997-01-01")).dt.days
    days = lines[lines["day"] < 273][["a", "day"]].drop_duplicates().groupby("a")["day"].agg(["min", "max", "size"])
    x, t_x, T = days["size"] - 1, (days["max"] - days["min"]) / 7, (272 - days["min"]) / 7
    known = lifetime.group(x, t_x, T)
    rows = []
    for name, printed in {"bg_nbd": _bg_nbd_as_printed, "pareto_nbd": _pareto_nbd_as_printed}.items():
        fit = FITS[name](x, t_x, T)
        start = np.log([0.5, 8.0, 0.8, 3.0 if name == "bg_nbd" else 12.0])
        options = {"xatol": 1e-9, "fatol": 1e-9, "maxiter": 5000, "maxfev": 5000}
        peer = optimize.minimize(
            lambda at, f=printed: -f(np.exp(at), known), start, method="Nelder-Mead", options=options
        )
        pairs = zip(
            (*fit.params.items(), ("log-likelihood", fit.log_likelihood)), (*np.exp(peer.x), -peer.fun), strict=True
        )
        rows += [
            {"model": fit.model.name, "quantity": key, "found": ours, "peer": theirs} for (key, ours), theirs in pairs
        ]
    frame = pd.DataFrame(rows)
    frame["met"] = (frame["found"] / frame["peer"] - 1).abs() <= 1e-5
    title = f"All {known.total:,.0f} customers of CDNOW, {len(known):,} different histories, to the end of week 39"
    source = "the likelihoods as printed, with SciPy's gammaln and hyp2f1, maximised by Nelder and Mead's simplex"
    return Table("lifetime_independent", title, source, frame, "equal to five digits")


def _bg_nbd_as_printed(params: Floats, known: lifetime.Histories) -> float:
    r, alpha, a, b = params
    x, t_x, T = known.frequency, known.recency, known.T
    first = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
    second = special.gammaln(a + b) + special.gammaln(b + x) - special.gammaln(b) - special.gammaln(a + b + x)
    third = (1 / (alpha + T)) ** (r + x)
    fourth = np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * (1 / (alpha + t_x)) ** (r + x), 0)
    return float(known.customers @ (first + second + np.log(third + fourth)))


def _pareto_nbd_as_printed(params: Floats, known: lifetime.Histories) -> float:
    r, alpha, s, beta = params
    x, n = known.frequency, r + s + known.frequency

    def part(time: Floats) -> Floats:
        if alpha >= beta:
            return special.hyp2f1(n, s + 1, n + 1, (alpha - beta) / (alpha + time)) / (alpha + time) ** n
        return special.hyp2f1(n, r + x, n + 1, (beta - alpha) / (beta + time)) / (beta + time) ** n

    front = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    living = (alpha + known.T) ** -(r + x) * (beta + known.T) ** -s
    return float(known.customers @ (front + np.log(living + s / n * (part(known.recency) - part(known.T)))))


def _run(function: Callable[[Any], list[dict[str, Any]]], jobs: list[Any]) -> pd.DataFrame:
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), mp_context=get_context("fork")) as pool:
        return pd.DataFrame([row for rows in pool.map(function, jobs) for row in rows])


def recovery() -> Table:
    """Estimates over simulated shops: their mean, their spread beside the standard errors, coverage of intervals."""
    samples = int(os.environ.get("LIFETIME_SAMPLES", SAMPLES))
    frame = _run(recovered, [(name, samples) for name in ("bg_nbd", "pareto_nbd", "gamma_gamma")])
    frame["met"] = frame["coverage_high"] >= LIBERAL
    return Table(
        "lifetime_recovery",
        f"Parameters of {samples} simulated shops of 2,000 customers each; errors and bias on the logarithm",
        "the parameters that the customers were simulated with",
        frame,
        "95 % intervals hold the truth in at least 92.5 %, within the error of the simulation",
    )


def coverage() -> Table:
    """How often 95 % intervals hold what the very customers then do; also where the model is the wrong one."""
    samples = int(os.environ.get("LIFETIME_SAMPLES", SAMPLES))
    jobs = [
        (fitted, truth, n, kind, samples)
        for fitted, truth in (("bg_nbd", "bg_nbd"), ("pareto_nbd", "pareto_nbd"), ("bg_nbd", "pareto_nbd"))
        for n in (200, 1000)
        for kind in ("normal", "refit", "fixed")
        if kind == "normal" or (n == 200 and fitted == truth == "bg_nbd")
    ]
    frame = _run(covered, jobs)
    used = (frame["parameters"] == "normal") & (frame["model"] == frame["truth"])
    frame["met"] = ~used | (frame["coverage_high"] >= LIBERAL)
    return Table(
        "lifetime_coverage",
        "Shares of shops whose total, and of customers whose own purchases, lie within the 95 % prediction interval",
        "simulated customers, whose future the forecast does not see",
        frame,
        "parameters drawn from the normal distribution (in use), true model: at least 92.5 % within the error",
    )


def scale() -> Table:
    """Processor time and peak memory of a fit and a forecast for each customer, on one thread; and beside a peer."""
    many = int(os.environ.get("LIFETIME_CUSTOMERS", CUSTOMERS))
    rows = []
    for name in FITS:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            rows.append(pool.submit(at_scale, (name, many)).result())
    peer = json.loads(PEER.read_text(encoding="utf-8"))
    data = customers(1, peer["customers"])
    for name, fit_model in FITS.items():
        start = time.process_time()
        fit = fit_model(data["frequency"], data["recency"], data["T"])
        fit.expected_purchases(data["frequency"], data["recency"], data["T"], horizon=90)
        ours = time.process_time() - start
        row = {"model": fit.model.name, "customers": peer["customers"], "histories": fit.histories}
        rows.append(
            row
            | {
                "fit_and_forecast_s": ours,
                "peer_s": peer["seconds"][name],
                "peer_over_ours": peer["seconds"][name] / ours,
            }
        )
    return Table(
        "lifetime_scale",
        "Processor seconds on one thread (five starting points each) and peak memory; T up to two years in days",
        "the clock; lifetimes 0.11.3 (one starting point) on the same 100,000 customers, timed on another occasion",
        pd.DataFrame(rows),
    )
