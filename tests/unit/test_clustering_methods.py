"""Algorithms and criteria against published results, scikit-learn and SciPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.cluster import hierarchy
from sklearn import metrics
from sklearn.cluster import DBSCAN, AgglomerativeClustering
from sklearn.datasets import make_blobs

from analysis import clustering
from analysis.clustering.stability import best_jaccard
from analysis.errors import AnalysisError


def prepared(matrix: np.ndarray, scaling: str = "none") -> clustering.Prepared:
    names = [f"x{number}" for number in range(matrix.shape[1])]
    frame = pd.DataFrame(matrix, columns=names).assign(customer_key=np.arange(len(matrix)))
    return clustering.prepare(frame, columns=names, log="none", scaling=scaling)


def benchmark(folder: Path, name: str) -> tuple[clustering.Prepared, np.ndarray]:
    matrix = np.loadtxt(folder / "clustering" / f"{name}.data.gz")
    return prepared(matrix), np.loadtxt(folder / "clustering" / f"{name}.labels0.gz", dtype=int)


def rand(truth: np.ndarray, division: clustering.Partition) -> float:
    return metrics.adjusted_rand_score(truth, division.labels)


@pytest.fixture(scope="module")
def blobs() -> clustering.Prepared:
    matrix, _ = make_blobs(400, centers=[[0, 0], [7, 0], [0, 7], [7, 7]], cluster_std=1.0, random_state=2)
    return prepared(matrix)


@pytest.mark.reference_data
def test_iris_k_means(reference_data: Path) -> None:
    data, truth = benchmark(reference_data, "iris")
    found = clustering.kmeans(data, k=3, n_init=50)
    assert round(found.inertia, 4) == 78.8514
    assert round(clustering.Criteria.of(data.matrix, found.labels).silhouette, 4) == 0.5528
    assert round(rand(truth, found), 4) == 0.7302


@pytest.mark.reference_data
def test_lsun(reference_data: Path) -> None:
    data, truth = benchmark(reference_data, "lsun")
    found = clustering.kmeans(data, k=3, n_init=50)
    assert round(found.inertia, 4) == 381.6456 and round(rand(truth, found), 4) == 0.4358
    assert round(rand(truth, clustering.hierarchical(data, k=3)), 4) == 0.3688
    assert rand(truth, clustering.gaussian_mixture(data, k=3, n_init=10)) == 1.0
    assert rand(truth, clustering.hierarchical(data, k=3, link="single")) == 1.0


@pytest.mark.reference_data
def test_aggregation(reference_data: Path) -> None:
    data, truth = benchmark(reference_data, "aggregation")
    assert round(rand(truth, clustering.hierarchical(data, k=7)), 4) == 0.8133
    assert rand(truth, clustering.hierarchical(data, k=7, link="average")) == 1.0


@pytest.mark.reference_data
@pytest.mark.parametrize(("name", "k", "k_min", "k_max"), [("hepta", 7, 2, 9), ("s1", 15, 12, 18)])
def test_the_rule_finds_the_number_of_groups(reference_data: Path, name: str, k: int, k_min: int, k_max: int) -> None:
    data, truth = benchmark(reference_data, name)
    found = clustering.choose_k(data, k_min=k_min, k_max=k_max, replicates=0, gap_references=0, references=19)
    assert len(np.unique(truth)) == k == found.k
    assert found.rule == "advantage" and found.significant


@pytest.mark.parametrize("link", ["ward", "average", "complete"])
def test_hierarchies_are_those_of_scikit_learn(blobs: clustering.Prepared, link: str) -> None:
    expected = AgglomerativeClustering(4, linkage=link).fit_predict(blobs.matrix)
    assert rand(expected, clustering.hierarchical(blobs, k=4, link=link)) == 1.0


def test_criteria_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(8)
    for k in (2, 3, 6):
        matrix, labels = random.normal(size=(90, 3)), np.r_[np.arange(k), random.integers(0, k, 90 - k)]
        found = clustering.Criteria.of(matrix, labels)
        assert found.silhouette == pytest.approx(metrics.silhouette_score(matrix, labels), abs=1e-12)
        assert found.calinski_harabasz == pytest.approx(metrics.calinski_harabasz_score(matrix, labels))
        assert found.davies_bouldin == pytest.approx(metrics.davies_bouldin_score(matrix, labels))


def test_silhouettes_of_single_customers_and_equal_points_are_zero() -> None:
    distances = clustering.Distances(np.array([[0.0], [0.0], [1.0], [5.0]]))
    np.testing.assert_allclose(distances.silhouettes(np.array([0, 1, 1, 2]))[[0, 3]], 0.0)
    assert np.isnan(distances.silhouette(np.zeros(4, dtype=int)))


def test_labels_follow_the_stated_order_and_not_the_rows(blobs: clustering.Prepared) -> None:
    by_value = clustering.kmeans(blobs, k=4, order_by="x0")
    means = blobs.frame.groupby(by_value.labels)["x0"].mean()
    assert means.is_monotonic_decreasing
    shuffled = blobs.frame.sample(frac=1, random_state=5)
    again = clustering.kmeans(prepared_again(shuffled), k=4, order_by="x0")
    np.testing.assert_array_equal(again.labels, by_value.labels)
    sizes = clustering.kmeans(blobs, k=3).sizes
    assert sizes.tolist() == sorted(sizes, reverse=True)


def prepared_again(frame: pd.DataFrame) -> clustering.Prepared:
    return clustering.prepare(frame, columns=["x0", "x1"], log="none", scaling="none")


def test_everybody_is_with_the_nearest_centre(blobs: clustering.Prepared) -> None:
    found = clustering.kmeans(blobs, k=6, random_state=4)
    apart = np.linalg.norm(blobs.matrix[:, None] - found.centres[None], axis=2)
    np.testing.assert_array_equal(apart.argmin(axis=1), found.labels)
    assert found.inertia == pytest.approx((apart.min(axis=1) ** 2).sum())


def test_the_seed_fixes_the_labels(blobs: clustering.Prepared) -> None:
    first, second = (clustering.kmeans(blobs, k=7, n_init=1, random_state=11) for _ in range(2))
    np.testing.assert_array_equal(first.labels, second.labels)


def test_a_tree_over_micro_clusters_is_named_and_close(blobs: clustering.Prepared) -> None:
    whole = clustering.hierarchical(blobs, k=4)
    gathered = clustering.hierarchical(blobs, k=4, max_rows=100, micro=80, random_state=1)
    assert (whole.sampled, whole.approximation) == (400, "")
    assert gathered.sampled <= 80 and gathered.approximation == "micro_clusters"
    assert clustering.agreement(whole, gathered) > 0.95


@pytest.mark.parametrize("link", ["ward", "average", "complete", "single"])
def test_an_unweighted_tree_is_that_of_scipy(link: str) -> None:
    for seed in range(5):
        points = np.random.default_rng(seed).normal(size=(60, 3))
        expected = hierarchy.linkage(points, method=link)
        found = clustering.weighted_linkage(points, np.ones(60), link=link)
        np.testing.assert_allclose(found[:, 2], expected[:, 2], rtol=1e-10)
        for k in (2, 5, 11):
            labels = [hierarchy.fcluster(links, k, criterion="maxclust") for links in (found, expected)]
            assert metrics.adjusted_rand_score(*labels) == 1.0
        assert hierarchy.is_valid_linkage(found)
        np.testing.assert_allclose(hierarchy.cophenet(found), hierarchy.cophenet(expected), rtol=1e-10)


@pytest.mark.parametrize("link", ["ward", "average", "complete"])
def test_weights_stand_for_repeated_rows(link: str) -> None:
    """A point of weight three gives the tree that three equal rows give, once these have merged at height zero."""
    random = np.random.default_rng(7)
    points, weights = random.normal(size=(25, 2)), random.integers(1, 5, 25)
    repeated = hierarchy.linkage(np.repeat(points, weights, axis=0), method=link)
    found = clustering.weighted_linkage(points, weights, link=link)
    np.testing.assert_allclose(found[:, 2], repeated[-24:, 2], rtol=1e-8)


def test_many_equal_customers_are_gathered_without_loss() -> None:
    random = np.random.default_rng(2)
    data = prepared(random.integers(0, 8, size=(3_000, 2)).astype(float))
    exact = clustering.hierarchical(data, k=5)
    gathered = clustering.hierarchical(data, k=5, max_rows=100, micro=64)
    assert gathered.approximation == "" and gathered.sampled == 64
    assert gathered.inertia == pytest.approx(exact.inertia, rel=0.02)  # ties in the grid leave several trees


def test_micro_clusters_hold_every_row_once(blobs: clustering.Prepared) -> None:
    points, weights, member = clustering.micro_clusters(blobs.matrix, 50, random_state=3)
    np.testing.assert_array_equal(np.bincount(member), weights)
    for group in range(len(points)):
        np.testing.assert_allclose(points[group], blobs.matrix[member == group].mean(axis=0), atol=0.5)


def test_dbscan_finds_dense_groups_and_noise() -> None:
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    data = prepared(np.vstack([ring, 4 * ring, [[20.0, 20.0]]]))
    distances, radius, wanted = clustering.k_distance(data)
    assert wanted == 4 and distances.shape == (401,) and (np.diff(distances) >= 0).all()
    found = clustering.dbscan(data, radius=0.3, min_samples=4)
    assert (found.k, found.noise, sorted(found.sizes)) == (2, 1, [200, 200])
    assert found.labels[-1] == -1
    assert radius > 0


@pytest.mark.parametrize("radius", [0.4, 0.8, None])
def test_dbscan_is_that_of_scikit_learn_with_equal_customers_too(blobs: clustering.Prepared, radius: float) -> None:
    matrix = np.vstack([blobs.matrix, blobs.matrix[:40], np.round(blobs.matrix)])
    data = prepared(matrix)
    found = clustering.dbscan(data, radius=radius, min_samples=6)
    expected = DBSCAN(eps=found.parameters["radius"], min_samples=6).fit(matrix)
    np.testing.assert_array_equal(found.labels == -1, expected.labels_ == -1)
    core = expected.core_sample_indices_  # a border point may belong to either of two groups
    assert metrics.adjusted_rand_score(found.labels[core], expected.labels_[core]) == 1.0


def test_dbscan_of_a_sample_puts_the_rest_where_they_lie_dense() -> None:
    random = np.random.default_rng(1)
    angles = random.uniform(0, 2 * np.pi, 1_000)
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    data = prepared(np.vstack([ring, 4 * ring, [[20.0, 20.0]]]))
    whole, sampled = (clustering.dbscan(data, radius=0.6, min_samples=4, max_rows=rows) for rows in (5_000, 600))
    assert (whole.approximation, sampled.approximation) == ("", "sample")
    assert clustering.agreement(whole, sampled) == 1.0 and sampled.labels[-1] == -1


def test_a_mixture_of_a_sample_is_close(blobs: clustering.Prepared) -> None:
    whole = clustering.gaussian_mixture(blobs, k=4)
    sampled = clustering.gaussian_mixture(blobs, k=4, max_rows=200)
    assert (whole.approximation, sampled.approximation, sampled.sampled) == ("", "sample", 200)
    assert clustering.agreement(whole, sampled) > 0.95


def test_a_mixture_does_not_depend_on_the_unit(blobs: clustering.Prepared) -> None:
    tiny = prepared(blobs.matrix * 1e-9)
    np.testing.assert_array_equal(
        clustering.gaussian_mixture(blobs, k=4).labels, clustering.gaussian_mixture(tiny, k=4).labels
    )


def test_links_of_a_dendrogram(blobs: clustering.Prepared) -> None:
    links = clustering.hierarchical(blobs, k=4).links
    assert links is not None
    assert clustering.top_links(links, leaves=12).shape == (11, 8)


def test_too_many_groups_are_refused() -> None:
    data = prepared(np.array([[1.0], [1.0], [2.0]]))
    with pytest.raises(AnalysisError, match="3 groups were asked for, but there are 2 different"):
        clustering.kmeans(data, k=3)


def test_the_gap_statistic_says_one_on_even_data_and_counts_planted_groups(blobs: clustering.Prepared) -> None:
    even = np.random.default_rng(4).uniform(size=(400, 2))
    found = clustering.gap_statistic(even, k_max=6, references=20)
    assert found.k == 1 and found.settled
    assert clustering.gap_statistic(blobs.matrix, k_max=7, references=20).k == 4


def test_the_gap_statistic_by_hand() -> None:
    # two points per place: W(1) = 4 points around their mean 1: 4; W(2) = 0 is kept finite
    table = clustering.gap_statistic(np.array([[0.0], [0.0], [2.0], [2.0]]), k_max=2, references=3).table
    assert table["log_inertia"].iloc[0] == pytest.approx(np.log(4.0))
    assert np.isfinite(table["gap"]).all()


@pytest.mark.parametrize("kind", ["normal", "uniform", "margins"])
def test_reference_data_keeps_what_it_promises(kind: str) -> None:
    random = np.random.default_rng(1)
    given = random.multivariate_normal([1, 2], [[1, 0.8], [0.8, 1]], size=5_000)
    given[:, 1] = np.exp(given[:, 1])
    drawn = clustering.reference_draw(given, kind=kind, random=random)
    assert drawn.shape == given.shape
    if kind == "margins":
        np.testing.assert_array_equal(np.sort(drawn, axis=0), np.sort(given, axis=0))
        ranks = [np.corrcoef(pd.DataFrame(each).rank().T)[0, 1] for each in (drawn, given)]
        assert ranks[0] == pytest.approx(ranks[1], abs=0.03)
    if kind == "normal":
        np.testing.assert_allclose(np.cov(drawn.T), np.cov(given.T), rtol=0.1)


def test_jaccard_by_hand() -> None:
    labels, found = np.array([0, 0, 0, 1, 1, 1]), np.array([2, 2, 0, 0, 0, 0])
    np.testing.assert_allclose(best_jaccard(labels, found, groups=2), [2 / 3, 3 / 4])
    assert np.isnan(best_jaccard(labels, found, groups=3)[2])


@pytest.mark.parametrize("method", ["kmeans", "ward", "gaussian_mixture"])
def test_separate_groups_come_back(blobs: clustering.Prepared, method: str) -> None:
    make = {
        "kmeans": lambda: clustering.kmeans(blobs, k=4),
        "ward": lambda: clustering.hierarchical(blobs, k=4),
        "gaussian_mixture": lambda: clustering.gaussian_mixture(blobs, k=4),
    }[method]
    found = clustering.stability(blobs, make(), replicates=20)
    assert found.mean > 0.97 and found.weakest > 0.95 and len(found.rand) == 20
    assert found.interval[0] <= found.mean <= found.interval[1]


def test_arbitrary_cuts_of_a_round_cloud_do_not_come_back() -> None:
    cloud = prepared(np.random.default_rng(6).normal(size=(300, 5)))
    assert clustering.stability(cloud, clustering.kmeans(cloud, k=7), replicates=30).weakest < 0.6


def test_stability_of_dbscan_is_refused(blobs: clustering.Prepared) -> None:
    with pytest.raises(AnalysisError, match="dbscan"):
        clustering.stability(blobs, clustering.dbscan(blobs), replicates=2)
