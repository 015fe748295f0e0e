"""Cross-sell by association rules: what goes with products that the customer owns already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from analysis.errors import AnalysisError
from analysis.recommendation.interactions import Interactions
from analysis.recommendation.models import BLOCK_PRODUCTS, Owned
from analysis.recommendation.selection import Lists, best, row_blocks, stacked

__all__ = ["RuleScores", "rule_scores"]

Ints = NDArray[np.intp]


@dataclass(frozen=True)
class RuleScores:
    """A product's score is the highest confidence among the rules that name it and whose products are all owned.

    Attributes
    ----------
    name : str
    bought : csr_array, shape (customers, products)
    antecedents : csr_array, shape (rules, products)
        1 where a product is on the rule's left side.
    consequents : csr_array, shape (rules, products)
        The rule's confidence where a product is on its right side. Rules stand in ascending order of confidence.
    lost : int
        Rules left out because a product of theirs is unknown.
    """

    name: str
    bought: sparse.csr_array
    antecedents: sparse.csr_array
    consequents: sparse.csr_array
    lost: int = 0

    def best(self, rows: Ints, k: int, *, owned: Owned = "exclude", offered: NDArray[np.bool_] | None = None) -> Lists:
        parts = []
        work = np.diff(self.bought.indptr)[rows] * max(self.antecedents.shape[0] // 8, 1)
        turned, size = self.antecedents.T.tocsr(), np.diff(self.antecedents.indptr)
        for part in row_blocks(work, BLOCK_PRODUCTS):
            mine = self.bought[rows[part]]
            owns = sparse.csr_array((np.ones(mine.nnz), mine.indices, mine.indptr), mine.shape)
            count = (owns @ turned).tocsr()
            row = np.repeat(np.arange(count.shape[0]), np.diff(count.indptr))
            fires = count.data == size[count.indices]
            scores = self._highest(row[fires], count.indices[fires], count.shape[0])
            parts.append(best(scores, k, without=mine if owned == "exclude" else None, offered=offered))
        return stacked(parts, k)

    def serving(self, bought: Interactions) -> RuleScores:
        return replace(self, bought=bought.counts)

    def _highest(self, row: Ints, rule: Ints, height: int) -> sparse.csr_array:
        """For each customer and product the confidence of the best rule that fires."""
        number = np.diff(self.consequents.indptr)[rule]
        start = np.repeat(self.consequents.indptr[rule], number)
        place = start + np.arange(len(start)) - np.repeat(np.cumsum(number) - number, number)
        column, value, row = self.consequents.indices[place], self.consequents.data[place], np.repeat(row, number)
        order = np.lexsort((-value, column, row))
        row, column, value = row[order], column[order], value[order]
        first = np.ones(len(row), dtype=bool)
        first[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
        shape = (height, self.bought.shape[1])
        return sparse.coo_array((value[first], (row[first], column[first])), shape=shape).tocsr()


def rule_scores(
    bought: Interactions, rules: pd.DataFrame, *, only_held_up: bool = True, name: str = "rules"
) -> RuleScores:
    """Rank by association rules.

    Parameters
    ----------
    bought : Interactions
    rules : DataFrame
        As `analysis.rules` gives them: antecedent_ids, consequent_ids (sequences of product ids), confidence and, where
        they were measured again, held_up. To be judged on purchases after a cut-off they must be mined, and measured
        again, on baskets before it.
    only_held_up : bool
        Leave out rules that did not hold up, where the frame says so.

    Raises
    ------
    AnalysisError
        If a column is missing.

    Examples
    --------
    >>> from analysis.recommendation.interactions import interactions
    >>> rows = pd.DataFrame({"customer_key": [1, 2, 2], "product_id": ["tea", "tea", "milk"]})
    >>> mined = pd.DataFrame({"antecedent_ids": [["tea"]], "consequent_ids": [["milk"]], "confidence": [0.6]})
    >>> rule_scores(interactions(rows), mined).best(np.array([0, 1]), 1).scores.tolist()
    [[0.6], [nan]]
    """
    needed = ("antecedent_ids", "consequent_ids", "confidence")
    if missing := [column for column in needed if column not in rules.columns]:
        raise AnalysisError(f"recommendation: the rules have no column {', '.join(missing)}")
    kept = rules[rules["held_up"].astype(bool)] if only_held_up and "held_up" in rules.columns else rules
    sides = [_places(bought, kept[column]) for column in needed[:2]]
    known = np.array([bool(a) and bool(c) and min(a) >= 0 and min(c) >= 0 for a, c in zip(*sides, strict=True)], bool)
    confidence = kept["confidence"].to_numpy(dtype=float)
    shape = (int(known.sum()), len(bought.products))
    left, right = ([item for item, flag in zip(side, known, strict=True) if flag] for side in sides)
    return RuleScores(
        name, bought.counts, _incidence(left, np.ones(len(left)), shape), _incidence(right, confidence[known], shape),
        int((~known).sum()),
    )  # fmt: skip


def _places(bought: Interactions, ids: Iterable[Iterable[object]]) -> list[list[int]]:
    sides = [list(item) for item in ids]
    flat = bought.products.get_indexer(pd.Index([name for side in sides for name in side])).tolist()
    ends = np.cumsum([len(side) for side in sides]).tolist()
    return [flat[end - len(side) : end] for end, side in zip(ends, sides, strict=True)]


def _incidence(sides: list[list[int]], values: NDArray[np.float64], shape: tuple[int, int]) -> sparse.csr_array:
    row = np.repeat(np.arange(len(sides)), [len(side) for side in sides])
    column = np.array([place for side in sides for place in side], dtype=np.intp)
    return sparse.coo_array((values[row], (row, column)), shape=shape).tocsr()
