"""Whom it pays to win back: the profit curve, the threshold that follows from the costs, and what is only assumed."""

from __future__ import annotations

import pandas as pd

from analysis.classification import Profit
from analysis.findings.classification.answer import Answer
from analysis.findings.classification.comparison import model_term
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Table, blocks
from analysis.report.values import Value, count, number, percent, term
from analysis.report.wording import msgid, phrase

__all__ = ["limit", "paying"]

_RULES = msgid(
    {
        "validated": "Up to the chance that paid best before",
        "break_even": "Up to the break-even chance",
        "everybody": "Contact everybody",
        "nobody": "Contact nobody",
    }
)
#: What the threshold is compared with, within a sentence and at the head of a column.
_AGAINST = msgid({"everybody": "contacting everybody", "nobody": "contacting nobody"})
_MORE = msgid({"everybody": "More than contacting everybody", "nobody": "More than contacting nobody"})


def limit(found: Profit) -> float:
    """The chance to do it up to which customers are contacted; below 0 where nobody is.

    A study's thresholds are chances of staying away, because a contact can win those alone who would.
    """
    return 1 - found.threshold


def paying(answer: Answer, *, given: bool = False) -> Blocks:
    """Profit on the test period of contacting those who are least likely to come by themselves.

    Parameters
    ----------
    answer : Answer
    given : bool
        Whether the value of a customer kept was given rather than taken from the purchases.
    """
    if not answer.known:
        return blocks()
    if answer.found.profit is None:
        words = msgid(
            "What a contact would bring cannot be said, because the purchases carry no money and no value was given."
        )
        return blocks(answer.note("no_profit", words, "limit"))
    found = answer.found.profit
    return blocks(
        _assumed(answer, found, given=given),
        _verdict(answer, found),
        _figure(answer, found),
        _chart(answer, found),
        _table(answer, found),
        _limit(answer),
    )


def _rule(found: Profit, name: str) -> pd.Series:
    return found.rules.set_index("rule").loc[name]


def _total(answer: Answer, row: pd.Series, names: tuple[str, str, str]) -> Value:
    """A profit per customer as that of all test customers."""
    return answer.amount(*(float(row[name]) * answer.n_test for name in names))


def _assumed(answer: Answer, found: Profit, *, given: bool) -> Block:
    """The costs stand where the profit does, not among the limits at the page's end: without them it means nothing."""
    costs = found.economics
    words = msgid(
        "Reckoned with {cost} for a contact, {value} for each customer kept, and {success} of those who would stay "
        "away won by a contact; the value is a parameter. These are examples, not measurements: replace cost, margin "
        "and success by your own before acting."
        if given
        else "Reckoned with {cost} for a contact, {value} for each customer kept, and {success} of those who would "
        "stay away won by a contact; the value is what {who} spent on average in the periods learnt from, times the "
        "margin, and a parameter can replace it. These are examples, not measurements: replace cost, margin and "
        "success by your own before acting."
    )
    return answer.note(
        "costs", words, "warning", cost=answer.amount(costs.cost), value=answer.amount(costs.value),
        success=percent(costs.success),
    )  # fmt: skip


def _verdict(answer: Answer, found: Profit) -> Block:
    row = _rule(found, "validated")
    arguments = {
        "limit": percent(max(limit(found), 0.0)),
        "contacted": percent(float(row["contacted"])),
        "profit": _total(answer, row, ("profit", "low", "high")),
        "more": _total(answer, row, ("difference", "difference_low", "difference_high")),
        "n": count(answer.n_test),
        "against": phrase(_AGAINST[found.against]),
        "zero": number(0),
    }
    if limit(found) < 0:
        words = msgid("At these costs no contact paid in the periods learnt from, so nobody would have been contacted.")
        raw = number(limit(found))
        return answer.sentence("paying", words, claim="raw < zero", role="finding", raw=raw, **arguments)
    if found.pays:
        claim = "more.low > zero"
        words = msgid(
            "At these costs, contacting those whose chance to {will} is at most {limit} ({contacted} of {n} customers) "
            "would have brought {profit} in the test period: {more} more than {against}."
        )
    elif float(row["difference_high"]) < 0:
        claim = "more.high < zero"
        words = msgid(
            "At these costs, contacting those whose chance to {will} is at most {limit} ({contacted} of {n} customers) "
            "would have brought {profit} in the test period: less than {against} ({more})."
        )
    else:
        claim = "more.low <= zero and more.high >= zero"
        words = msgid(
            "At these costs, contacting those whose chance to {will} is at most {limit} ({contacted} of {n} customers) "
            "would have brought {profit} in the test period, not clearly more than {against} (difference {more})."
        )
    return answer.sentence("paying", words, claim=claim, role="finding", **arguments)


