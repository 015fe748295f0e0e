"""What the sizes of baskets explain: beside many shuffles of the lines, and rules that must not hold up for it."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import rules
from analysis.rules.sizes import expected_by_size, size_p_values


def uneven(generator: np.random.Generator, *, n: int = 3000, items: int = 40, related: bool = False) -> pd.DataFrame:
    """Baskets of very different sizes; with `related`, two rare items that stand together."""
    share = np.linspace(0.02, 0.12, items)
    rate = np.minimum(share * generator.lognormal(-0.3, 0.8, (n, 1)), 1)
    held = generator.random((n, items)) < rate
    if related:
        both = generator.random(n) < 0.03
        held[both, :2] = True
    basket, item = np.nonzero(held)
    day = pd.Timestamp("2025-01-01") + pd.to_timedelta(generator.integers(0, 365, n), unit="D")
    who = generator.integers(0, 400, n)
    return pd.DataFrame({"basket_key": basket, "product_id": item, "day": day[basket], "customer_key": who[basket]})


def searched(rows: pd.DataFrame, seed: int = 0) -> rules.Checked:
    return rules.study(
        rules.baskets(rows), min_support=0.005, min_confidence=0.05, min_lift=1.05, max_length=3,
        later_share=0.4, permutations=99, seed=seed,
    ).checked  # fmt: skip


@pytest.mark.reference_data
def test_expected_counts_are_those_of_shuffled_lines(reference_data) -> None:
    with (reference_data / "groceries" / "groceries.csv").open(newline="") as file:
        data = rules.from_lists(list(csv.reader(file)))
    found = rules.association_rules(rules.frequent_itemsets(data, min_support=0.01, max_length=2), min_confidence=0.1)
    basket, item = data.matrix.nonzero()
    generator = np.random.default_rng(1)
    joint, expected, independent = (np.zeros(len(found)) for _ in range(3))
    for _ in range(20):
        shuffled = rules.baskets(pd.DataFrame({"basket_key": basket, "product_id": generator.permutation(item)}))
        assert len(shuffled.items) == len(data.items)
        held, n = shuffled.matrix.astype(np.int32), shuffled.item_counts
        a, c = found.antecedents[:, 0], found.consequents[:, 0]
        joint += (held.T @ held).toarray()[a, c]
        expected += expected_by_size(found, shuffled)
        independent += n[a] * n[c] / shuffled.n
    np.testing.assert_allclose(expected, joint, rtol=0.15)
    assert np.median(expected / joint) == pytest.approx(1, abs=0.05)
    assert np.median(joint / independent) > 1.3  # what lift and Fisher's test would take for an association


def test_rules_that_sizes_explain_do_not_hold_up() -> None:
    by_sizes = fisher_alone = 0
    for seed in range(20):
        checked = searched(uneven(np.random.default_rng(seed)), seed)
        figures = checked.figures
        fisher_alone += bool(((figures["p_adjusted"] < 0.05) & (figures["later_lift_low"] > 1)).any())
        by_sizes += checked.n_held_up > 0
    assert fisher_alone >= 15
    assert by_sizes <= 3


def test_what_is_related_beyond_size_holds_up() -> None:
    checked = searched(uneven(np.random.default_rng(3), related=True))
    held = checked.table[checked.table["held_up"]]
    assert {(0,), (1,)} <= set(held["antecedent_ids"])
    assert (held["later_lift"] > held["size_lift"]).all()


def test_size_p_values_are_poissons() -> None:
    count, expected = np.array([1, 5, 40, 0]), np.array([0.3, 5.0, 20.0, 2.0])
    ours = size_p_values(count, expected, np.ones(4))
    np.testing.assert_allclose(ours, stats.poisson.sf(count - 1, expected), rtol=1e-12)
    assert size_p_values(np.array([40]), np.array([20.0]), np.array([2.0]))[0] == pytest.approx(
        stats.poisson.sf(9, 5.0)
    )


def test_baskets_of_one_size_leave_the_other_place_to_the_others() -> None:
    # given a in a basket of two, the other item is b or c with equal chances: 20 of 40; lift would expect 26.7
    data = rules.from_lists([["a", "b"], ["a", "c"], ["b", "c"]] * 20)
    found = rules.association_rules(rules.frequent_itemsets(data, min_support=0.1), min_confidence=0)
    np.testing.assert_allclose(expected_by_size(found, data), 20, rtol=1e-5)
    nothing = data.take(np.zeros(data.n, dtype=bool))
    assert expected_by_size(found, nothing).tolist() == [0] * len(found)
