"""Every model fitted to one table and measured on another, beside baselines that need no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import AnalysisError
from analysis.regression.columns import finite
from analysis.regression.design import Design, MissingKind, design
from analysis.regression.evaluation import HeldOutErrors, held_out_errors
from analysis.regression.linear import ols
from analysis.regression.loglinear import loglinear
from analysis.regression.penalised import Choice, lasso, ridge

__all__ = ["Check", "Coverage", "Question", "foretell"]

Floats = NDArray[np.float64]
Log = Literal["auto", "none"] | tuple[str, ...]

#: Parts of the training rows over which the model is chosen.
CHOICE_PARTS = 5


@dataclass(frozen=True)
class Question:
    """What is asked, and how the columns are read; see `study` for the meaning of each field."""

    target: str
    columns: tuple[str, ...]
    last_value: str | None
    log: Log
    missing: MissingKind
    multiplicative: bool
    folds: int
    choice: Choice
    replicates: int
    level: float
    random_state: int

    def design(self, rows: pd.DataFrame, *, curved: bool = False) -> Design:
        """What the linear models, or the log-linear one, are fitted to.

        Amounts add up in money and multiply on the log scale: where a log-linear model stands beside the linear ones,
        these take no column as a logarithm.
        """
        log: Log = "none" if self.multiplicative and not curved else self.log
        return design(rows, target=self.target, columns=self.columns, log=log, missing=self.missing)


@dataclass(frozen=True)
class Coverage:
    """The share of new rows inside their prediction intervals, with Wilson's (1927) interval.

    `width` is the median width of the prediction intervals, in the target's unit, cut at 0 as forecasts are.
    """

    share: float
    low: float
    high: float
    width: float


@dataclass(frozen=True)
class Check:
    """Predictions for rows that no model was fitted to.

    Parameters
    ----------
    name : str
        `other_customers` (same period) or `later_period`.
    n_train, n_test : int
    chosen : str
        The model that cross-validation within the training rows alone found best.
    errors : HeldOutErrors
        Of the models ols, loglinear (for questions about amounts and counts), ridge, lasso, and of the baselines mean
        and last_value.
    coverage : mapping of str to Coverage
        How many of the new rows lie inside the single-value interval of `ols`: `normal` and `observed` spread.
    without_last_value : int
        Rows whose last value was unknown; the baseline takes the training mean there.
    """

    name: str
    n_train: int
    n_test: int
    chosen: str
    errors: HeldOutErrors
    coverage: Mapping[str, Coverage]
    without_last_value: int


def foretell(name: str, train: pd.DataFrame, test: pd.DataFrame, question: Question) -> Check:
    """Fit every model to `train` and measure it on `test`.

    Scales, medians and penalties are learnt from `train` alone, and so is which model is `chosen`. Where the target is
    never below 0 there, neither are predictions.
    """
    guesses, bounds = _guesses(train, test, question)
    actual = test[question.target].to_numpy(dtype=float)
    chosen = _choose(train, question, list(guesses))
    average = float(train[question.target].mean())
    guesses["mean"] = np.full(len(test), average)
    unknown = 0
    if question.last_value is not None:
        last = finite(test[question.last_value])
        unknown = int(np.isnan(last).sum())
        guesses["last_value"] = np.where(np.isnan(last), average, last)
    usable = np.isfinite(np.column_stack(list(guesses.values()))).all(axis=1)
    errors = held_out_errors(
        actual[usable],
        {model: guess[usable] for model, guess in guesses.items()},
        training_mean=average,
        baselines=[model for model in ("mean", "last_value") if model in guesses],
        replicates=question.replicates,
        level=question.level,
        random_state=question.random_state,
    )
    shares = {spread: _coverage(part[usable], actual[usable], question.level) for spread, part in bounds.items()}
    return Check(name, len(train), int(usable.sum()), chosen, errors, shares, unknown)


def _choose(train: pd.DataFrame, question: Question, models: list[str]) -> str:
    """The model with the least squared error over parts of `train` that it was not fitted to; the first if none can."""
    part_of = np.random.default_rng(question.random_state).permutation(len(train)) % CHOICE_PARTS
    squares: dict[str, float] = dict.fromkeys(models, 0.0)
    for part in range(CHOICE_PARTS):
        inside, outside = train[part_of != part], train[part_of == part]
        try:
            guesses, _ = _guesses(inside.reset_index(drop=True), outside.reset_index(drop=True), question)
        except AnalysisError:  # a part too small to fit
            return models[0]
        actual = outside[question.target].to_numpy(dtype=float)
        for model in models:
            off = guesses.get(model, np.full(len(outside), np.nan)) - actual
            squares[model] += float((off**2).sum())
    able = {model: total for model, total in squares.items() if np.isfinite(total)}
    return min(able, key=lambda model: (able[model], models.index(model))) if able else models[0]


def _guesses(
    train: pd.DataFrame, test: pd.DataFrame, question: Question
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Predictions of every model, and the intervals for single rows of ordinary least squares, shape (rows, 2)."""
    made = question.design(train)
    fit = ols(made, level=question.level)
    single = {"normal": fit.predict(test, spread="normal"), "observed": fit.predict(test, spread="observed")}
    bounds = {spread: guess[["single_low", "single_high"]].to_numpy() for spread, guess in single.items()}
    guesses = {"ols": single["normal"]["predicted"].to_numpy()}
    if question.multiplicative:
        try:
            curved = loglinear(question.design(train, curved=True))
            guesses["loglinear"] = curved.predict(test)["predicted"].to_numpy()
        except AnalysisError:  # a separating column: the linear models stand alone, and `study` says so
            guesses.pop("loglinear", None)
    for model, fitter in (("ridge", ridge), ("lasso", lasso)):
        penalised = fitter(made, choice=question.choice, folds=question.folds, random_state=question.random_state)
        guesses[model] = penalised.predict(test)
    if train[question.target].min() >= 0:
        guesses = {model: np.maximum(guess, 0.0) for model, guess in guesses.items()}
        bounds = {spread: np.maximum(part, 0.0) for spread, part in bounds.items()}
    return guesses, bounds


def _coverage(bounds: Floats, actual: Floats, level: float) -> Coverage:
    inside = (actual >= bounds[:, 0]) & (actual <= bounds[:, 1])
    around = stats.binomtest(int(inside.sum()), len(inside)).proportion_ci(level, method="wilson")
    width = float(np.median(bounds[:, 1] - bounds[:, 0]))
    return Coverage(float(inside.mean()), float(around.low), float(around.high), width)
