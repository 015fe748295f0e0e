"""The study: a planted taste is found, its absence too, nothing leaks, and what cannot be measured is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.recommendation import (
    BASELINES,
    GRID,
    MEASURES,
    Study,
    interactions,
    offers,
    pairs,
    popularity,
    refit,
    study,
)

CUTOFF, EARLIER = "2025-10-01", "2025-07-03"
SMALL = tuple(
    candidate
    for candidate in GRID
    if candidate.method in ("also_bought", "item_neighbours")
    or candidate.options.get("neighbours") == 25
    or candidate.method == "factors"
)


def world(*, tastes: bool, customers: int = 400, seed: int = 1) -> pd.DataFrame:
    """A year of baskets. With tastes each customer buys from one of four ranges; without, all buy by popularity."""
    random = np.random.default_rng(seed)
    popularity_of = 1 / (np.arange(80) + 3.0)
    n = customers * 14
    customer = random.integers(1, customers + 1, n)
    fits = np.arange(80)[None, :] % 4 == (customer % 4)[:, None]
    weight = popularity_of * (np.where(fits, 1.0, 0.05) if tastes else 1.0)
    reached = np.cumsum(weight, axis=1) if tastes else np.tile(np.cumsum(weight), (n, 1))
    product = (reached < random.random((n, 1)) * reached[:, -1:]).sum(axis=1)
    day = pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 365, n), unit="D")
    return pd.DataFrame(
        {
            "customer_key": customer, "product_id": np.char.add("p", np.char.zfill(product.astype(str), 2)),
            "basket_key": customer * 1000 + day.day_of_year, "day": day,
        }
    )  # fmt: skip


def asked(lines: pd.DataFrame, **options: object) -> Study:
    default: dict[str, object] = {
        "cutoff": CUTOFF, "horizon_days": 90, "k": 5, "purchases": lines, "grid": SMALL, "replicates": 200,
        "random_state": 1,
    }  # fmt: skip
    return study(pairs(lines, before=CUTOFF), pairs(lines, since=CUTOFF), **(default | options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tasteful() -> pd.DataFrame:
    return world(tastes=True)


@pytest.fixture(scope="module")
def found(tasteful: pd.DataFrame) -> Study:
    groups = pd.DataFrame({"half": ["first"] * 200 + ["second"] * 200}, index=range(1, 401))
    return asked(tasteful, groups=groups, popular_in=pd.Series(np.arange(1, 401) % 2, index=range(1, 401)))


def ndcg(found: Study, wanted: str) -> pd.Series:
    rows = found.quality[(found.quality["wanted"] == wanted) & (found.quality["measure"] == "ndcg")]  # type: ignore[index]
    return rows.set_index("method")["estimate"]


def test_planted_tastes_are_found(found: Study) -> None:
    assert found.obstacle is None
    for wanted in ("new", "any"):
        assert found.chosen[wanted] not in BASELINES  # type: ignore[index]
        gap = found.differences.query("wanted == @wanted and measure == 'ndcg' and method == @found.chosen[@wanted]")  # type: ignore[union-attr]
        assert gap["low"].item() > 0.05
        score = ndcg(found, wanted)
        assert score[["item_neighbours", "user_neighbours", "factors"]].min() > score[["popularity", "trend"]].max()


def test_where_there_is_no_taste_no_model_beats_the_bestsellers() -> None:
    plain = asked(world(tastes=False))
    gap = plain.differences.query("wanted == 'new' and measure == 'ndcg'")  # type: ignore[union-attr]
    models = gap[~gap["method"].isin(BASELINES)]
    assert len(models) == 4 and (models["low"] < 0).all()


def test_tables_fit_together(found: Study) -> None:
    quality = found.quality
    assert quality is not None and found.methods is not None and found.groups is not None and found.users is not None
    assert set(quality["measure"]) == {*MEASURES, "coverage", "own_share"}
    measured = quality[quality["measure"].isin(MEASURES)]
    assert (measured["low"] <= measured["estimate"]).all() and (measured["estimate"] <= measured["high"]).all()
    users = found.users.set_index(["wanted", "code"])["customers"]
    for wanted, evaluation in found.evaluations.items():
        n = users[wanted, "evaluated"]
        assert len(evaluation.customers) == n == quality.loc[quality["wanted"] == wanted, "customers"].max()
        assert users[wanted, "came_back"] + users[wanted, "not_back"] == users[wanted, "known"]
        assert users[wanted, "bought_new"] + users[wanted, "only_again"] == users[wanted, "came_back"]
        halves = found.groups.query("wanted == @wanted and measure == 'ndcg' and method == @found.chosen[@wanted]")
        whole = ndcg(found, wanted)[found.chosen[wanted]]
        assert np.average(halves["estimate"], weights=halves["customers"]) == pytest.approx(whole)
    assert "buys_again" not in set(found.methods.query("wanted == 'new'")["method"])
    assert (
        found.baseline["new"] == ndcg(found, "new")[[name for name in BASELINES if name in ndcg(found, "new")]].idxmax()
    )


def test_a_method_is_measured_by_hand(tasteful: pd.DataFrame, found: Study) -> None:
    """Bestsellers, new products: lists and measures from sets, without the package."""
    before, after = tasteful[tasteful["day"] < CUTOFF], tasteful[tasteful["day"] >= CUTOFF]
    buyers = before.groupby("product_id")["customer_key"].nunique().sort_index()
    ranking = buyers.sort_values(ascending=False, kind="stable").index
    owned = before.groupby("customer_key")["product_id"].agg(set)
    later = after.groupby("customer_key")["product_id"].agg(set)
    rows = []
    for customer in found.evaluations["new"].customers:
        listed = [item for item in ranking if item not in owned[customer]][:5]
        relevant = later[customer] - owned[customer]
        hit = [item in relevant for item in listed]
        rows.append([any(hit), sum(hit) / 5, sum(hit) / len(relevant)])
    assert found.evaluations["new"].values["popularity"][:, :3] == pytest.approx(np.array(rows, dtype=float))
    assert sum(bool(later.get(c, set()) - owned[c]) for c in owned.index) == len(rows)


def test_what_comes_later_decides_no_option(tasteful: pd.DataFrame, found: Study) -> None:
    """After the cut-off everybody buys other things: choices, options and models stay as they were."""
    other = tasteful.copy()
    late = other["day"] >= CUTOFF
    other.loc[late, "product_id"] = other.loc[late, "product_id"].sample(frac=1, random_state=1).to_numpy()
    again = asked(other, popular_in=pd.Series(np.arange(1, 401) % 2, index=range(1, 401)))
    pd.testing.assert_frame_equal(again.choices, found.choices)
    assert again.chosen == found.chosen and again.candidates == found.candidates


def test_order_of_rows_changes_nothing(tasteful: pd.DataFrame) -> None:
    few = tasteful[tasteful["customer_key"] <= 120]
    first, again = asked(few), asked(few.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(first.quality, again.quality)
    pd.testing.assert_frame_equal(first.choices, again.choices)


def test_the_earlier_split_needs_no_lines(tasteful: pd.DataFrame, found: Study) -> None:
    """first_day and last_day say who bought what on either side: binary methods are judged the same."""
    without = asked(tasteful, purchases=None, popular_in=pd.Series(np.arange(1, 401) % 2, index=range(1, 401)))
    assert found.choices is not None and without.choices is not None
    binary = found.choices["options"].str.contains("binary") | (found.choices["method"] == "popularity")
    pd.testing.assert_frame_equal(
        without.choices.loc[binary, ["method", "ndcg"]], found.choices.loc[binary, ["method", "ndcg"]]
    )


def test_training_after_the_cutoff_is_refused(tasteful: pd.DataFrame) -> None:
    with pytest.raises(AnalysisError, match="lies on or after the cut-off 2025-10-01"):
        study(pairs(tasteful), pairs(tasteful), cutoff=CUTOFF, horizon_days=90, random_state=1)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: rows[rows["day"] >= CUTOFF], "no_history"),
        (lambda rows: rows[rows["day"] < CUTOFF], "no_later"),
        (lambda rows: rows[rows["customer_key"] == 5], "too_few_customers"),
        (lambda rows: rows.assign(product_id="p01"), "too_few_products"),
        (lambda rows: rows[(rows["customer_key"] < 50) == (rows["day"] < CUTOFF)], "none_evaluated"),
    ],
)
def test_obstacles(tasteful: pd.DataFrame, change, code: str) -> None:
    stopped = asked(change(tasteful))
    assert stopped.obstacle is not None and stopped.obstacle.code == code and stopped.quality is None


def test_nothing_on_offer(tasteful: pd.DataFrame) -> None:
    early = tasteful[(tasteful["day"] < "2025-06-01") | (tasteful["day"] >= CUTOFF)]
    stopped = asked(early, offered_days=60)
    assert stopped.obstacle is not None and stopped.obstacle.code == "nothing_offered" and stopped.obstacle.value > 70


def test_remarks(tasteful: pd.DataFrame) -> None:
    """History of one horizon only; products that are gone; rules that were not there before the earlier split."""
    rules = pd.DataFrame(
        {"antecedent_ids": [["p00"], ["x"]], "consequent_ids": [["p04"], ["p01"]], "confidence": [0.4, 0.9]}
    )
    gone = tasteful["product_id"].isin(["p70", "p71"]) & (tasteful["day"] >= "2025-08-01")
    short = tasteful[(tasteful["day"] >= EARLIER) & ~gone]
    said = asked(short, rules=rules, offered_days=45)
    codes = {remark.code: remark.value for remark in said.remarks}
    assert {"no_earlier_split", "rules_not_chosen", "unknown_rules", "not_offered"} <= set(codes)
    assert codes["unknown_rules"] == 1 and codes["not_offered"] >= 1
    assert said.chosen == {"new": "popularity", "any": "popularity"} and "rules" in set(said.methods["method"])  # type: ignore[index]


def test_products_without_a_past_count_as_missed() -> None:
    """A customer who later buys a product that nobody had bought before cannot be served, and stays in the count."""
    lines = pd.DataFrame(
        [(1, "a", "2025-01-01"), (1, "b", "2025-01-02"), (2, "a", "2025-01-01"), (3, "b", "2025-02-01"),
         (2, "b", "2025-11-01"), (3, "new", "2025-11-01"), (9, "a", "2025-11-01")],
        columns=["customer_key", "product_id", "day"],
    ).assign(day=lambda rows: pd.to_datetime(rows["day"]))  # fmt: skip
    small = asked(lines, k=1)
    users = small.users.query("wanted == 'new'").set_index("code")["customers"]  # type: ignore[union-attr]
    assert users[["known", "not_back", "evaluated", "only_unknown_products", "new_customers"]].tolist() == [
        3,
        1,
        2,
        1,
        1,
    ]
    assert small.evaluations["new"].values["popularity"][:, 0].tolist() == [1.0, 0.0]


def test_offers_are_what_was_measured(tasteful: pd.DataFrame, found: Study) -> None:
    bought = interactions(pairs(tasteful, before=CUTOFF))
    model = refit(found, bought, wanted="new", cutoff=CUTOFF, random_state=1)
    table = offers(model, bought, k=5, fallbacks=(popularity(bought),))
    later = pairs(tasteful, since=CUTOFF)[["customer_key", "product_id"]].assign(bought=1)
    table = table.merge(later, how="left")
    evaluated = found.evaluations["new"]
    hits = table.groupby("customer_key")["bought"].max().reindex(evaluated.customers).fillna(0)
    assert hits.to_numpy() == pytest.approx(evaluated.values[found.chosen["new"]][:, 0])
