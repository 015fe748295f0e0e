"""Measures, intervals, calibration, gain and profit, beside scikit-learn, statsmodels and published numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn import metrics as sklearn_metrics
from sklearn.calibration import calibration_curve

from analysis import classification
from analysis.classification.gains import reached
from analysis.classification.irls import newton
from analysis.errors import AnalysisError


def scores(seed: int, n: int = 400, *, tied: bool = False, base: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn with known probabilities, and those probabilities, rounded where ties are asked for."""
    rng = np.random.default_rng(seed)
    p = expit(logit(base) + 1.3 * rng.normal(size=n))
    return (rng.random(n) < p).astype(float), np.round(p, 1) if tied else p


@pytest.mark.parametrize("tied", [False, True])
def test_measures_agree_with_scikit_learn(tied: bool) -> None:
    for seed in range(20):
        y, p = scores(seed, tied=tied)
        assert classification.average_precision(y, p) == pytest.approx(sklearn_metrics.average_precision_score(y, p))
        assert classification.area(y, p) == pytest.approx(sklearn_metrics.roc_auc_score(y, p))
        assert classification.brier(y, p) == pytest.approx(sklearn_metrics.brier_score_loss(y, p))
        clipped = np.clip(p, 1e-3, 1 - 1e-3)
        assert classification.log_loss(y, clipped) == pytest.approx(sklearn_metrics.log_loss(y, clipped))


def test_weighted_measures_are_those_of_the_resampled_rows() -> None:
    y, p = scores(1, 120, tied=True)
    weights = np.random.default_rng(2).multinomial(120, np.full(120, 1 / 120), size=5).astype(float)
    for row, average, area in zip(
        weights, classification.average_precision(y, p, weights), classification.area(y, p, weights), strict=True
    ):
        rows = np.repeat(np.arange(120), row.astype(int))
        assert average == pytest.approx(sklearn_metrics.average_precision_score(y[rows], p[rows]))
        assert area == pytest.approx(sklearn_metrics.roc_auc_score(y[rows], p[rows]))


def test_delong_gives_the_published_numbers_of_hanley_and_mcneil() -> None:
    """Ratings of 109 CT images (Hanley and McNeil 1982, table I); Stata's manual, `roctab`: 0.8932, 0.0307, 0.83295 to
    0.95339."""
    y = np.r_[np.zeros(58), np.ones(51)]
    rating = np.r_[np.repeat([1, 2, 3, 4, 5], [33, 6, 6, 11, 2]), np.repeat([1, 2, 3, 4, 5], [3, 2, 2, 11, 33])]
    found = classification.delong(y, rating)
    low, high = found.interval()
    assert round(float(found.area[0]), 4) == 0.8932 and round(float(np.sqrt(found.covariance[0, 0])), 4) == 0.0307
    assert (round(float(low[0]), 5), round(float(high[0]), 5)) == (0.83295, 0.95339)


def test_delong_agrees_with_its_definition_by_all_pairs() -> None:
    """Equations 3 to 8 of DeLong et al. (1988) over every pair of a one and a zero."""
    y, first = scores(3, 90, tied=True)
    both = np.column_stack([first, np.random.default_rng(4).normal(size=90) + y])
    kernel = [
        (np.subtract.outer(s[y == 1], s[y == 0]) > 0) + 0.5 * (np.subtract.outer(s[y == 1], s[y == 0]) == 0)
        for s in both.T
    ]
    m, n = kernel[0].shape
    of_ones, of_zeros = (np.array([k.mean(axis=axis) for k in kernel]) for axis in (1, 0))
    expected = np.cov(of_ones) / m + np.cov(of_zeros) / n
    found = classification.delong(y, both)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-10)
    np.testing.assert_allclose(found.area, [k.mean() for k in kernel])
    assert 0 < found.p_value(0, 1) < 1


def test_brier_score_is_the_sum_of_its_parts() -> None:
    y, p = scores(5)
    for bins in (1, 5, 10, 400):
        parts = classification.murphy(y, p, classification.quantile_bins(p, bins)).iloc[0]
        total = parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within"]
        assert total == pytest.approx(parts["brier"], abs=1e-12)
    few = np.round(p, 1)
    exact = classification.murphy(y, few, few).iloc[0]
    assert exact["within"] == pytest.approx(0, abs=1e-12), "all of a bin share one probability"


