"""What is to come: who will buy again, what to offer, and what customers will be worth.

Each answer stands beside what needs no model, and says so where that does as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.findings.summary.drawn import Figures, taken_over, value_of
from analysis.report.blocks import Block, Blocks, Note, Sentence, blocks, sentence
from analysis.report.values import Value, count, days, number, percent, points, term, text
from analysis.report.wording import Message, message

__all__ = ["buying_again", "offering", "to_come"]

#: Between these chances of buying again a customer can be won or lost: an offer matters most there.
OPEN = (1 / 3, 2 / 3)
#: Products that are named.
NAMED = 2


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
        words = "Nothing can be said about who will buy again: the classification page says why."
        return blocks(Note("no_buying_again", message(words), "warning"))
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
    how = "error {gain}" if less else "PR-AUC {gain}"
    words = {
        True: "Who will buy again can be told in part: in a later period, which it had not seen, the model did better "
        f"than what needs none, beyond chance (difference in {how}).",
        None: "No model told who will buy again better than what needs none: in a later period the difference "
        f"(in {how}) could be chance. Go by the date of the last order.",
        False: "No model told who will buy again: in a later period it did worse than what needs none (difference in "
        f"{how}). Go by the date of the last order.",
    }[better]
    return sentence("told", words, claim=_claim("gain", better, less=less), gain=gain, zero=number(0.0))


def _tenths(table: pd.DataFrame | None) -> Block | None:
    """The best and the last tenth, which says more than a measure of error."""
    if table is None or len(table) < 2:
        return None
    first, last = (
        percent(float(row["rate"]), float(row["rate_low"]), float(row["rate_high"]))
        for row in (table.iloc[0], table.iloc[-1])
    )
    words = "Of the {part} of customers that it put first, {first} bought again; of as many that it put last, {last}."
    claim = "first >= last" if first.value >= last.value else "first < last"
    return sentence("tenths", words, claim=claim, part=percent(1 / len(table)), first=first, last=last)


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
    words = "Of {n} customers, {expected} are expected to buy again in the next {horizon}. "
    if undecided.any():
        words += (
            "Put reminders and offers first to the {open} who could go either way (a chance of {low} to {high}), to a "
            "part of them drawn at random, and compare with the rest."
        )
        return sentence("action_open", words, claim="expected <= n and open > 0", role="action", **values)
    words += "Nobody could go either way (a chance of {low} to {high}), so reminders have little to win."
    return sentence("action_open", words, claim="expected <= n and open == 0", role="action", **values)


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
        words = "Nothing can be said about what to offer: the recommendation page says why."
        return blocks(Note("no_offers", message(words), "warning"))
    gain = value_of(recommendation, "gain")
    return blocks(taken_over(recommendation, "hit_rate", "gain"), _chosen(gain), _offer(offers, gain))


def _chosen(gain: Value | None) -> Block:
    if gain is None:
        words = "No method could choose offers for single customers, so one list serves all."
        return Note("chosen", message(words), "warning")
    better = _better(gain)
    words = {
        True: "Offers chosen for each customer find more than any one list for all: {gain} more customers would have "
        "met something new that they went on to buy.",
        None: "Offers chosen for each customer do no better than one list for all, beyond chance ({gain}), so the "
        "simple list is the better choice.",
        False: "Offers chosen for each customer do worse than one list for all ({gain}), so the simple list is the "
        "better choice.",
    }[better]
    return sentence("chosen", words, claim=_claim("gain", better), gain=gain, zero=points(0.0))


def _offer(offers: pd.DataFrame | None, gain: Value | None) -> Block | None:
    """What follows: the lists, with the first products of the largest segment."""
    if offers is None or offers.empty:
        return None
    largest = offers["segment"].iloc[int(offers["customers"].to_numpy().argmax())]
    first = offers[offers["segment"] == largest].sort_values("rank", kind="stable").head(NAMED)
    names = [text(str(name)) for name in first["product"]]
    values: dict[str, Any] = dict(zip(("one", "other"), names, strict=False))
    listed = "{one} and {other}" if len(names) > 1 else "{one}"
    own = gain is not None and _better(gain)
    which = "each customer’s own list" if own else "best sellers that the customer does not own"
    words = (
        f"Offer {which}; most often these are {listed} for {{segment}} ({{n}} customers). Give the offers to a part of "
        "the customers first and compare."
    )
    return sentence(
        "action_offer", words, claim="n > 0", role="action", segment=term(str(largest)),
        n=count(int(first["customers"].iloc[0])), **values,
    )  # fmt: skip


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
        words = "Nothing can be said about what customers will be worth: the lifetime value page says why."
        return blocks(Note("no_worth_to_come", message(words), "warning"))
    name, value = expected
    checked = "amount" if name == "value" else "purchases"
    return blocks(
        taken_over(lifetime, name, f"error_{checked}"),
        _expected(value, lifetime[name], purchases=name == "purchases"),
        _checked(value_of(lifetime, f"error_{checked}"), value_of(lifetime, f"off_{checked}"), checked),
        _keep(customers, "expected_value" if name == "value" else "expected_purchases"),
    )


def _expected(value: Value, figure: Mapping[str, Any], *, purchases: bool) -> Block:
    """The total that is expected, over the time and with the discounting that its own page states."""
    note = Message.from_dict(figure["note"]) if figure.get("note") else message("")
    what = "to make {expected} purchases" if purchases else "to bring {expected}"
    words = " ".join(f"All customers known are expected {what} {note.template}".split())
    arguments = {**note.arguments, "expected": value}
    return Sentence("expected", Message(f"{words}.", arguments, "expected.low <= expected.high"))


def _checked(error: Value | None, off: Value | None, what: str) -> Block:
    """How right a forecast of the same kind was on a period that it had not seen."""
    if error is None or off is None:
        words = "This forecast could not be checked on a later period: treat it as a guess."
        return Note("not_checked", message(words), "warning")
    came = {"amount": "what customers spent", "purchases": "what customers bought"}[what]
    side, claim = ("above", "signed > zero") if off.value > 0 else ("below", "signed <= zero")
    better = _better(error, less=True)
    words = (
        f"A forecast of the same kind, made earlier, came out {{off}} {side} {came} in all; for single customers it "
        + {
            True: "missed by less than any simple guess ({error}).",
            None: "was no better than the best simple guess, beyond chance ({error}).",
            False: "was worse than the best simple guess ({error}).",
        }[better]
    )
    values: dict[str, Any] = {"off": percent(abs(off.value)), "signed": off, "error": error, "zero": number(0.0)}
    return sentence("checked", words, claim=f"{claim} and {_claim('error', better, less=True)}", **values)


def _keep(customers: pd.DataFrame | None, column: str) -> Block | None:
    """What follows: those who still bring something but are fading, and those who are probably gone."""
    if customers is None or customers.empty:
        return None
    total = float(customers[column].sum())
    groups = customers.groupby("state")[column]
    sizes, sums = groups.size(), groups.sum()
    if "fading" not in sizes.index or total <= 0:
        return None
    words = (
        "Turn first to the {n} customers who are fading: {share} of what is expected hangs on them, and whether they "
        "stay is open."
    )
    values: dict[str, Any] = {
        "n": count(int(sizes["fading"])),
        "share": percent(float(sums["fading"]) / total),
        "zero": percent(0.0),
    }
    if "gone" in sizes.index:
        words += " Spend next to nothing on the {gone} who are probably gone ({little} of what is expected)."
        values |= {"gone": count(int(sizes["gone"])), "little": percent(float(sums["gone"]) / total)}
    return sentence("action_keep", words, claim="n > 0 and share >= zero", role="action", **values)
