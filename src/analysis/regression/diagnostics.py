"""What a fit leaves over, and which rows it hangs on.

Sources: Koenker (1981), *A note on studentizing a test for heteroscedasticity*, Journal of Econometrics 17, 107-112
(Breusch and Pagan's test, n R² form); Jarque and Bera (1987), International Statistical Review 55, 163-172; Cook
(1977), Technometrics 19, 15-18; Belsley, Kuh and Welsch (1980), *Regression Diagnostics*, chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.regression.leastsquares import least_squares
from analysis.regression.linear import LinearFit

__all__ = ["Influence", "ResidualChecks", "influence", "residual_checks"]

Floats = NDArray[np.float64]

#: Cook's distance above this share of 1 ÷ n is worth a look (Bollen and Jackman 1990).
COOK_SHARE = 4.0


@dataclass(frozen=True)
class ResidualChecks:
    """Checks of what a linear regression assumes about its residuals.

    Parameters
    ----------
    breusch_pagan, breusch_pagan_p : float
        Koenker's n R² of the squared residuals on the terms, and its p-value (small: the spread depends on the terms,
        so that classical standard errors are wrong and HC3 is needed). NaN without terms or in an exact fit.
    skewness, kurtosis : float
        Of the residuals; 0 and 3 for a normal distribution.
    jarque_bera, jarque_bera_p : float
    bins : DataFrame
        Groups of equally many rows by fitted value: fitted (mean), mean, low, high (interval of the mean residual),
        spread (standard deviation), n. A mean that is far from 0 shows a shape that the straight line missed.
    quantiles : DataFrame
        At most 99 points: normal (standard normal quantile), residual (quantile of residual ÷ residual SD).
    """

    breusch_pagan: float
    breusch_pagan_p: float
    skewness: float
    kurtosis: float
    jarque_bera: float
    jarque_bera_p: float
    bins: pd.DataFrame
    quantiles: pd.DataFrame


@dataclass(frozen=True)
class Influence:
    """How much single rows move the fit.

    Parameters
    ----------
    table : DataFrame
        One row a row fitted: row (position in the frame given), leverage, studentized (residual ÷ its own standard
        deviation, estimated without the row), cook (Cook's distance), dffits.
    cook_threshold, leverage_threshold : float
        4 ÷ n, and twice the mean leverage: above them a row is worth a look.
    shifts : DataFrame
        One row a coefficient: term, estimate, without (the estimate when all rows above the Cook threshold are left
        out), shift (the change in standard errors). Empty where too few rows would remain.
    """

    table: pd.DataFrame
    cook_threshold: float
    leverage_threshold: float
    shifts: pd.DataFrame

    @property
    def influential(self) -> int:
        """Rows whose Cook's distance is above the threshold."""
        return int((self.table["cook"] > self.cook_threshold).sum())


def residual_checks(fit: LinearFit, *, bins: int = 10) -> ResidualChecks:
    """Check the residuals of a fit.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.regression import design, ols
    >>> frame = pd.DataFrame({"x": range(8), "y": [0, 1, 2, 4, 3, 5, 7, 6]})
    >>> checks = residual_checks(ols(design(frame, target="y", columns=["x"])), bins=2)
    >>> checks.bins["n"].tolist(), bool(checks.breusch_pagan_p > 0.05)
    ([4, 4], True)
    """
    residuals = fit.residuals
    test, p = _breusch_pagan(fit)
    flat = np.ptp(residuals) == 0
    skewness = np.nan if flat else float(stats.skew(residuals))
    kurtosis = np.nan if flat else float(stats.kurtosis(residuals, fisher=False))
    jarque_bera = len(residuals) / 6 * (skewness**2 + (kurtosis - 3) ** 2 / 4)
    return ResidualChecks(
        breusch_pagan=test,
        breusch_pagan_p=p,
        skewness=skewness,
        kurtosis=kurtosis,
        jarque_bera=jarque_bera,
        jarque_bera_p=float(stats.chi2.sf(jarque_bera, 2)),
        bins=_bins(fit, bins),
        quantiles=_quantiles(fit),
    )


def influence(fit: LinearFit) -> Influence:
    """Leverage, studentized residuals, Cook's distance and DFFITS of every row, and what the influential ones move.

    A row with leverage 1 is fitted exactly whatever its target; its Cook's distance is not defined and given as NaN.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.regression import design, ols
    >>> frame = pd.DataFrame({"x": [1, 2, 3, 4, 5, 20], "y": [1, 2, 3, 4, 5, 2]})
    >>> found = influence(ols(design(frame, target="y", columns=["x"])))
    >>> found.influential, int(found.table["cook"].idxmax())
    (1, 5)
    """
    residuals, leverage = fit.residuals, fit.solution.leverage
    n, k, df = fit.n, len(fit.solution.coefficients), fit.df_residual
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(leverage < 1 - 1e-10, 1 - leverage, np.nan)
        inside = residuals / (fit.residual_sd * np.sqrt(room))
        cook = inside**2 * leverage / room / k
        # the variance without the row, without a second fit
        rest = (fit.solution.residual_squares - residuals**2 / room) / (df - 1) if df > 1 else np.full(n, np.nan)
        outside = residuals / np.sqrt(np.where(rest > 0, rest, np.nan) * room)
        dffits = outside * np.sqrt(leverage / room)
    table = pd.DataFrame(
        {"row": fit.design.rows, "leverage": leverage, "studentized": outside, "cook": cook, "dffits": dffits}
    )
    threshold = COOK_SHARE / n
    return Influence(table, threshold, 2 * k / n, _shifts(fit, np.nan_to_num(cook) <= threshold))


def _breusch_pagan(fit: LinearFit) -> tuple[float, float]:
    squares = fit.residuals**2
    p = fit.design.matrix.shape[1]
    if p == 0 or np.ptp(squares) == 0:
        return float("nan"), float("nan")
    auxiliary = least_squares(fit.design.matrix, squares, intercept=True)
    test = fit.n * (1 - auxiliary.residual_squares / auxiliary.total_squares)
    return float(test), float(stats.chi2.sf(test, p))


def _bins(fit: LinearFit, bins: int) -> pd.DataFrame:
    order = np.lexsort((np.arange(fit.n), fit.fitted))
    rows = []
    for part in np.array_split(order, min(bins, fit.n)):
        values = fit.residuals[part]
        spread = float(values.std(ddof=1)) if len(part) > 1 else np.nan
        margin = float(stats.t.ppf((1 + fit.level) / 2, max(len(part) - 1, 1))) * spread / np.sqrt(len(part))
        middle = float(values.mean())
        rows.append((float(fit.fitted[part].mean()), middle, middle - margin, middle + margin, spread, len(part)))
    return pd.DataFrame(rows, columns=["fitted", "mean", "low", "high", "spread", "n"])


def _quantiles(fit: LinearFit) -> pd.DataFrame:
    points = min(fit.n, 99)
    share = (np.arange(points) + 0.5) / points
    scale = fit.residual_sd if fit.residual_sd > 0 else 1.0
    return pd.DataFrame({"normal": stats.norm.ppf(share), "residual": np.quantile(fit.residuals / scale, share)})


def _shifts(fit: LinearFit, keep: NDArray[np.bool_]) -> pd.DataFrame:
    """Coefficients when the influential rows are left out; terms that then no longer vary get NaN."""
    columns = ["term", "estimate", "without", "shift"]
    matrix = fit.design.matrix[keep]
    varying = np.flatnonzero(np.ptp(matrix, axis=0) > 0) if keep.any() else np.array([], dtype=int)
    k = len(varying) + fit.design.intercept
    if keep.sum() <= k or k == 0:
        return pd.DataFrame(columns=columns)
    solution = least_squares(matrix[:, varying], fit.design.response[keep], intercept=fit.design.intercept)
    without = np.full(len(fit.table), np.nan)
    positions = [*([0] if fit.design.intercept else []), *(varying + fit.design.intercept)]
    without[positions] = solution.coefficients
    estimate = fit.table["estimate"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = (without - estimate) / fit.table["standard_error"].to_numpy()
    return pd.DataFrame({"term": fit.table["term"], "estimate": estimate, "without": without, "shift": shift})
