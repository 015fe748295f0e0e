"""One question, asked whole: what goes with a later outcome, and how well can it be foretold?

The customers are divided once, by a seeded draw. Everything is fitted to one part; the other part says whether the
effects hold up there and how large the errors are. Where the table of an earlier cut-off is given, a second check
fits to the earlier period and foretells the later one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.regression.choices import PenaltyChoices, penalty_choices
from analysis.regression.columns import finite, infinite, is_number, repeated, unworkable
from analysis.regression.design import Design, MissingKind, Remark
from analysis.regression.diagnostics import Influence, ResidualChecks, influence, residual_checks
from analysis.regression.effects import effects
from analysis.regression.foretelling import Check, Log, Question, foretell
from analysis.regression.leastsquares import aliased
from analysis.regression.linear import LinearFit, ols
from analysis.regression.loglinear import LogLinearFit, RobustCovariance, loglinear
from analysis.regression.penalised import Choice, PenalisedFit
from analysis.regression.separation import without_separated

__all__ = ["Study", "present", "study", "tables"]

#: Fewer rows than this for each term, and the effects are not estimated at all.
ROWS_PER_TERM = 5


@dataclass(frozen=True)
class Study:
    """The whole answer to one question, or the reason why there is none.

    Parameters
    ----------
    target : str
    obstacle : Remark or None
        Why nothing could be fitted (`no_target`, `target_not_a_number`, `target_out_of_range`, `constant_target`,
        `no_columns`, `too_few_rows`, `too_few_held_out`); all that follows `rows` is then None or empty.
    remarks : tuple of Remark
    rows : int
        Rows with a known target.
    linear : LinearFit
        Ordinary least squares on the training part.
    loglinear : LogLinearFit or None
        Log-linear regression on the training part, for questions about amounts and counts.
    effects : DataFrame
        See `analysis.regression.effects`; from `loglinear` where there is one, else from `linear`.
    linear_effects : DataFrame
        The same from `linear`.
    penalties : PenaltyChoices
        Ridge and LASSO on the training part, with the terms of `linear`, at both penalties that cross-validation
        offers, with the LASSO's bootstrap selection frequencies.
    refit : LinearFit or None
        Ordinary least squares on the held-out part, with the terms that the LASSO kept on the training part at the
        penalty within one standard error; None if it kept none.
    residuals : ResidualChecks
    influence : Influence
        Both of `linear`.
    checks : tuple of Check
    choice : str
        Which penalty the forecasts of `checks` use.
    """

    target: str
    obstacle: Remark | None
    remarks: tuple[Remark, ...]
    rows: int
    linear: LinearFit | None = None
    loglinear: LogLinearFit | None = None
    effects: pd.DataFrame | None = None
    linear_effects: pd.DataFrame | None = None
    penalties: PenaltyChoices | None = None
    refit: LinearFit | None = None
    residuals: ResidualChecks | None = None
    influence: Influence | None = None
    checks: tuple[Check, ...] = ()
    choice: Choice = "minimum"

    @property
    def lasso(self) -> PenalisedFit | None:
        """The LASSO at the penalty that forecasts use."""
        return None if self.penalties is None else self.penalties.fit("lasso", self.choice)

    @property
    def ridge(self) -> PenalisedFit | None:
        """Ridge at the penalty that forecasts use."""
        return None if self.penalties is None else self.penalties.fit("ridge", self.choice)

    @property
    def selection(self) -> pd.DataFrame | None:
        """Bootstrap selection frequencies of the LASSO."""
        return None if self.penalties is None else self.penalties.selection

    @property
    def main(self) -> str:
        """The model that `effects` come from: `loglinear` or `ols`."""
        return "ols" if self.loglinear is None else "loglinear"


def study(
    frame: pd.DataFrame,
    *,
    target: str,
    columns: Sequence[str],
    model: Literal["linear", "loglinear"] = "linear",
    key: str = "customer_key",
    last_value: str | None = None,
    earlier: pd.DataFrame | None = None,
    held_out: float = 0.3,
    log: Literal["auto", "none"] | Sequence[str] = "auto",
    missing: MissingKind = "indicator",
    covariance: RobustCovariance = "HC3",
    folds: int = 10,
    choice: Choice = "minimum",
    replicates: int = 1000,
    selection_replicates: int = 200,
    level: float = 0.95,
    random_state: int,
) -> Study:
    """Ask what goes with `target` and how well it can be foretold.

    Parameters
    ----------
    frame : DataFrame
        One row a customer; columns strictly before the cut-off, the target strictly after it.
    target : str
        A numeric column.
    columns : sequence of str
        Columns that may explain it.
    model : "linear" or "loglinear"
        Where the effects come from. `loglinear` is for amounts and counts, of 0 or more: effects multiply.
    key : str
        The customer; must be unique.
    last_value : str, optional
        The target's own earlier value: a baseline that says "as before".
    earlier : DataFrame, optional
        The same columns at an earlier cut-off, whose target lies before `frame`'s cut-off.
    held_out : float
        Share of the customers that nothing is fitted to.
    log, missing
        See `design`. Beside a log-linear model the linear ones take their columns as they are.
    covariance : str
        Of the standard errors; see `ols`.
    folds, choice
        Of the penalty of ridge and LASSO in `checks`; see `lasso`. `penalties` shows both choices.
    replicates, selection_replicates : int
        Bootstrap samples for errors, and for selection frequencies.
    level : float
    random_state : int
        Seed of the division, the folds and the bootstrap.

    Raises
    ------
    AnalysisError
        If a column is absent or not usable as asked, or the key is not unique.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> x = np.random.default_rng(1).normal(size=(200, 2))
    >>> frame = pd.DataFrame({"customer_key": range(200), "a": x[:, 0], "b": x[:, 1], "later": 3 * x[:, 0] + x[:, 1]})
    >>> answer = study(frame, target="later", columns=["a"], replicates=200, random_state=1)
    >>> answer.effects["term"].tolist(), bool(answer.effects["holds"].all()), [check.name for check in answer.checks]
    (['a'], True, ['other_customers'])
    """
    _check(frame, key=key, target=target, columns=columns, last_value=last_value, held_out=held_out)
    if unusable := _unusable(frame[target]):
        return Study(target, unusable, (unusable,), 0)
    question = Question(
        target, tuple(columns), last_value, _log(log), missing,
        model == "loglinear", folds, choice, replicates, level, random_state,
    )  # fmt: skip
    known = _known(frame, target=target, key=key)
    lost = len(frame) - len(known)
    remarks = [Remark("target_missing", target, float(lost))] if lost else []
    if beyond := infinite(frame[target]):
        remarks.append(Remark("infinite", target, float(beyond)))
    train, test = _divide(known, held_out, random_state)
    made = question.design(train)
    if obstacle := _obstacle(made, test):
        return Study(target, obstacle, (*remarks, *made.remarks), len(known))
    parts = {"other_customers": (train, test)}
    if earlier is not None:
        needed = [key, target, *columns, *([last_value] if last_value else [])]
        if lacking := _lacking(earlier, known, needed, key=key):
            remarks.append(Remark("earlier_lacks", target, float(len(lacking)), ", ".join(lacking)))
        elif _obstacle(question.design(before := _known(earlier, target=target, key=key)), known) is None:
            parts["later_period"] = (before, known)
    found = _fits(train, test, made, question, covariance)
    penalties = penalty_choices(
        made, test, folds=folds, replicates=replicates, selection_replicates=selection_replicates,
        level=level, random_state=random_state,
    )  # fmt: skip
    again = _again(made, test, penalties.fit("lasso", "one_standard_error").kept)
    return replace(
        found,
        remarks=(*remarks, *found.remarks, *_new(penalties, made)),
        rows=len(known),
        penalties=penalties,
        choice=choice,
        refit=None if again is None else ols(again, covariance=covariance, level=level),
        checks=tuple(foretell(name, first, then, question) for name, (first, then) in parts.items()),
    )


def present(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[list[str], list[str]]:
    """The columns that a frame has, and those that it lacks, each once and in the order given.

    >>> present(pd.DataFrame({"a": [1]}), ["a", "b", "a"])
    (['a'], ['b'])
    """
    once = list(dict.fromkeys(columns))
    return [name for name in once if name in frame.columns], [name for name in once if name not in frame.columns]


def tables(study: Study | None) -> dict[str, pd.DataFrame]:
    """A study's results as plain tables, by name; empty where there are none."""
    if study is None or study.effects is None or study.penalties is None:
        return {}
    errors = [check.errors.table.assign(check=check.name, chosen=check.chosen) for check in study.checks]
    differences = [check.errors.differences.assign(check=check.name) for check in study.checks]
    return {
        "effects": study.effects.assign(model=study.main),
        "errors": pd.concat(errors, ignore_index=True),
        "differences": pd.concat(differences, ignore_index=True),
        "penalties": study.penalties.table,
        "selection": study.penalties.selection,
    }


