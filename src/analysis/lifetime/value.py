"""What future purchases are worth today: discounting, discounted purchases and the value of customers.

Discounting is stated, never implied: a yearly rate i takes the factor (1 + i)^(−years). `timing="continuous"` applies
it to the moment of each purchase, `timing="end_of_period"` to the end of the period it falls into, as accounts do.

Without an end of the horizon the discounted purchases of the Pareto/NBD model are Fader, Hardie and Lee's DERT
(discounted expected residual transactions), in closed form with Tricomi's function:
P(alive) (r + x) ÷ (α + T) · (β + T)^s δ^(s − 1) Ψ(s, s; δ (β + T)). Here all cases are one integral over time, of the
expected rate of a living customer; the tests hold it to the closed form. Source: Fader, Hardie and Lee (2005), *RFM and
CLV: using iso-value curves for customer base analysis*, Journal of Marketing Research 42, 415-430.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError
from analysis.lifetime.fitting import PurchaseFit
from analysis.lifetime.gamma_gamma import GammaGammaFit
from analysis.lifetime.grouping import Histories, group
from analysis.lifetime.models import Parameters, PurchaseModel
from analysis.lifetime.quadrature import flat_nodes

__all__ = ["Discounting", "customer_value", "discounted_histories", "discounted_purchases"]

Floats = NDArray[np.float64]

#: Nodes over time: so many, and more for each e-fold of the horizon over the model's own scale of time.
_NODES, _MORE = 12, 10
#: A horizon without end stops where the factor is e to the minus this.
_LAST = 40.0
#: Customers times times that are held at once.
_CELLS = 1_000_000


@dataclass(frozen=True)
class Discounting:
    """How money to come is turned into money of today.

    Attributes
    ----------
    rate : float
        Interest earned in `per` units of time, 0.1 for 10 %; 0 is no discounting.
    per : float
        Units of time over which `rate` is earned: with weeks and a yearly rate 365.25 ÷ 7.
    timing : {"continuous", "end_of_period"}
        Whether a purchase is discounted from its own moment, or from the end of the period it falls into.
    period : float, optional
        Length of such a period; `per` by default.

    Examples
    --------
    >>> Discounting(0.1, per=52.0).factor(52.0).round(6)
    np.float64(0.909091)
    >>> Discounting(0.1, per=52.0, timing="end_of_period").factor([1.0, 52.0, 53.0]).round(4).tolist()
    [0.9091, 0.9091, 0.8264]
    """

    rate: float
    per: float
    timing: Literal["continuous", "end_of_period"] = "continuous"
    period: float | None = None

    def __post_init__(self) -> None:
        problems = []
        if not (np.isfinite(self.rate) and self.rate >= 0):
            problems.append(f"rate must be a number of at least 0 (0.1 is 10 %); got {self.rate!r}")
        for name, value in (("per", self.per), ("period", self.step)):
            if not (np.isfinite(value) and value > 0):
                problems.append(f"{name} must be above 0, in the unit of recency and T; got {value!r}")
        if self.timing not in ("continuous", "end_of_period"):
            problems.append(f"timing must be 'continuous' or 'end_of_period'; got {self.timing!r}")
        if problems:
            raise AnalysisError("Discounting: " + "; ".join(problems))

    @property
    def force(self) -> float:
        """δ, the continuous rate per unit of time: ln(1 + rate) ÷ per."""
        return float(np.log1p(self.rate) / self.per)

    @property
    def step(self) -> float:
        """Length of a period."""
        return self.per if self.period is None else self.period

    def factor(self, time: ArrayLike) -> Floats:
        """What a unit of money at each of these times from now is worth today."""
        moment = np.asarray(time, dtype=np.float64)
        if self.timing == "end_of_period":
            # A purchase at the very end of a period belongs to it, whatever the last digit says.
            moment = np.ceil(moment / self.step - 1e-9) * self.step
        return np.asarray(np.exp(-self.force * moment))


def discounted_purchases(
    fit: PurchaseFit,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    *,
    discounting: Discounting,
    horizon: float | None = None,
) -> Floats:
    """Expected purchases of each customer after T, each counted with its discount factor; shape (n,).

    Parameters
    ----------
    fit : PurchaseFit
    frequency, recency, T : array_like, shape (n,)
    discounting : Discounting
    horizon : float, optional
        Time from T on; without it there is no end, and the rate must be above 0.

    Examples
    --------
    >>> from analysis.lifetime import pareto_nbd, simulate_pareto_nbd
    >>> shop = simulate_pareto_nbd({"r": 0.6, "alpha": 10, "s": 0.7, "beta": 12}, T=[60.0] * 2000, random_state=1)
    >>> fit = pareto_nbd(shop["frequency"], shop["recency"], shop["T"])
    >>> yearly = Discounting(0.1, per=365.25 / 7)
    >>> year, always = (discounted_purchases(fit, [4], [50], [60], discounting=yearly, horizon=h) for h in (52, None))
    >>> bool(0 < year[0] < fit.expected_purchases([4], [50], [60], horizon=52)[0] < always[0])
    True
    """
    known = group(frequency, recency, T)
    return discounted_histories(fit.model, fit.values, known, discounting=discounting, horizon=horizon)[known.inverse]


def customer_value(
    fit: PurchaseFit,
    values: GammaGammaFit | ArrayLike,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    *,
    discounting: Discounting,
    horizon: float | None = None,
    valued: ArrayLike | None = None,
    monetary_value: ArrayLike | None = None,
    margin: float = 1.0,
) -> Floats:
    """Expected value of each customer's purchases after T in money of today; shape (n,).

    Discounted expected purchases × expected value of a purchase × margin: what is left of the customer's lifetime. The
    product of the two expectations is right where frequency and value are independent (see `independence`).

    Parameters
    ----------
    values : GammaGammaFit or array_like, shape (n,)
        Where the value of a purchase comes from: a fit, with `monetary_value` and `valued` (purchases that it is the
        mean of; `frequency` by default), or the expected values themselves.
    margin : float
        Share of the amount that counts; 1 is revenue.
    """
    if not (np.isfinite(margin) and margin > 0):
        raise AnalysisError(f"customer_value: margin is {margin!r}; it must be a number above 0 (1 is revenue)")
    bought = discounted_purchases(fit, frequency, recency, T, discounting=discounting, horizon=horizon)
    if isinstance(values, GammaGammaFit):
        if monetary_value is None:
            raise AnalysisError("customer_value: a Gamma-Gamma fit needs monetary_value, the mean value of purchases")
        each = values.expected_value(frequency if valued is None else valued, monetary_value)
    else:
        each = np.asarray(values, dtype=np.float64)
    if len(each) != len(bought):
        raise AnalysisError(f"customer_value: {len(each):,} values for {len(bought):,} customers; give one each")
    return bought * each * margin


def discounted_histories(
    model: PurchaseModel,
    params: Parameters,
    known: Histories,
    *,
    discounting: Discounting | None,
    horizon: float | None,
) -> Floats:
    """Discounted expected purchases of each history; without discounting plain ones."""
    alive = model.probability_alive(params, known.frequency, known.recency, known.T)
    x, T, at = known.ends()
    living = model.survivor(params, x, T)
    if horizon is not None and not (np.isfinite(horizon) and horizon > 0):
        raise AnalysisError(f"horizon is {horizon!r}; it must be finite and above 0, in the unit of recency and T")
    if discounting is None or (discounting.rate == 0 and horizon is not None):
        if horizon is None:
            raise AnalysisError("without discounting the horizon must have an end; name one")
        return alive * model.expected(living, np.asarray(horizon))[at]
    if discounting.rate == 0:
        raise AnalysisError("without an end of the horizon the discount rate must be above 0")
    end = _LAST / discounting.force if horizon is None else horizon
    if discounting.timing == "end_of_period":
        return alive * _stepwise(model, living, discounting, end)[at]
    return alive * _continuous(model, living, discounting, end)[at]


def _continuous(model: PurchaseModel, living: Parameters, discounting: Discounting, end: float) -> Floats:
    """The integral of rate × factor over time, by nodes that lie evenly in the logarithm of the scale plus time."""
    scale = model.timescale(living)
    reach = np.log1p(end / scale)
    nodes, weights = flat_nodes(_NODES + int(_MORE * reach))
    time = scale * np.expm1(reach * nodes)
    weights = weights * reach * (scale + time) * np.exp(-discounting.force * time)
    return np.asarray(_at_times(model.rate, living, time) @ weights)


def _stepwise(model: PurchaseModel, living: Parameters, discounting: Discounting, end: float) -> Floats:
    """Expected purchases of each period times the factor at its end; the last period may be cut short."""
    edges = np.append(np.arange(discounting.step, end * (1 - 1e-12), discounting.step), end)
    until = _at_times(model.expected, living, edges)
    return np.asarray(np.diff(until, axis=1, prepend=0.0) @ discounting.factor(edges))


def _at_times(function: Callable[[Parameters, Floats], Floats], living: Parameters, times: Floats) -> Floats:
    """A function of each living customer at several times, shape (n, k), in blocks that memory holds."""
    step = max(1, _CELLS // len(times))
    blocks = [
        function([np.atleast_1d(part)[at : at + step, None] for part in living], times)
        for at in range(0, len(living[1]), step)
    ]
    return np.concatenate(blocks)