def test_comparison_is_what_a_calculation_by_hand_gives() -> None:
    y, p = scores(6, 500)
    flat = np.full(500, y.mean())
    found = classification.compare(y, {"model": p, "flat": flat}, baselines=["flat"], replicates=400, random_state=1)
    row = found.difference("model", "flat", "brier")
    assert row["difference"] == pytest.approx(((p - y) ** 2).mean() - ((flat - y) ** 2).mean())
    assert row["low"] < row["difference"] < row["high"] < 0 and row["better"]
    assert found.value("model", "brier")["skill"] == pytest.approx(
        1 - ((p - y) ** 2).mean() / (y.mean() * (1 - y.mean()))
    )
    assert found.value("flat", "roc_auc")["estimate"] == 0.5
    assert found.value("flat", "average_precision")["estimate"] == pytest.approx(y.mean())
    verdict = found.verdict("model", "brier")
    assert verdict.beats and verdict.beaters == ("model",) and not verdict.none and verdict.better > 0


def test_intervals_of_the_area_are_about_those_of_delong() -> None:
    y, p = scores(7, 600)
    found = classification.compare(y, {"model": p}, replicates=2000, random_state=1).value("model", "roc_auc")
    low, high = classification.delong(y, p).interval()
    assert found["low"] == pytest.approx(low[0], abs=0.006) and found["high"] == pytest.approx(high[0], abs=0.006)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """300 samples of 300 rows; the truth from a sample of 400,000. 95 % ± 3 standard errors is 91.2 to 98.8 %."""
    truth_y, truth_p = scores(99, 400_000)
    truth = {
        "average_precision": sklearn_metrics.average_precision_score(truth_y, truth_p),
        "roc_auc": sklearn_metrics.roc_auc_score(truth_y, truth_p),
        "brier": float((truth_p * (1 - truth_p)).mean()),
    }
    inside = dict.fromkeys(truth, 0)
    for seed in range(300):
        y, p = scores(1000 + seed, 300)
        table = classification.compare(y, {"m": p}, replicates=300, random_state=seed).measures.set_index("measure")
        for measure, value in truth.items():
            inside[measure] += int(table.loc[measure, "low"] <= value <= table.loc[measure, "high"])
    for measure, count in inside.items():
        assert 0.905 <= count / 300 <= 0.99, (measure, count / 300)


