"""What the sizes of baskets alone explain: large baskets hold more of everything, so that unrelated products meet.

Lift and Fisher's exact test compare with baskets that are all alike. Here the comparison is with baskets that keep
their sizes while the lines are dealt out anew, as in swap randomisation (Gionis, Mannila, Mielikäinen and Tsaparas,
2007), by a formula instead of many shuffles.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from analysis.rules.baskets import Baskets
from analysis.rules.counts import holds
from analysis.rules.generation import Rules, members_of

__all__ = ["expected_by_size", "size_p_values"]

#: Cells of a dense baskets x rules table that may be in memory at once.
_BLOCK_CELLS = 25_000_000
#: Rounds of the fit, and the relative change at which it ends.
_ITERATIONS = 200
_CLOSE = 1e-6


def expected_by_size(rules: Rules, data: Baskets) -> np.ndarray:
    """Joint baskets of each rule if, beside the antecedent, every basket that holds it were filled by chance.

    An item is in a basket of s items with probability p, whose odds are a factor of the item times a factor of the
    size, such that every item comes to its own count and every basket to its own size (the model of Rasch, fitted by
    iteration). Of the consequent, given the antecedent of a items, p times (s - a) / (s - sum of the antecedent's p) is
    expected, because the antecedent has taken a of the s places.

    Parameters
    ----------
    rules : Rules
    data : Baskets

    Returns
    -------
    ndarray, shape (n_rules,)
    """
    sizes, size_of = np.unique(np.diff(data.matrix.indptr), return_inverse=True)
    frequency = np.bincount(size_of, minlength=len(sizes))
    expected = np.zeros(len(rules))
    if not len(rules) or not data.matrix.nnz:
        return expected
    sold = np.flatnonzero(data.item_counts)
    chance = np.zeros((len(data.items), len(sizes)))
    chance[sold] = _chances(data.item_counts[sold], sizes, frequency)
    sides = list(zip(members_of(rules.antecedents), members_of(rules.consequents), strict=True))
    step = max(1, _BLOCK_CELLS // max(data.n, 1))
    for start in range(0, len(rules), step):
        left = holds(data, rules.antecedents[start : start + step])
        for row, (antecedent, consequent) in enumerate(sides[start : start + step], start=start):
            by_size = np.bincount(size_of[left[:, row - start]], minlength=len(sizes))
            taken = sizes - chance[list(antecedent)].sum(axis=0)
            room = np.where(taken > 0, np.maximum(sizes - len(antecedent), 0) / np.where(taken > 0, taken, 1), 0.0)
            expected[row] = by_size @ np.minimum(chance[list(consequent)] * room, 1.0).prod(axis=0)
    return expected


def size_p_values(count: np.ndarray, expected: np.ndarray, widening: np.ndarray) -> np.ndarray:
    """One-sided p-values of joint counts against those that sizes explain.

    The Poisson tail, which is never narrower than that of baskets of different chances; counts and expectation are
    divided by the design effect of customers, the square of `widening` (1 where unknown).

    >>> size_p_values(np.array([20, 0]), np.array([8.0, 8.0]), np.array([1.0, np.nan])).round(5).tolist()
    [0.00025, 1.0]
    """
    effect = np.where(np.isfinite(widening), np.maximum(widening, 1.0), 1.0) ** 2
    count, expected = np.asarray(count, dtype=np.float64) / effect, np.asarray(expected, dtype=np.float64) / effect
    return np.where(count > 0, special.gammainc(np.where(count > 0, count, 1.0), expected), 1.0)


def _chances(counts: np.ndarray, sizes: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """For each item and size of basket, the chance of the item, shape (n_items, n_sizes)."""
    n, width = float(frequency.sum()), float(len(counts))
    # who is in every basket, or a basket that holds everything, would have infinite odds
    wanted, full = np.minimum(counts, n - 0.5), np.clip(sizes, 0.0, width - 0.5)
    wanted = np.maximum(wanted, 1e-9)
    item, size = wanted / (n - wanted), np.ones(len(sizes))
    for _ in range(_ITERATIONS):
        odds = item[:, None] * size
        reached = np.clip((odds / (1 + odds)).sum(axis=0), 1e-12, width - 1e-9)
        size = size * (full / (width - full)) / (reached / (width - reached))
        odds = item[:, None] * size
        count = np.clip((odds / (1 + odds)) @ frequency, 1e-12, n - 1e-9)
        change = (wanted / (n - wanted)) / (count / (n - count))
        item = item * change
        if np.abs(change - 1).max() < _CLOSE:
            break
    odds = item[:, None] * size
    return np.asarray(odds / (1 + odds))
