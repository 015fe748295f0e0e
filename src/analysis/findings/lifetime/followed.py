"""The purchases of known customers through time, by earlier purchases, by age, and by their chance to buy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.findings.lifetime.words import PURCHASES, age_labels, method_term, repeats
from analysis.lifetime import Holdout
from analysis.report.blocks import Block, Blocks, Column, Figure, Note, blocks, sentence
from analysis.report.values import count, day, days, number, percent, term
from analysis.report.wording import Message, message, msgid, phrase

__all__ = ["followed"]

#: A year in whole weeks, so that weekdays fall on weekdays.
_YEAR = 364
#: A total this far from the forecast, as a share of it, is out of line.
_OUT_OF_LINE = 0.05
_NO_SEASON = msgid(
    "The models take each customer’s own rate as constant: they know no season, no campaign and no trend. A later "
    "period that holds a high season is foretold too low by them, and one after it too high."
)
_YEAR_EARLIER = msgid(
    {
        "measured": (
            "{rule} A year earlier, at the same time of year, purchases ran {ran} the model’s fit, measured by the "
            "rest of the time."
        ),
        "again": (
            "{rule} A year earlier, at the same time of year, purchases ran {ran} the model’s fit, measured by the "
            "rest of the time: that is what a season looks like."
        ),
        "not_now": (
            "{rule} A year earlier, at the same time of year, purchases ran {ran} the model’s fit, measured by the "
            "rest of the time, but this time they did not."
        ),
    }
)


def followed(held: Holdout | None, *, age_days: Sequence[int]) -> Blocks:
    """Tracking, classes and chances of the later period; nothing where none was forecast."""
    if held is None or held.models.chosen is None or "purchases" not in held.errors:
        return blocks()
    return blocks(
        _through_time(held), _season(held), _cumulated(held), _frequency(held), _ages(held, age_days),
        _chances(held), _active(held),
    )  # fmt: skip


def _later(held: Holdout) -> pd.DataFrame:
    return held.tracking[held.tracking["later"]]


def _through_time(held: Holdout) -> Block:
    """Periods of full length, before and after the cut-off: what came, and the chosen model's fit and forecast."""
    chosen = held.models.chosen
    assert chosen is not None
    full = held.tracking[held.tracking["days"] == held.tracking["days"].max()]
    before, after = full[~full["later"]], full[full["later"]]
    parts = [
        pd.DataFrame({"x": part["start"], "y": part[column], "series": name})
        for part, column, name in ((full, "actual", "came"), (before, chosen, "fit"), (after, chosen, "forecast"))
    ]
    later = _later(held)
    off = float(later["actual"].sum() / later[chosen].sum() - 1) if later[chosen].sum() > 0 else float("nan")
    return Figure(
        "tracking",
        "line",
        message(
            "After the cut-off of {cutoff}, purchases ran {off} above the forecast" if off > 0 else
            "After the cut-off of {cutoff}, purchases ran {off} below the forecast",
            claim="signed > 0" if off > 0 else "signed <= 0",
            cutoff=day(held.known.as_of), off=percent(abs(off)), signed=number(off),
        ),
        message(
            "Repeat purchases of {n} customers known at the cut-off, in periods of {length}; before the cut-off the "
            "model’s fit, after it its forecast",
            n=count(len(held.actual)), length=days(int(full["days"].max())),
        ),
        "Lines over time: the purchases of each period, which go up and down, and the smooth expectation of the "
        "model, which knows no season. The forecast begins at the cut-off.",
        pd.concat(parts, ignore_index=True),
        {"x": Column("Period from", "date"), "y": Column("Number of purchases", "number", digits=0),
         "series": Column("Series", "term")},
    )  # fmt: skip


