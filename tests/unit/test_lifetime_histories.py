"""Purchase histories: against CDNOW's published summary, the account of the rules, and bad input."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.lifetime.baselines import later_purchases, naive_forecasts
from analysis.lifetime.histories import UNIT_DAYS, CustomerHistories, histories
from analysis.lifetime.parts import histories_in_parts

AS_OF = date(2024, 4, 1)


def orders(*rows: tuple, columns: tuple[str, ...] = ("customer_key", "day", "amount")) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


SOME = orders((1, "2024-01-01", 10.0), (1, "2024-01-15", 30.0), (1, "2024-02-12", 50.0), (2, "2024-03-31", 8.0))


def shop(seed: int, n: int = 200) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders of which lines were cancelled before or after a cut-off of 1 March, and refunds without a purchase."""
    rng = np.random.default_rng(seed)
    lines, cancelled = rng.integers(1, 5, n), rng.integers(0, 3, n)
    cancelled = np.minimum(lines, cancelled)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 91, n), unit="D")
    late = np.where(day < pd.Timestamp("2024-03-01"), rng.binomial(cancelled, 0.5), 0)
    price = np.round(rng.lognormal(2, 1, n), 2)
    frame = pd.DataFrame(
        {
            "customer_key": rng.integers(1, 40, n), "basket_key": np.arange(n), "day": day,
            "lines": lines - cancelled, "cancelled_lines": cancelled, "cancelled_late_lines": late,
            "amount": price * (lines - cancelled), "cancelled_amount": price * cancelled,
            "cancelled_late_amount": price * late,
        }
    )  # fmt: skip
    refunds = pd.DataFrame({"customer_key": rng.integers(1, 40, 9), "day": day[:9], "amount": rng.gamma(2, 3, 9)})
    return frame, refunds


# the published summary


@pytest.fixture(scope="module")
def cdnow(reference_data: Path) -> pd.DataFrame:
    sample = pd.read_csv(
        reference_data / "cdnow" / "CDNOW_sample.txt", sep=r"\s+", header=None,
        names=["master_id", "customer_key", "day", "units", "amount"], dtype={"day": str},
    )  # fmt: skip
    return sample[["customer_key", "day", "amount"]]


@pytest.fixture(scope="module")
def published(reference_data: Path) -> pd.DataFrame:
    """x, t_x, T and the mean of repeat transactions for 39 weeks, as Fader and Hardie published them."""
    return pd.read_csv(reference_data / "cdnow" / "cdnow_customers_summary_with_transactions.csv")


@pytest.mark.reference_data
def test_cdnow_gives_the_published_summary_of_every_customer(cdnow: pd.DataFrame, published: pd.DataFrame) -> None:
    found = histories(cdnow, as_of=date(1997, 10, 1), worthless="count").table  # eight first purchases cost nothing
    assert len(found) == 2357
    assert (found["customer_key"].to_numpy() == published["ID"].to_numpy()).all()
    assert (found["frequency"].to_numpy() == published["x"].to_numpy()).all()
    assert (found["recency"].round(2).to_numpy() == published["t_x"].to_numpy()).all()
    assert (found["T"].round(2).to_numpy() == published["T"].to_numpy()).all()
    # the summary has two decimals, and 0 where there is no repeat transaction
    zbar = found["monetary_value"].fillna(0.0).to_numpy()
    np.testing.assert_allclose(zbar, published["zbar"], atol=0.005 + 1e-9, rtol=0)
    assert (found["valued"] == found["frequency"]).all()


@pytest.mark.reference_data
def test_cdnow_holds_out_the_purchase_days_of_the_raw_file(cdnow: pd.DataFrame) -> None:
    known, later = (histories(cdnow, as_of=day, worthless="count") for day in (date(1997, 10, 1), date(1998, 7, 1)))
    days = set(zip(cdnow["customer_key"], cdnow["day"], strict=True))
    assert later_purchases(known, later)["purchases"].sum() == sum(day > "19970930" for _, day in days) == 1882


# counting


def test_counting_by_hand() -> None:
    table = histories(SOME, as_of=AS_OF, unit="days").table.set_index("customer_key")
    assert table.loc[1, ["frequency", "recency", "T", "transactions", "monetary_value", "valued"]].tolist() == [
        2, 42.0, 90.0, 3, 40.0, 2,
    ]  # fmt: skip
    assert table.loc[2, ["frequency", "recency", "T"]].tolist() == [0, 0.0, 0.0]  # bought on the last day watched
    assert np.isnan(table.loc[2, "monetary_value"]) and table.loc[2, "valued"] == 0


