"""Gamma-Gamma: what a customer spends at a time, with the mean of few purchases drawn towards that of all customers.

A purchase of a customer is worth Gamma(shape p, rate ν), independent of how often the customer buys; over customers ν
is Gamma(q, rate γ). The mean of x purchases is seen. A customer with many purchases is judged by that mean, one with
few also by the others.

Sources: Fader, Hardie and Lee (2005), *RFM and CLV: using iso-value curves for customer base analysis*, Journal of
Marketing Research 42, 415-430; Fader and Hardie (2013), *The Gamma-Gamma model of monetary value* (equations 1a, 5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.errors import AnalysisError
from analysis.lifetime.fitting import check_options, outcome, random_starts
from analysis.lifetime.grouping import numbers
from analysis.lifetime.notes import Note, notes_of
from analysis.lifetime.optimise import Evaluation, Objective, maximise, penalised

__all__ = ["GammaGammaFit", "gamma_gamma", "gamma_gamma_likelihood", "posterior"]

Floats = NDArray[np.float64]

_NAMES = ("p", "q", "gamma")
#: Above this many customers the starting points first climb the likelihood of so many of them.
_ROUGH = 50_000


@dataclass(frozen=True)
class GammaGammaFit:
    """A fitted Gamma-Gamma model.

    Attributes
    ----------
    table, covariance, log_covariance, log_likelihood, starts, converged, identified, gradient_norm, eigenvalues,
    condition, level, notes
        As those of `PurchaseFit`, for the parameters p, q and gamma; gamma is in the unit of the amounts.
    customers : float
        Customers that were fitted: those with a purchase of known value.
    left_out : int
        Rows without one.
    """

    table: pd.DataFrame
    covariance: pd.DataFrame
    log_covariance: Floats
    log_likelihood: float
    customers: float
    left_out: int
    starts: pd.DataFrame
    converged: bool
    identified: bool
    gradient_norm: float
    eigenvalues: Floats
    condition: float
    penalty: float
    level: float
    notes: tuple[Note, ...]

    @property
    def params(self) -> dict[str, float]:
        """Estimates by name."""
        return dict(zip(self.table["parameter"], self.table["estimate"].astype(float), strict=True))

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 k − 2 ln L; lower is better."""
        return 2 * len(self.table) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, k ln n − 2 ln L; lower is better."""
        return len(self.table) * float(np.log(self.customers)) - 2 * self.log_likelihood

    @property
    def mean_value(self) -> float:
        """Expected value of a purchase of a new customer, p γ ÷ (q − 1); infinite where q is 1 or less."""
        p, q, gamma = self.params.values()
        return p * gamma / (q - 1) if q > 1 else float("inf")

    def expected_value(self, frequency: ArrayLike, monetary_value: ArrayLike) -> Floats:
        """Expected value of a customer's purchases from now on, shape (n,).

        p (γ + x m) ÷ (p x + q − 1): a weighted mean of the customer's own mean m and of all customers' mean. Customers
        without a purchase of known value (frequency 0, or a missing value) have the mean of all.
        """
        x, m = known_values(frequency, monetary_value)
        shape, rate = posterior(tuple(self.params.values()), x, m)
        with np.errstate(divide="ignore"):
            return np.asarray(np.where(shape > 1, self.params["p"] * rate / (shape - 1), np.inf))

    def own_weight(self, frequency: ArrayLike) -> Floats:
        """The weight of a customer's own mean in `expected_value`, p x ÷ (p x + q − 1); the rest is all customers'."""
        p, q, _ = self.params.values()
        x = np.asarray(frequency, dtype=np.float64)
        return p * x / (p * x + q - 1)


def gamma_gamma(
    frequency: ArrayLike,
    monetary_value: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    penalty: float = 0.0,
    level: float = 0.95,
    random_state: int = 0,
) -> GammaGammaFit:
    """Fit the Gamma-Gamma model by maximum likelihood.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        How many purchases `monetary_value` is the mean of; the likelihood knows that a mean of many is sure and one of
        few is not. Customarily the repeat purchases, because a first purchase often differs.
    monetary_value : array_like, shape (n,)
        Mean value of these purchases, above 0. Rows with frequency 0 or a missing value are left out and counted.
    weights : array_like, shape (n,), optional
        Customers that a row stands for.
    penalty, level, random_state
        As `bg_nbd`.

    Raises
    ------
    AnalysisError
        If a mean is not above 0 (refunds above purchases, say: net them or leave the customer out), or fewer than
        four customers have one.

    Examples
    --------
    >>> from analysis.lifetime import simulate_gamma_gamma
    >>> truth = {"p": 6.0, "q": 4.0, "gamma": 15.0}
    >>> value = simulate_gamma_gamma(truth, [1, 2, 3, 4] * 500, random_state=1)
    >>> fit = gamma_gamma([1, 2, 3, 4] * 500, value)
    >>> table = fit.table.set_index("parameter")
    >>> [name for name, number in truth.items() if table.loc[name, "low"] < number < table.loc[name, "high"]]
    ['p', 'q', 'gamma']
    >>> fit.expected_value([0, 1, 100], [float("nan"), 60, 60]).round(0).tolist()
    [30.0, 51.0, 60.0]
    """
    check_options("Gamma-Gamma", penalty, level)
    x, m, n, left_out = _fitted_rows(frequency, monetary_value, weights)
    total = float(n.sum())
    objective, starts = gamma_gamma_likelihood(x, m, n), _starts(x, m, n)
    rough = None
    if len(x) > _ROUGH:
        rows = np.linspace(0, len(x) - 1, _ROUGH).astype(np.intp)
        rough = penalised(gamma_gamma_likelihood(x[rows], m[rows], n[rows]), penalty, float(n[rows].sum()))
    found = maximise(
        penalised(objective, penalty, total),
        [*starts, *random_starts(starts, random_state)],
        _NAMES,
        customers=total,
        rough=rough,
    )
    common = outcome(found, _NAMES, level)
    notes = notes_of(found, common["table"], customers=total, repeaters=float("inf"), penalty=penalty)
    if (q := float(common["table"]["estimate"].iloc[1])) <= 1:
        notes = (*notes, Note("mean_infinite", "q", q))
    return GammaGammaFit(
        log_likelihood=objective(found.log_params)[0],
        customers=total,
        left_out=left_out,
        penalty=penalty,
        level=level,
        notes=notes,
        **common,
    )


def _fitted_rows(
    frequency: ArrayLike, monetary_value: ArrayLike, weights: ArrayLike | None
) -> tuple[Floats, Floats, Floats, int]:
    """Frequency, mean and weight of the customers with a purchase of known value, in order; how many have none."""
    x, m = known_values(frequency, monetary_value)
    n = np.ones_like(x) if weights is None else numbers("weights", weights)
    if len(n) != len(x) or (n < 0).any():
        raise AnalysisError("Gamma-Gamma: weights must be at least 0, one a customer")
    used = np.flatnonzero((x > 0) & (n > 0))
    _check(x[used], m[used])
    rows = used[np.lexsort((m[used], x[used]))]
    return x[rows], m[rows], n[rows], len(x) - len(rows)


def posterior(params: tuple[float, ...], frequency: Floats, monetary_value: Floats) -> tuple[Floats, Floats]:
    """Shape q + p x and rate γ + x m of ν for each customer; those with frequency 0 have q and γ."""
    p, q, gamma = params
    return q + p * frequency, gamma + frequency * np.where(frequency > 0, monetary_value, 0.0)


def gamma_gamma_likelihood(frequency: Floats, monetary_value: Floats, customers: Floats) -> Objective:
    """Fader and Hardie (2013), equation 1a, with gradient and Hessian in ln p, ln q and ln γ."""
    counts, codes = np.unique(frequency, return_inverse=True)
    per_count = np.bincount(codes, weights=customers).astype(np.float64)
    spent = frequency * monetary_value
    total, log_value = float(per_count.sum()), float(customers @ np.log(monetary_value))

    def evaluate(log_params: Floats) -> Evaluation:
        p, q, gamma = np.exp(log_params)
        px = p * counts
        share = gamma / (gamma + spent)  # of γ in the rate γ + x m
        own, rest = -np.log1p(gamma / spent), -np.log1p(spent / gamma)  # logs of 1 − share and of share
        by_count = [np.bincount(codes, weights=customers * part) for part in (own, share)]
        log_rest, shares = float(customers @ rest), float(customers @ share)
        spread = per_count * px
        value = per_count @ -special.betaln(px, q) + p * (counts @ by_count[0]) + q * log_rest - log_value
        both, alone = special.digamma(px + q), special.digamma(px)
        gradient = np.array(
            [
                spread @ (both - alone) + px @ by_count[0],
                q * (per_count @ (both - special.digamma(q)) + log_rest),
                q * total - (px + q) @ by_count[1],
            ]
        )
        both1, alone1 = special.polygamma(1, px + q), special.polygamma(1, px)
        hessian = np.zeros((3, 3))
        hessian[0, 0] = (spread * px) @ (both1 - alone1) + gradient[0]
        hessian[1, 1] = q**2 * (per_count @ (both1 - special.polygamma(1, q))) + gradient[1]
        hessian[0, 1] = hessian[1, 0] = q * (spread @ both1)
        hessian[0, 2] = hessian[2, 0] = -px @ by_count[1]
        hessian[1, 2] = hessian[2, 1] = q * (total - shares)
        squares = np.bincount(codes, weights=customers * share * (1 - share))
        hessian[2, 2] = -(px + q) @ squares
        return float(value), gradient, hessian

    return evaluate


def _starts(x: Floats, m: Floats, n: Floats) -> list[Floats]:
    """Purchases from very to hardly unequal within and between customers; γ so that the overall mean is met."""
    mean = float(n @ (x * m) / (n @ x))
    guesses = ((2.0, 2.5), (6.0, 4.0), (1.0, 8.0))
    return [np.log([p, q, mean * (q - 1) / p]) for p, q in guesses]


def known_values(frequency: ArrayLike, monetary_value: ArrayLike) -> tuple[Floats, Floats]:
    """Purchases of known value and their mean; 0 purchases where the mean is missing."""
    x = numbers("frequency", frequency)
    try:
        m = pd.Series(monetary_value).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise AnalysisError(f"monetary_value must hold numbers, one a customer: {error}") from None
    if len(x) != len(m):
        raise AnalysisError(
            f"Gamma-Gamma: frequency has {len(x):,} values and monetary_value {len(m):,}; give one of each a customer"
        )
    if (x < 0).any():
        raise AnalysisError(f"Gamma-Gamma: frequency is {x.min():g} somewhere; it must be at least 0")
    wrong = np.isinf(m) | ((x > 0) & (m <= 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise AnalysisError(
            "Gamma-Gamma: monetary_value must be above 0 and finite where frequency is above 0; "
            f"{int(wrong.sum()):,} of {len(m):,} rows are not, first row {row} with {m[row]:g}. "
            "Net refunds, or leave these customers out"
        )
    return np.where(np.isnan(m), 0.0, x), m


def _check(x: Floats, m: Floats) -> None:
    if len(x) < 4:
        raise AnalysisError(
            f"Gamma-Gamma: {len(x)} customers have a purchase of known value; three parameters need more than that"
        )
    if float(m.max()) == float(m.min()):
        raise AnalysisError(f"Gamma-Gamma: every customer's mean value is {m[0]:g}; there is nothing to tell apart")
