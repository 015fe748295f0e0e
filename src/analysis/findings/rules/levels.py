"""The same at the level of categories, where products have one, and rules that mix levels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.findings.rules.shared import LISTED, name_rules, one_per_set
from analysis.report.blocks import Block, Blocks, Column, Note, Table, blocks, sentence
from analysis.report.values import Value, count, percent, times
from analysis.report.wording import message
from analysis.rules import Hierarchy, Study

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
        words = "Products carry no category, so there are no rules between categories."
        return blocks(Note("no_categories", message(words), "warning"))
    if not levels:
        words = "Categories were not looked at, as the parameters ask."
        return blocks(Note("no_categories", message(words), "limit"))
    found = [_level(study, number) for number, study in enumerate(levels, start=1)]
    return blocks(_tree(tree), *found, _mixed(mixed))


def _tree(tree: Hierarchy) -> Blocks:
    known = len(tree.paths)
    words = "Of {products} products, {known} have a category; categories have up to {depth} levels."
    if tree.depth == 1:
        words = "Of {products} products, {known} have a category."
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
    words = "Products that stand in more than one category in the data: {several}; the most frequent one counts."
    return blocks(said, Note("several_categories", message(words, several=count(tree.several)), "limit"))


def _level(study: Study, number: int) -> Blocks:
    checked = study.checked
    if not len(checked.rules):
        words = "At level {level} of the categories, no rule passes the thresholds."
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
        _table(study, f"category_rules_{number}", "Which categories of level {level} go together", number),
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
        words = "No rule between a product and a category says more than the rule between their categories."
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
        _table(study, "mixed_rules", "Which products go with which categories", 0),
    )


def _table(study: Study, id: str, caption: str, number: int) -> Table:
    shown = one_per_set(study.checked.table).head(LISTED)
    arguments: dict[str, Value] = {"level": count(number)} if number else {}
    return Table(
        id,
        message(caption + ", in the later period", claim=None, **arguments),
        shown.drop(columns=["antecedent_ids", "consequent_ids"]).assign(
            rule=name_rules(shown, short=False),
            verdict=["held up" if held else "did not hold up" for held in shown["held_up"]],
        ),
        {
            "rule": Column("Rule"),
            "later_count": Column("Later baskets", "count"),
            "later_confidence": Column(
                "Confidence", "percent", low="later_confidence_low", high="later_confidence_high"
            ),
            "later_lift": Column("Lift", "number", low="later_lift_low", high="later_lift_high", digits=2),
            "verdict": Column("Verdict"),
        },
        order="By rank, one rule for each combination; baskets are those with both",
        group_size="customers",
    )
