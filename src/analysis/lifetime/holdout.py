"""The models put to the test: fitted to what was known at a cut-off, asked about the time after it.

Everything that a forecast rests on, the choice of the model too, comes from before the cut-off; what customers did
after it is used once, to measure. Customers who first bought after the cut-off are no part of it, and how much they
bought is said beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.lifetime.baselines import later_purchases, naive_forecasts
from analysis.lifetime.choice import MODELS, Models, fit_models
from analysis.lifetime.evaluation import (
    ForecastErrors,
    age_classes,
    bought_later,
    by_group,
    forecast_errors,
    frequency_classes,
)
from analysis.lifetime.fitting import PurchaseFit
from analysis.lifetime.forecast import forecast_total
from analysis.lifetime.histories import UNIT_DAYS, CustomerHistories, histories
from analysis.lifetime.tracking import tracking

__all__ = ["Holdout", "holdout", "nearest_cutoff"]


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
    totals : DataFrame
        The chosen model's totals with predictive intervals: what (`purchases`, `amount`), forecast, low, high, actual.
    new_customers, new_purchases : int
        Customers who first bought in the later period, and all their purchases in it.
    level : float
        Of all intervals.
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
    totals: pd.DataFrame
    new_customers: int
    new_purchases: int
    level: float

    @property
    def customers(self) -> pd.DataFrame:
        """What was forecast of each customer by the chosen model, and what the customer did.

        customer_key, probability_active, expected_purchases, purchases and, with money, expected_amount, amount.
        """
        chosen = self.models.chosen
        if chosen is None:
            return pd.DataFrame({"customer_key": []})
        frame = self.actual[["customer_key"]].copy()
        frame["probability_active"] = self.models.fit.probability_alive(*_columns(self.known))
        for what, guesses in self.forecasts.items():
            if chosen in guesses:
                frame[f"expected_{what}"] = guesses[chosen].to_numpy()
            frame[what] = self.actual[what].to_numpy()
        return frame


def holdout(
    orders: pd.DataFrame,
    *,
    cutoff: date | str,
    as_of: date | str,
    known_then: bool = True,
    rules: Mapping[str, Any] | None = None,
    models: Sequence[str] = tuple(MODELS),
    fewest_again: int = 10,
    period_days: int = 7,
    classes: int = 7,
    age_days: Sequence[int] = (90, 180, 365),
    bins: int = 10,
    top: float = 0.1,
    draws: int = 200,
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
    known_then : bool
        Whether the `cancelled_late` columns are of this cut-off. Otherwise all that was cancelled up to `as_of` is left
        out before the cut-off already: a little more than could be known then.
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
    draws : int
        Drawn parameters and futures behind the intervals of the totals.
    replicates, level, random_state
        Of the bootstrap intervals.
    """
    rules = dict(rules or {})
    known = histories(orders, as_of=cutoff, at_cutoff=known_then, **rules)
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
        ages = by_group(age_classes(known, age_days), bought, guesses, **options)
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
        totals=_totals(known, fitted, actual, days, draws=draws, level=level, random_state=random_state),
        new_customers=len(new),
        new_purchases=int(new["transactions"].sum()),
        level=level,
    )


def nearest_cutoff(cutoffs: Sequence[str], *, first_day: str, as_of: str, horizon_days: int) -> str | None:
    """The cut-off that leaves a time after it most like the one ahead; None where that is the newest, or there is none.

    Customers must have been watched before it for at least half as long as they are followed after it.

    >>> cutoffs = ["2024-09-22", "2024-06-24", "2024-03-26"]
    >>> nearest_cutoff(cutoffs, first_day="2023-06-01", as_of="2024-12-21", horizon_days=200)
    '2024-06-24'
    """
    first, end = pd.Timestamp(first_day), pd.Timestamp(as_of)
    length = {day: (end - pd.Timestamp(day)).days for day in cutoffs}
    possible = [day for day in cutoffs if 2 * (pd.Timestamp(day) - first).days >= length[day]]
    best = min(possible, key=lambda day: (abs(length[day] - horizon_days), length[day]), default=None)
    return None if best is None or best == max(cutoffs) else best


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
        worth = fitted.expected_value(known)
        spent = {name: guess * worth for name, guess in guesses.items()} if worth is not None else {}
        found["amount"] = pd.concat([pd.DataFrame(spent), spend], axis=1)
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


def _totals(known: CustomerHistories, fitted: Models, actual: pd.DataFrame, days: int, **options: Any) -> pd.DataFrame:
    """The chosen model's totals with intervals, beside the actual ones."""
    rows = []
    if fitted.chosen is not None:
        horizon, values = days / UNIT_DAYS[known.unit], fitted.values(known)
        found = forecast_total(fitted.fit, *_columns(known), **{"horizon": horizon, **values, **options}).table
        for row in found[found["group"] == "all"].to_dict("records"):
            what = "amount" if row["quantity"] == "value" else "purchases"
            rows.append((what, row["estimate"], row["low"], row["high"], float(actual[what].sum())))
    return pd.DataFrame(rows, columns=["what", "forecast", "low", "high", "actual"])


def _probabilities(
    known: CustomerHistories, fit: PurchaseFit, actual: pd.DataFrame, days: int, *, bins: int, level: float
) -> pd.DataFrame:
    chance = fit.probability_of_purchase(*_columns(known), horizon=days / UNIT_DAYS[known.unit])
    alive = fit.probability_alive(*_columns(known))
    return bought_later(np.clip(chance, 0, 1), actual["purchases"] > 0, bins=bins, level=level, beside=alive)
