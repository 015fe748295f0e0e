"""BG/NBD: customers buy at a constant rate of their own and may leave after any purchase.

A customer buys as a Poisson process with rate λ while alive; after each repeat purchase the customer leaves for good
with probability p. Over customers λ is Gamma(shape r, rate α) and p is Beta(a, b), independent of each other. A
customer without a repeat purchase has had no occasion to leave, so the model counts every such customer as alive.

The modified model, MBG/NBD, gives that occasion after the first purchase too: a new customer may leave at once.

Sources: Fader, Hardie and Lee (2005), *"Counting your customers" the easy way: an alternative to the Pareto/NBD model*,
Marketing Science 24, 275-284 (equations 6, 8, 9 and 10); Batislam, Denizel and Filiztekin (2007), *Empirical validation
and comparison of models for customer base analysis*, International Journal of Research in Marketing 24, 201-209 (MBG).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.lifetime.fitting import PurchaseFit, fit_purchases
from analysis.lifetime.grouping import Histories, distinct_pairs
from analysis.lifetime.models import Parameters, PurchaseModel, Purchases, sorted_times
from analysis.lifetime.optimise import Evaluation, Objective
from analysis.lifetime.quadrature import beta_nodes
from analysis.lifetime.rising import Counts, log_choices, rising

__all__ = ["BG_NBD", "MBG_NBD", "BetaGeometric", "bg_nbd", "mbg_nbd"]

Floats = NDArray[np.float64]

#: Nodes over p, and more with the square root of the horizon over α + T, up to a most.
_NODES, _MOST_NODES = 16, 1500
#: How far b may lie apart among customers who share nodes: as far as the smallest b, within these bounds.
_SHARED = (8.0, 32.0)
#: Smallest ratio of b to a at which nodes are shared.
_RARE = 1e-3
#: Numbers held at once.
_CELLS = 4_000_000


def bg_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    penalty: float = 0.0,
    level: float = 0.95,
    random_state: int = 0,
) -> PurchaseFit:
    """Fit the BG/NBD model by maximum likelihood.

    Parameters
    ----------
    frequency, recency, T : array_like, shape (n,)
        Repeat purchases, time of the last one and time under observation, both since the first purchase; in any one
        unit of time, which is then that of every rate and horizon.
    weights : array_like, shape (n,), optional
        Customers that a row stands for.
    penalty : float
        Takes this times the sum of the squared parameters from the log-likelihood a customer; 0 is plain maximum
        likelihood.
    level : float
        Of the intervals of the parameters.
    random_state : int
        Seed of two of the starting points.

    Returns
    -------
    PurchaseFit
        With parameters r, alpha, a and b.

    Raises
    ------
    AnalysisError
        If a history cannot be (recency above T, say), nobody bought again, or there are too few different histories.

    Examples
    --------
    >>> from analysis.lifetime import simulate_bg_nbd
    >>> truth = {"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 2.5}
    >>> shop = simulate_bg_nbd(truth, T=[40.0] * 4000, random_state=1)
    >>> fit = bg_nbd(shop["frequency"], shop["recency"], shop["T"])
    >>> table = fit.table.set_index("parameter")
    >>> [name for name, value in truth.items() if table.loc[name, "low"] < value < table.loc[name, "high"]]
    ['r', 'alpha', 'a', 'b']
    """
    return fit_purchases(
        BG_NBD, frequency, recency, T, weights=weights, penalty=penalty, level=level, random_state=random_state
    )


def mbg_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    penalty: float = 0.0,
    level: float = 0.95,
    random_state: int = 0,
) -> PurchaseFit:
    """Fit the MBG/NBD model, in which customers may leave after their first purchase already; otherwise as `bg_nbd`.

    Examples
    --------
    >>> from analysis.lifetime import simulate_bg_nbd
    >>> shop = simulate_bg_nbd({"r": 0.5, "alpha": 6, "a": 0.8, "b": 2.5}, T=[40.0] * 2000, random_state=1)
    >>> fit = mbg_nbd(shop["frequency"], shop["recency"], shop["T"])
    >>> bool(0 < fit.probability_alive([0], [0], [40])[0] < 1)
    True
    """
    return fit_purchases(
        MBG_NBD, frequency, recency, T, weights=weights, penalty=penalty, level=level, random_state=random_state
    )


class BetaGeometric(PurchaseModel):
    """The formulas of the BG/NBD model, and of the MBG/NBD model with `leaves_at_once`."""

    parameters = ("r", "alpha", "a", "b")

    def __init__(self, *, leaves_at_once: bool = False) -> None:
        self.name = "MBG/NBD" if leaves_at_once else "BG/NBD"
        #: Occasions to leave before the first repeat purchase.
        self.first = int(leaves_at_once)

    def likelihood(self, histories: Histories) -> Objective:
        """Equation 6, summed over histories times their customers."""
        counts, occasions = Counts(histories.frequency), Counts(histories.frequency + self.first)
        customers = np.bincount(counts.codes, weights=histories.customers).astype(np.float64)

        def evaluate(log_params: Floats) -> Evaluation:
            r, alpha, a, b = np.exp(log_params)
            value, gradient, hessian = _mixture(histories, self.first, r, alpha, a, b)
            more = _constants(counts, occasions, customers, r, a, b)
            return value + more[0], gradient + more[1], hessian + more[2]

        return evaluate

    def starts(self, histories: Histories) -> list[Floats]:
        """Rates from even to very unequal, with the mean that was observed; departures from rare to often."""
        pace = np.log(histories.customers @ histories.T) - np.log(histories.customers @ histories.frequency)
        guesses = ((0.3, 0.8, 2.5), (1.0, 1.0, 1.0), (3.0, 0.2, 5.0))
        return [np.array([np.log(r), np.log(r) + pace, np.log(a), np.log(b)]) for r, a, b in guesses]

    def probability_alive(self, params: Parameters, frequency: Floats, recency: Floats, T: Floats) -> Floats:
        """Fader and Hardie (2008), note 021, equation 1; 1 where there was no occasion to leave."""
        r, alpha, a, b = params
        occasions = frequency + self.first
        odds = np.log(a) - np.log(b + np.maximum(occasions, 1) - 1)
        odds = odds + (r + frequency) * np.log1p((T - recency) / (alpha + recency))
        return np.where(occasions > 0, special.expit(-odds), 1.0)

    def survivor(self, params: Parameters, frequency: Floats, T: Floats) -> tuple[Floats, ...]:
        """Alive with x repeat purchases: Gamma(r + x, α + T) and Beta(a, b + the occasions passed)."""
        r, alpha, a, b = params
        return r + frequency, alpha + T, a + 0.0 * frequency, b + frequency + self.first

    def newcomer(self, params: Parameters) -> tuple[Floats, tuple[Floats, ...]]:
        """Who passes the occasion after the first purchase, if there is one: b ÷ (a + b), then Beta(a, b + 1)."""
        r, alpha, a, b = params
        return (np.asarray(b / (a + b)) if self.first else np.ones_like(b)), (r, alpha, a, b + self.first)

    def expected(self, params: Parameters, horizon: Floats) -> Floats:
        """Equation 9, before its integral over p is written with 2F1: E[(1 − (1 + p t ÷ α)^−r) ÷ p]."""

        def given(p: Floats, r: Floats, alpha: Floats, t: Floats) -> Floats:
            return np.asarray(-np.expm1(-r * np.log1p(p * t / alpha)) / p)

        return _over_p(given, params, horizon)

    def rate(self, params: Parameters, time: Floats) -> Floats:
        """E[λ exp(−λ p t)], the derivative of equation 9."""

        def given(p: Floats, r: Floats, alpha: Floats, t: Floats) -> Floats:
            return np.asarray(r / alpha * np.exp(-(r + 1) * np.log1p(p * t / alpha)))

        return _over_p(given, params, time)

    def timescale(self, params: Parameters) -> float:
        """As if everybody left after the first purchase."""
        r, alpha, _, _ = params
        return float(np.min(alpha / (r + 1)))

    def probabilities(self, params: Parameters, horizon: Floats, most: int) -> Floats:
        """Equation 8; the chance of at least x purchases of an undying customer is an incomplete beta integral."""
        r, alpha, a, b, t = (np.atleast_1d(part)[:, None] for part in np.broadcast_arrays(*params, horizon))
        x = np.arange(most + 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            counted = log_choices(r[:, 0], most) - r * np.log1p(t / alpha)
            counted = counted + np.where(x > 0, x * (np.log(t) - np.log(alpha + t)), 0.0)
            stay = special.betaln(a, b + x) - special.betaln(a, b)
            leave = special.betaln(a + 1, b + np.maximum(x, 1) - 1) - special.betaln(a, b)
        at_least = special.betainc(np.maximum(x, 1), r, t / (alpha + t))
        return np.asarray(np.exp(counted + stay) + np.where(x > 0, np.exp(leave) * at_least, 0.0))

    def draw(self, params: Parameters, horizon: Floats, generator: np.random.Generator) -> Purchases:
        """An undying customer's purchases, up to the one after which the customer leaves."""
        r, alpha, a, b, t = np.broadcast_arrays(*params, horizon)
        rates = generator.standard_gamma(r) / alpha
        leaving = np.clip(generator.beta(a, b), 1e-12, 1.0)
        made = generator.poisson(rates * t)
        last = np.minimum(generator.geometric(leaving), np.iinfo(np.int64).max // 2)
        who, share = sorted_times(made, generator)
        rank = np.arange(len(who)) - np.repeat(np.cumsum(made) - made, made)
        kept = rank < last[who]
        return Purchases(np.minimum(made, last), (share * t[who])[kept])


BG_NBD = BetaGeometric()
MBG_NBD = BetaGeometric(leaves_at_once=True)


def _mixture(histories: Histories, first: int, r: float, alpha: float, a: float, b: float) -> Evaluation:
    """Sum of ln(A3 + A4) + r ln α with its derivatives: the customer lives on to T, or left right after t_x."""
    x, t_x, T, n = histories.frequency, histories.recency, histories.T, histories.customers
    passed = np.maximum(x + first - 1, 0)  # occasions to leave that the customer has certainly passed
    left_at_all, beyond = x + first > 0, b + passed
    waited, paused = np.log1p(T / alpha), np.log1p(t_x / alpha)
    alive = -r * waited - x * np.log(alpha + T)
    left = np.where(left_at_all, np.log(a) - np.log(beyond) - r * paused - x * np.log(alpha + t_x), -np.inf)
    value = np.logaddexp(alive, left)
    gone = np.exp(left - value)
    slopes = np.array([-r * waited, (r * T - x * alpha) / (alpha + T)])
    # How far the derivatives of the second case lie from those of the first.
    apart = np.array([-r * paused, (r * t_x - x * alpha) / (alpha + t_x), np.ones_like(x), -b / beyond])
    apart[:2] -= slopes
    weight = n * gone
    gradient = apart @ weight
    gradient[:2] += slopes @ n
    hessian = (apart * (weight * (1 - gone))) @ apart.T
    for share, time, log_time in ((n - weight, T, waited), (weight, t_x, paused)):
        hessian[0, 0] -= r * (share @ log_time)
        cross = r * (share @ (time / (alpha + time)))
        hessian[0, 1] += cross
        hessian[1, 0] += cross
        hessian[1, 1] -= alpha * (share @ (time * (r + x) / (alpha + time) ** 2))
    hessian[3, 3] -= b * (weight @ (passed / beyond**2))
    return float(n @ value), gradient, hessian


def _constants(counts: Counts, occasions: Counts, customers: Floats, r: float, a: float, b: float) -> Evaluation:
    """Sum of ln A1 (without r ln α) and ln A2, which depend on x alone, with derivatives."""
    bought, bought1, bought2 = (customers @ part for part in rising(r, counts))
    _, both1, both2 = (customers @ part for part in rising(a + b, occasions))
    j = occasions.steps
    stayed = -customers @ occasions.sum(np.log1p(a / (b + j)))
    # The differences of the derivatives in b, from B(a, b + x), as sums in which nothing cancels.
    more1 = customers @ occasions.sum(a / ((b + j) * (a + b + j)))
    more2 = -customers @ occasions.sum(a * (a + 2 * (b + j)) / ((b + j) * (a + b + j)) ** 2)
    gradient = np.array([r * bought1, 0.0, -a * both1, b * more1])
    hessian = np.zeros((4, 4))
    hessian[0, 0] = r * bought1 + r**2 * bought2
    hessian[2, 2] = -a * both1 - a**2 * both2
    hessian[3, 3] = b * more1 + b**2 * more2
    hessian[2, 3] = hessian[3, 2] = -a * b * both2
    return float(bought + stayed), gradient, hessian


def _over_p(given: Callable[[Floats, Floats, Floats, Floats], Floats], params: Parameters, times: Floats) -> Floats:
    """The expected value over p ~ Beta(a, b) of a function of p, r, α and t, for each customer and time.

    Customers whose a is the same and whose b lie few whole numbers apart share the nodes: the density of Beta(a, b + d)
    is that of Beta(a, b) times (1 − p)^d, for which d ÷ 2 more nodes are exact. The function is smooth in p down to
    −α ÷ t, so that a longer horizon asks for more nodes.
    """
    r, alpha, a, b = np.broadcast_arrays(*params)
    shape = np.broadcast_shapes(r.shape, np.shape(times))
    t = np.broadcast_to(times, shape).reshape(r.size, -1)
    r, alpha, a, b = (np.ravel(part) for part in (r, alpha, a, b))
    out = np.empty(t.shape)
    first, second, codes = distinct_pairs(a, b)
    order = np.argsort(codes, kind="stable")
    ends = np.append(0, np.cumsum(np.bincount(codes, minlength=len(first))))
    for low, high in _families(first, second):
        members = order[ends[low] : ends[high]]
        reach = float((t[members].max(axis=1, initial=0.0) / alpha[members]).max(initial=0.0))
        apart = np.round(second[low:high] - second[low])
        count = min(_MOST_NODES, _NODES + int(12 * np.sqrt(reach))) + int(apart[-1] + 1) // 2
        nodes, weights = beta_nodes(first[low], second[low], count)
        each = weights * (1 - nodes) ** apart[:, None]
        each /= each.sum(axis=1, keepdims=True)
        nodes = np.maximum(nodes, 1e-300)
        step = max(1, _CELLS // (count * t.shape[1]))
        for at in range(0, len(members), step):
            some = members[at : at + step]
            values = given(nodes, r[some, None, None], alpha[some, None, None], t[some, :, None])
            out[some] = np.einsum("ktn,kn->kt", values, each[codes[some] - low])
    return out.reshape(shape)


def _families(a: Floats, b: Floats) -> Iterator[tuple[int, int]]:
    """Runs of ascending pairs that share nodes: one a, and b at whole and few steps from the first."""
    low = 0
    while low < len(a):
        apart = b[low:] - b[low]
        near = (a[low:] == a[low]) & (apart <= np.clip(b[low], *_SHARED)) & (np.abs(apart - np.round(apart)) < 1e-9)
        if b[low] < _RARE * a[low]:  # 1 − p has too few digits there
            near[1:] = False
        high = low + (len(near) if near.all() else int(np.argmin(near)))
        yield low, high
        low = high
