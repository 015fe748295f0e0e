"""Fits of lifetime models: grouping, recovery, standard errors, edges of the parameter space, and bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from analysis import lifetime
from analysis.errors import AnalysisError
from analysis.lifetime import PurchaseFit
from analysis.lifetime.fitting import _ROUGH
from analysis.lifetime.optimise import maximise

FITS = {"bg_nbd": lifetime.bg_nbd, "pareto_nbd": lifetime.pareto_nbd}
SIMULATIONS = {"bg_nbd": lifetime.simulate_bg_nbd, "pareto_nbd": lifetime.simulate_pareto_nbd}
TRUTHS = {
    "bg_nbd": {"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 2.5},
    "pareto_nbd": {"r": 0.6, "alpha": 8.0, "s": 0.8, "beta": 10.0},
}


def shop(name: str, n: int = 1500, seed: int = 1, *, days: bool = False) -> list[np.ndarray]:
    T = np.random.default_rng(seed).integers(150, 300, n) / 7
    table = SIMULATIONS[name](TRUTHS[name], T=T, random_state=seed)
    x, t_x = table["frequency"].to_numpy(), table["recency"].to_numpy()
    if days:
        t_x = np.where(x > 0, np.maximum(np.floor(t_x * 7), 1) / 7, 0.0)
    return [x, t_x, T]


def codes(fit: PurchaseFit) -> set[str]:
    return {note.code for note in fit.notes}


@pytest.mark.parametrize("name", FITS)
def test_grouping_weights_and_order_change_nothing(name: str) -> None:
    x, t_x, T = shop(name, days=True)
    fit = FITS[name](x, t_x, T)
    assert fit.histories < len(x) == fit.customers
    order = np.random.default_rng(3).permutation(len(x))
    again = FITS[name](x[order], t_x[order], T[order])
    pd.testing.assert_frame_equal(fit.table, again.table)
    doubled = FITS[name](x, t_x, T, weights=np.full(len(x), 2))
    np.testing.assert_allclose(doubled.table["estimate"], fit.table["estimate"], rtol=1e-6)
    np.testing.assert_allclose(doubled.table["standard_error"] * np.sqrt(2), fit.table["standard_error"], rtol=1e-5)
    assert doubled.log_likelihood == pytest.approx(2 * fit.log_likelihood)
    none = FITS[name](np.append(x, 5), np.append(t_x, 4.0), np.append(T, 9.0), weights=np.append(np.ones(len(x)), 0))
    np.testing.assert_allclose(none.table["estimate"], fit.table["estimate"], rtol=1e-9)


@pytest.mark.parametrize("name", FITS)
def test_the_unit_of_time_is_the_callers(name: str) -> None:
    x, t_x, T = shop(name)
    weeks, days = FITS[name](x, t_x, T), FITS[name](x, t_x * 7, T * 7)
    scale = np.array([7.0 if parameter in ("alpha", "beta") else 1.0 for parameter in weeks.params])
    np.testing.assert_allclose(days.table["estimate"], weeks.table["estimate"] * scale, rtol=1e-6)
    np.testing.assert_allclose(
        days.expected_purchases(x, t_x * 7, T * 7, horizon=70),
        weeks.expected_purchases(x, t_x, T, horizon=10),
        rtol=1e-6,
    )


@pytest.mark.parametrize("name", FITS)
def test_the_maximum_is_one_by_another_optimiser(name: str) -> None:
    """Nelder and Mead's simplex, which knows no derivative, finds no higher point."""
    x, t_x, T = shop(name, 600)
    fit = FITS[name](x, t_x, T)
    objective = fit.model.likelihood(lifetime.group(x, t_x, T))
    options = {"xatol": 1e-8, "fatol": 1e-9, "maxiter": 4000, "maxfev": 4000}
    peer = minimize(lambda at: -objective(at)[0], np.zeros(4), method="Nelder-Mead", options=options)
    assert fit.log_likelihood >= -peer.fun - 1e-6
    np.testing.assert_allclose(np.exp(peer.x), fit.table["estimate"], rtol=1e-3)
    assert fit.converged and fit.identified and fit.starts["agrees"].all() and len(fit.starts) == 5
    assert fit.gradient_norm < 1e-6 and (fit.eigenvalues > 0).all() and np.isfinite(fit.condition)


