"""The terms of lifetime value in plain words, and what the method does not say."""

from __future__ import annotations

from analysis.report.blocks import Blocks, Definition, Note, blocks
from analysis.report.wording import message, msgid

__all__ = ["glossary", "limits"]

_TERMS = msgid(
    {
        "repeat_purchase": (
            "Repeat purchase",
            "A purchase after a customer’s first one. All orders of one day are one purchase.",
        ),
        "active": (
            "Active",
            "Still a customer: somebody who will go on buying at the own rate. Nobody sees whether a customer has "
            "left, so there is only a probability, which falls the longer a customer stays away for longer than "
            "usual. The literature says “alive”.",
        ),
        "expected_purchases": (
            "Expected purchases",
            "The mean number of purchases over many customers with the same history; a single customer will make more "
            "or fewer.",
        ),
        "expected_value": (
            "Expected value",
            "Expected purchases, each counted with its discount, times what a purchase of this customer is expected "
            "to be worth.",
        ),
        "discounting": (
            "Discounting",
            "Money that comes later counts less today: by the discount rate a year, from the moment of each purchase.",
        ),
        "bg_nbd": (
            "BG/NBD",
            "A model in which each customer buys at a constant rate of their own and may leave for good after any "
            "purchase but the first; rates and chances to leave differ between customers. A customer who never came "
            "back counts as active.",
        ),
        "mbg_nbd": (
            "MBG/NBD",
            "The same, but customers may leave after the first purchase too, so that one who never came back may be "
            "gone.",
        ),
        "pareto_nbd": (
            "Pareto/NBD",
            "The same idea as BG/NBD, but customers may leave at any moment, whether they have just bought or not.",
        ),
        "gamma_gamma": (
            "Gamma-Gamma",
            "A model of what customers spend at a time: a customer’s own mean counts the more, the more purchases it "
            "rests on; the rest comes from all customers.",
        ),
        "cut_off": (
            "Cut-off",
            "The day on which a forecast was made for the check: only what was known before it is used, and what came "
            "after it is compared.",
        ),
        "naive_forecasts": (
            "Guesses without a model",
            "As in the last period: each customer does what the customer did in the last period of the same length. "
            "The mean of all: everybody does what customers did on average in that period. Own rate goes on: repeat "
            "purchases continue at their rate since the first purchase. Own rate goes on, if bought lately: the same, "
            "but nothing is expected of customers who bought nothing in the last period.",
        ),
        "likelihood": (
            "Likelihood",
            "How probable a model with its best parameters makes the purchases that were seen; its logarithm is "
            "compared.",
        ),
    }
)


def glossary() -> Blocks:
    """Definitions for the end of the page."""
    return blocks([Definition(f"term_{id}", label, message(words)) for id, (label, words) in _TERMS.items()])


def limits() -> Blocks:
    """What holds for every number on the page."""
    return blocks(
        Note(
            "interval_method",
            message(
                "Intervals of what is to come allow for two things: that parameters are estimated, and that purchases "
                "come by chance (parametric bootstrap). They do not allow for a change of the customers, of the shop "
                "or of the season: the check against the later period shows what that can amount to."
            ),
            "limit",
        ),
        Note(
            "constant_rate",
            message(
                "Every forecast supposes that active customers go on as before. It is not an effect of anything that "
                "is done: what an offer or a letter adds is only shown by a trial in which a part of the customers, "
                "chosen at random, gets none."
            ),
            "limit",
        ),
    )
