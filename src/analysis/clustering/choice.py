"""How many groups: several criteria over k, the same on data without groups, and a stated rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.clustering.criteria import Criteria, Distances, Gap, ReferenceKind, gap_statistic, reference_draw
from analysis.clustering.partitions import fit_kmeans, one_thread, sample_rows
from analysis.clustering.prepare import Prepared
from analysis.clustering.stability import mean_agreement
from analysis.errors import AnalysisError
from analysis.parallel import each

__all__ = ["MIN_CUSTOMERS", "RULES", "Choice", "Reference", "choose_frozen", "choose_k", "reference_test"]

Rule = Literal["advantage", "silhouette", "gap", "votes"]
RULES: tuple[str, ...] = ("advantage", "silhouette", "gap", "votes")

#: With fewer customers than this no number of groups is looked for.
MIN_CUSTOMERS = 30


@dataclass(frozen=True)
class Reference:
    """The silhouettes that data without groups gives, under the same algorithm.

    Parameters
    ----------
    kind : str
        See `analysis.clustering.criteria.reference_draw`.
    silhouettes : ndarray, shape (draws, numbers of groups)
    observed : ndarray, shape (numbers of groups,)
        Measured on the same number of rows as the draws.
    ks : tuple of int
    rows : int
    p_value : float
        Share of draws (the data counted among them) whose largest advantage over the other draws, whatever k it
        occurs at, is at least the data's: k was looked for, so it is looked for in the draws as well.
    """

    kind: str
    silhouettes: np.ndarray
    observed: np.ndarray
    ks: tuple[int, ...]
    rows: int
    p_value: float

    @property
    def expected(self) -> np.ndarray:
        """Mean silhouette without groups, shape (numbers of groups,)."""
        return self.silhouettes.mean(axis=0)

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation of the silhouette without groups, shape (numbers of groups,)."""
        return self.silhouettes.std(axis=0, ddof=1)

    @property
    def advantage(self) -> np.ndarray:
        """Observed less expected silhouette, shape (numbers of groups,)."""
        return self.observed - self.expected


@dataclass(frozen=True)
class Choice:
    """The number of groups and why.

    Parameters
    ----------
    k : int
        The chosen number; 1 where nothing could be divided.
    rule : str
        `advantage`, `silhouette`, `gap`, `votes`, `given` or `frozen`; `too_few` where there is nothing to choose
        from.
    table : DataFrame
        One row per k: k, inertia, silhouette, calinski_harabasz, davies_bouldin, smallest (share of customers),
        gap, gap_error, stability (mean adjusted Rand), expected, expected_low, expected_high (the silhouette
        without groups: mean, and the middle 95 % of draws), advantage, eligible, chosen.
    picks : mapping of str to int
        What each criterion alone would choose.
    reference : Reference or None
    gap : Gap or None
    rows : int
        Customers on whom k was chosen (a random sample beyond that many).
    silhouette_rows : int
        Customers on whom silhouettes were measured.
    significant : bool
        Whether the reference test was passed at the given level.
    """

    k: int
    rule: str
    table: pd.DataFrame
    picks: dict[str, int]
    reference: Reference | None
    gap: Gap | None
    rows: int
    silhouette_rows: int
    significant: bool


