"""Rules from frequent itemsets: this project's beside mlxtend's `association_rules`, from the same itemsets.

Both are given itemsets in their own form, mined before the clock starts. Ours makes every measure, Fisher's exact test
and its correction; mlxtend makes its own dozen of measures and no test. Results are held against each other: how many
rules, and the sums of their supports and confidences.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench import itemsets
from benchmarks.bench.work import OWN, Goal, Job, Work

if TYPE_CHECKING:
    from analysis import rules

__all__ = ["works"]

#: Data set, smallest support, smallest confidence: some hundred thousand rules, and more than a million.
SEARCHES = (("T10I4D100K", 0.001, 0.1), ("mushroom", 0.22, 0.0))
GOALS = {"mlxtend": Goal(speed=1)}


def _found(name: str, support: float, path: Path) -> rules.Itemsets:
    from analysis import rules

    return rules.frequent_itemsets(itemsets.baskets(path), min_support=support, max_length=itemsets.LONGEST)


def _own(name: str, support: float, confidence: float, path: Path) -> Job:
    from analysis import rules

    found = _found(name, support, path)

    def job() -> Callable[[], list[float]]:
        made = rules.association_rules(found, min_confidence=confidence, max_consequent=itemsets.LONGEST)
        figures = made.figures
        return lambda: [
            len(made),
            round(float(figures["support"].sum()), 3),
            round(float(figures["confidence"].sum()), 3),
        ]

    return job


def _mlxtend(name: str, support: float, confidence: float, path: Path) -> Job:
    import pandas as pd
    from mlxtend.frequent_patterns import association_rules

    found = _found(name, support, path)
    table = pd.DataFrame(
        {
            "support": [count / found.baskets.n for counts in found.counts for count in counts.tolist()],
            "itemsets": [frozenset(row) for level in found.levels for row in level.tolist()],
        }
    )

    def job() -> Callable[[], list[float]]:
        made = association_rules(table, num_itemsets=found.baskets.n, metric="confidence", min_threshold=confidence)
        return lambda: [len(made), round(float(made["support"].sum()), 3), round(float(made["confidence"].sum()), 3)]

    return job


def works() -> list[Work]:
    """One set of rules a data set, support and confidence."""
    return [
        Work(
            f"rules of {name} at {support:.1%}, confidence {confidence:.0%}",
            partial(itemsets.prepare, name),
            {OWN: partial(_own, name, support, confidence), "mlxtend": partial(_mlxtend, name, support, confidence)},
            GOALS,
        )
        for name, support, confidence in SEARCHES
    ]
