"""Held-out errors, effects and whole studies: planted truth, leakage, determinism, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import regression
from analysis.errors import AnalysisError

SETTINGS = {"replicates": 300, "selection_replicates": 60, "random_state": 4}


def shop(seed: int = 0, n: int = 900) -> pd.DataFrame:
    """Later spend rises with orders (log-linear, coefficient 1.2), ratings fall with returns, `noise` does nothing."""
    rng = np.random.default_rng(seed)
    frequency = rng.poisson(np.exp(rng.normal(1.2, 0.5, n))) + 1.0
    returns = rng.beta(1, 12, n)
    noise = rng.normal(size=n)
    expected = 20 * (1 + frequency) ** 1.2
    spend = np.where(rng.random(n) < 0.35, 0.0, rng.gamma(3, 1 / 3, n)) * expected
    before = np.where(rng.random(n) < 0.35, 0.0, rng.gamma(3, 1 / 3, n)) * expected
    rating = 4 - 5 * returns + rng.normal(scale=0.5, size=n)
    return pd.DataFrame(
        {
            "customer_key": np.arange(n), "frequency": frequency, "returns_rate": returns, "noise": noise,
            "previous_amount": before, "target_amount": spend,
            "target_satisfaction": np.where(rng.random(n) < 0.7, rating, np.nan),
        }
    )  # fmt: skip


SPEND = {
    "target": "target_amount", "columns": ["frequency", "returns_rate", "noise"], "log": ["frequency"],
    "model": "loglinear",
}  # fmt: skip


@pytest.fixture(scope="module")
def spend() -> regression.Study:
    return regression.study(shop(), **SPEND, last_value="previous_amount", earlier=shop(1), **SETTINGS)


def test_planted_effects_are_found_and_noise_is_not(spend: regression.Study) -> None:
    table = spend.effects.set_index("term")
    assert table.loc["frequency", "estimate"] == pytest.approx(1.2, abs=3 * 0.07)
    assert table.loc["frequency", "high"] - table.loc["frequency", "low"] < 0.4
    assert table.loc["frequency", "p_holm"] < 1e-6 and table.loc["frequency", "holds"]
    assert table.loc["noise", "p_holm"] > 0.05 and not table.loc["noise", "holds"]
    assert table.index[0] == "frequency"


def test_changes_are_what_the_model_predicts(spend: regression.Study) -> None:
    """The change between quartiles equals the ratio of two predictions that differ in that column alone."""
    row = spend.effects.set_index("term").loc["frequency"]
    base = pd.DataFrame({"frequency": [row["from_value"], row["to_value"], row["typical"], row["typical"] + 1],
                         "returns_rate": 0.1, "noise": 0.0})  # fmt: skip
    guess = spend.loglinear.predict(base)["predicted"].to_numpy()
    assert row["change"] == pytest.approx(guess[1] / guess[0] - 1, rel=1e-9)
    assert row["one_more"] == pytest.approx(guess[3] / guess[2] - 1, rel=1e-9)
    linear = spend.linear_effects.set_index("term").loc["frequency"]
    straight = spend.linear.predict(base)["predicted"].to_numpy()
    assert linear["change"] == pytest.approx(straight[1] - straight[0], rel=1e-9)


def test_later_period_and_other_customers_are_both_checked(spend: regression.Study) -> None:
    checks = {check.name: check for check in spend.checks}
    assert set(checks) == {"other_customers", "later_period"}
    assert checks["later_period"].n_train == 900 and checks["later_period"].n_test == 900
    assert checks["other_customers"].n_train == 630 and checks["other_customers"].n_test == 270
    for check in checks.values():
        assert check.errors.difference(check.chosen, "mean")["high"] < 0
        assert check.errors.difference(check.chosen, "last_value")["high"] < 0


def test_errors_agree_with_a_calculation_by_hand() -> None:
    rng = np.random.default_rng(0)
    y, guess = rng.normal(size=200), rng.normal(size=200)
    errors = regression.held_out_errors(
        y, {"a": guess, "mean": np.zeros(200)}, training_mean=0.2, baselines=["mean"], replicates=400, random_state=0
    )
    row = errors.error("a")
    assert row["rmse"] == pytest.approx(np.sqrt(((y - guess) ** 2).mean()))
    assert row["mae"] == pytest.approx(np.abs(y - guess).mean())
    assert row["r_squared"] == pytest.approx(1 - ((y - guess) ** 2).sum() / ((y - 0.2) ** 2).sum())
    difference = errors.difference("a", "mean")
    assert difference["difference"] == pytest.approx(row["rmse"] - errors.error("mean")["rmse"])
    assert 0 < difference["low"] < difference["difference"] < difference["high"]  # the guess is worse than 0


def test_paired_differences_see_what_separate_intervals_cannot() -> None:
    rng = np.random.default_rng(1)
    common = rng.standard_t(3, size=400)
    errors = regression.held_out_errors(
        common, {"a": np.full(400, 0.0), "b": np.full(400, 0.0) + 0.3}, training_mean=0.0, baselines=["b"],
        replicates=500, random_state=0,
    )  # fmt: skip
    a, b = errors.error("a"), errors.error("b")
    assert a["rmse_high"] > b["rmse_low"] and errors.difference("a", "b", "mae")["high"] < 0


def test_a_target_without_signal_does_not_beat_the_mean() -> None:
    frame = shop().assign(target_amount=np.random.default_rng(5).permutation(shop()["target_amount"]))
    answer = regression.study(frame, **SPEND, **SETTINGS)
    found = answer.checks[0].errors.difference(answer.checks[0].chosen, "mean")
    assert found["high"] >= 0
    assert answer.effects["p_holm"].min() > 0.05


def test_nothing_of_the_held_out_part_reaches_the_fits() -> None:
    """Spoiling every held-out target changes errors and checks, and no coefficient, penalty or choice."""
    frame = shop()
    order = np.random.default_rng(SETTINGS["random_state"]).permutation(900)
    spoiled = frame.copy()
    spoiled.loc[order[:270], "target_amount"] = 1e6
    spoiled.loc[order[:270], "frequency"] = 1e4
    one, two = (regression.study(part, **SPEND, **SETTINGS) for part in (frame, spoiled))
    pd.testing.assert_frame_equal(one.loglinear.table, two.loglinear.table)
    pd.testing.assert_frame_equal(one.lasso.table, two.lasso.table)
    pd.testing.assert_frame_equal(one.selection, two.selection)
    assert one.checks[0].chosen == two.checks[0].chosen
    assert one.checks[0].errors.error("mean")["rmse"] != two.checks[0].errors.error("mean")["rmse"]


def test_row_order_decides_nothing_and_the_seed_decides_the_division() -> None:
    frame = shop(n=300)
    one = regression.study(frame, **SPEND, **SETTINGS)
    two = regression.study(frame.sample(frac=1, random_state=1), **SPEND, **SETTINGS)
    pd.testing.assert_frame_equal(one.effects, two.effects)
    pd.testing.assert_frame_equal(one.checks[0].errors.table, two.checks[0].errors.table)
    other = regression.study(frame, **SPEND, **{**SETTINGS, "random_state": 5})
    assert not one.effects["estimate"].equals(other.effects["estimate"])


def test_customers_without_a_rating_are_left_out_not_filled() -> None:
    frame = shop()
    answer = regression.study(
        frame, target="target_satisfaction", columns=["returns_rate", "noise"], log="none", **SETTINGS
    )
    assert answer.rows == frame["target_satisfaction"].notna().sum() == 900 - answer.remarks[0].value
    row = answer.effects.set_index("term").loc["returns_rate"]
    assert row["estimate"] == pytest.approx(-5, abs=3 * 0.3) and row["holds"] and answer.main == "ols"


def test_prediction_ranges_hold_what_they_promise() -> None:
    answer = regression.study(
        shop(n=3000), target="target_satisfaction", columns=["returns_rate"], log="none", **SETTINGS
    )
    for coverage in answer.checks[0].coverage.values():
        assert coverage.low <= 0.95 <= coverage.high


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"target_amount": 7.0}, "constant_target"),
        ({"frequency": 1.0, "returns_rate": np.nan, "noise": "x"}, "no_columns"),
    ],
)
def test_obstacles_are_stated_rather_than_raised(change: dict, code: str) -> None:
    answer = regression.study(shop(n=100).assign(**change), **SPEND, **SETTINGS)
    assert answer.obstacle is not None and answer.obstacle.code == code
    assert answer.effects is None and answer.checks == () and regression.tables(answer) == {}


@pytest.mark.parametrize("rows", [0, 1, 2, 8])
def test_few_rows_are_stated(rows: int) -> None:
    answer = regression.study(shop().head(rows), **SPEND, **SETTINGS)
    assert answer.obstacle is not None and answer.obstacle.code in {"no_target", "too_few_rows", "no_columns"}


def test_a_separating_column_leaves_the_linear_model() -> None:
    frame = shop(n=300).assign(never=lambda f: (f["target_amount"] == 0).astype(float))
    answer = regression.study(
        frame, target="target_amount", columns=["frequency", "never"], model="loglinear", **SETTINGS
    )
    codes = {remark.code for remark in answer.remarks}
    assert answer.main == "ols" and answer.effects is not None and "no_loglinear" in codes
    assert "loglinear" not in set(answer.checks[0].errors.table["model"])
    assert np.isfinite(answer.checks[0].errors.table["rmse"]).all()


def test_an_earlier_table_that_lacks_columns_is_said() -> None:
    answer = regression.study(shop(), **SPEND, earlier=shop(1).drop(columns="noise"), **SETTINGS)
    assert [check.name for check in answer.checks] == ["other_customers"]
    assert next(remark.other for remark in answer.remarks if remark.code == "earlier_lacks") == "noise"


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        (shop().drop(columns="target_amount"), {}, "no column target_amount"),
        (pd.concat([shop(), shop()]), {}, "customer_key must be there and different"),
        (shop(), {"held_out": 0.99}, "0.05 and 0.8"),
        (shop(), {"last_value": "yesterday"}, "no column yesterday"),
    ],
)
def test_wrong_input_is_named(frame: pd.DataFrame, options: dict, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        regression.study(frame, **SPEND, **options, **SETTINGS)


def test_adjusted_p_values_agree_with_statsmodels() -> None:
    from statsmodels.stats.multitest import multipletests

    from analysis.multiplicity import adjust

    p = np.random.default_rng(3).uniform(size=30) ** 3
    holm, bh = (adjust(np.append(p, np.nan), method=method) for method in ("holm", "bh"))
    np.testing.assert_allclose(holm[:-1], multipletests(p, method="holm")[1])
    np.testing.assert_allclose(bh[:-1], multipletests(p, method="fdr_bh")[1])
    assert np.isnan(holm[-1]) and np.isnan(bh[-1])


@pytest.mark.parametrize(
    ("actual", "predictions", "words"),
    [
        (["a", "b"], {"m": [1, 2]}, "must be numbers"),
        ([1, 2, 3], {"m": [1, 2]}, "3 targets and 2 predictions"),
        ([1, 2], {}, "must be numbers"),
        ([1, np.nan], {"m": [1, 2]}, "finite numbers"),
    ],
)
def test_predictions_that_cannot_be_judged_are_named(actual: list, predictions: dict, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        regression.held_out_errors(actual, predictions, training_mean=0.0, random_state=0)


def test_both_penalties_are_measured_on_the_other_customers(spend: regression.Study) -> None:
    """The errors of the four fits by hand, and the sparser LASSO's refit on the held-out customers."""
    found = spend.penalties
    order = np.random.default_rng(SETTINGS["random_state"]).permutation(900)
    test = shop().iloc[np.sort(order[:270])]
    for row, fit in zip(found.table.itertuples(), found.fits, strict=True):
        guess = np.maximum(fit.predict(test), 0)
        assert row.rmse == pytest.approx(np.sqrt(((guess - test["target_amount"]) ** 2).mean()), rel=1e-9)
        assert row.rmse_low < row.rmse < row.rmse_high and row.kept == len(fit.kept)
    least, sparse = (found.fit("lasso", choice) for choice in ("minimum", "one_standard_error"))
    assert sparse.penalty > least.penalty and len(sparse.kept) <= len(least.kept)
    assert spend.lasso is least and tuple(spend.refit.design.names) == sparse.kept
    assert {"frequency", "frequency_sparse", "kept_sparse"} <= set(found.selection.columns)


def test_a_rare_term_that_separates_the_held_out_rows_does_not_undo_their_check():
    from analysis.regression import design, loglinear
    from analysis.regression.separation import without_separated

    random = np.random.default_rng(5)
    frame = pd.DataFrame({"x": random.normal(size=200), "rare": np.arange(200) < 3})
    frame["rare"] = frame["rare"].astype(float)
    frame["y"] = random.poisson(np.exp(1 + 0.5 * frame["x"])).astype(float)
    frame.loc[:2, "y"] = 0.0
    made = design(frame, target="y", columns=["x", "rare"], log="none")
    with pytest.raises(AnalysisError, match="separates"):
        loglinear(made)
    left = loglinear(without_separated(made))
    plain = loglinear(design(frame.iloc[3:], target="y", columns=["x"], log="none"))
    assert left.design.names == ("x",)
    np.testing.assert_allclose(left.table["estimate"], plain.table["estimate"], rtol=1e-10)
    np.testing.assert_allclose(left.table["standard_error"], plain.table["standard_error"], rtol=1e-10)
