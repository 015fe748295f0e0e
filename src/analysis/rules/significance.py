"""Fisher's exact test for many rules at once, and the number of rules that a search could have returned."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np
from scipy import special

__all__ = ["fisher_exact", "log10_fisher", "p_from_log10", "search_space"]

#: A term of a tail that is a smaller share of it is the last one.
_LAST = 1e-17


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
        1 where the joint count is as small as it can be. Never 0: what is smaller than the smallest double of full
        precision (some 2e-308) is given as that, and `log10_fisher` has the digits.

    Examples
    --------
    Fisher's tea tasting, 3 of 4 cups right:

    >>> float(fisher_exact(8, [4], [4], [3])[0].round(4))
    0.2429
    """
    return p_from_log10(log10_fisher(n, n_a, n_c, n_ac))


def p_from_log10(exponent: np.ndarray) -> np.ndarray:
    """Powers of ten as p-values, none so small that it would be 0."""
    return np.clip(10.0 ** np.asarray(exponent, dtype=np.float64), np.finfo(np.float64).tiny, 1.0)


def log10_fisher(n: int | np.ndarray, n_a: np.ndarray, n_c: np.ndarray, n_ac: np.ndarray) -> np.ndarray:
    """The decimal logarithm of `fisher_exact`, which does not underflow.

    The first term of the tail from log binomial coefficients, and the others from the ratio of neighbours, which is
    below 1 above the mean; below the mean, one less the tail on the other side. Relative errors of p are some 1e-10.

    Parameters
    ----------
    n, n_a, n_c, n_ac
        As for `fisher_exact`.

    Returns
    -------
    ndarray, shape (n_rules,)

    Examples
    --------
    A million baskets, two items that each stand in the same thousand:

    >>> float(log10_fisher(1_000_000, [1000], [1000], [1000])[0].round(2))
    -3432.18
    """
    columns = (np.atleast_1d(np.asarray(values, dtype=np.int64)) for values in (n, n_a, n_c, n_ac))
    # many rules share their counts: each different table is tested once
    tables: list[np.ndarray] = list(np.broadcast_arrays(*columns))
    order = np.argsort(_numbered(tables), kind="stable") if _fits(tables) else np.lexsort(tables)
    tables = [values.take(order) for values in tables]
    begins = np.ones(len(order), dtype=bool)
    if len(order):
        begins[1:] = np.any([values[1:] != values[:-1] for values in tables], axis=0)
    result = np.empty(len(order))
    result[order] = _log10_tail(*(values[begins] for values in tables))[np.cumsum(begins) - 1]
    return result


def _fits(tables: Sequence[np.ndarray]) -> bool:
    """Whether a table of counts fits into one number."""
    return sum(int(values.max(initial=0)).bit_length() for values in tables) < 64 and all(
        values.min(initial=0) >= 0 for values in tables
    )


def _numbered(tables: Sequence[np.ndarray]) -> np.ndarray:
    """One number for each table of counts."""
    number = np.zeros(len(tables[0]), dtype=np.int64)
    for values in tables:
        number = (number << int(values.max(initial=0)).bit_length()) | values
    return number


def _log10_tail(total: np.ndarray, a: np.ndarray, c: np.ndarray, k: np.ndarray) -> np.ndarray:
    """`log10_fisher` of different tables, each of shape (n,)."""
    total, a, c, k = (values.astype(np.float64) for values in (total, a, c, k))
    rest = total - a - c
    result = np.zeros(len(k))
    possible = k > np.maximum(0, -rest)
    above = k * total >= a * c
    at = np.flatnonzero(possible & above)
    n, left, right, joint, neither = (values.take(at) for values in (total, a, c, k, rest))
    tail = _series(left - joint, right - joint, joint + 1, neither + joint + 1)
    result[at] = (_log_mass(n, left, right, joint) + np.log(tail)) / np.log(10)
    # below the mean: one less the lower tail
    at = np.flatnonzero(possible & ~above)
    n, left, right, joint, neither = (values.take(at) for values in (total, a, c, k - 1, rest))
    tail = _series(joint, neither + joint, left - joint + 1, right - joint + 1)
    result[at] = np.log1p(-np.exp(_log_mass(n, left, right, joint) + np.log(tail))) / np.log(10)
    return np.asarray(np.minimum(result, 0.0))


def _log_mass(total: np.ndarray, a: np.ndarray, c: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Log of the hypergeometric probability of k."""
    return np.asarray(_log_choose(a, k) + _log_choose(total - a, c - k) - _log_choose(total, c))


def _log_choose(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    # through the beta function, so that large factorials do not cancel
    return np.asarray(-np.log1p(n) - special.betaln(n - k + 1.0, k + 1.0))


def _series(left: np.ndarray, right: np.ndarray, up: np.ndarray, down: np.ndarray) -> np.ndarray:
    """1 + r + r r' + …, where r = left right / (up down), in r' left and right are one less, up and down one more, ….

    These are the probabilities of a hypergeometric tail as multiples of its first, which is its largest.
    """
    result, place = np.ones(len(left)), np.arange(len(left))
    total, term = np.ones(len(left)), np.ones(len(left))
    while len(place):
        term *= left * right / (up * down)
        total += term
        going = term > total * _LAST
        if 2 * np.count_nonzero(going) < len(going):  # what has come to its end is put down
            result[place] = total
            place, total, term = place[going], total[going], term[going]
            left, right, up, down = left[going], right[going], up[going], down[going]
        left, right, up, down = left - 1, right - 1, up + 1, down + 1
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
