"""What the sections of the page share: how methods are called, and estimates as values with their intervals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.recommendation import Study
from analysis.report.values import Value, percent, points, term
from analysis.report.wording import msgid

__all__ = ["BEYOND", "MEASURES", "gain", "list_term", "pick", "share"]

#: Measures of accuracy with the heads of their columns; all are shares.
MEASURES = msgid({"hit_rate": "Hit rate", "precision": "Precision", "recall": "Recall", "map": "MAP", "ndcg": "nDCG"})
#: Measures of the lists alone.
BEYOND = ("coverage", "novelty", "diversity")


def list_term(method: str) -> Value:
    """The display name of a method."""
    return term(f"list_{method}")


def pick(table: pd.DataFrame | None, **wanted: Any) -> pd.Series:
    """The one row of a tidy table with these values."""
    assert table is not None
    rows = table
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    return rows.iloc[0]


def share(study: Study, method: str, measure: str, *, level: float, wanted: str = "new") -> Value:
    """A measure that is a share, with its interval."""
    row = pick(study.quality, wanted=wanted, method=method, measure=measure)
    return percent(*_bounds(row, "estimate"), level=level, digits=0 if measure == "hit_rate" else 1)


def gain(row: Any, *, level: float, prefix: str = "") -> Value:
    """A difference of two shares in percentage points, with its interval."""
    return points(*_bounds(row, f"{prefix}difference"), level=level, digits=1)


def _bounds(row: Any, name: str) -> tuple[float, float | None, float | None]:
    value, low, high = (float(row[part]) for part in (name, "low", "high"))
    return value, (None if low != low else low), (None if high != high else high)
