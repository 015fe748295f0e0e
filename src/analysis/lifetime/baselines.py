"""Forecasts that need no model: what a sceptic would guess from the purchases so far.

* `last_period`: each customer does in the coming period what the customer did in the last one of the same length.
* `mean`: everybody does what customers did on average in that last period.
* `own_rate`: each customer's repeat purchases go on at their rate since the first purchase.
* `recent_rate`: the same, but nothing is expected of customers who bought nothing in the last period (the "hiatus").

Source of the last: Wübben and von Wangenheim (2008), *Instant customer base analysis: managerial heuristics often "get
it right"*, Journal of Marketing 72 (3), 82-93.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.lifetime.histories import UNIT_DAYS, CustomerHistories

__all__ = ["BASELINES", "later_purchases", "naive_forecasts"]

BASELINES = ("last_period", "mean", "own_rate", "recent_rate")


def later_purchases(known: CustomerHistories, later: CustomerHistories) -> pd.DataFrame:
    """What the customers of `known` bought from its as-of day until that of `later`.

    Returns
    -------
    DataFrame, shape (n_customers of `known`, 2 or 3)
        customer_key, purchases and, where there is money, amount; zero where nothing was bought. Customers who first
        bought after `known` are not in it.

    Examples
    --------
    >>> from analysis.lifetime.histories import histories
    >>> orders = pd.DataFrame({"customer_key": [1, 2, 2], "day": ["2024-01-01", "2024-01-10", "2024-03-01"]})
    >>> later_purchases(histories(orders, as_of="2024-02-01"), histories(orders, as_of="2024-04-01"))
       customer_key  purchases
    0             1          0
    1             2          1
    """
    found = later.purchases[later.purchases["day"] >= pd.Timestamp(known.as_of)]
    return _by_customer(known, found)


def naive_forecasts(known: CustomerHistories, *, days: int) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The naive forecasts of purchases, and of spend where there is money, for the `days` after what is known.

    Parameters
    ----------
    known : CustomerHistories
    days : int
        Length of the coming period.

    Returns
    -------
    purchases, spend : DataFrame
        A row a customer in the order of `known.table`, a column a baseline. `last_period`, `mean` and `recent_rate`
        are left out where less than one such period has been watched. Spend is None without money.

    Examples
    --------
    >>> from analysis.lifetime.histories import histories
    >>> orders = pd.DataFrame({"customer_key": [1, 1, 2], "day": ["2024-01-01", "2024-01-11", "2024-01-06"]})
    >>> naive_forecasts(histories(orders, as_of="2024-01-22"), days=10)[0]
       last_period  mean  own_rate  recent_rate
    0          0.0   0.0       0.5          0.0
    1          0.0   0.0       0.0          0.0
    """
    table, period = known.table, pd.Timedelta(days=days)
    as_of = pd.Timestamp(known.as_of)
    per_day = 1 / (table["T"].to_numpy() * UNIT_DAYS[known.unit]).clip(min=0.5)  # a first day watches half a day
    watched = bool(len(table)) and table["first_day"].min() <= as_of - period
    last = _by_customer(known, known.purchases[known.purchases["day"] >= as_of - period]) if watched else None
    forecasts = []
    for what in ("purchases", "amount") if known.money else ("purchases",):
        so_far = table["frequency"] if what == "purchases" else table["monetary_value"].fillna(0.0) * table["valued"]
        rate = so_far.to_numpy() * per_day * days
        frame = pd.DataFrame({"own_rate": rate})
        if last is not None:
            seen = last[what].to_numpy(dtype=float)
            frame = pd.DataFrame({"last_period": seen, "mean": seen.mean(), "own_rate": rate})
            frame["recent_rate"] = np.where(last["purchases"].to_numpy() > 0, rate, 0.0)
        forecasts.append(frame)
    return forecasts[0], forecasts[1] if known.money else None


def _by_customer(known: CustomerHistories, purchases: pd.DataFrame) -> pd.DataFrame:
    keys = known.table["customer_key"]
    by = purchases.groupby("customer_key")
    counted = pd.DataFrame(
        {"customer_key": keys, "purchases": by.size().reindex(keys).fillna(0).to_numpy(dtype="int64")}
    )
    if known.money:
        counted["amount"] = by["amount"].sum().reindex(keys).fillna(0.0).to_numpy(dtype=float)
    return counted