@pytest.mark.parametrize("name", FITS)
def test_planted_parameters_and_their_standard_errors(name: str) -> None:
    """Over many samples the estimates centre on the truth and spread as the standard errors say."""
    truth = np.log(list(TRUTHS[name].values()))
    samples = {"bg_nbd": 60, "pareto_nbd": 20}[name]
    fits = [FITS[name](*shop(name, 1500, seed, days=name == "pareto_nbd")) for seed in range(samples)]
    logs = np.array([np.log(fit.table["estimate"]) for fit in fits])
    errors = np.array([fit.table["standard_error"] / fit.table["estimate"] for fit in fits])
    spread = logs.std(axis=0, ddof=1)
    assert (np.abs(logs.mean(axis=0) - truth) < 3.5 * spread / np.sqrt(samples) + 0.05).all()
    assert np.all((spread / errors.mean(axis=0) > 0.7) & (spread / errors.mean(axis=0) < 1.4))
    held = [(fit.table["low"] <= np.exp(truth)) & (fit.table["high"] >= np.exp(truth)) for fit in fits]
    assert np.mean(held) >= 0.88


def test_many_histories_climb_a_sample_first_and_end_at_the_same_point() -> None:
    x, t_x, T = shop("bg_nbd", _ROUGH + 40_000)
    fit = lifetime.bg_nbd(x, t_x, T)
    assert fit.histories > _ROUGH and fit.converged
    objective = fit.model.likelihood(lifetime.group(x, t_x, T))
    direct = maximise(objective, [np.zeros(4)], fit.model.parameters, customers=fit.customers)
    np.testing.assert_allclose(np.exp(direct.log_params), fit.table["estimate"], rtol=1e-6)


def test_thinned_histories_stand_for_all() -> None:
    whole = lifetime.group(*shop("bg_nbd", 5000))
    part = whole.thinned(500)
    assert part.total == pytest.approx(whole.total)
    mean = [known.customers @ known.frequency / known.total for known in (whole, part)]
    assert mean[1] == pytest.approx(mean[0], rel=0.05)


def test_penalty_is_taken_from_the_likelihood() -> None:
    x, t_x, T = shop("bg_nbd")
    plain, pulled = lifetime.bg_nbd(x, t_x, T), lifetime.bg_nbd(x, t_x, T, penalty=0.01)
    assert (pulled.table["estimate"] ** 2).sum() < (plain.table["estimate"] ** 2).sum()
    assert pulled.log_likelihood < plain.log_likelihood and codes(pulled) == {"penalised"}


def test_information_criteria() -> None:
    fit = lifetime.bg_nbd(*shop("bg_nbd"))
    assert fit.aic == pytest.approx(8 - 2 * fit.log_likelihood)
    assert fit.bic == pytest.approx(4 * np.log(1500) - 2 * fit.log_likelihood)


