"""Agglomerative clustering: exact up to a size, by weighted micro-clusters beyond it, and the top of its tree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist, squareform

from analysis.clustering.partitions import Linkage, Partition, check_k, one_group, one_thread, partition
from analysis.clustering.prepare import Prepared
from analysis.errors import AnalysisError

__all__ = ["cut_tree", "hierarchical", "micro_clusters", "top_links", "weighted_linkage"]

LINKAGES: tuple[str, ...] = ("ward", "average", "complete", "single")
#: Micro-clusters that stand for the customers where there are too many for all pairs.
MICRO_CLUSTERS = 2_000
#: Rounds of moving micro-clusters to the means of their customers; more change little.
_ROUNDS = 10


def hierarchical(
    prepared: Prepared,
    *,
    k: int,
    link: Linkage = "ward",
    max_rows: int = 20_000,
    micro: int = MICRO_CLUSTERS,
    random_state: int = 0,
    order_by: str | None = None,
) -> Partition:
    """Agglomerative clustering, cut into `k` groups.

    It needs all pairs of customers: 20,000 take 1.6 GB. Beyond `max_rows` customers are first gathered in `micro`
    small groups by K-means, and the tree is grown over these, each weighted by its customers, as BIRCH does
    (`Partition.approximation` is then `micro_clusters`). For Ward's method that is the tree that starts from these
    groups instead of from single customers; for the other links the distance between two micro-clusters is that
    of their means, and what lies within one counts as one place.

    Parameters
    ----------
    link : str
        `ward` (least growth of inertia), `average`, `complete` or `single` linkage, Euclidean distance.
    max_rows : int
        Customers up to which all pairs are used.
    micro : int
        Micro-clusters beyond that; at least `k`.

    Raises
    ------
    AnalysisError
        If the link is unknown, or there are not `k` different customers, or fewer micro-clusters than groups.

    References
    ----------
    Ward (1963), Journal of the American Statistical Association 58; Müllner (2011), arXiv:1109.2378;
    Zhang, Ramakrishnan & Livny (1996), SIGMOD, for trees over micro-clusters.
    """
    if link not in LINKAGES:
        raise AnalysisError(f"hierarchical: link must be one of {', '.join(LINKAGES)}; got {link!r}")
    check_k(prepared, k)
    if k == 1:
        return one_group(prepared, order_by=order_by)
    if k > micro and len(prepared.matrix) > max_rows:
        raise AnalysisError(f"hierarchical: {k} groups were asked for from {micro} micro-clusters; raise `micro`")
    with one_thread():
        labels, links = cut_tree(
            prepared.matrix, k, link=link, max_rows=max_rows, micro=micro, random_state=random_state
        )
    seen = len(links) + 1
    parameters = {"k": k, "link": link, "max_rows": max_rows, "micro": micro, "random_state": random_state}
    # where every different customer is a micro-cluster of its own, nothing was approximated
    by = "micro_clusters" if len(prepared.matrix) > max_rows and prepared.distinct > micro else ""
    return partition(prepared, labels, link, parameters, order_by=order_by, sampled=seen, links=links, approximation=by)


def cut_tree(
    matrix: np.ndarray, k: int, *, link: str, max_rows: int, micro: int, random_state: int
) -> tuple[np.ndarray, np.ndarray]:
    """Labels of all rows, and the linkage matrix of the rows or of the micro-clusters they were gathered in."""
    if len(matrix) <= max_rows:
        links = linkage(matrix, method=link)
        return fcluster(links, k, criterion="maxclust") - 1, links
    points, weights, member = micro_clusters(matrix, micro, random_state=random_state)
    links = weighted_linkage(points, weights, link=link)
    return (fcluster(links, k, criterion="maxclust") - 1)[member], links


def micro_clusters(
    matrix: np.ndarray, most: int, *, random_state: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Many small groups of neighbours, by a few rounds of K-means from random rows.

    Where there are not more than `most` different rows, each of these is a group of its own and nothing is lost.

    Returns
    -------
    points : ndarray, shape (groups, columns)
        Means.
    weights : ndarray, shape (groups,)
        Rows in each.
    member : ndarray of int, shape (rows,)
        The group of each row.
    """
    different, member, counts = np.unique(matrix, axis=0, return_inverse=True, return_counts=True)
    member = member.reshape(-1)
    if len(different) <= most:
        return different, counts.astype(float), member
    start = np.random.default_rng(random_state).choice(len(different), size=most, replace=False)
    points = different[np.sort(start)]
    for _ in range(_ROUNDS):
        nearest = cKDTree(points).query(different)[1]
        weights = np.bincount(nearest, weights=counts, minlength=len(points))
        sums = np.column_stack([np.bincount(nearest, counts * column, len(points)) for column in different.T])
        points = sums[weights > 0] / weights[weights > 0, None]
    renumbered = np.cumsum(weights > 0) - 1
    return points, weights[weights > 0], renumbered[nearest][member]


