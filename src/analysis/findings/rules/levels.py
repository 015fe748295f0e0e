"""The same at the level of categories, where products have one, and rules that mix levels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import pandas as pd

from analysis.findings.rules.shared import LISTED, one_per_set, verdicts
from analysis.report.blocks import Block, Blocks, Column, Note, Table, blocks, sentence
from analysis.report.values import Value, count, percent, text, times
from analysis.report.wording import Message, message, msgid, phrase
from analysis.rules import CATEGORY_MARK, Hierarchy, Study

__all__ = ["categories"]


def categories(tree: Hierarchy, levels: Sequence[Study], mixed: Study | None) -> Blocks:
    """Which categories go together, level by level, and which products go with which categories.

    Parameters
    ----------
    tree : Hierarchy
    levels : sequence of Study
        One for each level of categories, the widest first.
    mixed : Study or None
        Rules that hold a product and a category.
    """
    if not tree.depth:
        words = msgid("Products carry no category, so there are no rules between categories.")
        return blocks(Note("no_categories", message(words), "warning"))
    if not levels:
        words = msgid("Categories were not looked at, as the parameters ask.")
        return blocks(Note("no_categories", message(words), "limit"))
    found = [_level(study, number) for number, study in enumerate(levels, start=1)]
    return blocks(_tree(tree), *found, _mixed(mixed))


def _tree(tree: Hierarchy) -> Blocks:
    known = len(tree.paths)
    words = (
        msgid("Of {products} products, {known} have a category.")
        if tree.depth == 1
        else msgid("Of {products} products, {known} have a category; categories have up to {depth} levels.")
    )
    said = sentence(
        "category_tree",
        words,
        claim="known > 0 and known <= products",
        known=count(known),
        depth=count(tree.depth),
        products=count(known + tree.without),
    )
    if not tree.several:
        return blocks(said)
    words = msgid("Products that stand in more than one category in the data: {several}; the most frequent one counts.")
    return blocks(said, Note("several_categories", message(words, several=count(tree.several)), "limit"))


def _level(study: Study, number: int) -> Blocks:
    checked = study.checked
    if not len(checked.rules):
        words = msgid("At level {level} of the categories, no rule passes the thresholds.")
        return blocks(Note(f"no_category_rules_{number}", message(words, level=count(number)), "warning"))
    return blocks(
        sentence(
            f"category_verdict_{number}",
            "Between the {categories} categories of level {level}, {held} of {n} retained rules held up in the later "
            "period.",
            claim="held <= n and n > 0",
            categories=count(len(study.baskets.items)),
            level=count(number),
            held=count(checked.n_held_up),
            n=count(len(checked.rules)),
        ),
        _wide(study, number),
        _table(
            study,
            f"category_rules_{number}",
            message("Which categories of level {level} go together, in the later period", level=count(number)),
        ),
    )


def _wide(study: Study, number: int) -> Block | None:
    """What a manager may miss: wide categories meet often, so that little is left to say."""
    checked = study.checked
    if checked.later.n == 0:
        return None
    lift = float(checked.figures["later_lift"].median())
    usual = float(np.median(checked.later.item_counts / checked.later.n))
    if not lift < 1.5:
        return None
    return Note(
        f"category_width_{number}",
        message(
            "The typical category of level {level} is in {usual} of all baskets, so that meeting says less: the "
            "typical rule between them has a later lift of {lift}.",
            claim="lift < 1.5",
            level=count(number),
            usual=percent(usual),
            lift=times(lift),
        ),
        "limit",
    )


def _mixed(study: Study | None) -> Blocks | None:
    if study is None:
        return None
    if not len(study.checked.rules):
        words = msgid("No rule between a product and a category says more than the rule between their categories.")
        return blocks(Note("no_mixed_rules", message(words), "limit"))
    return blocks(
        sentence(
            "mixed_verdict",
            "Rules between products and categories that say more than those between their categories: {n} retained, "
            "{held} held up in the later period.",
            claim="held <= n and n > 0",
            held=count(study.checked.n_held_up),
            n=count(len(study.checked.rules)),
        ),
        _table(study, "mixed_rules", message("Which products go with which categories, in the later period")),
    )


def _table(study: Study, id: str, caption: Message) -> Table:
    shown = one_per_set(study.checked.table).head(LISTED)
    return Table(
        id,
        caption,
        shown.drop(columns=["antecedent_ids", "consequent_ids"]).assign(
            rule=_names(study, shown), verdict=verdicts(shown)
        ),
        {
            "rule": Column("Rule", "phrase"),
            "later_count": Column("Later baskets", "count"),
            "later_confidence": Column(
                "Confidence", "percent", low="later_confidence_low", high="later_confidence_high"
            ),
            "later_lift": Column("Lift", "number", low="later_lift_low", high="later_lift_high", digits=2),
            "verdict": Column("Verdict", "phrase"),
        },
        order="By rank, one rule for each combination; baskets are those with both",
        group_size="customers",
    )


def _names(study: Study, shown: pd.DataFrame) -> list[Message]:
    """Each rule as "antecedent → consequent"; among products, a category is called one."""
    rules = study.checked.rules
    return [
        message(
            "{antecedent} → {consequent}",
            antecedent=_side(rules.baskets.labels, rules.antecedents[row]),
            consequent=_side(rules.baskets.labels, rules.consequents[row]),
        )
        for row in shown.index
    ]


def _side(labels: Sequence[str], members: np.ndarray) -> Value:
    """One side of a rule, its codes filled up with -1."""
    names = [_name(labels[code]) for code in members.tolist() if code >= 0]
    return reduce(lambda first, last: phrase(message("{first} + {last}", first=first, last=last)), names)


def _name(label: str) -> Value:
    bare = label.removesuffix(CATEGORY_MARK)
    return text(label) if bare == label else phrase(message("{name} (category)", name=text(bare)))
