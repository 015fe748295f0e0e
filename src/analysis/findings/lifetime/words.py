"""How models, naive forecasts and outcomes are called on the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.lifetime import ForecastErrors, Valuation
from analysis.report.blocks import Column
from analysis.report.values import Value, count
from analysis.report.wording import Message, message, msgid

__all__ = ["PURCHASES", "SPEND", "Outcome", "age_labels", "expected", "method_term", "repeats"]


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


PURCHASES = Outcome("purchases", msgid("purchases"), "number")
SPEND = Outcome("amount", msgid("spend"), "money")


_EXPECTED = msgid({"spend": "spend", "margin": "margin", "purchases": "purchases"})


def expected(found: Valuation) -> str:
    """What is expected, as it stands within a sentence: spend, the margin on it, or purchases where there is no money.

    It is the key under which labels of it stand, too.
    """
    if not found.money:
        return _EXPECTED["purchases"]
    return _EXPECTED["spend" if found.margin == 1 else "margin"]


def method_term(method: str, errors: ForecastErrors) -> str:
    """The term id of a model or a naive forecast."""
    return f"naive_{method}" if method in errors.baselines else f"model_{method}"


def age_labels(groups: Iterable[int], age_days: Sequence[int]) -> list[Message]:
    """Classes of time since the first purchase in words.

    >>> [label.template for label in age_labels([0, 1, 2], [90, 365])]
    ['up to {high} days', '{low} to {high} days', 'more than {low} days']
    """
    edges = [0, *age_days]
    return [
        message("up to {high} days", high=count(edges[1])) if group == 0
        else message("more than {low} days", low=count(edges[-1])) if group == len(age_days)
        else message("{low} to {high} days", low=count(edges[group] + 1), high=count(edges[group + 1]))
        for group in groups
    ]  # fmt: skip


def repeats(number: int, *, open_end: bool = False) -> Message:
    """So many repeat purchases, or so many and more, in words.

    >>> repeats(3).template, repeats(7, open_end=True).template
    ('{n} repeat purchases', '{n} or more repeat purchases')
    """
    if open_end:
        return message("{n} or more repeat purchases", n=count(number))
    return message("{n} repeat purchases", n=count(number))
