"""Whether probabilities can be taken at their word, and the two curves that experts ask for."""

from __future__ import annotations

import pandas as pd

from analysis.classification import Calibration
from analysis.classification import curves as drawn
from analysis.findings.classification.answer import Answer
from analysis.findings.classification.comparison import model_term
from analysis.findings.classification.ranking import tells_apart
from analysis.report.blocks import Block, Blocks, Column, Figure, blocks
from analysis.report.values import count, number, percent, points, term
from analysis.report.wording import msgid

__all__ = ["calibrated", "curves"]

#: Points of a curve: so many customers stand for one, within these limits, so that no step is one customer.
_CUSTOMERS, _FEWEST, _MOST = 10, 5, 20
#: What is said of each curve: its title, its axes, and what its shape is.
_CURVES = msgid(
    {
        "roc": (
            "ROC curve: the area is {area} for the {model}, {other} for “{baseline}”",
            "Others wrongly ranked above",
            "Share of all {who} found",
            "The share of the others wrongly ranked above across, the share of all {who} found upwards, for every "
            "point at which the list of customers may be cut. The dashed line is a list in random order; the further "
            "above it, the better.",
        ),
        "pr": (
            "Precision and recall: the area is {area} for the {model}, {other} for “{baseline}”",
            "Share of all {who} found (recall)",
            "Share of {who} among those reached (precision)",
            "The share of all {who} found across (recall), the share of {who} among those reached upwards (precision), "
            "for every point at which the list of customers may be cut. The dashed line is a list in random order; the "
            "further above it, the better.",
        ),
    }
)
#: How probabilities were put right.
_MENDED = msgid(
    {
        "platt": "Probabilities of the {model} were put right by a logistic curve (Platt), learnt before the test "
        "period.",
        "isotonic": "Probabilities of the {model} were put right by an isotonic curve, learnt before the test period.",
    }
)
#: What is said of probabilities that are too low or too high, with and without a list that can be followed.
_OFF = msgid(
    {
        "low": "The probabilities are too low: on average {forecast} were foretold to {will}, and {came} did.",
        "high": "The probabilities are too high: on average {forecast} were foretold to {will}, and {came} did.",
    }
)
_OFF_BUT_ORDERED = msgid(
    {
        "low": "The probabilities are too low: on average {forecast} were foretold to {will}, and {came} did. Use the "
        "order of the customers rather than the probabilities themselves.",
        "high": "The probabilities are too high: on average {forecast} were foretold to {will}, and {came} did. Use "
        "the order of the customers rather than the probabilities themselves.",
    }
)


def calibrated(answer: Answer) -> Blocks:
    """Forecast chances beside what came: in words, with exact intervals, and drawn."""
    found = answer.found.calibration if answer.known else None
    if found is None:
        return blocks()
    return blocks(
        _at_their_word(answer, found), _slope(answer, found), _chart(answer, found),
        _mended(answer),
    )  # fmt: skip


def _at_their_word(answer: Answer, found: Calibration) -> Block:
    if found.holds:
        words = msgid(
            "The probabilities can be taken at their word: groups of customers differ from their forecast by {error} "
            "on average, no more than chance alone would make them ({chance})."
        )
        claim = "error <= chance"
    elif found.intercept_low > 0 or found.intercept_high < 0:
        way = "low" if found.intercept_low > 0 else "high"
        words = (_OFF_BUT_ORDERED if tells_apart(answer) else _OFF)[way]
        claim = f"error > chance and {'forecast < came' if way == 'low' else 'forecast > came'}"
    else:
        words = msgid(
            "The probabilities are right on average but not for each group: groups of customers differ from their "
            "forecast by {error} on average, more than chance alone would make them ({chance})."
        )
        claim = "error > chance"
    return answer.sentence(
        "calibrated",
        words,
        claim=claim,
        error=points(found.error),
        chance=points(found.error_by_chance),
        forecast=percent(found.mean_predicted),
        came=percent(found.observed),
    )


