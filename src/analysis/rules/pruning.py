"""Pruning: a longer rule stays only if it says more than every simpler rule with the same consequent."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from analysis.errors import AnalysisError
from analysis.multiplicity import adjust
from analysis.rules.generation import Rules
from analysis.rules.itemsets import Itemsets
from analysis.rules.significance import fisher_exact

__all__ = ["RANKINGS", "improvement", "prune"]

#: Orders in which rules may be kept; a smaller p-value is better, of all others a larger value.
RANKINGS = ("lift", "leverage", "confidence", "p_value", "zhang", "certainty", "kulczynski", "phi", "count")


def improvement(rules: Rules, found: Itemsets) -> tuple[np.ndarray, np.ndarray]:
    """How much each rule's confidence exceeds that of the best simpler rule, and the test of that.

    The improvement of A => C is conf(A => C) minus the largest conf(A' => C) over all proper subsets A' of A, the
    empty one included, whose confidence is the support of C (Bayardo, Agrawal and Gunopulos, 2000). At or below 0 the
    rule is redundant. The p-value is the largest over the items a of A of Fisher's exact test, among baskets with the
    rest of A, that those with a hold C more often: below the level, the rule is productive (Webb, 2007).

    Parameters
    ----------
    rules : Rules
    found : Itemsets
        The itemsets that the rules came from.

    Returns
    -------
    (ndarray, ndarray), each of shape (n_rules,)
        Improvement as a difference of shares; p-value of the weakest item in the antecedent.
    """
    best = np.full(len(rules), -np.inf)
    p_values = np.zeros(len(rules))
    n_a = rules.figures["antecedent_count"].to_numpy()
    n_ac = rules.figures["count"].to_numpy()
    for where, antecedent, consequent in _by_shape(rules):
        k = antecedent.shape[1]
        for size in range(k):
            for columns in combinations(range(k), size):
                simpler = antecedent[:, list(columns)]
                base = found.count_of(simpler)
                joint = found.count_of(np.sort(np.column_stack([simpler, consequent]), axis=1))
                best[where] = np.maximum(best[where], joint / base)
                if size == k - 1:
                    weakest = fisher_exact(base, n_a[where], joint, n_ac[where])
                    p_values[where] = np.maximum(p_values[where], weakest)
    return rules.figures["confidence"].to_numpy() - best, p_values


def prune(
    rules: Rules,
    found: Itemsets,
    *,
    min_improvement: float = 0.0,
    alpha: float | None = None,
    max_rules: int | None = None,
    rank_by: str = "lift",
) -> Rules:
    """Rules that say more than any simpler one, best first.

    Parameters
    ----------
    rules, found : Rules, Itemsets
    min_improvement : float
        A rule stays if its improvement is above 0 and at least this, as a difference of shares.
    alpha : float, optional
        If given, a rule also stays only if each item of its antecedent adds something at this level, corrected over all
        of `rules` by Benjamini and Hochberg, and if `p_searched` is below it.
    max_rules : int, optional
        Keep the first so many.
    rank_by : str
        One of `RANKINGS`; ties are broken by count, then by fewer items, then by the items' order.

    Returns
    -------
    Rules
        With the further figures improvement, simpler_confidence and p_improvement.

    Raises
    ------
    AnalysisError
        If a parameter is out of range.
    """
    if rank_by not in RANKINGS:
        raise AnalysisError(f"rank_by must be one of {', '.join(RANKINGS)}; got {rank_by!r}")
    if not 0 <= min_improvement < 1:
        raise AnalysisError(f"min_improvement must be at least 0 and below 1, got {min_improvement}")
    gain, p_gain = improvement(rules, found)
    figures = rules.figures.assign(
        improvement=gain, simpler_confidence=rules.figures["confidence"] - gain, p_improvement=p_gain
    )
    # a share is a quotient of counts, so equal confidences differ by no more than rounding
    stays = (gain > 1e-12) & (gain >= min_improvement - 1e-12)
    if alpha is not None:
        stays &= (adjust(p_gain, method="bh") < alpha) & (figures["p_searched"].to_numpy() < alpha)
    key = (
        figures["log10_p_value"].to_numpy()
        if rank_by == "p_value"
        else -figures[rank_by].fillna(-np.inf).round(12).to_numpy()
    )
    order = np.lexsort((np.arange(len(rules)), rules.length, -figures["count"].to_numpy(), key))
    order = order[stays[order]]
    return replace(rules, figures=figures, eligible=len(order)).take(order[:max_rules])


def _by_shape(rules: Rules) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Positions, antecedents and consequents of the rules of each shape, without the filling."""
    n_left, n_right = (rules.antecedents >= 0).sum(axis=1), (rules.consequents >= 0).sum(axis=1)
    groups = []
    for left, right in sorted(set(zip(n_left.tolist(), n_right.tolist(), strict=True))):
        where = np.flatnonzero((n_left == left) & (n_right == right))
        groups.append((where, rules.antecedents[where][:, :left], rules.consequents[where][:, :right]))
    return groups
