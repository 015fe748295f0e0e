"""Fisher's exact test for many rules at once, and corrections over a family of tests that is named."""

from __future__ import annotations

from math import comb

import numpy as np
from scipy import stats

from analysis.errors import AnalysisError

__all__ = ["CORRECTIONS", "adjust", "fisher_exact", "search_space"]

#: Corrections by name: Holm (1979) bounds the chance of any false rule, Benjamini and Hochberg (1995) the share of
#: false rules among those reported; that of Benjamini and Yekutieli (2001) does so under any dependence.
CORRECTIONS = ("holm", "bh", "by")


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


def adjust(p_values: np.ndarray, *, method: str = "holm", n_tests: int | None = None) -> np.ndarray:
    """p-values corrected over a family of tests.

    Parameters
    ----------
    p_values : array_like, shape (n,)
        p-values of members of the family.
    method : {"holm", "bh", "by"}
        Holm, Benjamini-Hochberg or Benjamini-Yekutieli.
    n_tests : int, optional
        Size of the family; by default n. Larger where only the members that passed some threshold are given, such as
        every rule that a search could have returned: the others count as p = 1.

    Returns
    -------
    ndarray, shape (n,)
        In the order given.

    Raises
    ------
    AnalysisError
        If the method is unknown, or the family is smaller than n.

    Examples
    --------
    >>> adjust([.52, .12, .0001, .03, .14], method="bh").round(4).tolist()
    [0.52, 0.175, 0.0005, 0.075, 0.175]
    """
    p = np.asarray(p_values, dtype=np.float64)
    size = len(p) if n_tests is None else n_tests
    if method not in CORRECTIONS:
        raise AnalysisError(f"correction must be one of {', '.join(CORRECTIONS)}; got {method!r}")
    if size < len(p):
        raise AnalysisError(f"a family of {size} tests cannot hold {len(p)} p-values")
    if len(p) == 0:
        return p
    order = np.argsort(p, kind="stable")
    rank = np.arange(1, len(p) + 1)
    if method == "holm":
        raw = np.maximum.accumulate(p[order] * (float(size) - rank + 1))
    else:
        factor = float(size) * (_harmonic(size) if method == "by" else 1.0)
        raw = np.minimum.accumulate((p[order] * factor / rank)[::-1])[::-1]
    result = np.empty_like(p)
    result[order] = np.minimum(raw, 1.0)
    return result


def search_space(n_items: int, *, max_length: int, multiple_consequents: bool = False) -> int:
    """Number of rules that a search over `n_items` items could have returned.

    With one item as consequent, each set of k items gives k rules; with any consequent, 2**k - 2. Correcting over this
    number is right for rules judged by the data they were found in (Webb, 2007, "Discovering significant patterns").

    >>> search_space(4, max_length=2), search_space(4, max_length=3), search_space(3, max_length=3)
    (12, 24, 9)
    """
    longest = min(max_length, n_items)
    return sum(comb(n_items, k) * (2**k - 2 if multiple_consequents else k) for k in range(2, longest + 1))


def _harmonic(n: int) -> float:
    if n <= 1_000_000:
        return float(np.sum(1.0 / np.arange(1, n + 1)))
    return float(np.log(float(n)) + np.euler_gamma + 1 / (2 * float(n)))
