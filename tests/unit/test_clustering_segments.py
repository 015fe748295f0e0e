"""Choice of k, verdict, RFM, names, profiles, later period and frozen segments."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import adjusted_rand_score

from analysis import clustering
from analysis.clustering.names import QUALIFIERS
from analysis.data.demo import build
from analysis.errors import AnalysisError

FAST = {"references": 19, "gap_references": 5, "replicates": 5, "k_max": 6}


def planted(rows: int = 600, seed: int = 5) -> pd.DataFrame:
    """Three kinds of customers, well apart on the log scale, with a later amount that follows the kind."""
    random = np.random.default_rng(seed)
    kind = random.choice(3, size=rows, p=[0.2, 0.3, 0.5])
    log_means = np.array([[2.3, 3.0, 8.0, 6.6], [2.6, 1.1, 5.0, 3.0], [5.9, 0.7, 5.0, 6.5]])[kind]
    values = np.exp(log_means + random.normal(0, 0.25, size=(rows, 4)))
    frame = pd.DataFrame(values, columns=["recency_days", "frequency", "monetary", "tenure_days"])
    later = random.lognormal([5.0, 3.0, 1.0], 0.5, size=(rows, 3))[np.arange(rows), kind]
    active = random.random(rows) < np.array([0.9, 0.5, 0.1])[kind]
    return frame.assign(customer_key=np.arange(rows), kind=kind, target_amount=later * active)


COLUMNS = ["recency_days", "frequency", "monetary", "tenure_days"]


@pytest.fixture(scope="module")
def found() -> clustering.Segmentation:
    return clustering.segment(planted(), columns=COLUMNS, order_by="monetary", **FAST)


def cloud(rows: int = 500, columns: int = 3) -> pd.DataFrame:
    matrix = np.random.default_rng(9).gamma(2.0, size=(rows, columns))
    return pd.DataFrame(matrix, columns=list("abc")[:columns]).assign(customer_key=np.arange(rows))


def test_planted_segments_are_found_and_named(found: clustering.Segmentation) -> None:
    assert found.choice.k == 3 and found.choice.rule == "advantage"
    assert adjusted_rand_score(found.prepared.frame["kind"], found.partition.labels) > 0.99
    assert found.terms[0] == "loyal_high_spenders"
    assert {name.rule for name in found.names} == {"loyal_high_spenders", "new_customers", "lost_occasional_buyers"}


def test_a_map_shows_the_two_columns_that_tell_segments_apart(found: clustering.Segmentation) -> None:
    shown = clustering.segment_map(found.prepared, found.partition)
    assert shown is not None and {shown.x, shown.y} <= set(COLUMNS) and shown.x != shown.y
    labels, frame = found.partition.labels, found.prepared.frame
    shares = {}
    for place, column in enumerate(found.prepared.columns):
        groups = [found.prepared.matrix[labels == segment, place] for segment in range(3)]
        f = stats.f_oneway(*groups).statistic
        shares[column] = f * 2 / (f * 2 + len(frame) - 3)
    assert shown.x == max(shares, key=shares.__getitem__)
    assert shown.told == pytest.approx((shares[shown.x] + shares[shown.y]) / 2)
    quartiles = frame.groupby(labels)[shown.y].quantile([0.25, 0.5, 0.75]).unstack()
    assert np.allclose(shown.table[["y_low", "y", "y_high"]], quartiles)
    assert shown.table["customers"].tolist() == found.partition.sizes.tolist()


def test_a_map_needs_no_column_that_says_the_same_again() -> None:
    frame = planted().assign(monetary_again=lambda d: d["monetary"] * 2)
    found = clustering.segment(frame, columns=["monetary", "monetary_again", "recency_days"], **FAST)
    shown = clustering.segment_map(found.prepared, found.partition)
    assert shown is not None and "recency_days" in {shown.x, shown.y}
    alone = clustering.segment(frame, columns=["monetary"], **FAST)
    assert clustering.segment_map(alone.prepared, alone.partition) is None


@pytest.mark.parametrize("seed", [1, 2])
def test_segments_of_the_demo_world_are_found(seed: int) -> None:
    world = build(seed=seed, customers=800, months=18, end=date(2025, 12, 20))
    frame = pd.DataFrame(asdict(world.at_end)).assign(customer_key=range(800), kind=world.who.segment)
    columns = ["recency_days", "frequency", "monetary", "browsing_minutes"]
    result = clustering.segment(frame[frame["frequency"] > 0], columns=columns, order_by="monetary", **FAST)
    assert result.choice.k == 4
    assert adjusted_rand_score(result.prepared.frame["kind"], result.partition.labels) > 0.8
    assert "browsers" in result.terms and "loyal_high_spenders" in result.terms


def test_planted_segments_are_judged_real(found: clustering.Segmentation) -> None:
    steady = clustering.stability(found.prepared, found.partition, replicates=20)
    beside = clustering.reference_stability(found.prepared, k=3, draws=3, replicates=3)
    verdict = clustering.judge(found.prepared, found.partition, found.choice, steady, beside=beside, draws=19)
    assert verdict.level == "clear"
    assert verdict.passed("reference") and verdict.passed("weakest") and verdict.passed("cloud")


@pytest.mark.parametrize("rows", [200, 500])
def test_a_skewed_cloud_has_no_convincing_groups(rows: int) -> None:
    result = clustering.segment(cloud(rows), columns=["a", "b", "c"], **FAST)
    steady = clustering.stability(result.prepared, result.partition, replicates=20)
    verdict = clustering.judge(result.prepared, result.partition, result.choice, steady, draws=19)
    assert not result.choice.significant and result.choice.rule == "silhouette"
    assert verdict.level == "none"


def test_the_reference_test_keeps_its_error_rate() -> None:
    """On data without groups p ≤ 0.1 in about a tenth of the cases: at most 6 of 20 (a binomial's 0.2 % beyond)."""
    hits = 0
    for seed in range(20):
        matrix = np.random.default_rng(seed).lognormal(0, 0.6, size=(100, 2))
        frame = pd.DataFrame(matrix, columns=["a", "b"]).assign(customer_key=range(100))
        ready = clustering.prepare(frame, columns=["a", "b"], log="none")
        hits += clustering.reference_test(ready, ks=range(2, 5), draws=19, n_init=2, random_state=seed).p_value <= 0.1
    assert hits <= 6


def test_the_choice_shows_every_criterion(found: clustering.Segmentation) -> None:
    table = found.choice.table
    assert table["k"].tolist() == [2, 3, 4, 5, 6] and table["chosen"].sum() == 1
    measured = ["inertia", "silhouette", "calinski_harabasz", "davies_bouldin", "gap", "stability", "expected"]
    assert np.isfinite(table[measured]).all().all()
    assert table["inertia"].is_monotonic_decreasing
    assert set(found.choice.picks) == {"silhouette", "calinski_harabasz", "davies_bouldin", "gap", "advantage"}


@pytest.mark.parametrize("rule", ["silhouette", "gap", "votes"])
def test_other_rules_and_a_given_number(found: clustering.Segmentation, rule: str) -> None:
    assert clustering.choose_k(found.prepared, rule=rule, **FAST).k == 3
    given = clustering.choose_k(found.prepared, k=5, **FAST)
    assert (given.k, given.rule) == (5, "given")


def test_impossible_choices_are_refused(found: clustering.Segmentation) -> None:
    for options, text in [({"rule": "elbow"}, "rule"), ({"k_min": 1}, "k_min"), ({"k": 9}, "clustering.k must lie")]:
        with pytest.raises(AnalysisError, match=text):
            clustering.choose_k(found.prepared, **(FAST | options))


@pytest.mark.parametrize("rows", [1, 2, 20])
def test_too_few_customers_are_left_together(rows: int) -> None:
    result = clustering.segment(planted(600).head(rows), columns=COLUMNS, order_by="monetary", **FAST)
    verdict = clustering.judge(result.prepared, result.partition, result.choice, None)
    assert (result.choice.k, result.choice.rule, verdict.level) == (1, "too_few", "too_few")
    assert result.terms == ("all_customers",)


def test_stray_customers_do_not_make_a_segment() -> None:
    frame = planted(600)
    frame.loc[:2, "monetary"] = 1e30
    result = clustering.segment(frame, columns=COLUMNS, **FAST)
    assert result.partition.sizes.min() >= 0.02 * 600


def test_the_whole_does_not_depend_on_the_order_of_rows(found: clustering.Segmentation) -> None:
    shuffled = planted().sample(frac=1, random_state=3)
    again = clustering.segment(shuffled, columns=COLUMNS, order_by="monetary", **FAST)
    np.testing.assert_array_equal(again.partition.labels, found.partition.labels)
    pd.testing.assert_frame_equal(again.choice.table, found.choice.table)


def test_rfm_scores_by_hand() -> None:
    frame = pd.DataFrame(
        {
            "customer_key": range(1, 11),
            "recency_days": [1, 5, 10, 20, 30, 40, 60, 100, 200, 300],
            "frequency": [1, 1, 1, 1, 1, 1, 2, 3, 5, 9],
            "monetary": [10.0 * n for n in range(1, 11)],
        }
    )
    scored = clustering.score_rfm(frame)
    assert scored.table["recency_days_score"].tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert scored.cuts["frequency"] == pytest.approx((1.0, 1.0, 1.4, 3.4))
    assert scored.table["frequency_score"].tolist() == [1, 1, 1, 1, 1, 1, 4, 4, 5, 5]
    assert scored.empty_scores == 2  # nobody has frequency scores 2 and 3
    assert scored.table["monetary_score"].tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert scored.table["segment"].iloc[0] == "rfm_recent_small"
    assert scored.table["segment"].iloc[9] == "rfm_at_risk"
    row = scored.thresholds.query("measure == 'recency_days' and score == 5").iloc[0]
    assert (row["low"], row["high"], row["customers"]) == (1, 5, 2)


def test_rfm_with_given_cuts_without_money_and_on_other_customers() -> None:
    frame = planted(100)
    cuts = {"recency_days": [30, 90, 180, 365], "frequency": [1, 2, 4, 8]}
    scored = clustering.score_rfm(frame, monetary=None, cuts=cuts)
    expected = 5 - pd.cut(frame["recency_days"], [0, 30, 90, 180, 365, np.inf], labels=False)
    assert scored.table["recency_days_score"].tolist() == expected.tolist()
    assert "monetary_score" not in scored.table
    pd.testing.assert_series_equal(scored.score(frame)["segment"], scored.table["segment"])


def test_equal_values_get_equal_scores() -> None:
    random = np.random.default_rng(2)
    frame = pd.DataFrame({"customer_key": range(500), "recency_days": random.integers(0, 9, 500)})
    frame["frequency"] = random.geometric(0.6, 500)
    table = clustering.score_rfm(frame, monetary=None).table.join(frame[["recency_days", "frequency"]])
    for name in ("recency_days", "frequency"):
        assert (table.groupby(name)[f"{name}_score"].nunique() == 1).all()


@pytest.mark.parametrize("cuts", [{"frequency": [1, 2]}, {"frequency": [4, 3, 2, 1]}, {"spend": [1, 2, 3, 4]}])
def test_wrong_cuts_are_refused(cuts: dict[str, list[float]]) -> None:
    with pytest.raises(AnalysisError, match="rfm_cuts"):
        clustering.score_rfm(planted(50), cuts=cuts)


def test_names_follow_the_rule_and_are_unique() -> None:
    place = pd.DataFrame(
        {
            "recency_days": [-0.8, -0.6, 1.2, -0.7, 0.1],
            "frequency": [1.5, 0.7, -0.9, -0.6, 0.0],
            "monetary": [1.6, 0.6, -0.8, -0.5, 0.1],
            "tenure_days": [0.6, 0.5, 0.5, -1.5, 0.0],
        }
    )
    names = clustering.name_segments(place)
    assert [name.rule for name in names] == [
        "loyal_high_spenders",
        "loyal_high_spenders",
        "lost_occasional_buyers",
        "new_customers",
        "typical_customers",
    ]
    assert {names[0].qualifier, names[1].qualifier} == set(QUALIFIERS["monetary"])
    assert len({name.term for name in names}) == 5
    assert dict(names[2].because) == {"recency_days": "high", "frequency": "low"}


def test_names_are_unique_whatever_the_segments() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        place = pd.DataFrame(random.normal(0, 0.8, size=(8, 4)), columns=COLUMNS)
        terms = [name.term for name in clustering.name_segments(place)]
        assert len(set(terms)) == 8


def test_columns_that_no_rule_knows_name_the_segment_themselves() -> None:
    place = pd.DataFrame({"income": [1.4, -0.9, 0.1], "age": [0.2, -0.3, -0.1]})
    terms = [name.term for name in clustering.name_segments(place)]
    assert terms == ["high_income", "low_income", "typical_customers"]


def test_profiles_are_effect_sizes(found: clustering.Segmentation) -> None:
    table = clustering.profile(found.prepared, found.partition, extra=["target_amount"])
    column = np.log1p(found.prepared.frame["monetary"].to_numpy())
    groups = [column[found.partition.labels == segment] for segment in range(3)]
    row = table.query("column == 'monetary' and segment == 0").iloc[0]
    assert row["effect"] == pytest.approx((groups[0].mean() - column.mean()) / column.std())
    f = stats.f_oneway(*groups).statistic  # η² from F, an independent way
    assert row["explained"] == pytest.approx(f * 2 / (f * 2 + len(column) - 3))
    assert not table.query("column == 'target_amount'")["clustered"].any()


def test_value_of_segments_adds_up(found: clustering.Segmentation) -> None:
    frame = found.prepared.frame
    table = clustering.segment_value(frame, found.partition.labels)
    assert table["customers"].sum() == len(frame) and table["share"].sum() == pytest.approx(1)
    assert table["revenue"].sum() == pytest.approx(frame["monetary"].sum())
    assert "revenue" not in clustering.segment_value(frame.drop(columns="monetary"), found.partition.labels)


def test_later_period_keeps_a_planted_order(found: clustering.Segmentation) -> None:
    later = clustering.later_period(found.prepared, found.partition, replicates=400)
    frame = found.prepared.frame
    means = frame.groupby(found.partition.labels)["target_amount"].mean()
    np.testing.assert_allclose(later.table["later"], means)
    assert (later.table["low"] < later.table["later"]).all() and (later.table["later"] < later.table["high"]).all()
    assert later.pairs == 3 and later.kept >= 2 and 0 <= later.same_order <= 1
    share = stats.binomtest(
        int((frame["target_amount"][found.partition.labels == 0] > 0).sum()), int((found.partition.labels == 0).sum())
    )
    expected = share.proportion_ci(method="wilson")
    row = later.table.iloc[0]
    assert (row["active_low"], row["active_high"]) == pytest.approx((expected.low, expected.high))


def test_later_period_that_has_nothing_to_do_with_segments(found: clustering.Segmentation) -> None:
    amount = np.random.default_rng(1).lognormal(size=len(found.prepared.frame))
    frame = found.prepared.frame.assign(target_amount=amount)
    prepared = clustering.prepare(frame, columns=COLUMNS)
    later = clustering.later_period(prepared, found.partition, replicates=400)
    assert later.proven == 0 and later.explained < 0.03


def test_a_missing_target_is_refused(found: clustering.Segmentation) -> None:
    with pytest.raises(AnalysisError, match="no column target_orders"):
        clustering.later_period(found.prepared, found.partition, target="target_orders")


def test_frozen_segments_stay_what_they_were(found: clustering.Segmentation) -> None:
    rfm = clustering.score_rfm(found.prepared.frame)
    frozen = clustering.freeze(found.prepared, found.partition, found.names, rfm=rfm, made_from={"as_of": "2011-12-10"})
    stored = json.loads(json.dumps(frozen.to_dict()))
    again = clustering.FrozenSegmentation.from_dict(stored)
    np.testing.assert_array_equal(again.assign(found.prepared.frame), found.partition.labels)
    assert again.to_dict() == frozen.to_dict()
    still = clustering.drift(again, found.prepared.frame)
    assert still.stability_index == pytest.approx(0, abs=1e-9) and still.unassigned == 0
    moved = clustering.drift(again, found.prepared.frame.query("kind != 0"))
    assert moved.stability_index > 0.25 and moved.table["customers"].iloc[0] == 0
    with pytest.raises(AnalysisError, match="format"):
        clustering.FrozenSegmentation.from_dict(stored | {"format": 0})
    with pytest.raises(AnalysisError, match="cannot be read"):
        clustering.FrozenSegmentation.from_dict({"format": 2})


def test_only_k_means_can_be_frozen(found: clustering.Segmentation) -> None:
    ward = clustering.hierarchical(found.prepared, k=3)
    with pytest.raises(AnalysisError, match="only K-means"):
        clustering.freeze(found.prepared, ward, found.names)


def test_assignments_have_one_row_a_customer(found: clustering.Segmentation) -> None:
    rfm = clustering.score_rfm(found.prepared.frame)
    table = clustering.assignments(found, rfm=rfm.table)
    assert list(table) == ["customer_key", "segment", "rfm_segment"]
    assert table["customer_key"].is_unique and len(table) == 600 and table.notna().all().all()
