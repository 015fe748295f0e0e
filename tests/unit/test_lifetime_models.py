"""Formulas of the lifetime models against 50-digit values, their derivatives, each other and published estimates."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special

from analysis import lifetime
from analysis.lifetime.bg_nbd import BG_NBD, MBG_NBD
from analysis.lifetime.gamma_gamma import gamma_gamma_likelihood
from analysis.lifetime.models import PurchaseModel
from analysis.lifetime.optimise import Objective
from analysis.lifetime.pareto_nbd import PARETO_NBD
from analysis.lifetime.quadrature import beta_nodes
from analysis.lifetime.tails import log_share, tail
from analysis.lifetime.value import discounted_histories

#: Made by `reference/make_lifetime.py` with mpmath, from the formulas as they are printed.
REFERENCE = json.loads((Path(__file__).parent / "reference" / "lifetime.json").read_text(encoding="utf-8"))
MODELS = {"bg_nbd": BG_NBD, "pareto_nbd": PARETO_NBD}
#: With the modified model, which has no formulas of its own beyond those that are tested against the others.
ALL = MODELS | {"mbg_nbd": MBG_NBD}
#: Parameters of the CDNOW customers, and others far from them.
PARAMS = {
    "bg_nbd": [(0.243, 4.414, 0.793, 2.426), (2.0, 30.0, 0.05, 7.0), (0.02, 0.5, 3.0, 0.1)],
    "mbg_nbd": [(0.525, 6.183, 0.891, 1.614), (2.0, 30.0, 0.05, 7.0)],
    "pareto_nbd": [(0.553, 10.578, 0.606, 11.669), (2.0, 3.0, 0.2, 40.0), (0.05, 25.0, 3.0, 0.4)],
}


def some_histories() -> lifetime.Histories:
    shop = lifetime.simulate_pareto_nbd(
        {"r": 0.6, "alpha": 8, "s": 0.7, "beta": 10}, T=[39.0, 26.0] * 150, random_state=2
    )
    return lifetime.group(shop["frequency"], shop["recency"], shop["T"], weights=np.arange(1, 301))


def reference_rows(name: str) -> list[tuple[dict, tuple, lifetime.Histories]]:
    return [
        (
            row,
            tuple(np.asarray(v) for v in row["params"].values()),
            lifetime.group([row["x"]], [row["t_x"]], [row["T"]]),
        )
        for row in REFERENCE[name]
    ]


@pytest.mark.parametrize("name", MODELS)
def test_likelihood_and_probability_alive_have_all_digits(name: str) -> None:
    model = MODELS[name]
    for row, params, history in reference_rows(name):
        value = model.likelihood(history)(np.log(params))[0]
        assert value == pytest.approx(row["log_likelihood"], rel=1e-11, abs=1e-13), row
        alive = model.probability_alive(params, history.frequency, history.recency, history.T)[0]
        assert alive == pytest.approx(row["alive"], rel=1e-11), row


@pytest.mark.parametrize("name", MODELS)
def test_expected_purchases_have_all_digits(name: str) -> None:
    for row, params, history in reference_rows(name):
        found = discounted_histories(MODELS[name], params, history, discounting=None, horizon=row["t"])[0]
        assert found == pytest.approx(row["expected"], rel=1e-9), row
        assert MODELS[name].expected(params, np.asarray(row["t"])) == pytest.approx(row["new"], rel=1e-9), row


@pytest.mark.parametrize("name", MODELS)
def test_distribution_of_purchases(name: str) -> None:
    for row, params, _ in reference_rows(name):
        found = MODELS[name].probabilities(params, np.asarray(row["t"]), 3)[0]
        assert found == pytest.approx(row["chances"], rel=1e-9), row


def test_discounted_residual_purchases_are_those_of_tricomis_function() -> None:
    """DERT of Fader, Hardie and Lee (2005), *RFM and CLV*."""
    for row, params, history in reference_rows("pareto_nbd"):
        discounting = lifetime.Discounting(np.expm1(row["delta"]), per=1)
        found = discounted_histories(PARETO_NBD, params, history, discounting=discounting, horizon=None)[0]
        assert found == pytest.approx(row["dert"], rel=1e-9), row


def test_gamma_gamma_likelihood_has_all_digits() -> None:
    for row in REFERENCE["gamma_gamma"]:
        objective = gamma_gamma_likelihood(np.array([float(row["x"])]), np.array([row["m"]]), np.ones(1))
        assert objective(np.log(list(row["params"].values())))[0] == pytest.approx(row["log_likelihood"], rel=1e-11)


def slopes(objective: Objective, at: np.ndarray, h: float = 1e-5) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and Hessian by central differences."""
    steps = h * np.eye(len(at))
    gradient = [(objective(at + e)[0] - objective(at - e)[0]) / (2 * h) for e in steps]
    hessian = [(objective(at + e)[1] - objective(at - e)[1]) / (2 * h) for e in steps]
    return np.array(gradient), np.array(hessian)


