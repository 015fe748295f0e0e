"""Forecasts held against a later period: against SciPy and statsmodels, planted truth, and bad input."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from statsmodels.stats.proportion import proportion_confint

from analysis import bootstrap, lifetime
from analysis.errors import AnalysisError
from analysis.lifetime.ranking import captured, rank_correlation

CUTOFF, AS_OF = date(2024, 9, 1), date(2024, 12, 1)
QUICK = {"replicates": 200, "draws": 100, "random_state": 3}
ONE = {"models": ["bg_nbd"], **QUICK}


def simulated(seed: int = 1, n: int = 1500, *, r: float = 1.2, alpha: float = 90.0, p: float = 0.08) -> pd.DataFrame:
    """Orders of BG/NBD customers, in days, who join from March to August 2023 and are followed to December 2024."""
    rng = np.random.default_rng(seed)
    start, end = pd.Timestamp("2023-03-01"), pd.Timestamp(AS_OF)
    rates, mean = rng.gamma(r, 1 / alpha, n), rng.gamma(4, 10, n)
    joined = rng.integers(0, 180, n)
    rows = []
    for customer in range(n):
        day = float(joined[customer])
        while day < (end - start).days:
            rows.append((customer + 1, start + pd.Timedelta(days=int(day)), round(rng.gamma(5, mean[customer] / 5), 2)))
            if day > joined[customer] and rng.random() < p:  # nobody leaves after the first purchase
                break
            day += rng.exponential(1 / rates[customer])
    return pd.DataFrame(rows, columns=["customer_key", "day", "amount"])


@pytest.fixture(scope="module")
def held() -> lifetime.Holdout:
    return lifetime.holdout(simulated(), cutoff=CUTOFF, as_of=AS_OF, **ONE)


# measures


def test_rank_correlation_is_scipys_in_the_sample_and_in_every_resample() -> None:
    rng = np.random.default_rng(0)
    truth = rng.poisson(1, 400).astype(float)
    values = np.column_stack([truth, truth + rng.normal(size=400), np.round(truth + rng.normal(size=400))])
    measure = rank_correlation(0, slice(1, 3))
    for weights in next(iter(bootstrap.resample_weights(400, replicates=4, random_state=1))):
        drawn = np.repeat(values, weights.astype(int), axis=0)
        expected = [spearmanr(drawn[:, 0], drawn[:, column]).statistic for column in (1, 2)]
        np.testing.assert_allclose(measure(values, weights)[0], expected, rtol=1e-12)


def test_captured_is_what_the_best_did_and_ties_share_the_last_place() -> None:
    rng = np.random.default_rng(2)
    truth, guess = rng.gamma(1, 1, 1000), rng.normal(size=1000)
    best = np.argsort(-guess)[:100]
    assert captured(0, slice(1, 2), 0.1)(np.column_stack([truth, guess]))[0] == pytest.approx(
        truth[best].sum() / truth.sum()
    )
    # half of the customers are tied for the best place: a tenth of all is a fifth of them, chosen by lot
    tied = np.repeat([1.0, 0.0], 500)
    assert captured(0, slice(1, 2), 0.1)(np.column_stack([truth, tied]))[0] == pytest.approx(
        truth[:500].sum() / 5 / truth.sum()
    )


def test_errors_agree_with_a_calculation_by_hand() -> None:
    rng = np.random.default_rng(1)
    actual = rng.poisson(2, 300)
    guesses = {"model": rng.gamma(2, 1, 300), "flat": np.full(300, 2.0)}
    errors = lifetime.forecast_errors(actual, guesses, baselines=["flat"], replicates=200, random_state=1)
    row = errors.error("model")
    off = guesses["model"] - actual
    assert row["rmse"] == pytest.approx(np.sqrt((off**2).mean())) and row["mae"] == pytest.approx(np.abs(off).mean())
    assert row["ratio"] == pytest.approx(guesses["model"].sum() / actual.sum())
    assert row["rank"] == pytest.approx(spearmanr(actual, guesses["model"]).statistic)
    assert errors.error("flat")["rank"] == 0 and errors.error("flat")["captured"] == pytest.approx(0.1)
    paired = errors.difference("model", "flat", "mae")
    by_hand = np.abs(off) - np.abs(2.0 - actual)
    assert paired["difference"] == pytest.approx(by_hand.mean())
    reach = 1.96 * by_hand.std(ddof=1) / np.sqrt(300)
    assert paired["low"] == pytest.approx(by_hand.mean() - reach, abs=0.15 * reach)
    for name in ("rmse", "mae", "rank", "captured", "ratio"):
        assert row[f"{name}_low"] < row[name] < row[f"{name}_high"]


def test_differences_of_roots_have_the_standard_error_of_the_jackknife() -> None:
    rng = np.random.default_rng(4)
    values = np.column_stack([rng.gamma(2, 1, (400, 2)) ** 2, rng.gamma(2, 1, 400)])
    left = 1 - np.eye(400)
    for statistic in (
        bootstrap.root_means(slice(0, 2)), bootstrap.root_means_less(slice(0, 2), [1], [0]),
        bootstrap.column_means(slice(0, 2)), bootstrap.column_means_less(slice(0, 2), [1], [0]),
        bootstrap.column_ratios(slice(0, 2), 2),
    ):  # fmt: skip
        without = statistic.compute(values, left)
        jackknife = np.sqrt(399 / 400 * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
        assert statistic.error is not None
        np.testing.assert_allclose(statistic.error(values, np.ones((1, 400)))[0], jackknife, rtol=0.03)


@pytest.mark.parametrize(("shift", "verdict"), [(0.0, "better"), (3.0, "worse")])
def test_verdicts_against_the_best_baseline(shift: float, verdict: str) -> None:
    rng = np.random.default_rng(5)
    mean = rng.gamma(1, 1, 500)
    actual = rng.poisson(mean)
    guesses = {"model": mean + shift, "flat": np.full(500, mean.mean()), "far": np.full(500, 9.0)}
    errors = lifetime.forecast_errors(actual, guesses, baselines=["flat", "far"], replicates=200, random_state=2)
    assert errors.best_baseline() == "flat" and errors.verdict("model") == verdict
    assert errors.verdict("model", "rank") == "better"  # a shift does not change the order


def test_a_model_that_says_what_a_baseline_says_is_even_with_it() -> None:
    actual = np.random.default_rng(6).poisson(1, 200)
    errors = lifetime.forecast_errors(
        actual, {"model": np.ones(200), "flat": np.ones(200)}, baselines=["flat"], replicates=100, random_state=1
    )
    assert errors.verdict("model") == "even" and errors.difference("model", "flat")["difference"] == 0


def test_bins_of_chances_keep_ties_together_and_have_exact_intervals() -> None:
    chances = np.repeat([0.1, 0.3, 0.3, 0.8], 100)
    bought = np.random.default_rng(7).random(400) < chances
    table = lifetime.bought_later(chances, bought, bins=4, beside=chances / 2)
    assert table["customers"].tolist() == [100, 200, 100] and table["bin"].tolist() == [1, 2, 3]
    low, high = proportion_confint(bought[:100].sum(), 100, method="beta")
    assert (table.loc[0, "low"], table.loc[0, "high"]) == pytest.approx((low, high))
    assert table["beside"].tolist() == pytest.approx([0.05, 0.15, 0.4])
    assert table["share"].to_numpy() @ table["customers"].to_numpy() == bought.sum()


# the whole check


def test_nothing_after_the_cut_off_moves_the_forecast(held: lifetime.Holdout) -> None:
    orders = simulated()
    later = orders["day"] >= pd.Timestamp(CUTOFF)
    fewer = lifetime.holdout(orders[~later | (orders["customer_key"] % 2 == 0)], cutoff=CUTOFF, as_of=AS_OF, **ONE)
    for what in ("purchases", "amount"):
        pd.testing.assert_frame_equal(fewer.forecasts[what], held.forecasts[what])
    pd.testing.assert_frame_equal(fewer.models.fit.table, held.models.fit.table)
    assert (
        fewer.models.chosen == held.models.chosen and fewer.actual["purchases"].sum() < held.actual["purchases"].sum()
    )


def test_on_customers_of_the_model_the_forecast_holds(held: lifetime.Holdout) -> None:
    assert held.models.chosen == "bg_nbd" and held.days == 91
    totals = held.totals.set_index("what")
    for what in ("purchases", "amount"):
        assert totals.loc[what, "low"] < totals.loc[what, "actual"] < totals.loc[what, "high"]
        assert held.errors[what].verdict("bg_nbd") != "worse"
    assert held.errors["purchases"].verdict("bg_nbd", "rank") == "better"
    assert held.probabilities["within"].mean() >= 0.7
    assert (
        (held.frequency["low"] <= held.frequency["bg_nbd"]) & (held.frequency["bg_nbd"] <= held.frequency["high"])
    ).mean() >= 0.6


def test_the_parts_add_up(held: lifetime.Holdout) -> None:
    actual, known = held.actual, held.known.table
    tracked = held.tracking.groupby("later")["actual"].sum()
    assert tracked[True] == actual["purchases"].sum() and tracked[False] == known["frequency"].sum()
    expected = held.tracking.loc[held.tracking["later"], "bg_nbd"].sum()
    assert expected == pytest.approx(held.forecasts["purchases"]["bg_nbd"].sum())
    for table in (held.frequency, held.ages):
        assert table["customers"].sum() == len(actual)
        assert (table["customers"] * table["actual"]).sum() == pytest.approx(actual["purchases"].sum())
        assert (table["customers"] * table["bg_nbd"]).sum() == pytest.approx(expected)
    assert held.customers["expected_purchases"].sum() == pytest.approx(expected)
    assert held.new_customers == 0  # everybody has joined long before


def test_before_the_cut_off_tracking_is_the_models_expectation(held: lifetime.Holdout) -> None:
    """Added up, it is the expected number of repeat purchases of customers of whom only T is known."""
    fit, known = held.models.fit, held.known.table
    watched = known["T"].to_numpy()
    expected = fit.expected_new(watched[watched > 0]).sum()
    assert held.tracking.loc[~held.tracking["later"], "bg_nbd"].sum() == pytest.approx(expected)


def test_the_model_of_the_greatest_likelihood_is_chosen_and_kept() -> None:
    known = lifetime.histories(simulated(), as_of=CUTOFF)
    both = lifetime.fit_models(known)
    assert set(both.fits) == {"bg_nbd", "mbg_nbd", "pareto_nbd"} and both.chosen is not None
    assert both.fit.log_likelihood == max(fit.log_likelihood for fit in both.fits.values())
    other = next(name for name in both.fits if name != both.chosen)
    then = lifetime.fit_models(known, models=[other])
    assert lifetime.agreed(both, then) == other  # what was chosen before the check is what was checked
    assert lifetime.agreed(then, both) == other  # what cannot be fitted now cannot be kept


def test_newcomers_are_counted_apart() -> None:
    late = pd.DataFrame({"customer_key": [9001, 9001], "day": ["2024-10-01", "2024-10-20"], "amount": [5.0, 5.0]})
    orders = pd.concat([simulated(n=300), late.assign(day=pd.to_datetime(late["day"]))])
    held = lifetime.holdout(orders, cutoff=CUTOFF, as_of=AS_OF, **ONE)
    assert (held.new_customers, held.new_purchases) == (1, 2)
    assert 9001 not in set(held.actual["customer_key"])


OBSTACLES = {
    "nobody known": (lambda f: f[f["day"] >= pd.Timestamp(CUTOFF)], "no_customer"),
    "everybody once": (lambda f: f.drop_duplicates("customer_key"), "nobody_again"),
    "one customer": (lambda f: f[f["customer_key"] == f["customer_key"].value_counts().index[0]], "too_few_again"),
    "one customer, once": (lambda f: f.head(1), "nobody_again"),
    "first day only": (lambda f: f.assign(day=pd.Timestamp("2024-08-31")), "not_watched"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", OBSTACLES)
def test_what_cannot_be_fitted_is_named(name: str) -> None:
    spoil, obstacle = OBSTACLES[name]
    held = lifetime.holdout(spoil(simulated(n=200)), cutoff=CUTOFF, as_of=AS_OF, **QUICK)
    assert held.models.obstacle == obstacle and held.models.chosen is None
    assert held.errors == {} and held.totals.empty and held.customers.empty


def test_nobody_buys_later() -> None:
    orders = simulated(n=400)
    held = lifetime.holdout(orders[orders["day"] < pd.Timestamp(CUTOFF)], cutoff=CUTOFF, as_of=AS_OF, **QUICK)
    assert held.models.chosen is not None and held.errors == {} and held.actual["purchases"].sum() == 0


def test_without_money_purchases_are_forecast_alone() -> None:
    held = lifetime.holdout(simulated(n=400).drop(columns="amount"), cutoff=CUTOFF, as_of=AS_OF, **QUICK)
    assert set(held.errors) == {"purchases"} and held.models.value_obstacle == "no_money"
    assert held.totals["what"].tolist() == ["purchases"]


def test_the_same_seed_gives_the_same_numbers(held: lifetime.Holdout) -> None:
    again = lifetime.holdout(simulated(), cutoff=CUTOFF, as_of=AS_OF, **ONE)
    for what in ("purchases", "amount"):
        pd.testing.assert_frame_equal(again.errors[what].table, held.errors[what].table)
    pd.testing.assert_frame_equal(again.totals, held.totals)


def test_the_cut_off_chosen_for_the_longer_check() -> None:
    cutoffs = ["2024-09-22", "2024-06-24", "2024-03-26"]
    long, short = ({"first_day": day, "as_of": "2024-12-21"} for day in ("2023-06-01", "2024-03-20"))
    assert lifetime.nearest_cutoff(cutoffs, horizon_days=365, **long) == "2024-03-26"
    assert lifetime.nearest_cutoff(cutoffs, horizon_days=60, **long) is None
    assert lifetime.nearest_cutoff([], horizon_days=60, **long) is None
    assert lifetime.nearest_cutoff(cutoffs, horizon_days=365, **short) == "2024-06-24"  # six days say nothing of a year


# the customer base


@pytest.fixture(scope="module")
def value() -> lifetime.Valuation:
    known = lifetime.histories(simulated(), as_of=AS_OF)
    labels = lifetime.groupings(known, age_days=[500, 550])
    return lifetime.valuation(
        known, lifetime.fit_models(known, models=["bg_nbd"]), horizon_days=182, labels=labels, draws=200, random_state=1
    )


def test_groups_add_up_to_the_total(value: lifetime.Valuation) -> None:
    for table in value.groups.values():
        assert table["customers"].sum() == len(value.customers)
        for quantity in ("purchases", "value"):
            assert table[quantity].sum() == pytest.approx(value.total(quantity)["estimate"], rel=1e-6)
        assert table["share"].sum() == pytest.approx(1)
    assert value.customers["expected_value"].sum() == pytest.approx(value.total("value")["estimate"], rel=1e-6)


def test_the_best_come_first_and_their_share_has_an_interval(value: lifetime.Valuation) -> None:
    deciles = value.groups["decile"]
    assert deciles["group"].tolist() == list(range(1, 11)) and deciles["value"].is_monotonic_decreasing
    top = value.tops.iloc[0]
    best = value.customers.nlargest(int(top["customers"]), "expected_value")
    assert top["share"] == pytest.approx(best["expected_value"].sum() / value.customers["expected_value"].sum())
    assert top["low"] < top["share"] < top["high"] < 1 and value.tops["share"].is_monotonic_increasing


def test_the_interval_of_a_total_holds_what_the_same_customers_do() -> None:
    """Customers of the model, valued at the cut-off without discounting, and followed."""
    orders = simulated(11)
    known, later = (lifetime.histories(orders, as_of=day, at_cutoff=day == CUTOFF) for day in (CUTOFF, AS_OF))
    found = lifetime.valuation(
        known, lifetime.fit_models(known, models=["bg_nbd"]), horizon_days=91, discount_rate=0.0, draws=400
    )
    actual = lifetime.later_purchases(known, later)
    for quantity, column in (("purchases", "purchases"), ("value", "amount")):
        row = found.total(quantity)
        assert row["low"] < actual[column].sum() < row["high"]
    own = found.customers
    inside = (own["purchases_low"] <= actual["purchases"]) & (actual["purchases"] <= own["purchases_high"])
    assert inside.mean() >= 0.94
    inside = (own["value_low"] <= actual["amount"] + 1e-9) & (actual["amount"] <= own["value_high"] + 1e-9)
    assert inside.mean() >= 0.93


def test_discounting_and_margin_lower_value_as_they_say(value: lifetime.Valuation) -> None:
    known = lifetime.histories(simulated(), as_of=AS_OF)
    models = lifetime.fit_models(known, models=["bg_nbd"])
    plain, halved = (
        lifetime.valuation(known, models, horizon_days=182, discount_rate=rate, margin=margin, draws=100)
        for rate, margin in ((0.0, 1.0), (0.0, 0.5))
    )
    whole = plain.total("value")["estimate"]
    assert halved.total("value")["estimate"] == pytest.approx(whole / 2)
    discounted = value.total("value")["estimate"]
    assert whole * 1.1 ** (-182 / 365.25) < discounted < whole
    np.testing.assert_allclose(
        plain.customers["expected_value"],
        plain.customers["expected_purchases"] * plain.customers["value_of_a_purchase"],
    )


def test_states_follow_the_probability_of_being_active(value: lifetime.Valuation) -> None:
    by = value.customers.groupby("state")["probability_active"].agg(["min", "max"])
    assert by.loc["gone", "max"] < value.gone_below <= by.loc["fading", "min"]
    assert by.loc["fading", "max"] < value.fading_below <= by.loc["active", "min"]


# bad input


@pytest.mark.parametrize(
    ("actual", "guesses", "baselines", "words"),
    [
        ([1, 2], {"model": [1]}, [], "2 customers and 1 forecasts"),
        ([], {"model": []}, [], "0 customers"),
        ([1, 2], {"model": [1, np.nan]}, [], "finite numbers for every customer"),
        ([1, -2], {"model": [1, 2]}, [], "zero or more"),
        (["a", "b"], {"model": [1, 2]}, [], "must be numbers"),
        ([1, 2], {"model": [1, 2]}, ["flat"], "no forecast of the baseline flat"),
    ],
)
def test_bad_forecasts_are_named(actual: list, guesses: dict, baselines: list, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        lifetime.forecast_errors(actual, guesses, baselines=baselines, random_state=0)


def test_other_bad_input_is_named() -> None:
    with pytest.raises(AnalysisError, match="between 0 and 1"):
        lifetime.bought_later([0.5, 1.2], [True, False])
    with pytest.raises(AnalysisError, match="give one a customer"):
        lifetime.bought_later([0.5], [True, False])
    with pytest.raises(AnalysisError, match="give one a customer"):
        lifetime.by_group([1], [1, 2], {"model": [1, 2]}, random_state=0)
    with pytest.raises(AnalysisError, match="must lie before"):
        lifetime.holdout(simulated(n=20), cutoff=AS_OF, as_of=CUTOFF)
    known = lifetime.histories(simulated(n=20), as_of=AS_OF)
    with pytest.raises(AnalysisError, match="models: prophet are not among"):
        lifetime.fit_models(known, models=["prophet"])
    models = lifetime.fit_models(known, models=["bg_nbd"], fewest_again=5)
    with pytest.raises(AnalysisError, match="no fit of pareto_nbd"):
        lifetime.valuation(known, models, horizon_days=30, model="pareto_nbd")
    with pytest.raises(AnalysisError, match=r"must hold; got 0\.9, 0\.5"):
        lifetime.valuation(known, models, horizon_days=30, gone_below=0.9, fading_below=0.5)
