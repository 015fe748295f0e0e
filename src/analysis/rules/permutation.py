"""A permutation test that moves whole customers, so that it does not take their baskets for independent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from analysis.errors import AnalysisError
from analysis.rules.baskets import Baskets
from analysis.rules.counts import holds
from analysis.rules.generation import Rules

__all__ = ["Permutation", "permute_customers"]

#: Joint baskets of each rule, shape (n_rules,), when each basket's consequents come from the basket that is named.
_Joint: TypeAlias = Callable[[np.ndarray], np.ndarray]
#: Baskets that are exchanged and packed, and those that are compared as bits, in the time of one from a list.
_PACKING, _WORDS = 6, 300


@dataclass(frozen=True)
class Permutation:
    """What customers' exchange says about each rule.

    Attributes
    ----------
    p_value : ndarray, shape (n_rules,)
        Share of exchanges, the observed one included, with at least as many joint baskets.
    p_adjusted : ndarray, shape (n_rules,)
        The same for the largest standardised count over all rules: controls the chance of any false rule among them.
    expected : ndarray, shape (n_rules,)
        Joint baskets expected if the two sides were unrelated across customers.
    exchanged : float
        Share of the baskets whose customer has a partner with the same number of baskets; the others stay in place,
        which makes the test more cautious.
    permutations : int
    """

    p_value: np.ndarray
    p_adjusted: np.ndarray
    expected: np.ndarray
    exchanged: float
    permutations: int


def permute_customers(rules: Rules, data: Baskets, *, permutations: int = 999, seed: int = 0) -> Permutation:
    """Test each rule by exchanging whole customers.

    Among customers with the same number of baskets, the consequents of one customer's baskets, in their order, are
    given to the antecedents of another's. Both sides keep their counts and every customer's habits; only the link
    between the two sides is cut. Adjusted p-values are the single-step maximum of Westfall and Young (1993) over the
    counts standardised by the mean and standard deviation of the exchanges.

    Parameters
    ----------
    rules : Rules
    data : Baskets
        Baskets that the rules were not mined from.
    permutations : int
        Number of exchanges; the smallest possible p-value is 1 / (permutations + 1).
    seed : int

    Returns
    -------
    Permutation

    Raises
    ------
    AnalysisError
        If `permutations` is below 1.
    """
    if permutations < 1:
        raise AnalysisError(f"permutations must be at least 1, got {permutations}")
    groups = _exchangeable(data)
    moved = sum(group.size for group in groups if len(group) > 1)
    if len(rules) == 0 or data.n == 0:
        nothing = np.ones(len(rules))
        return Permutation(nothing, nothing, np.zeros(len(rules)), moved / max(data.n, 1), permutations)
    counts = _counts(rules, data, groups, permutations, np.random.default_rng(seed))
    expected, spread = counts.mean(axis=0), counts.std(axis=0)
    p_value = (counts >= counts[0]).mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(spread > 0, (counts - expected) / spread, -np.inf)
    highest = np.sort(score.max(axis=1))
    # rounding must not tell apart scores that come from equal counts
    above = len(highest) - np.searchsorted(highest, score[0] - 1e-9, side="left")
    p_adjusted = np.where(spread > 0, above / len(highest), 1.0)
    return Permutation(p_value, np.maximum(p_adjusted, p_value), expected, moved / data.n, permutations)


def _exchangeable(data: Baskets) -> list[np.ndarray]:
    """For each number of baskets k, the positions of the customers' baskets, shape (n_customers, k)."""
    order = np.argsort(data.clusters, kind="stable")
    size = np.bincount(data.clusters)
    start = np.concatenate([[0], np.cumsum(size)[:-1]]).astype(np.int64)
    return [order[start[size == k][:, None] + np.arange(k)] for k in np.unique(size)]


def _counts(
    rules: Rules, data: Baskets, groups: list[np.ndarray], permutations: int, generator: np.random.Generator
) -> np.ndarray:
    """Joint baskets of each rule as observed (row 0) and in each exchange, shape (permutations + 1, n_rules)."""
    sides, which = np.unique(rules.consequents, axis=0, return_inverse=True)
    right, left = np.ascontiguousarray(holds(data, sides).T), np.ascontiguousarray(holds(data, rules.antecedents).T)
    joint = (_packed_joint if _dense(left, right) else _listed_joint)(left, right, which.ravel())
    partner = np.arange(data.n)
    counts = np.empty((permutations + 1, len(rules)))
    for row in range(permutations + 1):
        if row:
            for group in groups:
                partner[group] = group[generator.permutation(len(group))]
        counts[row] = joint(partner)
    return counts


def _dense(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether baskets are counted faster as bits of words than one by one."""
    return int(np.count_nonzero(left)) > right.size // _PACKING + left.size // _WORDS


def _listed_joint(left: np.ndarray, right: np.ndarray, which: np.ndarray) -> _Joint:
    """Joint baskets of each rule, from a list of the baskets that hold its antecedent."""
    rule, basket = np.nonzero(left)
    offset, flat = which[rule] * right.shape[1], right.ravel()
    return lambda partner: np.bincount(rule[flat[offset + partner[basket]]], minlength=len(left))


def _packed_joint(left: np.ndarray, right: np.ndarray, which: np.ndarray) -> _Joint:
    """The same from bits: 64 baskets in a word."""
    kept = _words(left)

    def joint(partner: np.ndarray) -> np.ndarray:
        both = kept & _words(right.take(partner, axis=1))[which]
        return np.asarray(np.bitwise_count(both).sum(axis=1, dtype=np.int64))

    return joint


def _words(flags: np.ndarray) -> np.ndarray:
    """Rows of bools as bits of words, shape (rows, ceil(columns / 64))."""
    packed = np.packbits(flags, axis=1)
    padded = np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8)))
    return np.ascontiguousarray(padded).view(np.uint64)
