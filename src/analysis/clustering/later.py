"""Do segments found before a cut-off date keep their order of value in the period after it?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis import bootstrap
from analysis.clustering.partitions import Partition
from analysis.clustering.prepare import Prepared
from analysis.clustering.profiles import explained
from analysis.errors import AnalysisError
from analysis.shares import wilson

__all__ = ["LaterPeriod", "later_period"]


@dataclass(frozen=True)
class LaterPeriod:
    """What segments were worth in a period that they were not made from.

    Parameters
    ----------
    table : DataFrame
        One row a segment that holds somebody: segment, customers, before (mean at the cut-off), later (mean in the
        later period), low, high (bootstrap interval), active (share with anything in the later period), active_low,
        active_high.
    correlation : float
        Spearman's correlation of the segments' means before and later; NaN for fewer than three segments.
    pairs, kept, proven : int
        Pairs of segments; those in the same order later; those in the same order with an interval of the
        difference that excludes 0 (at `level` / pairs, Bonferroni).
    explained : float
        Share of the variance of the customers' later amounts that lies between segments.
    same_order : float
        Share of bootstrap replicates in which all segments keep their order.
    replicates : int
    level : float
    target : str
    """

    table: pd.DataFrame
    correlation: float
    pairs: int
    kept: int
    proven: int
    explained: float
    same_order: float
    replicates: int
    level: float
    target: str


def later_period(
    prepared: Prepared,
    division: Partition,
    *,
    target: str = "target_amount",
    before: str = "monetary",
    replicates: int = 2_000,
    level: float = 0.95,
    max_rows: int | None = None,
    random_state: int = 0,
) -> LaterPeriod:
    """Compare the segments' means at the cut-off with their means in the later period.

    Customers are drawn again within each segment; the intervals are studentized, which suits means of skewed money.
    `division` must come from features before the cut-off alone.

    Parameters
    ----------
    target : str
        Column of `prepared.frame` with the amount (or the orders) after the cut-off.
    before : str
        Column of `prepared.frame` with the value until the cut-off.
    max_rows : int, optional
        Customers of a segment above which resamples are drawn from so many of them; see
        `analysis.bootstrap.intervals_of_many`.

    Raises
    ------
    AnalysisError
        If a column is absent or the target is missing for a customer.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 12.5; Wilson (1927), Journal of the American
    Statistical Association 22, for the active share.
    """
    for name in (target, before):
        if name not in prepared.frame.columns:
            raise AnalysisError(f"later period: the table of customers has no column {name}")
    amounts = prepared.frame[target].to_numpy(dtype=float, na_value=np.nan)
    if np.isnan(amounts).any():
        raise AnalysisError(f"later period: {target} is missing for {int(np.isnan(amounts).sum())} customers")
    earlier = prepared.frame[before].to_numpy(dtype=float, na_value=np.nan)
    random = np.random.default_rng(random_state)
    rows, drawn = [], []
    for segment in range(division.k):
        inside = division.labels == segment
        if not inside.any():  # a frozen segment that nobody was in
            continue
        means = _bootstrap_means(amounts[inside], replicates, max_rows, random)
        options: dict[str, Any] = {
            "replicates": replicates,
            "level": level,
            "max_rows": max_rows,
            "random_state": random,
        }
        mean = bootstrap.intervals_of_many(amounts[inside], {"mean": bootstrap.mean}, **options)["mean"]
        buyers = int((amounts[inside] > 0).sum())
        active = (buyers / int(inside.sum()), *map(float, wilson(buyers, int(inside.sum()), level=level)))
        earlier_mean = _mean(earlier[inside])
        rows.append((segment, int(inside.sum()), earlier_mean, mean.estimate, mean.low, mean.high, *active))
        drawn.append(means)
    names = ["segment", "customers", "before", "later", "low", "high", "active", "active_low", "active_high"]
    table = pd.DataFrame(rows, columns=names)
    return _compare(table, np.array(drawn).reshape(len(table), replicates), amounts, division.labels, level, target)


def _compare(
    table: pd.DataFrame, drawn: np.ndarray, amounts: np.ndarray, labels: np.ndarray, level: float, target: str
) -> LaterPeriod:
    order = table["before"].to_numpy().argsort(kind="stable")
    before, later, means = table["before"].to_numpy()[order], table["later"].to_numpy()[order], drawn[order]
    pairs = list(combinations(range(len(table)), 2))
    kept = sum(bool(later[a] < later[b]) for a, b in pairs)
    tail = 100 * (1 - level) / (2 * max(len(pairs), 1))
    proven = sum(bool(np.percentile(means[b] - means[a], tail) > 0) for a, b in pairs)
    related = float(stats.spearmanr(before, later).statistic) if len(table) > 2 else float("nan")
    same = float((np.diff(means, axis=0) > 0).all(axis=0).mean()) if pairs else float("nan")
    between = explained(amounts, labels)
    return LaterPeriod(table, related, len(pairs), kept, proven, between, same, drawn.shape[1], level, target)


def _bootstrap_means(
    values: np.ndarray, replicates: int, max_rows: int | None, random: np.random.Generator
) -> np.ndarray:
    """Means of samples drawn with replacement, shape (replicates,); of a part, brought to the mean and error of all."""
    part = values if max_rows is None or len(values) <= max_rows else random.choice(values, max_rows, replace=False)
    chunks = bootstrap.resample_weights(len(part), replicates=replicates, random_state=random)
    means = np.concatenate([weights @ part for weights in chunks]) / len(part)
    if len(part) == len(values):
        return means
    scatter = values.std() / part.std() if part.std() > 0 else 1.0
    return np.asarray(values.mean() + (means - part.mean()) * scatter * np.sqrt(len(part) / len(values)))


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
