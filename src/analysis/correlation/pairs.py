"""All pairs of columns: coefficient, n, interval, p-value and its corrections over a named family."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import bootstrap
from analysis.bootstrap import FISHER, Statistic
from analysis.bootstrap.intervals import Method
from analysis.bootstrap.resampling import CHUNK_CELLS
from analysis.correlation.coefficients import (
    fisher_interval,
    kendall_test,
    pearson_matrix,
    t_p_values,
    tamed,
)
from analysis.correlation.columns import ColumnNote, finite_values, usable_columns
from analysis.correlation.rank_intervals import rank_intervals
from analysis.correlation.ranks import spearman_matrix
from analysis.errors import AnalysisError
from analysis.multiplicity import adjust

__all__ = ["METHODS", "Correlations", "correlate", "pair_bounds", "pearson_statistic"]

Floats = NDArray[np.float64]

METHODS = ("pearson", "spearman", "kendall")
#: Below this many common rows a coefficient says nothing, and no method has an interval.
MINIMUM_ROWS = 4


@dataclass(frozen=True)
class Correlations:
    """Correlations of all unique pairs.

    `table` has one row a method and pair: method, first, second, n, missing (rows left out), estimate, low, high,
    interval (how), p, test (how), p_holm, p_bh, p_by, definitional. The corrections are over the pairs of one method:
    the family, whose size is `family_size` and whose description is `family`. Rows are ordered by method, then by
    strength. `test` is `t` (Student's t with n − 2 degrees, as SciPy, for Pearson and Spearman), and for Kendall
    `exact` (no ties and at most 33 rows, or a nearly perfect order) or `normal` (with the variance that ties leave).
    """

    table: pd.DataFrame
    columns: tuple[str, ...]
    notes: tuple[ColumnNote, ...]
    family: str
    family_size: int
    missing: str
    level: float

    def matrix(self, method: str) -> pd.DataFrame:
        """The coefficients as a square frame with ones on the diagonal."""
        square = pd.DataFrame(np.eye(len(self.columns)), index=list(self.columns), columns=list(self.columns))
        for row in self.of(method).itertuples():
            square.loc[row.first, row.second] = square.loc[row.second, row.first] = row.estimate
        return square

    def of(self, method: str) -> pd.DataFrame:
        """The rows of one method, the strongest pair first."""
        return self.table[self.table["method"] == method].reset_index(drop=True)


def correlate(
    frame: pd.DataFrame,
    columns: Iterable[str] | None = None,
    *,
    methods: Sequence[str] = METHODS,
    missing: str = "pairwise",
    interval: str = "analytic",
    definitional: Sequence[Sequence[str]] = (),
    level: float = 0.95,
    replicates: int = 2000,
    random_state: int = 0,
    kendall_rows: int = 20_000,
) -> Correlations:
    """Pearson, Spearman and Kendall τ-b of all unique pairs of numeric columns.

    Parameters
    ----------
    frame : DataFrame
        One row an independent observation (a customer). It is not changed.
    columns : iterable of str, optional
        By default all; text and constant columns are named in `notes` instead.
    methods : sequence of {"pearson", "spearman", "kendall"}
    missing : {"pairwise", "listwise"}
        Leave out a row for the pairs that need its missing value, or altogether.
    interval : {"analytic", "studentized", "percentile", "bca"}
        For Pearson's coefficient; Spearman's and Kendall's have that of `rank_intervals`.
        `analytic` is Fisher's z, which assumes two normal columns: for skewed ones its 95 % interval was seen to hold
        the true value in 50 to 80 % of simulated samples. The others are bootstraps without that assumption.
        `studentized` works on Fisher's scale with a standard error from the moments up to the fourth, and is never
        narrower than Fisher's z; in simulations it came nearest to 95 % (`benchmarks/verify/coverage.py`), and where a
        few rows decide it is wide.
    definitional : sequence of groups of columns
        Columns that are tied by their definitions (total spend = orders × average order value): pairs within a group
        are marked, because their correlation is arithmetic and no finding.
    level, replicates, random_state
        Of intervals, of the bootstrap, and the seed of the bootstrap and of Kendall's sample.
    kendall_rows : int
        Above this many rows Kendall's coefficient comes from a random sample of that size, which `notes` names.

    Returns
    -------
    Correlations

    Raises
    ------
    AnalysisError
        An unknown column or option.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [1, 2, 3, 4, 5], "y": [2, 4, 6, 8, 10], "c": 7})
    >>> result = correlate(frame, methods=["pearson"])
    >>> result.table[["first", "second", "n", "estimate"]].to_dict("records")
    [{'first': 'x', 'second': 'y', 'n': 5, 'estimate': 1.0}]
    >>> result.notes
    (ColumnNote(columns=('c',), issue='constant', count=5),)
    """
    _check(methods, missing, interval, level, kendall_rows)
    names, notes = usable_columns(frame, columns)
    values = tamed(finite_values(frame, names))
    if missing == "listwise":
        values = values[np.isfinite(values).all(axis=1)]
    settings = {"interval": interval, "replicates": replicates, "level": level, "random_state": random_state}
    tables = []
    for method in methods:
        found, more = _coefficients(values, method, kendall_rows=kendall_rows, random_state=random_state, names=names)
        usable = (found["n"] >= MINIMUM_ROWS) & np.isfinite(found["estimate"])
        notes += more + _without_coefficient(found[~usable], names)
        rows = pair_bounds(values, found[usable], method, settings)
        tables.append(_table(rows, names, method, definitional))
    size = len(tables[0])
    family = f"all {size} unique pairs of {len(names)} columns, one family for each coefficient"
    table = pd.concat(tables, ignore_index=True)
    return Correlations(table, tuple(names), tuple(dict.fromkeys(notes)), family, size, missing, level)


def _check(methods: Sequence[str], missing: str, interval: str, level: float, kendall_rows: int) -> None:
    problems = []
    if unknown := [name for name in methods if name not in METHODS]:
        problems.append(f"methods may be {', '.join(METHODS)}, got {', '.join(unknown)}")
    if missing not in ("pairwise", "listwise"):
        problems.append(f"missing must be 'pairwise' or 'listwise', got {missing!r}")
    if interval not in ("analytic", "studentized", "percentile", "bca"):
        problems.append(f"interval must be 'analytic', 'studentized', 'percentile' or 'bca', got {interval!r}")
    if not 0.5 < level < 1:
        problems.append(f"level must lie between 0.5 and 1, got {level}")
    if kendall_rows < MINIMUM_ROWS:
        problems.append(f"kendall_rows must be at least {MINIMUM_ROWS}, got {kendall_rows}")
    if not methods:
        problems.append(f"methods is empty; name at least one of {', '.join(METHODS)}")
    if problems:
        raise AnalysisError("correlate: " + "; ".join(problems))


def _coefficients(
    values: Floats, method: str, *, kendall_rows: int, random_state: int, names: list[str]
) -> tuple[pd.DataFrame, list[ColumnNote]]:
    """One row a pair: i, j, n, missing, estimate, p, test, whether or not the pair can have a coefficient."""
    i, j = np.triu_indices(values.shape[1], k=1)
    notes: list[ColumnNote] = []
    if method == "kendall":
        if len(values) > kendall_rows:
            drawn = np.random.default_rng(random_state).choice(len(values), kendall_rows, replace=False)
            values = values[np.sort(drawn)]
            notes.append(ColumnNote(tuple(names), "sampled", kendall_rows))
        known, places = np.isfinite(values), [_places(column) for column in values.T]
        found = [_kendall(places[a], places[b], known[:, a] & known[:, b]) for a, b in zip(i, j, strict=True)]
        table = pd.DataFrame(found, columns=["n", "estimate", "p", "test"])
        table = table.astype({"n": int, "estimate": float, "p": float})
    else:
        matrix, counts = (pearson_matrix if method == "pearson" else spearman_matrix)(values)
        table = pd.DataFrame({"n": counts[i, j].astype(int), "estimate": matrix[i, j]})
        table = table.assign(p=t_p_values(table["estimate"], table["n"]), test="t")
    return table.assign(i=i, j=j, missing=len(values) - table["n"]), notes


def _places(column: Floats) -> NDArray[np.integer[Any]]:
    """The order of a column as small whole numbers, which sort faster; missing values have one too."""
    different, places = np.unique(column, return_inverse=True)
    return places.astype(np.int16 if len(different) <= np.iinfo(np.int16).max else np.int32)


def _kendall(
    first: NDArray[np.integer[Any]], second: NDArray[np.integer[Any]], common: NDArray[np.bool_]
) -> tuple[int, float, float, str]:
    n = int(np.count_nonzero(common))
    if n < MINIMUM_ROWS:
        return n, np.nan, np.nan, ""
    return n, *kendall_test(first[common], second[common])


def _without_coefficient(found: pd.DataFrame, names: list[str]) -> list[ColumnNote]:
    return [
        ColumnNote((names[row.i], names[row.j]), "too_few" if row.n < MINIMUM_ROWS else "constant_in_pair", row.n)
        for row in found.itertuples()
    ]


def pair_bounds(values: Floats, found: pd.DataFrame, method: str, settings: Mapping[str, Any]) -> pd.DataFrame:
    """The rows (i, j, n, estimate) of pairs of columns, with `low`, `high` and the name of the interval."""
    level, estimate, n = settings["level"], found["estimate"].to_numpy(), found["n"].to_numpy()
    if method == "pearson" and settings["interval"] != "analytic" and len(found):
        return _bootstrap_bounds(values, found, settings)
    if method == "pearson":
        low, high = fisher_interval(estimate, n, level=level)
        return found.assign(low=low, high=high, interval="Fisher z")
    pairs = found[["i", "j", "n", "estimate"]].itertuples(index=False, name=None)
    ends = rank_intervals(values, pairs, method=method, level=level, random_state=settings["random_state"])
    return found.assign(low=ends[:, 0], high=ends[:, 1], interval="U-statistic on Fisher's z")


def _bootstrap_bounds(values: Floats, found: pd.DataFrame, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Pairs that know the same rows share their resamples."""
    known = np.isfinite(values)
    patterns: dict[bytes, list[int]] = {}
    for position, (i, j) in enumerate(zip(found["i"], found["j"], strict=True)):
        patterns.setdefault(np.packbits(known[:, i] & known[:, j]).tobytes(), []).append(position)
    low, high = np.full(len(found), np.nan), np.full(len(found), np.nan)
    how = np.full(len(found), "", dtype=object)
    names = {"bca": "bootstrap BCa", "percentile": "bootstrap percentile", "symmetric": "bootstrap-t on Fisher's z"}
    method: Method = "symmetric" if settings["interval"] == "studentized" else settings["interval"]
    options = {name: settings[name] for name in ("replicates", "level", "random_state")}
    for positions in patterns.values():
        i, j = found["i"].to_numpy()[positions], found["j"].to_numpy()[positions]
        rows = known[:, i[0]] & known[:, j[0]]
        used, at = np.unique(np.concatenate([i, j]), return_inverse=True)
        statistic = pearson_statistic(at[: len(i)], at[len(i) :])
        result = bootstrap.interval(values[np.ix_(rows, used)], statistic, method=method, **options)
        low[positions], high[positions] = result.low, result.high
        how[positions] = names.get(result.method, "none")
    if method == "symmetric":
        # Both have atanh r in their middle. A few rows can make the standard error too small, never Fisher's.
        least, most = fisher_interval(found["estimate"], found["n"], level=settings["level"])
        low, high = np.fmin(low, least), np.fmax(high, most)
    return found.assign(low=low, high=high, interval=how)


