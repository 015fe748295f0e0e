"""From customer features to the numbers that are clustered: which columns, which scale, what was left out."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import AnalysisError

__all__ = ["ColumnScale", "Prepared", "Remark", "Scaling", "available", "check_frame", "prepare"]

ScalingKind = Literal["standard", "robust", "none"]
MissingKind = Literal["median", "drop"]

#: The interquartile range of a normal distribution in standard deviations.
NORMAL_IQR = 2 * stats.norm.ppf(0.75)
#: Numbers from here on count as infinite: their squares and sums would be.
_LARGEST = 1e100
#: Two columns this strongly rank-correlated count almost as one column taken twice.
NEARLY_THE_SAME = 0.9


@dataclass(frozen=True)
class Remark:
    """Something that happened to a column, and the figure behind it.

    `code` is one of: not_a_number, all_missing, constant, too_many_missing (left out; value: share missing),
    infinite (or beyond 1e100; taken as missing; value: how many), filled (value: how many), dropped (rows; value: how
    many), log (value: skewness), robust_without_spread (the standard deviation was used), twice (value: rank
    correlation; `other` is the second column).
    """

    code: str
    column: str
    value: float = 0.0
    other: str = ""


@dataclass(frozen=True)
class ColumnScale:
    """How one column becomes a coordinate: `(log1p(x) - centre) / scale`, missing values first replaced by `fill`."""

    column: str
    log: bool
    fill: float | None
    centre: float
    scale: float


@dataclass(frozen=True)
class Scaling:
    """The whole way from features to coordinates; it can be stored and used on other customers.

    Parameters
    ----------
    kind : str
        `standard` (mean, standard deviation), `robust` (median, IQR / 1.349) or `none`.
    columns : tuple of ColumnScale
        In the order of the coordinates.
    """

    kind: str
    columns: tuple[ColumnScale, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns in the order of the coordinates."""
        return tuple(column.column for column in self.columns)

    def apply(self, frame: pd.DataFrame) -> np.ndarray:
        """Coordinates of other customers, shape (rows, columns); NaN where a value is missing and not filled.

        Raises
        ------
        AnalysisError
            If the frame lacks a column, holds it twice, or has something else than numbers in it.
        """
        if missing := [name for name in self.names if name not in frame.columns]:
            raise AnalysisError(
                f"the segmentation needs the columns {', '.join(missing)}, which the data lacks; "
                f"it has {', '.join(map(str, frame.columns))}. Give it data that has them, or form segments anew"
            )
        _refuse_repeated(frame, self.names)
        for name in self.names:
            if not _is_number(frame[name]):
                raise AnalysisError(f"the segmentation needs numbers in {name}; the data has {frame[name].dtype} there")
        coordinates = np.empty((len(frame), len(self.columns)))
        for position, column in enumerate(self.columns):
            values = _finite(frame[column.column])
            if column.fill is not None:
                values = np.where(np.isnan(values), column.fill, values)
            if column.log:
                values = np.log1p(np.maximum(values, 0.0))
            coordinates[:, position] = (values - column.centre) / column.scale
        return coordinates

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {"kind": self.kind, "columns": [asdict(column) for column in self.columns]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scaling:
        """The inverse of `to_dict`."""
        return cls(data["kind"], tuple(ColumnScale(**column) for column in data["columns"]))


@dataclass(frozen=True)
class Prepared:
    """What is clustered, beside what it was made from.

    Parameters
    ----------
    matrix : ndarray, shape (customers, columns)
        The coordinates, in standard-deviation units unless `scaling.kind` is `none`.
    frame : DataFrame, shape (customers, all columns)
        The same customers with their features as given, sorted by the key.
    key : str
        The column that identifies a customer.
    scaling : Scaling
        How the coordinates were made.
    remarks : tuple of Remark
        What was left out, filled, dropped or logged, and why.
    rows_in : int
        Customers given; `len(frame)` of them are used.
    """

    matrix: np.ndarray
    frame: pd.DataFrame
    key: str
    scaling: Scaling
    remarks: tuple[Remark, ...]
    rows_in: int

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are clustered."""
        return self.scaling.names

    @cached_property
    def distinct(self) -> int:
        """How many different customers there are in these columns: the most groups that could be formed."""
        # by hashes: sorting the rows of millions of customers would take longer than dividing them
        return int((~pd.DataFrame(self.matrix).duplicated()).sum()) if self.columns else min(1, len(self.frame))


def prepare(
    frame: pd.DataFrame,
    *,
    columns: Sequence[str],
    key: str = "customer_key",
    log: Literal["auto", "none"] | Sequence[str] = "auto",
    skewed_above: float = 1.0,
    scaling: ScalingKind = "standard",
    missing: MissingKind = "median",
    max_missing: float = 0.3,
) -> Prepared:
    """Choose, complete, transform and scale the columns that are to be clustered.

    Parameters
    ----------
    frame : DataFrame
        One row a customer.
    columns : sequence of str
        The features to use. Constant, empty and text columns are left out with a remark.
    key : str
        The column that identifies a customer; it must be unique.
    log : "auto", "none" or sequence of str
        Which columns are taken as `log(1 + x)`; "auto" takes the non-negative ones whose skewness exceeds
        `skewed_above`. Money and counts are skewed, and a few giants would otherwise make the groups.
    scaling : str
        `standard`, `robust` or `none`.
    missing : str
        `median` fills gaps with the column's median, `drop` leaves such customers out. A column with more than
        `max_missing` of its values missing is left out, because its filled value would itself become a group.

    Raises
    ------
    AnalysisError
        If a column or the key is absent, the key is not unique, or a column named in `log` has negative values.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"customer_key": [2, 1, 3], "spend": [1.0, 2.0, 3.0], "country": ["a", "b", "c"]})
    >>> ready = prepare(people, columns=["spend", "country"])
    >>> ready.columns, [remark.code for remark in ready.remarks], ready.matrix.round(2).ravel().tolist()
    (('spend',), ['not_a_number'], [0.0, -1.22, 1.22])
    """
    check_frame(frame, columns=columns, key=key)
    people = frame.sort_values(key, kind="stable").reset_index(drop=True)
    remarks: list[Remark] = []
    values = _usable(people, columns, max_missing, remarks)
    if missing == "drop" and values:
        keep = ~np.isnan(np.column_stack(list(values.values()))).any(axis=1)
        if not keep.all():
            remarks.append(Remark("dropped", "", float((~keep).sum())))
        people = people[keep].reset_index(drop=True)
        values = {name: column[keep] for name, column in values.items()}
    scales = []
    for name, column in values.items():
        scale = _scale(name, column, log, skewed_above, scaling, missing, remarks)
        if scale is not None:
            scales.append(scale)
    way = Scaling(scaling, tuple(scales))
    coordinates = way.apply(people)
    remarks.extend(_twice(coordinates, way.names))
    return Prepared(coordinates, people, key, way, tuple(remarks), len(frame))


def check_frame(frame: pd.DataFrame, *, columns: Sequence[str], key: str) -> None:
    absent = [name for name in (key, *columns) if name not in frame.columns]
    if absent:
        raise AnalysisError(
            f"clustering: the table of customers has no column {', '.join(absent)}; "
            f"it has {', '.join(map(str, frame.columns))}. Name columns that are there, in clustering.columns"
        )
    if len(set(columns)) < len(columns):
        raise AnalysisError(f"clustering.columns names a column twice: {', '.join(columns)}")
    _refuse_repeated(frame, (key, *columns))
    if frame[key].isna().any() or frame[key].duplicated().any():
        raise AnalysisError(f"clustering: {key} must be there and different in every row; one row a customer is meant")


def _refuse_repeated(frame: pd.DataFrame, names: Sequence[str]) -> None:
    repeated = set(frame.columns[frame.columns.duplicated()])
    if twice := [name for name in names if name in repeated]:
        raise AnalysisError(
            f"clustering: the table of customers has two columns of the name {', '.join(twice)}; rename one of them"
        )


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)


def _usable(
    people: pd.DataFrame, columns: Sequence[str], max_missing: float, remarks: list[Remark]
) -> dict[str, np.ndarray]:
    """The columns that can be clustered, as floats with NaN for gaps; the others become remarks."""
    values: dict[str, np.ndarray] = {}
    for name in columns:
        if not _is_number(people[name]):
            remarks.append(Remark("not_a_number", name))
            continue
        numbers = _finite(people[name])
        infinite = int((np.isnan(numbers) & people[name].notna().to_numpy()).sum())
        if infinite:
            remarks.append(Remark("infinite", name, float(infinite)))
        share = float(np.isnan(numbers).mean()) if len(numbers) else 1.0
        if share == 1.0:
            remarks.append(Remark("all_missing", name))
        elif np.nanmin(numbers) == np.nanmax(numbers):
            remarks.append(Remark("constant", name, float(np.nanmin(numbers))))
        elif share > max_missing:
            remarks.append(Remark("too_many_missing", name, share))
        else:
            values[name] = numbers
    return values


def _scale(
    name: str,
    column: np.ndarray,
    log: str | Sequence[str],
    skewed_above: float,
    scaling: str,
    missing: str,
    remarks: list[Remark],
) -> ColumnScale | None:
    known = column[~np.isnan(column)]
    if len(known) == 0 or known.min() == known.max():  # can become so when customers with gaps are dropped
        remarks.append(Remark("constant", name, float(known[0]) if len(known) else 0.0))
        return None
    skewness = float(stats.skew(known))
    asked = log != "none" and log != "auto" and name in log
    if asked and known.min() < 0:
        raise AnalysisError(
            f"clustering.log: {name} has values below 0 (the least is {known.min():g}), "
            "which have no logarithm; take it out of the list"
        )
    take_log = asked or (log == "auto" and known.min() >= 0 and skewness > skewed_above)
    if take_log:
        remarks.append(Remark("log", name, skewness))
    fill = None
    if missing == "median":
        fill = float(np.median(known))
        if gaps := len(column) - len(known):
            remarks.append(Remark("filled", name, float(gaps)))
            column = np.where(np.isnan(column), fill, column)
    moved = np.log1p(column) if take_log else column
    centre, spread = _centre_and_spread(moved, scaling, name, remarks)
    return ColumnScale(name, bool(take_log), fill, centre, spread)


def _centre_and_spread(values: np.ndarray, scaling: str, name: str, remarks: list[Remark]) -> tuple[float, float]:
    if scaling == "none":
        return 0.0, 1.0
    if scaling == "standard":
        return float(values.mean()), float(values.std())
    if scaling != "robust":
        raise AnalysisError(f"clustering.scaling must be standard, robust or none; got {scaling!r}")
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    if high > low:
        return float(middle), float((high - low) / NORMAL_IQR)
    remarks.append(Remark("robust_without_spread", name))
    return float(middle), float(values.std())


def _twice(matrix: np.ndarray, names: Sequence[str]) -> list[Remark]:
    """Pairs of columns so alike that together they have twice the weight of one."""
    if len(names) < 2 or len(matrix) < 3:
        return []
    ranks = np.column_stack([stats.rankdata(column) for column in matrix.T])
    related = np.corrcoef(ranks, rowvar=False)
    return [
        Remark("twice", names[i], float(related[i, j]), names[j])
        for i in range(len(names))
        for j in range(i + 1, len(names))
        if abs(related[i, j]) >= NEARLY_THE_SAME
    ]


def _finite(column: pd.Series) -> np.ndarray:
    """Floats with NaN for what is missing, infinite, or too large to be squared."""
    values = column.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.abs(values) < _LARGEST, values, np.nan)


#: Columns that a table of customers may have, by what its data holds; see `analysis.features`.
FEATURES: tuple[str, ...] = (
    "recency_days", "frequency", "monetary", "tenure_days", "average_order_value", "items_per_order",
    "product_variety", "returns_rate", "browsing_sessions", "browsing_minutes", "pages_per_session", "social_posts",
    "social_engagement", "feedback_count", "satisfaction", "age", "income",
)  # fmt: skip


def available(frame: pd.DataFrame, columns: Sequence[str], *, order_by: str) -> tuple[list[str], list[str], str]:
    """The wanted columns that a frame has, those that it lacks, and the column that orders the segments.

    Without prices there is no `monetary`, without a browsing table no `browsing_minutes`: a profile may name them all
    the same. Where `order_by` is not there, the segments are ordered by the number of orders.

    Raises
    ------
    AnalysisError
        If a name is neither a column of the frame nor a feature that other data could have: a slip of the pen.

    >>> available(pd.DataFrame({"frequency": [1], "recency_days": [2]}), ["frequency", "monetary"], order_by="monetary")
    (['frequency'], ['monetary'], 'frequency')
    """
    for option, names in (("columns", columns), ("order_by", [order_by])):
        if unknown := [name for name in names if name not in frame.columns and name not in FEATURES]:
            near = difflib.get_close_matches(unknown[0], [*map(str, frame.columns), *FEATURES], n=1)
            raise AnalysisError(
                f"clustering.{option} names {', '.join(unknown)}, which is no feature of these customers."
                f"{f' Did you mean {near[0]!r}?' if near else ''} There are {', '.join(map(str, frame.columns))}"
            )
    once = list(dict.fromkeys(columns))
    there = [name for name in once if name in frame.columns]
    return there, [name for name in once if name not in there], order_by if order_by in frame.columns else "frequency"
