"""The same at the level of categories, where products have one."""

from __future__ import annotations

from analysis.findings.rules.shared import LISTED, name_rules, one_per_set
from analysis.report.blocks import Blocks, Column, Note, Table, blocks, message, sentence
from analysis.report.values import count
from analysis.rules import Study

__all__ = ["categories"]


def categories(result: Study) -> Blocks:
    """Which categories go together, and how many of these rules held up; a note where there is nothing to say."""
    checked = result.checked
    if not len(checked.rules):
        words = "No rule between categories passes the same thresholds."
        if result.baskets.n == 0:
            words = "Products carry no category, so there are no rules between categories."
        return blocks(Note("no_category_rules", message(words), "warning"))
    shown = one_per_set(checked.table).head(LISTED)
    return blocks(
        sentence(
            "category_verdict",
            "Between categories, {held} of {n} retained rules held up in the later period.",
            claim="held <= n and n > 0",
            held=count(checked.n_held_up),
            n=count(len(checked.rules)),
        ),
        Table(
            "category_rules",
            message("Which categories go together, in the later period"),
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
        ),
    )
