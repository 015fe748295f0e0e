"""Does a frozen segmentation still fit? Shares, centres, customers far from all, and segments formed anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.clustering.frozen import REACH, FrozenSegmentation

__all__ = ["Drift", "StillFits", "drift", "still_fits"]

#: Check → (fits up to here, outgrown from here). The population stability index is read so in credit scoring
#: (Siddiqi 2006); a centre's way is in mean distances of its customers from it; far customers were 1 % by
#: construction; of the adjusted Rand index more is better.
LIMITS: dict[str, tuple[float, float]] = {
    "shares": (0.10, 0.25),
    "centres": (0.5, 1.0),
    "far": (0.02, 0.05),
    "anew": (0.8, 0.5),
}


@dataclass(frozen=True)
class Drift:
    """How other customers lie in a frozen segmentation.

    Parameters
    ----------
    table : DataFrame
        One row a segment: segment (term), customers, share_then, share_now, change, distance_then, distance_now
        (mean distance from the frozen centre), moved (distance from the frozen centre to the mean of its customers
        now, in units of distance_then; missing where nobody is left, or all were on the centre).
    stability_index : float
        Population stability index Σ (now − then) · ln(now / then), each share at least half a customer.
    by_chance : float
        What the index exceeds in one of twenty cases if nothing changed and all customers were others.
    far : int
        Customers farther from every centre than 99 % were when the segmentation was made.
    customers : int
        Customers assigned.
    unassigned : int
        Customers with a missing value that the segmentation does not fill.
    """

    table: pd.DataFrame
    stability_index: float
    by_chance: float
    far: int
    customers: int
    unassigned: int

    @property
    def far_share(self) -> float:
        """Far customers over all assigned."""
        return self.far / self.customers if self.customers else 0.0


@dataclass(frozen=True)
class StillFits:
    """The answer and its grounds.

    Parameters
    ----------
    level : str
        `fits`, `strained` or `outgrown`: the worst of the checks; `nobody` where no customer could be assigned.
    table : DataFrame
        One row a check: check (shares, centres, far, anew), value, fits (the limit up to which it does), outgrown
        (from where it no longer does), outcome.
    """

    level: str
    table: pd.DataFrame


def drift(frozen: FrozenSegmentation, frame: pd.DataFrame) -> Drift:
    """Compare the customers of now with those the segmentation was made from.

    References
    ----------
    Siddiqi (2006), Credit Risk Scorecards, for the index; Yurdakul & Naranjo (2020), Journal of Risk Model
    Validation 14, for its distribution by chance: (1/N + 1/M) χ² with segments − 1 degrees of freedom.
    """
    labels, distances = frozen.nearest(frame)
    known = labels >= 0
    counts = np.bincount(labels[known], minlength=len(frozen.names))
    total = int(counts.sum())
    least = 0.5 / max(total, 1)
    then, now = np.array(frozen.shares), counts / max(total, 1)
    before, after = np.maximum(then, least), np.maximum(now, least)
    index = float(((after - before) * np.log(after / before)).sum())
    freedom = max(len(counts) - 1, 1)
    chance = float(stats.chi2.ppf(0.95, freedom) * (1 / max(frozen.customers, 1) + 1 / max(total, 1)))
    means = [float(distances[labels == s].mean()) if counts[s] else np.nan for s in range(len(counts))]
    table = pd.DataFrame(
        {
            "segment": list(frozen.terms),
            "customers": counts,
            "share_then": then,
            "share_now": now,
            "change": now - then,
            "distance_then": list(frozen.distances),
            "distance_now": means,
            "moved": _moved(frozen, frame, labels, counts),
        }
    )
    # twelve stored digits: a distance that equals the reach is not beyond it
    far = int((distances[known] > frozen.reach * (1 + 1e-9)).sum())
    return Drift(table, index, chance, far, total, int((~known).sum()))


def still_fits(found: Drift, *, agreement: float) -> StillFits:
    """Weigh how far a segmentation has drifted.

    A check counts against it only beyond chance: the index of shares must also exceed `by_chance`, and the far
    customers what one in a hundred exceeds in one of forty draws.

    Parameters
    ----------
    agreement : float
        Adjusted Rand index of the frozen segments with segments formed anew; NaN where there are none.
    """
    if found.customers == 0:
        return StillFits("nobody", pd.DataFrame(columns=["check", "value", "fits", "outgrown", "outcome"]))
    far_by_chance = float(stats.binom.ppf(0.975, found.customers, 1 - REACH)) / found.customers
    moved = found.table["moved"].max()
    values = {
        "shares": (found.stability_index, found.by_chance),
        "centres": (0.0 if np.isnan(moved) else float(moved), 0.0),
        "far": (found.far_share, far_by_chance),
        "anew": (agreement, 0.0),
    }
    rows = []
    for check, (value, chance) in values.items():
        fits, outgrown = LIMITS[check]
        if np.isnan(value):
            continue
        if fits < outgrown:
            fits, outgrown = max(fits, chance), max(outgrown, chance)
            outcome = "fits" if value <= fits else "strained" if value < outgrown else "outgrown"
        else:
            outcome = "fits" if value >= fits else "strained" if value > outgrown else "outgrown"
        rows.append((check, value, fits, outgrown, outcome))
    table = pd.DataFrame(rows, columns=["check", "value", "fits", "outgrown", "outcome"])
    level = max(table["outcome"], key=["fits", "strained", "outgrown"].index)
    return StillFits(str(level), table)


def _moved(frozen: FrozenSegmentation, frame: pd.DataFrame, labels: np.ndarray, counts: np.ndarray) -> list[float]:
    coordinates = frozen.scaling.apply(frame)
    way = []
    for segment, (centre, radius) in enumerate(zip(frozen.centres, frozen.distances, strict=True)):
        if not counts[segment] or radius <= 0:
            way.append(float("nan"))
            continue
        here = coordinates[labels == segment].mean(axis=0)
        way.append(float(np.linalg.norm(here - np.array(centre))) / radius)
    return way
