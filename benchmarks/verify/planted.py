"""What the real notebooks find of the truth that was planted in the demo, over 20 seeds of its data.

`PLANTED_SEEDS` in the environment asks for another number of seeds; `PLANTED_BUILDS` names a folder whose builds are
used, and where those that are missing are kept. The parameters are those of the demo profile.
"""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.shares import wilson
from benchmarks.simulation.planted import build, score
from benchmarks.verify.table import Table

__all__ = ["overall", "tables"]

SEEDS = 20
#: Of `rules.alpha`, `regression.alpha`, `correlation.alpha` in the demo's parameters.
ALPHA = 0.05
#: Without one of the four planted segments the best that is left is 0.83.
LEAST_AGREEMENT = 0.85
#: Of the customers who left and those who did not, in pairs: the share in which the one who left is scored lower.
LEAST_TOLD = 0.9
SOURCE = "the truth written beside the generated raw files, which no stage reads"


def tables() -> list[Table]:
    """One row a seed, and one a promise over all seeds."""
    seeds = range(1, int(os.environ.get("PLANTED_SEEDS", SEEDS)) + 1)
    with tempfile.TemporaryDirectory() as scratch:
        builds = Path(os.environ.get("PLANTED_BUILDS", scratch))
        with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
            rows = list(pool.map(lambda seed: {"seed": seed, **_scored(seed, builds / str(seed))}, seeds))
    found = pd.DataFrame(rows)
    return [
        Table("planted_seeds", "What was found of the planted truth, by seed of the demo", SOURCE, found),
        Table(
            "planted_truth",
            f"The same over {len(found)} seeds; adjusted Rand index {_spread(found['adjusted_rand'])}",
            SOURCE,
            overall(found),
            "as the column `goal` says, within the 95 % interval of the share",
        ),
    ]


def _scored(seed: int, folder: Path) -> dict[str, Any]:
    if not folder.exists():
        build(seed, folder)
    return score(folder)


def _spread(index: pd.Series) -> str:
    return f"{index.min():.2f} to {index.max():.2f}, median {index.median():.2f}"


def overall(found: pd.DataFrame) -> pd.DataFrame:
    """Shares over all seeds, with Wilson's interval, and whether each meets its goal."""
    total = found.sum(numeric_only=True)
    right = found["segments_found"] == found["segments_planted"]
    agrees = found["adjusted_rand"] >= LEAST_AGREEMENT
    shares: list[tuple[str, int, int, str]] = [
        ("ledgers exact to the row and the penny", found["ledger_exact"].sum(), len(found), "all"),
        ("seeds with the planted number of segments", right.sum(), len(found), "high"),
        (f"seeds whose segments agree (adjusted Rand at least {LEAST_AGREEMENT})", agrees.sum(), len(found), "high"),
        ("planted rules found", total["rules_found"], total["rules_planted"], "high"),
        ("planted rules that hold up later", total["rules_held"], total["rules_planted"], "high"),
        ("seasonal rules rejected", total["seasonal_found"] - total["seasonal_held"], total["seasonal_found"], "high"),
        ("rules that hold up and are false", total["false_rules"], total["held_rules"], "low"),
        ("true effects found", total["effects_found"], total["effects_planted"], "high"),
        ("effects of nothing that are named", total["zeros_named"], total["zeros_planted"], "low"),
        ("related pairs confirmed", total["related_confirmed"], total["related"], "high"),
        ("expected correlations within their interval", total["in_interval"], total["expected"], "high"),
        ("unrelated pairs confirmed", total["unrelated_confirmed"], total["unrelated"], "low"),
        ("bent relations seen", total["bent_seen"], total["bent"], "high"),
        (
            "seeds whose model of buying again beats every baseline",
            found["buys_again_better"].sum(),
            len(found),
            "high",
        ),
        (
            f"seeds whose model puts those who left below those who stay (ROC-AUC at least {LEAST_TOLD})",
            (found["left_auc"] >= LEAST_TOLD).sum(),
            len(found),
            "high",
        ),
        ("seeds whose offers find more than best sellers", found["offers_better"].sum(), len(found), "high"),
        (
            "totals to be expected that lie where the page says (purchases, spend)",
            total["purchases_off_said"] + total["amount_off_said"],
            2 * len(found),
            "high",
        ),
    ]
    rows = []
    for what, count, of, kind in shares:
        low, high = (float(end) for end in wilson(count, of))
        share = count / of
        goal, met = {
            "all": ("all", count == of),
            "high": ("95 % or more", share >= 1 - ALPHA or high >= 1 - ALPHA),
            "low": ("5 % at most", share <= ALPHA or low <= ALPHA),
        }[kind]
        rows.append((what, int(count), int(of), round(share, 4), round(low, 4), round(high, 4), goal, bool(met)))
    return pd.DataFrame(rows, columns=["what", "count", "of", "share", "low", "high", "goal", "met"])
