"""Designs, ordinary least squares, standard errors and diagnostics, against statsmodels and values by hand."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.diagnostic import het_breuschpagan
from statsmodels.stats.outliers_influence import OLSInfluence, variance_inflation_factor

from analysis import regression
from analysis.errors import AnalysisError


def sample(seed: int = 0, n: int = 80, p: int = 4) -> pd.DataFrame:
    """Correlated columns, unequal variances, a skewed one."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) + rng.normal(size=(n, 1))
    x[:, 0] = np.exp(x[:, 0])
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(p)])
    return frame.assign(y=5 + x @ np.linspace(-1, 2, p) + rng.normal(size=n) * (0.3 + x[:, 0]))


def codes(remarks: tuple[regression.Remark, ...]) -> set[tuple[str, str]]:
    return {(remark.code, remark.column) for remark in remarks}


def fitted(frame: pd.DataFrame, **options: object) -> regression.LinearFit:
    columns = [name for name in frame.columns if name != "y"]
    return regression.ols(regression.design(frame, target="y", columns=columns), **options)  # type: ignore[arg-type]


# designs


def test_unusable_columns_are_left_out_and_named() -> None:
    frame = sample().assign(same=3.0, nothing=np.nan, word="a", total=lambda f: f["x0"] + 2 * f["x1"])
    frame.loc[4, "x2"] = np.inf
    made = regression.design(frame, target="y", columns=["x0", "x1", "x2", "same", "nothing", "word", "total"])
    assert made.names == ("x0", "x1", "x2", "x2_missing")
    assert codes(made.remarks) == {
        ("constant", "same"), ("all_missing", "nothing"), ("not_a_number", "word"), ("collinear", "total"),
        ("infinite", "x2"), ("indicator", "x2"),
    }  # fmt: skip
    assert next(remark.other for remark in made.remarks if remark.code == "collinear") == "x0, x1"


def test_missing_values_follow_the_stated_rule_and_the_target_is_never_filled() -> None:
    frame = pd.DataFrame({"x": [1.0, np.nan, 3.0, 10.0, 5.0, 6.0], "y": [1.0, 2.0, np.nan, 4.0, 6.0, 5.0]})
    flagged = regression.design(frame, target="y", columns=["x"])
    assert flagged.rows.tolist() == [0, 1, 3, 4, 5] and flagged.rows_in == 6
    assert flagged.matrix.tolist() == [[1, 0], [5.5, 1], [10, 0], [5, 0], [6, 0]]
    dropped = regression.design(frame, target="y", columns=["x"], missing="drop")
    assert dropped.rows.tolist() == [0, 3, 4, 5]
    assert {remark.code: remark.value for remark in dropped.remarks} == {"target_missing": 1.0, "dropped": 1.0}
    # other rows get what was learnt here, not their own median
    other = flagged.apply(pd.DataFrame({"x": [np.nan, 100.0]}))
    assert other.tolist() == [[5.5, 1], [100, 0]]


