"""Who leaves, what they like and what they will spend: the demo's truth about the time ahead, checked by simulation."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from analysis.data.demo import generate, purchases
from analysis.data.demo.activity import LIKING
from analysis.data.demo.ahead import (
    basket_probabilities,
    customers_ahead,
    offers_ahead,
    scores_ahead,
)
from analysis.data.demo.catalogue import BUNDLES, POPULAR, STYLES, catalogue
from analysis.data.demo.people import LEAVING, SEGMENTS, People
from analysis.data.demo.purchases import GUEST, LOYALTY, Orders
from analysis.data.demo.world import World, build

SEEDS = (1, 2, 3, 4, 5)
END = date(2025, 12, 20)


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return [build(seed=seed, customers=1500, months=18, end=END) for seed in SEEDS]


@pytest.fixture(scope="module")
def aheads(worlds: list[World]) -> list[pd.DataFrame]:
    return [customers_ahead(world) for world in worlds]


# Who leaves


def test_customers_of_every_segment_leave_before_and_after_the_cutoff(worlds: list[World]) -> None:
    left, before, after = np.zeros(len(SEGMENTS)), np.zeros(len(SEGMENTS)), np.zeros(len(SEGMENTS))
    for world in worlds:
        gone = world.who.leave
        for i in range(len(SEGMENTS)):
            mine = world.who.segment == i
            before[i] += (gone[mine] < world.when.cutoff_day).mean() / len(worlds)
            after[i] += ((gone[mine] >= world.when.cutoff_day) & (gone[mine] < world.when.days)).mean() / len(worlds)
            left[i] += (gone[mine] < world.when.days).mean() / len(worlds)
    assert left[3] == before[3] == 1
    # of 150 days at this rate, 60 lie before the cut-off; the least of 240 customers in each of five worlds
    assert before[:3] == pytest.approx(60 * LEAVING, abs=0.025)
    assert after[:3] == pytest.approx(90 * LEAVING, abs=0.025)


def test_nobody_buys_or_browses_after_leaving(worlds: list[World]) -> None:
    for world in worlds:
        known = world.orders.customer != GUEST
        assert (world.orders.day[known] < world.who.leave[world.orders.customer[known]]).all()
        assert (world.sessions.day <= world.who.leave[world.sessions.customer]).all()


# The chance of an order, and the number and value of orders


def _another_future(world: World, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Orders and standing pounds of each customer in another future from the same cut-off, drawn step by step."""
    who, when = world.who, world.when
    begin = np.maximum(when.days - 150, who.arrival + 20)
    rate = LEAVING / (1 - LEAVING * np.maximum(when.cutoff_day - begin, 0))
    leave = np.maximum(begin, when.cutoff_day) + rng.random(len(who)) / rate
    gone = who.leave < when.cutoff_day
    drawn: People = replace(who, leave=np.where(gone, who.leave, np.minimum(leave, when.days)))
    first = np.full(len(who), when.clock[-1])  # only of those unknown at the cut-off, who are not asked about
    orders = purchases.future_orders(rng, who=drawn, when=when, first=first, expected=world.expected)
    sold = purchases.lines(rng, orders=orders, who=drawn, when=when, shop=world.shop, tastes=rng)
    sold = purchases.returns(rng, orders=orders, sold=sold, who=drawn, before=float(when.days))
    stays = np.isnan(sold.returned)
    amount = (sold.quantity * sold.price / 100)[stays]
    return (
        np.bincount(orders.customer, minlength=len(who)),
        np.bincount(orders.customer[sold.order][stays], amount, len(who)),
    )


def test_chances_and_expectations_are_those_of_many_futures() -> None:
    world = build(seed=6, customers=120, months=18, end=END)
    ahead, rng, futures = customers_ahead(world), np.random.default_rng(6), 600
    known = np.flatnonzero(world.at_cutoff.frequency > 0)
    drawn_futures = [_another_future(world, rng) for _ in range(futures)]
    orders, spend = (np.stack([future[i] for future in drawn_futures])[:, known] for i in (0, 1))
    for drawn, stated in ((orders > 0, "probability"), (orders, "expected_orders"), (spend, "expected_spend")):
        expected = ahead[stated].to_numpy()
        away = (drawn.mean(axis=0) - expected)[expected > 0]
        error = np.maximum(drawn.std(axis=0, ddof=1) / np.sqrt(futures), 1e-9)[expected > 0]
        # drawn baskets make each customer's expected spend uncertain by itself
        noise = 0.03 * expected[expected > 0] if stated == "expected_spend" else 0.0
        scores = away / np.sqrt(error**2 + noise**2)
        assert np.abs(scores).max() < 4.5, stated
        assert np.abs(scores).mean() == pytest.approx(np.sqrt(2 / np.pi), abs=0.25), stated
        total = drawn.sum(axis=1)
        assert total.mean() == pytest.approx(expected.sum(), rel=0.012), stated
    assert (ahead.loc[ahead["left_by_cutoff"], ["probability", "expected_orders", "expected_spend"]] == 0).all(
        axis=None
    )


