"""Which model is used and why, its parameters, whether the search for them can be trusted, and what they mean."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammainc, gammaincinv

from analysis.lifetime import UNIT_DAYS, CustomerHistories, Models, PurchaseFit
from analysis.report.blocks import Block, Blocks, Column, Figure, Note, Table, blocks, sentence
from analysis.report.values import count, days, listing, number, percent, term
from analysis.report.wording import Message, message, msgid, phrase

__all__ = ["cannot_fit", "models"]

_OBSTACLES = msgid(
    {
        "no_customer": "No customer with a purchase is known, so no model can be fitted.",
        "not_watched": (
            "Nobody has been watched after the first purchase, so there is nothing that a model could learn from."
        ),
        "nobody_again": (
            "None of {n} customers bought again, and buying again is what is modelled; nothing is forecast."
        ),
        "too_few_again": (
            "Only {again} of {n} customers bought again. At least {needed} are asked for, because fewer do not tell "
            "the parameters of a model apart; nothing is forecast."
        ),
        "not_fitted": "No model of repeat purchases could be fitted to these {n} customers; nothing is forecast.",
    }
)
#: What the fit's own remarks mean for a reader, by their code.
_REMARKS = msgid(
    {
        "nobody_leaves": "{model}: the model sees hardly anybody leave; it counts {share} of the customers as gone.",
        "few_customers": (
            "{model}: {value} customers are few for this model; the standard errors rest on large samples."
        ),
        "few_repeaters": (
            "{model}: {value} customers who bought again are few; the standard errors rest on large samples."
        ),
        "starts_disagree": "{model}: {value} of the starting points ended at a worse place; the best is reported.",
    }
)
#: Purchases a year by which customers are grouped.
_RATES = (1.0, 2.0, 4.0, 8.0, 16.0)


def cannot_fit(known: CustomerHistories, found: Models, *, needed: int) -> Blocks:
    """Why no model could be fitted; nothing where one could."""
    if found.obstacle is None:
        return blocks()
    words = _OBSTACLES[found.obstacle]
    values: dict[str, Any] = {
        "n": count(len(known.table)),
        "again": count(int((known.table["frequency"] > 0).sum())),
        "needed": count(needed),
    }
    used = {name: value for name, value in values.items() if f"{{{name}}}" in words}
    return blocks(Note("obstacle", message(words, **used), "warning"))


def models(known: CustomerHistories, found: Models, *, chosen: str | None = None) -> Blocks:
    """The choice, the parameters, the checks of the search and how much customers differ.

    Parameters
    ----------
    known : CustomerHistories
        To which `found` was fitted.
    found : Models
    chosen : str, optional
        The model that was chosen at the cut-off; by default that of `found`.
    """
    if found.chosen is None:
        return blocks()
    used = chosen if chosen is not None and chosen in found.fits else found.chosen
    fit = found.fits[used]
    return blocks(
        _choice(found, used),
        _failed(found),
        [_settled(name, each) for name, each in found.fits.items()],
        [note for name, each in found.fits.items() for note in _remarks(name, each)],
        _parameters(found),
        _rates(known, fit, used),
        _paces(known, fit),
        _leaving(known, fit, used),
    )


def _choice(found: Models, used: str) -> Block:
    others = [name for name in found.fits if name != used]
    if not others:
        return Note("choice", message("{model} is the only model that was fitted.", model=term(f"model_{used}")))
    best = max(others, key=lambda name: found.fits[name].log_likelihood)
    gain = found.fits[used].log_likelihood - found.fits[best].log_likelihood
    greater = msgid(
        "{model} is used: among models whose search settled its likelihood was greatest at the cut-off, and all have "
        "as many parameters. The later period had no part in the choice. On all purchases its log-likelihood is "
        "{gain} greater than that of {other}."
    )
    less = msgid(
        "{model} is used: among models whose search settled its likelihood was greatest at the cut-off, and all have "
        "as many parameters. The later period had no part in the choice. On all purchases its log-likelihood is "
        "{gain} less than that of {other}."
    )
    return sentence(
        "choice",
        greater if gain >= 0 else less,
        claim="signed >= 0" if gain >= 0 else "signed < 0",
        model=term(f"model_{used}"),
        gain=number(abs(gain), digits=1),
        signed=number(gain),
        other=term(f"model_{best}"),
    )


def _failed(found: Models) -> Block | None:
    names = [name for name in found.failed if name != "gamma_gamma"]
    if not names:
        return None
    words = message("Could not be fitted to these customers: {models}.", models=listing(f"model_{n}" for n in names))
    return Note("failed", words, "warning")


def _settled(name: str, fit: PurchaseFit) -> Block:
    """The checks of the optimiser, in plain words."""
    starts, agree = len(fit.starts), int(fit.starts["agrees"].sum())
    values: dict[str, Any] = {"model": term(f"model_{name}"), "starts": count(starts), "agree": count(agree)}
    if not fit.converged:
        unsettled = message(
            "{model}: the search for the best parameters did not settle; do not rely on them.", model=values["model"]
        )
        return Note(f"settled_{name}", unsettled, "warning")
    if not fit.identified:
        level = message(
            "{model}: {agree} of {starts} starting points led to the same likelihood, but it hardly changes in at "
            "least one direction: the data leave parameters open, and standard errors of those are not given.",
            **values,
        )
        return Note(f"settled_{name}", level, "limit")
    return sentence(
        f"settled_{name}",
        "{model}: {agree} of {starts} starting points led to the same parameters; the likelihood is level there "
        "(gradient) and falls off in every direction (Hessian), as it must at a maximum.",
        claim="agree >= 1 and agree <= starts",
        **values,
    )


def _remarks(name: str, fit: PurchaseFit) -> list[Block]:
    found: list[Block] = []
    for note in fit.notes:
        if note.code in _REMARKS:
            words, possible = _REMARKS[note.code], {"model": term(f"model_{name}"), "value": count(int(note.value))}
            possible["share"] = percent(note.value)
            values = {key: value for key, value in possible.items() if f"{{{key}}}" in words}
            found.append(Note(f"{note.code}_{name}", Message(words, values), "limit"))
    driven = [note for note in fit.notes if note.code in ("towards_infinity", "towards_zero")]
    ends = [parameter for note in driven for parameter in note.about.split(", ")]
    if ends:
        said = message(
            "{model}: the best fit drives {parameters} to the end of the range. That says that customers hardly "
            "differ in what these describe, or that the data cannot tell; forecasts rest on what is determined.",
            model=term(f"model_{name}"),
            parameters=listing(dict.fromkeys(ends)),
        )
        found.append(Note(f"at_the_end_{name}", said, "limit"))
    return found


def _parameters(found: Models) -> Block:
    tables = [each.table.assign(model=f"model_{name}") for name, each in found.fits.items()]
    if found.value is not None:
        tables.append(found.value.table.assign(model="model_gamma_gamma"))
    table = pd.concat(tables, ignore_index=True)
    table[["low", "high"]] = table[["low", "high"]].where(np.isfinite(table["standard_error"]), np.nan, axis=0)
    return Table(
        "estimates",
        message(
            "Parameters, by maximum likelihood; intervals are made on the logarithm. Left out where data leave them "
            "open"
        ),
        table,
        {
            "model": Column("Model", "term"),
            "parameter": Column("Parameter"),
            "estimate": Column("Estimate", "number", low="low", high="high"),
            "standard_error": Column("Standard error", "number"),
        },
    )


def _rates(known: CustomerHistories, fit: PurchaseFit, used: str) -> Block:
    """The distribution of customers' own rates while they are active."""
    year = 365.25 / UNIT_DAYS[known.unit]
    r, alpha = fit.params["r"], fit.params["alpha"]
    ends = np.array([0.0, *_RATES, np.inf])
    with np.errstate(invalid="ignore"):
        below = np.where(np.isinf(ends), 1.0, gammainc(r, alpha * np.where(np.isinf(ends), 0, ends) / year))
    labels = [
        message("less than {n}", n=number(_RATES[0])),
        *(message("{low} to {high}", low=number(low), high=number(high)) for low, high in pairwise(_RATES)),
        message("more than {n}", n=number(_RATES[-1])),
    ]
    data = pd.DataFrame({"category": labels, "value": np.diff(below)})
    top = data.loc[data["value"].idxmax()]
    return Figure(
        "rates",
        "bar",
        message(
            "Purchases a year while active: {label} for most customers" if top["value"] > 0.5 else
            "Purchases a year while active: customers differ, and the largest class makes {label}",
            claim="share > half" if top["value"] > 0.5 else "share <= half",
            label=phrase(top["category"]), share=percent(float(top["value"])), half=number(0.5),
        ),
        message(
            "Share of customers by their own rate of purchases after the first, by {model}", model=term(f"model_{used}")
        ),
        "One bar a class of purchases a year; its length is the share of customers whose own rate the model puts "
        "there.",
        data,
        {"category": Column("Purchases a year", "phrase"), "value": Column("Share of customers", "percent")},
    )  # fmt: skip


