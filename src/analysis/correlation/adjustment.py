"""Correction of p-values for the number of tests in a family."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError

__all__ = ["adjust"]


def adjust(p_values: ArrayLike, *, method: str = "holm") -> NDArray[np.float64]:
    """Adjusted p-values of one family of tests; missing p-values stay missing and do not count.

    Parameters
    ----------
    p_values : array of shape (m,)
    method : {"holm", "bh", "by"}
        `holm` bounds the chance of any false finding (Holm 1979); `bh` the expected share of false findings, for
        independent or positively dependent tests (Benjamini and Hochberg 1995); `by` that share under any dependence
        (Benjamini and Yekutieli 2001).

    Examples
    --------
    >>> adjust([0.52, 0.12, 0.0001, 0.03, 0.14], method="bh").tolist()
    [0.52, 0.17500000000000002, 0.0005, 0.075, 0.17500000000000002]
    """
    p = np.asarray(p_values, dtype=float)
    known = np.isfinite(p)
    if ((p[known] < 0) | (p[known] > 1)).any():
        raise AnalysisError("adjust: p-values must lie between 0 and 1")
    order = np.argsort(p[known], kind="stable")
    ascending, m = p[known][order], int(known.sum())
    ranks = np.arange(1, m + 1)
    if method == "holm":
        adjusted = np.maximum.accumulate(ascending * (m - ranks + 1))
    elif method in ("bh", "by"):
        factor = (1 / ranks).sum() if method == "by" else 1.0
        adjusted = np.minimum.accumulate((ascending * (m * factor) / ranks)[::-1])[::-1]
    else:
        raise AnalysisError(f"adjust: method must be 'holm', 'bh' or 'by', got {method!r}")
    result = np.full(p.shape, np.nan)
    placed = np.empty(m)
    placed[order] = np.minimum(adjusted, 1)
    result[known] = placed
    return result
