"""What holds of all customers, learnt part by part beside a sample: the same as if all had been learnt from at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import recommendation
from analysis.recommendation import Interactions, Popularity, among_all, buyers_of, interactions, offers_to_all, reach
from analysis.recommendation import likeness as likeness_of_all
from analysis.recommendation.models import ItemNeighbours

NOW = "2025-07-01"
GROUPS = pd.Series({key: ("NL", "DE", None)[key % 3] for key in range(1, 241)})
CATEGORIES = pd.Series({key: f"c{key % 4}" for key in range(100, 180)})
LISTS: dict[str, Callable[[Interactions], Popularity]] = {
    "popularity": recommendation.popularity,
    "group_popularity": lambda bought: recommendation.popularity(bought, groups=GROUPS),
    "recent_popularity": lambda bought: recommendation.recent_popularity(bought, cutoff=NOW, days=60),
    "trend": lambda bought: recommendation.trend(bought, cutoff=NOW, days=60),
}
ALIKE: dict[str, dict[str, Any]] = {
    "conditional": {"similarity": "conditional"},
    "cosine": {"similarity": "cosine"},
    "cosine_shrunk": {"similarity": "cosine", "shrinkage": 3.0},
    "jaccard": {"similarity": "jaccard", "shrinkage": 2.0},
    "bm25": {"weighting": "bm25"},
    "bm25_shrunk": {"weighting": "bm25", "shrinkage": 5.0},
    "tfidf": {"weighting": "tfidf"},
    "adjusted": {"similarity": "adjusted_cosine", "weighting": "log", "shrinkage": 2.0},
}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Purchases of 240 customers of up to 80 products, some of them hardly ever bought."""
    random = np.random.default_rng(11)
    n = 2200
    rows = pd.DataFrame({"customer_key": random.integers(1, 241, n), "product_id": random.zipf(1.25, n) % 80 + 100})
    rows["day"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 178, n), unit="D")
    return recommendation.pairs(rows)


def parts_of(rows: pd.DataFrame, size: int) -> list[pd.DataFrame]:
    keys = rows["customer_key"].unique()
    return [rows[rows["customer_key"].isin(keys[at : at + size])] for at in range(0, len(keys), size)]


def some_of(rows: pd.DataFrame, size: int = 37) -> Interactions:
    """Every eighth customer, among all."""
    learnt = interactions(rows[rows["customer_key"] % 8 == 0])
    some = among_all(learnt, parts_of(rows, size))
    assert len(some.products) > len(learnt.products), "the sample lacks products"
    return some


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_those_of_all_customers(rows: pd.DataFrame, name: str) -> None:
    whole = interactions(rows)
    ours, theirs = LISTS[name](some_of(rows)), LISTS[name](whole)
    if name == "group_popularity":
        assert [str(each) for each in ours.names] == [str(each) for each in theirs.names]
    np.testing.assert_array_equal(ours.values, theirs.values)
    served = ours.serving(whole).best(np.arange(len(whole.customers)), 6)
    np.testing.assert_array_equal(served.columns, theirs.best(np.arange(len(whole.customers)), 6).columns)
    alone = LISTS[name](interactions(rows[rows["customer_key"] % 8 == 0]))
    assert alone.values.shape[1] < ours.values.shape[1]


def test_what_is_sold_new_and_gone_is_that_of_all(rows: pd.DataFrame) -> None:
    whole, some = interactions(rows), some_of(rows)
    for flags in (
        lambda bought: recommendation.on_offer(bought, cutoff=NOW, days=30),
        lambda bought: recommendation.new_products(bought, cutoff=NOW, days=120),
        lambda bought: recommendation.product_ages(bought, cutoff=NOW, new_days=120, sold_within=30).to_numpy(),
        lambda bought: recommendation.category_taste(bought, CATEGORIES).within,
        lambda bought: recommendation.category_taste(bought, CATEGORIES).prior,
    ):
        np.testing.assert_array_equal(flags(some), flags(whole))
    counted = buyers_of(rows[rows["customer_key"] % 8 == 0], parts_of(rows, 50))
    pd.testing.assert_frame_equal(counted, buyers_of(rows))