def pearson_statistic(first: Any, second: Any) -> Statistic:
    """Pearson's coefficients of pairs of columns of values of shape (n, p), as one statistic for the bootstrap.

    >>> values = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 5.0]])
    >>> pearson_statistic([0], [1])(values).round(4).tolist()
    [0.982]
    """
    a, b = np.asarray(first), np.asarray(second)

    def scaled(values: Floats) -> Floats:
        z = values - values.mean(axis=0)
        return np.asarray(z / np.abs(z).max(axis=0))

    def compute(values: Floats, weights: Floats) -> Floats:
        z, size = scaled(values), weights.sum(axis=1)[:, None]
        means, squares, products = weights @ z / size, weights @ z**2 / size, weights @ (z[:, a] * z[:, b]) / size
        variance = squares - means**2
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((products - means[:, a] * means[:, b]) / np.sqrt(variance[:, a] * variance[:, b]))

    def influence(values: Floats) -> Floats:
        z = scaled(values)
        z = z / z.std(axis=0)
        products = z[:, a] * z[:, b]
        return np.asarray(products - products.mean(axis=0) * (z[:, a] ** 2 + z[:, b] ** 2) / 2)

    def error(values: Floats, weights: Floats) -> Floats:
        z, step = scaled(values), max(1, CHUNK_CELLS // (6 * len(values)))
        size = weights.sum(axis=1)[:, None]
        powers = [z**power for power in range(1, 5)]
        means = [weights @ power / size for power in powers]
        parts = [slice(start, start + step) for start in range(0, len(a), step)]
        return np.concatenate([_pearson_error(powers, means, weights, a[part], b[part]) for part in parts], axis=1)

    return Statistic(compute, influence, error, (-1, 1), FISHER)


def _pearson_error(powers: list[Floats], means: list[Floats], weights: Floats, a: Any, b: Any) -> Floats:
    """Standard errors of Pearson's coefficients of columns a and b, which need no normal distribution.

    `powers` are the first four powers of each column, `means` their means in each resample.

    Source: Steiger and Hakstian (1982), British Journal of Mathematical and Statistical Psychology 35, 208-215.
    """
    size = weights.sum(axis=1)[:, None]
    mixed = [(i, j) for i in range(1, 4) for j in range(1, 5 - i)]
    raw = {(i, j): weights @ (powers[i - 1][:, a] * powers[j - 1][:, b]) / size for i, j in mixed}
    raw |= {(i, 0): means[i - 1][:, a] for i in range(1, 5)} | {(0, j): means[j - 1][:, b] for j in range(1, 5)}
    raw[0, 0] = np.ones_like(raw[1, 0])

    def moment(i: int, j: int) -> Floats:
        """The central moment of each resample, from those about the sample's mean."""
        terms = [
            comb(i, k) * comb(j, m) * raw[k, m] * (-raw[1, 0]) ** (i - k) * (-raw[0, 1]) ** (j - m)
            for k in range(i + 1)
            for m in range(j + 1)
        ]
        return np.asarray(sum(terms))

    across, down = moment(2, 0), moment(0, 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = moment(1, 1) / np.sqrt(across * down)
        both = moment(2, 2) / (across * down)
        ends = moment(4, 0) / across**2 + 2 * both + moment(0, 4) / down**2
        sides = (moment(3, 1) / across + moment(1, 3) / down) / np.sqrt(across * down)
        return np.asarray(np.sqrt(np.maximum(both - r * sides + r**2 / 4 * ends, 0) / size))


def _table(rows: pd.DataFrame, names: list[str], method: str, definitional: Sequence[Sequence[str]]) -> pd.DataFrame:
    first, second = [names[i] for i in rows["i"]], [names[j] for j in rows["j"]]
    tied = [set(group) for group in definitional]
    table = rows.assign(method=method, first=first, second=second)
    for name in ("holm", "bh", "by"):
        table[f"p_{name}"] = adjust(table["p"], method=name)
    marks = [any({a, b} <= group for group in tied) for a, b in zip(first, second, strict=True)]
    table["definitional"] = np.array(marks, dtype=bool)
    # Strength is rounded for the order alone, so that noise in the last digit cannot swap two pairs.
    table["strength"] = -table["estimate"].abs().round(10)
    table = table.sort_values(["strength", "i", "j"], ignore_index=True)
    how = ["method", "first", "second", "n", "missing", "estimate", "low", "high", "interval", "p", "test"]
    return table[[*how, "p_holm", "p_bh", "p_by", "definitional"]]
