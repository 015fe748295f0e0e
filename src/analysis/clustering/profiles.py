"""What the segments are like and what they bring: effect sizes, shares of customers and of revenue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.clustering.partitions import Partition
from analysis.clustering.prepare import Prepared

__all__ = ["SegmentMap", "explained", "profile", "segment_map", "segment_value"]


@dataclass(frozen=True)
class SegmentMap:
    """Where the segments lie in the plane of two columns.

    Parameters
    ----------
    x, y : str
        The columns.
    logged : tuple of str
        Those of the two that were compared as log(1 + x).
    told : float
        The share of the two columns' variance that lies between segments, between 0 and 1.
    table : DataFrame
        One row a segment: segment, customers, and for x and y the median and the quartiles on the column's own
        scale (x, x_low, x_high, y, y_low, y_high).
    """

    x: str
    y: str
    logged: tuple[str, ...]
    told: float
    table: pd.DataFrame


def segment_map(prepared: Prepared, division: Partition) -> SegmentMap | None:
    """The segments in the plane of the two columns that tell them apart best: the one of which most variance lies
    between segments, and the one that adds most, what it shares with the first left aside.

    Returns
    -------
    SegmentMap or None
        None where fewer than two columns were clustered or there is one segment only.
    """
    grouped = division.labels >= 0
    points, labels = prepared.matrix[grouped], division.labels[grouped]
    apart = {name: explained(points[:, place], labels) for place, name in enumerate(prepared.columns)}
    apart = {name: share for name, share in apart.items() if share == share}
    if division.k < 2 or len(apart) < 2:
        return None
    place_of = {name: place for place, name in enumerate(prepared.columns)}
    first = max(apart, key=lambda name: apart[name])
    alike = {name: np.corrcoef(points[:, place_of[first]], points[:, place_of[name]])[0, 1] ** 2 for name in apart}
    second = max((name for name in apart if name != first), key=lambda name: apart[name] * (1 - alike[name]))
    table = pd.DataFrame({"segment": range(division.k)})
    table["customers"] = [int((labels == segment).sum()) for segment in table["segment"]]
    for axis, name in (("x", first), ("y", second)):
        values = prepared.frame[name].to_numpy(dtype=float, na_value=np.nan)[grouped]
        parts = [values[(labels == segment) & np.isfinite(values)] for segment in table["segment"]]
        for column, share in ((axis, 0.5), (f"{axis}_low", 0.25), (f"{axis}_high", 0.75)):
            table[column] = [float(np.quantile(part, share)) if len(part) else np.nan for part in parts]
    logged = tuple(scale.column for scale in prepared.scaling.columns if scale.log and scale.column in (first, second))
    return SegmentMap(first, second, logged, (apart[first] + apart[second]) / 2, table)


def profile(prepared: Prepared, division: Partition, *, extra: Sequence[str] = ()) -> pd.DataFrame:
    """How each segment differs from all customers, by effect size. No significance is tested: the segments were
    made from these very columns, so that any test would find a difference.

    Parameters
    ----------
    extra : sequence of str
        Further numeric columns of `prepared.frame` that were not clustered; each is compared on its own scale.

    Returns
    -------
    DataFrame
        One row per segment and column: segment, column, clustered (whether it made the segments), log (compared
        as log(1 + x)), n (known values), mean, median, median_all (on the column's own scale), effect (the
        segment's mean less all customers', in standard deviations of all customers), explained (η²: the share of
        the column's variance that lies between segments; the same in all segments).
    """
    logged = {scale.column: scale.log for scale in prepared.scaling.columns}
    rows = []
    for column in [*prepared.columns, *(name for name in extra if name not in prepared.columns)]:
        values = prepared.frame[column].to_numpy(dtype=float, na_value=np.nan)
        values = np.where(np.isfinite(values) & (division.labels >= 0), values, np.nan)
        scale = np.log1p(np.maximum(values, 0)) if logged.get(column) else values
        known = ~np.isnan(scale)
        if not known.any():
            continue
        spread, centre = float(scale[known].std()), float(scale[known].mean())
        between = explained(scale[known], division.labels[known])
        for segment in range(division.k):
            inside = known & (division.labels == segment)
            own = values[inside]
            rows.append(
                {
                    "segment": segment,
                    "column": column,
                    "clustered": column in logged,
                    "log": bool(logged.get(column, False)),
                    "n": int(inside.sum()),
                    "mean": float(own.mean()) if len(own) else np.nan,
                    "median": float(np.median(own)) if len(own) else np.nan,
                    "median_all": float(np.median(values[known])),
                    "effect": (float(scale[inside].mean()) - centre) / spread if len(own) and spread > 0 else np.nan,
                    "explained": between,
                }
            )
    return pd.DataFrame(rows)


def explained(values: np.ndarray, labels: np.ndarray) -> float:
    """η²: the share of the variance that lies between groups; NaN for a constant.

    >>> import numpy as np
    >>> explained(np.array([1.0, 1.0, 3.0, 3.0]), np.array([0, 0, 1, 1]))
    1.0
    """
    centre = values.mean()
    total = float(((values - centre) ** 2).sum())
    if total == 0:
        return float("nan")
    codes = np.unique(labels, return_inverse=True)[1]
    counts = np.bincount(codes)
    means = np.bincount(codes, weights=values) / counts
    return float((counts * (means - centre) ** 2).sum() / total)


def segment_value(
    frame: pd.DataFrame,
    labels: Sequence[object] | np.ndarray | pd.Series,
    *,
    segments: int | None = None,
    monetary: str | None = "monetary",
    medians: Sequence[str] = ("monetary", "frequency", "recency_days"),
) -> pd.DataFrame:
    """Customers, revenue and typical figures of each segment: facts about these customers, without intervals.

    Parameters
    ----------
    frame : DataFrame
        One row a customer.
    labels : sequence, as long as the frame
        The segment of each.
    segments : int, optional
        Number of segments, where some may be empty: they get a row of their own, with no customers and no medians.
    monetary : str or None
        The column that is summed to revenue; None where the data has no money.

    Returns
    -------
    DataFrame
        One row a segment, in the order of the labels: segment, customers, share, and where there is money revenue,
        revenue_share, mean_monetary; then median_<column> for each of `medians` that the frame has.
    """
    groups = frame.groupby(np.asarray(labels), sort=True)
    table = pd.DataFrame({"customers": groups.size()})
    table["share"] = table["customers"] / len(frame)
    if monetary is not None and monetary in frame.columns:
        table["revenue"] = groups[monetary].sum()
        total = float(table["revenue"].sum())
        table["revenue_share"] = table["revenue"] / total if total else np.nan
        table["mean_monetary"] = groups[monetary].mean()
    for name in medians:
        if name in frame.columns:
            table[f"median_{name}"] = groups[name].median().astype(float)
    if segments is not None:
        table = table.reindex(range(segments))
        totals = [name for name in ("customers", "share", "revenue", "revenue_share") if name in table]
        table[totals] = table[totals].fillna(0.0)
        table["customers"] = table["customers"].astype(int)
    return table.rename_axis("segment").reset_index()
