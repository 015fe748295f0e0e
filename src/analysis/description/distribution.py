"""How single numeric columns are distributed: location, spread, quantiles with intervals, histogram bins."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis import bootstrap
from analysis.bootstrap import Statistic
from analysis.errors import AnalysisError
from analysis.shares import wilson

__all__ = [
    "ColumnNote",
    "Histogram",
    "NumericSummary",
    "autocorrelation",
    "histogram",
    "mode",
    "moments",
    "numeric_summary",
]

Floats = NDArray[np.float64]

#: An interval from fewer observations would claim a precision that resampling cannot give.
MINIMUM_FOR_INTERVAL = 10
#: At most this many whole numbers get a histogram bar of their own.
SEPARATE_BARS = 30
#: Beyond these powers of two the cubes of squares, as BCa has them, could leave the range of double precision.
_EXTREME = 100
#: What pandas calls objects that are numbers, or nothing at all.
_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "empty")


@dataclass(frozen=True)
class ColumnNote:
    """Why a column, or part of it, is not in a result.

    `issue` is one of `text`, `all_missing`, `constant`, `too_few`, `few_for_tails` (outer quantiles have no interval),
    `infinite`; `count` the rows concerned.
    """

    column: str
    issue: str
    count: int


@dataclass(frozen=True)
class NumericSummary:
    """Summary of numeric columns.

    `table` has one row a column: n, missing, infinite, mean, median, mode, mode_count, variance, sd, minimum, maximum,
    skewness and the quantiles (`q05`, `q25`, …), the estimates with `_low` and `_high` bounds. Variance and SD divide
    by n − 1. The mode is not a number where no value occurs twice; `mode_share` is the share of values that equal it
    (Wilson's interval), `modes` the number of values that occur as often. Its own interval is the bootstrap's
    percentiles: a mode far from settled shows in a wide one.
    """

    table: pd.DataFrame
    notes: tuple[ColumnNote, ...]
    quantiles: tuple[float, ...]
    level: float
    replicates: int
    random_state: int


@dataclass(frozen=True)
class Histogram:
    """Counts in bins.

    `table`: left, right, count. `log` says that bins have equal width on a logarithmic scale, which is chosen where the
    values are positive and the logarithm takes most of the skew away. `beyond` values lie above the last bin (at most
    the top 1 % of a skewed column that has zeros, so no logarithm).
    """

    table: pd.DataFrame
    log: bool
    skewness: float
    n: int
    missing: int
    beyond: int
    median: float
    mean: float


def moments(values: ArrayLike, *, ddof: int = 1) -> dict[str, float]:
    """Mean, median, mode, variance and standard deviation of finite values, to full double precision.

    Parameters
    ----------
    values : array of shape (n,)
    ddof : int
        1 divides the sum of squares by n − 1 (the sample variance), 0 by n (the population's).

    Returns
    -------
    dict
        n, mean, median, mode, mode_count, modes, variance, sd, minimum, maximum, skewness. Of several modes (`modes`
        counts them) the smallest is given; without a repeated value the mode is not a number. A variance beyond the
        range of double precision is infinite.

    Examples
    --------
    >>> found = moments([1, 2, 2, 3, 4, 5, 5, 5], ddof=0)
    >>> found["mean"], found["median"], found["mode"], found["variance"], round(found["sd"], 6)
    (3.375, 3.5, 5.0, 2.234375, 1.494783)
    """
    data = as_numbers(values, "moments")
    n = len(data)
    if n == 0 or not np.isfinite(data).all():
        raise AnalysisError("moments: values must be finite numbers, at least one; leave out what is missing")
    # Divided by a power of two, which changes no digit, so that squares stay within the range of doubles.
    power = extreme_power(data)
    scaled = np.ldexp(data, -power)
    mean = math.fsum(scaled) / n
    centred = scaled - mean
    squares = math.fsum(centred**2) - math.fsum(centred) ** 2 / n
    variance = max(squares, 0.0) / (n - ddof) if n > ddof else math.nan
    distinct, counts = np.unique(data, return_counts=True)
    repeated = counts.max() > 1 or n == 1
    spread = math.sqrt(max(squares, 0.0) / n)
    return {
        "n": n,
        "mean": float(np.ldexp(mean, power)),
        "median": float(np.ldexp(np.median(scaled), power)),
        "mode": float(distinct[counts.argmax()]) if repeated else math.nan,
        "mode_count": int(counts.max()),
        "modes": int((counts == counts.max()).sum()) if repeated else 0,
        "variance": _doubled(variance, 2 * power),
        "sd": _doubled(math.sqrt(variance), power) if variance >= 0 else math.nan,
        "minimum": float(distinct[0]),
        "maximum": float(distinct[-1]),
        "skewness": float((centred**3).mean() / spread**3) if spread > 0 else math.nan,
    }


def extreme_power(values: Floats) -> int:
    """The power of two that brings values of extreme size near to one; 0 for values that need none.

    >>> extreme_power(np.array([3.0, 1000.0])), extreme_power(np.array([2.0**300]))
    (0, 301)
    """
    power = int(np.frexp(np.abs(values).max())[1]) if len(values) else 0
    return power if abs(power) > _EXTREME else 0


def _doubled(value: float, times: int) -> float:
    """A number multiplied by a power of two; infinite where that leaves the range of doubles."""
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(value, times))


def _mode_values(values: Floats, weights: Floats) -> Floats:
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    return np.asarray(values[starts][np.add.reduceat(weights, starts, axis=1).argmax(axis=1)])


#: The most frequent value, of several the smallest; for values in ascending order.
mode = Statistic(_mode_values)


def autocorrelation(values: ArrayLike, *, lag: int = 1) -> float:
    """The autocorrelation coefficient of a series at a lag, with one mean and one sum of squares.

    >>> round(autocorrelation([1.0, 2.0, 1.0, 2.0, 1.0]), 4)
    -0.8
    """
    data = as_numbers(values, "autocorrelation")
    if not np.isfinite(data).all():
        raise AnalysisError("autocorrelation: values must be finite; a gap breaks the series")
    if not 0 < lag < len(data):
        raise AnalysisError(f"autocorrelation: lag must lie between 1 and n - 1 = {len(data) - 1}, got {lag}")
    centred = data - math.fsum(data) / len(data)
    squares = math.fsum(centred**2)
    return math.fsum(centred[:-lag] * centred[lag:]) / squares if squares > 0 else math.nan


def numeric_summary(
    frame: pd.DataFrame,
    columns: Iterable[str] | None = None,
    *,
    quantiles: Sequence[float] = (0.05, 0.25, 0.75, 0.95),
    replicates: int = 2000,
    level: float = 0.95,
    max_rows: int | None = None,
    random_state: int,
) -> NumericSummary:
    """Location, spread and quantiles of numeric columns, with bootstrap intervals that suit skewed money.

    Parameters
    ----------
    frame : DataFrame
        One row an observation (a customer). It is not changed.
    columns : iterable of str, optional
        The columns; by default all of `frame`. Text columns are named in `notes` instead.
    quantiles : sequence of float
        Quantiles besides the median, between 0 and 1.
    replicates, level, max_rows, random_state
        Of `analysis.bootstrap.intervals_of_many`: bootstrap-t for means and variances, BCa for quantiles.

    Returns
    -------
    NumericSummary

    Examples
    --------
    >>> frame = pd.DataFrame({"spend": [1.0, 2, 2, 3, 4, 5, 5, 5, None], "town": list("abcabcabc")})
    >>> result = numeric_summary(frame, random_state=1)
    >>> result.table[["column", "n", "missing", "mean", "median", "mode"]].to_dict("records")
    [{'column': 'spend', 'n': 8, 'missing': 1, 'mean': 3.375, 'median': 3.5, 'mode': 5.0}]
    >>> [(note.column, note.issue) for note in result.notes]
    [('spend', 'too_few'), ('town', 'text')]
    """
    names = list(frame.columns) if columns is None else list(columns)
    _check_columns(frame, names, quantiles)
    rows: list[dict[str, Any]] = []
    notes: list[ColumnNote] = []
    for name in names:
        values = numbers(frame[name])
        if values is None:
            notes.append(ColumnNote(name, "text", len(frame)))
            continue
        data, infinite = values[np.isfinite(values)], int(np.isinf(values).sum())
        row = {"column": name, "n": len(data), "missing": int(np.isnan(values).sum()), "infinite": infinite}
        notes.extend(_notes(name, data, infinite))
        if len(data) >= MINIMUM_FOR_INTERVAL and not all(_within_reach(q, len(data), level) for q in quantiles):
            notes.append(ColumnNote(name, "few_for_tails", len(data)))
        if len(data):
            settings = {"replicates": replicates, "level": level, "random_state": random_state, "max_rows": max_rows}
            row |= moments(data) | _estimates(data, quantiles, settings)
            row |= _mode_estimates(data, row, settings)
            rows.append(row)
    return NumericSummary(pd.DataFrame(rows), tuple(notes), tuple(quantiles), level, replicates, random_state)


def _check_columns(frame: pd.DataFrame, names: Sequence[Any], quantiles: Sequence[float]) -> None:
    problems, present = [], list(frame.columns)
    if unknown := [str(name) for name in names if name not in present]:
        problems.append(f"no column {', '.join(unknown)}; there are {', '.join(map(str, present))}")
    if double := sorted({str(name) for name in names if present.count(name) > 1 or list(names).count(name) > 1}):
        problems.append(f"column names must differ; {', '.join(double)} stands more than once")
    if wrong := [str(q) for q in quantiles if not 0 < q < 1]:
        problems.append(f"quantiles must lie between 0 and 1, got {', '.join(wrong)}")
    if problems:
        raise AnalysisError("numeric_summary: " + "; ".join(problems))


def as_numbers(values: ArrayLike, caller: str) -> Floats:
    """Values as floats; an error that says what to do where they are text."""
    if np.ndim(values) != 1 or np.iscomplexobj(values):
        raise AnalysisError(f"{caller}: values must be one column of real numbers")
    try:
        data = np.asarray(pd.to_numeric(pd.Series(np.asarray(values)), errors="raise"), dtype=float)
    except (TypeError, ValueError):
        raise AnalysisError(f"{caller}: values must be numbers; convert or leave out text") from None
    return data


def numbers(column: pd.Series) -> Floats | None:
    """A column as floats; None if it holds no numbers (True and False are none here)."""
    if column.dtype == object:
        if pd.api.types.infer_dtype(column, skipna=True) not in _NUMBERS:
            return None
        return np.array([math.nan if pd.isna(cell) else float(cell) for cell in column])
    wrong = pd.api.types.is_bool_dtype(column) or pd.api.types.is_complex_dtype(column)
    if wrong or not pd.api.types.is_numeric_dtype(column):
        return None
    return np.asarray(column.to_numpy(dtype=float, na_value=np.nan))


def quantile_name(q: float) -> str:
    """The column name of a quantile: `q05` for 0.05, `q99_5` for 0.995."""
    return f"q{100 * q:04.1f}".replace(".0", "").replace(".", "_")


def _within_reach(q: float, n: int, level: float) -> bool:
    """Whether a sample of n can lie on both sides of a quantile nearly always.

    If all values lie on one side, no interval made of them can hold the quantile: with 30 values the 95 % quantile lies
    above them all in 21 % of the samples.
    """
    return max(q, 1 - q) ** n <= 1 - level


def _notes(name: str, data: Floats, infinite: int) -> list[ColumnNote]:
    notes = [ColumnNote(name, "infinite", infinite)] if infinite else []
    if len(data) == 0:
        notes.append(ColumnNote(name, "all_missing", 0))
    elif data.min() == data.max():
        notes.append(ColumnNote(name, "constant", len(data)))
    elif len(data) < MINIMUM_FOR_INTERVAL:
        notes.append(ColumnNote(name, "too_few", len(data)))
    return notes


def _estimates(data: Floats, quantiles: Sequence[float], settings: dict[str, Any]) -> dict[str, float]:
    if power := extreme_power(data):
        row = _estimates(np.ldexp(data, -power), quantiles, settings)
        return {name: _doubled(found, power * (2 if "variance" in name else 1)) for name, found in row.items()}
    names = ["median", *map(quantile_name, quantiles)]
    row = {quantile_name(q): float(np.quantile(data, q)) for q in quantiles}
    if len(data) < MINIMUM_FOR_INTERVAL or data.min() == data.max():
        return row | {
            f"{name}_{side}": math.nan for name in ("mean", "variance", "sd", *names) for side in ("low", "high")
        }
    statistics = {
        "mean": bootstrap.mean,
        "variance": bootstrap.variance,
        "quantiles": bootstrap.quantiles([0.5, *quantiles]),
    }
    found = bootstrap.intervals_of_many(data, statistics, **settings)
    for name in ("mean", "variance"):
        row |= {f"{name}_low": found[name].low, f"{name}_high": found[name].high}
    for index, (name, q) in enumerate(zip(names, [0.5, *quantiles], strict=True)):
        reached = _within_reach(q, len(data), settings["level"])
        for side in ("low", "high"):
            ends = getattr(found["quantiles"], side)
            row[f"{name}_{side}"] = float(ends[index]) if reached else math.nan
    # Coverage is kept under increasing maps, so the SD's interval is the variance's under the square root.
    return row | {"sd_low": math.sqrt(row["variance_low"]), "sd_high": math.sqrt(row["variance_high"])}


def _mode_estimates(data: Floats, row: dict[str, Any], settings: dict[str, Any]) -> dict[str, float]:
    """The interval of the mode, and the share of values that equal it with its own."""
    known = row["modes"] > 0
    low, high = (float(bound) for bound in wilson(row["mode_count"], len(data), level=settings["level"]))
    share = {"mode_share": row["mode_count"] / len(data), "mode_share_low": low, "mode_share_high": high}
    bounds = dict.fromkeys(("mode_low", "mode_high"), math.nan)
    if known and len(data) >= MINIMUM_FOR_INTERVAL and row["minimum"] < row["maximum"]:
        found = bootstrap.intervals_of_many(data, {"mode": mode}, method="percentile", shrinks=False, **settings)[
            "mode"
        ]
        bounds = {"mode_low": found.low, "mode_high": found.high}
    return (share if known else dict.fromkeys(share, math.nan)) | bounds


def histogram(values: ArrayLike, *, max_bins: int = 40) -> Histogram:
    """Bins that suit the values: one a whole number where there are few, logarithmic where the values are skewed.

    Bin width follows Freedman and Diaconis (1981), on the scale that is used.

    >>> histogram([1, 1, 2, 3]).table.to_dict("list")
    {'left': [0.5, 1.5, 2.5], 'right': [1.5, 2.5, 3.5], 'count': [2, 1, 1]}
    """
    everything = as_numbers(values, "histogram")
    data = everything[np.isfinite(everything)]
    if len(data) == 0:
        raise AnalysisError("histogram: there is no finite value to count")
    facts = moments(data)
    skewness = facts["skewness"]
    log, beyond = _is_log(data, skewness), 0
    low, high = facts["minimum"], facts["maximum"]
    if (data == np.round(data)).all() and high - low < SEPARATE_BARS:
        log, edges = False, np.arange(low, high + 2) - 0.5
    elif log and (data == np.round(data)).all():
        edges = whole_number_edges(low, high, _bins(np.log10(data), max_bins))
    elif log:
        edges = 10 ** np.linspace(math.log10(low), math.log10(high), _bins(np.log10(data), max_bins) + 1)
    else:
        high = float(np.quantile(data, 0.99)) if skewness > 2 else high
        high = high if high > low else facts["maximum"]
        beyond = int((data > high).sum())
        edges = np.linspace(low, high if high > low else low + 1, _bins(data[data <= high], max_bins) + 1)
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    counts, _ = np.histogram(data[data <= edges[-1]], edges)
    table = pd.DataFrame({"left": edges[:-1], "right": edges[1:], "count": counts})
    missing = len(everything) - len(data)
    return Histogram(table, log, skewness, len(data), missing, beyond, facts["median"], facts["mean"])


def whole_number_edges(low: float, high: float, bins: int) -> Floats:
    """Edges half-way between whole numbers, near to equal widths on a logarithmic scale, so that no bin is empty.

    >>> whole_number_edges(1, 20, 6).tolist()
    [0.5, 1.5, 2.5, 4.5, 7.5, 12.5, 20.5]
    """
    steps = np.round(np.geomspace(low, high + 1, bins + 1))
    return np.asarray(np.unique(steps) - 0.5)


def _is_log(data: Floats, skewness: float) -> bool:
    if not (data.min() > 0 and skewness > 1):
        return False
    return abs(moments(np.log(data))["skewness"]) < skewness / 2


def _bins(data: Floats, most: int) -> int:
    quarter = np.quantile(data, [0.25, 0.75])
    width = 2 * (quarter[1] - quarter[0]) / len(data) ** (1 / 3)
    reach = data.max() - data.min()
    if not width > 0 or not reach > 0:
        return min(most, 10)
    return int(np.clip(math.ceil(reach / width), 5, most))
