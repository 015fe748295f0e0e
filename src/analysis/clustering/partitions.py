"""The algorithms: K-means, hierarchical clustering, DBSCAN and Gaussian mixtures, with labels in a stated order."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import cKDTree
from sklearn.cluster import DBSCAN, KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from analysis.clustering.prepare import Prepared
from analysis.errors import AnalysisError

__all__ = [
    "Partition",
    "agreement",
    "dbscan",
    "gaussian_mixture",
    "hierarchical",
    "k_distance",
    "kmeans",
    "one_group",
    "one_thread",
    "sample_rows",
    "top_links",
]

Linkage = Literal["ward", "average", "complete", "single"]


@dataclass(frozen=True)
class Partition:
    """Customers divided into groups.

    Parameters
    ----------
    method : str
        `kmeans`, `ward`, `average`, `complete`, `single`, `dbscan`, `gaussian_mixture` or `one_group`.
    labels : ndarray of int, shape (customers,)
        0 to k − 1 in the order of `order_by`; −1 is noise (DBSCAN alone).
    order_by : str
        The column whose mean, from high to low, numbers the groups; empty: their size.
    parameters : mapping
        What the algorithm was given.
    centres : ndarray, shape (k, columns)
        Mean coordinates of each group.
    inertia : float
        Sum of squared distances to the centres, in squared coordinate units (noise left out).
    sampled : int
        Rows that the algorithm itself saw; the others joined the group of their nearest sampled customer.
        Equal to the number of customers where nothing was sampled.
    links : ndarray or None
        SciPy's linkage matrix of the sampled rows (hierarchical methods).
    """

    method: str
    labels: np.ndarray
    order_by: str
    parameters: dict[str, Any]
    centres: np.ndarray
    inertia: float
    sampled: int
    links: np.ndarray | None = field(default=None, repr=False)

    @property
    def k(self) -> int:
        """Number of groups, noise not counted."""
        return len(self.centres)

    @property
    def sizes(self) -> np.ndarray:
        """Customers in each group, shape (k,)."""
        return np.bincount(self.labels[self.labels >= 0], minlength=self.k)

    @property
    def noise(self) -> int:
        """Customers that belong to no group."""
        return int((self.labels < 0).sum())


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in one order, so that the result does not depend on the number of cores."""
    with threadpool_limits(limits=1):
        yield


def sample_rows(rows: int, *, at_most: int, random_state: int) -> np.ndarray:
    """Positions of a random sample without replacement, ascending; all of them where there are not more."""
    if rows <= at_most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(random_state).choice(rows, size=at_most, replace=False))


def kmeans(
    prepared: Prepared, *, k: int, n_init: int = 20, random_state: int = 0, order_by: str | None = None
) -> Partition:
    """K-means (Lloyd's algorithm, k-means++ starts), the best of `n_init` starts by inertia.

    Parameters
    ----------
    prepared : Prepared
        See `analysis.clustering.prepare`.
    k : int
        Number of groups, from 1 to the number of different customers.
    order_by : str, optional
        The column of `prepared.frame` whose mean numbers the groups from high to low; by default their size.

    Raises
    ------
    AnalysisError
        If there are not `k` different customers.

    References
    ----------
    Lloyd (1982), IEEE Transactions on Information Theory 28; Arthur & Vassilvitskii (2007), SODA, for the starts.
    """
    _check_k(prepared, k)
    if k == 1:
        return one_group(prepared, order_by=order_by)
    with one_thread():
        labels = fit_kmeans(prepared.matrix, k, n_init, random_state, to_the_end=True)
    parameters = {"k": k, "n_init": n_init, "random_state": random_state}
    return partition(prepared, labels, "kmeans", parameters, order_by=order_by)


