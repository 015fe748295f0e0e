"""Clustering, beside scikit-learn and SciPy on the same rows, with the same seeds and starts.

K-means and mixtures of ours are scikit-learn's own, in one thread and until no label changes, with groups numbered in a
stated order: the first works show what that costs. Beyond them ours does less work for the same result.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.bench.regression import significant
from benchmarks.bench.work import OWN, Goal, Job, Work

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.clustering import Prepared

    Floats = NDArray[np.float64]

__all__ = ["matrix_of", "prepared", "works", "write_groups"]

GROUPS, COLUMNS, SEED = 5, 4, 1
#: Rows of K-means, and those of which a part decides between its starts.
ROWS, MANY, PART = 50_000, 400_000, 20_000
STARTS = 10
MIXTURE = 20_000
TREE = 5_000
#: Places at which several customers stand, and how many customers there are.
PLACES, STANDING = 1_500, 12_000
#: Rows, numbers of groups, draws without groups, bootstrap samples, and rows of which silhouettes are measured.
CHOICE, KS, DRAWS, SAMPLES, SEEN = 4_000, range(2, 7), 9, 5, 1_000
#: What ours adds to a fit of scikit-learn's may take so much of its time.
ADDED = 1 / 1.1


def write_groups(rows: int, path: Path, *, places: int | None = None) -> None:
    """Overlapping groups of different sizes; with `places` the rows stand at so many points only."""
    import numpy as np

    random = np.random.default_rng(SEED)
    centres = random.normal(0, 3, (GROUPS, COLUMNS))
    points = places or rows
    group = random.choice(GROUPS, points, p=np.arange(1, GROUPS + 1) / (GROUPS * (GROUPS + 1) / 2))
    matrix = centres[group] + random.standard_normal((points, COLUMNS))
    if places:
        matrix = matrix[np.concatenate([np.arange(places), random.integers(0, places, rows - places)])]
    with path.open("wb") as file:
        np.save(file, matrix)


def matrix_of(path: Path) -> Floats:
    """The rows that `write_groups` wrote."""
    import numpy as np

    with path.open("rb") as file:
        return np.asarray(np.load(file))


def prepared(path: Path) -> Prepared:
    """The same rows as ours takes them."""
    import pandas as pd

    from analysis import clustering

    names = [f"x{number}" for number in range(COLUMNS)]
    frame = pd.DataFrame(matrix_of(path), columns=names)
    frame.insert(0, "customer_key", range(len(frame)))
    return clustering.prepare(frame, columns=names, log="none", scaling="none")


def _told(labels: Any, inertia: float, digits: int) -> Callable[[], list[float]]:
    """The inertia to so many digits, and how many customers each group has, to one digit less."""
    import numpy as np

    return lambda: significant([inertia], digits) + significant(np.sort(np.bincount(labels)), digits - 1)


def _within(matrix: Floats, labels: Any) -> float:
    from analysis import clustering

    return clustering.inertia(matrix, labels)


def _own(fit: Callable[[Prepared], Any], digits: int, path: Path) -> Job:
    ready = prepared(path)

    def job() -> Callable[[], list[float]]:
        found = fit(ready)
        return _told(found.labels, found.inertia, digits)

    return job


def _peer(labels_of: Callable[[Floats], Any], digits: int, path: Path) -> Job:
    import scipy.cluster.hierarchy  # noqa: F401 - the clock is not to see imports
    import sklearn.cluster
    import sklearn.mixture  # noqa: F401

    matrix = matrix_of(path)

    def job() -> Callable[[], list[float]]:
        labels = labels_of(matrix)
        return lambda: _told(labels, _within(matrix, labels), digits)()

    return job


def _own_kmeans(max_rows: int | None, ready: Prepared) -> Any:
    from analysis import clustering

    return clustering.kmeans(ready, k=GROUPS, n_init=STARTS, max_rows=max_rows, random_state=SEED)


def _sklearn_kmeans(tolerance: float, matrix: Floats) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(GROUPS, n_init=STARTS, random_state=SEED, tol=tolerance, max_iter=2_000).fit(matrix).labels_


def _own_mixture(ready: Prepared) -> Any:
    from analysis import clustering

    return clustering.gaussian_mixture(ready, k=GROUPS, n_init=3, random_state=SEED)


def _sklearn_mixture(matrix: Floats) -> Any:
    from sklearn.mixture import GaussianMixture

    floor = 1e-6 * matrix.var(axis=0).mean()
    model = GaussianMixture(GROUPS, n_init=3, random_state=SEED, reg_covar=floor).fit(matrix)
    model.bic(matrix)
    return model.predict(matrix)


def _own_tree(link: Any, max_rows: int, ready: Prepared) -> Any:
    from analysis import clustering

    return clustering.hierarchical(ready, k=GROUPS, link=link, max_rows=max_rows, random_state=SEED)


def _sklearn_tree(link: Any, matrix: Floats) -> Any:
    from sklearn.cluster import AgglomerativeClustering

    return AgglomerativeClustering(GROUPS, linkage=link).fit(matrix).labels_


def _scipy_tree(link: str, matrix: Floats) -> Any:
    from scipy.cluster.hierarchy import fcluster, linkage

    return fcluster(linkage(matrix, method=link), GROUPS, criterion="maxclust") - 1


def _own_choice(path: Path) -> Job:
    from analysis import clustering

    ready = prepared(path)

    def job() -> Callable[[], list[float]]:
        found = clustering.choose_k(
            ready, k_min=KS[0], k_max=KS[-1], references=DRAWS, gap_references=DRAWS, replicates=SAMPLES,
            silhouette_sample=SEEN, random_state=SEED,
        )  # fmt: skip
        names = ["calinski_harabasz", "davies_bouldin", "stability", "expected", "gap"]
        silhouettes = found.reference.observed if found.reference else ()
        return lambda: significant([*(found.table[name].sum() for name in names), sum(silhouettes)], 5)

    return job


def _sklearn_choice(path: Path) -> Job:
    """The same, put together from scikit-learn's functions; data without groups are drawn by ours."""
    import numpy as np
    from sklearn import metrics
    from sklearn.cluster import KMeans

    from analysis.clustering import reference_draw

    matrix = matrix_of(path)

    def fit(rows: Floats, k: int, starts: int, seed: int) -> Any:
        return KMeans(k, n_init=starts, random_state=seed).fit(rows)

    def stable(k: int, labels: Any) -> float:
        random, rows = np.random.default_rng(SEED), len(matrix)
        draws = [np.unique(random.integers(0, rows, rows)) for _ in range(SAMPLES)]
        again = (fit(matrix[drawn], k, 2, number).labels_ for number, drawn in enumerate(draws))
        pairs = zip(draws, again, strict=True)
        return float(np.mean([metrics.adjusted_rand_score(labels[drawn], found) for drawn, found in pairs]))

    def silhouettes(rows: Floats, seed: int) -> list[float]:
        return [float(metrics.silhouette_score(rows, fit(rows, k, 5, seed).labels_)) for k in KS]

    def job() -> Callable[[], list[float]]:
        found = {k: fit(matrix, k, 5, SEED).labels_ for k in KS}
        seen = matrix[np.sort(np.random.default_rng(SEED).choice(len(matrix), SEEN, replace=False))]
        for labels in found.values():
            metrics.silhouette_score(matrix, labels, sample_size=SEEN, random_state=SEED)
        random = np.random.default_rng(SEED)
        clouds = [reference_draw(seen, kind="margins", random=random) for _ in range(DRAWS)]
        random = np.random.default_rng(SEED)
        boxes = [reference_draw(matrix, kind="uniform", random=random) for _ in range(DRAWS)]
        logs = [[np.log(fit(rows, k, 2, SEED).inertia_) for k in (1, *KS)] for rows in (matrix, *boxes)]
        expected = np.mean([silhouettes(cloud, number) for number, cloud in enumerate(clouds)], axis=0)
        figures = [
            sum(metrics.calinski_harabasz_score(matrix, labels) for labels in found.values()),
            sum(metrics.davies_bouldin_score(matrix, labels) for labels in found.values()),
            sum(stable(k, labels) for k, labels in found.items()),
            expected.sum(),
            (np.mean(logs[1:], axis=0) - logs[0])[1:].sum(),
            sum(silhouettes(seen, SEED)),
        ]
        return lambda: significant(figures, 5)

    return job


