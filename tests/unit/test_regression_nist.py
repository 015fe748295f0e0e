"""Univariate statistics and linear regression against NIST's certified values and exact arithmetic, in digits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks import strd
from benchmarks.verify.table import digits

from analysis import description, regression

LINEAR = {item.name: item for item in strd.linear_sets()}
#: On machines whose long double is a double the last digits of a large noise are lost.
EXTENDED = np.finfo(np.longdouble).eps < np.finfo(float).eps


def least(fit: regression.LinearFit, item: strd.LinearSet) -> dict[str, float]:
    return {
        "coefficients": min(map(digits, fit.table["estimate"], item.estimates)),
        "standard errors": min(map(digits, fit.table["standard_error"], item.errors)),
        "residual SD": digits(fit.residual_sd, item.residual_sd),
        "R²": digits(fit.r_squared, item.r_squared),
        "F": 15.0 * (fit.f == item.f) if np.isinf(item.f) else digits(fit.f, item.f),
    }


def codes(fit: regression.LinearFit) -> set[str]:
    return {remark.code for remark in fit.remarks}


@pytest.mark.reference_data
@pytest.mark.parametrize(
    ("name", "enough"),
    [("Norris", 12.0), ("Pontius", 12.0), ("NoInt1", 13.0), ("Longley", 12.0), ("Wampler1", 9.0), ("Wampler2", 9.0)],
)
def test_certified_values_to_the_last_digits(reference_data: Path, name: str, enough: float) -> None:
    item = next(item for item in strd.linear_sets(reference_data / "nist") if item.name == name)
    found = least(item.fit(), item)
    assert min(found.values()) >= enough, found


@pytest.mark.parametrize(
    ("name", "enough"), [("NoInt2", 14.0), ("Wampler3", 12.0), ("Wampler4", 11.0), ("Wampler5", 9)]
)
def test_sets_without_a_file(name: str, enough: float) -> None:
    item = LINEAR[name]
    found = least(item.fit(), item)
    assert min(found.values()) >= (enough if EXTENDED else 7.0), found


def test_filip_keeps_the_digits_that_its_columns_still_hold() -> None:
    item = LINEAR["Filip"]
    fit = item.fit()
    found = least(fit, item)
    assert min(found.values()) >= 7 and found["R²"] >= 10, found
    warning = next(remark for remark in fit.remarks if remark.code == "near_singular")
    assert warning.value == fit.condition_number > 1e9
    assert fit.design.names == tuple(f"x{power}" for power in range(1, 11))  # no power is taken for a copy of others


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("backwards", [True, False])
def test_the_order_of_powers_and_a_column_of_ones_change_nothing(intercept: bool, backwards: bool) -> None:
    item = LINEAR["Filip"]
    frame, names = item.frame, [f"x{power}" for power in range(1, 11)]
    if not intercept:
        frame, names = frame.assign(ones=1.0), ["ones", *names]
    fit = regression.ols(
        regression.design(frame, target="y", columns=names[::-1] if backwards else names, intercept=intercept)
    )
    found = fit.table.set_index("term")["estimate"]
    wanted = dict(
        zip(["intercept" if intercept else "ones", *(f"x{p}" for p in range(1, 11))], item.estimates, strict=True)
    )
    assert min(digits(found[name], value) for name, value in wanted.items()) >= 7
    assert "near_singular" in codes(fit)


@pytest.mark.parametrize(("degree", "enough"), [(2, 14.0), (5, 12.0), (8, 9.0), (10, 7.0)])
@pytest.mark.parametrize("seed", range(4))
def test_ill_conditioned_polynomials_against_exact_arithmetic(degree: int, enough: float, seed: int) -> None:
    """The rational solution for the same doubles: what is lost here is lost by the solver alone."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-9, -3, size=50)
    matrix, y = strd.powers(x, degree), np.sin(x) + rng.normal(scale=0.01, size=50)
    frame = pd.DataFrame(matrix, columns=[f"x{power}" for power in range(1, degree + 1)]).assign(y=y)
    made = regression.design(frame, target="y", columns=list(frame.columns[:-1]))
    fit = regression.ols(made)
    assert len(made.names) == degree
    exact = [float(value) for value in strd.exact_coefficients(matrix, y)]
    found = min(map(digits, fit.table["estimate"], exact))
    assert found >= (enough if EXTENDED else min(enough, 6.0))
    assert ("near_singular" in codes(fit)) == (fit.condition_number > 1e8)
    # what is said to survive the rounding of the data does: the data moved by less than half a unit in the last place
    moved = frame * (1 + rng.uniform(-1, 1, size=frame.shape) * np.finfo(float).eps / 2)
    again = regression.ols(regression.design(moved, target="y", columns=list(frame.columns[:-1])))
    size = np.maximum(np.abs(fit.table["estimate"]), fit.table["standard_error"])
    shift = np.abs(again.table["estimate"] - fit.table["estimate"]) / size
    assert (-np.log10(np.maximum(shift, 1e-18)) >= fit.digits - 0.1).all()


def test_few_digits_are_said() -> None:
    far = pd.DataFrame({"x": 1e12 + np.arange(20.0), "y": np.random.default_rng(0).normal(size=20)})
    fit = regression.ols(regression.design(far, target="y", columns=["x"]))
    remark = next(remark for remark in fit.remarks if remark.code == "few_digits")
    assert remark.value == fit.digits.min() < 7
    assert "few_digits" not in codes(LINEAR["Wampler3"].fit())


def test_a_polynomial_without_noise_is_named_an_exact_fit() -> None:
    x = np.arange(21.0)
    frame = pd.DataFrame(strd.powers(x, 5), columns=list("abcde")).assign(y=sum(x**power for power in range(6)))
    fit = regression.ols(regression.design(frame, target="y", columns=list("abcde")))
    assert fit.residual_sd == 0 and fit.f == np.inf and fit.r_squared == 1
    assert "exact_fit" in codes(fit)
    assert (fit.table["standard_error"] == 0).all()


def test_many_rows_in_double_precision_keep_nine_digits() -> None:
    """Above the work that extended precision is spent on: a well-conditioned set stacked many times."""
    item = LINEAR["Wampler3"]
    times = 40_000
    frame = pd.concat([item.frame] * times, ignore_index=True)
    fit = regression.ols(regression.design(frame, target="y", columns=list(frame.columns[:-1])), covariance="classical")
    assert min(map(digits, fit.table["estimate"], item.estimates)) >= 9
    assert digits(fit.r_squared, item.r_squared) >= 9


@pytest.mark.reference_data
def test_univariate_statistics(reference_data: Path) -> None:
    for item in strd.univariate_sets(reference_data / "nist"):
        found = description.moments(item.y)
        assert digits(found["mean"], item.mean) >= 14, item.name
        # of NumAcc4's numbers, 10000000.1 to .3, a double holds eight digits behind the common ones
        enough = 8.0 if item.name == "NumAcc4" else 9.0
        assert digits(found["sd"], item.sd) >= enough, item.name
        assert digits(description.autocorrelation(item.y), item.autocorrelation) >= 9, item.name
