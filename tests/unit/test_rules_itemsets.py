"""Frequent itemsets: published counts, both algorithms, brute force, closed and maximal sets."""

from __future__ import annotations

import csv
import gzip
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlxtend.frequent_patterns import fpgrowth
from mlxtend.preprocessing import TransactionEncoder

from analysis import rules
from analysis.errors import AnalysisError
from analysis.rules import by_mlxtend, eclat, pair_lists
from analysis.rules import itemsets as module

ALGORITHMS = rules.ALGORITHMS
some_baskets = st.lists(st.frozensets(st.sampled_from("abcdef"), max_size=6), min_size=1, max_size=25)


def groceries(folder: Path) -> list[list[str]]:
    with (folder / "groceries" / "groceries.csv").open(newline="") as file:
        return list(csv.reader(file))


def fimi(folder: Path, name: str) -> list[list[str]]:
    with gzip.open(folder / "fimi" / f"{name}.dat.gz", "rt") as file:
        return [line.split() for line in file]


def brute_force(baskets, threshold: int, max_length: int) -> dict[tuple[str, ...], int]:
    items = sorted(set().union(*baskets))
    sets = (itemset for k in range(1, max_length + 1) for itemset in combinations(items, k))
    counts = {itemset: sum(set(itemset) <= basket for basket in baskets) for itemset in sets}
    return {itemset: count for itemset, count in counts.items() if count >= threshold}


@pytest.mark.reference_data
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_groceries_has_13492_itemsets(reference_data, algorithm):
    # Groceries of R's arules at support 0.001: the count that apriori(…, target = "frequent itemsets") gives
    data = rules.from_lists(groceries(reference_data))
    assert (data.n, len(data.items)) == (9835, 169)
    found = rules.frequent_itemsets(data, min_support=0.001, max_length=10, algorithm=algorithm)
    assert len(found) == 13_492
    assert found.min_count == 10


@pytest.mark.reference_data
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(("support", "sets"), [(0.4, 565), (0.3, 2735)])
def test_mushroom(reference_data, algorithm, support, sets):
    # non-empty itemsets, as Borgelt's miners and the FIMI workshop's give
    data = rules.from_lists(fimi(reference_data, "mushroom"))
    assert len(rules.frequent_itemsets(data, min_support=support, max_length=23, algorithm=algorithm)) == sets


@pytest.mark.reference_data
def test_mushroom_at_20_per_cent_and_its_maximal_itemsets(reference_data):
    data = rules.from_lists(fimi(reference_data, "mushroom"))
    found = rules.frequent_itemsets(data, min_support=0.2, max_length=23)
    assert len(found) == 53_583
    from mlxtend.frequent_patterns import fpmax

    table = pd.DataFrame(data.matrix.toarray(), columns=data.items)
    theirs = {tuple(sorted(items)) for items in fpmax(table, min_support=0.2, use_colnames=True)["itemsets"]}
    ours = found.table
    assert set(ours.loc[ours["maximal"], "items"]) == theirs
    # every frequent itemset has a closed one above it and a generator below it, with its count
    assert ours["maximal"].sum() <= ours["closed"].sum() <= len(ours)
    assert ours["generator"].sum() >= ours["closed"].sum()


@pytest.mark.reference_data
def test_t10i4d100k(reference_data):
    data = rules.from_lists(fimi(reference_data, "T10I4D100K"))
    for support, sets, algorithms in ((0.01, 385, ALGORITHMS), (0.005, 1073, ("eclat", "fpgrowth"))):
        first, *others = (
            rules.frequent_itemsets(data, min_support=support, max_length=20, algorithm=name) for name in algorithms
        )
        assert len(first) == sets
        assert all(rules.compare_algorithms(first, other) for other in others)


@settings(max_examples=60, deadline=None)
@given(some_baskets, st.sampled_from([0.05, 0.2, 1 / 3, 0.5, 1.0]), st.integers(1, 6), st.sampled_from(ALGORITHMS))
def test_same_as_counting_every_subset(baskets, support, max_length, algorithm):
    if not any(baskets):
        return
    data = rules.from_lists([sorted(basket) for basket in baskets])
    found = rules.frequent_itemsets(data, min_support=support, max_length=max_length, algorithm=algorithm)
    table = found.table
    threshold = next(k for k in range(1, len(baskets) + 1) if k / len(baskets) >= support)
    assert dict(zip(table["items"], table["count"], strict=True)) == brute_force(baskets, threshold, max_length)


