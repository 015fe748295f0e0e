"""Were such forecasts right? What was forecast at the cut-off beside what came, and beside guesses without a model."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.findings.lifetime.words import PURCHASES, SPEND, Outcome, method_term
from analysis.lifetime import ForecastErrors, Holdout
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, blocks, sentence
from analysis.report.values import Value, count, day, days, number, percent, term
from analysis.report.wording import message, msgid, phrase

__all__ = ["check", "long_check"]

#: Differences below a thousandth of the error are none, whatever their interval.
NEGLIGIBLE = 0.001
_VERDICTS = msgid(
    {
        "purchases": {
            "less": (
                "In the {length} after {cutoff}, forecasts of a customer’s purchases typically missed by {error} "
                "purchases, {share} less than the best guess without a model ({baseline})."
            ),
            "more": (
                "In the {length} after {cutoff}, forecasts of a customer’s purchases typically missed by {error} "
                "purchases, {share} more than the best guess without a model ({baseline}): for single customers the "
                "simple guess wins."
            ),
            "perhaps_less": (
                "In the {length} after {cutoff}, forecasts of a customer’s purchases typically missed by {error} "
                "purchases, not clearly better than the best guess without a model ({baseline}): {share} less, which "
                "could be chance."
            ),
            "perhaps_more": (
                "In the {length} after {cutoff}, forecasts of a customer’s purchases typically missed by {error} "
                "purchases, not clearly better than the best guess without a model ({baseline}): {share} more, which "
                "could be chance."
            ),
        },
        "amount": {
            "less": (
                "In the {length} after {cutoff}, forecasts of a customer’s spend typically missed by {error}, {share} "
                "less than the best guess without a model ({baseline})."
            ),
            "more": (
                "In the {length} after {cutoff}, forecasts of a customer’s spend typically missed by {error}, {share} "
                "more than the best guess without a model ({baseline}): for single customers the simple guess wins."
            ),
            "perhaps_less": (
                "In the {length} after {cutoff}, forecasts of a customer’s spend typically missed by {error}, not "
                "clearly better than the best guess without a model ({baseline}): {share} less, which could be chance."
            ),
            "perhaps_more": (
                "In the {length} after {cutoff}, forecasts of a customer’s spend typically missed by {error}, not "
                "clearly better than the best guess without a model ({baseline}): {share} more, which could be chance."
            ),
        },
    }
)
_TOTALS = msgid(
    {
        "total_purchases": (
            "All customers together: {forecast} purchases were forecast and {actual} came, {off}; {held}."
        ),
        "total_amount": "All customers together: {forecast} of spend was forecast and {actual} came, {off}; {held}.",
        "long_purchases": (
            "On {cutoff}, for {n} customers and the {length} after it, {forecast} purchases were forecast and {actual} "
            "came, {off}; {held}."
        ),
        "long_amount": (
            "On {cutoff}, for {n} customers and the {length} after it, {forecast} of spend was forecast and {actual} "
            "came, {off}; {held}."
        ),
    }
)


def check(held: Holdout | None, *, longer: Holdout | None = None) -> Blocks:
    """The verdict, the totals and the errors; why there is none where nothing could be held out.

    Parameters
    ----------
    held : Holdout or None
        None where the data do not reach back to a cut-off.
    longer : Holdout or None
        That of `long_check`: where it has totals, these belong to the page's summary, else the verdict here does.
    """
    if held is None or held.known.table.empty:
        nobody = message(
            "No customer is known from before a cut-off, so forecasts cannot be held against a later period: how right "
            "they are is not known."
        )
        return blocks(Note("no_holdout", nobody, "warning"))
    if held.models.chosen is None:
        too_little = message(
            "What was known on {cutoff} is too little to fit a model to, so no forecast of then can be checked.",
            cutoff=day(held.known.as_of),
        )
        return blocks(_how(held), Note("no_forecast", too_little, "warning"))
    if "purchases" not in held.errors:
        nothing = message(
            "None of {n} customers bought in the later period; by the forecast there should have been {forecast} "
            "purchases.",
            n=count(len(held.actual)),
            forecast=number(float(held.forecasts["purchases"][held.models.chosen].sum()), digits=0),
        )
        return blocks(_how(held), Note("nobody_later", nothing, "warning"))
    found: list[Block | list[Block] | None] = [_how(held)]
    for outcome in (PURCHASES, SPEND):
        errors = held.errors.get(outcome.id)
        if errors is not None and held.models.chosen in set(errors.table["method"]):
            first = outcome is PURCHASES and (longer is None or longer.totals.empty)
            found += [_verdict(held, errors, outcome, lead=first), _total(held, outcome)]
            found += [_figures(held, errors, outcome), _errors(held, errors, outcome)]
    return blocks(*found, _measures(held.errors["purchases"]), _newcomers(held))


def _how(held: Holdout) -> Block:
    words = message(
        "To see how right such forecasts are, one was made with what was known on {cutoff}, cancellations included, "
        "and held against the {length} after it. Nothing of that time was used to make it.",
        cutoff=day(held.known.as_of),
        length=days(held.days),
    )
    return Note("how_checked", words)


def _against(held: Holdout, errors: ForecastErrors) -> tuple[str, str, pd.Series]:
    """The chosen model, the best guess without a model by the typical error, and the difference of the two."""
    best = errors.best_baseline()
    assert held.models.chosen is not None
    return held.models.chosen, best, errors.difference(held.models.chosen, best)


def _relative(errors: ForecastErrors, found: pd.Series, baseline: str) -> list[float]:
    """The difference and its bounds over the baseline's error."""
    scale = float(errors.error(baseline)["rmse"]) or float("nan")
    return [float(found[name]) / scale for name in ("difference", "low", "high")]


