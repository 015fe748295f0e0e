"""Ridge and LASSO with a penalty chosen by cross-validation, beside scikit-learn on the same folds and penalties.

Ours also has each penalty's standard error over the folds, the larger penalty within one of the least error, and the
exact solution of the LASSO where scikit-learn stops at its tolerance; what that leaves open is why results are compared
to three digits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.bench import regression
from benchmarks.bench.work import OWN, Goal, Job, Work

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["works"]

ROWS, TERMS = 100_000, 60
FOLDS, SEED = 10, 1
#: The largest and the smallest penalty, and how many on a logarithmic scale: few where the peer fits each anew.
PENALTIES = {"ridge": (1e6, 1e0, 20), "lasso": (1e0, 1e-3, 100)}
DIGITS = 3
#: Of scikit-learn's coordinate descent: its own lets another penalty win, because the errors lie so near together.
TOLERANCE = 1e-6


def _grid(kind: str) -> Floats:
    import numpy as np

    return np.geomspace(*PENALTIES[kind])


def _prepare(path: Path) -> None:
    """A third of the terms matter, less and less, among as much noise."""
    import numpy as np

    random = np.random.default_rng(SEED)
    table = random.standard_normal((ROWS, TERMS + 2))
    table[:, 2:-1] += table[:, 1:2] / 2
    table[:, -1] = 2 * table[:, -1] + table[:, 1 : TERMS + 1] @ np.where(
        np.arange(TERMS) % 3, 0, 1 / np.arange(1, TERMS + 1)
    )
    with path.open("wb") as file:
        np.save(file, table)


def _told(penalty: float, error: float, slopes: Any) -> Callable[[], list[float]]:
    import numpy as np

    def told() -> list[float]:
        weights = np.linspace(1, 2, len(slopes))
        return regression.significant([penalty, error, weights @ np.asarray(slopes), (slopes != 0).sum()], DIGITS)

    return told


def _own(kind: str, path: Path) -> Job:
    import sklearn.linear_model  # noqa: F401 - ours takes its coordinate descent from there

    from analysis import regression as ours

    design = regression.design_of(regression.table_of(path))
    fit = {"ridge": ours.ridge, "lasso": ours.lasso}[kind]

    def job() -> Callable[[], list[float]]:
        found = fit(design, penalties=_grid(kind), folds=FOLDS, scaled=False, random_state=SEED)
        least = found.cross_validation["error"].min()
        return _told(found.penalty, least, found.slopes["estimate"].to_numpy())

    return job


def _sklearn(kind: str, path: Path) -> Job:
    import numpy as np
    from sklearn.linear_model import LassoCV, RidgeCV
    from sklearn.model_selection import PredefinedSplit

    table = regression.table_of(path)
    matrix, target = table[:, 1:-1], table[:, -1]
    parts = PredefinedSplit(np.random.default_rng(SEED).permutation(len(table)) % FOLDS)

    def job() -> Callable[[], list[float]]:
        if kind == "ridge":
            found = RidgeCV(alphas=_grid(kind), cv=parts, scoring="neg_mean_squared_error").fit(matrix, target)
            least = -found.best_score_
        else:
            found = LassoCV(alphas=_grid(kind), cv=parts, tol=TOLERANCE).fit(matrix, target)
            least = found.mse_path_.mean(axis=1).min()
        return _told(found.alpha_, least, found.coef_)

    return job


def works() -> list[Work]:
    """One work a kind of penalty."""
    size = f"{ROWS:,} rows × {TERMS} terms, {FOLDS} folds"
    names = {"ridge": "ridge", "lasso": "LASSO"}
    return [
        Work(
            f"{names[kind]} by cross-validation, {size}, {PENALTIES[kind][2]} penalties",
            _prepare,
            {OWN: partial(_own, kind), "scikit-learn": partial(_sklearn, kind)},
            {"scikit-learn": Goal(speed=1)},
        )
        for kind in PENALTIES
    ]
