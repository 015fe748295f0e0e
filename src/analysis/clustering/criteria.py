"""How well a division describes the data: inertia, silhouette, Calinski–Harabasz, Davies–Bouldin, gap statistic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats
from scipy.spatial.distance import pdist, squareform

from analysis.clustering.partitions import fit_kmeans, one_thread, sample_rows
from analysis.errors import AnalysisError
from analysis.parallel import each

__all__ = [
    "Criteria",
    "Distances",
    "Gap",
    "calinski_harabasz",
    "davies_bouldin",
    "gap_statistic",
    "inertia",
    "reference_draw",
]

ReferenceKind = Literal["normal", "uniform", "margins"]


def inertia(matrix: np.ndarray, labels: np.ndarray) -> float:
    """Sum of squared distances to the group means (W, the within-group sum of squares)."""
    counts, means = _means(matrix, labels)
    inside = float((counts[:, None] * (means - matrix.mean(axis=0)) ** 2).sum())
    return max(float(((matrix - matrix.mean(axis=0)) ** 2).sum()) - inside, 0.0)


def calinski_harabasz(matrix: np.ndarray, labels: np.ndarray) -> float:
    """Variance between groups over variance within, each per degree of freedom; more is better; NaN for one group.

    References
    ----------
    Caliński & Harabasz (1974), Communications in Statistics 3.
    """
    k = len(np.unique(labels))
    within = inertia(matrix, labels)
    if not 2 <= k < len(matrix) or within == 0:
        return float("nan")
    between = inertia(matrix, np.zeros(len(matrix), dtype=int)) - within
    return between / within * (len(matrix) - k) / (k - 1)


def davies_bouldin(matrix: np.ndarray, labels: np.ndarray) -> float:
    """Mean over groups of the worst (spread + spread) / distance to another group; less is better; NaN for one.

    References
    ----------
    Davies & Bouldin (1979), IEEE Transactions on Pattern Analysis and Machine Intelligence 1.
    """
    codes = np.unique(labels, return_inverse=True)[1]
    counts, means = _means(matrix, codes)
    if len(counts) < 2:
        return float("nan")
    spread = np.bincount(codes, weights=np.linalg.norm(matrix - means[codes], axis=1)) / counts
    apart = np.linalg.norm(means[:, None] - means[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    if (apart == 0).any():
        return float("nan")
    return float(((spread[:, None] + spread[None]) / apart).max(axis=1).mean())


class Distances:
    """All distances within a sample of rows, once for many divisions of it.

    Parameters
    ----------
    matrix : ndarray, shape (rows, columns)
    at_most : int
        Rows beyond which a random sample is taken; `rows` says which were.
    """

    def __init__(self, matrix: np.ndarray, *, at_most: int = 2_000, random_state: int = 0) -> None:
        self.rows = sample_rows(len(matrix), at_most=at_most, random_state=random_state)
        self._between = squareform(pdist(matrix[self.rows]))

    def silhouettes(self, labels: np.ndarray) -> np.ndarray:
        """Silhouette of each sampled row, shape (sampled rows,): (b − a) / max(a, b), 0 for a group of one.

        `labels` are those of all rows. All NaN for fewer than two groups.

        References
        ----------
        Rousseeuw (1987), Journal of Computational and Applied Mathematics 20.
        """
        codes = np.unique(labels[self.rows], return_inverse=True)[1]
        counts = np.bincount(codes)
        if len(counts) < 2:
            return np.full(len(codes), np.nan)
        here = np.arange(len(codes))
        totals = self._between @ np.eye(len(counts))[codes]
        own = counts[codes]
        inside = totals[here, codes] / np.maximum(own - 1, 1)
        means = totals / counts
        means[here, codes] = np.inf
        outside = means.min(axis=1)
        larger = np.maximum(inside, outside)
        return np.where((own > 1) & (larger > 0), (outside - inside) / np.where(larger > 0, larger, 1.0), 0.0)

    def silhouette(self, labels: np.ndarray) -> float:
        """Mean silhouette of the sampled rows."""
        return float(self.silhouettes(labels).mean())


@dataclass(frozen=True)
class Criteria:
    """The usual figures of one division; `silhouette_rows` customers were measured for the silhouette."""

    k: int
    inertia: float
    silhouette: float
    calinski_harabasz: float
    davies_bouldin: float
    smallest: int
    silhouette_rows: int

    @classmethod
    def of(cls, matrix: np.ndarray, labels: np.ndarray, distances: Distances | None = None) -> Criteria:
        """Measure a division. Noise (labels below 0) is left out of every figure.

        >>> import numpy as np
        >>> Criteria.of(np.array([[0.0], [0.0], [4.0], [4.0]]), np.array([0, 0, 1, 1])).silhouette
        1.0
        """
        kept = labels >= 0
        matrix, labels = matrix[kept], labels[kept]
        if distances is None or not kept.all():
            distances = Distances(matrix)
        return cls(
            k=len(np.unique(labels)),
            inertia=inertia(matrix, labels),
            silhouette=distances.silhouette(labels),
            calinski_harabasz=calinski_harabasz(matrix, labels),
            davies_bouldin=davies_bouldin(matrix, labels),
            smallest=int(np.bincount(labels)[np.unique(labels)].min(initial=len(labels))),
            silhouette_rows=len(distances.rows),
        )


def reference_draw(matrix: np.ndarray, *, kind: ReferenceKind, random: np.random.Generator) -> np.ndarray:
    """Data of the same size and spread as `matrix`, but without groups.

    Parameters
    ----------
    kind : str
        `normal`: one multivariate normal cloud with exactly the same means and covariances.
        `uniform`: evenly filled box along the principal components (the gap statistic's reference).
        `margins`: every column keeps its own values, and columns hang together about as strongly as before (a Gaussian
        copula with the same normal-score correlations). Groups that show in one column alone survive in it.

    Returns
    -------
    ndarray, the shape of `matrix`

    References
    ----------
    Engen & Lillegård (1997), Biometrika 84, for draws given the sufficient statistics; Hennig & Lin (2015),
    Statistics and Computing 25.
    """
    rows = len(matrix)
    if rows < 3:
        raise AnalysisError(f"data without groups is drawn like data of at least 3 rows; there are {rows}")
    if kind == "margins":
        scores = stats.norm.ppf((np.apply_along_axis(stats.rankdata, 0, matrix) - 0.5) / rows)
        return np.asarray(np.take_along_axis(np.sort(matrix, axis=0), _ranks(_cloud(scores, random)), axis=0))
    if kind == "normal":
        return _cloud(matrix, random)
    if kind != "uniform":
        raise AnalysisError(f"kind must be normal, uniform or margins; got {kind!r}")
    centre = matrix.mean(axis=0)
    axes = np.linalg.svd(matrix - centre, full_matrices=False)[2]
    turned = (matrix - centre) @ axes.T
    return random.uniform(turned.min(axis=0), turned.max(axis=0), size=(rows, axes.shape[0])) @ axes + centre


def _ranks(matrix: np.ndarray) -> np.ndarray:
    """Place of each value in its column, from 0."""
    return np.asarray(matrix.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable"))


def _cloud(matrix: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A multivariate normal sample with exactly the means and covariances of `matrix`, singular ones too.

    Given these, which are all that a normal cloud has, a test by such draws is exact at any size (Engen & Lillegård
    1997); draws whose correlations vary would be less elongated than the data and let small samples look grouped.
    """
    centre = matrix.mean(axis=0)
    _, spread, axes = np.linalg.svd(matrix - centre, full_matrices=False)
    drawn = random.standard_normal((len(matrix), len(spread)))
    turned = np.linalg.svd(drawn - drawn.mean(axis=0), full_matrices=False)
    return (turned[0] @ turned[2]) * spread @ axes + centre


@dataclass(frozen=True)
class Gap:
    """The gap statistic for k = 1 … k_max.

    Parameters
    ----------
    table : DataFrame
        k, log_inertia, expected (its mean over the references), gap, error (s_k of the paper).
    k : int
        The smallest k with gap(k) ≥ gap(k + 1) − error(k + 1); 1 says that nothing speaks for groups. Where no k
        satisfies this, the largest tried.
    settled : bool
        Whether some k satisfied the rule.
    references : int
    """

    table: pd.DataFrame
    k: int
    settled: bool
    references: int


def gap_statistic(
    matrix: np.ndarray, *, k_max: int, references: int = 20, n_init: int = 5, random_state: int = 0
) -> Gap:
    """How much tighter K-means groups are than in evenly spread data of the same shape.

    Parameters
    ----------
    matrix : ndarray, shape (rows, columns)
    k_max : int
        Largest number of groups tried, from 1.
    references : int
        Data sets drawn evenly from the box along the principal components.

    References
    ----------
    Tibshirani, Walther & Hastie (2001), Journal of the Royal Statistical Society B 63, section 3 (reference b).
    """
    random = np.random.default_rng(random_state)
    ks = range(1, k_max + 1)
    with one_thread():
        drawn = [reference_draw(matrix, kind="uniform", random=random) for _ in range(references)]
        observed, *logs = each(lambda data: _log_inertias(data, ks, n_init, random_state), [matrix, *drawn])
    expected = np.array(logs)
    gap = expected.mean(axis=0) - observed
    error = expected.std(axis=0) * np.sqrt(1 + 1 / references)
    enough = np.flatnonzero(gap[:-1] >= gap[1:] - error[1:])
    k = int(enough[0]) + 1 if len(enough) else k_max
    table = pd.DataFrame(
        {"k": list(ks), "log_inertia": observed, "expected": expected.mean(axis=0), "gap": gap, "error": error}
    )
    return Gap(table, k, bool(len(enough)), references)


def _log_inertias(matrix: np.ndarray, ks: range, n_init: int, random_state: int) -> np.ndarray:
    within = [inertia(matrix, fit_kmeans(matrix, k, n_init, random_state)) for k in ks]
    return np.log(np.maximum(within, np.finfo(float).tiny))


def _means(matrix: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes = np.unique(labels, return_inverse=True)[1]
    counts = np.bincount(codes)
    sums = np.column_stack([np.bincount(codes, weights=column) for column in matrix.T])
    return counts, sums / counts[:, None]