def _season(held: Holdout) -> Block:
    """The model knows no season; was the same time a year before out of line as well?"""
    chosen = held.models.chosen
    assert chosen is not None
    unknown = Note("season", message(_NO_SEASON), "limit")
    later, table = _later(held), held.tracking[~held.tracking["later"]]
    back = later["start"] - pd.Timedelta(days=_YEAR)
    before = table[(table["start"] >= back.min()) & (table["start"] <= back.max())]
    if len(before) < len(later) or table[chosen].sum() <= 0 or before[chosen].sum() <= 0 or later[chosen].sum() <= 0:
        return unknown
    then = float(before["actual"].sum() / before[chosen].sum())
    rest = table.drop(before.index)
    usual = float(rest["actual"].sum() / rest[chosen].sum()) if rest[chosen].sum() > 0 else float("nan")
    now = float(later["actual"].sum() / later[chosen].sum())
    if not np.isfinite(usual) or usual <= 0:
        return unknown
    shift = then / usual - 1
    off = abs(now - 1) > _OUT_OF_LINE
    if abs(shift) <= _OUT_OF_LINE or ((shift > 0) != (now > 1) and off):
        words = _YEAR_EARLIER["measured"]
    else:
        words = _YEAR_EARLIER["again" if off else "not_now"]
    size = percent(abs(shift))
    ran = message("{shift} above", shift=size) if shift > 0 else message("{shift} below", shift=size)
    return sentence(
        "season",
        words,
        claim="signed > 0" if shift > 0 else "signed <= 0",
        rule=phrase(_NO_SEASON),
        ran=phrase(ran),
        signed=number(shift),
    )


def _cumulated(held: Holdout) -> Block:
    """The later period, added up: what came, each model, and the last period going on."""
    later = _later(held)
    names = {"actual": "came", **{name: f"model_{name}" for name in held.models.fits}}
    ends = later["start"] + pd.to_timedelta(later["days"], unit="D") - pd.Timedelta(days=1)
    parts = [pd.DataFrame({"x": ends, "y": later[column].cumsum(), "series": name}) for column, name in names.items()]
    errors = held.errors["purchases"]
    if "last_period" in errors.baselines:
        per_day = float(errors.error("last_period")["total"]) / held.days
        parts.append(pd.DataFrame({"x": ends, "y": later["days"].cumsum() * per_day, "series": "naive_last_period"}))
    totals = {part["series"].iloc[0]: float(part["y"].iloc[-1]) for part in parts}
    came = totals.pop("came")
    nearest = min(totals, key=lambda name: (abs(totals[name] - came), name))
    return Figure(
        "cumulated",
        "line",
        message(
            "At the end of the later period {nearest} is nearest to the number of purchases that came",
            claim="distance <= least",
            nearest=term(nearest), distance=number(abs(totals[nearest] - came)),
            least=number(min(abs(value - came) for value in totals.values())),
        ),
        message(
            "Purchases since the cut-off of {cutoff}, added up; customers known then", cutoff=day(held.known.as_of)
        ),
        "Lines that rise from left to right: purchases that came, and those that were forecast. The further a line "
        "ends from what came, the further that forecast of the total was off.",
        pd.concat(parts, ignore_index=True),
        {"x": Column("Until", "date"), "y": Column("Number of purchases", "number", digits=0),
         "series": Column("Series", "term")},
    )  # fmt: skip


def _classes(held: Holdout, table: pd.DataFrame, labels: Sequence[Message]) -> tuple[pd.DataFrame, dict[str, Column]]:
    """Groups of customers with what came and every forecast, ready for a chart."""
    errors = held.errors["purchases"]
    data = pd.DataFrame(
        {
            "category": list(labels), "first": table[held.models.chosen], "second": table["actual"],
            "low": table["low"], "high": table["high"], "customers": table["customers"],
        }
    )  # fmt: skip
    columns = {
        "category": Column("Customers with", "phrase"),
        "first": PURCHASES.column(msgid("Forecast")),
        "second": PURCHASES.column(msgid("Came"), "low", "high"),
        "customers": Column("Customers", "count"),
    }
    for name in errors.table["method"]:
        if name != held.models.chosen:
            data[name] = table[name].to_numpy()
            columns[name] = PURCHASES.column(_SHORT[method_term(name, errors)])
    return data, columns


_SHORT = msgid(
    {
        "model_bg_nbd": "BG/NBD",
        "model_mbg_nbd": "MBG/NBD",
        "model_pareto_nbd": "Pareto/NBD",
        "naive_last_period": "As last period",
        "naive_mean": "Mean of all",
        "naive_own_rate": "Own rate",
        "naive_recent_rate": "Own rate, if bought lately",
    }
)


