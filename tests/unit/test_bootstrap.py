"""The bootstrap against SciPy's, against closed forms, and by its coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis import bootstrap
from analysis.errors import AnalysisError

SPEND = np.random.default_rng(1).lognormal(3, 1, 200)


@pytest.mark.parametrize(
    ("statistic", "function"),
    [
        (bootstrap.mean, np.mean),
        (bootstrap.median, np.median),
        (bootstrap.standard_deviation, lambda x, axis: np.std(x, ddof=1, axis=axis)),
        (bootstrap.quantile(0.9), lambda x, axis: np.quantile(x, 0.9, axis=axis)),
    ],
)
@pytest.mark.parametrize("method", ["BCa", "percentile", "basic"])
def test_agrees_with_scipy(statistic, function, method):
    theirs = stats.bootstrap((SPEND,), function, method=method, n_resamples=9999, rng=np.random.default_rng(3))
    ours = bootstrap.interval(SPEND, statistic, replicates=9999, method=method.lower(), random_state=4)
    low, high = theirs.confidence_interval
    # Both are random: the ends agree to a small part of the interval's width.
    assert abs(ours.low - low) < 0.06 * (high - low)
    assert abs(ours.high - high) < 0.06 * (high - low)
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.05)


def test_weights_are_resamples():
    weights = np.concatenate(list(bootstrap.resample_weights(30, replicates=50, random_state=1)))
    rows = list(bootstrap.resample_indices(30, replicates=50, random_state=1))
    assert (weights.sum(axis=1) == 30).all()
    values = np.sort(SPEND[:30])
    for statistic, function in [
        (bootstrap.mean, np.mean),
        (bootstrap.variance, lambda x: np.var(x, ddof=1)),
        (bootstrap.quantile(0.25), lambda x: np.quantile(x, 0.25)),
        (bootstrap.total, np.sum),
    ]:
        by_hand = [function(values[index]) for index in rows]
        np.testing.assert_allclose(statistic(values, weights), by_hand, rtol=1e-12)


def test_chunks_do_not_change_the_draws(monkeypatch):
    whole = bootstrap.interval(SPEND, bootstrap.median, random_state=5, replicates=301)
    monkeypatch.setattr("analysis.bootstrap.resampling.CHUNK_CELLS", 1000)
    assert bootstrap.interval(SPEND, bootstrap.median, random_state=5, replicates=301) == whole


@pytest.mark.parametrize(("units", "replicates"), [(5, 1), (5, 3), (400, 7), (999, 7), (1000, 3), (5000, 3), (300, 40)])
def test_chunks_are_even_and_never_empty(monkeypatch, units, replicates):
    monkeypatch.setattr("analysis.bootstrap.resampling.CHUNK_CELLS", 1000)
    chunks = list(bootstrap.resample_weights(units, replicates=replicates, random_state=1))
    heights = [len(chunk) for chunk in chunks]
    assert sum(heights) == replicates and max(heights) - min(heights) <= 1 and min(heights) > 0
    assert len(chunks) % 2 == 0 or len(chunks) in (1, replicates)
    assert all((chunk.sum(axis=1) == units).all() for chunk in chunks)
    assert max(heights) == 1 or max(heights) * units <= 1000


def test_several_quantiles_equal_single_ones():
    levels = [0.05, 0.5, 0.95]
    together = bootstrap.interval(SPEND, bootstrap.quantiles(levels), random_state=2)
    for index, q in enumerate(levels):
        single = bootstrap.interval(SPEND, bootstrap.quantile(q), random_state=2)
        assert (together.low[index], together.high[index]) == (single.low, single.high)
        assert together.estimate[index] == np.quantile(SPEND, q)


@pytest.mark.parametrize("statistic", [bootstrap.mean, bootstrap.variance, bootstrap.standard_deviation])
def test_influence_agrees_with_the_jackknife(statistic):
    exact = bootstrap.interval(SPEND, statistic, random_state=6)
    without = bootstrap.interval(SPEND, bootstrap.Statistic(statistic.compute), random_state=6)
    width = exact.high - exact.low
    assert abs(exact.low - without.low) < 0.02 * width
    assert abs(exact.high - without.high) < 0.02 * width


def test_groups_are_drawn_whole():
    groups = np.repeat(np.arange(40), 5)
    level = np.sort(np.random.default_rng(2).normal(size=40))
    values = level[groups]  # five equal rows a group: only forty independent values
    grouped = bootstrap.interval(values, bootstrap.mean, groups=groups, random_state=1)
    plain = bootstrap.interval(level, bootstrap.mean, random_state=1)
    assert (grouped.units, grouped.n) == (40, 200)
    assert grouped.low == pytest.approx(plain.low, rel=1e-9)
    assert grouped.high == pytest.approx(plain.high, rel=1e-9)
    assert grouped.standard_error > 1.8 * bootstrap.interval(values, bootstrap.mean, random_state=1).standard_error


def test_ratio_is_the_average_order_value():
    money, orders = SPEND, np.random.default_rng(3).integers(1, 9, len(SPEND))
    found = bootstrap.interval(np.column_stack([money, orders]), bootstrap.ratio, random_state=1, method="auto")
    assert found.estimate == pytest.approx(money.sum() / orders.sum())
    assert found.method == "studentized"
    # The delta method's standard error of a ratio of means.
    residual = money - found.estimate * orders
    assert found.standard_error == pytest.approx(residual.std(ddof=1) / orders.mean() / len(money) ** 0.5, rel=0.1)


@pytest.mark.parametrize("method", ["bca", "auto"])
def test_coverage_of_the_mean_of_skewed_money(method):
    generator, truth, hits = np.random.default_rng(7), np.exp(0.5), 0
    for _ in range(200):
        sample = generator.lognormal(0, 1, 200)
        found = bootstrap.interval(sample, bootstrap.mean, replicates=499, random_state=generator, method=method)
        hits += found.low <= truth <= found.high
    assert 0.87 <= hits / 200 <= 0.99


def test_degenerate_samples_do_not_pretend():
    constant = bootstrap.interval([3.0] * 20, bootstrap.mean, random_state=1)
    assert (constant.low, constant.high, constant.method) == (3.0, 3.0, "percentile")
    single = bootstrap.interval([3.0], bootstrap.mean, random_state=1)
    assert single.method == "none"
    assert np.isnan([single.low, single.high]).all()


def test_any_function_of_a_sample():
    spread = bootstrap.from_sample(np.ptp)
    found = bootstrap.interval([1.0, 5.0, 9.0, 2.0], spread, replicates=99, random_state=1)
    assert found.estimate == 8.0
    assert found.high <= 8.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "method must be one of"),
        ({"level": 95}, "level must lie between"),
        ({"replicates": 1}, "replicates must be at least 2"),
        ({"groups": [1, 2]}, "one label an observation"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(AnalysisError, match=message):
        bootstrap.interval([1.0, 2.0, 3.0], bootstrap.mean, random_state=1, **options)


@pytest.mark.parametrize("values", [[1.0, np.nan], [1.0, np.inf], ["a", "b"], [], [[[1.0]]]])
def test_wrong_values_are_named(values):
    with pytest.raises(AnalysisError, match="bootstrap: values"):
        bootstrap.interval(values, bootstrap.mean, random_state=1)


def test_studentized_needs_a_standard_error():
    with pytest.raises(AnalysisError, match="use 'bca'"):
        bootstrap.interval(SPEND, bootstrap.median, random_state=1, method="studentized")
