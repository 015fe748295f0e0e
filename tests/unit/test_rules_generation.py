"""Rules: published counts and top rules, measures against second implementations, constraints, pruning."""

from __future__ import annotations

import csv
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlxtend.frequent_patterns import association_rules as mlxtend_rules
from mlxtend.frequent_patterns import fpgrowth
from sklearn.metrics import jaccard_score, matthews_corrcoef

from analysis import rules
from analysis.errors import AnalysisError


@pytest.fixture(scope="module")
def random_lists() -> list[list[int]]:
    generator = np.random.default_rng(11)
    rates = generator.uniform(0.1, 0.5, 9)
    return [np.flatnonzero(generator.random(9) < rates).tolist() for _ in range(300)]


@pytest.fixture(scope="module")
def found(random_lists):
    return rules.frequent_itemsets(rules.from_lists(random_lists), min_support=0.02, max_length=5)


@pytest.fixture(scope="module")
def groceries(reference_data):
    with (reference_data / "groceries" / "groceries.csv").open(newline="") as file:
        data = rules.from_lists(list(csv.reader(file)))
    return rules.frequent_itemsets(data, min_support=0.001, max_length=10)


@pytest.mark.reference_data
def test_groceries_has_5668_rules_with_one_consequent(groceries):
    # what arules finds at support 0.001 and confidence 0.5
    mined = rules.association_rules(groceries, min_confidence=0.5)
    assert np.bincount(mined.length).tolist() == [0, 0, 11, 1461, 3211, 939, 46]
    # with several consequents as well, as mlxtend's association_rules counts
    wider = rules.association_rules(groceries, min_confidence=0.5, max_consequent=9)
    assert (len(wider), int(wider.single.sum())) == (5829, 5668)


@pytest.mark.reference_data
def test_groceries_best_rules_by_lift(groceries):
    # Hahsler and Chelluboina, "Visualizing Association Rules" (vignette of arulesViz), rules sorted by lift
    mined = rules.association_rules(groceries, min_confidence=0.5)
    top = mined.table.sort_values("lift", ascending=False).head(3)
    assert top[["antecedent", "consequent", "count"]].values.tolist() == [
        ["Instant food products + soda", "hamburger meat", 12],
        ["popcorn + soda", "salty snack", 12],
        ["baking powder + flour", "sugar", 10],
    ]
    assert top["support"].to_numpy() == pytest.approx([0.001220132, 0.001220132, 0.001016777], rel=1e-6)
    assert top["confidence"].to_numpy() == pytest.approx([0.6315789, 0.6315789, 0.5555556], rel=1e-6)
    assert top["lift"].to_numpy() == pytest.approx([18.99565, 16.69779, 16.40807], rel=1e-6)


def test_same_rules_and_measures_as_mlxtend(random_lists, found):
    table = pd.DataFrame([[item in row for item in range(9)] for row in random_lists], columns=range(9))
    frequent = fpgrowth(table, min_support=0.02, use_colnames=True, max_len=5)
    theirs = mlxtend_rules(frequent, metric="confidence", min_threshold=0.3)
    ours = rules.association_rules(found, min_confidence=0.3, max_consequent=4).table
    key = [
        (tuple(sorted(a)), tuple(sorted(c))) for a, c in zip(theirs["antecedents"], theirs["consequents"], strict=True)
    ]
    theirs.index = pd.Index(key)
    ours.index = pd.Index(list(zip(ours["antecedent_ids"], ours["consequent_ids"], strict=True)))
    assert set(ours.index) == set(theirs.index)
    theirs = theirs.loc[ours.index].replace(np.inf, np.nan)
    for name, other in (
        ("support", "support"),
        ("antecedent_support", "antecedent support"),
        ("consequent_support", "consequent support"),
        ("confidence", "confidence"),
        ("lift", "lift"),
        ("leverage", "leverage"),
        ("conviction", "conviction"),
        ("zhang", "zhangs_metric"),
        ("jaccard", "jaccard"),
        ("kulczynski", "kulczynski"),
    ):
        np.testing.assert_allclose(ours[name].to_numpy(), theirs[other].to_numpy(float), rtol=1e-9, atol=1e-12)
    positive = ours["added_value"].to_numpy() >= 0  # mlxtend has one formula for both signs
    np.testing.assert_allclose(ours["certainty"][positive], theirs["certainty"][positive], rtol=1e-9, atol=1e-12)


