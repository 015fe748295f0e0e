"""Do intervals hold the truth as often as they say? A small form of `benchmarks/verify/coverage.py`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmarks.simulation.models import model_cases
from benchmarks.simulation.money import money_cases
from benchmarks.simulation.pairs import pair_cases
from benchmarks.simulation.trials import run
from benchmarks.verify.coverage import LIBERAL, from_results
from scipy import stats

from analysis import bootstrap, correlation
from analysis.correlation.pairs import pair_bounds, pearson_statistic
from analysis.correlation.rank_intervals import kendall_error, rank_intervals, spearman_error
from analysis.description.concentration import gini, top_share
from analysis.regression.evaluation import _statistics as error_statistics

SAMPLES = 300
#: A method at 93 % fails in one of 10,000 such tests.
LEAST = int(stats.binom.ppf(1e-4, SAMPLES, 0.93)) / SAMPLES


def quick_cases():
    return [*money_cases(quick=True), *pair_cases(quick=True), *model_cases(quick=True)]


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return run(quick_cases, samples=SAMPLES)


def test_intervals_in_use_hold_the_truth(found):
    used = found[found["used"]].set_index("estimand")["coverage"]
    assert set(used.index) == {
        "mean", "quantile 0.5", "gini", "top 20 %", "pearson", "spearman", "OLS effect", "lift",
    }  # fmt: skip
    assert LEAST > 0.86
    assert (used >= LEAST).all(), used.to_string()


def test_the_simulation_sees_a_method_that_fails(found):
    methods = found.set_index(["estimand", "method"])["coverage"]
    assert methods["pearson", "Fisher's z"] < LEAST < methods["pearson", "bootstrap-t"]
    assert methods["OLS effect", "classical"] < LEAST < methods["OLS effect", "HC3"]


def test_any_number_of_processes_gives_the_same():
    one, two = (run(_money, samples=200, processes=processes) for processes in (1, 2))
    pd.testing.assert_frame_equal(one, two)


def _money():
    return money_cases(quick=True)[:1]


def test_tables_say_what_missed():
    rows = {"estimand": "mean", "population": "p", "n": [30, 30, 100], "method": ["a", "b", "a"], "width": 1.0}
    shares = {"coverage": [0.8, 0.9, 0.95], "coverage_low": [0.78, 0.88, 0.94], "coverage_high": [0.82, 0.91, 0.96]}
    frame = pd.DataFrame(
        rows | shares | {"used": [True, False, True], "samples": 2000, "too_low": 0.0, "too_high": 0.0}
    )
    used, beside = from_results(frame)
    assert used.frame["met"].tolist() == [False, True]
    assert beside.frame.loc[0, "in use"] == "a 0.800 (1)"
    assert beside.frame.loc[0, "beside 1"] == "b 0.900 (1)"
    assert 0.9 < LIBERAL < 0.95


@pytest.mark.parametrize(
    "statistic", [bootstrap.mean, bootstrap.variance, gini, top_share(0.2)], ids=["mean", "variance", "gini", "top"]
)
def test_samples_side_by_side_are_as_one_by_one(statistic):
    values = np.sort(np.random.default_rng(1).lognormal(0, 1, (60, 3)), axis=0)
    for method in ("auto", "bca"):
        together = bootstrap.interval(values, statistic, method=method, random_state=2, replicates=300)
        for column in range(3):
            alone = bootstrap.interval(values[:, column], statistic, method=method, random_state=2, replicates=300)
            assert together.low[column] == pytest.approx(alone.low, rel=1e-10)
            assert together.high[column] == pytest.approx(alone.high, rel=1e-10)
            assert together.pull[column] == pytest.approx(alone.pull, rel=1e-10)


def jackknife(compute, values: np.ndarray) -> np.ndarray:
    """Tukey's (1958) standard error: leave out one row at a time."""
    n = len(values)
    left = compute(values, 1 - np.eye(n))
    return np.sqrt((n - 1) / n * ((left - left.mean(axis=0)) ** 2).sum(axis=0))


@pytest.mark.parametrize(
    "statistic",
    [bootstrap.mean, bootstrap.variance, gini, top_share(0.2), top_share(0.1)],
    ids=["mean", "variance", "gini", "top 20", "top 10"],
)
def test_standard_errors_are_those_of_the_jackknife(statistic):
    values = np.sort(np.random.default_rng(3).gamma(2, 1, 800))
    ours = statistic.error(values, np.ones((1, len(values))))[0]
    assert ours == pytest.approx(jackknife(statistic.compute, values), rel=0.02)
    # In a resample as in a sample that is written out.
    weights = next(iter(bootstrap.resample_weights(800, replicates=1, random_state=1)))
    drawn = np.repeat(values, weights[0].astype(int))
    again = statistic.error(drawn, np.ones((1, len(values))))[0]
    tolerance = 0.05 if statistic is gini else 1e-9  # ties of a resample share their rank
    assert statistic.error(values, weights)[0] == pytest.approx(again, rel=tolerance)


