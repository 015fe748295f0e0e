"""Correction of p-values for the number of tests in a family that is named."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError

__all__ = ["CORRECTIONS", "adjust"]

CORRECTIONS = ("holm", "bh", "by")
#: Up to this family size the harmonic number is summed; beyond, its expansion is exact to double precision.
_SUMMED = 1_000_000


def adjust(p_values: ArrayLike, *, method: str = "holm", n_tests: int | None = None) -> NDArray[np.float64]:
    """Adjusted p-values of one family of tests; missing p-values stay missing and do not count.

    Parameters
    ----------
    p_values : array_like, shape (n,)
        p-values of members of the family.
    method : {"holm", "bh", "by"}
        `holm` bounds the chance of any false finding (Holm 1979); `bh` the expected share of false findings, for
        independent or positively dependent tests (Benjamini and Hochberg 1995); `by` that share under any dependence
        (Benjamini and Yekutieli 2001).
    n_tests : int, optional
        Size of the family; by default the number of known p-values. Larger where only the members that passed some
        threshold are given, such as every rule that a search could have returned: the others count as p = 1.

    Returns
    -------
    ndarray, shape (n,)
        In the order given.

    Raises
    ------
    AnalysisError
        If the method is unknown, a p-value lies outside 0 to 1, or the family is smaller than its members.

    Examples
    --------
    >>> adjust([0.52, 0.12, 0.0001, 0.03, 0.14], method="bh").round(4).tolist()
    [0.52, 0.175, 0.0005, 0.075, 0.175]
    """
    p = np.asarray(p_values, dtype=np.float64)
    known = np.isfinite(p)
    members = int(known.sum())
    size = members if n_tests is None else n_tests
    if method not in CORRECTIONS:
        raise AnalysisError(f"correction must be one of {', '.join(CORRECTIONS)}; got {method!r}")
    if ((p[known] < 0) | (p[known] > 1)).any():
        raise AnalysisError("p-values must lie between 0 and 1")
    if size < members:
        raise AnalysisError(f"a family of {size} tests cannot hold {members} p-values")
    order = np.argsort(p[known], kind="stable")
    ascending, rank = p[known][order], np.arange(1, members + 1)
    if method == "holm":
        raw = np.maximum.accumulate(ascending * (float(size) - rank + 1))
    else:
        factor = float(size) * (_harmonic(size) if method == "by" else 1.0)
        raw = np.minimum.accumulate((ascending * factor / rank)[::-1])[::-1]
    placed = np.empty(members)
    placed[order] = np.minimum(raw, 1.0)
    result = np.full(p.shape, np.nan)
    result[known] = placed
    return result


def _harmonic(n: int) -> float:
    if n <= _SUMMED:
        return float(np.sum(1.0 / np.arange(1, n + 1)))
    return float(np.log(float(n)) + np.euler_gamma + 1 / (2 * float(n)))
