"""Correlation against SciPy, pandas, statsmodels, and numbers that pingouin 0.7.0 gave."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis import correlation
from analysis.errors import AnalysisError


def sample() -> pd.DataFrame:
    """The data of the pingouin run: ties, skew, four missing values."""
    generator, n = np.random.default_rng(5), 60
    a = generator.normal(size=n)
    b = np.round(a + generator.normal(size=n), 1)
    c = np.round(0.5 * b + generator.normal(size=n))
    frame = pd.DataFrame({"a": a, "b": b, "c": c, "d": generator.lognormal(size=n)})
    frame.loc[3:6, "c"] = np.nan
    return frame


# pingouin.pairwise_corr(sample(), method=…, padjust="holm"): n, r, p, corrected p
PINGOUIN = {
    ("pearson", "a", "b"): (60, 0.788512, 7.460991e-14, 4.476595e-13),
    ("pearson", "a", "c"): (56, 0.395431, 2.558109e-03, 1.279055e-02),
    ("spearman", "a", "c"): (56, 0.428811, 9.757670e-04, 4.878835e-03),
    ("spearman", "b", "c"): (56, 0.416828, 1.394873e-03, 5.579492e-03),
    ("kendall", "a", "b"): (60, 0.605800, 1.254988e-11, 7.529926e-11),
    ("kendall", "b", "c"): (56, 0.306057, 2.896879e-03, 1.158751e-02),
}


@pytest.mark.parametrize(("key", "expected"), list(PINGOUIN.items()))
def test_pairs_agree_with_pingouin(key, expected):
    table = correlation.correlate(sample()).table.set_index(["method", "first", "second"])
    row = table.loc[key]
    assert row["n"] == expected[0]
    assert row["estimate"] == pytest.approx(expected[1], abs=1e-6)
    assert row["p"] == pytest.approx(expected[2], rel=1e-6)
    assert row["p_holm"] == pytest.approx(expected[3], rel=1e-6)


@pytest.mark.parametrize(
    ("method", "semi", "estimate", "p"),
    [
        ("pearson", False, 0.7425846811582696, 1.295145745881959e-10),
        ("pearson", True, 0.6813962424897189, 1.4175890084156492e-08),
        ("spearman", False, 0.7419182691077977, 1.3726497749202473e-10),
        ("spearman", True, 0.6700525141127156, 2.998526089634644e-08),
    ],
)
def test_partial_agrees_with_pingouin(method, semi, estimate, p):
    found = correlation.partial(sample(), "a", "b", controls=["c", "d"], method=method, semi=semi)
    assert (found.n, found.reason) == (56, None)
    assert found.estimate == pytest.approx(estimate, rel=1e-12)
    assert found.p == pytest.approx(p, rel=1e-9)


def test_distance_correlation_agrees_with_pingouin():
    frame = sample()
    a, b, d = (frame[name].to_numpy() for name in "abd")
    assert correlation.distance_correlation(a, b) == pytest.approx(0.7628034402177956, rel=1e-12)
    assert correlation.distance_correlation(d, b) == pytest.approx(0.1588906930823616, rel=1e-12)


def test_published_example_of_benjamini_and_hochberg():
    p = [0.52, 0.12, 0.0001, 0.03, 0.14]
    np.testing.assert_allclose(correlation.adjust(p, method="bh"), [0.52, 0.175, 0.0005, 0.075, 0.175], rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 7, 40])
def test_adjustments_agree_with_statsmodels(size):
    p = np.random.default_rng(size).integers(0, 30, size) ** 2 / 900  # with ties, zeros and near ones
    for ours, theirs in (("bh", "fdr_bh"), ("by", "fdr_by"), ("holm", "holm")):
        expected = multipletests(p, method=theirs)[1]
        np.testing.assert_allclose(correlation.adjust(p, method=ours), expected, atol=1e-12)


def test_missing_p_values_do_not_count():
    with_gap = correlation.adjust([0.01, np.nan, 0.04])
    np.testing.assert_allclose(with_gap[[0, 2]], correlation.adjust([0.01, 0.04]))
    assert np.isnan(with_gap[1])
    with pytest.raises(AnalysisError, match="between 0 and 1"):
        correlation.adjust([1.5])


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_matrices_agree_with_pandas_under_ties_and_missing_values(seed):
    generator = np.random.default_rng(seed)
    values = generator.integers(0, 6, size=(40, 5)) * generator.choice([0.1, 1e6], 5) + generator.choice([0, 1e4], 5)
    values[generator.random(values.shape) < generator.choice([0, 0.2])] = np.nan
    frame = pd.DataFrame(values)
    for function, method in ((correlation.pearson_matrix, "pearson"), (correlation.spearman_matrix, "spearman")):
        ours, counts = function(values)
        np.testing.assert_allclose(ours, frame.corr(method=method), atol=1e-9)
        known = np.isfinite(values).astype(float)
        np.testing.assert_array_equal(counts, known.T @ known)


def test_rows_are_added_up_in_blocks(monkeypatch):
    values = np.random.default_rng(1).lognormal(size=(500, 4))
    values[::7, 2] = np.nan
    whole, _ = correlation.pearson_matrix(values)
    monkeypatch.setattr("analysis.correlation.coefficients.ROWS_AT_A_TIME", 33)
    np.testing.assert_allclose(correlation.pearson_matrix(values)[0], whole, atol=1e-14)


def test_large_numbers_keep_their_digits():
    x = 1e9 + np.array([1.0, 2, 3, 4, 6])
    y = np.array([2.0, 1, 4, 3, 7]) * 1e-9
    ours, _ = correlation.pearson_matrix(np.column_stack([x, y]))
    assert ours[0, 1] == pytest.approx(stats.pearsonr([1, 2, 3, 4, 6], [2, 1, 4, 3, 7])[0], rel=1e-9)


def test_intervals_agree_with_scipy_and_the_published_variance():
    low, high = correlation.fisher_interval(0.42, 35, level=0.9)
    generator = np.random.default_rng(1)
    x = generator.normal(size=35)
    y = x + generator.normal(size=35)
    found = stats.pearsonr(x, y)
    ours = correlation.fisher_interval(found.statistic, 35)
    np.testing.assert_allclose(ours, found.confidence_interval(), rtol=1e-12)
    # Bonett and Wright 2000: the half width of atanh of Spearman's coefficient is z √((1 + r²/2) / (n − 3)).
    low, high = correlation.bonett_wright(0.6, 30)
    half = (np.arctanh(high) - np.arctanh(low)) / 2
    assert half == pytest.approx(stats.norm.ppf(0.975) * np.sqrt((1 + 0.36 / 2) / 27))
    assert [float(end) for end in correlation.fisher_interval(1.0, 10)] == [1.0, 1.0]
    assert np.isnan(correlation.fisher_interval(0.5, 3)[0])


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_coverage_of_the_intervals(method):
    """Normal columns for Pearson; the same after a skewing map for Spearman, whose coefficient that leaves alone."""
    rho, n, hits, generator = 0.5, 80, 0, np.random.default_rng(2)
    truth = rho if method == "pearson" else 6 / np.pi * np.arcsin(rho / 2)
    for _ in range(400):
        x, e = generator.normal(size=(2, n))
        y = rho * x + np.sqrt(1 - rho**2) * e
        frame = pd.DataFrame({"x": x, "y": y}) if method == "pearson" else pd.DataFrame({"x": np.exp(2 * x), "y": y**3})
        row = correlation.correlate(frame, methods=[method]).table.iloc[0]
        hits += row["low"] <= truth <= row["high"]
    assert 0.92 <= hits / 400 <= 0.98


def test_bootstrap_interval_agrees_with_scipy_and_is_wider_for_skewed_columns():
    generator = np.random.default_rng(3)
    x, e = generator.normal(size=(2, 150))
    frame = pd.DataFrame({"x": np.exp(x), "y": np.exp(0.7 * x + 0.7 * e)})
    ours = correlation.correlate(frame, methods=["pearson"], interval="percentile", replicates=4000).table.iloc[0]
    theirs = stats.bootstrap(
        (frame["x"], frame["y"]), lambda a, b: stats.pearsonr(a, b)[0], paired=True, vectorized=False,
        method="percentile", n_resamples=3000, rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    width = theirs.high - theirs.low
    assert abs(ours["low"] - theirs.low) < 0.08 * width
    assert abs(ours["high"] - theirs.high) < 0.08 * width
    assert ours["interval"] == "bootstrap percentile"
    assert correlation.correlate(frame, interval="bca").table["interval"][0] == "bootstrap BCa"
    fisher = correlation.correlate(frame, methods=["pearson"]).table.iloc[0]
    assert width > fisher["high"] - fisher["low"]


def test_unusable_columns_and_pairs_are_named():
    frame = pd.DataFrame({
        "x": [1.0, 2, 3, 4, 5, 6], "y": [2.0, 4, 6, 8, 10, np.inf], "same": 3.0, "empty": np.nan,
        "town": list("abcdef"), "late": [np.nan] * 3 + [1.0, 2, 3],
    })  # fmt: skip
    result = correlation.correlate(frame)
    issues = {(note.columns, note.issue) for note in result.notes}
    assert (("same",), "constant") in issues
    assert (("empty",), "all_missing") in issues
    assert (("town",), "text") in issues
    assert (("y",), "infinite") in issues
    assert (("x", "late"), "too_few") in issues
    assert len(result.of("pearson")) == 1
    assert result.of("pearson")["n"].item() == 5
    assert not result.table[["estimate", "low", "high", "p", "p_holm"]].isna().any().any()


def test_two_rows_one_column_and_nothing_give_an_empty_table():
    two = correlation.correlate(pd.DataFrame({"x": [1.0, 2.0], "y": [2.0, 1.0]}))
    assert two.table.empty
    assert two.notes[0].issue == "too_few"
    for frame in (pd.DataFrame({"x": [1.0, 2.0, 3.0]}), pd.DataFrame({"x": []}), pd.DataFrame()):
        assert correlation.correlate(frame).table.empty


def test_a_column_that_is_constant_among_the_common_rows():
    frame = pd.DataFrame({"x": [1.0, 1, 1, 1, 1, 2], "y": [1.0, 2, 3, 4, 5, np.nan]})
    result = correlation.correlate(frame)
    assert result.table.empty
    assert {note.issue for note in result.notes} == {"constant_in_pair"}


def test_listwise_uses_the_complete_rows():
    result = correlation.correlate(sample(), missing="listwise")
    assert set(result.table["n"]) == {56}
    expected = sample().dropna().corr(method="spearman")
    np.testing.assert_allclose(result.matrix("spearman"), expected, atol=1e-12)


def test_kendall_names_its_sample():
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(400, 2)), columns=["x", "y"])
    result = correlation.correlate(frame, methods=["kendall"], kendall_rows=100)
    assert result.table["n"].item() == 100
    assert result.notes[0].issue == "sampled"


def test_definitional_pairs_are_marked_and_never_confirmed():
    generator = np.random.default_rng(4)
    orders, value = generator.poisson(3, 600) + 1, generator.lognormal(size=600)
    frame = pd.DataFrame({"customer_key": range(600), "orders": orders, "value": value, "total": orders * value})
    tied = [["orders", "value", "total"]]
    assert correlation.correlate(frame.iloc[:, 1:], definitional=tied).table["definitional"].all()
    assert correlation.confirm(frame, ["orders", "value", "total"], definitional=tied, random_state=1).table.empty


def test_confirmation_holds_for_what_is_there_and_rarely_for_noise():
    generator = np.random.default_rng(6)
    noise = pd.DataFrame(generator.normal(size=(800, 8)), columns=list("abcdefgh"))
    noise["customer_key"] = range(800)
    real = noise.assign(b=noise["a"] + generator.normal(size=800))
    found = correlation.confirm(real, list("abcdefgh"), random_state=1).table
    assert found.loc[0, ["first", "second", "confirmed"]].tolist() == ["a", "b", True]
    assert found.loc[0, "low"] < 1 / 2**0.5 < found.loc[0, "high"] + 0.05
    confirmed = 0
    for seed in range(20):
        confirmed += correlation.confirm(noise, list("abcdefgh"), random_state=seed).table["confirmed"].sum()
    assert confirmed <= 2


def test_halves_depend_on_key_and_seed_alone():
    keys = np.arange(10_000)
    first = correlation.halves(keys, random_state=1)
    assert abs(first.mean() - 0.5) < 0.02
    np.testing.assert_array_equal(correlation.halves(keys[::-3], random_state=1), first[::-3])
    other = correlation.halves(keys, random_state=2)
    assert abs((first == other).mean() - 0.5) < 0.02


def test_partial_says_why_there_is_none():
    generator = np.random.default_rng(7)
    frame = pd.DataFrame({"x": generator.normal(size=50), "z": generator.normal(size=50), "same": 1.0})
    frame["y"] = 2 * frame["z"] + 1
    assert correlation.partial(frame, "x", "y", controls=["z"], method="pearson").reason == "determined"
    assert correlation.partial(frame, "x", "z", controls=["same"]).reason == "unusable"
    assert correlation.partial(frame.head(5), "x", "y", controls=["z"]).reason == "too_few"
    with pytest.raises(AnalysisError, match="must differ"):
        correlation.partial(frame, "x", "y", controls=["x"])
    doubled = frame.assign(y=generator.normal(size=50), again=frame["z"])
    once = correlation.partial(doubled, "x", "y", controls=["z"], method="pearson").estimate
    twice = correlation.partial(doubled, "x", "y", controls=["z", "again"], method="pearson").estimate
    assert once == pytest.approx(twice)


def test_dependence_counts_permutations_as_whole_matrices_do():
    random = np.random.default_rng(4)
    values = random.normal(size=(30, 3)).round(1)
    table = correlation.dependence(pd.DataFrame(values, columns=list("abc")), list("abc"), random_state=5).table
    ranks = [stats.rankdata(column) for column in values.T]
    # the same permutations, each distance correlation on its own
    generator = np.random.default_rng(5)
    orders = [generator.permutation(30) for _ in range(199)]
    for row, (i, j) in zip(table.itertuples(), [(0, 1), (0, 2), (1, 2)], strict=True):
        seen = correlation.distance_correlation(ranks[i], ranks[j])
        null = [correlation.distance_correlation(ranks[i], ranks[j][order]) for order in orders]
        assert row.distance_correlation == pytest.approx(seen)
        assert row.p == (1 + (np.array(null) >= seen * (1 - 1e-9)).sum()) / 200


def test_dependence_finds_a_bowl_that_spearman_misses_and_no_noise():
    generator = np.random.default_rng(8)
    x = generator.normal(size=500)
    frame = pd.DataFrame({"x": x, "bowl": x**2 + generator.normal(size=500) / 4, "noise": generator.normal(size=500)})
    table = correlation.dependence(frame, ["x", "bowl", "noise"], random_state=1).table
    assert table["hidden"].tolist() == [True, False, False]
    by_hand = correlation.distance_correlation(*(stats.rankdata(frame[name]) for name in ("x", "noise")))
    whole = correlation.dependence(frame, ["x", "noise"], rows=500, random_state=1).table
    assert whole["distance_correlation"].item() == pytest.approx(by_hand)
    assert correlation.dependence(frame.head(5), ["x", "noise"], random_state=1).table.empty


def test_shape_counts_every_row_and_keeps_ties_together():
    generator = np.random.default_rng(9)
    frame = pd.DataFrame({"orders": generator.poisson(1, 600) + 1, "spend": generator.lognormal(3, 1, 600)})
    frame.loc[:4, "spend"] = np.nan
    found = correlation.pair_shape(frame, "orders", "spend")
    assert found.bins["count"].sum() + found.outside == found.n == 595
    assert found.medians["count"].sum() == 595
    assert found.medians["x"].is_unique
    assert found.log_y
    with pytest.raises(AnalysisError, match="at least 10"):
        correlation.pair_shape(frame.head(8), "orders", "spend")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": ["pearsn"]}, "methods may be pearson"),
        ({"methods": []}, "methods is empty"),
        ({"missing": "drop"}, "pairwise"),
        ({"interval": "wide"}, "analytic"),
        ({"columns": ["z"]}, "no column z"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(AnalysisError, match=message):
        correlation.correlate(pd.DataFrame({"x": [1.0], "y": [2.0]}), **options)
