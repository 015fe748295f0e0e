"""Value of purchases: Gamma-Gamma, its assumption, discounting, and customers' value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from analysis import lifetime
from analysis.errors import AnalysisError
from analysis.lifetime.gamma_gamma import posterior

TRUTH = {"p": 4.0, "q": 3.5, "gamma": 20.0}
COUNTS = np.random.default_rng(1).geometric(0.35, 3000)


def means(seed: int = 0) -> np.ndarray:
    return lifetime.simulate_gamma_gamma(TRUTH, COUNTS, random_state=seed)


@pytest.fixture(scope="module")
def fit() -> lifetime.GammaGammaFit:
    return lifetime.gamma_gamma(COUNTS, means())


@pytest.fixture(scope="module")
def purchases() -> tuple[lifetime.PurchaseFit, list[np.ndarray]]:
    truth = {"r": 0.6, "alpha": 8, "s": 0.8, "beta": 10}
    shop = lifetime.simulate_pareto_nbd(truth, T=np.random.default_rng(2).integers(20, 40, 600), random_state=3)
    columns = [shop[name].to_numpy() for name in ("frequency", "recency", "T")]
    return lifetime.pareto_nbd(*columns), columns


def test_planted_parameters_come_back_with_honest_errors() -> None:
    truth = np.log(list(TRUTH.values()))
    fits = [lifetime.gamma_gamma(COUNTS, means(seed)) for seed in range(60)]
    logs = np.array([np.log(item.table["estimate"]) for item in fits])
    errors = np.array([item.table["standard_error"] / item.table["estimate"] for item in fits]).mean(axis=0)
    spread = logs.std(axis=0, ddof=1)
    assert (np.abs(logs.mean(axis=0) - truth) < 3.5 * spread / np.sqrt(60) + 0.02).all()
    assert np.all((spread / errors > 0.7) & (spread / errors < 1.4))


def test_a_mean_of_many_purchases_counts_for_more(fit: lifetime.GammaGammaFit) -> None:
    p, q, gamma = fit.params.values()
    value = fit.expected_value([0, 1, 1000], [np.nan, 100, 100])
    assert value[0] == pytest.approx(fit.mean_value) == pytest.approx(p * gamma / (q - 1))
    assert value[0] < value[1] < value[2] == pytest.approx(100, rel=0.01)
    weight = fit.own_weight([1])[0]
    assert value[1] == pytest.approx(weight * 100 + (1 - weight) * fit.mean_value)


def test_expected_value_is_the_mean_of_the_posterior(fit: lifetime.GammaGammaFit) -> None:
    shape, rate = posterior(tuple(fit.params.values()), np.array([3.0]), np.array([50.0]))
    density = stats.gamma(shape[0], scale=1 / rate[0]).pdf
    mean = integrate.quad(lambda v: fit.params["p"] / v * density(v), 0, np.inf)[0]
    assert fit.expected_value([3], [50])[0] == pytest.approx(mean, rel=1e-6)


def test_the_unit_of_money_is_the_callers(fit: lifetime.GammaGammaFit) -> None:
    pence = lifetime.gamma_gamma(COUNTS, means() * 100)
    np.testing.assert_allclose(pence.table["estimate"], fit.table["estimate"] * [1, 1, 100], rtol=1e-5)
    half = lifetime.gamma_gamma(np.tile(COUNTS, 2), np.tile(means(), 2))
    weighted = lifetime.gamma_gamma(COUNTS, means(), weights=np.full(len(COUNTS), 2.0))
    np.testing.assert_allclose(half.table["standard_error"], weighted.table["standard_error"], rtol=1e-5)


def test_customers_without_value_are_left_out_and_counted(fit: lifetime.GammaGammaFit) -> None:
    more = lifetime.gamma_gamma([*COUNTS, 0, 3], [*means(), np.nan, np.nan])
    assert more.left_out == 2 and more.customers == 3000
    np.testing.assert_allclose(more.table["estimate"], fit.table["estimate"], rtol=1e-9)


@pytest.mark.parametrize(
    ("message", "x", "m"),
    [
        ("monetary_value must be above 0 and finite", [1, 2, 3, 4, 5], [10, -4, 2, 2, 2]),
        ("1 of 5 rows are not, first row 3 with 0", [1, 2, 3, 4, 5], [10, 4, 2, 0, 2]),
        ("2 customers have a purchase of known value", [1, 2, 0], [10, 4, np.nan]),
        ("every customer's mean value is 10", [1, 2, 3, 4, 5], [10] * 5),
        ("frequency has 2 values and monetary_value 3", [1, 2], [10, 4, 2]),
        ("frequency is -1 somewhere", [-1, 2, 3, 4], [10, 4, 2, 3]),
    ],
)
def test_bad_values_are_named(message: str, x: list, m: list) -> None:
    with pytest.raises(AnalysisError, match=message):
        lifetime.gamma_gamma(x, m)


def test_equal_customers_leave_the_spread_between_them_open() -> None:
    same = np.random.default_rng(3).gamma(3 * COUNTS, 1 / (3 * COUNTS)) * 30
    found = lifetime.gamma_gamma(COUNTS, same)
    assert {"open", "towards_infinity"} <= {note.code for note in found.notes}
    assert found.params["p"] == pytest.approx(3, rel=0.1) and found.mean_value == pytest.approx(30, rel=0.02)


def test_an_infinite_mean_is_said_and_refused_in_forecasts(purchases) -> None:
    wild = lifetime.gamma_gamma(COUNTS, np.exp(np.random.default_rng(4).standard_t(1.5, 3000)))
    assert "mean_infinite" in {note.code for note in wild.notes} and wild.mean_value == np.inf
    shop, (x, t_x, T) = purchases
    with pytest.raises(AnalysisError, match="mean value of new customers is infinite"):
        lifetime.forecast_total(shop, x, t_x, T, horizon=4, values=wild, monetary_value=np.where(x > 0, 5.0, np.nan))


def test_independent_customers_are_called_independent_although_spearman_is_not_zero() -> None:
    found = [lifetime.independence(COUNTS, means(seed), replicates=300, random_state=seed) for seed in range(6)]
    assert sum(item.verdict == "independent" for item in found) >= 5
    spearman = [item.table.set_index("method").loc["spearman", "estimate"] for item in found]
    expected = found[0].table.set_index("method").loc["spearman", "if_independent"]
    assert np.mean(spearman) > 0.03 and expected == pytest.approx(np.mean(spearman), abs=0.02)


def test_dependence_is_found_and_the_classes_carry_it() -> None:
    tied = means() * COUNTS**0.7
    found = lifetime.independence(COUNTS, tied, replicates=300)
    assert found.verdict == "dependent" and "draw" in found.text
    assert found.classes["mean_value"].is_monotonic_increasing
    assert found.classes["customers"].sum() == len(COUNTS)
    value_fit = lifetime.gamma_gamma(COUNTS, tied)
    one = COUNTS == 1
    by_class = lifetime.expected_value_by_class(value_fit, COUNTS, tied)
    assert by_class[one].mean() == pytest.approx(tied[one].mean(), rel=1e-6)
    assert value_fit.expected_value(COUNTS, tied)[one].mean() > 1.1 * tied[one].mean()


def test_weak_and_unknown() -> None:
    found = lifetime.independence(COUNTS, means() * COUNTS**0.12, replicates=300)
    assert found.verdict == "weak"
    assert lifetime.independence([1, 2, 3], [4, 5, 6]).verdict == "unknown"
    assert lifetime.independence([1] * 50, range(1, 51)).verdict == "unknown"
    with pytest.raises(AnalysisError, match="classes are"):
        lifetime.independence(COUNTS, means(), classes=[3, 1])


def test_discount_factors() -> None:
    yearly = lifetime.Discounting(0.1, per=52)
    assert yearly.factor([0, 52, 104]) == pytest.approx([1, 1 / 1.1, 1 / 1.21])
    monthly = lifetime.Discounting(0.1, per=12, timing="end_of_period", period=1)
    assert monthly.factor([0.2, 1.0, 1.1]) == pytest.approx([1.1 ** (-1 / 12)] * 2 + [1.1 ** (-2 / 12)])
    assert yearly.force == pytest.approx(np.log(1.1) / 52)


@pytest.mark.parametrize("name", ["bg_nbd", "pareto_nbd"])
def test_discounted_purchases_are_a_weighted_sum_over_time(name: str, purchases) -> None:
    _, (x, t_x, T) = purchases
    fit = getattr(lifetime, name)(x, t_x, T)
    rows = [np.array(part) for part in ([0, 3, 40], [0, 20, 29], [30, 30, 30])]
    yearly = lifetime.Discounting(0.2, per=52)
    edges = np.linspace(0, 52, 2081)
    reached = np.column_stack([np.zeros(3), fit.expected_purchases(*rows, horizon=edges[1:])])
    by_hand = np.diff(reached, axis=1) @ yearly.factor((edges[1:] + edges[:-1]) / 2)
    found = lifetime.discounted_purchases(fit, *rows, discounting=yearly, horizon=52)
    assert found == pytest.approx(by_hand, rel=1e-6)
    weekly = lifetime.Discounting(0.2, per=52, timing="end_of_period", period=1)
    by_hand = np.diff(reached[:, ::40], axis=1) @ weekly.factor(np.arange(1, 53))
    assert lifetime.discounted_purchases(fit, *rows, discounting=weekly, horizon=52) == pytest.approx(by_hand, rel=1e-9)
    free = lifetime.Discounting(0.0, per=52)
    plain = fit.expected_purchases(*rows, horizon=52)
    assert lifetime.discounted_purchases(fit, *rows, discounting=free, horizon=52) == pytest.approx(plain)
    assert (lifetime.discounted_purchases(fit, *rows, discounting=yearly) > found).all()


def test_value_is_purchases_times_value_times_margin(purchases, fit: lifetime.GammaGammaFit) -> None:
    shop, (x, t_x, T) = purchases
    value = np.where(x > 0, 25.0 + x, np.nan)
    yearly = lifetime.Discounting(0.1, per=52)
    found = lifetime.customer_value(
        shop, fit, x, t_x, T, discounting=yearly, horizon=26, monetary_value=value, margin=0.3
    )
    bought = lifetime.discounted_purchases(shop, x, t_x, T, discounting=yearly, horizon=26)
    assert found == pytest.approx(0.3 * bought * fit.expected_value(x, value))
    given = lifetime.customer_value(shop, np.full(len(x), 7.0), x, t_x, T, discounting=yearly, horizon=26)
    assert given == pytest.approx(7 * bought)


def test_bad_options_are_named(purchases, fit: lifetime.GammaGammaFit) -> None:
    shop, (x, t_x, T) = purchases
    with pytest.raises(AnalysisError, match=r"rate must be .* got -0.1; per must be above 0"):
        lifetime.Discounting(-0.1, per=0)
    with pytest.raises(AnalysisError, match="timing must be"):
        lifetime.Discounting(0.1, per=52, timing="never")
    with pytest.raises(AnalysisError, match="discount rate must be above 0"):
        lifetime.discounted_purchases(shop, x, t_x, T, discounting=lifetime.Discounting(0, per=52))
    yearly = lifetime.Discounting(0.1, per=52)
    with pytest.raises(AnalysisError, match="horizon is -3"):
        lifetime.discounted_purchases(shop, x, t_x, T, discounting=yearly, horizon=-3)
    with pytest.raises(AnalysisError, match="needs monetary_value"):
        lifetime.customer_value(shop, fit, x, t_x, T, discounting=yearly)
    with pytest.raises(AnalysisError, match="margin is 0"):
        lifetime.customer_value(shop, fit, x, t_x, T, discounting=yearly, monetary_value=x, margin=0)


def test_tables_are_tidy(fit: lifetime.GammaGammaFit) -> None:
    assert list(fit.table) == ["parameter", "estimate", "standard_error", "low", "high"]
    assert isinstance(fit.covariance, pd.DataFrame) and list(fit.covariance) == ["p", "q", "gamma"]
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), fit.table["standard_error"])
    assert fit.converged and fit.identified and fit.starts["agrees"].all()
    assert fit.aic == pytest.approx(6 - 2 * fit.log_likelihood) and fit.bic > fit.aic
