"""From orders to purchase histories: how often, how recently, for how long, and how much at a time.

Repeat-purchase models know a customer by three numbers, counted from the first purchase: how many *repeat* purchases
there were (frequency, x), when the last of them was (recency, t_x), and for how long the customer has been watched (T).
What counts as a purchase is a matter of rules, and each rule has a name, a count and a price:

* Purchases of one day are one purchase, as in the CDNOW data: the models think of moments, and an order placed in two
  parts on one day is one visit.
* `refunds` says what becomes of goods that came back. `"net"`, the default: a cancelled line comes off the order it
  belongs to, and an order of which nothing is left is no purchase; value is what a customer keeps and pays for.
  `"net_all"`: besides, refunds that match no purchase lower all purchases of their customer in proportion, for shops
  whose returns carry no reference; it may charge a customer for goods bought before the data begin. `"gross"`: as
  ordered, for a question about demand instead of value.
* `worthless` says what becomes of a day whose purchases come to zero or less (gifts, exchanges): `"drop"`, no
  purchase; or `"count"`, a purchase whose amount does not enter the mean, as in the published summary of CDNOW.

Time ends with the last day that was watched, the day before `as_of`: somebody who bought on that day has T = 0.

Source: Fader and Hardie (2001), *Forecasting repeat sales at CDNOW: a case study*, Interfaces 31 (3, part 2), S94-S107
(data and conventions); Fader, Hardie and Lee (2005), *RFM and CLV: using iso-value curves for customer base analysis*,
Journal of Marketing Research 42, 415-430 (mean value of repeat transactions).

>>> orders = pd.DataFrame({
...     "customer_key": [1, 1, 1, 2], "day": ["2024-01-01", "2024-01-01", "2024-01-15", "2024-01-10"],
...     "amount": [10.0, 5.0, 30.0, 8.0]})
>>> histories(orders, as_of=date(2024, 2, 1)).table[["customer_key", "frequency", "recency", "T", "monetary_value"]]
   customer_key  frequency  recency         T  monetary_value
0             1          1      2.0  4.285714            30.0
1             2          0      0.0  3.000000             NaN
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

__all__ = ["UNIT_DAYS", "CustomerHistories", "Refunds", "Unit", "Worthless", "histories"]

Unit = Literal["days", "weeks", "months", "years"]
Refunds = Literal["net", "net_all", "gross"]
Worthless = Literal["drop", "count"]
#: Days in a unit of time; months and years are means over the calendar's four-year cycle.
UNIT_DAYS: dict[str, float] = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}

_COUNTS = ("lines", "cancelled_lines", "cancelled_late_lines")
_MONEY = ("amount", "cancelled_amount", "cancelled_late_amount")


@dataclass(frozen=True)
class CustomerHistories:
    """Purchase histories as they were known at a date, and the account of the rules that made them.

    Parameters
    ----------
    table : DataFrame, shape (n_customers, 7)
        One row a customer, by `customer_key`: first_day; frequency, repeat purchases (x); recency, time from the first
        to the last purchase (t_x); T, time from the first purchase to the last day watched; transactions, purchases
        with the first. Where there is money also monetary_value, the mean of the repeat purchases whose amount is
        known and positive (not a number where there is none), and valued, how many they are.
    purchases : DataFrame
        One row a purchase that counts: customer_key, day and where there is money amount; by customer and day.
    ledger : DataFrame
        One row a step, in order: step, orders and where there is money amount. Of the steps `ordered` and `kept` are
        totals, and what lies between adds up: ordered + moved by each rule = kept, in orders and in money. Rows below
        `kept` (`unmatched_left`) are noted, not moved.
    unit : str
        The unit of recency and T.
    as_of : date
        Nothing of this day or later is known.
    refunds, worthless : str
        The rules that were applied.
    left_out : mapping of str to int
        Customers without any purchase left, by the reason: `no_purchase`, `before_start`.
    """

    table: pd.DataFrame
    purchases: pd.DataFrame
    ledger: pd.DataFrame
    unit: str
    as_of: date
    refunds: str
    worthless: str
    left_out: dict[str, int]

    @property
    def money(self) -> bool:
        """Whether amounts are known."""
        return "monetary_value" in self.table

    def __len__(self) -> int:
        return len(self.table)


def histories(
    orders: pd.DataFrame,
    *,
    as_of: date | str,
    start: date | str | None = None,
    unit: Unit = "weeks",
    refunds: Refunds = "net",
    worthless: Worthless = "drop",
    refund_rows: pd.DataFrame | None = None,
    at_cutoff: bool = False,
) -> CustomerHistories:
    """One row per customer from one row per order.

    Parameters
    ----------
    orders : DataFrame
        customer_key, day and, where there is money, amount: what stands of the order. If orders can be cancelled, also
        lines (those that stand), cancelled_lines and cancelled_amount (what no longer stands, beside `lines` and
        `amount`), and, of these, cancelled_late_lines and cancelled_late_amount: cancelled only at or after a cut-off.
    as_of : date
        Only orders and refunds strictly before this day count.
    start : date, optional
        Customers who bought before this day are left out, because their first purchases are not in the data.
    unit : {"days", "weeks", "months", "years"}
        Of recency and T.
    refunds, worthless
        Rules; see the module.
    refund_rows : DataFrame, optional
        Refunds that match no purchase: customer_key, day and amount, what was given back (positive).
    at_cutoff : bool
        Whether `as_of` is the cut-off of the `cancelled_late` columns: what was cancelled later then still stands.

    Returns
    -------
    CustomerHistories

    Raises
    ------
    AnalysisError
        A missing column, a date that cannot be read, an unknown rule or unit.
    """
    _check_options(unit=unit, refunds=refunds, worthless=worthless)
    end, begin = _day(as_of, "as_of"), None if start is None else _day(start, "start")
    placed = _placed(orders, end)
    money = "amount" in placed
    steps = [_step("ordered", len(placed), _ordered(placed) if money else None)]
    standing, moved = _standing(placed, gross=refunds == "gross", at_cutoff=at_cutoff)
    steps += moved
    unmatched = _unmatched(refund_rows, end)
    if refunds == "net_all" and money and len(unmatched):
        standing, moved = _charged(standing, unmatched)
        steps += moved
    daily, moved = _by_day(standing, drop=worthless == "drop")
    steps += moved
    bought = set(daily["customer_key"])
    daily, moved = _from_start(daily, begin)
    steps += [*moved, _step("kept", len(daily), _sum(daily) if money else None)]
    if refunds != "net_all" and len(unmatched):
        steps.append(_step("unmatched_left", len(unmatched), -_sum(unmatched) if "amount" in unmatched else None))
    return CustomerHistories(
        table=_table(daily, end, UNIT_DAYS[unit]),
        purchases=daily,
        ledger=_ledger(steps, money=money),
        unit=unit,
        as_of=end.date(),
        refunds=refunds,
        worthless=worthless,
        left_out={
            "no_purchase": placed["customer_key"].nunique() - len(bought),
            "before_start": len(bought) - daily["customer_key"].nunique(),
        },
    )


def _check_options(**given: str) -> None:
    for (name, value), choices in zip(given.items(), (Unit, Refunds, Worthless), strict=True):
        if value not in get_args(choices):
            raise AnalysisError(f"histories: {name} must be one of {', '.join(get_args(choices))}; got {value!r}")


def _day(value: Any, name: str) -> pd.Timestamp:
    try:
        moment = pd.Timestamp(value)
    except (TypeError, ValueError):
        moment = pd.NaT
    if pd.isna(moment):
        raise AnalysisError(f"histories: {name} must be a date such as 2024-12-31; got {value!r}")
    return moment.normalize()


def _days(frame: pd.DataFrame, name: str) -> pd.Series:
    try:
        # texts as 2024-12-31: a format that is guessed from the first row would be a guess about all others
        texts = pd.api.types.is_string_dtype(frame["day"])
        moments = pd.to_datetime(frame["day"], format="ISO8601" if texts else None)
    except (TypeError, ValueError) as error:
        raise AnalysisError(f"{name}: the column day must hold dates such as 2024-12-31; {error}") from error
    if moments.isna().any():
        raise AnalysisError(f"{name}: {int(moments.isna().sum())} rows have no day; leave them out or give them one")
    return moments.dt.normalize()


def _known(frame: pd.DataFrame, name: str, end: pd.Timestamp, columns: tuple[str, ...]) -> pd.DataFrame:
    """The rows before a day, with the numbers as floats; other columns are not needed."""
    if absent := [column for column in ("customer_key", "day") if column not in frame]:
        raise AnalysisError(f"{name} has no column {', '.join(absent)}; it has {', '.join(map(str, frame.columns))}")
    if unknown := int(frame["customer_key"].isna().sum()):
        raise AnalysisError(f"{name}: {unknown} rows have no customer_key; leave them out")
    known = pd.DataFrame({"customer_key": frame["customer_key"], "day": _days(frame, name)})
    for column in columns:
        if column in frame:
            try:
                known[column] = frame[column].astype("float64")
            except (TypeError, ValueError) as error:
                raise AnalysisError(f"{name}: the column {column} must hold numbers; {error}") from error
            if np.isinf(known[column]).any():
                raise AnalysisError(f"{name}: the column {column} holds infinite numbers; mend or leave out those rows")
    return known[known["day"] < end].reset_index(drop=True)


def _placed(orders: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    order = ["customer_key", "basket_key"]  # an invoice may name several customers: each has an order of it
    if set(order) <= set(orders) and (repeated := orders.duplicated(order)).any():
        whose, twice = orders.loc[repeated, order].iloc[0]
        raise AnalysisError(
            f"orders must have one row an order; basket_key {twice} of customer_key {whose} stands there more than once"
        )
    placed = _known(orders, "orders", end, (*_COUNTS, *_MONEY))
    cancels = [name for name in ("cancelled_lines", "cancelled_late_lines") if name in placed]
    if cancels and "lines" not in placed:
        raise AnalysisError(f"orders has {', '.join(cancels)} but no column lines, so what still stands cannot be told")
    return placed


def _unmatched(refund_rows: pd.DataFrame | None, end: pd.Timestamp) -> pd.DataFrame:
    if refund_rows is None:
        return pd.DataFrame({"customer_key": [], "day": []})
    found = _known(refund_rows, "refund_rows", end, ("amount",))
    if "amount" in found and (found["amount"] < 0).any():
        raise AnalysisError("refund_rows: amount is what was given back, zero or more; turn the sign of negative ones")
    return found


def _step(step: str, orders: int, amount: float | None = None) -> tuple[str, int, float]:
    return step, orders, float("nan") if amount is None else amount + 0.0  # no minus before a zero


def _sum(frame: pd.DataFrame) -> float:
    return float(frame["amount"].sum())


def _ordered(placed: pd.DataFrame) -> float:
    return _sum(placed) + (float(placed["cancelled_amount"].sum()) if "cancelled_amount" in placed else 0.0)


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name].fillna(0.0) if name in frame else pd.Series(0.0, index=frame.index)


def _standing(
    placed: pd.DataFrame, *, gross: bool, at_cutoff: bool
) -> tuple[pd.DataFrame, list[tuple[str, int, float]]]:
    """Orders with what stood of them; what cancelled lines moved, from whole orders and from parts."""
    frame = placed[["customer_key", "day"]].copy()
    back = {
        part: _column(placed, f"cancelled_{part}" if gross else f"cancelled_late_{part}")
        * float(gross or at_cutoff)  # otherwise nothing of what was cancelled still stood
        for part in ("lines", "amount")
    }
    whole = _column(placed, "lines") + back["lines"] <= 0 if "lines" in placed else pd.Series(False, frame.index)
    if "amount" not in placed:
        return frame[~whole], [_step("cancelled_whole", -int(whole.sum())), _step("cancelled_part", 0)]
    frame["amount"] = placed["amount"] + back["amount"]
    off = _column(placed, "cancelled_amount") - back["amount"]
    moved = [
        _step("cancelled_whole", -int(whole.sum()), -float(off[whole].sum()) - _sum(frame[whole])),
        _step("cancelled_part", 0, -float(off[~whole].sum())),
    ]
    return frame[~whole], moved


def _charged(standing: pd.DataFrame, unmatched: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[str, int, float]]]:
    """Purchases lowered in proportion by their customer's unmatched refunds; never below zero."""
    back = unmatched.groupby("customer_key")["amount"].sum()
    spent = standing.groupby("customer_key")["amount"].sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = (1 - back.reindex(spent.index).fillna(0.0) / spent).where(spent > 0, 1.0).clip(lower=0.0)
    charged = standing.assign(amount=standing["amount"] * standing["customer_key"].map(factor))
    return charged, [_step("unmatched_refunds", 0, _sum(charged) - _sum(standing))]


