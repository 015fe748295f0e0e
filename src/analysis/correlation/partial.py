"""Partial and semi-partial correlation: what is left of a pair when other columns are held fixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.correlation.coefficients import bonett_wright, fisher_interval, t_p_values, tamed
from analysis.correlation.columns import finite_values, usable_columns
from analysis.errors import AnalysisError
from analysis.multiplicity import adjust

__all__ = ["Partial", "partial", "partial_pairs"]

Floats = NDArray[np.float64]
_KINDS = ("partial", "semi-partial")


@dataclass(frozen=True)
class Partial:
    """One partial or semi-partial coefficient; `reason` says why there is none.

    `n` rows have no missing value in the pair and the controls, `missing` rows have one and are left out. `p` is
    Student's t with n − 2 − number of controls degrees; `p_holm` corrects it over the pairs asked for together (one
    pair: as `p`).

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
    missing: int = 0
    p_holm: float = float("nan")


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
    if not controls:
        raise AnalysisError("partial: controls is empty; name at least one column to hold fixed, or use correlate")
    if len(set(names)) < len(names):
        raise AnalysisError(f"partial: the columns must differ, got {', '.join(map(str, names))}")
    if not 0.5 < level < 1:
        raise AnalysisError(f"partial: level must lie between 0.5 and 1, got {level}")
    usable, _ = usable_columns(frame, names)
    kind = _KINDS[int(semi)]

    def without(reason: str, n: int) -> Partial:
        unknown = float("nan")
        return Partial(
            first, second, tuple(controls), method, kind, n, unknown, unknown, unknown, unknown, unknown, reason,
            len(frame) - n,
        )  # fmt: skip

    if len(usable) < len(names):
        return without("unusable", 0)
    data = finite_values(frame, names)
    data = data[np.isfinite(data).all(axis=1)]
    n, held = len(data), len(controls)
    if n - held < 5:
        return without("too_few", n)
    if method == "spearman":
        data = stats.rankdata(data, axis=0)
    data = tamed(data)
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
    return Partial(
        first, second, tuple(controls), method, kind, n, estimate, float(low), float(high), p, zero_order,
        missing=len(frame) - n, p_holm=p,
    )  # fmt: skip


def partial_pairs(
    frame: pd.DataFrame, pairs: pd.DataFrame, *, controls: Sequence[str], method: str, level: float = 0.95
) -> list[Partial]:
    """Partial and semi-partial correlations of several pairs, each with the controls that are not of the pair.

    Their p-values are corrected (Holm) over the pairs, the partial and the semi-partial ones each as a family.

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
    found: list[Partial] = []
    for first, second in zip(pairs["first"], pairs["second"], strict=True):
        held = [name for name in controls if name in frame.columns and name not in (first, second)]
        if held:
            for semi in (False, True):
                found.append(partial(frame, first, second, controls=held, method=ranks, semi=semi, level=level))
    corrected = {kind: iter(adjust([item.p for item in found if item.kind == kind])) for kind in _KINDS}
    return [replace(item, p_holm=float(next(corrected[item.kind]))) for item in found]


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
