"""Lifetime value: what customers are expected to buy and to spend in the time to come.

>>> from analysis import lifetime
>>> truth = {"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 2.5}
>>> shop = lifetime.simulate_bg_nbd(truth, T=[40.0] * 4000, random_state=1)
>>> fit = lifetime.bg_nbd(shop["frequency"], shop["recency"], shop["T"])
>>> fit.converged, fit.notes
(True, ())
>>> fit.expected_purchases([2, 0], [30, 0], [40, 40], horizon=40).round(1).tolist()
[1.3, 0.4]
"""

from analysis.lifetime.baselines import later_purchases, naive_forecasts
from analysis.lifetime.bg_nbd import BG_NBD, MBG_NBD, bg_nbd, mbg_nbd
from analysis.lifetime.choice import MODELS, Models, agreed, fit_models
from analysis.lifetime.evaluation import (
    ForecastErrors,
    age_classes,
    bought_later,
    by_group,
    forecast_errors,
    frequency_classes,
)
from analysis.lifetime.fitting import PurchaseFit
from analysis.lifetime.forecast import TotalForecast, forecast_customers, forecast_total
from analysis.lifetime.gamma_gamma import GammaGammaFit, gamma_gamma, gamma_gamma_likelihood
from analysis.lifetime.grouping import Histories, group
from analysis.lifetime.histories import UNIT_DAYS, CustomerHistories, histories
from analysis.lifetime.holdout import Holdout, holdout, nearest_cutoff
from analysis.lifetime.independence import WEAK, Independence, expected_value_by_class, independence
from analysis.lifetime.notes import Note
from analysis.lifetime.pareto_nbd import PARETO_NBD, pareto_nbd
from analysis.lifetime.parts import histories_in_parts
from analysis.lifetime.simulation import simulate_bg_nbd, simulate_gamma_gamma, simulate_mbg_nbd, simulate_pareto_nbd
from analysis.lifetime.tracking import tracking
from analysis.lifetime.valuation import STATES, Valuation, groupings, valuation
from analysis.lifetime.value import Discounting, customer_value, discounted_purchases

__all__ = [
    "BG_NBD",
    "MBG_NBD",
    "MODELS",
    "PARETO_NBD",
    "STATES",
    "UNIT_DAYS",
    "WEAK",
    "CustomerHistories",
    "Discounting",
    "ForecastErrors",
    "GammaGammaFit",
    "Histories",
    "Holdout",
    "Independence",
    "Models",
    "Note",
    "PurchaseFit",
    "TotalForecast",
    "Valuation",
    "age_classes",
    "agreed",
    "bg_nbd",
    "bought_later",
    "by_group",
    "customer_value",
    "discounted_purchases",
    "expected_value_by_class",
    "fit_models",
    "forecast_customers",
    "forecast_errors",
    "forecast_total",
    "frequency_classes",
    "gamma_gamma",
    "gamma_gamma_likelihood",
    "group",
    "groupings",
    "histories",
    "histories_in_parts",
    "holdout",
    "independence",
    "later_purchases",
    "mbg_nbd",
    "naive_forecasts",
    "nearest_cutoff",
    "pareto_nbd",
    "simulate_bg_nbd",
    "simulate_gamma_gamma",
    "simulate_mbg_nbd",
    "simulate_pareto_nbd",
    "tracking",
    "valuation",
]
