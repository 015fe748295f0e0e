"""From a table to the numbers of a regression: which columns, which scale, what was left out and why.

Everything that is learnt here (medians for gaps, which columns are skewed, which are constant) is learnt from the rows
given, and `Design.apply` uses it on other rows: a held-out part never lends its own medians or scales.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import AnalysisError
from analysis.regression.columns import finite, infinite, is_number, repeated, unworkable
from analysis.regression.leastsquares import aliased

__all__ = ["Design", "Remark", "Term", "design"]

Floats = NDArray[np.float64]
MissingKind = Literal["median", "indicator", "drop"]

#: Codes of remarks after which nothing can be fitted.
OBSTACLES = ("no_target", "too_few_rows", "constant_target")
#: Suffix of the term that is 1 where the column's value was missing.
MISSING_SUFFIX = "_missing"


@dataclass(frozen=True)
class Remark:
    """Something that happened to a column or to the fit, and the figure behind it.

    `code` is one of
    not_a_number, all_missing, constant (value), out_of_range (value: the largest size; its powers leave double
    precision), collinear (`other` names the columns that make it): the column is left out,
    infinite (values taken as missing; value: how many), filled (value: how many gaps got the median),
    indicator (value: how many gaps got the median and a term of their own), dropped (value: rows left out for a gap),
    target_missing (value: rows left out), log (value: skewness), log_target, no_target (value: rows given, none with
    a target), too_few_rows (value: rows; `other`: coefficients), constant_target (value),
    near_singular, collinear_overall (value: condition number), high_vif (value: VIF), few_digits (`column`: the
    coefficient that rounding of the data leaves fewest digits, value: how many),
    exact_fit, leverage_one (value: rows), few_clusters (value: clusters), not_converged (value: iterations).
    From `lasso`: lasso_not_optimal (value: the share of the penalty by which the conditions are missed).
    From `study`: target_not_a_number, target_out_of_range (value: the largest size), no_columns,
    too_few_held_out (value: rows), no_loglinear (value: the least target, `other`: why),
    earlier_lacks (`other`: columns).
    """

    code: str
    column: str = ""
    value: float = 0.0
    other: str = ""


@dataclass(frozen=True)
class Term:
    """One column of the design matrix: `x`, `log(1 + x)` or "x was missing"."""

    name: str
    column: str
    kind: Literal["identity", "log1p", "missing"]
    fill: float | None = None

    def values(self, numbers: Floats) -> Floats:
        """The term's values for a column's numbers, NaN where missing and not filled."""
        if self.kind == "missing":
            return np.isnan(numbers).astype(float)
        filled = numbers if self.fill is None else np.where(np.isnan(numbers), self.fill, numbers)
        # below the range that was seen, log(1 + x) may not exist
        return np.log1p(np.maximum(filled, 0.0)) if self.kind == "log1p" else filled


@dataclass(frozen=True)
class Design:
    """What a regression is fitted to.

    Parameters
    ----------
    terms : tuple of Term
        Columns of `matrix`, in order.
    matrix : ndarray, shape (n, p)
    response : ndarray, shape (n,)
        The target, on the log scale if `log_target`.
    target : str
        Name of the target's column.
    rows : ndarray of int, shape (n,)
        Positions of the rows used in the frame given.
    log_target, intercept : bool
    remarks : tuple of Remark
    rows_in : int
        Rows given.
    """

    terms: tuple[Term, ...]
    matrix: Floats
    response: Floats
    target: str
    rows: NDArray[np.intp]
    log_target: bool
    intercept: bool
    remarks: tuple[Remark, ...]
    rows_in: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms."""
        return tuple(term.name for term in self.terms)

    @property
    def coefficients(self) -> tuple[str, ...]:
        """Names of the coefficients: the intercept, if there is one, and the terms."""
        return ("intercept", *self.names) if self.intercept else self.names

    @property
    def observed(self) -> Floats:
        """The target in its own unit."""
        return np.expm1(self.response) if self.log_target else self.response

    @property
    def obstacle(self) -> Remark | None:
        """Why no regression can be fitted, or None."""
        return next((item for item in self.remarks if item.code in OBSTACLES), None)

    def full(self, matrix: Floats) -> Floats:
        """A matrix of the terms with the intercept's column of ones, if there is one, in front."""
        return np.column_stack([np.ones(len(matrix)), matrix]) if self.intercept else matrix

    def apply(self, frame: pd.DataFrame) -> Floats:
        """The design matrix of other rows, shape (rows, p); a row with a gap that is not filled holds NaN.

        Raises
        ------
        AnalysisError
            If the frame lacks a column.
        """
        columns = list(dict.fromkeys(term.column for term in self.terms))
        if missing := [str(name) for name in columns if name not in frame.columns]:
            raise AnalysisError(
                f"the regression needs the columns {', '.join(missing)}, which the table lacks; "
                f"it has {', '.join(map(str, frame.columns))}"
            )
        if twice := repeated(name for name in frame.columns if name in columns):
            raise AnalysisError(f"the table has more than one column {', '.join(twice)}; keep one of each")
        if text := [str(name) for name in columns if not is_number(frame[name])]:
            raise AnalysisError(f"the regression needs numbers in {', '.join(text)}, and the table holds text there")
        numbers = {name: finite(frame[name]) for name in columns}
        matrix = np.empty((len(frame), len(self.terms)))
        for position, term in enumerate(self.terms):
            matrix[:, position] = term.values(numbers[term.column])
        return matrix


