"""Which rows answer the question, and whether there are enough of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.classification.columns import beyond, kind_of, moments
from analysis.classification.models import MODELS
from analysis.classification.outcome import Outcome, Remark
from analysis.classification.periods import Split
from analysis.classification.training import enough
from analysis.errors import AnalysisError
from analysis.shares import clopper_pearson

__all__ = ["check", "known_rows", "obstacle", "periods", "readings"]

Floats = NDArray[np.float64]


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


def known_rows(histories: pd.DataFrame, outcome: Outcome, key: str) -> tuple[pd.DataFrame, Floats, list[Remark]]:
    """Rows with a known label, by cut-off and customer, so that the order of the file decides nothing."""
    frame = histories.assign(cutoff=moments(histories["cutoff"]).dt.date)
    frame = frame.sort_values(["cutoff", key], kind="stable").reset_index(drop=True)
    label = outcome.label(frame)
    known = ~np.isnan(label)
    lost = int((~known).sum())
    remarks = [Remark("target_missing", outcome.column, float(lost))] if lost else []
    return frame[known].reset_index(drop=True), label[known], remarks


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


def periods(frame: pd.DataFrame, label: Floats, splits: list[Split], horizon_days: int, level: float) -> pd.DataFrame:
    """One row a cut-off, with its share of events and what it is used for; see `Study.periods`."""
    table = pd.DataFrame({"cutoff": frame["cutoff"], "label": label}).groupby("cutoff", sort=True)["label"]
    table = table.agg(["size", "sum"]).reset_index().rename(columns={"size": "customers", "sum": "events"})
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
