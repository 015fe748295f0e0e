"""The models put to the test: fitted to what was known at a cut-off, asked about the time after it.

Everything that a forecast rests on, the choice of the model too, comes from before the cut-off; what customers did
after it is used once, to measure. Customers who first bought after the cut-off are no part of it, and how much they
bought is said beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.lifetime.baselines import later_purchases, naive_forecasts
from analysis.lifetime.bg_nbd import bg_nbd
from analysis.lifetime.evaluation import ForecastErrors, bought_later, by_group, forecast_errors, frequency_classes
from analysis.lifetime.fitting import PurchaseFit
from analysis.lifetime.histories import UNIT_DAYS, CustomerHistories, histories

__all__ = ["MODELS", "Holdout", "Models", "fit_models", "holdout", "tracking"]

Floats = NDArray[np.float64]

#: The models of repeat purchases by their short names.
MODELS = {"bg_nbd": bg_nbd}


@dataclass(frozen=True)
class Models:
    """Models fitted to the same histories, and the one that is used.

    Parameters
    ----------
    fits : mapping of str to PurchaseFit
        By short name, in the order asked for.
    chosen : str or None
        The model of the greatest likelihood among those whose search for the maximum settled; both models have four
        parameters, so that AIC and BIC choose the same. None where nothing could be fitted.
    obstacle : str or None
        Why nothing could be fitted: `no_customer`, `not_watched` (nobody was watched after the first purchase),
        `nobody_again` (no repeat purchase) or `too_few_again`.
    failed : mapping of str to str
        Models that could not be fitted, with the reason.
    """

    fits: Mapping[str, PurchaseFit]
    chosen: str | None
    obstacle: str | None = None
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def fit(self) -> PurchaseFit:
        """The chosen model's fit."""
        if self.chosen is None:
            raise AnalysisError(f"no model could be fitted ({self.obstacle or 'see failed'})")
        return self.fits[self.chosen]


def fit_models(
    known: CustomerHistories,
    *,
    models: Sequence[str] = tuple(MODELS),
    fewest_again: int = 10,
    level: float = 0.95,
    random_state: int = 0,
) -> Models:
    """Fit models of repeat purchases to histories and choose one by its likelihood.

    Parameters
    ----------
    known : CustomerHistories
    models : sequence of str
        Names in `MODELS`.
    fewest_again : int
        With fewer customers who bought again nothing is fitted.
    level, random_state
        Of the parameters' intervals; seed of the random starting points.
    """
    if unknown := [name for name in models if name not in MODELS]:
        raise AnalysisError(f"models: {', '.join(unknown)} are not among {', '.join(MODELS)}")
    table = known.table
    again = int((table["frequency"] > 0).sum())
    obstacle = (
        "no_customer" if table.empty
        else "not_watched" if not (table["T"] > 0).any()
        else "nobody_again" if again == 0
        else "too_few_again" if again < fewest_again
        else None
    )  # fmt: skip
    fits: dict[str, PurchaseFit] = {}
    failed: dict[str, str] = {}
    for name in models if obstacle is None else ():
        try:
            fits[name] = MODELS[name](
                table["frequency"], table["recency"], table["T"], level=level, random_state=random_state
            )
        except AnalysisError as error:
            failed[name] = str(error)
    settled = [name for name in fits if fits[name].converged] or list(fits)
    chosen = max(settled, key=lambda name: (fits[name].log_likelihood, name), default=None)
    return Models(fits, chosen, obstacle, failed)


@dataclass(frozen=True)
class Holdout:
    """What was forecast at a cut-off, and what happened.

    Parameters
    ----------
    known : CustomerHistories
        As known at the cut-off.
    models : Models
        Fitted to `known`.
    days : int
        Length of the later period.
    actual : DataFrame
        What each known customer did in it: customer_key, purchases and, where there is money, amount.
    forecasts : mapping of str to DataFrame
        Forecasts by customer (rows as `actual`), a column a method, for `purchases` and where there is money `amount`.
    errors : mapping of str to ForecastErrors
        For `purchases` and where there is money `amount`; empty where nothing could be forecast or nothing was bought.
    frequency, ages : DataFrame
        Mean purchases and forecasts by repeat purchases before, and by time since the first purchase; `by_group`.
    tracking : DataFrame
        Purchases by period, actual and forecast; see `tracking`.
    probabilities : DataFrame
        Chances to buy and shares that bought, by bins of the chosen model; see `bought_later`.
    new_customers, new_purchases : int
        Customers who first bought in the later period, and all their purchases in it.
    """

    known: CustomerHistories
    models: Models
    days: int
    actual: pd.DataFrame
    forecasts: Mapping[str, pd.DataFrame]
    errors: Mapping[str, ForecastErrors]
    frequency: pd.DataFrame
    ages: pd.DataFrame
    tracking: pd.DataFrame
    probabilities: pd.DataFrame
    new_customers: int
    new_purchases: int

    @property
    def horizon(self) -> float:
        """The later period in the unit of the histories."""
        return self.days / UNIT_DAYS[self.known.unit]


