"""Offers: every customer, no owned product, a reason in each row; new customers and new products."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import recommendation
from analysis.errors import AnalysisError
from analysis.recommendation import Interactions, interactions, offer_blocks, offers, pairs

CUTOFF = "2025-07-01"


@pytest.fixture(scope="module")
def bought() -> Interactions:
    random = np.random.default_rng(2)
    n = 700
    day = pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 150, n), unit="D")
    rows = pd.DataFrame(
        {"customer_key": random.integers(1, 90, n), "product_id": random.zipf(1.5, n) % 25 + 100, "day": day}
    )
    single = pd.DataFrame({"customer_key": [95, 96], "product_id": [101, 102], "day": pd.Timestamp("2025-05-20")})
    fresh = pd.DataFrame({"customer_key": [1, 2, 3], "product_id": [300, 300, 301], "day": pd.Timestamp("2025-06-25")})
    return interactions(pairs(pd.concat([rows, single, fresh])))


@pytest.fixture(scope="module")
def country(bought: Interactions) -> pd.Series:
    keys = [*bought.customers, 1001, 1002, 1003]
    return pd.Series(["NL" if key % 3 else "DE" for key in keys], index=keys)


@pytest.fixture(scope="module")
def fallbacks(bought: Interactions, country: pd.Series) -> tuple:
    return (recommendation.popularity(bought, groups=country), recommendation.popularity(bought))


def test_every_customer_has_a_full_list_of_new_products(bought: Interactions, fallbacks: tuple) -> None:
    model = recommendation.item_neighbours(bought, neighbours=3)
    table = offers(model, bought, k=6, fallbacks=fallbacks)
    assert table.groupby("customer_key")["rank"].agg(list).map(lambda ranks: ranks == [1, 2, 3, 4, 5, 6]).all()
    assert table["customer_key"].nunique() == len(bought.customers)
    assert not table.duplicated(["customer_key", "product_id"]).any()
    row = bought.customers.get_indexer(table["customer_key"])
    column = bought.products.get_indexer(table["product_id"])
    owned = bought.counts.toarray() > 0
    assert not owned[row, column].any()
    own = table["reason"] == "history"
    assert set(table.loc[own, "method"]) == {"item_neighbours"}
    assert set(table.loc[~own, "reason"]) == {"filled_up"} and table.loc[~own, "because"].isna().all()
    assert owned[row[own], bought.products.get_indexer(table.loc[own, "because"])].all()


def test_lists_that_may_repeat(bought: Interactions, fallbacks: tuple) -> None:
    table = offers(recommendation.buys_again(bought), bought, k=3, owned="include", fallbacks=fallbacks)
    first = table[table["rank"] == 1].set_index("customer_key")
    counts = bought.counts.toarray()
    column = bought.products.get_indexer(first["product_id"])
    assert (counts[np.arange(len(counts)), column] == counts.max(axis=1)).all()


def test_blocks_change_nothing(bought: Interactions, fallbacks: tuple, country: pd.Series) -> None:
    model = recommendation.user_neighbours(bought, neighbours=7)
    options = {"k": 4, "fallbacks": fallbacks, "few": 3, "customers": pd.Index(country.index), "groups": country}
    whole = offers(model, bought, **options)
    parts = list(offer_blocks(model, bought, block=13, **options))
    assert len(parts) > 5 and all(part["customer_key"].nunique() <= 13 for part in parts)
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)


def test_customers_with_few_purchases_or_none(bought: Interactions, fallbacks: tuple, country: pd.Series) -> None:
    model = recommendation.user_neighbours(bought)
    served = pd.Index([1003, 96, 5, 1001, 1002])
    table = offers(model, bought, k=3, few=2, fallbacks=fallbacks, customers=served, groups=country)
    assert table.groupby("customer_key")["reason"].first().to_dict() == {
        5: "history", 96: "few_purchases", 1001: "no_history", 1002: "no_history", 1003: "no_history",
    }  # fmt: skip
    lists = table.groupby("customer_key")["product_id"].agg(list)
    assert lists[1001] == bought.products[fallbacks[0].of_group("NL", 3).columns[0]].tolist()
    assert lists[1002] == bought.products[fallbacks[0].of_group("DE", 3).columns[0]].tolist() if 1002 % 3 == 0 else True
    assert (table.loc[table["customer_key"] == 96, "method"] == "group_popularity").all()
    unknown = offers(model, bought, k=3, fallbacks=fallbacks, customers=pd.Index([1001]))
    assert set(unknown["method"]) == {"popularity"}


def test_a_place_for_new_products(bought: Interactions, fallbacks: tuple) -> None:
    fresh = recommendation.new_products(bought, cutoff=CUTOFF, days=14)
    assert bought.products[fresh].tolist() == [300, 301]
    categories = pd.Series(["tea" if item % 2 else "cups" for item in bought.products], index=bought.products)
    taste = recommendation.category_taste(bought, categories)
    model = recommendation.Explored("explored", recommendation.item_neighbours(bought), taste, fresh)
    table = offers(model, bought, k=4, fallbacks=fallbacks, fresh=fresh)
    last = table[table["rank"] == 4].set_index("customer_key")
    base = offers(model.model, bought, k=4, fallbacks=fallbacks).set_index(["customer_key", "rank"])["product_id"]
    shown = table.set_index(["customer_key", "rank"])["product_id"]
    full = table.groupby("customer_key")["reason"].agg(lambda reasons: "filled_up" not in set(reasons))
    kept = shown[(shown.index.get_level_values("rank") < 4) & shown.index.get_level_values(0).map(full)]
    assert (kept == base.reindex(kept.index)).all()
    assert (last["reason"] == "new_product").mean() > 0.9
    assert set(last.loc[last["reason"] == "new_product", "product_id"]) <= {300, 301}
    # The taste: whoever bought more kinds of tea than the average is shown the new tea.
    counts = bought.owned.toarray()
    tea = counts[:, (categories == "tea").to_numpy()].sum(axis=1)
    both = ~(counts[:, fresh] > 0).any(axis=1)
    score = (tea + 5 * tea.sum() / counts.sum()) / (counts.sum(axis=1) + 5)
    wants_tea = (score > 0.5)[both & last["reason"].eq("new_product").to_numpy()]
    given = last["product_id"].to_numpy()[both & last["reason"].eq("new_product").to_numpy()]
    assert ((given == 301) == wants_tea).all()


def test_what_the_place_for_new_products_costs(bought: Interactions, fallbacks: tuple) -> None:
    """By hand: only the last place changes, so hits are those of the first places and of the new product."""
    fresh = recommendation.new_products(bought, cutoff=CUTOFF, days=14)
    taste = recommendation.category_taste(bought, pd.Series("all", index=bought.products))
    random = np.random.default_rng(3)
    then = pd.DataFrame(
        {"customer_key": random.integers(1, 90, 300), "product_id": random.choice(bought.products, 300)}
    )
    later = recommendation.later_purchases(bought, then, wanted="new", customer="customer_key", product="product_id")
    model, draws = recommendation.item_neighbours(bought), recommendation.Bootstrap(100, 0.95, 1)
    found = recommendation.exploration(
        model, taste, fresh, bought, later, k=3, fallbacks=fallbacks, draws=draws
    ).set_index("measure")
    lists, _ = recommendation.filled(model, fallbacks, later.rows, 3, owned="exclude")
    new = taste.best(later.rows, 1, offered=fresh).columns[:, 0]
    wished = later.relevant.toarray() > 0
    rows = np.arange(len(later.rows))
    with_new = np.where(
        (new >= 0) & (new != lists.columns[:, 0]) & (new != lists.columns[:, 1]), new, lists.columns[:, 2]
    )
    hits = np.column_stack([wished[rows, lists.columns[:, place]] for place in range(3)])
    expected = np.column_stack([hits[:, :2], wished[rows, with_new]])
    assert found.loc["hit_rate", "without"] == pytest.approx(hits.any(axis=1).mean())
    assert found.loc["hit_rate", "with_new"] == pytest.approx(expected.any(axis=1).mean())
    assert found.loc["precision", "difference"] == pytest.approx((expected.mean(axis=1) - hits.mean(axis=1)).mean())
    assert found.loc["new_product_hit", "with_new"] == pytest.approx((wished[rows, new] & (new >= 0)).mean())


def test_popularity_as_the_model_says_so(bought: Interactions) -> None:
    table = offers(recommendation.popularity(bought), bought, k=2)
    assert set(table["reason"]) == {"popular"}


def test_bad_input(bought: Interactions) -> None:
    with pytest.raises(AnalysisError, match="k must be at least 1"):
        offers(recommendation.popularity(bought), bought, k=0)
    with pytest.raises(AnalysisError, match="categories holds a product twice"):
        recommendation.category_taste(bought, pd.Series(["a", "b"], index=[100, 100]))
