"""Least squares, log-linear and logistic regression of many customers, beside statsmodels and NumPy on the same table.

All start with the design made: what ours says of gaps and skew, no peer has. A fit of ours also has variance inflation
factors, a condition number and the digits that rounding of the data leaves of each coefficient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.bench.work import OWN, Goal, Job, Work

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.regression import Design

    Floats = NDArray[np.float64]

__all__ = ["design_of", "significant", "table_of", "works", "write_table"]

ROWS, TERMS = 1_000_000, 20
#: Columns of the widest fit, and customers to whom rows of several visits belong.
WIDE, CUSTOMERS = 200, 100_000
#: Rows for which each row's influence is measured, and those of a logistic regression.
LOOKED_AT = 200_000
DIGITS = 6


def write_table(rows: int, terms: int, path: Path, *, counted: bool = False) -> None:
    """Ones, terms that hang together, and last a target whose scatter grows with the first term, or that counts."""
    import numpy as np

    random = np.random.default_rng(1)
    table = random.standard_normal((rows, terms + 2))
    table[:, 0] = 1
    first, matrix, target = table[:, 1:2], table[:, 1 : terms + 1], table[:, -1]
    matrix[:, 1:] += first / 2
    slopes = np.linspace(-1, 1, terms)
    if counted:
        target[:] = random.poisson(np.exp(0.5 + matrix @ slopes / terms))
    else:
        target *= 1 + np.abs(first[:, 0])
        target += matrix @ slopes
    with path.open("wb") as file:
        np.save(file, table)


def table_of(path: Path) -> Floats:
    """The table that `write_table` wrote."""
    import numpy as np

    with path.open("rb") as file:
        return np.asarray(np.load(file))


def design_of(table: Floats) -> Design:
    """The table as our design of a regression, without another copy of it."""
    import numpy as np

    from analysis.regression import Design, Term

    names = [f"x{number}" for number in range(table.shape[1] - 2)]
    terms = tuple(Term(name, name, "identity") for name in names)
    rows = np.arange(len(table))
    return Design(terms, table[:, 1:-1], table[:, -1], "y", rows, False, True, (), len(table))


def significant(values: Iterable[float], digits: int = DIGITS) -> list[float]:
    """Each value to so many digits, for comparing results."""
    return [float(f"{float(value):.{digits}g}") for value in values]


def _told(*parts: Any) -> Callable[[], list[float]]:
    """Sums of arrays that know where each number stands, to six decimals."""
    import numpy as np

    def told() -> list[float]:
        arrays = [np.asarray(part, dtype=float) for part in parts]
        return [round(float(part @ np.linspace(1, 2, len(part))), DIGITS) for part in arrays]

    return told


def _own(covariance: Any, path: Path) -> Job:
    from analysis import regression

    table = table_of(path)
    design = design_of(table)
    clusters = _customers(len(table)) if covariance == "cluster" else None

    def job() -> Callable[[], list[float]]:
        found = regression.ols(design, covariance=covariance, clusters=clusters).table
        return _told(found["estimate"], found["standard_error"], found["low"])

    return job


def _statsmodels(options: dict[str, Any], path: Path) -> Job:
    import statsmodels.api as sm

    table = table_of(path)
    if "cov_kwds" in options:
        options = options | {"cov_kwds": {"groups": _customers(len(table))}}

    def job() -> Callable[[], list[float]]:
        fit = sm.OLS(table[:, -1], table[:, :-1]).fit(use_t=True, **options)
        return _told(fit.params, fit.bse, fit.conf_int()[:, 0])

    return job


def _customers(rows: int) -> NDArray[np.intp]:
    import numpy as np

    return np.random.default_rng(2).integers(0, CUSTOMERS, rows)


def _numpy(path: Path) -> Job:
    """`lstsq`, and the standard errors and limits that it does not give."""
    import numpy as np
    from scipy import stats

    table = table_of(path)

    def job() -> Callable[[], list[float]]:
        full = table[:, :-1]
        slopes, squares, *_ = np.linalg.lstsq(full, table[:, -1], rcond=None)
        freedom = len(full) - len(slopes)
        errors = np.sqrt(np.diag(np.linalg.inv(full.T @ full)) * squares[0] / freedom)
        return _told(slopes, errors, slopes - stats.t.ppf(0.975, freedom) * errors)

    return job


def _own_loglinear(path: Path) -> Job:
    from analysis import regression

    design = design_of(table_of(path))

    def job() -> Callable[[], list[float]]:
        found = regression.loglinear(design, covariance="HC0").table
        return _told(found["estimate"], found["standard_error"])

    return job


def _statsmodels_poisson(path: Path) -> Job:
    import statsmodels.api as sm

    table = table_of(path)

    def job() -> Callable[[], list[float]]:
        model = sm.GLM(table[:, -1], table[:, :-1], family=sm.families.Poisson())
        fit = model.fit(cov_type="HC0", tol=1e-12)
        return _told(fit.params, fit.bse)

    return job


def _own_influence(path: Path) -> Job:
    from analysis import regression

    design = design_of(table_of(path))

    def job() -> Callable[[], list[float]]:
        found = regression.influence(regression.ols(design, covariance="classical"))
        return _told(found.table["leverage"], found.table["cook"], found.shifts["without"])

    return job


def _statsmodels_influence(path: Path) -> Job:
    """What it has in closed form: studentized residuals and DFFITS, which ours gives too, it fits anew for each row."""
    import statsmodels.api as sm

    table = table_of(path)

    def job() -> Callable[[], list[float]]:
        matrix, target = table[:, :-1], table[:, -1]
        found = sm.OLS(target, matrix).fit().get_influence()
        cook = found.cooks_distance[0]
        keep = cook <= 4 / len(cook)
        without = sm.OLS(target[keep], matrix[keep]).fit()
        return _told(found.hat_matrix_diag, cook, without.params)

    return job


def _own_logistic(path: Path) -> Job:
    import numpy as np

    from analysis.classification.irls import newton

    table = table_of(path)
    label, customers = table[:, -1] > 0, _customers(len(table))

    def job() -> Callable[[], list[float]]:
        found = newton(table[:, :-1], label, groups=customers)
        return _told(found.coefficients, np.sqrt(found.covariance.diagonal()))

    return job


def _statsmodels_logit(path: Path) -> Job:
    import numpy as np
    import statsmodels.api as sm

    table = table_of(path)
    label, customers = table[:, -1] > 0, _customers(len(table))
    groups = len(np.unique(customers))

    def job() -> Callable[[], list[float]]:
        kinds = {"groups": customers, "use_correction": False}
        fit = sm.Logit(label, table[:, :-1]).fit(disp=False, cov_type="cluster", cov_kwds=kinds)
        # of the factors that it would use, ours has the first alone
        return _told(fit.params, fit.bse * np.sqrt(groups / (groups - 1)))

    return job


def works() -> list[Work]:
    """Standard errors of every kind, of many columns, of counts; and what each row does to the fit."""
    goal = Goal(speed=1)
    size = "{0:,} rows × {1} terms".format
    table = partial(write_table, ROWS, TERMS)
    kinds: list[tuple[str, str, dict[str, Any]]] = [
        ("least squares with HC3", "HC3", {"cov_type": "HC3"}),
        (f"least squares with {CUSTOMERS:,} clusters", "cluster", {"cov_type": "cluster", "cov_kwds": {}}),
    ]
    return [
        *(
            Work(
                f"{what}, {size(ROWS, TERMS)}", table,
                {OWN: partial(_own, own), "statsmodels": partial(_statsmodels, options)}, {"statsmodels": goal},
            )
            for what, own, options in kinds
        ),
        Work(
            f"least squares, {size(ROWS, WIDE)}", partial(write_table, ROWS, WIDE),
            {OWN: partial(_own, "classical"), "NumPy lstsq": _numpy, "statsmodels": partial(_statsmodels, {})},
            {"NumPy lstsq": goal, "statsmodels": goal},
        ),
        Work(
            f"log-linear regression of counts, {size(ROWS, TERMS)}", partial(write_table, ROWS, TERMS, counted=True),
            {OWN: _own_loglinear, "statsmodels GLM": _statsmodels_poisson}, {"statsmodels GLM": goal},
        ),
        Work(
            f"logistic regression with clusters, {size(LOOKED_AT, TERMS)}", partial(write_table, LOOKED_AT, TERMS),
            {OWN: _own_logistic, "statsmodels Logit": _statsmodels_logit}, {"statsmodels Logit": goal},
        ),
        Work(
            f"influence of each row, {size(LOOKED_AT, TERMS)}", partial(write_table, LOOKED_AT, TERMS),
            {OWN: _own_influence, "statsmodels": _statsmodels_influence}, {"statsmodels": goal},
        ),
    ]  # fmt: skip
