"""Ridge and LASSO, with the penalty chosen by cross-validation, their paths and how firmly terms were chosen.

Ridge minimises ‖y − Zb‖² + a ‖b‖², LASSO ‖y − Zb‖² / (2n) + a ‖b‖₁ (scikit-learn's conventions), where Z holds the
terms, centred and, by default, divided by their standard deviations. Within cross-validation centring and scaling are
learnt on each training part alone.

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
from analysis.parallel import each
from analysis.regression.design import Design, Remark
from analysis.regression.products import Products
from analysis.regression.reduced import MANY, Reduced

__all__ = ["PenalisedFit", "lasso", "ridge", "selection_frequency"]

Floats = NDArray[np.float64]
Kind = Literal["ridge", "lasso"]
Choice = Literal["minimum", "one_standard_error"]
CHOICES: tuple[Choice, ...] = get_args(Choice)

#: Fewer rows than this say nothing about a penalty.
FEWEST_ROWS = 4
#: Optimality conditions missed by more than this share of the penalty get a remark.
MISSED = 1e-3
#: Penalties on a path, and the smallest as a share of the largest.
PATH_LENGTH = 100
PATH_SPAN = {"lasso": 1e-3, "ridge": 1e-6}


@dataclass(frozen=True)
class PenalisedFit:
    """A ridge or LASSO fit.

    Parameters
    ----------
    table : DataFrame
        One row a coefficient, the intercept first: term, estimate (in the term's unit), standardised (change of the
        target for one standard deviation more of the term, in the target's unit), kept (estimate is not 0).
    path : DataFrame
        penalty, term, estimate, standardised (both as in `table`): the coefficients along the path, term by term from
        the largest penalty to the smallest.
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
        return tuple(self.slopes.loc[self.slopes["kept"], "term"])

    @property
    def slopes(self) -> pd.DataFrame:
        """The rows of `table` without the intercept's, in the order of the design's terms."""
        return self.table.iloc[int(self.design.intercept) :]

    def predict(self, frame: pd.DataFrame) -> Floats:
        """Predictions for other rows on the scale that was fitted, shape (rows,)."""
        estimate = self.table["estimate"].to_numpy()
        matrix = self.design.apply(frame)
        return np.asarray(estimate[0] + matrix @ estimate[1:] if self.design.intercept else matrix @ estimate)


def ridge(
    design: Design,
    *,
    penalty: float | None = None,
    penalties: ArrayLike | None = None,
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
    penalties : array, optional
        Penalties of the path, among which cross-validation chooses; by default `PATH_LENGTH` of them, evenly spaced on
        a logarithmic scale down from the one at which (almost) nothing is left.
    choice : "minimum" or "one_standard_error"
        Which penalty of the cross-validation to use: the one of least error, which forecasts best, or the largest
        within one standard error of it, which keeps fewest columns. Both are in the result.
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
    return _fit("ridge", design, penalty, penalties, choice, folds, groups, scaled, random_state)


def lasso(
    design: Design,
    *,
    penalty: float | None = None,
    penalties: ArrayLike | None = None,
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
    return _fit("lasso", design, penalty, penalties, choice, folds, groups, scaled, random_state)


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

    def slopes_of(weights: Floats) -> Floats:
        sample = Reduced.of(design, weights, scaled=fit.scaled)
        return np.asarray(sample.lasso(np.array([fit.penalty]), exact=False)[:, 0])

    kept, above, count = np.zeros(len(design.terms)), np.zeros(len(design.terms)), 0
    for chunk in resample_weights(
        len(design.response), replicates=replicates, random_state=random_state, groups=groups
    ):
        for slopes in each(slopes_of, chunk):
            kept, above, count = kept + (slopes != 0), above + (slopes > 0), count + 1
    return pd.DataFrame(
        {
            "term": list(design.names),
            "kept": [name in set(fit.kept) for name in design.names],
            "frequency": kept / max(count, 1),
            "positive": above / max(count, 1),
        }
    )


def _fit(
    kind: Kind,
    design: Design,
    penalty: float | None,
    penalties: ArrayLike | None,
    choice: str,
    folds: int,
    groups: ArrayLike | None,
    scaled: bool,
    random_state: int,
) -> PenalisedFit:
    _check(kind, design, penalty, choice, folds)
    reduced = Reduced.of(design, np.ones(len(design.response)), scaled=scaled)
    solve = reduced.ridge if kind == "ridge" else reduced.lasso
    grid = _grid(reduced.largest_penalty(kind), PATH_SPAN[kind], penalties)
    along = solve(grid)
    table = pd.DataFrame(columns=["penalty", "error", "standard_error", "kept"])
    least = widest = float("nan")
    parts: Sequence[NDArray[np.intp]] = ()
    if penalty is None:
        parts = _folds(len(design.response), folds, groups, random_state)
        table = _cross_validate(kind, design, grid, parts, scaled).assign(kept=(along != 0).sum(axis=0))
        least, widest = _two_penalties(table)
        penalty = least if choice == "minimum" else widest
    else:
        choice = "given"
    slopes = solve(np.array([penalty]))
    intercept, own = reduced.natural(slopes)
    missed = reduced.violation(slopes[:, 0], penalty) if kind == "lasso" else 0.0
    return PenalisedFit(
        table=_table(design, intercept, own[:, 0], slopes[:, 0]),
        path=_path(design, grid, reduced.natural(along)[1]),
        cross_validation=table,
        penalty=float(penalty),
        penalty_minimum=least,
        penalty_one_standard_error=widest,
        kind=kind,
        choice=choice,
        folds=len(parts),
        scaled=scaled,
        design=design,
        remarks=(*design.remarks, *([Remark("lasso_not_optimal", "", missed)] if missed > MISSED else [])),
    )


def _two_penalties(table: pd.DataFrame) -> tuple[float, float]:
    """The penalty of least error, and the largest whose error is within one standard error of it."""
    best = table["error"].argmin()
    most = table["error"].iloc[best] + table["standard_error"].iloc[best]
    within = (table["error"] <= most).argmax()  # the grid descends: the first is the largest
    return float(table["penalty"].iloc[best]), float(table["penalty"].iloc[within])


def _grid(top: float, span: float, penalties: ArrayLike | None) -> Floats:
    """The penalties of the path, the largest first."""
    if penalties is None:
        return np.geomspace(top, top * span, PATH_LENGTH)
    asked = np.unique(np.asarray(penalties, dtype=float))[::-1]
    if not len(asked) or not np.isfinite(asked).all() or asked[-1] < 0:
        raise AnalysisError(f"penalties must be numbers of 0 or more, at least one; got {penalties!r}")
    return asked


def _check(kind: str, design: Design, penalty: float | None, choice: str, folds: int) -> None:
    problems = []
    if (obstacle := design.obstacle) is not None and obstacle.code == "constant_target":
        problems.append(f"the target {obstacle.column} is {obstacle.value:g} in every row: nothing to explain")
    elif not design.terms or len(design.response) < FEWEST_ROWS:
        problems.append(
            f"it needs at least one usable column and {FEWEST_ROWS} rows with a known {design.target}; "
            f"there are {len(design.terms)} columns and {len(design.response)} rows"
        )
    if penalty is not None and not (np.isfinite(penalty) and penalty >= 0):
        problems.append(f"penalty must be a number of 0 or more; got {penalty}")
    if choice not in CHOICES:
        problems.append(f"choice must be one of {', '.join(CHOICES)}; got {choice!r}")
    if folds < 2:
        problems.append(f"folds must be 2 or more; got {folds}")
    if problems:
        raise AnalysisError(f"{kind}: " + "; ".join(problems))


def _folds(n: int, folds: int, groups: ArrayLike | None, random_state: int) -> Sequence[NDArray[np.intp]]:
    codes = np.arange(n) if groups is None else pd.factorize(np.asarray(groups))[0]
    units = int(codes.max()) + 1
    if len(codes) != n or codes.min() < 0 or units < 2:
        raise AnalysisError(f"groups must give each of the {n} rows a group, at least two in all")
    fold_of = np.random.default_rng(random_state).permutation(units) % min(folds, units)
    return [np.flatnonzero(fold_of[codes] == fold) for fold in range(min(folds, units))]


def _cross_validate(
    kind: str, design: Design, grid: Floats, parts: Sequence[NDArray[np.intp]], scaled: bool
) -> pd.DataFrame:
    """Mean squared error at each penalty, and its standard error over the folds."""
    n = len(design.response)
    products = [Products.of(design, np.ones(n), rows=part) for part in parts] if n > MANY else []

    def errors_of(fold: int) -> tuple[Floats, Floats]:
        part = parts[fold]
        learnt = _learnt(design, part, [*products[:fold], *products[fold + 1 :]], scaled)
        slopes = learnt.ridge(grid) if kind == "ridge" else learnt.lasso(grid, exact=False)
        intercept, own = learnt.natural(slopes)
        predicted = design.matrix[part] @ own + intercept
        squares = (design.response[part][:, None] - predicted) ** 2
        return squares.sum(axis=0), squares.mean(axis=0)

    sums, means = zip(*each(errors_of, range(len(parts))), strict=True)
    deviation = np.std(means, axis=0, ddof=1) / np.sqrt(len(parts))
    return pd.DataFrame({"penalty": grid, "error": np.sum(sums, axis=0) / n, "standard_error": deviation})


def _learnt(design: Design, left_out: NDArray[np.intp], others: Sequence[Products], scaled: bool) -> Reduced:
    """All rows but those of one fold, from the products of the other folds where there are any."""
    if others:
        found = Reduced.of_products(sum(others[1:], others[0]), design, scaled=scaled)
        if found is not None:
            return found
    weights = np.ones(len(design.response))
    weights[left_out] = 0.0
    return Reduced.of(design, weights, scaled=scaled)


def _path(design: Design, grid: Floats, own: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "penalty": np.tile(grid, len(design.terms)),
            "term": np.repeat(list(design.names), len(grid)),
            "estimate": own.ravel(),
            "standardised": (own * design.matrix.std(axis=0)[:, None]).ravel(),
        }
    )


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
