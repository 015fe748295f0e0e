"""How well the outcome is foretold for customers the models have not seen, beside guesses that need no model."""

from __future__ import annotations

import pandas as pd

from analysis.findings.regression.outcomes import Outcome, model_term
from analysis.regression import Check, Study
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, blocks, sentence
from analysis.report.values import Value, count, number, percent, term
from analysis.report.wording import message, msgid, phrase

__all__ = ["errors"]

#: Differences below a thousandth of the error are none, whatever their interval.
NEGLIGIBLE = 0.001
_WHOM = msgid(
    {
        "other_customers": "{n} other customers of the same period",
        "later_period": "{n} customers in a later period than the one learnt from",
    }
)
#: Errors less those of a baseline, by the measure and the baseline, in the order of their columns.
_LESS = {
    ("rmse", "mean"): msgid("Typical error less that of the mean"),
    ("mae", "mean"): msgid("Absolute error less that of the mean"),
    ("rmse", "last_value"): msgid("Typical error less that of “as before”"),
    ("mae", "last_value"): msgid("Absolute error less that of “as before”"),
}


def errors(study: Study | None, outcome: Outcome, *, lead: bool = True) -> Blocks:
    """Errors of every check, the hardest first: a later period if there is one, other customers in any case.

    `lead` says whether the first verdict belongs to the page's summary.
    """
    if study is None or not study.checks:
        return blocks()
    checks = sorted(study.checks, key=lambda check: check.name)  # later_period before other_customers
    return blocks(
        _verdict(checks[0], outcome, lead=lead),
        _figures(checks[0], outcome),
        [_verdict(check, outcome, lead=False) for check in checks[1:]],
        _chart(checks[0], outcome),
        _coverage(checks, outcome),
        _notes(checks, outcome),
    )


def _against(check: Check) -> pd.Series:
    """The chosen model against the better of the baselines."""
    table = check.errors.table.set_index("model")["rmse"]
    baselines = check.errors.differences["baseline"].unique()
    best = min(baselines, key=lambda name: (table[name], name))
    return pd.Series({**check.errors.difference(check.chosen, best), "baseline": best, "baseline_error": table[best]})


def _rmse(check: Check, outcome: Outcome) -> Value:
    error = check.errors.error(check.chosen)
    return outcome.value(float(error["rmse"]), float(error["rmse_low"]), float(error["rmse_high"]), check.errors.level)


def _verdict(check: Check, outcome: Outcome, *, lead: bool) -> Block:
    found = _against(check)
    scale = float(found["baseline_error"]) or float("nan")
    share = [
        abs(float(found["relative"])),
        *sorted((abs(float(found["low"]) / scale), abs(float(found["high"]) / scale))),
    ]
    if found["high"] < 0 and found["relative"] <= -NEGLIGIBLE:
        template = msgid(
            "Forecasts of {outcome} typically miss by {error}, {less} less than the best guess without a model "
            "({baseline}); measured on {whom}."
        )
        claim, measure = "difference.high < 0", percent(*share)
    elif found["low"] > 0 and found["relative"] >= NEGLIGIBLE:
        template = msgid(
            "Forecasts of {outcome} typically miss by {error}, {less} more than the best guess without a model "
            "({baseline}): the model should not be used to foretell it. Measured on {whom}."
        )
        claim, measure = "difference.low > 0", percent(*share)
    else:
        template = msgid(
            "Forecasts of {outcome} typically miss by {error}, not clearly better than the best guess without a model "
            "({baseline}): the difference of {less} could be chance. Measured on {whom}."
        )
        claim, measure = f"difference.low <= 0 and difference.high >= 0 or less < {NEGLIGIBLE}", percent(share[0])
    return sentence(
        outcome.block(f"{check.name}_verdict"),
        template,
        claim=claim,
        role="lead" if lead else "finding",
        outcome=outcome.name,
        whom=phrase(message(_WHOM[check.name], n=count(check.n_test))),
        error=_rmse(check, outcome),
        less=measure,
        baseline=term(model_term(str(found["baseline"]), outcome)),
        difference=outcome.value(float(found["difference"]), float(found["low"]), float(found["high"])),
    )


def _figures(check: Check, outcome: Outcome) -> list[Block]:
    error, level = check.errors.error(check.chosen), check.errors.level
    found = _against(check)
    scale = float(found["baseline_error"]) or float("nan")
    relative = percent(float(found["relative"]), float(found["low"]) / scale, float(found["high"]) / scale, level=level)
    chosen = message("{model}, {check}", model=term(model_term(check.chosen, outcome)), check=term(check.name))
    return [
        KeyFigure(
            outcome.block("error"),
            outcome.figures["error"],
            _rmse(check, outcome),
            outcome.metric("rmse"),
            check.n_test,
            chosen,
            "down",
        ),
        KeyFigure(
            outcome.block("error_against_baseline"),
            outcome.figures["error_against_baseline"],
            relative,
            outcome.metric("rmse_relative"),
            check.n_test,
            message("compared with: {baseline}", baseline=term(model_term(str(found["baseline"]), outcome))),
            "down",
        ),
        KeyFigure(
            outcome.block("r_squared"),
            outcome.figures["r_squared"],
            percent(*(float(error[name]) for name in ("r_squared", "r_squared_low", "r_squared_high")), level=level),
            outcome.metric("r_squared"),
            check.n_test,
            chosen,
            "up",
        ),
    ]


