"""One question with its answer: what every part of the page needs to speak of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from analysis.classification import Comparison, Gains, Remark, Study, Verdict
from analysis.report.blocks import Note, Sentence
from analysis.report.values import Value, days, money, number
from analysis.report.wording import Message, message, msgid, phrase

__all__ = ["BUY", "RESPOND", "Answer", "Words", "spend"]

T = TypeVar("T")


@dataclass(frozen=True)
class Words:
    """How a question is called.

    Parameters
    ----------
    id : str
        Prefix of all block ids and metrics.
    will, did : str or Message
        What a customer may do, and has done, as they stand within a sentence.
    who : str
        Those who do.
    short, brief : str
        The question for labels, and `will` without values, for cells.
    """

    id: str
    will: str | Message
    did: str | Message
    who: str
    short: str
    brief: str


BUY = Words("buy", *msgid(("buy again", "bought again", "buyers", "buying again", "buy again")))
RESPOND = Words(
    "respond", *msgid(("give feedback", "gave feedback", "respondents", "giving feedback", "give feedback"))
)  # fmt: skip
#: By these names sentences speak of the question.
_NAMES = ("will", "did", "who", "short", "brief")


def spend(above: float, *, currency: bool = True) -> Words:
    """Who will spend more than an amount.

    >>> spend(120.0).will.arguments["large"].value
    120.0
    """
    value = money(above) if currency else number(above)
    return Words(
        "spend",
        message("spend more than {large}", large=value),
        message("spent more than {large}", large=value),
        *msgid(("large spenders", "spending much", "spend much")),
    )


@dataclass(frozen=True)
class Answer:
    """A study with the words for it.

    Parameters
    ----------
    study : Study or None
        None where the data do not hold what is asked about.
    words : Words
    currency : bool
        Whether the purchases carry money.
    absent : sequence of str
        Columns that were asked for and that this data does not have.
    brief : bool
        Whether it is told in short, below another question.
    """

    study: Study | None
    words: Words
    currency: bool = True
    absent: Sequence[str] = ()
    brief: bool = False

    @property
    def known(self) -> bool:
        """Whether anything could be foretold and judged."""
        return self.study is not None and self.study.comparison is not None

    @property
    def role(self) -> str:
        """Of the sentences that answer the question: one question a page has the lead."""
        return "finding" if self.brief else "lead"

    @property
    def found(self) -> Study:
        """The study, where there is one."""
        return _there(self.study)

    @property
    def level(self) -> float:
        """Of all intervals."""
        return self.found.level

    @property
    def comparison(self) -> Comparison:
        """Models and baselines on the test rows."""
        return _there(self.found.comparison)

    @property
    def verdict(self) -> Verdict:
        """Whether the chosen model beats the best guess."""
        return _there(self.found.verdict)

    @property
    def gains(self) -> Gains:
        """Of the chosen model."""
        return _there(self.found.gains)

    @property
    def importance(self) -> pd.DataFrame:
        """Of the chosen model."""
        return _there(self.found.importance)

    @property
    def scores(self) -> pd.DataFrame:
        """Of today's customers."""
        return _there(self.found.scores)

    @property
    def horizon(self) -> Value:
        """Length of the period that is foretold."""
        return days(self.found.horizon_days)

    @property
    def amount_kind(self) -> str:
        """How amounts are written."""
        return "money" if self.currency else "number"

    def amount(self, value: float, low: float | None = None, high: float | None = None) -> Value:
        """An amount in the currency of the purchases, or in that of the parameters."""
        return Value(self.amount_kind, value, low, high, self.level)

    @property
    def chosen(self) -> str:
        """The model chosen before the test period."""
        return self.found.chosen

    @property
    def n_test(self) -> int:
        """Customers that judge."""
        return self.found.n_test

    def remarks(self, code: str) -> list[Remark]:
        """What the study remarked under a code."""
        return [remark for remark in self.found.remarks if remark.code == code]

    def block(self, name: str) -> str:
        """The id of a block."""
        return f"{self.words.id}_{name}"

    def metric(self, name: str) -> str:
        """The id of a key figure's definition."""
        return f"classification.{self.words.id}_{name}.v1"

    def message(self, template: str, *, claim: str | None = None, **arguments: Value) -> Message:
        """A message in which {will}, {did}, {who}, {short} and {brief} are this question's words."""
        own = {name: phrase(getattr(self.words, name)) for name in _NAMES if f"{{{name}}}" in template}
        return Message(template, {**own, **arguments}, claim)

    def sentence(
        self, name: str, template: str, *, claim: str | None = None, role: str = "finding", **arguments: Value
    ) -> Sentence:
        """A computed sentence in this question's words."""
        return Sentence(self.block(name), self.message(template, claim=claim, **arguments), role)

    def note(self, name: str, template: str, role: str = "method", **arguments: Value) -> Note:
        """A remark in this question's words."""
        return Note(self.block(name), self.message(template, claim=None, **arguments), role)


def _there(part: T | None) -> T:
    assert part is not None, "ask `known` first"
    return part
