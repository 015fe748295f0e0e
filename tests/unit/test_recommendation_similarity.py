"""Similarities and neighbours: against dense definitions, scikit-learn and a published example; ties; blocks."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import pairwise_distances
from sklearn.metrics.pairwise import cosine_similarity

from analysis.errors import AnalysisError
from analysis.recommendation import Lists, best, nearest, similarities, weighted
from analysis.recommendation import selection as selection_module
from analysis.recommendation import similarity as similarity_module
from analysis.recommendation.selection import row_blocks
from analysis.recommendation.similarity import fewer

#: Aggarwal (2016), Recommender Systems: The Textbook, table 2.1; 0 is no rating.
AGGARWAL = np.array(
    [[7, 6, 7, 4, 5, 4], [6, 7, 0, 4, 3, 4], [0, 3, 3, 1, 1, 0], [1, 2, 2, 3, 3, 4], [1, 0, 1, 2, 3, 3.0]]
)


@pytest.fixture
def counts() -> sparse.csr_array:
    random = np.random.default_rng(5)
    dense = random.poisson(0.4, (70, 45)) * random.integers(1, 4, (70, 45))
    dense[3] = 0  # a customer without purchases
    dense[:, 7] = 0  # a product that nobody bought
    dense[11] = dense[12]  # twins
    return sparse.csr_array(dense.astype(float))


def by_definition(dense: np.ndarray, kind: str, shrinkage: float) -> np.ndarray:
    """All similarities of rows, pair by pair, as the module's documentation writes them."""
    there = dense > 0
    means = np.array([column[column > 0].mean() if (column > 0).any() else 0 for column in dense.T])
    found = np.zeros((len(dense), len(dense)))
    for i in range(len(dense)):
        for j in range(len(dense)):
            both = there[i] & there[j]
            n = both.sum()
            if not n:
                continue
            if kind == "cosine":
                value = dense[i] @ dense[j] / np.sqrt((dense[i] @ dense[i]) * (dense[j] @ dense[j]))
            elif kind == "jaccard":
                value = n / (there[i] | there[j]).sum()
            elif kind == "conditional":
                value = n / there[i].sum()
            else:
                a, b = (dense[i] - means)[both], (dense[j] - means)[both]
                length = np.sqrt((a @ a) * (b @ b))
                value = a @ b / length if length > 1e-12 else 0.0
            found[i, j] = value * n / (n + shrinkage)
    return found


KINDS = ["cosine", "jaccard", "conditional", "adjusted_cosine"]


@pytest.mark.parametrize("shrinkage", [0.0, 7.0])
@pytest.mark.parametrize("kind", KINDS)
def test_similarities_are_those_of_the_definition(counts: sparse.csr_array, kind: str, shrinkage: float) -> None:
    found = similarities(counts, kind=kind, shrinkage=shrinkage, rows=np.arange(70)).toarray()
    assert found == pytest.approx(by_definition(counts.toarray(), kind, shrinkage), abs=1e-11)


def test_similarities_are_those_of_scikit_learn(counts: sparse.csr_array) -> None:
    rows = np.arange(70)
    assert similarities(counts, rows=rows).toarray() == pytest.approx(cosine_similarity(counts), abs=1e-12)
    owned = counts.toarray() > 0
    apart = pairwise_distances(owned, metric="jaccard")
    apart[~owned.any(axis=1)] = 1  # scikit-learn calls two empty rows alike
    apart[:, ~owned.any(axis=1)] = 1
    assert similarities(counts, kind="jaccard", rows=rows).toarray() == pytest.approx(1 - apart, abs=1e-12)


def test_published_adjusted_cosines_and_correlations() -> None:
    """Aggarwal (2016), table 2.2 (items 1 and 6) and table 2.1 (correlation with user 3)."""
    ratings = sparse.csr_array(AGGARWAL)
    items = similarities(ratings.T.tocsr(), kind="adjusted_cosine", rows=np.array([0, 5])).toarray()
    # To a unit in the third place, as printed: the book rounds halves up.
    assert items[0] == pytest.approx([1.0, 0.735, 0.912, -0.848, -0.813, -0.990], abs=1e-3)
    assert items[1] == pytest.approx([-0.990, -0.622, -0.912, 0.829, 0.730, 1.0], abs=1e-3)
    means = np.array([row[row > 0].mean() for row in AGGARWAL])
    assert means.tolist() == [5.5, 4.8, 2.0, 2.5, 2.0]
    user, item = np.nonzero(AGGARWAL)
    centred = sparse.coo_array((AGGARWAL[user, item] - means[user], (user, item)), shape=AGGARWAL.shape).tocsr()
    found = similarities(centred, kind="residual", rows=np.array([2])).toarray()[0]
    assert found == pytest.approx([0.894, 0.939, 1.0, -1.0, -0.817], abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [1, 4, 1000])
