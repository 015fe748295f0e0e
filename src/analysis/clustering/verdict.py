"""Are the groups real? Several checks, and one of three plain answers; "no" is one of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.clustering.choice import Choice, Reference, reference_test
from analysis.clustering.criteria import Distances, ReferenceKind, reference_draw
from analysis.clustering.partitions import Partition, fit_kmeans, one_thread, sample_rows
from analysis.clustering.prepare import Prepared
from analysis.clustering.stability import STABLE, UNSTABLE, Stability, mean_agreement
from analysis.parallel import each

__all__ = ["REASONABLE", "SUBSTANTIAL", "ReferenceStability", "Verdict", "judge", "reference_stability"]

#: Kaufman & Rousseeuw (1990, p. 88): a mean silhouette up to 0.25 is no substantial structure, from 0.5 on a
#: reasonable one.
SUBSTANTIAL, REASONABLE = 0.25, 0.5


@dataclass(frozen=True)
class ReferenceStability:
    """Bootstrap stability of K-means on the data and on draws without groups, on equally many rows.

    `drawn` has one mean adjusted Rand index per draw; `kind` is that of `reference_draw`.
    """

    observed: float
    drawn: np.ndarray
    kind: str
    rows: int


@dataclass(frozen=True)
class Verdict:
    """The answer and its grounds.

    Parameters
    ----------
    level : str
        `clear`: separate groups that come back. `soft`: groups that come back, with soft edges. `none`: no
        convincing groups; the division is then a convenience, like age bands. `too_few`: nothing was divided.
    table : DataFrame
        One row a check: check, value, threshold, passed, needed (a failure alone makes the verdict `none`).
        Checks: reference (p-value against data that keeps each column and the correlations but has no groups),
        cloud (p-value against one normal cloud), gap (groups by the gap statistic), silhouette, agreement (mean
        adjusted Rand index), weakest (mean Jaccard of the least stable group), steadier (mean adjusted Rand index,
        against the highest of data without groups).
    """

    level: str
    table: pd.DataFrame

    def passed(self, check: str) -> bool:
        """Whether a check was made and passed."""
        row = self.table[self.table["check"] == check]
        return bool(len(row)) and bool(row["passed"].iloc[0])


def reference_stability(
    prepared: Prepared, *, k: int, draws: int = 10, replicates: int = 10, rows: int = 1_500, random_state: int = 0
) -> ReferenceStability:
    """How stable K-means with `k` groups is on data without groups: even a cloud can be cut the same way again."""
    seen = prepared.matrix[sample_rows(len(prepared.matrix), at_most=rows, random_state=random_state)]
    kind: ReferenceKind = "margins" if seen.shape[1] > 1 else "normal"
    random = np.random.default_rng(random_state)

    def measured(item: tuple[int, np.ndarray]) -> float:
        number, matrix = item
        labels = fit_kmeans(matrix, k, 3, number)
        return mean_agreement(matrix, labels, replicates=replicates, n_init=2, random_state=number)

    with one_thread():
        clouds = [reference_draw(seen, kind=kind, random=random) for _ in range(draws)]
        observed, *drawn = each(measured, [(random_state, seen), *enumerate(clouds)])
    return ReferenceStability(observed, np.array(drawn), kind, len(seen))


def judge(
    prepared: Prepared,
    division: Partition,
    choice: Choice,
    steadiness: Stability | None,
    *,
    cloud: Reference | None = None,
    beside: ReferenceStability | None = None,
    draws: int = 19,
    rows: int = 1_500,
    level: float = 0.95,
    random_state: int = 0,
) -> Verdict:
    """Weigh the checks.

    `none`: neither the references nor the gap statistic speak for groups (the references do where data with the same
    columns and one normal cloud are both rejected, so that the level holds whichever of them is true: an
    intersection-union test), or the mean silhouette is at most 0.25,
    or the mean adjusted Rand index or the weakest group's Jaccard is below 0.6. `clear`: references or gap speak for
    groups, the cloud is rejected, the silhouette is at least 0.5 and every group's Jaccard at least
    0.75. `soft`: whatever lies between. `beside` adds a comparison of stability that is shown but does not decide:
    an elongated cloud is cut the same way again and again.

    References
    ----------
    Kaufman & Rousseeuw (1990); Hennig (2007, 2008); Hennig & Lin (2015); Berger (1982), Technometrics 24, for
    intersection-union tests.
    """
    if division.k < 2 or steadiness is None or choice.table.empty:
        return Verdict("too_few", pd.DataFrame(columns=["check", "value", "threshold", "passed", "needed"]))
    chosen = choice.table[choice.table["chosen"]].iloc[0]
    alpha = round(1 - level, 12)  # 1 − 0.95 is a little more than 0.05
    rows_of: list[tuple[str, float, float, bool, bool]] = []
    structure = []
    if choice.reference is not None:
        p = choice.reference.p_value
        rows_of.append(("reference", p, alpha, p <= alpha, False))
        if cloud is None and choice.reference.kind != "normal":
            ks = range(min(choice.reference.ks), max(choice.reference.ks) + 1)
            cloud = reference_test(prepared, ks=ks, draws=draws, rows=rows, kind="normal", random_state=random_state)
    beyond_cloud = cloud is None or cloud.p_value <= alpha
    if cloud is not None:
        rows_of.append(("cloud", cloud.p_value, alpha, beyond_cloud, False))
    if choice.reference is not None:
        structure.append(choice.reference.p_value <= alpha and beyond_cloud)
    if choice.gap is not None:
        structure.append(choice.gap.k > 1)
        rows_of.append(("gap", float(choice.gap.k), 2.0, choice.gap.k > 1, False))
    silhouette = float(chosen["silhouette"])
    if division.method == "frozen":  # the table is of groups formed anew
        seen = Distances(prepared.matrix, at_most=choice.silhouette_rows, random_state=random_state)
        silhouette = seen.silhouette(division.labels)
    rows_of += [
        ("silhouette", silhouette, SUBSTANTIAL, silhouette > SUBSTANTIAL, True),
        ("agreement", steadiness.mean, UNSTABLE, steadiness.mean >= UNSTABLE, True),
        ("weakest", steadiness.weakest, UNSTABLE, steadiness.weakest >= UNSTABLE, True),
    ]
    if beside is not None:
        highest = float(beside.drawn.max())
        rows_of.append(("steadier", beside.observed, highest, beside.observed > highest, False))
    table = pd.DataFrame(rows_of, columns=["check", "value", "threshold", "passed", "needed"])
    grounds = any(structure)
    if not grounds or not table.loc[table["needed"], "passed"].all():
        return Verdict("none", table)
    clear = beyond_cloud and silhouette >= REASONABLE and steadiness.weakest >= STABLE
    return Verdict("clear" if clear else "soft", table)