def weighted_linkage(points: np.ndarray, weights: np.ndarray, *, link: str = "ward") -> np.ndarray:
    """The tree over points that stand for several rows each, as SciPy's linkage matrix.

    With Ward's method the height is that between groups of so many rows, √(2·a·b / (a + b)) times the distance of
    their means; weights of one give SciPy's tree. Memory grows with the square of the points.

    Parameters
    ----------
    points : ndarray, shape (m, columns)
    weights : ndarray, shape (m,)
        Rows behind each point.

    Returns
    -------
    ndarray, shape (m − 1, 4)
        Its last column counts points, not rows.

    References
    ----------
    Lance & Williams (1967), The Computer Journal 9, for the update; Murtagh (1983), The Computer Journal 26, for
    the chain of nearest neighbours.

    Examples
    --------
    >>> import numpy as np
    >>> weighted_linkage(np.array([[0.0], [1.0], [5.0]]), np.ones(3), link="average")[:, 2].tolist()
    [1.0, 4.5]
    """
    apart = squareform(pdist(points, "sqeuclidean" if link == "ward" else "euclidean"))
    sizes = np.asarray(weights, dtype=float).copy()
    if link == "ward":
        apart *= 2 * sizes[:, None] * sizes[None] / (sizes[:, None] + sizes[None])
    np.fill_diagonal(apart, np.inf)
    merges = _chain(apart, sizes, _UPDATES[link])
    if link == "ward":
        merges[:, 2] = np.sqrt(np.maximum(merges[:, 2], 0.0))
    return _numbered(merges[np.argsort(merges[:, 2], kind="stable")])


Update = Callable[[np.ndarray, np.ndarray, float, float, float, np.ndarray], np.ndarray]


def _ward(first: np.ndarray, second: np.ndarray, between: float, a: float, b: float, sizes: np.ndarray) -> np.ndarray:
    return np.asarray(((a + sizes) * first + (b + sizes) * second - sizes * between) / (a + b + sizes))


def _average(
    first: np.ndarray, second: np.ndarray, between: float, a: float, b: float, sizes: np.ndarray
) -> np.ndarray:
    return np.asarray((a * first + b * second) / (a + b))


_UPDATES: dict[str, Update] = {
    "ward": _ward,
    "average": _average,
    "complete": lambda first, second, *_: np.maximum(first, second),
    "single": lambda first, second, *_: np.minimum(first, second),
}


def _chain(apart: np.ndarray, sizes: np.ndarray, update: Update) -> np.ndarray:
    """Mergers (first place, second place, height) by the chain of nearest neighbours; changes its arguments."""
    merges = np.empty((len(apart) - 1, 3))
    chain: list[int] = []
    for step in range(len(merges)):
        if not chain:
            chain.append(int(np.flatnonzero(sizes)[0]))
        while True:
            here = chain[-1]
            nearest = int(apart[here].argmin())
            if len(chain) > 1 and apart[here, chain[-2]] <= apart[here, nearest]:
                break
            chain.append(nearest)
        here, there = chain.pop(), chain.pop()
        merges[step] = here, there, apart[here, there]
        moved = update(apart[here], apart[there], float(apart[here, there]), sizes[here], sizes[there], sizes)
        moved[[here, there]] = np.inf
        apart[there] = apart[:, there] = moved
        apart[here] = apart[:, here] = np.inf
        sizes[there], sizes[here] = sizes[there] + sizes[here], 0.0
    return merges


def _numbered(merges: np.ndarray) -> np.ndarray:
    """SciPy's numbering: points from 0, then groups in the order of their heights."""
    points = len(merges) + 1
    parent = np.arange(points)
    name, count = np.arange(points), np.ones(points)
    links = np.empty((points - 1, 4))
    for step, (first, second, height) in enumerate(merges):
        roots = [_root(parent, int(first)), _root(parent, int(second))]
        links[step] = *sorted(float(name[root]) for root in roots), height, count[roots].sum()
        parent[roots[0]] = roots[1]
        name[roots[1]], count[roots[1]] = points + step, links[step, 3]
    return links


def _root(parent: np.ndarray, place: int) -> int:
    while parent[place] != place:
        parent[place] = parent[parent[place]]
        place = int(parent[place])
    return place


def top_links(links: np.ndarray, *, leaves: int = 30) -> np.ndarray:
    """The last merges of a linkage matrix as lines of a dendrogram, shape (leaves − 1, 8): x0…x3, y0…y3.

    Fewer where the tree has fewer leaves.
    """
    from scipy.cluster.hierarchy import dendrogram  # drawn by few

    drawn = dendrogram(links, truncate_mode="lastp", p=leaves, no_plot=True)
    return np.column_stack([np.asarray(drawn["icoord"]), np.asarray(drawn["dcoord"])])
