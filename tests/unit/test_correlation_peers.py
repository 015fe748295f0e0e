"""Correlation beside SciPy, pandas, pingouin and statsmodels on random data: ties, gaps, odd types, odd magnitudes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.datasets import load_iris
from statsmodels.stats.multitest import multipletests

from analysis import correlation

SCIPY = {"pearson": stats.pearsonr, "spearman": stats.spearmanr, "kendall": stats.kendalltau}
seeds = st.integers(0, 100_000)


def table(seed: int) -> pd.DataFrame:
    """Ties, gaps, skew, a truth value, nullable integers, magnitudes from one part in a million to a million."""
    generator = np.random.default_rng(seed)
    n = int(generator.integers(6, 90))
    common = generator.normal(size=n)
    frame = pd.DataFrame({
        "even": common + generator.normal(size=n),
        "tied": np.round(common + generator.normal(size=n)),
        "skew": np.exp(2 * common) * generator.choice([1e-6, 1.0, 1e6]),
        "far": common * generator.choice([1e-3, 1.0]) + generator.choice([0.0, 1e6]),
    })  # fmt: skip
    frame = frame.mask(generator.random(frame.shape) < generator.choice([0, 0.2]))
    frame["whole"] = pd.array(generator.poisson(2, n), dtype="Int64")
    frame.loc[generator.random(n) < 0.1, "whole"] = pd.NA
    frame["flag"] = generator.random(n) < 0.4
    return frame


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_coefficients_and_p_values_agree_with_scipy(seed):
    frame = table(seed)
    result = correlation.correlate(frame)
    floats = frame.astype("float64")
    for row in result.table.itertuples():
        pair = floats[[row.first, row.second]].dropna()
        theirs = SCIPY[row.method](pair[row.first], pair[row.second])
        assert (row.n, row.missing) == (len(pair), len(frame) - len(pair))
        assert row.estimate == pytest.approx(theirs.statistic, abs=1e-10)
        assert row.p == pytest.approx(theirs.pvalue, abs=1e-9)
        if row.method == "pearson":
            assert [row.low, row.high] == pytest.approx(list(theirs.confidence_interval()), abs=1e-9)


@given(seeds)
@settings(max_examples=8, deadline=None)  # statsmodels collects garbage at every call
def test_corrections_are_over_the_pairs_of_one_method(seed):
    result = correlation.correlate(table(seed))
    for method in correlation.METHODS:
        rows = result.of(method)
        assert len(rows) == len(rows[["first", "second"]].drop_duplicates())
        for ours, theirs in (("p_holm", "holm"), ("p_bh", "fdr_bh"), ("p_by", "fdr_by")):
            if len(rows):
                np.testing.assert_allclose(rows[ours], multipletests(rows["p"], method=theirs)[1], atol=1e-12)


@given(seeds)
@settings(max_examples=15, deadline=None)
@pytest.mark.filterwarnings("ignore")  # of pingouin, on columns that determine each other
def test_pairs_and_partials_agree_with_pingouin(seed):
    frame = table(seed)[["even", "tied", "whole", "flag"]].astype("float64")
    frame = pd.concat([frame, frame.sample(frac=1, random_state=seed) + 0.5], ignore_index=True)
    for method in ("pearson", "spearman"):
        for semi, option in ((False, "covar"), (True, "y_covar")):
            ours = correlation.partial(frame, "even", "tied", controls=["whole", "flag"], method=method, semi=semi)
            theirs = pingouin.partial_corr(frame, "even", "tied", **{option: ["whole", "flag"]}, method=method)
            if ours.reason is None:
                assert ours.n == theirs["n"].item()
                assert ours.estimate == pytest.approx(theirs["r"].item(), abs=1e-10)
                assert ours.p == pytest.approx(theirs["p_val"].item(), abs=1e-9)
    complete = frame[["even", "tied"]].dropna().to_numpy()
    ours = correlation.distance_correlation(complete[:, 0], complete[:, 1])
    assert ours == pytest.approx(pingouin.distance_corr(complete[:, 0], complete[:, 1], n_boot=None), abs=1e-12)


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_ranks_among_common_rows_are_those_of_ranking_again(seed):
    """The fast way beside pandas, for columns with each its own gaps, and for groups of columns that share theirs."""
    generator = np.random.default_rng(seed)
    n = int(generator.integers(3, 60))
    values = np.round(generator.normal(size=(n, 6)), int(generator.integers(0, 3)))
    gaps = generator.random((n, 6)) < 0.3
    gaps[:, 3:] = gaps[:, [3]] if generator.random() < 0.5 else gaps[:, 3:]
    values[gaps] = np.nan
    ours, counts = correlation.spearman_matrix(values)
    np.testing.assert_array_equal(counts, np.isfinite(values).astype(int).T @ np.isfinite(values).astype(int))
    for i, j in zip(*np.triu_indices(6, k=1), strict=True):
        both = np.isfinite(values[:, [i, j]]).all(axis=1)
        x, y = values[both, i], values[both, j]
        if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
            assert np.isnan(ours[i, j])
        else:
            expected = np.corrcoef(stats.rankdata(x), stats.rankdata(y))[0, 1]
            assert ours[i, j] == ours[j, i] == pytest.approx(expected, abs=1e-12)


def exact_pearson(x, y) -> float:
    """By rational numbers: no rounding before the last square root."""
    a, b = [Fraction(float(v)) for v in x], [Fraction(float(v)) for v in y]
    a, b = ([v - sum(part) / len(part) for v in part] for part in (a, b))
    square = sum(u * v for u, v in zip(a, b, strict=True)) ** 2 / (sum(u * u for u in a) * sum(v * v for v in b))
    return float(square) ** 0.5


@pytest.mark.parametrize(
    ("shift", "scale"), [(0, 1), (1e9, 1), (1e12, 1e-2), (0, 1e-300), (0, 1e300), (1e15, 1), (-1e8, 1e-6)]
)
def test_digits_are_kept_far_from_nought_and_at_extreme_sizes(shift, scale):
    generator = np.random.default_rng(1)
    x = shift + scale * np.round(generator.normal(size=40) * 1000)
    y = generator.normal(size=40)
    ours = abs(correlation.pearson_matrix(np.column_stack([x, y]))[0][0, 1])
    assert ours == pytest.approx(exact_pearson(x, y), rel=1e-9)
    row = correlation.correlate(pd.DataFrame({"x": x, "y": y}), interval="percentile", replicates=200).table
    assert np.isfinite(row[["estimate", "low", "high", "p"]].to_numpy()).all()


def test_an_outlier_that_a_pair_does_not_hold_takes_no_digits():
    """Among the common rows the column varies by a part in 10¹⁵ of its whole range."""
    x = np.append(np.arange(1.0, 21.0), 1e15)
    y = np.append(np.arange(20.0) ** 2, np.nan)
    z = np.append(np.ones(20), np.nan)
    z[3] = 2.0
    values = np.column_stack([x, y, z])
    ours, _ = correlation.pearson_matrix(values)
    assert ours[0, 1] == pytest.approx(np.corrcoef(x[:20], y[:20])[0, 1], rel=1e-12)
    constant, _ = correlation.pearson_matrix(np.column_stack([np.append(np.full(20, 0.1), 1e9), y]))
    assert np.isnan(constant[0, 1])


# Numbers in print: data, method, coefficient, p-value and how it was found, decimals.
TUNA = (
    [44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1],
    [2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8],
)
TELEVISION = ([106, 100, 86, 101, 99, 103, 97, 113, 112, 110], [7, 27, 2, 50, 28, 29, 20, 12, 6, 17])


@pytest.mark.parametrize(
    ("data", "method", "estimate", "p", "test"),
    [
        # Hollander and Wolfe 1973, page 187, as in the manual of R's cor.test
        (TUNA, "pearson", 0.5711816, 0.1082, "t"),
        (TUNA, "kendall", 0.4444444, 0.1194, "exact"),
        # The encyclopaedia's worked example: −29/165
        (TELEVISION, "spearman", -0.1757576, 0.6272, "t"),
        # SciPy's manual: ties, so the normal distribution with the variance that they leave
        (([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]), "kendall", -0.4714045, 0.2827, "normal"),
    ],
)
def test_published_coefficients(data, method, estimate, p, test):
    row = correlation.correlate(pd.DataFrame({"x": data[0], "y": data[1]}), methods=[method]).table.iloc[0]
    assert row["estimate"] == pytest.approx(estimate, abs=5e-8)
    assert row["p"] == pytest.approx(p, abs=5e-5)
    assert row["test"] == test


def test_published_intervals():
    fisher = correlation.correlate(pd.DataFrame({"x": TUNA[0], "y": TUNA[1]}), methods=["pearson"]).table.iloc[0]
    assert [fisher["low"], fisher["high"]] == pytest.approx([-0.1497426, 0.8955795], abs=5e-8)
    # Bonett's own R package, statpsych, ci.spear
    x = [21, 4, 9, 12, 35, 18, 10, 22, 24, 1, 6, 8, 13, 16, 19]
    y = [67, 28, 30, 28, 52, 40, 25, 37, 44, 10, 14, 20, 28, 40, 51]
    ranks = correlation.correlate(pd.DataFrame({"x": x, "y": y}), methods=["spearman"]).table.iloc[0]
    found = [ranks["estimate"], *correlation.bonett_wright(ranks["estimate"], ranks["n"])]
    assert found == pytest.approx([0.8699639, 0.5840951, 0.9638297], abs=5e-8)


def test_published_partial_correlation():
    """The example of pcor.test in Kim's R package ppcor."""
    frame = pd.DataFrame({
        "hl": [7, 15, 19, 15, 21, 22, 57, 15, 20, 18],
        "disp": [0, 0.964, 0, 0, 0.921, 0, 0, 1.006, 0, 1.011],
        "deg": [9, 2, 3, 4, 1, 3, 1, 3, 6, 1],
        "BC": [1.78e-02, 1.05e-06, 1.37e-05, 7.18e-03, 0, 0, 0, 4.48e-03, 2.10e-06, 0],
    })  # fmt: skip
    found = correlation.partial(frame, "hl", "disp", controls=["deg", "BC"], method="pearson")
    assert found.estimate == pytest.approx(-0.6720863, abs=5e-8)
    assert found.p == pytest.approx(0.06789202, abs=5e-9)