def _verdict(held: Holdout, errors: ForecastErrors, outcome: Outcome, *, lead: bool) -> Block:
    chosen, best, found = _against(held, errors)
    error = errors.error(chosen)
    middle, low, high = _relative(errors, found, best)
    if high < 0 and middle <= -NEGLIGIBLE:
        verdict = "less"
        claim, share = "signed.high < 0", percent(-middle, -high, -low, level=errors.level)
    elif low > 0 and middle >= NEGLIGIBLE:
        verdict = "more"
        claim, share = "signed.low > 0", percent(middle, low, high, level=errors.level)
    else:
        verdict = "perhaps_less" if middle < 0 else "perhaps_more"
        claim, share = f"signed.low <= 0 and signed.high >= 0 or share < {NEGLIGIBLE}", percent(abs(middle))
    return sentence(
        f"verdict_{outcome.id}",
        _VERDICTS[outcome.id][verdict],
        claim=claim,
        role="lead" if lead else "finding",
        length=days(held.days),
        cutoff=day(held.known.as_of),
        error=outcome.value(error["rmse"], error["rmse_low"], error["rmse_high"], errors.level),
        baseline=term(f"naive_{best}"),
        share=share,
        signed=number(middle, low, high),
    )


def _off(outcome: Outcome, off: float) -> Value:
    """How far a total was off, in words."""
    size = percent(abs(off))
    if outcome is PURCHASES:
        return phrase(message("{share} too many" if off > 0 else "{share} too few", share=size))
    return phrase(message("{share} too much" if off > 0 else "{share} too little", share=size))


def _total(held: Holdout, outcome: Outcome, *, id: str = "total", lead: bool = False) -> Block | None:
    """The total that was forecast, with its interval, and the total that came."""
    rows = held.totals[held.totals["what"] == outcome.id]
    if rows.empty or not rows["actual"].iloc[0] > 0:
        return None
    row = rows.iloc[0]
    forecast, low, high, actual = (float(row[name]) for name in ("forecast", "low", "high", "actual"))
    off, inside = forecast / actual - 1, low <= actual <= high
    claim = "signed > 0" if off > 0 else "signed <= 0"
    claim += (
        " and forecast.low <= actual and actual <= forecast.high"
        if inside
        else " and (actual < forecast.low or actual > forecast.high)"
    )
    values: dict[str, Any] = {
        "forecast": outcome.total(forecast, low, high, level=held.level),
        "actual": outcome.total(actual),
        "off": _off(outcome, off),
        "held": phrase("the interval held what came" if inside else "the interval did not hold what came"),
        "signed": number(off),
    }
    words = _TOTALS[f"{id}_{outcome.id}"]
    if "{cutoff}" in words:
        values |= {"cutoff": day(held.known.as_of), "length": days(held.days), "n": count(len(held.actual))}
    return sentence(f"{id}_{outcome.id}", words, claim=claim, role="lead" if lead else "finding", **values)