@pytest.mark.parametrize("unit", UNIT_DAYS)
def test_units_differ_by_a_factor_only(unit: str) -> None:
    days, other = (histories(SOME, as_of=AS_OF, unit=name).table for name in ("days", unit))  # type: ignore[arg-type]
    for column in ("recency", "T"):
        np.testing.assert_allclose(other[column] * UNIT_DAYS[unit], days[column])


def test_what_comes_later_is_not_known() -> None:
    full, early = histories(SOME, as_of=AS_OF), histories(SOME, as_of="2024-02-12")
    assert full.table["frequency"].tolist() == [2, 0]
    assert early.table["customer_key"].tolist() == [1] and early.table["frequency"].tolist() == [1]
    pd.testing.assert_frame_equal(early.table, histories(SOME.head(2), as_of="2024-02-12").table)


def test_purchases_of_one_day_are_one() -> None:
    split = orders((1, "2024-01-01 09:00", 5.0), (1, "2024-01-01 17:30", 5.0), (1, "2024-01-15", 30.0))
    one = orders((1, "2024-01-01", 10.0), (1, "2024-01-15", 30.0))
    pd.testing.assert_frame_equal(histories(split, as_of=AS_OF).table, histories(one, as_of=AS_OF).table)
    ledger = histories(split, as_of=AS_OF).ledger.set_index("step")
    assert ledger.loc["same_day", "orders"] == -1 and ledger.loc["kept", "orders"] == 2


def test_customers_from_before_the_start_are_left_out_whole() -> None:
    found = histories(SOME, as_of=AS_OF, start="2024-01-10")
    assert found.table["customer_key"].tolist() == [2] and found.left_out == {"no_purchase": 0, "before_start": 1}
    assert found.ledger.set_index("step").loc["before_start"].tolist() == [-3, -90.0]


def test_without_money_there_are_counts_only() -> None:
    found = histories(SOME.drop(columns="amount"), as_of=AS_OF, refund_rows=SOME[["customer_key", "day"]].head(1))
    assert not found.money and "monetary_value" not in found.table and "amount" not in found.ledger
    assert found.table["frequency"].tolist() == [2, 0]
    purchases, spend = naive_forecasts(found, days=30)
    assert spend is None and list(purchases) == ["last_period", "mean", "own_rate", "recent_rate"]


# rules


def cancelled(lines: int, gone: int, late: int = 0, *, price: float = 10.0, day: str = "2024-02-01") -> pd.DataFrame:
    """A first order of 10, and a second one of which lines were cancelled."""
    second = {
        "customer_key": 1, "day": day, "lines": lines - gone, "cancelled_lines": gone, "cancelled_late_lines": late,
        "amount": (lines - gone) * price, "cancelled_amount": gone * price, "cancelled_late_amount": late * price,
    }  # fmt: skip
    return pd.DataFrame([second | {"day": "2024-01-01", "lines": 1, "cancelled_lines": 0, "cancelled_late_lines": 0,
                                   "amount": 10.0, "cancelled_amount": 0.0, "cancelled_late_amount": 0.0},
                         second])  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "gone", "late", "options", "frequency", "mean"),
    [
        (3, 1, 0, {}, 1, 20.0),  # part of an order comes off it
        (3, 1, 0, {"refunds": "gross"}, 1, 30.0),
        (3, 3, 0, {}, 0, None),  # nothing left: no purchase
        (3, 3, 0, {"refunds": "gross"}, 1, 30.0),
        (3, 3, 3, {"at_cutoff": True}, 1, 30.0),  # cancelled only later: at the cut-off it all stood
        (3, 3, 2, {"at_cutoff": True}, 1, 20.0),
        (3, 3, 2, {"at_cutoff": True, "refunds": "gross"}, 1, 30.0),
        (3, 3, 2, {}, 0, None),
    ],
)
def test_cancelled_lines(lines: int, gone: int, late: int, options: dict, frequency: int, mean: float | None) -> None:
    row = histories(cancelled(lines, gone, late), as_of=AS_OF, **options).table.iloc[0]
    assert row["frequency"] == frequency
    assert np.isnan(row["monetary_value"]) if mean is None else row["monetary_value"] == mean


def test_an_order_without_money_that_was_cancelled_whole_is_no_purchase() -> None:
    frame = cancelled(2, 2).drop(columns=["amount", "cancelled_amount", "cancelled_late_amount"])
    assert histories(frame, as_of=AS_OF).table["frequency"].tolist() == [0]
    assert histories(frame, as_of=AS_OF, refunds="gross").table["frequency"].tolist() == [1]


