"""All steps of the package in one call, for a further level of the product hierarchy or for many data sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.rules.baskets import Baskets, split
from analysis.rules.generation import Rules, association_rules
from analysis.rules.hierarchy import interesting, mixes_levels
from analysis.rules.holdout import Checked, recheck
from analysis.rules.itemsets import Itemsets, frequent_itemsets
from analysis.rules.permutation import permute_customers
from analysis.rules.pruning import prune

__all__ = ["Study", "study"]


@dataclass(frozen=True)
class Study:
    """Every result on the way: itemsets, rules as mined, rules as retained, rules as checked."""

    baskets: Baskets
    itemsets: Itemsets
    mined: Rules
    kept: Rules
    checked: Checked


def study(
    data: Baskets,
    *,
    min_support: float,
    min_confidence: float,
    min_lift: float = 1.0,
    min_count: int = 1,
    max_length: int = 4,
    max_consequent: int = 1,
    min_improvement: float = 0.0,
    prune_alpha: float | None = None,
    max_rules: int | None = 200,
    rank_by: str = "lift",
    algorithm: str = "eclat",
    max_itemsets: int = 1_000_000,
    min_interest: float | None = None,
    exclude: Sequence[str] = (),
    only_consequents: Sequence[str] = (),
    never_consequents: Sequence[str] = (),
    later_share: float = 0.25,
    alpha: float = 0.05,
    correction: str = "bh",
    level: float = 0.95,
    margin: float | None = None,
    permutations: int = 999,
    seed: int = 0,
) -> Study:
    """Mine rules in the earlier baskets, prune them and judge them by the later ones.

    Parameters are those of `split`, `frequent_itemsets`, `association_rules`, `prune` (whose `alpha` is `prune_alpha`),
    `permute_customers` and `recheck`. Without known customers there is no exchange of customers. With `min_interest`,
    in baskets that `generalise` made, only rules that mix levels and that are `interesting` by this factor are kept.

    Returns
    -------
    Study

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"basket_key": [1, 1, 2, 2, 3], "product_id": list("abcda"), "day": "2025-01-01"})
    >>> from analysis.rules import baskets
    >>> len(study(baskets(rows), min_support=0.5, min_confidence=0.5).checked.rules)
    0
    """
    mining, later = split(data, later_share=later_share)
    found = frequent_itemsets(
        mining,
        min_support=min_support,
        min_count=min_count,
        max_length=max_length,
        algorithm=algorithm,
        exclude=exclude,
        max_itemsets=max_itemsets,
    )
    mined = association_rules(
        found,
        min_confidence=min_confidence,
        min_lift=min_lift,
        max_consequent=max_consequent,
        only_consequents=only_consequents,
        never_consequents=never_consequents,
    )
    if min_interest is not None:
        mined = mined.take(mixes_levels(mined) & interesting(mined, factor=min_interest))
    kept = prune(mined, found, min_improvement=min_improvement, alpha=prune_alpha, max_rules=max_rules, rank_by=rank_by)
    exchange = permute_customers(kept, later, permutations=permutations, seed=seed) if later.has_customers else None
    checked = recheck(kept, later, alpha=alpha, correction=correction, level=level, margin=margin, permutation=exchange)
    return Study(data, found, mined, kept, checked)
