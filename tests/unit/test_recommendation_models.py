"""Models: scores by their definitions, baselines, rules, filled lists, factors against dense normal equations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import recommendation
from analysis.errors import AnalysisError
from analysis.recommendation import Interactions, interactions, pairs
from analysis.recommendation.factors import loss

CUTOFF = "2025-07-01"


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    random = np.random.default_rng(6)
    n = 900
    day = pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 240, n), unit="D")
    return pd.DataFrame(
        {
            "customer_key": random.integers(1, 60, n), "product_id": random.zipf(1.4, n) % 30,
            "basket_key": random.integers(0, 400, n), "day": day, "amount": random.random(n).round(2),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def bought(lines: pd.DataFrame) -> Interactions:
    return interactions(pairs(lines, before=CUTOFF))


def dense_best(scores: np.ndarray, owned: np.ndarray | None, k: int) -> list[list[int]]:
    """Stable sort of all columns of each row."""
    rows = []
    for place, row in enumerate(scores.round(12)):
        free = [j for j in range(len(row)) if row[j] > 0 and not (owned is not None and owned[place, j])]
        order = sorted(free, key=lambda j: (-row[j], j))[:k]
        rows.append(order + [-1] * (k - len(order)))
    return rows


def test_pairs_are_divided_strictly(lines: pd.DataFrame) -> None:
    before, later = pairs(lines, before=CUTOFF), pairs(lines, since=CUTOFF)
    assert before["last_day"].max() < pd.Timestamp(CUTOFF) <= later["first_day"].min()
    assert before["amount"].sum() + later["amount"].sum() == pytest.approx(lines["amount"].sum())
    one = lines[(lines["customer_key"] == 7) & (lines["day"] < CUTOFF)]
    mine = before[before["customer_key"] == 7].set_index("product_id")["orders"]
    assert mine.to_dict() == one.groupby("product_id")["basket_key"].nunique().to_dict()


def test_interactions_add_up_and_keep_ids(lines: pd.DataFrame, bought: Interactions) -> None:
    table = pairs(lines, before=CUTOFF)
    doubled = interactions(pd.concat([table, table.sample(frac=1, random_state=1)]))
    assert doubled.counts.toarray().tolist() == (2 * bought.counts.toarray()).tolist()
    assert doubled.first_day.tolist() == bought.first_day.tolist()  # type: ignore[union-attr]
    wide = table.pivot(index="customer_key", columns="product_id", values="orders").fillna(0)
    assert bought.customers.tolist() == wide.index.tolist() and bought.products.tolist() == wide.columns.tolist()
    assert bought.counts.toarray().tolist() == wide.to_numpy().tolist()
    kept = bought.keep(bought.last_day >= np.datetime64("2025-05-01"))  # type: ignore[operator]
    late = table[table["last_day"] >= "2025-05-01"]
    assert kept.counts.nnz == len(late) and kept.counts.sum() == late["orders"].sum()


@pytest.mark.parametrize("owned", ["exclude", "include"])
def test_item_neighbours(bought: Interactions, owned: str) -> None:
    weights = recommendation.weighted(bought.counts, "log").toarray()
    similar = recommendation.nearest(
        recommendation.weighted(bought.counts, "log").T.tocsr(), k=4, shrinkage=2.0
    ).toarray()
    scores = weights @ (similar + (np.eye(len(similar)) if owned == "include" else 0))
    model = recommendation.item_neighbours(bought, neighbours=4, shrinkage=2.0, weighting="log")
    rows = np.arange(len(bought.customers))
    found = model.best(rows, 6, owned=owned)  # type: ignore[arg-type]
    mine = bought.counts.toarray() > 0
    assert found.columns.tolist() == dense_best(scores, mine if owned == "exclude" else None, 6)
    row, rank = np.nonzero(found.columns >= 0)
    assert found.scores[row, rank] == pytest.approx(scores[row, found.columns[row, rank]])
    because = model.because(row, found.columns[row, rank])
    shares = weights[row] * similar[:, found.columns[row, rank]].T
    assert all(
        share.max() == pytest.approx(share[place]) if place >= 0 else share.max() == 0
        for share, place in zip(shares, because, strict=True)
    )


@pytest.mark.parametrize("owned", ["exclude", "include"])
def test_user_neighbours(bought: Interactions, owned: str) -> None:
    near = recommendation.nearest(bought.owned, kind="jaccard", k=5).toarray()
    near += np.eye(len(near)) if owned == "include" else 0
    mine = bought.counts.toarray() > 0
    scores = near @ mine / np.maximum(near.sum(axis=1, keepdims=True), 1e-300)
    model = recommendation.user_neighbours(bought, similarity="jaccard", neighbours=5)
    rows = np.arange(0, len(bought.customers), 2)
    found = model.best(rows, 6, owned=owned)  # type: ignore[arg-type]
    assert found.columns.tolist() == dense_best(scores[rows], mine[rows] if owned == "exclude" else None, 6)
    again = model.prepared(rows).best(rows, 6, owned=owned)  # type: ignore[arg-type]
    assert again.columns.tolist() == found.columns.tolist()


def test_blocks_and_rows_change_nothing(bought: Interactions, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.arange(len(bought.customers))
    makers: list[Callable[[Interactions], Any]] = [
        recommendation.popularity, recommendation.item_neighbours, recommendation.user_neighbours,
        recommendation.buys_again, lambda b: recommendation.factors(b, size=4, random_state=1),
    ]  # fmt: skip
    models = [make(bought) for make in makers]
    expected = [model.best(rows, 5, owned="include").columns.tolist() for model in models]
    monkeypatch.setattr("analysis.recommendation.models.BLOCK_PRODUCTS", 40)
    monkeypatch.setattr("analysis.recommendation.selection.CELLS", 70)
    assert [model.best(rows, 5, owned="include").columns.tolist() for model in models] == expected
    few = np.array([3, 17])
    assert [model.best(few, 5, owned="include").columns.tolist() for model in models] == [
        [lists[3], lists[17]] for lists in expected
    ]


def test_popularity_overall_of_groups_and_of_late(lines: pd.DataFrame, bought: Interactions) -> None:
    rows = np.arange(len(bought.customers))
    owned = bought.counts.toarray() > 0
    found = recommendation.popularity(bought).best(rows, 5)
    assert found.columns.tolist() == dense_best(np.tile(owned.mean(axis=0), (len(rows), 1)), owned, 5)
    side = pd.Series(np.where(bought.customers % 2 == 0, "even", "odd"), index=bought.customers).iloc[1:]
    parity = [str(side.get(key)) for key in bought.customers]
    shares = {name: owned[[p == name for p in parity]].mean(axis=0) for name in set(parity)}
    grouped = recommendation.popularity(bought, groups=side)
    assert grouped.best(rows, 5).columns.tolist() == dense_best(np.array([shares[p] for p in parity]), owned, 5)
    assert grouped.of_group("even", 3).columns.tolist() == dense_best(shares["even"][None], None, 3)
    assert grouped.of_group("elsewhere", 3).columns.tolist() == [[-1, -1, -1]]
    window = lines[(lines["day"] >= "2025-06-01") & (lines["day"] < CUTOFF)]
    buyers = window.groupby("product_id")["customer_key"].nunique().reindex(bought.products).fillna(0).to_numpy()
    late = recommendation.recent_popularity(bought, cutoff=CUTOFF, days=30).best(rows[:1], 4, owned="include")
    assert late.columns.tolist() == dense_best(buyers[None], None, 4)


def test_trend_by_hand() -> None:
    """First buyers in the window beside what the time since the first purchase foretells, in Poisson spreads."""
    day = {
        "old": ["2025-04-02"] + ["2025-05-01"] * 8 + ["2025-06-20"] * 6,
        "new": ["2025-06-25"] * 3,
        "flat": ["2025-04-02"],
    }
    rows = [(f"{name}{place}", name, when) for name, days in day.items() for place, when in enumerate(days)]
    table = pairs(pd.DataFrame(rows, columns=["customer_key", "product_id", "day"]))
    found = recommendation.trend(interactions(table), cutoff="2025-07-01", days=30)
    values = dict(zip(["flat", "new", "old"], found.values[0], strict=True))
    past = (np.datetime64("2025-06-01") - np.datetime64("2025-04-02")).astype(int)
    assert values["old"] == pytest.approx((6 - 9 * 30 / past) / np.sqrt(9 * 30 / past + 1))
    assert values["new"] == pytest.approx(3.0)
    assert values["flat"] == pytest.approx(-(30 / past) / np.sqrt(30 / past + 1))


def test_buys_again_takes_the_most_frequent_then_the_latest() -> None:
    table = pd.DataFrame(
        {
            "customer_key": 1, "product_id": list("abcd"), "orders": [2, 3, 2, 1],
            "first_day": "2025-01-01", "last_day": ["2025-01-05", "2025-01-01", "2025-02-01", "2025-06-01"],
        }
    )  # fmt: skip
    bought = interactions(table)
    found = recommendation.buys_again(bought)
    assert bought.products[found.best(np.array([0]), 3, owned="include").columns[0]].tolist() == ["b", "c", "a"]
    assert found.best(np.array([0]), 3).columns.tolist() == [[-1, -1, -1]]


def test_rules_take_the_surest_that_fires() -> None:
    rows = pd.DataFrame({"customer_key": [1, 1, 2, 3, 3, 3], "product_id": list("ababcd")})
    mined = pd.DataFrame(
        {
            "antecedent_ids": [["a"], ["a", "b"], ["b"], ["a"], ["gone"], ["b"]],
            "consequent_ids": [["c"], ["c"], ["d", "c"], ["d"], ["c"], ["a"]],
            "confidence": [0.3, 0.8, 0.5, 0.4, 0.9, 0.95],
            "held_up": [True, True, True, False, True, False],
        }
    )
    bought = interactions(rows)
    model = recommendation.rule_scores(bought, mined)
    found = model.best(np.arange(3), 2)
    named = [[bought.products[place] if place >= 0 else None for place in row] for row in found.columns]
    # 1 owns a and b; 2 owns a; 3 owns b, c and d. What did not hold up, and what names an unknown product, is out.
    assert named == [["c", "d"], ["c", None], [None, None]] and model.lost == 1
    assert found.scores[:2].tolist()[0] == [0.8, 0.5] and found.scores[1, 0] == 0.3
    every = recommendation.rule_scores(bought, mined, only_held_up=False).best(np.arange(3), 2)
    assert bought.products[every.columns[2, 0]] == "a"
    with pytest.raises(AnalysisError, match="the rules have no column confidence"):
        recommendation.rule_scores(bought, mined.drop(columns="confidence"))


def test_filled_lists_have_no_product_twice(bought: Interactions) -> None:
    rows = np.arange(len(bought.customers))
    popular = recommendation.popularity(bought)
    narrow = recommendation.item_neighbours(bought, neighbours=1)
    found, source = recommendation.filled(narrow, (popular,), rows, 8, owned="exclude")
    own = narrow.best(rows, 8)
    owned = bought.counts.toarray() > 0
    for place in rows:
        row = found.columns[place]
        there = row[row >= 0]
        assert len(set(there.tolist())) == len(there) and not owned[place, there].any()
        first = own.columns[place][own.columns[place] >= 0]
        assert row[: len(first)].tolist() == first.tolist() and (source[place, : len(first)] == 0).all()
        rest = [j for j in popular.best(np.array([place]), 30).columns[0] if j >= 0 and j not in first]
        assert row[len(first) :].tolist() == (rest + [-1] * 8)[: 8 - len(first)]


def test_only_what_is_offered(bought: Interactions) -> None:
    offered = recommendation.on_offer(bought, cutoff=CUTOFF, days=45)
    assert 0 < offered.sum() < len(offered)
    for model in (
        recommendation.popularity(bought), recommendation.item_neighbours(bought),
        recommendation.user_neighbours(bought), recommendation.factors(bought, size=3, random_state=1),
    ):  # fmt: skip
        listed = model.best(np.arange(30), 9, offered=offered).columns
        assert offered[listed[listed >= 0]].all() and (listed >= 0).any()


def test_factors_solve_the_normal_equations(bought: Interactions) -> None:
    """Hu, Koren and Volinsky (2008), equation 4, written out: with Y fixed, x_u = (YᵀC_uY + λI)⁻¹ YᵀC_u p_u."""
    model = recommendation.factors(bought, size=5, regularisation=0.7, alpha=2.0, sweeps=3, steps=60, random_state=4)
    counts, y = bought.counts.toarray(), model.products
    for place in range(0, len(counts), 7):
        confidence = np.diag(1 + 2.0 * counts[place])
        expected = np.linalg.solve(
            y.T @ confidence @ y + 0.7 * np.eye(5), y.T @ confidence @ (counts[place] > 0).astype(float)
        )
        assert model.customers[place] == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("steps", [1, 3, 20])
def test_the_loss_is_the_definition_and_falls(bought: Interactions, steps: int) -> None:
    options: dict[str, Any] = {"size": 4, "regularisation": 0.5, "alpha": 1.5, "random_state": 2}
    model = recommendation.factors(bought, steps=steps, sweeps=6, with_losses=True, **options)
    assert (np.diff(model.losses) < 0).all()
    counts = bought.counts.toarray()
    confidence, score = 1 + 1.5 * counts, model.customers @ model.products.T
    expected = (confidence * ((counts > 0) - score) ** 2).sum()
    expected += 0.5 * ((model.customers**2).sum() + (model.products**2).sum())
    extra = bought.counts * 1.5
    assert loss(model.customers, model.products, extra, 0.5) == pytest.approx(expected)


def test_factors_are_the_same_every_time_and_single_precision_is_near(bought: Interactions) -> None:
    first, again = (recommendation.factors(bought, size=4, random_state=3) for _ in range(2))
    assert first.customers.tobytes() == again.customers.tobytes()
    single = recommendation.factors(bought, size=4, random_state=3, precision="single")
    assert single.customers.dtype == np.float32
    assert single.customers @ single.products.T == pytest.approx(first.customers @ first.products.T, abs=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda b: recommendation.factors(b, size=0, alpha=-1, random_state=1),
            "size must be at least 1, got 0; alpha",
        ),
        (lambda b: recommendation.factors(b, regularisation=0, random_state=1), "regularisation must be above 0"),
        (lambda b: recommendation.user_neighbours(b, pool=0), "pool must be at least 1"),
        (lambda b: recommendation.recent_popularity(b, cutoff="soon"), "cutoff must be a date such as"),
        (lambda b: recommendation.trend(b, cutoff=CUTOFF, days=0), "days must be at least 1"),
        (lambda b: interactions(pd.DataFrame({"customer_key": [1]})), "no column product_id"),
        (
            lambda b: interactions(pd.DataFrame({"customer_key": [1], "product_id": ["a"], "orders": [0]})),
            "orders must be a number above 0 in every row; one is 0",
        ),
    ],
)
def test_bad_input(bought: Interactions, call: Callable[[Interactions], object], message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        call(bought)


def test_a_drawn_pool_is_stated_and_repeatable(bought: Interactions) -> None:
    model = recommendation.user_neighbours(bought, pool=20, random_state=5)
    assert model.pool is not None and len(model.pool) == 20
    near = model.neighbours(np.arange(10))
    assert set(near.indices) <= set(model.pool.tolist())
    again = recommendation.user_neighbours(bought, pool=20, random_state=5)
    assert again.pool is not None and again.pool.tolist() == model.pool.tolist()