def _chart(check: Check, outcome: Outcome) -> Block:
    table = check.errors.table
    data = pd.DataFrame(
        {
            "category": [model_term(model, outcome) for model in table["model"]],
            "model": table["model"],
            "estimate": table["rmse"],
            "low": table["rmse_low"],
            "high": table["rmse_high"],
            "mae": table["mae"],
            "r_squared": table["r_squared"],
        }
    ).sort_values(["estimate", "category"], kind="stable")
    columns = _columns(check, outcome, data)
    return Figure(
        id=outcome.block(f"{check.name}_chart"),
        chart="interval",
        title=message(
            "Smallest error in forecasts of {outcome}: {best}",
            claim="smallest <= next",
            outcome=outcome.name,
            best=term(str(data.iloc[0]["category"])),
            smallest=number(float(data.iloc[0]["estimate"])),
            next=number(float(data["estimate"].min())),
        ),
        subtitle=message(
            "Root mean squared error on {n} customers that the models had not seen ({check}), with {level} intervals",
            check=term(check.name),
            n=count(check.n_test),
            level=percent(check.errors.level),
        ),
        description=(
            "One dot a model or baseline, smallest error first, with a whisker for its interval. The whiskers "
            "share the luck of the draw, so overlapping ones can still differ; the table gives the differences from "
            "each guess without a model, below zero where the model is better."
        ),
        data=data.drop(columns="model"),
        columns=columns,
    )


def _columns(check: Check, outcome: Outcome, data: pd.DataFrame) -> dict[str, Column]:
    """Columns of the chart's table; errors less those of each baseline are added to `data`."""
    columns = {
        "category": Column("Model", "term"),
        "estimate": Column("Typical error", outcome.kind, low="low", high="high", digits=outcome.digits),
        "mae": outcome.column(msgid("Mean absolute error")),
        "r_squared": Column("R²", "number", digits=2),
    }
    parts = check.errors.differences.set_index(["baseline", "measure", "model"]).sort_index()
    for (measure, baseline), label in _LESS.items():
        if (baseline, measure) not in parts.index:
            continue
        found = parts.loc[(baseline, measure)].reindex(data["model"])
        names = [f"{measure}_{baseline}{part}" for part in ("", "_low", "_high")]
        for name, part in zip(names, ("difference", "low", "high"), strict=True):
            data[name] = found[part].to_numpy()
        columns[names[0]] = outcome.column(label, *names[1:])
    return columns


def _coverage(checks: list[Check], outcome: Outcome) -> list[Block]:
    """How often the ranges for single customers hold: all of it for the hardest check, the share for the others."""
    found, level = checks[0].coverage["observed"], checks[0].errors.level
    if found.low > level:
        verdict, claim = msgid("more than it promises"), "share.low > level"
    elif found.high < level:
        verdict, claim = msgid("less than it promises: do not rely on its ranges"), "share.high < level"
    else:
        verdict, claim = msgid("as promised"), "share.low <= level and level <= share.high"
    said: list[Block] = [
        sentence(
            outcome.block(f"{checks[0].name}_coverage"),
            "The linear regression also gives a range for each customer, half of them wider than {width}, which should "
            "hold the outcome for {level} of customers. It did for {share} of {n} new customers ({check}), {verdict}.",
            claim=claim,
            level=percent(level),
            width=outcome.value(found.width),
            share=_share(checks[0]),
            n=count(checks[0].n_test),
            check=term(checks[0].name),
            verdict=phrase(verdict),
        )
    ]
    said.extend(
        sentence(
            outcome.block(f"{check.name}_coverage"),
            "Of {n} new customers ({check}) the ranges held {share}.",
            claim="share.low <= share.high",
            n=count(check.n_test),
            check=term(check.name),
            share=_share(check),
        )
        for check in checks[1:]
    )
    return said


def _share(check: Check) -> Value:
    found = check.coverage["observed"]
    return percent(found.share, found.low, found.high, level=check.errors.level)


def _notes(checks: list[Check], outcome: Outcome) -> list[Block]:
    notes: list[Block] = []
    if len(checks) == 1:
        limit = message(
            "The check uses other customers of the same period. Whether the model holds in a later period cannot "
            "be said without an earlier cut-off to learn from."
        )
        notes.append(Note(outcome.block("one_period"), limit, "limit"))
    unknown = checks[0].without_last_value
    if unknown:
        words = message(
            "For {outcome}, {n} customers have no earlier value: for them “as before” is the mean.",
            outcome=outcome.name,
            n=count(unknown),
        )
        notes.append(Note(outcome.block("no_last_value"), words, "method"))
    return notes