def test_totals_lie_where_chance_puts_them(aheads: list[pd.DataFrame]) -> None:
    for ahead in aheads:
        p = ahead["probability"]
        bought = (ahead["orders"] > 0).sum()
        assert abs(bought - p.sum()) < 3.5 * np.sqrt((p * (1 - p)).sum())
        # gaps are more regular than those of a Poisson process, and leaving adds to the spread
        assert abs(ahead["orders"].sum() - ahead["expected_orders"].sum()) < 3.5 * np.sqrt(ahead["orders"].sum())
        assert ahead["spend"].sum() == pytest.approx(ahead["expected_spend"].sum(), rel=0.12)


def test_no_other_score_beats_the_true_probability(worlds: list[World], aheads: list[pd.DataFrame]) -> None:
    for world, ahead in zip(worlds, aheads, strict=True):
        best, bought = scores_ahead(ahead), ahead["orders"].to_numpy() > 0
        recency = world.at_cutoff.recency_days[world.at_cutoff.frequency > 0]
        fit = LogisticRegression().fit(np.log1p(recency)[:, None], bought)
        others = [fit.predict_proba(np.log1p(recency)[:, None])[:, 1], np.full(len(ahead), bought.mean())]
        others += [np.clip(ahead["probability"] + shift, 0, 1).to_numpy() for shift in (-0.1, 0.1)]
        assert best["brier"] < min(brier_score_loss(bought, other) for other in others)
        assert best["roc_auc"] > roc_auc_score(bought, -recency) + 0.05
        assert best["brier"] == pytest.approx(best["expected_brier"], abs=0.02)
        # leaving can be told, yet not with certainty: neither trivial nor hopeless
        assert 0.9 < best["roc_auc"] < 0.97
        assert 0.4 < best["ordered"] < 0.7


# What they like


def test_fillers_follow_the_taste_and_kinds_of_thing_do_not(worlds: list[World]) -> None:
    shop, chance = catalogue(), 1 / len(STYLES)
    for world in worlds:
        customer, product = world.orders.customer[world.lines.order], world.lines.product
        styled = shop.style[product] >= 0
        known = styled & (customer != GUEST)
        own = shop.style[product[known]] == world.who.taste[customer[known]]
        assert own.mean() == pytest.approx(LOYALTY + (1 - LOYALTY) * chance, abs=0.02)
        guest = np.bincount(shop.style[product[styled & (customer == GUEST)]], minlength=len(STYLES))
        assert guest / guest.sum() == pytest.approx(chance, abs=0.03)
        kinds = [
            pd.Series(shop.in_style[product[rows], 0]).value_counts(normalize=True) for rows in (known, ~known & styled)
        ]
        assert (kinds[0] - kinds[1]).abs().max() < 0.02


def test_a_basket_holds_a_product_with_the_stated_probability() -> None:
    world = build(seed=7, customers=60, months=18, end=END)
    rng, baskets = np.random.default_rng(7), 20_000
    for i in (0, 1):
        orders = Orders(
            np.full(baskets, i), np.full(baskets, world.when.days - 1.0), np.full(baskets, 5000.0),
            np.full(baskets, world.who.fillers[i]),
        )  # fmt: skip
        sold = purchases.lines(rng, orders=orders, who=world.who, when=world.when, shop=world.shop, tastes=rng)
        found = np.bincount(sold.product, minlength=len(world.shop.name)) / baskets
        p = basket_probabilities(world)[i]
        assert (np.abs(found - p) < 4.5 * np.sqrt(p * (1 - p) / baskets) + 1e-12).all()