@settings(max_examples=40, deadline=None)
@given(some_baskets)
def test_closed_and_maximal_by_definition(baskets):
    if not any(baskets):
        return
    data = rules.from_lists([sorted(basket) for basket in baskets])
    table = rules.frequent_itemsets(data, min_support=0.1, max_length=6).table
    counts = dict(zip(table["items"], table["count"], strict=True))
    flags = table[["items", "count", "closed", "maximal", "generator"]]
    for items, count, closed, maximal, generator in flags.itertuples(index=False):
        larger = [counts[other] for other in counts if set(items) < set(other)]
        smaller = [counts[other] for other in counts if set(other) < set(items)] + [len(baskets)]
        assert closed == (count not in larger)
        assert maximal == (not larger)
        assert generator == (count not in smaller)


@settings(max_examples=60, deadline=None)
@given(
    some_baskets,
    st.sets(st.sampled_from("abcdef"), max_size=2),
    st.sets(st.sampled_from("abcdef"), max_size=3),
    st.sets(st.sampled_from("abcdef"), max_size=2),
    st.integers(1, 3),
)
def test_constraints_by_counting_every_rule(baskets, exclude, only, never, most):
    held = set().union(*baskets)
    exclude, only, never = exclude & held, only & held, never & held
    if not held:
        return
    data = rules.from_lists([sorted(basket) for basket in baskets])
    found = rules.frequent_itemsets(data, min_support=0.1, max_length=4, exclude=sorted(exclude))
    table = rules.association_rules(
        found,
        min_confidence=0.3,
        max_consequent=most,
        only_consequents=sorted(only),
        never_consequents=sorted(never),
    ).table
    threshold = module.minimum_count(0.1, len(baskets))
    counts = brute_force(baskets, threshold, 4)
    expected = {}
    for itemset, count in counts.items():
        for k in range(1, min(most, len(itemset) - 1) + 1):
            for right in combinations(itemset, k):
                left = tuple(item for item in itemset if item not in right)
                allowed = not set(itemset) & exclude and not set(right) & never and (not only or set(right) <= only)
                if allowed and count >= 0.3 * counts[left]:
                    expected[left, right] = count
    assert {(a, c): n for a, c, n in table[["antecedent_ids", "consequent_ids", "count"]].itertuples(index=False)} == (
        expected
    )


@settings(max_examples=60, deadline=None)
@given(
    some_baskets,
    st.sampled_from([{}, {"_BLOCK_BYTES": 8}, {"_BATCH_PAIRS": 1}, {"_BATCH_SPREAD": 1}, {"_BATCH_CELLS": 1}]),
)
def test_any_block_or_batch_finds_the_same(baskets, sizes):
    if not any(baskets):
        return
    data = rules.from_lists([sorted(basket) for basket in baskets])
    with pytest.MonkeyPatch.context() as patch:
        for name, size in (sizes | {"_DENSE_FILLED": 1.0}).items():
            patch.setattr(eclat if hasattr(eclat, name) else pair_lists, name, size)
        table = rules.frequent_itemsets(data, min_support=0.05, max_length=6).table
    threshold = module.minimum_count(0.05, len(baskets))
    assert dict(zip(table["items"], table["count"], strict=True)) == brute_force(baskets, threshold, 6)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_too_many_itemsets_end_the_search_at_a_shorter_length(algorithm):
    data = rules.from_lists([[f"i{k:02}" for k in range(12)]] * 5)
    # 12 items, 66 pairs, 220 triples, 495 of four
    for most, reached, sets in ((10_000, 4, 793), (792, 3, 298), (297, 2, 78), (1, 2, 78)):
        found = rules.frequent_itemsets(data, min_support=0.5, algorithm=algorithm, max_itemsets=most)
        assert (found.asked_length, found.max_length, len(found)) == (4, reached, sets)


def test_second_opinions():
    data = rules.from_lists([["a", "b", "c"]] * 3 + [["b", "c"]] * 2)
    found = rules.frequent_itemsets(data, min_support=0.3, exclude=["a"])
    others = rules.second_opinions(found, exclude=["a"])
    assert [other.algorithm for other in others] == ["fpgrowth", "apriori"]
    assert all(rules.compare_algorithms(found, other) for other in others)
    assert rules.second_opinions(found, limit=1) == []


