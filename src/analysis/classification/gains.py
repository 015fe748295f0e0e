"""How many of the events are reached by contacting the most likely first: gain and lift, with their intervals.

Equal scores cannot be ordered, so a part of a group of equals is taken to hold its average (the mean over all orders).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.bootstrap import Statistic, intervals
from analysis.classification.metrics import checked
from analysis.shares import clopper_pearson

__all__ = ["Gains", "gains", "reached"]

Floats = NDArray[np.float64]

#: Steps of the gain curve.
STEPS = 50


@dataclass(frozen=True)
class Gains:
    """Gain and lift on rows that the model was not fitted to.

    Parameters
    ----------
    parts : DataFrame
        One row a tenth (or other part) of the customers by score, highest first: part, share (of customers, up to and
        with it), n, events (expected over the order of equals), rate, rate_low, rate_high, lift (rate ÷ share of events
        over all), lift_low, lift_high, gain (share of all events reached so far), gain_low, gain_high.
    curve : DataFrame
        share, gain, low, high, perfect (all events first), random (= share).
    """

    parts: pd.DataFrame
    curve: pd.DataFrame


def reached(label: Floats, score: Floats, shares: Floats, weights: Floats) -> Floats:
    """Share of the events among the top `shares` of the rows, shape (r, shares), for rows of weights, shape (r, n)."""
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0])
    drawn = weights[:, order]
    size = np.add.reduceat(drawn, starts, axis=1).cumsum(axis=1)
    hits = np.add.reduceat(drawn * label[order], starts, axis=1).cumsum(axis=1)
    result = np.full((len(weights), len(shares)), np.nan)
    for row in range(len(weights)):
        if hits[row, -1] > 0:
            x = np.r_[0.0, size[row] / size[row, -1]]
            result[row] = np.interp(shares, x, np.r_[0.0, hits[row] / hits[row, -1]])
    return result


def gains(
    label: ArrayLike,
    score: ArrayLike,
    *,
    parts: int = 10,
    replicates: int = 1000,
    level: float = 0.95,
    random_state: int,
) -> Gains:
    """Gain and lift by tenths of the customers.

    The curve has percentile intervals of the bootstrap over customers; the rate in a tenth that of Clopper and Pearson,
    which also holds where a tenth has no event; the lift is the rate and its interval ÷ the share of events in all.

    Examples
    --------
    >>> found = gains([1, 1, 0, 0] * 25, [0.9, 0.8, 0.2, 0.1] * 25, parts=4, replicates=200, random_state=0)
    >>> found.parts["gain"].tolist(), found.parts["lift"].tolist()
    ([0.5, 1.0, 1.0, 1.0], [2.0, 2.0, 0.0, 0.0])
    """
    y, values = checked(label, score)
    steps = np.unique(np.r_[np.linspace(0, 1, STEPS + 1), np.arange(parts + 1) / parts].round(12))
    edges = np.searchsorted(steps, (np.arange(parts + 1) / parts).round(12))

    def compute(data: Floats, weights: Floats) -> Floats:
        return reached(data[:, 0], data[:, 1], steps, weights)

    found = intervals(
        np.column_stack([y, values]), {"curve": Statistic(compute)}, replicates=replicates, level=level,
        method="percentile", random_state=random_state,
    )["curve"]  # fmt: skip
    curve, lows, highs = (np.asarray(part, dtype=float) for part in (found.estimate, found.low, found.high))
    share = float(y.mean())
    table = pd.DataFrame({"part": np.arange(1, parts + 1), "share": steps[edges[1:]]})
    table["n"] = np.diff(np.round(steps[edges] * len(y)).astype(int))
    table["events"] = np.diff(curve[edges]) * y.sum()
    size = len(y) / parts
    table["rate"] = table["events"] / size
    table["rate_low"], table["rate_high"] = clopper_pearson(np.minimum(table["events"], size), size, level=level)
    for end in ("", "_low", "_high"):
        table[f"lift{end}"] = table[f"rate{end}"] / share if share > 0 else np.nan
    table["gain"], table["gain_low"], table["gain_high"] = (part[edges[1:]] for part in (curve, lows, highs))
    perfect = np.minimum(steps / share, 1.0) if share > 0 else np.full(len(steps), np.nan)
    line = pd.DataFrame(
        {"share": steps, "gain": curve, "low": lows, "high": highs, "perfect": perfect, "random": steps}
    )
    return Gains(table, line)
