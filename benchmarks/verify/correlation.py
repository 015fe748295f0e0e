"""Correlations beside published results and beside other packages on random data; their speed: `benchmarks.bench`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pingouin
from numpy.typing import NDArray
from scipy import stats
from sklearn.datasets import load_iris
from statsmodels.stats.multitest import multipletests

from analysis import correlation
from benchmarks.verify.table import Table, reference_data

__all__ = ["tables"]

Floats = NDArray[np.float64]

#: Random data sets of the agreement, and how far from the peer a number may be (rounding alone).
DATA_SETS = 25
ROUNDING = 1e-9


def tables() -> list[Table]:
    """Published results, agreement."""
    return [published(), agreement()]


def published() -> Table:
    """Coefficients, intervals and p-values that stand in papers and manuals."""
    rows = [
        {"quantity": what, "data": data, "found": found, "published": known, "decimals": places}
        for what, data, found, known, places in (*_examples(), *_iris(), *_longley(), *_corrections())
    ]
    frame = pd.DataFrame(rows)
    frame["met"] = (frame["found"] - frame["published"]).abs() <= 0.5000001 * 10.0 ** -frame["decimals"]
    return Table(
        "correlation_published",
        "Coefficients, intervals, p-values and corrections that others published",
        "Anscombe 1973; Hollander and Wolfe 1973 as in R's cor.test; Bonett's statpsych; Kim's ppcor; R's iris and "
        "longley; SciPy's manual; a worked example of Benjamini-Hochberg",
        frame,
        "equal to every published decimal",
    )


#: Hollander and Wolfe (1973), p. 187: lightness and quality of canned tuna; the example of R's `cor.test`.
TUNA = (
    [44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1],
    [2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8],
)
#: Anscombe (1973), The American Statistician 27, 17-21.
ANSCOMBE_X = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
ANSCOMBE = (
    (ANSCOMBE_X, [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]),
    (ANSCOMBE_X, [9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74]),
    (ANSCOMBE_X, [7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73]),
    ([8] * 7 + [19] + [8] * 3, [6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.50, 5.56, 7.91, 6.89]),
)
#: The example of `ci.spear` in Bonett's R package statpsych.
STATPSYCH = (
    [21, 4, 9, 12, 35, 18, 10, 22, 24, 1, 6, 8, 13, 16, 19],
    [67, 28, 30, 28, 52, 40, 25, 37, 44, 10, 14, 20, 28, 40, 51],
)
#: Intelligence and hours of television in the encyclopaedia's article on Spearman's coefficient: ρ = −29/165.
TELEVISION = ([106, 100, 86, 101, 99, 103, 97, 113, 112, 110], [7, 27, 2, 50, 28, 29, 20, 12, 6, 17])
#: The example of `pcor.test` in Kim's R package ppcor.
PPCOR = {
    "hl": [7, 15, 19, 15, 21, 22, 57, 15, 20, 18],
    "disp": [0, 0.964, 0, 0, 0.921, 0, 0, 1.006, 0, 1.011],
    "deg": [9, 2, 3, 4, 1, 3, 1, 3, 6, 1],
    "BC": [1.78e-02, 1.05e-06, 1.37e-05, 7.18e-03, 0, 0, 0, 4.48e-03, 2.10e-06, 0],
}
#: SciPy's manual of `kendalltau`, with ties.
KENDALL = ([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])

Row = tuple[str, str, float, float, int]


def _one(data: Any, method: str) -> pd.Series:
    return correlation.correlate(pd.DataFrame({"x": data[0], "y": data[1]}), methods=[method]).table.iloc[0]


def _examples() -> Iterator[Row]:
    for number, (data, known) in enumerate(zip(ANSCOMBE, (0.81642, 0.81624, 0.81629, 0.81652), strict=True), 1):
        yield "Pearson", f"Anscombe {number}", _one(data, "pearson")["estimate"], known, 5
    row = _one(TUNA, "pearson")
    for what, name, known, places in (
        ("Pearson", "estimate", 0.5711816, 7), ("p (Student's t)", "p", 0.1082, 4),
        ("Fisher interval, low", "low", -0.1497426, 7), ("Fisher interval, high", "high", 0.8955795, 7),
    ):  # fmt: skip
        yield what, "tuna", row[name], known, places
    row = _one(TUNA, "kendall")
    yield "Kendall", "tuna", row["estimate"], 0.4444444, 7
    yield "Kendall, exact p", "tuna", row["p"], 0.1194, 4
    yield "Spearman", "tuna", _one(TUNA, "spearman")["estimate"], 0.6, 7
    row = _one(STATPSYCH, "spearman")
    yield "Spearman", "statpsych", row["estimate"], 0.8699639, 7
    low, high = correlation.bonett_wright(row["estimate"], row["n"])
    yield "Bonett-Wright, low", "statpsych", float(low), 0.5840951, 7
    yield "Bonett-Wright, high", "statpsych", float(high), 0.9638297, 7
    row = _one(TELEVISION, "spearman")
    yield "Spearman", "television", row["estimate"], -29 / 165, 12
    yield "Spearman, p (Student's t)", "television", row["p"], 0.6271883, 7
    row = _one(KENDALL, "kendall")
    yield "Kendall, ties", "SciPy's manual", row["estimate"], -0.47140452079103173, 12
    yield "Kendall, ties, p", "SciPy's manual", row["p"], 0.2827454599327748, 12

    found = correlation.partial(pd.DataFrame(PPCOR), "hl", "disp", controls=["deg", "BC"], method="pearson")
    yield "Pearson, partial", "ppcor", found.estimate, -0.6720863, 7
    yield "Pearson, partial, p", "ppcor", found.p, 0.06789202, 8


def _iris() -> Iterator[Row]:
    names = ["Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width"]
    matrix, _ = correlation.pearson_matrix(load_iris().data)
    known = {(0, 1): -0.1175698, (0, 2): 0.8717538, (0, 3): 0.8179411, (1, 2): -0.4284401, (1, 3): -0.3661259,
             (2, 3): 0.9628654}  # fmt: skip
    for (i, j), value in known.items():
        yield "Pearson", f"iris, {names[i]} × {names[j]}", matrix[i, j], value, 7


def _longley() -> Iterator[Row]:
    lines = reference_data("nist", "Longley.dat").read_text(encoding="latin-1").splitlines()[60:]
    data = np.array([[float(cell) for cell in line.split()] for line in lines if line.strip()])
    names = ["Employed", "GNP.deflator", "GNP", "Unemployed", "Armed.Forces", "Population", "Year"]
    matrix, _ = correlation.pearson_matrix(data)
    for first, second, known in (("GNP.deflator", "GNP", 0.9915892), ("GNP", "Year", 0.9952735)):
        found = matrix[names.index(first), names.index(second)]
        yield "Pearson", f"Longley, {first} × {second}", found, known, 7


def _corrections() -> Iterator[Row]:
    p, known = [0.52, 0.12, 0.0001, 0.03, 0.14], [0.52, 0.175, 0.0005, 0.075, 0.175]
    for raw, found, value in zip(p, correlation.adjust(p, method="bh"), known, strict=True):
        yield "Benjamini-Hochberg", f"worked example, p = {raw}", found, value, 12


def agreement() -> Table:
    """The largest difference from each peer over random data with ties, gaps and very different magnitudes."""
    worst: dict[tuple[str, str], list[float]] = {}
    for seed in range(DATA_SETS):
        for what, peer, ours, theirs in _compared(np.random.default_rng(seed)):
            gap = np.nanmax(np.abs(np.asarray(ours, float) - np.asarray(theirs, float)), initial=0.0)
            same = np.array_equal(np.isnan(np.asarray(ours, float)), np.isnan(np.asarray(theirs, float)))
            worst.setdefault((what, peer), []).append(float(gap) if same else np.inf)
    rows = [
        {"quantity": what, "peer": peer, "comparisons": len(gaps), "largest_difference": max(gaps)}
        for (what, peer), gaps in worst.items()
    ]
    frame = pd.DataFrame(rows).assign(met=lambda table: table["largest_difference"] <= ROUNDING)
    return Table(
        "correlation_agreement",
        f"Largest absolute difference on {DATA_SETS} random data sets with ties and missing values",
        "SciPy, pandas, pingouin, statsmodels, each on the same data",
        frame,
        f"differences of rounding alone, at most {ROUNDING:g}",
    )


def _random(generator: np.random.Generator, *, scaled: bool) -> pd.DataFrame:
    n, p = int(generator.integers(12, 200)), 4
    base = generator.normal(size=(n, p)) + generator.normal(size=(n, 1))
    values = np.column_stack([base[:, 0], np.round(base[:, 1]), np.exp(2 * base[:, 2]), base[:, 3] > 0.5]).astype(float)
    if scaled:
        values = values * generator.choice([1e-6, 1.0, 1e6], p) + generator.choice([0.0, 1e3], p)
    values[generator.random(values.shape) < generator.choice([0.0, 0.1])] = np.nan
    return pd.DataFrame(values, columns=list("abcd"))


Comparison = tuple[str, str, Any, Any]
SCIPY: dict[str, Callable[..., Any]] = {
    "pearson": stats.pearsonr, "spearman": stats.spearmanr, "kendall": stats.kendalltau,
}  # fmt: skip


def _compared(generator: np.random.Generator) -> Iterator[Comparison]:
    frame = _random(generator, scaled=True)
    result = correlation.correlate(frame)
    for method, function in SCIPY.items():
        table = result.of(method)
        pairs = [frame[[a, b]].dropna() for a, b in zip(table["first"], table["second"], strict=True)]
        theirs = [function(pair.iloc[:, 0], pair.iloc[:, 1]) for pair in pairs]
        yield f"{method}, coefficient", "SciPy", table["estimate"], [found.statistic for found in theirs]
        yield f"{method}, p", "SciPy", table["p"], [found.pvalue for found in theirs]
        if method == "pearson":
            bounds = np.array([found.confidence_interval() for found in theirs])
            yield "pearson, Fisher interval", "SciPy", table[["low", "high"]], bounds
        for ours, named in (("p_holm", "holm"), ("p_bh", "fdr_bh"), ("p_by", "fdr_by")):
            yield f"{method}, {ours}", "statsmodels", table[ours], multipletests(table["p"], method=named)[1]
        peer = pingouin.pairwise_corr(frame, method=method, padjust="holm").set_index(["X", "Y"])
        peer = peer.loc[list(zip(table["first"], table["second"], strict=True))]
        yield f"{method}, coefficient", "pingouin", table["estimate"], peer["r"]
        yield f"{method}, p_holm", "pingouin", table["p_holm"], peer["p_corr"]
        yield f"{method}, n", "pingouin", table["n"], peer["n"]
    # pingouin takes columns of very small numbers for determined by their controls
    yield from _compared_beyond(_random(generator, scaled=False))


def _compared_beyond(frame: pd.DataFrame) -> Iterator[Comparison]:
    whole = correlation.correlate(frame)
    for method in SCIPY:
        # pandas loses digits of Pearson's coefficient where a column's spread is small beside its mean
        square = frame.corr(method=method)
        yield f"{method}, matrix", "pandas", whole.matrix(method), square.loc[[*whole.columns], [*whole.columns]]
    for method in ("pearson", "spearman"):
        for semi, option in ((False, "covar"), (True, "y_covar")):
            ours = correlation.partial(frame, "a", "c", controls=["b", "d"], method=method, semi=semi)
            peer = pingouin.partial_corr(frame, "a", "c", **{option: ["b", "d"]}, method=method).iloc[0]
            name = f"{method}, {ours.kind}"
            yield name, "pingouin", [ours.estimate, ours.p], [peer["r"], peer["p_val"]]
            if method == "pearson" and not semi and ours.reason is None:
                # pingouin rounds its bounds to two decimals
                bounds = np.round([ours.low, ours.high], 2)
                yield f"{name}, interval (2 decimals)", "pingouin", bounds, peer["CI95"]
    complete = frame[["a", "c"]].dropna().to_numpy()
    ours_distance = correlation.distance_correlation(complete[:, 0], complete[:, 1])
    peer_distance = pingouin.distance_corr(complete[:, 0], complete[:, 1], n_boot=None)
    yield "distance correlation", "pingouin", [ours_distance], [peer_distance]