def test_calibration_bins_are_those_of_scikit_learn_and_slope_that_of_statsmodels() -> None:
    import statsmodels.api as sm

    y, p = scores(8, 1000)
    found = classification.calibration(y, p, bins=10, random_state=1)
    share, mean = calibration_curve(y, p, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(found.table["observed"], share)
    np.testing.assert_allclose(found.table["predicted"], mean)
    fit = sm.Logit(y, sm.add_constant(logit(p))).fit(disp=0)
    assert found.slope == pytest.approx(fit.params[1], rel=1e-6)
    assert (found.slope_low, found.slope_high) == pytest.approx(tuple(fit.conf_int()[1]), rel=1e-4)
    large = sm.GLM(y, np.ones(1000), family=sm.families.Binomial(), offset=logit(p)).fit()
    assert found.intercept == pytest.approx(large.params[0], abs=1e-8)
    error = np.average(np.abs(found.table["observed"] - found.table["predicted"]), weights=found.table["n"])
    assert found.error == pytest.approx(error)


def test_calibration_error_by_chance_tells_true_from_shifted_probabilities() -> None:
    held = {0.0: 0, 0.5: 0}
    for shift in held:
        for seed in range(40):
            y, p = scores(seed, 800)
            held[shift] += classification.calibration(y, expit(logit(p) + shift), random_state=seed).holds
    assert held[0.0] >= 34 and held[0.5] <= 4


def test_equal_probabilities_share_a_bin() -> None:
    p = np.r_[np.full(70, 0.2), np.linspace(0.3, 0.9, 30)]
    bins = classification.quantile_bins(p, 10)
    assert len(set(bins[:70])) == 1 and bins.min() == 0 and sorted(set(bins)) == list(range(bins.max() + 1))
    y = (np.arange(100) % 3 == 0).astype(float)
    assert classification.calibration(y, np.full(100, 0.3), random_state=0).table["n"].tolist() == [100]


def test_recalibration_mends_what_is_wrong_and_leaves_the_rest_alone() -> None:
    y, p = scores(9, 2000)
    half = np.arange(2000) % 2 == 0
    trials = [(half, ~half), (~half, half)]
    sure = expit(2.5 * logit(p))
    mended = classification.recalibration(y, sure, customers=np.arange(2000), trials=trials)
    assert mended.kind in ("platt", "isotonic") and mended.table.set_index("kind").loc[mended.kind, "low"] > 0
    assert classification.log_loss(y, mended.apply(sure)) < classification.log_loss(y, sure) - 0.05
    assert classification.recalibration(y, p, customers=np.arange(2000), trials=trials).kind == "none"
    assert classification.recalibration(y, sure, customers=np.arange(2000), trials=[]).kind == "none"


def test_gain_curve_by_hand_and_between_random_and_perfect() -> None:
    y, p = scores(10, 1000, tied=True)
    found = classification.gains(y, p, replicates=200, random_state=1)
    order = np.argsort(-p, kind="stable")
    at_end_of_ties = np.flatnonzero(np.diff(p[order]) != 0)
    curve = reached(y, p, (at_end_of_ties + 1) / 1000, np.ones((1, 1000)))[0]
    np.testing.assert_allclose(curve, y[order].cumsum()[at_end_of_ties] / y.sum())
    assert (found.curve["gain"] <= found.curve["perfect"] + 1e-12).all()
    assert found.parts["gain"].iloc[-1] == pytest.approx(1) and found.parts["events"].sum() == pytest.approx(y.sum())
    assert found.parts["lift"].mean() == pytest.approx(1)
    assert ((found.curve["low"] <= found.curve["gain"]) & (found.curve["gain"] <= found.curve["high"])).mean() > 0.95
    same = classification.gains(y, np.full(1000, 0.5), replicates=200, random_state=1)
    np.testing.assert_allclose(same.curve["gain"], same.curve["random"], atol=1e-12)


def test_profit_by_hand_and_the_break_even_that_theory_gives() -> None:
    y, p = scores(11, 4000)
    money = classification.Economics(cost=2, value=25, success=0.4)
    assert money.break_even == pytest.approx(0.2)
    found = classification.profit(y, p, economics=money, threshold=0.3, replicates=300, random_state=1)
    rules = found.rules.set_index("rule")
    called = p >= 0.3
    assert rules.loc["validated", "profit"] == pytest.approx((called * (y * 10 - 2)).mean())
    assert rules.loc["everybody", "profit"] == pytest.approx((y * 10 - 2).mean())
    assert rules.loc["nobody", "profit"] == 0 == rules.loc["nobody", "contacted"]
    # with true probabilities no threshold is better than break-even, but for chance
    assert rules.loc["break_even", "profit"] > found.curve["profit"].max() - 0.05
    assert classification.best_threshold(y, p, money) == pytest.approx(0.2, abs=0.1)
    assert found.rules["difference"].iloc[2:].max() == 0


def test_where_no_contact_pays_nobody_is_contacted() -> None:
    y, p = scores(12, 500)
    dear = classification.Economics(cost=30, value=25)
    threshold = classification.best_threshold(y, p, dear)
    found = classification.profit(y, p, economics=dear, threshold=threshold, replicates=200, random_state=1)
    assert threshold > 1 and found.rules["contacted"].iloc[0] == 0 and found.against == "nobody" and not found.pays


@pytest.mark.parametrize("change", [{"cost": 0}, {"value": -1}, {"success": 1.5}, {"cost": float("nan")}])
def test_costs_that_cannot_be_meant_are_named(change: dict) -> None:
    with pytest.raises(AnalysisError, match=next(iter(change))):
        classification.Economics(**{"cost": 1, "value": 2, **change})


def test_newton_agrees_with_statsmodels_also_for_several_rows_of_a_customer() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(13)
    customers = np.repeat(np.arange(300), 3)
    x = np.column_stack([np.ones(900), rng.normal(size=(900, 3)) + rng.normal(size=300)[customers][:, None]])
    y = (rng.random(900) < expit(x @ [-0.5, 1.0, 0.0, -0.7] + rng.normal(size=300)[customers])).astype(float)
    ours = newton(x, y, groups=customers)
    theirs = sm.Logit(y, x).fit(disp=0, cov_type="cluster", cov_kwds={"groups": customers, "use_correction": True})
    np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=1e-8)
    scale = 899 / 896  # statsmodels also counts coefficients: (n - 1) / (n - k)
    np.testing.assert_allclose(ours.covariance * scale, theirs.cov_params(), rtol=1e-6)
    plain = sm.Logit(y, x).fit(disp=0)
    np.testing.assert_allclose(newton(x, y).covariance, plain.cov_params(), rtol=1e-6)


