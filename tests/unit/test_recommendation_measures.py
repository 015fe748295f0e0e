"""Measures of lists: worked by hand, and against scikit-learn; other packages' denominators named."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import average_precision_score, ndcg_score

from analysis.recommendation import MEASURES, accuracy, coverage, definitions, diversity, novelty
from analysis.recommendation import similarity as similarity_module

HIT, PRECISION, RECALL, MAP, NDCG = range(5)


def test_by_hand() -> None:
    """A list of five; the customer bought four products, two of them in the list, at ranks 1 and 4."""
    bought = sparse.csr_array(np.array([[1, 0, 0, 1, 0, 1, 1]]))
    found = accuracy(np.array([[0, 1, 2, 3, 4]]), bought, np.array([4]))[0]
    assert found[HIT] == 1 and found[PRECISION] == 2 / 5 and found[RECALL] == 2 / 4
    assert found[MAP] == pytest.approx((1 / 1 + 2 / 4) / 4)  # divided by min(5, 4), as recommenders' map_at_k is
    ideal = 1 + 1 / np.log2(3) + 1 / np.log2(4) + 1 / np.log2(5)
    assert found[NDCG] == pytest.approx((1 + 1 / np.log2(5)) / ideal)


def test_denominators_of_short_and_long_wishes() -> None:
    """More bought than fits: recall is divided by all of it, MAP and nDCG by what fits; an empty place is a miss."""
    bought = sparse.csr_array(np.ones((1, 6)))
    full = accuracy(np.array([[0, 1]]), bought, np.array([6]))[0]
    assert full.tolist() == [1, 1, 2 / 6, 1, 1]
    short = accuracy(np.array([[0, -1]]), bought, np.array([6]))[0]
    assert short[:4].tolist() == [1, 1 / 2, 1 / 6, 1 / 2]
    unknown = accuracy(np.array([[0, 1]]), sparse.csr_array((1, 6)), np.array([3]))[0]
    assert unknown.tolist() == [0] * 5


def test_against_scikit_learn() -> None:
    """Lists of the whole catalogue, where scikit-learn's measures without a cut mean the same; nDCG also at k."""
    random = np.random.default_rng(8)
    bought = random.random((40, 25)) < 0.2
    bought[:, 0] |= ~bought.any(axis=1)
    scores = random.random((40, 25))
    lists = np.argsort(-scores, axis=1)
    total = bought.sum(axis=1)
    whole = accuracy(lists, sparse.csr_array(bought.astype(float)), total)
    for place in range(40):
        assert whole[place, MAP] == pytest.approx(average_precision_score(bought[place], scores[place]))
    for k in (1, 5, 25):
        found = accuracy(lists[:, :k], sparse.csr_array(bought.astype(float)), total)
        assert found[:, NDCG].mean() == pytest.approx(ndcg_score(bought, scores, k=k))
        assert found[:, PRECISION].tolist() == pytest.approx([bought[i, lists[i, :k]].sum() / k for i in range(40)])


def test_novelty_and_coverage() -> None:
    buyers = np.array([8.0, 4.0, 1.0, 0.0])
    assert novelty(np.array([[0, 1], [2, -1], [-1, -1]]), buyers, 8)[:2].tolist() == [0.5, 3.0]
    assert np.isnan(novelty(np.array([[-1, -1]]), buyers, 8)).all()
    assert coverage(np.array([[0, 1], [1, -1]]), 4) == 0.5
    assert np.isnan(coverage(np.array([[-1]]), 0))


def test_diversity_is_one_less_the_mean_cosine(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(9)
    dense = (random.random((60, 20)) < 0.3).astype(float)
    lists = np.array([random.permutation(20)[:4] for _ in range(15)])
    lists[0, 2:] = -1
    lists[1, 1:] = -1
    unit = dense / np.sqrt((dense**2).sum(axis=0))
    expected = []
    for row in lists:
        items = row[row >= 0]
        pairs = [(a, b) for x, a in enumerate(items) for b in items[x + 1 :]]
        expected.append(1 - np.mean([unit[:, a] @ unit[:, b] for a, b in pairs]) if pairs else np.nan)
    found = diversity(lists, sparse.csr_array(dense))
    assert found == pytest.approx(expected, nan_ok=True)
    monkeypatch.setattr("analysis.recommendation.measures.BLOCK_PRODUCTS", 30)
    assert similarity_module.BLOCK_PRODUCTS > 30
    assert diversity(lists, sparse.csr_array(dense)) == pytest.approx(expected, nan_ok=True)
    monkeypatch.setattr("analysis.recommendation.selection.CELLS", 20)
    assert np.array_equal(diversity(lists, sparse.csr_array(dense)), found, equal_nan=True)


def test_every_measure_is_defined_in_words() -> None:
    assert set(definitions(7)) == {*MEASURES, "coverage"}
    assert "divided by 7" in definitions(7)["precision"]
