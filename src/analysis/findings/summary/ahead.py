"""What is to come: who will buy again, what to offer, and what customers will be worth.

Each answer stands beside what needs no model, and says so where that does as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.findings.summary.drawn import Figures, taken_over, value_of
from analysis.report.blocks import Block, Blocks, Note, blocks, sentence
from analysis.report.values import Value, count, days, number, percent, points, term, text
from analysis.report.wording import Message, message, msgid, phrase

__all__ = ["buying_again", "offering", "to_come"]

#: Between these chances of buying again a customer can be won or lost: an offer matters most there.
OPEN = (1 / 3, 2 / 3)
#: Products that are named.
NAMED = 2
#: Whether it can be told who will buy again, by the measure: an error (less is better), or PR-AUC (more is better).
_TOLD = msgid(
    {
        True: {
            "error": "Who will buy again can be told in part: in a later period, which it had not seen, the model did "
            "better than forecasts without a model, beyond chance (difference in error {gain}).",
            "pr_auc": "Who will buy again can be told in part: in a later period, which it had not seen, the model did "
            "better than forecasts without a model, beyond chance (difference in PR-AUC {gain}).",
        },
        None: {
            "error": "No model told who will buy again better than forecasts without one: in a later period the "
            "difference (in error {gain}) could be chance. Go by the date of the last order.",
            "pr_auc": "No model told who will buy again better than forecasts without one: in a later period the "
            "difference (in PR-AUC {gain}) could be chance. Go by the date of the last order.",
        },
        False: {
            "error": "No model told who will buy again: in a later period it did worse than forecasts without a model "
            "(difference in error {gain}). Go by the date of the last order.",
            "pr_auc": "No model told who will buy again: in a later period it did worse than forecasts without a model "
            "(difference in PR-AUC {gain}). Go by the date of the last order.",
        },
    }
)
#: Whether lists chosen for each customer find more than one list for all.
_CHOSEN = msgid(
    {
        True: "Offers chosen for each customer find more than any one list for all: {gain} more customers would have "
        "met something new that they went on to buy.",
        None: "Offers chosen for each customer do no better than one list for all, beyond chance ({gain}), so the "
        "simple list is the better choice.",
        False: "Offers chosen for each customer do worse than one list for all ({gain}), so the simple list is the "
        "better choice.",
    }
)
#: How far the total of an earlier forecast was off, by what was foretold and on which side.
_OFF = msgid(
    {
        "amount": ("{off} above what customers spent in all", "{off} below what customers spent in all"),
        "purchases": ("{off} above what customers bought in all", "{off} below what customers bought in all"),
    }
)
#: How right it was for single customers.
_CHECKED = msgid(
    {
        True: "For single customers such forecasts missed by less than any simple guess (difference in error {error}).",
        None: "For single customers such forecasts were no better than the best simple guess, beyond chance "
        "(difference in error {error}).",
        False: "For single customers such forecasts were worse than the best simple guess (difference in error "
        "{error}).",
    }
)


def buying_again(
    scores: pd.DataFrame | None, tenths: pd.DataFrame | None, classification: Figures, *, horizon_days: int
) -> Blocks:
    """Whether it can be told who will buy again, and whom to turn to first.

    Parameters
    ----------
    scores : DataFrame or None
        The classification notebook's result `buy_scores`: today's customers with `probability`; None without one.
    tenths : DataFrame or None
        Its result `buy_gains`: of each tenth of the test period's customers, best first, the share that bought again,
        `rate` with `rate_low` and `rate_high`; None without one.
    classification : mapping
        Its key figures.
    horizon_days : int
        Length of the time that is foretold.
    """
    against = _first(classification, "buy_error_against_baseline", "buy_over_recency")
    if against is None:
        nothing = message("Nothing can be said about who will buy again: the classification page says why.")
        return blocks(Note("no_buying_again", nothing, "warning"))
    name, gain = against
    return blocks(
        taken_over(classification, "buy_prevalence", name),
        _told(gain, less=name.endswith("_baseline")),
        _tenths(tenths),
        _open(scores, days(horizon_days)),
    )


def _first(figures: Figures, *names: str) -> tuple[str, Value] | None:
    """The first of these key figures that the notebook reported."""
    for name in names:
        if (value := value_of(figures, name)) is not None:
            return name, value
    return None


def _better(difference: Value, *, less: bool = False) -> bool | None:
    """Whether the model is better (True), worse (False), or neither beyond chance (None); `less` means better."""
    low, high = difference.low, difference.high
    if low is None or high is None or low <= 0 <= high:
        return None
    return (high < 0) == less


def _told(gain: Value, *, less: bool) -> Block:
    better = _better(gain, less=less)
    words = _TOLD[better]["error" if less else "pr_auc"]
    return sentence("told", words, claim=_claim("gain", better, less=less), gain=gain, zero=number(0.0))


def _tenths(table: pd.DataFrame | None) -> Block | None:
    """The best and the last tenth, which says more than a measure of error."""
    if table is None or len(table) < 2:
        return None
    first, last = (
        percent(float(row["rate"]), float(row["rate_low"]), float(row["rate_high"]))
        for row in (table.iloc[0], table.iloc[-1])
    )
    return sentence(
        "tenths",
        "Of the {part} of customers that it put first, {first} bought again; of the {part} that it put last, {last}.",
        claim="first >= last" if first.value >= last.value else "first < last",
        part=percent(1 / len(table)),
        first=first,
        last=last,
    )


def _claim(name: str, better: bool | None, *, less: bool = False) -> str:
    """What `_better` found, as a claim about an argument and `zero`."""
    if better is None:
        return f"not {name}.low > zero and not {name}.high < zero"
    return f"{name}.high < zero" if better == less else f"{name}.low > zero"


def _open(scores: pd.DataFrame | None, horizon: Value) -> Block | None:
    """What follows: the customers who could go either way come first."""
    if scores is None or scores.empty:
        return None
    chance = scores["probability"]
    undecided = chance.between(*OPEN)
    values: dict[str, Any] = {
        "expected": count(round(float(chance.sum()))),
        "n": count(len(chance)),
        "horizon": horizon,
        "open": count(int(undecided.sum())),
        "low": percent(OPEN[0]),
        "high": percent(OPEN[1]),
    }
    some = bool(undecided.any())
    return sentence(
        "action_open",
        "Of {n} customers, {expected} are expected to buy again in the next {horizon}. Put reminders and offers first "
        "to the {open} who could go either way (a chance of {low} to {high}), to a part of them drawn at random, and "
        "compare with the rest."
        if some
        else "Of {n} customers, {expected} are expected to buy again in the next {horizon}. Nobody could go either way "
        "(a chance of {low} to {high}), so reminders have little to win.",
        claim="expected <= n and open > 0" if some else "expected <= n and open == 0",
        role="action",
        **values,
    )


def offering(offers: pd.DataFrame | None, recommendation: Figures) -> Blocks:
    """Whether offers chosen for each customer do better than one list for all, and what to offer.

    Parameters
    ----------
    offers : DataFrame or None
        The recommendation notebook's result `segment_offers`: segment, customers, rank, product, share; None
        without one.
    recommendation : mapping
        Its key figures.
    """
    hit = value_of(recommendation, "hit_rate")
    if hit is None:
        nothing = message("Nothing can be said about what to offer: the recommendation page says why.")
        return blocks(Note("no_offers", nothing, "warning"))
    gain = value_of(recommendation, "gain")
    return blocks(taken_over(recommendation, "hit_rate", "gain"), _chosen(gain), _offer(offers, gain))


def _chosen(gain: Value | None) -> Block:
    if gain is None:
        same = message("No method could choose offers for single customers, so one list serves all.")
        return Note("chosen", same, "warning")
    better = _better(gain)
    return sentence("chosen", _CHOSEN[better], claim=_claim("gain", better), gain=gain, zero=points(0.0))


def _offer(offers: pd.DataFrame | None, gain: Value | None) -> Block | None:
    """What follows: the lists, with the first products of the largest segment."""
    if offers is None or offers.empty:
        return None
    largest = offers["segment"].iloc[int(offers["customers"].to_numpy().argmax())]
    first = offers[offers["segment"] == largest].sort_values("rank", kind="stable").head(NAMED)
    names = [text(str(name)) for name in first["product"]]
    listed = msgid("{first} and {second}") if len(names) > 1 else "{first}"
    products = Message(listed, dict(zip(("first", "second"), names, strict=False)))
    own = gain is not None and _better(gain)
    return sentence(
        "action_offer",
        "Offer each customer their own list; for {segment} ({n} customers) it holds {products} most often. Give the "
        "offers to a part of the customers first, and compare with the rest."
        if own
        else "Offer best sellers that the customer does not own; for {segment} ({n} customers) these are most often "
        "{products}. Give the offers to a part of the customers first, and compare with the rest.",
        claim="n > 0",
        role="action",
        segment=term(str(largest)),
        n=count(int(first["customers"].iloc[0])),
        products=phrase(products),
    )


def to_come(customers: pd.DataFrame | None, lifetime: Figures) -> Blocks:
    """What the known customers are expected to bring, how right such a forecast was before, and whom to keep.

    Parameters
    ----------
    customers : DataFrame or None
        The lifetime notebook's result `customers`: `state`, `probability_active`, `expected_purchases`, and where
        there is money `expected_value`; None without one.
    lifetime : mapping
        Its key figures.
    """
    expected = _first(lifetime, "value", "purchases")
    if expected is None:
        nothing = message("Nothing can be said about what customers will be worth: the lifetime value page says why.")
        return blocks(Note("no_worth_to_come", nothing, "warning"))
    name, value = expected
    checked = "amount" if name == "value" else "purchases"
    return blocks(
        taken_over(lifetime, name, f"error_{checked}"),
        _expected(value, lifetime[name], purchases=name == "purchases"),
        _total(lifetime, checked),
        _checked(value_of(lifetime, f"error_{checked}")),
        _keep(customers, "expected_value" if name == "value" else "expected_purchases"),
    )


def _expected(value: Value, figure: Mapping[str, Any], *, purchases: bool) -> Block:
    """The total that is expected, over the time and with the discounting that its own page states."""
    claim = "expected.low <= expected.high"
    if not figure.get("note"):
        return sentence(
            "expected",
            "All customers known are expected to make {expected} purchases."
            if purchases
            else "All customers known are expected to bring {expected}.",
            claim=claim,
            expected=value,
        )
    return sentence(
        "expected",
        "All customers known are expected to make {expected} purchases {when}."
        if purchases
        else "All customers known are expected to bring {expected} {when}.",
        claim=claim,
        expected=value,
        when=phrase(Message.from_dict(figure["note"])),
    )


def _total(lifetime: Figures, what: str) -> Block | None:
    """How far the total of an earlier forecast was off: of one over a time as long, where there is one."""
    found = _first(lifetime, f"long_off_{what}", f"off_{what}")
    if found is None:
        return None
    name, off = found
    above, note = off.value > 0, lifetime[name].get("note")
    total = phrase(message(_OFF[what][0 if above else 1], off=percent(abs(off.value))))
    values: dict[str, Any] = {"total": total, "signed": off, "zero": number(0.0)}
    claim = "signed > zero" if above else "signed <= zero"
    if not note:
        return sentence("total", "A forecast of the same kind, made earlier, came out {total}.", claim=claim, **values)
    return sentence(
        "total",
        "A forecast of the same kind, made earlier, came out {total} ({when}).",
        claim=claim,
        when=phrase(Message.from_dict(note)),
        **values,
    )


def _checked(error: Value | None) -> Block:
    """How right such forecasts were for single customers, in a period that they had not seen."""
    if error is None:
        unchecked = message("This forecast could not be checked on a later period: treat it as a guess.")
        return Note("not_checked", unchecked, "warning")
    better = _better(error, less=True)
    return sentence(
        "checked", _CHECKED[better], claim=_claim("error", better, less=True), error=error, zero=number(0.0)
    )


def _keep(customers: pd.DataFrame | None, column: str) -> Block | None:
    """What follows: those who still bring something but are fading, and those who are probably gone."""
    if customers is None or customers.empty:
        return None
    total = float(customers[column].sum())
    groups = customers.groupby("state")[column]
    sizes, sums = groups.size(), groups.sum()
    if "fading" not in sizes.index or total <= 0:
        return None
    values: dict[str, Any] = {
        "n": count(int(sizes["fading"])),
        "share": percent(float(sums["fading"]) / total),
        "zero": percent(0.0),
    }
    gone = "gone" in sizes.index
    if gone:
        values |= {"gone": count(int(sizes["gone"])), "little": percent(float(sums["gone"]) / total)}
    return sentence(
        "action_keep",
        "Turn first to the {n} customers who are fading: {share} of what is expected hangs on them, and whether they "
        "stay is open. Spend next to nothing on the {gone} who are probably gone ({little} of what is expected)."
        if gone
        else "Turn first to the {n} customers who are fading: {share} of what is expected hangs on them, and whether "
        "they stay is open.",
        claim="n > 0 and share >= zero",
        role="action",
        **values,
    )
