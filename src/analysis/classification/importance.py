"""What a model's forecasts rest on: permuting columns of the test rows, and how forecasts move with a column.

Columns that say nearly the same are permuted together: alone, each could stand in for the other and none would seem to
matter. An importance says what this model uses, not what makes customers act.

Sources: Breiman (2001), Machine Learning 45, 5-32; Fisher, Rudin and Dominici (2019), JMLR 20 (permutation); Friedman
(2001), Annals of Statistics 29, 1189-1232, section 8.2 (partial dependence).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from analysis.bootstrap import interval, mean
from analysis.classification.calibration import quantile_bins
from analysis.classification.columns import kind_of, levels
from analysis.classification.metrics import losses
from analysis.classification.prepare import Preparer
from analysis.shares import clopper_pearson

__all__ = ["alike", "dependence", "importance"]

Floats = NDArray[np.float64]
Predict = Callable[[pd.DataFrame], Floats]

#: Columns with a rank correlation of at least this size are permuted together.
ALIKE = 0.8
#: Rows that partial dependence is averaged over, and points on its line.
PARTIAL_ROWS, PARTIAL_POINTS = 500, 7
#: Shuffled rows that are foretold at once.
AT_ONCE = 100_000
#: A line counts as going one way if what it goes back is at most this share of its whole way.
ONE_WAY = 0.15


def alike(frame: pd.DataFrame, columns: Sequence[str], *, at_least: float = ALIKE) -> list[tuple[str, ...]]:
    """Groups of columns that are tied by rank correlations of at least this size, directly or through others.

    >>> alike(pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 4, 6, 9], "c": [1, 9, 2, 5]}), ["a", "b", "c"])
    [('a', 'b'), ('c',)]
    """
    numbers = {}
    for name in columns:
        if kind_of(frame[name]) in ("number", "date"):
            made = Preparer((name,), bend=False, scale=False).fit(frame)
            if made.names and made.names[0] == name:
                numbers[name] = rankdata(made.transform(frame)[:, 0])
    group = {name: position for position, name in enumerate(columns)}
    names = list(numbers)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            if abs(np.corrcoef(numbers[first], numbers[second])[0, 1]) >= at_least:
                old, new = max(group[first], group[second]), min(group[first], group[second])
                group = {name: new if value == old else value for name, value in group.items()}
    return [tuple(n for n in columns if group[n] == number) for number in dict.fromkeys(group.values())]


def importance(
    predict: Predict,
    frame: pd.DataFrame,
    label: ArrayLike,
    *,
    columns: Sequence[str],
    repeats: int = 10,
    replicates: int = 1000,
    level: float = 0.95,
    random_state: int,
) -> pd.DataFrame:
    """How much the Brier score of forecasts worsens when columns are shuffled among the test rows.

    Parameters
    ----------
    predict : callable
        From rows to probabilities.
    frame, label
        Test rows.
    columns : sequence of str
    repeats : int
        Shuffles of each group of columns; their mean is taken for each row.
    replicates, level, random_state

    Returns
    -------
    DataFrame
        columns (tuple), name (of the columns, with " and "), increase (of the Brier score), low, high (bootstrap over
        customers), spread (standard deviation over the shuffles), relative (of the Brier score), matters (low > 0);
        largest first.
    """
    y = np.asarray(label, dtype=float)
    plain = losses(y, predict(frame), "brier")
    rng = np.random.default_rng(random_state)
    rows = []
    for group in alike(frame, columns):
        each = _increases(predict, frame, y, plain, group, repeats, rng)
        found = interval(each.mean(axis=0), mean, replicates=replicates, level=level, random_state=random_state)
        base = float(plain.mean())
        rows.append(
            (group, " and ".join(group), found.estimate, found.low, found.high, float(each.mean(axis=1).std(ddof=1)),
             found.estimate / base if base else float("nan"), bool(found.low > 0))
        )  # fmt: skip
    names = ["columns", "name", "increase", "low", "high", "spread", "relative", "matters"]
    table = pd.DataFrame(rows, columns=names)
    return table.sort_values(["increase", "name"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _increases(
    predict: Predict,
    frame: pd.DataFrame,
    y: Floats,
    plain: Floats,
    group: tuple[str, ...],
    repeats: int,
    rng: np.random.Generator,
) -> Floats:
    """By how much each row's loss grows in each shuffle, shape (repeats, rows)."""
    together = max(1, min(repeats, AT_ONCE // max(len(frame), 1)))
    parts = []
    for start in range(0, repeats, together):
        orders = np.concatenate([rng.permutation(len(frame)) for _ in range(min(together, repeats - start))])
        copies = len(orders) // len(frame)
        stacked = pd.concat([frame] * copies, ignore_index=True)
        drawn = frame[list(group)].iloc[orders].reset_index(drop=True)
        loss = losses(np.tile(y, copies), predict(stacked.assign(**{name: drawn[name] for name in group})), "brier")
        parts.append(loss.reshape(copies, -1) - plain)
    return np.concatenate(parts)


def dependence(
    predict: Predict,
    frame: pd.DataFrame,
    label: ArrayLike,
    *,
    columns: Sequence[str],
    level: float = 0.95,
    random_state: int,
) -> pd.DataFrame:
    """How forecasts move with one column while all others stay, beside what was observed.

    Returns
    -------
    DataFrame
        One row a column and value: column, value (number, or text of a level), predicted (mean forecast with every
        row set to that value), n, observed, low, high (share of the event among test rows near that value,
        Clopper-Pearson), direction (of the whole column: `up`, `down`, `mixed`, or `levels` for categories).
    """
    y = np.asarray(label, dtype=float)
    some = np.sort(np.random.default_rng(random_state).permutation(len(frame))[:PARTIAL_ROWS])
    tables = [_line(predict, frame, frame.iloc[some], y, name, level) for name in columns]
    names = ["column", "value", "predicted", "n", "observed", "low", "high", "direction"]
    return pd.concat([part for part in tables if len(part)] or [pd.DataFrame(columns=names)], ignore_index=True)


def _line(
    predict: Predict, frame: pd.DataFrame, some: pd.DataFrame, y: Floats, name: str, level: float
) -> pd.DataFrame:
    column = frame[name]
    kind = kind_of(column)
    known = column.notna().to_numpy()
    if kind in ("nothing", "date") or known.sum() < 2:
        return pd.DataFrame()
    if kind == "category":
        text = levels(column)
        points = list(text.value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable").index)
        points = points[:PARTIAL_POINTS]
        bin_of = np.array([points.index(value) if value in points else -1 for value in text])
    else:
        numbers = np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
        bin_of = np.full(len(frame), -1)
        bin_of[known] = quantile_bins(numbers[known], PARTIAL_POINTS)
        points = [float(np.median(numbers[bin_of == number])) for number in range(int(bin_of.max()) + 1)]
    rows = []
    for number, value in enumerate(points):
        inside = y[bin_of == number]
        low, high = clopper_pearson(inside.sum(), len(inside), level=level)
        forecast = float(predict(some.assign(**{name: value})).mean())
        share = float(inside.mean()) if len(inside) else float("nan")
        rows.append((name, value, forecast, len(inside), share, float(low), float(high)))
    table = pd.DataFrame(rows, columns=["column", "value", "predicted", "n", "observed", "low", "high"])
    table["value"] = table["value"].astype(object)
    table["direction"] = "levels" if kind == "category" else _direction(table["predicted"].to_numpy())
    return table


def _direction(line: Floats) -> str:
    moves = np.diff(line)
    way, back = float(np.abs(moves).sum()), float(np.abs(line[-1] - line[0])) if len(line) else 0.0
    if way == 0 or (way - back) / 2 > ONE_WAY * way:
        return "mixed"
    return "up" if line[-1] > line[0] else "down"
