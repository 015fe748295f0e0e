"""How right forecasts were in a period that nothing was fitted to, beside forecasts that need no model.

Forecasts are of means, so the root mean squared error decides: the mean absolute error, which is given beside it, is
least for a forecast near the median, and where most customers buy nothing, "nobody buys anything" wins it.

Source: Fader, Hardie and Lee (2005), Marketing Science 24, 275-284, section 4 (calibration and holdout period,
conditional expectations by frequency); Wübben and von Wangenheim (2008), Journal of Marketing 72 (3), 82-93 (naive
forecasts beside the models, errors by customer).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.bootstrap import (
    Interval,
    column_means,
    column_means_less,
    column_ratios,
    interval,
    intervals,
    mean,
    root_means,
    root_means_less,
)
from analysis.errors import AnalysisError
from analysis.lifetime.histories import CustomerHistories
from analysis.lifetime.ranking import captured, rank_correlation, with_differences
from analysis.shares import clopper_pearson

__all__ = [
    "MEASURES",
    "ForecastErrors",
    "age_classes",
    "bought_later",
    "by_group",
    "forecast_errors",
    "frequency_classes",
]

Floats = NDArray[np.float64]

#: Each measure, and whether more of it is better.
MEASURES: dict[str, bool] = {"rmse": False, "mae": False, "rank": True, "captured": True}


@dataclass(frozen=True)
class ForecastErrors:
    """Errors of several forecasts of the same customers in the same period.

    Parameters
    ----------
    table : DataFrame
        One row a forecast: method; rmse and mae a customer, rank (Spearman), captured (share of the actual total that
        fell to the best customers by the forecast), ratio (forecast total ÷ actual total), each with _low and _high;
        total.
    differences : DataFrame
        One row a method, baseline and measure: method, baseline, measure, difference (method − baseline), low, high
        (paired: both are measured on the same resampled customers), relative (÷ the baseline's measure).
    baselines : tuple of str
        Methods that need no model.
    actual : float
        The actual total.
    n : int
    top : float
        The share of customers that counts as best.
    level : float
    """

    table: pd.DataFrame
    differences: pd.DataFrame
    baselines: tuple[str, ...]
    actual: float
    n: int
    top: float
    level: float

    def error(self, method: str) -> pd.Series:
        """The row of one method."""
        return self.table.set_index("method").loc[method]

    def best_baseline(self, measure: str = "rmse") -> str:
        """The baseline that does best by a measure; of equal ones the first by name."""
        sign = -1 if MEASURES[measure] else 1
        found = (
            self.table[self.table["method"].isin(self.baselines)].set_index("method")[measure].fillna(-sign * np.inf)
        )
        return min(found.index, key=lambda name: (sign * found[name], name))

    def difference(self, method: str, baseline: str, measure: str = "rmse") -> pd.Series:
        """One method against one baseline."""
        return self.differences.set_index(["method", "baseline", "measure"]).loc[(method, baseline, measure)]

    def verdict(self, method: str, measure: str = "rmse") -> str:
        """Whether a method is "better" or "worse" than the best baseline beyond chance, or neither ("even")."""
        found = self.difference(method, self.best_baseline(measure), measure)
        good = -1 if not MEASURES[measure] else 1
        if found["low"] * good > 0 and found["high"] * good > 0:
            return "better"
        return "worse" if found["low"] * good < 0 and found["high"] * good < 0 else "even"


def forecast_errors(
    actual: ArrayLike,
    forecasts: Mapping[str, ArrayLike] | pd.DataFrame,
    *,
    baselines: Sequence[str],
    top: float = 0.1,
    replicates: int = 1000,
    level: float = 0.95,
    random_state: int,
) -> ForecastErrors:
    """Errors a customer, order and totals of forecasts, with bootstrap intervals over customers.

    Parameters
    ----------
    actual : array, shape (n,)
        What each customer did in the later period: purchases or spend, zero or more.
    forecasts : mapping of str to array of shape (n,), or DataFrame
        Forecasts by method; the baselines are among them.
    baselines : sequence of str
        Methods that need no model; every other method is compared with each of them.
    top : float
        Share of customers that counts as best.
    replicates, level, random_state
        Of the bootstrap over customers: bootstrap-t for errors, their differences and totals, percentiles for the two
        measures of order.

    Raises
    ------
    AnalysisError
        Lengths that differ, numbers missing, an unknown baseline, or nothing bought in the later period.

    Examples
    --------
    >>> guesses = {"model": [0, 1, 3, 4], "mean": [2] * 4}
    >>> errors = forecast_errors([0, 1, 2, 5], guesses, baselines=["mean"], random_state=0)
    >>> errors.table[["method", "rmse", "mae", "rank", "captured", "ratio"]].round(3).values.tolist()
    [['model', 0.707, 0.5, 1.0, 0.25, 1.0], ['mean', 1.871, 1.5, 0.0, 0.1, 1.0]]
    >>> errors.best_baseline()
    'mean'
    """
    names = list(forecasts)
    y, guesses = _checked(actual, forecasts, names, baselines)
    off = guesses - y[:, None]
    values, k = np.column_stack([off**2, np.abs(off), guesses, y]), len(names)
    squares, sizes, guessed, truth = slice(0, k), slice(k, 2 * k), slice(2 * k, 3 * k), 3 * k
    pairs = [(m, b) for m, b in product(range(k), map(names.index, baselines)) if names[m] not in baselines]
    first, second = [m for m, _ in pairs], [b for _, b in pairs]
    options: dict[str, Any] = {"replicates": replicates, "level": level, "random_state": random_state}
    compared = {"rmse": root_means_less(squares, first, second), "mae": column_means_less(sizes, first, second)}
    order = {"rank": rank_correlation(truth, guessed), "captured": captured(truth, guessed, top)}
    with np.errstate(divide="ignore", invalid="ignore"):  # a resample of one customer, or without any error
        levels = intervals(
            values,
            {"rmse": root_means(squares), "mae": column_means(sizes), "ratio": column_ratios(guessed, truth)}
            | ({f"{name}_less": item for name, item in compared.items()} if pairs else {}),
            method="auto",
            **options,
        )
        ordered = intervals(
            values,
            {name: with_differences(item, first, second) for name, item in order.items()},
            method="percentile",
            **options,
        )
    return ForecastErrors(
        table=_table(names, guesses, levels | ordered),
        differences=_differences(names, pairs, levels, ordered),
        baselines=tuple(baselines),
        actual=float(y.sum()),
        n=len(y),
        top=top,
        level=level,
    )


def frequency_classes(frequency: ArrayLike, *, last: int = 7) -> NDArray[np.int64]:
    """Repeat purchases as classes, the last of which holds all above it.

    >>> frequency_classes([0, 1, 6, 7, 40]).tolist()
    [0, 1, 6, 7, 7]
    """
    return np.minimum(np.asarray(frequency, dtype=np.int64), last)


def age_classes(known: CustomerHistories, age_days: Sequence[int]) -> NDArray[np.int64]:
    """Classes of time since the first purchase: 0 up to the first border, in days, and so on."""
    since = (pd.Timestamp(known.as_of) - known.table["first_day"]).dt.days
    return np.searchsorted(sorted(age_days), since, side="left").astype(np.int64)


def by_group(
    groups: ArrayLike,
    actual: ArrayLike,
    forecasts: Mapping[str, ArrayLike] | pd.DataFrame,
    *,
    replicates: int = 1000,
    level: float = 0.95,
    random_state: int,
) -> pd.DataFrame:
    """Means of what groups of customers did and of what was forecast.

    Returns
    -------
    DataFrame
        One row a group, in order: group, customers, actual, low, high (bootstrap-t interval of the actual mean; not a
        number for a single customer), and the mean of each forecast under its name.

    Examples
    --------
    >>> by_group([0, 0, 1, 1], [0, 2, 3, 5], {"model": [1, 2, 4, 5]}, random_state=1)[["group", "actual", "model"]]
       group  actual  model
    0      0     1.0    1.5
    1      1     4.0    4.5
    """
    labels = np.asarray(groups)
    y, guesses = _checked(actual, forecasts, list(forecasts), ())
    if len(labels) != len(y):
        raise AnalysisError(f"by_group: {len(y)} customers, but {len(labels)} groups; give one a customer")
    rows = []
    for label in np.unique(labels):
        part = labels == label
        with np.errstate(divide="ignore", invalid="ignore"):
            found = interval(
                y[part], mean, replicates=replicates, level=level, random_state=random_state, method="auto"
            )
        bounds = _bounds(found)
        rows.append((label, int(part.sum()), *bounds, *guesses[part].mean(axis=0)))
    return pd.DataFrame(rows, columns=["group", "customers", "actual", "low", "high", *forecasts])


def bought_later(
    probability: ArrayLike, bought: ArrayLike, *, bins: int = 10, level: float = 0.95, beside: ArrayLike | None = None
) -> pd.DataFrame:
    """Bins of a forecast probability against the share that bought: a reliability table.

    Parameters
    ----------
    probability : array, shape (n,)
        Forecast probability, such as that of at least one purchase. Equal values stay in one bin.
    bought : array of bool, shape (n,)
        Whether the customer did buy.
    bins : int
        About equally large bins.
    level : float
        Of the Clopper–Pearson intervals.
    beside : array, shape (n,), optional
        Another number of which the mean in each bin is given, such as the probability of being alive.

    Returns
    -------
    DataFrame
        bin, customers, from_value, to_value, forecast (mean), share, low, high, within (whether the interval holds the
        mean forecast), and beside.

    Examples
    --------
    >>> table = bought_later([0.1, 0.1, 0.9, 0.9], [False, False, True, True], bins=2)
    >>> table[["forecast", "share", "low", "high"]].round(3).values.tolist()
    [[0.1, 0.0, 0.0, 0.842], [0.9, 1.0, 0.158, 1.0]]
    """
    chances, hits = np.asarray(probability, dtype=float), np.asarray(bought, dtype=bool)
    if chances.shape != hits.shape:
        raise AnalysisError(f"bought_later: {len(chances)} probabilities and {len(hits)} outcomes; give one a customer")
    if not ((chances >= 0) & (chances <= 1)).all():
        raise AnalysisError("bought_later: probabilities must lie between 0 and 1 and be there for every customer")
    _, group, sizes = np.unique(chances, return_inverse=True, return_counts=True)
    # a value belongs to the bin in which the middle of its customers falls, so that ties are never parted
    middle = np.cumsum(sizes) - sizes / 2
    placed = np.minimum((middle * bins / max(len(chances), 1)).astype(int), bins - 1)[group]
    frame = pd.DataFrame({"bin": placed, "forecast": chances, "share": hits.astype(float)})
    if beside is not None:
        frame["beside"] = np.asarray(beside, dtype=float)
    by = frame.groupby("bin", sort=True)
    table = by.mean().reset_index()
    table["bin"] = np.arange(1, len(table) + 1)
    table["customers"] = by.size().to_numpy()
    table["from_value"], table["to_value"] = by["forecast"].min().to_numpy(), by["forecast"].max().to_numpy()
    table["low"], table["high"] = clopper_pearson(by["share"].sum(), table["customers"], level=level)
    table["within"] = (table["low"] <= table["forecast"]) & (table["forecast"] <= table["high"])
    return table


def _checked(
    actual: ArrayLike, forecasts: Mapping[str, ArrayLike] | pd.DataFrame, names: Sequence[str], baselines: Sequence[str]
) -> tuple[Floats, Floats]:
    try:
        y = np.asarray(actual, dtype=float)
        guesses = np.column_stack([np.asarray(forecasts[name], dtype=float) for name in names])
    except (TypeError, ValueError) as error:
        raise AnalysisError(
            f"forecasts: what was done and what was forecast must be numbers, one a customer; {error}"
        ) from error
    if len(guesses) != len(y) or not len(y):
        raise AnalysisError(f"forecasts: {len(y)} customers and {len(guesses)} forecasts; give one for each customer")
    if absent := [name for name in baselines if name not in names]:
        raise AnalysisError(f"forecasts: there is no forecast of the baseline {', '.join(absent)}")
    if not (np.isfinite(y).all() and np.isfinite(guesses).all()):
        raise AnalysisError("forecasts: what was done and what was forecast must be finite numbers for every customer")
    if (y < 0).any():
        raise AnalysisError("forecasts: what was done must be zero or more")
    return y, guesses


def _bounds(found: Interval) -> tuple[float, float, float]:
    return float(found.estimate), float(found.low), float(found.high)


def _table(names: Sequence[str], guesses: Floats, found: Mapping[str, Interval]) -> pd.DataFrame:
    table, k = pd.DataFrame({"method": list(names)}), len(names)
    for measure in (*MEASURES, "ratio"):
        result = found[measure]
        for suffix, column in (("", result.estimate), ("_low", result.low), ("_high", result.high)):
            table[f"{measure}{suffix}"] = np.asarray(column)[:k]
    return table.assign(total=guesses.sum(axis=0))


def _differences(
    names: Sequence[str],
    pairs: Sequence[tuple[int, int]],
    levels: Mapping[str, Interval],
    ordered: Mapping[str, Interval],
) -> pd.DataFrame:
    rows, k = [], len(names)
    for measure in MEASURES if pairs else ():
        errors = measure in levels
        result = levels[f"{measure}_less"] if errors else ordered[measure]
        base = (levels if errors else ordered)[measure].estimate
        skip = 0 if errors else k
        for position, (m, b) in enumerate(pairs):
            number = [float(np.asarray(part)[skip + position]) for part in (result.estimate, result.low, result.high)]
            relative = number[0] / base[b] if base[b] > 0 else float("nan")
            rows.append((names[m], names[b], measure, *number, float(relative)))
    columns = ["method", "baseline", "measure", "difference", "low", "high", "relative"]
    return pd.DataFrame(rows, columns=columns)
