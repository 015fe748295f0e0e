"""ROC and precision-recall curves, for drawing."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.classification.metrics import checked

__all__ = ["curves"]

Floats = NDArray[np.float64]


def curves(label: ArrayLike, probability: ArrayLike, *, points: int = 100) -> pd.DataFrame:
    """Both curves over all thresholds, thinned to about `points` each.

    Parameters
    ----------
    label, probability : array_like, shape (n,)
    points : int
        The corners at the two ends always stay.

    Returns
    -------
    DataFrame
        curve, threshold, x, y: `roc` has the share of others called (false alarms) and of events called (hits), `pr`
        the share of events called (recall) and the share of events among those called (precision), from the highest
        threshold down. `pr` begins at its first threshold: nobody called has no precision. Empty where a class is
        absent.

    Examples
    --------
    >>> curves([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).query("curve == 'roc'")[["x", "y"]].values.tolist()
    [[0.0, 0.0], [0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [1.0, 1.0]]
    """
    y, values = checked(label, probability)
    p = values[:, 0]
    order = np.argsort(-p, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(p[order]) != 0, True])
    hits = y[order].cumsum()[ends]
    called = ends + 1.0
    misses = called - hits
    if hits[-1] == 0 or misses[-1] == 0:
        return pd.DataFrame(columns=["curve", "threshold", "x", "y"])
    recall, alarm = hits / hits[-1], misses / misses[-1]
    keep = np.unique(np.linspace(0, len(ends) - 1, min(points, len(ends))).round().astype(int))
    cut = p[order][ends]
    roc = pd.DataFrame({"curve": "roc", "threshold": np.r_[np.inf, cut[keep]], "x": np.r_[0.0, alarm[keep]]})
    roc["y"] = np.r_[0.0, recall[keep]]
    pr = pd.DataFrame({"curve": "pr", "threshold": cut[keep], "x": recall[keep], "y": (hits / called)[keep]})
    return pd.concat([roc, pr], ignore_index=True)