def test_same_as_mlxtend_on_the_whole_table():
    generator = np.random.default_rng(4)
    lists = [[f"i{k}" for k in np.flatnonzero(generator.random(40) < 0.15)] for _ in range(400)]
    encoder = TransactionEncoder()
    whole = pd.DataFrame(encoder.fit(lists).transform(lists), columns=encoder.columns_)
    expected = fpgrowth(whole, min_support=0.02, use_colnames=True, max_len=4)
    wanted = {tuple(sorted(s)): round(p * len(lists)) for p, s in expected.itertuples(index=False)}
    table = rules.frequent_itemsets(rules.from_lists(lists), min_support=0.02, max_length=4).table
    assert dict(zip(table["items"], table["count"], strict=True)) == wanted


def test_the_economical_way_of_apriori_finds_the_same(monkeypatch):
    generator = np.random.default_rng(5)
    data = rules.from_lists([np.flatnonzero(generator.random(12) < 0.4).tolist() for _ in range(200)])
    usual = rules.frequent_itemsets(data, min_support=0.03, max_length=5, algorithm="apriori")
    monkeypatch.setattr(by_mlxtend, "_CANDIDATE_CELLS", 0)
    economical = rules.frequent_itemsets(data, min_support=0.03, max_length=5, algorithm="apriori")
    assert rules.compare_algorithms(usual, economical)
    assert not rules.compare_algorithms(usual, rules.frequent_itemsets(data, min_support=0.05, max_length=5))


@pytest.mark.parametrize("n", [1, 3, 7, 10, 49, 9835, 100_000])
def test_threshold_is_the_first_count_whose_share_suffices(n):
    for support in (0.001, 0.01, 0.1, 1 / 3, 0.3, 0.7, 1.0):
        count = module.minimum_count(support, n)
        assert count / n >= support
        assert count == 1 or (count - 1) / n < support


def test_worked_example_of_three_users():
    # the source article prints 3/6 for the support of {A, B}; it is 1/3
    found = rules.frequent_itemsets(rules.from_lists([["A", "B"], ["C", "D"], ["A", "E"]]), min_support=0.3)
    table = found.table.set_index("label")
    assert table.loc["A + B", "support"] == pytest.approx(1 / 3)
    assert table.loc["A", "count"] == 2


def test_excluded_items_and_minimum_count():
    data = rules.from_lists([["a", "b", "c"]] * 3 + [["b", "c"]] * 2)
    assert rules.frequent_itemsets(data, min_support=0.1, exclude=["a"]).by_length == {1: 2, 2: 1}
    assert rules.frequent_itemsets(data, min_support=0.1, min_count=4).table["items"].tolist() == [
        ("b",),
        ("c",),
        ("b", "c"),
    ]


@pytest.mark.parametrize("lists", [[], [["a"]], [["a"], ["b"], ["c"]]])
def test_nothing_frequent_is_an_empty_result(lists):
    found = rules.frequent_itemsets(rules.from_lists(lists), min_support=0.5)
    assert sum(count for length, count in found.by_length.items() if length > 1) == 0
    assert len(found.table) == len(found)


def test_every_fault_is_named_at_once():
    with pytest.raises(AnalysisError) as caught:
        rules.frequent_itemsets(
            rules.from_lists([["a"]]), min_support=0, max_length=0, algorithm="magic", max_itemsets=0
        )
    for words in (
        "min_support",
        "max_length",
        "eclat, fpgrowth, apriori, got 'magic'",
        "max_itemsets must be at least 1",
    ):
        assert words in str(caught.value)


def test_spark_as_an_engine_says_what_it_asks(monkeypatch):
    data = rules.from_lists([["a", "b"]] * 3)
    with pytest.raises(AnalysisError, match="engine must be one of local, spark, got 'cluster'"):
        rules.frequent_itemsets(data, min_support=0.5, engine="cluster")
    with pytest.raises(AnalysisError, match="must be fpgrowth on Spark, got 'apriori'"):
        rules.frequent_itemsets(data, min_support=0.5, engine="spark", algorithm="apriori")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(AnalysisError, match="needs pyspark, which is not installed; say: make spark"):
        rules.frequent_itemsets(data, min_support=0.5, engine="spark")
    categories = rules.baskets(
        pd.DataFrame({"basket_key": [1, 1, 2], "product_id": ["a", "b", "a"], "category": ["x > y", "x > z", "x > y"]})
    )
    tree = rules.hierarchy(pd.DataFrame({"product_id": ["a", "b"], "category": ["x > y", "x > z"]}))
    with pytest.raises(AnalysisError, match="not of both together"):
        rules.frequent_itemsets(rules.generalise(categories, tree), min_support=0.5, engine="spark")
