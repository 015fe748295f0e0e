"""Bootstrap intervals of very many observations: the estimate of all, the scatter of resamples of a part of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.bootstrap.intervals import Interval, Method, intervals
from analysis.bootstrap.statistics import Compute, Statistic

__all__ = ["intervals_of_many"]

Floats = NDArray[np.float64]


def intervals_of_many(
    values: ArrayLike,
    statistics: Mapping[str, Statistic | Compute],
    *,
    max_rows: int | None,
    replicates: int = 2000,
    level: float = 0.95,
    random_state: int | np.random.Generator,
    method: Method = "auto",
    shrinks: bool = True,
) -> dict[str, Interval]:
    """Intervals as `intervals` makes them, with resamples of at most `max_rows` observations.

    Estimates are those of all observations. Beyond `max_rows`, the distances from the estimate to both ends are
    measured on a random part and carried over: by the ratio of the standard errors of all and of the part where the
    statistic knows its own and the method is studentized, so that only the shape of the distribution is the part's;
    else by √(rows of the part / rows), as errors of means and quantiles shrink.

    Parameters
    ----------
    values : array of shape (n,) or (n, p)
    statistics : mapping of name to Statistic
    max_rows : int or None
        None, or as many as there are: `intervals` itself.
    replicates, level, random_state, method
        As for `intervals`; the part is drawn by `random_state`.
    shrinks : bool
        False for a statistic whose error does not shrink in this way (the most frequent value): the ends are then
        those of the part, moved where they would leave out the estimate.

    Returns
    -------
    dict of name to Interval
        `n` and `units` count all observations.

    References
    ----------
    Bickel, Götze & van Zwet (1997), Resampling fewer than n observations, Statistica Sinica 7, 1-31; Hall & Martin
    (1988), Probability Theory and Related Fields 80, for the error of a quantile's width, of order n^(-1/4).

    Examples
    --------
    >>> from analysis.bootstrap import mean
    >>> data = np.random.default_rng(1).normal(size=4000)
    >>> whole = intervals(data, {"mean": mean}, random_state=2, method="auto")["mean"]
    >>> part = intervals_of_many(data, {"mean": mean}, max_rows=1000, random_state=2)["mean"]
    >>> part.estimate == whole.estimate, round((part.high - part.low) / (whole.high - whole.low), 1)
    (True, 1.0)
    """
    options: dict[str, Any] = {"replicates": replicates, "level": level, "random_state": random_state}
    data = np.asarray(values, dtype=float)
    if max_rows is None or len(data) <= max_rows:
        return intervals(data, statistics, method=method, **options)
    generator = np.random.default_rng(random_state)
    rows = np.sort(generator.choice(len(data), size=max_rows, replace=False))
    part, data = (np.sort(each) if each.ndim == 1 else each for each in (data[rows], data))
    found = intervals(part, statistics, method=method, **options | {"random_state": generator})
    named = {name: item if isinstance(item, Statistic) else Statistic(item) for name, item in statistics.items()}
    return {name: _carried(found[name], item, data, part, shrinks) for name, item in named.items()}


def _carried(found: Interval, statistic: Statistic, data: Floats, part: Floats, shrinks: bool) -> Interval:
    estimate = np.asarray(statistic.compute(data, np.ones((1, len(data))))[0], dtype=float)
    root = np.sqrt(len(part) / len(data))
    if not shrinks:
        low, high, factor = np.minimum(found.low, estimate), np.maximum(found.high, estimate), 1.0
    else:
        factor = root
        if found.method in ("studentized", "symmetric") and statistic.error is not None and statistic.scale is None:
            errors = [statistic.error(each, np.ones((1, len(each))))[0] for each in (data, part)]
            with np.errstate(divide="ignore", invalid="ignore"):
                factor = np.where(np.asarray(errors[1]) > 0, np.divide(*errors), root)
        low, high = (estimate + (end - found.estimate) * factor for end in (found.low, found.high))
        low, high = np.clip(low, *statistic.limits), np.clip(high, *statistic.limits)
    numbers = {"estimate": estimate, "low": low, "high": high, "standard_error": found.standard_error * factor}
    numbers["pull"] = found.pull * root
    return replace(found, n=len(data), units=len(data), **{name: _plain(value) for name, value in numbers.items()})


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else np.asarray(value)
