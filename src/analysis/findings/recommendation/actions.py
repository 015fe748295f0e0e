"""What to do: the first offers of each segment, and a trial that is large enough to tell whether they sell."""

from __future__ import annotations

import pandas as pd

from analysis.findings.recommendation.shared import list_term, pick
from analysis.recommendation import Study, Verdict
from analysis.report.blocks import Block, Blocks, Note, blocks, sentence
from analysis.report.values import Value, count, days, percent, points, term, text
from analysis.report.wording import Message, message, msgid, phrase
from analysis.shares import customers_per_group

__all__ = ["actions"]

#: Steps in which the smallest gain that a trial can show is looked for.
_STEP = 0.001
#: From this difference of shares on a product sets a segment apart.
_APART = 0.02
#: Products in a row, by their number.
_ROWS = msgid({1: "{first}", 2: "{first} and {second}", 3: "{first}, {second} and {third}"})


def actions(
    by_segment: pd.DataFrame,
    study: Study,
    verdict: Verdict | None,
    *,
    horizon_days: int,
    effect: float,
    power: float,
    level: float,
) -> Blocks:
    """The products to put first before each segment, and the size of a trial.

    Parameters
    ----------
    by_segment : DataFrame
        As `analysis.recommendation.offers_by_segment`.
    study : Study
    verdict : Verdict or None
        Of lists of products new to the customer.
    horizon_days : int
    effect : float
        The smallest gain worth finding, as a share of customers who buy something new.
    power : float
        The chance that a trial sees it where it is there.
    level : float
    """
    parts = by_segment.groupby("segment", sort=False) if len(by_segment) else ()
    return blocks(
        [_segment(place, str(name), rows) for place, (name, rows) in enumerate(parts, start=1)],
        _trial(study, verdict, horizon_days, effect=effect, power=power, level=level) if len(by_segment) else None,
        _nothing(by_segment),
        _notes(verdict, power, level) if len(by_segment) else None,
    )


def _segment(place: int, segment: str, rows: pd.DataFrame) -> Block:
    first = rows.iloc[0]
    names = [text(name) for name in list(dict.fromkeys(rows["product"].astype(str)))[: len(_ROWS)]]
    products = dict(zip(("first", "second", "third"), names, strict=False))
    values: dict[str, Value] = {
        "segment": term(segment),
        "n": count(int(first["customers"])),
        "offered": count(int(first["offered"])),
        "products": phrase(Message(_ROWS[len(names)], products)),
    }
    if not _stands_out(first):
        return sentence(
            f"action_{place}",
            "{segment} ({n} customers): put {products} before them; the first is on the lists of {share} of them.",
            claim="offered <= n",
            role="action",
            share=percent(float(first["share"]), digits=0),
            **values,
        )
    return sentence(
        f"action_{place}",
        "{segment} ({n} customers): put {products} before them; what they are offered more than others is {own}, "
        "{here} of them against {all} of all customers.",
        claim="offered <= n and here > all",
        role="action",
        own=text(str(first["own_product"])),
        here=percent(float(first["own_share"]), digits=0),
        all=percent(float(first["own_share_all"]), digits=0),
        **values,
    )


def _stands_out(row: pd.Series) -> bool:
    """Whether a product is offered to clearly more of the segment than of all customers."""
    return bool(pd.notna(row["own_share"]) and row["own_share"] - row["own_share_all"] >= _APART)


def _nothing(by_segment: pd.DataFrame) -> Block | None:
    if len(by_segment):
        return None
    return sentence("no_actions", "There is nothing to offer, so nothing follows for single groups of customers.")


def _trial(
    study: Study, verdict: Verdict | None, horizon_days: int, *, effect: float, power: float, level: float
) -> list[Block]:
    if verdict is None or study.users is None:
        return [
            sentence(
                "no_trial",
                "Nothing could be measured, so the size of a trial cannot be computed: offer to half of the customers, "
                "drawn by chance, and compare.",
                role="action",
            )
        ]
    codes = study.users[study.users["wanted"] == "new"].set_index("code")["customers"]
    known, base = int(codes["known"]), int(codes["bought_new"]) / int(codes["known"])
    drawn = {"power": power, "level": level}
    found = [_sells(base, known, effect, horizon_days, drawn), _lists(study, verdict, known, drawn)]
    return [block for block in found if block is not None]


