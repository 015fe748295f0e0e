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
    """Gain and lift by tenths of the customers, with percentile intervals of the bootstrap over customers.

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
        curve = reached(data[:, 0], data[:, 1], steps, weights)
        share = (weights @ data[:, 0] / weights.sum(axis=1))[:, None]
        lift = np.diff(curve[:, edges], axis=1) * parts
        return np.concatenate([curve, lift, lift * share], axis=1)

    found = intervals(
        np.column_stack([y, values]), {"all": Statistic(compute)}, replicates=replicates, level=level,
        method="percentile", random_state=random_state,
    )["all"]  # fmt: skip
    middle, low, high = (np.asarray(part, dtype=float) for part in (found.estimate, found.low, found.high))
    cuts = [len(steps), len(steps) + parts]
    (curve, lift, rate), lows, highs = (np.split(part, cuts) for part in (middle, low, high))
    share = float(y.mean())
    table = pd.DataFrame({"part": np.arange(1, parts + 1), "share": steps[edges[1:]]})
    table["n"] = np.diff(np.round(steps[edges] * len(y)).astype(int))
    table["events"] = rate * len(y) / parts
    for name, column in {"rate": (rate, lows[2], highs[2]), "lift": (lift, lows[1], highs[1]),
                         "gain": (curve[edges[1:]], lows[0][edges[1:]], highs[0][edges[1:]])}.items():  # fmt: skip
        table[name], table[f"{name}_low"], table[f"{name}_high"] = column
    perfect = np.minimum(steps / share, 1.0) if share > 0 else np.full(len(steps), np.nan)
    line = pd.DataFrame(
        {"share": steps, "gain": curve, "low": lows[0], "high": highs[0], "perfect": perfect, "random": steps}
    )
    return Gains(table, line)