def test_refunds_without_a_purchase_are_noted_or_charged_in_proportion() -> None:
    back = orders((1, "2024-03-01", 45.0), (2, "2024-03-31", 9.0), (1, "2024-05-01", 7.0))  # the last is too late
    noted = histories(SOME, as_of=AS_OF, refund_rows=back)
    pd.testing.assert_frame_equal(noted.table, histories(SOME, as_of=AS_OF).table)
    assert noted.ledger.set_index("step").loc["unmatched_left"].tolist() == [2, -54.0]
    charged = histories(SOME, as_of=AS_OF, refund_rows=back, refunds="net_all")
    assert charged.table["customer_key"].tolist() == [1]  # the other got back more than was spent: nothing is left
    assert charged.table["monetary_value"].tolist() == pytest.approx([20.0])  # half of everything
    assert charged.left_out["no_purchase"] == 1
    ledger = charged.ledger.set_index("step")
    assert ledger.loc["unmatched_refunds", "amount"] == pytest.approx(
        -53.0
    )  # 8 is all that can be charged to the other
    assert "unmatched_left" not in ledger.index


def test_days_that_come_to_nothing() -> None:
    gifts = orders((1, "2024-01-01", 10.0), (1, "2024-01-15", 0.0), (1, "2024-02-01", 20.0), (1, "2024-02-09", -5.0))
    dropped = histories(gifts, as_of=AS_OF).table.iloc[0]
    assert dropped[["frequency", "monetary_value", "valued"]].tolist() == [1, 20.0, 1]
    counted = histories(gifts, as_of=AS_OF, worthless="count").table.iloc[0]
    assert counted[["frequency", "monetary_value", "valued"]].tolist() == [3, 20.0, 1]
    assert histories(gifts, as_of=AS_OF).ledger.set_index("step").loc["worthless"].tolist() == [-2, 5.0]


def test_a_purchase_of_unknown_amount_counts_and_has_no_mean() -> None:
    row = histories(orders((1, "2024-01-01", 10.0), (1, "2024-01-15", None)), as_of=AS_OF).table.iloc[0]
    assert row["frequency"] == 1 and np.isnan(row["monetary_value"]) and row["valued"] == 0


@given(
    seed=st.integers(0, 10_000), refunds=st.sampled_from(["net", "net_all", "gross"]),
    worthless=st.sampled_from(["drop", "count"]), at_cutoff=st.booleans(), start=st.sampled_from([None, "2024-01-20"]),
)  # fmt: skip
def test_the_ledger_closes_and_histories_are_possible(
    seed: int, refunds: str, worthless: str, at_cutoff: bool, start: str | None
) -> None:
    frame, back = shop(seed)
    as_of = date(2024, 3, 1) if at_cutoff else AS_OF
    found = histories(
        frame, as_of=as_of, refund_rows=back, refunds=refunds, worthless=worthless, at_cutoff=at_cutoff, start=start
    )  # type: ignore[arg-type]
    ledger = found.ledger.set_index("step")
    moved = ledger.loc["ordered":"kept"].iloc[:-1]  # type: ignore[misc]
    assert moved["orders"].sum() == ledger.loc["kept", "orders"] == len(found.purchases)
    assert moved["amount"].sum() == pytest.approx(ledger.loc["kept", "amount"], abs=1e-6)
    assert ledger.loc["kept", "amount"] == pytest.approx(found.purchases["amount"].sum())
    table = found.table
    assert (table["recency"] <= table["T"] + 1e-12).all() and (table["recency"][table["frequency"] == 0] == 0).all()
    assert table["customer_key"].is_monotonic_increasing and table["customer_key"].is_unique
    assert table["transactions"].sum() == len(found.purchases)
    known = frame[frame["day"] < pd.Timestamp(as_of)]["customer_key"].nunique()
    assert len(table) + sum(found.left_out.values()) == known


def test_the_order_of_the_rows_does_not_matter_and_the_frame_is_untouched() -> None:
    frame, back = shop(3)
    before = frame.copy()
    first = histories(frame, as_of=AS_OF, refund_rows=back)
    again = histories(frame.sample(frac=1, random_state=1), as_of=AS_OF, refund_rows=back)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(first.table[["customer_key", "frequency", "recency", "T"]],
                                  again.table[["customer_key", "frequency", "recency", "T"]])  # fmt: skip
    np.testing.assert_allclose(first.table["monetary_value"], again.table["monetary_value"])


@pytest.mark.parametrize("frame", [SOME.head(0), SOME.assign(day="2025-01-01")])
def test_nobody_is_known(frame: pd.DataFrame) -> None:
    found = histories(frame, as_of=AS_OF)
    assert len(found) == 0 and found.ledger["orders"].tolist() == [0] * len(found.ledger)
    assert {"frequency", "recency", "T", "monetary_value"} <= set(found.table)


# what a later period brought, and what a sceptic would have guessed


