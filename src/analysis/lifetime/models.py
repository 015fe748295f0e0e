"""What a model of repeat purchases must be able to do; the fit, the predictions and the intervals know only this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.lifetime.grouping import Histories
from analysis.lifetime.optimise import Objective

__all__ = ["Parameters", "PurchaseModel", "Purchases", "sorted_times"]

Floats = NDArray[np.float64]
#: The parameters in the model's order, each a number or an array with one value a customer.
Parameters = Sequence[Floats]


class Purchases(NamedTuple):
    """Simulated purchases: how many each customer makes, and when, customer by customer in ascending order."""

    counts: NDArray[np.int64]
    times: Floats


class PurchaseModel(ABC):
    """Purchases while alive, and an unobserved end.

    `probability_alive` and `survivor` split every prediction in two: whether the customer is still alive at T, and what
    a living customer does. By conjugacy a customer who is alive at T with x repeat purchases behaves as one who is
    alive at the start with other parameters, so that all else is said about such customers only.
    """

    #: Name in print.
    name: str
    #: Names of the parameters.
    parameters: tuple[str, ...]

    @abstractmethod
    def likelihood(self, histories: Histories) -> Objective:
        """Log-likelihood of the log-parameters, with gradient and Hessian."""

    @abstractmethod
    def starts(self, histories: Histories) -> list[Floats]:
        """Starting points in log-parameters."""

    @abstractmethod
    def probability_alive(self, params: Parameters, frequency: Floats, recency: Floats, T: Floats) -> Floats:
        """Probability that a customer with this history is alive at T."""

    @abstractmethod
    def survivor(self, params: Parameters, frequency: Floats, T: Floats) -> tuple[Floats, ...]:
        """Parameters with which a customer alive at T lives on."""

    def newcomer(self, params: Parameters) -> tuple[Floats, tuple[Floats, ...]]:
        """The chance that a new customer is alive after the first purchase, and the parameters of such a customer."""
        return np.ones_like(params[0]), tuple(params)

    @abstractmethod
    def expected(self, params: Parameters, horizon: Floats) -> Floats:
        """Expected purchases of a living customer within `horizon`; parameters (n, 1) and k times give (n, k)."""

    @abstractmethod
    def rate(self, params: Parameters, time: Floats) -> Floats:
        """Expected purchases of a living customer per unit of time, at `time` (the derivative of `expected`)."""

    @abstractmethod
    def timescale(self, params: Parameters) -> float:
        """The shortest time in which the rate of any of these customers falls markedly."""

    @abstractmethod
    def probabilities(self, params: Parameters, horizon: Floats, most: int) -> Floats:
        """P(X = 0), …, P(X = most) of a living customer's purchases X within `horizon`, shape (n, most + 1)."""

    @abstractmethod
    def draw(self, params: Parameters, horizon: Floats, generator: np.random.Generator) -> Purchases:
        """Purchases of living customers within `horizon`, simulated."""


def sorted_times(counts: NDArray[np.int64], generator: np.random.Generator) -> tuple[NDArray[np.intp], Floats]:
    """Who buys, and when within a span from 0 to 1: the moments of a Poisson process, given their number.

    >>> who, times = sorted_times(np.array([2, 0, 1]), np.random.default_rng(1))
    >>> who.tolist(), bool(times[0] < times[1])
    ([0, 0, 2], True)
    """
    who = np.repeat(np.arange(len(counts)), counts)
    # Sorted as numbers whose whole part is the customer, which is faster than sorting by two keys.
    return who, np.sort(who + generator.random(len(who))) - who
