"""Whom it pays to contact: the profit curve, the threshold that follows from the costs, and what is only assumed."""

from __future__ import annotations

import pandas as pd

from analysis.classification import Profit
from analysis.findings.classification.answer import Answer
from analysis.findings.classification.comparison import model_term
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Table, blocks
from analysis.report.values import Value, count, number, percent, term

__all__ = ["paying"]

_RULES = {
    "validated": "From the threshold that paid best before",
    "break_even": "From the break-even chance",
    "everybody": "Contact everybody",
    "nobody": "Contact nobody",
}


def paying(answer: Answer, *, given: bool = False) -> Blocks:
    """Profit by threshold on the test period.

    Parameters
    ----------
    answer : Answer
    given : bool
        Whether the value of a customer won was given rather than taken from the purchases.
    """
    if not answer.known:
        return blocks()
    if answer.found.profit is None:
        words = (
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
    costs = found.economics
    source = (
        "The value is a parameter."
        if given
        else "The value is what a [one] spent on average in the periods learnt from, times the margin, and a parameter "
        "can replace it."
    )
    words = (
        "Reckoned with {cost} for a contact, {value} for each customer won, and {success} of likely [who] who are won "
        f"only because of the contact. {source} Cost, margin and success are examples until they are measured: replace "
        "them with your own before acting."
    )
    return answer.note(
        "costs",
        words,
        "limit",
        cost=answer.amount(costs.cost),
        value=answer.amount(costs.value),
        success=percent(costs.success),
    )


def _verdict(answer: Answer, found: Profit) -> Block:
    row = _rule(found, "validated")
    threshold = float(row["threshold"])
    against = {"everybody": "contacting everybody", "nobody": "contacting nobody"}[found.against]
    arguments = {
        "threshold": percent(min(threshold, 1.0)),
        "contacted": percent(float(row["contacted"])),
        "profit": _total(answer, row, ("profit", "low", "high")),
        "more": _total(answer, row, ("difference", "difference_low", "difference_high")),
        "n": count(answer.n_test),
        "zero": number(0),
        "one": number(1),
    }
    if threshold > 1:
        words = "At these costs no contact paid in the periods learnt from, so nobody would have been contacted."
        return answer.sentence("paying", words, claim="raw > one", role="finding", raw=number(threshold), **arguments)
    start = (
        "At these costs, contacting those with a chance of {threshold} or more ({contacted} of {n} customers) would "
        "have brought {profit} in the test period"
    )
    if found.pays:
        words, claim = f"{start}: {{more}} more than {against}.", "more.low > zero"
    elif float(row["difference_high"]) < 0:
        words, claim = f"{start}: less than {against} ({{more}}).", "more.high < zero"
    else:
        words = f"{start}, not clearly more than {against} (difference {{more}})."
        claim = "more.low <= zero and more.high >= zero"
    return answer.sentence("paying", words, claim=claim, role="finding", **arguments)


def _figure(answer: Answer, found: Profit) -> Block:
    row = _rule(found, "validated")
    return KeyFigure(
        answer.block("profit"),
        f"Profit of contacts at the threshold, {answer.words.short}",
        _total(answer, row, ("profit", "low", "high")),
        answer.metric("profit"),
        answer.n_test,
        answer.message("{contacted} of customers contacted; example costs", contacted=percent(float(row["contacted"]))),
        "up",
    )


def _chart(answer: Answer, found: Profit) -> Block:
    n = answer.n_test
    curve = found.curve.rename(columns={"contacted": "x"})
    data = curve.assign(y=curve["profit"] * n, low=curve["low"] * n, high=curve["high"] * n)
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
            "Profit of contacting the most likely [who] first, all {n} customers of the test period, with {level} "
            "intervals; {model}",
            n=count(n),
            level=percent(answer.level),
            model=term(model_term(answer.chosen)),
        ),
        description=(
            "Share of the customers contacted across, profit upwards, with a band for its interval. The dashed line is "
            "the threshold that was chosen in the periods learnt from; the highest point of the curve is known only "
            "afterwards."
        ),
        data=data[["x", "y", "low", "high", "threshold"]],
        columns={
            "x": Column("Customers contacted, most likely first", "percent"),
            "y": Column("Profit", answer.amount_kind, low="low", high="high"),
            "threshold": Column("Chance from which", "percent"),
        },
        options={"marks": [{"x": float(validated["contacted"]), "label": "threshold chosen before"}]},
    )


def _table(answer: Answer, found: Profit) -> Block:
    rules = found.rules.assign(name=[_RULES[name] for name in found.rules["rule"]])
    for name in ("profit", "low", "high"):
        rules[name] = rules[name] * answer.n_test
    rules["from"] = rules["threshold"].where(rules["threshold"].between(0, 1))
    return Table(
        answer.block("contact_rules"),
        answer.message(
            "Rules of contact on the test period, for all {n} customers; contacts pay from a chance of {even} on",
            n=count(answer.n_test),
            even=percent(found.economics.break_even)
            if found.economics.break_even <= 1
            else number(found.economics.break_even),
        ),
        rules,
        {
            "name": Column("Rule"),
            "from": Column("Chance from which", "percent"),
            "contacted": Column("Customers contacted", "percent"),
            "profit": Column("Profit", answer.amount_kind, low="low", high="high"),
        },
    )


def _limit(answer: Answer) -> Block:
    words = (
        "Profit takes the share of likely [who] that a contact wins as the same for all. Those most likely to do it "
        "would mostly do it anyway: let chance leave out a part of the list, and compare."
    )
    return answer.note("profit_limit", words, "limit")