def _fits(
    train: pd.DataFrame, test: pd.DataFrame, made: Design, question: Question, covariance: RobustCovariance
) -> Study:
    """The fits whose coefficients are read, each with its check on the other customers."""
    level = question.level
    fit = ols(made, covariance=covariance, level=level)
    again = _again(made, test, made.names)
    straight = effects(
        fit, train, confirmation=None if again is None else ols(again, covariance=covariance, level=level)
    )
    chosen, curved, remarks = straight, None, list(fit.remarks)
    if question.multiplicative:
        bent = question.design(train, curved=True)
        try:
            curved = loglinear(bent, covariance=covariance, level=level)
            chosen = effects(curved, train, confirmation=_loglinear_again(bent, test, covariance, level))
            remarks = list(curved.remarks)
        except AnalysisError as error:
            remarks.append(Remark("no_loglinear", question.target, float(made.response.min()), str(error)))
    return Study(
        target=question.target,
        obstacle=None,
        remarks=tuple(remarks),
        rows=0,
        linear=fit,
        loglinear=curved,
        effects=chosen,
        linear_effects=straight,
        residuals=residual_checks(fit),
        influence=influence(fit),
    )


def _log(log: Literal["auto", "none"] | Sequence[str]) -> Log:
    if log == "auto" or log == "none":
        return log
    return (log,) if isinstance(log, str) else tuple(log)


