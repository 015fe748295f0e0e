"""Names of segments and of the reasons for them, by the ids that `analysis.clustering` gives."""

from collections.abc import Callable, Mapping

from analysis.report.wording import msgid

__all__ = ["segment_labels"]

_BASES = msgid(
    {
        "loyal_high_spenders": "Loyal high spenders",
        "lapsing_high_spenders": "Lapsing high spenders",
        "lapsing_frequent_buyers": "Lapsing frequent buyers",
        "frequent_buyers": "Frequent buyers",
        "big_basket_buyers": "Big-basket buyers",
        "new_customers": "New customers",
        "lost_occasional_buyers": "Lost occasional buyers",
        "lapsing_customers": "Lapsing customers",
        "browsers": "Browsers who buy little",
        "newer_occasional_buyers": "Newer occasional buyers",
        "occasional_buyers": "Occasional buyers",
        "small_spenders": "Small spenders",
        "active_regulars": "Active regulars",
        "long_standing_customers": "Long-standing customers",
        "typical_customers": "Typical customers",
    }
)
#: Names for a column that no rule knows, and what tells two segments of one name apart by it.
_LEVELS = msgid({"high": "Customers with high {column}", "low": "Customers with low {column}"})
_COMPARED = msgid({"lower": "lower {column}", "higher": "higher {column}"})
_QUALIFIERS = msgid(
    {
        "more_recent": "more recent",
        "less_recent": "less recent",
        "fewer_orders": "fewer orders",
        "more_orders": "more orders",
        "lower_spend": "lower spend",
        "higher_spend": "higher spend",
        "joined_later": "joined later",
        "joined_earlier": "joined earlier",
        "less_browsing": "less browsing",
        "more_browsing": "more browsing",
    }
)
_RULES = msgid(
    {
        "loyal_high_spenders": "many orders, high spend, last order not long ago",
        "lapsing_high_spenders": "high spend, last order long ago",
        "lapsing_frequent_buyers": "many orders, last order long ago",
        "frequent_buyers": "many orders, spend not high",
        "big_basket_buyers": "high spend, orders not many",
        "new_customers": "first order not long ago, last order recent",
        "lost_occasional_buyers": "few orders, last order long ago",
        "lapsing_customers": "last order long ago",
        "browsers": "much browsing, low spend",
        "newer_occasional_buyers": "first order not long ago",
        "occasional_buyers": "few orders",
        "small_spenders": "low spend",
        "active_regulars": "last order recent, nothing else stands out",
        "long_standing_customers": "first order long ago, nothing else stands out",
        "typical_customers": "nothing stands out",
        "all_customers": "not divided",
    }
)
_RFM = msgid(
    {
        "rfm_champions": "Champions",
        "rfm_promising": "Promising",
        "rfm_recent_small": "Recent and small",
        "rfm_loyal": "Loyal",
        "rfm_needs_attention": "Needs attention",
        "rfm_occasional": "Occasional",
        "rfm_at_risk": "At risk",
        "rfm_slipping": "Slipping",
        "rfm_lost": "Lost",
    }
)

_OTHERS = msgid(
    {
        "all_customers": "All customers",
        "share_of_customers": "Share of customers",
        "share_of_revenue": "Share of revenue",
        "inertia_here": "These customers",
        "inertia_even": "Evenly spread data",
        "approximation_none": "all customers",
        "approximation_micro_clusters": "micro-clusters",
        "approximation_sample": "a random sample",
        "drift_shares": "Shares of the segments (population stability index)",
        "drift_centres": "Farthest way of a centre (mean distances)",
        "drift_far": "Share of customers far from every centre",
        "drift_anew": "Agreement with segments formed anew (adjusted Rand index; more is better)",
        "drift_outcome_fits": "fits",
        "drift_outcome_strained": "fits less well",
        "drift_outcome_outgrown": "no longer fits",
        "silhouette_here": "These customers",
        "silhouette_without_groups": "Data without groups",
        "method_kmeans": "K-means",
        "method_ward": "Hierarchical, Ward",
        "method_average": "Hierarchical, average linkage",
        "method_complete": "Hierarchical, complete linkage",
        "method_gaussian_mixture": "Gaussian mixture",
        "method_dbscan": "DBSCAN",
        "method_rfm": "RFM segments",
        "check_reference": "Tighter than data without groups (p-value)",
        "check_cloud": "Tighter than one round cloud (p-value)",
        "check_gap": "Number of groups by the gap statistic",
        "check_silhouette": "Mean silhouette",
        "check_agreement": "Same segments in new samples (adjusted Rand index)",
        "check_weakest": "Least stable segment (Jaccard index)",
        "check_steadier": "More stable than data without groups (adjusted Rand index)",
        "outcome_passed": "passed",
        "outcome_not_passed": "not passed",
        "scale_log": "its logarithm",
        "scale_plain": "its value",
        "criterion_advantage": "advantage over data without groups",
        "criterion_silhouette": "silhouette",
        "criterion_calinski_harabasz": "Calinski–Harabasz",
        "criterion_davies_bouldin": "Davies–Bouldin",
        "criterion_gap": "gap statistic",
    }
)


def segment_labels(say: Callable[[str], str], columns: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every name by its id: segments (with every qualifier, and numbered where one word does not suffice), reasons,
    RFM segments.

    Parameters
    ----------
    say : callable
        Puts a text into the language of the page.
    columns : mapping of str to str, optional
        Columns by which segments may be named or told apart where no rule knows them, with their English names.
    """
    bases = {base: say(name) for base, name in _BASES.items()}
    qualifiers = {end: say(words) for end, words in _QUALIFIERS.items()}
    for column, label in (columns or {}).items():
        name = say(label)
        inner = name[:1].lower() + name[1:]
        bases |= {f"{level}_{column}": say(words).format(column=inner) for level, words in _LEVELS.items()}
        qualifiers |= {f"{level}_{column}": say(words).format(column=inner) for level, words in _COMPARED.items()}
    qualified = say(msgid("{segment}, {qualifier}"))
    return (
        bases
        | {
            f"{base}_{end}": qualified.format(segment=name, qualifier=words)
            for base, name in bases.items()
            for end, words in qualifiers.items()
        }
        | {f"{base}_{number}": f"{name} {number}" for base, name in bases.items() for number in range(1, 31)}
        | {f"named_for_{rule}": say(words) for rule, words in _RULES.items()}
        | {name: say(words) for name, words in (_RFM | _OTHERS).items()}
    )