def test_measures_against_scikit_learn_and_by_hand():
    generator = np.random.default_rng(2)
    a, c = generator.random(500) < 0.3, generator.random(500) < 0.4
    c |= a & (generator.random(500) < 0.5)
    n_a, n_c, n_ac = int(a.sum()), int(c.sum()), int((a & c).sum())
    row = rules.measures(500, [n_a], [n_c], [n_ac]).iloc[0]
    assert row["phi"] == pytest.approx(matthews_corrcoef(a, c))
    assert row["jaccard"] == pytest.approx(jaccard_score(a, c))
    assert row["odds_ratio"] == pytest.approx(n_ac * (~a & ~c).sum() / ((a & ~c).sum() * (~a & c).sum()))
    assert row["cosine"] == pytest.approx(n_ac / (n_a * n_c) ** 0.5)
    assert row["imbalance"] == pytest.approx(abs(n_a - n_c) / (a | c).sum())
    assert row["all_confidence"] == pytest.approx(min(n_ac / n_a, n_ac / n_c))
    assert row["max_confidence"] == pytest.approx(max(n_ac / n_a, n_ac / n_c))


def test_independence_gives_the_stated_values():
    row = rules.measures(100, [20], [50], [10]).iloc[0]
    for name, measure in rules.MEASURES.items():
        assert measure.low <= row[name] <= measure.high
        if measure.independent is not None:
            assert row[name] == pytest.approx(measure.independent)


def test_a_negative_rule_has_a_negative_certainty_scaled_by_the_consequent():
    # Berzal et al. (2002): (conf - s(c)) / s(c) where confidence is smaller
    assert rules.measures(100, [20], [50], [5])["certainty"].iloc[0] == pytest.approx((0.25 - 0.5) / 0.5)


def test_infinite_measures_are_missing():
    row = rules.measures(10, [3], [5], [3]).iloc[0]
    assert np.isnan(row["conviction"])
    assert np.isnan(row["odds_ratio"])
    assert row["confidence"] == 1
    assert rules.measures(0, [0], [0], [0]).isna().all(axis=None)


def test_counts_that_contradict_each_other_are_refused():
    for counts in ((10, 3, 3, 4), (10, 8, 8, 5), (10, 11, 1, 1)):
        with pytest.raises(AnalysisError, match="contradict"):
            rules.measures(counts[0], [counts[1]], [counts[2]], [counts[3]])


def test_worked_example_of_three_users():
    # the source article prints 3/3 for the confidence of A => B; it is 1/2
    found = rules.frequent_itemsets(rules.from_lists([["A", "B"], ["C", "D"], ["A", "E"]]), min_support=0.3)
    table = rules.association_rules(found, min_confidence=0).table.set_index(["antecedent", "consequent"])
    assert table.loc[("A", "B"), "confidence"] == 0.5
    assert table.loc[("A", "B"), "support"] == pytest.approx(1 / 3)
    assert table.loc[("B", "A"), "confidence"] == 1


def test_ids_are_sorted_tuples(found):
    table = rules.association_rules(found, min_confidence=0.1, max_consequent=3).table
    for name in ("antecedent_ids", "consequent_ids"):
        assert all(isinstance(ids, tuple) and list(ids) == sorted(ids) for ids in table[name])
    assert not any(set(a) & set(c) for a, c in zip(table["antecedent_ids"], table["consequent_ids"], strict=True))


def test_constraints_on_consequents(found):
    only = rules.association_rules(found, min_confidence=0.1, only_consequents=["0", "3"])
    assert set(only.table["consequent_ids"]) == {(0,), (3,)}
    never = rules.association_rules(found, min_confidence=0.1, max_consequent=2, never_consequents=["0"])
    assert not any(0 in ids for ids in never.table["consequent_ids"])
    assert any(0 in ids for ids in never.table["antecedent_ids"])
    with pytest.raises(AnalysisError, match="only_consequents names 'milk'"):
        rules.association_rules(found, min_confidence=0.1, only_consequents=["milk"])


def test_rules_from_closed_and_maximal_itemsets(found):
    sets = found.table
    for family in ("closed", "maximal"):
        mined = rules.association_rules(found, min_confidence=0, itemsets=family).table
        made = {tuple(sorted(a + c)) for a, c in zip(mined["antecedent_ids"], mined["consequent_ids"], strict=True)}
        assert made == set(sets.loc[sets[family] & (sets["length"] > 1), "items"])