def _by_day(standing: pd.DataFrame, *, drop: bool) -> tuple[pd.DataFrame, list[tuple[str, int, float]]]:
    """Purchases of one day as one; days that come to nothing, by the rule."""
    days = standing.groupby(["customer_key", "day"], sort=True)
    money = "amount" in standing
    daily = (
        days["amount"].sum(min_count=1).reset_index() if money else days.size().reset_index()[["customer_key", "day"]]
    )
    steps = [_step("same_day", len(daily) - len(standing), 0.0 if money else None)]
    if money and drop:
        # amounts have four decimals at most: what is smaller is a remainder of adding, and no money
        nothing = daily["amount"] < 0.00005
        steps.append(_step("worthless", -int(nothing.sum()), -_sum(daily[nothing])))
        daily = daily[~nothing]
    return daily.reset_index(drop=True), steps


def _from_start(daily: pd.DataFrame, begin: pd.Timestamp | None) -> tuple[pd.DataFrame, list[tuple[str, int, float]]]:
    if begin is None:
        return daily, []
    late = daily.groupby("customer_key")["day"].transform("min") >= begin
    gone = daily[~late]
    step = _step("before_start", -len(gone), -_sum(gone) if "amount" in gone else None)
    return daily[late].reset_index(drop=True), [step]


def _ledger(steps: list[tuple[str, int, float]], *, money: bool) -> pd.DataFrame:
    ledger = pd.DataFrame(steps, columns=["step", "orders", "amount"])
    return ledger if money else ledger.drop(columns="amount")


def _table(daily: pd.DataFrame, end: pd.Timestamp, unit_days: float) -> pd.DataFrame:
    by = daily.groupby("customer_key", sort=True)["day"]
    first, last, size = by.min(), by.max(), by.size()
    watched = end - pd.Timedelta(days=1)
    table = pd.DataFrame(
        {
            "first_day": first,
            "frequency": size - 1,
            "recency": (last - first).dt.days / unit_days,
            "T": (watched - first).dt.days / unit_days,
            "transactions": size,
        }
    )
    if "amount" in daily:
        repeat = daily[(daily["day"] > by.transform("min")) & (daily["amount"] > 0)]
        amounts = repeat.groupby("customer_key")["amount"]
        table["monetary_value"] = amounts.mean().reindex(table.index)
        table["valued"] = amounts.count().reindex(table.index).fillna(0).astype("int64")
    return table.reset_index()
