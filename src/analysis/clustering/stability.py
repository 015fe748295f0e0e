"""Do the same groups come back when the customers are drawn again? Bootstrap stability, whole and per group."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from analysis.clustering.hierarchy import LINKAGES, MICRO_CLUSTERS, cut_tree
from analysis.clustering.partitions import Partition, fit_kmeans, fit_mixture, one_thread, sample_rows
from analysis.clustering.prepare import Prepared
from analysis.errors import AnalysisError
from analysis.parallel import each

__all__ = ["DISSOLVED", "STABLE", "UNSTABLE", "Stability", "best_jaccard", "mean_agreement", "stability"]

#: Hennig (2008): a group with a mean Jaccard of at least 0.75 is stable, below 0.6 it should not be trusted,
#: and a replicate with at most 0.5 has dissolved it.
STABLE, UNSTABLE, DISSOLVED = 0.75, 0.6, 0.5

Fit = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Stability:
    """How well a division came back.

    Parameters
    ----------
    rand : ndarray, shape (replicates,)
        Adjusted Rand index between the division and each replicate's, on the customers that were drawn.
    table : DataFrame
        One row a group: segment, customers, jaccard (mean), low, high (the middle `level` of the replicates),
        dissolved (share of replicates with a Jaccard of at most 0.5).
    replicates : int
    rows : int
        Customers that were resampled.
    level : float
    """

    rand: np.ndarray
    table: pd.DataFrame
    replicates: int
    rows: int
    level: float

    @property
    def mean(self) -> float:
        """Mean adjusted Rand index."""
        return float(self.rand.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """The middle `level` of the replicates' adjusted Rand indices: their spread, not a confidence interval."""
        tail = (1 - self.level) / 2
        low, high = np.quantile(self.rand, [tail, 1 - tail])
        return float(low), float(high)

    @property
    def weakest(self) -> float:
        """The mean Jaccard of the group that comes back worst."""
        return float(self.table["jaccard"].min())


def stability(
    prepared: Prepared,
    division: Partition,
    *,
    replicates: int = 100,
    n_init: int = 3,
    max_rows: int = 20_000,
    level: float = 0.95,
    random_state: int = 0,
) -> Stability:
    """Cluster bootstrap samples in the same way and compare, on the customers drawn, with the given division.

    Customers drawn more than once count once, as in `fpc::clusterboot`. A group's Jaccard in a replicate is that
    with the replicate's most similar group: shared customers over customers in either.

    Parameters
    ----------
    division : Partition
        From `kmeans`, `hierarchical` or `gaussian_mixture`.
    replicates : int
    n_init : int
        Starts of K-means or of the mixture in each replicate.
    max_rows : int
        Beyond it, replicates are drawn from a random sample of that size.

    Raises
    ------
    AnalysisError
        If the division's method has no number of groups to ask for (DBSCAN).

    References
    ----------
    Hennig (2007), Computational Statistics & Data Analysis 52, scheme "bootstrap"; Hennig (2008), Journal of
    Multivariate Analysis 99, for the dissolution point.
    """
    fit = _refit(division, n_init)
    rows = sample_rows(len(prepared.matrix), at_most=max_rows, random_state=random_state)
    matrix, labels = prepared.matrix[rows], division.labels[rows]
    rand, jaccard = np.ones(replicates), np.full((replicates, division.k), np.nan)
    with one_thread():

        def compared(item: tuple[int, np.ndarray]) -> tuple[float, np.ndarray]:
            number, drawn = item
            found = fit(matrix[drawn], number)
            return adjusted_rand_score(labels[drawn], found), best_jaccard(labels[drawn], found, groups=division.k)

        for number, found in enumerate(each(compared, enumerate(_resamples(len(matrix), replicates, random_state)))):
            rand[number], jaccard[number] = found
    return Stability(rand, _per_group(division, jaccard, level), replicates, len(rows), level)


def mean_agreement(matrix: np.ndarray, labels: np.ndarray, *, replicates: int, n_init: int, random_state: int) -> float:
    """Mean adjusted Rand index of K-means on bootstrap samples with the given K-means labels."""
    k = len(np.unique(labels))
    if k < 2:
        return float("nan")
    with one_thread():

        def compared(item: tuple[int, np.ndarray]) -> float:
            number, drawn = item
            return float(adjusted_rand_score(labels[drawn], fit_kmeans(matrix[drawn], k, n_init, number)))

        return float(np.mean(each(compared, enumerate(_resamples(len(matrix), replicates, random_state)))))


def best_jaccard(labels: np.ndarray, found: np.ndarray, *, groups: int) -> np.ndarray:
    """Jaccard of each of the groups 0 … groups − 1 with the most similar found group, shape (groups,).

    NaN for a group of which nobody was drawn.

    >>> import numpy as np
    >>> best_jaccard(np.array([0, 0, 0, 1]), np.array([5, 5, 7, 7]), groups=2).round(3).tolist()
    [0.667, 0.5]
    """
    codes = np.unique(found, return_inverse=True)[1]
    width = int(codes.max(initial=0)) + 1
    inside = labels >= 0
    shared = np.bincount(labels[inside] * width + codes[inside], minlength=groups * width).reshape(groups, width)
    sizes = shared.sum(axis=1, keepdims=True)
    either = sizes + np.bincount(codes, minlength=width) - shared
    best = (shared / either).max(axis=1)
    return np.where(sizes[:, 0] > 0, best, np.nan)


def _resamples(rows: int, replicates: int, random_state: int) -> Iterator[np.ndarray]:
    """Positions of the rows that each bootstrap sample holds, ascending."""
    random = np.random.default_rng(random_state)
    for _ in range(replicates):
        yield np.unique(random.integers(0, rows, size=rows))


def _per_group(division: Partition, jaccard: np.ndarray, level: float) -> pd.DataFrame:
    tail = (1 - level) / 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a group so small that it was never drawn: all NaN
        low, high = np.nanquantile(jaccard, [tail, 1 - tail], axis=0)
        mean = np.nanmean(jaccard, axis=0)
    return pd.DataFrame(
        {
            "segment": np.arange(division.k),
            "customers": division.sizes,
            "jaccard": np.nan_to_num(mean),
            "low": low,
            "high": high,
            "dissolved": np.mean(~(jaccard > DISSOLVED), axis=0),
        }
    )


def _refit(division: Partition, n_init: int) -> Fit:
    k, method = division.k, division.method
    if method in {"kmeans", "one_group", "frozen"}:
        return lambda data, number: fit_kmeans(data, k, n_init, number)
    if method in LINKAGES:
        size = {"max_rows": division.parameters["max_rows"], "micro": division.parameters.get("micro", MICRO_CLUSTERS)}
        return lambda data, number: cut_tree(data, k, link=method, random_state=number, **size)[0]
    if method == "gaussian_mixture":
        return lambda data, number: fit_mixture(data, k, n_init, number).predict(data)
    raise AnalysisError(f"stability: {method} has no number of groups to ask for; use kmeans or hierarchical")
