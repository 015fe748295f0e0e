"""How good probabilities are: average precision, area under the ROC curve, Brier score, logarithmic loss.

All take weights, one row a resample, so that a thousand resamples are a few array operations. Ties are handled as
scikit-learn does: equal scores are one threshold.

Sources: Davis and Goadrich (2006), ICML (precision and recall); Hanley and McNeil (1982), Radiology 143, 29-36 (area);
Brier (1950), Monthly Weather Review 78, 1-3; DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845, in the
form of Sun and Xu (2014), IEEE Signal Processing Letters 21, 1389-1393; Murphy (1973), Journal of Applied Meteorology
12, 595-600, with the terms within bins of Stephenson, Coelho and Jolliffe (2008), Weather and Forecasting 23, 752-757.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from analysis.errors import AnalysisError

__all__ = [
    "MEASURES",
    "DeLong",
    "Measure",
    "area",
    "average_precision",
    "brier",
    "checked",
    "delong",
    "log_loss",
    "losses",
    "murphy",
    "ranking",
]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Measure = Literal["average_precision", "roc_auc", "brier", "log_loss"]

#: Whether more is better.
MEASURES: dict[str, bool] = {"average_precision": True, "roc_auc": True, "brier": False, "log_loss": False}
#: Probabilities are cut to this distance from 0 and 1 before a logarithm is taken.
TINY = 1e-15
#: Weights of resamples that are ranked at once: few enough to stay in a processor's cache.
RESAMPLE_CELLS = 150_000


def average_precision(label: ArrayLike, score: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Area under the precision-recall curve as a step function: Σ (Rₖ - Rₖ₋₁) Pₖ over thresholds k.

    Parameters
    ----------
    label, score : array_like, shape (n,)
        Zeros and ones, and numbers that rise with the chance of a one.
    weights : array_like, shape (r, n), optional

    Returns
    -------
    ndarray, shape (r,) or ()
        NaN where a resample has no one.

    Examples
    --------
    >>> round(float(average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])), 4)
    0.8333
    """
    result = ranking(label, score, weights)[0]
    return result[0] if weights is None else result


