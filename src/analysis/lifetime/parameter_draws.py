"""Parameters as they might have come out: the uncertainty of a fit, drawn.

`normal` draws the logarithms of the parameters from the normal distribution that maximum likelihood has in large
samples. `refit` is the parametric bootstrap proper: customers are simulated from the fit, under observation for as long
as the real ones, and the model is fitted to them anew; it costs a fit a draw and does without the normal distribution.
`fixed` takes the estimates for the truth, to show how much of an interval is chance alone.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.lifetime.fitting import PurchaseFit
from analysis.lifetime.gamma_gamma import GammaGammaFit, gamma_gamma_likelihood
from analysis.lifetime.grouping import group
from analysis.lifetime.optimise import maximise
from analysis.lifetime.simulation import simulate

__all__ = ["Uncertainty", "draw_parameters", "draw_value_parameters"]

Floats = NDArray[np.float64]
Uncertainty = Literal["normal", "refit", "fixed"]

#: A mean value of new customers exists for q above 1; draws below this are drawn again.
_LEAST_Q = 1.0
#: Draws that may be drawn again before the fit is called too uncertain.
_AGAIN = 20
#: Standard deviation of a log-parameter, a factor of e² either way, beyond which the normal distribution means nothing.
_WIDEST = 2.0


def draw_parameters(
    fit: PurchaseFit,
    draws: int,
    *,
    parameters: Uncertainty,
    generator: np.random.Generator,
    T: Floats | None = None,
) -> Floats:
    """Parameters of a model of purchases, shape (draws, p); `refit` needs T of the customers, shape (n,)."""
    centre = np.log(list(fit.params.values()))
    if parameters == "fixed":
        return np.tile(np.exp(centre), (draws, 1))
    if parameters == "normal":
        return np.exp(_normal(centre, fit.log_covariance, draws, generator))
    if parameters != "refit":
        raise AnalysisError(f"parameters must be one of {', '.join(get_args(Uncertainty))}; got {parameters!r}")
    if T is None:
        raise AnalysisError("parameters='refit' needs T of the customers that were fitted")
    return np.stack([_refitted(fit, T, generator) for _ in range(draws)])


def draw_value_parameters(
    fit: GammaGammaFit,
    draws: int,
    *,
    parameters: Uncertainty,
    generator: np.random.Generator,
    frequency: Floats | None = None,
) -> Floats:
    """Parameters of a Gamma-Gamma model, shape (draws, 3), with q above 1; `refit` needs the frequencies."""
    centre = np.log(list(fit.params.values()))
    if fit.params["q"] <= _LEAST_Q:
        raise AnalysisError(
            f"Gamma-Gamma: q is {fit.params['q']:.3g}, so that the mean value of new customers is infinite; give the "
            "expected values of purchases themselves, by class of frequency, say"
        )
    if parameters == "fixed":
        return np.tile(np.exp(centre), (draws, 1))
    found = np.empty((0, 3))
    for _ in range(_AGAIN):
        missing = draws - len(found)
        if parameters == "normal":
            more = np.exp(_normal(centre, fit.log_covariance, missing, generator))
        else:
            if frequency is None:
                raise AnalysisError("parameters='refit' needs the frequencies that were fitted")
            more = np.stack([_revalued(fit, frequency, generator) for _ in range(missing)])
        found = np.concatenate([found, more[more[:, 1] > _LEAST_Q]])
        if len(found) == draws:
            return found
    raise AnalysisError(
        f"Gamma-Gamma: q is {fit.params['q']:.3g} and so uncertain that the mean value of new customers may be "
        "infinite; give the expected values of purchases themselves, by class of frequency, say"
    )


def _normal(centre: Floats, covariance: Floats, draws: int, generator: np.random.Generator) -> Floats:
    """Draws of log-parameters; directions that the data hardly determine move by no more than `_WIDEST`."""
    values, vectors = np.linalg.eigh(covariance)
    spread = vectors * np.minimum(np.sqrt(np.maximum(values, 0)), _WIDEST)
    return centre + generator.normal(size=(draws, len(centre))) @ spread.T


def _refitted(fit: PurchaseFit, T: Floats, generator: np.random.Generator) -> Floats:
    """The estimates from simulated customers; simulated again where nobody buys again."""
    centre = np.log(list(fit.params.values()))
    for _ in range(_AGAIN):
        shop = simulate(fit.model, fit.values, T, generator)
        if (shop["frequency"] > 0).sum() > len(centre):
            known = group(shop["frequency"], shop["recency"], shop["T"])
            found = maximise(fit.model.likelihood(known), [centre], fit.model.parameters, customers=known.total)
            return np.exp(found.log_params)
    raise AnalysisError(f"{fit.model.name}: simulated customers hardly ever buy again; parameters='normal' may serve")


def _revalued(fit: GammaGammaFit, frequency: Floats, generator: np.random.Generator) -> Floats:
    p, q, gamma = fit.params.values()
    x = frequency[frequency > 0]
    means = generator.standard_gamma(p * x) / x * gamma / generator.standard_gamma(q, len(x))
    objective = gamma_gamma_likelihood(x, means, np.ones_like(x))
    return np.exp(maximise(objective, [np.log([p, q, gamma])], ("p", "q", "gamma"), customers=len(x)).log_params)