def design(
    frame: pd.DataFrame,
    *,
    target: str,
    columns: Sequence[str],
    log: Literal["auto", "none"] | Sequence[str] = "none",
    skewed_above: float = 1.0,
    log_target: bool = False,
    missing: MissingKind = "indicator",
    intercept: bool = True,
) -> Design:
    """Choose, complete and transform the columns that are to explain the target.

    Constant, all-missing, text and perfectly collinear columns are left out with a remark that names them (of
    collinear columns the later ones; a constant column stays where there is no intercept). A column is collinear
    only where double precision cannot tell it from a combination of the others; one that is merely close stays, and
    the fit's condition number says so. Powers are columns like others: `frame.assign(x2=frame["x"] ** 2)`.
    Rows without the target are left out; the target is never filled.

    Parameters
    ----------
    frame : DataFrame
        One row an observation.
    target : str
        A numeric column.
    columns : sequence of str
        Columns that may explain it.
    log : "auto", "none" or sequence of str
        Columns taken as `log(1 + x)`; "auto" takes those without negative values whose skewness exceeds
        `skewed_above`, as money and counts have.
    log_target : bool
        Whether the target is taken as `log(1 + y)`.
    missing : "median", "indicator" or "drop"
        Gaps get the column's median; or the median and a term of its own that says "was missing"; or the row is
        left out.
    intercept : bool

    Raises
    ------
    AnalysisError
        If a column is absent, named twice or is the target, the target is not a number or of a size whose powers
        leave double precision, or a logarithm is asked of negative numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"hours": [2, 4, 6, 8], "school": "A", "marks": [65, 75, 85, 95]})
    >>> made = design(frame, target="marks", columns=["hours", "school"])
    >>> made.names, [(remark.code, remark.column) for remark in made.remarks]
    (('hours',), [('not_a_number', 'school')])
    """
    _check(frame, target=target, columns=columns, log=log, missing=missing)
    remarks: list[Remark] = []
    y = finite(frame[target])
    if beyond := infinite(frame[target]):
        remarks.append(Remark("infinite", target, float(beyond)))
    keep = ~np.isnan(y)
    if not keep.all():
        remarks.append(Remark("target_missing", target, float((~keep).sum())))
    # of a single row nothing can be said about any column
    asked = _numeric(frame, columns, keep, remarks, intercept=intercept) if keep.sum() > 1 else []
    numbers = {name: finite(frame[name])[keep] for name in asked}
    if missing == "drop" and numbers:
        whole = ~np.isnan(np.column_stack(list(numbers.values()))).any(axis=1)
        if not whole.all():
            remarks.append(Remark("dropped", "", float((~whole).sum())))
        keep[keep] = whole
        numbers = {name: values[whole] for name, values in numbers.items()}
        numbers = _varying(numbers, remarks, intercept=intercept)
    terms = _terms(numbers, log=log, skewed_above=skewed_above, missing=missing, remarks=remarks)
    matrix = np.column_stack([np.empty((int(keep.sum()), 0)), *(t.values(numbers[t.column]) for t in terms)])
    left, matrix = _independent(terms, matrix, intercept=intercept, remarks=remarks)
    response = _response(y[keep], target, log_target, remarks)
    if not len(response):
        remarks.append(Remark("no_target", target, float(len(frame))))
    elif len(response) <= len(left) + intercept:
        remarks.append(Remark("too_few_rows", target, float(len(response)), str(len(left) + intercept)))
    elif intercept and np.ptp(response) == 0:
        remarks.append(Remark("constant_target", target, float(response[0])))
    rows = np.flatnonzero(keep)
    return Design(left, matrix, response, target, rows, log_target, intercept, tuple(remarks), len(frame))