def long_check(held: Holdout | None, *, horizon_days: int) -> Blocks:
    """The totals of an earlier forecast over a time more like the one ahead; nothing where there is none.

    Parameters
    ----------
    held : Holdout or None
        Made at an earlier cut-off than that of `check`.
    horizon_days : int
        Of the page's forecast.
    """
    if held is None or held.models.chosen is None:
        return blocks()
    main = SPEND if "amount" in set(held.totals["what"]) else PURCHASES
    said = [_total(held, outcome, id="long", lead=outcome is main) for outcome in (PURCHASES, SPEND)]
    if not any(said):
        return blocks()
    note = message(
        "The forecast above is for {horizon}, the longer check for {length}: it says more about totals than the short "
        "one. Orders that were cancelled at any time are left out of it from the start, which is a little more than "
        "was known.",
        horizon=days(horizon_days),
        length=days(held.days),
    )
    return blocks(*said, _long_off(held, main), _nearest(held, main), _long_error(held), Note("how_long", note))


def _long_off(held: Holdout, outcome: Outcome) -> Block | None:
    """The total of the longer check as a key figure, since it is the one that speaks for a forecast as long."""
    errors = held.errors.get(outcome.id)
    return _off_figure(held, errors, outcome, id="long_off") if errors is not None and held.models.chosen else None


def _nearest(held: Holdout, outcome: Outcome) -> Block | None:
    """Whose total came nearest, models and simple guesses alike."""
    errors = held.errors.get(outcome.id)
    if errors is None:
        return None
    table = errors.table.assign(off=(errors.table["ratio"] - 1).abs()).sort_values(["off", "method"], kind="stable")
    best = table.iloc[0]
    off = float(best["ratio"]) - 1
    return sentence(
        "long_nearest",
        "Of all forecasts of {what} for that time, those without a model among them, the nearest in total was "
        "{method}: {off}.",
        claim="share <= least and signed > 0" if off > 0 else "share <= least and signed <= 0",
        what=phrase(outcome.words),
        method=term(method_term(str(best["method"]), errors)),
        off=_off(outcome, off),
        share=percent(abs(off)),
        least=number(float(table["off"].min())),
        signed=number(off),
    )


def _long_error(held: Holdout) -> Block | None:
    errors = held.errors.get("purchases")
    if errors is None or held.models.chosen not in set(errors.table["method"]):
        return None
    _, best, found = _against(held, errors)
    middle, low, high = _relative(errors, found, best)
    clear = high < 0 or low > 0
    sure = msgid(
        (
            "For single customers it erred {share} less than the best guess without a model ({baseline}).",
            "For single customers it erred {share} more than the best guess without a model ({baseline}).",
        )
    )
    perhaps = msgid(
        (
            "For single customers it erred {share} less than the best guess without a model ({baseline}), which could "
            "be chance.",
            "For single customers it erred {share} more than the best guess without a model ({baseline}), which could "
            "be chance.",
        )
    )
    claim = ("signed.high < 0" if middle < 0 else "signed.low > 0") if clear else "signed.low <= 0 and signed.high >= 0"
    return sentence(
        "long_error",
        (sure if clear else perhaps)[0 if middle < 0 else 1],
        claim=claim,
        share=percent(abs(middle), *sorted((abs(low), abs(high))), level=errors.level)
        if clear
        else percent(abs(middle)),
        signed=number(middle, low, high),
        baseline=term(f"naive_{best}"),
    )


def _figures(held: Holdout, errors: ForecastErrors, outcome: Outcome) -> list[Block]:
    _, best, found = _against(held, errors)
    middle, low, high = _relative(errors, found, best)
    return [
        KeyFigure(
            f"error_{outcome.id}",
            message("Typical error of forecast {what} against the best simple guess", what=phrase(outcome.words)),
            percent(middle, low, high, level=errors.level),
            f"lifetime.{outcome.id}_error_relative.v1",
            errors.n,
            message("compared with: {baseline}", baseline=term(f"naive_{best}")),
            "down",
        ),
        _off_figure(held, errors, outcome),
    ]


