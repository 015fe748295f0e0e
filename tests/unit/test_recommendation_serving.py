"""Offers to customers whom a model has not learnt from, in batches of any size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from analysis import recommendation
from analysis.recommendation import Interactions, Tally, interactions, offers, offers_to_all
from analysis.recommendation.models import Model, Owned

NOW = "2025-07-01"
GROUPS = pd.Series({key: ("NL", "DE", None)[key % 3] for key in range(1, 201)})
RULES = pd.DataFrame({
    "antecedent_ids": [[100], [101, 102], [103]], "consequent_ids": [[104], [105], [101]],
    "confidence": [0.4, 0.6, 0.5],
})  # fmt: skip
CATEGORIES = pd.Series({key: f"c{key % 4}" for key in range(100, 140)})
MODELS: dict[str, Callable[[Interactions], Model]] = {
    "popularity": recommendation.popularity,
    "group_popularity": lambda bought: recommendation.popularity(bought, groups=GROUPS),
    "recent_popularity": lambda bought: recommendation.recent_popularity(bought, cutoff=NOW, days=60),
    "trend": lambda bought: recommendation.trend(bought, cutoff=NOW, days=60),
    "buys_again": recommendation.buys_again,
    "also_bought": lambda bought: recommendation.item_neighbours(bought, similarity="conditional", name="also_bought"),
    "item_neighbours": lambda bought: recommendation.item_neighbours(bought, neighbours=6, weighting="bm25"),
    "item_neighbours_tfidf": lambda bought: recommendation.item_neighbours(bought, neighbours=6, weighting="tfidf"),
    "user_neighbours": lambda bought: recommendation.user_neighbours(bought, neighbours=9, shrinkage=2.0),
    "user_neighbours_bm25": lambda bought: recommendation.user_neighbours(bought, neighbours=9, weighting="bm25"),
    "user_neighbours_jaccard": lambda bought: recommendation.user_neighbours(bought, similarity="jaccard", pool=70),
    "user_neighbours_centred": lambda bought: recommendation.user_neighbours(
        bought, similarity="adjusted_cosine", weighting="log"
    ),
    "rules": lambda bought: recommendation.rule_scores(bought, RULES),
    "category_taste": lambda bought: recommendation.category_taste(bought, CATEGORIES),
    "explored": lambda bought: recommendation.Explored(
        "explored",
        recommendation.item_neighbours(bought),
        recommendation.category_taste(bought, CATEGORIES),
        recommendation.new_products(bought, cutoff=NOW, days=150),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def everybody() -> pd.DataFrame:
    """Purchases of 200 customers of up to 40 products, one row a pair."""
    random = np.random.default_rng(7)
    n = 1800
    rows = pd.DataFrame({"customer_key": random.integers(1, 201, n), "product_id": random.zipf(1.3, n) % 40 + 100})
    rows["day"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 170, n), unit="D")
    return recommendation.pairs(rows)


@pytest.fixture(scope="module")
def learnt(everybody: pd.DataFrame) -> Interactions:
    """Of every other customer."""
    return interactions(everybody[everybody["customer_key"] % 2 == 0])


def batched(everybody: pd.DataFrame, size: int) -> list[pd.DataFrame]:
    keys = everybody["customer_key"].unique()
    return [everybody[everybody["customer_key"].isin(keys[at : at + size])] for at in range(0, len(keys), size)]


@pytest.mark.parametrize("owned", ["exclude", "include"])
@pytest.mark.parametrize("name", MODELS)
def test_those_learnt_from_get_the_same_lists(
    learnt: Interactions, everybody: pd.DataFrame, name: str, owned: Owned
) -> None:
    model = MODELS[name](learnt)
    rows = np.arange(len(learnt.customers))
    known = everybody[everybody["customer_key"] % 2 == 0]
    some = interactions(known[known["customer_key"] > 90]).of_products(learnt.products)
    ours, theirs = (
        model.best(rows, 5, owned=owned),
        model.serving(some).best(np.arange(len(some.customers)), 5, owned=owned),
    )
    among = learnt.customers.get_indexer(some.customers)
    assert (among >= 0).all() and len(among) > 40
    np.testing.assert_array_equal(theirs.columns, ours.columns[among])
    np.testing.assert_allclose(theirs.scores, ours.scores[among], atol=1e-12)
    assert (owned == "exclude" and name == "buys_again") or (theirs.columns[:, 0] >= 0).any()


def test_factors_of_others_solve_their_equations(learnt: Interactions, everybody: pd.DataFrame) -> None:
    """(YᵀY + Yᵀ(C − I)Y + λI) x = YᵀCp, written out for each customer who was not learnt from."""
    size, strength, alpha = 4, 3.0, 2.0
    model = recommendation.factors(
        learnt, size=size, regularisation=strength, alpha=alpha, weighting="log", random_state=1
    )
    others = interactions(everybody[everybody["customer_key"] % 2 == 1]).of_products(learnt.products)
    found, y = model.serving(others), model.products
    for row, counts in enumerate(others.counts.toarray()):
        extra = alpha * np.log1p(counts)
        left = y.T @ y + (y.T * extra) @ y + strength * np.eye(size)
        np.testing.assert_allclose(
            found.customers[row], np.linalg.solve(left, y.T @ ((1 + extra) * (counts > 0))), atol=1e-9
        )
    # Those learnt from: as near as a few steps of the fit came.
    same = model.serving(learnt)
    rows = np.arange(len(learnt.customers))
    alike = same.best(rows, 5).columns == model.best(rows, 5).columns
    assert alike.mean() > 0.95


@pytest.mark.parametrize("name", [*MODELS, "factors"])
def test_batches_of_any_size_give_the_same_offers(learnt: Interactions, everybody: pd.DataFrame, name: str) -> None:
    model = (MODELS | {"factors": lambda bought: recommendation.factors(bought, size=4, random_state=1)})[name](learnt)
    how = {"k": 4, "few": 3, "fallbacks": (recommendation.popularity(learnt),), "owned": "include"}
    ways = [
        pd.concat(offers_to_all(model, learnt, batched(everybody, size), **how), ignore_index=True)
        for size in (1, 17, 999)
    ]  # type: ignore[arg-type]
    for way in ways[:2]:
        pd.testing.assert_frame_equal(way, ways[2], check_exact=False, atol=1e-11)
    assert ways[0].groupby("customer_key")["rank"].agg(list).map(lambda ranks: ranks == [1, 2, 3, 4]).all()
    assert set(ways[0]["customer_key"]) == set(everybody["customer_key"])


def test_nothing_owned_is_offered_and_unknown_products_are_passed_over(
    learnt: Interactions, everybody: pd.DataFrame
) -> None:
    unknown = pd.DataFrame({"customer_key": [301, 302], "product_id": [999, 998], "orders": 1})
    batch = pd.concat([everybody[["customer_key", "product_id", "orders"]], unknown], ignore_index=True)
    model = recommendation.item_neighbours(learnt)
    fallbacks = (recommendation.popularity(learnt),)
    table = pd.concat(offers_to_all(model, learnt, [batch], k=6, fallbacks=fallbacks))
    assert not len(table.merge(batch, on=["customer_key", "product_id"]))
    last = table[table["customer_key"] > 300]
    assert len(last) == 12 and set(last["method"]) == {"popularity"} and set(last["reason"]) == {"filled_up"}
    assert last["product_id"].tolist()[:6] == last["product_id"].tolist()[6:]


def test_customers_of_a_group_nobody_was_learnt_of_have_no_candidates(
    learnt: Interactions, everybody: pd.DataFrame
) -> None:
    groups = pd.Series({key: "IT" if key == 1 else "NL" for key in range(1, 201)})
    model = recommendation.popularity(learnt, groups=groups)
    few = interactions(everybody[everybody["customer_key"] <= 3]).of_products(learnt.products)
    found = model.serving(few).best(np.arange(3), 4)
    assert (found.columns[0] == -1).all() and (found.columns[1:] >= 0).all()


def test_without_batches_those_learnt_from_are_served(learnt: Interactions) -> None:
    model, how = recommendation.item_neighbours(learnt), {"k": 3, "few": 2}
    (table,) = offers_to_all(model, learnt, None, **how)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(table, offers(model, learnt, **how))  # type: ignore[arg-type]
    (none,) = offers_to_all(model, learnt, [])
    assert none.empty and list(none.columns) == list(table.columns)


def test_offers_counted_in_parts_are_those_counted_at_once(learnt: Interactions, everybody: pd.DataFrame) -> None:
    model, names = recommendation.item_neighbours(learnt, neighbours=4), pd.DataFrame({"product_id": range(100, 140)})
    names["product"] = "Product " + names["product_id"].astype(str)
    segments = pd.DataFrame({"customer_key": range(1, 190), "segment": ["new", "old", "rare"] * 63})
    parts = [
        recommendation.named(part, names)
        for part in offers_to_all(
            model, learnt, batched(everybody, 23), k=5, fallbacks=(recommendation.popularity(learnt),)
        )
    ]
    tally = Tally(segments)
    assert [len(part) for part in tally.counted(parts)] == [len(part) for part in parts]
    table = pd.concat(parts, ignore_index=True)
    pd.testing.assert_frame_equal(
        tally.by_segment(order=["old"]), recommendation.offers_by_segment(table, segments, order=["old"])
    )
    assert (tally.offers, tally.customers) == (len(table), table["customer_key"].nunique())
    groups = table.groupby("method")["customer_key"]
    assert tally.by_method["offers"].to_dict() == groups.size().to_dict()
    assert tally.by_method["customers"].to_dict() == groups.nunique().to_dict()
    assert tally.products.set_index("product_id")["customers"].to_dict() == table["product_id"].value_counts().to_dict()
    # By hand: the first product of a segment is on as many of its lists as of no other.
    of = table.merge(segments)
    for name, rows in tally.by_segment(most=1).set_index("segment").iterrows():
        lists = of[of["segment"] == name]
        number = lists["product_id"].value_counts()
        assert rows["offered"] == number.max() and rows["customers"] == lists["customer_key"].nunique()
        assert rows["share_all"] == pytest.approx((table["product_id"] == rows["product_id"]).sum() / tally.customers)
        reasons = lists.loc[lists["product_id"] == rows["product_id"], "reason"].value_counts()
        assert reasons[rows["reason"]] == reasons.max()
    ages = pd.Series({key: "new" if key < 104 else "on_offer" for key in range(100, 130)})
    pd.testing.assert_frame_equal(recommendation.by_age(ages, tally.products), recommendation.by_age(ages, table))