def _check(
    frame: pd.DataFrame, *, key: str, target: str, columns: Sequence[str], last_value: str | None, held_out: float
) -> None:
    needed = [key, target, *columns, *([last_value] if last_value is not None else [])]
    if absent := present(frame, needed)[1]:
        raise AnalysisError(
            f"regression: the table has no column {', '.join(absent)}; it has {', '.join(map(str, frame.columns))}"
        )
    if twice := repeated(name for name in frame.columns if name in needed):
        raise AnalysisError(f"regression: the table has more than one column {', '.join(twice)}; keep one of each")
    if frame[key].isna().any() or frame[key].duplicated().any():
        raise AnalysisError(f"regression: {key} must be there and different in every row; one row a customer is meant")
    if last_value is not None and not is_number(frame[last_value]):
        raise AnalysisError(f"regression: {last_value} is to be the last value, and it holds text; name another column")
    if not 0.05 <= held_out <= 0.8:
        raise AnalysisError(f"regression: held_out must lie between 0.05 and 0.8; got {held_out}")


def _unusable(target: pd.Series) -> Remark | None:
    """Why no number can be computed with this target, or None."""
    name = str(target.name)
    if not is_number(target):
        return Remark("target_not_a_number", name)
    if size := unworkable(finite(target)):
        return Remark("target_out_of_range", name, size)
    return None


def _lacking(earlier: pd.DataFrame, now: pd.DataFrame, needed: Sequence[str], *, key: str) -> list[str]:
    """Columns that the earlier table lacks, has twice, or holds as text where they are numbers now."""
    there, lacking = present(earlier, needed)
    twice = set(repeated(name for name in earlier.columns if name in needed))
    for name in there:
        if name in twice or (name != key and is_number(earlier[name]) != is_number(now[name])):
            lacking.append(name)
    return lacking


def _known(frame: pd.DataFrame, *, target: str, key: str) -> pd.DataFrame:
    """Rows with a finite target, in the order of the key, so that the order of the file decides nothing."""
    values = finite(frame[target])
    return frame.assign(**{target: values})[~np.isnan(values)].sort_values(key, kind="stable").reset_index(drop=True)


def _divide(frame: pd.DataFrame, held_out: float, random_state: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    order = np.random.default_rng(random_state).permutation(len(frame))
    count = round(len(frame) * held_out)
    test, train = np.sort(order[:count]), np.sort(order[count:])
    return frame.iloc[train].reset_index(drop=True), frame.iloc[test].reset_index(drop=True)


def _obstacle(made: Design, test: pd.DataFrame) -> Remark | None:
    if made.obstacle is not None:
        return made.obstacle
    if not made.terms:
        return Remark("no_columns", made.target)
    needed = ROWS_PER_TERM * len(made.terms)
    if len(made.response) < needed:
        return Remark("too_few_rows", made.target, float(len(made.response)), str(needed))
    left = int((~np.isnan(made.apply(test)).any(axis=1)).sum())
    return Remark("too_few_held_out", made.target, float(left)) if left < 2 else None


def _new(penalties: PenaltyChoices, made: Design) -> list[Remark]:
    """Remarks of the penalised fits that the design does not carry, each once."""
    return list(dict.fromkeys(item for fit in penalties.fits for item in fit.remarks if item not in made.remarks))


def _again(made: Design, rows: pd.DataFrame, names: Sequence[str]) -> Design | None:
    """The named terms of a design on other rows; None if those are too few or their target does not vary."""
    positions = [position for position, name in enumerate(made.names) if name in set(names)]
    matrix, response = made.apply(rows)[:, positions], rows[made.target].to_numpy(dtype=float)
    usable = ~np.isnan(matrix).any(axis=1)
    matrix, response = matrix[usable], response[usable]
    if len(matrix) < ROWS_PER_TERM * len(positions) or np.ptp(response) == 0:
        return None
    twins = aliased(matrix, intercept=made.intercept)
    kept = [place for place in range(len(positions)) if place not in twins]
    if not kept:
        return None
    return replace(
        made,
        terms=tuple(made.terms[positions[place]] for place in kept),
        matrix=matrix[:, kept],
        response=response,
        rows=np.flatnonzero(usable),
        remarks=(),
        rows_in=len(rows),
    )


def _loglinear_again(
    bent: Design, test: pd.DataFrame, covariance: RobustCovariance, level: float
) -> LogLinearFit | None:
    again = _again(bent, test, bent.names)
    if again is None:
        return None
    try:
        # Among the few held-out rows a rare yes-or-no term may separate where it did not among the many.
        return loglinear(without_separated(again), covariance=covariance, level=level)
    except AnalysisError:
        return None