def _off_figure(held: Holdout, errors: ForecastErrors, outcome: Outcome, *, id: str = "off") -> KeyFigure:
    """How far the total was off; its interval is that of forecast over actual."""
    chosen = held.models.chosen
    assert chosen is not None
    off, low, high = (float(errors.error(chosen)[name]) - 1 for name in ("ratio", "ratio_low", "ratio_high"))
    label = (
        msgid("Forecast {what} of all customers against what came")
        if id == "off"
        else msgid("Forecast {what} of all customers against what came, over a longer time")
    )
    return KeyFigure(
        f"{id}_{outcome.id}",
        message(label, what=phrase(outcome.words)),
        percent(off, low, high, level=errors.level),
        f"lifetime.{outcome.id}_total_{id}.v1",
        errors.n,
        message("{model}, in the {length} after {cutoff}", model=term(f"model_{chosen}"), length=days(held.days),
                cutoff=day(held.known.as_of)),
    )  # fmt: skip


def _errors(held: Holdout, errors: ForecastErrors, outcome: Outcome) -> Block:
    table = errors.table
    data = pd.DataFrame({"category": [method_term(name, errors) for name in table["method"]]})
    for name, column in (("estimate", "rmse"), ("low", "rmse_low"), ("high", "rmse_high")):
        data[name] = table[column]
    for name in ("mae", "rank", "captured", "ratio"):
        for suffix in ("", "_low", "_high"):
            data[f"{name}{suffix}"] = table[f"{name}{suffix}"]
    for suffix in ("ratio", "ratio_low", "ratio_high"):
        data[suffix] = data[suffix] - 1
    best = errors.best_baseline()
    compared = errors.differences.set_index(["baseline", "measure", "method"])
    for name in ("difference", "low", "high"):
        data[f"less_{name}"] = [compared[name].get((best, "rmse", method), float("nan")) for method in table["method"]]
    data = data.sort_values(["estimate", "category"], kind="stable")
    return Figure(
        f"errors_{outcome.id}",
        "interval",
        message(
            "Smallest typical error in forecasts of {what}: {best}",
            claim="smallest <= least",
            what=phrase(outcome.words),
            best=term(str(data.iloc[0]["category"])),
            smallest=number(float(data.iloc[0]["estimate"])),
            least=number(float(data["estimate"].min())),
        ),
        message(
            "Root mean squared error of {what} a customer, {n} customers in the {length} after the cut-off, with "
            "{level} intervals",
            what=phrase(outcome.words), n=count(errors.n), length=days(held.days), level=percent(errors.level),
        ),
        "One dot a model or guess, smallest error first, with a whisker for its interval. Whiskers share the luck of "
        "the draw, so overlapping ones can still differ; the table gives the paired difference from the best guess "
        "without a model.",
        data,
        {
            "category": Column("Forecast", "term"),
            "estimate": outcome.column(msgid("Typical error"), "low", "high"),
            "less_difference": outcome.column(msgid("Less that of the best guess"), "less_low", "less_high"),
            "mae": outcome.column(msgid("Mean absolute error"), "mae_low", "mae_high"),
            "ratio": Column("Total against actual", "percent", low="ratio_low", high="ratio_high"),
            "rank": Column("Rank correlation", "number", low="rank_low", high="rank_high", digits=2),
            "captured": Column("Share captured", "percent", low="captured_low", high="captured_high"),
        },
    )  # fmt: skip


def _measures(errors: ForecastErrors) -> Block:
    words = message(
        "The typical error is the root mean squared error, and it decides, because a forecast is of a mean: the mean "
        "absolute error is least for a forecast near the middle customer, and where most buy nothing, “nobody buys” "
        "does well by it. Rank correlation says how well customers are put in order; the share captured is what the "
        "{top} of customers with the highest forecast did of all that was done.",
        top=percent(errors.top),
    )
    return Note("measures", words)


def _newcomers(held: Holdout) -> Block | None:
    if not held.new_customers:
        return None
    known = int(held.actual["purchases"].sum())
    words = message(
        "{n} customers first bought in the later period and made {share} of all purchases in it. No history speaks of "
        "them, so no forecast on this page counts what new customers will bring.",
        n=count(held.new_customers),
        share=percent(held.new_purchases / (known + held.new_purchases)),
    )
    return Note("newcomers", words, "limit")
