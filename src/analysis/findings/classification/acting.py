"""What to do: today's customers in groups by their chance, with what each group is to be expected and offered."""

from __future__ import annotations

import pandas as pd

from analysis.findings.classification.answer import Answer
from analysis.findings.classification.comparison import model_term
from analysis.findings.classification.paying import limit
from analysis.findings.classification.ranking import tells_apart
from analysis.report.blocks import Block, Blocks, Column, Table, blocks
from analysis.report.values import count, listing, number, percent, term
from analysis.report.wording import Message, msgid, phrase
from analysis.shares import customers_per_group

__all__ = ["acting"]

#: Chances that part three groups: likely, open and unlikely.
_LIKELY, _UNLIKELY = 2 / 3, 1 / 3
_OFFERS = msgid(
    {
        "likely": "They will most likely come by themselves. Spend nothing on winning them; suggest what goes with "
        "their last order, and keep service and stock in order.",
        "open": "It could go either way. Put reminders and offers here first, and give them to a part drawn at random, "
        "so that what they add can be seen.",
        "unlikely": "They will most likely stay away. Ask why with one low-cost message; costly offers only where a "
        "trial has shown that they pay.",
    }
)
_LARGE = msgid(
    {
        "likely": "They will most likely spend much. Look after them personally, and keep in stock what they order.",
        "open": "They may become large. Show them a larger range, sets and thresholds for free delivery.",
        "unlikely": "They will most likely stay below. Treat them as all customers.",
    }
)
_RESPONSES = msgid(
    {
        "likely": "They will most likely answer. Ask them when something new is to be judged.",
        "open": "It could go either way. Make it short and easy to answer, and try with a part drawn at random what "
        "helps.",
        "unlikely": "They will most likely say nothing. Do not take their silence for contentment; learn from what "
        "they do.",
    }
)
_ADVICE = {"buy": _OFFERS, "spend": _LARGE, "respond": _RESPONSES}
#: Groups in the order of their chance, how they are called, and what is said of each.
_GROUPS = msgid({"likely": "Likely to {brief}", "open": "Open", "unlikely": "Unlikely to {brief}"})
_SUGGESTIONS = msgid(
    {
        "likely": "Likely to {will} (a chance of {likely} or more): {n} of {all} customers; expected to {will} in the "
        "next {horizon}: {expected}. {advice}",
        "open": "Open (a chance from {unlikely} to {likely}): {n} of {all} customers; expected to {will} in the next "
        "{horizon}: {expected}. {advice}",
        "unlikely": "Unlikely to {will} (a chance below {unlikely}): {n} of {all} customers; expected to {will} in the "
        "next {horizon}: {expected}. {advice}",
    }
)
#: A trial is sized for an offer that raises the share by this much.
_RAISE = 0.05


def acting(answer: Answer) -> Blocks:
    """What follows for today's customers; nothing where nobody could be scored."""
    if not answer.known:
        return blocks()
    if answer.found.scores is None or answer.found.scores.empty:
        lacking = next((remark.other for remark in answer.remarks("scores_lack")), "")
        if not lacking:
            return blocks(answer.note("no_scores", msgid("There is no customer to be scored today."), "warning"))
        words = msgid("Today’s customers cannot be scored, because their table lacks {columns}.")
        return blocks(answer.note("no_scores", words, "warning", columns=listing(lacking.split(", "))))
    if not tells_apart(answer):
        return blocks(_alike(answer), None if answer.brief else _list(answer))
    return blocks(
        _groups(answer), _contact(answer), _trial(answer),
        _tenths(answer), None if answer.brief else _list(answer),
    )  # fmt: skip


def _alike(answer: Answer) -> Block:
    """What follows where the list was no better than chance."""
    return answer.sentence(
        "do_alike",
        "Treat all customers alike: in the test period the list was not clearly better than chance at telling who "
        "would {will}, so no group of today’s {n} customers is singled out.",
        claim="n >= zero",
        role="action",
        n=count(len(answer.scores)),
        zero=count(0),
    )


def _group_of(probability: pd.Series) -> pd.Series:
    return pd.Series(
        ["likely" if p >= _LIKELY else "unlikely" if p < _UNLIKELY else "open" for p in probability],
        index=probability.index,
    )


