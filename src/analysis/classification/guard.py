"""Features that know the future fail the run, before any model is fitted.

What a table alone can show is looked at here: names, dates, label windows, and columns that tell the coming label
better than they tell the past one. An honest feature is made of the past, so it tells the label of the period before
the cut-off at least as well as that of the period after it. `recompute` shows what a table cannot: it computes the
features again without the future.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from analysis.classification.columns import floats, kind_of, levels, moments
from analysis.classification.metrics import area
from analysis.classification.outcome import Outcome
from analysis.classification.periods import Split
from analysis.classification.prepare import Preparer
from analysis.classification.tree import DecisionTree
from analysis.errors import AnalysisError

__all__ = [
    "CLEARLY_LESS",
    "COPY",
    "NEARLY_PERFECT",
    "SUSPECT",
    "Guard",
    "check_columns",
    "check_dates",
    "check_labels",
    "check_names",
]

Floats = NDArray[np.float64]

#: A column with this rank correlation with the target is a copy of it.
COPY = 0.99
#: Alone, no honest column separates buyers and others so well; where no earlier label is known, this fails the run.
NEARLY_PERFECT = 0.99
#: From here on a column fails the run if it tells the earlier label clearly less well.
SUSPECT = 0.9
#: From here on a column is worth a look if it tells the earlier label less well by twice as much.
NOTEWORTHY = 0.8
CLEARLY_LESS = 0.05
#: A date written as text, year first.
DATE = re.compile(r"^\d{4}-\d{2}-\d{2}")
#: Rows of each class below which an area is not computed.
ENOUGH = 10


@dataclass(frozen=True)
class Guard:
    """What was looked at, and passed.

    Parameters
    ----------
    table : DataFrame
        check (names, copies, dates, windows, separation, missingness), looked_at (columns, cut-offs), passed (always
        true: else there is no Guard), level (the stated limit, or NaN), worst (column), value (the nearest to it).
    columns : DataFrame
        column, auc (of a small tree of this column alone, or of its plain order, on the test rows), auc_last (the same
        for the label of the period before the cut-off; NaN where unknown), auc_missing (of "is missing"), undated (the
        same at every cut-off for every customer who stands at several), ahead (0.8 or more, and less by 0.1 or more
        for the earlier label: worth a look).
    """

    table: pd.DataFrame
    columns: pd.DataFrame


def check_names(outcome: Outcome, columns: Sequence[str], *, key: str, cutoff: str) -> None:
    """Fail where the target, another column of the later period, the customer or the cut-off is among the features."""
    later = [name for name in columns if name == outcome.column or str(name).startswith("target_")]
    if later:
        raise AnalysisError(
            f"classification: {', '.join(later)} is measured after the cut-off and cannot be a feature; take it out of "
            "the columns"
        )
    if named := [name for name in columns if name in (key, cutoff)]:
        raise AnalysisError(
            f"classification: {', '.join(named)} names the row and says nothing of the customer; take it out of the "
            "columns"
        )


def check_labels(cutoffs: Sequence[date], *, as_of: date, horizon_days: int) -> None:
    """Fail where a label window reaches beyond the data."""
    ends = {day: day + timedelta(days=horizon_days) for day in sorted(set(cutoffs))}
    if open_ended := {day: end for day, end in ends.items() if end > as_of}:
        day, end = next(iter(open_ended.items()))
        raise AnalysisError(
            f"classification: the label of cut-off {day} is measured until {end}, and the data end before {as_of}; "
            f"leave out cut-offs after {as_of - timedelta(days=horizon_days)}, or take a horizon shorter than "
            f"{horizon_days} days"
        )


def check_columns(
    frame: pd.DataFrame,
    label: Floats,
    *,
    outcome: Outcome,
    columns: Sequence[str],
    split: Split,
    key: str,
    dates: int = 0,
    trusted: Sequence[str] = (),
) -> Guard:
    """Fail where a column holds what only the future knows; else say what was looked at.

    Parameters
    ----------
    frame : DataFrame
        All rows with a known label, with `cutoff`.
    label : ndarray, shape (n,)
    outcome : Outcome
    columns : sequence of str
    split : Split
        Rows that teach and rows that judge.
    key : str
    dates : int
        Columns of dates that `check_dates` looked at.
    trusted : sequence of str
        Columns that are known at the cut-off although they look as if they were not.

    Raises
    ------
    AnalysisError
        With the column, the evidence and what to do.
    """
    last = _last_label(frame, label, outcome, key)
    target = floats(frame[outcome.column]) if kind_of(frame[outcome.column]) == "number" else label
    looked = [name for name in columns if name not in trusted]
    rows = []
    for name in columns:
        copied = _copied(frame[name], target)
        missing = frame[name].isna().to_numpy(dtype=float)
        auc, auc_last = (_alone(frame, name, y, split) for y in (label, last))
        auc_missing, missing_last = (_order(y[split.test], missing[split.test]) for y in (label, last))
        ahead = auc >= NOTEWORTHY and auc_last < auc - 2 * CLEARLY_LESS
        rows.append((name, copied, auc, auc_last, auc_missing, missing_last, _undated(frame, name, key), bool(ahead)))
    names = ["column", "copied", "auc", "auc_last", "auc_missing", "missing_last", "undated", "ahead"]
    table = pd.DataFrame(rows, columns=names)
    for row in table[table["column"].isin(looked)].itertuples():
        _judge(str(row.column), outcome, 0.0, float(row.auc_missing), float(row.missing_last), what="being missing")
        _judge(str(row.column), outcome, float(row.copied), float(row.auc), float(row.auc_last), what="alone")
    return Guard(_summary(frame, table, dates), table.drop(columns=["copied", "missing_last"]))


def check_dates(frame: pd.DataFrame, columns: Sequence[str]) -> int:
    """Fail where a column holds dates on or after the cut-off; else say how many columns hold dates."""
    cutoff = moments(frame["cutoff"])
    found = 0
    for name in columns:
        stamps = _dates(frame[name])
        if stamps is None:
            continue
        found += 1
        late = (stamps >= cutoff).to_numpy()
        if late.any():
            first = int(np.argmax(late))
            raise AnalysisError(
                f"classification: {name} holds dates on or after the cut-off in {int(late.sum())} of {len(frame)} rows "
                f"({stamps.iloc[first]:%Y-%m-%d} at cut-off {cutoff.iloc[first]:%Y-%m-%d}), which nobody knew then; "
                "take it out of the columns, or keep only what was known"
            )
    return found


def _dates(column: pd.Series) -> pd.Series | None:
    """A column of dates, also of dates written as text (year first), as moments."""
    kind = kind_of(column)
    if kind == "date":
        return moments(column)
    if kind != "category":
        return None
    text = levels(column)
    known = text[text.notna()]
    if not DATE.match(str(known.iloc[0])) or not known.astype(str).str.match(DATE).all():
        return None
    return moments(text)


def _last_label(frame: pd.DataFrame, label: Floats, outcome: Outcome, key: str) -> Floats:
    """The label of the period before each row's cut-off: from its own column, or from the cut-off before."""
    last = outcome.last(frame)
    if last is not None:
        return last
    known = pd.DataFrame({"key": frame[key].to_numpy(), "cutoff": moments(frame["cutoff"]).to_numpy(), "label": label})
    before = known.sort_values(["key", "cutoff"], kind="stable").groupby("key", sort=False)["label"].shift(1)
    return before.reindex(range(len(frame))).to_numpy(dtype=float)


