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

__all__ = ["Drift", "FrozenSegmentation", "drift", "freeze"]

#: Version of the stored form.
FORMAT = 1
#: Digits that stored numbers keep.
DIGITS = 12


@dataclass(frozen=True)
class FrozenSegmentation:
    """Everything needed to put other customers into the same segments.

    Parameters
    ----------
    scaling : Scaling
    centres : tuple of tuple of float
        One per segment, in the scaling's coordinates; a customer belongs to the nearest.
    names : tuple of str
        Terms of the segments, in the order of the centres.
    shares, distances : tuple of float
        Share of customers, and mean distance to the centre, when it was made.
    rfm : mapping or None
        `RecencyFrequencyMonetary.to_dict()`.
    made_from : mapping of str to str
        What it was made from, for people: data set, as-of date.
    """

    scaling: Scaling
    centres: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]
    shares: tuple[float, ...]
    distances: tuple[float, ...]
    rfm: Mapping[str, Any] | None
    made_from: Mapping[str, str]

    def assign(self, frame: pd.DataFrame) -> np.ndarray:
        """Segment number of each row, −1 where a value is missing that the segmentation does not fill."""
        return self._nearest(frame)[0]

    def _nearest(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        coordinates = self.scaling.apply(frame)
        known = ~np.isnan(coordinates).any(axis=1)
        labels, distances = np.full(len(frame), -1), np.full(len(frame), np.nan)
        if known.any():
            apart = cdist(coordinates[known], np.asarray(self.centres))
            labels[known], distances[known] = apart.argmin(axis=1), apart.min(axis=1)
        return labels, distances

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types, numbers to 12 significant digits."""
        return {
            "format": FORMAT,
            "scaling": self.scaling.to_dict(),
            "centres": [list(centre) for centre in self.centres],
            "names": list(self.names),
            "shares": list(self.shares),
            "distances": list(self.distances),
            "rfm": None if self.rfm is None else dict(self.rfm),
            "made_from": dict(self.made_from),
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
            return cls(
                scaling=Scaling.from_dict(data["scaling"]),
                centres=tuple(tuple(float(part) for part in centre) for centre in data["centres"]),
                names=tuple(data["names"]),
                shares=tuple(data["shares"]),
                distances=tuple(data["distances"]),
                rfm=data["rfm"],
                made_from=dict(data["made_from"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise AnalysisError(f"the frozen segmentation cannot be read ({error}); freeze it anew") from error


@dataclass(frozen=True)
class Drift:
    """How other customers lie in a frozen segmentation.

    Parameters
    ----------
    table : DataFrame
        One row a segment: segment (term), customers, share_then, share_now, change, distance_then, distance_now.
    stability_index : float
        Population stability index Σ (now − then) · ln(now / then), each share at least half a customer; below 0.1
        is usually read as no drift, above 0.25 as much.
    unassigned : int
        Customers with a missing value that the segmentation does not fill.
    """

    table: pd.DataFrame
    stability_index: float
    unassigned: int


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
        centres=tuple(tuple(map(_short, centre)) for centre in division.centres),
        names=tuple(name.term for name in names),
        shares=tuple(map(_short, division.sizes / len(division.labels))),
        distances=tuple(_short(apart[division.labels == segment].mean()) for segment in range(division.k)),
        rfm=None if rfm is None else rfm.to_dict(),
        made_from=dict(made_from or {}),
    )


def drift(frozen: FrozenSegmentation, frame: pd.DataFrame) -> Drift:
    """Compare the customers of now with those the segmentation was made from."""
    labels, distances = frozen._nearest(frame)
    known = labels >= 0
    counts = np.bincount(labels[known], minlength=len(frozen.names))
    total = max(int(counts.sum()), 1)
    then, now = np.array(frozen.shares), counts / total
    least = 0.5 / total
    index = float(
        (
            (np.maximum(now, least) - np.maximum(then, least))
            * np.log(np.maximum(now, least) / np.maximum(then, least))
        ).sum()
    )
    means = [float(distances[labels == s].mean()) if counts[s] else float("nan") for s in range(len(counts))]
    table = pd.DataFrame(
        {
            "segment": list(frozen.names),
            "customers": counts,
            "share_then": then,
            "share_now": now,
            "change": now - then,
            "distance_then": list(frozen.distances),
            "distance_now": means,
        }
    )
    return Drift(table, index, int((~known).sum()))


def _short(value: float) -> float:
    return float(f"{float(value):.{DIGITS}g}")
