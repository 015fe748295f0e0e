"""Bootstrap intervals for any statistic, by resampling counts instead of rows.

A resample is a row of weights: how often each observation was drawn. A statistic is a function of the observations
and of a matrix of such rows, so hundreds of resamples are one matrix product and no sample is ever copied. Whole
groups (all orders of a customer, say) are drawn together with `groups`.

    >>> import numpy as np
    >>> spend = np.random.default_rng(1).lognormal(3, 1, 400)
    >>> result = interval(spend, mean, replicates=2000, random_state=7)
    >>> result.low < result.estimate < result.high
    True

Reports use `method="auto"`: the bootstrap-t where a statistic knows its standard error, which held the truth of skewed
money more often than BCa in simulations (`benchmarks/verify/coverage.py` prints them), and BCa for all else, such as
quantiles. `Interval.trust` says where even that holds the truth less often than its level.

Sources: Efron (1987), *Better bootstrap confidence intervals*, JASA 82, 171-185 (BCa, equations 2.3 and 6.6);
Efron and Tibshirani (1993), *An Introduction to the Bootstrap*, chapters 12 to 14 (12.5: bootstrap-t); Hall (1988),
*Theoretical comparison of bootstrap confidence intervals*, Annals of Statistics 16, 927-953 (symmetric); Davison
and Hinkley (1997), *Bootstrap Methods and their Application*, section 3.8 (groups).
"""

from analysis.bootstrap.columns import (
    column_means,
    column_means_less,
    column_ratios,
    root_means,
    root_means_less,
)
from analysis.bootstrap.intervals import Interval, Trust, interval, intervals, trust_of
from analysis.bootstrap.resampling import resample_indices, resample_weights
from analysis.bootstrap.statistics import (
    FISHER,
    Scale,
    Statistic,
    from_sample,
    mean,
    median,
    quantile,
    quantiles,
    ratio,
    standard_deviation,
    total,
    variance,
)
from analysis.bootstrap.subsample import intervals_of_many

__all__ = [
    "FISHER",
    "Interval",
    "Scale",
    "Statistic",
    "Trust",
    "column_means",
    "column_means_less",
    "column_ratios",
    "from_sample",
    "interval",
    "intervals",
    "intervals_of_many",
    "mean",
    "median",
    "quantile",
    "quantiles",
    "ratio",
    "resample_indices",
    "resample_weights",
    "root_means",
    "root_means_less",
    "standard_deviation",
    "total",
    "trust_of",
    "variance",
]