def test_improvement_is_the_gain_over_every_simpler_rule(random_lists, found):
    baskets = [set(row) for row in random_lists]

    def confidence(left, right):
        held = [basket for basket in baskets if set(left) <= basket]
        return sum(set(right) <= basket for basket in held) / len(held)

    mined = rules.association_rules(found, min_confidence=0.1, max_consequent=2)
    gain, p_values = rules.improvement(mined, found)
    table = mined.table
    assert len(table) > 200
    for row in range(0, len(table), 7):
        left, right = table["antecedent_ids"][row], table["consequent_ids"][row]
        simpler = [confidence(s, right) for k in range(len(left)) for s in combinations(left, k)]
        assert gain[row] == pytest.approx(confidence(left, right) - max(simpler))
        weakest = []
        for item in left:
            held = [basket for basket in baskets if set(left) - {item} <= basket]
            both = sum(item in b and set(right) <= b for b in held)
            sides = sum(item in b for b in held), sum(set(right) <= b for b in held)
            weakest.append(rules.fisher_exact(len(held), *sides, both)[0])
        assert p_values[row] == pytest.approx(max(weakest))


def test_pruning_drops_what_a_simpler_rule_says():
    # c goes with a always; b adds nothing
    lists = [["a", "c"]] * 30 + [["a", "b", "c"]] * 30 + [["b"]] * 20 + [["d"]] * 20
    found = rules.frequent_itemsets(rules.from_lists(lists), min_support=0.05)
    mined = rules.association_rules(found, min_confidence=0.5)
    assert "a + b" in set(mined.table["antecedent"])
    kept = rules.prune(mined, found)
    assert "a + b" not in set(kept.table["antecedent"])
    assert {"a"} <= set(kept.table["antecedent"])
    # the share of baskets with c is 0.6, so a => c gains 0.4
    assert set(rules.prune(mined, found, min_improvement=0.4).table["antecedent"]) >= {"a"}
    assert "a" not in set(rules.prune(mined, found, min_improvement=0.41).table["antecedent"])


def test_ranking_limit_and_levels(found):
    mined = rules.association_rules(found, min_confidence=0.1)
    everything = rules.prune(mined, found)
    first = rules.prune(mined, found, max_rules=5, rank_by="leverage")
    assert first.figures["leverage"].is_monotonic_decreasing
    assert (len(first), first.eligible) == (5, len(everything))
    assert first.figures["leverage"].max() == everything.figures["leverage"].max()
    by_p = rules.prune(mined, found, rank_by="p_value")
    assert by_p.figures["p_value"].is_monotonic_increasing
    strict = rules.prune(mined, found, alpha=0.05)
    assert (strict.figures["p_improvement"] < 0.05).all()
    assert (strict.figures["p_searched"] < 0.05).all()


def test_bad_parameters_are_named(found):
    with pytest.raises(AnalysisError, match=r"min_confidence.*max_consequent.*itemsets must be one of all"):
        rules.association_rules(found, min_confidence=2, max_consequent=0, itemsets="some")
    mined = rules.association_rules(found, min_confidence=0.5)
    with pytest.raises(AnalysisError, match="rank_by must be one of lift"):
        rules.prune(mined, found, rank_by="beauty")
    with pytest.raises(AnalysisError, match="min_improvement"):
        rules.prune(mined, found, min_improvement=1)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.frozensets(st.sampled_from("abcde"), min_size=1, max_size=5), min_size=2, max_size=20),
    st.sampled_from([0.0, 0.4, 1.0]),
)
def test_every_split_has_the_counts_of_its_sides(baskets, confidence):
    data = rules.from_lists([sorted(basket) for basket in baskets])
    found = rules.frequent_itemsets(data, min_support=0.1, max_length=5)
    made = rules.association_rules(found, min_confidence=confidence, max_consequent=4)
    table = pd.DataFrame(found.baskets.matrix.toarray(), columns=data.items)
    columns = ["antecedent_ids", "consequent_ids", "count", "antecedent_count", "consequent_count"]
    seen = set()
    for left, right, both, n_left, n_right in made.table[columns].itertuples(index=False):
        seen.add((left, right))
        counted = [int(table[list(side)].all(axis=1).sum()) for side in (left + right, left, right)]
        assert counted == [both, n_left, n_right]
        assert both >= confidence * n_left
    assert len(seen) == len(made)
    if confidence == 0:
        assert len(made) == sum(len(level) * (2 ** level.shape[1] - 2) for level in found.levels)