def choose_k(
    prepared: Prepared,
    *,
    k_min: int = 2,
    k_max: int = 8,
    rule: Rule = "advantage",
    k: int | None = None,
    min_share: float = 0.02,
    n_init: int = 5,
    references: int = 39,
    gap_references: int = 10,
    replicates: int = 20,
    sample: int = 5_000,
    silhouette_sample: int = 1_500,
    level: float = 0.95,
    random_state: int = 0,
) -> Choice:
    """Measure K-means for each number of groups and choose one by a stated rule.

    Parameters
    ----------
    rule : str
        `advantage`: of the k whose silhouette exceeds what data without groups gives by as much as the best k's does,
        within one standard deviation of the reference, the one with the highest silhouette; where no k exceeds it by
        more than chance, as `silhouette`. `silhouette`: the highest. `gap`: Tibshirani's rule, at
        least `k_min`. `votes`: what most of silhouette, Calinski–Harabasz, Davies–Bouldin and gap choose, the smaller
        on a tie.
    k : int, optional
        A number fixed beforehand; the rest is still measured.
    min_share : float
        A k whose smallest group holds a smaller share of the customers is not eligible (unless none is).
    references, gap_references, replicates : int
        Draws without groups for the silhouette and for the gap (0: not computed), bootstrap samples per k
        (0: not computed).
    sample, silhouette_sample : int
        Rows beyond which a random sample is used, for everything and for silhouettes.

    Notes
    -----
    Why `advantage` is the default. The highest silhouette is a matter of data's shape as well as of groups: it tends
    to favour few groups, and in data without any it has a maximum all the same. Taking off what data of the same
    columns and correlations gives leaves what groups add. That difference is known only to within the spread of such
    data, so all k within one standard deviation of the best are equals, and the silhouette itself, which needs no
    reference, decides between them. The standard deviation is that of single draws, as in the one-standard-error rule
    of Breiman et al. (1984) in spirit, but wider, and so more cautious against reading much into small differences.

    References
    ----------
    Hennig & Lin (2015), Statistics and Computing 25, for calibrating the silhouette by data without groups;
    Kaufman & Rousseeuw (1990), Finding Groups in Data, for the silhouette; Tibshirani et al. (2001) for the gap.
    """
    if rule not in RULES:
        raise AnalysisError(f"clustering.rule must be one of {', '.join(RULES)}; got {rule!r}")
    if not 2 <= k_min <= k_max:
        raise AnalysisError(f"clustering: k_min must be at least 2 and k_max not below it; got {k_min} and {k_max}")
    rows = sample_rows(len(prepared.matrix), at_most=sample, random_state=random_state)
    matrix = prepared.matrix[rows]
    most = min(k_max, _most_groups(prepared, len(matrix)))
    if most < k_min:
        return _nothing_to_choose(prepared, len(matrix))
    ks = range(k_min, most + 1)
    if k is not None and k not in ks:
        raise AnalysisError(f"clustering.k must lie between {k_min} and {most} (k_min, k_max, customers); got {k}")
    measured, labels = _measure(
        matrix, ks, n_init=n_init, silhouette_sample=silhouette_sample, random_state=random_state
    )
    if replicates:
        options = {"replicates": replicates, "n_init": 2, "random_state": random_state}
        measured["stability"] = each(lambda found: mean_agreement(matrix, found, **options), labels)
    gap = (
        gap_statistic(matrix, k_max=most, references=gap_references, n_init=2, random_state=random_state)
        if gap_references
        else None
    )
    reference = None
    if references:
        reference = reference_test(
            prepared, ks=ks, draws=references, rows=silhouette_sample, kind=_kind(matrix), random_state=random_state
        )
    table = _with_references(measured, gap, reference, min_share)
    significant = reference is not None and reference.p_value <= round(1 - level, 12)
    picks = _picks(table, gap, reference)
    chosen, used = (k, "given") if k is not None else _apply(rule, picks, k_min, significant)
    table["chosen"] = table["k"] == chosen
    silhouette_rows = min(len(matrix), silhouette_sample)
    return Choice(chosen, used, table, picks, reference, gap, len(matrix), silhouette_rows, significant)


def choose_frozen(prepared: Prepared, k: int, **options: Any) -> Choice:
    """The criteria beside a number of groups that is not open to choice; `options` are those of `choose_k`."""
    low, high = options.pop("k_min", 2), options.pop("k_max", 8)
    rows = min(len(prepared.matrix), options.get("sample", 5_000))
    if not 2 <= k <= _most_groups(prepared, rows):
        return replace(_nothing_to_choose(prepared, rows), k=k)
    found = choose_k(prepared, k=k, k_min=min(low, k), k_max=max(high, k), **options)
    return replace(found, rule="frozen")


