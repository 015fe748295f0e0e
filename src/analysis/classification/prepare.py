"""From customer features to the numbers that models take: learnt from the training rows alone, used on any others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.base import BaseEstimator, TransformerMixin

from analysis.classification.columns import beyond, days_before, floats, kind_of, levels
from analysis.classification.outcome import Remark
from analysis.errors import AnalysisError

__all__ = ["OTHER", "UNKNOWN", "Preparer", "Term"]

Floats = NDArray[np.float64]

#: The level into which rare ones are pooled.
OTHER = "other"
#: The level of a category that is missing.
UNKNOWN = "unknown"
#: A level is rare in fewer rows than this, or below this share of them.
RARE_ROWS, RARE_SHARE = 20, 0.01
#: More levels than this are never kept apart.
MOST_LEVELS = 10
#: A column of numbers of 0 or more counts as skewed from this skewness on.
SKEWED_ABOVE = 1.0


@dataclass(frozen=True)
class Term:
    """One number that a model takes.

    Parameters
    ----------
    name : str
        For people and tables: `recency_days`, `country = France`, `satisfaction unknown`.
    column : str
        The column that it comes from.
    kind : str
        `identity`, `log1p`, `missing` (1 where the value is unknown), `level` (1 where the column has this level), or
        `days` (days before the cut-off).
    level : str
        Of kind `level`.
    fill, centre, scale : float
        What stands for a gap, and what is taken away and divided by.
    low, high : float
        The range of the training rows, on the term's scale before centring; other rows are cut to it, so that nothing
        is extrapolated.
    """

    name: str
    column: str
    kind: Literal["identity", "log1p", "missing", "level", "days"]
    level: str = ""
    fill: float = 0.0
    centre: float = 0.0
    scale: float = 1.0
    low: float = -np.inf
    high: float = np.inf

    def values(self, column: pd.Series, cutoff: pd.Series | None) -> Floats:
        """The term's values for a column."""
        if self.kind == "level":
            plain = self.raw(column)
        elif self.kind == "missing":
            plain = np.isnan(_numbers(column, cutoff)).astype(float)
        else:
            plain = self.bent(_numbers(column, cutoff))
        return (plain - self.centre) / self.scale

    def bent(self, numbers: ArrayLike) -> Floats:
        """Numbers of the column on the term's scale: gaps filled, logarithm taken, cut to the training range."""
        values = np.asarray(numbers, dtype=float)
        filled = np.where(np.isnan(values), self.fill, values)
        scaled = np.log1p(np.maximum(filled, 0.0)) if self.kind == "log1p" else filled
        return np.clip(scaled, self.low, self.high)

    def raw(self, column: pd.Series) -> Floats:
        """1 where a column of categories has the term's level."""
        return (levels(column).fillna(UNKNOWN) == self.level).to_numpy(dtype=float)


