"""Simulated customers with known parameters: the truth for tests, checks of intervals, and demonstrations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError
from analysis.lifetime.bg_nbd import BG_NBD, MBG_NBD
from analysis.lifetime.grouping import numbers
from analysis.lifetime.models import Parameters, PurchaseModel, Purchases
from analysis.lifetime.pareto_nbd import PARETO_NBD

__all__ = ["lives", "simulate", "simulate_bg_nbd", "simulate_gamma_gamma", "simulate_mbg_nbd", "simulate_pareto_nbd"]

Floats = NDArray[np.float64]


def simulate_bg_nbd(params: Mapping[str, float], *, T: ArrayLike, random_state: int) -> pd.DataFrame:
    """Customers of the BG/NBD model.

    Parameters
    ----------
    params : mapping
        r, alpha, a and b.
    T : array_like, shape (n,)
        Time under observation of each customer.
    random_state : int

    Returns
    -------
    DataFrame
        frequency, recency, T; one row a customer, times are continuous.

    Examples
    --------
    >>> simulate_bg_nbd({"r": 1, "alpha": 5, "a": 1, "b": 3}, T=[20, 20, 20], random_state=4)["frequency"].sum() >= 0
    np.True_
    """
    return simulate(BG_NBD, parameters(params, BG_NBD.parameters), numbers("T", T), random_state)


def simulate_mbg_nbd(params: Mapping[str, float], *, T: ArrayLike, random_state: int) -> pd.DataFrame:
    """Customers of the MBG/NBD model, as `simulate_bg_nbd`, who may leave after their first purchase."""
    return simulate(MBG_NBD, parameters(params, MBG_NBD.parameters), numbers("T", T), random_state)


def simulate_pareto_nbd(params: Mapping[str, float], *, T: ArrayLike, random_state: int) -> pd.DataFrame:
    """Customers of the Pareto/NBD model, as `simulate_bg_nbd`; the parameters are r, alpha, s and beta."""
    return simulate(PARETO_NBD, parameters(params, PARETO_NBD.parameters), numbers("T", T), random_state)


def simulate_gamma_gamma(params: Mapping[str, float], frequency: ArrayLike, *, random_state: int) -> Floats:
    """Mean values of customers' purchases under the Gamma-Gamma model, shape (n,).

    Parameters
    ----------
    params : mapping
        p, q and gamma.
    frequency : array_like, shape (n,)
        Purchases that each mean is of; NaN is returned where it is 0.
    random_state : int

    Examples
    --------
    >>> value = simulate_gamma_gamma({"p": 6.0, "q": 4.0, "gamma": 15.0}, [1] * 20_000, random_state=1)
    >>> 29 < value.mean() < 31  # p γ ÷ (q − 1)
    np.True_
    """
    p, q, gamma = parameters(params, ("p", "q", "gamma"))
    x = numbers("frequency", frequency)
    generator = np.random.default_rng(random_state)
    rates = generator.standard_gamma(q, len(x)) / gamma
    return np.where(x > 0, generator.standard_gamma(np.maximum(p * x, 1e-300)) / rates / np.maximum(x, 1), np.nan)


def lives(model: PurchaseModel, params: Parameters, T: Floats, generator: np.random.Generator) -> Purchases:
    """Repeat purchases of new customers within T, shape (n,), from their first purchase on."""
    chance, living = model.newcomer(params)
    if (chance < 1).any():
        T = np.where(generator.random(len(T)) < chance, T, 0.0)
    return model.draw(living, T, generator)


def simulate(
    model: PurchaseModel, params: Parameters, T: Floats, random_state: int | np.random.Generator
) -> pd.DataFrame:
    """frequency, recency and T of customers of a model who are watched for T, shape (n,)."""
    found = lives(model, params, T, np.random.default_rng(random_state))
    recency = np.zeros(len(T))
    bought = found.counts > 0
    recency[bought] = found.times[np.cumsum(found.counts)[bought] - 1]
    return pd.DataFrame({"frequency": found.counts, "recency": recency, "T": T})


def parameters(params: Mapping[str, float], names: tuple[str, ...]) -> tuple[Floats, ...]:
    """The parameters in order, or an error that names those missing or not above 0."""
    if missing := [name for name in names if name not in params]:
        raise AnalysisError(f"parameters: {', '.join(missing)} missing; {', '.join(names)} are needed")
    if wrong := [f"{name} = {params[name]!r}" for name in names if not 0 < float(params[name]) < np.inf]:
        raise AnalysisError(f"parameters: {', '.join(wrong)}; each must be a finite number above 0")
    return tuple(np.asarray(float(params[name])) for name in names)
