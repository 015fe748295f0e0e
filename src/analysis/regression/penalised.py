"""Ridge and LASSO, with the penalty chosen by cross-validation, their paths and how firmly terms were chosen.

Ridge minimises ‖y − Zb‖² + a ‖b‖², LASSO ‖y − Zb‖² / (2n) + a ‖b‖₁ (scikit-learn's conventions), where Z holds the
terms, centred and, by default, divided by their standard deviations. Within cross-validation centring and scaling are
learnt on each training part alone.

A linear fit sees its data only through the sums of squares and products, so every fold and every bootstrap sample is
reduced to a table of p + 1 columns first, and hundreds of LASSO fits take no longer than one on all rows.

Sources: Hoerl and Kennard (1970), Technometrics 12, 55-67; Tibshirani (1996), JRSS B 58, 267-288; Hastie, Tibshirani
and Friedman (2009), *The Elements of Statistical Learning*, section 7.10 (one-standard-error rule); Bach (2008),
*Bolasso*, ICML (bootstrap selection frequencies).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.bootstrap import resample_weights
from analysis.errors import AnalysisError
from analysis.regression.design import Design, Remark

__all__ = ["PenalisedFit", "lasso", "ridge", "selection_frequency"]

Floats = NDArray[np.float64]
Kind = Literal["ridge", "lasso"]
Choice = Literal["minimum", "one_standard_error"]

#: Penalties on a path, and the smallest as a share of the largest.
PATH_LENGTH = 100
PATH_SPAN = {"lasso": 1e-3, "ridge": 1e-6}
_TOLERANCE = 1e-10
_MAX_ITERATIONS = 100_000


@dataclass(frozen=True)
class PenalisedFit:
    """A ridge or LASSO fit.

    Parameters
    ----------
    table : DataFrame
        One row a coefficient, the intercept first: term, estimate (in the term's unit), standardised (change of the
        target for one standard deviation more of the term, in the target's unit), kept (estimate is not 0).
    path : DataFrame
        penalty, term, standardised: the coefficients along the path, from the largest penalty to the smallest.
    cross_validation : DataFrame
        penalty, error (mean squared error over the folds' rows), standard_error (over the folds), kept (terms on the
        path that are not 0). Empty where the penalty was given.
    penalty : float
        The one used.
    penalty_minimum, penalty_one_standard_error : float
        Where the cross-validated error is least, and the largest penalty whose error is within one standard error of
        it; NaN where the penalty was given.
    kind : str
    choice : str
        `minimum`, `one_standard_error` or `given`.
    folds : int
    scaled : bool
        Whether terms were divided by their standard deviations.
    design : Design
    remarks : tuple of Remark
    """

    table: pd.DataFrame
    path: pd.DataFrame
    cross_validation: pd.DataFrame
    penalty: float
    penalty_minimum: float
    penalty_one_standard_error: float
    kind: str
    choice: str
    folds: int
    scaled: bool
    design: Design
    remarks: tuple[Remark, ...]

    @property
    def kept(self) -> tuple[str, ...]:
        """Terms whose coefficient is not 0."""
        return tuple(self.table.loc[self.table["kept"] & (self.table["term"] != "intercept"), "term"])

    def predict(self, frame: pd.DataFrame) -> Floats:
        """Predictions for other rows on the scale that was fitted, shape (rows,)."""
        estimate = self.table["estimate"].to_numpy()
        matrix = self.design.apply(frame)
        return np.asarray(estimate[0] + matrix @ estimate[1:] if self.design.intercept else matrix @ estimate)


def ridge(
    design: Design,
    *,
    penalty: float | None = None,
    choice: Choice = "minimum",
    folds: int = 10,
    groups: ArrayLike | None = None,
    scaled: bool = True,
    random_state: int,
) -> PenalisedFit:
    """Fit a ridge regression: all terms stay, and overlapping ones share what they say.

    Parameters
    ----------
    design : Design
    penalty : float, optional
        The penalty; by default it is chosen by cross-validation.
    choice : "minimum" or "one_standard_error"
        Which penalty of the cross-validation to use.
    folds : int
        Number of folds, at most the number of rows (or groups).
    groups : array, shape (n,), optional
        Rows of one group stand in the same fold.
    scaled : bool
        Whether to divide terms by their standard deviations.
    random_state : int
        Seed of the folds.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.regression import design
    >>> frame = pd.DataFrame({"x": [-1.0, 0.0, 0.0, 1.0], "y": [-2.0, 0.0, 0.0, 2.0]})
    >>> fit = ridge(design(frame, target="y", columns=["x"]), penalty=2.0, scaled=False, random_state=0)
    >>> fit.table["estimate"].round(12).tolist()
    [0.0, 1.0]
    """
    return _fit("ridge", design, penalty, choice, folds, groups, scaled, random_state)


def lasso(
    design: Design,
    *,
    penalty: float | None = None,
    choice: Choice = "minimum",
    folds: int = 10,
    groups: ArrayLike | None = None,
    scaled: bool = True,
    random_state: int,
) -> PenalisedFit:
    """Fit a LASSO regression: terms that add little get a coefficient of 0.

    Parameters are those of `ridge`. No p-value is given for what was kept: choosing and testing on the same rows
    makes chance look like a finding. `selection_frequency` says how firmly a term was chosen, and `ols` on other rows
    tests it.
    """
    return _fit("lasso", design, penalty, choice, folds, groups, scaled, random_state)


def selection_frequency(
    fit: PenalisedFit, *, replicates: int, random_state: int, groups: ArrayLike | None = None
) -> pd.DataFrame:
    """How often a LASSO keeps each term in bootstrap samples of the rows, at the penalty of `fit`.

    Parameters
    ----------
    fit : PenalisedFit
        From `lasso`.
    replicates : int
    random_state : int
    groups : array, shape (n,), optional
        Groups that are drawn whole.

    Returns
    -------
    DataFrame
        term, kept (in `fit`), frequency (share of the samples that keep it), positive (share of the samples in which
        its coefficient is above 0).
    """
    if fit.kind != "lasso":
        raise AnalysisError("selection_frequency needs a fit by lasso; ridge keeps every term")
    design = fit.design
    kept, above, count = np.zeros(len(design.terms)), np.zeros(len(design.terms)), 0
    for chunk in resample_weights(
        len(design.response), replicates=replicates, random_state=random_state, groups=groups
    ):
        for weights in chunk:
            moments = _Moments.of(design, weights, scaled=fit.scaled)
            slopes = moments.slopes("lasso", np.array([fit.penalty]))[:, 0]
            kept, above, count = kept + (slopes != 0), above + (slopes > 0), count + 1
    return pd.DataFrame(
        {
            "term": list(design.names),
            "kept": [name in set(fit.kept) for name in design.names],
            "frequency": kept / max(count, 1),
            "positive": above / max(count, 1),
        }
    )


@dataclass(frozen=True)
class _Moments:
    """What a penalised fit needs of its rows: means, scales, and the products of the centred, scaled terms."""

    n: float
    centre: Floats
    scale: Floats
    level: float
    gram: Floats
    product: Floats

    @classmethod
    def of(cls, design: Design, weights: Floats, *, scaled: bool) -> _Moments:
        x, y, n = design.matrix, design.response, float(weights.sum())
        centre = weights @ x / n if design.intercept else np.zeros(x.shape[1])
        level = float(weights @ y / n) if design.intercept else 0.0
        z, v = x - centre, y - level
        spread = np.sqrt(weights @ (z**2) / n)
        # a term that is constant among these rows has nothing to say here
        spread = np.where(spread > 1e-12 * np.maximum(1.0, np.abs(centre)), spread, np.inf)
        z = z / (spread if scaled else np.where(np.isfinite(spread), 1.0, np.inf))
        weighted = z * weights[:, None]
        scale = spread if scaled else np.where(np.isfinite(spread), 1.0, np.inf)
        return cls(n, centre, scale, level, weighted.T @ z, weighted.T @ v)

    def slopes(self, kind: str, penalties: Floats) -> Floats:
        """Coefficients of the scaled terms, shape (p, penalties); penalties in descending order."""
        values, vectors = np.linalg.eigh(self.gram)
        values = np.maximum(values, 0.0)
        rotated = vectors.T @ self.product
        if kind == "ridge":
            return np.asarray(vectors @ (rotated[:, None] / np.maximum(values[:, None] + penalties, 1e-300)))
        from sklearn.linear_model import lasso_path  # half a second that ordinary least squares need not wait for

        p = len(values)
        # p rows with the same sums of squares and products as the n rows, in scikit-learn's scaling by rows
        root = np.sqrt(values)
        safe = np.where(values > 1e-12 * max(values.max(initial=0), 1e-300), root, np.inf)
        rows, target = (root[:, None] * vectors.T) * np.sqrt(p / self.n), rotated / safe * np.sqrt(p / self.n)
        found = lasso_path(rows, target, alphas=penalties, tol=_TOLERANCE, max_iter=_MAX_ITERATIONS, precompute=False)[
            1
        ]
        # at the largest penalty rounding would let a coefficient of 1e-15 pass for one that was kept
        noise = (
            1e-10
            * float(np.abs(self.product).max(initial=0.0))
            / self.n
            / np.maximum(np.diag(self.gram) / self.n, 1e-300)
        )
        return np.where(np.abs(found) <= noise[:, None], 0.0, found)

    def natural(self, slopes: Floats) -> tuple[Floats, Floats]:
        """Intercepts, shape (penalties,), and slopes in the terms' own units, shape (p, penalties)."""
        own = slopes / self.scale[:, None]
        return self.level - self.centre @ own, own

    def largest_penalty(self, kind: str) -> float:
        """The penalty that removes every term (LASSO), or leaves almost nothing of any (ridge)."""
        if kind == "lasso":
            return float(np.abs(self.product).max(initial=0.0)) / self.n or 1.0
        return 1e3 * float(np.diag(self.gram).max(initial=1.0)) or 1.0


def _fit(
    kind: Kind,
    design: Design,
    penalty: float | None,
    choice: str,
    folds: int,
    groups: ArrayLike | None,
    scaled: bool,
    random_state: int,
) -> PenalisedFit:
    _check(kind, design, penalty, choice, folds)
    moments = _Moments.of(design, np.ones(len(design.response)), scaled=scaled)
    top = moments.largest_penalty(kind)
    grid = np.geomspace(top, top * PATH_SPAN[kind], PATH_LENGTH)
    along = moments.slopes(kind, grid)
    table = pd.DataFrame(columns=["penalty", "error", "standard_error", "kept"])
    least = widest = float("nan")
    used = 0
    if penalty is None:
        parts = _folds(len(design.response), folds, groups, random_state)
        used = len(parts)
        errors, deviation = _cross_validate(kind, design, grid, parts, scaled)
        table = pd.DataFrame(
            {"penalty": grid, "error": errors, "standard_error": deviation, "kept": (along != 0).sum(axis=0)}
        )
        best = int(np.argmin(errors))
        within = int(np.argmax(errors <= errors[best] + deviation[best]))  # the grid descends: the first is the largest
        least, widest = float(grid[best]), float(grid[within])
        penalty = least if choice == "minimum" else widest
    else:
        choice = "given"
    slopes = moments.slopes(kind, np.array([penalty]))
    intercept, own = moments.natural(slopes)
    path = pd.DataFrame(
        {
            "penalty": np.tile(grid, len(design.terms)),
            "term": np.repeat(list(design.names), len(grid)),
            "standardised": along.ravel(),
        }
    )
    coefficients = _table(design, intercept, own[:, 0], slopes[:, 0])
    return PenalisedFit(
        coefficients, path, table, float(penalty), least, widest, kind, choice, used, scaled, design, design.remarks
    )


def _check(kind: str, design: Design, penalty: float | None, choice: str, folds: int) -> None:
    if (obstacle := design.obstacle) is not None and obstacle.code == "constant_target":
        raise AnalysisError(
            f"{kind}: the target {obstacle.column} is the same in every row; there is nothing to explain"
        )
    if not design.terms or len(design.response) < 4:
        raise AnalysisError(
            f"{kind} needs at least one usable column and four rows; "
            f"there are {len(design.terms)} columns and {len(design.response)} rows"
        )
    if penalty is not None and not (np.isfinite(penalty) and penalty >= 0):
        raise AnalysisError(f"{kind}: penalty must be a number of 0 or more; got {penalty}")
    if choice not in get_args(Choice):
        raise AnalysisError(f"{kind}: choice must be one of {', '.join(get_args(Choice))}; got {choice!r}")
    if folds < 2:
        raise AnalysisError(f"{kind}: folds must be 2 or more; got {folds}")


def _folds(n: int, folds: int, groups: ArrayLike | None, random_state: int) -> Sequence[NDArray[np.intp]]:
    codes = np.arange(n) if groups is None else pd.factorize(np.asarray(groups))[0]
    units = int(codes.max()) + 1
    fold_of = np.random.default_rng(random_state).permutation(units) % min(folds, units)
    return [np.flatnonzero(fold_of[codes] == fold) for fold in range(min(folds, units))]


def _cross_validate(
    kind: str, design: Design, grid: Floats, parts: Sequence[NDArray[np.intp]], scaled: bool
) -> tuple[Floats, Floats]:
    """Mean squared error at each penalty, and its standard error over the folds."""
    n = len(design.response)
    sums, means = np.zeros(len(grid)), []
    for part in parts:
        weights = np.ones(n)
        weights[part] = 0.0
        moments = _Moments.of(design, weights, scaled=scaled)
        intercept, own = moments.natural(moments.slopes(kind, grid))
        predicted = design.matrix[part] @ own + intercept
        squares = (design.response[part][:, None] - predicted) ** 2
        sums += squares.sum(axis=0)
        means.append(squares.mean(axis=0))
    return sums / n, np.std(means, axis=0, ddof=1) / np.sqrt(len(parts))


def _table(design: Design, intercept: Floats, own: Floats, slopes: Floats) -> pd.DataFrame:
    # in the target's unit for one standard deviation more, whether or not the fit itself was scaled
    standardised = own * design.matrix.std(axis=0)
    table = pd.DataFrame(
        {"term": list(design.names), "estimate": own, "standardised": standardised, "kept": slopes != 0}
    )
    if not design.intercept:
        return table
    first = pd.DataFrame({"term": ["intercept"], "estimate": intercept, "standardised": [np.nan], "kept": [True]})
    return pd.concat([first, table], ignore_index=True)
