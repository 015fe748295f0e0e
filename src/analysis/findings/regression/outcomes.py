"""The later outcomes that are asked about: how they are called and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.regression import Study
from analysis.report.blocks import Column
from analysis.report.values import Value
from analysis.report.wording import Words, message, msgid, phrase

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
    figures : mapping of str to str
        Labels of its key figures by their ids: whole texts, since other programs read them too.
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
    figures: Mapping[str, str]

    @property
    def name(self) -> Value:
        """The outcome as a part of a sentence."""
        return phrase(self.words)

    def value(self, amount: float, low: float | None = None, high: float | None = None, level: float = 0.95) -> Value:
        """An amount of the outcome."""
        return Value(self.kind, amount, low, high, level, self.digits)

    def column(self, label: Words, low: str | None = None, high: str | None = None) -> Column:
        """A table's or chart's column of such amounts."""
        return Column(label, self.kind, low=low, high=high, digits=self.digits)

    def metric(self, name: str) -> str:
        """The id of a key figure's definition."""
        return f"regression.{self.id}_{name}.v1"

    def block(self, name: str) -> str:
        """The id of a block."""
        return f"{self.id}_{name}"


SPEND = Outcome(
    "spend", msgid("later spend"), "money", None, "baseline_last_spend",
    msgid({
        "held": "Effects on later spend that other customers show too",
        "error": "Typical error of forecasts of later spend",
        "error_against_baseline": "Error of forecasts of later spend against no model",
        "r_squared": "Share of the variance of later spend foretold",
    }),
)  # fmt: skip
ORDERS = Outcome(
    "orders", msgid("the number of later orders"), "number", 2, "baseline_last_orders",
    msgid({
        "held": "Effects on the number of later orders that other customers show too",
        "error": "Typical error of forecasts of the number of later orders",
        "error_against_baseline": "Error of forecasts of the number of later orders against no model",
        "r_squared": "Share of the variance of the number of later orders foretold",
    }),
)  # fmt: skip
SATISFACTION = Outcome(
    "satisfaction", msgid("later satisfaction"), "number", 2, "baseline_last_rating",
    msgid({
        "held": "Effects on later satisfaction that other customers show too",
        "error": "Typical error of forecasts of later satisfaction",
        "error_against_baseline": "Error of forecasts of later satisfaction against no model",
        "r_squared": "Share of the variance of later satisfaction foretold",
    }),
)  # fmt: skip


def model_term(model: str, outcome: Outcome) -> str:
    """The term id of a model or baseline."""
    return {"mean": "baseline_mean", "last_value": outcome.last}.get(model, f"model_{model}")


def change_of(study: Study, outcome: Outcome, row: Any, name: str = "change") -> tuple[Value, Value]:
    """A change of the outcome as a positive amount with its interval, and in words: that much higher or lower."""
    middle, low, high = (float(row[part]) for part in (name, f"{name}_low", f"{name}_high"))
    template = msgid("{change} higher") if middle >= 0 else msgid("{change} lower")
    if middle < 0:
        middle, low, high = -middle, -high, -low
    level = study.linear.level if study.linear is not None else 0.95
    if study.loglinear is not None:
        change = Value("percent", middle, low, high, level)
    else:
        change = outcome.value(middle, low, high, level)
    return change, phrase(message(template, change=change))
