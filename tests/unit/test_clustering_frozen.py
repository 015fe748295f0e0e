"""Frozen segmentations: they stay what they were, take other customers, and say when they no longer fit."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import adjusted_rand_score

from analysis import clustering
from analysis.errors import AnalysisError

COLUMNS = ["recency_days", "monetary"]
FAST = {"references": 19, "gap_references": 3, "replicates": 0, "k_max": 4}


def people(rows: int = 300, *, seed: int = 1, shift: float = 0.0, shares: tuple[float, ...] = (0.2, 0.3, 0.5)):  # type: ignore[no-untyped-def]
    random = np.random.default_rng(seed)
    kind = random.choice(3, size=rows, p=shares)
    centre = np.array([[20.0, 900.0], [300.0, 500.0], [150.0, 50.0]])[kind]
    values = centre + shift * np.array([10.0, 20.0]) + random.normal(size=(rows, 2)) * [10.0, 20.0]
    frame = pd.DataFrame(values, columns=COLUMNS).assign(customer_key=np.arange(rows), frequency=3, kind=kind)
    return frame


@pytest.fixture(scope="module")
def found() -> clustering.Segmentation:
    return clustering.segment(
        people(), columns=COLUMNS, order_by="monetary", preparation={"log": "none"}, random_state=1, **FAST
    )


@pytest.fixture(scope="module")
def frozen(found: clustering.Segmentation) -> clustering.FrozenSegmentation:
    made = {"profile": "test", "as_of": "2025-01-01", "data": "0"}
    rfm = clustering.score_rfm(found.prepared.frame)
    kept = clustering.freeze(found.prepared, found.partition, found.names, rfm=rfm, made_from=made)
    return clustering.FrozenSegmentation.from_dict(json.loads(json.dumps(kept.to_dict())))


def test_the_file_has_the_same_bytes_every_time(found: clustering.Segmentation, frozen) -> None:  # type: ignore[no-untyped-def]
    made = dict(frozen.made_from)
    rfm = clustering.score_rfm(found.prepared.frame)
    again = clustering.freeze(found.prepared, found.partition, found.names, rfm=rfm, made_from=made)
    assert json.dumps(again.to_dict()) == json.dumps(frozen.to_dict())


def test_the_same_customers_are_in_the_same_segments(found: clustering.Segmentation, frozen) -> None:  # type: ignore[no-untyped-def]
    again = clustering.segment_frozen(people().sample(frac=1, random_state=3), frozen, **FAST)
    np.testing.assert_array_equal(again.partition.labels, found.partition.labels)
    assert again.terms == found.terms and again.choice.rule == "frozen" and again.choice.k == found.partition.k
    assert clustering.shared_agreement(found, again) == 1.0
    drift = clustering.drift(frozen, people())
    assert (drift.stability_index, drift.customers) == (pytest.approx(0, abs=1e-9), 300)
    assert drift.far == 3 and drift.table["moved"].max() < 1e-6  # one in a hundred lies beyond the reach
    assert clustering.still_fits(drift, agreement=1.0).level == "fits"


def test_order_and_names_stay_when_values_change(found: clustering.Segmentation, frozen) -> None:  # type: ignore[no-untyped-def]
    turned = people()
    turned["target"] = 1.0
    turned.loc[found.partition.labels == 0, "monetary"] -= 50  # still nearest to the first centre
    again = clustering.segment_frozen(turned, frozen, **FAST)
    assert again.terms == found.terms
    expected = frozen.scaling.apply(turned)
    apart = np.linalg.norm(expected[:, None] - np.array(frozen.centres)[None], axis=2)
    np.testing.assert_array_equal(again.partition.labels, apart.argmin(axis=1))


def test_the_index_by_hand(frozen: clustering.FrozenSegmentation) -> None:
    now = people(400, seed=2, shares=(0.5, 0.3, 0.2))
    drift = clustering.drift(frozen, now)
    shares = np.bincount(frozen.assign(now), minlength=3) / 400
    then = np.array(frozen.shares)
    assert drift.stability_index == pytest.approx(((shares - then) * np.log(shares / then)).sum())
    assert drift.by_chance == pytest.approx(stats.chi2.ppf(0.95, 2) * (1 / 300 + 1 / 400))
    assert clustering.still_fits(drift, agreement=1.0).level == "outgrown"


def test_an_index_by_chance_is_as_large_as_it_says() -> None:
    """Two samples of one population: the index exceeds `by_chance` in about one of twenty cases."""
    whole = clustering.segment(people(4_000), columns=COLUMNS, k=3, preparation={"log": "none"}, **FAST)
    beyond = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        shares = random.multinomial(300, (0.2, 0.3, 0.5)) / 300
        kept = clustering.freeze(whole.prepared, whole.partition, whole.names)
        order = np.argsort([centre[0] for centre in kept.centres])
        truth = np.empty(3)
        truth[order] = shares[[0, 2, 1]]  # by recency: 20, 150, 300 days
        then = clustering.FrozenSegmentation(**{**vars(kept), "shares": tuple(truth), "customers": 300})
        drift = clustering.drift(then, people(300, seed=1_000 + seed))
        beyond += drift.stability_index > drift.by_chance
    assert 2 <= beyond <= 20  # 5 % of 200 is 10; a binomial's 0.3 % beyond on either side


def test_moved_and_far_customers_are_seen(frozen: clustering.FrozenSegmentation) -> None:
    drift = clustering.drift(frozen, people(seed=4, shift=2.0))
    assert drift.table["moved"].min() > 1.0 and drift.far_share > 0.05
    fit = clustering.still_fits(drift, agreement=0.99)
    outcome = fit.table.set_index("check")["outcome"]
    assert fit.level == "outgrown" and outcome["centres"] == outcome["far"] == "outgrown"
    assert outcome["shares"] == outcome["anew"] == "fits"


@pytest.mark.parametrize(
    ("agreement", "level"), [(0.9, "fits"), (0.7, "strained"), (0.4, "outgrown"), (np.nan, "fits")]
)
def test_other_groups_anew_count_against_it(frozen, agreement: float, level: str) -> None:  # type: ignore[no-untyped-def]
    assert clustering.still_fits(clustering.drift(frozen, people()), agreement=agreement).level == level


def test_empty_segments_stay(frozen: clustering.FrozenSegmentation) -> None:
    few = people().query("kind == 2")
    again = clustering.segment_frozen(few, frozen, **FAST)
    assert again.partition.k == 3 and sorted(again.partition.sizes)[:2] == [0, 0]
    value = clustering.segment_value(again.prepared.frame, again.partition.labels, segments=3)
    assert value["customers"].tolist() == again.partition.sizes.tolist() and value["revenue"].notna().all()
    drift = clustering.drift(frozen, few)
    assert np.isfinite(drift.stability_index) and drift.table["moved"].isna().sum() == 2
    assert clustering.still_fits(drift, agreement=np.nan).level == "outgrown"
    later = clustering.later_period(
        again.prepared, again.partition, target="monetary", before="monetary", replicates=100
    )
    assert len(later.table) == 1 and later.pairs == 0


@pytest.mark.parametrize("rows", [0, 1, 2, 12])
def test_few_customers_are_put_into_their_segments(frozen: clustering.FrozenSegmentation, rows: int) -> None:
    again = clustering.segment_frozen(people().head(rows), frozen, **FAST)
    assert (again.choice.rule, again.choice.k) == ("too_few", 3) and len(again.partition.labels) == rows
    fit = clustering.still_fits(clustering.drift(frozen, people().head(rows)), agreement=float("nan"))
    assert fit.level in {"nobody", "fits", "strained", "outgrown"} and (fit.level == "nobody") == (rows == 0)


def test_gaps_are_filled_as_then_or_left_out(frozen: clustering.FrozenSegmentation) -> None:
    gaps = people()
    gaps.loc[:9, "monetary"], gaps.loc[10, "monetary"] = np.nan, np.inf
    filled = clustering.segment_frozen(gaps, frozen, **FAST)
    assert {remark.code for remark in filled.prepared.remarks} == {"filled", "infinite"}
    assert len(filled.partition.labels) == 300
    data = frozen.to_dict()
    for column in data["columns"]:
        column["fill"] = None
    strict = clustering.FrozenSegmentation.from_dict(data)
    left = clustering.segment_frozen(gaps, strict, **FAST)
    assert len(left.partition.labels) == 289 and left.prepared.rows_in == 300
    assert clustering.drift(strict, gaps).unassigned == 11


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns="monetary"), "needs the columns monetary.*form segments anew"),
        (lambda f: f.assign(monetary="much"), "needs numbers in monetary"),
        (lambda f: f.assign(customer_key=1), "different in every row"),
        (lambda f: f.drop(columns="customer_key"), "no column customer_key"),
        (lambda f: pd.concat([f, f["monetary"]], axis=1), "two columns of the name monetary"),
    ],
)
def test_other_data_is_refused_with_the_column(frozen, change, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AnalysisError, match=words):
        clustering.segment_frozen(change(people()), frozen)


def test_frozen_rfm_scores_stay(found: clustering.Segmentation, frozen: clustering.FrozenSegmentation) -> None:
    then = clustering.score_rfm(found.prepared.frame).table["monetary_score"]
    richer = found.prepared.frame.assign(monetary=lambda f: f["monetary"] * 10)
    now = clustering.score_rfm(richer, **frozen.rfm_options).table["monetary_score"]
    assert (now >= then).all() and (now > then).any()


def test_agreement_of_shared_customers_is_that_of_scikit_learn(found: clustering.Segmentation) -> None:
    other = clustering.segment(
        people().iloc[50:], columns=COLUMNS, k=4, preparation={"log": "none"}, **{**FAST, "k_max": 5}
    )
    expected = adjusted_rand_score(found.partition.labels[50:], other.partition.labels)
    assert clustering.shared_agreement(found, other) == pytest.approx(expected)
