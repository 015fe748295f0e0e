"""Intervals for confidence, lift and money that respect that the baskets of one customer are alike.

Counting baskets as independent makes intervals too narrow. In simulations of 400 to 3,000 customers with 2 to 8 baskets
each and tastes that differ (five settings, 400 runs each), a 95 % Wilson interval of confidence covered the truth in
60 to 93 % of the runs, the percentile bootstrap by customer in 90 to 94 %, the interval here, which needs no random
numbers, in 91 to 95 %. For lift, independent baskets gave 62 to 94 %, the bootstrap 91 to 96 %, the interval here 93 to
97 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.rules.counts import ClusterCounts
from analysis.shares import score_interval

__all__ = ["Interval", "cluster_bootstrap", "extra_interval", "lift_interval", "share_interval"]


@dataclass(frozen=True)
class Interval:
    """Estimates with their bounds, each an ndarray of shape (n_rules,).

    `widening` is the ratio of the interval's standard error to that of independent baskets; 1 means that it does not
    matter whose the baskets are. What cannot be estimated is NaN.
    """

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    widening: np.ndarray


def share_interval(part: np.ndarray, whole: np.ndarray, *, level: float = 0.95) -> Interval:
    """A share of baskets, such as confidence, with an interval by customer.

    Wilson's interval at the effective number of baskets: the number divided by the design effect, which is the variance
    of the ratio by customer over that of independent baskets, and not below 1 (Kish, 1965; Korn and Graubard, 1998),
    with the quantile of Student's t at the number of customers concerned less 1.

    Parameters
    ----------
    part, whole : ndarray, shape (n_clusters, n_rules)
        For confidence: baskets of the customer that hold both sides; that hold the antecedent.
    level : float
        Confidence level.

    Returns
    -------
    Interval
    """
    n, successes = whole.sum(axis=0), part.sum(axis=0)
    n_clusters = (whole > 0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = successes / n
        robust = _spread(part - share * whole) / n**2
        effect = np.where(share * (1 - share) > 0, robust / (share * (1 - share) / n), 1.0)
        effect = np.maximum(effect, 1.0)
        low, high = score_interval(successes / effect, n / effect, _quantile(n_clusters, level))
    return Interval(share, low, high, np.where(n > 0, np.sqrt(effect), np.nan))


def lift_interval(counts: ClusterCounts, *, level: float = 0.95) -> Interval:
    """Lift with an interval by customer.

    The delta method for log lift, with the variance summed by customer, and Student's t at the number of customers who
    have the rule less 1. With a handful of joint baskets that says next to nothing (the t quantile of one customer with
    the rule is 12.7), so the bounds never go beyond those of confidence over the opposite bounds of the consequent's
    share, which hold however few there are. Where no basket holds both sides, lift is 0 and the upper bound is that
    of confidence divided by the consequent's share.

    Parameters
    ----------
    counts : ClusterCounts
    level : float
        Confidence level.

    Returns
    -------
    Interval
    """
    n = counts.baskets.sum()
    n_a, n_c, n_ac = (values.sum(axis=0) for values in (counts.antecedent, counts.consequent, counts.both))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        lift = n_ac * n / (n_a * n_c)
        pull = counts.both / n_ac + counts.baskets[:, None] / n - counts.antecedent / n_a - counts.consequent / n_c
        robust = np.sqrt(_spread(pull))
        alone = np.sqrt(_independent_variance(n, n_a, n_c, n_ac))
        reach = _quantile((counts.both > 0).sum(axis=0), level) * np.maximum(robust, alone)
        low, high = lift * np.exp(-reach), lift * np.exp(reach)
        none = (n_ac == 0) & (n_a > 0) & (n_c > 0)
        confidence = share_interval(counts.both, counts.antecedent, level=level)
        usual = share_interval(counts.consequent, counts.baskets[:, None], level=level)
        upper = confidence.high / (n_c / n)
        low, high = np.fmax(low, confidence.low / usual.high), np.fmin(high, confidence.high / usual.low)
    return Interval(
        lift,
        np.where(none, 0.0, low),
        np.where(none, upper, high),
        np.where(none, np.nan, np.maximum(robust / alone, 1)),
    )


def extra_interval(counts: ClusterCounts, *, level: float = 0.95) -> Interval | None:
    """What the joint baskets beyond chance are worth: (n_ac - n_a n_c / n) times what the consequent costs in them.

    That is (confidence - consequent's share) x baskets with the antecedent x the consequent's average amount in the
    joint baskets: observed money, not what an action would add. The interval is the delta method by customer; see
    `cluster_bootstrap` for a check. None where there is no money.
    """
    if counts.amount is None or counts.priced is None:
        return None
    n = counts.baskets.sum()
    n_a, n_c, n_ac = (values.sum(axis=0) for values in (counts.antecedent, counts.consequent, counts.both))
    amount, priced = counts.amount.sum(axis=0), counts.priced.sum(axis=0)
    m = counts.baskets[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        extra, average = n_ac - n_a * n_c / n, amount / priced
        moves = counts.both - (counts.antecedent * n_c + counts.consequent * n_a) / n + n_a * n_c * m / n**2
        pull = moves * average + extra * (counts.amount - average * counts.priced) / priced
        pull = pull - pull.sum(axis=0) / max(len(pull), 1)
        reach = _quantile((counts.both > 0).sum(axis=0), level) * np.sqrt(_spread(pull))
    worth = extra * average
    return Interval(worth, worth - reach, worth + reach, np.full(len(worth), np.nan))


def cluster_bootstrap(
    counts: ClusterCounts, *, replicates: int = 1000, level: float = 0.95, seed: int = 0
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Percentile intervals of confidence, lift and money from whole customers drawn with replacement.

    A check of `share_interval`, `lift_interval` and `extra_interval`, which need no random numbers.

    Returns
    -------
    dict of str to (ndarray, ndarray)
        "confidence", "lift" and, where there is money, "extra_revenue": lower and upper bounds, shape (n_rules,).
    """
    generator = np.random.default_rng(seed)
    n_clusters = len(counts.baskets)
    weights = generator.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), size=replicates).astype(float)
    n_a, n_c, n_ac = (weights @ values for values in (counts.antecedent, counts.consequent, counts.both))
    n = (weights @ counts.baskets)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = {"confidence": n_ac / n_a, "lift": n_ac * n / (n_a * n_c)}
        if counts.amount is not None and counts.priced is not None:
            average = (weights @ counts.amount) / (weights @ counts.priced)
            drawn["extra_revenue"] = (n_ac - n_a * n_c / n) * average
    return {name: _percentiles(values, level) for name, values in drawn.items()}


