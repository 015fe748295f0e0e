"""Clustering beside published results and scikit-learn: algorithms, criteria, large data, and data without groups."""

from __future__ import annotations

import dataclasses
import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import numpy as np
import pandas as pd
import sklearn
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn import cluster, metrics, mixture
from sklearn.datasets import make_blobs

from analysis import clustering
from benchmarks.verify.table import Table, digits, reference_data

__all__ = ["tables"]

SETS = ("iris", "lsun", "aggregation", "hepta", "s1", "spiral", "twodiamonds")
LINKS = ("ward", "average", "complete", "single")
HERE = f"scikit-learn {sklearn.__version__} and SciPy in the same run"
#: Data without groups, and how often each is drawn.
SHAPES, SIZES, SEEDS = ("uniform", "normal", "log-normal", "correlated"), (30, 100, 300), 100


def prepared(matrix: np.ndarray) -> clustering.Prepared:
    """Raw data, neither logged nor scaled."""
    names = [f"x{number}" for number in range(matrix.shape[1])]
    frame = pd.DataFrame(matrix, columns=names).assign(customer_key=np.arange(len(matrix)))
    return clustering.prepare(frame, columns=names, log="none", scaling="none")


@cache
def labelled(name: str) -> tuple[clustering.Prepared, np.ndarray]:
    """A labelled set of Gagolewski's collection."""
    matrix = np.loadtxt(reference_data("clustering", f"{name}.data.gz"), ndmin=2)
    return prepared(matrix), np.loadtxt(reference_data("clustering", f"{name}.labels0.gz"), dtype=int)


def rand(truth: np.ndarray, labels: np.ndarray) -> float:
    return float(metrics.adjusted_rand_score(truth, labels))


def published() -> Table:
    """Figures that the literature and the collection's results give."""
    iris, iris_truth = labelled("iris")
    lsun, lsun_truth = labelled("lsun")
    many, many_truth = labelled("aggregation")
    three, lsun_three = (clustering.kmeans(each, k=3, n_init=50) for each in (iris, lsun))
    mixed = clustering.gaussian_mixture(lsun, k=3, n_init=10)
    criteria = clustering.Criteria.of(iris.matrix, three.labels)
    rows = [
        ("iris", "K-means, k = 3: inertia", three.inertia, 78.8514),
        ("iris", "K-means, k = 3: silhouette", criteria.silhouette, 0.5528),
        ("iris", "K-means, k = 3: adjusted Rand", rand(iris_truth, three.labels), 0.7302),
        ("lsun", "K-means, k = 3: inertia", lsun_three.inertia, 381.6456),
        ("lsun", "K-means, k = 3: adjusted Rand", rand(lsun_truth, lsun_three.labels), 0.4358),
        ("lsun", "Ward: adjusted Rand", rand(lsun_truth, clustering.hierarchical(lsun, k=3).labels), 0.3688),
        ("lsun", "Gaussian mixture: adjusted Rand", rand(lsun_truth, mixed.labels), 1.0),
        ("aggregation", "Ward: adjusted Rand", rand(many_truth, clustering.hierarchical(many, k=7).labels), 0.8133),
        (
            "aggregation",
            "average linkage: adjusted Rand",
            rand(many_truth, clustering.hierarchical(many, k=7, link="average").labels),
            1.0,
        ),
    ]
    frame = pd.DataFrame(rows, columns=["set", "figure", "found", "published"])
    frame["met"] = (frame["found"] - frame["published"]).abs() <= 0.5e-4
    return Table("clustering_published", "Published results", "Gagolewski (2022), SoftwareX 20", frame, "to the digit")


