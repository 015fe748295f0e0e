"""How models, naive forecasts and outcomes are called on the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.lifetime import ForecastErrors
from analysis.report.blocks import Column
from analysis.report.values import Value

__all__ = ["PURCHASES", "SPEND", "Outcome", "age_labels", "method_term"]


@dataclass(frozen=True)
class Outcome:
    """What is forecast.

    Parameters
    ----------
    id : str
        Its name in `Holdout.errors`, and the prefix of block ids and metrics.
    words : str
        As it stands within a sentence.
    kind : str
        How amounts of it are written.
    """

    id: str
    words: str
    kind: str

    def value(self, amount: float, low: float | None = None, high: float | None = None, level: float = 0.95) -> Value:
        """An amount a customer."""
        return Value(self.kind, amount, low, high, level, None if self.kind == "money" else 2)

    def total(self, amount: float, low: float | None = None, high: float | None = None, level: float = 0.95) -> Value:
        """An amount of all customers together."""
        return Value(self.kind, amount, low, high, level, 0)

    def column(self, label: str, low: str | None = None, high: str | None = None) -> Column:
        """A column of amounts a customer."""
        return Column(label, self.kind, low=low, high=high, digits=None if self.kind == "money" else 2)


PURCHASES = Outcome("purchases", "purchases", "number")
SPEND = Outcome("amount", "spend", "money")


def method_term(method: str, errors: ForecastErrors) -> str:
    """The term id of a model or a naive forecast."""
    return f"naive_{method}" if method in errors.baselines else f"model_{method}"


def age_labels(groups: Iterable[int], age_days: Sequence[int]) -> list[str]:
    """Classes of time since the first purchase in words.

    >>> age_labels([0, 1, 2], [90, 365])
    ['up to 90 days', '91 to 365 days', 'more than 365 days']
    """
    edges = [0, *age_days]
    return [
        f"up to {edges[1]} days" if group == 0
        else f"more than {edges[-1]} days" if group == len(age_days)
        else f"{edges[group] + 1} to {edges[group + 1]} days"
        for group in groups
    ]  # fmt: skip
