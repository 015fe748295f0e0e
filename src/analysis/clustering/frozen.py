"""A segmentation that stays what it was: scaling, centres, names and RFM cuts, stored as text and used again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from analysis.clustering.names import SegmentName
from analysis.clustering.partitions import Partition
from analysis.clustering.prepare import ColumnScale, Prepared, Scaling
from analysis.clustering.rfm import RecencyFrequencyMonetary
from analysis.errors import AnalysisError

__all__ = ["FORMAT", "REACH", "FrozenSegmentation", "freeze"]

#: Version of the stored form.
FORMAT = 2
#: Digits that stored numbers keep.
DIGITS = 12
#: Share of the customers who were nearer to their centre than `FrozenSegmentation.reach`, when it was made.
REACH = 0.99


@dataclass(frozen=True)
class FrozenSegmentation:
    """Everything needed to put other customers into the same segments.

    Parameters
    ----------
    scaling : Scaling
    order_by : str
        The column whose mean ordered the segments; empty: their size. The order is kept, whatever the means become.
    centres : tuple of tuple of float
        One per segment, in the scaling's coordinates; a customer belongs to the nearest.
    names : tuple of SegmentName
        In the order of the centres.
    shares, distances : tuple of float
        Share of customers, and mean distance to the centre, when it was made.
    reach : float
        The distance to the nearest centre within which 99 % of the customers lay.
    customers : int
        Customers it was made from.
    rfm : mapping or None
        `RecencyFrequencyMonetary.to_dict()`.
    made_from : mapping of str to str
        What it was made from, for people: profile, as-of date, SHA-256 of the table of customers.
    """

    scaling: Scaling
    order_by: str
    centres: tuple[tuple[float, ...], ...]
    names: tuple[SegmentName, ...]
    shares: tuple[float, ...]
    distances: tuple[float, ...]
    reach: float
    customers: int
    rfm: Mapping[str, Any] | None
    made_from: Mapping[str, str]

    @property
    def terms(self) -> tuple[str, ...]:
        """The segments' terms in order."""
        return tuple(name.term for name in self.names)

    def assign(self, frame: pd.DataFrame) -> np.ndarray:
        """Segment number of each row, −1 where a value is missing that the segmentation does not fill.

        Raises
        ------
        AnalysisError
            If the frame lacks a column, or holds text where a number belongs.
        """
        return self.nearest(frame)[0]

    def nearest(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Segment number of each row as `assign`, and the distance to its centre, NaN where there is none."""
        coordinates = self.scaling.apply(frame)
        known = ~np.isnan(coordinates).any(axis=1)
        labels, distances = np.full(len(frame), -1), np.full(len(frame), np.nan)
        if known.any():
            apart = cdist(coordinates[known], np.asarray(self.centres))
            labels[known], distances[known] = apart.argmin(axis=1), apart.min(axis=1)
        return labels, distances

    @property
    def rfm_options(self) -> dict[str, Any]:
        """Options of `analysis.clustering.rfm.score_rfm` that give the frozen scores; empty where none are stored."""
        return {} if self.rfm is None else {"scores": self.rfm["scores"], "cuts": dict(self.rfm["cuts"])}

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types in a stated order, numbers to 12 significant digits: the same bytes every time."""
        return {
            "format": FORMAT,
            "made_from": {**self.made_from, "customers": self.customers},
            "scaling": self.scaling.kind,
            "columns": self.scaling.to_dict()["columns"],
            "order_by": self.order_by,
            "reach": self.reach,
            "segments": [
                {
                    "name": name.term,
                    "rule": name.rule,
                    "because": dict(name.because),
                    "share": share,
                    "distance": distance,
                    "centre": dict(zip(self.scaling.names, centre, strict=True)),
                }
                for name, share, distance, centre in zip(
                    self.names, self.shares, self.distances, self.centres, strict=True
                )
            ],
            "rfm": None if self.rfm is None else dict(self.rfm),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FrozenSegmentation:
        """The inverse of `to_dict`.

        Raises
        ------
        AnalysisError
            If the content is not a segmentation of this format.
        """
        if data.get("format") != FORMAT:
            raise AnalysisError(
                f"the frozen segmentation has format {data.get('format')!r}; {FORMAT} is expected. Freeze it anew"
            )
        try:
            scaling = Scaling.from_dict({"kind": data["scaling"], "columns": data["columns"]})
            segments = list(data["segments"])
            made_from = dict(data["made_from"])
            return cls(
                scaling=scaling,
                order_by=data["order_by"],
                centres=tuple(tuple(float(part["centre"][name]) for name in scaling.names) for part in segments),
                names=tuple(SegmentName(s["name"], s["rule"], tuple(s["because"].items())) for s in segments),
                shares=tuple(float(part["share"]) for part in segments),
                distances=tuple(float(part["distance"]) for part in segments),
                reach=float(data["reach"]),
                customers=int(made_from.pop("customers")),
                rfm=data["rfm"],
                made_from=made_from,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise AnalysisError(f"the frozen segmentation cannot be read ({error}); freeze it anew") from error


def freeze(
    prepared: Prepared,
    division: Partition,
    names: tuple[SegmentName, ...],
    *,
    rfm: RecencyFrequencyMonetary | None = None,
    made_from: Mapping[str, str] | None = None,
) -> FrozenSegmentation:
    """Store a K-means segmentation.

    Raises
    ------
    AnalysisError
        If the division is not from K-means: only there is "the nearest centre" the division itself.
    """
    if division.method not in {"kmeans", "one_group"}:
        raise AnalysisError(
            f"only K-means segments can be frozen, because they follow from centres; got {division.method}"
        )
    if not len(prepared.frame) or not prepared.columns:
        raise AnalysisError("there is nothing to freeze: no customers, or no column by which they are compared")
    apart = np.linalg.norm(prepared.matrix - division.centres[division.labels], axis=1)
    scales = tuple(
        ColumnScale(
            each.column,
            each.log,
            None if each.fill is None else _short(each.fill),
            *map(_short, (each.centre, each.scale)),
        )
        for each in prepared.scaling.columns
    )
    return FrozenSegmentation(
        scaling=Scaling(prepared.scaling.kind, scales),
        order_by=division.order_by,
        centres=tuple(tuple(map(_short, centre)) for centre in division.centres),
        names=tuple(SegmentName(name.term, name.rule, name.because) for name in names),
        shares=tuple(map(_short, division.sizes / len(division.labels))),
        distances=tuple(_short(apart[division.labels == segment].mean()) for segment in range(division.k)),
        reach=_short(np.quantile(apart, REACH)),
        customers=len(prepared.frame),
        rfm=None if rfm is None else rfm.to_dict(),
        made_from=dict(made_from or {}),
    )


def _short(value: float) -> float:
    return float(f"{float(value):.{DIGITS}g}")
