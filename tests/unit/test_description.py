"""Description against NIST's certified values, closed forms and hand calculation."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from analysis import bootstrap, description
from analysis.description.distribution import quantile_name
from analysis.errors import AnalysisError
from analysis.shares import clopper_pearson, customers_per_group, wilson

WORKED = [1, 2, 2, 3, 4, 5, 5, 5]


def test_worked_example_of_the_source_articles():
    found = description.moments(WORKED, ddof=0)
    assert (found["mean"], found["median"], found["mode"], found["variance"]) == (3.375, 3.5, 5.0, 2.234375)
    assert found["sd"] == pytest.approx(1.494783, abs=5e-7)
    assert description.moments([10, 20, 30])["mode_count"] == 1
    assert np.isnan(description.moments([10, 20, 30])["mode"])


def _digits(value: float, certified: float) -> float:
    return 16.0 if value == certified else -np.log10(abs(value - certified) / abs(certified))


@pytest.mark.reference_data
@pytest.mark.parametrize(("name", "least"), [("Lew", 12), ("Lottery", 12), ("NumAcc1", 12), ("NumAcc4", 8)])
def test_nist_univariate(reference_data, name, least):
    lines = (reference_data / "nist" / f"{name}.dat").read_text().splitlines()
    head, start = "\n".join(lines[:60]), next(i for i, line in enumerate(lines[:75]) if re.match(r"-{5,}", line)) + 1
    values = [float(line) for line in lines[start:] if line.strip()]
    certified = [
        float(re.search(rf"{word}.*?:\s*(-?[\d.]+)", head)[1]) for word in ("Sample Mean", "Standard Dev", "lag 1")
    ]
    found = description.moments(values)
    ours = [found["mean"], found["sd"], description.autocorrelation(values)]
    digits = [_digits(value, truth) for value, truth in zip(ours, certified, strict=True)]
    assert min(digits) >= least, dict(zip(["mean", "sd", "r1"], digits, strict=True))


def test_summary_agrees_with_pandas_and_names_what_it_leaves_out():
    generator = np.random.default_rng(1)
    frame = pd.DataFrame({"spend": generator.lognormal(3, 1, 300), "visits": generator.poisson(2, 300)})
    frame.loc[:9, "spend"] = np.nan
    frame.loc[10, "spend"] = np.inf
    frame["empty"], frame["same"], frame["town"] = np.nan, 7.0, "Leeds"
    before = frame.copy()
    result = description.numeric_summary(frame, random_state=1, replicates=400)
    row = result.table.set_index("column").loc["spend"]
    spend = frame["spend"].iloc[11:]
    assert (row["n"], row["missing"], row["infinite"]) == (289, 10, 1)
    assert row["mean"] == pytest.approx(spend.mean(), rel=1e-13)
    assert row["variance"] == pytest.approx(spend.var(), rel=1e-12)
    assert row["skewness"] == pytest.approx(stats.skew(spend), rel=1e-10)
    for q in (0.05, 0.25, 0.75, 0.95):
        assert row[quantile_name(q)] == spend.quantile(q)
        assert row[f"{quantile_name(q)}_low"] <= row[quantile_name(q)] <= row[f"{quantile_name(q)}_high"]
    assert row["mean_low"] < row["mean"] < row["mean_high"]
    assert row["sd_low"] == pytest.approx(row["variance_low"] ** 0.5)
    issues = {(note.column, note.issue) for note in result.notes}
    assert issues == {("spend", "infinite"), ("empty", "all_missing"), ("same", "constant"), ("town", "text")}
    assert np.isnan(result.table.set_index("column").loc["same", "mean_low"])
    pd.testing.assert_frame_equal(frame, before)


def test_summary_of_two_rows_and_of_nothing():
    two = description.numeric_summary(pd.DataFrame({"x": [1.0, 2.0]}), random_state=1)
    assert [note.issue for note in two.notes] == ["too_few"]
    assert np.isnan(two.table["mean_low"][0])
    assert description.numeric_summary(pd.DataFrame({"x": ["a"]}), random_state=1).table.empty
    with pytest.raises(AnalysisError, match="no column spent"):
        description.numeric_summary(pd.DataFrame({"spend": [1.0]}), ["spent"], random_state=1)


@pytest.mark.parametrize(
    ("sample", "truth"),
    [
        (stats.expon, 0.5),
        (stats.uniform, 1 / 3),
        (stats.lognorm(1.0), 2 * stats.norm.cdf(1 / 2**0.5) - 1),
        (stats.pareto(3.0), 1 / 5),
    ],
)
def test_gini_of_known_distributions(sample, truth):
    # The quantiles at the middles of 200,000 equal shares stand for the distribution itself.
    values = sample.ppf((np.arange(200_000) + 0.5) / 200_000)
    assert description.gini(values) == pytest.approx(truth, abs=2e-3)


def test_gini_and_top_share_by_hand():
    assert description.gini([5.0] * 7) == pytest.approx(0, abs=1e-15)
    assert description.gini([0.0] * 9 + [1.0]) == pytest.approx(0.9)
    values = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
    pairs = np.abs(values[:, None] - values).sum() / (2 * len(values) ** 2 * values.mean())
    assert description.gini(values) == pytest.approx(pairs)
    assert description.top_share(0.2)(values) == pytest.approx(5 / 14)
    assert description.top_share(0.3)(values) == pytest.approx((5 + 0.5 * 4) / 14)
    curve = description.lorenz(values, points=6)
    np.testing.assert_allclose(curve["y"], np.array([0, 1, 2, 5, 9, 14]) / 14)


def test_weighted_statistics_equal_those_of_the_repeated_sample():
    values = np.sort(np.random.default_rng(2).lognormal(0, 1, 25))
    weights = np.concatenate(list(bootstrap.resample_weights(25, replicates=20, random_state=1)))
    for statistic in (description.gini, description.top_share(0.1), description.top_share(0.33)):
        by_hand = [statistic(np.repeat(values, row.astype(int))) for row in weights]
        np.testing.assert_allclose(statistic(values, weights), by_hand, rtol=1e-12)


@pytest.mark.parametrize("statistic", [description.gini, description.top_share(0.2)])
def test_influence_of_concentration_agrees_with_the_jackknife(statistic):
    values = np.sort(np.random.default_rng(3).lognormal(0, 1, 300))
    left_out = 1 - np.eye(300)
    jackknife = statistic(values, left_out)
    influence = statistic.influence(values)
    assert np.corrcoef(influence, jackknife.mean() - jackknife)[0, 1] > 0.999


def test_coverage_of_gini():
    truth, hits, generator = 2 * stats.norm.cdf(1 / 2**0.5) - 1, 0, np.random.default_rng(5)
    for _ in range(150):
        sample = generator.lognormal(0, 1, 300)
        found = bootstrap.interval(sample, description.gini, replicates=499, random_state=generator)
        hits += found.low <= truth <= found.high
    assert 0.86 <= hits / 150 <= 0.995


def test_concentration_sets_negative_values_aside_and_stops_at_nothing():
    result = description.concentration([*range(1, 31), -5, np.nan, np.inf], random_state=1, replicates=200)
    assert (result.n, result.set_aside, result.total) == (30, 3, 465)
    assert result.gini.low < result.gini.estimate < result.gini.high
    assert description.concentration([0.0] * 50, random_state=1).gini is None
    assert description.concentration([1.0, 2.0], random_state=1).gini is None


def test_deciles_are_equal_groups_whose_amounts_add_up():
    frame = pd.DataFrame({"customer_key": range(105), "monetary": [7.0] * 60 + list(range(45)), "frequency": 1})
    table = description.deciles(frame, value="monetary")
    assert table["amount"].sum() == pytest.approx(frame["monetary"].sum())
    assert table["customers"].between(10, 11).all()
    assert table["cumulative_share"].iloc[-1] == pytest.approx(1)
    shuffled = description.deciles(frame.sample(frac=1, random_state=1), value="monetary")
    pd.testing.assert_frame_equal(table, shuffled)
    assert len(description.deciles(frame.head(3), value="monetary")) == 3
    best = description.top_group(frame, value="monetary", size=2)
    assert (best["amount"], best["smallest"]) == (87.0, 43.0)


def test_average_order_value_is_total_divided_by_orders():
    frame = pd.DataFrame({"frequency": [1, 2, 3, 4] * 10, "monetary": [10.0, 50.0, 30.0, 400.0] * 10})
    result = description.spending(frame, random_state=1)
    assert result.total == 4900
    assert result.average_order_value.estimate == pytest.approx(49.0)
    assert result.repeat_share[0] == 0.75
    assert description.spending(frame[["frequency"]], random_state=1).total is None


def test_wilson_agrees_with_statsmodels():
    from statsmodels.stats.proportion import proportion_confint

    low, high = wilson([0, 3, 50, 99], [10, 10, 99, 99])
    theirs = proportion_confint(np.array([0, 3, 50, 99]), np.array([10, 10, 99, 99]), method="wilson")
    np.testing.assert_allclose(low, theirs[0], atol=1e-12)
    np.testing.assert_allclose(high, theirs[1], atol=1e-12)


def test_clopper_pearson_agrees_with_statsmodels():
    from statsmodels.stats.proportion import proportion_confint

    low, high = clopper_pearson([0, 3, 50, 99, 5], [10, 10, 99, 99, 0], level=0.9)
    theirs = proportion_confint(np.array([0, 3, 50, 99]), np.array([10, 10, 99, 99]), alpha=0.1, method="beta")
    np.testing.assert_allclose(low[:4], np.nan_to_num(theirs[0]), atol=1e-12)
    np.testing.assert_allclose(high[:4], np.nan_to_num(theirs[1], nan=1.0), atol=1e-12)
    assert np.isnan([low[4], high[4]]).all()


def test_trend_compares_only_complete_months_and_fills_gaps():
    months = pd.DataFrame({"month": pd.date_range("2023-01-01", periods=16, freq="MS"), "orders": range(10, 26)})
    months["complete"] = [False, *[True] * 14, False]
    result = description.monthly_trend(months, value="orders")
    # February and March 2024 have a complete counterpart; January's was unfinished, April 2024 is unfinished itself.
    assert result.matched == 2
    assert result.year_on_year == pytest.approx((23 + 24) / (11 + 12) - 1)
    assert result.table["change"].notna().sum() == 2
    gap = description.monthly_trend(months.drop(index=[5, 6]), value="orders")
    assert gap.filled == 2
    assert gap.table.loc[gap.table["month"] == "2023-06-01", "orders"].item() == 0
    assert description.monthly_trend(months.head(12), value="orders").year_on_year is None


def test_retention_counts_silent_months_as_zero():
    cohorts = pd.DataFrame(
        [("2024-01-01", 0, 10, 10, True), ("2024-01-01", 2, 3, 10, True), ("2024-02-01", 0, 30, 30, True),
         ("2024-02-01", 1, 9, 30, True), ("2024-03-01", 0, 50, 50, False)],
        columns=["cohort", "age_months", "customers_active", "cohort_size", "complete"],
    )  # fmt: skip
    by_age = description.retention(cohorts).by_age.set_index("age_months")
    assert by_age.loc[1, "share"] == pytest.approx(9 / 40)
    assert by_age.loc[2, "share"] == pytest.approx(3 / 10)
    assert by_age.loc[1, "low"] < 9 / 40 < by_age.loc[1, "high"]


def test_top_list_counts_and_orders_with_a_full_key():
    rows = pd.DataFrame({
        "product_id": ["b", "a", "c", "c"], "amount": [5.0, 5.0, 1.0, 2.0],
        "basket_key": [1, 2, 1, 1], "customer_key": [1, 1, 2, None],
    })  # fmt: skip
    found = description.top_list(rows, by="product_id", value="amount", basket="basket_key", customer="customer_key")
    assert found["product_id"].tolist() == ["a", "b", "c"]
    assert found["orders"].tolist() == [1, 1, 1]
    assert found["customers"].tolist() == [1, 1, 1]
    assert found["share"].sum() == pytest.approx(1)
    assert description.top_list(rows, by="product_id", value=None)["amount"].tolist() == [2, 1, 1]


SKEWED, EVEN = np.random.default_rng(1).lognormal(3, 1, 500), np.random.default_rng(2).normal(size=500)


@pytest.mark.parametrize(
    "values",
    [
        SKEWED,
        EVEN,
        [1, 2, 2, 9],
        [4.0],
        [3, 3, 3],
        np.r_[np.zeros(400), SKEWED**2],
        [1e-100, 1e100],
        [np.nan, 2.5, 3.5],
    ],
)
def test_histogram_loses_nothing(values):
    result = description.histogram(values)
    assert result.table["count"].sum() + result.beyond == result.n
    assert (result.table["right"] > result.table["left"]).all()
    assert (result.table["right"].iloc[:-1].to_numpy() == result.table["left"].iloc[1:].to_numpy()).all()


def test_histogram_is_logarithmic_where_that_takes_the_skew_away():
    assert description.histogram(np.random.default_rng(1).lognormal(3, 1, 500)).log
    assert not description.histogram(np.random.default_rng(1).normal(100, 1, 500)).log
    with pytest.raises(AnalysisError, match="no finite value"):
        description.histogram([np.nan])


def test_the_mode_has_a_share_and_an_interval():
    frame = pd.DataFrame({"orders": [1] * 60 + [2] * 30 + [3] * 10, "tied": [1, 2] * 50, "all_differ": range(100)})
    table = description.numeric_summary(frame, random_state=1, replicates=400).table.set_index("column")
    assert table.loc["orders", ["mode", "mode_low", "mode_high", "mode_share"]].tolist() == [1, 1, 1, 0.6]
    low, high = wilson(60, 100)
    assert table.loc["orders", ["mode_share_low", "mode_share_high"]].tolist() == [float(low), float(high)]
    # Two values equally frequent: the resamples are split between them.
    assert table.loc["tied", ["mode", "modes", "mode_low", "mode_high"]].tolist() == [1, 2, 1, 2]
    assert table.loc["all_differ", ["mode", "mode_low", "mode_share"]].isna().all()


def test_weighted_mode_equals_that_of_the_repeated_sample():
    values = np.sort(np.random.default_rng(2).integers(0, 6, 40)).astype(float)
    weights = np.concatenate(list(bootstrap.resample_weights(40, replicates=30, random_state=1)))
    by_hand = [stats.mode(np.repeat(values, row.astype(int))).mode for row in weights]
    np.testing.assert_array_equal(description.mode(values, weights), by_hand)


@pytest.mark.parametrize("scale", [1e-300, 1e-5, 1e5, 1e300])
def test_size_changes_no_digit(scale):
    values = np.random.default_rng(3).lognormal(0, 1, 80)
    ours, plain = description.moments(values * scale), description.moments(values)
    for name in ("mean", "median", "sd"):
        assert ours[name] == pytest.approx(plain[name] * scale, rel=1e-12)
    assert ours["skewness"] == pytest.approx(plain["skewness"], rel=1e-9)
    shares = description.concentration(values * scale, random_state=1, replicates=100)
    assert shares.gini.low == pytest.approx(description.concentration(values, random_state=1, replicates=100).gini.low)


def test_gini_of_published_examples():
    # The incomes in the examples of R's ineq; the example of R's phylotools.
    incomes = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]
    assert description.gini(incomes) == pytest.approx(0.4620911, abs=5e-8)
    assert description.gini([1, 3, 2, 1, 1, 1, 4]) == pytest.approx(0.3076923, abs=5e-8)


def test_wilson_of_newcombe():
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
    for hits, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        np.testing.assert_allclose(wilson(hits, n), (low, high), atol=5e-5)


def test_the_size_of_a_trial_is_that_of_r_and_statsmodels():
    # R, help of power.prop.test: p1 = .50, p2 = .75, power = .90 gives n = 76.7.
    assert customers_per_group(0.5, 0.75, power=0.9) == customers_per_group(0.75, 0.5, power=0.9) == 77
    for first, second, level, power in ((0.1, 0.12, 0.95, 0.8), (0.3, 0.31, 0.99, 0.9), (0.0, 0.02, 0.9, 0.8)):
        theirs = samplesize_proportions_2indep_onetail(second - first, first, power=power, alpha=1 - level)
        assert customers_per_group(first, second, level=level, power=power) == np.ceil(theirs)
    assert customers_per_group(0.2, 0.2) is None and customers_per_group(0.2, np.nan) is None


def test_groups_by_average_spend_divide_by_orders():
    frame = pd.DataFrame({"customer_key": range(20), "monetary": range(1, 21), "frequency": [1, 4] * 10})
    frame["average_order_value"] = frame["monetary"] / frame["frequency"]
    table = description.deciles(frame, value="monetary", by="average_order_value", orders="frequency", groups=2)
    assert table["orders"].sum() == 50
    assert table["per_order"].tolist() == (table["amount"] / table["orders"]).tolist()
    best = description.top_customers(frame, value="monetary", by="average_order_value", orders="frequency", size=3)
    expected = frame.sort_values(["average_order_value", "customer_key"], ascending=[False, True]).head(3)
    assert best["customer_key"].tolist() == expected["customer_key"].tolist()
    assert best["cumulative_share"].iloc[-1] == pytest.approx(expected["monetary"].sum() / 210)


def test_a_quantile_beyond_all_values_has_no_interval():
    values = np.random.default_rng(1).lognormal(3, 1, 30)
    result = description.numeric_summary(pd.DataFrame({"spend": values}), random_state=1)
    row = result.table.iloc[0]
    assert np.isfinite(row[["q95", "q25_low", "q75_high", "median_low", "mean_high"]].to_numpy(float)).all()
    assert row[["q05_low", "q05_high", "q95_low", "q95_high"]].isna().all()
    assert [(note.issue, note.count) for note in result.notes] == [("few_for_tails", 30)]
    # 0.95 ** 59 is below 5 %
    enough = description.numeric_summary(pd.DataFrame({"spend": np.tile(values, 2)[:59]}), random_state=1)
    assert enough.notes == () and np.isfinite(enough.table.iloc[0]["q95_high"])
