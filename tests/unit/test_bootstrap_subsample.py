"""Intervals of many observations whose scatter is measured on a part of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis import bootstrap, description
from analysis.bootstrap import intervals, intervals_of_many
from analysis.description.concentration import gini, top_share

STATISTICS = {
    "mean": bootstrap.mean, "median": bootstrap.median, "variance": bootstrap.variance, "gini": gini,
    "top": top_share(0.1), "tails": bootstrap.quantiles([0.05, 0.95]),
}  # fmt: skip


def spend(n, seed=1):
    return np.random.default_rng(seed).lognormal(3, 0.8, n)


@pytest.mark.parametrize("most", [None, 300, 400])
def test_nothing_changes_where_there_are_not_more(most):
    data = spend(300)
    own = intervals(data, STATISTICS, replicates=200, random_state=5, method="auto")
    found = intervals_of_many(data, STATISTICS, max_rows=most, replicates=200, random_state=5)
    for name, interval in own.items():
        np.testing.assert_array_equal(
            [interval.estimate, interval.low, interval.high],
            [found[name].estimate, found[name].low, found[name].high],
        )


def test_estimates_are_of_all_and_widths_are_those_of_all():
    data = spend(40_000)
    own = intervals(data, STATISTICS, replicates=400, random_state=5, method="auto")
    found = intervals_of_many(data, STATISTICS, max_rows=4000, replicates=400, random_state=5)
    for name, interval in own.items():
        np.testing.assert_array_equal(found[name].estimate, interval.estimate)
        widths = [np.subtract(each.high, each.low) for each in (found[name], interval)]
        np.testing.assert_allclose(widths[0], widths[1], rtol=0.35, err_msg=name)
        assert found[name].n == 40_000


def test_the_standard_error_of_a_mean_is_that_of_all_rows():
    """The tail that the part has not seen still counts: only the shape of the distribution comes from the part."""
    data = np.sort(spend(20_000))
    data[-3:] = 40_000.0  # a part of a tenth will mostly hold none or one of these
    found = [
        intervals_of_many(data, {"mean": bootstrap.mean}, max_rows=2000, replicates=400, random_state=seed)["mean"]
        for seed in range(6)
    ]
    error = data.std(ddof=1) / np.sqrt(len(data))
    for each in found:
        assert (each.high - each.low) / (2 * 1.96 * error) > 0.75


def test_intervals_hold_the_truth_as_often_as_they_say():
    held = dict.fromkeys(("mean", "median"), 0)
    truths = {"mean": float(np.exp(3 + 0.32)), "median": float(np.exp(3))}
    for seed in range(150):
        some = {name: STATISTICS[name] for name in truths}
        found = intervals_of_many(spend(6000, seed), some, max_rows=1000, replicates=200, random_state=seed)
        for name, truth in truths.items():
            held[name] += found[name].low <= truth <= found[name].high
    least = stats.binom(150, 0.95).ppf(0.001)  # quantiles measured on a part are a little less sure
    assert held["mean"] >= least and held["median"] >= least - 3


def test_the_most_frequent_value_keeps_the_interval_of_the_part():
    data = np.random.default_rng(1).poisson(3.4, 20_000).astype(float)
    found = intervals_of_many(
        data, {"mode": description.mode}, max_rows=500, replicates=200, random_state=1, method="percentile",
        shrinks=False,
    )["mode"]  # fmt: skip
    assert found.low <= found.estimate <= found.high and found.estimate == 3.0


def test_summaries_take_the_limit():
    import pandas as pd

    frame = pd.DataFrame({"frequency": np.arange(1, 5001), "monetary": spend(5000)})
    options = {"replicates": 100, "random_state": 1}
    whole, part = (description.spending(frame, max_rows=most, **options) for most in (None, 500))
    assert part.total == whole.total and part.median_spend.estimate == whole.median_spend.estimate
    assert part.median_spend.low != whole.median_spend.low
    whole, part = (description.concentration(frame["monetary"], max_rows=most, **options) for most in (None, 500))
    assert part.gini.estimate == whole.gini.estimate and part.gini.low != whole.gini.low
    whole, part = (description.numeric_summary(frame, max_rows=most, **options).table for most in (None, 500))
    same = ["n", "mean", "median", "q05", "q95", "variance", "mode_share"]
    pd.testing.assert_frame_equal(whole[same], part[same])
    assert (part["mean_low"] != whole["mean_low"]).all()
