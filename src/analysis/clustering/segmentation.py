"""The whole way in one call: prepare, choose the number of groups, divide, name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.clustering.choice import Choice, choose_k
from analysis.clustering.names import SegmentName, name_segments, positions
from analysis.clustering.partitions import Partition, kmeans, one_group
from analysis.clustering.prepare import Prepared, prepare

__all__ = ["Segmentation", "assignments", "segment"]


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
        division = kmeans(ready, k=chosen.k, n_init=n_init, random_state=random_state, order_by=order_by)
    return Segmentation(ready, chosen, division, name_segments(positions(ready, division), beyond=beyond))


def assignments(found: Segmentation, *, rfm: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row a customer: the key, its segment's term and, where given, its RFM segment (by the same key)."""
    key = found.prepared.key
    terms = pd.Series(list(found.terms)).take(found.partition.labels).to_numpy()
    table = pd.DataFrame({key: found.prepared.frame[key].to_numpy(), "segment": terms})
    if rfm is None:
        return table
    return table.merge(rfm[[key, "segment"]].rename(columns={"segment": "rfm_segment"}), on=key, how="left")