def _figure(answer: Answer, found: Profit) -> Block:
    row = _rule(found, "validated")
    return KeyFigure(
        answer.block("profit"),
        "Profit of contacts at the threshold",
        _total(answer, row, ("profit", "low", "high")),
        answer.metric("profit"),
        answer.n_test,
        answer.message("{contacted} of customers contacted; example costs", contacted=percent(float(row["contacted"]))),
        "up",
    )


def _chart(answer: Answer, found: Profit) -> Block:
    n = answer.n_test
    curve = found.curve.rename(columns={"contacted": "x"})
    highest = curve["profit"].idxmax()
    curve = curve[(curve.index % 2 == 0) | (curve.index == highest) | (curve.index == curve.index[-1])]
    data = curve.assign(
        y=curve["profit"] * n, low=curve["low"] * n, high=curve["high"] * n, chance=(1 - curve["threshold"]).clip(0, 1)
    )
    validated = _rule(found, "validated")
    best = data.loc[data["y"].idxmax()]
    return Figure(
        id=answer.block("profit_chart"),
        chart="line",
        title=answer.message(
            "Profit was highest with {share} of the customers contacted; the threshold chosen before the test period "
            "contacts {contacted}",
            claim="best >= chosen",
            share=percent(float(best["x"])),
            contacted=percent(float(validated["contacted"])),
            best=number(float(best["y"])),
            chosen=number(min(float(validated["profit"]) * n, float(best["y"]))),
        ),
        subtitle=answer.message(
            "Profit of contacting those first who are least likely to {will}, all {n} customers of the test period, "
            "with {level} intervals; {model}",
            n=count(n),
            level=percent(answer.level),
            model=term(model_term(answer.chosen)),
        ),
        description=(
            "Share of the customers contacted across, profit upwards, with a band for its interval. The dashed line is "
            "the threshold that was chosen in the periods learnt from; the highest point of the curve is known only "
            "afterwards."
        ),
        data=data[["x", "y", "low", "high", "chance"]],
        columns={
            "x": Column("Customers contacted, least likely first", "percent"),
            "y": Column("Profit", answer.amount_kind, low="low", high="high"),
            "chance": Column("Chance up to", "percent"),
        },
        options={"marks": [{"x": float(validated["contacted"]), "label": "threshold chosen before"}]},
    )


def _table(answer: Answer, found: Profit) -> Block:
    rules = found.rules.assign(name=[_RULES[name] for name in found.rules["rule"]])
    for name in ("profit", "low", "high", "difference", "difference_low", "difference_high"):
        rules[name] = rules[name] * answer.n_test
    rules["chance"] = (1 - rules["threshold"]).where(rules["threshold"].between(0, 1))
    even = 1 - found.economics.break_even
    words = msgid(
        "Rules of contact on the test period, for all {n} customers; a contact pays up to a chance of {even} to come "
        "without it"
        if even >= 0
        else "Rules of contact on the test period, for all {n} customers; at these costs no contact can pay"
    )
    return Table(
        answer.block("contact_rules"),
        answer.message(
            words, claim="even >= none" if even >= 0 else "even < none", n=count(answer.n_test), even=percent(even),
            none=count(0),
        ),
        rules,
        {
            "name": Column("Rule", "phrase"),
            "chance": Column("Chance up to", "percent"),
            "contacted": Column("Customers contacted", "percent"),
            "profit": Column("Profit", answer.amount_kind, low="low", high="high"),
            "difference": Column(
                _MORE[found.against], answer.amount_kind, low="difference_low", high="difference_high"
            ),
        },
    )  # fmt: skip


def _limit(answer: Answer) -> Block:
    words = msgid(
        "Profit takes the share that a contact wins as the same for all who would stay away. Those who have been away "
        "long are usually harder to win: let chance leave out a part of those contacted, and compare."
    )
    return answer.note("profit_limit", words, "limit")
