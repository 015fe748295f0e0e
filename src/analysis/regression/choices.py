"""The two penalties that cross-validation offers, side by side: what each keeps and how each does on other rows.

The penalty of least error forecasts best. The largest one within one standard error of it costs some error and keeps
far fewer columns that say nothing (Hastie, Tibshirani and Friedman 2009, section 7.10), so that it answers which
columns are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.regression.design import Design
from analysis.regression.evaluation import held_out_errors
from analysis.regression.penalised import CHOICES, PenalisedFit, lasso, ridge, selection_frequency

__all__ = ["PenaltyChoices", "penalty_choices"]


@dataclass(frozen=True)
class PenaltyChoices:
    """Ridge and LASSO at both penalties.

    Parameters
    ----------
    table : DataFrame
        One row a model and choice: model (`lasso`, `ridge`), choice (`minimum`, `one_standard_error`), penalty, kept
        (terms whose coefficient is not 0), cross_validated (root of the mean squared error over the folds), rmse with
        rmse_low and rmse_high (on the other rows).
    selection : DataFrame
        One row a term: term; frequency and kept at the LASSO's penalty of least error, frequency_sparse and
        kept_sparse at the one within one standard error; see `selection_frequency`.
    fits : tuple of PenalisedFit
        In the order of `table`.
    """

    table: pd.DataFrame
    selection: pd.DataFrame
    fits: tuple[PenalisedFit, ...]

    def fit(self, model: str, choice: str) -> PenalisedFit:
        """One of the fits."""
        return next(fit for fit in self.fits if (fit.kind, fit.choice) == (model, choice))


def penalty_choices(
    made: Design,
    test: pd.DataFrame,
    *,
    folds: int,
    replicates: int,
    selection_replicates: int,
    level: float,
    random_state: int,
) -> PenaltyChoices:
    """Fit ridge and LASSO at both penalties and measure them on rows that they have not seen.

    Parameters
    ----------
    made : Design
        What is fitted.
    test : DataFrame
        Other rows, with the design's columns and target.
    folds, replicates, selection_replicates, level, random_state
        See `lasso`, `held_out_errors` and `selection_frequency`.
    """
    fits = tuple(
        fitter(made, choice=choice, folds=folds, random_state=random_state)
        for fitter in (lasso, ridge)
        for choice in CHOICES
    )
    actual = test[made.target].to_numpy(dtype=float)
    guesses = {f"{fit.kind} {fit.choice}": _guess(fit, test) for fit in fits}
    usable = np.isfinite(np.column_stack(list(guesses.values()))).all(axis=1)
    errors = held_out_errors(
        actual[usable],
        {name: guess[usable] for name, guess in guesses.items()},
        training_mean=float(made.response.mean()),
        replicates=replicates,
        level=level,
        random_state=random_state,
    ).table
    table = pd.DataFrame(
        {
            "model": [fit.kind for fit in fits],
            "choice": [fit.choice for fit in fits],
            "penalty": [fit.penalty for fit in fits],
            "kept": [len(fit.kept) for fit in fits],
            "cross_validated": [_cross_validated(fit) for fit in fits],
            "rmse": errors["rmse"],
            "rmse_low": errors["rmse_low"],
            "rmse_high": errors["rmse_high"],
        }
    )
    return PenaltyChoices(table, _selection(fits[: len(CHOICES)], selection_replicates, random_state), fits)


def _guess(fit: PenalisedFit, rows: pd.DataFrame) -> np.ndarray:
    """Predictions, never below 0 where the target never is."""
    guess = fit.predict(rows)
    return np.maximum(guess, 0.0) if fit.design.response.min() >= 0 else guess


def _cross_validated(fit: PenalisedFit) -> float:
    return float(np.sqrt(fit.cross_validation.set_index("penalty").loc[fit.penalty, "error"]))


def _selection(fits: Sequence[PenalisedFit], replicates: int, random_state: int) -> pd.DataFrame:
    """Selection frequencies of the LASSO at both penalties."""
    least, sparse = (selection_frequency(fit, replicates=replicates, random_state=random_state) for fit in fits)
    return least.assign(frequency_sparse=sparse["frequency"], kept_sparse=sparse["kept"])