@pytest.mark.parametrize("name", FITS)
def test_equal_runs_give_equal_tables(name: str) -> None:
    one, two = (FITS[name](*shop(name, 400), random_state=4) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    pd.testing.assert_frame_equal(one.starts, two.starts, check_exact=True)


def undying(rate: np.ndarray, T: float, seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    x = random.poisson(rate * T)
    return [x, np.where(x > 0, T * random.random(len(x)) ** (1 / np.maximum(x, 1)), 0.0), np.full(len(x), T)]


@pytest.mark.parametrize("name", FITS)
def test_customers_who_never_leave(name: str) -> None:
    """The parameters of leaving have no finite estimate; those of buying and the predictions are those of the NBD."""
    rates = np.random.default_rng(5).gamma(1.0, 0.2, 3000)
    fit = FITS[name](*undying(rates, 52.0, 6))
    assert fit.converged and not fit.identified and {"open", "nobody_leaves"} <= codes(fit)
    assert fit.params["r"] == pytest.approx(1.0, abs=0.1) and fit.params["alpha"] == pytest.approx(5.0, abs=0.6)
    table = fit.table.set_index("parameter")
    assert np.isnan(table["standard_error"].iloc[2:]).all() and (table["high"].iloc[2:] == np.inf).all()
    assert table["standard_error"].iloc[:2].notna().all()
    r, alpha = fit.params["r"], fit.params["alpha"]
    expected = fit.expected_purchases([0, 4], [0, 50], [52, 52], horizon=10)
    assert expected == pytest.approx([(r + x) / (alpha + 52) * 10 for x in (0, 4)], rel=0.03)
    forecast = lifetime.forecast_total(fit, [0, 4], [0, 50], [52, 52], horizon=10, draws=100).table
    assert np.isfinite(forecast[["estimate", "low", "high"]]).all(axis=None)


@pytest.mark.parametrize("name", FITS)
def test_extreme_histories_have_finite_predictions(name: str) -> None:
    fit = FITS[name](*shop(name))
    x, t_x, T = [0, 1, 1, 5000, 5000, 0], [0, 1e-6, 500, 1, 500, 0], [0, 500, 500, 500, 500, 1e6]
    alive = fit.probability_alive(x, t_x, T)
    assert ((alive >= 0) & (alive <= 1)).all() and alive[3] < 1e-6 < 0.99 < alive[4]
    expected = fit.expected_purchases(x, t_x, T, horizon=[1, 50, 1e5])
    assert np.isfinite(expected).all() and (np.diff(expected, axis=1) >= 0).all()
    chance = fit.probability_of_purchase(x, t_x, T, horizon=50)
    assert ((chance >= 0) & (chance <= alive + 1e-12)).all()


def test_a_customer_without_repeat_purchase_counts_as_alive_in_bg_nbd_alone() -> None:
    assert lifetime.bg_nbd(*shop("bg_nbd")).probability_alive([0], [0], [40])[0] == 1
    assert lifetime.pareto_nbd(*shop("pareto_nbd")).probability_alive([0], [0], [40])[0] < 0.9


BAD = {
    "frequency must be a whole number": ([1.5, 2], [1, 1], [3, 3]),
    "of at least 0 .repeat purchases": ([-1, 2], [1, 1], [3, 3]),
    "frequency is missing or not finite in 1 of 2 rows, first row 0": ([np.nan, 2], [1, 1], [3, 3]),
    "T is missing or not finite": ([1, 2], [1, 1], [3, np.inf]),
    "recency must not exceed T": ([1, 2], [1, 4], [3, 3]),
    "recency must be 0 where frequency is 0": ([0, 2], [1, 1], [3, 3]),
    "T must be at least 0": ([0, 0], [0, 0], [-1, 3]),
    "differ in length .frequency 2, recency 1, T 2": ([0, 2], [1], [3, 3]),
    "frequency must hold numbers": (["a", "b"], [1, 1], [3, 3]),
    "there is no customer": ([], [], []),
    "none of 50 customers bought again": ([0] * 50, [0] * 50, [9] * 50),
    "T is 0 for every customer": ([0] * 5, [0] * 5, [0] * 5),
    "1 kinds of frequency, recency and T": ([2] * 50, [3] * 50, [5] * 50),
    "histories of 1 customers differ": ([2], [3], [5]),
}


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("message", BAD)
def test_bad_histories_are_named(name: str, message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        FITS[name](*BAD[message])


def test_bad_options_are_named() -> None:
    x, t_x, T = shop("bg_nbd", 50)
    for message, options in {
        "penalty must be a number of at least 0; got -1": {"penalty": -1},
        "level must lie between 0.5 and 1; got 2": {"level": 2},
        "weights must be at least 0": {"weights": [-1.0] + [1.0] * 49},
        "weights are 0 in every row": {"weights": [0] * 50},
    }.items():
        with pytest.raises(AnalysisError, match=message):
            lifetime.bg_nbd(x, t_x, T, **options)
    with pytest.raises(AnalysisError, match="horizon is 0"):
        lifetime.bg_nbd(*shop("bg_nbd")).expected_purchases([1], [1], [3], horizon=0)
    with pytest.raises(AnalysisError, match="b missing"):
        lifetime.simulate_bg_nbd({"r": 1, "alpha": 1, "a": 1}, T=[1], random_state=0)
    with pytest.raises(AnalysisError, match="s = -1"):
        lifetime.simulate_pareto_nbd({"r": 1, "alpha": 1, "s": -1, "beta": 1}, T=[1], random_state=0)


def test_few_customers_are_said_to_be_few() -> None:
    x, t_x, T = shop("bg_nbd", 60)
    assert {"few_customers", "few_repeaters"} & codes(lifetime.bg_nbd(x, t_x, T))
    for note in lifetime.bg_nbd(x, t_x, T).notes:
        assert note.text and "{" not in note.text
