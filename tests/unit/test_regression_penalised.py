"""Ridge, LASSO, their penalties and selection frequencies, against scikit-learn and published figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso, Ridge
from sklearn.preprocessing import StandardScaler

from analysis import regression
from analysis.errors import AnalysisError


@pytest.fixture(scope="module")
def diabetes() -> regression.Design:
    frame = load_diabetes(as_frame=True).frame
    return regression.design(frame, target="target", columns=list(frame.columns[:-1]))


def test_published_diabetes_figures(diabetes: regression.Design) -> None:
    least_squares = regression.ols(diabetes)
    assert least_squares.r_squared == pytest.approx(0.5177484222, abs=5e-11)
    assert least_squares.table["estimate"].iloc[0] == pytest.approx(152.133484, abs=5e-7)
    fit = regression.lasso(diabetes, penalty=1.0, scaled=False, random_state=0)
    kept = fit.table.set_index("term").loc[list(fit.kept), "estimate"]
    # published by scikit-learn at its default tolerance, which stops about 0.01 short of the minimum
    assert kept.to_dict() == pytest.approx({"bmi": 367.704, "bp": 6.299, "s5": 307.605}, abs=0.02)
    active = diabetes.matrix[:, [diabetes.names.index(name) for name in kept.index]]
    centred = diabetes.response - diabetes.response.mean()
    minimum = np.linalg.solve(active.T @ active, active.T @ centred - 442 * 1.0 * np.sign(kept))
    np.testing.assert_allclose(kept, minimum, rtol=1e-6)


def test_given_penalties_agree_with_scikit_learn(diabetes: regression.Design) -> None:
    x, y = diabetes.matrix, diabetes.response
    z = StandardScaler().fit_transform(x)
    for penalty in (0.5, 5.0):
        ours = regression.lasso(diabetes, penalty=penalty, random_state=0)
        theirs = Lasso(alpha=penalty, tol=1e-12, max_iter=100_000).fit(z, y)
        np.testing.assert_allclose(ours.table["standardised"].iloc[1:], theirs.coef_, atol=1e-6)
        shrunk = regression.ridge(diabetes, penalty=penalty, random_state=0)
        np.testing.assert_allclose(
            shrunk.table["standardised"].iloc[1:], Ridge(alpha=penalty).fit(z, y).coef_, rtol=1e-9
        )
    plain = regression.ridge(diabetes, penalty=0.1, scaled=False, random_state=0)
    np.testing.assert_allclose(plain.table["estimate"].iloc[1:], Ridge(alpha=0.1).fit(x, y).coef_, rtol=1e-9)
    frame = pd.DataFrame(x, columns=list(diabetes.names))
    np.testing.assert_allclose(plain.predict(frame), Ridge(alpha=0.1).fit(x, y).predict(x), rtol=1e-9)


def test_lasso_meets_its_optimality_conditions(diabetes: regression.Design) -> None:
    fit = regression.lasso(diabetes, penalty=3.0, random_state=0)
    z = StandardScaler().fit_transform(diabetes.matrix)
    b = fit.table["standardised"].iloc[1:].to_numpy()
    residual = diabetes.response - diabetes.response.mean() - z @ b
    slope = z.T @ residual / len(residual)
    np.testing.assert_allclose(slope[b != 0], 3.0 * np.sign(b[b != 0]), atol=1e-6)
    assert (np.abs(slope[b == 0]) <= 3.0 + 1e-6).all()


def test_without_penalty_ridge_is_least_squares(diabetes: regression.Design) -> None:
    fit = regression.ridge(diabetes, penalty=0.0, random_state=0)
    np.testing.assert_allclose(fit.table["estimate"], regression.ols(diabetes).table["estimate"], rtol=1e-8)


@pytest.mark.parametrize("kind", ["ridge", "lasso"])
def test_cross_validation_scales_within_folds(diabetes: regression.Design, kind: str) -> None:
    """The same curve by the long way round: every fold standardised, fitted and predicted by scikit-learn."""
    fit = getattr(regression, kind)(diabetes, folds=5, random_state=3)
    fold_of = np.random.default_rng(3).permutation(442) % 5
    grid = fit.cross_validation["penalty"].to_numpy()[[20, 50, 80]]
    for penalty in grid:
        squares = np.empty(442)
        for fold in range(5):
            train, test = fold_of != fold, fold_of == fold
            scaler = StandardScaler().fit(diabetes.matrix[train])
            model = Ridge(alpha=penalty) if kind == "ridge" else Lasso(alpha=penalty, tol=1e-12, max_iter=100_000)
            model.fit(scaler.transform(diabetes.matrix[train]), diabetes.response[train])
            guess = model.predict(scaler.transform(diabetes.matrix[test]))
            squares[test] = (diabetes.response[test] - guess) ** 2
        ours = fit.cross_validation.set_index("penalty").loc[penalty, "error"]
        assert ours == pytest.approx(squares.mean(), rel=1e-6)


def test_one_standard_error_choice_is_the_sparser(diabetes: regression.Design) -> None:
    least = regression.lasso(diabetes, random_state=1)
    widest = regression.lasso(diabetes, choice="one_standard_error", random_state=1)
    curve = least.cross_validation
    best = curve.loc[curve["error"].idxmin()]
    assert least.penalty == best["penalty"] < widest.penalty == least.penalty_one_standard_error
    chosen = curve.set_index("penalty").loc[widest.penalty, "error"]
    assert chosen <= best["error"] + best["standard_error"]
    wider = curve[curve["penalty"] > widest.penalty]
    assert (wider["error"] > best["error"] + best["standard_error"]).all()
    assert set(widest.kept) < set(least.kept)


def test_path_runs_from_nothing_to_nearly_least_squares(diabetes: regression.Design) -> None:
    path = regression.lasso(diabetes, random_state=1).path
    first, last = path["penalty"].max(), path["penalty"].min()
    assert (path.loc[path["penalty"] == first, "standardised"].abs() < 1e-9).all()
    assert (path.loc[path["penalty"] == last, "standardised"] != 0).sum() >= 9


def test_selection_frequency_tells_signal_from_noise() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(300, 8))
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(8)]).assign(y=2 * x[:, 0] - x[:, 1] + rng.normal(size=300))
    made = regression.design(frame, target="y", columns=[f"x{i}" for i in range(8)])
    fit = regression.lasso(made, choice="one_standard_error", random_state=2)
    found = regression.selection_frequency(fit, replicates=200, random_state=2).set_index("term")
    assert {"x0", "x1"} <= set(fit.kept) and len(fit.kept) <= 4
    assert found.loc[["x0", "x1"], "frequency"].min() == 1.0
    assert found.loc["x0", "positive"] == 1.0 and found.loc["x1", "positive"] == 0.0
    noise = found.loc[[f"x{i}" for i in range(2, 8)], "frequency"]
    assert noise.max() < 0.95 and noise.median() < 0.5
    again = regression.selection_frequency(fit, replicates=200, random_state=2).set_index("term")
    pd.testing.assert_frame_equal(found, again)


def test_collinear_and_near_constant_terms_do_no_harm() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=100)
    rare = np.zeros(100)
    rare[3] = 1.0  # constant in most folds and resamples
    frame = pd.DataFrame({"x": x, "twin": x + 1e-9 * rng.normal(size=100), "rare": rare, "y": x + rng.normal(size=100)})
    made = regression.design(frame, target="y", columns=["x", "twin", "rare"])
    for fit in (regression.lasso(made, random_state=0), regression.ridge(made, random_state=0)):
        assert np.isfinite(fit.table["estimate"]).all() and np.isfinite(fit.cross_validation["error"]).all()
    frequency = regression.selection_frequency(regression.lasso(made, random_state=0), replicates=60, random_state=0)
    assert frequency["frequency"].between(0, 1).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [({"penalty": -1.0}, "0 or more"), ({"folds": 1}, "2 or more"), ({"choice": "best"}, "one_standard_error")],
)
def test_wrong_arguments_are_named(diabetes: regression.Design, options: dict, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        regression.lasso(diabetes, random_state=0, **options)


def test_frequencies_need_a_lasso(diabetes: regression.Design) -> None:
    with pytest.raises(AnalysisError, match="ridge keeps every term"):
        regression.selection_frequency(regression.ridge(diabetes, random_state=0), replicates=50, random_state=0)


def test_at_the_largest_penalty_nothing_is_kept(diabetes: regression.Design) -> None:
    top = regression.lasso(diabetes, random_state=1).path["penalty"].max()
    fit = regression.lasso(diabetes, penalty=top, random_state=1)
    assert fit.kept == () and (fit.table["standardised"].iloc[1:] == 0).all()
