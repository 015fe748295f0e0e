"""Rules from frequent itemsets: every split of an itemset into antecedent and consequent, with its measures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.multiplicity import adjust
from analysis.rules.baskets import Baskets
from analysis.rules.eclat import packed
from analysis.rules.itemsets import Itemsets
from analysis.rules.measures import measures
from analysis.rules.significance import log10_fisher, p_from_log10, search_space

__all__ = ["Rules", "association_rules", "join_labels", "members_of"]

FAMILIES = ("all", "closed", "maximal")


@dataclass(frozen=True)
class Rules:
    """Rules found in some baskets.

    Attributes
    ----------
    antecedents, consequents : ndarray of int32, shape (n_rules, longest)
        Members as columns of the baskets' matrix, ascending, filled up with -1.
    figures : DataFrame, shape (n_rules, …)
        count, antecedent_count, consequent_count (baskets), the measures of `measures`, p_value (Fisher's exact test
        on the same baskets) with its decimal logarithm log10_p_value, and p_searched (corrected over every rule that
        the search could have returned); after `prune` also improvement, simpler_confidence and p_improvement.
    baskets : Baskets
        Where they were found.
    searched : int
        Size of the space searched, the family of `p_searched`.
    correction : str
        How `p_searched` was corrected.
    eligible : int
        Rules before `prune` kept only the first so many; else their number.
    """

    antecedents: np.ndarray
    consequents: np.ndarray
    figures: pd.DataFrame
    baskets: Baskets
    searched: int
    correction: str
    eligible: int

    def __len__(self) -> int:
        return len(self.antecedents)

    @property
    def single(self) -> np.ndarray:
        """Whether the consequent is one item, shape (n_rules,)."""
        return (self.consequents >= 0).sum(axis=1) == 1

    @property
    def length(self) -> np.ndarray:
        """Items in the rule, both sides, shape (n_rules,)."""
        return (self.antecedents >= 0).sum(axis=1) + (self.consequents >= 0).sum(axis=1)

    @property
    def table(self) -> pd.DataFrame:
        """Tidy: antecedent and consequent as text, their ids as sorted tuples, then `figures`."""
        sides = {"antecedent": self.antecedents, "consequent": self.consequents}
        texts = {name: join_labels(side, self.baskets.labels) for name, side in sides.items()}
        ids = {f"{name}_ids": _ids(side, self.baskets.items) for name, side in sides.items()}
        return pd.DataFrame(texts | ids).join(self.figures)

    def take(self, index: np.ndarray) -> Rules:
        """The rules that a mask or positions choose, in that order."""
        return replace(
            self,
            antecedents=self.antecedents[index],
            consequents=self.consequents[index],
            figures=self.figures.iloc[np.arange(len(self))[index]].reset_index(drop=True),
        )


def association_rules(
    found: Itemsets,
    *,
    min_confidence: float,
    min_lift: float = 0.0,
    max_consequent: int = 1,
    itemsets: str = "all",
    only_consequents: Sequence[str] = (),
    never_consequents: Sequence[str] = (),
    correction: str = "holm",
) -> Rules:
    """Rules whose support comes from the itemsets and whose confidence is at least `min_confidence`.

    Parameters
    ----------
    found : Itemsets
    min_confidence : float
        Smallest share of baskets with the antecedent that also hold the consequent, 0 to 1.
    min_lift : float
        Smallest lift.
    max_consequent : int
        Most items in a consequent. 1 is what arules returns; mlxtend's `association_rules` knows no limit. Rules with
        several are told apart by `Rules.single`.
    itemsets : {"all", "closed", "maximal"}
        Rules from all itemsets, from those without an equally frequent longer one, or from those without any frequent
        longer one.
    only_consequents, never_consequents : sequence of str
        Item ids that alone may, or must never, stand in a consequent.
    correction : {"holm", "bh", "by"}
        For `p_searched`.

    Returns
    -------
    Rules
        Ordered by length, then by the items' order; empty where nothing passes.

    Raises
    ------
    AnalysisError
        If a parameter is out of range or names an item that no basket holds.

    Examples
    --------
    >>> from analysis.rules import frequent_itemsets, from_lists
    >>> found = frequent_itemsets(from_lists([["A", "B"], ["C", "D"], ["A", "E"]]), min_support=0.3)
    >>> rules = association_rules(found, min_confidence=0.5).table
    >>> rules[["antecedent", "consequent", "count", "confidence"]].values.tolist()[0]
    ['A', 'B', 1, 0.5]
    """
    _check(min_confidence, min_lift, max_consequent, itemsets)
    data = found.baskets
    allowed = np.ones(len(data.items), dtype=bool)
    if len(only_consequents):
        allowed[:] = False
        allowed[data.codes(only_consequents, parameter="only_consequents")] = True
    if len(never_consequents):
        allowed[data.codes(never_consequents, parameter="never_consequents")] = False
    parts = []
    for antecedent, consequent, counts in _splits(found, max_consequent, itemsets):
        n_a, n_c, n_ac = counts.T
        good = (n_ac >= min_confidence * n_a) & allowed[consequent].all(axis=1)
        good &= n_ac.astype(float) * data.n >= min_lift * n_a.astype(float) * n_c
        kept = np.flatnonzero(good)
        parts.append((antecedent.take(kept, axis=0), consequent.take(kept, axis=0), counts.take(kept, axis=0)))
    antecedents, consequents = (_stack([part[side] for part in parts]) for side in (0, 1))
    counts = np.concatenate([np.empty((0, 3), dtype=np.int64), *(part[2] for part in parts)])
    order = _order(antecedents, consequents)
    n_items = len(found.levels[0]) if found.levels else 0
    searched = search_space(n_items, max_length=found.max_length, multiple_consequents=max_consequent > 1)
    figures = _figures(data.n, counts.take(order, axis=0), searched, correction)
    antecedents, consequents = antecedents.take(order, axis=0), consequents.take(order, axis=0)
    return Rules(antecedents, consequents, figures, data, searched, correction, len(order))


def members_of(side: np.ndarray) -> list[tuple[int, ...]]:
    """Rows filled up with -1 as tuples of codes."""
    return [tuple(code for code in row if code >= 0) for row in side.tolist()]


def join_labels(side: np.ndarray, labels: Sequence[str]) -> pd.Series:
    """Names of the members of each row, joined by a plus sign."""
    return pd.Series([" + ".join(labels[code] for code in row) for row in members_of(side)], dtype=object)


def _check(min_confidence: float, min_lift: float, max_consequent: int, itemsets: str) -> None:
    problems = []
    if not 0 <= min_confidence <= 1:
        problems.append(f"min_confidence must lie between 0 and 1, got {min_confidence}")
    if not min_lift >= 0:
        problems.append(f"min_lift must be at least 0, got {min_lift}")
    if max_consequent < 1:
        problems.append(f"max_consequent must be at least 1, got {max_consequent}")
    if itemsets not in FAMILIES:
        problems.append(f"itemsets must be one of {', '.join(FAMILIES)}, got {itemsets!r}")
    if problems:
        raise AnalysisError("association rules: " + "; ".join(problems))


def _splits(found: Itemsets, max_consequent: int, itemsets: str) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Antecedents, consequents and (n_a, n_c, n_ac) of every way to split the itemsets of each length."""
    for k in range(2, len(found.levels) + 1):
        members, counts, count_of = found.levels[k - 1], found.counts[k - 1], found.parts(k)
        chosen = np.arange(len(members))
        if itemsets != "all":
            chosen = np.flatnonzero((found.closed if itemsets == "closed" else found.maximal)[k - 1])
            members = members.take(chosen, axis=0)
        for size in range(1, min(max_consequent, k - 1) + 1):
            for right in combinations(range(k), size):
                left = [column for column in range(k) if column not in right]
                sides = np.stack([count_of(left), count_of(right), counts], axis=1)
                yield members[:, left], members[:, right], sides if itemsets == "all" else sides.take(chosen, axis=0)


