"""Forecasts: drawn futures against exact distributions, intervals against simulated truth, sums, and bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmarks.simulation.customers import split_customers
from scipy import stats

from analysis import lifetime
from analysis.errors import AnalysisError
from analysis.lifetime import forecast as module
from analysis.lifetime.futures import Future, Values

PARAMS = {
    "bg_nbd": {"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 2.5},
    "pareto_nbd": {"r": 0.6, "alpha": 8.0, "s": 0.8, "beta": 10.0},
}
VALUE = {"p": 4.0, "q": 3.5, "gamma": 20.0}
MODELS = {"bg_nbd": lifetime.BG_NBD, "pareto_nbd": lifetime.PARETO_NBD}
FITS = {"bg_nbd": lifetime.bg_nbd, "pareto_nbd": lifetime.pareto_nbd}


@pytest.fixture(scope="module", params=FITS)
def case(request):
    """A model with its fit, the customers, their mean values and the fit of these."""
    known, _ = split_customers(MODELS[request.param], PARAMS[request.param], n=800, T=30, horizon=20, seed=5)
    known["value"] = lifetime.simulate_gamma_gamma(VALUE, known["frequency"], random_state=6)
    columns = [known[name].to_numpy() for name in ("frequency", "recency", "T")]
    return (
        FITS[request.param](*columns),
        columns,
        known["value"].to_numpy(),
        lifetime.gamma_gamma(columns[0], known["value"]),
    )


@pytest.mark.parametrize("name", FITS)
def test_drawn_futures_have_the_exact_distribution(name: str) -> None:
    """Purchases of 40,000 customers with one history against P(alive) and the distribution of a living customer."""
    model, params = MODELS[name], tuple(np.asarray(v) for v in PARAMS[name].values())
    n = 40_000
    known = lifetime.group([3] * n, [20] * n, [30] * n)
    drawn = Future(model, known, 15.0).drawn(params, None, np.random.default_rng(1))[0]
    alive = model.probability_alive(params, known.frequency, known.recency, known.T)[0]
    living = model.survivor(params, np.array([3.0]), np.array([30.0]))
    chances = alive * model.probabilities(living, np.asarray(15.0), 6)[0]
    chances[0] += 1 - alive
    seen = np.bincount(np.minimum(drawn, 7).astype(int), minlength=8)
    expected = n * np.append(chances, 1 - chances.sum())
    assert stats.chisquare(seen, expected).pvalue > 1e-3


@pytest.mark.parametrize("discounting", [None, lifetime.Discounting(0.5, per=10)])
@pytest.mark.parametrize("name", FITS)
def test_drawn_values_have_the_expected_mean(name: str, discounting: lifetime.Discounting | None) -> None:
    n = 40_000
    known = lifetime.group([3] * n, [25] * n, [30] * n)
    values = Values(np.full(n, 3.0), np.full(n, 40.0))
    future = Future(MODELS[name], known, 15.0, values, discounting, margin=0.5)
    params = tuple(np.asarray(v) for v in PARAMS[name].values())
    drawn = future.drawn(params, tuple(VALUE.values()), np.random.default_rng(2))
    expected = future.expected(params, tuple(VALUE.values()))
    error = drawn.std(axis=1) / np.sqrt(n)
    assert (np.abs(drawn.mean(axis=1) - expected[:, 0]) < 4 * error).all()


def test_totals_groups_and_customers_add_up(case) -> None:
    fit, (x, t_x, T), value, value_fit = case
    groups = np.where(x == 0, "none", np.where(x < 3, "some", "many"))
    found = lifetime.forecast_total(
        fit, x, t_x, T, horizon=20, values=value_fit, monetary_value=value, groups=groups, draws=100
    )
    table = found.table
    assert table["group"].drop_duplicates().tolist() == ["all", "many", "none", "some"]
    for quantity, rows in table.groupby("quantity"):
        assert rows["estimate"].iloc[1:].sum() == pytest.approx(rows["estimate"].iloc[0])
        assert rows["customers"].iloc[1:].sum() == rows["customers"].iloc[0] == 800, quantity
    assert ((table["low"] <= table["mean_low"]) & (table["mean_high"] <= table["high"])).all()
    assert ((table["low"] < table["estimate"]) & (table["estimate"] < table["high"])).all()
    purchases = fit.expected_purchases(x, t_x, T, horizon=20)
    assert table["estimate"].iloc[0] == pytest.approx(purchases.sum())
    each = lifetime.forecast_customers(fit, x, t_x, T, horizon=20, values=value_fit, monetary_value=value, draws=100)
    np.testing.assert_allclose(each["purchases"], purchases)
    np.testing.assert_allclose(each["value"], purchases * value_fit.expected_value(x, value))
    assert (each["purchases_low"] <= each["purchases_high"]).all() and (each["purchases_low"] % 1 == 0).all()


def test_equal_customers_have_equal_intervals(case) -> None:
    fit, (x, t_x, T), _, _ = case
    twice = [np.append(column, column) for column in (x, t_x, T)]
    each = lifetime.forecast_customers(fit, *twice, horizon=20, draws=100)
    pd.testing.assert_frame_equal(each.iloc[:800].reset_index(drop=True), each.iloc[800:].reset_index(drop=True))
    assert list(each) == ["purchases", "purchases_low", "purchases_high"]


def test_equal_seeds_give_equal_draws(case) -> None:
    fit, (x, t_x, T), _, _ = case
    one, two, other = (
        lifetime.forecast_total(fit, x, t_x, T, horizon=20, draws=100, random_state=seed).draws for seed in (1, 1, 2)
    )
    assert (one == two).all() and (one != other).any()


def test_part_of_many_customers_stands_for_all(case, monkeypatch: pytest.MonkeyPatch) -> None:
    fit, (x, t_x, T), value, value_fit = case
    many = [np.tile(column, 10) for column in (x, t_x, T)]
    options = {"horizon": 20, "values": value_fit, "monetary_value": np.tile(value, 10), "draws": 250}
    whole = lifetime.forecast_total(fit, *many, **options)
    monkeypatch.setattr(module, "SAMPLED", 1000)
    rare = np.where(np.arange(8000) < 8, "rare", "usual")
    small = lifetime.forecast_total(fit, *many, horizon=20, groups=rare, draws=100).table.set_index("group")
    assert 0 < small.loc["rare", "estimate"] < small.loc["rare", "high"]
    part = lifetime.forecast_total(fit, *many, **options)
    assert (whole.sampled, part.sampled) == (8000, 1000)
    assert part.table["estimate"].tolist() == whole.table["estimate"].tolist()
    width = [(found.table["high"] - found.table["low"]) / found.table["estimate"] for found in (whole, part)]
    np.testing.assert_allclose(width[1], width[0], rtol=0.2)


def test_parameters_add_to_chance_and_refitting_agrees(case) -> None:
    fit, (x, t_x, T), _, _ = case
    widths = {}
    for kind in ("fixed", "normal", "refit"):
        row = lifetime.forecast_total(fit, x, t_x, T, horizon=20, draws=100, parameters=kind).table.iloc[0]
        widths[kind] = (row["high"] - row["low"], row["mean_high"] - row["mean_low"])
    assert widths["fixed"][1] == pytest.approx(0) and widths["fixed"][0] < widths["normal"][0]
    assert widths["refit"][0] == pytest.approx(widths["normal"][0], rel=0.6)


@pytest.mark.parametrize("name", FITS)
def test_intervals_hold_what_customers_then_do(name: str) -> None:
    """20 shops; the future that the forecast did not see lies within 95 % intervals about as often."""
    held, each = [], []
    for seed in range(20):
        known, later = split_customers(MODELS[name], PARAMS[name], n=250, T=30, horizon=20, seed=seed)
        known["recency"] = np.ceil(known["recency"])
        columns = [known[column] for column in ("frequency", "recency", "T")]
        fit = FITS[name](*columns)
        row = lifetime.forecast_total(fit, *columns, horizon=20, draws=100, random_state=seed).table.iloc[0]
        held.append(row["low"] <= later.sum() <= row["high"])
        if seed < 5:
            bounds = lifetime.forecast_customers(fit, *columns, horizon=20, draws=100, random_state=seed)
            each.append(((bounds["purchases_low"] <= later) & (later <= bounds["purchases_high"])).mean())
    assert sum(held) >= 15  # at 95 % fewer in one of 3,000 such tests
    assert 0.93 <= np.mean(each) <= 1.0


def test_given_values_of_purchases(case) -> None:
    fit, (x, t_x, T), _, _ = case
    found = lifetime.forecast_total(fit, x, t_x, T, horizon=20, values=np.full(800, 3.0), draws=100).table
    purchases, value = found["estimate"]
    assert value == pytest.approx(3 * purchases)
    assert found["high"].iloc[1] == pytest.approx(3 * found["high"].iloc[0])


def test_bad_options_are_named(case) -> None:
    fit, columns, value, value_fit = case
    for message, options in {
        "draws is 10": {"draws": 10},
        "level must lie": {"level": 1.5},
        "horizon is -1": {"horizon": -1},
        "needs monetary_value": {"values": value_fit},
        "margin is -1": {"margin": -1},
        "2 groups for 800 customers": {"groups": ["a", "b"]},
        "groups are missing for 1 customers": {"groups": [None] + ["a"] * 799},
        "3 values for 800 customers": {"values": [1, 2, 3]},
        "parameters must be one of": {"parameters": "guessed"},
    }.items():
        with pytest.raises(AnalysisError, match=message):
            lifetime.forecast_total(fit, *columns, **{"horizon": 20} | options)
    assert len(value) == 800
