"""Dense baskets: itemsets written out from perfect extensions, against brute force, mlxtend and the other search."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlxtend.frequent_patterns import fpgrowth
from scipy import sparse

from analysis import rules
from analysis.rules import dense
from analysis.rules.eclat import itemsets_of_two_and_more

NO_KIN = np.empty((0, 2), dtype=np.int64)
#: baskets that repeat a few patterns: many rows are the same, and many items come always together
repetitive = st.lists(st.frozensets(st.integers(0, 8), max_size=9), min_size=1, max_size=4).flatmap(
    lambda patterns: st.lists(st.sampled_from(patterns), min_size=1, max_size=20)
)


def table(baskets, width: int = 9) -> sparse.csr_array:
    held = np.zeros((len(baskets), width), dtype=bool)
    for row, basket in zip(held, baskets, strict=True):
        row[sorted(basket)] = True
    return sparse.csr_array(held)


def frequent(matrix: sparse.csr_array, threshold: int) -> np.ndarray:
    return np.flatnonzero(matrix.sum(axis=0) >= threshold)


def as_counts(levels) -> dict[tuple[int, ...], int]:
    rows = [
        (tuple(row), count) for members, counts in levels for row, count in zip(members.tolist(), counts, strict=True)
    ]
    assert len(dict(rows)) == len(rows), "no itemset twice"
    assert all(rows_of(members) == sorted(rows_of(members)) for members, _ in levels), "in order"
    return dict(rows)


def rows_of(members: np.ndarray) -> list[list[int]]:
    return members.tolist()


def brute_force(matrix: sparse.csr_array, threshold: int, kin=(), max_length: int = 9) -> dict[tuple[int, ...], int]:
    held = matrix.toarray()
    apart = {frozenset(pair) for pair in kin}
    return {
        itemset: count
        for length in range(2, max_length + 1)
        for itemset in combinations(range(held.shape[1]), length)
        if (count := int(held[:, itemset].all(axis=1).sum())) >= threshold
        and not any(frozenset(pair) in apart for pair in combinations(itemset, 2))
    }


def search(matrix, threshold, kin=NO_KIN, max_length=9, limit=10**9):
    """The dense search, whether it is worth while or not."""
    columns = frequent(matrix, threshold)
    place = np.full(matrix.shape[1], -1)
    place[columns] = np.arange(len(columns))
    kin = place[kin][(place[kin] >= 0).all(axis=1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense._Search, "promising", lambda self: True)
        return dense.dense_itemsets(matrix, columns, kin, threshold=threshold, max_length=max_length, limit=limit)


@settings(max_examples=40, deadline=None)
@given(repetitive, st.integers(1, 4), st.integers(2, 9))
def test_every_subset_is_counted(baskets, threshold, max_length):
    matrix = table(baskets)
    found, longest = search(matrix, threshold, max_length=max_length)
    assert longest == max_length
    assert as_counts(found) == brute_force(matrix, threshold, max_length=max_length)


@settings(max_examples=40, deadline=None)
@given(repetitive, st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=3))
def test_items_that_exclude_each_other(baskets, pairs):
    kin = np.array(sorted(tuple(sorted(pair)) for pair in pairs if pair[0] != pair[1]), dtype=np.int64).reshape(-1, 2)
    matrix = table(baskets)
    assert as_counts(search(matrix, 1, kin=kin)[0]) == brute_force(matrix, 1, kin=kin.tolist())


@settings(max_examples=40, deadline=None)
@given(repetitive, st.sampled_from([0.05, 0.3, 0.6]))
def test_same_as_mlxtend(baskets, support):
    if not any(baskets):
        return
    data = rules.from_lists([sorted(basket) for basket in baskets])
    whole = pd.DataFrame(data.matrix.toarray(), columns=data.items)
    theirs = fpgrowth(whole, min_support=support - 1e-9, use_colnames=True)
    wanted = {tuple(sorted(items)): round(share * data.n) for share, items in theirs.itertuples(index=False)}
    ours = rules.frequent_itemsets(data, min_support=support, max_length=9).table
    assert dict(zip(ours["items"], ours["count"], strict=True)) == wanted


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([{}, {"_BLOCK_BYTES": 8, "_BLOCK_ROWS": 1}]))
def test_more_items_than_a_word_has_bits(seed, sizes):
    generator = np.random.default_rng(seed)
    own = generator.random((40, 50)) < 0.3
    matrix = sparse.csr_array(np.hstack([own, own, own[:, :20] | own[:, 20:40]]))  # 120 items, 50 of them twice
    columns = frequent(matrix, 9)
    with pytest.MonkeyPatch.context() as patch:
        for name, size in sizes.items():
            patch.setattr(dense, name, size)
        found, _ = search(matrix, 9, max_length=3)
    other = plain(matrix, columns, 9, 3)
    assert as_counts(found) == as_counts(other)


def plain(matrix, columns, threshold, max_length):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense._Search, "promising", lambda self: False)
        return itemsets_of_two_and_more(
            matrix,
            columns,
            matrix.sum(axis=0)[columns],
            NO_KIN,
            threshold=threshold,
            max_length=max_length,
            limit=10**9,
        )[0]


def test_the_search_is_chosen_by_what_it_saves():
    generator = np.random.default_rng(1)
    own = generator.random((300, 12)) < 0.4
    alone, doubled = sparse.csr_array(own), sparse.csr_array(np.hstack([own, own]))
    given = {"threshold": 5, "max_length": 5, "limit": 10**9}
    assert dense.dense_itemsets(alone, np.arange(12), NO_KIN, **given) is None
    assert dense.dense_itemsets(doubled, np.arange(24), NO_KIN, **given) is not None


@pytest.mark.parametrize("items", [1, 12, 40])
def test_items_in_every_basket_are_written_out_from_nothing(items):
    matrix = sparse.csr_array(np.ones((5, items), dtype=bool))
    found, _ = search(matrix, 3, max_length=3)
    assert [len(counts) for _, counts in found] == [comb(items, k) for k in (2, 3) if items >= k]
    assert all((counts == 5).all() for _, counts in found)


def test_too_many_itemsets_end_the_search_at_a_shorter_length():
    matrix = sparse.csr_array(np.ones((5, 40), dtype=bool))
    # 780 pairs, 9,880 triples: of all lengths there were 2**40
    for limit, reached in ((20_000, 3), (10_660, 3), (10_659, 2), (1, 2)):
        found, longest = search(matrix, 3, max_length=40, limit=limit)
        assert longest == reached
        assert len(found) == reached - 1
