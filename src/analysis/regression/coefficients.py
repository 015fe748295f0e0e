"""The table of coefficients, the same for every model that has a covariance: estimate, test, interval."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import AnalysisError
from analysis.regression.design import Design

__all__ = ["Scales", "coefficient_table", "refuse"]

Floats = NDArray[np.float64]


class Scales(NamedTuple):
    """By what slopes are standardised, and how much each term overlaps with the others; shape (p,)."""

    standard: Floats
    inflation: Floats


def refuse(design: Design, *, covariance: str, kinds: tuple[str, ...], level: float, model: str) -> None:
    """Raise an error that names everything that makes a fit impossible."""
    problems = []
    if covariance not in kinds:
        problems.append(f"covariance must be one of {', '.join(kinds)}; got {covariance!r}")
    if not 0.5 < level < 1:
        problems.append(f"level must lie between 0.5 and 1; got {level}")
    if (obstacle := design.obstacle) is not None:
        name = obstacle.column
        problems.append(
            {
                "no_target": f"no row has a value of the target {name}; nothing can be fitted",
                "constant_target": f"the target {name} is {obstacle.value:g} in every row: nothing to explain",
                "too_few_rows": f"{obstacle.value:g} rows with a known {name} are too few for {obstacle.other} "
                "coefficients; name fewer columns",
            }[obstacle.code]
        )
    elif not design.terms and not design.intercept:
        problems.append("no column can be used and there is no intercept; name other columns")
    if problems:
        raise AnalysisError(f"{model}: " + "; ".join(problems))


def coefficient_table(
    design: Design, estimate: Floats, covariance: Floats, *, df: int, level: float, scales: Scales
) -> pd.DataFrame:
    """One row a coefficient, the intercept first; see `LinearFit.table`."""
    error = np.sqrt(np.maximum(np.diag(covariance), 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(error > 0, estimate / error, np.where(estimate == 0, np.nan, np.sign(estimate) * np.inf))
    margin = stats.t.ppf((1 + level) / 2, df) * error
    scale, inflation = scales
    if design.intercept:
        scale, inflation = np.append(np.nan, scale), np.append(np.nan, inflation)
    return pd.DataFrame(
        {
            "term": list(design.coefficients),
            "estimate": estimate,
            "standard_error": error,
            "t": t,
            "p": 2 * stats.t.sf(np.abs(t), df),
            "low": estimate - margin,
            "high": estimate + margin,
            "standardised": estimate * scale,
            "standardised_low": (estimate - margin) * scale,
            "standardised_high": (estimate + margin) * scale,
            "vif": inflation,
        }
    )
