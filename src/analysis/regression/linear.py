"""Ordinary least squares with the standard errors that customer data needs.

Source: MacKinnon and White (1985), *Some heteroskedasticity-consistent covariance matrix estimators*, Journal of
Econometrics 29, 305-325 (HC0 to HC3); Cameron and Miller (2015), *A practitioner's guide to cluster-robust inference*,
Journal of Human Resources 50, 317-372 (section II.B, with the factor G/(G − 1) · (n − 1)/(n − k)); Barber, Candès,
Ramdas and Tibshirani (2021), *Predictive inference with the jackknife+*, Annals of Statistics 49, 486-507 (jackknife).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.errors import AnalysisError
from analysis.regression.coefficients import Scales, coefficient_table, refuse
from analysis.regression.design import Design, Remark
from analysis.regression.leastsquares import LeastSquares, digits_held, enough_digits, least_squares, row_blocks

__all__ = ["Covariance", "LinearFit", "ols"]

Floats = NDArray[np.float64]
Covariance = Literal["classical", "HC0", "HC1", "HC2", "HC3", "cluster"]

#: Above this condition number half of the digits of a double are gone.
NEAR_SINGULAR = 1e8
#: The data should hold this many decimal digits of every coefficient.
ENOUGH_DIGITS = 7.0
#: Belsley, Kuh and Welsch (1980): above 30 some coefficients share information that the data cannot divide.
COLLINEAR = 30.0
#: A variance inflation factor above which a standard error is more than three times what it would be alone.
HIGH_VIF = 10.0
_FEW_CLUSTERS = 20
_LEVERAGE_ONE = 1 - 1e-10


@dataclass(frozen=True)
class LinearFit:
    """A fitted linear regression.

    Parameters
    ----------
    table : DataFrame
        One row a coefficient, the intercept first: term, estimate, standard_error, t, p, low, high, standardised
        (change of the target, in its standard deviations, for one standard deviation more of the term; with its
        interval standardised_low, standardised_high) and vif.
    design : Design
        What was fitted.
    solution : LeastSquares
    covariance_kind : str
        How the standard errors were computed.
    covariance : ndarray, shape (k, k)
        Covariance of the coefficients.
    df_residual : int
        n − k.
    df_test : int
        Degrees of freedom of the t and F tests: n − k, or clusters − 1.
    r_squared, adjusted_r_squared, residual_sd, condition_number : float
        R² is about the mean with an intercept, about 0 without one.
    f, f_p : float
        Classical F test that all slopes are 0.
    wald, wald_p : float
        The same test under `covariance_kind`.
    level : float
        Confidence level of the intervals.
    remarks : tuple of Remark
    """

    table: pd.DataFrame
    design: Design
    solution: LeastSquares
    covariance_kind: str
    covariance: Floats
    df_residual: int
    df_test: int
    r_squared: float
    adjusted_r_squared: float
    residual_sd: float
    f: float
    f_p: float
    wald: float
    wald_p: float
    level: float
    remarks: tuple[Remark, ...]

    @property
    def n(self) -> int:
        """Rows that were fitted."""
        return len(self.design.response)

    @property
    def condition_number(self) -> float:
        """Of the terms, centred and scaled to length 1."""
        return self.solution.condition_number

    @property
    def slopes(self) -> pd.DataFrame:
        """The rows of `table` without the intercept's, in the order of the design's terms."""
        return self.table.iloc[int(self.design.intercept) :]

    @property
    def digits(self) -> Floats:
        """Decimal digits of each coefficient that survive the rounding of the data, at least; see `digits_held`."""
        return digits_held(self.design.matrix, self.design.response, self.solution, intercept=self.design.intercept)

    @property
    def residuals(self) -> Floats:
        """Observed − fitted, on the scale that was fitted, shape (n,)."""
        return self.solution.residuals

    @property
    def fitted(self) -> Floats:
        """Fitted values on the scale that was fitted, shape (n,)."""
        return self.design.response - self.residuals

    def predict(
        self, frame: pd.DataFrame, *, level: float | None = None, spread: Literal["normal", "observed"] = "normal"
    ) -> pd.DataFrame:
        """Predictions for other rows, in the target's own unit, with intervals.

        Parameters
        ----------
        frame : DataFrame
            Rows with the design's columns.
        level : float, optional
            Confidence level; by default the fit's.
        spread : "normal" or "observed"
            How single values scatter about the line: as a normal distribution of constant width; or as the fit's own
            leave-one-out residuals do, whatever their shape (with fewer than 2 ÷ (1 − level) rows the extremes, which
            hold less than `level`).

        Returns
        -------
        DataFrame
            predicted; low, high (interval of the mean at these values; on the log scale, of the median);
            single_low, single_high (interval of one new value). NaN in a row with a gap that the design does not fill.
            A fit on the log scale predicts the mean by Duan's (1983) smearing.
        """
        level = self.level if level is None else level
        rows = self.design.full(self.design.apply(frame))
        centre = rows @ self.solution.coefficients
        # of a near singular design rounding may leave a variance below 0
        error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", rows, self.covariance, rows), 0))
        margin = stats.t.ppf((1 + level) / 2, self.df_test) * error
        if spread == "normal":
            shape = np.maximum(np.einsum("ij,jk,ik->i", rows, self.solution.inverse, rows), 0)
            own = self.residual_sd**2 * (1 + shape)
            reach = stats.t.ppf((1 + level) / 2, max(self.df_residual, 1)) * np.sqrt(own)
            below, above = centre - reach, centre + reach
        else:
            left_out = self.residuals / np.maximum(1 - self.solution.leverage, 1e-10)
            # a new value takes any of the n + 1 places in their order alike (Barber and others 2021, section 2)
            tails = np.quantile(left_out, [(1 - level) / 2, (1 + level) / 2], method="weibull")
            below, above = centre + tails[0], centre + tails[1]
        result = {"predicted": centre, "low": centre - margin, "high": centre + margin,
                  "single_low": below, "single_high": above}  # fmt: skip
        if self.design.log_target:
            result = {name: np.expm1(values) for name, values in result.items()}
            result["predicted"] = np.exp(centre) * np.exp(self.residuals).mean() - 1
        return pd.DataFrame(result, index=frame.index)


def ols(
    design: Design, *, covariance: Covariance = "HC3", clusters: ArrayLike | None = None, level: float = 0.95
) -> LinearFit:
    """Fit a linear regression.

    Parameters
    ----------
    design : Design
        From `design`.
    covariance : str
        `classical` (equal variances: the standard errors of textbooks and of NIST's certified values), `HC0` to
        `HC3` (robust against unequal variances; HC3 is the careful one) or `cluster` (robust also against dependence
        within the groups that `clusters` gives).
    clusters : array, shape (n,) or (rows given to `design`,)
        Group of each row.
    level : float
        Confidence level.

    Raises
    ------
    AnalysisError
        If there are too few rows, the target does not vary, or a parameter is out of range.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.regression import design
    >>> frame = pd.DataFrame({"hours": [2, 4, 6, 8], "marks": [65, 75, 85, 96]})
    >>> fit = ols(design(frame, target="marks", columns=["hours"]), covariance="classical")
    >>> fit.table[["term", "estimate"]].round(6).values.tolist(), round(fit.r_squared, 6)
    ([['intercept', 54.5], ['hours', 5.15]], 0.999435)
    """
    refuse(design, covariance=covariance, kinds=get_args(Covariance), level=level, model="regression")
    if (covariance == "cluster") != (clusters is not None):
        raise AnalysisError("regression: covariance='cluster' and clusters go together; give both or neither")
    solution = least_squares(design.matrix, design.response, intercept=design.intercept)
    n, k = len(design.response), len(solution.coefficients)
    df = n - k
    variance = solution.residual_squares / df
    groups = _codes(clusters, design) if covariance == "cluster" else None
    remarks = list(_remarks(design, solution))
    matrix = _covariance(solution, covariance, variance, groups, remarks)
    df_test = df if groups is None else int(groups.max())
    with np.errstate(divide="ignore", invalid="ignore"):
        r_squared = 1 - solution.residual_squares / solution.total_squares if solution.total_squares else np.nan
        slopes = k - design.intercept
        explained = np.float64(solution.total_squares - solution.residual_squares)
        f = explained / slopes / variance if slopes else np.nan
    about_mean = _squares(design.matrix, design.matrix.mean(axis=0))
    about = about_mean if design.intercept else _squares(design.matrix, np.zeros(design.matrix.shape[1]))
    # variance inflation factors: the diagonal of the inverse of the terms' correlation matrix
    inflation = np.diag(solution.inverse)[design.intercept :] * about
    pairs = zip(design.names, inflation, strict=True)
    remarks += [Remark("high_vif", name, float(value)) for name, value in pairs if value > HIGH_VIF]
    scales = _scales(design, about_mean, inflation)
    wald = _wald(solution.coefficients, matrix, slopes)
    return LinearFit(
        table=coefficient_table(design, solution.coefficients, matrix, df=df_test, level=level, scales=scales),
        design=design,
        solution=solution,
        covariance_kind=covariance,
        covariance=matrix,
        df_residual=df,
        df_test=df_test,
        r_squared=float(r_squared),
        adjusted_r_squared=float(1 - (1 - r_squared) * (n - design.intercept) / df),
        residual_sd=float(np.sqrt(variance)),
        f=float(f),
        f_p=float(stats.f.sf(f, slopes, df)) if slopes else float("nan"),
        wald=wald,
        wald_p=float(stats.f.sf(wald, slopes, df_test)) if slopes else float("nan"),
        level=level,
        remarks=tuple(remarks),
    )


def _codes(clusters: ArrayLike | None, design: Design) -> NDArray[np.intp]:
    labels = pd.Series(np.asarray(clusters))
    if len(labels) == design.rows_in:
        labels = labels.iloc[design.rows]
    if len(labels) != len(design.response) or labels.isna().any() or labels.nunique() < 2:
        raise AnalysisError(
            f"regression: clusters must give each of the {len(design.response)} rows a group, at least two in all"
        )
    return pd.factorize(labels)[0]


def _remarks(design: Design, solution: LeastSquares) -> Sequence[Remark]:
    remarks = list(design.remarks)
    number = solution.condition_number
    if number > NEAR_SINGULAR:
        remarks.append(Remark("near_singular", "", number))
    elif number > COLLINEAR:
        remarks.append(Remark("collinear_overall", "", number))
    if solution.exact:
        remarks.append(Remark("exact_fit", design.target))
    parts, intercept = (design.matrix, design.response, solution), design.intercept
    if enough_digits(*parts, intercept=intercept, enough=ENOUGH_DIGITS):
        return remarks
    held = digits_held(*parts, intercept=intercept)
    if np.isfinite(held).any() and (least := float(np.nanmin(held))) < ENOUGH_DIGITS:
        remarks.append(Remark("few_digits", design.coefficients[int(np.nanargmin(held))], least))
    return remarks


def _covariance(
    solution: LeastSquares, kind: str, variance: float, groups: NDArray[np.intp] | None, remarks: list[Remark]
) -> Floats:
    if kind == "classical":
        return variance * solution.inverse
    n, k = len(solution.residuals), len(solution.coefficients)
    squares, leverage = solution.residuals**2, solution.leverage
    if groups is not None:
        count = int(groups.max()) + 1
        if count < _FEW_CLUSTERS:
            remarks.append(Remark("few_clusters", "", float(count)))
        sums = np.zeros((count, k))
        np.add.at(sums, groups, solution.scores(solution.residuals))
        return np.asarray(sums.T @ sums * (count / (count - 1) * (n - 1) / (n - k)))
    alone = leverage >= _LEVERAGE_ONE
    if kind in {"HC2", "HC3"} and alone.any():
        # such a row has a residual of 0 by construction: it says nothing about the variance of its own coefficient
        remarks.append(Remark("leverage_one", "", float(alone.sum())))
    room = np.where(alone, 1.0, 1 - leverage)
    weights = {"HC0": squares, "HC1": squares * n / (n - k), "HC2": squares / room, "HC3": squares / room**2}[kind]
    return solution.sandwich(weights)


def _squares(matrix: Floats, centre: Floats) -> Floats:
    """Sum of squares of each column about its centre."""
    return np.asarray(sum(((rows - centre) ** 2).sum(axis=0) for rows in row_blocks(matrix)))


def _wald(coefficients: Floats, covariance: Floats, slopes: int) -> float:
    if slopes == 0:
        return float("nan")
    b, v = coefficients[-slopes:], covariance[-slopes:, -slopes:]
    scale = np.sqrt(np.diag(v))
    if not (scale > 0).all():
        return float("inf") if (b != 0).any() else float("nan")
    z = b / scale
    return float(z @ np.linalg.lstsq(v / np.outer(scale, scale), z, rcond=None)[0] / slopes)


def _scales(design: Design, squares: Floats, inflation: Floats) -> Scales:
    spread, n = design.response.std(ddof=1), len(design.response)
    standard = np.sqrt(squares / max(n - 1, 0)) if n > 1 else np.full(len(squares), np.nan)
    return Scales(standard / spread if spread > 0 else np.full(len(standard), np.nan), inflation)
