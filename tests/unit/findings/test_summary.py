"""The summary names only what held up, and says plainly where a model did no better than what needs none."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analysis.findings import summary
from analysis.report.blocks import Blocks, KeyFigure, Note, Sentence
from analysis.report.values import Value, days, money, number, percent, points
from analysis.report.wording import message


def sentences(found: Blocks) -> dict[str, Sentence]:
    return {block.id: block for block in found if isinstance(block, Sentence)}


def figure(value: Value, label: str = "A figure") -> dict[str, Any]:
    """A key figure as it stands among the facts of another notebook."""
    return {"label": label, "value": value.to_dict(), "metric": "topic.figure.v1", "n": 1500}


def roles(found: Blocks, role: str) -> list[str]:
    return [block.id for block in found if isinstance(block, Note | Sentence) and block.role == role]


def test_only_corrected_and_confirmed_effects_are_named() -> None:
    effects = pd.DataFrame(
        {
            "term": ["frequency", "recency_days", "age"],
            "kind": ["log1p", "identity", "identity"],
            "estimate": [1.1, -0.1, 0.2],
            "p_holm": [0.001, 0.083, 0.001],
            "holds": [True, True, None],
        }
    )
    found = summary.foretold({"spend": effects}, {}, alpha=0.05)
    named = [block.message.arguments["features"].value for block in found if isinstance(block, Sentence)]
    assert named == [("frequency",)]


# Who will buy again


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"buy_error_against_baseline": percent(-0.2, -0.25, -0.15)}, "did better than what needs none"),
        ({"buy_error_against_baseline": percent(-0.02, -0.06, 0.02)}, "could be chance"),
        ({"buy_error_against_baseline": percent(0.2, 0.1, 0.3)}, "did worse than what needs none"),
        ({"buy_over_recency": number(0.03, 0.01, 0.05)}, "did better than what needs none"),
        ({"buy_over_recency": number(0.03, -0.01, 0.05)}, "could be chance"),
        ({"buy_over_recency": number(-0.03, -0.05, -0.01)}, "did worse than what needs none"),
        ({"buy_over_recency": number(0.03)}, "could be chance"),
    ],
)
def test_a_model_must_beat_what_needs_none(figures: dict[str, Value], words: str) -> None:
    facts = {"buy_prevalence": figure(percent(0.5, 0.4, 0.6))} | {name: figure(one) for name, one in figures.items()}
    if "buy_over_recency" in figures and figures["buy_over_recency"].low is None:
        facts["buy_over_recency"]["value"] |= {"low": None, "high": None}
    found = summary.buying_again(None, None, facts, horizon_days=90)
    assert words in sentences(found)["told"].message.template
    assert [block.id for block in found if isinstance(block, KeyFigure)] == list(facts)
    assert not roles(found, "lead") and not roles(found, "action")


def test_those_who_could_go_either_way_come_first() -> None:
    facts = {"buy_over_recency": figure(number(0.03, 0.01, 0.05))}
    scores = pd.DataFrame({"customer_key": range(6), "probability": [0.05, 0.1, 0.4, 0.5, 0.9, 0.95]})
    action = sentences(summary.buying_again(scores, None, facts, horizon_days=60))["action_open"].message
    assert {name: value.value for name, value in action.arguments.items()} == {
        "expected": 3, "n": 6, "horizon": 60, "open": 2, "low": 1 / 3, "high": 2 / 3,
    }  # fmt: skip
    sure = scores[scores["probability"].isin([0.05, 0.95])]
    action = sentences(summary.buying_again(sure, None, facts, horizon_days=60))["action_open"].message
    assert "little to win" in action.template


def test_the_first_and_the_last_tenth_say_how_well_it_is_told() -> None:
    facts = {"buy_over_recency": figure(number(0.03, 0.01, 0.05))}
    tenths = pd.DataFrame(
        {"rate": [0.9, 0.5, 0.1], "rate_low": [0.8, 0.4, 0.0], "rate_high": [0.95, 0.6, 0.2], "part": [1, 2, 3]}
    )
    said = sentences(summary.buying_again(None, tenths, facts, horizon_days=90))["tenths"].message.arguments
    assert (said["part"].value, said["first"].value, said["last"].low) == (1 / 3, 0.9, 0.0)
    upside_down = tenths.iloc[::-1]
    assert sentences(summary.buying_again(None, upside_down, facts, horizon_days=90))["tenths"].message.claim == (
        "first < last"
    )
    assert "tenths" not in sentences(summary.buying_again(None, tenths.head(0), facts, horizon_days=90))


# What to offer


def offers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "segment": ["loyal_high_spenders"] * 2 + ["browsers_who_buy_little"], "customers": [40, 40, 30],
            "rank": [2, 1, 1], "product": ["B", "A", "C"], "share": [0.3, 0.5, 0.9],
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("gain", "said", "done"),
    [
        (points(0.08, 0.05, 0.11), "find more than any one list", "each customer’s own list"),
        (points(0.01, -0.02, 0.03), "do no better", "best sellers that the customer does not own"),
        (points(-0.05, -0.08, -0.02), "do worse", "best sellers that the customer does not own"),
    ],
)
def test_the_simple_list_is_offered_unless_a_method_beats_it(gain: Value, said: str, done: str) -> None:
    facts = {"hit_rate": figure(percent(0.6, 0.55, 0.65)), "gain": figure(gain)}
    found = sentences(summary.offering(offers(), facts))
    assert said in found["chosen"].message.template
    action = found["action_offer"].message
    assert done in action.template
    assert [action.arguments[name].value for name in ("one", "other", "n")] == ["A", "B", 40]


def test_offers_without_a_method_or_without_offers() -> None:
    facts = {"hit_rate": figure(percent(0.6, 0.55, 0.65))}
    assert roles(summary.offering(offers(), facts), "warning") == ["chosen"]
    assert "action_offer" not in sentences(summary.offering(None, facts))
    assert "action_offer" not in sentences(summary.offering(offers().head(0), facts))
    alone = sentences(summary.offering(offers().tail(1), facts))["action_offer"].message
    assert "{one} for {segment}" in alone.template and "other" not in alone.arguments


# What customers will be worth


def customers(states: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"state": states, "expected_value": [60.0, 30.0, 10.0], "expected_purchases": [3.0, 1.0, 0.0]})


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (percent(-0.2, -0.3, -0.1), "missed by less than any simple guess"),
        (percent(-0.05, -0.15, 0.05), "no better than the best simple guess, beyond chance"),
        (percent(0.1, 0.05, 0.15), "worse than the best simple guess"),
    ],
)
@pytest.mark.parametrize(("off", "side"), [(0.07, "above"), (-0.04, "below")])
def test_the_forecast_stands_beside_how_right_it_was(error: Value, words: str, off: float, side: str) -> None:
    facts = {
        "value": figure(money(50_000.0, 46_000.0, 55_000.0))
        | {"note": message("in the next {length}", length=days(365)).to_dict()},
        "error_amount": figure(error),
        "off_amount": figure(percent(off, off - 0.1, off + 0.1)),
    }
    found = summary.to_come(customers(["active", "fading", "gone"]), facts)
    checked = sentences(found)["checked"].message
    assert words in checked.template and f"{side} what customers spent" in checked.template
    assert checked.arguments["off"].value == pytest.approx(abs(off))
    expected = sentences(found)["expected"].message
    assert expected.template == "All customers known are expected to bring {expected} in the next {length}."
    assert (expected.arguments["expected"].value, expected.arguments["length"].value) == (50_000.0, 365)
    keep = sentences(found)["action_keep"].message.arguments
    assert (keep["n"].value, keep["share"].value, keep["gone"].value, keep["little"].value) == (1, 0.3, 1, 0.1)
    assert [block.id for block in found if isinstance(block, KeyFigure)] == ["value", "error_amount"]


def test_without_money_purchases_are_counted_and_without_a_check_that_is_said() -> None:
    facts = {"purchases": figure(number(800.0, 700.0, 900.0))}
    found = summary.to_come(customers(["active", "fading", "active"]), facts)
    assert roles(found, "warning") == ["not_checked"]
    assert "to make {expected} purchases." in sentences(found)["expected"].message.template
    keep = sentences(found)["action_keep"].message
    assert keep.arguments["share"].value == 0.25 and "gone" not in keep.arguments
    assert "action_keep" not in sentences(summary.to_come(customers(["active"] * 3), facts))
    assert "action_keep" not in sentences(summary.to_come(None, facts))


def test_a_notebook_that_had_nothing_to_say_is_named() -> None:
    empty: dict[str, Any] = {}
    again = summary.buying_again(None, None, empty, horizon_days=90)
    for found in (again, summary.offering(None, empty), summary.to_come(None, empty)):
        (note,) = found
        assert isinstance(note, Note) and note.role == "warning" and "page says why" in note.message.template