def _percentiles(drawn: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper percentile of each column, over the replicates in which it is defined."""
    bounds = np.full((2, drawn.shape[1]), np.nan)
    known = ~np.isnan(drawn).all(axis=0)
    bounds[:, known] = np.nanquantile(drawn[:, known], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return bounds[0], bounds[1]


def _spread(pull: np.ndarray) -> np.ndarray:
    """Variance of a sum over clusters, from each cluster's contribution."""
    n_clusters = len(pull)
    return np.asarray((pull**2).sum(axis=0)) * n_clusters / max(n_clusters - 1, 1)


def _independent_variance(n: float, n_a: np.ndarray, n_c: np.ndarray, n_ac: np.ndarray) -> np.ndarray:
    """Variance of log lift if every basket were a cluster of its own."""
    both = n_ac * (1 / n_ac + 1 / n - 1 / n_a - 1 / n_c) ** 2
    left, right = (n_a - n_ac) * (1 / n - 1 / n_a) ** 2, (n_c - n_ac) * (1 / n - 1 / n_c) ** 2
    return np.asarray(both + left + right + (n - n_a - n_c + n_ac) / n**2)


def _quantile(n_clusters: np.ndarray, level: float) -> np.ndarray:
    return np.asarray(stats.t.ppf((1 + level) / 2, np.maximum(n_clusters - 1, 1)))
