"""Correlations of many columns and rows, beside NumPy, SciPy, pandas and pingouin on the same arrays.

Every subject gives all coefficients; they are held against each other by two sums, the second of which knows where each
coefficient stands.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench.work import OWN, Goal, Job, Limit, Work

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["works"]

ROWS, COLUMNS = 1_000_000, 200
#: Megabytes of that table: the peak should stay below one more copy of it.
ONE_COPY = ROWS * COLUMNS * 8 / 1e6
#: Fewer where the peers go through all pairs one by one.
GAPPED, GAPPED_RANKS = 40, 10
KENDALL = (20_000, 20)
INTERVALS = (50_000, 20)
GAPS = 0.05
DIGITS = 6


def _prepare(rows: int, columns: int, gaps: float, path: Path) -> None:
    """Columns that hang together, one of them rounded, so that it has ties."""
    import numpy as np

    random = np.random.default_rng(1)
    values = random.standard_normal((rows, columns))
    values[:, 1:] += values[:, :1]
    values[:, 1] = values[:, 1].round(1)
    for column in values.T if gaps else ():
        column[random.random(rows) < gaps] = np.nan
    with path.open("wb") as file:
        np.save(file, values)


def _job(path: Path, coefficients: Callable[[Floats], Floats]) -> Job:
    import numpy as np

    with path.open("rb") as file:
        values = np.load(file)

    def job() -> Callable[[], list[float]]:
        matrix = np.asarray(coefficients(values))
        places = np.arange(matrix.size).reshape(matrix.shape) / matrix.size
        return lambda: [round(float(matrix.sum()), DIGITS), round(float((matrix * places).sum()), DIGITS)]

    return job


def _own(method: str, path: Path) -> Job:
    from analysis import correlation

    of = {"pearson": correlation.pearson_matrix, "spearman": correlation.spearman_matrix}[method]
    return _job(path, lambda values: of(values)[0])


def _numpy(path: Path) -> Job:
    import numpy as np

    return _job(path, lambda values: np.corrcoef(values, rowvar=False))


def _scipy_spearman(path: Path) -> Job:
    from scipy import stats

    return _job(path, lambda values: stats.spearmanr(values).statistic)


def _pandas(method: str, path: Path) -> Job:
    import pandas as pd

    return _job(path, lambda values: pd.DataFrame(values).corr(method=method).to_numpy())


def _own_table(method: str, path: Path) -> Job:
    """Coefficients with intervals, p-values and their corrections, as a square."""
    import pandas as pd

    from analysis import correlation

    def square(values: Floats) -> Floats:
        frame = pd.DataFrame(values, columns=list(map(str, range(values.shape[1]))))
        found = correlation.correlate(frame, methods=[method], kendall_rows=len(values))
        return found.matrix(method).to_numpy()

    return _job(path, square)


def _pingouin(method: str, path: Path) -> Job:
    import numpy as np
    import pandas as pd
    import pingouin

    def square(values: Floats) -> Floats:
        frame = pd.DataFrame(values, columns=list(map(str, range(values.shape[1]))))
        found = pingouin.pairwise_corr(frame, method=method, padjust="holm")
        matrix = np.eye(values.shape[1])
        first, second = found["X"].astype(int).to_numpy(), found["Y"].astype(int).to_numpy()
        matrix[first, second] = matrix[second, first] = found["r"]
        return matrix

    return _job(path, square)


def works() -> list[Work]:
    """Complete columns, columns with gaps, and whole tables with intervals."""
    goal = Goal(speed=1)
    whole, some = partial(_prepare, ROWS, COLUMNS, 0.0), partial(_prepare, ROWS, GAPPED, GAPS)
    fewer, kendall = partial(_prepare, ROWS, GAPPED_RANKS, GAPS), partial(_prepare, *KENDALL, 0.0)
    table = partial(_prepare, *INTERVALS, 0.0)
    size = "{1} columns × {0:,} rows".format
    pandas, pingouin = "pandas, all pairs", "pingouin pairwise_corr"
    return [
        Work(
            f"Pearson, {size(ROWS, COLUMNS)}", whole,
            {OWN: partial(_own, "pearson"), "NumPy corrcoef": _numpy}, {"NumPy corrcoef": goal},
            Limit(peak_mb=ONE_COPY),
        ),
        Work(
            f"Spearman, {size(ROWS, COLUMNS)}", whole,
            {OWN: partial(_own, "spearman"), "SciPy spearmanr": _scipy_spearman}, {"SciPy spearmanr": goal},
            Limit(peak_mb=ONE_COPY),
        ),
        Work(
            f"Pearson, {size(ROWS, GAPPED)}, {GAPS:.0%} missing", some,
            {OWN: partial(_own, "pearson"), pandas: partial(_pandas, "pearson")}, {pandas: goal},
        ),
        Work(
            f"Spearman, {size(ROWS, GAPPED_RANKS)}, {GAPS:.0%} missing", fewer,
            {OWN: partial(_own, "spearman"), pandas: partial(_pandas, "spearman")}, {pandas: goal},
        ),
        Work(
            f"Kendall with intervals, {size(*KENDALL)}", kendall,
            {OWN: partial(_own_table, "kendall"), pandas: partial(_pandas, "kendall")}, {pandas: goal},
        ),
        Work(
            f"Spearman with intervals, {size(*INTERVALS)}", table,
            {OWN: partial(_own_table, "spearman"), pingouin: partial(_pingouin, "spearman")}, {pingouin: goal},
        ),
    ]  # fmt: skip
