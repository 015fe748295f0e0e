"""Correlation and description on what is no data: an AnalysisError that says what to do, or a note; nothing else."""

from __future__ import annotations

import decimal
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import correlation, description
from analysis.errors import AnalysisError

N = 30
GOOD = pd.DataFrame({
    "customer_key": range(N), "x": np.arange(N) % 7, "y": np.arange(N) ** 1.5, "z": np.arange(N) % 5,
    "frequency": np.arange(N) % 4 + 1, "monetary": np.arange(N) + 1.0,
})  # fmt: skip
MONTHS = pd.DataFrame({"month": pd.date_range("2024-01-01", periods=4, freq="MS"), "orders": 3, "complete": True})
COHORTS = pd.DataFrame(
    {"cohort": "2024-01-01", "age_months": [0, 1], "customers_active": [9, 3], "cohort_size": 9, "complete": True}
)

Call = Callable[[pd.DataFrame], Any]
CALLS: dict[str, Call] = {
    "correlate": lambda frame: correlation.correlate(frame, ["x", "y", "z"]),
    "correlate, bootstrap": lambda frame: correlation.correlate(frame, interval="bca", replicates=60),
    "correlate, listwise": lambda frame: correlation.correlate(frame, missing="listwise"),
    "partial": lambda frame: correlation.partial(frame, "x", "y", controls=["z"]),
    "semi-partial": lambda frame: correlation.partial(frame, "x", "y", controls=["z"], semi=True, method="pearson"),
    "confirm": lambda frame: correlation.confirm(frame, ["x", "y", "z"], random_state=1),
    "dependence": lambda frame: correlation.dependence(frame, ["x", "y"], permutations=99, random_state=1),
    "pair_shape": lambda frame: correlation.pair_shape(frame, "x", "y"),
    "distance_correlation": lambda frame: correlation.distance_correlation(frame["x"], frame["y"]),
    "spending": lambda frame: description.spending(frame, replicates=60, random_state=1),
    "numeric_summary": lambda frame: description.numeric_summary(frame, replicates=60, random_state=1),
    "concentration": lambda frame: description.concentration(frame["monetary"], replicates=60, random_state=1),
    "lorenz": lambda frame: description.lorenz(frame["monetary"]),
    "moments": lambda frame: description.moments(frame["monetary"]),
    "histogram": lambda frame: description.histogram(frame["monetary"]),
    "deciles": lambda frame: description.deciles(frame, value="monetary", orders="frequency"),
    "top_group": lambda frame: description.top_group(frame, value="monetary"),
    "top_customers": lambda frame: description.top_customers(frame, value="monetary", orders="frequency"),
    "top_list": lambda frame: description.top_list(frame, by="x", value="monetary"),
}


def with_values(value: object) -> pd.DataFrame:
    return GOOD.assign(**dict.fromkeys(["x", "y", "frequency", "monetary"], value))


BAD: dict[str, pd.DataFrame] = {
    "no row": GOOD.head(0),
    "one row": GOOD.head(1),
    "two rows": GOOD.head(2),
    "three rows": GOOD.head(3),
    "constant": with_values(3.0),
    "nought": with_values(0.0),
    "missing": with_values(np.nan),
    "missing, nullable": with_values(pd.NA),
    "infinite": with_values(np.inf),
    "minus infinite": with_values(-np.inf),
    "text": with_values("many"),
    "text of numbers": with_values("3"),
    "dates": with_values(pd.Timestamp("2024-01-01")),
    "complex": with_values(1j),
    "lists": GOOD.assign(x=[[1]] * N, monetary=[[1]] * N),
    "truth values": with_values([True, False] * 15),
    "enormous": with_values(np.arange(N) * 1e300).assign(frequency=2),
    "tiny": with_values(np.arange(1, N + 1) * 1e-310).assign(frequency=2),
    "negative": with_values(-np.arange(1.0, N + 1)),
    "decimals": with_values([decimal.Decimal(value) for value in range(1, N + 1)]),
    "categories": GOOD.assign(x=pd.Categorical(["a", "b"] * 15), monetary=pd.Categorical(["a", "b"] * 15)),
    "doubled column": pd.concat([GOOD, GOOD[["x", "monetary"]]], axis=1),
    "column missing": GOOD[["customer_key", "z"]],
    "numbers for names": GOOD.rename(columns={"x": 0, "y": 1}),
}


