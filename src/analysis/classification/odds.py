"""Odds ratios of a logistic regression, for reading: without a penalty, with intervals that allow for customers who
stand at several cut-offs, and checked on the test period."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from analysis.classification.columns import read
from analysis.classification.irls import Newton, newton
from analysis.classification.outcome import Remark
from analysis.classification.prepare import Preparer, Term
from analysis.multiplicity import adjust

__all__ = ["COLUMNS", "odds_ratios"]

Floats = NDArray[np.float64]

COLUMNS = [
    "term", "column", "kind", "coefficient", "standard_error", "odds_ratio", "low", "high", "p", "p_holm", "from_value",
    "to_value", "change", "change_low", "change_high", "later", "later_low", "later_high", "holds", "n",
]  # fmt: skip
#: Of a QR decomposition with pivoting, a diagonal this small beside the largest means a term is made of others.
SINGULAR = 1e-8
#: Log odds beyond this, for one standard deviation or from 0 to 1, say that a term separates the classes.
SEPARATED = 12.0
#: Log odds are cut here, so that the odds are still a number.
MOST_LOG_ODDS = 700.0
#: Events (and others) for each term below which odds ratios are not estimated: Peduzzi et al. (1996).
EVENTS_PER_TERM = 5


def odds_ratios(
    train: pd.DataFrame,
    label: ArrayLike,
    *,
    columns: Sequence[str],
    key: str,
    test: pd.DataFrame,
    test_label: ArrayLike,
    level: float = 0.95,
) -> tuple[pd.DataFrame, Remark | None]:
    """Fit a logistic regression of all terms and read it.

    Parameters
    ----------
    train, label
        Rows of the training period.
    columns : sequence of str
    key : str
        The customer: rows of one are not independent.
    test, test_label
        Rows of the test period, to which the same terms are fitted again.
    level : float

    Returns
    -------
    table : DataFrame
        term, column, kind; coefficient (of the standardised term), standard_error (clustered by customer), odds_ratio,
        low, high (for one standard deviation of the term), p, p_holm (over the terms); from_value, to_value (for terms
        of numbers the quartiles of the column, for others 0 and 1), change, change_low, change_high (the odds at
        to_value ÷ those at from_value); later, later_low, later_high (`change` fitted to the test period), holds (both
        intervals on the same side of 1, and p_holm below 1 - level); n. Most certain first.
    remark : Remark or None
        `no_odds_ratios` where they cannot be estimated; the table is then empty.
    """
    y, later_y = np.asarray(label, dtype=float), np.asarray(test_label, dtype=float)
    made = Preparer(tuple(columns)).fit(train)
    terms = [made.terms_[position] for position in _independent(made.transform(train))]
    fewer = int(min(y.sum(), len(y) - y.sum()))
    if not terms or fewer < EVENTS_PER_TERM * len(terms):
        return pd.DataFrame(columns=COLUMNS), Remark("no_odds_ratios", value=float(fewer), other="too_few_events")
    terms, fit = _fit(terms, train, y, key)
    if fit is None:
        return pd.DataFrame(columns=COLUMNS), Remark("no_odds_ratios", other="separated")
    again = _again(terms, test, later_y, key)
    z = ndtri((1 + level) / 2)
    cutoff = train["cutoff"] if "cutoff" in train.columns else None
    rows = []
    for position, term in enumerate(terms):
        beta, error = _coefficient(fit, position)
        start, end, step = _step(term, np.asarray(read(train[term.column], cutoff)))
        later = (
            (float("nan"), float("nan")) if again is None else (float(again[0][position]), float(again[1][position]))
        )
        rows.append(
            (term.name, term.column, term.kind, beta, error, *_odds(beta, error, 1.0, z), 2 * ndtr(-abs(beta) / error),
             start, end, *_odds(beta, error, step, z), *_odds(later[0], later[1], step, z), len(y))
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name not in ("p_holm", "holds")])
    table["p_holm"] = adjust(table["p"].to_numpy(), method="holm")
    both = ((table["change_low"] > 1) & (table["later_low"] > 1)) | (
        (table["change_high"] < 1) & (table["later_high"] < 1)
    )
    table["holds"] = both & (table["p_holm"] < 1 - level)
    dropped = len(made.terms_) - len(terms)
    remark = Remark("terms_left_out", value=float(dropped)) if dropped else None
    return table.sort_values(["p", "term"], kind="stable", ignore_index=True)[COLUMNS], remark


def _fit(terms: list[Term], train: pd.DataFrame, y: Floats, key: str) -> tuple[list[Term], Newton | None]:
    """The fit, without terms that separate the classes and so have no finite odds ratio."""
    left = list(terms)
    while left:
        found = newton(_matrix(left, train), y, groups=train[key])
        worst = _log_odds(found, left)
        if found.converged and worst.max() < SEPARATED:
            return left, found
        left.pop(int(np.argmax(worst)))
    return [], None


def _again(terms: list[Term], test: pd.DataFrame, y: Floats, key: str) -> tuple[Floats, Floats] | None:
    """Coefficients and errors in the test rows; NaN for a term that says nothing there, or separates."""
    usable = [terms[position] for position in _independent(_matrix(terms, test)[:, 1:])]
    if not usable or min(y.sum(), len(y) - y.sum()) < EVENTS_PER_TERM * len(usable):
        return None
    usable, found = _fit(usable, test, y, key)
    if found is None:
        return None
    beta, error = np.full(len(terms), np.nan), np.full(len(terms), np.nan)
    for place, term in enumerate(usable):
        beta[terms.index(term)], error[terms.index(term)] = _coefficient(found, place)
    return beta, error


def _log_odds(fit: Newton, terms: Sequence[Term]) -> Floats:
    """Size of each term's log odds: for one standard deviation, or from 0 to 1."""
    steps = np.array([1 / term.scale if term.binary else 1.0 for term in terms])
    return np.abs(fit.coefficients[1:]) * steps


