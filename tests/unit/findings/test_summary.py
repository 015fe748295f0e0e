"""The summary names only what held up, and says plainly where a model did no better than what needs none."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pandas as pd
import pytest
from tests.translated import left_in_english

from analysis.findings import summary
from analysis.findings.labels import LABELS
from analysis.report.blocks import Blocks, KeyFigure, Note, Sentence
from analysis.report.formatting import Style
from analysis.report.messages import message_text
from analysis.report.values import Value, count, day, days, money, number, percent, points
from analysis.report.wording import Message, message

PLAIN = Style(currency="GBP")
CHINESE = Style(currency="GBP", language="zh-Hans")


def sentences(found: Blocks) -> dict[str, Sentence]:
    return {block.id: block for block in found if isinstance(block, Sentence)}


def plainly(said: Message) -> str:
    return message_text(said, PLAIN).replace("\N{NO-BREAK SPACE}", " ")


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
        ({"buy_error_against_baseline": percent(-0.2, -0.25, -0.15)}, "did better than forecasts without a model"),
        ({"buy_error_against_baseline": percent(-0.02, -0.06, 0.02)}, "could be chance"),
        ({"buy_error_against_baseline": percent(0.2, 0.1, 0.3)}, "did worse than forecasts without a model"),
        ({"buy_over_recency": number(0.03, 0.01, 0.05)}, "did better than forecasts without a model"),
        ({"buy_over_recency": number(0.03, -0.01, 0.05)}, "could be chance"),
        ({"buy_over_recency": number(-0.03, -0.05, -0.01)}, "did worse than forecasts without a model"),
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
        (points(0.08, 0.05, 0.11), "find more than any one list", "Offer each customer their own list"),
        (points(0.01, -0.02, 0.03), "do no better", "best sellers that the customer does not own"),
        (points(-0.05, -0.08, -0.02), "do worse", "best sellers that the customer does not own"),
    ],
)
def test_the_simple_list_is_offered_unless_a_method_beats_it(gain: Value, said: str, done: str) -> None:
    facts = {"hit_rate": figure(percent(0.6, 0.55, 0.65)), "gain": figure(gain)}
    found = sentences(summary.offering(offers(), facts))
    assert said in found["chosen"].message.template
    action = found["action_offer"].message
    text = message_text(action, Style(names=LABELS))
    assert done in text and "A and B" in text and action.arguments["n"].value == 40


def test_offers_without_a_method_or_without_offers() -> None:
    facts = {"hit_rate": figure(percent(0.6, 0.55, 0.65))}
    assert roles(summary.offering(offers(), facts), "warning") == ["chosen"]
    assert "action_offer" not in sentences(summary.offering(None, facts))
    assert "action_offer" not in sentences(summary.offering(offers().head(0), facts))
    alone = sentences(summary.offering(offers().tail(1), facts))["action_offer"].message
    assert "these are most often C." in message_text(alone, Style())


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
    assert words in sentences(found)["checked"].message.template
    short = f"came out {100 * abs(off):.1f} % {side} what customers spent in all."
    assert short in plainly(sentences(found)["total"].message)
    when = message("in the {length} after {cutoff}", length=days(360), cutoff=day(date(2024, 6, 1)))
    longer = facts | {"long_off_amount": figure(percent(-off, -off - 0.1, -off + 0.1)) | {"note": when.to_dict()}}
    of_a_year = plainly(sentences(summary.to_come(None, longer))["total"].message)
    other = "below" if side == "above" else "above"
    assert f"% {other} what customers spent in all (in the 360 days after 1 June 2024)." in of_a_year
    expected = sentences(found)["expected"].message
    assert plainly(expected) == (
        "All customers known are expected to bring £50,000 (95 % interval £46,000 to £55,000) in the next 365 days."
    )
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


# In Chinese


def test_what_customers_are_worth_is_said_in_whole_texts() -> None:
    money_facts = {"customers": count(9), "revenue": money(90.0), "spend_per_customer": money(10.0, 8.0, 12.0)}
    for share in (0.8, 0.25):
        for facts in (money_facts, {"customers": count(9), "orders": count(20)}):
            named = facts | {"orders": count(20), "top_20_share": percent(share, share - 0.05, share + 0.05)}
            found = summary.worth({name: figure(value, "Customers") for name, value in named.items()})
            assert left_in_english(found) == []
            said = message_text(sentences(found)["action_concentration"].message, PLAIN)
            assert ("revenue" in said) == ("revenue" in facts) and ("by name" in said) == (share > 0.4)


def divided(verdict: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "segment": ["loyal_high_spenders", "browsers"], "rule": ["loyal_high_spenders", "unheard_of"],
            "customers": [40, 60], "share": [0.4, 0.6], "revenue": [900.0, 100.0], "revenue_share": [0.9, 0.1],
            "median_monetary": [20.0, 1.0], "later_amount": [3.0, 1.0], "low": [2.0, 0.5], "high": [4.0, 1.5],
            "verdict": verdict,
        }
    )  # fmt: skip


@pytest.mark.parametrize("verdict", ["clear", "soft", "none", "too_few"])
def test_every_word_about_segments_is_translated(verdict: str) -> None:
    facts = {"segments": figure(count(2), "Segments")}
    table = divided(verdict)
    for some in (table, table.drop(columns=["revenue", "revenue_share", "median_monetary"]), table.head(1)):
        assert left_in_english(summary.segments(some, facts)) == []
    advice = [block for block in summary.segments(table, facts) if block.id.startswith("action_segment")]
    assert all(re.search(r"：\W*[\u4e00-\u9fff]{2}", message_text(one.message, CHINESE)) for one in advice)  # type: ignore[attr-defined]


def test_every_word_of_what_is_to_come_is_translated() -> None:
    again = {"buy_prevalence": figure(percent(0.5, 0.4, 0.6), "Customers")}
    scores = pd.DataFrame({"customer_key": range(3), "probability": [0.05, 0.5, 0.95]})
    tenths = pd.DataFrame({"rate": [0.9, 0.1], "rate_low": [0.8, 0.0], "rate_high": [0.95, 0.2]})
    for name, kind in (("buy_error_against_baseline", percent), ("buy_over_recency", number)):
        for bounds in ((-0.2, -0.3, -0.1), (0.0, -0.1, 0.1), (0.2, 0.1, 0.3)):
            facts = again | {name: figure(kind(*bounds), "Customers")}
            for some in (scores, scores.drop(index=1)):
                assert left_in_english(summary.buying_again(some, tenths, facts, horizon_days=90)) == []
    hit = {"hit_rate": figure(percent(0.6, 0.55, 0.65), "Customers")}
    for lists in (offers(), offers().head(1), None):
        for gain in (points(0.08, 0.05, 0.11), points(0.01, -0.02, 0.03), points(-0.05, -0.08, -0.02)):
            facts = hit | {"gain": figure(gain, "Customers")}
            assert left_in_english(summary.offering(lists, facts)) == []
        assert left_in_english(summary.offering(lists, hit)) == []
    for nothing in (
        summary.buying_again(None, None, {}, horizon_days=90), summary.offering(None, {}), summary.to_come(None, {}),
    ):  # fmt: skip
        assert left_in_english(nothing) == []


@pytest.mark.parametrize(("name", "error"), [("value", "amount"), ("purchases", "purchases")])
def test_every_word_about_the_worth_to_come_is_translated(name: str, error: str) -> None:
    note = {"note": message("in the next {length}", length=days(365)).to_dict()}
    expected = figure(money(500.0, 460.0, 550.0) if name == "value" else number(500.0, 460.0, 550.0), "Customers")
    for states in (["active", "fading", "gone"], ["active", "fading", "active"]):
        for off in (0.07, -0.04):
            for bounds in ((-0.2, -0.3, -0.1), (0.0, -0.1, 0.1), (0.2, 0.1, 0.3)):
                checked = {
                    f"error_{error}": figure(percent(*bounds), "Customers"),
                    f"off_{error}": figure(percent(off), "Customers"),
                }
                longer = checked | {f"long_off_{error}": figure(percent(off), "Customers") | note}
                for facts in ({name: expected | note} | checked, {name: expected} | longer, {name: expected}):
                    assert left_in_english(summary.to_come(customers(states), facts)) == []


def test_every_word_of_what_goes_together_is_translated() -> None:
    effects = pd.DataFrame(
        {
            "term": ["frequency", "age", "recency_days"], "kind": "identity", "estimate": [1.1, 0.2, -0.1],
            "p_holm": 0.001, "holds": True,
        }
    )  # fmt: skip
    for table in (effects, effects.iloc[[0, 2]], effects.assign(estimate=-effects["estimate"]), effects.head(0)):
        every = dict.fromkeys(("spend", "orders", "satisfaction"), table)
        assert left_in_english(summary.foretold(every, {}, alpha=0.05)) == []
    assert left_in_english(summary.foretold({}, {}, alpha=0.05)) == []
    pairs = pd.DataFrame(
        {
            "first": ["monetary"], "second": ["age"], "estimate": [0.4], "low": [0.3], "high": [0.5], "n": [99],
            "confirmed": [True],
        }
    )  # fmt: skip
    for pair in (pairs, pairs.assign(estimate=-0.4, low=-0.5, high=-0.3), pairs.assign(confirmed=False)):
        assert left_in_english(summary.goes_together(pair, most=5)) == []
    rules = pd.DataFrame(
        {
            "antecedent": ["Tea"], "consequent": ["Jam"], "held_up": [True], "later_count": [30],
            "later_confidence": [0.5], "later_confidence_low": [0.4], "later_confidence_high": [0.6],
            "later_lift": [3.0], "later_lift_low": [2.0], "later_lift_high": [4.0],
        }
    )  # fmt: skip
    for some in (rules, rules.assign(held_up=False)):
        assert left_in_english(summary.bought_together(some, {}, most=5)) == []
    assert left_in_english(summary.trust({"share_kept": figure(percent(0.9), "Customers")})) == []


def test_a_figure_keeps_a_label_that_is_a_message() -> None:
    named = message("Share of the top {share} of customers", share=percent(0.2)).to_dict()
    facts = {"top_20_share": figure(percent(0.6, 0.5, 0.7)) | {"label": named}, "revenue": figure(money(9.0))}
    label = next(block.label for block in summary.worth(facts) if block.id == "top_20_share")  # type: ignore[attr-defined]
    assert plainly(label) == "Share of the top 20 % of customers"