def test_logarithms_are_taken_where_asked_or_where_skewed() -> None:
    frame = sample()
    auto = regression.design(frame, target="y", columns=["x0", "x1"], log="auto")
    assert [term.kind for term in auto.terms] == ["log1p", "identity"]
    np.testing.assert_allclose(auto.matrix[:, 0], np.log1p(frame["x0"]))
    with pytest.raises(AnalysisError, match="x1, which has values below 0"):
        regression.design(frame, target="y", columns=["x0", "x1"], log=["x1"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": ["x0", "z"]}, "no column z"),
        ({"columns": ["y"]}, "cannot explain itself"),
        ({"columns": ["x0", "x0"]}, "named twice: x0"),
        ({"columns": ["x0"], "missing": "zero"}, "median, indicator, drop"),
        ({"columns": ["x0"], "log": "yes"}, "'yes'"),
        ({"columns": ["x0"], "log": ["x3"]}, "x3"),
    ],
)
def test_wrong_arguments_are_named(options: dict, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        regression.design(sample(), target="y", **options)


def test_a_text_target_and_too_few_rows_are_clear() -> None:
    with pytest.raises(AnalysisError, match="target word"):
        regression.design(sample().assign(word="a"), target="word", columns=["x0"])
    two = regression.design(sample(n=2), target="y", columns=["x0", "x1"])
    assert two.obstacle is not None and two.obstacle.code == "too_few_rows"
    with pytest.raises(AnalysisError, match="too few"):
        regression.ols(two)
    with pytest.raises(AnalysisError, match="nothing to explain"):
        regression.ols(regression.design(sample().assign(y=2.0), target="y", columns=["x0"]))


def test_the_callers_frame_is_untouched() -> None:
    frame = sample()
    before = frame.copy()
    fitted(frame)
    pd.testing.assert_frame_equal(frame, before)


# ordinary least squares


def test_worked_examples() -> None:
    # the right values of two examples that are wrong in print in their source articles
    price = pd.DataFrame({"x": [10, 20, 30, 40, 50], "y": [100, 150, 200, 250, 300]})
    marks = pd.DataFrame({"x": [2, 4, 6, 8], "y": [65, 75, 85, 95]})
    np.testing.assert_allclose(fitted(price).table["estimate"], [50, 5], rtol=1e-14)
    np.testing.assert_allclose(fitted(marks).table["estimate"], [55, 5], rtol=1e-14)


@pytest.mark.parametrize("kind", ["classical", "HC0", "HC1", "HC2", "HC3"])
def test_standard_errors_agree_with_statsmodels(kind: str) -> None:
    frame = sample(1)
    ours = fitted(frame, covariance=kind)
    model = sm.OLS(frame["y"], sm.add_constant(frame.drop(columns="y")))
    theirs = model.fit() if kind == "classical" else model.fit(cov_type=kind, use_t=True)
    np.testing.assert_allclose(ours.table["estimate"], theirs.params, rtol=1e-10)
    np.testing.assert_allclose(ours.table["standard_error"], theirs.bse, rtol=1e-10)
    np.testing.assert_allclose(ours.table["p"], theirs.pvalues, rtol=1e-8)
    np.testing.assert_allclose(ours.table[["low", "high"]], theirs.conf_int(), rtol=1e-9)
    np.testing.assert_allclose(ours.wald, float(np.squeeze(theirs.fvalue)), rtol=1e-9)
    assert ours.r_squared == pytest.approx(theirs.rsquared, rel=1e-12)
    assert ours.adjusted_r_squared == pytest.approx(theirs.rsquared_adj, rel=1e-12)


def test_clustered_standard_errors_agree_with_statsmodels() -> None:
    frame = sample(2, n=120)
    groups = np.repeat(np.arange(30), 4)
    made = regression.design(frame, target="y", columns=["x0", "x1", "x2", "x3"])
    ours = regression.ols(made, covariance="cluster", clusters=groups)
    theirs = sm.OLS(frame["y"], sm.add_constant(frame.drop(columns="y"))).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )
    np.testing.assert_allclose(ours.table["standard_error"], theirs.bse, rtol=1e-10)
    np.testing.assert_allclose(ours.table["p"], theirs.pvalues, rtol=1e-8)
    with pytest.raises(AnalysisError, match="go together"):
        regression.ols(made, covariance="cluster")


def test_without_intercept() -> None:
    frame = sample(3)
    ours = regression.ols(regression.design(frame, target="y", columns=["x0", "x1"], intercept=False), covariance="HC3")
    theirs = sm.OLS(frame["y"], frame[["x0", "x1"]]).fit(cov_type="HC3", use_t=True)
    np.testing.assert_allclose(ours.table["standard_error"], theirs.bse, rtol=1e-10)
    assert ours.r_squared == pytest.approx(theirs.rsquared, rel=1e-12)


def test_inflation_and_condition_number() -> None:
    frame = sample(4)
    x = frame.drop(columns="y")
    ours = fitted(frame)
    exog = sm.add_constant(x).to_numpy()
    theirs = [variance_inflation_factor(exog, i) for i in range(1, exog.shape[1])]
    np.testing.assert_allclose(ours.table["vif"].iloc[1:], theirs, rtol=1e-10)
    centred = x - x.mean()
    assert ours.condition_number == pytest.approx(np.linalg.cond(centred / np.linalg.norm(centred, axis=0)), rel=1e-9)


def test_near_singular_designs_are_named_and_exact_copies_left_out() -> None:
    frame = sample(5)
    near = frame.assign(copy=frame["x1"] + 1e-9 * frame["x2"] ** 2)
    found = {remark.code: remark for remark in fitted(near).remarks}
    assert found["near_singular"].value > 1e8 and "high_vif" in found
    exact = frame.assign(copy=frame["x1"] * 3)
    assert ("collinear", "copy") in codes(fitted(exact).remarks)


