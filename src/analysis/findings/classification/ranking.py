"""How many are reached by going down the list: lift by tenths of the customers, and the gain curve."""

from __future__ import annotations

import pandas as pd

from analysis.findings.classification.answer import Answer
from analysis.findings.classification.comparison import model_term
from analysis.report.blocks import Block, Blocks, Column, Figure, blocks
from analysis.report.values import Value, count, percent, term, times
from analysis.report.wording import Message, message, msgid

__all__ = ["ranking", "tells_apart"]

#: How far down the list the words go.
_TOP = 0.3


def ranking(answer: Answer) -> Blocks:
    """What contacting the most likely first would reach in the test period."""
    if not answer.known:
        return blocks()
    return blocks(_reached(answer), _lift(answer), _tenths(answer), None if answer.brief else _gain(answer))


def _bounded(row: pd.Series, name: str, kind: str, level: float) -> Value:
    return Value(kind, float(row[name]), float(row[f"{name}_low"]), float(row[f"{name}_high"]), level)


def tells_apart(answer: Answer) -> bool:
    """Whether the top of the list held more of those who did it than chance would have put there."""
    row = _top(answer)
    return float(row["gain_low"]) > float(row["share"])


def _top(answer: Answer) -> pd.Series:
    parts = answer.gains.parts
    return parts.iloc[int((parts["share"] - _TOP).abs().to_numpy().argmin())]


def _reached(answer: Answer) -> Block:
    row, above = _top(answer), tells_apart(answer)
    gain = _bounded(row, "gain", "percent", answer.level)
    words = msgid(
        "The {share} of customers with the highest chance hold {gain} of all {who}; the same number drawn at random "
        "would hold {share}."
        if above
        else "The {share} of customers with the highest chance hold {gain} of all {who}, not clearly more than the "
        "same number drawn at random."
    )
    return answer.sentence(
        "reached",
        words,
        claim="gain.low > share" if above else "gain.low <= share",
        role=answer.role,
        share=percent(float(row["share"])),
        gain=gain,
    )


def _lift(answer: Answer) -> Block:
    parts = answer.gains.parts
    first, last = parts.iloc[0], parts.iloc[-1]
    lift = _bounded(first, "lift", "times", answer.level)
    clear = lift.low is not None and lift.low > 1
    words = msgid(
        "Of the first tenth {rate} {did}, {lift} the share of all customers; of the last tenth {least}."
        if clear
        else "Of the first tenth {rate} {did}, {lift} the share of all customers, which could be chance; of the last "
        "tenth {least}."
    )
    return answer.sentence(
        "lift",
        words,
        claim="lift.low > one" if clear else "lift.low <= one",
        rate=_bounded(first, "rate", "percent", answer.level),
        lift=lift,
        least=_bounded(last, "rate", "percent", answer.level),
        one=times(1.0),
    )


def _tenths(answer: Answer) -> Block:
    parts = answer.gains.parts
    share = float(parts["events"].sum() / parts["n"].sum())
    above = int((parts["rate_low"] > share).sum())
    data = parts.rename(columns={"rate": "value", "rate_low": "low", "rate_high": "high"})
    data = data.assign(category=[_tenth(int(part), len(parts)) for part in data["part"]])
    names = ["category", "value", "low", "high", "n", "events", "lift", "lift_low", "lift_high", "gain", "gain_low",
             "gain_high"]  # fmt: skip
    return Figure(
        id=answer.block("tenths"),
        chart="bar",
        title=answer.message(
            "{above} of {parts} groups by score {did} more often than all customers, beyond chance",
            claim="above <= parts",
            above=count(above),
            parts=count(len(parts)),
        ),
        subtitle=answer.message(
            "Share of each tenth of {n} customers that {did}, highest scores first, with {level} intervals; {model}",
            n=count(answer.n_test),
            level=percent(answer.level),
            model=term(model_term(answer.chosen)),
        ),
        description=(
            "One bar for each tenth of the customers in the order of their score, with a whisker for its interval and "
            "a dashed line at the share of all customers. A good ranking falls from top to bottom."
        ),
        data=data[names],
        columns={
            "category": Column("Tenth", "phrase"),
            "value": Column(answer.message("Share of {who}"), "percent", low="low", high="high"),
            "n": Column("Customers", "count"),
            "events": Column("Events", "number", digits=0),
            "lift": Column("Lift", "times", low="lift_low", high="lift_high", digits=2),
            "gain": Column("Reached so far", "percent", low="gain_low", high="gain_high"),
        },
        options={"reference": share, "reference_label": "all customers"},
        group_size="n",
    )


def _tenth(part: int, parts: int) -> Message:
    words = msgid("{part} (highest)" if part == 1 else "{part} (lowest)" if part == parts else "{part}")
    return message(words, part=count(part))


def _thinned(curve: pd.DataFrame) -> pd.DataFrame:
    """Every other point of a gain curve, its ends among them."""
    return curve.rename(columns={"share": "x", "gain": "y"}).iloc[::2]


def _gain(answer: Answer) -> Block:
    curve, rival = answer.gains.curve, answer.found.rival_gains
    own = _thinned(curve)[["x", "y", "low", "high"]]
    data = own.assign(series=model_term(answer.chosen))
    baseline = answer.verdict.baseline
    if rival is not None:
        other = _thinned(rival.curve)[["x", "y"]]
        data = pd.concat([data, other.assign(series=model_term(baseline))], ignore_index=True)
    half = curve.iloc[int((curve["share"] - 0.5).abs().to_numpy().argmin())]
    share = float(answer.gains.parts["events"].sum() / answer.gains.parts["n"].sum())
    return Figure(
        id=answer.block("gain_chart"),
        chart="curve",
        title=answer.message(
            "Half of the customers hold {gain} of all {who}, if the list is followed",
            claim="half > 0.4 and half < 0.6",
            gain=Value("percent", float(half["gain"]), float(half["low"]), float(half["high"]), answer.level),
            half=percent(float(half["share"])),
        ),
        subtitle=answer.message(
            "Share of all {who} reached by going down the list of {n} customers of the test period, with the {level} "
            "interval of the {model}",
            n=count(answer.n_test),
            level=percent(answer.level),
            model=term(model_term(answer.chosen)),
        ),
        description=(
            "Share of the customers contacted across, share of all with the outcome among them upwards: the model with "
            "its interval, the best guess without a model, a list in random order and a perfect one."
        ),
        data=data,
        columns={
            "series": Column("Ranked by", "term"),
            "x": Column("Customers contacted, most likely first", "percent"),
            "y": Column(answer.message("Share of all {who} reached"), "percent", low="low", high="high"),
        },
        options={
            "references": [
                {"label": "in random order", "points": [[0, 0], [1, 1]]},
                {"label": "in perfect order", "points": [[0, 0], [share, 1], [1, 1]]},
            ]
        },
    )
