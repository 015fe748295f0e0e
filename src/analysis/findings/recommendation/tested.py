"""How offers were tested: the dates, who could be looked at, who could not and why, and how methods were chosen."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from analysis.findings.recommendation.options import options_in_words
from analysis.findings.recommendation.shared import list_term
from analysis.recommendation import Study, neighbours
from analysis.report.blocks import Block, Blocks, Column, Note, Sentence, Table, blocks, sentence
from analysis.report.values import count, day, days, percent
from analysis.report.wording import Message, message, msgid

__all__ = ["tested"]

#: Why nothing could be measured, by the obstacle's code.
_OBSTACLES = msgid(
    {
        "no_history": "Nobody bought anything before {cutoff}, so there is nothing to learn from and nothing to test.",
        "too_few_customers": "Customers known before {cutoff}: {value}. Nobody can be compared with others, so no "
        "method can be tested.",
        "too_few_products": "Products sold before {cutoff}: {value}. There is nothing to choose from, so no method can "
        "be tested.",
        "no_later": "Nobody bought anything from {cutoff} on, so no offer can be judged by what was bought later.",
        "nothing_offered": "Of {value} products sold before {cutoff} none was still sold shortly before it, so there "
        "was nothing to offer.",
        "none_evaluated": "Of {value} customers known before {cutoff} nobody came back for something that counts, so "
        "no offer can be judged by what was bought later.",
    }
)
#: Customers by what became of them, in the order of the table.
_USERS = msgid(
    {
        "known": "Known at the cut-off",
        "came_back": "of these, bought again later",
        "bought_new": "of these, bought something new to them: they are looked at",
        "only_again": "bought again, but nothing new to them",
        "only_unknown_products": "bought as new only what nobody had bought before: no offer could have been right",
        "not_back": "did not come back: whether an offer would have been right is not known",
        "new_customers": "First bought after the cut-off: nothing is known to choose offers by",
    }
)


def tested(study: Study, *, horizon_days: int, offered_days: int, level: float) -> Blocks:
    """The split in time, the customers, the choice of methods; or why nothing can be tested."""
    if study.obstacle is not None:
        return blocks(
            _obstacle(study),
            sentence("not_tested", "Methods cannot be tested on this data; the reason stands at the top of the page."),
        )
    return blocks(
        _split(study, horizon_days),
        _users(study),
        _left_out(study, offered_days),
        _choice(study, horizon_days),
        _choices(study),
        _pool(study),
        _units(level),
    )


def _pool(study: Study) -> Block | None:
    """Among whom those alike are looked for, where not among everybody."""
    assert study.methods is not None
    if study.counts["customers"] <= neighbours.POOL or "user_neighbours" not in set(study.methods["method"]):
        return None
    words = message(
        "The method {method} looks for customers alike among {pool} of the {customers} customers learnt from, drawn at "
        "random: looking among all would take time that grows with the square of their number. It is judged, and makes "
        "offers, in this way.",
        claim="pool < customers",
        method=list_term("user_neighbours"),
        pool=count(neighbours.POOL),
        customers=count(study.counts["customers"]),
    )
    return Note("neighbours_pool", words)


def _obstacle(study: Study) -> Block:
    assert study.obstacle is not None
    words = _OBSTACLES[study.obstacle.code]
    possible = {"cutoff": day(study.cutoff), "value": count(int(study.obstacle.value))}
    used = {name: value for name, value in possible.items() if f"{{{name}}}" in words}
    return Sentence("obstacle", Message(words, used), "lead")


def _split(study: Study, horizon_days: int) -> Block:
    return sentence(
        "split",
        "Methods learn from what {customers} customers bought before {cutoff}, {pairs} pairs of a customer and one of "
        "{products} products, and are judged by the {length} from that day on. The date is the same for all.",
        claim="pairs >= customers",
        customers=count(study.counts["customers"]),
        cutoff=day(study.cutoff),
        pairs=count(study.counts["pairs"]),
        products=count(study.counts["products"]),
        length=days(horizon_days),
    )


def _users(study: Study) -> Block:
    assert study.users is not None
    found = study.users[study.users["wanted"] == "new"].set_index("code")["customers"]
    known = max(int(found["known"]), 1)
    table = pd.DataFrame(
        {
            "group": list(_USERS.values()),
            "customers": [int(found[code]) for code in _USERS],
            "share": [found[code] / known if code != "new_customers" else None for code in _USERS],
        }
    )
    return Table(
        "tested_customers",
        message("Who could be looked at, and who could not"),
        table,
        {
            "group": Column("Group of customers", "phrase"),
            "customers": Column("Customers", "count"),
            "share": Column("Of those known", "percent"),
        },
        group_size="customers",
    )


def _left_out(study: Study, offered_days: int) -> Block:
    left = study.counts["products"] - study.counts["offered"]
    if not left:
        everything = message(
            "Every product was sold to a known customer in the {length} before the cut-off, so all may be offered.",
            length=days(offered_days),
        )
        return Note("all_offered", everything)
    words = message(
        "A product that no known customer bought in the {length} before the date of an offer counts as no longer sold "
        "and is never offered: at the cut-off {left} of {products}.",
        claim="left <= products",
        length=days(offered_days),
        left=count(left),
        products=count(study.counts["products"]),
    )
    return Note("not_offered", words)


def _choice(study: Study, horizon_days: int) -> Block:
    if any(remark.code == "no_earlier_split" for remark in study.remarks):
        too_short = message(
            "The data is too short to choose methods and their options on a period before the cut-off, so the first of "
            "each is taken as it comes."
        )
        return Note("no_earlier_split", too_short, "limit")
    assert study.choices is not None
    before = study.cutoff - timedelta(days=horizon_days)
    tried = study.choices[(study.choices["wanted"] == "new") & (study.choices["place"] >= 0)]
    words = message(
        "Methods and their options ({tried} combinations) were chosen by nDCG on the {length} before the cut-off, with "
        "what was known on {before}. The period on which this page reports had no part in the choice. The best list "
        "without a model, however, is the one with the highest nDCG on that period itself: what luck there is in this "
        "is the list’s.",
        tried=count(len(tried)),
        length=days(horizon_days),
        before=day(before),
    )
    return Note("choice", words)


def _choices(study: Study) -> list[Block]:
    assert study.methods is not None
    methods = study.methods[study.methods["wanted"] == "new"]
    table = methods[methods["kind"] == "model"]
    if table.empty or table["earlier_ndcg"].isna().all():
        return []
    plain = methods[methods["kind"] == "baseline"].sort_values("earlier_ndcg", ascending=False, kind="stable").iloc[0]
    table = table.assign(
        name=[f"list_{method}" for method in table["method"]],
        options=[options_in_words(*each) for each in zip(table["method"], table["options"], strict=True)],
    ).sort_values(["earlier_ndcg", "method"], ascending=[False, True], kind="stable")
    columns = {
        "name": Column("Method", "term"),
        "options": Column("Options chosen", "phrase"),
        "earlier_ndcg": Column("nDCG then", "percent", digits=1),
    }
    best = table.iloc[0]
    return [
        sentence(
            "earlier",
            "On the earlier period the best method was {method} (nDCG {ndcg}), and the best list without a model "
            "{baseline} ({base}).",
            claim="ndcg >= 0 and base >= 0",
            method=list_term(str(best["method"])),
            ndcg=percent(float(best["earlier_ndcg"]), digits=1),
            baseline=list_term(str(plain["method"])),
            base=percent(float(plain["earlier_ndcg"]), digits=1),
        ),
        Table(
            "choices",
            message("What the earlier period chose for each method"),
            table[list(columns)],
            columns,
            order="the best of the earlier period first",
        ),
    ]


def _units(level: float) -> Block:
    words = message(
        "Intervals ({level}) take customers as the units: of shares of customers by score, of other means by drawing "
        "the customers anew; differences between two methods are taken customer by customer. Where a method has too "
        "few candidates for a customer, best sellers fill the list. Coverage counts the lists of the customers looked "
        "at.",
        level=percent(level),
    )
    return Note("units", words)