def area(label: ArrayLike, score: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Area under the ROC curve: the chance that a one scores above a zero, ties counted half.

    Parameters and shapes as in `average_precision`; NaN where a class is absent.

    >>> float(area([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    result = ranking(label, score, weights)[1]
    return result[0] if weights is None else result


def ranking(label: ArrayLike, score: ArrayLike, weights: ArrayLike | None = None) -> tuple[Floats, Floats]:
    """Average precision and area, each of shape (r,), from one sorting."""
    y, s = np.asarray(label, dtype=float), np.asarray(score, dtype=float)
    order = np.argsort(-s, kind="stable")
    ones = np.flatnonzero(y[order] > 0)
    last_of_run = np.r_[np.diff(s[order]) != 0, True]
    ends = np.flatnonzero(last_of_run)
    run = (np.cumsum(last_of_run) - last_of_run)[ones]
    last_one = np.flatnonzero(np.r_[np.diff(run) != 0, True]) if len(ones) else ones
    runs = run[last_one]
    before = np.r_[-1, ends][runs] if len(ends) < len(y) else None
    heavy = np.ones((1, len(y))) if weights is None else np.asarray(weights, dtype=float)
    step = max(1, RESAMPLE_CELLS // len(y))
    found = [
        _ranked(np.ascontiguousarray(heavy[start : start + step].T)[order], ones, last_one, ends[runs], before)
        for start in range(0, len(heavy), step)
    ]
    average, pairs = (np.concatenate(part) for part in zip(*found, strict=True))
    return average, pairs


def _ranked(drawn: Floats, ones: Rows, last_one: Rows, ends: Rows, before: Rows | None) -> tuple[Floats, Floats]:
    """Both measures of some resamples, a column each, rows by falling score.

    Only thresholds with a one count: `last_one` is the last of theirs among `ones`, `ends` their last row, and `before`
    the last row above them (-1 for none), None where all scores differ.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if not len(ones):
            return np.full(drawn.shape[1], np.nan), np.full(drawn.shape[1], np.nan)
        found = np.cumsum(drawn[ones], axis=0)[last_one]
        reached = np.cumsum(drawn, axis=0)
        called = reached[ends]
        hits = np.diff(found, axis=0, prepend=0.0)
        zeros = reached[-1] - found[-1]
        below = zeros - (called - found)
        if before is not None:
            tied = called - hits
            tied[before >= 0] -= reached[before[before >= 0]]
            below += tied / 2
        precision = np.divide(found, called, out=np.zeros_like(found), where=called > 0)
        average = np.einsum("ij,ij->j", hits, precision) / found[-1]
        return average, np.einsum("ij,ij->j", hits, below) / (found[-1] * zeros)


def losses(label: ArrayLike, probability: ArrayLike, measure: Literal["brier", "log_loss"]) -> Floats:
    """The loss of each row: (p - y)², or -log of the probability given to what came."""
    y, p = np.asarray(label, dtype=float), np.asarray(probability, dtype=float)
    if measure == "brier":
        return np.asarray((p - y) ** 2)
    return np.asarray(-np.log(np.clip(np.where(y > 0, p, 1 - p), TINY, 1)))


def brier(label: ArrayLike, probability: ArrayLike) -> float:
    """Mean squared difference of probability and outcome.

    >>> round(brier([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]), 4)
    0.0375
    """
    return float(losses(label, probability, "brier").mean())


def log_loss(label: ArrayLike, probability: ArrayLike) -> float:
    """Mean negative logarithm of the probability given to what came, in nats.

    >>> round(log_loss([0, 1], [0.5, 0.5]), 4)
    0.6931
    """
    return float(losses(label, probability, "log_loss").mean())


@dataclass(frozen=True)
class DeLong:
    """Areas under ROC curves of scores for the same rows, with their covariance.

    Parameters
    ----------
    area : ndarray, shape (k,)
    covariance : ndarray, shape (k, k)
    """

    area: Floats
    covariance: Floats

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Wald intervals of the areas, cut to [0, 1]."""
        reach = ndtri((1 + level) / 2) * np.sqrt(np.diag(self.covariance))
        return np.clip(self.area - reach, 0, 1), np.clip(self.area + reach, 0, 1)

    def p_value(self, first: int, second: int) -> float:
        """Two-sided p of equal areas of two scores; NaN where their difference has no variance."""
        pick = np.zeros(len(self.area))
        pick[first], pick[second] = 1, -1
        spread = float(pick @ self.covariance @ pick)
        return float(2 * ndtr(-abs(pick @ self.area) / np.sqrt(spread))) if spread > 0 else float("nan")


def delong(label: ArrayLike, scores: ArrayLike) -> DeLong:
    """DeLong's areas and covariance, for rows that are independent.

    Parameters
    ----------
    label : array_like, shape (n,)
    scores : array_like, shape (n,) or (n, k)

    Examples
    --------
    >>> found = delong([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> found.area.tolist(), found.covariance.tolist()
    ([0.75], [[0.125]])
    """
    y, values = checked(label, scores)
    ones, zeros = values[y > 0], values[y == 0]
    m, n = len(ones), len(zeros)
    if m < 2 or n < 2:
        raise AnalysisError(f"DeLong's variance needs two of each class; there are {m} ones and {n} zeros")
    ranks = rankdata(values, axis=0)
    # each one's share of zeros below it, and each zero's share of ones above it
    of_ones = (ranks[y > 0] - rankdata(ones, axis=0)) / n
    of_zeros = 1 - (ranks[y == 0] - rankdata(zeros, axis=0)) / m
    spread = np.atleast_2d(np.cov(of_ones, rowvar=False)) / m + np.atleast_2d(np.cov(of_zeros, rowvar=False)) / n
    return DeLong(of_ones.mean(axis=0), spread)


def murphy(label: ArrayLike, probability: ArrayLike, groups: ArrayLike) -> pd.DataFrame:
    """The Brier score in parts: reliability - resolution + uncertainty + what bins hide.

    Parameters
    ----------
    label, probability : array_like, shape (n,)
    groups : array_like, shape (n,)
        The bin of each row.

    Returns
    -------
    DataFrame
        One row: brier, reliability (less is better), resolution (more is better), uncertainty (of the labels alone),
        within (variance less twice the covariance inside bins; 0 where all of a bin share one probability).

    Examples
    --------
    >>> parts = murphy([0, 1, 1, 1], [0.25, 0.25, 0.75, 0.75], [0, 0, 1, 1]).iloc[0]
    >>> float(parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within"] - parts["brier"])
    0.0
    """
    y, p = np.asarray(label, dtype=float), np.asarray(probability, dtype=float)
    frame = pd.DataFrame({"y": y, "p": p, "group": np.asarray(groups)})
    means = frame.groupby("group", sort=True)[["y", "p"]].transform("mean")
    inside_p, inside_y = p - means["p"], y - means["y"]
    return pd.DataFrame(
        {
            "brier": [float(((p - y) ** 2).mean())],
            "reliability": [float(((means["p"] - means["y"]) ** 2).mean())],
            "resolution": [float(((means["y"] - y.mean()) ** 2).mean())],
            "uncertainty": [float(y.mean() * (1 - y.mean()))],
            "within": [float((inside_p**2 - 2 * inside_p * inside_y).mean())],
        }
    )


def checked(label: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats]:
    """Labels, shape (n,), and scores, shape (n, k), or an error that says what is wrong with them."""
    try:
        y, values = np.asarray(label, dtype=float), np.asarray(scores, dtype=float)
    except (TypeError, ValueError):
        raise AnalysisError("classification: labels and scores must be numbers") from None
    values = values[:, None] if values.ndim == 1 else values
    if y.ndim != 1 or values.ndim != 2 or len(y) != len(values) or not len(y):
        raise AnalysisError(f"classification: {y.shape} labels and {values.shape} scores do not belong together")
    if not np.isin(y, (0.0, 1.0)).all():
        raise AnalysisError("classification: a label must be 0 or 1; leave out rows whose label is unknown")
    if not np.isfinite(values).all():
        raise AnalysisError("classification: scores hold missing or infinite numbers; leave those rows out")
    return y, values