def algorithms() -> Table:
    """Adjusted Rand index with the true labels, ours beside the packages', for every set and algorithm."""
    rows = []
    for name in SETS:
        data, truth = labelled(name)
        k, matrix = len(np.unique(truth)), data.matrix
        theirs = {link: fcluster(linkage(matrix, link), k, "maxclust") for link in LINKS}
        ours = {link: clustering.hierarchical(data, k=k, link=link) for link in LINKS}
        theirs["kmeans"] = cluster.KMeans(k, n_init=50, random_state=0).fit_predict(matrix)
        ours["kmeans"] = clustering.kmeans(data, k=k, n_init=50)
        theirs["gaussian_mixture"] = mixture.GaussianMixture(k, n_init=10, random_state=0).fit_predict(matrix)
        ours["gaussian_mixture"] = clustering.gaussian_mixture(data, k=k, n_init=10)
        ours["dbscan"] = clustering.dbscan(data)
        radius, wanted = ours["dbscan"].parameters["radius"], ours["dbscan"].parameters["min_samples"]
        theirs["dbscan"] = cluster.DBSCAN(eps=radius, min_samples=wanted).fit_predict(matrix)
        for method, found in ours.items():
            figures = rand(truth, found.labels), rand(truth, theirs[method])
            rows.append((name, method, k, found.k, *figures, rand(found.labels, theirs[method])))
    columns = ["set", "algorithm", "true_k", "k", "found", "package", "same_labels"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["met"] = frame["found"] >= frame["package"] - 0.005
    goal = "agrees with the true labels as well as the package does"
    return Table("clustering_algorithms", "Seven labelled sets, every algorithm, raw data", HERE, frame, goal)


def criteria() -> Table:
    """Silhouette, Calinski–Harabasz and Davies–Bouldin, digits that agree with scikit-learn."""
    rows = []
    for name in SETS:
        data, truth = labelled(name)
        labels = clustering.kmeans(data, k=len(np.unique(truth)), n_init=10).labels
        found = clustering.Criteria.of(data.matrix, labels, clustering.Distances(data.matrix, at_most=len(labels)))
        for criterion, theirs in (
            ("silhouette", metrics.silhouette_score),
            ("calinski_harabasz", metrics.calinski_harabasz_score),
            ("davies_bouldin", metrics.davies_bouldin_score),
        ):
            rows.append((name, criterion, getattr(found, criterion), float(theirs(data.matrix, labels))))
    frame = pd.DataFrame(rows, columns=["set", "criterion", "found", "package"])
    frame["digits"] = [digits(ours, theirs) for ours, theirs in zip(frame["found"], frame["package"], strict=True)]
    frame["met"] = frame["digits"] >= 10
    return Table("clustering_criteria", "Criteria of K-means divisions", HERE, frame, "at least ten digits")


def numbers_of_groups() -> Table:
    """Which number of groups each criterion takes, and the verdict; only sets of roundish groups are fair to ask."""
    rows = []
    for name in ("hepta", "s1", "twodiamonds", "iris", "wholesale"):
        data, k = (wholesale(), None) if name == "wholesale" else (labelled(name)[0], len(np.unique(labelled(name)[1])))
        low, high = (12, 18) if name == "s1" else (2, 9)
        choice = clustering.choose_k(data, k_min=low, k_max=high, references=19, replicates=0)
        division = clustering.kmeans(data, k=choice.k)
        steady = clustering.stability(data, division, replicates=30)
        verdict = clustering.judge(data, division, choice, steady)
        picks = {f"by_{each}": choice.picks.get(each) for each in ("advantage", "silhouette", "gap")}
        rows.append({"set": name, "true_k": k, "chosen": choice.k, **picks, "verdict": verdict.level})
    frame = pd.DataFrame(rows)
    return Table("clustering_k", "Numbers of groups", "labels of the sets; wholesale has none", frame)


def wholesale() -> clustering.Prepared:
    """Annual spend of 440 wholesale customers in six categories (UCI 292), logged and scaled by default."""
    frame = pd.read_csv(reference_data("wholesale", "Wholesale_customers_data.csv"))
    columns = [name for name in frame if name not in ("Channel", "Region")]
    return clustering.prepare(frame.assign(customer_key=range(len(frame))), columns=columns)


def customers(rows: int, *, seed: int = 0) -> clustering.Prepared:
    """Four overlapping kinds in four columns, of different width and size."""
    random = np.random.default_rng(seed)
    kind = random.choice(4, size=rows, p=[0.4, 0.3, 0.2, 0.1])
    means = np.array([[0, 0, 0, 0], [2, 2, 1, 0], [-1, 2, -2, 1], [3, -2, 3, 3]])[kind]
    return prepared(means + random.normal(size=(rows, 4)) * np.array([0.6, 0.8, 0.7, 1.0])[kind][:, None])


def approximation() -> Table:
    """The tree over micro-clusters beside the exact one, and beside a sample whose rest joins the nearest."""
    data = customers(6_000)
    rows = []
    for link in LINKS[:3]:
        exact = clustering.hierarchical(data, k=4, link=link)
        found = clustering.hierarchical(data, k=4, link=link, max_rows=1_000, micro=1_000)
        taken = np.random.default_rng(0).choice(6_000, size=1_000, replace=False)
        small = fcluster(linkage(data.matrix[taken], link), 4, "maxclust")
        apart = ((data.matrix[:, None] - data.matrix[taken][None]) ** 2).sum(axis=2)
        rest = small[apart.argmin(axis=1)]
        agreements = rand(exact.labels, found.labels), rand(exact.labels, rest)
        rows.append((link, 6_000, 1_000, *agreements, found.inertia / exact.inertia))
    columns = ["link", "customers", "micro", "found", "sample", "inertia_ratio"]
    frame = pd.DataFrame(rows, columns=columns)
    title = "Trees over 1,000 micro-clusters against exact trees (adjusted Rand)"
    return Table("clustering_approximation", title, "SciPy's exact tree; a sample of the same size", frame)


def at_size() -> Table:
    """Seconds for 200,000 customers."""
    data = customers(200_000)
    runs = {
        **{link: (lambda link=link: clustering.hierarchical(data, k=4, link=link)) for link in LINKS[:3]},
        "kmeans": lambda: clustering.kmeans(data, k=4),
        "gaussian_mixture": lambda: clustering.gaussian_mixture(data, k=4),
        "dbscan": lambda: clustering.dbscan(data),
    }
    rows = []
    for method, run in runs.items():
        start = time.perf_counter()
        found = run()
        seconds = time.perf_counter() - start
        rows.append((method, found.approximation or "exact", found.sampled, found.k, seconds, seconds <= 60))
    frame = pd.DataFrame(rows, columns=["algorithm", "how", "points", "groups", "seconds", "met"])
    return Table("clustering_size", "200,000 customers, one thread", "time on this machine", frame, "within a minute")


def drawn(shape: str, rows: int, seed: int) -> np.ndarray:
    """Three columns without groups."""
    random = np.random.default_rng([seed, rows])
    if shape == "uniform":
        return random.uniform(size=(rows, 3))
    if shape == "log-normal":
        return random.lognormal(size=(rows, 3))
    covariance = 0.8 + 0.2 * np.eye(3) if shape == "correlated" else np.eye(3)
    return random.multivariate_normal(np.zeros(3), covariance, size=rows)


def verdict_of(shape: str, rows: int, seed: int) -> str:
    """The verdict on one draw; what cannot change it is not computed."""
    matrix = blobs(shape, rows, seed) if shape.startswith("apart") else drawn(shape, rows, seed)
    frame = pd.DataFrame(matrix, columns=list("abc")).assign(customer_key=range(rows))
    data = clustering.prepare(frame, columns=["a", "b", "c"])
    options = {"k_max": 6, "references": 19, "gap_references": 0, "replicates": 0, "silhouette_sample": 300}
    choice = clustering.choose_k(data, random_state=seed, **options)
    if choice.k < 2:
        return "too_few"
    if not choice.significant:
        most = int(choice.table["k"].max())
        gap = clustering.gap_statistic(data.matrix, k_max=most, references=10, n_init=2, random_state=seed)
        if gap.k == 1:
            return "none"
        choice = dataclasses.replace(choice, gap=gap)
    division = clustering.kmeans(data, k=choice.k, n_init=10, random_state=seed)
    steady = clustering.stability(data, division, replicates=30, random_state=seed)
    return clustering.judge(data, division, choice, steady, rows=300, random_state=seed).level


def blobs(shape: str, rows: int, seed: int) -> np.ndarray:
    """Three round groups whose centres lie so many standard deviations apart as the name says."""
    centres = float(shape.removeprefix("apart ")) / np.sqrt(2) * np.eye(3)
    matrix, _ = make_blobs(rows, centers=centres, cluster_std=1.0, random_state=seed)
    return np.asarray(matrix)


def without_groups() -> Table:
    """How often groups are called convincing where there are none, and where there are three."""
    cases = [(shape, rows, False) for rows in SIZES for shape in SHAPES]
    cases += [(f"apart {way}", rows, True) for rows in SIZES for way in (4, 6)]
    work = [(shape, rows, seed) for shape, rows, _ in cases for seed in range(SEEDS)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        levels = list(pool.map(verdict_of, *zip(*work, strict=True), chunksize=25))
    rows = []
    for place, (shape, size, real) in enumerate(cases):
        found = levels[place * SEEDS : (place + 1) * SEEDS]
        convincing = sum(level in ("soft", "clear") for level in found)
        # of 100 draws 10 are the most that a rate of 5 % gives in 98.9 % of cases
        met = convincing >= 90 if real and shape == "apart 6" else True if real else convincing <= 10
        rows.append((shape, size, real, SEEDS, convincing, found.count("clear"), met))
    columns = ["shape", "customers", "groups", "draws", "convincing", "clear", "met"]
    frame = pd.DataFrame(rows, columns=columns)
    goal = "without groups at most 10 of 100 called convincing, three groups six apart at least 90"
    return Table("clustering_without_groups", "False alarms and power of the verdict", "known truth", frame, goal)


def tables() -> list[Table]:
    """All tables of clustering; the last takes minutes."""
    return [
        published(),
        algorithms(),
        criteria(),
        numbers_of_groups(),
        approximation(),
        at_size(),
        without_groups(),
    ]