@pytest.mark.parametrize("case", list(BAD))
@pytest.mark.parametrize("name", list(CALLS))
def test_nothing_but_an_answer_or_an_analysis_error(name, case):
    frame = BAD[case]
    before = frame.copy(deep=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            CALLS[name](frame)
        except AnalysisError as error:
            assert len(str(error)) > 20
        except KeyError:
            assert case in ("column missing", "numbers for names"), "the caller's own frame[…]"
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("case", list(BAD))
def test_every_column_without_a_coefficient_is_named(case):
    frame = BAD[case]
    if case in ("doubled column", "column missing", "numbers for names"):
        return
    result = correlation.correlate(frame, ["x", "y"])
    assert not result.table[["estimate", "low", "high", "p", "p_holm", "p_bh", "p_by"]].isna().any().any()
    named = {name for note in result.notes for name in note.columns}
    assert len(result.table) == 3 or {"x", "y"} & named


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: correlation.correlate(BAD["doubled column"]), "x stands more than once"),
        (lambda: correlation.correlate(GOOD, ["x", "x"]), "asked for more than once"),
        (lambda: correlation.correlate(GOOD, ["x", 3]), "no column 3"),
        (lambda: correlation.correlate(GOOD, level=1.5), "level must lie between"),
        (lambda: correlation.partial(GOOD, "x", "y", controls=[]), "controls is empty"),
        (lambda: correlation.confirm(GOOD.assign(customer_key=0.5), ["x", "y"], random_state=1), "numbers or texts"),
        (lambda: correlation.confirm(GOOD, ["x"], key="key", random_state=1), "no column key"),
        (lambda: correlation.distance_correlation([1, 2, np.nan], [1, 2, 3]), "missing or infinite"),
        (lambda: correlation.distance_correlation([1, 2], [1, 2, 3]), "one length"),
        (lambda: correlation.distance_correlation(np.zeros(20_001), np.zeros(20_001)), "too much memory"),
        (lambda: correlation.pair_shape(BAD["constant"], "x", "y"), "x is constant"),
        (lambda: description.spending(BAD["missing"], random_state=1), "missing or infinite"),
        (lambda: description.spending(BAD["text"], random_state=1), "must be numbers"),
        (lambda: description.spending(GOOD.assign(frequency=0), random_state=1), "counts orders"),
        (lambda: description.deciles(BAD["text"], value="monetary"), "monetary must hold numbers"),
        (lambda: description.top_customers(GOOD, value="monetary", size=0), "size must be at least 1"),
        (lambda: description.numeric_summary(BAD["doubled column"], random_state=1), "stands more than once"),
        (lambda: description.numeric_summary(GOOD, quantiles=[1.5], random_state=1), "between 0 and 1"),
        (lambda: description.monthly_trend(MONTHS.assign(month="soon"), value="orders"), "must be a date"),
        (lambda: description.monthly_trend(pd.concat([MONTHS, MONTHS]), value="orders"), "one row a month"),
        (lambda: description.monthly_trend(MONTHS.assign(orders="many"), value="orders"), "must hold numbers"),
        (lambda: description.monthly_trend(MONTHS.head(0), value="orders"), "no month"),
        (lambda: description.retention(COHORTS.assign(cohort_size=0)), "above 0"),
        (lambda: description.retention(COHORTS.drop(columns="complete")), "no column complete"),
        (lambda: description.top_list(BAD["text"], by="x", value="monetary"), "must hold numbers"),
        (lambda: description.lorenz(["a"]), "must be numbers"),
        (lambda: description.moments([]), "at least one"),
    ],
)
def test_errors_say_what_is_wrong(call, said):
    with pytest.raises(AnalysisError, match=said):
        call()


def test_numbers_in_other_types_count_as_numbers():
    plain = GOOD[["x", "y", "monetary"]]
    for other in (plain.astype(object), plain.convert_dtypes(), plain.astype({"x": "Int64", "y": "Float64"})):
        ours, same = correlation.correlate(other).table, correlation.correlate(plain).table
        pd.testing.assert_frame_equal(ours, same)
        options = {"replicates": 60, "random_state": 1}
        pd.testing.assert_frame_equal(
            description.numeric_summary(other, **options).table, description.numeric_summary(plain, **options).table
        )


def test_months_are_known_by_any_of_their_days():
    later = MONTHS.assign(month=MONTHS["month"] + pd.Timedelta(days=14))
    table = description.monthly_trend(later, value="orders").table
    assert table["orders"].tolist() == [3, 3, 3, 3]
