"""The later outcomes that are asked about: how they are called and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analysis.regression import Study
from analysis.report.blocks import Column
from analysis.report.values import Value

__all__ = ["ORDERS", "SATISFACTION", "SPEND", "Outcome", "change_of", "model_term"]


@dataclass(frozen=True)
class Outcome:
    """One outcome.

    Parameters
    ----------
    id : str
        Prefix of all block ids and metrics.
    words : str
        As it stands within a sentence.
    kind : str
        How its amounts are written.
    digits : int or None
        Decimals, where the kind does not decide.
    last : str
        Term id of the last-value baseline.
    """

    id: str
    words: str
    kind: str
    digits: int | None
    last: str

    def value(self, amount: float, low: float | None = None, high: float | None = None, level: float = 0.95) -> Value:
        """An amount of the outcome."""
        return Value(self.kind, amount, low, high, level, self.digits)

    def column(self, label: str, low: str | None = None, high: str | None = None) -> Column:
        """A table's or chart's column of such amounts."""
        return Column(label, self.kind, low=low, high=high, digits=self.digits)

    def metric(self, name: str) -> str:
        """The id of a key figure's definition."""
        return f"regression.{self.id}_{name}.v1"

    def block(self, name: str) -> str:
        """The id of a block."""
        return f"{self.id}_{name}"


SPEND = Outcome("spend", "later spend", "money", None, "baseline_last_spend")
ORDERS = Outcome("orders", "the number of later orders", "number", 2, "baseline_last_orders")
SATISFACTION = Outcome("satisfaction", "later satisfaction", "number", 2, "baseline_last_rating")


def model_term(model: str, outcome: Outcome) -> str:
    """The term id of a model or baseline."""
    return {"mean": "baseline_mean", "last_value": outcome.last}.get(model, f"model_{model}")


def change_of(study: Study, outcome: Outcome, row: Any, name: str = "change") -> tuple[Value, str]:
    """A change of the outcome as a positive amount with its interval, and "higher" or "lower"."""
    middle, low, high = (float(row[part]) for part in (name, f"{name}_low", f"{name}_high"))
    direction = "higher" if middle >= 0 else "lower"
    if middle < 0:
        middle, low, high = -middle, -high, -low
    level = study.linear.level if study.linear is not None else 0.95
    if study.loglinear is not None:
        return Value("percent", middle, low, high, level), direction
    return outcome.value(middle, low, high, level), direction