def _slope(answer: Answer, found: Calibration) -> Block | None:
    if found.slope != found.slope:
        return None
    slope = number(found.slope, found.slope_low, found.slope_high, level=answer.level, digits=2)
    if found.slope_high < 1:
        claim = "slope.high < one"
        words = msgid(
            "Chances are too extreme: they differ more between customers than what came does (calibration slope "
            "{slope}, where {one} is right)."
        )
    elif found.slope_low > 1:
        claim = "slope.low > one"
        words = msgid(
            "Chances are too cautious: they differ less between customers than what came does (calibration slope "
            "{slope}, where {one} is right)."
        )
    else:
        claim = "slope.low <= one and slope.high >= one"
        words = msgid(
            "Chances are about as far apart as they should be (calibration slope {slope}, where {one} is right)."
        )
    return answer.sentence("calibration_slope", words, claim=claim, slope=slope, one=count(1))


def _chart(answer: Answer, found: Calibration) -> Block:
    table = found.table
    inside = int(table["inside"].sum())
    data = table.rename(columns={"predicted": "x", "observed": "y"})[["x", "y", "low", "high", "n", "events"]]
    return Figure(
        id=answer.block("calibration_chart"),
        chart="calibration",
        title=answer.message(
            "In {inside} of {n} groups the forecast lies within what chance allows",
            claim="inside <= n",
            inside=count(inside),
            n=count(len(table)),
        ),
        subtitle=answer.message(
            "Forecast chance to {will} and the share that did, {customers} customers of the test period in groups of "
            "alike forecasts, exact (Clopper–Pearson) {level} intervals; {model}",
            customers=count(int(table["n"].sum())),
            level=percent(answer.level),
            model=term(model_term(answer.chosen)),
        ),
        description=(
            "One dot for each group of customers with alike forecasts: the mean forecast across, the share that came "
            "true upwards with a whisker for its interval. On the dashed diagonal forecasts come true exactly. Bars at "
            "the foot show how many customers each group has."
        ),
        data=data,
        columns={
            "x": Column("Forecast chance", "percent"),
            "y": Column("Share observed", "percent", low="low", high="high"),
            "n": Column("Customers", "count"),
            "events": Column(answer.message("Of them {who}"), "count"),
        },
        group_size="n",
    )


def _mended(answer: Answer) -> Block | None:
    """That the chosen model's probabilities were put right inside the training period."""
    found = [item for item in answer.found.remarks if item.code == "recalibrated" and item.column == answer.chosen]
    if not found:
        return None
    return answer.note("recalibrated", _MENDED[found[0].other], model=term(model_term(answer.chosen)))


def curves(answer: Answer) -> Blocks:
    """ROC and precision–recall curves of the chosen model and of the best guess without one."""
    if not answer.known:
        return blocks()
    return blocks([_curve(answer, kind) for kind in _CURVES])


def _curve(answer: Answer, kind: str) -> Block:
    title, across, upwards, shape = _CURVES[kind]
    measure = "roc_auc" if kind == "roc" else "average_precision"
    baseline = answer.comparison.best_baseline(measure)
    value, other = (answer.comparison.value(model, measure) for model in (answer.chosen, baseline))
    parts = answer.gains.parts
    share = float(parts["events"].sum() / parts["n"].sum())
    predictions = answer.found.predictions
    assert predictions is not None
    points = max(_FEWEST, min(_MOST, answer.n_test // _CUSTOMERS))
    lines = [
        drawn(predictions["label"], predictions[model], points=points).assign(series=model_term(model))
        for model in (answer.chosen, baseline)
    ]
    data = pd.concat(lines, ignore_index=True)
    data = data[data["curve"] == kind]
    chance = [[0, 0], [1, 1]] if kind == "roc" else [[0, share], [1, share]]
    return Figure(
        id=answer.block(f"{kind}_chart"),
        chart="curve",
        title=answer.message(
            title,
            area=number(*(float(value[part]) for part in ("estimate", "low", "high")), level=answer.level, digits=3),
            model=term(model_term(answer.chosen)),
            other=number(float(other["estimate"]), digits=3),
            baseline=term(model_term(baseline)),
        ),
        subtitle=answer.message(
            "{n} customers of the test period, in the order of their chance to {will}", n=count(answer.n_test)
        ),
        description=answer.message(shape),
        data=data[["series", "x", "y"]],
        columns={
            "series": Column("Ranked by", "term"),
            "x": Column(answer.message(across), "percent"),
            "y": Column(answer.message(upwards), "percent"),
        },
        options={"references": [{"label": "in random order", "points": chance}]},
    )