def _stack(parts: list[np.ndarray]) -> np.ndarray:
    """The rows of all, each filled up with -1 to the longest."""
    shape = sum(map(len, parts)), max((part.shape[1] for part in parts), default=0)
    stacked, filled = np.full(shape, -1, dtype=np.int32), 0
    for part in parts:
        stacked[filled : filled + len(part), : part.shape[1]] = part
        filled += len(part)
    return stacked


def _order(antecedents: np.ndarray, consequents: np.ndarray) -> np.ndarray:
    """Shorter rules first, then in the order of the items."""
    members = np.column_stack([antecedents, consequents])
    return np.lexsort((*packed(members + 1)[::-1], (members >= 0).sum(axis=1)))


def _figures(n: int, counts: np.ndarray, searched: int, correction: str) -> pd.DataFrame:
    n_a, n_c, n_ac = counts.T
    frame = pd.DataFrame({"count": n_ac, "antecedent_count": n_a, "consequent_count": n_c})
    frame = frame.join(measures(n, n_a, n_c, n_ac))
    frame["log10_p_value"] = log10_fisher(n, n_a, n_c, n_ac)
    frame["p_value"] = p_from_log10(frame["log10_p_value"].to_numpy())
    frame["p_searched"] = adjust(frame["p_value"].to_numpy(), method=correction, n_tests=searched)
    return frame


def _ids(side: np.ndarray, items: np.ndarray) -> pd.Series:
    return pd.Series([tuple(items[code] for code in row) for row in members_of(side)], dtype=object)
