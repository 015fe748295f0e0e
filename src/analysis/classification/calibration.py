"""Whether probabilities mean what they say: bins with exact intervals, slope and intercept, and recalibration.

Sources: Clopper and Pearson (1934), Biometrika 26, 404-413; Cox (1958), Biometrika 45, 562-565 (slope and intercept);
Guo, Pleiss, Sun and Weinberger (2017), ICML (expected calibration error); Platt (1999); Zadrozny and Elkan (2002), KDD
(isotonic).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, ndtri
from sklearn.isotonic import IsotonicRegression

from analysis.classification.irls import newton
from analysis.classification.metrics import checked, losses, murphy
from analysis.shares import clopper_pearson

__all__ = ["Calibration", "Recalibration", "calibration", "quantile_bins", "recalibration"]

Floats = NDArray[np.float64]
Kind = Literal["none", "platt", "isotonic"]
Trials: TypeAlias = Sequence[tuple[NDArray[np.bool_], NDArray[np.bool_]]]

#: Simulated labels behind the calibration error that chance alone makes.
SIMULATIONS = 500
#: Validation rows of each class below which nothing is recalibrated.
ENOUGH = 50
#: Isotonic steps of 0 and 1 are cut to this distance from them before they are judged.
CUT = 1e-3


@dataclass(frozen=True)
class Calibration:
    """Predicted probabilities beside what came.

    Parameters
    ----------
    table : DataFrame
        One row a bin, lowest probabilities first: bin, n, predicted (mean), predicted_low, predicted_high (range),
        events, observed (share), low, high (Clopper-Pearson), inside (`predicted` lies in the interval).
    slope, slope_low, slope_high : float
        Of a logistic regression of the label on the logit of the probability: 1 is right, below 1 is overconfident.
    intercept, intercept_low, intercept_high : float
        Of the same with the slope held at 1, calibration in the large: 0 is right, above 0 the event comes more often
        than foretold.
    mean_predicted, observed : float
    error : float
        Expected calibration error: the mean distance of bins from their observed shares, weighed by rows.
    error_by_chance : float
        The level's quantile of that error if every probability were true (simulated): more than this is no chance.
    parts : DataFrame
        The Brier score's parts over the same bins; see `murphy`.
    """

    table: pd.DataFrame
    slope: float
    slope_low: float
    slope_high: float
    intercept: float
    intercept_low: float
    intercept_high: float
    mean_predicted: float
    observed: float
    error: float
    error_by_chance: float
    parts: pd.DataFrame

    @property
    def holds(self) -> bool:
        """The calibration error is no larger than chance alone makes it."""
        return self.error <= self.error_by_chance


@dataclass(frozen=True)
class Recalibration:
    """A map from a model's probabilities to better ones, learnt on validation rows of the training period.

    Parameters
    ----------
    kind : "none", "platt" or "isotonic"
    table : DataFrame
        kind, log_loss (over validation rows that the map was not learnt from), gain (over none), low, high, chosen.
    x, y : tuple of float
        Platt: slope and intercept in x; isotonic: the steps' corners.
    """

    kind: Kind
    table: pd.DataFrame
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def apply(self, probability: Floats) -> Floats:
        """Recalibrated probabilities."""
        if self.kind == "platt":
            return np.asarray(expit(self.x[0] * logit(probability) + self.x[1]))
        if self.kind == "isotonic":
            return np.interp(probability, self.x, self.y)
        return probability


def quantile_bins(values: ArrayLike, bins: int) -> NDArray[np.intp]:
    """The bin of each value, of about equal numbers of rows; equal values are never parted, so there may be fewer.

    >>> quantile_bins([0.1, 0.1, 0.1, 0.4, 0.6, 0.9], 3).tolist()
    [0, 0, 0, 1, 2, 2]
    """
    numbers = np.asarray(values, dtype=float)
    ordered = np.sort(numbers)
    middle = (np.searchsorted(ordered, numbers, "left") + np.searchsorted(ordered, numbers, "right")) / 2
    raw = np.minimum((middle * bins / max(len(numbers), 1)).astype(int), bins - 1)
    return np.unique(raw, return_inverse=True)[1].astype(np.intp)


def calibration(
    label: ArrayLike, probability: ArrayLike, *, bins: int = 10, level: float = 0.95, random_state: int
) -> Calibration:
    """Set predicted probabilities beside the shares that were observed.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.uniform(0.05, 0.95, 2000)
    >>> found = calibration(rng.random(2000) < p, p, random_state=1)
    >>> len(found.table), found.holds, found.slope_low < 1 < found.slope_high
    (10, True, True)
    """
    y, values = checked(label, probability)
    p = values[:, 0]
    bin_of = quantile_bins(p, bins)
    table = _bins(y, p, bin_of, level)
    slope, intercept = _slope(y, p, level), _intercept(y, p, level)
    rng = np.random.default_rng(random_state)
    chance = [_error(bin_of, (rng.random(len(p)) < p).astype(float), p) for _ in range(SIMULATIONS)]
    return Calibration(
        table, *slope, *intercept, float(p.mean()), float(y.mean()), _error(bin_of, y, p),
        float(np.quantile(chance, level)), murphy(y, p, bin_of),
    )  # fmt: skip


def recalibration(
    label: ArrayLike, probability: ArrayLike, *, customers: ArrayLike, trials: Trials, level: float = 0.95
) -> Recalibration:
    """Whether Platt's or an isotonic map makes validation probabilities better, and the map.

    Each map is learnt on some rows and tried on others, as it would be used: where the validation rows are of several
    cut-offs, learnt on earlier ones and tried on the newest. The one of least logarithmic loss is taken if it gains
    clearly: the interval of its mean gain (by customers) lies above 0. It is then learnt anew on all rows.

    Parameters
    ----------
    label, probability, customers : array_like, shape (n,)
        Validation rows.
    trials : sequence of (rows that teach, rows that judge)
        Masks of shape (n,). Without any, nothing can be shown to help and nothing is changed.
    level : float
    """
    y, values = checked(label, probability)
    p = values[:, 0]
    rows: list[tuple[str, float, float, float, float]] = []
    if trials and all(min(y[part].sum(), (1 - y[part]).sum()) >= ENOUGH for pair in trials for part in pair):
        judged = np.concatenate([np.flatnonzero(judge) for _, judge in trials])
        codes = pd.factorize(np.asarray(customers)[judged], sort=True)[0]
        plain = losses(y[judged], p[judged], "log_loss")
        rows.append(("none", float(plain.mean()), 0.0, 0.0, 0.0))
        for kind in ("platt", "isotonic"):
            tried = np.concatenate([_learn(kind, y[teach], p[teach]).apply(p[judge]) for teach, judge in trials])
            gain = np.bincount(codes, plain - losses(y[judged], np.clip(tried, CUT, 1 - CUT), "log_loss"))
            mean = float(gain.sum() / len(judged))
            reach = float(ndtri((1 + level) / 2) * gain.std(ddof=1) * np.sqrt(len(gain)) / len(judged))
            rows.append((kind, float(plain.mean()) - mean, mean, mean - reach, mean + reach))
    able = [row for row in rows if row[0] == "none" or row[3] > 0]
    best = min(able, key=lambda row: row[1])[0] if able else "none"
    table = pd.DataFrame(rows, columns=["kind", "log_loss", "gain", "low", "high"])
    table["chosen"] = table["kind"] == best
    return replace(_learn(best, y, p), table=table)


def _learn(kind: str, y: Floats, p: Floats) -> Recalibration:
    none = pd.DataFrame()
    if kind == "none":
        return Recalibration("none", none)
    if kind == "platt":
        found = newton(np.column_stack([np.ones(len(p)), logit(p)]), y)
        return Recalibration("platt", none, (float(found.coefficients[1]), float(found.coefficients[0])))
    steps = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(p, y)
    return Recalibration("isotonic", none, tuple(steps.X_thresholds_), tuple(steps.y_thresholds_))


def _bins(y: Floats, p: Floats, bin_of: NDArray[np.intp], level: float) -> pd.DataFrame:
    grouped = pd.DataFrame({"bin": bin_of, "y": y, "p": p}).groupby("bin", sort=True)
    table = grouped.agg(
        n=("y", "size"), predicted=("p", "mean"), predicted_low=("p", "min"), predicted_high=("p", "max"),
        events=("y", "sum"),
    ).reset_index()  # fmt: skip
    table["events"] = table["events"].astype(int)
    table["observed"] = table["events"] / table["n"]
    table["low"], table["high"] = clopper_pearson(table["events"], table["n"], level=level)
    table["inside"] = table["predicted"].between(table["low"], table["high"])
    return table


def _error(bin_of: NDArray[np.intp], y: Floats, p: Floats) -> float:
    return float(np.abs(np.bincount(bin_of, p - y)).sum() / len(p))


def _slope(y: Floats, p: Floats, level: float) -> tuple[float, float, float]:
    if np.ptp(p) == 0 or np.ptp(y) == 0:
        return (float("nan"),) * 3
    found = newton(np.column_stack([np.ones(len(p)), logit(np.clip(p, 1e-12, 1 - 1e-12))]), y)
    reach = ndtri((1 + level) / 2) * np.sqrt(found.covariance[1, 1])
    return float(found.coefficients[1]), float(found.coefficients[1] - reach), float(found.coefficients[1] + reach)


def _intercept(y: Floats, p: Floats, level: float) -> tuple[float, float, float]:
    if np.ptp(y) == 0:
        return (float("nan"),) * 3
    found = newton(np.ones((len(p), 1)), y, offset=logit(np.clip(p, 1e-12, 1 - 1e-12)))
    reach = ndtri((1 + level) / 2) * np.sqrt(found.covariance[0, 0])
    return float(found.coefficients[0]), float(found.coefficients[0] - reach), float(found.coefficients[0] + reach)
