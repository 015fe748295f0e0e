"""Regression: what goes with an outcome, with standard errors, checks and errors on unseen rows.

    >>> import pandas as pd
    >>> from analysis import regression
    >>> frame = pd.DataFrame({"price": [10, 20, 30, 40, 50], "sales": [100, 150, 200, 250, 301]})
    >>> fit = regression.ols(regression.design(frame, target="sales", columns=["price"]))
    >>> fit.table[["term", "estimate"]].round(6).values.tolist()
    [['intercept', 49.6], ['price', 5.02]]

Powers are columns like others, and near-copies stay as long as double precision tells them apart:

    >>> frame["price2"] = frame["price"] ** 2
    >>> made = regression.design(frame, target="sales", columns=["price", "price2"])
    >>> fit = regression.ols(made, covariance="classical")
    >>> fit.table["term"].tolist(), round(fit.condition_number, 1)
    (['intercept', 'price', 'price2'], 10.2)

`design` says which columns are usable; `ols`, `loglinear`, `ridge` and `lasso` fit; `residual_checks` and `influence`
look at what is left over; `held_out_errors` measures predictions for unseen rows; `study` asks a whole question.
"""

from analysis.regression.choices import PenaltyChoices, penalty_choices
from analysis.regression.design import Design, Remark, Term, design
from analysis.regression.diagnostics import Influence, ResidualChecks, influence, residual_checks
from analysis.regression.effects import effects
from analysis.regression.evaluation import HeldOutErrors, held_out_errors
from analysis.regression.foretelling import Check, Coverage, Question, foretell
from analysis.regression.leastsquares import LeastSquares, aliased, least_squares
from analysis.regression.linear import LinearFit, ols
from analysis.regression.loglinear import LogLinearFit, loglinear
from analysis.regression.penalised import PenalisedFit, lasso, ridge, selection_frequency
from analysis.regression.study import Study, present, study, tables

__all__ = [
    "Check",
    "Coverage",
    "Design",
    "HeldOutErrors",
    "Influence",
    "LeastSquares",
    "LinearFit",
    "LogLinearFit",
    "PenalisedFit",
    "PenaltyChoices",
    "Question",
    "Remark",
    "ResidualChecks",
    "Study",
    "Term",
    "aliased",
    "design",
    "effects",
    "foretell",
    "held_out_errors",
    "influence",
    "lasso",
    "least_squares",
    "loglinear",
    "ols",
    "penalty_choices",
    "present",
    "residual_checks",
    "ridge",
    "selection_frequency",
    "study",
    "tables",
]
