"""Coefficients in words' reach: per standard deviation, and in natural units, with the check on other customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.multiplicity import adjust
from analysis.regression.columns import finite
from analysis.regression.design import Term
from analysis.regression.linear import LinearFit
from analysis.regression.loglinear import LogLinearFit

__all__ = ["effects"]

Floats = NDArray[np.float64]
Fit = LinearFit | LogLinearFit


def effects(fit: Fit, frame: pd.DataFrame, *, confirmation: Fit | None = None) -> pd.DataFrame:
    """The slopes of a fit as effects, strongest first.

    Parameters
    ----------
    fit : LinearFit or LogLinearFit
    frame : DataFrame
        The rows that were fitted, for the quartiles of each column.
    confirmation : LinearFit or LogLinearFit, optional
        The same terms fitted to other rows.

    Returns
    -------
    DataFrame
        term, column, kind (`identity`, `log1p`, `missing`); estimate, low, high, p, vif of the term; p_holm and p_bh
        (family: all slopes of this fit); standardised with _low and _high.
        In natural units: from_value, to_value (the column's lower and upper quartile, or wider where they are equal;
        0 and 1 for a term that says "was missing"), change, change_low, change_high (of the target between the two, all
        other columns alike); typical (the median) and one_more, one_more_low, one_more_high (change from the typical
        value to one unit more). On the log scale changes are relative: 0.1 is 10 % more (of the mean in a
        log-linear fit, of 1 + target in a fit to log(1 + target)).
        From `confirmation`, NaN without it: again, again_low, again_high (standardised by the spreads of `fit`),
        holds (the same direction, with an interval that excludes 0).
    """
    slopes = fit.slopes.reset_index(drop=True)
    result = slopes[["term", "estimate", "low", "high", "p", "vif"]].copy()
    result.insert(1, "column", [term.column for term in fit.design.terms])
    result.insert(2, "kind", [term.kind for term in fit.design.terms])
    result["p_holm"] = adjust(slopes["p"], method="holm")
    result["p_bh"] = adjust(slopes["p"], method="bh")
    result[["standardised", "standardised_low", "standardised_high"]] = slopes[
        ["standardised", "standardised_low", "standardised_high"]
    ]
    steps = [_steps(term, frame) for term in fit.design.terms]
    result["from_value"], result["to_value"], result["typical"] = (list(part) for part in zip(*steps, strict=True))
    wide, one = _moves(fit.design.terms, steps)
    bounds = slopes[["estimate", "low", "high"]].to_numpy()
    relative = isinstance(fit, LogLinearFit) or fit.design.log_target
    result[["change", "change_low", "change_high"]] = _change(bounds, wide, relative)
    result[["one_more", "one_more_low", "one_more_high"]] = _change(bounds, one, relative)
    _confirm(result, confirmation)
    order = np.lexsort((result["term"], -result["standardised"].abs().fillna(0)))
    return result.iloc[order].reset_index(drop=True)


def _steps(term: Term, frame: pd.DataFrame) -> tuple[float, float, float]:
    """Where the column moves from and to, and its typical value."""
    values = finite(frame[term.column])
    if term.kind == "missing":
        return 0.0, 1.0, 0.0
    known = values[~np.isnan(values)]
    for tail in (0.25, 0.1, 0.0):
        low, high = np.quantile(known, [tail, 1 - tail])
        if high > low:
            break
    return float(low), float(high), float(np.median(known))


def _moves(terms: tuple[Term, ...], steps: list[tuple[float, float, float]]) -> tuple[Floats, Floats]:
    """By how much each term itself changes over the wide step and over one unit."""
    wide, one = [], []
    for term, (low, high, typical) in zip(terms, steps, strict=True):
        if term.kind == "missing":
            wide.append(1.0)
            one.append(1.0)
            continue
        points = term.values(np.array([low, high, typical, typical + 1]))
        wide.append(points[1] - points[0])
        one.append(points[3] - points[2])
    return np.array(wide), np.array(one)


def _change(bounds: Floats, move: Floats, relative: bool) -> Floats:
    change = bounds * move[:, None]
    if not relative:
        return change
    with np.errstate(over="ignore"):  # near singular: the interval has no upper end
        return np.expm1(change)


def _confirm(result: pd.DataFrame, confirmation: Fit | None) -> None:
    names = ["again", "again_low", "again_high"]
    result[names] = np.nan
    result["holds"] = pd.Series([None] * len(result), dtype="boolean")
    if confirmation is None:
        return
    # by the spreads of the first fit, so that the two can be compared
    scale = dict(zip(result["term"], (result["standardised"] / result["estimate"]).fillna(0), strict=True))
    other = confirmation.slopes.set_index("term")
    for row, term in enumerate(result["term"]):
        if term not in other.index:
            continue
        values = other.loc[term, ["estimate", "low", "high"]].to_numpy(dtype=float) * scale[term]
        result.loc[row, names] = values
        same = values[1] > 0 if result.loc[row, "estimate"] > 0 else values[2] < 0
        result.loc[row, "holds"] = bool(same)
