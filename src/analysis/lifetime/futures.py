"""The future of given customers under given parameters: what is expected, and one that is drawn.

Expected values serve the estimates; drawn futures carry what nobody can know even with the true parameters: whether a
customer is still alive, how often that customer buys, when, and for how much. Both are exact: a customer's own rate and
chance of leaving are drawn from what the history says about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.lifetime.gamma_gamma import posterior
from analysis.lifetime.grouping import Histories
from analysis.lifetime.models import Parameters, PurchaseModel
from analysis.lifetime.value import Discounting, discounted_histories

__all__ = ["Future", "Values"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Values:
    """What is known of the value of customers' purchases: `frequency` purchases with that mean; shape (n,) each."""

    frequency: Floats
    mean: Floats

    def of(self, rows: NDArray[np.intp] | slice) -> Values:
        """Of some of the customers."""
        return Values(self.frequency[rows], self.mean[rows])


@dataclass(frozen=True)
class Future:
    """A question about (T, T + horizon] of some customers.

    Attributes
    ----------
    model : PurchaseModel
    histories : Histories
        With `inverse`: the history of each of the n customers.
    horizon : float
    values : Values, optional
        Without them purchases alone are asked for.
    discounting : Discounting, optional
    margin : float
    """

    model: PurchaseModel
    histories: Histories
    horizon: float
    values: Values | None = None
    discounting: Discounting | None = None
    margin: float = 1.0

    @property
    def discounted(self) -> bool:
        """Whether the moment of a purchase matters for its value."""
        return self.discounting is not None and self.discounting.rate > 0

    def counted(self, params: Parameters) -> Floats:
        """Discounted ÷ plain expected purchases of each history, 1 without discounting; shape (g,)."""
        if not self.discounted:
            return np.ones(len(self.histories))
        plain, counted = (
            discounted_histories(self.model, params, self.histories, discounting=rule, horizon=self.horizon)
            for rule in (None, self.discounting)
        )
        return np.divide(counted, plain, out=np.ones_like(plain), where=plain > 0)

    def expected(
        self, params: Parameters, value_params: Sequence[float] | None, *, counted: Floats | None = None
    ) -> Floats:
        """Expected purchases and, with values, expected value of each customer; shape (1 or 2, n).

        `counted` is what `counted` gives for near parameters: when customers buy moves far less with the parameters
        than how often, so that the integral over time need not be taken anew for each draw of them.
        """
        at = self.histories.inverse
        known = self.histories
        plain = discounted_histories(self.model, params, known, discounting=None, horizon=self.horizon)
        if self.values is None:
            return plain[at][None]
        discounted = plain * (self.counted(params) if counted is None else counted)
        each = self.values.mean
        if value_params is not None:
            shape, rate = posterior(tuple(value_params), self.values.frequency, self.values.mean)
            with np.errstate(divide="ignore"):
                each = np.where(shape > 1, value_params[0] * rate / (shape - 1), np.inf)
        return np.stack([plain[at], discounted[at] * each * self.margin])

    def drawn(self, params: Parameters, value_params: Sequence[float] | None, generator: np.random.Generator) -> Floats:
        """The same, drawn once: purchases and their value; shape (1 or 2, n)."""
        known, at = self.histories, self.histories.inverse
        alive = self.model.probability_alive(params, known.frequency, known.recency, known.T)[at]
        living = np.flatnonzero(generator.random(len(at)) < alive)
        ahead = self.model.survivor(params, known.frequency[at[living]], known.T[at[living]])
        made = self.model.draw(ahead, np.asarray(self.horizon), generator)
        out = np.zeros((1 if self.values is None else 2, len(at)))
        out[0, living] = made.counts
        if self.values is not None:
            some = self.values.of(living)
            out[1, living] = self._spent(some, made.counts, made.times, value_params, generator) * self.margin
        return out

    def _spent(
        self,
        values: Values,
        counts: NDArray[np.int64],
        times: Floats,
        value_params: Sequence[float] | None,
        generator: np.random.Generator,
    ) -> Floats:
        """What each customer spends on drawn purchases."""
        who = np.repeat(np.arange(len(counts)), counts)
        factor = self.discounting.factor(times) if self.discounted and self.discounting else None
        if value_params is None:  # the value of a purchase is given
            share = counts if factor is None else np.bincount(who, weights=factor, minlength=len(counts))
            return np.asarray(values.mean * share)
        p = value_params[0]
        shape, rate = posterior(tuple(value_params), values.frequency, values.mean)
        own = rate / generator.standard_gamma(shape)  # the scale 1 ÷ ν of this customer's purchases
        if factor is None:
            spent = np.where(counts > 0, generator.standard_gamma(np.maximum(p * counts, 1e-9)), 0.0)
        else:
            each = generator.standard_gamma(p, len(who)) * factor
            spent = np.bincount(who, weights=each, minlength=len(counts))
        return np.asarray(spent * own)