def holdout(
    orders: pd.DataFrame,
    *,
    cutoff: date | str,
    as_of: date | str,
    rules: Mapping[str, Any] | None = None,
    models: Sequence[str] = tuple(MODELS),
    fewest_again: int = 10,
    period_days: int = 7,
    classes: int = 7,
    age_days: Sequence[int] = (90, 180, 365),
    bins: int = 10,
    top: float = 0.1,
    replicates: int = 1000,
    level: float = 0.95,
    random_state: int = 0,
) -> Holdout:
    """Fit to what was known at a cut-off, and measure forecasts of what came after it.

    Parameters
    ----------
    orders : DataFrame
        As `histories` takes them, with the `cancelled_late` columns of this cut-off where orders can be cancelled.
    cutoff, as_of : date
        The later period is [cutoff, as_of).
    rules : mapping, optional
        Of `histories`: unit, start, refunds, worthless, refund_rows.
    models, fewest_again
        As `fit_models` takes them.
    period_days : int
        Length of the periods of the tracking.
    classes : int
        Repeat purchases from which customers are one class.
    age_days : sequence of int
        Borders of the classes of time since the first purchase, in days.
    bins : int
        Bins of the probabilities.
    top : float
        Share of customers that counts as best.
    replicates, level, random_state
        Of the bootstrap intervals.
    """
    rules = dict(rules or {})
    known = histories(orders, as_of=cutoff, at_cutoff=True, **rules)
    later = histories(orders, as_of=as_of, **rules)
    days = (pd.Timestamp(later.as_of) - pd.Timestamp(known.as_of)).days
    if days < 1:
        raise AnalysisError(f"holdout: the cut-off {known.as_of} must lie before as_of {later.as_of}")
    fitted = fit_models(known, models=models, fewest_again=fewest_again, level=level, random_state=random_state)
    actual = later_purchases(known, later)
    forecasts = _forecasts(known, fitted, days)
    options: dict[str, Any] = {"replicates": replicates, "level": level, "random_state": random_state}
    errors, frequency, ages, probabilities = {}, pd.DataFrame(), pd.DataFrame(), pd.DataFrame()
    if fitted.fits:
        errors = _errors(actual, forecasts, fitted, top=top, **options)
        bought, guesses = actual["purchases"], forecasts["purchases"]
        frequency = by_group(frequency_classes(known.table["frequency"], last=classes), bought, guesses, **options)
        since = (pd.Timestamp(known.as_of) - known.table["first_day"]).dt.days
        ages = by_group(np.searchsorted(sorted(age_days), since, side="left"), bought, guesses, **options)
        probabilities = _probabilities(known, fitted.fit, actual, days, bins=bins, level=level)
    new = later.table[~later.table["customer_key"].isin(known.table["customer_key"])]
    new = new[new["first_day"] >= pd.Timestamp(known.as_of)]
    return Holdout(
        known=known,
        models=fitted,
        days=days,
        actual=actual,
        forecasts=forecasts,
        errors=errors,
        frequency=frequency,
        ages=ages,
        tracking=tracking(known, later, fitted.fits, period_days=period_days),
        probabilities=probabilities,
        new_customers=len(new),
        new_purchases=int(new["transactions"].sum()),
    )


def _columns(known: CustomerHistories) -> tuple[pd.Series, pd.Series, pd.Series]:
    return known.table["frequency"], known.table["recency"], known.table["T"]


