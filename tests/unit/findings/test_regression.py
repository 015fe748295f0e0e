"""What is said of regressions: every branch of the words, on studies whose answer is known."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from analysis import regression
from analysis.errors import ClaimError
from analysis.findings import regression as findings
from analysis.findings.labels import LABELS
from analysis.report.blocks import Blocks, Figure, KeyFigure, Message, Note, Sentence, Table, blocks, from_dict
from analysis.report.formatting import Style
from analysis.report.messages import message_text

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
    return blocks(
        findings.sample(answer, outcome), findings.effects(answer, outcome), findings.errors(answer, outcome),
        findings.penalised(answer, outcome), findings.checks(answer, outcome), findings.terms(),
    )  # fmt: skip


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


def test_a_false_claim_stops_the_build(found: Blocks) -> None:
    lead = next(block for block in found if block.id == "spend_lead").to_dict()
    lead["message"]["arguments"]["change"]["low"] = -0.1
    with pytest.raises(ClaimError):
        from_dict(lead)
