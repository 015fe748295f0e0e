"""What was planted in the demo's clean world can be found again by other people's methods, over several seeds."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from datetime import date

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from analysis.data.demo.catalogue import BUNDLES, POPULAR, SEASONAL, catalogue
from analysis.data.demo.people import calendar
from analysis.data.demo.purchases import GUEST
from analysis.data.demo.world import SATISFACTION, SPEND, World, build

SEEDS = (1, 2, 3, 4, 5)


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return [build(seed=seed, customers=1500, months=18, end=date(2025, 12, 20)) for seed in SEEDS]


def _baskets(world: World) -> np.ndarray:
    """One row an order, one column a product, of the lines that stayed."""
    table = np.zeros((len(world.orders), len(world.shop.name)), dtype=bool)
    kept = np.isnan(world.lines.returned)
    table[world.lines.order[kept], world.lines.product[kept]] = True
    return table


def _lift(baskets: np.ndarray, a: int, b: int) -> tuple[float, float]:
    both = float((baskets[:, a] & baskets[:, b]).mean())
    return both, both / float(baskets[:, a].mean() * baskets[:, b].mean())


def _history(world: World) -> pd.DataFrame:
    """Features at the cut-off beside what came after it."""
    n, orders, sold, asked = len(world.who), world.orders, world.lines, world.ratings
    frame = pd.DataFrame(asdict(world.at_cutoff)).assign(
        age=world.who.age, income=world.who.income / 1000,
        posts=np.bincount(world.posts.customer[world.posts.day < world.when.cutoff_day], minlength=n),
        left=world.who.leave < world.when.cutoff_day,
    )  # fmt: skip
    later = np.isnan(sold.returned) & (orders.customer[sold.order] != GUEST)
    later &= orders.day[sold.order] >= world.when.cutoff_day
    frame["spend"] = np.bincount(orders.customer[sold.order][later], (sold.quantity * sold.price / 100)[later], n)
    after = asked.day >= world.when.cutoff_day
    frame["rating"] = pd.Series(asked.rating[after]).groupby(asked.customer[after]).mean()
    frame = frame.loc[frame["frequency"] > 0]
    return frame.assign(
        log_frequency=np.log1p(frame["frequency"]), log_value=np.log(frame["average_order_value"]),
        log_browsing=np.log1p(frame["browsing_minutes"]),
    )  # fmt: skip


def test_kmeans_finds_the_segments(worlds: list[World]) -> None:
    for world in worlds:
        features = pd.DataFrame(asdict(world.at_end))[["recency_days", "frequency", "monetary", "browsing_minutes"]]
        x = np.log1p(features)
        labels = KMeans(4, n_init=10, random_state=0).fit_predict((x - x.mean()) / x.std())
        assert adjusted_rand_score(world.who.segment, labels) > 0.8
        assert set(np.bincount(world.who.segment)) == {330, 240, 510, 420}


def test_planted_rules_hold_in_both_periods(worlds: list[World]) -> None:
    for world in worlds:
        baskets, early = _baskets(world), world.orders.day < 0.7 * world.when.days
        for bundle in BUNDLES:
            items = [world.shop.position(item) for item in bundle.items]
            for a, b in itertools.pairwise(items):
                for part in (baskets[early], baskets[~early]):
                    support, lift = _lift(part, a, b)
                    assert support > 0.0175
                    assert lift > 4


def test_seasonal_rules_fail_later(worlds: list[World]) -> None:
    for world in worlds:
        baskets, early = _baskets(world), world.orders.day < 0.7 * world.when.days
        for bundle in SEASONAL:
            a, b = (world.shop.position(item) for item in bundle.items)
            support, lift = _lift(baskets[early], a, b)
            assert support > 0.02
            assert lift > 4
            later, _ = _lift(baskets[~early], a, b)
            assert later / baskets[~early, a].mean() < 0.12


def test_no_other_frequent_pair_has_lift(worlds: list[World]) -> None:
    for world in worlds:
        baskets = _baskets(world).astype(np.float32)
        together = baskets.T @ baskets / len(baskets)
        alone = np.diag(together)
        planted = {
            tuple(sorted((world.shop.position(x), world.shop.position(y))))
            for bundle in (*BUNDLES, *SEASONAL)
            for x in bundle.items
            for y in bundle.items
        }
        frequent = np.argwhere(np.triu(together >= 0.01, 1))
        others = [(a, b) for a, b in frequent.tolist() if (a, b) not in planted]
        popular = {world.shop.position(name) for name, _ in POPULAR}
        assert sum({a, b} <= popular for a, b in others) >= 8
        assert max(together[a, b] / (alone[a] * alone[b]) for a, b in others) < 1.35


def test_effects_on_satisfaction(worlds: list[World]) -> None:
    slopes, nulls = [], []
    for world in worlds:
        frame = _history(world).dropna(subset=["rating", "returns_rate"])
        fit = smf.ols("rating ~ returns_rate + log_browsing + age + income", frame).fit(cov_type="HC3")
        assert fit.tvalues["returns_rate"] < -8
        assert fit.tvalues["log_browsing"] > 8
        slopes.append(fit.params)
        nulls += [abs(fit.tvalues["age"]), abs(fit.tvalues["income"])]
    mean = pd.concat(slopes, axis=1).mean(axis=1)
    assert mean["returns_rate"] == pytest.approx(SATISFACTION["returns_rate"], rel=0.12)
    assert mean["log_browsing"] == pytest.approx(SATISFACTION["log1p_browsing_minutes"], rel=0.12)
    assert np.mean(np.array(nulls) > 1.96) <= 0.2


def test_effects_on_spend(worlds: list[World]) -> None:
    slopes, nulls = [], []
    for world in worlds:
        frame = _history(world)
        fit = smf.ols("spend ~ log_frequency + log_value + log_browsing + posts", frame).fit(cov_type="HC3")
        assert fit.tvalues[["log_frequency", "log_value", "log_browsing"]].min() > 5
        nulls.append(abs(fit.tvalues["posts"]))
        model = smf.glm(
            "spend ~ log_frequency + log_value + log_browsing + posts", frame.loc[~frame["left"]],
            family=sm.families.Poisson(),
        )  # fmt: skip
        slopes.append(model.fit().params)
        assert (frame.loc[frame["left"], "spend"] == 0).all()
    mean = pd.concat(slopes, axis=1).mean(axis=1)
    assert mean["log_frequency"] == pytest.approx(SPEND["log1p_frequency"], abs=0.1)
    assert mean["log_value"] == pytest.approx(SPEND["log_average_order_value"], abs=0.1)
    assert mean["log_browsing"] == pytest.approx(SPEND["log1p_browsing_minutes"], abs=0.05)
    assert np.mean(np.array(nulls) > 1.96) <= 0.2


def test_u_shape_is_dependent_but_uncorrelated(worlds: list[World]) -> None:
    for world in worlds:
        pages = world.at_end.pages_per_session
        seen = np.isfinite(pages)
        age = world.who.age[seen].astype(float)
        assert abs(stats.pearsonr(age, pages[seen]).statistic) < 0.12
        assert stats.spearmanr(abs(age - 45), pages[seen]).statistic > 0.7


def test_copula_and_null_pairs(worlds: list[World]) -> None:
    rho = [stats.spearmanr(world.who.age, world.who.income).statistic for world in worlds]
    assert np.mean(rho) == pytest.approx(6 / np.pi * np.arcsin(0.175), abs=0.03)
    for world in worlds:
        assert abs(stats.spearmanr(world.who.income, world.at_end.frequency).statistic) < 0.08
        assert abs(stats.spearmanr(world.who.age, world.at_end.monetary).statistic) < 0.08


def test_customers_come_and_go(worlds: list[World]) -> None:
    for world in worlds:
        assert (world.at_end.frequency > 0).all()
        assert np.ptp(world.at_end.recency_days) > 300
        assert np.ptp(world.at_end.tenure_days) > 300
        assert world.orders.day.min() >= 0
        assert world.orders.day.max() < world.when.days
        former = world.who.segment == 3
        assert world.at_end.recency_days[former].min() >= 150


def test_returns_follow_their_sale_and_do_not_cross_the_cutoff(worlds: list[World]) -> None:
    for world in worlds:
        back = ~np.isnan(world.lines.returned)
        sold = world.orders.day[world.lines.order[back]]
        assert (np.floor(world.lines.returned[back]) > np.floor(sold)).all()
        past = sold < world.when.cutoff_day
        assert (world.lines.returned[back][past] < world.when.cutoff_day).all()


def test_features_by_hand() -> None:
    world = build(seed=11, customers=60, months=6, end=date(2025, 7, 1))
    i = int(np.argmax(world.at_end.returns_rate * (world.at_end.frequency > 2)))
    mine = np.flatnonzero(world.orders.customer == i)
    lines = np.isin(world.lines.order, mine)
    kept = lines & np.isnan(world.lines.returned)
    orders = np.unique(world.lines.order[kept])
    spent = sum(
        q * p for q, p in zip(world.lines.quantity[kept].tolist(), world.lines.price[kept].tolist(), strict=True)
    )
    stray = int((world.stray_customer == i).sum())
    assert world.at_end.frequency[i] == len(orders)
    assert world.at_end.monetary[i] == pytest.approx(spent / 100)
    assert world.at_end.recency_days[i] == world.when.days - int(world.orders.day[orders].max())
    assert world.at_end.returns_rate[i] == pytest.approx((lines.sum() - kept.sum() + stray) / (lines.sum() + stray))


@pytest.mark.parametrize(
    ("months", "end", "start"),
    [
        (18, date(2025, 12, 20), date(2024, 6, 20)),
        (6, date(2024, 8, 31), date(2024, 2, 29)),
        (12, date(2026, 1, 1), date(2025, 1, 1)),
    ],
)
def test_calendar(months: int, end: date, start: date) -> None:
    when = calendar(months=months, end=end, horizon_days=90)
    assert when.start == start
    assert when.days == (end - start).days
    assert when.clock[-1] == pytest.approx(when.days)
    assert (np.diff(when.clock) > 0).all()
    assert when.day(when.operational(12.25)) == pytest.approx(12.25)


def test_catalogue_names_and_codes_are_unique() -> None:
    shop = catalogue()
    assert len(set(shop.name)) == len(shop.name) == len(set(shop.product_id)) == len(shop.price)
    assert shop.filler.sum() == pytest.approx(1.0)
    assert (shop.filler[shop.discontinued] == 0).all()
    assert (shop.alone[shop.discontinued] == 0).all()
