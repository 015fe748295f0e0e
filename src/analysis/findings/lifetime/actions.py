"""What follows for action: whom to keep in touch with, whom to serve well, whom not to spend on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.lifetime import Valuation
from analysis.report.blocks import Block, Blocks, Note, blocks, sentence
from analysis.report.values import Value, count, days, money, number, percent
from analysis.report.wording import message

__all__ = ["actions"]


def actions(found: Valuation | None) -> Blocks:
    """Suggestions with the size of what is at stake; why there is none where nothing is forecast."""
    if found is None:
        words = "Because nothing is forecast, nothing follows from this page for single customers."
        return blocks(Note("no_actions", message(words), "warning"))
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


def _called(found: Valuation) -> str:
    if not found.money:
        return "purchases"
    return "spend" if found.margin == 1 else "margin"


def _reach_out(found: Valuation, part: pd.DataFrame) -> Block | None:
    """High value if active, and fading: the probability still has something to lose."""
    if part.empty:
        return None
    lively = float((part[_worth(found)] / part["probability_active"]).sum())
    words = (
        f"Keep in touch first with {{n}} customers who would be among the best {{top}} if they are still active, but "
        f"are fading: {{risk}} of {_called(found)} hangs on whether they are. Their mean probability of being active "
        f"is {{active}}, and half of them last bought {{quiet}} ago or longer."
    )
    return sentence(
        "action_fading", words, claim="n > 0 and risk >= nothing", role="action", n=count(len(part)),
        top=percent(float(found.tops["top"].iloc[-1])), risk=_amount(found, lively - _sum(found, part)),
        active=percent(float(part["probability_active"].mean())), quiet=days(float(part["days_quiet"].median())),
        nothing=number(0.0),
    )  # fmt: skip


def _serve(found: Valuation, part: pd.DataFrame) -> Block | None:
    if part.empty:
        return None
    words = (
        f"Serve {{n}} active customers among the best well: {{share}} of the expected {_called(found)} ({{amount}}) "
        "is theirs as things are, so a discount would mostly be given for what they would buy anyway."
    )
    return sentence(
        "action_best", words, claim="n > 0", role="action", n=count(len(part)), share=_share(found, part),
        amount=_amount(found, _sum(found, part)),
    )  # fmt: skip


def _leave(found: Valuation, part: pd.DataFrame) -> Block | None:
    if part.empty:
        return None
    words = (
        f"Do not spend on {{n}} customers who are probably gone: together {{amount}} of {_called(found)} ({{share}}) "
        f"is expected of them, {{each}} each. At most send what costs next to nothing."
    )
    each = _sum(found, part) / len(part)
    return sentence(
        "action_gone", words, claim="n > 0", role="action", n=count(len(part)), share=_share(found, part),
        amount=_amount(found, _sum(found, part)), each=money(each) if found.money else number(each, digits=2),
    )  # fmt: skip


def _second(found: Valuation, part: pd.DataFrame) -> Block | None:
    """Customers who bought once: the second purchase is where most are lost."""
    if part.empty:
        return None
    chance = float(part["probability_of_purchase"].mean())
    words = (
        "{n} customers have bought on one day only; {chance} of them are expected to buy again within {length}. A "
        "reason for a second purchase is worth a trial with them."
    )
    values: dict[str, Any] = {"n": count(len(part)), "chance": percent(chance), "length": days(found.horizon_days)}
    return sentence("action_once", words, claim="n > 0", role="action", **values)


def _spend_limit(found: Valuation) -> Block | None:
    """What can at most be spent on keeping a customer of the middle and of the best tenth."""
    if not found.money:
        return None
    table = found.groups["decile"]
    first, last = table.iloc[0], table.iloc[-1]
    words = (
        f"As a limit to what keeping a customer may cost: {_called(found)} of {{first}} a customer is expected in the "
        f"first tenth and of {{last}} in the last."
    )
    return sentence(
        "action_limit", words, claim="first >= last", role="action",
        first=money(float(first["value"] / first["customers"])), last=money(float(last["value"] / last["customers"])),
    )  # fmt: skip