def test_naive_forecasts_by_hand() -> None:
    frame = orders((1, "2024-01-01", 10.0), (1, "2024-03-12", 30.0), (1, "2024-03-25", 50.0), (2, "2024-01-22", 8.0))
    known = histories(frame, as_of=AS_OF)
    purchases, spend = naive_forecasts(known, days=30)
    assert spend is not None
    np.testing.assert_allclose(purchases["last_period"], [2, 0])
    np.testing.assert_allclose(purchases["mean"], [1, 1])
    np.testing.assert_allclose(purchases["own_rate"], [2 / 90 * 30, 0])
    np.testing.assert_allclose(purchases["recent_rate"], [2 / 90 * 30, 0])
    np.testing.assert_allclose(spend["last_period"], [80, 0])
    np.testing.assert_allclose(spend["own_rate"], [80 / 90 * 30, 0])
    quiet, _ = naive_forecasts(histories(frame.iloc[[0, 1, 3]], as_of=AS_OF), days=10)
    np.testing.assert_allclose(quiet["recent_rate"], [0, 0])  # nothing bought in the last ten days


def test_a_last_period_longer_than_the_data_is_no_guess() -> None:
    purchases, _ = naive_forecasts(histories(SOME, as_of=AS_OF), days=200)
    assert list(purchases) == ["own_rate"]


def test_later_purchases_are_those_of_known_customers_after_the_cut_off() -> None:
    known = histories(SOME, as_of="2024-02-12")
    later = later_purchases(known, histories(SOME, as_of=AS_OF))
    assert later.to_dict("list") == {"customer_key": [1], "purchases": [1], "amount": [50.0]}


# bad input


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        (SOME.drop(columns="day"), {}, "orders has no column day"),
        (SOME.drop(columns=["day", "customer_key"]), {}, "no column customer_key, day"),
        (SOME.assign(day="soon"), {}, "the column day must hold dates"),
        (SOME.assign(day=None), {}, "4 rows have no day"),
        (SOME.assign(customer_key=None), {}, "4 rows have no customer_key"),
        (SOME.assign(amount="ten"), {}, "the column amount must hold numbers"),
        (SOME.assign(amount=np.inf), {}, "infinite numbers"),
        (SOME.assign(basket_key=7), {}, "basket_key 7 of customer_key . stands there more than once"),
        (SOME.assign(cancelled_lines=1), {}, "no column lines"),
        (SOME, {"as_of": "never"}, "as_of must be a date"),
        (SOME, {"start": "once"}, "start must be a date"),
        (SOME, {"unit": "fortnights"}, "unit must be one of days, weeks, months, years; got 'fortnights'"),
        (SOME, {"refunds": "some"}, "refunds must be one of net, net_all, gross"),
        (SOME, {"worthless": "keep"}, "worthless must be one of drop, count"),
        (SOME, {"refund_rows": SOME.assign(amount=-1.0)}, "turn the sign"),
        (SOME, {"refund_rows": SOME[["amount"]]}, "refund_rows has no column customer_key, day"),
    ],
)
def test_bad_input_is_named(frame: pd.DataFrame, options: dict, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        histories(frame, **{"as_of": AS_OF, **options})


def test_a_result_says_how_many_it_holds() -> None:
    found = histories(SOME, as_of=AS_OF)
    assert isinstance(found, CustomerHistories) and len(found) == 2 and found.as_of == AS_OF


# so many customers at a time


@pytest.mark.parametrize("refunds", ["net", "net_all", "gross"])
@pytest.mark.parametrize("money", [True, False])
@pytest.mark.parametrize("start", [None, "2024-01-20"])
@pytest.mark.parametrize("size", [1, 7, 100])
def test_in_parts_it_is_the_same(refunds: str, money: bool, start: str | None, size: int) -> None:
    frame, back = shop(4)
    frame = frame.sort_values(["customer_key", "day", "basket_key"], ignore_index=True)
    if not money:
        frame, back = frame[[name for name in frame if "amount" not in name]], back[["customer_key", "day"]]
    keys = frame["customer_key"].unique()
    parts = [frame[frame["customer_key"].isin(keys[at : at + size])] for at in range(0, len(keys), size)]
    asked: dict = {"as_of": AS_OF, "refunds": refunds, "start": start, "refund_rows": back}
    whole, found = histories(frame, **asked), histories_in_parts(iter(parts), **asked)
    pd.testing.assert_frame_equal(found.table, whole.table)
    pd.testing.assert_frame_equal(found.purchases, whole.purchases)
    pd.testing.assert_frame_equal(found.ledger, whole.ledger, check_exact=False, rtol=1e-12)
    assert found.left_out == whole.left_out and found.as_of == whole.as_of


def test_in_parts_there_must_be_an_order() -> None:
    with pytest.raises(AnalysisError, match="there is no order"):
        histories_in_parts([], as_of=AS_OF)