def _groups(answer: Answer) -> list[Block]:
    """One suggestion for each group that anybody is in."""
    scores = answer.scores
    offers = _ADVICE[answer.words.id]
    said: list[Block] = []
    for group, part in scores.groupby(_group_of(scores["probability"]), sort=True):
        said.append(
            answer.sentence(
                f"do_{group}",
                _SUGGESTIONS[str(group)],
                claim="n > zero and expected <= n",
                role="action",
                n=count(len(part)),
                all=count(len(scores)),
                expected=count(round(float(part["probability"].sum()))),
                horizon=answer.horizon,
                likely=percent(_LIKELY),
                unlikely=percent(_UNLIKELY),
                advice=phrase(offers[str(group)]),
                zero=count(0),
            )
        )
    return sorted(said, key=lambda block: list(_GROUPS).index(block.id.rpartition("_")[2]))


def _contact(answer: Answer) -> Block | None:
    """How many of today's customers the threshold would have contacted, and what that is to be expected to bring."""
    found, chance = answer.found.profit, answer.scores["probability"]
    if found is None or limit(found) < 0:
        return None
    chosen = chance[chance <= limit(found)]
    if chosen.empty:
        return None
    costs = found.economics
    brings = float(((1 - chosen) * costs.value * costs.success - costs.cost).sum())
    row = found.rules.iloc[0]
    words = msgid(
        "At the example costs, {n} of today’s {all} customers would be contacted (a chance of at most {limit}), for an "
        "expected {brings}."
        if found.pays
        else "At the example costs, {n} of today’s {all} customers would be contacted (a chance of at most {limit}), "
        "for an expected {brings}. In the test period that was not clearly better than treating all alike, so a trial "
        "comes first."
    )
    return answer.sentence(
        "do_contact",
        words,
        claim="n <= all and more.low > zero" if found.pays else "n <= all and more.low <= zero",
        role="action",
        n=count(len(chosen)),
        all=count(len(chance)),
        limit=percent(limit(found)),
        brings=answer.amount(brings),
        more=number(*(float(row[name]) for name in ("difference", "difference_low", "difference_high"))),
        zero=count(0),
    )


def _trial(answer: Answer) -> Block | None:
    """How many customers a trial in the open group needs."""
    if answer.brief:
        return None
    part = answer.scores[_group_of(answer.scores["probability"]) == "open"]
    if part.empty:
        return None
    share = float(part["probability"].mean())
    needed = customers_per_group(share, share + _RAISE, level=answer.level)
    if needed is None:
        return None
    enough = 2 * needed <= len(part)
    words = msgid(
        "To see whether an offer to the open group works, let chance decide who gets it: if it raises the share that "
        "would {will} from {share} to {raised}, two groups of {needed} customers each will most likely show it, and "
        "the open group has {n}."
        if enough
        else "To see whether an offer to the open group works, let chance decide who gets it: if it raises the share "
        "that would {will} from {share} to {raised}, two groups of {needed} customers each will most likely show it; "
        "the open group has only {n}, so run it for longer or look for larger effects."
    )
    return answer.sentence(
        "do_trial",
        words,
        claim="two * needed <= n" if enough else "two * needed > n",
        role="action",
        share=percent(share),
        raised=percent(share + _RAISE),
        needed=count(needed),
        n=count(len(part)),
        two=count(2),
    )


def _tenths(answer: Answer) -> Block:
    """Today's customers by tenth of the score; what came of customers with such a score in the test period."""
    table = answer.scores.groupby("part", sort=True).agg(
        n=("probability", "size"), low=("probability", "min"), high=("probability", "max"),
        mean=("probability", "mean"), expected=("probability", "sum"), observed=("observed", "mean"),
        observed_low=("observed_low", "mean"), observed_high=("observed_high", "mean"),
    ).reset_index()  # fmt: skip
    names: dict[str, Message] = {group: answer.message(words) for group, words in _GROUPS.items()}
    table["name"] = _group_of(table["mean"]).map(names)
    return Table(
        answer.block("today"),
        answer.message(
            "Today’s {n} customers in groups by their chance to {will} in the next {horizon}, equal chances together; "
            "{model}, learnt again from all complete periods",
            n=count(len(answer.scores)),
            horizon=answer.horizon,
            model=term(model_term(answer.chosen)),
        ),
        table,
        {
            "part": Column("Tenth", "count"),
            "n": Column("Customers", "count"),
            "mean": Column("Mean chance", "percent", low="low", high="high", digits=0),
            "expected": Column(answer.message("Expected {who}"), "number", digits=0),
            "observed": Column(
                "Came true for such a chance", "percent", low="observed_low", high="observed_high", digits=0
            ),
            "name": Column("Group by the mean chance", "phrase"),
        },
        group_size="n",
        order="highest chance first; below the mean chance its range, below the share observed its interval",
    )


def _list(answer: Answer) -> Block:
    words = msgid(
        "Who stands in which group is a list for those who act on it: it is kept with the results and can be exported "
        "under pseudonyms. Pages name nobody."
    )
    return answer.note("list", words)