@pytest.mark.parametrize("owned", ["exclude", "include"])
@pytest.mark.parametrize("name", ALIKE)
def test_products_are_as_alike_as_all_customers_say(rows: pd.DataFrame, name: str, owned: Any) -> None:
    whole, some = interactions(rows), some_of(rows)
    ours, theirs = (recommendation.item_neighbours(each, neighbours=7, **ALIKE[name]) for each in (some, whole))
    assert isinstance(ours, ItemNeighbours) and ours.of_all and not theirs.of_all
    np.testing.assert_allclose(ours.similar.toarray(), theirs.similar.toarray(), atol=1e-11)
    everyone = np.arange(len(whole.customers))
    lists = [model.best(everyone, 5, owned=owned) for model in (ours.serving(whole), theirs)]
    np.testing.assert_array_equal(lists[0].columns, lists[1].columns)
    rare = np.flatnonzero(some.own_buyers == 0)
    assert np.isin(lists[0].columns, rare).any(), "what nobody of the sample bought is offered"


def test_how_customers_are_divided_into_parts_changes_nothing(rows: pd.DataFrame) -> None:
    tables = []
    for size in (13, 240):
        some = some_of(rows, size)
        how = {"k": 4, "fallbacks": (recommendation.popularity(some),), "few": 2}
        model = recommendation.item_neighbours(some, neighbours=7)
        tables.append(pd.concat(offers_to_all(model, some, parts_of(rows, size), **how), ignore_index=True))
    pd.testing.assert_frame_equal(tables[0], tables[1])
    whole = interactions(rows)
    how["fallbacks"] = (recommendation.popularity(whole),)
    (all_at_once,) = offers_to_all(recommendation.item_neighbours(whole, neighbours=7), whole, None, **how)
    pd.testing.assert_frame_equal(tables[0], all_at_once, check_exact=False, rtol=1e-9)


def test_with_more_products_than_fit_likeness_is_that_of_the_sample(
    rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = some_of(rows)
    monkeypatch.setattr(likeness_of_all, "MOST_CELLS", len(some.products) ** 2 - 1)
    model = recommendation.item_neighbours(some)
    assert isinstance(model, ItemNeighbours) and not model.of_all
    missing = int((some.own_buyers == 0).sum())
    assert missing and reach(model, some, some.buyers > 0) == recommendation.Reach(False, missing)
    assert reach(recommendation.popularity(some), some, some.buyers > 0) == recommendation.Reach(True, 0)


@pytest.mark.parametrize("name", ["user_neighbours", "factors"])
def test_methods_that_know_nothing_of_a_product_do_not_offer_it(rows: pd.DataFrame, name: str) -> None:
    some = some_of(rows)
    found: dict[str, Callable[[], Any]] = {
        "user_neighbours": lambda: recommendation.user_neighbours(some, neighbours=10),
        "factors": lambda: recommendation.factors(some, size=4, random_state=1),
    }
    model, whole = found[name](), interactions(rows)
    lists = model.serving(whole).best(np.arange(len(whole.customers)), len(some.products))
    listed = np.unique(lists.columns[lists.columns >= 0])
    assert len(listed) and (some.own_buyers[listed] > 0).all()
    assert reach(model, some, some.buyers > 0).missed == int((some.own_buyers == 0).sum()) > 0


def test_nobody_at_all() -> None:
    nobody = pd.DataFrame({"customer_key": [], "product_id": []})
    bought = among_all(interactions(nobody), [])
    assert bought.number == 0 and len(bought.products) == 0
    assert recommendation.popularity(bought).values.size == 0
    assert among_all(bought, None) is bought