def fit_kmeans(matrix: np.ndarray, k: int, n_init: int, random_state: int, *, to_the_end: bool = False) -> np.ndarray:
    """Labels of the best K-means solution, shape (rows,). The caller holds `one_thread`.

    `to_the_end` iterates until no label changes, so that everybody is with the nearest mean exactly.
    """
    if k == 1:
        return np.zeros(len(matrix), dtype=int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different points than k: some groups stay empty
        tolerance, most = (0.0, 2_000) if to_the_end else (1e-4, 300)
        model = KMeans(k, n_init=n_init, random_state=random_state, tol=tolerance, max_iter=most).fit(matrix)
    return model.labels_.astype(int)


def one_group(prepared: Prepared, *, order_by: str | None = None) -> Partition:
    """Everybody in one group: what is left when there is nothing to divide."""
    labels = np.zeros(len(prepared.frame), dtype=int)
    return partition(prepared, labels, "one_group", {"k": 1}, order_by=order_by)


def hierarchical(
    prepared: Prepared,
    *,
    k: int,
    link: Linkage = "ward",
    max_rows: int = 20_000,
    random_state: int = 0,
    order_by: str | None = None,
) -> Partition:
    """Agglomerative clustering, cut into `k` groups.

    It needs all pairs of customers: 20,000 take 1.6 GB. Beyond `max_rows` a random sample of that size is
    clustered, and every other customer joins the group of the nearest sampled one. `Partition.sampled` says so.

    Parameters
    ----------
    link : str
        `ward` (least growth of inertia), `average`, `complete` or `single` linkage, Euclidean distance.

    References
    ----------
    Ward (1963), Journal of the American Statistical Association 58; Müllner (2011), arXiv:1109.2378.
    """
    _check_k(prepared, k)
    if k == 1:
        return one_group(prepared, order_by=order_by)
    rows = sample_rows(len(prepared.matrix), at_most=max_rows, random_state=random_state)
    seen = prepared.matrix[rows]
    with one_thread():
        links = linkage(seen, method=link)
    labels = _spread(prepared.matrix, rows, fcluster(links, k, criterion="maxclust") - 1)
    parameters = {"k": k, "link": link, "max_rows": max_rows, "random_state": random_state}
    return partition(prepared, labels, link, parameters, order_by=order_by, sampled=len(rows), links=links)


def top_links(links: np.ndarray, *, leaves: int = 30) -> np.ndarray:
    """The last merges of a linkage matrix as lines of a dendrogram, shape (leaves − 1, 8): x0…x3, y0…y3."""
    from scipy.cluster.hierarchy import dendrogram  # drawn by few

    drawn = dendrogram(links, truncate_mode="lastp", p=leaves, no_plot=True)
    return np.column_stack([np.asarray(drawn["icoord"]), np.asarray(drawn["dcoord"])])


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

    References
    ----------
    Ester et al. (1996), KDD; Sander et al. (1998), Data Mining and Knowledge Discovery 2, for the default.
    """
    rows = sample_rows(len(prepared.matrix), at_most=max_rows, random_state=random_state)
    seen = prepared.matrix[rows]
    wanted = min_samples or 2 * len(prepared.columns)
    if len(seen) <= wanted:
        raise AnalysisError(f"DBSCAN needs more than {wanted} customers (min_samples); there are {len(seen)}")
    distances = np.sort(cKDTree(seen).query(seen, k=wanted)[0][:, -1])
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

    `radius` is the knee of `k_distance` by default. Beyond `max_rows` a sample is clustered, and every other
    customer joins the group (or the noise) of the nearest sampled one.

    References
    ----------
    Ester, Kriegel, Sander & Xu (1996), KDD.
    """
    _, knee, wanted = k_distance(prepared, min_samples=min_samples, max_rows=max_rows, random_state=random_state)
    reach = knee if radius is None else radius
    rows = sample_rows(len(prepared.matrix), at_most=max_rows, random_state=random_state)
    seen = prepared.matrix[rows]
    with one_thread():
        found = DBSCAN(eps=max(reach, math.ulp(1.0)), min_samples=wanted).fit_predict(seen)
    labels = _spread(prepared.matrix, rows, found)
    parameters = {"radius": reach, "min_samples": wanted, "max_rows": max_rows, "random_state": random_state}
    return partition(prepared, labels, "dbscan", parameters, order_by=order_by, sampled=len(rows))


def gaussian_mixture(
    prepared: Prepared, *, k: int, n_init: int = 5, random_state: int = 0, order_by: str | None = None
) -> Partition:
    """A mixture of `k` normal distributions with full covariances, each customer in the likeliest.

    `parameters` also holds the Bayesian information criterion (`bic`, less is better).
    """
    _check_k(prepared, k)
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # reported as `converged`
        model = GaussianMixture(k, n_init=n_init, random_state=random_state, reg_covar=1e-6).fit(prepared.matrix)
        labels = model.predict(prepared.matrix)
        criterion = float(model.bic(prepared.matrix))
    parameters = {
        "k": k,
        "n_init": n_init,
        "random_state": random_state,
        "bic": criterion,
        "converged": bool(model.converged_),
    }
    return partition(prepared, labels, "gaussian_mixture", parameters, order_by=order_by)


def agreement(first: Partition, second: Partition) -> float:
    """Adjusted Rand index of two partitions of the same customers: 1 the same groups, about 0 chance.

    References
    ----------
    Hubert & Arabie (1985), Journal of Classification 2.
    """
    return float(adjusted_rand_score(first.labels, second.labels))


def partition(
    prepared: Prepared,
    labels: np.ndarray,
    method: str,
    parameters: dict[str, Any],
    *,
    order_by: str | None,
    sampled: int | None = None,
    links: np.ndarray | None = None,
) -> Partition:
    """A partition with its groups numbered by the stated order, whatever numbers the algorithm gave."""
    if order_by is not None and order_by not in prepared.frame.columns:
        raise AnalysisError(
            f"clustering.order_by: the table of customers has no column {order_by}; "
            f"it has {', '.join(map(str, prepared.frame.columns))}"
        )
    ordered = _ordered(prepared, labels, order_by)
    k = int(ordered.max(initial=-1)) + 1
    dimensions = prepared.matrix.shape[1]
    centres = np.array([prepared.matrix[ordered == g].mean(axis=0) for g in range(k)]).reshape(k, dimensions)
    grouped = ordered >= 0
    inertia = float(((prepared.matrix[grouped] - centres[ordered[grouped]]) ** 2).sum())
    rows = len(prepared.matrix) if sampled is None else sampled
    return Partition(method, ordered, order_by or "", parameters, centres, inertia, rows, links)


def _ordered(prepared: Prepared, labels: np.ndarray, order_by: str | None) -> np.ndarray:
    groups = np.unique(labels[labels >= 0])
    rank: dict[int, tuple[Any, ...]] = {}
    for group in groups:
        inside = labels == group
        first = int(np.argmax(inside))  # rows are sorted by the key, so this settles ties for good
        value = 0.0
        if order_by is not None:
            value = float(pd.to_numeric(prepared.frame.loc[inside, order_by]).mean())
            value = -math.inf if math.isnan(value) else value
        rank[int(group)] = (-value, -int(inside.sum()), first)
    renumbered = np.full(labels.max(initial=-1) + 2, -1)  # the last place serves noise, which is −1
    for position, group in enumerate(sorted(rank, key=lambda group: rank[group])):
        renumbered[group] = position
    return renumbered[labels]


def _spread(matrix: np.ndarray, rows: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Labels for everybody from labels of a sample: the nearest sampled customer's."""
    if len(rows) == len(matrix):
        return np.asarray(found, dtype=int)
    nearest = cKDTree(matrix[rows]).query(matrix, k=1)[1]
    return np.asarray(found, dtype=int)[nearest]


def _check_k(prepared: Prepared, k: int) -> None:
    if not 1 <= k <= max(prepared.distinct, 1):
        raise AnalysisError(
            f"clustering: {k} groups were asked for, but there are {prepared.distinct} different customers in the "
            f"columns {', '.join(prepared.columns) or '(none)'}; ask for fewer groups or give other columns"
        )
