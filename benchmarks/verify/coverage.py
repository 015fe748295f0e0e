"""How often the 95 % intervals of the reports hold the truth, by simulation.

Thousands of samples are drawn from populations whose truth is known, each gets the interval that the pages print, from
the same functions with the same settings, and the samples whose interval holds the truth are counted. Other methods
stand beside it: the choice was made by this table. `COVERAGE_SAMPLES` in the environment asks for another number of
samples than 2,000; the result is the same for any number of processors.
"""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
from scipy import stats

from analysis.shares import wilson
from benchmarks.simulation.models import model_cases
from benchmarks.simulation.money import money_cases
from benchmarks.simulation.pairs import pair_cases
from benchmarks.simulation.trials import run
from benchmarks.verify.table import Table

__all__ = ["LIBERAL", "tables"]

SAMPLES = 2000
#: Bradley (1978), British Journal of Mathematical and Statistical Psychology 31, 144-152: the liberal criterion.
LIBERAL = 0.925
SOURCE = "the truth of simulated populations, and of all customers of Online Retail II drawn from again"


def tables() -> list[Table]:
    """What is in use, against the goal; what was tried beside it; shares, without simulation."""
    samples, processes = int(os.environ.get("COVERAGE_SAMPLES", SAMPLES)), min(2, os.cpu_count() or 1)
    parts = [run(cases, samples=samples, processes=processes) for cases in (money_cases, pair_cases, model_cases)]
    found = pd.concat(parts, ignore_index=True).sort_values(["estimand", "population", "n"], kind="stable")
    return [*from_results(found), _shares()]


def from_results(found: pd.DataFrame) -> list[Table]:
    """The two tables of simulated coverage."""
    used = found[found["used"]].drop(columns="used").reset_index(drop=True)
    used["met"] = used["coverage_high"] >= LIBERAL
    numbers = ["coverage", "coverage_low", "coverage_high", "too_low", "too_high"]
    used[numbers] = used[numbers].round(3)
    beside = found.assign(shown=[f"{c:.3f} ({w:.3g})" for c, w in zip(found["coverage"], found["width"], strict=True)])
    beside["place"] = beside.groupby(["estimand", "population", "n"]).cumcount().map(_columns)
    methods = beside.assign(shown=beside["method"] + " " + beside["shown"])
    wide = methods.pivot(index=["estimand", "population", "n"], columns="place", values="shown").fillna("")
    wide = wide[sorted(wide.columns, key=lambda column: (column != "in use", column))]
    return [
        Table(
            "coverage_used",
            "Share of samples whose 95 % interval holds the truth, with the method that the pages use",
            SOURCE,
            used,
            "at least 92.5 % (Bradley's liberal criterion), within the error of the simulation",
        ),
        Table(
            "coverage_methods",
            "The same beside other methods: coverage, and mean width in brackets",
            SOURCE,
            wide.reset_index(),
        ),
    ]


def _columns(place: int) -> str:
    return "in use" if place == 0 else f"beside {place}"


def _shares() -> Table:
    """Exact, by summing over all counts that can occur."""
    rows = []
    for share in (0.02, 0.1, 0.3, 0.5):
        for n in (30, 100, 500, 2000):
            counts = np.arange(n + 1)
            chance = stats.binom.pmf(counts, n, share)
            low, high = wilson(counts, n)
            reach = stats.norm.ppf(0.975) * np.sqrt(counts / n * (1 - counts / n) / n)
            simple = np.abs(counts / n - share) <= reach
            held = float(chance[(low <= share) & (share <= high)].sum())
            rows.append((share, n, round(held, 4), round(float(chance[simple].sum()), 4), held >= LIBERAL))
    frame = pd.DataFrame(rows, columns=["share", "n", "wilson", "wald", "met"])
    title = "Exact coverage of Wilson's 95 % interval of a share, beside the simple one"
    return Table("coverage_shares", title, "binomial probabilities", frame, "at least 92.5 %")
