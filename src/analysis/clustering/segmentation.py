"""The whole way in one call: prepare, choose the number of groups, divide, name; or put into frozen segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from analysis.clustering.choice import Choice, choose_frozen, choose_k
from analysis.clustering.frozen import FrozenSegmentation
from analysis.clustering.names import SegmentName, name_segments, positions
from analysis.clustering.partitions import Partition, kmeans, one_group
from analysis.clustering.prepare import Prepared, Remark, check_frame, prepare

__all__ = ["Segmentation", "assignments", "segment", "segment_frozen", "shared_agreement"]


@dataclass(frozen=True)
class Segmentation:
    """Named segments and all that led to them."""

    prepared: Prepared
    choice: Choice
    partition: Partition
    names: tuple[SegmentName, ...]

    @property
    def terms(self) -> tuple[str, ...]:
        """The segments' terms in order."""
        return tuple(name.term for name in self.names)


def segment(
    frame: pd.DataFrame,
    *,
    columns: Sequence[str],
    key: str = "customer_key",
    order_by: str | None = None,
    n_init: int = 20,
    max_rows: int | None = None,
    beyond: float = 0.5,
    random_state: int = 0,
    preparation: Mapping[str, Any] | None = None,
    **choice: Any,
) -> Segmentation:
    """Segments of customers by K-means.

    Parameters
    ----------
    frame : DataFrame
        One row a customer.
    order_by : str, optional
        The column whose mean numbers the segments, from high to low; by default their size.
    n_init, max_rows : int
        See `analysis.clustering.partitions.kmeans`.
    beyond : float
        See `analysis.clustering.names.name_segments`.
    preparation : mapping
        Further options of `analysis.clustering.prepare.prepare`.
    **choice
        Further options of `analysis.clustering.choice.choose_k`.

    Examples
    --------
    >>> import numpy as np
    >>> spend = np.r_[np.arange(20.0), 500 + np.arange(20.0)]
    >>> people = pd.DataFrame({"customer_key": range(40), "monetary": spend, "frequency": spend / 10})
    >>> found = segment(people, columns=["monetary", "frequency"], order_by="monetary", k_max=3)
    >>> found.partition.sizes.tolist(), found.terms
    ([20, 20], ('loyal_high_spenders', 'occasional_buyers'))
    """
    ready = prepare(frame, columns=columns, key=key, **(preparation or {}))
    chosen = choose_k(ready, random_state=random_state, **choice)
    if chosen.k == 1:
        division = one_group(ready, order_by=order_by)
    else:
        division = kmeans(
            ready, k=chosen.k, n_init=n_init, max_rows=max_rows, random_state=random_state, order_by=order_by
        )
    return Segmentation(ready, chosen, division, name_segments(positions(ready, division), beyond=beyond))


def segment_frozen(
    frame: pd.DataFrame,
    frozen: FrozenSegmentation,
    *,
    key: str = "customer_key",
    random_state: int = 0,
    **choice: Any,
) -> Segmentation:
    """Customers in the segments of a frozen segmentation: nothing is fitted, names and their order stay.

    A segment may be empty; its centre is then the frozen one, else the mean of its customers. Customers with a missing
    value that the segmentation does not fill are left out with a remark.

    Parameters
    ----------
    frame : DataFrame
        One row a customer.
    **choice
        Further options of `analysis.clustering.choice.choose_k`, for the criteria beside the frozen number of groups.

    Raises
    ------
    AnalysisError
        If a column of the segmentation is absent or holds no numbers, or the key is not unique.
    """
    check_frame(frame, columns=(), key=key)
    people = frame.sort_values(key, kind="stable").reset_index(drop=True)
    labels, known = frozen.assign(people), np.ones(len(people), dtype=bool)
    remarks = [*_gaps(frozen, people)]
    if (labels < 0).any():
        known = labels >= 0
        remarks.append(Remark("dropped", "", float((~known).sum())))
        people, labels = people[known].reset_index(drop=True), labels[known]
    matrix = frozen.scaling.apply(people)
    ready = Prepared(matrix, people, key, frozen.scaling, tuple(remarks), len(frame))
    centres = np.array(
        [
            matrix[labels == place].mean(axis=0) if (labels == place).any() else centre
            for place, centre in enumerate(frozen.centres)
        ]
    )
    inertia = float(((matrix - centres[labels]) ** 2).sum())
    division = Partition("frozen", labels, frozen.order_by, {"k": len(centres)}, centres, inertia, len(labels))
    choice = {name: value for name, value in choice.items() if name != "k"}  # the segmentation has its own
    chosen = choose_frozen(ready, len(centres), random_state=random_state, **choice)
    return Segmentation(ready, chosen, division, frozen.names)


def _gaps(frozen: FrozenSegmentation, people: pd.DataFrame) -> Iterator[Remark]:
    """What became of infinite and missing values."""
    for scale in frozen.scaling.columns:
        values = people[scale.column].to_numpy(dtype=float, na_value=np.nan)
        if infinite := int(np.isinf(values).sum()):
            yield Remark("infinite", scale.column, float(infinite))
        if scale.fill is not None and (gaps := int((~np.isfinite(values)).sum())):
            yield Remark("filled", scale.column, float(gaps), "frozen")


def shared_agreement(first: Segmentation, second: Segmentation) -> float:
    """Adjusted Rand index of two segmentations over the customers that both hold; NaN where neither divides them.

    References
    ----------
    Hubert & Arabie (1985), Journal of Classification 2.
    """
    key = first.prepared.key
    both = assignments(first).merge(assignments(second), on=key, suffixes=("", "_second"))
    if both.empty or (both["segment"].nunique() < 2 and both["segment_second"].nunique() < 2):
        return float("nan")
    codes = [pd.factorize(both[name])[0] for name in ("segment", "segment_second")]  # sorting words is slow
    return float(adjusted_rand_score(*codes))


def assignments(found: Segmentation, *, rfm: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row a customer: the key, its segment's term and, where given, its RFM segment (by the same key)."""
    key = found.prepared.key
    terms = pd.Series(list(found.terms)).take(found.partition.labels).to_numpy()
    table = pd.DataFrame({key: found.prepared.frame[key].to_numpy(), "segment": terms})
    if rfm is None:
        return table
    return table.merge(rfm[[key, "segment"]].rename(columns={"segment": "rfm_segment"}), on=key, how="left")