def test_iris_as_r_gives_it():
    matrix, _ = correlation.pearson_matrix(load_iris().data)
    upper = matrix[np.triu_indices(4, k=1)]
    np.testing.assert_allclose(upper, [-0.1175698, 0.8717538, 0.8179411, -0.4284401, -0.3661259, 0.9628654], atol=5e-8)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_small_samples_as_scipy_gives_them(n):
    for r, sign in ((1.0, 1), (-1.0, -1)):
        theirs = stats.pearsonr(np.arange(n), sign * np.arange(n))
        assert theirs.statistic == pytest.approx(r)
        assert float(correlation.t_p_values(r, n)) == pytest.approx(theirs.pvalue, abs=1e-6)
    if n == 3:
        theirs = stats.pearsonr([1, 2, 3], [1, 3, 2])
        assert float(correlation.t_p_values(0.5, 3)) == pytest.approx(theirs.pvalue)


def test_memory_stays_near_the_data():
    """Ranks take half of what the values do; no second copy of them is made."""
    import tracemalloc

    values = np.random.default_rng(1).normal(size=(200_000, 8))
    gaps = np.where(np.random.default_rng(2).random(values.shape) < 0.05, np.nan, values)
    for function, data, most in (
        (correlation.pearson_matrix, values, 0.5),
        (correlation.spearman_matrix, values, 1.5),
        (correlation.spearman_matrix, gaps, 2.0),
    ):
        tracemalloc.start()
        function(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < most * data.nbytes, function.__name__
