"""The terms of the page in plain words, an example computed from the page's best rule, and what rules do not say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.findings.rules.shared import one_per_set
from analysis.report.blocks import Block, Blocks, Definition, Note, blocks, sentence
from analysis.report.values import count, percent, points, text, times
from analysis.report.wording import message, msgid
from analysis.rules import Rules

__all__ = ["example", "glossary", "limits"]

_TERMS: dict[str, tuple[str, str]] = msgid(
    {
        "rule": (
            "Rule",
            "A statement of the form: baskets that hold the first products often also hold the second.",
        ),
        "support": (
            "Support",
            "The share of all baskets that hold every product of the rule.",
        ),
        "confidence": (
            "Confidence",
            "Of the baskets with the first products, the share that also hold the second.",
        ),
        "lift": (
            "Lift",
            "How many times as often the products meet as they would by chance, given how often each is bought. "
            "It is large for rare products, so it is read together with the number of baskets.",
        ),
        "leverage": (
            "Leverage",
            "The share of baskets with both sides less the share that chance would give, in percentage points: "
            "how many baskets are concerned.",
        ),
        "conviction": (
            "Conviction",
            "How many times as often the rule would fail if both sides were unrelated. A dash where the rule "
            "never failed.",
        ),
        "zhang": (
            "Zhang's measure",
            "From minus one (the two exclude each other) to one (always together); at zero, chance.",
        ),
        "certainty": (
            "Certainty factor",
            "How far the confidence goes from the share of all baskets towards certainty; negative where it is below.",
        ),
        "kulczynski": (
            "Kulczynski's measure",
            "The average of the confidence in both directions; it does not change when baskets with neither are added.",
        ),
        "imbalance": (
            "Imbalance ratio",
            "Zero where both sides are bought equally often; near one where one side is bought far more often.",
        ),
        "cosine": (
            "Cosine",
            "Joint baskets over the geometric mean of those with either side; one if always together.",
        ),
        "jaccard": (
            "Jaccard",
            "Of the baskets with at least one side, the share with both.",
        ),
        "all_confidence": (
            "All-confidence",
            "The smaller of the confidences in both directions.",
        ),
        "phi": (
            "Phi",
            "The correlation between having the first and having the second: one if always together.",
        ),
        "odds_ratio": (
            "Odds ratio",
            "The odds of the second in baskets with the first, over those in baskets without; one by chance.",
        ),
        "improvement": (
            "Better than simpler rules",
            "How far the confidence exceeds that of the best rule with fewer products on the first side. Rules "
            "without such a gain are left out.",
        ),
        "fisher": (
            "Fisher's exact test",
            "The chance to see at least so many joint baskets if the two sides were unrelated and baskets independent.",
        ),
        "correction": (
            "Correction",
            "Of many tests some succeed by luck; p-values are raised so that this is allowed for, over a set of "
            "tests that is named.",
        ),
        "closed": (
            "Closed and maximal combinations",
            "A closed combination has no extension in as many baskets; a maximal one has no frequent extension. "
            "Both tell the same in fewer lines.",
        ),
        "hierarchy": (
            "Level of categories",
            "How wide a category is: the first level holds the widest. A rule that mixes levels is shown only if "
            "it says more than the rule about the wider categories.",
        ),
        "beyond_chance": (
            "Revenue beyond chance",
            "What the second product costs in joint baskets, times the joint baskets that exceed those expected "
            "if the two were unrelated.",
        ),
        "later_period": (
            "Later period",
            "The last part of the time covered. Rules are found before it and judged in it, because any search "
            "finds patterns in the data that it searches.",
        ),
    }
)


def glossary() -> Blocks:
    """Definitions of the terms used."""
    return blocks([Definition(id, label, message(words)) for id, (label, words) in _TERMS.items()])


def example(kept: Rules) -> Blocks:
    """The measures of the first rule, step by step from its counts."""
    if not len(kept):
        return blocks()
    row, n = one_per_set(kept.table).iloc[0], kept.baskets.n
    words = msgid(
        "For example: of {n} baskets, {left} hold {antecedent}, {right} hold {consequent} and {both} hold both. "
        "Support is {both} of {n}, {support}; confidence is {both} of {left}, {confidence}; the second is in {usual} "
        "of all baskets, so that lift is {lift} and leverage {leverage}."
    )
    return blocks(
        sentence(
            "example",
            words,
            claim="both <= left and both <= right and left <= n",
            n=count(n),
            left=count(row["antecedent_count"]),
            right=count(row["consequent_count"]),
            both=count(row["count"]),
            antecedent=text(row["antecedent"]),
            consequent=text(row["consequent"]),
            support=percent(row["support"], digits=2),
            confidence=percent(row["confidence"], digits=1),
            usual=percent(row["consequent_support"], digits=2),
            lift=times(row["lift"]),
            leverage=points(row["leverage"], digits=2),
        ),
        _conviction(float(kept.figures["conviction"].loc[row.name]), row),
    )


def limits() -> Blocks:
    """What the rules do not say."""
    return blocks(
        Note(
            "limit_cause",
            message("Rules say what goes together in baskets, not why, and not what would happen if prices changed."),
            "limit",
        ),
        Note(
            "limit_rare",
            message(
                "Combinations below the minimum support were not looked at; rare but profitable pairs may be missed."
            ),
            "limit",
        ),
        Note(
            "limit_later",
            message("The later period is one stretch of time: a rule of another season can fail in it and return."),
            "limit",
        ),
    )


def _conviction(value: float, row: pd.Series) -> Block:
    if np.isnan(value):
        return sentence(
            "example_conviction",
            "This rule never failed, so it has no conviction.",
            claim="both == left",
            both=count(row["count"]),
            left=count(row["antecedent_count"]),
        )
    return sentence(
        "example_conviction",
        "If the two were unrelated, a basket with the first would lack the second {conviction} as often as it does.",
        claim="conviction > 0",
        conviction=times(value),
    )
