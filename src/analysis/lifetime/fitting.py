"""A fitted model of repeat purchases: estimates, checks of the maximum, and what follows for customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from analysis.errors import AnalysisError
from analysis.lifetime.grouping import Histories, group
from analysis.lifetime.models import Parameters, PurchaseModel
from analysis.lifetime.notes import Note, notes_of
from analysis.lifetime.optimise import Maximum, maximise, penalised

__all__ = ["PurchaseFit", "check_options", "fit_purchases", "outcome", "positive", "random_starts"]

Floats = NDArray[np.float64]

#: Above this many different histories the starting points first climb the likelihood of a sample of so many customers.
_ROUGH = 50_000
#: A share of customers counted as gone below which the model sees nobody leave.
_HARDLY = 0.005


@dataclass(frozen=True)
class PurchaseFit:
    """A fitted BG/NBD, MBG/NBD or Pareto/NBD model.

    Attributes
    ----------
    model : PurchaseModel
        `model.name` is its name in print.
    table : DataFrame
        One row a parameter: parameter, estimate, standard_error, low, high. The interval is made on the logarithm, on
        which the likelihood of a positive parameter is nearer to normal, so that no bound is below 0. A parameter that
        the data leave open (see `notes`) has standard_error NaN and the bounds 0 and infinity.
    covariance : DataFrame
        Of the estimates, by the delta method from the Hessian in the log-parameters.
    log_covariance : ndarray, shape (p, p)
        Of the logarithms of the estimates: the inverse of the negative Hessian, without its flat directions.
    log_likelihood : float
        Without the penalty.
    customers, repeaters : float
        Customers, and those of them with a repeat purchase.
    histories : int
        Different histories.
    starts : DataFrame
        Where each starting point ended; see `Maximum.starts`.
    converged : bool
        The gradient vanishes: no further step would raise the likelihood.
    identified : bool
        The Hessian is that of a maximum, with no flat direction: the data determine every parameter.
    gradient_norm : float
        Length of the gradient in the log-parameters, a customer.
    eigenvalues : ndarray, shape (p,)
        Of the negative Hessian in the log-parameters a customer, ascending; all are positive at a maximum.
    condition : float
        The largest of them over the smallest; infinite where one is not positive.
    penalty, level : float
    notes : tuple of Note
        What did not apply or asks for care.
    """

    model: PurchaseModel
    table: pd.DataFrame
    covariance: pd.DataFrame
    log_covariance: Floats
    log_likelihood: float
    customers: float
    repeaters: float
    histories: int
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
    def values(self) -> tuple[Floats, ...]:
        """Estimates in the model's order, as the model's methods take them."""
        return tuple(np.asarray(value) for value in self.params.values())

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 k − 2 ln L; lower is better."""
        return 2 * len(self.table) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, k ln n − 2 ln L, with n customers; lower is better."""
        return len(self.table) * float(np.log(self.customers)) - 2 * self.log_likelihood

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Floats:
        """Probability that each customer is alive at T, shape (n,)."""
        known = group(frequency, recency, T)
        return self.model.probability_alive(self.values, known.frequency, known.recency, known.T)[known.inverse]

    def expected_purchases(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, horizon: ArrayLike
    ) -> Floats:
        """Expected purchases of each customer in (T, T + horizon], given the history.

        Shape (n,), or (n, k) for k horizons.
        """
        return self._given(frequency, recency, T, horizon, self.model.expected)

    def probability_of_purchase(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, horizon: ArrayLike
    ) -> Floats:
        """Probability of at least one purchase in (T, T + horizon], given the history; shapes as above.

        Less than the probability of being alive: who is alive need not buy.
        """

        def some(params: Parameters, span: Floats) -> Floats:
            return 1 - self.model.probabilities(params, span, 0)[:, 0]

        return self._given(frequency, recency, T, horizon, some)

    def expected_new(self, times: ArrayLike) -> Floats:
        """Expected repeat purchases of a randomly chosen new customer within each of `times`."""
        spans = np.atleast_1d(np.asarray(times, dtype=np.float64))
        alive, living = self.model.newcomer(self.values)
        return np.asarray(alive * self.model.expected(living, spans))

    def purchase_distribution(self, horizon: float, *, most: int = 10) -> pd.DataFrame:
        """P(X = x) of a new customer's repeat purchases within `horizon`.

        Returns
        -------
        DataFrame
            purchases (0 to most), probability, and at_least (the chance of so many or more).
        """
        alive, living = self.model.newcomer(self.values)
        chances = alive * self.model.probabilities(living, positive("horizon", horizon), most)[0]
        chances[0] += 1 - alive
        at_least = np.clip(1 - np.append(0.0, np.cumsum(chances)[:-1]), 0, 1)
        return pd.DataFrame({"purchases": np.arange(most + 1), "probability": chances, "at_least": at_least})

    def _given(
        self,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        horizon: ArrayLike,
        living: Callable[[Parameters, Floats], Floats],
    ) -> Floats:
        """P(alive) times what a living customer is expected to do within each horizon."""
        spans = positive("horizon", horizon)
        known = group(frequency, recency, T)
        alive = self.model.probability_alive(self.values, known.frequency, known.recency, known.T)
        x, end, at = known.ends()
        future = self.model.survivor(self.values, x, end)
        found = [alive * living(future, np.asarray(span))[at] for span in spans.ravel()]
        table = np.stack(found, axis=1)[known.inverse]
        return table[:, 0] if spans.ndim == 0 else table


def positive(name: str, value: ArrayLike) -> Floats:
    """Finite numbers above 0, or an error that names them."""
    numbers = np.asarray(value, dtype=np.float64)
    if not (numbers.size and np.isfinite(numbers).all() and (numbers > 0).all()):
        raise AnalysisError(f"{name} is {value!r}; it must be finite and above 0, in the unit of recency and T")
    return numbers


def fit_purchases(
    model: PurchaseModel,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    *,
    weights: ArrayLike | None,
    penalty: float,
    level: float,
    random_state: int,
) -> PurchaseFit:
    """Group the histories, climb from several starts, and check where they ended."""
    check_options(model.name, penalty, level)
    histories = group(frequency, recency, T, weights=weights)
    _check_histories(model, histories)
    plain = model.likelihood(histories)
    rough = None
    if len(histories) > _ROUGH:
        some = histories.thinned(_ROUGH)
        rough = penalised(model.likelihood(some), penalty, some.total)
    starts = model.starts(histories)
    found = maximise(
        penalised(plain, penalty, histories.total),
        [*starts, *random_starts(starts, random_state)],
        model.parameters,
        customers=histories.total,
        rough=rough,
    )
    common = outcome(found, model.parameters, level)
    notes = notes_of(found, common["table"], customers=histories.total, repeaters=histories.repeaters, penalty=penalty)
    return PurchaseFit(
        model=model,
        log_likelihood=plain(found.log_params)[0],
        customers=histories.total,
        repeaters=histories.repeaters,
        histories=len(histories),
        penalty=penalty,
        level=level,
        notes=(*notes, *_departures(model, found, histories)),
        **common,
    )


def _departures(model: PurchaseModel, found: Maximum, histories: Histories) -> tuple[Note, ...]:
    """A note where the model counts next to nobody as gone."""
    params = tuple(np.asarray(value) for value in np.exp(found.log_params))
    alive = model.probability_alive(params, histories.frequency, histories.recency, histories.T)
    gone = float(histories.customers @ (1 - alive)) / histories.total
    return (Note("nobody_leaves", "", gone),) if gone < _HARDLY else ()


def random_starts(starts: list[Floats], random_state: int, *, count: int = 2) -> list[Floats]:
    """More starting points, around those given, by a factor of e on average."""
    generator = np.random.default_rng(random_state)
    centre = np.mean(starts, axis=0)
    return [centre + generator.normal(size=len(centre)) for _ in range(count)]


def outcome(found: Maximum, names: tuple[str, ...], level: float) -> dict[str, Any]:
    """What every fit says of its maximum, by the names of the attributes of `PurchaseFit`."""
    table, covariance, log_covariance = _estimates(found, names, level)
    return {
        "table": table,
        "covariance": covariance,
        "log_covariance": log_covariance,
        "starts": found.starts,
        "converged": found.stationary,
        "identified": bool(found.curved and not table["standard_error"].isna().any()),
        "gradient_norm": float(np.linalg.norm(found.gradient)),
        "eigenvalues": found.eigenvalues,
        "condition": found.condition,
    }


def _estimates(found: Maximum, names: tuple[str, ...], level: float) -> tuple[pd.DataFrame, pd.DataFrame, Floats]:
    """The table of parameters, their covariance, and that of their logarithms."""
    information = -found.hessian
    values, vectors = np.linalg.eigh(information)
    known = values > 1e-9 * max(float(values.max()), 1e-300)
    log_covariance = (vectors[:, known] / values[known]) @ vectors[:, known].T
    # A parameter that a flat direction moves has no standard error of its own.
    open_ = np.abs(vectors[:, ~known]).max(axis=1, initial=0.0) > 1e-2
    estimate = np.exp(found.log_params)
    error = np.where(open_, np.nan, np.sqrt(np.maximum(np.diag(log_covariance), 0)))
    reach = float(ndtri((1 + level) / 2)) * error
    with np.errstate(over="ignore"):
        high = estimate * np.exp(reach)
    table = pd.DataFrame(
        {
            "parameter": list(names),
            "estimate": estimate,
            "standard_error": estimate * error,
            "low": np.where(open_, 0.0, estimate * np.exp(-reach)),
            "high": np.where(open_, np.inf, high),
        }
    )
    covariance = log_covariance * np.outer(estimate, estimate)
    return table, pd.DataFrame(covariance, index=list(names), columns=list(names)), log_covariance


def check_options(name: str, penalty: float, level: float) -> None:
    """Raise an error that names every option that cannot be."""
    problems = []
    if not (np.isfinite(penalty) and penalty >= 0):
        problems.append(f"penalty must be a number of at least 0; got {penalty!r}")
    if not 0.5 < level < 1:
        problems.append(f"level must lie between 0.5 and 1; got {level!r}")
    if problems:
        raise AnalysisError(f"{name}: " + "; ".join(problems))


def _check_histories(model: PurchaseModel, histories: Histories) -> None:
    needed = len(model.parameters)
    if histories.T.max() == 0:
        raise AnalysisError(
            f"{model.name}: T is 0 for every customer; nobody has been observed after the first purchase"
        )
    if histories.repeaters == 0:
        raise AnalysisError(
            f"{model.name}: none of {histories.total:,.0f} customers bought again, and that is what is modelled"
        )
    if len(histories) < needed:
        raise AnalysisError(
            f"{model.name}: the histories of {histories.total:,.0f} customers differ in too little: {len(histories)} "
            f"kinds of frequency, recency and T; {needed} parameters need at least {needed}, and many more to be sure"
        )
