"""What follows for action: whom to keep in touch with, whom to serve well, whom not to spend on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.findings.lifetime.words import expected
from analysis.lifetime import Valuation
from analysis.report.blocks import Block, Blocks, Note, blocks, sentence
from analysis.report.values import Value, count, days, money, number, percent
from analysis.report.wording import message, phrase

__all__ = ["actions"]


def actions(found: Valuation | None) -> Blocks:
    """Suggestions with the size of what is at stake; why there is none where nothing is forecast."""
    if found is None:
        nothing = message("Because nothing is forecast, nothing follows from this page for single customers.")
        return blocks(Note("no_actions", nothing, "warning"))
    customers = found.customers
    best = _best(found)
    fading = customers["state"] == "fading"
    gone = customers["state"] == "gone"
    return blocks(
        _reach_out(found, customers[best & fading]),
        _serve(found, customers[best & (customers["state"] == "active")]),
        _leave(found, customers[gone]),
        _second(found, customers[(customers["transactions"] == 1) & ~gone]),
        _spend_limit(found),
        Note(
            "try_first",
            message(
                "A forecast says what customers will do if nothing changes, not what an action adds. Give each action "
                "to a part of the customers, chosen at random, and compare with the rest. The list of customers is a "
                "result of this page (lifetime/customers), for those who act on it."
            ),
            "limit",
        ),
    )  # fmt: skip


def _worth(found: Valuation) -> str:
    """The column of what is expected."""
    return "expected_value" if found.money else "expected_purchases"


def _best(found: Valuation) -> pd.Series:
    """Customers who would be among the best if they are still active."""
    frame = found.customers
    lively = frame[_worth(found)] / np.maximum(frame["probability_active"], 1e-12)
    top = float(found.tops["top"].iloc[-1])
    return lively.rank(method="first", ascending=False) <= round(top * len(frame))


def _amount(found: Valuation, number_: float) -> Value:
    return money(number_, digits=0) if found.money else number(number_, digits=0)


def _sum(found: Valuation, part: pd.DataFrame) -> float:
    return float(part[_worth(found)].sum())


def _share(found: Valuation, part: pd.DataFrame) -> Value:
    whole = _sum(found, found.customers)
    return percent(_sum(found, part) / whole if whole > 0 else 0.0)


def _of(found: Valuation, amount: Value) -> Value:
    """An amount with what it is: of spend, of margin, or purchases."""
    if not found.money:
        return phrase(message("{n} purchases", n=amount))
    return phrase(message("{amount} of {what}", amount=amount, what=phrase(expected(found))))


def _reach_out(found: Valuation, part: pd.DataFrame) -> Block | None:
    """High value if active, and fading: the probability still has something to lose."""
    if part.empty:
        return None
    lively = float((part[_worth(found)] / part["probability_active"]).sum())
    risk = _amount(found, lively - _sum(found, part))
    return sentence(
        "action_fading",
        "Keep in touch first with {n} customers who would be among the best {top} if they are still active, but are "
        "fading: what hangs on that is {at_risk}. Their mean probability of being active is {active}, and half of "
        "them last bought {quiet} ago or longer.",
        claim="n > 0 and risk >= nothing",
        role="action",
        n=count(len(part)),
        top=percent(float(found.tops["top"].iloc[-1])),
        risk=risk,
        at_risk=_of(found, risk),
        active=percent(float(part["probability_active"].mean())),
        quiet=days(float(part["days_quiet"].median())),
        nothing=number(0.0),
    )


def _serve(found: Valuation, part: pd.DataFrame) -> Block | None:
    if part.empty:
        return None
    return sentence(
        "action_best",
        "Serve {n} active customers among the best well: {share} of the expected {what} ({amount}) is theirs as "
        "things are, so a discount would mostly be given for what they would buy anyway.",
        claim="n > 0",
        role="action",
        n=count(len(part)),
        share=_share(found, part),
        what=phrase(expected(found)),
        amount=_amount(found, _sum(found, part)),
    )


def _leave(found: Valuation, part: pd.DataFrame) -> Block | None:
    if part.empty:
        return None
    each = _sum(found, part) / len(part)
    return sentence(
        "action_gone",
        "Do not spend on {n} customers who are probably gone: all that is expected of them together is {amount} "
        "({share}), {each} each. At most send what costs next to nothing.",
        claim="n > 0",
        role="action",
        n=count(len(part)),
        share=_share(found, part),
        amount=_of(found, _amount(found, _sum(found, part))),
        each=money(each) if found.money else number(each, digits=2),
    )


def _second(found: Valuation, part: pd.DataFrame) -> Block | None:
    """Customers who bought once: the second purchase is where most are lost."""
    if part.empty:
        return None
    chance = float(part["probability_of_purchase"].mean())
    return sentence(
        "action_once",
        "{n} customers have bought on one day only; {chance} of them are expected to buy again within {length}. A "
        "reason for a second purchase is worth a trial with them.",
        claim="n > 0",
        role="action",
        n=count(len(part)),
        chance=percent(chance),
        length=days(found.horizon_days),
    )


def _spend_limit(found: Valuation) -> Block | None:
    """What can at most be spent on keeping a customer of the middle and of the best tenth."""
    if not found.money:
        return None
    table = found.groups["decile"]
    first, last = table.iloc[0], table.iloc[-1]
    return sentence(
        "action_limit",
        "As a limit to what keeping a customer may cost: {what} of {first} a customer is expected in the first tenth "
        "and of {last} in the last.",
        claim="first >= last",
        role="action",
        what=phrase(expected(found)),
        first=money(float(first["value"] / first["customers"])),
        last=money(float(last["value"] / last["customers"])),
    )
