"""What customers spend, month by month, cohort by cohort, product by product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis import bootstrap
from analysis.bootstrap import Interval
from analysis.description.distribution import as_numbers, extreme_power, numbers
from analysis.errors import AnalysisError
from analysis.shares import wilson

__all__ = [
    "NOT_GIVEN",
    "MonthlyTrend",
    "Retention",
    "Spending",
    "monthly_trend",
    "overlap",
    "retention",
    "spending",
    "top_list",
]

#: What a group without a name is called.
NOT_GIVEN = "(not given)"


@dataclass(frozen=True)
class Spending:
    """Totals, which are facts of the data, and averages, which are estimates with intervals.

    `average_order_value` is total ÷ number of orders, with customers drawn in the bootstrap because one customer's
    orders are not independent. Without money, `total`, `average_order_value`, `spend_per_customer` and `median_spend`
    are None. `repeat_share` is the share of customers with two orders or more (Wilson's interval).
    """

    customers: int
    orders: int
    total: float | None
    average_order_value: Interval | None
    spend_per_customer: Interval | None
    median_spend: Interval | None
    orders_per_customer: Interval
    repeat_share: tuple[float, float, float]


@dataclass(frozen=True)
class MonthlyTrend:
    """Orders, customers and revenue by month.

    `table`: month, orders, customers, amount (if there is money), new_customers, complete, and `change` against the
    same month a year before where both are complete. `year_on_year` sets the last `matched` complete months (at most
    12) that have a complete month a year earlier against those: a ratio minus 1, None without any.
    `filled` counts months without any order that were put in as zero.
    """

    table: pd.DataFrame
    value: str
    year_on_year: float | None
    matched: int
    filled: int


@dataclass(frozen=True)
class Retention:
    """Which share of each cohort orders again, by months since its first order.

    `table`: cohort, age_months, customers_active, cohort_size, share (complete months only). `by_age`: age_months,
    active, customers, cohorts, share, low, high, over all cohorts old enough (Wilson's interval).
    """

    table: pd.DataFrame
    by_age: pd.DataFrame


def spending(
    customers: pd.DataFrame,
    *,
    replicates: int = 2000,
    level: float = 0.95,
    max_rows: int | None = None,
    random_state: int,
) -> Spending:
    """Total and average spend.

    Parameters
    ----------
    customers : DataFrame
        One row a customer: `frequency` (orders) and, where there is money, `monetary` (total spend).
    replicates, level, max_rows, random_state
        Of the bootstrap; see `analysis.bootstrap.intervals_of_many`.

    Examples
    --------
    >>> frame = pd.DataFrame({"frequency": [1, 2, 1, 4] * 5, "monetary": [10.0, 30.0, 20.0, 100.0] * 5})
    >>> result = spending(frame, random_state=1)
    >>> result.total, result.average_order_value.estimate
    (800.0, 20.0)
    """
    if "frequency" not in customers.columns or len(customers) == 0:
        raise AnalysisError("spending: needs a column frequency (orders a customer) and at least one customer")
    settings: dict[str, Any] = {"replicates": replicates, "level": level, "random_state": random_state}
    settings |= {"max_rows": max_rows}
    orders = _complete(customers, "frequency")
    if not orders.sum() > 0 or (orders < 0).any():
        raise AnalysisError("spending: frequency counts orders; it must not be negative, and some must be above 0")
    often = bootstrap.intervals_of_many(orders, {"mean": bootstrap.mean}, **settings)["mean"]
    repeats = int((orders >= 2).sum())
    low, high = wilson(repeats, len(orders), level=level)
    repeat = (repeats / len(orders), float(low), float(high))
    if "monetary" not in customers.columns:
        return Spending(len(customers), int(orders.sum()), None, None, None, None, often, repeat)
    money = _complete(customers, "monetary")
    power = extreme_power(money)
    money = np.ldexp(money, -power)
    both = np.column_stack([money, orders])
    basket = bootstrap.intervals_of_many(both, {"ratio": bootstrap.ratio}, **settings)["ratio"]
    found = bootstrap.intervals_of_many(money, {"mean": bootstrap.mean, "median": bootstrap.median}, **settings)
    average, mean, median = (_doubled(interval, power) for interval in (basket, found["mean"], found["median"]))
    total = float(np.ldexp(money.sum(), power))
    return Spending(len(customers), int(orders.sum()), total, average, mean, median, often, repeat)


def _doubled(interval: Interval, times: int) -> Interval:
    """An interval of values that were divided by a power of two, as of the values themselves."""
    found = (interval.estimate, interval.low, interval.high, interval.standard_error)
    estimate, low, high, error = (float(np.ldexp(value, times)) for value in found)
    return replace(interval, estimate=estimate, low=low, high=high, standard_error=error)


def _complete(customers: pd.DataFrame, name: str) -> NDArray[np.float64]:
    data = as_numbers(customers[name], f"spending: {name}")
    if wrong := int((~np.isfinite(data)).sum()):
        raise AnalysisError(f"spending: {name} has {wrong} missing or infinite values; leave those customers out")
    return data


def monthly_trend(months: pd.DataFrame, *, value: str) -> MonthlyTrend:
    """Development by month, unfinished months marked, and the change against the year before.

    Parameters
    ----------
    months : DataFrame
        month (first day), complete, and the counts; at least `value`.
    value : str
        The column whose change is computed: `amount` or `orders`.

    Examples
    --------
    >>> frame = pd.DataFrame({"month": pd.date_range("2024-01-01", periods=13, freq="MS"), "orders": [10] * 12 + [12],
    ...                       "complete": True})
    >>> round(monthly_trend(frame, value="orders").year_on_year, 3)
    0.2
    """
    for name in ("month", "complete", value):
        if name not in months.columns:
            raise AnalysisError(f"monthly_trend: no column {name}; there are {', '.join(map(str, months.columns))}")
    if len(months) == 0:
        raise AnalysisError("monthly_trend: there is no month")
    days = pd.to_datetime(months["month"], errors="coerce", format="ISO8601")
    first = days.dt.to_period("M").dt.to_timestamp()
    if first.isna().any() or first.duplicated().any():
        raise AnalysisError("monthly_trend: month must be a date, one row a month")
    if numbers(months[value]) is None:
        raise AnalysisError(f"monthly_trend: column {value} must hold numbers; convert or leave out text")
    table = months.assign(month=first).set_index("month").sort_index()
    whole = table.reindex(pd.date_range(table.index[0], table.index[-1], freq="MS", name="month"))
    filled = int(whole["complete"].isna().sum())
    whole["complete"] = whole["complete"].eq(False).map({True: False, False: True})
    counts = [name for name in whole.columns if name != "complete"]
    whole[counts] = whole[counts].fillna(0)
    before = whole.shift(12)
    fair = whole["complete"] & before["complete"].eq(True) & before[value].gt(0)
    whole["change"] = (whole[value] / before[value].where(fair) - 1).astype(float)
    last = whole.index[fair][-12:]
    earlier = float(before.loc[last, value].sum())
    growth = float(whole.loc[last, value].sum()) / earlier - 1 if earlier > 0 else None
    return MonthlyTrend(whole.reset_index(), value, growth, len(last), filled)


def retention(cohorts: pd.DataFrame, *, max_age: int = 12, level: float = 0.95) -> Retention:
    """Cohort retention from counts of active customers.

    Parameters
    ----------
    cohorts : DataFrame
        cohort, age_months, customers_active, cohort_size, complete. A missing row of a month that is over means that
        nobody was active.
    max_age : int
        The oldest age shown, in months.

    Examples
    --------
    >>> frame = pd.DataFrame({"cohort": ["2024-01-01"] * 2 + ["2024-02-01"], "age_months": [0, 1, 0],
    ...     "customers_active": [10, 4, 20], "cohort_size": [10, 10, 20], "complete": True})
    >>> retention(frame).by_age["share"].tolist()
    [1.0, 0.4]
    """
    needed = ["cohort", "age_months", "customers_active", "cohort_size", "complete"]
    if missing := [name for name in needed if name not in cohorts.columns]:
        raise AnalysisError(f"retention: no column {', '.join(missing)}")
    if (pd.to_numeric(cohorts["cohort_size"], errors="coerce").fillna(0) <= 0).any():
        raise AnalysisError("retention: cohort_size must be above 0, the number of customers of the cohort")
    kept = cohorts[cohorts["complete"].astype(bool) & (cohorts["age_months"] <= max_age)]
    table = _without_gaps(kept.assign(cohort=pd.to_datetime(kept["cohort"])))
    table["share"] = table["customers_active"] / table["cohort_size"]
    by_age = table.groupby("age_months", as_index=False).agg(
        active=("customers_active", "sum"), customers=("cohort_size", "sum"), cohorts=("cohort", "size")
    )
    by_age["share"] = by_age["active"] / by_age["customers"]
    by_age["low"], by_age["high"] = wilson(by_age["active"], by_age["customers"], level=level)
    return Retention(table.sort_values(["cohort", "age_months"], ignore_index=True), by_age)


def _without_gaps(kept: pd.DataFrame) -> pd.DataFrame:
    """A month in which nobody of a cohort ordered, but which lies before one that is known, counts as zero."""
    parts = []
    for cohort, rows in kept.groupby("cohort", sort=True):
        ages = pd.RangeIndex(int(rows["age_months"].max()) + 1)
        active = rows.set_index("age_months")["customers_active"].reindex(ages, fill_value=0)
        size = int(rows["cohort_size"].iloc[0])
        parts.append(
            pd.DataFrame({"cohort": cohort, "age_months": ages, "customers_active": active, "cohort_size": size})
        )
    if not parts:
        return pd.DataFrame({"cohort": pd.to_datetime([]), "age_months": [], "customers_active": [], "cohort_size": []})
    return pd.concat(parts, ignore_index=True)


def top_list(
    rows: pd.DataFrame,
    *,
    by: str | Sequence[str],
    value: str | None,
    basket: str | None = None,
    customer: str | None = None,
    totals: Sequence[str] = (),
    limit: int = 15,
) -> pd.DataFrame:
    """Groups of rows by what they sum to, the largest first.

    Parameters
    ----------
    rows : DataFrame
        Such as one row per basket and product.
    by : str or sequence of str
        The grouping column or columns; a missing group is called `NOT_GIVEN`.
    value : str or None
        The column that is added up; None counts rows.
    basket, customer : str, optional
        Columns whose distinct values are counted as `orders` and `customers`.
    totals : sequence of str
        Columns that are added up as well: counts of rows that are groups already, such as `orders` of a product.
    limit : int
        Number of groups.

    Returns
    -------
    DataFrame
        The grouping columns, amount, share (of all rows), orders, customers and totals where asked for.
    """
    names = [by] if isinstance(by, str) else list(by)
    present = list(rows.columns)
    if missing := [
        str(name) for name in [*names, value, basket, customer, *totals] if name and present.count(name) != 1
    ]:
        raise AnalysisError(
            f"top_list: no single column {', '.join(missing)}; there are {', '.join(map(str, rows.columns))}"
        )
    if value is not None:
        amounts = numbers(rows[value])
        if amounts is None:
            raise AnalysisError(f"top_list: column {value} must hold numbers; convert or leave out text")
        rows = rows.assign(**{value: amounts})
    # The sum of each group first, then the counts of the few groups that are shown: counting distinct is slow.
    grouped = rows.groupby(names, dropna=False, sort=True)
    amount = (grouped.size() if value is None else grouped[value].sum()).reset_index(name="amount")
    total = float(amount["amount"].sum())
    amount = amount.sort_values(["amount", *names], ascending=[False, *[True] * len(names)], na_position="last")
    best = amount.head(limit).reset_index(drop=True)
    best["share"] = best["amount"] / total if total else np.nan
    for target, source in (("orders", basket), ("customers", customer)):
        if source:
            counted = rows.groupby(names, dropna=False)[source].nunique().reset_index(name=target)
            best = best.merge(counted, on=names, how="left")
    for total_of in totals:
        best = best.merge(grouped[total_of].sum().reset_index(), on=names, how="left")
    for name in names:
        best[name] = best[name].astype(object).where(best[name].notna(), NOT_GIVEN)
    return best


def overlap(buyers: ArrayLike, sources: Mapping[str, ArrayLike]) -> pd.DataFrame:
    """How many customers of each source are also buyers, and which share of the buyers it covers.

    >>> overlap([1, 2, 3, 4], {"browsing": [2, 3, 9, 9]}).to_dict("records")
    [{'source': 'browsing', 'customers': 3, 'buyers': 2, 'share_of_buyers': 0.5}]
    """
    known = pd.Index(pd.unique(pd.Series(np.asarray(buyers)).dropna()))
    rows = []
    for name, keys in sources.items():
        there = pd.Index(pd.unique(pd.Series(np.asarray(keys)).dropna()))
        both = int(there.isin(known).sum())
        share = both / len(known) if len(known) else float("nan")
        rows.append({"source": name, "customers": len(there), "buyers": both, "share_of_buyers": share})
    return pd.DataFrame(rows, columns=["source", "customers", "buyers", "share_of_buyers"])
