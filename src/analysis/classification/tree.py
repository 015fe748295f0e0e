"""A decision tree of two-way splits by Gini decrease, information gain or gain ratio.

scikit-learn has no gain ratio; this tree has all three criteria, and with the first two makes the same splits as
scikit-learn does. As in C4.5 a column's threshold is the one of most information gain, and the gain ratio chooses among
the columns whose gain is at least the mean gain of those that gain at all (Quinlan 1993, sections 2.3 and 2.4): a split
that parts off a handful of rows has a high ratio and says little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from analysis.classification.criteria import measures_of
from analysis.errors import AnalysisError

__all__ = ["Criterion", "DecisionTree", "Node"]

Floats = NDArray[np.float64]
Criterion = Literal["gini", "entropy", "gain_ratio"]
_MEASURE = {"gini": "gini_decrease", "entropy": "gain", "gain_ratio": "gain_ratio"}


@dataclass(frozen=True)
class Node:
    """One node of a tree.

    Parameters
    ----------
    number, parent : int
        In order of depth-first growth, left before right; the root is 0 and its parent -1.
    side : str
        `left` (at most the threshold), `right` (above it), or `root`.
    depth : int
    n : int
        Training rows in it.
    ones : float
        Those with label 1.
    term : int
        Position of the column it is split by; -1 for a leaf.
    threshold : float
    left, right : int
        Numbers of its parts; -1 for a leaf.
    """

    number: int
    parent: int
    side: Literal["root", "left", "right"]
    depth: int
    n: int
    ones: float
    term: int = -1
    threshold: float = float("nan")
    left: int = -1
    right: int = -1

    @property
    def leaf(self) -> bool:
        """Whether it is not split."""
        return self.term < 0


class DecisionTree(ClassifierMixin, BaseEstimator):
    """A tree of two-way splits on numbers, as a scikit-learn classifier.

    Parameters
    ----------
    criterion : "gini", "entropy" or "gain_ratio"
    max_depth : int
        Most splits one after the other.
    min_leaf : int
        Fewest training rows in a leaf.
    smoothing : float
        A leaf's probability is (ones + smoothing · share at the root) ÷ (rows + smoothing), so that a pure leaf is not
        certain (Cestnik 1990, the m-estimate).

    Examples
    --------
    >>> tree = DecisionTree(max_depth=1, min_leaf=1).fit([[1.0], [2.0], [3.0], [4.0]], [0, 0, 1, 1])
    >>> tree.nodes_[0].threshold, tree.predict_proba([[2.4], [2.6]])[:, 1].tolist()
    (2.5, [0.0, 1.0])
    """

    def __init__(
        self, *, criterion: Criterion = "gini", max_depth: int = 4, min_leaf: int = 20, smoothing: float = 0.0
    ) -> None:
        self.criterion = criterion
        self.max_depth = max_depth
        self.min_leaf = min_leaf
        self.smoothing = smoothing

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Grow the tree."""
        if self.criterion not in _MEASURE:
            raise AnalysisError(f"criterion must be one of {', '.join(_MEASURE)}; got {self.criterion!r}")
        matrix, label = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = matrix.shape[1]
        self._nodes: list[Node] = []
        self._candidates: list[pd.DataFrame] = []
        self._grow(matrix, label, np.arange(len(label)), -1, "root", 0)
        self.nodes_ = tuple(self._nodes)
        parts = [part for part in self._candidates if len(part)]
        self.candidates_ = pd.concat(parts, ignore_index=True) if parts else _candidates(0, [])
        return self

    def apply(self, X: ArrayLike, *, max_depth: int | None = None) -> NDArray[np.intp]:
        """The number of the leaf, or of the node at `max_depth`, that each row falls into."""
        matrix = np.asarray(X, dtype=float)
        where = np.zeros(len(matrix), dtype=np.intp)
        for node in self.nodes_:
            if not node.leaf and (max_depth is None or node.depth < max_depth):
                here = where == node.number
                where[here] = np.where(matrix[here, node.term] <= node.threshold, node.left, node.right)
        return where

    def predict_proba(self, X: ArrayLike, *, max_depth: int | None = None) -> Floats:
        """Probabilities of 0 and 1, shape (rows, 2); with `max_depth` those of the tree that was grown so far alone."""
        root = self.nodes_[0]
        prior = root.ones / root.n
        shares = np.array([(node.ones + self.smoothing * prior) / (node.n + self.smoothing) for node in self.nodes_])
        chance = shares[self.apply(X, max_depth=max_depth)]
        return np.column_stack([1 - chance, chance])

    def predict(self, X: ArrayLike) -> NDArray[np.intp]:
        """1 where the probability is above one half."""
        return (self.predict_proba(X)[:, 1] > 0.5).astype(np.intp)

    def _grow(
        self, matrix: Floats, y: Floats, rows: NDArray[np.intp], parent: int, side: Literal["root", "left", "right"],
        depth: int,
    ) -> int:  # fmt: skip
        number = len(self._nodes)
        plain = Node(number, parent, side, depth, len(rows), float(y[rows].sum()))
        self._nodes.append(plain)
        if depth >= self.max_depth or len(rows) < 2 * self.min_leaf or plain.ones in (0, plain.n):
            return number
        splits = [
            found
            for term in range(matrix.shape[1])
            if (found := _best(matrix[rows, term], y[rows], term, self.min_leaf, self.criterion)) is not None
        ]
        self._candidates.append(_candidates(number, splits))
        chosen = self._choose(splits)
        if chosen is None:
            return number
        below = matrix[rows, chosen.term] <= chosen.threshold
        left = self._grow(matrix, y, rows[below], number, "left", depth + 1)
        right = self._grow(matrix, y, rows[~below], number, "right", depth + 1)
        self._nodes[number] = Node(
            number, parent, side, depth, plain.n, plain.ones, chosen.term, chosen.threshold, left, right
        )
        return number

    def _choose(self, splits: list[_Split]) -> _Split | None:
        """The best split by the criterion; the first of equals; None where none gains."""
        useful = [split for split in splits if split.gain > 1e-12]
        if not useful:
            return None
        if self.criterion == "gain_ratio":
            mean = sum(split.gain for split in useful) / len(useful)
            useful = [split for split in useful if split.gain >= mean - 1e-12]
        return max(useful, key=lambda split: (getattr(split, _MEASURE[self.criterion]), -split.term))


