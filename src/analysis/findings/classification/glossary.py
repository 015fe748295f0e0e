"""The terms of the page in plain words, and what a probability does not say."""

from __future__ import annotations

from analysis.report.blocks import Blocks, Definition, Note, blocks
from analysis.report.wording import message, msgid

__all__ = ["terms"]

_TERMS = msgid(
    {
        "cutoff": (
            "Cut-off",
            "The day that divides what is known from what is foretold: columns use only what happened before it, the "
            "outcome only what happens from it on.",
        ),
        "roc_auc": (
            "ROC-AUC",
            "Of one customer with the outcome and one without, both drawn at random: how often the first has the "
            "higher score. One half is chance, one is perfect.",
        ),
        "pr_auc": (
            "PR-AUC",
            "Average precision: working down the list from the highest score, the mean share with the outcome among "
            "those reached so far, taken at each one found. A list in random order has the share of all customers.",
        ),
        "brier_score": (
            "Brier score",
            "The mean squared difference between the probability and what came (one or zero): less is better. It "
            "punishes probabilities that are off as well as a poor order.",
        ),
        "log_loss": (
            "Log loss",
            "The mean surprise at what came, given the probability: less is better. It punishes misplaced certainty "
            "hard.",
        ),
        "calibrated": (
            "Calibrated",
            "Of customers given a chance of one in three, one in three has the outcome.",
        ),
        "lift": (
            "Lift",
            "The share with the outcome in a group, over the share among all customers.",
        ),
        "gain": (
            "Gain",
            "Of all customers with the outcome, the share that is reached by going down the list to a given point.",
        ),
        "tenth": (
            "Tenth",
            "One of ten groups of about equally many customers (decile), in the order of their chance, highest first.",
        ),
        "information_gain": (
            "Information gain",
            "By how much knowing the answer to a question lowers the uncertainty (entropy) about the outcome. The gain "
            "ratio divides it by what the answer says of anything at all, which holds back questions that split off a "
            "few.",
        ),
        "gini_impurity": (
            "Gini impurity",
            "How often two customers drawn from a group differ in the outcome. A good question leaves purer groups.",
        ),
        "permutation_importance": (
            "Permutation importance",
            "What a ranking loses when one column's values are shuffled among the customers, so that they say nothing.",
        ),
    }
)
_LIMITS = msgid(
    {
        "limit_causes": (
            "A column that a forecast leans on goes with the outcome; that does not say that changing it would change "
            "the outcome."
        ),
        "limit_uplift": (
            "A high score says that a customer is likely to do it, not that a message makes the difference: many would "
            "do it anyway. What a message adds shows only where chance decides who gets it."
        ),
        "limit_later": (
            "What held in the test period need not hold in the next: a new range, prices or season can change it. "
            "Judge again when the next period is complete."
        ),
    }
)
_METHODS = msgid(
    {
        "tuning_method": (
            "Settings of each model, and the model itself, are chosen inside the period learnt from; scales, filled "
            "gaps and categories are learnt there too. The test period is looked at once."
        ),
        "interval_method": (
            "Intervals come from drawing the customers of the test period again (bootstrap); all models are measured "
            "on the same drawn customers, so differences are paired."
        ),
    }
)


def terms() -> Blocks:
    """Definitions for the page's glossary, and what holds for every question."""
    return blocks(
        [Note(id, message(words)) for id, words in _METHODS.items()],
        [Note(id, message(words), "limit") for id, words in _LIMITS.items()],
        [Definition(id, label, message(words)) for id, (label, words) in _TERMS.items()],
    )