def works() -> list[Work]:
    """K-means, mixtures, trees, and the number of groups."""
    size = "{0:,} rows × {1} columns".format
    learn, added, faster = "scikit-learn", {"scikit-learn": Goal(speed=ADDED)}, {"scikit-learn": Goal(speed=1)}
    starts = f"{GROUPS} groups, {STARTS} starts"
    return [
        Work(
            f"K-means, {size(ROWS, COLUMNS)}, {starts}", partial(write_groups, ROWS),
            {OWN: partial(_own, partial(_own_kmeans, None), 6),
             learn: partial(_peer, partial(_sklearn_kmeans, 0.0), 6)},
            added,
        ),
        Work(
            f"K-means, {size(MANY, COLUMNS)}, {starts} compared on {PART:,}", partial(write_groups, MANY),
            {OWN: partial(_own, partial(_own_kmeans, PART), 3),
             learn: partial(_peer, partial(_sklearn_kmeans, 1e-4), 3)},
            faster,
        ),
        Work(
            f"Gaussian mixture, {size(MIXTURE, COLUMNS)}, {GROUPS} parts", partial(write_groups, MIXTURE),
            {OWN: partial(_own, _own_mixture, 6), learn: partial(_peer, _sklearn_mixture, 6)}, added,
        ),
        *(
            Work(
                f"tree by {link} linkage, {size(TREE, COLUMNS)}", partial(write_groups, TREE),
                {OWN: partial(_own, partial(_own_tree, link, TREE), 6),
                 learn: partial(_peer, partial(_sklearn_tree, link), 6)},
                added,
            )
            for link in ("ward", "average", "complete")
        ),
        Work(
            f"tree by ward linkage, {size(STANDING, COLUMNS)} at {PLACES:,} places",
            partial(write_groups, STANDING, places=PLACES),
            {OWN: partial(_own, partial(_own_tree, "ward", PLACES), 6),
             "SciPy": partial(_peer, partial(_scipy_tree, "ward"), 6)},
            {"SciPy": Goal(speed=1, memory_share=1)},
        ),
        Work(
            f"number of groups, {size(CHOICE, COLUMNS)}, {KS[0]} to {KS[-1]}", partial(write_groups, CHOICE),
            {OWN: _own_choice, learn: _sklearn_choice}, added,
        ),
    ]  # fmt: skip
