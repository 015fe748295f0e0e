"""Univariate statistics and linear regression against NIST's certified values, and against exact arithmetic."""

from __future__ import annotations

import decimal
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import description, regression
from benchmarks import strd
from benchmarks.verify.table import Table, digits, reference_data

Floats = NDArray[np.float64]

SOURCE = "NIST/ITL Statistical Reference Datasets (StRD), certified values; https://www.itl.nist.gov/div898/strd/"
#: What is asked of sets whose columns are well told apart, and of the others.
WELL, ILL = 9.0, 7.0
#: Digits in which two results agree but for the last rounding.
ALL = 14.0
#: Condition number above which the warning `near_singular` is due: half of the digits of a double.
NEAR = 1e8
#: Degrees and seeds of the random polynomials; a column x, …, x^degree on an interval away from 0.
DEGREES, SEEDS = (2, 4, 6, 8, 10), (0, 1, 2)


def tables() -> list[Table]:
    """Digits of every certified quantity, each set at a glance, and random ill-conditioned designs."""
    folder = reference_data("nist")
    linear = strd.linear_sets(folder)
    return [
        Table(
            "nist_univariate",
            "Mean, standard deviation and autocorrelation, in correct digits",
            SOURCE,
            pd.DataFrame([row for item in strd.univariate_sets(folder) for row in _univariate(item)]),
            f"at least {WELL:g} digits; where the numbers, as doubles, hold fewer: {ALL:g} digits of what they hold",
        ),
        Table(
            "nist_linear",
            "Every certified quantity of the linear sets, in correct digits",
            SOURCE,
            pd.DataFrame([row for item in linear for row in _linear(item)]),
            f"at least {WELL:g} digits, or {ILL:g} where the condition number is above {NEAR:g}",
        ),
        Table(
            "nist_linear_sets",
            "The linear sets at a glance: fewest correct digits, condition number, warning",
            SOURCE + "; `exact`: beside least squares in rational arithmetic on the same doubles",
            pd.DataFrame([_glance(item) for item in linear]),
            "the warning `near_singular` is given where, and only where, the condition number is above "
            f"{NEAR:g}, and the digits are at least those said to survive the rounding of the data",
        ),
        Table(
            "exact_polynomials",
            "Random polynomials beside least squares in rational arithmetic on the same doubles",
            "exact rational arithmetic (Python's fractions), no rounding",
            pd.DataFrame([_polynomial(degree, seed) for degree in DEGREES for seed in SEEDS]),
            f"at least {ILL:g} digits of every coefficient, and a warning above a condition number of {NEAR:g}",
        ),
    ]


def _univariate(item: strd.UnivariateSet) -> Iterator[dict[str, object]]:
    found = description.moments(item.y)
    exact = _exact(item.y)
    for name, certified, value, without_rounding in (
        ("mean", item.mean, found["mean"], exact[0]),
        ("SD", item.sd, found["sd"], exact[1]),
        ("autocorrelation", item.autocorrelation, description.autocorrelation(item.y), exact[2]),
    ):
        correct, held = digits(value, certified), digits(value, without_rounding)
        yield {
            "set": item.name, "quantity": name, "certified": certified, "found": value, "digits": correct,
            "digits_of_doubles": held, "met": correct >= WELL or held >= ALL,
        }  # fmt: skip


def _exact(y: Floats) -> tuple[float, float, float]:
    """The three statistics of the doubles given, without rounding before the last step."""
    values = [Fraction(float(value)) for value in y]
    mean = sum(values, Fraction(0)) / len(values)
    centred = [value - mean for value in values]
    squares = sum((value**2 for value in centred), Fraction(0))
    neighbours = sum((a * b for a, b in pairwise(centred)), Fraction(0))
    variance = squares / (len(values) - 1)
    with decimal.localcontext(prec=60):
        sd = (decimal.Decimal(variance.numerator) / decimal.Decimal(variance.denominator)).sqrt()
    return float(mean), float(sd), float(neighbours / squares)


def _quantities(item: strd.LinearSet, fit: regression.LinearFit) -> Iterator[tuple[str, float, float]]:
    first = 0 if item.intercept else 1
    for place, (row, estimate, error) in enumerate(
        zip(fit.table.itertuples(), item.estimates, item.errors, strict=True), start=first
    ):
        yield f"b{place}", float(estimate), float(row.estimate)
        yield f"SE of b{place}", float(error), float(row.standard_error)
    yield "residual SD", item.residual_sd, fit.residual_sd
    yield "R²", item.r_squared, fit.r_squared
    yield "F", item.f, fit.f


def _digits(found: float, certified: float) -> float:
    if np.isinf(certified):
        return 15.0 if found == certified else 0.0
    return digits(found, certified)


def _linear(item: strd.LinearSet) -> Iterator[dict[str, object]]:
    fit = item.fit()
    for name, certified, found in _quantities(item, fit):
        correct = _digits(found, certified)
        yield {
            "set": item.name, "quantity": name, "certified": certified, "found": found, "digits": correct,
            "met": correct >= (ILL if fit.condition_number > NEAR else WELL),
        }  # fmt: skip


def _glance(item: strd.LinearSet) -> dict[str, object]:
    fit = item.fit()
    correct = {name: _digits(found, certified) for name, certified, found in _quantities(item, fit)}
    coefficients = [value for name, value in correct.items() if name.startswith("b")]
    exact = strd.exact_coefficients(item.x, item.y, intercept=item.intercept)
    warned = "near_singular" in {remark.code for remark in fit.remarks}
    held = float(np.nanmin(fit.digits))
    return {
        "set": item.name,
        "condition_number": fit.condition_number,
        "warning": "near_singular" if warned else "",
        "coefficients": min(coefficients),
        "standard_errors": min(value for name, value in correct.items() if name.startswith("SE")),
        "residual_sd": correct["residual SD"],
        "r_squared": correct["R²"],
        "f": correct["F"],
        "exact": _least(fit, exact),
        "digits_said": held,
        "met": warned == (fit.condition_number > NEAR) and min(coefficients) >= min(held, WELL),
    }


def _least(fit: regression.LinearFit, exact: list[Fraction]) -> float:
    return min(digits(float(found), float(value)) for found, value in zip(fit.table["estimate"], exact, strict=True))


def _polynomial(degree: int, seed: int) -> dict[str, object]:
    rng = np.random.default_rng([degree, seed])
    x = rng.uniform(-9, -3, size=60)
    matrix = strd.powers(x, degree)
    y = np.sin(x) + rng.normal(scale=0.01, size=len(x))
    frame = pd.DataFrame(matrix, columns=[f"x{power}" for power in range(1, degree + 1)]).assign(y=y)
    fit = regression.ols(regression.design(frame, target="y", columns=list(frame.columns[:-1])), covariance="classical")
    warned = "near_singular" in {remark.code for remark in fit.remarks}
    correct = _least(fit, strd.exact_coefficients(matrix, y))
    return {
        "degree": degree, "seed": seed, "condition_number": fit.condition_number, "digits": correct,
        "digits_said": float(fit.digits.min()), "warning": "near_singular" if warned else "",
        "met": correct >= ILL and warned == (fit.condition_number > NEAR),
    }  # fmt: skip