def _sells(base: float, known: int, effect: float, horizon_days: int, drawn: dict[str, float]) -> Block | None:
    """Whether offers sell more than none."""
    gain = min(effect, 1 - base)
    needed = customers_per_group(base, base + gain, **drawn)
    if needed is None:
        return None
    values = {
        "base": percent(base),
        "known": count(known),
        "length": days(horizon_days),
        "effect": points(gain, digits=1),
        "needed": count(needed),
    }
    if 2 * needed <= known:
        return sentence(
            "trial_sells",
            "Try whether offers sell more than none. Without any, {base} of the {known} known customers bought "
            "something new within {length}; to see a gain of {effect}, {needed} customers must get offers and as many "
            "must not.",
            claim="needed + needed <= known",
            role="action",
            **values,
        )
    shown = _smallest(base, known // 2, drawn)
    if shown is None:
        return sentence(
            "trial_sells",
            "Try whether offers sell more than none. Without any, {base} of the {known} known customers bought "
            "something new within {length}; to see a gain of {effect}, {needed} customers must get offers and as many "
            "must not. That is more than there are.",
            claim="needed + needed > known",
            role="action",
            **values,
        )
    return sentence(
        "trial_sells",
        "Try whether offers sell more than none. Without any, {base} of the {known} known customers bought something "
        "new within {length}; to see a gain of {effect}, {needed} customers must get offers and as many must not. That "
        "is more than there are: two halves of them show a gain of {shown} or more.",
        claim="needed + needed > known and shown > effect",
        role="action",
        shown=points(shown, digits=1),
        **values,
    )


def _smallest(base: float, group: int, drawn: dict[str, float]) -> float | None:
    """The smallest gain that two groups of this size show, in steps of a tenth of a percentage point."""
    steps = int((1 - base) / _STEP)
    gains = (step * _STEP for step in range(1, steps + 1))
    return next((gain for gain in gains if (customers_per_group(base, base + gain, **drawn) or 0) <= group), None)


def _lists(study: Study, verdict: Verdict, known: int, drawn: dict[str, float]) -> Block | None:
    """Whether chosen lists sell more than one list for all."""
    if not verdict.model:
        return None
    rates = {}
    for name, method in (("model", verdict.model), ("baseline", verdict.baseline)):
        row = pick(study.quality, wanted=verdict.wanted, method=method, measure="hit_rate")
        rates[name] = float(row["estimate"]) * int(row["customers"]) / known
    needed = customers_per_group(rates["baseline"], rates["model"], **drawn)
    if needed is None:
        return None
    enough = 2 * needed <= known
    words = msgid(
        "Try lists chosen for each customer ({model}) beside one list for all ({baseline}): of the {known} known "
        "customers {rate} against {base} bought something that the lists held, and to see such a difference, {needed} "
        "customers a group are needed."
        if enough
        else "A trial of lists chosen for each customer ({model}) beside one list for all ({baseline}) would need "
        "{needed} customers a group, more than there are: of the {known} known customers {rate} against {base} bought "
        "something that the lists held."
    )
    return sentence(
        "trial_lists",
        words,
        claim="needed + needed <= known" if enough else "needed + needed > known",
        role="action" if enough else "finding",
        model=list_term(verdict.model),
        baseline=list_term(verdict.baseline),
        rate=percent(rates["model"], digits=1),
        base=percent(rates["baseline"], digits=1),
        needed=count(needed),
        known=count(known),
    )


def _notes(verdict: Verdict | None, power: float, level: float) -> list[Block]:
    own_list = message(
        "These are the products that most customers of a segment would be offered. Wherever a customer can be "
        "addressed alone, the customer’s own list comes first."
    )
    notes: list[Block] = [Note("actions_limit", own_list, "limit")]
    if verdict is not None:
        trial = message(
            "A trial has two equal groups, drawn by chance from the customers known at its start; sizes are for "
            "two-sided tests of two shares at a level of {level}, which see the difference with a chance of {power} "
            "where it is there.",
            level=percent(1 - level, digits=0),
            power=percent(power),
        )
        notes.append(Note("trial_method", trial))
    return notes
