"""Recommendations: scores against scikit-learn's neighbours and plain sets, edges, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from analysis import recommendation
from analysis.errors import AnalysisError
from analysis.shares import wilson


@pytest.fixture
def bought() -> pd.DataFrame:
    random = np.random.default_rng(3)
    return pd.DataFrame({"customer_id": random.integers(0, 60, 700), "product_id": random.integers(100, 140, 700)})


def by_hand(owned: pd.DataFrame, similarity: np.ndarray, neighbours: int, most: int) -> list[tuple]:
    """The definition, a customer at a time."""
    rows = []
    for place, customer in enumerate(owned.index):
        others = [i for i in range(len(owned)) if i != place]
        near = sorted(others, key=lambda i: (-round(similarity[place, i], 12), i))[:neighbours]
        near = [i for i in near if similarity[place, i] > 0]
        total = sum(similarity[place, i] for i in near)
        scores = {
            item: sum(similarity[place, i] for i in near if owned.iloc[i][item]) / total
            for item in owned.columns
            if near and not owned.loc[customer, item]
        }
        best = sorted((item for item in scores if scores[item] > 0), key=lambda item: (-round(scores[item], 12), item))
        rows += [(customer, rank, item, scores[item]) for rank, item in enumerate(best[:most], start=1)]
    return rows


@pytest.mark.parametrize("neighbours", [1, 4, 100])
def test_scores_are_those_of_the_definition(bought: pd.DataFrame, neighbours: int) -> None:
    owned = pd.crosstab(bought["customer_id"], bought["product_id"]).clip(upper=1)
    expected = by_hand(owned, cosine_similarity(owned), neighbours, 3)
    found = recommendation.recommend(bought, neighbours=neighbours, most=3)
    assert found[["customer_id", "rank", "product_id"]].values.tolist() == [list(row[:3]) for row in expected]
    assert found["score"].to_numpy() == pytest.approx([row[3] for row in expected])


def test_profiles_decide_who_is_near(bought: pd.DataFrame) -> None:
    owned = pd.crosstab(bought["customer_id"], bought["product_id"]).clip(upper=1)
    random = np.random.default_rng(4)
    profiles = pd.DataFrame(random.standard_normal((40, 3)), index=random.permutation(60)[:40])
    there = owned.loc[owned.index.isin(profiles.index)]
    expected = by_hand(there, cosine_similarity(profiles.loc[there.index]), 5, 2)
    found = recommendation.recommend(bought, profiles=profiles, neighbours=5, most=2)
    assert found[["customer_id", "rank", "product_id"]].values.tolist() == [list(row[:3]) for row in expected]


def test_blocks_and_order_of_rows_change_nothing(bought: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = recommendation.recommend(bought)
    popular = recommendation.popular(bought)
    monkeypatch.setattr("analysis.recommendation.simple._BLOCK", 7)
    shuffled = bought.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(recommendation.recommend(shuffled), expected)
    pd.testing.assert_frame_equal(recommendation.popular(shuffled), popular)


def test_nothing_owned_is_recommended_and_the_frame_is_left_alone(bought: pd.DataFrame) -> None:
    before = bought.copy()
    for table in (recommendation.recommend(bought), recommendation.popular(bought)):
        assert len(table) and table.merge(bought, on=["customer_id", "product_id"]).empty
        assert table.groupby("customer_id")["rank"].agg(lambda ranks: ranks.tolist() == sorted(ranks)).all()
    pd.testing.assert_frame_equal(bought, before)


def test_popular_counts_buyers(bought: pd.DataFrame) -> None:
    buyers = bought.drop_duplicates()["product_id"].value_counts()
    table = recommendation.popular(bought, most=1)
    for row in table.itertuples():
        mine = set(bought.loc[bought["customer_id"] == row.customer_id, "product_id"])
        assert row.neighbours == buyers[row.product_id] == max(buyers[~buyers.index.isin(mine)])


def test_hit_rate_counts_customers_who_bought_something_new() -> None:
    earlier = pd.DataFrame({"customer_id": list("abc"), "product_id": [1, 1, 1]})
    recommended = pd.DataFrame({"customer_id": list("aabb"), "product_id": [2, 3, 2, 3]})
    later = pd.DataFrame({"customer_id": [*list("aaabcd"), None], "product_id": [1, 2, 3, 9, 1, 2, 2]})
    # a: a hit, counted once; b: new, but not recommended; c: nothing new; d: was not there before.
    found = recommendation.hit_rate(recommended, later, earlier=earlier)
    low, high = wilson(1, 2)
    assert found == {"customers": 2, "hits": 1, "rate": 0.5, "low": float(low), "high": float(high)}
    nothing = recommendation.hit_rate(recommended, later.iloc[:0], earlier=earlier)
    assert nothing["customers"] == 0 and np.isnan([nothing["rate"], nothing["low"], nothing["high"]]).all()


def test_edges() -> None:
    one = pd.DataFrame({"customer_id": ["a"], "product_id": ["x"]})
    for alone in (one, pd.DataFrame({"customer_id": ["a", "b"], "product_id": ["x", "y"]})):
        table = recommendation.recommend(alone)
        assert table.empty and list(table.columns) == ["customer_id", "rank", "product_id", "score", "neighbours"]
    gaps = pd.DataFrame({"customer_id": ["a", None, "b", "b"], "product_id": ["x", "x", "x", "y"]})
    assert recommendation.recommend(gaps)[["customer_id", "product_id"]].values.tolist() == [["a", "y"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"customer": "who"}, "no column who"),
        ({"neighbours": 0}, "neighbours is 0"),
        ({"most": 0}, "most is 0"),
        ({"profiles": pd.DataFrame({"x": [1.0, np.nan]}, index=["a", "b"])}, "has gaps"),
        ({"profiles": pd.DataFrame({"x": [1.0, 2.0]}, index=["a", "a"])}, "a customer twice"),
        ({"profiles": pd.DataFrame({"x": [1.0]}, index=["z"])}, "no customer with a purchase has a profile"),
    ],
)
def test_bad_input(change: dict, message: str) -> None:
    rows = pd.DataFrame({"customer_id": ["a", "b"], "product_id": ["x", "x"]})
    with pytest.raises(AnalysisError, match=message):
        recommendation.recommend(rows, **change)


def test_no_row_is_an_error() -> None:
    empty = pd.DataFrame({"customer_id": [None], "product_id": ["x"]})
    for function in (recommendation.recommend, recommendation.popular):
        with pytest.raises(AnalysisError, match="no row has both"):
            function(empty)
    with pytest.raises(AnalysisError, match="hit_rate: no column product_id"):
        recommendation.hit_rate(empty[["customer_id"]], empty, earlier=empty)
