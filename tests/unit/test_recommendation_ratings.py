"""Ratings: a textbook example, dense definitions, numbers of Surprise, a planted truth, and what cannot be done."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.recommendation import Biases, Ratings, biases, factor_forecasts, neighbour_forecasts, rating_study

#: Aggarwal (2016), Recommender Systems: The Textbook, table 2.1; 0 is no rating.
AGGARWAL = np.array(
    [[7, 6, 7, 4, 5, 4], [6, 7, 0, 4, 3, 4], [0, 3, 3, 1, 1, 0], [1, 2, 2, 3, 3, 4], [1, 0, 1, 2, 3, 3.0]]
)


def known(dense: np.ndarray) -> Ratings:
    user, item = np.nonzero(dense)
    return Ratings(user, item, dense[user, item].astype(float), dense.shape)


@pytest.fixture
def dense() -> np.ndarray:
    random = np.random.default_rng(4)
    return random.integers(1, 6, (30, 14)) * (random.random((30, 14)) < 0.5)


def test_textbook_forecasts() -> None:
    """Aggarwal (2016), example 2.3.1: user 3, items 1 and 6, from the two nearest users, around users' means."""
    means = np.array([row[row > 0].mean() for row in AGGARWAL])
    base = Biases(0.0, means, np.zeros(6))
    pair = (np.array([2, 2]), np.array([0, 5]))
    found = neighbour_forecasts(known(AGGARWAL), base, *pair, of="customers", neighbours=2, shrinkage=0)
    assert found.round(2).tolist() == [3.35, 0.86]


def test_biases_solve_their_equations(dense: np.ndarray) -> None:
    """After many rounds b_u and b_i are the minimum of the penalised squares: those of a ridge regression."""
    ratings = known(dense)
    found = biases(ratings, customer_shrinkage=3.0, product_shrinkage=2.0, rounds=500)
    n = len(ratings.value)
    design = np.zeros((n, 44))
    design[np.arange(n), ratings.customer] = 1
    design[np.arange(n), 30 + ratings.product] = 1
    penalty = np.diag([3.0] * 30 + [2.0] * 14)
    expected = np.linalg.solve(design.T @ design + penalty, design.T @ (ratings.value - ratings.value.mean()))
    assert np.append(found.customer, found.product) == pytest.approx(expected, abs=1e-9)


def by_definition(dense: np.ndarray, base: Biases, user: int, item: int, k: int, shrinkage: float) -> float:
    """User-based, one forecast at a time."""
    users, items = np.nonzero(dense)
    rest = np.full(dense.shape, np.nan)
    rest[users, items] = dense[users, items] - base.forecast(users, items)
    near = []
    for other in np.flatnonzero(dense[:, item]):
        both = ~np.isnan(rest[user]) & ~np.isnan(rest[other])
        a, b, n = rest[user, both], rest[other, both], both.sum()
        if n < 1:
            continue
        value = (a @ b) / np.sqrt((a @ a) * (b @ b)) * (n - 1) / (n - 1 + shrinkage)
        if value > 1e-12:
            near.append((value, rest[other, item]))
    near = sorted(near, key=lambda pair: -pair[0])[:k]
    shift = sum(s * r for s, r in near) / sum(s for s, _ in near) if near else 0.0
    return float(base.forecast(np.array([user]), np.array([item]))[0] + shift)


@pytest.mark.parametrize("k", [1, 3, 40])
def test_neighbours_are_those_of_the_definition(dense: np.ndarray, k: int) -> None:
    base = biases(known(dense))
    user, item = np.nonzero(dense == 0)
    expected = [by_definition(dense, base, *pair, k, 5.0) for pair in zip(user, item, strict=True)]
    found = neighbour_forecasts(known(dense), base, user, item, of="customers", neighbours=k, shrinkage=5.0)
    assert found == pytest.approx(expected, abs=1e-9)
    turned = Biases(base.mean, base.product, base.customer)
    again = neighbour_forecasts(known(dense.T), turned, item, user, of="products", neighbours=k, shrinkage=5.0)
    assert again == pytest.approx(expected, abs=1e-9)