def _paces(known: CustomerHistories, fit: PurchaseFit) -> Block:
    unit = UNIT_DAYS[known.unit]
    slow, middle, fast = (float(gammaincinv(fit.params["r"], q)) / fit.params["alpha"] / unit for q in (0.1, 0.5, 0.9))
    return sentence(
        "paces",
        "How much customers differ: while active, the middle customer buys every {middle}, the tenth that buys most at "
        "least every {fast}, the tenth that buys least at most every {slow}.",
        claim="fast <= middle and middle <= slow",
        middle=days(1 / max(middle, 1e-9)),
        fast=days(1 / max(fast, 1e-9)),
        slow=days(min(1 / max(slow, 1e-9), 36525.0)),
    )


def _leaving(known: CustomerHistories, fit: PurchaseFit, used: str) -> Block:
    params = fit.params
    if used in ("bg_nbd", "mbg_nbd"):
        but_first = msgid(
            "After each purchase but the first, {share} of customers leave for good, on average over customers."
        )
        each = msgid("After each purchase, {share} of customers leave for good, on average over customers.")
        share = percent(params["a"] / (params["a"] + params["b"]))
        words = but_first if used == "bg_nbd" else each
        return sentence("leaving", words, claim="share <= whole", share=share, whole=number(1.0))
    year = 365.25 / UNIT_DAYS[known.unit]
    gone = -np.expm1(-params["s"] * np.log1p(year / params["beta"]))
    return sentence(
        "leaving",
        "Within {year} of the first purchase {share} of customers leave for good, by the model.",
        claim="share <= whole",
        share=percent(float(gone)),
        whole=number(1.0),
        year=days(365),
    )
