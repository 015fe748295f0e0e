"""Pareto/NBD: customers buy at a constant rate of their own and leave at a moment of their own, seen by nobody.

A customer buys as a Poisson process with rate λ until the end of an exponential lifetime with rate μ. Over customers λ
is Gamma(shape r, rate α) and μ is Gamma(shape s, rate β), independent of each other.

Sources: Schmittlein, Morrison and Colombo (1987), *Counting your customers: who are they and what will they do next?*,
Management Science 33, 1-24; Fader and Hardie (2005), *A note on deriving the Pareto/NBD model and related expressions*.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.lifetime.fitting import PurchaseFit, fit_purchases
from analysis.lifetime.grouping import Histories, distinct_pairs
from analysis.lifetime.models import Parameters, PurchaseModel, Purchases, sorted_times
from analysis.lifetime.optimise import Evaluation, Objective
from analysis.lifetime.quadrature import flat_nodes
from analysis.lifetime.rising import Counts, log_choices, rising
from analysis.lifetime.tails import log_share, tail

__all__ = ["PARETO_NBD", "ParetoNegativeBinomial", "pareto_nbd"]

Floats = NDArray[np.float64]

#: Nodes over the end of the lifetime in the distribution of purchases, and numbers held at once.
_NODES, _CELLS = 64, 4_000_000
#: Lifetimes with a chance below e to the minus this are left out.
_LAST = 45.0


def pareto_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    penalty: float = 0.0,
    level: float = 0.95,
    random_state: int = 0,
) -> PurchaseFit:
    """Fit the Pareto/NBD model by maximum likelihood; parameters and errors as `bg_nbd`.

    Returns
    -------
    PurchaseFit
        With parameters r, alpha, s and beta.

    Examples
    --------
    >>> from analysis.lifetime import simulate_pareto_nbd
    >>> truth = {"r": 0.6, "alpha": 10.0, "s": 0.7, "beta": 12.0}
    >>> shop = simulate_pareto_nbd(truth, T=[60.0] * 4000, random_state=1)
    >>> fit = pareto_nbd(shop["frequency"], shop["recency"], shop["T"])
    >>> table = fit.table.set_index("parameter")
    >>> [name for name, value in truth.items() if table.loc[name, "low"] < value < table.loc[name, "high"]]
    ['r', 'alpha', 's', 'beta']
    """
    return fit_purchases(
        PARETO_NBD, frequency, recency, T, weights=weights, penalty=penalty, level=level, random_state=random_state
    )


class ParetoNegativeBinomial(PurchaseModel):
    """The formulas of the Pareto/NBD model."""

    name = "Pareto/NBD"
    parameters = ("r", "alpha", "s", "beta")

    def likelihood(self, histories: Histories) -> Objective:
        """Fader and Hardie (2005), equation 18, summed over histories times their customers."""
        return _Likelihood(histories)

    def starts(self, histories: Histories) -> list[Floats]:
        """Rates from even to very unequal, with the mean that was observed; lifetimes from short to long."""
        pace = np.log(histories.customers @ histories.T) - np.log(histories.customers @ histories.frequency)
        span = np.log(histories.customers @ histories.T) - np.log(histories.total)
        guesses = ((0.5, 0.6, 0.5), (1.0, 1.0, 1.0), (3.0, 0.5, 3.0))
        return [np.array([np.log(r), np.log(r) + pace, np.log(s), np.log(b) + span]) for r, s, b in guesses]

    def probability_alive(self, params: Parameters, frequency: Floats, recency: Floats, T: Floats) -> Floats:
        """Fader and Hardie (2005), equation 36, with the integral over the end as a sum."""
        r, alpha, s, beta = (float(part) for part in params)
        at_end = log_share(r, alpha, s, beta, frequency, T)
        at_last = log_share(r, alpha, s, beta, frequency, recency)
        # The integral from t_x on, relative to the chance of living to T.
        faded = (r + frequency) * np.log1p((T - recency) / (alpha + recency)) + s * np.log1p(
            (T - recency) / (beta + recency)
        )
        gone = at_last + faded
        # 1 ÷ (1 − G(T) + G(t_x)), on the logarithmic scale where G(t_x) is huge.
        return np.asarray(np.exp(-np.logaddexp(np.log1p(-np.exp(np.minimum(at_end, -1e-300))), gone)))

    def survivor(self, params: Parameters, frequency: Floats, T: Floats) -> tuple[Floats, ...]:
        """Alive with x repeat purchases: Gamma(r + x, α + T) and Gamma(s, β + T)."""
        r, alpha, s, beta = params
        return r + frequency, alpha + T, s + 0.0 * frequency, beta + T

    def expected(self, params: Parameters, horizon: Floats) -> Floats:
        """Fader and Hardie (2005), equation 27, continuous at s = 1."""
        r, alpha, s, beta = params
        log_growth = np.log1p(horizon / beta)
        return np.asarray(r * beta / alpha * log_growth * special.exprel((1 - s) * log_growth))

    def rate(self, params: Parameters, time: Floats) -> Floats:
        """The mean rate times the chance of being alive at `time`."""
        r, alpha, s, beta = params
        return np.asarray(r / alpha * np.exp(-s * np.log1p(time / beta)))

    def timescale(self, params: Parameters) -> float:
        """That of the lifetimes."""
        _, _, s, beta = params
        return float(np.min(beta / (s + 1)))

    def probabilities(self, params: Parameters, horizon: Floats, most: int) -> Floats:
        """The negative binomial of the time alive, averaged over the end of the lifetime by a sum over nodes."""
        rows = np.stack([np.ravel(part) for part in np.broadcast_arrays(*params, horizon)])
        step = max(1, _CELLS // _NODES)
        return np.concatenate([_distribution(rows[:, i : i + step], most) for i in range(0, rows.shape[1], step)])

    def draw(self, params: Parameters, horizon: Floats, generator: np.random.Generator) -> Purchases:
        """Purchases until the end of the lifetime or of the horizon."""
        r, alpha, s, beta, t = np.broadcast_arrays(*params, horizon)
        rates = generator.standard_gamma(r) / alpha
        with np.errstate(divide="ignore", over="ignore"):
            life = generator.standard_exponential(r.shape) * beta / generator.standard_gamma(s)
        span = np.fmin(life, t)
        made = generator.poisson(rates * span)
        who, share = sorted_times(made, generator)
        return Purchases(made, share * span[who])


PARETO_NBD = ParetoNegativeBinomial()


def _distribution(rows: Floats, most: int) -> Floats:
    """P(X = 0 … most) for the rows r, α, s, β and t; the nodes lie evenly in ln(min(α, β) + time)."""
    r, alpha, s, beta, t = rows
    least = np.minimum(alpha, beta)
    nodes, weights = flat_nodes(_NODES)
    # Nobody lives longer than this, to the last digit.
    last = np.minimum(t, beta * np.expm1(np.minimum(_LAST / s, 300.0)))
    reach = np.log1p(last / least)
    log_time = reach[:, None] * nodes
    time = least[:, None] * np.expm1(log_time)
    with np.errstate(divide="ignore"):
        density = np.log(s / beta * reach)[:, None] - (s + 1)[:, None] * np.log1p(time / beta[:, None])
    density = np.exp(density + log_time + np.log(least)[:, None]) * weights
    ends = np.column_stack([time, t])
    shares = np.column_stack([density, np.exp(-s * np.log1p(t / beta))])
    log_stay, log_go = -np.log1p(ends / alpha[:, None]), np.log(ends / (alpha[:, None] + ends))
    choices = log_choices(r, most)
    out = np.empty_like(choices)
    for k in range(most + 1):
        power = r[:, None] * log_stay + (k * log_go if k else 0.0)
        out[:, k] = (np.exp(choices[:, k, None] + power) * shares).sum(axis=1)
    return out


class _Likelihood:
    """The log-likelihood with gradient and Hessian in the log-parameters.

    The integral is needed at each different (x, t_x) and (x, T) only, which are far fewer than the histories; the
    histories then look it up, and hand the weight of their customers back to it.
    """

    def __init__(self, histories: Histories) -> None:
        self.customers = histories.customers
        self.counts = Counts(histories.frequency)
        self.per_count = np.bincount(self.counts.codes, weights=self.customers).astype(np.float64)
        self.last_x, self.last, self.at_last = distinct_pairs(histories.frequency, histories.recency)
        self.end_x, self.end, self.at_end = distinct_pairs(histories.frequency, histories.T)

    def __call__(self, log_params: Floats) -> Evaluation:
        r, alpha, s, beta = np.exp(log_params)
        x, time = np.concatenate([self.last_x, self.end_x]), np.concatenate([self.last, self.end])
        found = tail(r, alpha, s, beta, x, time)
        living = -r * np.log1p(time / alpha) - x * np.log(alpha + time) - s * np.log1p(time / beta)
        k = len(self.last_x)
        log_gone, log_alive = (living + found.log_share)[:k], living[k:]
        share = np.exp(found.log_share[k:])
        with np.errstate(divide="ignore"):
            remaining = (log_alive + np.log1p(-np.minimum(share, 1.0)))[self.at_end]
        value = np.logaddexp(remaining, log_gone[self.at_last])
        gone = np.exp(log_gone[self.at_last] - value)
        alive = np.exp(log_alive[self.at_end] - value)
        slopes, curves = _moments(found.moments, r, s, x)
        living_slopes, living_curves = _living(r, alpha, s, beta, self.end_x, self.end)
        # What is left of a history's chances at T: alive, less what the integral from t_x counts beyond T.
        end_slopes = living_slopes - share[:, None] * slopes[k:]
        end_curves = living_curves - share[:, None, None] * curves[k:]
        per_last = np.bincount(self.at_last, weights=self.customers * gone, minlength=k)
        per_end = np.bincount(self.at_end, weights=self.customers * alive, minlength=len(self.end_x))
        gradient = per_last @ slopes[:k] + per_end @ end_slopes
        hessian = np.tensordot(per_last, curves[:k], 1) + np.tensordot(per_end, end_curves, 1)
        each = gone[:, None] * slopes[:k][self.at_last] + alive[:, None] * end_slopes[self.at_end]
        hessian -= (each * self.customers[:, None]).T @ each
        bought, bought1, bought2 = (self.per_count @ part for part in rising(r, self.counts))
        gradient[0] += r * bought1
        hessian[0, 0] += r * bought1 + r**2 * bought2
        return float(self.customers @ value + bought), gradient, hessian


def _moments(moments: Floats, r: float, s: float, x: Floats) -> tuple[Floats, Floats]:
    """First and second derivatives of the integral in the log-parameters, relative to it, from the moments of the end.

    The logarithm of the integrand with the factors of r and s has the derivatives −r A, r − (r + x) a, 1 − s B and
    s − (s + 1) b, where A = ln(1 + e ÷ α), a = α ÷ (α + e), B = ln(1 + e ÷ β), b = β ÷ (β + e).
    """
    linear = np.zeros((len(x), 4, 5))  # each derivative as a combination of 1, A, a, B, b
    linear[:, 0, 1] = -r
    linear[:, 1, 0], linear[:, 1, 2] = r, -(r + x)
    linear[:, 2, 0], linear[:, 2, 3] = 1.0, -s
    linear[:, 3, 0], linear[:, 3, 4] = s, -(s + 1)
    curves = linear @ moments @ linear.transpose(0, 2, 1)
    _add_second(curves, (r, s), r + x, s + 1, moments[:, 0].T, moments[:, 2, 2], moments[:, 4, 4])
    return (linear @ moments[:, :, 0, None])[:, :, 0], curves


def _living(r: float, alpha: float, s: float, beta: float, x: Floats, time: Floats) -> tuple[Floats, Floats]:
    """The same of the chance of living to `time`, whose end is certain."""
    A, a, B, b = np.log1p(time / alpha), alpha / (alpha + time), np.log1p(time / beta), beta / (beta + time)
    slopes = np.stack([-r * A, r - (r + x) * a, -s * B, s * (1 - b)], axis=1)
    curves = slopes[:, :, None] * slopes[:, None, :]
    _add_second(curves, (r, s), r + x, s, np.stack([np.ones_like(A), A, a, B, b]), a**2, b**2)
    return slopes, curves


def _add_second(
    curves: Floats, shapes: tuple[float, float], bought: Floats, left: float, mean: Floats, aa: Floats, bb: Floats
) -> None:
    """Add the mean second derivatives of the logarithm; `bought` and `left` are the powers of α + e and β + e."""
    (r, s), (_, A, a, B, b) = shapes, mean
    curves[:, 0, 0] -= r * A
    curves[:, 1, 1] -= bought * (a - aa)
    curves[:, 2, 2] -= s * B
    curves[:, 3, 3] -= left * (b - bb)
    for i, j, value in ((0, 1, r * (1 - a)), (2, 3, s * (1 - b))):
        curves[:, i, j] += value
        curves[:, j, i] += value
