"""How unevenly a total is spread: Lorenz curve, Gini coefficient, shares of the top, deciles and other groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis import bootstrap
from analysis.bootstrap import Interval, Statistic, Trust
from analysis.description.distribution import as_numbers, extreme_power, numbers
from analysis.errors import AnalysisError

__all__ = [
    "Concentration",
    "concentration",
    "deciles",
    "gini",
    "lorenz",
    "top_customers",
    "top_group",
    "top_share",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Concentration:
    """How concentrated a total is.

    `gini` and `top` (share of the largest, by fraction of customers) are intervals; `lorenz` has columns `x`
    (cumulative share of customers, smallest first) and `y` (their share of the total). `set_aside` counts values that
    are missing, infinite or negative, for which concentration is not defined. With a total of zero or fewer than ten
    values, nothing is estimated: `gini` is None. `trust` says how near to their level the intervals come; it is that
    of the mean of the same values, whose pull shows what the coefficient's own would hide.
    """

    total: float
    n: int
    set_aside: int
    gini: Interval | None
    top: dict[float, Interval]
    lorenz: pd.DataFrame
    trust: Trust = "unknown"


def _gini_values(values: Floats, weights: Floats) -> Floats:
    upto = weights.cumsum(axis=1)
    size = upto[:, -1:] if values.ndim == 2 else upto[:, -1]
    # Ranks of tied draws average to the middle of their block, so that G = Σ x (2·rank − n − 1) / (n Σ x).
    lever = weights * (2 * upto - weights - upto[:, -1:])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(lever @ values / (size * (weights @ values)))


def _gini_pulls(values: Floats, weights: Floats) -> Floats:
    """Influence of each value in each resample, not yet centred, shape (r, n)."""
    size = weights.sum(axis=1, keepdims=True)
    amounts = weights * values
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = amounts.sum(axis=1, keepdims=True) / size
        position = (weights.cumsum(axis=1) - weights / 2) / size
        below = (amounts.cumsum(axis=1) - amounts / 2) / (size * mean)
        coefficient = _gini_values(values, weights)[:, None]
        return np.asarray(values / mean * (2 * position - 1 - coefficient) - 2 * below + 1)


def _gini_influence(values: Floats) -> Floats:
    if values.ndim == 2:
        return np.stack([_gini_influence(column) for column in values.T], axis=1)
    raw = _gini_pulls(values, np.ones((1, len(values))))[0]
    return np.asarray(raw - raw.mean())


def _gini_error(values: Floats, weights: Floats) -> Floats:
    if values.ndim == 2:
        return np.stack([_gini_error(column, weights) for column in values.T], axis=1)
    pulls, size = _gini_pulls(values, weights), weights.sum(axis=1)
    pulls -= ((weights * pulls).sum(axis=1) / size)[:, None]
    return np.asarray(np.sqrt((weights * pulls**2).sum(axis=1) / size / (size - 1)))


#: The Gini coefficient of values that are not negative: 0 if all are equal, 1 − 1/n if one holds everything. It is that
#: of the customers at hand (half the mean difference of all n² pairs ÷ the mean); × n ÷ (n − 1) some call unbiased.
#: Source: Davidson (2009), Reliable inference for the Gini index, Journal of Econometrics 150, equation 3.
gini = Statistic(_gini_values, _gini_influence, _gini_error, (0, 1))


def top_share(fraction: float) -> Statistic:
    """The share of the total that the largest `fraction` of values hold; a part of a value counts as a part.

    >>> top_share(0.2)([1, 1, 1, 1, 6])
    0.6
    """
    if not 0 < fraction < 1:
        raise AnalysisError(f"top_share: fraction must lie between 0 and 1, got {fraction}")

    def taken(weights: Floats) -> Floats:
        from_top = weights[:, ::-1].cumsum(axis=1)[:, ::-1]
        return np.asarray(np.clip(fraction * from_top[:, :1] - (from_top - weights), 0, weights))

    def compute(values: Floats, weights: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(taken(weights) @ values / (weights @ values))

    def influence(values: Floats) -> Floats:
        cut = np.quantile(values, 1 - fraction, axis=0)
        share = compute(values, np.ones((1, len(values))))[0]
        raw = np.maximum(values - cut, 0) + fraction * cut - share * values
        return np.asarray(raw - raw.mean(axis=0))

    def error(values: Floats, weights: Floats) -> Floats:
        # The variance of max(x − cut, 0) − share·x, from sums over all and over the top.
        top = taken(weights)
        first = (top > 0).argmax(axis=1)
        top = np.where(np.arange(len(values)) >= first[:, None], weights, 0.0)
        x, many = values - values.mean(axis=0), (slice(None),) + (None,) * (values.ndim - 1)
        size, counted, cut, share = weights.sum(axis=1)[many], top.sum(axis=1)[many], x[first], compute(values, weights)
        above, above_square = top @ x, top @ x**2
        square = above_square - 2 * cut * above + cut**2 * counted
        product = above_square - cut * above
        level = (above - cut * counted - share * (weights @ x)) / size
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = (square - 2 * share * product + share**2 * (weights @ x**2)) / size - level**2
            return np.asarray(np.sqrt(np.maximum(spread, 0) / (size - 1)) / (weights @ values / size))

    return Statistic(compute, influence, error, (fraction, 1))


def lorenz(values: ArrayLike, *, points: int = 101) -> pd.DataFrame:
    """The Lorenz curve at equally spaced shares of customers: columns `x` and `y`, both from 0 to 1.

    >>> lorenz([1, 1, 1, 1, 6], points=6)["y"].round(2).tolist()
    [0.0, 0.1, 0.2, 0.3, 0.4, 1.0]
    """
    data = np.sort(as_numbers(values, "lorenz"))
    if len(data) == 0 or not np.isfinite(data).all() or data[0] < 0 or data.sum() <= 0:
        raise AnalysisError("lorenz: values must be finite, not negative and not all zero")
    upto = np.concatenate([[0.0], data.cumsum() / data.sum()])
    x = np.linspace(0, 1, points)
    return pd.DataFrame({"x": x, "y": np.interp(x, np.arange(len(data) + 1) / len(data), upto)})


def concentration(
    values: ArrayLike,
    *,
    shares: Sequence[float] = (0.1, 0.2),
    replicates: int = 2000,
    level: float = 0.95,
    max_rows: int | None = None,
    random_state: int,
) -> Concentration:
    """Lorenz curve, Gini coefficient and shares of the top, with bootstrap-t intervals.

    Parameters
    ----------
    values : array of shape (n,)
        One value a customer, such as total spend.
    shares : sequence of float
        Fractions of customers, largest first.
    replicates, level, max_rows, random_state
        Of the bootstrap, which draws customers; see `analysis.bootstrap.intervals_of_many`.

    Examples
    --------
    >>> result = concentration(np.arange(1, 21), random_state=1)
    >>> round(result.gini.estimate, 6), round(result.top[0.1].estimate, 6)
    (0.316667, 0.185714)
    """
    everything = as_numbers(values, "concentration")
    data = np.sort(everything[np.isfinite(everything) & (everything >= 0)])
    aside = len(everything) - len(data)
    power = extreme_power(data)
    data = np.ldexp(data, -power)
    total = float(np.ldexp(data.sum(), power))
    if len(data) < 10 or total <= 0:
        return Concentration(total, len(data), aside, None, {}, pd.DataFrame({"x": [], "y": []}))
    statistics = {"gini": gini} | {f"top_{share}": top_share(share) for share in shares}
    options: dict[str, Any] = {"replicates": replicates, "level": level, "random_state": random_state}
    options |= {"max_rows": max_rows}
    found = bootstrap.intervals_of_many(data, statistics | {"mean": bootstrap.mean}, **options)
    top = {share: found[f"top_{share}"] for share in shares}
    return Concentration(total, len(data), aside, found["gini"], top, lorenz(data), found["mean"].trust)


def deciles(
    customers: pd.DataFrame,
    *,
    value: str,
    by: str | None = None,
    orders: str | None = None,
    key: str = "customer_key",
    groups: int = 10,
) -> pd.DataFrame:
    """Customers in equal groups, the best first, and what each group holds.

    Parameters
    ----------
    customers : DataFrame
        One row a customer.
    value : str
        The column that is added up, such as `monetary`.
    by : str, optional
        The column that ranks the customers; by default `value`. Ties are broken by `key`, so groups are equal in size.
    orders : str, optional
        The column that counts the orders of a customer: adds `orders` and `per_order`, the group's amount ÷ its orders.
    groups : int
        Number of groups; there are fewer if there are fewer customers.

    Returns
    -------
    DataFrame
        group (1 is the best), customers, customer_share, amount, share, cumulative_share, mean, lowest, highest (the
        last two of `by`). Customers without a finite value in one of the columns are left out.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_key": range(20), "monetary": range(1, 21)})
    >>> deciles(frame, value="monetary")["amount"].tolist()[:2]
    [39.0, 35.0]
    """
    if groups < 1:
        raise AnalysisError(f"deciles: groups must be at least 1, got {groups}")
    known = _ranked("deciles", customers, value=value, by=by or value, key=key, orders=orders)
    number = min(groups, len(known))
    if number == 0:
        raise AnalysisError(f"deciles: no customer has both {value} and {by or value}")
    table = known.assign(group=np.arange(len(known)) * number // len(known) + 1)
    result = table.groupby("group", as_index=False).agg(
        customers=("value", "size"),
        amount=("value", "sum"),
        mean=("value", "mean"),
        lowest=("by", "min"),
        highest=("by", "max"),
    )
    total = result["amount"].sum()
    result["customer_share"] = result["customers"] / len(known)
    result["share"] = result["amount"] / total if total else np.nan
    result["cumulative_share"] = result["share"].cumsum()
    if orders is not None:
        result["orders"] = table.groupby("group")["orders"].sum().to_numpy()
        result["per_order"] = result["amount"] / result["orders"].where(result["orders"] > 0)
    return result


def _ranked(
    caller: str, customers: pd.DataFrame, *, value: str, by: str, key: str, orders: str | None = None
) -> pd.DataFrame:
    """key, value, by (and orders) of the customers that have them, the best first, ties by key."""
    wanted = {"key": key, "value": value, "by": by} | ({"orders": orders} if orders else {})
    present = list(customers.columns)
    if missing := [name for name in wanted.values() if present.count(name) != 1]:
        names = ", ".join(dict.fromkeys(missing))
        raise AnalysisError(f"{caller}: no single column {names}; there are {', '.join(map(str, present))}")
    table = pd.DataFrame({"key": customers[key].to_numpy()})
    for place, name in wanted.items():
        if place == "key":
            continue
        data = numbers(customers[name])
        if data is None:
            raise AnalysisError(f"{caller}: column {name} must hold numbers; convert or leave out text")
        table[place] = data
    table = table[np.isfinite(table.drop(columns="key").to_numpy(float)).all(axis=1)]
    if orders and (table["orders"] == table["orders"].round()).all():
        table = table.astype({"orders": "int64"})
    return table.sort_values(["by", "key"], ascending=[False, True], ignore_index=True)


def top_customers(
    customers: pd.DataFrame, *, value: str, by: str | None = None, orders: str | None = None,
    key: str = "customer_key", size: int = 10,
) -> pd.DataFrame:  # fmt: skip
    """The `size` best customers, one row each: for an export, never for a page.

    Parameters
    ----------
    customers : DataFrame
        One row a customer.
    value : str
        The column of totals, such as `monetary`.
    by : str, optional
        The column that ranks them; by default `value`. Average spend is total ÷ number of orders.
    orders : str, optional
        The column that counts orders: adds `orders` and `per_order` (value ÷ orders).
    key : str
        The column that names a customer; it also breaks ties.

    Returns
    -------
    DataFrame
        rank (1 is the best), `key`, value, by, orders, per_order, share (of the total over all customers) and
        cumulative_share.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_key": [7, 8, 9], "monetary": [10.0, 60.0, 30.0], "frequency": [1, 6, 1]})
    >>> frame["average"] = frame["monetary"] / frame["frequency"]
    >>> best = top_customers(frame, value="monetary", by="average", orders="frequency", size=2)
    >>> best[["rank", "customer_key", "per_order", "share"]].to_dict("list")
    {'rank': [1, 2], 'customer_key': [9, 7], 'per_order': [30.0, 10.0], 'share': [0.3, 0.1]}
    """
    if size < 1:
        raise AnalysisError(f"top_customers: size must be at least 1, got {size}")
    known = _ranked("top_customers", customers, value=value, by=by or value, key=key, orders=orders)
    total = float(known["value"].sum())
    best = known.head(size).assign(rank=np.arange(1, min(size, len(known)) + 1))
    if orders is not None:
        best["per_order"] = best["value"] / best["orders"].where(best["orders"] > 0)
    best["share"] = best["value"] / total if total else np.nan
    best["cumulative_share"] = best["share"].cumsum()
    last = ["orders", "per_order"] if orders is not None else []
    order = ["rank", "key", "value", "by", *last, "share", "cumulative_share"]
    return best[order].rename(columns={"key": key})


def top_group(
    customers: pd.DataFrame, *, value: str, by: str | None = None, key: str = "customer_key", size: int = 10
) -> dict[str, float]:
    """The top `size` customers as one group: how many, what they hold together and which share of the total.

    >>> frame = pd.DataFrame({"customer_key": range(20), "monetary": range(1, 21)})
    >>> top_group(frame, value="monetary", size=2)
    {'customers': 2, 'amount': 39.0, 'share': 0.18571428571428572, 'smallest': 19.0}
    """
    if size < 1:
        raise AnalysisError(f"top_group: size must be at least 1, got {size}")
    known = _ranked("top_group", customers, value=value, by=by or value, key=key)
    best = known.head(size)
    total, amount = float(known["value"].sum()), float(best["value"].sum())
    share = amount / total if total else float("nan")
    return {"customers": len(best), "amount": amount, "share": share, "smallest": float(best["by"].min())}
