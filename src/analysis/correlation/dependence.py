"""Dependence of any shape: distance correlation of ranks, for what coefficients of a trend miss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.correlation.coefficients import tamed
from analysis.correlation.columns import finite_values, usable_columns
from analysis.correlation.ranks import spearman_matrix
from analysis.errors import AnalysisError

__all__ = ["Dependence", "dependence", "distance_correlation", "hidden_in_both"]

Floats = NDArray[np.float64]


#: Below this many rows the permutations could show nothing.
MINIMUM_ROWS = 20
#: Three tables of so many rows squared take 2.4 GB.
MOST_ROWS = 10_000
#: Cells of the permuted matrices that are gathered and multiplied at a time.
CELLS_AT_A_TIME = 65_536

_COLUMNS = ["first", "second", "n", "distance_correlation", "spearman", "p", "p_family", "hidden"]


@dataclass(frozen=True)
class Dependence:
    """Distance correlation of all pairs, from a sample of rows.

    `table`: first, second, n, distance_correlation, spearman, p (permutation), p_family, hidden. `p_family` compares
    with the largest distance correlation among all pairs after a permutation, which corrects for their number (Westfall
    and Young 1993, single step). `hidden` marks pairs whose dependence is proved (`p_family` below `alpha`) and of some
    size, without a trend that Spearman's coefficient would show: those need a look at their shape.
    `rows` were drawn of `available` with the seed; with fewer than 20 rows or 2 columns the table is empty.
    """

    table: pd.DataFrame
    rows: int
    available: int
    permutations: int
    alpha: float


def distance_correlation(first: Floats, second: Floats) -> float:
    """Distance correlation of two columns: 0 only if they are independent, 1 if one is a line of the other.

    Not a number where a column is constant. The memory is the square of the number of rows, at most 10,000.

    Source: Székely, Rizzo and Bakirov (2007), Annals of Statistics 35, 2769-2794, definitions 4 and 5.

    >>> round(distance_correlation(np.array([1.0, 2, 3, 4]), np.array([2.0, 4, 6, 8])), 6)
    1.0
    """
    if np.iscomplexobj(first) or np.iscomplexobj(second):
        raise AnalysisError("distance_correlation: both columns must hold real numbers")
    try:
        x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    except (TypeError, ValueError):
        raise AnalysisError("distance_correlation: both columns must hold numbers; convert or leave out text") from None
    if x.ndim != 1 or x.shape != y.shape or len(x) < 2:
        raise AnalysisError(f"distance_correlation: needs two columns of one length ≥ 2, got {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise AnalysisError("distance_correlation: leave out rows with a missing or infinite value")
    if len(x) > MOST_ROWS:
        raise AnalysisError(f"distance_correlation: {len(x)} rows need too much memory; draw at most {MOST_ROWS}")
    x, y = tamed(np.column_stack([x, y])).T
    a, b = _centred(x), _centred(y)
    return float(_ratio((a * b).mean(), (a * a).mean(), (b * b).mean()))


def dependence(
    frame: pd.DataFrame,
    columns: Sequence[str],
    *,
    rows: int = 400,
    permutations: int = 199,
    alpha: float = 0.05,
    least: float = 0.15,
    no_trend: float = 0.1,
    random_state: int,
) -> Dependence:
    """Distance correlation of the ranks of all pairs, with a permutation test.

    Ranks make it robust to skewed money and the same under any increasing change of scale.

    Parameters
    ----------
    frame : DataFrame
        One row an observation. Rows with a missing value in `columns` are left out.
    columns : sequence of str
        Columns that are constant, empty or hold no numbers are left out.
    rows : int
        Rows drawn: the memory is rows² numbers a column, the time rows² × columns × permutations.
    permutations : int
        The smallest p-value is 1 / (permutations + 1).
    alpha, least, no_trend : float
        A pair is `hidden` if its `p_family` is below `alpha`, its distance correlation at least `least` and the
        absolute value of Spearman's coefficient below `no_trend`.
    random_state : int

    Examples
    --------
    >>> x = np.linspace(-1, 1, 60)
    >>> frame = pd.DataFrame({"x": x, "bowl": x**2})
    >>> result = dependence(frame, ["x", "bowl"], random_state=1).table
    >>> bool(result["hidden"][0]), float(result["p"][0])
    (True, 0.005)
    """
    if not MINIMUM_ROWS <= rows <= MOST_ROWS or permutations < 1:
        raise AnalysisError(
            f"dependence: rows must lie between {MINIMUM_ROWS} and {MOST_ROWS} and permutations be at least 1, "
            f"got {rows} and {permutations}"
        )
    names, _ = usable_columns(frame, columns)
    data = finite_values(frame, names)
    data = data[np.isfinite(data).all(axis=1)]
    available = len(data)
    if available < MINIMUM_ROWS or len(names) < 2:
        return Dependence(pd.DataFrame(columns=_COLUMNS), 0, available, permutations, alpha)
    generator = np.random.default_rng(random_state)
    if available > rows:
        data = data[np.sort(generator.choice(available, rows, replace=False))]
    matrices = np.stack([_normed(stats.rankdata(column)) for column in data.T])
    products, p, p_family = _permutation_test(matrices, permutations, generator)
    i, j = np.triu_indices(len(names), k=1)
    trend, _ = spearman_matrix(data)
    table = pd.DataFrame({"first": [names[a] for a in i], "second": [names[b] for b in j], "n": len(data)})
    table["distance_correlation"] = np.sqrt(np.maximum(products[i, j], 0))
    table["spearman"], table["p"], table["p_family"] = trend[i, j], p[i, j], p_family[i, j]
    shape = (table["distance_correlation"] >= least) & (table["spearman"].abs() < no_trend)
    table["hidden"] = shape & (table["p_family"] < alpha)
    return Dependence(table, len(data), available, permutations, alpha)


def hidden_in_both(found: Dependence, checked: Dependence) -> pd.DataFrame:
    """Pairs that one half of the customers shows to be hidden, with whether the other half, apart, shows it too.

    Returns
    -------
    DataFrame
        The columns of `Dependence.table` of the first half, those of the second with `_checked`, and `confirmed`.
    """
    both = found.table.merge(checked.table, on=["first", "second"], suffixes=("", "_checked"))
    flagged = both[both["hidden"].astype(bool)].reset_index(drop=True)
    return flagged.assign(confirmed=flagged["hidden_checked"].astype(bool))


def _permutation_test(
    matrices: Floats, permutations: int, generator: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Squared distance correlations of all pairs, p-values, and p-values against the largest of all pairs.

    The matrices are symmetric: one triangle, counted twice but for its diagonal, has all there is to permute.
    """
    count, size = matrices.shape[:2]
    flat = matrices.reshape(count, -1)
    products = flat @ flat.T
    triangle = np.triu(np.ones((size, size), dtype=bool))
    place = np.zeros((size, size), dtype=np.int32)
    place[triangle] = np.arange(np.count_nonzero(triangle))
    place = np.maximum(place, place.T)
    twice = np.where(np.eye(size, dtype=bool), 1.0, 2.0)[triangle]
    cells = np.ascontiguousarray(flat[:, triangle.ravel()].T)
    fixed = np.ascontiguousarray(cells.T) * twice
    upper = np.triu_indices(count, k=1)
    single, largest = np.ones_like(products), np.ones_like(products)
    for _ in range(permutations):
        order = generator.permutation(size)
        # Two gathers along one axis each are several times faster than one along both.
        moved = place.take(order, axis=0).take(order, axis=1)[triangle]
        null = np.zeros_like(products)
        for start in range(0, len(moved), CELLS_AT_A_TIME):
            part = slice(start, start + CELLS_AT_A_TIME)
            null += fixed[:, part] @ cells.take(moved[part], axis=0)
        single += null >= products * (1 - 1e-9)
        largest += null[upper].max() >= products * (1 - 1e-9)
    return products, single / (permutations + 1), largest / (permutations + 1)


def _normed(column: Floats) -> Floats:
    """The centred distances scaled to length one, or zeros for a constant column."""
    centred = _centred(column)
    size = np.linalg.norm(centred)
    return centred / size if size > 0 else centred


def _centred(column: Floats) -> Floats:
    """Distances between observations, less the means of row and column."""
    distance = np.abs(column[:, None] - column[None, :])
    mean = distance.mean(axis=0)
    return np.asarray(distance - mean[:, None] - mean[None, :] + mean.mean())


def _ratio(product: float, first: float, second: float) -> float:
    scale = np.sqrt(first * second)
    return float(np.sqrt(max(product, 0.0) / scale)) if scale > 0 else float("nan")
