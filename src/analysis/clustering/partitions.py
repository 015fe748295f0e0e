"""What every algorithm returns, labels in a stated order; K-means and Gaussian mixtures."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from analysis.clustering.prepare import Prepared
from analysis.errors import AnalysisError

__all__ = [
    "Linkage",
    "Partition",
    "agreement",
    "check_k",
    "check_starts",
    "fit_kmeans",
    "fit_mixture",
    "gaussian_mixture",
    "kmeans",
    "one_group",
    "one_thread",
    "partition",
    "sample_rows",
]

Linkage = Literal["ward", "average", "complete", "single"]


@dataclass(frozen=True)
class Partition:
    """Customers divided into groups.

    Parameters
    ----------
    method : str
        `kmeans`, `ward`, `average`, `complete`, `single`, `dbscan`, `gaussian_mixture`, `one_group` or `frozen`.
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
        Points that the algorithm itself saw: all customers, those of a sample, or micro-clusters.
    links : ndarray or None
        SciPy's linkage matrix of these points (hierarchical methods).
    approximation : str
        Empty where the algorithm saw every customer; `micro_clusters` (see `hierarchy.hierarchical`) or `sample`.
    """

    method: str
    labels: np.ndarray
    order_by: str
    parameters: dict[str, Any]
    centres: np.ndarray
    inertia: float
    sampled: int
    links: np.ndarray | None = field(default=None, repr=False)
    approximation: str = ""

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
    prepared: Prepared,
    *,
    k: int,
    n_init: int = 20,
    max_rows: int | None = None,
    random_state: int = 0,
    order_by: str | None = None,
) -> Partition:
    """K-means (Lloyd's algorithm, k-means++ starts), the best of `n_init` starts by inertia.

    Parameters
    ----------
    prepared : Prepared
        See `analysis.clustering.prepare`.
    k : int
        Number of groups, from 1 to the number of different customers.
    max_rows : int, optional
        Beyond so many customers the starts are compared on a random sample of that size, and from the best one all
        customers go on until no label changes: everybody is then with the nearest mean of all, as without it.
    order_by : str, optional
        The column of `prepared.frame` whose mean numbers the groups from high to low; by default their size.

    Raises
    ------
    AnalysisError
        If there are not `k` different customers, or `n_init` is below 1.

    References
    ----------
    Lloyd (1982), IEEE Transactions on Information Theory 28; Arthur & Vassilvitskii (2007), SODA, for the starts.
    """
    check_k(prepared, k)
    check_starts(n_init)
    if k == 1:
        return one_group(prepared, order_by=order_by)
    with one_thread():
        if max_rows is None or len(prepared.matrix) <= max_rows:
            labels = fit_kmeans(prepared.matrix, k, n_init, random_state, to_the_end=True)
        else:
            labels = _from_a_sample(prepared.matrix, k, n_init, max_rows, random_state)
    parameters = {"k": k, "n_init": n_init, "random_state": random_state}
    return partition(prepared, labels, "kmeans", parameters, order_by=order_by)


def fit_kmeans(matrix: np.ndarray, k: int, n_init: int, random_state: int, *, to_the_end: bool = False) -> np.ndarray:
    """Labels of the best K-means solution, shape (rows,). The caller holds `one_thread`.

    `to_the_end` iterates until no label changes, so that everybody is with the nearest mean exactly.
    """
    k = min(k, len(matrix))  # a bootstrap sample of very few customers
    if k <= 1:
        return np.zeros(len(matrix), dtype=int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different points than k: some groups stay empty
        tolerance, most = (0.0, 2_000) if to_the_end else (1e-4, 300)
        model = KMeans(k, n_init=n_init, random_state=random_state, tol=tolerance, max_iter=most).fit(matrix)
    return model.labels_.astype(int)


def _from_a_sample(matrix: np.ndarray, k: int, n_init: int, max_rows: int, random_state: int) -> np.ndarray:
    """Labels of Lloyd's algorithm on all rows, from the means of the best solution of a sample."""
    seen = matrix[sample_rows(len(matrix), at_most=max_rows, random_state=random_state)]
    found = fit_kmeans(seen, k, n_init, random_state)
    means = np.array([seen[found == group].mean(axis=0) for group in np.unique(found)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = KMeans(len(means), init=means, n_init=1, tol=0.0, max_iter=2_000, random_state=random_state).fit(matrix)
    return np.asarray(model.labels_.astype(int))


def one_group(prepared: Prepared, *, order_by: str | None = None) -> Partition:
    """Everybody in one group: what is left when there is nothing to divide."""
    labels = np.zeros(len(prepared.frame), dtype=int)
    return partition(prepared, labels, "one_group", {"k": 1}, order_by=order_by)


def gaussian_mixture(
    prepared: Prepared,
    *,
    k: int,
    n_init: int = 5,
    max_rows: int = 50_000,
    random_state: int = 0,
    order_by: str | None = None,
) -> Partition:
    """A mixture of `k` normal distributions with full covariances, each customer in the likeliest.

    Beyond `max_rows` the mixture is estimated from a sample (`approximation` is then `sample`) and everybody is put
    into its likeliest part. `parameters` also holds the Bayesian information criterion (`bic`, less is better).
    A component may come out empty; `Partition.k` counts those that hold somebody.

    References
    ----------
    Dempster, Laird & Rubin (1977), Journal of the Royal Statistical Society B 39; Schwarz (1978), The Annals of
    Statistics 6, for the criterion.
    """
    check_k(prepared, k)
    check_starts(n_init)
    if k == 1:
        return one_group(prepared, order_by=order_by)
    rows = sample_rows(len(prepared.matrix), at_most=max_rows, random_state=random_state)
    seen = prepared.matrix[rows]
    with one_thread():
        model = fit_mixture(seen, k, n_init, random_state)
        labels = model.predict(prepared.matrix)
        criterion = float(model.bic(seen))
    parameters = {"k": k, "n_init": n_init, "random_state": random_state, "bic": criterion}
    parameters["converged"] = bool(model.converged_)
    by = "sample" if len(rows) < len(prepared.matrix) else ""
    return partition(
        prepared, labels, "gaussian_mixture", parameters, order_by=order_by, sampled=len(rows), approximation=by
    )


def fit_mixture(matrix: np.ndarray, k: int, n_init: int, random_state: int) -> GaussianMixture:
    """The best of several starts. The floor under variances is a millionth of the data's own, whatever their unit."""
    floor = 1e-6 * max(float(matrix.var(axis=0).mean()), np.finfo(float).tiny)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # reported as `converged`
        return GaussianMixture(k, n_init=n_init, random_state=random_state, reg_covar=floor).fit(matrix)


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
    approximation: str = "",
) -> Partition:
    """A partition with its groups numbered by the stated order, whatever numbers the algorithm gave."""
    if order_by is not None and order_by not in prepared.frame.columns:
        raise AnalysisError(
            f"clustering.order_by: the table of customers has no column {order_by}; "
            f"it has {', '.join(map(str, prepared.frame.columns))}"
        )
    if order_by is not None and not pd.api.types.is_numeric_dtype(prepared.frame[order_by]):
        raise AnalysisError(f"clustering.order_by: {order_by} holds no numbers, so it has no mean to order groups by")
    ordered = _ordered(prepared, labels, order_by)
    k = int(ordered.max(initial=-1)) + 1
    dimensions = prepared.matrix.shape[1]
    centres = np.array([prepared.matrix[ordered == g].mean(axis=0) for g in range(k)]).reshape(k, dimensions)
    grouped = ordered >= 0
    inertia = float(((prepared.matrix[grouped] - centres[ordered[grouped]]) ** 2).sum())
    rows = len(prepared.matrix) if sampled is None else sampled
    return Partition(method, ordered, order_by or "", parameters, centres, inertia, rows, links, approximation)


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


def check_starts(n_init: int) -> None:
    if n_init < 1:
        raise AnalysisError(f"clustering: n_init (starts, of which the best is kept) must be at least 1; got {n_init}")


def check_k(prepared: Prepared, k: int) -> None:
    if not 1 <= k <= max(prepared.distinct, 1):
        raise AnalysisError(
            f"clustering: {k} groups were asked for, but there are {prepared.distinct} different customers in the "
            f"columns {', '.join(prepared.columns) or '(none)'}; ask for fewer groups or give other columns"
        )