@dataclass(frozen=True)
class _Split:
    term: int
    threshold: float
    n_left: int
    n_right: int
    ones_left: float
    ones_right: float
    gain: float
    split_information: float
    gain_ratio: float
    gini_decrease: float


def _best(values: Floats, y: Floats, term: int, min_leaf: int, criterion: Criterion) -> _Split | None:
    """The threshold of a column that is best by Gini decrease, or for the other criteria by gain."""
    order = np.argsort(values, kind="stable")
    ascending, ones = values[order], y[order].cumsum()
    n = len(values)
    at = np.flatnonzero(np.diff(ascending) > 0)  # a threshold lies between two different values
    at = at[(at + 1 >= min_leaf) & (n - at - 1 >= min_leaf)]
    if not len(at):
        return None
    left, total = at + 1.0, float(ones[-1])
    found = measures_of(np.column_stack([left, n - left]), np.column_stack([ones[at], total - ones[at]]))
    best = int(np.argmax(found.gini_decrease if criterion == "gini" else found.gain))
    below, above = ascending[at[best]], ascending[at[best] + 1]
    middle = below + (above - below) / 2
    measured = (found.gain, found.split_information, found.gain_ratio, found.gini_decrease)
    return _Split(
        term, float(middle if middle < above else below), int(left[best]), int(n - left[best]), float(ones[at[best]]),
        float(total - ones[at[best]]), *(float(part[best]) for part in measured),
    )  # fmt: skip


def _candidates(node: int, splits: list[_Split]) -> pd.DataFrame:
    columns = ["term", "threshold", "n_left", "n_right", "ones_left", "ones_right",
               "gain", "split_information", "gain_ratio", "gini_decrease"]  # fmt: skip
    table = pd.DataFrame([[getattr(split, name) for name in columns] for split in splits], columns=columns)
    table.insert(0, "node", node)
    return table
