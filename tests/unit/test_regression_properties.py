"""Regression on random data against statsmodels and scikit-learn: gaps, ties, copies, unequal spread, unlike scales."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from benchmarks.verify import regression as verify
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis import regression
from analysis.errors import AnalysisError

SEEDS = st.integers(0, 100_000)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
@example(seed=157)  # no gap where the target is known
def test_least_squares_and_diagnostics_agree_with_statsmodels(seed: int) -> None:
    """Coefficients, HC0 to HC3, clustered errors, F, Wald, VIF, influence, Breusch–Pagan, intervals."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of statsmodels' own loops over rows
        for name, ours, theirs in verify.pairs(seed):
            assert verify.difference(ours, theirs) < 1e-7, name


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_ridge_lasso_and_their_paths_agree_with_scikit_learn(seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn cannot always reach the tolerance asked of it
        for name, difference in verify.penalised_pairs(seed):
            assert difference < 1e-6, name
        assert verify.same_choice(seed)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_a_copy_is_left_out_whatever_the_scales(seed: int) -> None:
    frame, columns = verify.random_frame(seed)
    made = regression.design(frame, target="y", columns=columns)
    assert {remark.column for remark in made.remarks if remark.code == "collinear"} == {"copy"}
    assert len(made.response) == frame["y"].notna().sum()
    fit = regression.ols(made)
    assert np.isfinite(
        fit.table.drop(columns=["term", "standardised", "standardised_low", "standardised_high", "vif"])
    ).all(axis=None)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, exponent=st.integers(-60, 60))
def test_the_unit_of_the_target_does_not_matter(seed: int, exponent: int) -> None:
    frame, columns = verify.random_frame(seed)
    one = regression.ols(regression.design(frame, target="y", columns=columns))
    scaled = frame.assign(y=frame["y"] * 2.0**exponent)  # a power of two is exact
    two = regression.ols(regression.design(scaled, target="y", columns=columns))
    np.testing.assert_allclose(two.table["estimate"], one.table["estimate"] * 2.0**exponent, rtol=1e-9)
    np.testing.assert_allclose(two.table["p"], one.table["p"], rtol=1e-7, atol=1e-300)
    assert two.r_squared == pytest.approx(one.r_squared, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, share=st.floats(0.02, 0.9))
def test_the_lasso_meets_its_optimality_conditions(seed: int, share: float) -> None:
    frame, columns = verify.random_frame(seed)
    made = regression.design(frame, target="y", columns=columns)
    z = (made.matrix - made.matrix.mean(axis=0)) / made.matrix.std(axis=0)
    v = made.response - made.response.mean()
    penalty = share * float(np.abs(z.T @ v).max()) / len(v)
    fit = regression.lasso(made, penalty=penalty, random_state=0)
    b = fit.slopes["standardised"].to_numpy()
    pull = z.T @ (v - z @ b) / len(v) / penalty
    np.testing.assert_allclose(pull[b != 0], np.sign(b[b != 0]), atol=1e-6)
    assert (np.abs(pull[b == 0]) <= 1 + 1e-6).all()
    assert "lasso_not_optimal" not in {remark.code for remark in fit.remarks}


def test_selection_frequencies_agree_with_scikit_learn_on_the_same_samples() -> None:
    """Every bootstrap sample written out row by row, scaled and fitted by scikit-learn."""
    from sklearn.linear_model import Lasso
    from sklearn.preprocessing import StandardScaler

    from analysis.bootstrap import resample_weights

    frame, columns = verify.random_frame(3)
    made = regression.design(frame, target="y", columns=columns)
    fit = regression.lasso(made, choice="one_standard_error", random_state=0)
    found = regression.selection_frequency(fit, replicates=40, random_state=5)
    kept = np.zeros(len(made.terms))
    for chunk in resample_weights(len(made.response), replicates=40, random_state=5):
        for weights in chunk:
            rows = np.repeat(np.arange(len(made.response)), weights.astype(int))
            z = StandardScaler().fit_transform(made.matrix[rows])
            model = Lasso(alpha=fit.penalty, tol=1e-12, max_iter=100_000).fit(z, made.response[rows])
            kept += np.abs(model.coef_) > 1e-9
    np.testing.assert_allclose(found["frequency"], kept / 40)


def test_near_copies_keep_ridge_finite_and_the_lasso_says_where_it_stops() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=100)
    frame = pd.DataFrame({"x": x, "near": x + 1e-9 * rng.normal(size=100), "y": x + rng.normal(size=100)})
    made = regression.design(frame, target="y", columns=["x", "near"])
    assert made.names == ("x", "near")
    free = regression.ridge(made, penalty=0.0, random_state=0)
    np.testing.assert_allclose(free.predict(frame), regression.ols(made).fitted, atol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = regression.lasso(made, random_state=0)
    assert np.isfinite(fit.table["estimate"]).all()


def test_a_path_of_ones_own_penalties_and_penalties_refused() -> None:
    frame, columns = verify.random_frame(1)
    made = regression.design(frame, target="y", columns=columns)
    fit = regression.lasso(made, penalties=[0.1, 1.0, 0.01], random_state=0)
    assert fit.path["penalty"].unique().tolist() == [1.0, 0.1, 0.01] and fit.penalty in {0.01, 0.1, 1.0}
    with pytest.raises(AnalysisError, match="0 or more"):
        regression.lasso(made, penalties=[-1.0], random_state=0)
