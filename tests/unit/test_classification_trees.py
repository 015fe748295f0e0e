"""Trees and their criteria: Quinlan's published numbers, scikit-learn's splits, and rules that say what a tree does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from analysis import classification
from analysis.classification.models import fit
from analysis.classification.rules import view
from analysis.errors import AnalysisError

#: The fourteen Saturday mornings of Quinlan (1986), Machine Learning 1, table 1.
MORNINGS = pd.DataFrame(
    [
        ("sunny", "hot", "high", "false", 0), ("sunny", "hot", "high", "true", 0),
        ("overcast", "hot", "high", "false", 1), ("rain", "mild", "high", "false", 1),
        ("rain", "cool", "normal", "false", 1), ("rain", "cool", "normal", "true", 0),
        ("overcast", "cool", "normal", "true", 1), ("sunny", "mild", "high", "false", 0),
        ("sunny", "cool", "normal", "false", 1), ("rain", "mild", "normal", "false", 1),
        ("sunny", "mild", "normal", "true", 1), ("overcast", "mild", "high", "true", 1),
        ("overcast", "hot", "normal", "false", 1), ("rain", "mild", "high", "true", 0),
    ],
    columns=["outlook", "temperature", "humidity", "windy", "play"],
)  # fmt: skip


def test_quinlan_s_published_gains_and_gain_ratios() -> None:
    """Quinlan (1986): gains 0.246, 0.029, 0.151, 0.048; split information 1.578, 1.548 (temperature: 1.557 exactly),
    1.0, 0.985; gain ratios 0.156, 0.019, 0.151, 0.049. He rounds before he subtracts, so 0.001 either way."""
    found = classification.categorical_splits(MORNINGS, label="play", columns=list(MORNINGS.columns[:4])).set_index(
        "column"
    )
    published = {"outlook": (0.246, 1.578, 0.156), "temperature": (0.029, 1.557, 0.019),
                 "humidity": (0.151, 1.000, 0.151), "windy": (0.048, 0.985, 0.049)}  # fmt: skip
    for name, (gain, information, ratio) in published.items():
        assert found.loc[name, "gain"] == pytest.approx(gain, abs=0.0011)
        assert found.loc[name, "split_information"] == pytest.approx(information, abs=0.0011)
        assert found.loc[name, "gain_ratio"] == pytest.approx(ratio, abs=0.0011)
    assert float(classification.entropy(9 / 14)) == pytest.approx(0.940, abs=5e-4)
    assert found.loc["outlook", "gini_decrease"] == pytest.approx(0.4592 - 5 / 14 * 0.48 * 2, abs=5e-4)


def test_measures_are_those_of_their_definitions() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        sizes = rng.integers(1, 40, size=3)
        ones = rng.integers(0, sizes + 1)
        found = classification.measures_of(sizes, ones)

        def bits(*counts: float) -> float:
            shares = np.array([c for c in counts if c > 0]) / sum(counts)
            return float(-(shares * np.log2(shares)).sum())

        after = sum(n / sizes.sum() * bits(k, n - k) for n, k in zip(sizes, ones, strict=True))
        assert float(found.gain) == pytest.approx(bits(ones.sum(), sizes.sum() - ones.sum()) - after, abs=1e-12)
        assert float(found.split_information) == pytest.approx(bits(*sizes))


@pytest.mark.parametrize("criterion", ["gini", "entropy"])
def test_splits_are_those_of_scikit_learn(criterion: str) -> None:
    """Node by node; where both differ, the two splits must be equally good, and nothing below is compared."""
    alike = differ = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(400, 5)).astype(np.float32).astype(float)
        x[:, 3] = np.round(x[:, 3])  # many ties
        y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=400) > 0.3).astype(int)
        ours = classification.DecisionTree(criterion=criterion, max_depth=4, min_leaf=15).fit(x, y)
        model = DecisionTreeClassifier(criterion=criterion, max_depth=4, min_samples_leaf=15, random_state=seed)
        theirs = model.fit(x, y).tree_
        waiting = [(0, 0)]
        while waiting:
            mine, other = waiting.pop()
            node = ours.nodes_[mine]
            assert node.leaf == (theirs.feature[other] < 0) and node.n == theirs.n_node_samples[other]
            if node.leaf:
                continue
            if node.term == theirs.feature[other] and node.threshold == pytest.approx(
                theirs.threshold[other], abs=1e-6
            ):
                waiting += [(node.left, theirs.children_left[other]), (node.right, theirs.children_right[other])]
                alike += 1
                continue
            after = sum(
                theirs.impurity[part] * theirs.n_node_samples[part] / node.n
                for part in (theirs.children_left[other], theirs.children_right[other])
            )
            row = ours.candidates_.query("node == @mine and term == @node.term").iloc[0]
            found = row["gini_decrease"] if criterion == "gini" else row["gain"]
            assert found == pytest.approx(theirs.impurity[other] - after, abs=1e-9)
            differ += 1
    assert alike > 20 * differ


def test_gain_ratio_is_the_best_of_all_columns_that_gain_enough() -> None:
    """Every split of every node against a search over all thresholds."""
    rng = np.random.default_rng(3)
    x = np.column_stack([rng.normal(size=300), rng.random(300) < 0.06, rng.integers(0, 4, 300)]).astype(float)
    y = ((x[:, 0] > 0.4) | (x[:, 1] > 0) | (rng.random(300) < 0.2)).astype(int)
    tree = classification.DecisionTree(criterion="gain_ratio", max_depth=3, min_leaf=8).fit(x, y)
    inside = {0: np.ones(300, dtype=bool)}
    for node in tree.nodes_:
        if node.leaf:
            continue
        rows = inside[node.number]
        best = {}
        for term in range(3):
            values = np.unique(x[rows, term])
            cuts = [
                (float(classification.measures_of(
                    [below.sum(), (~below).sum()], [y[rows][below].sum(), y[rows][~below].sum()]).gain), cut)
                for cut in (values[:-1] + values[1:]) / 2
                if min((below := x[rows, term] <= cut).sum(), (~below).sum()) >= 8
            ]  # fmt: skip
            if cuts and max(cuts)[0] > 1e-12:
                gain, cut = max(cuts)
                below = x[rows, term] <= cut
                ratio = classification.measures_of(
                    [below.sum(), (~below).sum()], [y[rows][below].sum(), y[rows][~below].sum()]
                ).gain_ratio
                best[term] = (gain, float(ratio))
        mean = np.mean([gain for gain, _ in best.values()])
        able = {term: ratio for term, (gain, ratio) in best.items() if gain >= mean - 1e-12}
        assert node.term == max(able, key=lambda term: able[term])
        below = x[:, node.term] <= node.threshold
        inside[node.left], inside[node.right] = rows & below, rows & ~below
        assert inside[node.left].sum() == tree.nodes_[node.left].n


def test_a_tree_respects_its_limits_and_pure_leaves_are_not_certain() -> None:
    x = np.arange(40.0)[:, None]
    y = (x[:, 0] >= 20).astype(int)
    tree = classification.DecisionTree(max_depth=5, min_leaf=5, smoothing=2.0).fit(x, y)
    assert len(tree.nodes_) == 3 and tree.predict_proba(x)[:, 1].tolist() == [1 / 22] * 20 + [21 / 22] * 20
    assert len(classification.DecisionTree(max_depth=5, min_leaf=25).fit(x, y).nodes_) == 1
    with pytest.raises(AnalysisError, match="gini, entropy, gain_ratio"):
        classification.DecisionTree(criterion="chi").fit(x, y)


@pytest.fixture(scope="module")
def shop() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(5)
    n = 1500
    frame = pd.DataFrame({
        "recency_days": rng.exponential(60, n), "rating": np.where(rng.random(n) < 0.3, np.nan, rng.integers(1, 6, n)),
        "country": rng.choice(["FR", "DE", "UK"], n, p=[0.5, 0.3, 0.2]),
    })  # fmt: skip
    chance = (
        np.where(frame["recency_days"] < 45, 0.7, 0.15)
        + 0.2 * (frame["country"] == "UK")
        - 0.1 * frame["rating"].isna()
    )
    return frame, (rng.random(n) < chance).astype(float)


def test_rules_say_what_the_tree_does(shop: tuple[pd.DataFrame, np.ndarray]) -> None:
    frame, y = shop
    fitted = fit("tree", {"criterion": "gini", "max_depth": 4, "min_share": 0.02}, frame[:1000], y[:1000],
                 columns=list(frame.columns), random_state=0)  # fmt: skip
    found = view(fitted, frame[1000:], y[1000:])
    test = frame[1000:]
    covered = np.zeros(500, dtype=int)
    for rule in found.rules.itertuples():
        rows = np.ones(500, dtype=bool)
        for condition in rule.conditions:
            column = test[condition.column]
            if condition.kind == "range":
                filled = column.fillna(frame[condition.column][:1000].median())
                rows &= ((filled > condition.low) & (filled <= condition.high)).to_numpy()
            elif condition.kind in ("is", "is_not"):
                rows &= ((column == condition.level) == (condition.kind == "is")).to_numpy()
            else:
                rows &= (column.isna() == (condition.kind == "unknown")).to_numpy()
        covered += rows
        assert rule.n_test == rows.sum() and rule.share_test == pytest.approx(y[1000:][rows].mean())
    assert (covered == 1).all(), "each customer falls under one rule"
    assert found.nodes["n_test"].iloc[0] == 500 and found.rules["n"].sum() == 1000
    first = found.nodes.iloc[0]
    assert first["column"] == "recency_days" and abs(first["threshold"] - 45) < 5
    assert found.candidates.query("node == 0 and chosen")["term"].tolist() == ["recency_days"]
    assert found.candidates.query("node == 0")["gini_decrease_rank"].min() == 1


def test_conditions_read_as_people_write_them() -> None:
    assert [str(classification.Condition(*parts)) for parts in (
        ("recency_days", "range", 12.0, 45.5), ("orders", "range", -np.inf, 3.0), ("orders", "range", 3.0),
        ("country", "is", 0, 0, "UK"), ("country", "is_not", 0, 0, "UK"), ("rating", "unknown"),
    )] == ["12 < recency_days ≤ 45.5", "orders ≤ 3", "orders > 3", "country is UK", "country is not UK",
           "rating is unknown"]  # fmt: skip
