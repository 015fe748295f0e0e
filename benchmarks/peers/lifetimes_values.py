"""Estimates and predictions of the package lifetimes, for `benchmarks.verify.lifetime` to stand beside.

lifetimes is archived and not among the locked packages. In an environment of its own (`pip install lifetimes==0.11.3`),
from the root of the repository:

    python benchmarks/peers/lifetimes_values.py > benchmarks/peers/lifetimes_0_11_3.json

The random customers are made here, with NumPy alone, so that both sides see the same ones.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from typing import TextIO

import numpy as np

DATA_SETS = 8
#: Customers of the comparison of speed.
MANY = 100_000
#: Histories that predictions are compared at: x, t_x, T in units of the data set's longest T.
ASKED = ([0, 1, 1, 4, 20], [0.0, 0.1, 0.9, 0.5, 0.98], [1.0, 1.0, 1.0, 1.0, 1.0])


def customers(seed: int, n: int = 1200) -> dict[str, np.ndarray]:
    """frequency, recency, T (whole days) and the mean value of the repeat purchases of customers who buy and leave."""
    random = np.random.default_rng(seed)
    longest = [90, 270, 720][seed % 3]
    T = random.integers(longest // 3, longest + 1, n)
    rate = random.gamma(0.5 + 0.3 * (seed % 4), 12 / longest, n)
    life = random.exponential(longest * random.gamma(2.0, 0.4, n))
    count = random.poisson(rate * np.minimum(life, T))
    last = np.minimum(life, T) * random.random(n) ** (1 / np.maximum(count, 1))
    recency = np.where(count > 0, np.clip(np.ceil(last), 1, T), 0).astype(float)
    value = random.gamma(3.0 * np.maximum(count, 1)) / np.maximum(count, 1) * random.lognormal(2.0, 0.6, n)
    return {"frequency": count, "recency": recency, "T": T.astype(float), "value": value}


def fitted(make, *columns):
    """A fit, as exact as the package gives it; None where it says that it did not converge."""
    from lifetimes.utils import ConvergenceError

    for tolerance in (1e-11, 1e-9, 1e-7):
        try:
            return make().fit(*columns, tol=tolerance, maxiter=20_000)
        except ConvergenceError:
            continue
    return None


def main(output: TextIO) -> None:
    from lifetimes import BetaGeoFitter, GammaGammaFitter, ParetoNBDFitter

    warnings.simplefilter("ignore")
    found = []
    for seed in range(DATA_SETS):
        data = customers(seed)
        columns = data["frequency"], data["recency"], data["T"]
        x, t_x, T = (np.array(part, dtype=float) for part in ASKED)
        t_x, T = t_x * data["T"].max(), T * data["T"].max()
        row: dict[str, object] = {"seed": seed}
        for name, make in (("bg_nbd", BetaGeoFitter), ("pareto_nbd", ParetoNBDFitter)):
            fit = fitted(make, *columns)
            if fit is None:
                continue
            row[name] = {
                "params": fit.params_.tolist(),
                "alive": np.ravel(fit.conditional_probability_alive(x, t_x, T)).tolist(),
                "expected": np.ravel(
                    fit.conditional_expected_number_of_purchases_up_to_time(data["T"].max() / 2, x, t_x, T)
                ).tolist(),
                "new": float(fit.expected_number_of_purchases_up_to_time(data["T"].max())),
            }
        bought = data["frequency"] > 0
        values = fitted(GammaGammaFitter, data["frequency"][bought], data["value"][bought])
        if values is not None:
            row["gamma_gamma"] = {
                "params": values.params_.tolist(),
                "expected": values.conditional_expected_average_profit(x[1:], np.full(4, 30.0)).tolist(),
            }
        found.append(row)
    data = customers(1, MANY)
    seconds = {}
    for name, make in (("bg_nbd", BetaGeoFitter), ("pareto_nbd", ParetoNBDFitter)):
        start = time.process_time()
        fit = make().fit(data["frequency"], data["recency"], data["T"])
        fit.conditional_expected_number_of_purchases_up_to_time(90, data["frequency"], data["recency"], data["T"])
        seconds[name] = time.process_time() - start
    json.dump({"values": found, "customers": MANY, "seconds": seconds}, output, indent=0)
    output.write("\n")


if __name__ == "__main__":
    # The package prints what it could not fit; only the numbers go to the file.
    output, sys.stdout = sys.stdout, sys.stderr
    main(output)
