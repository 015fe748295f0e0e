"""Association rules: what is bought together, how surely, and whether it still holds on later data.

The way through the package, each step a pure function on the result of the one before::

    data = baskets(frame, max_size=150)                    # which baskets; giants counted and set aside
    mining, later = split(data, later_share=0.25)          # rules are found on one and judged on the other
    found = frequent_itemsets(mining, min_support=0.01)    # Eclat; Apriori and FP-growth find the same
    mined = association_rules(found, min_confidence=0.2)   # every usual measure, Fisher's exact test
    kept = prune(mined, found, min_improvement=0.01)       # no rule that a simpler one says as well
    checked = recheck(kept, later)                         # measured again, intervals by customer, verdict
    checked.table

The same a level up, or across levels (`study` takes all steps in one)::

    tree = hierarchy(frame)                                # categories as paths, such as "Garden > Birds"
    study(roll_up(data, tree, level=1), min_support=0.01, min_confidence=0.2)
    study(generalise(data, tree), min_support=0.01, min_confidence=0.2, min_interest=1.1)

Notation: of n baskets, n_a hold the antecedent, n_c the consequent, n_ac both.
"""

from analysis.multiplicity import adjust
from analysis.rules.baskets import Baskets, baskets, from_lists, split
from analysis.rules.crosssell import cross_sell
from analysis.rules.generation import Rules, association_rules
from analysis.rules.hierarchy import CATEGORY_MARK, Hierarchy, generalise, hierarchy, interesting, roll_up
from analysis.rules.holdout import Checked, recheck
from analysis.rules.intervals import cluster_bootstrap, extra_interval, lift_interval, share_interval
from analysis.rules.itemsets import (
    ALGORITHMS,
    ENGINES,
    Itemsets,
    compare_algorithms,
    frequent_itemsets,
    second_opinions,
)
from analysis.rules.measures import MEASURES, measures
from analysis.rules.permutation import Permutation, permute_customers
from analysis.rules.pruning import improvement, prune
from analysis.rules.significance import fisher_exact, log10_fisher, search_space
from analysis.rules.study import Study, study
from analysis.shares import wilson

__all__ = [
    "ALGORITHMS",
    "CATEGORY_MARK",
    "ENGINES",
    "MEASURES",
    "Baskets",
    "Checked",
    "Hierarchy",
    "Itemsets",
    "Permutation",
    "Rules",
    "Study",
    "adjust",
    "association_rules",
    "baskets",
    "cluster_bootstrap",
    "compare_algorithms",
    "cross_sell",
    "extra_interval",
    "fisher_exact",
    "frequent_itemsets",
    "from_lists",
    "generalise",
    "hierarchy",
    "improvement",
    "interesting",
    "lift_interval",
    "log10_fisher",
    "measures",
    "permute_customers",
    "prune",
    "recheck",
    "roll_up",
    "search_space",
    "second_opinions",
    "share_interval",
    "split",
    "study",
    "wilson",
]