def test_one_row_of_its_own_does_not_break_hc3() -> None:
    frame = sample(6).assign(alone=0.0)
    frame.loc[7, "alone"] = 1.0
    fit = fitted(frame, covariance="HC3")
    assert ("leverage_one", "") in codes(fit.remarks)
    assert np.isfinite(fit.table.drop(columns="vif").iloc[1:][["standard_error", "p"]]).all(axis=None)


def test_prediction_intervals_agree_with_statsmodels_and_cover() -> None:
    frame = sample(7)
    new = sample(8, n=5)
    ours = fitted(frame, covariance="classical").predict(new)
    theirs = (
        sm.OLS(frame["y"], sm.add_constant(frame.drop(columns="y")))
        .fit()
        .get_prediction(sm.add_constant(new.drop(columns="y")))
        .summary_frame()
    )
    np.testing.assert_allclose(ours["predicted"], theirs["mean"], rtol=1e-10)
    np.testing.assert_allclose(ours[["low", "high"]], theirs[["mean_ci_lower", "mean_ci_upper"]], rtol=1e-9)
    np.testing.assert_allclose(ours[["single_low", "single_high"]], theirs[["obs_ci_lower", "obs_ci_upper"]], rtol=1e-9)


def test_observed_spread_follows_a_skewed_scatter() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=4000)
    frame = pd.DataFrame({"x": x, "y": x + rng.exponential(size=4000)})
    fit = fitted(frame.iloc[:2000])
    new = frame.iloc[2000:]
    guess = fit.predict(new, spread="observed")
    below, above = (new["y"] < guess["single_low"]).mean(), (new["y"] > guess["single_high"]).mean()
    assert below == pytest.approx(0.025, abs=0.012) and above == pytest.approx(0.025, abs=0.012)
    straight = fit.predict(new)
    assert (new["y"] < straight["single_low"]).mean() == 0  # a normal band wastes its lower tail


def test_coverage_of_hc3_where_classical_intervals_fail() -> None:
    rng = np.random.default_rng(10)
    hits = {"HC3": 0, "classical": 0}
    for _ in range(400):
        x = rng.exponential(size=60)
        frame = pd.DataFrame({"x": x, "y": 2 * x + rng.normal(size=60) * x**1.5})
        for kind in hits:
            row = fitted(frame, covariance=kind).table.iloc[1]
            hits[kind] += row["low"] <= 2 <= row["high"]
    assert hits["HC3"] / 400 >= 0.9 > hits["classical"] / 400


# diagnostics


def test_influence_agrees_with_statsmodels() -> None:
    frame = sample(11)
    ours = regression.influence(fitted(frame))
    theirs = OLSInfluence(sm.OLS(frame["y"], sm.add_constant(frame.drop(columns="y"))).fit())
    np.testing.assert_allclose(ours.table["leverage"], theirs.hat_matrix_diag, rtol=1e-9)
    np.testing.assert_allclose(ours.table["cook"], theirs.cooks_distance[0], rtol=1e-8)
    np.testing.assert_allclose(ours.table["studentized"], theirs.resid_studentized_external, rtol=1e-8)
    np.testing.assert_allclose(ours.table["dffits"], theirs.dffits[0], rtol=1e-8)
    rest = frame[ours.table["cook"].to_numpy() <= 4 / len(frame)]
    np.testing.assert_allclose(ours.shifts["without"], fitted(rest).table["estimate"], rtol=1e-9)


def test_residual_checks_agree_with_statsmodels_and_scipy() -> None:
    frame = sample(12)
    fit = fitted(frame)
    ours = regression.residual_checks(fit, bins=8)
    exog = sm.add_constant(frame.drop(columns="y"))
    test, p, *_ = het_breuschpagan(sm.OLS(frame["y"], exog).fit().resid, exog)
    assert (ours.breusch_pagan, ours.breusch_pagan_p) == pytest.approx((test, p), rel=1e-8)
    jarque_bera = stats.jarque_bera(fit.residuals)
    assert ours.jarque_bera == pytest.approx(jarque_bera.statistic, rel=1e-9)
    assert ours.bins["n"].sum() == 80 and len(ours.bins) == 8
    assert ours.quantiles["residual"].is_monotonic_increasing


