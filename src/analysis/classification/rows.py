"""Which rows answer the question, and whether there are enough of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.classification.columns import beyond, kind_of, moments, typed
from analysis.classification.guard import check_dates, check_labels
from analysis.classification.models import MODELS
from analysis.classification.outcome import Outcome, Remark
from analysis.classification.periods import Split, first_customers, newest_divided, origins, thinned
from analysis.classification.training import Question, enough
from analysis.errors import AnalysisError
from analysis.shares import clopper_pearson

__all__ = ["Material", "check", "material"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Material:
    """What a question is asked of.

    Parameters
    ----------
    frame : DataFrame
        Rows used, by cut-off and customer, with columns that are read already.
    label : ndarray, shape (n,)
    splits : list of Split
        Positions in `frame`; newest test cut-off first.
    last : ndarray of int
        Positions of the rows that teach the model with which today's customers are scored.
    periods : DataFrame
        Of all rows.
    dates : int
        Columns that hold dates.
    obstacle : Remark or None
    remarks : tuple of Remark
    """

    frame: pd.DataFrame
    label: Floats
    splits: list[Split]
    last: Rows
    periods: pd.DataFrame
    dates: int
    obstacle: Remark | None
    remarks: tuple[Remark, ...]


def check(
    frame: pd.DataFrame, *, outcome: Outcome, columns: Sequence[str], key: str, models: Sequence[str], held_out: float
) -> None:
    """Refuse, all at once, what cannot be meant."""
    problems = []
    needed = [key, "cutoff", outcome.column, *columns]
    if absent := [name for name in dict.fromkeys(needed) if name not in frame.columns]:
        problems.append(f"the table has no column {', '.join(absent)}; it has {', '.join(map(str, frame.columns))}")
    elif twice := sorted({str(name) for name in frame.columns[frame.columns.duplicated()] if name in needed}):
        problems.append(f"the table has more than one column {', '.join(twice)}; keep one of each")
    elif moments(frame["cutoff"]).isna().any():
        problems.append("cutoff must hold a date in every row")
    elif frame[key].isna().any() or frame.duplicated([key, "cutoff"]).any():
        problems.append(f"{key} must be there, and different in every row of a cut-off; one row a customer is meant")
    if unknown := [name for name in models if name not in MODELS]:
        problems.append(f"there is no model {', '.join(unknown)}; there are {', '.join(MODELS)}")
    if not models:
        problems.append("name at least one model")
    if not 0.05 <= held_out <= 0.8:
        problems.append(f"held_out must lie between 0.05 and 0.8; got {held_out}")
    if problems:
        raise AnalysisError("classification: " + "; ".join(problems))


def material(
    histories: pd.DataFrame, question: Question, *, as_of: date, held_out: float, rolling: int, most_rows: int
) -> Material:
    """Rows with a known label, by cut-off and customer, so that the order of the file decides nothing.

    Where a part has more than `most_rows` rows, customers are drawn, the same ones in all parts as far as they reach.

    Raises
    ------
    AnalysisError
        If a label window reaches beyond the data, or a date lies on or after its cut-off.
    """
    outcome, key = question.outcome, question.key
    stamps = moments(histories["cutoff"]).to_numpy().astype("datetime64[D]")
    codes = pd.factorize(histories[key], sort=True)[0]
    label = outcome.label(histories)
    order = np.lexsort((codes, stamps))
    rows = order[~np.isnan(label[order])]
    days, y, codes = stamps[rows], label[rows], codes[rows]
    check_labels(np.unique(days).tolist(), as_of=as_of, horizon_days=question.horizon_days)
    splits = _splits(days, pd.Series(codes), y, question, held_out)[:rolling]
    table = periods(days, y, splits, question.horizon_days, question.level)
    remarks = (
        [Remark("target_missing", outcome.column, float(len(order) - len(rows)))] if len(rows) < len(order) else []
    )
    stop = obstacle(y, splits)
    priority = np.random.default_rng(question.random_state).permutation(int(codes.max(initial=-1)) + 1)[codes]
    thin = [thinned(split, priority, most_rows) for split in splits]
    remarks += [
        Remark("sampled", part, float(len(getattr(small, part))), str(len(getattr(whole, part))))
        for small, whole in zip(thin[:1], splits[:1], strict=True)
        for part in ("train", "test")
        if len(getattr(small, part)) < len(getattr(whole, part))
    ]
    last = first_customers(np.arange(len(rows)), priority, most_rows)
    used = np.unique(np.concatenate([last, *(part for split in thin for part in (split.train, split.test))]))
    frame, dates, said = _frame(histories, rows, used, question)
    at = [
        replace(split, train=np.searchsorted(used, split.train), test=np.searchsorted(used, split.test))
        for split in thin
    ]
    return Material(frame, y[used], at, np.searchsorted(used, last), table, dates, stop, (*remarks, *said))


def _splits(
    days: NDArray[np.datetime64], customers: pd.Series, label: Floats, question: Question, held_out: float
) -> list[Split]:
    """Later cut-offs in turn; where what came before the newest is too little to teach, its own customers divided."""
    seed = question.random_state
    found = origins(days, customers, horizon_days=question.horizon_days, held_out=held_out, random_state=seed)
    if found and found[0].kind == "later_period" and not enough(label[found[0].train]):
        divided = newest_divided(days, customers, held_out=held_out, random_state=seed)
        if enough(label[divided.train]) and enough(label[divided.test]):
            return [divided]
    return found


def _frame(
    histories: pd.DataFrame, rows: Rows, used: Rows, question: Question
) -> tuple[pd.DataFrame, int, list[Remark]]:
    """The rows used, read once; how many columns hold dates, which are checked in all rows; what is said of them."""
    outcome = question.outcome
    extra = [outcome.last_column, question.recency]
    needed = [question.key, "cutoff", outcome.column, *question.columns, *(n for n in extra if n in histories.columns)]
    dates = check_dates(histories, question.columns)
    frame = histories.iloc[rows[used]][list(dict.fromkeys(needed))].reset_index(drop=True)
    frame = frame.assign(cutoff=moments(frame["cutoff"]).dt.date)
    return typed(frame, question.columns), dates, readings(frame, question.columns)


def obstacle(label: Floats, splits: list[Split]) -> Remark | None:
    """Why nothing can be fitted or judged, or None."""
    if not len(label):
        return Remark("no_rows")
    if label.min() == label.max():
        return Remark("one_class", value=float(label[0]))
    if not splits:
        return Remark("no_rows")
    for part in ("train", "test"):
        rows = label[getattr(splits[0], part)]
        if not enough(rows):
            return Remark("too_few_events", value=float(min((rows == 1).sum(), (rows == 0).sum())), other=part)
    return None


def periods(
    days: NDArray[np.datetime64], label: Floats, splits: list[Split], horizon_days: int, level: float
) -> pd.DataFrame:
    """One row a cut-off, with its share of events and what it is used for; see `Study.periods`."""
    distinct, code = np.unique(days, return_inverse=True)
    table = pd.DataFrame({"cutoff": pd.Series(distinct.tolist(), dtype=object)})
    table["customers"] = np.bincount(code, minlength=len(distinct))
    table["events"] = np.bincount(code, label, minlength=len(distinct))
    table["events"] = table["events"].astype(int)
    table.insert(1, "label_until", [day + timedelta(days=horizon_days) for day in table["cutoff"]])
    table["share"] = table["events"] / table["customers"]
    table["low"], table["high"] = clopper_pearson(table["events"], table["customers"], level=level)
    roles = {}
    if splits:
        first = splits[0]
        roles = dict.fromkeys(first.train_cutoffs, "train") | dict.fromkeys(first.purged, "purged")
        roles[first.cutoff] = "test" if first.kind == "later_period" else "both"
    table["role"] = [roles.get(day, "unused") for day in table["cutoff"]]
    return table


def readings(frame: pd.DataFrame, columns: Sequence[str]) -> list[Remark]:
    """What is said of columns that are read as something else than they look: infinite numbers, and dates."""
    remarks = []
    for name in dict.fromkeys(columns):
        kind = kind_of(frame[name])
        if kind == "number" and (many := beyond(frame[name])):
            remarks.append(Remark("infinite", name, float(many)))
        elif kind == "date":
            remarks.append(Remark("days", name))
    return remarks