def test_odds_ratios_are_those_of_a_regression_on_the_standardised_columns() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(14)
    frame = pd.DataFrame({"customer_key": range(1200), "a": rng.normal(size=1200), "b": rng.normal(5, 3, 1200)})
    y = (rng.random(1200) < expit(0.8 * frame["a"] - 0.2 * (frame["b"] - 5))).astype(float)
    table, remark = classification.odds_ratios(
        frame[:800], y[:800], columns=["a", "b"], key="customer_key", test=frame[800:], test_label=y[800:]
    )
    z = (frame[:800][["a", "b"]] - frame[:800][["a", "b"]].mean()) / frame[:800][["a", "b"]].std(ddof=0)
    fit = sm.Logit(y[:800], sm.add_constant(z)).fit(disp=0)
    rows = table.set_index("term")
    assert remark is None and rows["holds"].all()
    for name in ("a", "b"):
        assert rows.loc[name, "coefficient"] == pytest.approx(fit.params[name], rel=1e-6)
        start, end = rows.loc[name, ["from_value", "to_value"]]
        raw = fit.params[name] / frame[:800][name].std(ddof=0)
        assert rows.loc[name, "change"] == pytest.approx(np.exp(raw * (end - start)), rel=1e-6)


def test_a_term_that_separates_has_no_odds_ratio_and_the_rest_has() -> None:
    rng = np.random.default_rng(15)
    frame = pd.DataFrame({"customer_key": range(600), "a": rng.normal(size=600), "never": np.arange(600) < 40})
    y = np.where(frame["never"], 0, rng.random(600) < expit(frame["a"])).astype(float)
    table, remark = classification.odds_ratios(
        frame, y, columns=["a", "never"], key="customer_key", test=frame, test_label=y
    )
    assert table["term"].tolist() == ["a"] and remark is not None and remark.code == "terms_left_out"


@pytest.mark.parametrize(
    ("label", "score", "words"),
    [([0, 2], [0.1, 0.2], "0 or 1"), ([0, 1], [0.1], "do not belong"), ([0, 1], [0.1, np.nan], "missing or infinite"),
     (["a", "b"], [0.1, 0.2], "must be numbers"), ([], [], "do not belong")],
)  # fmt: skip
def test_labels_and_scores_that_cannot_be_judged_are_named(label: list, score: list, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        classification.compare(label, {"m": score}, random_state=0)
    with pytest.raises(AnalysisError, match=words):
        classification.calibration(label, score, random_state=0)


def test_curves_are_those_of_scikit_learn() -> None:
    y, p = scores(16, 80, tied=True)
    table = classification.curves(y, p, points=1000)
    alarm, hit, _ = sklearn_metrics.roc_curve(y, p, drop_intermediate=False)
    roc, pr = (table[table["curve"] == name] for name in ("roc", "pr"))
    np.testing.assert_allclose(roc[["x", "y"]], np.column_stack([alarm, hit]))
    precision, recall, _ = sklearn_metrics.precision_recall_curve(y, p)
    np.testing.assert_allclose(pr[["x", "y"]], np.column_stack([recall, precision])[::-1][1:])