def test_diagnostics_of_an_exact_fit_are_not_a_number_rather_than_an_error() -> None:
    fit = fitted(pd.DataFrame({"x": np.arange(9.0), "y": 2 * np.arange(9.0)}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checks, moved = regression.residual_checks(fit), regression.influence(fit)
    assert np.isnan(checks.breusch_pagan) and moved.influential == 0


# log-linear


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC3"])
def test_loglinear_agrees_with_statsmodels(kind: str) -> None:
    rng = np.random.default_rng(13)
    x = rng.normal(size=(300, 2))
    y = np.where(rng.random(300) < 0.4, 0, rng.gamma(0.7, size=300) * np.exp(1 + x @ [0.5, -0.3]))
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y})
    ours = regression.loglinear(regression.design(frame, target="y", columns=["a", "b"]), covariance=kind)
    exog = sm.add_constant(frame[["a", "b"]])
    theirs = sm.GLM(y, exog, family=sm.families.Poisson()).fit(tol=1e-14, maxiter=200)
    np.testing.assert_allclose(ours.table["estimate"], theirs.params, rtol=1e-8)
    mean = theirs.fittedvalues.to_numpy()
    root = exog.to_numpy() * np.sqrt(mean)[:, None]
    bread = np.linalg.inv(root.T @ root)
    leverage = np.einsum("ij,jk,ik->i", root, bread, root)
    weight = {"HC0": 1.0, "HC1": 300 / 297, "HC3": 1 / (1 - leverage) ** 2}[kind]
    meat = exog.to_numpy().T @ (((y - mean) ** 2 * weight)[:, None] * exog.to_numpy())
    np.testing.assert_allclose(ours.covariance, bread @ meat @ bread, rtol=1e-7)
    assert ours.deviance == pytest.approx(theirs.deviance, rel=1e-9)
    np.testing.assert_allclose(ours.predict(frame)["predicted"], mean, rtol=1e-7)


def test_loglinear_covers_a_true_effect_in_zero_heavy_amounts() -> None:
    rng = np.random.default_rng(14)
    hits = 0
    for _ in range(300):
        x = rng.normal(size=200)
        y = np.where(rng.random(200) < 0.5, 0, 2 * rng.gamma(0.8, 1 / 0.8, size=200)) * np.exp(1 + 0.5 * x)
        fit = regression.loglinear(regression.design(pd.DataFrame({"x": x, "y": y}), target="y", columns=["x"]))
        hits += fit.table["low"].iloc[1] <= 0.5 <= fit.table["high"].iloc[1]
    assert 0.9 <= hits / 300 <= 0.98


def test_loglinear_refuses_what_it_cannot_fit() -> None:
    frame = sample(15)
    for bad, words in [(frame, "0 or more"), (frame.assign(y=0.0), "0 in every row")]:
        with pytest.raises(AnalysisError, match=words):
            regression.loglinear(regression.design(bad, target="y", columns=["x0"]))


# properties


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), p=st.integers(1, 5), shift=st.floats(-1e6, 1e6), scale=st.floats(1e-3, 1e3))
def test_units_do_not_matter(seed: int, p: int, shift: float, scale: float) -> None:
    """Measuring a column in another unit, from another zero, changes its slope by the unit and nothing else."""
    frame = sample(seed, n=40, p=p)
    moved = frame.assign(x0=frame["x0"] * scale + shift)
    one, two = fitted(frame), fitted(moved)
    np.testing.assert_allclose(one.table["estimate"].iloc[1] / scale, two.table["estimate"].iloc[1], rtol=1e-6)
    np.testing.assert_allclose(
        one.table["standardised"].iloc[1:], two.table["standardised"].iloc[1:], rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose(one.table["p"].iloc[1:], two.table["p"].iloc[1:], rtol=1e-5, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(12, 60), p=st.integers(1, 4))
def test_residuals_are_orthogonal_to_the_terms_and_leverage_sums_to_the_coefficients(seed: int, n: int, p: int) -> None:
    fit = fitted(sample(seed, n=n, p=p))
    size = np.abs(fit.design.matrix).max() * np.abs(fit.design.response).max() * n
    assert np.abs(fit.design.matrix.T @ fit.residuals).max() <= 1e-12 * size
    assert fit.solution.leverage.sum() == pytest.approx(p + 1, rel=1e-9)


def test_loglinear_predictions_end_where_the_data_is_long_left() -> None:
    rng = np.random.default_rng(16)
    frame = pd.DataFrame({"x": rng.normal(size=100)}).assign(y=lambda f: np.exp(f["x"]))
    fit = regression.loglinear(regression.design(frame, target="y", columns=["x"]))
    far = fit.predict(pd.DataFrame({"x": [1e6, -1e6]}))["predicted"]
    assert far[0] == pytest.approx(10 * fit.fitted.max()) and far[1] == 0