def test_neighbours_are_the_largest_with_ties_by_order(counts: sparse.csr_array, kind: str, k: int) -> None:
    dense = by_definition(counts.toarray(), kind, 3.0).round(12)
    np.fill_diagonal(dense, 0)
    expected = np.zeros_like(dense)
    for i, row in enumerate(dense):
        order = sorted(range(len(row)), key=lambda j: (-row[j], j))[:k]
        expected[i, order] = np.maximum(row[order], 0)
    found = nearest(counts, kind=kind, k=k, shrinkage=3.0)
    assert found.toarray() == pytest.approx(expected, abs=1e-11)
    assert ((found.toarray() > 0) == (expected > 0)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_change_nothing(counts: sparse.csr_array, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = nearest(counts, kind=kind, k=5, shrinkage=2.0).toarray()
    monkeypatch.setattr(similarity_module, "BLOCK_PRODUCTS", 50)
    monkeypatch.setattr(similarity_module, "DENSE_CELLS", 0)
    monkeypatch.setattr(selection_module, "DENSE", 2.0)
    assert nearest(counts, kind=kind, k=5, shrinkage=2.0).toarray().tolist() == expected.tolist()


def test_rows_and_pool(counts: sparse.csr_array) -> None:
    every = nearest(counts, k=5)
    some = nearest(counts, k=5, rows=np.array([2, 3, 40]))
    assert some.toarray().tolist() == every.toarray()[[2, 3, 40]].tolist()
    pool = np.array([1, 5, 12, 33, 50])
    limited = nearest(counts, k=3, pool=pool)
    assert set(limited.indices) <= set(pool.tolist())
    others = np.setdiff1d(np.arange(70), pool)
    dense = cosine_similarity(counts).round(12)
    np.fill_diagonal(dense, 0)
    dense[:, others] = 0
    assert np.sort(limited.toarray().max(axis=1)).tolist() == pytest.approx(np.sort(dense.max(axis=1)).tolist())
    assert fewer(every, 2).toarray().tolist() == nearest(counts, k=2).toarray().tolist()


def test_weights(counts: sparse.csr_array) -> None:
    dense = counts.toarray()
    n, buyers = len(dense), (dense > 0).sum(axis=0)
    length = dense.sum(axis=1, keepdims=True)
    saturated = dense * 2.2 / (dense + 1.2 * (0.25 + 0.75 * length / length.mean()) + (dense == 0))
    expected: dict[str, np.ndarray] = {
        "binary": (dense > 0).astype(float),
        "count": dense,
        "log": np.log(1 + dense),
        "tfidf": np.sqrt(dense) * (1 + np.log(n / (1 + buyers))),
        "bm25": saturated * np.log(1 + (n - buyers + 0.5) / (buyers + 0.5)),
    }
    for name, values in expected.items():
        assert weighted(counts, name).toarray() == pytest.approx(values, abs=1e-12), name  # type: ignore[arg-type]


@given(st.integers(1, 6), st.integers(1, 90), st.integers(1, 12), st.integers(1, 300), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_best_is_a_stable_sort(height: int, width: int, k: int, cells: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    scores = random.integers(-2, 4, (height, width)) / 4  # many ties
    owned = random.random((height, width)) < 0.2
    offered = random.random(width) < 0.8
    open_to = ~owned & offered & (scores > 0)
    found = best(scores, k, without=sparse.csr_array(owned.astype(float)), offered=offered)
    thin = best(sparse.csr_array(scores), k, without=sparse.csr_array(owned.astype(float)), offered=offered)
    with patch.multiple(selection_module, CELLS=cells, DENSE=1.0):
        parted = best(sparse.csr_array(scores), k, without=sparse.csr_array(owned.astype(float)), offered=offered)
    for i in range(height):
        order = sorted(np.flatnonzero(open_to[i]), key=lambda j: (-scores[i, j], j))[:k]
        for lists in (found, thin, parted):
            assert lists.columns[i, : len(order)].tolist() == order
            assert (lists.columns[i, len(order) :] == -1).all() and np.isnan(lists.scores[i, len(order) :]).all()


def test_a_long_row_widens_no_block_of_short_ones() -> None:
    lengths = np.array([2, 900, 1, 3, 2, 2_000, 1])
    with patch.object(selection_module, "CELLS", 1_000):
        parts = selection_module._alike(lengths)
    assert [sorted(part.tolist()) for part in parts] == [[0, 2, 3, 4, 6], [1], [5]]


def test_noise_in_the_last_digit_decides_nothing() -> None:
    wide = np.full((1, 4000), 0.3)
    wide[0, ::2] += 1e-15
    assert best(wide, 3).columns.tolist() == [[0, 1, 2]]
    assert best(np.array([[-1.0, -2.0]]), 2, positive=False).columns.tolist() == [[0, 1]]
    assert isinstance(best(np.zeros((0, 3)), 2), Lists)


def test_blocks_hold_their_budget() -> None:
    sizes = np.random.default_rng(1).integers(0, 30, 200)
    parts = row_blocks(sizes, 40)
    assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]] and parts[-1].stop == 200
    assert all(sizes[part].sum() <= 40 or part.stop - part.start == 1 for part in parts)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda counts: nearest(counts, kind="euclid"), "similarity must be one of cosine"),
        (lambda counts: nearest(counts, k=0, shrinkage=-1), "neighbours must be at least 1, got 0; shrinkage"),
        (lambda counts: weighted(counts, "square"), "weighting must be one of binary"),
    ],
)
def test_bad_options(counts: sparse.csr_array, call: Callable[[sparse.csr_array], object], message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        call(counts)
