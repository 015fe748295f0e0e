"""Frequent itemsets: published counts, both algorithms, brute force, closed and maximal sets."""

from __future__ import annotations

import csv
import gzip
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlxtend.frequent_patterns import fpgrowth
from mlxtend.preprocessing import TransactionEncoder

from analysis import rules
from analysis.errors import AnalysisError
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
def test_t10i4d100k(reference_data):
    data = rules.from_lists(fimi(reference_data, "T10I4D100K"))
    for support, sets in ((0.01, 385), (0.005, 1073)):
        first, *others = (
            rules.frequent_itemsets(data, min_support=support, max_length=20, algorithm=name) for name in ALGORITHMS
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
    for items, count, closed, maximal in table[["items", "count", "closed", "maximal"]].itertuples(index=False):
        larger = [counts[other] for other in counts if set(items) < set(other)]
        assert closed == (count not in larger)
        assert maximal == (not larger)


def test_same_as_mlxtend_on_the_whole_table():
    generator = np.random.default_rng(4)
    lists = [[f"i{k}" for k in np.flatnonzero(generator.random(40) < 0.15)] for _ in range(400)]
    encoder = TransactionEncoder()
    import pandas as pd

    whole = pd.DataFrame(encoder.fit(lists).transform(lists), columns=encoder.columns_)
    expected = fpgrowth(whole, min_support=0.02, use_colnames=True, max_len=4)
    wanted = {tuple(sorted(s)): round(p * len(lists)) for p, s in expected.itertuples(index=False)}
    table = rules.frequent_itemsets(rules.from_lists(lists), min_support=0.02, max_length=4).table
    assert dict(zip(table["items"], table["count"], strict=True)) == wanted


def test_the_economical_way_of_apriori_finds_the_same(monkeypatch):
    generator = np.random.default_rng(5)
    data = rules.from_lists([np.flatnonzero(generator.random(12) < 0.4).tolist() for _ in range(200)])
    usual = rules.frequent_itemsets(data, min_support=0.03, max_length=5, algorithm="apriori")
    monkeypatch.setattr(module, "_CANDIDATE_CELLS", 0)
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