def test_standard_errors_of_held_out_errors_are_those_of_the_jackknife():
    random = np.random.default_rng(4)
    squared, reference = random.gamma(2, 1, (500, 2)) ** 2, random.gamma(2, 1, 500)
    values = np.column_stack([squared, np.sqrt(squared), reference])
    for name, statistic in error_statistics(2, [(0, 1)]).items():
        ours = statistic.error(values, np.ones((1, 500)))[0]
        np.testing.assert_allclose(ours, jackknife(statistic.compute, values), rtol=0.03, err_msg=name)


def test_standard_error_of_pearson_is_that_of_the_jackknife_and_of_normal_theory():
    random = np.random.default_rng(5)
    x, noise = random.normal(size=(2, 4000))
    values = np.column_stack([x, 0.6 * x + 0.8 * noise])
    statistic = pearson_statistic([0], [1])
    ours = float(statistic.error(values, np.ones((1, 4000)))[0, 0])
    assert ours == pytest.approx((1 - 0.6**2) / np.sqrt(4000), rel=0.05)  # Fisher (1915)
    skewed = values[:1000] ** 2  # as skewed as money, with moments that a jackknife can follow
    ours = statistic.error(skewed, np.ones((1, 1000)))[0]
    np.testing.assert_allclose(ours, jackknife(statistic.compute, skewed), rtol=0.05)


@pytest.mark.parametrize(("ours", "peer"), [(spearman_error, stats.spearmanr), (kendall_error, stats.kendalltau)])
def test_standard_errors_of_rank_coefficients_are_those_of_the_jackknife(ours, peer):
    random = np.random.default_rng(6)
    x = random.poisson(1.0, 300).astype(float)
    y = x + random.poisson(1.0, 300)
    left = [peer(np.delete(x, i), np.delete(y, i)).statistic for i in range(300)]
    expected = np.sqrt(299 / 300 * ((np.array(left) - np.mean(left)) ** 2).sum())
    assert ours(x, y) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("method", ["spearman", "kendall"])
def test_intervals_of_many_pairs_are_those_of_each_pair_alone(method):
    random = np.random.default_rng(9)
    values = random.poisson(2.0, (1500, 4)) + random.normal(size=(1500, 1))
    values[random.random(1500) < 0.1, 1] = np.nan
    values[random.random(1500) < 0.2, 3] = np.nan
    pairs = [(i, j, int(np.isfinite(values[:, [i, j]]).all(axis=1).sum()), 0.3) for i in range(4) for j in range(i)]
    together = rank_intervals(values, pairs, method=method, random_state=2)
    for (i, j, n, estimate), bounds in zip(pairs, together, strict=True):
        common = values[np.isfinite(values[:, [i, j]]).all(axis=1)][:, [i, j]]
        assert len(common) == n
        error = (spearman_error if method == "spearman" else kendall_error)(*common.T, random_state=2)
        reach = stats.t.ppf(0.975, n - 2) * error / (1 - estimate**2)
        np.testing.assert_allclose(bounds, np.tanh(np.arctanh(estimate) + np.array([-reach, reach])), rtol=1e-12)


def test_the_simulated_pairs_get_what_correlate_gives():
    random = np.random.default_rng(7)
    frame = pd.DataFrame(np.exp(random.normal(size=(80, 2))), columns=["a", "b"])
    settings = {"replicates": 500, "level": 0.95, "random_state": 3}
    for method in ("pearson", "kendall"):
        row = correlation.correlate(frame, methods=[method], interval="studentized", **settings).table.iloc[0]
        pairs = pd.DataFrame({"i": [0], "j": [1], "n": [80], "estimate": [row["estimate"]]})
        bounds = pair_bounds(frame.to_numpy(), pairs, method, settings | {"interval": "studentized"}).iloc[0]
        assert (bounds["low"], bounds["high"]) == (row["low"], row["high"])


def test_pearson_is_never_narrower_than_fisher():
    random = np.random.default_rng(8)
    for rows in (10, 50, 300):
        frame = pd.DataFrame(random.lognormal(0, 1, (rows, 3)), columns=list("abc"))
        wide, narrow = (
            correlation.correlate(frame, methods=["pearson"], interval=interval, replicates=300).table
            for interval in ("studentized", "analytic")
        )
        assert (wide["low"] <= narrow["low"]).all() and (wide["high"] >= narrow["high"]).all()
        assert wide[["low", "high"]].abs().max(axis=None) <= 1


def test_trust_falls_with_skew_and_rises_with_the_number():
    random = np.random.default_rng(9)
    found = {
        (sigma, n): bootstrap.interval(random.lognormal(0, sigma, n), bootstrap.mean, random_state=1, replicates=99)
        for sigma in (0.3, 1.0, 2.0)
        for n in (50, 5000)
    }
    assert found[0.3, 50].trust == found[0.3, 5000].trust == found[1.0, 5000].trust == "good"
    assert found[2.0, 50].trust == "poor"
    assert found[2.0, 5000].pull < found[2.0, 50].pull
    assert bootstrap.interval([1.0, 5.0, 2.0], bootstrap.from_sample(np.ptp), random_state=1).trust == "good"
