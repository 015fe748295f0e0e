"""What a pair looks like: counts in a grid and the median of one column along the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.correlation.columns import finite_values, usable_columns
from analysis.errors import AnalysisError

__all__ = ["PairShape", "pair_shape", "pair_shapes"]

Floats = NDArray[np.float64]

#: From fewer rows a picture would show single customers.
MINIMUM_ROWS = 10


@dataclass(frozen=True)
class PairShape:
    """A pair as a binned scatter plot.

    `bins`: x0, x1, y0, y1, count (only cells that hold something). `medians`: x, y, count: in groups of equal size
    along x, the median of x and of y. `log_x`, `log_y` say which axis has bins of equal width on a logarithmic scale.
    `outside` rows lie beyond the outermost bins (at most the top 1 % of a skewed column with zeros).
    """

    first: str
    second: str
    bins: pd.DataFrame
    medians: pd.DataFrame
    log_x: bool
    log_y: bool
    n: int
    outside: int


def pair_shape(frame: pd.DataFrame, first: str, second: str, *, bins: int | None = None, groups: int = 10) -> PairShape:
    """Counts in a grid over two columns, and binned medians.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the pair are left out.
    bins : int, optional
        Bins along each axis; by default between 6 and 24, growing with the number of rows, so that most of the rows
        lie in cells with company.
    groups : int
        Groups along x for the medians; ties in x stay together.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": np.arange(100.0), "y": np.arange(100.0) ** 2})
    >>> pair_shape(frame, "x", "y").bins["count"].sum()
    np.int64(100)
    """
    usable, notes = usable_columns(frame, [first, second])
    if len(usable) < 2:
        issues = ", ".join(f"{note.columns[0]} is {note.issue.replace('_', ' ')}" for note in notes)
        raise AnalysisError(f"pair_shape: two columns of numbers that vary are needed, but {issues}")
    data = finite_values(frame, [first, second])
    data = data[np.isfinite(data).all(axis=1)]
    n = len(data)
    if n < MINIMUM_ROWS:
        raise AnalysisError(
            f"pair_shape: {first} and {second} have {n} rows in common; a picture needs at least {MINIMUM_ROWS}"
        )
    number = bins or int(np.clip(round((n / 12) ** 0.5), 6, 24))
    edges_x, log_x = _edges(data[:, 0], number)
    edges_y, log_y = _edges(data[:, 1], number)
    counts, _, _ = np.histogram2d(data[:, 0], data[:, 1], bins=[edges_x, edges_y])
    i, j = np.nonzero(counts)
    cells = {"x0": edges_x[i], "x1": edges_x[i + 1], "y0": edges_y[j], "y1": edges_y[j + 1]}
    table = pd.DataFrame({**cells, "count": counts[i, j].astype(int)})
    return PairShape(first, second, table, _medians(data, groups), log_x, log_y, n, n - int(counts.sum()))


def pair_shapes(frame: pd.DataFrame, pairs: pd.DataFrame, *, most: int = 3) -> list[PairShape]:
    """The shapes of the first pairs that have enough rows in common for a picture.

    Parameters
    ----------
    frame : DataFrame
    pairs : DataFrame
        Columns `first` and `second`, the most important pair first.
    most : int
        Number of pictures.
    """
    found: list[PairShape] = []
    for first, second in zip(pairs["first"], pairs["second"], strict=True):
        common = np.isfinite(finite_values(frame, [first, second])).all(axis=1).sum()
        if len(found) < most and common >= MINIMUM_ROWS:
            found.append(pair_shape(frame, first, second))
    return found


def _edges(column: Floats, bins: int) -> tuple[Floats, bool]:
    low, high = float(column.min()), float(column.max())
    distinct = np.unique(column)
    if len(distinct) <= bins and (distinct == np.round(distinct)).all() and high - low < 2 * bins:
        return np.arange(low, high + 2) - 0.5, False
    median = float(np.median(column))
    skewed = high - median > 5 * (median - low)
    if skewed and low > 0 and (distinct == np.round(distinct)).all():
        return np.unique(np.round(np.geomspace(low, high + 1, bins + 1))) - 0.5, True
    if skewed and low > 0:
        edges = 10 ** np.linspace(np.log10(low), np.log10(high), bins + 1)
        edges[0], edges[-1] = low, high
        return edges, True
    if skewed:
        cut = float(np.quantile(column, 0.99))
        high = cut if cut > low else high
    return np.linspace(low, high if high > low else low + 1, bins + 1), False


def _medians(data: Floats, groups: int) -> pd.DataFrame:
    cuts = np.unique(np.quantile(data[:, 0], np.linspace(0, 1, groups + 1)[1:-1]))
    group = np.searchsorted(cuts, data[:, 0], side="left")
    table = pd.DataFrame({"group": group, "x": data[:, 0], "y": data[:, 1]})
    result = table.groupby("group").agg(x=("x", "median"), y=("y", "median"), count=("y", "size"))
    return result.reset_index(drop=True)
