"""What a purchase is worth, and whether those who buy often spend more at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.findings.lifetime.words import repeats
from analysis.lifetime import WEAK, CustomerHistories, Independence, Models
from analysis.report.blocks import Block, Blocks, Column, Figure, Note, blocks, sentence
from analysis.report.values import count, money, number, percent
from analysis.report.wording import Message, message, msgid, phrase

__all__ = ["spend"]

_OBSTACLES = msgid(
    {
        "no_money": "This data holds no amounts of money, so the page counts purchases and says nothing about value.",
        "too_few_valued": (
            "Only {n} customers have a repeat purchase of known value, too few to say what a purchase is worth."
        ),
        "not_fitted": "What customers spend at a time could not be described by a model, so value is left out.",
    }
)


def spend(known: CustomerHistories, found: Models) -> Blocks:
    """The value of purchases; why it is left out where it cannot be told."""
    if found.value is None:
        words = _OBSTACLES[found.value_obstacle or "not_fitted"]
        n = count(int((known.table["valued"] > 0).sum()) if known.money else 0)
        return blocks(Note("no_value", Message(words, {"n": n} if "{n}" in words else {}), "warning"))
    return blocks(
        _mean(known, found), _own(found), _verdict(found.independence), _chart(found.independence),
        _flat(found),
    )  # fmt: skip


def _mean(known: CustomerHistories, found: Models) -> Block:
    """The mean value of a purchase, by customers and by purchases."""
    table = known.table[known.table["valued"] > 0]
    spent = table["monetary_value"] * table["valued"]
    each, typical = float(spent.sum() / table["valued"].sum()), float(table["monetary_value"].median())
    return sentence(
        "value_of_a_purchase",
        "Repeat purchases are worth {each} on average; half of the {n} customers who made one spend {typical} "
        "or more at a time.",
        claim="n > 0",
        each=money(each),
        typical=money(typical),
        n=count(len(table)),
    )


def _own(found: Models) -> Block | None:
    """How far a customer's own mean is trusted."""
    assert found.value is not None
    one, ten = (float(found.value.own_weight(x)) for x in (1, 10))
    if not (np.isfinite(one) and 0 <= one <= ten <= 1):
        return None
    little = msgid(
        "One purchase says little about what a customer spends: the customer’s own mean weighs {one} after {single} "
        "repeat purchase and {ten} after {several}; the rest is the mean of other customers."
    )
    much = msgid(
        "One purchase already says much about what a customer spends: the customer’s own mean weighs {one} after "
        "{single} repeat purchase and {ten} after {several}; the rest is the mean of other customers."
    )
    return sentence(
        "own_weight",
        little if one < 0.5 else much,
        claim="one <= ten and one < half" if one < 0.5 else "one <= ten and one >= half",
        half=number(0.5),
        one=percent(one),
        ten=percent(ten),
        single=count(1),
        several=count(10),
    )


def _verdict(found: Independence | None) -> Block | None:
    """The coefficients beside what customers would show whose spend has nothing to do with how often they buy."""
    if found is None:
        return None
    if found.verdict == "unknown":
        unknown = message(
            "Whether customers who buy often spend more at a time cannot be told here; it is taken that they do not."
        )
        return Note("independence", unknown, "limit")
    values: dict[str, Any] = {}
    for row in found.table.to_dict("records"):
        name = {"spearman": "rank", "pearson": "line"}[row["method"]]
        numbers = (float(row[part]) for part in ("estimate", "low", "high"))
        values[name] = number(*numbers, level=found.level, digits=2)
        values[f"{name}_if"] = number(float(row["if_independent"]), digits=2)
    gaps = (found.table["estimate"] - found.table["if_independent"]).abs()
    values |= {"gap": number(float(gaps.max())), "limit": number(WEAK)}
    if found.verdict == "independent":
        return sentence(
            "independence",
            "No sign that those who buy often spend more or less at a time, as the model supposes (rank correlation "
            "{rank}, where customers whose spend has nothing to do with it would show {rank_if}; Pearson’s {line}, "
            "where they would show {line_if}).",
            claim="rank.low <= rank.high",
            **values,
        )
    if found.verdict == "weak":
        return sentence(
            "independence",
            "How much customers spend at a time goes weakly with how often they buy (rank correlation {rank}, where "
            "customers whose spend has nothing to do with it would show {rank_if}; Pearson’s {line}, where they would "
            "show {line_if}). The model supposes that it does not; the chart shows what that passes over.",
            claim="gap <= limit",
            **values,
        )
    return sentence(
        "independence",
        "How much customers spend at a time goes with how often they buy (rank correlation {rank}, where customers "
        "whose spend has nothing to do with it would show {rank_if}; Pearson’s {line}, where they would show "
        "{line_if}), which the Gamma-Gamma model supposes not to be so. Values of purchases are therefore drawn "
        "towards the mean of customers who buy as often, instead of towards that of all.",
        claim="gap > limit",
        **values,
    )


def _chart(found: Independence | None) -> Block | None:
    if found is None or found.classes.empty:
        return None
    classes = found.classes
    data = pd.DataFrame(
        {
            "category": [_named(int(low), high) for low, high in zip(classes["least"], classes["most"], strict=True)],
            "estimate": classes["mean_value"], "low": classes["low"], "high": classes["high"],
            "customers": classes["customers"],
        }
    )  # fmt: skip
    top = data.loc[data["estimate"].idxmax()]
    return Figure(
        "value_by_frequency",
        "interval",
        message(
            "Customers with {label} spend most at a time: {amount}",
            claim="amount >= most",
            label=phrase(top["category"]), amount=money(float(top["estimate"])),
            most=money(float(data["estimate"].max())),
        ),
        message("Mean value of a repeat purchase by the number of repeat purchases, each customer counted once"),
        "One dot a class of customers with a whisker for its interval: dots on one upright line would say that value "
        "does not go with frequency.",
        data,
        {
            "category": Column("Repeat purchases", "phrase"),
            "estimate": Column("Mean value of a purchase", "money", low="low", high="high"),
            "customers": Column("Customers", "count"),
        },
        group_size="customers",
    )  # fmt: skip


def _named(low: int, high: float) -> Message:
    if np.isinf(high):
        return repeats(low, open_end=True)
    if low == high:
        return repeats(low)
    return message("{low} to {high} repeat purchases", low=count(low), high=count(int(high)))


def _flat(found: Models) -> Block | None:
    assert found.value is not None
    if found.value.converged:
        return None
    words = message(
        "The search for the parameters of the Gamma-Gamma model ended at the edge of what it can describe: a "
        "customer’s purchases differ so little, or so unlike the model, that single parameters mean nothing. The "
        "means that follow from them rest on what the data determine."
    )
    return Note("value_not_settled", words, "limit")
