"""Fisher's exact test for many rules at once, and the number of rules that a search could have returned."""

from __future__ import annotations

from math import comb

import numpy as np
from scipy import stats

__all__ = ["fisher_exact", "search_space"]


def fisher_exact(n: int | np.ndarray, n_a: np.ndarray, n_c: np.ndarray, n_ac: np.ndarray) -> np.ndarray:
    """One-sided p-value: the chance of at least `n_ac` joint baskets if antecedent and consequent were independent.

    The hypergeometric upper tail P(X >= n_ac), given n_a and n_c: Fisher's exact test with the alternative "greater",
    the test that arules' `is.significant` uses. It counts baskets as independent; where one customer has many baskets
    it is too optimistic (see `permute_customers`).

    Parameters
    ----------
    n : int or array_like of int, shape (n_rules,)
        Number of baskets.
    n_a, n_c, n_ac : array_like of int, shape (n_rules,)
        Baskets that hold the antecedent, the consequent, both.

    Returns
    -------
    ndarray, shape (n_rules,)
        1 where the joint count is as small as it can be.

    Examples
    --------
    Fisher's tea tasting, 3 of 4 cups right:

    >>> float(fisher_exact(8, [4], [4], [3])[0].round(4))
    0.2429
    """
    total, n_a, n_c, n_ac = (np.atleast_1d(np.asarray(values, dtype=np.int64)) for values in (n, n_a, n_c, n_ac))
    tail = stats.hypergeom.sf(n_ac - 1, total, n_a, n_c)
    return np.clip(np.where(n_ac <= np.maximum(0, n_a + n_c - total), 1.0, tail), 0.0, 1.0)


def search_space(n_items: int, *, max_length: int, multiple_consequents: bool = False) -> int:
    """Number of rules that a search over `n_items` items could have returned.

    With one item as consequent, each set of k items gives k rules; with any consequent, 2**k - 2. Correcting over this
    number is right for rules judged by the data they were found in (Webb, 2007, "Discovering significant patterns").

    >>> search_space(4, max_length=2), search_space(4, max_length=3), search_space(3, max_length=3)
    (12, 24, 9)
    """
    longest = min(max_length, n_items)
    return sum(comb(n_items, k) * (2**k - 2 if multiple_consequents else k) for k in range(2, longest + 1))
