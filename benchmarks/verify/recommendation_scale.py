"""Time and memory of recommendation for a million customers, 50,000 products and some 30 million purchases.

Each method runs in a process of its own on one thread; its peak memory is the process's, with the purchases in it.
`RECOMMENDATION_LISTS` in the environment asks for the lists of so many customers only; the work for each is the same.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import recommendation
from analysis.recommendation import Interactions, Model
from benchmarks.simulation.preferences import purchases
from benchmarks.verify.table import Table

__all__ = ["tables"]

ROOT = Path(__file__).resolve().parents[2]
CUSTOMERS, PRODUCTS, PAIRS, K = 1_000_000, 50_000, 31_000_000, 10
MINUTES, GIGABYTES = 15, 8
METHODS: dict[str, Callable[[Interactions], Model]] = {
    "popularity": recommendation.popularity,
    "item_neighbours": partial(recommendation.item_neighbours, weighting="bm25"),
    "user_neighbours": partial(recommendation.user_neighbours, neighbours=100, pool=10_000),
    "factors": partial(
        recommendation.factors, size=32, regularisation=10.0, sweeps=5, precision="single", random_state=1
    ),
}
HOW = {
    "popularity": "buyers of each product",
    "item_neighbours": "50 nearest products, exact",
    "user_neighbours": "100 nearest of 10,000 drawn customers",
    "factors": "32 factors, 5 sweeps, single precision",
}


def measure(method: str, lists: int) -> dict[str, float]:
    """Processor seconds of the fit and of the lists, and the peak memory of this process."""
    counts = purchases(CUSTOMERS, PRODUCTS, PAIRS)
    bought = Interactions(pd.RangeIndex(CUSTOMERS), pd.RangeIndex(PRODUCTS), counts)
    start = time.process_time()
    model = METHODS[method](bought)
    fitted = time.process_time()
    fill = (recommendation.popularity(bought),)
    made = 0
    for first in range(0, lists, 20_000):
        rows = np.arange(first, min(first + 20_000, lists))
        found, _ = recommendation.filled(model, fill, rows, K, owned="exclude")
        made += int((found.columns >= 0).all(axis=1).sum())
    return {
        "purchases": counts.nnz,
        "full_lists": made,
        "fit_seconds": fitted - start,
        "list_seconds": time.process_time() - fitted,
        # Kilobytes on Linux, bytes on macOS.
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6),
    }


def tables() -> list[Table]:
    """One row a method."""
    lists = int(os.environ.get("RECOMMENDATION_LISTS", CUSTOMERS))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    rows = []
    for method in METHODS:
        command = [sys.executable, "-m", "benchmarks.verify.recommendation_scale", method, str(lists)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        minutes = (found["fit_seconds"] + found["list_seconds"] * CUSTOMERS / lists) / 60
        met = minutes <= MINUTES and found["gigabytes"] <= GIGABYTES
        rows.append(
            {"method": method, "how": HOW[method], "lists": lists, **found, "minutes_for_all": minutes, "met": met}
        )
    source = f"processor time of one thread; {CUSTOMERS:,} customers × {PRODUCTS:,} products, lists of {K}"
    goal = f"lists for all customers within {MINUTES} minutes and {GIGABYTES} GB"
    return [Table("recommendation_scale", "Recommendation for a million customers", source, pd.DataFrame(rows), goal)]


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