def _check(frame: pd.DataFrame, *, target: str, columns: Sequence[str], log: str | Sequence[str], missing: str) -> None:
    problems = []
    if absent := [name for name in (target, *columns) if name not in frame.columns]:
        names = ", ".join(map(str, absent))
        problems.append(f"the table has no column {names}; it has {', '.join(map(str, frame.columns))}")
    elif several := repeated(name for name in frame.columns if name in {target, *columns}):
        problems.append(f"the table has more than one column {', '.join(several)}; keep one of each")
    elif not is_number(frame[target]):
        problems.append(f"the target {target} holds {frame[target].dtype}, and a regression needs numbers")
    elif size := unworkable(finite(frame[target])):
        problems.append(f"the target {target} reaches {size:g}, too far from 1 to compute with; take another unit")
    if target in columns:
        problems.append(f"{target} is the target and cannot explain itself; take it out of the columns")
    if twice := repeated(columns):
        problems.append(f"columns are named twice: {', '.join(twice)}")
    if isinstance(log, str) and log not in {"auto", "none"}:
        problems.append(f"log must be auto, none or a list of columns; got {log!r}")
    elif not isinstance(log, str) and (strange := [name for name in log if name not in columns]):
        problems.append(f"log names {', '.join(strange)}, which is not among the columns")
    if missing not in get_args(MissingKind):
        problems.append(f"missing must be one of {', '.join(get_args(MissingKind))}; got {missing!r}")
    if problems:
        raise AnalysisError("regression: " + "; ".join(problems))


def _numeric(
    frame: pd.DataFrame, columns: Sequence[str], keep: NDArray[np.bool_], remarks: list[Remark], *, intercept: bool
) -> list[str]:
    usable = []
    for name in columns:
        if not is_number(frame[name]):
            remarks.append(Remark("not_a_number", name))
            continue
        if beyond := infinite(frame[name]):
            remarks.append(Remark("infinite", name, float(beyond)))
        known = finite(frame[name])[keep]
        known = known[~np.isnan(known)]
        if len(known) == 0:
            remarks.append(Remark("all_missing", name))
        elif size := unworkable(known):
            remarks.append(Remark("out_of_range", name, size))
        elif _constant(known, intercept=intercept):
            remarks.append(Remark("constant", name, float(known[0])))
        else:
            usable.append(name)
    return usable


def _constant(values: Floats, *, intercept: bool) -> bool:
    """Whether a column says nothing: beside an intercept any constant, without one only zeros."""
    return bool(values.min() == values.max() and (intercept or values[0] == 0))


def _varying(numbers: dict[str, Floats], remarks: list[Remark], *, intercept: bool) -> dict[str, Floats]:
    """Leave out what became constant when rows with gaps were dropped."""
    still = {}
    for name, values in numbers.items():
        if len(values) and not _constant(values, intercept=intercept):
            still[name] = values
        else:
            remarks.append(Remark("constant", name, float(values[0]) if len(values) else 0.0))
    return still


def _terms(
    numbers: dict[str, Floats], *, log: str | Sequence[str], skewed_above: float, missing: str, remarks: list[Remark]
) -> list[Term]:
    terms, indicators = [], []
    for name, values in numbers.items():
        known = values[~np.isnan(values)]
        skewness = float(stats.skew(known)) if known.min() < known.max() else 0.0
        asked = not isinstance(log, str) and name in log
        if asked and known.min() < 0:
            raise AnalysisError(
                f"regression: log names {name}, which has values below 0 (the least is {known.min():g}); "
                "take it out of the list"
            )
        logged = asked or (log == "auto" and known.min() >= 0 and skewness > skewed_above)
        if logged:
            remarks.append(Remark("log", name, skewness))
        gaps = len(values) - len(known)
        if gaps:
            remarks.append(Remark("indicator" if missing == "indicator" else "filled", name, float(gaps)))
        if gaps and missing == "indicator":
            indicators.append(Term(_free(f"{name}{MISSING_SUFFIX}", numbers), name, "missing"))
        # a column without gaps here may have some in other rows: they get the median too
        fill = None if missing == "drop" else float(np.median(known))
        terms.append(Term(str(name), name, "log1p" if logged else "identity", fill))
    return terms + indicators


def _free(name: str, taken: Collection[str]) -> str:
    """A name that no column has."""
    while name in taken:
        name += "_"
    return name


def _independent(
    terms: Sequence[Term], matrix: Floats, *, intercept: bool, remarks: list[Remark]
) -> tuple[tuple[Term, ...], Floats]:
    """Leave out terms that earlier ones make up."""
    twins = aliased(matrix, intercept=intercept) if len(matrix) > len(terms) + intercept else {}
    for position, others in twins.items():
        makers = ", ".join(terms[other].name for other in others)
        name, value = terms[position].name, float(matrix[0, position])
        # nothing but rounding is left of it beside the intercept
        remarks.append(Remark("collinear", name, 0.0, makers) if makers else Remark("constant", name, value))
    kept = [position for position in range(len(terms)) if position not in twins]
    return tuple(terms[position] for position in kept), matrix[:, kept]


def _response(y: Floats, target: str, log_target: bool, remarks: list[Remark]) -> Floats:
    if not log_target:
        return y
    if len(y) and y.min() < 0:
        raise AnalysisError(
            f"regression: log_target needs a target of 0 or more, and the least {target} is {y.min():g}; "
            "set log_target to false"
        )
    remarks.append(Remark("log_target", target))
    return np.log1p(y)
