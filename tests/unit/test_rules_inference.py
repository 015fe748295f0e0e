"""Tests, corrections, intervals and the exchange of customers, against SciPy, statsmodels and simulation."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import comb, lgamma, log10

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from analysis import rules
from analysis.errors import AnalysisError
from analysis.rules import permutation
from analysis.rules.counts import ClusterCounts, cluster_counts, holds


def clustered_counts(generator, *, customers=400, baskets=6, boost=1.0, tastes=2.0, shares=(0.06, 0.1)):
    """Counts of one rule among customers whose tastes differ; the sides are linked within baskets only by `boost`."""
    size = generator.geometric(1 / baskets, customers)
    who = np.repeat(np.arange(customers), size)
    left, right = (generator.beta(s * tastes, (1 - s) * tastes, customers)[who] for s in shares)
    a = generator.random(len(who)) < left
    c = generator.random(len(who)) < np.clip(right * np.where(a, boost, 1.0), 0, 1)
    sums = (np.bincount(who, values, customers)[:, None] for values in (a, c, a & c))
    return ClusterCounts(slice(0, 1), size.astype(float), *sums, None, None), who, a, c


def baskets_of(who: np.ndarray, sides: dict[str, np.ndarray]) -> rules.Baskets:
    """Baskets that hold the named items where the arrays are true, and a filler."""
    rows = [
        pd.DataFrame({"basket_key": np.flatnonzero(held), "product_id": item, "customer_key": who[held]})
        for item, held in (sides | {"filler": np.ones(len(who), bool)}).items()
    ]
    return rules.baskets(pd.concat(rows).assign(day=pd.Timestamp("2025-01-01")))


def one_rule(data: rules.Baskets) -> rules.Rules:
    found = rules.frequent_itemsets(data, min_support=1e-9, max_length=2)
    return rules.association_rules(found, min_confidence=0, only_consequents=["c"]).take(np.array([0]))


def test_fisher_is_scipys():
    generator = np.random.default_rng(0)
    n = 300
    n_a, n_c = generator.integers(1, 150, 60), generator.integers(1, 150, 60)
    n_ac = np.array([generator.integers(max(0, a + c - n), min(a, c) + 1) for a, c in zip(n_a, n_c, strict=True)])
    expected = [
        stats.fisher_exact([[ac, a - ac], [c - ac, n - a - c + ac]], alternative="greater").pvalue
        for a, c, ac in zip(n_a, n_c, n_ac, strict=True)
    ]
    np.testing.assert_allclose(rules.fisher_exact(n, n_a, n_c, n_ac), expected, rtol=1e-7, atol=1e-300)


def test_fisher_keeps_its_digits_far_out():
    # 9,835 baskets, 327 and 19, 12 of both: the top rule of Groceries
    p = rules.fisher_exact(9835, [19], [327], [12])[0]
    log_terms = [stats.hypergeom.logpmf(k, 9835, 19, 327) for k in range(12, 20)]
    assert p == pytest.approx(np.exp(np.logaddexp.reduce(log_terms)), rel=1e-8)
    assert 0 < p < 1e-12
    assert rules.fisher_exact(0, [0], [0], [0])[0] == 1


def test_fisher_beyond_the_range_of_doubles():
    # exact integer arithmetic: log10 of (sum of products of binomial coefficients) / binomial coefficient
    cases = [(5000, 700, 900, 400), (100_000, 500, 500, 300), (9835, 19, 327, 12), (20_000, 3000, 2500, 2400)]
    for n, a, c, k in cases:
        tail = sum(comb(a, j) * comb(n - a, c - j) for j in range(k, min(a, c) + 1))
        expected = log10(tail) - log10(comb(n, c))
        assert rules.log10_fisher(n, [a], [c], [k])[0] == pytest.approx(expected, rel=1e-10)
    # a million baskets and two items in the same thousand: 1 / C(1e6, 1000)
    exponent = rules.log10_fisher(10**6, [1000], [1000], [1000])[0]
    assert exponent == pytest.approx(-(lgamma(10**6 + 1) - lgamma(1001) - lgamma(999_001)) / np.log(10), rel=1e-9)
    p = rules.fisher_exact(10**6, [1000], [1000], [1000])[0]
    assert 0 < p < 1e-300
    adjusted = rules.adjust([p], method="holm", n_tests=10**12)[0]
    assert 0 < adjusted < 1e-290


def test_fisher_of_huge_tables_is_quick_and_ordered():
    n = 2_000_000_000
    a, c = np.array([10**6] * 3), np.array([10**6] * 3)
    exponents = rules.log10_fisher(n, a, c, np.array([500, 600, 100_000]))
    assert (np.diff(exponents) < 0).all()
    assert np.isfinite(exponents).all()


def test_fisher_on_both_sides_of_the_mean_is_the_exact_sum():
    generator = np.random.default_rng(4)
    n, size = 3000, 40
    a, c = generator.integers(1, n, size), generator.integers(1, n, size)
    lowest, highest = np.maximum(0, a + c - n), np.minimum(a, c)
    spread = np.sqrt(a * c / n * (1 - a / n) * (1 - c / n))
    k = np.clip(np.round(a * c / n + generator.normal(0, 2, size) * spread), lowest, highest).astype(int)
    assert (k * n < a * c).sum() > 10 and (k * n > a * c).sum() > 10
    for i, p in enumerate(rules.fisher_exact(n, a, c, k)):
        whole, joint, other = int(a[i]), range(int(k[i]), int(highest[i]) + 1), int(c[i])
        tail = sum(comb(whole, j) * comb(n - whole, other - j) for j in joint)
        assert p == pytest.approx(float(Fraction(tail, comb(n, other))), rel=1e-10)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 400), st.data())
def test_measures_keep_their_ranges_and_relations(n, data):
    n_a, n_c = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    n_ac = data.draw(st.integers(max(0, n_a + n_c - n), min(n_a, n_c)))
    row = rules.measures(n, [n_a], [n_c], [n_ac]).iloc[0]
    other = rules.measures(n, [n_c], [n_a], [n_ac]).iloc[0]
    for name, measure in rules.MEASURES.items():
        assert np.isnan(row[name]) or measure.low - 1e-9 <= row[name] <= measure.high + 1e-9, name
    for name in ("support", "lift", "leverage", "jaccard", "kulczynski", "cosine", "imbalance", "all_confidence",
                 "max_confidence", "phi", "odds_ratio"):  # fmt: skip
        np.testing.assert_allclose(row[name], other[name], rtol=1e-9, atol=1e-12, err_msg=name)
    if n_a and n_c and n_ac:
        assert row["all_confidence"] <= row["cosine"] + 1e-12
        assert row["cosine"] <= row["kulczynski"] + 1e-12
        assert row["kulczynski"] <= row["max_confidence"] + 1e-12
        assert np.sign(round(row["lift"] - 1, 9)) == np.sign(round(row["leverage"] * n * n / (n_a * n_c), 9))


@pytest.mark.parametrize(("method", "theirs"), [("holm", "holm"), ("bh", "fdr_bh"), ("by", "fdr_by")])
def test_corrections_are_those_of_statsmodels(method, theirs):
    p = np.random.default_rng(3).random(40) ** 4
    np.testing.assert_allclose(rules.adjust(p, method=method), multipletests(p, method=theirs)[1], rtol=1e-12)
    padded = multipletests(np.concatenate([p, np.ones(160)]), method=theirs)[1][:40]
    np.testing.assert_allclose(rules.adjust(p, method=method, n_tests=200), padded, rtol=1e-12)


def test_correction_of_a_huge_family_and_of_nothing():
    assert rules.adjust([1e-30], method="by", n_tests=10**18)[0] == pytest.approx(1e-12 * (np.log(1e18) + 0.5772157))
    assert len(rules.adjust([], method="bh")) == 0
    with pytest.raises(AnalysisError, match="holm, bh, by; got 'sidak'"):
        rules.adjust([0.1], method="sidak")
    with pytest.raises(AnalysisError, match="family of 1 tests cannot hold 2"):
        rules.adjust([0.1, 0.2], n_tests=1)


def test_search_space_counts_every_rule():
    items = 5
    found = rules.frequent_itemsets(rules.from_lists([list(range(items))] * 3), min_support=1, max_length=4)
    for several in (False, True):
        mined = rules.association_rules(found, min_confidence=0, max_consequent=4 if several else 1)
        assert len(mined) == mined.searched
        assert len(mined) == rules.search_space(items, max_length=4, multiple_consequents=several)


def test_wilson_is_that_of_statsmodels():
    low, high = rules.wilson([0, 3, 17, 20], [20, 20, 20, 20], level=0.9)
    theirs = proportion_confint([0, 3, 17, 20], 20, alpha=0.1, method="wilson")
    np.testing.assert_allclose([low, high], theirs, atol=1e-12)


def test_with_one_basket_a_customer_the_interval_of_confidence_is_wilsons():
    a = np.ones((4000, 1))
    both = (np.arange(4000) % 5 == 0).astype(float)[:, None]
    ours = rules.share_interval(both, a)
    low, high = rules.wilson(800, 4000)
    assert ours.low[0] == pytest.approx(low, abs=2e-5)
    assert ours.high[0] == pytest.approx(high, abs=2e-5)
    assert ours.widening[0] == pytest.approx(1, abs=1e-3)


def test_repeating_each_customers_basket_widens_by_the_root():
    generator = np.random.default_rng(1)
    held = (generator.random(2000) < 0.3).astype(float)[:, None]
    once = rules.share_interval(held, np.ones((2000, 1)))
    nine_times = rules.share_interval(9 * held, np.full((2000, 1), 9.0))
    assert nine_times.widening[0] == pytest.approx(3, rel=1e-3)
    assert nine_times.high[0] - nine_times.low[0] == pytest.approx(once.high[0] - once.low[0], rel=1e-3)


def test_interval_of_lift_agrees_with_the_bootstrap_by_customer():
    counts, *_ = clustered_counts(np.random.default_rng(5), customers=3000, boost=3)
    ours = rules.lift_interval(counts)
    low, high = rules.cluster_bootstrap(counts, replicates=2000, seed=1)["lift"]
    assert ours.low[0] == pytest.approx(low[0], rel=0.05)
    assert ours.high[0] == pytest.approx(high[0], rel=0.05)
    assert ours.widening[0] > 1.3


def test_interval_of_money_agrees_with_the_bootstrap_by_customer():
    counts, who, a, c = clustered_counts(np.random.default_rng(6), customers=3000, boost=3)
    spent = np.random.default_rng(7).lognormal(1, 0.8, len(who)) * (a & c)
    sums = [np.bincount(who, values, 3000)[:, None] for values in (spent, a & c)]
    counts = replace(counts, amount=sums[0], priced=sums[1])
    ours = rules.extra_interval(counts)
    low, high = rules.cluster_bootstrap(counts, replicates=4000, seed=1)["extra_revenue"]
    width = high[0] - low[0]
    n_a, n_c, n_ac = ((side).sum() for side in (a, c, a & c))
    assert ours.estimate[0] == pytest.approx((n_ac - n_a * n_c / len(who)) * spent.sum() / n_ac)
    assert ours.low[0] == pytest.approx(low[0], abs=0.08 * width)
    assert ours.high[0] == pytest.approx(high[0], abs=0.08 * width)


def test_a_handful_of_joint_baskets_does_not_give_an_absurd_bound():
    # Student's t at one customer would reach a lift of 100,000
    n = 3000
    a, c = (np.arange(n) < 90), (np.arange(n) >= 89) & (np.arange(n) < 180)
    counts = ClusterCounts(
        slice(0, 1), np.ones(n), *(side.astype(float)[:, None] for side in (a, c, a & c)), None, None
    )
    lift = rules.lift_interval(counts)
    assert lift.low[0] < lift.estimate[0] < lift.high[0] < 5


def test_lift_with_independent_baskets_is_the_textbook_delta_method():
    # every basket a customer: the variance of log relative risk plus the small terms of a known total
    n, n_a, n_c, n_ac = 1000, 100, 200, 40
    a, c = np.zeros(n), np.zeros(n)
    a[:n_a], c[:n_ac], c[n_a : n_a + n_c - n_ac] = 1, 1, 1
    counts = ClusterCounts(slice(0, 1), np.ones(n), a[:, None], c[:, None], (a * c)[:, None], None, None)
    p, s = n_ac / n_a, n_c / n
    # log lift = log p - log s; covariance of the two shares by hand
    variance = (1 - p) / (p * n_a) + (1 - s) / (s * n) - 2 * (1 - p) / (n * s)
    ours = rules.lift_interval(counts)
    reach = np.log(ours.high[0] / ours.estimate[0]) / stats.t.ppf(0.975, n_ac - 1)
    assert reach == pytest.approx(np.sqrt(variance), rel=2e-3)


def test_no_joint_basket_gives_zero_with_an_upper_bound():
    ones = np.ones(50)
    a = (np.arange(50) < 20).astype(float)
    counts = ClusterCounts(slice(0, 1), ones, a[:, None], (1 - a)[:, None], 0 * a[:, None], None, None)
    lift = rules.lift_interval(counts)
    assert (lift.estimate[0], lift.low[0]) == (0, 0)
    assert 0 < lift.high[0] < 1


def test_coverage_of_the_intervals_by_simulation():
    generator = np.random.default_rng(7)
    big, *_ = clustered_counts(generator, customers=400_000, boost=2)
    n_a, n_ac = big.antecedent.sum(), big.both.sum()
    truth = n_ac / n_a, n_ac * big.baskets.sum() / (n_a * big.consequent.sum())
    hits = np.zeros(3)
    runs = 300
    for _ in range(runs):
        counts, *_ = clustered_counts(generator, boost=2)
        share, lift = rules.share_interval(counts.both, counts.antecedent), rules.lift_interval(counts)
        low, high = rules.wilson(counts.both.sum(), counts.antecedent.sum())
        hits += (
            share.low[0] <= truth[0] <= share.high[0],
            lift.low[0] <= truth[1] <= lift.high[0],
            low <= truth[0] <= high,
        )
    by_share, by_lift, naive = hits / runs
    assert by_share > 0.88
    assert by_lift > 0.90
    assert naive < 0.80


def test_holds_and_cluster_counts_by_brute_force():
    generator = np.random.default_rng(8)
    lists = [np.flatnonzero(generator.random(6) < 0.5).tolist() for _ in range(80)]
    rows = pd.DataFrame(
        [(k, item) for k, row in enumerate(lists) for item in row], columns=["basket_key", "product_id"]
    )
    rows["customer_key"] = rows["basket_key"] % 7
    data = rules.baskets(rows)
    left, right = np.array([[0, 3, -1], [1, -1, -1]]), np.array([[2, -1], [4, 5]])
    held = holds(data, left)
    keys = data.table["basket_key"]
    assert held[:, 0].tolist() == [{0, 3} <= set(lists[key]) for key in keys]
    counts = next(cluster_counts(data, left, right))
    for customer in range(7):
        own = [set(lists[key]) for key in keys if key % 7 == customer]
        assert counts.both[customer].tolist() == [sum({0, 3, 2} <= b for b in own), sum({1, 4, 5} <= b for b in own)]
        assert counts.baskets[customer] == len(own)


def test_exchange_of_customers_does_not_mistake_habits_for_rules():
    # the two sides are unrelated, but each customer either always or never takes a product
    generator = np.random.default_rng(12)
    runs, fisher, exchange = 60, 0, 0
    for run in range(runs):
        who = np.repeat(np.arange(120), 6)
        a, c = ((generator.random(120) < 0.3)[who] for _ in range(2))
        data = baskets_of(who, {"a": a, "c": c})
        rule = one_rule(data)
        fisher += rule.figures["p_value"][0] < 0.05
        exchange += rules.permute_customers(rule, data, permutations=99, seed=run).p_value[0] < 0.05
    assert fisher / runs > 0.2
    assert exchange / runs <= 0.12


def test_exchange_finds_what_is_there_and_repeats_itself():
    counts, who, a, c = clustered_counts(np.random.default_rng(3), boost=5)
    data = baskets_of(who, {"a": a, "c": c})
    rule = one_rule(data)
    first, second = (rules.permute_customers(rule, data, permutations=199, seed=9) for _ in range(2))
    assert first.p_adjusted[0] == pytest.approx(1 / 200)
    assert np.array_equal(first.p_value, second.p_value)
    assert first.expected[0] < counts.both.sum()
    assert 0.9 < first.exchanged <= 1


def test_exchange_with_single_baskets_is_close_to_fisher():
    generator = np.random.default_rng(21)
    who = np.arange(300)
    a, c = generator.random(300) < 0.3, generator.random(300) < 0.3
    data = baskets_of(who, {"a": a, "c": c})
    rule = one_rule(data)
    exchange = rules.permute_customers(rule, data, permutations=4999, seed=2)
    assert exchange.p_value[0] == pytest.approx(rule.figures["p_value"][0], abs=0.025)


def test_exchange_without_partners_says_nothing():
    who = np.repeat([0, 1, 2], [1, 2, 3])
    held = np.array([True, False, True, False, True, True])
    data = baskets_of(who, {"a": held, "c": held})
    exchange = rules.permute_customers(one_rule(data), data, permutations=19)
    assert exchange.exchanged == 0
    assert exchange.p_adjusted.tolist() == [1]
    with pytest.raises(AnalysisError, match="permutations must be at least 1"):
        rules.permute_customers(one_rule(data), data, permutations=0)


@pytest.mark.parametrize(("baskets", "share"), [(1, 1.0), (63, 0.5), (64, 0.02), (1000, 0.3)])
def test_joint_baskets_are_the_same_listed_or_packed(baskets, share):
    generator = np.random.default_rng(baskets)
    left, right = generator.random((7, baskets)) < share, generator.random((3, baskets)) < 0.4
    which, partner = generator.integers(0, 3, 7), generator.permutation(baskets)
    expected = (left & right[which][:, partner]).sum(axis=1)
    for joint in (permutation._listed_joint, permutation._packed_joint):
        assert joint(left, right, which)(partner).tolist() == expected.tolist()
