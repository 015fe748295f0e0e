"""Samples of customers: who is drawn, that everybody has the same chance, and what the draw costs."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.correlation import halves
from analysis.errors import AnalysisError
from analysis.sampling import draw, hashes


def test_the_hash_is_that_of_murmur_and_one_to_one():
    # values of MurmurHash3's fmix64 as Guava, smhasher and others give them
    assert hashes([0, 1]).tolist() == [0, 0xB456BCFC34C2CB2C]
    assert len(set(hashes(np.arange(-5000, 5000)).tolist())) == 10_000


def test_everybody_where_there_are_few():
    found = draw([3, 5, 9], most=3)
    assert found.whole and found.holds([3, 5, 9, 11]).all()
    assert found.margin() == 0


def test_a_larger_sample_holds_a_smaller_one_in_any_order():
    keys = np.random.default_rng(1).permutation(20_000)
    small, large = draw(keys, most=700), draw(np.sort(keys), most=5000)
    assert small.holds(keys).sum() == 700 and large.holds(keys).sum() == 5000
    assert (large.holds(keys) >= small.holds(keys)).all()


def test_the_same_customers_of_another_table():
    found = draw(np.arange(10_000), most=1000)
    earlier = np.arange(0, 10_000, 3)
    assert set(earlier[found.holds(earlier)]) == set(np.arange(10_000)[found.holds(np.arange(10_000))]) & set(earlier)


@pytest.mark.parametrize("seed", [0, 1, 2, 12345])
def test_the_draw_has_nothing_to_do_with_the_halves(seed):
    keys = np.arange(100_000)
    drawn = draw(keys, most=10_000).holds(keys)
    assert halves(keys[drawn], random_state=seed).mean() == pytest.approx(0.5, abs=0.02)


def test_neither_order_nor_neighbourhood_of_keys_matters():
    keys = np.arange(200_000)
    drawn = draw(keys, most=20_000).holds(keys)
    tenths = drawn.reshape(10, -1).sum(axis=1)  # binomial with a standard deviation of 42
    assert abs(tenths - 2000).max() < 170
    assert np.corrcoef(drawn[:-1], drawn[1:])[0, 1] == pytest.approx(0, abs=0.01)


def test_the_margin_holds_the_mean_of_all_as_often_as_it_says():
    random, held = np.random.default_rng(3), []
    values = random.normal(size=2000)
    for block in range(400):
        found = draw(np.arange(block * 2000, (block + 1) * 2000), most=500)
        drawn = found.holds(np.arange(block * 2000, (block + 1) * 2000))
        held.append(abs(values[drawn].mean() - values.mean()) <= found.margin(spread=values.std(ddof=1)))
    assert np.mean(held) == pytest.approx(0.95, abs=0.035)


@pytest.mark.parametrize(
    ("keys", "most", "word"),
    [([1, 1], 1, "all differ"), ([1.0, 2.0], 1, "whole numbers"), (["a"], 1, "whole numbers"), ([1, 2], 0, "at least")],
)
def test_bad_input_is_refused(keys, most, word):
    with pytest.raises(AnalysisError, match=word):
        draw(keys, most=most)