def _alone(frame: pd.DataFrame, name: str, y: Floats, split: Split) -> float:
    """How well a column alone tells a label in the test rows: by its order, or by a small tree of the training rows."""
    test, train = (rows[~np.isnan(y[rows])] for rows in (split.test, split.train))
    found = [float("nan")]
    if kind_of(frame[name]) == "number":
        values = floats(frame[name])[test]
        known = ~np.isnan(values)
        found.append(_order(y[test][known], values[known]))
    if _both(y[train]) and _both(y[test]):
        made = Preparer((name,), bend=False, scale=False).fit(frame.iloc[train])
        if made.terms_ and not _strange(made, frame[name].iloc[test]):
            tree = DecisionTree(max_depth=3, min_leaf=5).fit(made.transform(frame.iloc[train]), y[train])
            found.append(_order(y[test], tree.predict_proba(made.transform(frame.iloc[test]))[:, 1]))
    return float(np.nanmax(found)) if not np.isnan(found).all() else float("nan")


def _strange(made: Preparer, column: pd.Series) -> bool:
    """Whether the column holds something else in the test rows than where its terms were learnt."""
    learnt = {"level": "category", "days": "date"}
    return kind_of(column) not in ("nothing", *(learnt.get(term.kind, "number") for term in made.terms_))


