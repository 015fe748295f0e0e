"""Counting given rules in given baskets, by basket and by customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from analysis.rules.baskets import Baskets
from analysis.rules.generation import members_of

__all__ = ["ClusterCounts", "cluster_counts", "holds"]

#: Cells of a dense baskets x rules table that may be in memory at once.
_BLOCK_CELLS = 25_000_000


@dataclass(frozen=True)
class ClusterCounts:
    """Sums per customer (cluster) for some rules; a basket of nobody known is a cluster of its own.

    Attributes
    ----------
    rules : slice
        Which rules these are.
    baskets : ndarray of float, shape (n_clusters,)
        Baskets of each cluster.
    antecedent, consequent, both : ndarray of float, shape (n_clusters, n_rules)
        Of these, those that hold the antecedent, the consequent, both.
    amount, priced : ndarray of float, shape (n_clusters, n_rules), or None
        What the consequent's items cost in the baskets that hold both sides, where that is known, and the number of
        these.
    """

    rules: slice
    baskets: np.ndarray
    antecedent: np.ndarray
    consequent: np.ndarray
    both: np.ndarray
    amount: np.ndarray | None
    priced: np.ndarray | None


def holds(data: Baskets, side: np.ndarray) -> np.ndarray:
    """Which basket holds all members of which row.

    Parameters
    ----------
    data : Baskets
    side : ndarray of int, shape (n_rules, longest)
        Columns of the baskets' matrix, filled up with -1.

    Returns
    -------
    ndarray of bool, shape (n_baskets, n_rules)
    """
    used = np.unique(side[side >= 0])
    dense = data.matrix[:, used].toarray()
    result = np.empty((data.n, len(side)), dtype=bool)
    for rule, members in enumerate(members_of(side)):
        result[:, rule] = dense[:, np.searchsorted(used, members)].all(axis=1)
    return result


def cluster_counts(data: Baskets, antecedents: np.ndarray, consequents: np.ndarray) -> Iterator[ClusterCounts]:
    """Counts per customer for all rules, a bounded number of rules at a time."""
    code = data.clusters
    groups = sparse.csr_array(
        (np.ones(data.n), (code, np.arange(data.n))), shape=(int(code.max(initial=-1)) + 1, data.n)
    )
    step = max(1, _BLOCK_CELLS // max(data.n, 1))
    for start in range(0, len(antecedents), step):
        rules = slice(start, min(start + step, len(antecedents)))
        left, right = holds(data, antecedents[rules]), holds(data, consequents[rules])
        joint = left & right
        amount = _amounts(data, consequents[rules], joint)
        known = None if amount is None else joint & ~np.isnan(amount)
        yield ClusterCounts(
            rules=rules,
            baskets=groups.sum(axis=1),
            antecedent=groups @ left.astype(np.float64),
            consequent=groups @ right.astype(np.float64),
            both=groups @ joint.astype(np.float64),
            amount=None if amount is None else groups @ np.nan_to_num(amount),
            priced=None if known is None else groups @ known.astype(np.float64),
        )


def _amounts(data: Baskets, side: np.ndarray, where: np.ndarray) -> np.ndarray | None:
    """What the members of each row cost in the baskets of its column of `where`, shape (n_baskets, n_rules)."""
    if data.amounts is None:
        return None
    columns = data.amounts.tocsc()
    total = np.zeros(where.shape)
    for rule, members in enumerate(members_of(side)):
        for member in members:
            total[:, rule] += columns[:, [member]].toarray()[:, 0]
    return np.where(where, total, 0.0)
