"""Many rows take a shorter way to the same fit: products of columns where these keep the digits, the rows elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis import regression
from analysis.errors import AnalysisError
from analysis.regression import leastsquares, penalised, reduced
from analysis.regression.products import Products, triangle

ROWS = leastsquares.ROWS_AT_A_TIME + 3_000
TERMS = ["a", "b", "c", "d"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(1)
    table = pd.DataFrame(random.standard_normal((ROWS, 4)), columns=TERMS)
    table["b"] += table["a"]
    table["c"] = 1_000 + 3 * table["c"]
    table["d"] = (table["d"] > 2).astype(float)
    table["y"] = 5 + table["a"] - 2 * table["b"] + table["d"] + random.standard_normal(ROWS) * (1 + table["a"] ** 2)
    table["count"] = random.poisson(np.exp(0.3 * table["a"] - 0.2 * table["d"]))
    return table


def made(frame: pd.DataFrame, target: str = "y", **options: bool) -> regression.Design:
    return regression.design(frame, target=target, columns=TERMS, **options)


def by_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be far enough from collinear for products, and no table be large enough."""
    monkeypatch.setattr(leastsquares, "INDEPENDENT", np.inf)
    for module in (reduced, penalised):
        monkeypatch.setattr(module, "MANY", ROWS)


@pytest.mark.parametrize("intercept", [True, False])
def test_products_and_rows_give_the_same_fit(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, intercept: bool
) -> None:
    design = made(frame, intercept=intercept)
    quick = regression.ols(design)
    by_rows(monkeypatch)
    slow = regression.ols(design)
    np.testing.assert_allclose(quick.table.iloc[:, 1:], slow.table.iloc[:, 1:], rtol=1e-11, atol=1e-300)
    np.testing.assert_allclose(quick.residuals, slow.residuals, atol=1e-11)
    np.testing.assert_allclose(quick.solution.leverage, slow.solution.leverage, rtol=1e-10)
    assert quick.condition_number == pytest.approx(slow.condition_number, rel=1e-9)


def test_large_fits_are_those_of_statsmodels(frame: pd.DataFrame) -> None:
    full = sm.add_constant(frame[TERMS])
    theirs = sm.OLS(frame["y"], full).fit(cov_type="HC3", use_t=True)
    ours = regression.ols(made(frame)).table
    np.testing.assert_allclose(ours["estimate"], theirs.params, rtol=1e-8)
    np.testing.assert_allclose(ours["standard_error"], theirs.bse, rtol=1e-8)
    poisson = sm.GLM(frame["count"], full, family=sm.families.Poisson()).fit(cov_type="HC0", tol=1e-12)
    ours = regression.loglinear(made(frame, "count"), covariance="HC0").table
    np.testing.assert_allclose(ours["estimate"], poisson.params, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(ours["standard_error"], poisson.bse, rtol=1e-6)


def test_columns_that_products_cannot_tell_apart_are_told_apart_by_rows(frame: pd.DataFrame) -> None:
    random = np.random.default_rng(2)
    near = frame["a"].to_numpy() + 1e-9 * random.standard_normal(ROWS)
    matrix = np.column_stack([frame["a"], near])
    response = matrix @ [1.0, 1.0]
    assert leastsquares._apart(matrix, intercept=True) is None
    assert leastsquares.aliased(matrix) == {}
    np.testing.assert_allclose(leastsquares.least_squares(matrix, response).coefficients, [0, 1, 1], atol=1e-5)
    far = np.column_stack([frame["a"] + 1e12, frame["b"]])
    assert leastsquares._apart(far, intercept=True) is None and leastsquares.aliased(far) == {}


@pytest.mark.parametrize("twin", [lambda f: f["a"] + f["b"], lambda f: 0 * f["a"] + 7.0])
def test_collinear_and_constant_columns_of_many_rows_are_found(
    frame: pd.DataFrame, twin: Callable[[pd.DataFrame], pd.Series]
) -> None:
    matrix = np.column_stack([frame["a"], frame["b"], twin(frame)])
    assert list(leastsquares.aliased(matrix)) == [2]
    with pytest.raises(leastsquares.AliasedError, match="column 2"):
        leastsquares.least_squares(matrix, frame["y"].to_numpy())


def test_a_separating_column_of_many_rows_has_no_log_linear_effect(frame: pd.DataFrame) -> None:
    apart = frame.assign(count=frame["count"].where(frame["d"] == 0, 0))
    with pytest.raises(AnalysisError, match="separates"):
        regression.loglinear(made(apart, "count"))


@pytest.mark.parametrize("fit", [regression.ridge, regression.lasso])
@pytest.mark.parametrize(("scaled", "intercept"), [(True, True), (False, True), (True, False)])
def test_cross_validation_from_products_is_that_from_rows(
    frame: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    fit: Callable[..., regression.PenalisedFit],
    scaled: bool,
    intercept: bool,
) -> None:
    options = {"folds": 3, "scaled": scaled, "random_state": 4}
    design = made(frame, intercept=intercept)
    quick = fit(design, **options)
    by_rows(monkeypatch)
    slow = fit(design, **options)
    assert quick.penalty == pytest.approx(slow.penalty, rel=1e-9)
    np.testing.assert_allclose(quick.table["estimate"], slow.table["estimate"], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(quick.cross_validation, slow.cross_validation.astype(float), rtol=1e-8)


def test_stability_of_a_lasso_from_products_is_that_from_rows(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = regression.lasso(made(frame), penalty=0.02, random_state=0)
    quick = regression.selection_frequency(fit, replicates=12, random_state=1)
    by_rows(monkeypatch)
    pd.testing.assert_frame_equal(quick, regression.selection_frequency(fit, replicates=12, random_state=1))


def test_products_refuse_what_they_cannot_tell_apart(frame: pd.DataFrame) -> None:
    design, ones = made(frame), np.ones(ROWS)
    near = design.matrix.copy()
    near[:, 1] = near[:, 0] + 1e-4 * near[:, 1]
    constant = design.matrix.copy()
    constant[:, 3] = 1.0
    for matrix in (near, constant):
        other = replace(design, matrix=matrix)
        centre, about = Products.of(other, ones).centred(intercept=True)
        assert triangle(about, centre, ROWS) is None
        fit = regression.lasso(other, folds=3, random_state=0)  # by rows
        assert np.isfinite(fit.table["estimate"]).all()


def test_products_of_parts_add_up(frame: pd.DataFrame) -> None:
    design, weights = made(frame), np.random.default_rng(3).integers(0, 3, ROWS).astype(float)
    parts = [Products.of(design, weights, rows=rows) for rows in np.array_split(np.arange(ROWS), 3)]
    whole, added = Products.of(design, weights), parts[0] + parts[1] + parts[2]
    assert added.n == whole.n == weights.sum()
    np.testing.assert_allclose(added.products, whole.products, rtol=1e-9, atol=1e-6)
    centre, about = whole.centred(intercept=True)
    np.testing.assert_allclose(centre[:-1], np.average(design.matrix, axis=0, weights=weights), rtol=1e-12)
    np.testing.assert_allclose(about[:-1, :-1], np.cov(design.matrix.T, fweights=weights.astype(int)) * (whole.n - 1))