def _order(y: Floats, score: Floats) -> float:
    """The area under the ROC curve, whichever way the score points; NaN with too few of a class."""
    known = ~np.isnan(y)
    if not _both(y[known]):
        return float("nan")
    found = float(area(y[known], score[known]))
    return max(found, 1 - found)


def _both(y: Floats) -> bool:
    return bool(min((y == 1).sum(), (y == 0).sum()) >= ENOUGH)


def _copied(column: pd.Series, target: Floats) -> float:
    """The size of the rank correlation with the target, 0 where it cannot be had."""
    if kind_of(column) != "number":
        return 0.0
    values = floats(column)
    known = ~(np.isnan(values) | np.isnan(target))
    if known.sum() < 2 * ENOUGH:
        return 0.0
    a, b = rankdata(values[known]), rankdata(target[known])
    return float(abs(np.corrcoef(a, b)[0, 1])) if a.std() > 0 and b.std() > 0 else 0.0


def _undated(frame: pd.DataFrame, name: str, key: str) -> bool:
    """Whether a column tells customers apart, and never changes from cut-off to cut-off for those at several."""
    if frame[name].nunique() < 2:
        return False
    counts = frame.groupby(key)[name].agg(["size", "nunique"])
    several = counts[counts["size"] > 1]
    return bool(len(several) and (several["nunique"] <= 1).all())


def _judge(name: str, outcome: Outcome, copied: float, auc: float, auc_last: float, *, what: str) -> None:
    advice = (
        "compute it from what lay before the cut-off or take it out of the columns; if it was known at the cut-off, "
        "name it in trusted"
    )
    if copied >= COPY:
        raise AnalysisError(
            f"classification: {name} follows {outcome.column} with a rank correlation of {copied:.3f}: it is the "
            f"target in another form; {advice}"
        )
    subject = f"{name} alone" if what == "alone" else f"whether {name} is missing"
    if np.isnan(auc_last) and auc >= NEARLY_PERFECT:
        raise AnalysisError(
            f"classification: {subject} tells the label of the test period nearly perfectly (AUC {auc:.3f}, limit "
            f"{NEARLY_PERFECT}), as only the future could; {advice}"
        )
    if auc >= SUSPECT and auc_last < auc - CLEARLY_LESS:
        raise AnalysisError(
            f"classification: {subject} tells what comes after the cut-off better (AUC {auc:.3f}, limit {SUSPECT}) "
            f"than what came before it (AUC {auc_last:.3f}), so it knows the future; {advice}"
        )


def _summary(frame: pd.DataFrame, table: pd.DataFrame, dates: int) -> pd.DataFrame:
    def worst(measure: str) -> tuple[str, float]:
        values = table[measure].to_numpy(dtype=float)
        if not len(values) or np.isnan(values).all():
            return "", float("nan")
        place = int(np.nanargmax(values))
        return str(table["column"].iloc[place]), float(values[place])

    rows = [
        ("names", len(table), float("nan"), "", float("nan")),
        ("copies", len(table), COPY, *worst("copied")),
        ("dates", dates, float("nan"), "", float("nan")),
        ("windows", frame["cutoff"].nunique(), float("nan"), "", float("nan")),
        ("separation", len(table), SUSPECT, *worst("auc")),
        ("missingness", len(table), SUSPECT, *worst("auc_missing")),
    ]
    return pd.DataFrame(rows, columns=["check", "looked_at", "level", "worst", "value"]).assign(passed=True)