def test_blocks_change_nothing(dense: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    base, pairs = biases(known(dense)), np.nonzero(dense == 0)
    expected = neighbour_forecasts(known(dense), base, *pairs, of="products")
    monkeypatch.setattr("analysis.recommendation.ratings.BLOCK_PRODUCTS", 60)
    assert neighbour_forecasts(known(dense), base, *pairs, of="products").tolist() == expected.tolist()


def test_factors_are_a_fixed_point_of_the_normal_equations(dense: np.ndarray) -> None:
    """With one factor and many sweeps the forecasts no longer change, and explain the ratings better than biases."""
    ratings, base = known(dense), biases(known(dense))
    seen = (ratings.customer, ratings.product)
    options = {"size": 3, "regularisation": 1.0, "random_state": 2}
    long, longer = (factor_forecasts(ratings, base, *seen, sweeps=n, **options) for n in (400, 401))  # type: ignore[arg-type]
    assert long == pytest.approx(longer, abs=1e-6)
    assert ((long - ratings.value) ** 2).sum() < ((base.forecast(*seen) - ratings.value) ** 2).sum()


def test_the_unknown_get_the_mean(dense: np.ndarray) -> None:
    ratings, base = known(dense), biases(known(dense))
    stranger = (np.array([-1, -1]), np.array([-1, 3]))
    expected = [base.mean, base.mean + base.product[3]]
    for of in ("customers", "products"):
        assert neighbour_forecasts(ratings, base, *stranger, of=of).tolist() == expected  # type: ignore[arg-type]
    assert factor_forecasts(ratings, base, *stranger, random_state=1).tolist() == expected


def planted(noise: float, rank: int, seed: int = 1) -> pd.DataFrame:
    """Ratings with biases and, for a rank above 0, tastes that only neighbours and factors can see."""
    random = np.random.default_rng(seed)
    n, m = 220, 60
    taste = random.normal(size=(n, max(rank, 1))) @ random.normal(size=(max(rank, 1), m)) * (rank > 0)
    truth = 3 + random.normal(0, 0.5, (n, 1)) + random.normal(0, 0.5, m) + 0.8 * taste
    user, item = np.nonzero(random.random((n, m)) < 0.4)
    day = pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 300, len(user)), unit="D")
    value = truth[user, item] + random.normal(0, noise, len(user))
    return pd.DataFrame({"customer_key": user, "product_id": item, "rating": value, "day": day})


def test_a_planted_taste_is_found_and_its_absence_too() -> None:
    tastes = rating_study(planted(0.5, 2), day="day", replicates=200, random_state=1)
    assert tastes.split == "time" and tastes.obstacle is None and not tastes.remarks
    rmse = tastes.errors[tastes.errors["measure"] == "rmse"].set_index("method")["estimate"]
    # The noise is 0.5: nothing can do better, and factors come near.
    assert 0.5 < rmse["factors"] < 0.75 < rmse["biases"]
    assert tastes.chosen == "factors" and tastes.baseline in ("product_mean", "customer_mean", "mean")
    none = rating_study(planted(0.5, 0), day="day", replicates=200, random_state=1)
    apart = none.errors[none.errors["measure"] == "rmse"].set_index("method")
    assert apart.loc["biases", "estimate"] < 0.56
    assert apart.loc["factors", "estimate"] > apart.loc["biases", "estimate"] - 0.01
    gap = none.differences.set_index(["method", "measure"])
    assert (gap.loc["biases", "high"] < 0).all()


def test_test_ratings_decide_no_option() -> None:
    frame = planted(0.5, 2)
    other = frame.assign(rating=np.where(frame["day"] >= "2025-09-01", 1.0, frame["rating"]))
    first, second = (
        rating_study(rows, day="day", cutoff="2025-09-01", replicates=50, random_state=1) for rows in (frame, other)
    )
    pd.testing.assert_frame_equal(first.choices, second.choices)
    assert first.chosen == second.chosen


def test_order_of_rows_changes_nothing() -> None:
    frame = planted(0.5, 1).drop(columns="day")
    first = rating_study(frame, replicates=50, random_state=3)
    again = rating_study(frame.sample(frac=1, random_state=1), replicates=50, random_state=3)
    assert first.split == "random"
    pd.testing.assert_frame_equal(first.errors, again.errors)
    pd.testing.assert_frame_equal(first.differences, again.differences)


def test_reviews_without_names_and_ratings_of_the_shop() -> None:
    frame = planted(0.5, 0)
    anonymous = rating_study(frame, customer=None, replicates=50, random_state=1)
    assert [remark.code for remark in anonymous.remarks] == ["no_customers"]
    assert set(anonymous.errors["method"]) == {"mean", "product_mean", "biases"}
    shop = rating_study(frame, product=None, replicates=50, random_state=1)
    assert [remark.code for remark in shop.remarks] == ["no_products"]
    assert set(shop.errors["method"]) == {"mean", "customer_mean", "biases"}
    once = rating_study(frame.drop_duplicates("customer_key"), replicates=50, random_state=1)
    assert "one_rating_each" in [remark.code for remark in once.remarks]
    assert "customer_mean" not in set(once.errors["method"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda frame: frame.iloc[:0], "no_ratings"),
        (lambda frame: frame.assign(rating=np.nan), "no_ratings"),
        (lambda frame: frame.assign(rating=4), "constant_ratings"),
        (lambda frame: frame.iloc[:25], "too_few_ratings"),
    ],
)
def test_obstacles(change, code: str) -> None:
    found = rating_study(change(planted(0.5, 0)), replicates=50, random_state=1)
    assert found.obstacle is not None and found.obstacle.code == code and found.errors is None


def test_gaps_and_repeats_are_counted() -> None:
    frame = planted(0.5, 0)
    frame.loc[:9, "rating"] = np.nan
    found = rating_study(pd.concat([frame, frame.iloc[50:60]]), replicates=50, random_state=1)
    assert {remark.code: remark.value for remark in found.remarks} == {"not_numbers": 10, "repeated": 10}


def test_bad_input() -> None:
    with pytest.raises(AnalysisError, match="no column stars"):
        rating_study(planted(1, 0), rating="stars", random_state=1)
    with pytest.raises(AnalysisError, match="test_share must lie between"):
        rating_study(planted(1, 0), test_share=0.9, random_state=1)
