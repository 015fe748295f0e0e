"""DBSCAN: groups as dense regions, and the figure from which its radius is read."""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial import cKDTree
from sklearn.cluster import DBSCAN

from analysis.clustering.partitions import Partition, one_thread, partition, sample_rows
from analysis.clustering.prepare import Prepared
from analysis.errors import AnalysisError

__all__ = ["dbscan", "k_distance"]


def k_distance(
    prepared: Prepared, *, min_samples: int | None = None, max_rows: int = 20_000, random_state: int = 0
) -> tuple[np.ndarray, float, int]:
    """Distance of each customer to the `min_samples`-th nearest (itself the first), ascending, and its knee.

    The knee is where the sorted curve lies farthest below the straight line between its ends; it is a usual
    choice of DBSCAN's radius. `min_samples` is twice the number of columns by default.

    Returns
    -------
    distances : ndarray, shape (sampled rows,)
    radius : float
    min_samples : int

    Raises
    ------
    AnalysisError
        If no column is left, or there are not more customers than `min_samples`.

    References
    ----------
    Ester et al. (1996), KDD; Sander et al. (1998), Data Mining and Knowledge Discovery 2, for the default.
    """
    rows = sample_rows(len(prepared.matrix), at_most=max_rows, random_state=random_state)
    seen = prepared.matrix[rows]
    if not prepared.columns:
        raise AnalysisError("DBSCAN needs at least one column that tells customers apart; none is left")
    wanted = 2 * len(prepared.columns) if min_samples is None else min_samples
    if not 1 <= wanted < len(seen):
        raise AnalysisError(
            f"DBSCAN: min_samples must be at least 1 and less than the number of customers; got {wanted}, and there "
            f"are {len(seen)} customers"
        )
    distances = np.sort(cKDTree(seen, balanced_tree=False).query(seen, k=[wanted])[0][:, 0])
    span = distances[-1] - distances[0]
    if span == 0:
        return distances, float(distances[0]), wanted
    line = np.linspace(0, 1, len(distances))
    below = line - (distances - distances[0]) / span
    return distances, float(distances[int(np.argmax(below))]), wanted


def dbscan(
    prepared: Prepared,
    *,
    radius: float | None = None,
    min_samples: int | None = None,
    max_rows: int = 20_000,
    random_state: int = 0,
    order_by: str | None = None,
) -> Partition:
    """Groups as dense regions; customers in thin regions are noise (label −1).

    `radius` is the knee of `k_distance` by default. Beyond `max_rows` a sample is clustered (`approximation` is then
    `sample`), and every other customer joins the group of the nearest dense sampled one within the radius, as border
    points do, or else the noise. A given radius then has to suit the sample, which is thinner than all customers.

    Raises
    ------
    AnalysisError
        As `k_distance`; also if the radius is not above 0.

    References
    ----------
    Ester, Kriegel, Sander & Xu (1996), KDD.
    """
    if radius is not None and not 0 < radius < math.inf:
        raise AnalysisError(f"DBSCAN: the radius must be above 0 and finite; got {radius}")
    _, knee, wanted = k_distance(prepared, min_samples=min_samples, max_rows=max_rows, random_state=random_state)
    reach = max(knee if radius is None else radius, math.ulp(1.0))
    rows = sample_rows(len(prepared.matrix), at_most=max_rows, random_state=random_state)
    # equal customers once, with their number as weight: the same groups, without their pairs in memory
    different, member, counts = np.unique(prepared.matrix[rows], axis=0, return_inverse=True, return_counts=True)
    with one_thread():
        model = DBSCAN(eps=reach, min_samples=wanted).fit(different, sample_weight=counts)
    sampled = len(rows) < len(prepared.matrix)
    dense = model.core_sample_indices_
    if sampled:
        labels = _joined(prepared.matrix, different[dense], model.labels_[dense], reach)
    else:
        labels = model.labels_[member.reshape(-1)]
    parameters = {"radius": reach, "min_samples": wanted, "max_rows": max_rows, "random_state": random_state}
    by = "sample" if sampled else ""
    return partition(prepared, labels, "dbscan", parameters, order_by=order_by, sampled=len(rows), approximation=by)


def _joined(matrix: np.ndarray, dense: np.ndarray, labels: np.ndarray, reach: float) -> np.ndarray:
    """The group of the nearest dense point within reach; −1 where there is none."""
    if not len(dense):
        return np.full(len(matrix), -1)
    apart, nearest = cKDTree(dense).query(matrix)
    return np.where(apart <= reach, labels[nearest], -1)