def test_tastes_can_be_found_by_an_outsider_and_bring_more_than_best_sellers(worlds: list[World]) -> None:
    for world in worlds:
        offers = {(row["products"], row["offers"], row["size"]): row for row in offers_ahead(world)}
        orders, sold = world.orders, world.lines
        kept = np.isnan(sold.returned) & (orders.customer[sold.order] != GUEST)
        late = orders.day[sold.order] >= world.when.cutoff_day
        tables = []
        for rows in (kept & ~late, kept & late):
            table = np.zeros((len(world.who), len(world.shop.name)))
            table[orders.customer[sold.order[rows]], sold.product[rows]] = 1
            tables.append(table)
        before, new = tables[0], tables[1] * (1 - tables[0])
        svd = TruncatedSVD(len(STYLES), random_state=0)
        score = svd.inverse_transform(svd.fit_transform(before)) - 10 * before
        asked = (before.sum(axis=1) > 0) & (new.sum(axis=1) > 0)
        top = np.argsort(-score[asked], axis=1, kind="stable")[:, :10]
        found = np.take_along_axis(new[asked], top, axis=1).mean()
        best, sellers = offers["new", "oracle", 10], offers["new", "best_sellers", 10]
        assert best["customers"] == asked.sum()
        assert float(sellers["precision"]) + 0.02 < found < float(best["precision"])


def test_popular_products_and_bundles_do_not_depend_on_taste(worlds: list[World]) -> None:
    for world in worlds:
        names = [name for name, _ in POPULAR] + [item for bundle in BUNDLES for item in bundle.items]
        products = [world.shop.position(name) for name in names]
        rows = np.isin(world.lines.product, products) & (world.orders.customer[world.lines.order] != GUEST)
        order = world.lines.order[rows]
        orders = np.bincount(world.who.taste[world.orders.customer[world.orders.customer != GUEST]])
        share = np.bincount(world.who.taste[world.orders.customer[order]]) / orders
        assert share / share.mean() == pytest.approx(1, abs=0.1)


def test_ratings_of_products_follow_taste_and_product(worlds: list[World]) -> None:
    frames = []
    for world in worlds:
        asked = world.ratings
        about = asked.product >= 0
        assert about.mean() == pytest.approx(0.5, abs=0.04)
        frame = pd.DataFrame({"rating": asked.rating, "appeal": world.shop.appeal[asked.product]})[about]
        style = world.shop.style[asked.product[about]]
        frame["own"] = np.where(style < 0, np.nan, style == world.who.taste[asked.customer[about]])
        frames.append(frame)
    found = pd.concat(frames)
    means = found.groupby("own")["rating"].mean()
    # rounding to 1 to 5 shrinks effects by some 5 to 10 %
    assert means[1.0] - means[0.0] == pytest.approx(0.95 * (LIKING[0] - LIKING[1]), abs=0.08)
    assert np.polyfit(found["appeal"], found["rating"], 1)[0] == pytest.approx(0.95, abs=0.12)


# What is written down


def test_truth_tells_of_the_time_ahead(tmp_path: Path) -> None:
    generate(tmp_path, seed=3, customers=90, months=12, end=END)
    truth = json.loads((tmp_path / "truth" / "truth.json").read_text(encoding="utf-8"))
    ahead = pd.DataFrame(truth["ahead"])
    assert set(ahead["customer_id"]) <= set(truth["segment_of"]) and ahead["customer_id"].is_unique
    assert ahead["probability"].between(0, 1).all()
    assert ahead["spend"].sum() == pytest.approx(truth["value"]["spend"], rel=1e-4)
    assert truth["churn"]["left_by_cutoff"] == ahead["left_by_cutoff"].sum() > 0
    assert truth["churn"]["best"]["roc_auc"] == pytest.approx(
        roc_auc_score(ahead["orders"] > 0, ahead["probability"]), abs=1e-4
    )
    tastes = {taste["name"]: taste for taste in truth["tastes"]}
    assert set(truth["taste_of"].values()) <= tastes.keys() == set(STYLES)
    assert len({product for taste in tastes.values() for product in taste["products"]}) == 20 * len(STYLES)
    assert set(tastes["OAK"]["products"]) <= truth["ratings"]["appeal"].keys()


@pytest.mark.parametrize(("customers", "months"), [(40, 6), (60, 30)])
def test_small_and_short_worlds_have_a_time_ahead(customers: int, months: int) -> None:
    world = build(seed=2, customers=customers, months=months, end=END)
    ahead = customers_ahead(world)
    assert np.isfinite(ahead.drop(columns="customer_id").to_numpy(dtype=float)).all()
    assert set(scores_ahead(ahead)) and offers_ahead(world)