def _matrix(terms: Sequence[Term], frame: pd.DataFrame) -> Floats:
    cutoff = frame["cutoff"] if "cutoff" in frame.columns else None
    readings = {name: read(frame[name], cutoff) for name in {term.column for term in terms}}
    return np.column_stack([np.ones(len(frame)), *(term.values(readings[term.column]) for term in terms)])


def _coefficient(fit: Newton, position: int) -> tuple[float, float]:
    return float(fit.coefficients[position + 1]), float(np.sqrt(max(fit.covariance[position + 1, position + 1], 0.0)))


def _odds(beta: float, error: float, step: float, z: float) -> tuple[float, float, float]:
    ends = sorted((step * (beta - z * error), step * (beta + z * error)))
    middle, low, high = (float(np.exp(np.clip(value, -MOST_LOG_ODDS, MOST_LOG_ODDS))) for value in (step * beta, *ends))
    return middle, low, high


def _step(term: Term, numbers: Floats) -> tuple[float, float, float]:
    """From where to where a term is read, and how many of its standard deviations that is."""
    if term.kind in ("level", "missing"):
        return 0.0, 1.0, 1 / term.scale
    start, end = np.nanquantile(numbers, [0.25, 0.75])
    if start == end:
        start, end = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    bent = term.bent([start, end])
    return float(start), float(end), float((bent[1] - bent[0]) / term.scale)


def _independent(matrix: Floats) -> list[int]:
    """Positions of terms that are no combination of a constant and earlier terms."""
    kept: list[int] = []
    basis = np.ones((len(matrix), 1)) / np.sqrt(max(len(matrix), 1))
    for position in range(matrix.shape[1]):
        left = matrix[:, position]
        size = float(np.sqrt(left @ left)) or 1.0
        for _ in range(2):  # twice is enough for full precision (Kahan and Parlett)
            left = left - basis @ (basis.T @ left)
        if float(np.sqrt(left @ left)) > SINGULAR * size:
            kept.append(position)
            basis = np.column_stack([basis, left / np.sqrt(left @ left)])
    return kept