class Preparer(TransformerMixin, BaseEstimator):
    """Gaps, logarithms, scales and categories, as a step of a scikit-learn Pipeline.

    Numbers: infinite ones are gaps; gaps get the median and a term of their own that says so; skewed columns of 0 or
    more are taken as log(1 + x) if `bend`; values are cut to the range of the training rows. Dates become days before
    the cut-off. Categories become one term a level; rare levels are pooled as `other`, gaps are a level of their own
    (`unknown`), and the most frequent level has no term: it is what the others are compared with. Constant and empty
    columns and near-copies of a term have none. With `scale` each term gets mean 0 and standard deviation 1.

    Parameters
    ----------
    columns : sequence of str
    bend, scale : bool
    cutoff : str
        The column that holds each row's cut-off, for dates.

    Examples
    --------
    >>> frame = pd.DataFrame({"visits": [1.0, None, 3.0, 5.0], "shop": "A"})
    >>> made = Preparer(["visits", "shop"], scale=False).fit(frame)
    >>> made.names, made.transform(frame).tolist()
    (('visits', 'visits unknown'), [[1.0, 0.0], [3.0, 1.0], [3.0, 0.0], [5.0, 0.0]])
    """

    def __init__(
        self, columns: Sequence[str] = (), *, bend: bool = True, scale: bool = True, cutoff: str = "cutoff"
    ) -> None:
        self.columns = columns
        self.bend = bend
        self.scale = scale
        self.cutoff = cutoff

    def fit(self, frame: pd.DataFrame, y: ArrayLike | None = None) -> Self:
        """Learn medians, ranges, scales and levels from these rows."""
        remarks: list[Remark] = []
        found: list[Term] = []
        cutoff = frame[self.cutoff] if self.cutoff in frame.columns else None
        for name in self.columns:
            kind = kind_of(frame[name])
            if kind == "nothing":
                remarks.append(Remark("all_missing", name))
            elif kind == "category":
                found += _categories(name, frame[name], remarks)
            elif kind == "date" and cutoff is None:
                remarks.append(Remark("not_usable", name, other="a date, and the table names no cut-off"))
            else:
                found += self._measured(name, frame[name], cutoff if kind == "date" else None, remarks)
        self.terms_ = tuple(self._scaled(found, frame, cutoff))
        self.remarks_ = tuple(remarks)
        self.n_features_in_ = len(self.columns)
        return self

    def transform(self, frame: pd.DataFrame) -> Floats:
        """The terms of other rows, shape (rows, terms).

        Raises
        ------
        AnalysisError
            If the frame lacks a column, or holds text where numbers were learnt.
        """
        needed = list(dict.fromkeys(term.column for term in self.terms_))
        if absent := [name for name in needed if name not in frame.columns]:
            raise AnalysisError(
                f"classification: the model needs the columns {', '.join(absent)}, which the table lacks; "
                f"it has {', '.join(map(str, frame.columns))}"
            )
        cutoff = frame[self.cutoff] if self.cutoff in frame.columns else None
        matrix = np.empty((len(frame), len(self.terms_)))
        for position, term in enumerate(self.terms_):
            _same_kind(term, frame[term.column])
            matrix[:, position] = term.values(frame[term.column], cutoff)
        return matrix

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms."""
        return tuple(term.name for term in self.terms_)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the terms, as scikit-learn asks for them."""
        return np.array(self.names, dtype=object)

    def _measured(self, name: str, column: pd.Series, cutoff: pd.Series | None, remarks: list[Remark]) -> list[Term]:
        """The terms of numbers, or of dates if there is a cut-off."""
        values = _numbers(column, cutoff)
        known = values[~np.isnan(values)]
        if cutoff is None and (many := beyond(column)):
            remarks.append(Remark("infinite", name, float(many)))
        if len(known) == 0:
            remarks.append(Remark("all_missing", name))
            return []
        gaps = len(values) - len(known)
        terms = []
        if known.min() == known.max():
            remarks.append(Remark("constant", name, float(known[0])))
        else:
            kind: Literal["identity", "log1p", "days"] = "identity" if cutoff is None else "days"
            skewness = float(stats.skew(known / np.abs(known).max()))
            if self.bend and known.min() >= 0 and skewness > SKEWED_ABOVE and cutoff is None:
                kind = "log1p"
                remarks.append(Remark("log", name, skewness))
            if cutoff is not None:
                remarks.append(Remark("days", name))
            term = Term(name, name, kind, fill=float(np.median(known)))
            bent = term.bent(known)
            terms.append(Term(name, name, kind, fill=term.fill, low=float(bent.min()), high=float(bent.max())))
        if gaps:
            remarks.append(Remark("indicator", name, float(gaps)))
            terms.append(Term(f"{name} unknown", name, "missing"))
        return terms

    def _scaled(self, terms: list[Term], frame: pd.DataFrame, cutoff: pd.Series | None) -> list[Term]:
        """The terms that say something new, scaled if asked for."""
        kept: list[Term] = []
        seen: set[bytes] = set()
        for term in terms:
            values = term.values(frame[term.column], cutoff)
            copy = values.tobytes()
            if copy in seen or values.min() == values.max():
                continue
            seen.add(copy)
            if self.scale:
                centre, scale = float(values.mean()), float(values.std())
                term = Term(**{**term.__dict__, "centre": centre, "scale": scale or 1.0})
            kept.append(term)
        return kept


def _numbers(column: pd.Series, cutoff: pd.Series | None) -> Floats:
    """Numbers as they are; dates as days before the cut-off."""
    kind = kind_of(column)
    if kind == "nothing":
        return np.full(len(column), np.nan)
    if kind == "date":
        return np.full(len(column), np.nan) if cutoff is None else days_before(column, cutoff)
    return floats(column)


def _same_kind(term: Term, column: pd.Series) -> None:
    kind = kind_of(column)
    expected = {"level": "category", "days": "date"}.get(term.kind, "number")
    if kind != "nothing" and kind != expected and not (term.kind == "missing" and kind == "date"):
        raise AnalysisError(
            f"classification: {term.column} was a {expected} where the model learnt, and is a {kind} here; "
            "give it the same column"
        )


def _categories(name: str, column: pd.Series, remarks: list[Remark]) -> list[Term]:
    """One term a level but the most frequent; the pooled rest is nobody's term, unless it is the most frequent."""
    text = levels(column).fillna(UNKNOWN)
    counts = text.value_counts()
    ordered = sorted(counts.index, key=lambda level: (-counts[level], level))
    enough = max(RARE_ROWS, RARE_SHARE * len(text))
    frequent = [level for level in ordered if counts[level] >= enough][:MOST_LEVELS]
    if len(ordered) == 1:
        remarks.append(Remark("constant", name))
        return []
    if not frequent:
        remarks.append(Remark("too_many_levels", name, float(len(ordered))))
        return []
    pooled = len(ordered) - len(frequent)
    if pooled:
        remarks.append(Remark("pooled", name, float(pooled)))
    # Where rare levels are pooled, they are the reference; else the most frequent level is.
    return [Term(f"{name} = {level}", name, "level", level=level) for level in frequent[0 if pooled else 1 :]]
