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

from analysis.lifetime.bg_nbd import bg_nbd
from analysis.lifetime.fitting import PurchaseFit
from analysis.lifetime.forecast import TotalForecast, forecast_customers, forecast_total
from analysis.lifetime.gamma_gamma import GammaGammaFit, gamma_gamma
from analysis.lifetime.grouping import Histories, group
from analysis.lifetime.histories import CustomerHistories, histories
from analysis.lifetime.independence import Independence, expected_value_by_class, independence
from analysis.lifetime.notes import Note
from analysis.lifetime.pareto_nbd import pareto_nbd
from analysis.lifetime.simulation import simulate_bg_nbd, simulate_gamma_gamma, simulate_pareto_nbd
from analysis.lifetime.value import Discounting, customer_value, discounted_purchases

__all__ = [
    "CustomerHistories",
    "Discounting",
    "GammaGammaFit",
    "Histories",
    "Independence",
    "Note",
    "PurchaseFit",
    "TotalForecast",
    "bg_nbd",
    "customer_value",
    "discounted_purchases",
    "expected_value_by_class",
    "forecast_customers",
    "forecast_total",
    "gamma_gamma",
    "group",
    "histories",
    "independence",
    "pareto_nbd",
    "simulate_bg_nbd",
    "simulate_gamma_gamma",
    "simulate_pareto_nbd",
]
