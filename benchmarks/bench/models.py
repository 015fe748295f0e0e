"""Regression on a million customers, beside statsmodels on the same table.

Both start with the design made: what ours says of gaps and skew, no peer has.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench.work import OWN, Goal, Job, Work

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["works"]

ROWS, TERMS = 1_000_000, 20
DIGITS = 6


def _prepare_regression(path: Path) -> None:
    """Terms that hang together, and a scatter that grows with the first."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(1)
    matrix = random.standard_normal((ROWS, TERMS))
    matrix[:, 1:] += matrix[:, :1] / 2
    frame = pd.DataFrame(matrix, columns=[f"x{number}" for number in range(TERMS)])
    noise = random.standard_normal(ROWS) * (1 + np.abs(matrix[:, 0]))
    frame["y"] = matrix @ np.linspace(-1, 1, TERMS) + noise
    frame.to_parquet(path)


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_parquet(path)


def _own_regression(path: Path) -> Job:
    from analysis import regression

    frame = _read(path)
    design = regression.design(frame, target="y", columns=list(frame.columns[:-1]), log=())

    def job() -> Callable[[], list[float]]:
        table = regression.ols(design, covariance="HC3").table
        return lambda: [round(float(table[name].sum()), DIGITS) for name in ("estimate", "standard_error", "low")]

    return job


def _statsmodels(path: Path) -> Job:
    import statsmodels.api as sm

    frame = _read(path)
    design = sm.add_constant(frame.drop(columns="y"))

    def job() -> Callable[[], list[float]]:
        fit = sm.OLS(frame["y"], design).fit(cov_type="HC3", use_t=True)
        parts = [fit.params, fit.bse, fit.conf_int()[0]]
        return lambda: [round(float(part.sum()), DIGITS) for part in parts]

    return job


def works() -> list[Work]:
    """Least squares with robust standard errors."""
    goal = Goal(speed=1)
    size = f"{ROWS:,} rows"
    return [
        Work(
            f"least squares with HC3, {size} × {TERMS} terms",
            _prepare_regression,
            {OWN: _own_regression, "statsmodels": _statsmodels},
            {"statsmodels": goal},
        ),
    ]