def _forecasts(known: CustomerHistories, fitted: Models, days: int) -> dict[str, pd.DataFrame]:
    if known.table.empty:
        return {}
    purchases, spend = naive_forecasts(known, days=days)
    horizon = days / UNIT_DAYS[known.unit]
    guesses = {name: fit.expected_purchases(*_columns(known), horizon=horizon) for name, fit in fitted.fits.items()}
    found = {"purchases": pd.concat([pd.DataFrame(guesses), purchases], axis=1)}
    if spend is not None:
        found["amount"] = spend
    return found


def _errors(
    actual: pd.DataFrame, forecasts: Mapping[str, pd.DataFrame], fitted: Models, **options: Any
) -> dict[str, ForecastErrors]:
    errors = {}
    for what, frame in forecasts.items():
        if actual[what].sum() > 0:
            baselines = [name for name in frame if name not in fitted.fits]
            errors[what] = forecast_errors(actual[what], frame, baselines=baselines, **options)
    return errors


def _probabilities(
    known: CustomerHistories, fit: PurchaseFit, actual: pd.DataFrame, days: int, *, bins: int, level: float
) -> pd.DataFrame:
    chance = fit.probability_of_purchase(*_columns(known), horizon=days / UNIT_DAYS[known.unit])
    alive = fit.probability_alive(*_columns(known))
    return bought_later(np.clip(chance, 0, 1), actual["purchases"] > 0, bins=bins, level=level, beside=alive)


def tracking(
    known: CustomerHistories, later: CustomerHistories, fits: Mapping[str, PurchaseFit], *, period_days: int = 7
) -> pd.DataFrame:
    """Repeat purchases of the known customers by period, before and after the cut-off, and what models expected.

    Before the cut-off a model says what it expects of customers of whom it knows the first day alone (its fit); after
    it, what it expects given each history (its forecast). Periods are counted from the cut-off in both directions; the
    last may be shorter than the others, and so may the first.

    Returns
    -------
    DataFrame
        start (first day of the period), days (its length), later (whether it lies after the cut-off), actual, and a
        column a model.
    """
    cutoff, end = pd.Timestamp(known.as_of), pd.Timestamp(later.as_of)
    if known.table.empty:
        return pd.DataFrame({"start": [], "days": [], "later": [], "actual": [], **{name: [] for name in fits}})
    begin = known.table["first_day"].min()
    before, after = (cutoff - begin).days, (end - cutoff).days
    edges = np.unique([*range(-(before // period_days) * period_days, after, period_days), -before, 0, after])
    first = known.purchases["customer_key"].map(known.table.set_index("customer_key")["first_day"])
    repeats = known.purchases.loc[known.purchases["day"] > first, "day"]
    following = later.purchases[
        later.purchases["customer_key"].isin(known.table["customer_key"]) & (later.purchases["day"] >= cutoff)
    ]["day"]
    moments = (pd.concat([repeats, following]) - cutoff).dt.days
    found = pd.DataFrame(
        {
            "start": cutoff + pd.to_timedelta(edges[:-1], unit="D"),
            "days": np.diff(edges),
            "later": edges[:-1] >= 0,
            "actual": np.histogram(moments, bins=edges)[0],
        }
    )
    for name, fit in fits.items():
        found[name] = np.diff(_expected(known, fit, edges))
    return found


def _expected(known: CustomerHistories, fit: PurchaseFit, edges: NDArray[np.int64]) -> Floats:
    """Expected repeat purchases of all known customers up to each edge, in days from the cut-off."""
    cutoff, unit = pd.Timestamp(known.as_of), UNIT_DAYS[known.unit]
    watched = (known.table["first_day"] - cutoff).dt.days.to_numpy()
    joined, customers = np.unique(watched, return_counts=True)
    longest = int(-joined[0])
    curve = np.concatenate([[0.0], fit.expected_new(np.arange(1, longest + 1) / unit)])
    past = edges[edges <= 0]
    # a first purchase of day d is followed by the days d + 1 … e − 1 up to the edge e
    elapsed = np.maximum(past[:, None] - 1 - joined[None, :], 0)
    so_far = curve[elapsed] @ customers
    coming = edges[edges > 0] / unit
    conditional = fit.expected_purchases(*_columns(known), horizon=coming).sum(axis=0) if len(coming) else []
    return np.concatenate([so_far, so_far[-1] + conditional])