@pytest.mark.parametrize(("name", "params"), [(name, params) for name in ALL for params in PARAMS[name]])
def test_derivatives_are_those_of_the_likelihood(name: str, params: tuple[float, ...]) -> None:
    objective = ALL[name].likelihood(some_histories())
    at = np.log(params)
    _, gradient, hessian = objective(at)
    near_gradient, near_hessian = slopes(objective, at)
    np.testing.assert_allclose(gradient, near_gradient, rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(hessian, near_hessian, rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-12)


@pytest.mark.parametrize("params", [(6.25, 3.74, 15.44), (0.4, 12.0, 300.0)])
def test_derivatives_of_gamma_gamma(params: tuple[float, ...]) -> None:
    x = np.random.default_rng(1).integers(1, 9, 200).astype(float)
    objective = gamma_gamma_likelihood(x, np.random.default_rng(2).gamma(2, 20, 200), np.arange(1.0, 201))
    _, gradient, hessian = objective(np.log(params))
    near_gradient, near_hessian = slopes(objective, np.log(params))
    np.testing.assert_allclose(gradient, near_gradient, rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(hessian, near_hessian, rtol=1e-6, atol=1e-3)


@pytest.mark.parametrize(("name", "params"), [(name, params) for name in MODELS for params in PARAMS[name]])
def test_what_is_expected_follows_from_the_distribution_and_the_rate(name: str, params: tuple[float, ...]) -> None:
    model: PurchaseModel = MODELS[name]
    values = tuple(np.asarray(value) for value in params)
    chances = model.probabilities(values, np.asarray(8.0), 800)[0]
    assert chances.sum() == pytest.approx(1, abs=1e-8)
    expected = float(model.expected(values, np.asarray(8.0)))
    assert chances @ np.arange(801) == pytest.approx(expected, rel=1e-5)
    rate = integrate.quad(lambda time: float(model.rate(values, np.asarray(time))), 0, 8.0, epsabs=1e-12)[0]
    assert rate == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_a_living_customer_is_a_new_one(name: str) -> None:
    """P(no purchase) from the likelihood of a history without one equals that from the distribution."""
    model, params = MODELS[name], tuple(np.asarray(value) for value in PARAMS[name][0])
    none = lifetime.group([0], [0], [12.0])
    likelihood = np.exp(model.likelihood(none)(np.log(params))[0])
    assert model.probabilities(params, np.asarray(12.0), 0)[0, 0] == pytest.approx(likelihood, rel=1e-10)


def test_the_modified_model_is_the_plain_one_after_the_first_occasion() -> None:
    """MBG/NBD: new customers leave at once with probability a ÷ (a + b); the others are BG/NBD with b + 1."""
    r, alpha, a, b = PARAMS["mbg_nbd"][0]
    for x, t_x in ((0, 0.0), (3, 20.0)):
        history = lifetime.group([x], [t_x], [30.0])
        modified = np.exp(MBG_NBD.likelihood(history)(np.log([r, alpha, a, b]))[0])
        plain = np.exp(BG_NBD.likelihood(history)(np.log([r, alpha, a, b + 1]))[0])
        assert modified == pytest.approx(b / (a + b) * plain + a / (a + b) * (x == 0), rel=1e-10)
        alive = MBG_NBD.probability_alive((r, alpha, a, b), history.frequency, history.recency, history.T)[0]
        later = BG_NBD.probability_alive((r, alpha, a, b + 1), history.frequency, history.recency, history.T)[0]
        assert alive == pytest.approx(later if x else b / (a + b) * plain / modified, rel=1e-10)


def test_parameters_where_the_closed_forms_divide_by_zero() -> None:
    near = [
        BG_NBD.expected([np.asarray(v) for v in (0.3, 4.0, a, 2.0)], np.asarray(30.0)) for a in (1 - 1e-6, 1, 1 + 1e-6)
    ]
    assert near[1] == pytest.approx((near[0] + near[2]) / 2, rel=1e-9)
    near = [
        PARETO_NBD.expected([np.asarray(v) for v in (0.3, 4.0, s, 2.0)], np.asarray(30.0))
        for s in (1 - 1e-6, 1, 1 + 1e-6)
    ]
    assert near[1] == pytest.approx((near[0] + near[2]) / 2, rel=1e-9)
    assert tail(0.5, 3.0, 0.7, 3.0, np.array([2.0]), np.array([1.0])).log_share[0] == pytest.approx(np.log(0.7 / 3.2))


def test_the_sum_for_the_unobserved_end_agrees_with_gauss() -> None:
    """Where SciPy's 2F1 is reliable; α above and below β."""
    x, start = np.array([0.0, 1.0, 7.0]), np.array([0.0, 3.0, 20.0])
    for r, alpha, s, beta in ((0.5, 10.0, 0.6, 4.0), (0.5, 4.0, 0.6, 10.0)):
        n = r + s + x
        if alpha >= beta:
            known = s / n * special.hyp2f1(1, r + x, n + 1, (alpha - beta) / (alpha + start))
        else:
            z = (beta - alpha) / (beta + start)
            known = s / n * (1 - z) * special.hyp2f1(1, s + 1, n + 1, z)
        np.testing.assert_allclose(log_share(r, alpha, s, beta, x, start), np.log(known), rtol=1e-12)
        np.testing.assert_allclose(tail(r, alpha, s, beta, x, start).log_share, np.log(known), rtol=1e-12)


def test_nodes_of_the_beta_distribution_are_exact_for_powers() -> None:
    for a, b in ((0.03, 5.0), (0.8, 2.4), (40.0, 300.0), (1.0, 1.0)):
        nodes, weights = beta_nodes(a, b, 12)
        for power in (0, 1, 5, 20):
            known = np.exp(special.betaln(a + power, b) - special.betaln(a, b))
            assert weights @ nodes**power == pytest.approx(known, rel=1e-9)


@pytest.mark.reference_data
def test_published_estimates_of_cdnow(reference_data: Path) -> None:
    """Fader, Hardie and Lee (2005), table 2 and equation 10's example; Fader and Hardie (2013), section 4."""
    data = pd.read_csv(reference_data / "cdnow" / "cdnow_customers_summary_with_transactions.csv")
    columns = data["x"], data["t_x"], data["T"]
    easy = lifetime.bg_nbd(*columns)
    assert [round(value, 3) for value in easy.params.values()] == [0.243, 4.414, 0.793, 2.426]
    assert round(easy.log_likelihood, 1) == -9582.4 and easy.converged and easy.identified
    assert easy.customers == 2357 and easy.repeaters == 946
    assert easy.expected_purchases([2], [30.43], [38.86], horizon=39)[0].round(3) == 1.226
    pareto = lifetime.pareto_nbd(*columns)
    assert pareto.table["estimate"].to_numpy() == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=2e-3)
    assert round(pareto.log_likelihood, 1) == -9595.0 and pareto.converged and pareto.identified
    value = lifetime.gamma_gamma(data["x"], data["zbar"])
    assert value.table["estimate"].to_numpy() == pytest.approx([6.25, 3.74, 15.44], abs=1e-2)
    assert value.customers == 946 and value.left_out == 1411


@pytest.mark.reference_data
def test_estimates_of_the_modified_model(reference_data: Path) -> None:
    """lifetimes 0.11.3, ModifiedBetaGeoFitter on the same data, run once; its test suite expects the same."""
    data = pd.read_csv(reference_data / "cdnow" / "cdnow_customers_summary.csv")
    fit = lifetime.mbg_nbd(data["frequency"], data["recency"], data["T"])
    assert [round(value, 3) for value in fit.params.values()] == [0.525, 6.183, 0.891, 1.614]


@pytest.mark.reference_data
def test_estimates_and_predictions_of_the_package_lifetimes(reference_data: Path) -> None:
    """lifetimes 0.11.3 on the same data, run once; its standard errors are by differences."""
    data = pd.read_csv(reference_data / "cdnow" / "cdnow_customers_summary.csv")
    columns = data["frequency"], data["recency"], data["T"]
    easy, pareto = lifetime.bg_nbd(*columns), lifetime.pareto_nbd(*columns)
    known = [0.242593, 4.413532, 0.792886, 2.425752], [0.012557, 0.378221, 0.185719, 0.705345]
    np.testing.assert_allclose(easy.table["estimate"], known[0], rtol=2e-6)
    np.testing.assert_allclose(easy.table["standard_error"], known[1], rtol=5e-5)
    assert easy.probability_alive([2], [30.43], [38.86])[0] == pytest.approx(0.72660914, rel=1e-6)
    assert easy.expected_new(39)[0] == pytest.approx(1.195016228, rel=1e-6)
    found = pareto.expected_purchases([2, 26], [30.43, 30.86], [38.86, 31], horizon=39)
    assert found == pytest.approx([1.45513, 20.11599], rel=2e-5)
    assert pareto.probability_of_purchase([2], [30.43], [38.86], horizon=39)[0] == pytest.approx(1 - 0.408086, rel=2e-5)
