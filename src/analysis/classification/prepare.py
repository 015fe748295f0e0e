"""From customer features to the numbers that models take: learnt from the training rows alone, used on any others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.base import BaseEstimator, TransformerMixin

from analysis.classification.columns import Reading, read
from analysis.classification.outcome import Remark
from analysis.errors import AnalysisError

__all__ = ["OTHER", "UNKNOWN", "Preparer", "Term"]

Floats = NDArray[np.float64]

#: The level into which rare ones are pooled.
OTHER = "any other"
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
        For people and tables: `recency_days`, `country = France`, `satisfaction unknown`. A date's numbers are days
        before the cut-off.
    column : str
        The column that it comes from.
    kind : str
        `identity`, `log1p`, `missing` (1 where the value is unknown) or `level` (1 where the column has this level).
    level : str
        Of kind `level`; `OTHER` stands for all that are not in `known`.
    known : tuple of str
        Levels that are not pooled.
    fill, centre, scale : float
        What stands for a gap, and what is taken away and divided by.
    low, high : float
        The range of the training rows, on the term's scale before centring; other rows are cut to it, so that nothing
        is extrapolated.
    """

    name: str
    column: str
    kind: Literal["identity", "log1p", "missing", "level"]
    level: str = ""
    known: tuple[str, ...] = ()
    fill: float = 0.0
    centre: float = 0.0
    scale: float = 1.0
    low: float = -np.inf
    high: float = np.inf

    @property
    def binary(self) -> bool:
        """Whether its range is 0 to 1, as of levels, gaps and truth values."""
        return self.kind in ("level", "missing") or (self.low, self.high) == (0.0, 1.0)

    def values(self, reading: Reading) -> Floats:
        """The term's values for a column that was read."""
        if self.kind == "level":
            plain = self._has_level(reading)
        elif self.kind == "missing":
            plain = np.asarray(pd.isna(reading), dtype=float)
        else:
            plain = self.bent(reading)
        return (plain - self.centre) / self.scale

    def bent(self, numbers: ArrayLike) -> Floats:
        """Numbers of the column on the term's scale: gaps filled, logarithm taken, cut to the training range."""
        values = np.asarray(numbers, dtype=float)
        filled = np.where(np.isnan(values), self.fill, values)
        scaled = np.log1p(np.maximum(filled, 0.0)) if self.kind == "log1p" else filled
        return np.clip(scaled, self.low, self.high)

    def _has_level(self, reading: Reading) -> Floats:
        """1 where a column of categories has the term's level."""
        gaps = np.asarray(pd.isna(reading))
        if not isinstance(reading, pd.Categorical):  # nothing is known in any row
            return np.full(len(reading), float(self.level == UNKNOWN))
        if self.level == OTHER:
            unpooled = np.asarray(reading.isin(self.known)) | (gaps & (UNKNOWN in self.known))
            return (~unpooled).astype(float)
        hit = np.asarray(reading == self.level)
        return np.asarray(hit | gaps if self.level == UNKNOWN else hit, dtype=float)


