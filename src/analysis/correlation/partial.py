"""Partial and semi-partial correlation: what is left of a pair when other columns are held fixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.correlation.coefficients import bonett_wright, fisher_interval, t_p_values
from analysis.correlation.pairs import usable_columns
from analysis.errors import AnalysisError

__all__ = ["Partial", "partial", "partial_pairs"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Partial:
    """One partial or semi-partial coefficient; `reason` says why there is none.

    `reason`: None, `too_few` (rows without a missing value), `determined` (the controls fix one of the pair's columns
    completely), `unusable` (a column is constant, missing or text). `zero_order` is the coefficient of the same rows
    without controls.
    """

    first: str
    second: str
    controls: tuple[str, ...]
    method: str
    kind: str
    n: int
    estimate: float
    low: float
    high: float
    p: float
    zero_order: float
    reason: str | None = None


def partial(
    frame: pd.DataFrame,
    first: str,
    second: str,
    *,
    controls: Sequence[str],
    method: str = "spearman",
    semi: bool = False,
    level: float = 0.95,
) -> Partial:
    """Correlation of two columns with `controls` held fixed.

    Both columns (for semi-partial correlation the second alone) are replaced by what a linear fit on the controls
    leaves of them; for Spearman all columns are ranked first. Rows with a missing value are left out.

    Parameters
    ----------
    frame : DataFrame
    first, second : str
    controls : sequence of str
        Columns held fixed.
    method : {"spearman", "pearson"}
    semi : bool
        Take the controls out of `second` alone.
    level : float
        Interval: Fisher's z for Pearson, Bonett and Wright for Spearman, with n less the number of controls.

    Examples
    --------
    >>> frame = pd.DataFrame({"z": [1.0, 2, 3, 4, 5, 6], "x": [1.0, 2, 2, 4, 6, 5], "y": [2.0, 1, 4, 4, 5, 7]})
    >>> result = partial(frame, "x", "y", controls=["z"], method="pearson")
    >>> round(result.zero_order, 4), round(result.estimate, 4)
    (0.7774, -0.539)
    """
    if method not in ("spearman", "pearson"):
        raise AnalysisError(f"partial: method must be 'spearman' or 'pearson', got {method!r}")
    names = [first, second, *controls]
    if len(set(names)) < len(names):
        raise AnalysisError(f"partial: the columns must differ, got {', '.join(names)}")
    usable, _ = usable_columns(frame, names)
    kind = "semi-partial" if semi else "partial"

    def without(reason: str, n: int) -> Partial:
        unknown = float("nan")
        return Partial(
            first, second, tuple(controls), method, kind, n, unknown, unknown, unknown, unknown, unknown, reason
        )

    if len(usable) < len(names):
        return without("unusable", 0)
    data = frame[names].to_numpy(dtype=float, na_value=np.nan)
    data = data[np.isfinite(data).all(axis=1)]
    n, held = len(data), len(controls)
    if n - held < 5:
        return without("too_few", n)
    if method == "spearman":
        data = stats.rankdata(data, axis=0)
    data = data - data.mean(axis=0)
    zero_order = _cosine(data[:, 0], data[:, 1])
    left = _residuals(data[:, :2], data[:, 2:])
    sizes = np.linalg.norm(left, axis=0) / np.linalg.norm(data[:, :2], axis=0)
    if not np.isfinite(zero_order) or not (sizes > 1e-7).all():
        return without("determined", n)
    estimate = _cosine(data[:, 0] if semi else left[:, 0], left[:, 1])
    bounds = fisher_interval if method == "pearson" else bonett_wright
    low, high = bounds(estimate, n, level=level, controls=held)
    p = float(t_p_values(estimate, n, controls=held))
    return Partial(first, second, tuple(controls), method, kind, n, estimate, float(low), float(high), p, zero_order)


def partial_pairs(
    frame: pd.DataFrame, pairs: pd.DataFrame, *, controls: Sequence[str], method: str, level: float = 0.95
) -> list[Partial]:
    """Partial and semi-partial correlations of several pairs, each with the controls that are not of the pair.

    Parameters
    ----------
    frame : DataFrame
    pairs : DataFrame
        Columns `first` and `second`.
    controls : sequence of str
        Columns held fixed; those that `frame` lacks, and those of the pair itself, are left out. A pair without any
        control has no result.
    method : {"spearman", "pearson", "kendall"}
        There is no partial coefficient of Kendall here; its pairs get Spearman's.
    """
    ranks = "pearson" if method == "pearson" else "spearman"
    found = []
    for first, second in zip(pairs["first"], pairs["second"], strict=True):
        held = [name for name in controls if name in frame.columns and name not in (first, second)]
        if held:
            for semi in (False, True):
                found.append(partial(frame, first, second, controls=held, method=ranks, semi=semi, level=level))
    return found


def _residuals(targets: Floats, controls: Floats) -> Floats:
    if controls.shape[1] == 0:
        return targets
    # The singular value decomposition copes with controls that repeat each other.
    basis, sizes, _ = np.linalg.svd(controls / np.linalg.norm(controls, axis=0), full_matrices=False)
    basis = basis[:, sizes > 1e-10 * sizes[0]]
    return targets - basis @ (basis.T @ targets)


def _cosine(x: Floats, y: Floats) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1, 1))