def _within(table: pd.DataFrame, chosen: str) -> int:
    return int(((table["low"] <= table[chosen]) & (table[chosen] <= table["high"])).sum())


def _frequency(held: Holdout) -> Block:
    last = int(held.frequency["group"].max())
    labels = [repeats(int(group), open_end=group == last > 0) for group in held.frequency["group"]]
    data, columns = _classes(held, held.frequency, labels)
    words = msgid(
        (
            "By how often customers bought before, the forecast lies within the interval of what came in {inside} of "
            "{n} classes",
            "Mean purchases a customer in the {length} after the cut-off, by repeat purchases before it; {model}",
        )
    )
    return _by_class("frequency", held, held.frequency, words, data, columns)


def _ages(held: Holdout, age_days: Sequence[int]) -> Block:
    labels = age_labels((int(group) for group in held.ages["group"]), age_days)
    data, columns = _classes(held, held.ages, labels)
    columns["category"] = Column("Since the first purchase", "phrase")
    words = msgid(
        (
            "By how long customers have been known, the forecast lies within the interval of what came in {inside} of "
            "{n} classes",
            "Mean purchases a customer in the {length} after the cut-off, by time since the first purchase; {model}",
        )
    )
    return _by_class("ages", held, held.ages, words, data, columns)


def _by_class(
    name: str,
    held: Holdout,
    table: pd.DataFrame,
    words: tuple[str, str],
    data: pd.DataFrame,
    columns: dict[str, Column],
) -> Block:
    """Forecast and what came, class by class of customers; `words` are those of the title and the subtitle."""
    chosen = held.models.chosen
    assert chosen is not None
    title, subtitle = words
    inside = count(_within(table, chosen))
    return Figure(
        name,
        "dumbbell",
        message(title, claim="inside <= n", inside=inside, n=count(len(table))),
        message(subtitle, length=days(held.days), model=term(f"model_{chosen}")),
        "One line a class of customers: a hollow dot for the forecast, a full dot with a whisker for what came and its "
        "interval.",
        data,
        columns,
        {"first_label": "forecast", "second_label": "what came"},
        group_size="customers",
    )


def _chances(held: Holdout) -> Block:
    table = held.probabilities
    inside = int(table["within"].sum())
    data = table.rename(columns={"forecast": "x", "share": "y", "customers": "n"})
    return Figure(
        "chances",
        "calibration",
        message(
            "In {inside} of {n} groups the forecast chance to buy lies within the interval of the share that bought",
            claim="inside <= n",
            inside=count(inside), n=count(len(table)),
        ),
        message(
            "Chance of at least one purchase in the {length} after the cut-off, and the share that made one, with "
            "{level} intervals (Clopper–Pearson)",
            length=days(held.days), level=percent(held.errors["purchases"].level),
        ),
        "One dot a group of customers with alike chances: across the mean forecast, upwards the share that bought "
        "with its interval. On the dashed line forecasts are right; above it more bought than was forecast.",
        data[["x", "y", "low", "high", "n", "from_value", "to_value", "beside"]],
        {
            "x": Column("Forecast chance to buy", "percent"),
            "y": Column("Share that bought", "percent", low="low", high="high"),
            "beside": Column("Mean probability of being active", "percent"),
            "n": Column("Customers", "count"),
        },
        group_size="n",
    )  # fmt: skip


def _active(held: Holdout) -> Block:
    """Of customers who bought, how many had been given up?"""
    table = held.probabilities
    low = table.iloc[0]
    values: dict[str, Any] = {
        "n": count(int(low["customers"])),
        "share": percent(float(low["share"]), float(low["low"]), float(low["high"])),
        "chance": percent(float(low["forecast"])),
        "others": percent(float(table.iloc[-1]["share"])),
    }
    return sentence(
        "least_chance",
        "Of the {n} customers with the least chance to buy ({chance}), {share} bought; of the group with the greatest "
        "chance, {others}.",
        claim="share.low <= share.high",
        **values,
    )