def _most_groups(prepared: Prepared, rows: int) -> int:
    """The largest number of groups that is looked for: five customers a group, and fewer groups than customers."""
    return 0 if rows < MIN_CUSTOMERS else min(prepared.distinct - 1, rows // 5)


def reference_test(
    prepared: Prepared,
    *,
    ks: range,
    draws: int = 39,
    rows: int = 1_500,
    kind: ReferenceKind = "margins",
    n_init: int = 5,
    random_state: int = 0,
) -> Reference:
    """Silhouettes of the data and of draws without groups, on the same number of rows, for each k.

    The data gets as many starts of K-means as each draw: with more, it would reach better solutions than they do, and
    look grouped for that reason alone.

    References
    ----------
    Hennig & Lin (2015), Statistics and Computing 25; p-value as in Davison & Hinkley (1997), section 4.2.
    """
    seen = prepared.matrix[sample_rows(len(prepared.matrix), at_most=rows, random_state=random_state)]
    random = np.random.default_rng(random_state)
    with one_thread():
        clouds = [reference_draw(seen, kind=kind, random=random) for _ in range(draws)]
        observed, *measured = each(
            lambda item: _silhouettes(item[1], ks, n_init=n_init, random_state=item[0]),
            [(random_state, seen), *enumerate(clouds)],
        )
    drawn = np.nan_to_num(np.array(measured))
    others = (drawn.sum(axis=0) - drawn) / max(draws - 1, 1)
    largest = (drawn - others).max(axis=1)
    reached = int((largest >= (observed - drawn.mean(axis=0)).max()).sum())
    return Reference(kind, drawn, observed, tuple(ks), len(seen), (1 + reached) / (draws + 1))


def _silhouettes(matrix: np.ndarray, ks: range, *, n_init: int, random_state: int) -> np.ndarray:
    distances = Distances(matrix, at_most=len(matrix))
    return np.array([distances.silhouette(fit_kmeans(matrix, k, n_init, random_state)) for k in ks])


def _kind(matrix: np.ndarray) -> ReferenceKind:
    """A single column would be its own reference under `margins`."""
    return "margins" if matrix.shape[1] > 1 else "normal"


def _measure(
    matrix: np.ndarray, ks: range, *, n_init: int, silhouette_sample: int, random_state: int
) -> tuple[pd.DataFrame, list[np.ndarray]]:
    distances = Distances(matrix, at_most=silhouette_sample, random_state=random_state)
    with one_thread():
        labels = each(lambda k: fit_kmeans(matrix, k, n_init, random_state), ks)
    figures = [Criteria.of(matrix, found, distances) for found in labels]
    table = pd.DataFrame(
        {
            "k": list(ks),
            "inertia": [found.inertia for found in figures],
            "silhouette": [found.silhouette for found in figures],
            "calinski_harabasz": [found.calinski_harabasz for found in figures],
            "davies_bouldin": [found.davies_bouldin for found in figures],
            "smallest": [found.smallest / len(matrix) for found in figures],
        }
    )
    return table, labels


def _with_references(
    table: pd.DataFrame, gap: Gap | None, reference: Reference | None, min_share: float
) -> pd.DataFrame:
    table = table.copy()
    if "stability" not in table:
        table["stability"] = np.nan
    table[["gap", "gap_error"]] = np.nan
    if gap is not None:
        of_gap = gap.table.set_index("k").loc[table["k"]]
        table["gap"], table["gap_error"] = of_gap["gap"].to_numpy(), of_gap["error"].to_numpy()
    table[["expected", "expected_low", "expected_high", "advantage"]] = np.nan
    if reference is not None:
        low, high = np.quantile(reference.silhouettes, [0.025, 0.975], axis=0)
        table["expected"], table["expected_low"], table["expected_high"] = reference.expected, low, high
        table["advantage"] = reference.advantage
    eligible = table["smallest"] >= min_share
    table["eligible"] = eligible if eligible.any() else True
    return table


def _picks(table: pd.DataFrame, gap: Gap | None, reference: Reference | None) -> dict[str, int]:
    """What each criterion alone would choose, among the eligible numbers of groups."""
    able = table[table["eligible"]]

    def at(values: pd.Series) -> int:
        return int(able.loc[values.idxmax(), "k"])

    picks = {
        "silhouette": at(able["silhouette"]),
        "calinski_harabasz": at(able["calinski_harabasz"]),
        "davies_bouldin": at(-able["davies_bouldin"]),
    }
    if gap is not None:
        picks["gap"] = gap.k
    if reference is not None:
        spread = pd.Series(reference.spread, index=table.index)
        best = able["advantage"].idxmax()
        near = able[able["advantage"] >= able.loc[best, "advantage"] - spread[best]]
        picks["advantage"] = int(near.loc[near["silhouette"].idxmax(), "k"])
    return picks


def _apply(rule: str, picks: dict[str, int], k_min: int, significant: bool) -> tuple[int, str]:
    if rule == "votes":
        votes = [max(picks[name], k_min) for name in picks if name != "advantage"]
        return min(sorted(set(votes)), key=lambda k: (-votes.count(k), k)), rule
    if rule == "advantage" and (not significant or rule not in picks):
        rule = "silhouette"
    if rule not in picks:
        raise AnalysisError(f"clustering.rule {rule} needs the gap statistic; set gap_references above 0")
    return max(picks[rule], k_min), rule


def _nothing_to_choose(prepared: Prepared, rows: int) -> Choice:
    columns = ["k", "inertia", "silhouette", "calinski_harabasz", "davies_bouldin", "smallest", "stability", "gap"]
    columns += ["gap_error", "expected", "expected_low", "expected_high", "advantage", "eligible", "chosen"]
    return Choice(1, "too_few", pd.DataFrame(columns=columns), {}, None, None, rows, 0, False)