class Preparer(TransformerMixin, BaseEstimator):
    """Gaps, logarithms, scales and categories, as a step of a scikit-learn Pipeline.

    Numbers: infinite ones are gaps; gaps get the median and a term of their own that says so; skewed columns of 0 or
    more are taken as log(1 + x) if `bend`; values are cut to the range of the training rows. Dates become days before
    the cut-off. Categories become one term a level; rare levels are pooled as `any other`, gaps are a level of their
    own (`unknown`). The most frequent level has no term: it is what others are compared with, and what is taken for
    levels that too few rows share. Constant and empty columns and copies of a term have none. With `scale` each term
    gets mean 0 and standard deviation 1.

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
        readings = self._read(frame, list(dict.fromkeys(self.columns)))
        found: list[Term] = []
        for name, reading in readings.items():
            if isinstance(reading, pd.Categorical):
                found += _categories(name, reading, remarks)
            else:
                found += self._measured(name, reading, remarks)
        self.terms_ = tuple(self._scaled(found, readings))
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
        readings = self._read(frame, needed)
        matrix = np.empty((len(frame), len(self.terms_)))
        for position, term in enumerate(self.terms_):
            _same_kind(term, readings[term.column])
            matrix[:, position] = term.values(readings[term.column])
        return matrix

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms."""
        return tuple(term.name for term in self.terms_)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the terms, as scikit-learn asks for them."""
        return np.array(self.names, dtype=object)

    def _read(self, frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, Reading]:
        cutoff = frame[self.cutoff] if self.cutoff in frame.columns else None
        return {name: read(frame[name], cutoff) for name in columns}

    def _measured(self, name: str, values: Floats, remarks: list[Remark]) -> list[Term]:
        """The terms of numbers."""
        known = values[~np.isnan(values)]
        if len(known) == 0:
            remarks.append(Remark("all_missing", name))
            return []
        terms = []
        if known.min() == known.max():
            remarks.append(Remark("constant", name, float(known[0])))
        else:
            kind: Literal["identity", "log1p"] = "identity"
            skewness = float(stats.skew(known / np.abs(known).max()))
            if self.bend and known.min() >= 0 and skewness > SKEWED_ABOVE and not np.isin(known, [0.0, 1.0]).all():
                kind = "log1p"
                remarks.append(Remark("log", name, skewness))
            term = Term(name, name, kind, fill=float(np.median(known)))
            bent = term.bent(known)
            terms.append(replace(term, low=float(bent.min()), high=float(bent.max())))
        if gaps := len(values) - len(known):
            remarks.append(Remark("indicator", name, float(gaps)))
            terms.append(Term(f"{name} unknown", name, "missing"))
        return terms

    def _scaled(self, terms: list[Term], readings: Mapping[str, Reading]) -> list[Term]:
        """The terms that say something new, scaled if asked for."""
        kept: list[Term] = []
        seen: set[bytes] = set()
        for term in terms:
            values = term.values(readings[term.column])
            copy = values.tobytes()
            if copy in seen or values.min() == values.max():
                continue
            seen.add(copy)
            if self.scale:
                term = replace(term, centre=float(values.mean()), scale=float(values.std()) or 1.0)
            kept.append(term)
        return kept


def _same_kind(term: Term, reading: Reading) -> None:
    is_level, has_levels = term.kind == "level", isinstance(reading, pd.Categorical)
    if is_level != has_levels and not (np.isnan(reading).all() if not has_levels else term.kind == "missing"):
        expected, met = ("categories", "numbers") if is_level else ("numbers", "categories")
        raise AnalysisError(
            f"classification: {term.column} held {expected} where the model learnt, and holds {met} here; "
            "give it the same column"
        )


def _categories(name: str, reading: pd.Categorical, remarks: list[Remark]) -> list[Term]:
    """One term a level but the most frequent, and one for the pooled rest if it is large enough."""
    counts = {
        str(level): int(n) for level, n in zip(reading.categories, np.bincount(reading.codes + 1)[1:], strict=False)
    }
    counts = {level: n for level, n in counts.items() if n}
    if gaps := int(pd.isna(reading).sum()):
        counts[UNKNOWN] = counts.get(UNKNOWN, 0) + gaps
    ordered = sorted(counts, key=lambda level: (-counts[level], level))
    if len(ordered) == 1:
        remarks.append(Remark("constant", name))
        return []
    enough = max(RARE_ROWS, RARE_SHARE * len(reading))
    frequent = [level for level in ordered if counts[level] >= enough][:MOST_LEVELS]
    if not frequent:
        remarks.append(Remark("too_many_levels", name, float(len(ordered))))
        return []
    pooled = [level for level in ordered if level not in frequent]
    if pooled:
        remarks.append(Remark("pooled", name, float(len(pooled))))
    kept = [*frequent, OTHER] if sum(counts[level] for level in pooled) >= enough else frequent
    return [Term(f"{name} = {level}", name, "level", level=level, known=tuple(frequent)) for level in kept[1:]]
