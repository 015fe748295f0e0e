"""Log-linear regression for amounts and counts: effects multiply, zeros are welcome, nothing is back-transformed.

The mean is modelled as exp(A b) and fitted by Poisson pseudo-maximum likelihood. That needs no Poisson distribution:
the estimate is consistent for any non-negative target whose mean has this form, and the sandwich standard errors do not
rest on a variance. Least squares on log(1 + y) has neither property: with many zeros and a long tail its predictions,
brought back to money, can be wrong by orders of magnitude.

Sources: Gourieroux, Monfort and Trognon (1984), *Pseudo maximum likelihood methods: theory*, Econometrica 52, 681-700;
Santos Silva and Tenreyro (2006), *The log of gravity*, Review of Economics and Statistics 88, 641-658.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import AnalysisError
from analysis.regression.coefficients import Scales, coefficient_table, refuse
from analysis.regression.design import Design, Remark
from analysis.regression.leastsquares import AliasedError, LeastSquares, least_squares
from analysis.regression.linear import ols

__all__ = ["LogLinearFit", "loglinear"]

Floats = NDArray[np.float64]
RobustCovariance = Literal["HC0", "HC1", "HC2", "HC3"]

#: Predictions end at this multiple of the largest fitted mean.
CEILING = 10.0
_MAX_ITERATIONS = 200
_TOLERANCE = 1e-12
#: A linear predictor beyond this distance from the log of the mean target is taken back to it while iterating.
_FAR = 40.0
#: A fitted mean below the average by this much on the log scale (one ten-millionth) is on its way to 0.
_NOTHING = 16.0
_MODEL = "log-linear regression"
_SEPARATED = (
    f"{_MODEL}: a column separates rows with a target of 0 from all others, so that its effect has "
    "no finite estimate; leave that column out, or use ols"
)


@dataclass(frozen=True)
class LogLinearFit:
    """A fitted log-linear regression.

    Parameters
    ----------
    table : DataFrame
        As `LinearFit.table`; estimates are on the log scale, and `standardised` is the change of the log of the mean
        for one standard deviation more of the term.
    design : Design
    fitted : ndarray, shape (n,)
        Fitted means, in the target's unit.
    covariance_kind : str
    covariance : ndarray, shape (k, k)
    df_residual : int
    deviance, null_deviance : float
        Poisson deviance of the fit, and of the mean alone.
    iterations : int
    level : float
    remarks : tuple of Remark
        `not_converged` (value: iterations) if the fit did not settle.
    """

    table: pd.DataFrame
    design: Design
    fitted: Floats
    covariance_kind: str
    covariance: Floats
    df_residual: int
    deviance: float
    null_deviance: float
    iterations: int
    level: float
    remarks: tuple[Remark, ...]

    @property
    def n(self) -> int:
        """Rows that were fitted."""
        return len(self.design.response)

    @property
    def slopes(self) -> pd.DataFrame:
        """The rows of `table` without the intercept's, in the order of the design's terms."""
        return self.table.iloc[int(self.design.intercept) :]

    @property
    def deviance_explained(self) -> float:
        """1 − deviance ÷ null deviance."""
        return 1 - self.deviance / self.null_deviance if self.null_deviance > 0 else float("nan")

    def predict(self, frame: pd.DataFrame, *, level: float | None = None) -> pd.DataFrame:
        """Expected values for other rows, with the interval of the mean: predicted, low, high.

        None is more than `CEILING` times the largest fitted mean: far outside the data an exponential has no meaning.
        """
        rows = self.design.full(self.design.apply(frame))
        centre = rows @ self.table["estimate"].to_numpy()
        error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", rows, self.covariance, rows), 0))
        margin = stats.t.ppf((1 + (level or self.level)) / 2, self.df_residual) * error
        most = float(np.log(self.fitted.max() * CEILING))
        bounds = {"predicted": centre, "low": centre - margin, "high": centre + margin}
        return pd.DataFrame({name: np.exp(np.minimum(part, most)) for name, part in bounds.items()}, index=frame.index)


def loglinear(design: Design, *, covariance: RobustCovariance = "HC3", level: float = 0.95) -> LogLinearFit:
    """Fit a log-linear regression by Poisson pseudo-maximum likelihood.

    Parameters
    ----------
    design : Design
        With a target of 0 or more that is not on the log scale.
    covariance : "HC0" to "HC3"
        Sandwich covariance; HC2 and HC3 divide by what the weighted hat matrix leaves.
    level : float

    Raises
    ------
    AnalysisError
        If the target is below 0 somewhere, 0 everywhere or on the log scale already, there are too few rows, or a
        column separates rows with a target of 0 from all others (its effect then has no finite estimate).

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.regression import design
    >>> frame = pd.DataFrame({"x": [0, 0, 1, 1, 2, 2], "y": [2, 2, 4, 4, 8, 8]})
    >>> fit = loglinear(design(frame, target="y", columns=["x"]))
    >>> fit.table["estimate"].round(6).tolist()
    [0.693147, 0.693147]
    """
    _check(design, covariance=covariance, level=level)
    y = design.response
    rows = design.full(design.matrix)
    solution, mean, iterations, settled = _iterate(rows, y)
    pearson = (y - mean) / np.sqrt(mean)
    n, k = rows.shape
    room = np.maximum(1 - solution.leverage, 1e-10)
    power = {"HC0": 0, "HC1": 0, "HC2": 1, "HC3": 2}[covariance]
    factor = n / (n - k) if covariance == "HC1" else 1.0
    matrix = solution.sandwich(factor * pearson**2 / room**power)
    remarks = list(design.remarks) if settled else [*design.remarks, Remark("not_converged", "", float(iterations))]
    plain = ols(design, covariance="classical", level=level)
    scales = Scales(design.matrix.std(axis=0, ddof=1), plain.slopes["vif"].to_numpy())
    null = _deviance(y, np.full(n, y.mean()))
    return LogLinearFit(
        table=coefficient_table(design, solution.coefficients, matrix, df=n - k, level=level, scales=scales),
        design=design,
        fitted=mean,
        covariance_kind=covariance,
        covariance=matrix,
        df_residual=n - k,
        deviance=_deviance(y, mean),
        null_deviance=null,
        iterations=iterations,
        level=level,
        remarks=(*remarks, *(item for item in plain.remarks if item not in design.remarks)),
    )


def _check(design: Design, *, covariance: str, level: float) -> None:
    y = design.response
    if design.log_target:
        raise AnalysisError(f"{_MODEL}: the target must not be on the log scale; make the design without log_target")
    if len(y) and y.min() < 0:
        raise AnalysisError(f"{_MODEL}: {design.target} must be 0 or more, and the least is {y.min():g}; use ols")
    if len(y) and y.max() == 0:
        raise AnalysisError(f"{_MODEL}: {design.target} is 0 in every row; nothing is to be explained")
    refuse(design, covariance=covariance, kinds=get_args(RobustCovariance), level=level, model=_MODEL)


def _iterate(rows: Floats, y: Floats) -> tuple[LeastSquares, Floats, int, bool]:
    """Iteratively reweighted least squares; a step that makes the deviance worse is halved."""
    centre = float(np.log(y.mean()))
    mean = (y + y.mean()) / 2
    predictor, last = np.log(mean), np.inf
    coefficients: Floats | None = None
    iteration = 0
    while iteration < _MAX_ITERATIONS:
        iteration += 1
        root = np.sqrt(mean)
        working = predictor + (y - mean) / mean
        solution = _weighted(rows, working, root)
        step = solution.coefficients
        for _ in range(30):
            predictor = np.clip(rows @ step, centre - _FAR, centre + _FAR)
            deviance = _deviance(y, np.exp(predictor))
            if coefficients is None or deviance <= last * (1 + 1e-12) + 1e-12:
                break
            step = (step + coefficients) / 2
        mean = np.exp(predictor)
        settled = abs(last - deviance) <= _TOLERANCE * (abs(deviance) + 1e-3)
        coefficients, last = step, deviance
        if settled:
            break
    if (predictor < centre - _NOTHING).any():
        raise AnalysisError(_SEPARATED)
    final = _weighted(rows, predictor + (y - mean) / mean, np.sqrt(mean))
    return final, mean, iteration, bool(settled)


def _weighted(rows: Floats, working: Floats, root: Floats) -> LeastSquares:
    try:
        return least_squares(rows * root[:, None], working * root, intercept=False)
    except AliasedError:
        raise AnalysisError(_SEPARATED) from None


def _deviance(y: Floats, mean: Floats) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(y > 0, y * np.log(y / mean), 0.0)
    return float(2 * (part - (y - mean)).sum())
