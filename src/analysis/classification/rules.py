"""A decision tree for people: its nodes to be drawn, its rules in words, and every split that it weighed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.classification.models import Fitted
from analysis.classification.prepare import Term
from analysis.classification.tree import DecisionTree, Node
from analysis.shares import clopper_pearson

__all__ = ["Condition", "TreeView", "view"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Condition:
    """What a rule asks of one column.

    Parameters
    ----------
    column : str
    kind : str
        `range`: above `low` and at most `high` (either may be infinite); `is`, `is_not`: the level; `known`, `unknown`.
    low, high : float
    level : str
    """

    column: str
    kind: str
    low: float = -np.inf
    high: float = np.inf
    level: str = ""

    def __str__(self) -> str:
        if self.kind in ("known", "unknown"):
            return f"{self.column} is {self.kind}"
        if self.kind != "range":
            return f"{self.column} is {'' if self.kind == 'is' else 'not '}{self.level}"
        if self.low == -np.inf:
            return f"{self.column} ≤ {self.high:g}"
        if self.high == np.inf:
            return f"{self.column} > {self.low:g}"
        return f"{self.low:g} < {self.column} ≤ {self.high:g}"


@dataclass(frozen=True)
class TreeView:
    """A tree with what it says of training and of test rows.

    Parameters
    ----------
    criterion : str
    nodes : DataFrame
        node, parent, side, depth, left, right, leaf, column, kind (range, level or missing), threshold, level, n, share
        (of the event, training rows), low, high (Clopper-Pearson), n_test, share_test, test_low, test_high. A row goes
        left where its column is at most the threshold, lacks the level, or is known; `left_words`, `right_words` say
        so. -1 where there is no parent or part.
    rules : DataFrame
        One row a leaf, highest share first: node, rule (text), conditions (tuple of Condition), n, share, low, high,
        n_test, share_test, test_low, test_high, holds (the training share lies in the test interval).
    candidates : DataFrame
        Every split weighed at each inner node: node, term, column, threshold, n_left, n_right, gain,
        split_information, gain_ratio, gini_decrease, chosen; and the rank of each column at the node by gain,
        gain_ratio and gini_decrease (1 is best).
    """

    criterion: str
    nodes: pd.DataFrame
    rules: pd.DataFrame
    candidates: pd.DataFrame


def view(fitted: Fitted, test: pd.DataFrame, label: ArrayLike, *, level: float = 0.95) -> TreeView:
    """Read a fitted tree.

    Parameters
    ----------
    fitted : Fitted
        Of the model `tree`.
    test, label
        Rows that it was not fitted to, and their labels.
    level : float
    """
    tree: DecisionTree = fitted.estimator
    terms = fitted.preparer.terms_
    y = np.asarray(label, dtype=float)
    leaf_of = tree.apply(fitted.preparer.transform(test))
    inside = _below(tree.nodes_)
    rows = []
    for node in tree.nodes_:
        at = np.isin(leaf_of, inside[node.number])
        rows.append(
            (*_node(node, terms), *_share(node.n, node.ones, level), *_share(int(at.sum()), y[at].sum(), level))
        )
    names = [
        "node", "parent", "side", "depth", "left", "right", "leaf", "column", "kind", "threshold", "level",
        "left_words", "right_words", "n", "share", "low", "high", "n_test", "share_test", "test_low", "test_high",
    ]  # fmt: skip
    nodes = pd.DataFrame(rows, columns=names)
    return TreeView(str(tree.criterion), nodes, _rules(tree.nodes_, nodes, terms), _candidates(tree, terms))


def _share(n: int, ones: float, level: float) -> tuple[int, float, float, float]:
    low, high = clopper_pearson(ones, n, level=level)
    return n, ones / n if n else float("nan"), float(low), float(high)


def _below(nodes: tuple[Node, ...]) -> dict[int, list[int]]:
    """The leaves under each node."""
    found: dict[int, list[int]] = {}
    for node in reversed(nodes):  # parts have higher numbers than their parent
        found[node.number] = [node.number] if node.leaf else found[node.left] + found[node.right]
    return found


def _node(node: Node, terms: tuple[Term, ...]) -> tuple[object, ...]:
    place = (node.number, node.parent, node.side, node.depth, node.left, node.right, node.leaf)
    if node.leaf:
        return (*place, "", "", float("nan"), "", "", "")
    term = terms[node.term]
    kind = term.kind if term.kind in ("level", "missing") else "range"
    words = (str(_condition(term, node.threshold, side)) for side in ("left", "right"))
    return (*place, term.column, kind, node.threshold, term.level, *words)


def _condition(term: Term, threshold: float, side: str) -> Condition:
    left = side == "left"
    if term.kind == "level":
        return Condition(term.column, "is_not" if left else "is", level=term.level)
    if term.kind == "missing":
        return Condition(term.column, "known" if left else "unknown")
    return Condition(term.column, "range", high=threshold) if left else Condition(term.column, "range", low=threshold)


def _rules(nodes: tuple[Node, ...], table: pd.DataFrame, terms: tuple[Term, ...]) -> pd.DataFrame:
    rows = []
    for node in nodes:
        if not node.leaf:
            continue
        path: list[Condition] = []
        at = node
        while at.parent >= 0:
            above = nodes[at.parent]
            path.insert(0, _condition(terms[above.term], above.threshold, at.side))
            at = above
        conditions = _merged(path)
        rows.append((node.number, " and ".join(map(str, conditions)) or "everybody", conditions))
    rules = pd.DataFrame(rows, columns=["node", "rule", "conditions"])
    kept = ["node", "n", "share", "low", "high", "n_test", "share_test", "test_low", "test_high"]
    rules = rules.merge(table[kept], on="node")
    rules["holds"] = rules["share"].between(rules["test_low"], rules["test_high"])
    return rules.sort_values(["share", "node"], ascending=[False, True], kind="stable", ignore_index=True)


def _merged(path: list[Condition]) -> tuple[Condition, ...]:
    """Several asks of one column's range become one; what an `is` says makes every `is_not` of its column needless."""
    kept: dict[tuple[str, str, str], Condition] = {}
    settled = {item.column for item in path if item.kind == "is"}
    for item in path:
        if item.kind == "is_not" and item.column in settled:
            continue
        where = (item.column, item.kind, item.level)
        before = kept.get(where, item)
        kept[where] = Condition(
            item.column, item.kind, max(before.low, item.low), min(before.high, item.high), item.level
        )
    return tuple(kept.values())


def _candidates(tree: DecisionTree, terms: tuple[Term, ...]) -> pd.DataFrame:
    table = tree.candidates_.copy()
    table.insert(2, "column", [terms[int(number)].name for number in table["term"]])
    chosen = {node.number: node.term for node in tree.nodes_ if not node.leaf}
    table["chosen"] = [
        chosen.get(int(node), -1) == term for node, term in zip(table["node"], table["term"], strict=True)
    ]
    table["term"] = table.pop("column")
    for measure in ("gain", "gain_ratio", "gini_decrease"):
        ranks = table.groupby("node")[measure].rank(ascending=False, method="min")
        table[f"{measure}_rank"] = ranks.astype(int) if len(table) else ranks
    return table.drop(columns=["ones_left", "ones_right"])
