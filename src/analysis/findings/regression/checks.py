"""Whether the straight line suits the data, how much columns overlap, and on how few customers the result hangs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.findings.regression.outcomes import Outcome
from analysis.regression import Study
from analysis.report.blocks import Block, Blocks, Column, Figure, Note, blocks, sentence
from analysis.report.values import count, number, p_value, percent, term
from analysis.report.wording import message, msgid

__all__ = ["checks"]

#: A variance inflation factor above which overlap is worth a word (a standard error more than three times as wide).
HIGH_VIF = 10.0


def checks(study: Study | None, outcome: Outcome, *, alpha: float = 0.05) -> Blocks:
    """Residuals, overlap and influence of the linear regression."""
    if study is None or study.linear is None or study.residuals is None or study.influence is None:
        return blocks()
    return blocks(
        _shape(study, outcome), _spread(study, outcome, alpha), _skewness(study, outcome), _overlap(study, outcome),
        _influence(study, outcome),
    )  # fmt: skip


def _shape(study: Study, outcome: Outcome) -> Block | None:
    assert study.residuals is not None and study.linear is not None
    bins = study.residuals.bins
    if len(bins) < 2 or bins["fitted"].nunique() < 2:
        return None
    off = int(((bins["low"] > 0) | (bins["high"] < 0)).sum())
    data = bins.rename(columns={"fitted": "x", "mean": "y"})[["x", "y", "low", "high", "n"]]
    title = msgid(
        "The straight line misses {outcome} in {off} of {n} groups of customers"
        if off
        else "The straight line misses {outcome} in none of {n} groups of customers"
    )
    return Figure(
        id=outcome.block("residuals"),
        chart="line",
        title=message(
            title,
            claim="off > 0" if off else "off == 0",
            outcome=outcome.name,
            off=count(off),
            n=count(len(bins)),
        ),
        subtitle=message(
            "Observed less fitted, mean of each of {n} equally large groups by fitted value, with {level} "
            "intervals; linear regression",
            n=count(len(bins)),
            level=percent(study.linear.level),
        ),
        description=(
            "A line through the mean residual of each group with a band for its interval. A band that stays on one "
            "side of 0 marks a group in which the linear regression is off on average."
        ),
        data=data,
        columns={
            "x": outcome.column(message("Fitted {outcome}", outcome=outcome.name)),
            "y": outcome.column(msgid("Observed less fitted"), "low", "high"),
            "n": Column("Customers", "count"),
        },
    )


def _spread(study: Study, outcome: Outcome, alpha: float) -> Block | None:
    assert study.residuals is not None
    p = study.residuals.breusch_pagan_p
    if not np.isfinite(p):
        return None
    uneven = p < alpha
    template = msgid(
        "The spread around the line differs between customers (Breusch–Pagan {p}); the robust standard errors "
        "allow for that."
        if uneven
        else "No sign that the spread around the line differs between customers (Breusch–Pagan {p})."
    )
    return sentence(
        outcome.block("breusch_pagan"),
        template,
        claim="level < alpha" if uneven else "level >= alpha",
        p=p_value(p),
        level=number(p),
        alpha=number(alpha),
    )


def _skewness(study: Study, outcome: Outcome) -> Block | None:
    assert study.residuals is not None
    skewness = study.residuals.skewness
    if not np.isfinite(skewness):
        return None
    skewed = abs(skewness) > 1
    template = msgid(
        "Misses are larger to one side than to the other (skewness {skewness}), so ranges for single customers follow "
        "the misses seen, not the normal curve."
        if skewed
        else "Misses are about as large to one side as to the other (skewness {skewness})."
    )
    return sentence(
        outcome.block("skewness"),
        template,
        claim="skewness > 1 or skewness < -1" if skewed else "skewness >= -1 and skewness <= 1",
        skewness=number(skewness, digits=1),
    )


def _overlap(study: Study, outcome: Outcome) -> Block:
    fit = study.loglinear or study.linear
    assert fit is not None and study.linear is not None
    table = fit.slopes.sort_values(["vif", "term"], ascending=[False, True], kind="stable")
    high = table[table["vif"] > HIGH_VIF]
    top = table.iloc[0]
    template = msgid(
        "Columns that say nearly what others say together: {n}, {feature} most (variance inflation factor {vif}; "
        "condition number {condition}). Their effects are hard to tell apart."
        if len(high)
        else "Columns overlap little enough for their effects to be told apart; {feature} overlaps most (variance "
        "inflation factor {vif}; condition number {condition})."
    )
    return sentence(
        outcome.block("overlap"),
        template,
        claim="n > 0 and vif > limit" if len(high) else "n == 0 and vif <= limit",
        n=count(len(high)),
        feature=term(str(top["term"])),
        vif=number(float(top["vif"]), digits=1),
        condition=number(study.linear.condition_number, digits=1),
        limit=number(HIGH_VIF),
    )


def _influence(study: Study, outcome: Outcome) -> Block:
    assert study.influence is not None and study.linear is not None
    found = study.influence
    shifts = (
        found.shifts["shift"].iloc[int(study.linear.design.intercept) :].abs() if len(found.shifts) else pd.Series()
    )
    shifts = shifts[np.isfinite(shifts)] if len(shifts) else shifts
    if found.influential == 0 or len(shifts) == 0:
        words = message("No single customer moves the linear regression much (Cook’s distance).")
        return Note(outcome.block("influence"), words)
    moved = int((shifts > 1).sum())
    template = msgid(
        "{few} of {n} customers carry most weight (Cook’s distance). Without them {moved} of {terms} effects of "
        "the linear regression would move by more than their standard error, {most} standard errors at most."
    )
    return sentence(
        outcome.block("influence"),
        template,
        claim="moved <= terms and few <= n",
        few=count(found.influential),
        n=count(study.linear.n),
        moved=count(moved),
        terms=count(len(shifts)),
        most=number(float(shifts.max()), digits=1),
    )
