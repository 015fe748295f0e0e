"""What contacting customers brings, by the probability from which they are contacted.

A contact costs `cost`. With the share `success` of those whose event would come (a leaving customer who is kept, a
buyer who answers) it brings `value`; with all others nothing. So a contact pays where the probability of the event is
above cost ÷ (value x success) (Elkan 2001, IJCAI, equation 2; Verbeke et al. 2012, European Journal of Operational
Research 218, 211-229).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.bootstrap import Statistic, intervals
from analysis.classification.metrics import checked
from analysis.errors import AnalysisError

__all__ = ["Economics", "Profit", "best_threshold", "profit"]

Floats = NDArray[np.float64]

#: Points of the profit curve.
POINTS = 60


@dataclass(frozen=True)
class Economics:
    """What a contact costs and brings, in one currency.

    Parameters
    ----------
    cost : float
        Of contacting one customer; above 0.
    value : float
        Of a customer won or kept; above 0.
    success : float
        Share of those whom a contact can win that it does win; above 0, at most 1.
    wins : "event" or "others"
        Whom a contact can win: those whose event would come (a leaving customer, a buyer who answers), or the others
        (who would stay away, where the event is to buy again). Thresholds are probabilities of being one of them.
    """

    cost: float
    value: float
    success: float = 1.0
    wins: Literal["event", "others"] = "event"

    def __post_init__(self) -> None:
        problems = []
        for name in ("cost", "value"):
            amount = getattr(self, name)
            if not (np.isfinite(amount) and amount > 0):
                problems.append(f"{name} must be above 0; got {amount}")
        if not 0 < self.success <= 1:
            problems.append(f"success must be a share above 0 and at most 1; got {self.success}")
        if self.wins not in ("event", "others"):
            problems.append(f"wins must be event or others; got {self.wins!r}")
        if problems:
            raise AnalysisError("classification, costs of a contact: " + "; ".join(problems))

    @property
    def break_even(self) -> float:
        """The probability from which a contact pays; above 1 where none can."""
        return self.cost / (self.value * self.success)

    def winnable(self, chance: Floats) -> Floats:
        """Labels, or probabilities, of those whom a contact can win.

        >>> Economics(cost=1, value=3, wins="others").winnable(np.array([0.25, 1.0])).tolist()
        [0.75, 0.0]
        """
        return chance if self.wins == "event" else 1 - chance

    def gain(self, label: Floats) -> Floats:
        """What contacting each customer brings."""
        return label * self.value * self.success - self.cost


@dataclass(frozen=True)
class Profit:
    """Profit of rules of contact, per customer (contacted or not), on rows that chose nothing.

    Parameters
    ----------
    economics : Economics
    threshold : float
        The probability that paid best on the validation rows of the training period.
    rules : DataFrame
        rule (validated: from `threshold` on; break_even: from the break-even probability on; everybody; nobody),
        threshold, contacted (share), profit (per customer), low, high; and against the better of everybody and nobody,
        `against`: difference, difference_low, difference_high.
    curve : DataFrame
        threshold, contacted (share), profit, low, high; highest threshold first.
    pays : bool
        The validated rule earns more than the better of everybody and nobody, the whole interval above 0.
    """

    economics: Economics
    threshold: float
    rules: pd.DataFrame
    curve: pd.DataFrame
    against: str
    pays: bool


def best_threshold(label: ArrayLike, probability: ArrayLike, economics: Economics) -> float:
    """The probability from which contacting paid best on these rows; above 1 where contacting nobody did.

    Between the last customer contacted and the next, the middle.

    >>> best_threshold([1, 1, 0, 0], [0.9, 0.6, 0.4, 0.1], Economics(cost=1, value=3))
    0.5
    """
    y, values = checked(label, probability)
    p = values[:, 0]
    order = np.argsort(-p, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(p[order]) != 0, True])
    total = economics.gain(y)[order].cumsum()[ends]
    best = int(np.argmax(total))
    if total[best] <= 0:
        return float(np.nextafter(1.0, 2.0))
    last = float(p[order][ends[best]])
    following = float(p[order][ends[best] + 1]) if best + 1 < len(ends) else 0.0
    return (last + following) / 2


def profit(
    label: ArrayLike,
    probability: ArrayLike,
    *,
    economics: Economics,
    threshold: float,
    replicates: int = 1000,
    level: float = 0.95,
    random_state: int,
) -> Profit:
    """Profit on test rows by threshold, and of the rules that follow.

    Parameters
    ----------
    label, probability : array_like, shape (n,)
        Test rows.
    economics : Economics
    threshold : float
        Chosen elsewhere: `best_threshold` of validation rows.
    replicates, level, random_state
        Of the bootstrap over customers; intervals are percentiles.

    Examples
    --------
    >>> y, p = [1, 1, 0, 0] * 25, [0.9, 0.6, 0.4, 0.1] * 25
    >>> found = profit(y, p, economics=Economics(cost=1, value=3), threshold=0.5, replicates=200, random_state=0)
    >>> found.rules.set_index("rule")["profit"].to_dict()
    {'validated': 1.0, 'break_even': 0.75, 'everybody': 0.5, 'nobody': 0.0}
    """
    y, values = checked(label, probability)
    p = values[:, 0]
    cuts = np.unique(np.quantile(p, np.linspace(0, 1, POINTS)))[::-1]
    cuts = np.r_[np.nextafter(cuts[0], 2.0), cuts]
    names = ("validated", "break_even", "everybody", "nobody")
    lines = np.r_[threshold, economics.break_even, -np.inf, np.inf, cuts]
    each = (p[:, None] >= lines[None, :]) * economics.gain(y)[:, None]
    constant = 2 if each[:, 2].mean() > each[:, 3].mean() else 3
    rules = len(names)
    every = np.column_stack([each, each[:, :rules] - each[:, [constant]]])
    found = intervals(
        every, {"profit": Statistic(lambda data, weights: weights @ data / weights.sum(axis=1, keepdims=True))},
        replicates=replicates, level=level, method="percentile", random_state=random_state,
    )["profit"]  # fmt: skip
    contacted = (p[:, None] >= lines[None, :]).mean(axis=0)
    table = pd.DataFrame({"threshold": lines, "contacted": contacted})
    for name, part in (("profit", found.estimate), ("low", found.low), ("high", found.high)):
        table[name] = np.asarray(part)[: len(lines)]
    top = table.iloc[:rules].reset_index(drop=True)
    top.insert(0, "rule", names)
    for name, part in (("difference", found.estimate), ("difference_low", found.low), ("difference_high", found.high)):
        top[name] = np.asarray(part)[len(lines) :]
    pays = bool(top["difference_low"].iloc[0] > 0)
    return Profit(economics, threshold, top, table.iloc[rules:].reset_index(drop=True), names[constant], pays)
