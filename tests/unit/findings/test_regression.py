"""What is said of regressions: every branch of the words, on studies whose answer is known."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from tests.translated import left_in_english

from analysis import regression
from analysis.errors import AnalysisError, ClaimError
from analysis.findings import regression as findings
from analysis.findings.labels import LABELS
from analysis.report.blocks import Blocks, Figure, KeyFigure, Note, Sentence, Table, blocks, from_dict
from analysis.report.formatting import Style
from analysis.report.messages import message_text
from analysis.report.wording import Message

SETTINGS = {"replicates": 200, "selection_replicates": 50, "random_state": 2}
STYLE = Style(names=LABELS)


def people(seed: int = 0, n: int = 500, *, signal: float = 1.5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frequency = rng.poisson(4, n) + 1.0
    spend = np.where(rng.random(n) < 0.3, 0, rng.gamma(4, 0.25, n)) * 20 * (1 + frequency) ** signal
    satisfaction = np.where(rng.random(n) < 0.3, np.nan, rng.integers(1, 6, n).astype(float))
    return pd.DataFrame(
        {
            "customer_key": np.arange(n), "frequency": frequency, "satisfaction": satisfaction,
            "previous_amount": rng.permutation(spend), "target_amount": spend,
        }
    )  # fmt: skip


def study(**options: object) -> regression.Study:
    frame = options.pop("frame", people())
    given = {"target": "target_amount", "columns": ["frequency", "satisfaction"], "model": "loglinear",
             "last_value": "previous_amount", **SETTINGS, **options}  # fmt: skip
    return regression.study(frame, **given)  # type: ignore[arg-type]


def page(answer: regression.Study | None, outcome: findings.Outcome = findings.SPEND) -> Blocks:
    """All that is said of a study; whatever it comes to, nothing of it stays English on a Chinese page."""
    found = blocks(
        findings.sample(answer, outcome), findings.effects(answer, outcome), findings.errors(answer, outcome),
        findings.penalised(answer, outcome), findings.checks(answer, outcome), findings.terms(),
    )  # fmt: skip
    assert left_in_english(found) == []
    return found


def words(found: Blocks, id: str) -> str:
    block = next(block for block in found if block.id == id)
    assert isinstance(block, Sentence | Note)
    return message_text(block.message, STYLE)


@pytest.fixture(scope="module")
def found() -> Blocks:
    return page(study(earlier=people(1)))


def test_the_page_is_whole_and_travels_as_json(found: Blocks) -> None:
    assert len({block.id for block in found}) == len(found)
    assert all(from_dict(block.to_dict()).to_dict() == block.to_dict() for block in found)
    leads = [block for block in found if isinstance(block, Sentence) and block.role == "lead"]
    assert len(leads) == 2 and sum(isinstance(block, KeyFigure) for block in found) == 4
    assert sum(isinstance(block, Figure) for block in found) == 4
    assert {block.id for block in found if isinstance(block, Table)} == {"spend_selection", "spend_penalties"}
    effects = next(block for block in found if block.id == "spend_effects_chart")
    assert isinstance(effects, Figure) and {"p_holm", "again", "vif", "linear_change"} <= set(effects.columns)
    errors = next(block for block in found if block.id == "spend_later_period_chart")
    assert isinstance(errors, Figure) and {"rmse_mean", "mae_mean", "rmse_last_value"} <= set(errors.columns)


def test_no_word_of_cause_and_no_number_that_is_none(found: Blocks) -> None:
    for block in found:
        for part in vars(block).values():
            if isinstance(part, Message):
                text = message_text(part, STYLE)
                assert not re.search(r"\b(cause|drive|nan|None)", text), text


def test_terms_have_labels(found: Blocks) -> None:
    for block in found:
        if isinstance(block, Table | Figure):
            for name, column in block.columns.items():
                if column.kind == "term":
                    assert set(block.data[name]) <= set(LABELS), set(block.data[name]) - set(LABELS)


def test_a_planted_effect_leads_and_a_better_model_is_called_better(found: Blocks) -> None:
    assert words(found, "spend_lead").startswith("One number firmly goes with later spend, orders: from 4 to 6,")
    assert "less than the best guess" in words(found, "spend_later_period_verdict")
    assert "one more than the typical 5" in words(found, "spend_one_more_1")


def test_without_signal_the_page_says_so() -> None:
    frame = people()
    frame["target_amount"] = np.random.default_rng(9).permutation(frame["target_amount"])
    found = page(study(frame=frame))
    assert "firm enough to rely on" in words(found, "spend_lead")
    assert "not clearly better" in words(found, "spend_other_customers_verdict") or "should not be used" in words(
        found, "spend_other_customers_verdict"
    )
    assert "cannot be said without an earlier cut-off" in words(found, "spend_one_period")
    assert not any(isinstance(block, Sentence) and block.role == "action" for block in found)


def test_a_model_that_is_worse_than_the_last_value_is_called_so() -> None:
    frame = people(signal=0.0)
    frame["previous_amount"] = frame["target_amount"] + np.random.default_rng(0).normal(size=len(frame))
    found = page(study(frame=frame, columns=["frequency"]))
    assert "the model should not be used" in words(found, "spend_other_customers_verdict")


def test_an_obstacle_gives_one_warning_and_no_figures() -> None:
    answer = study(frame=people(n=6))
    found = page(answer)
    assert isinstance(next(block for block in found if block.id == "spend_obstacle"), Note)
    assert "too few" in words(found, "spend_obstacle")
    assert not any(isinstance(block, Figure | Table | KeyFigure) for block in found)
    constant = page(study(frame=people().assign(target_amount=1.0)))
    assert "the same for everybody" in words(constant, "spend_obstacle")


def test_without_the_outcome_there_is_a_plain_statement() -> None:
    found = page(None, findings.SATISFACTION)
    assert "nothing can be said" in words(found, "satisfaction_no_outcome")


def test_columns_left_out_are_named_with_the_reason() -> None:
    frame = people().assign(country="UK", age=np.nan, one=1.0, twice=lambda f: 2 * f["frequency"])
    found = findings.sample(
        study(frame=frame, columns=["frequency", "satisfaction", "country", "age", "one", "twice"]),
        findings.SPEND,
        absent=["income"],
    )
    assert words(found, "spend_left_out_not_a_number").endswith("country.")
    assert words(found, "spend_left_out_all_missing").endswith("age.")
    assert words(found, "spend_left_out_constant").endswith("one.")
    assert words(found, "spend_left_out_collinear").endswith("twice.")
    assert words(found, "spend_absent").endswith("income.")
    assert left_in_english(found) == []


def test_a_linear_study_speaks_in_the_outcomes_unit() -> None:
    noise = np.random.default_rng(1).normal(size=500) / 9
    frame = people().assign(target_satisfaction=lambda f: 1 + f["frequency"] / 5 + noise)
    found = page(
        study(frame=frame, target="target_satisfaction", columns=["frequency"], model="linear", last_value=None),
        findings.SATISFACTION,
    )
    said = words(found, "satisfaction_lead").replace("\xa0", " ")
    assert re.search(r"later satisfaction is 0\.\d\d \(95 % interval 0\.\d\d to 0\.\d\d\) higher", said)
    (chart,) = [block for block in found if block.id == "satisfaction_effects_chart"]
    assert isinstance(chart, Figure) and "linear_change" not in chart.columns


def test_orders_are_spoken_of_where_there_is_no_money() -> None:
    frame = people().assign(target_orders=lambda f: (f["target_amount"] // 100).round())
    answer = study(frame=frame, target="target_orders", last_value=None)
    found = page(answer, findings.ORDERS)
    assert "the number of later orders is" in words(found, "orders_lead")
    labels = {block.id: block.label for block in found if isinstance(block, KeyFigure)}
    assert labels["orders_error"] == "Typical error of forecasts of the number of later orders"


def test_changes_are_said_in_words_that_can_be_translated(found: Blocks) -> None:
    chinese = Style(language="zh-Hans", names=LABELS)
    (lead,) = [block for block in found if block.id == "spend_lead"]
    assert isinstance(lead, Sentence)
    assert re.search(r"后续消费额高\d+%（95%区间\d+%至\d+%）", message_text(lead.message, chinese))


def test_a_false_claim_stops_the_build(found: Blocks) -> None:
    lead = next(block for block in found if block.id == "spend_lead").to_dict()
    lead["message"]["arguments"]["change"]["low"] = -0.1
    with pytest.raises(ClaimError):
        from_dict(lead)


# bad input: a statement in the result and on the page, never a traceback or a silent NaN


def rough(n: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {"customer_key": range(n), "a": rng.normal(size=n), "b": rng.poisson(3, n) + 0.0, "y": rng.gamma(2, size=n)}
    )


def said(found: Blocks) -> str:
    """All words of a page, with every number in them."""
    parts = [part for block in found for part in vars(block).values() if isinstance(part, Message)]
    return " ".join(message_text(part, STYLE) for part in parts)


OBSTACLES = {
    "text target": (lambda f: f.assign(y="a"), "target_not_a_number", "holds text where numbers belong"),
    "digits as text": (lambda f: f.assign(y=f["y"].astype(str)), "target_not_a_number", "holds text"),
    "target all missing": (lambda f: f.assign(y=np.nan), "no_target", "not known for any customer"),
    "target of None": (lambda f: f.assign(y=None), "no_target", "not known for any customer"),
    "target infinite": (lambda f: f.assign(y=np.inf), "no_target", "infinite numbers are taken as not known: 80"),
    "constant target": (lambda f: f.assign(y=3.0), "constant_target", "the same for everybody"),
    "huge target": (lambda f: f.assign(y=f["y"] * 1e200), "target_out_of_range", "too large or too small"),
    "tiny target": (lambda f: f.assign(y=f["y"] * 1e-200), "target_out_of_range", "too large or too small"),
    "no rows": (lambda f: f.head(0), "no_target", "not known for any customer"),
    "one row": (lambda f: f.head(1), "too_few_rows", "remain to learn from: 1."),
    "two rows": (lambda f: f.head(2), "too_few_rows", "remain to learn from: 1."),
    "more columns than rows": (lambda f: f.head(3), "too_few_rows", "too few for that many columns"),
    "only text columns": (lambda f: f.assign(a="x", b="y"), "no_columns", "they hold text, not numbers: a and b"),
    "columns all missing": (lambda f: f.assign(a=None, b=np.nan), "no_columns", "no customer has a value: a and b"),
    "constant columns": (lambda f: f.assign(a=1.0, b=0), "no_columns", "the same for every customer: a and b"),
    "columns out of range": (
        lambda f: f.assign(a=f["a"] * 1e300, b=f["b"] * 1e-300), "no_columns", "too large or too small to compute with",
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("model", ["linear", "loglinear"])
@pytest.mark.parametrize("name", OBSTACLES)
def test_what_cannot_be_estimated_is_said(name: str, model: str) -> None:
    spoil, code, statement = OBSTACLES[name]
    answer = study(frame=spoil(rough()), target="y", columns=["a", "b"], last_value=None, model=model)
    assert answer.obstacle is not None and answer.obstacle.code == code
    found = page(answer)
    assert statement in said(found)
    assert not any(isinstance(block, Figure | Table | KeyFigure) for block in found)


SPOILED = {
    "text column": (lambda f: f.assign(a="x"), "they hold text, not numbers: a"),
    "dates": (lambda f: f.assign(a=pd.Timestamp("2020-01-01")), "they hold text, not numbers: a"),
    "missing column": (lambda f: f.assign(a=np.nan), "no customer has a value: a"),
    "constant column": (lambda f: f.assign(a=-7.0), "the same for every customer: a"),
    "twins": (lambda f: f.assign(b=2 * f["a"]), "they follow exactly from a: b"),
    "near twins": (lambda f: f.assign(b=f["a"] + 1e-9 * f["b"]), "condition number"),
    "huge column": (lambda f: f.assign(a=f["a"] * 1e200), "too large or too small to compute with: a"),
    "largest double": (lambda f: f.assign(a=np.where(f["a"] > 0, 1.7e308, -1.7e308)), "compute with: a"),
    "infinite values": (lambda f: f.assign(a=f["a"].where(f["a"] < 1, np.inf)), "infinite numbers are taken as not"),
    "infinite targets": (lambda f: f.assign(y=f["y"].where(f["a"] < 1, -np.inf)), "infinite numbers are taken as not"),
    "far from zero": (lambda f: f.assign(a=1e12 + f["b"], b=f["a"]), "leaves only"),
    "exact": (lambda f: f.assign(y=3 * f["b"]), "check whether one of them was computed from it"),
    "a single other value": (lambda f: f.assign(y=[1.0] + [0.0] * 79), "firm enough to rely on"),
    "true and false": (lambda f: f.assign(y=f["y"] > 1, a=f["a"] > 0), "firm enough to rely on"),
    "decimal numbers": (lambda f: f.assign(y=[Decimal(f"{v:.2f}") for v in f["y"]]), "firm enough to rely on"),
    "a column named intercept": (lambda f: f.rename(columns={"a": "intercept"}).assign(a=f["b"] ** 2), "firm enough"),
    "a column named as its mark": (
        lambda f: f.assign(a=f["b"].where(f["a"] < 1), a_missing=f["a"], b=f["a"] ** 2), "firm enough to rely on",
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("model", ["linear", "loglinear"])
@pytest.mark.parametrize("name", SPOILED)
def test_what_is_odd_is_said_and_the_rest_is_estimated(name: str, model: str) -> None:
    spoil, statement = SPOILED[name]
    frame = spoil(rough())
    columns = [column for column in frame.columns if column not in {"customer_key", "y"}]
    answer = study(frame=frame, target="y", columns=columns, last_value=None, model=model)
    assert answer.obstacle is None
    found = page(answer)
    text = said(found)
    assert statement in text
    assert not re.search(r"\b(nan|inf|None)\b", text.replace("None of", "")), text
    assert all(from_dict(block.to_dict()).to_dict() == block.to_dict() for block in found)


def test_a_log_linear_model_of_negative_amounts_is_declined_for_that_reason() -> None:
    answer = study(frame=rough().assign(y=lambda f: -f["y"]), target="y", columns=["a", "b"], last_value=None)
    assert "some are below zero" in said(page(answer))


def test_an_earlier_table_of_another_kind_is_said_to_lack_columns() -> None:
    answer = study(frame=rough(), earlier=rough().assign(a="x"), target="y", columns=["a", "b"], last_value=None)
    assert "it lacks a." in said(page(answer)) and len(answer.checks) == 1


@pytest.mark.parametrize(
    ("frame", "options", "words_of_error"),
    [
        (pd.concat([rough(), rough()[["a"]]], axis=1), {}, "more than one column a"),
        (pd.concat([rough(), rough()[["y"]]], axis=1), {}, "more than one column y"),
        (rough().assign(last="x"), {"last_value": "last"}, "last is to be the last value, and it holds text"),
    ],
)
def test_a_table_that_nobody_can_read_is_an_error_that_says_what_to_do(
    frame: pd.DataFrame, options: dict, words_of_error: str
) -> None:
    with pytest.raises(AnalysisError, match=words_of_error):
        study(frame=frame, target="y", columns=["a", "b"], **{"last_value": None, **options})
