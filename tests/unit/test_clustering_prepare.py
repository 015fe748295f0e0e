"""Preparation: columns, gaps, logarithm and scale; scikit-learn's scalers are the second implementation."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import RobustScaler, StandardScaler

from analysis import clustering
from analysis.errors import AnalysisError


@pytest.fixture
def people() -> pd.DataFrame:
    random = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "customer_key": np.arange(200)[::-1],
            "age": random.normal(40, 10, 200),
            "spend": random.lognormal(4, 1, 200),
            "balance": random.normal(0, 1, 200) ** 3,
            "same": 7.0,
            "empty": np.nan,
            "town": "Leeds",
        }
    )


def codes(prepared: clustering.Prepared) -> set[tuple[str, str]]:
    return {(remark.code, remark.column) for remark in prepared.remarks}


def test_standard_and_robust_scales_are_those_of_scikit_learn(people: pd.DataFrame) -> None:
    given = people.sort_values("customer_key")[["age", "spend"]].to_numpy()
    standard = clustering.prepare(people, columns=["age", "spend"], log="none")
    robust = clustering.prepare(people, columns=["age", "spend"], log="none", scaling="robust")
    np.testing.assert_allclose(standard.matrix, StandardScaler().fit_transform(given), atol=1e-12)
    np.testing.assert_allclose(robust.matrix, RobustScaler(unit_variance=True).fit_transform(given), atol=1e-12)


def test_only_skewed_columns_without_negative_values_are_logged(people: pd.DataFrame) -> None:
    prepared = clustering.prepare(people, columns=["age", "spend", "balance"])
    assert [scale.log for scale in prepared.scaling.columns] == [False, True, False]
    with pytest.raises(AnalysisError, match="balance has values below 0"):
        clustering.prepare(people, columns=["balance"], log=["balance"])


def test_unusable_columns_are_left_out_and_said(people: pd.DataFrame) -> None:
    prepared = clustering.prepare(people, columns=["age", "same", "empty", "town"])
    assert prepared.columns == ("age",)
    assert codes(prepared) == {("constant", "same"), ("all_missing", "empty"), ("not_a_number", "town")}


def test_gaps_and_infinities_are_filled_with_the_median_and_counted(people: pd.DataFrame) -> None:
    people.loc[0, "age"], people.loc[1, "age"] = np.nan, np.inf
    prepared = clustering.prepare(people, columns=["age", "spend"])
    assert {("infinite", "age"), ("filled", "age")} <= codes(prepared)
    assert [remark.value for remark in prepared.remarks if remark.code == "filled"] == [2.0]
    assert prepared.scaling.columns[0].fill == pytest.approx(np.median(people["age"][2:]))
    dropped = clustering.prepare(people, columns=["age", "spend"], missing="drop")
    assert len(dropped.frame) == 198 and ("dropped", "") in codes(dropped)


def test_columns_with_many_gaps_are_left_out(people: pd.DataFrame) -> None:
    people.loc[:100, "age"] = np.nan
    assert ("too_many_missing", "age") in codes(clustering.prepare(people, columns=["age", "spend"]))


def test_columns_that_say_the_same_are_named(people: pd.DataFrame) -> None:
    people["spend_in_pence"] = people["spend"] * 100
    prepared = clustering.prepare(people, columns=["spend", "spend_in_pence"])
    (remark,) = [remark for remark in prepared.remarks if remark.code == "twice"]
    assert (remark.column, remark.other, round(remark.value, 6)) == ("spend", "spend_in_pence", 1.0)


def test_rows_are_ordered_by_the_key_and_the_caller_keeps_its_frame(people: pd.DataFrame) -> None:
    before = people.copy()
    prepared = clustering.prepare(people, columns=["age", "spend"])
    shuffled = clustering.prepare(people.sample(frac=1, random_state=1), columns=["age", "spend"])
    pd.testing.assert_frame_equal(people, before)
    np.testing.assert_array_equal(prepared.matrix, shuffled.matrix)
    assert prepared.frame["customer_key"].is_monotonic_increasing


def test_a_scaling_survives_storage_and_scales_other_customers(people: pd.DataFrame) -> None:
    prepared = clustering.prepare(people, columns=["age", "spend"])
    again = clustering.Scaling.from_dict(json.loads(json.dumps(prepared.scaling.to_dict())))
    np.testing.assert_array_equal(again.apply(prepared.frame), prepared.matrix)
    with pytest.raises(AnalysisError, match="needs the columns spend"):
        again.apply(people.drop(columns="spend"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="age"), "no column age"),
        (lambda f: f.assign(customer_key=1), "different in every row"),
        (lambda f: f.drop(columns="customer_key"), "no column customer_key"),
    ],
)
def test_bad_input_is_named(people: pd.DataFrame, change, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AnalysisError, match=message):
        clustering.prepare(change(people), columns=["age", "spend"])
    with pytest.raises(AnalysisError, match="twice"):
        clustering.prepare(people, columns=["age", "age"])


def test_nothing_usable_is_an_answer_not_an_error(people: pd.DataFrame) -> None:
    found = clustering.segment(people, columns=["same", "town"])
    assert found.choice.rule == "too_few" and found.partition.k == 1 and found.terms == ("all_customers",)
