"""A column as codes of its distinct texts, so that rules look at each text once, and what rules find in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data.engine import as_text
from analysis.errors import AnalysisError

__all__ = ["EMPTY", "NONE", "CodedColumn", "Found", "distinct", "found_by_value"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Code of a missing value; as a proposal: make the cell empty.
EMPTY = -1
#: Proposal of a finding that has no repair.
NONE = -2


def distinct(values: Ints) -> Ints:
    """Sorted distinct integers; sorting beats the hash table of `numpy.unique` by far on millions.

    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    ordered = np.sort(values)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered


class CodedColumn:
    """Distinct texts in the order of their first row, and the position of each row's text among them.

    Attributes
    ----------
    codes : ndarray of int64, shape (n_rows,)
        `EMPTY` for missing values; '' is missing.
    values : list of str
        Distinct texts; those that repairs bring in are appended.
    """

    def __init__(self, column: pd.Series) -> None:
        try:
            codes, found = pd.factorize(column)
        except TypeError as error:
            raise AnalysisError(
                f"the column {column.name!r} holds lists or other things that are no texts, numbers or dates ({error})"
            ) from error
        texts = as_text(pd.DataFrame({"text": pd.Series(found)}))["text"].tolist()
        self._place: dict[str, int] = {}
        self.values: list[str] = []
        # numbers of several types can have one text
        place = np.array([EMPTY if pd.isna(text) else self.code(text) for text in texts] + [EMPTY], np.int64)
        self.codes: Ints = place[codes]

    def code(self, text: str) -> int:
        """The code of a text, new if it has none."""
        found = self._place.get(text)
        if found is None:
            found = self._place[text] = len(self.values)
            self.values.append(text)
        return found

    def codes_of(self, texts: Sequence[str | None]) -> Ints:
        """Codes of texts; None is `NONE`, '' is `EMPTY`."""
        return np.array(
            [NONE if text is None else self.code(text) if text else EMPTY for text in texts], np.int64
        )  # fmt: skip

    def counts(self) -> Ints:
        """Rows by code."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))

    def texts(self, codes: Ints) -> list[str | None]:
        """Texts of codes; None for missing ones and where there is no proposal."""
        return [self.values[code] if code >= 0 else None for code in codes.tolist()]


@dataclass(frozen=True)
class Found:
    """What one rule finds in one column: arrays of one length.

    Attributes
    ----------
    column : str
    rows : ndarray of int64
    proposals : ndarray of int64
        Codes of the column; `EMPTY` or `NONE`.
    confidence : ndarray of float64
        Of the repair; 0 where there is none.
    votes, group : ndarray of int64
        Rows that speak for the proposal, and rows that were asked; 0 where nobody votes.
    """

    column: str
    rows: Ints
    proposals: Ints
    confidence: Floats
    votes: Ints
    group: Ints


def found_by_value(
    name: str,
    column: CodedColumn,
    wrong: NDArray[np.bool_],
    proposals: Ints,
    trust: float | Floats,
    *,
    votes: Ints | None = None,
    group: Ints | None = None,
) -> Found:
    """Every row whose text is wrong, with what is proposed for that text.

    Parameters
    ----------
    wrong, proposals, votes, group : ndarray, shape (n_values,)
        By code; codes beyond their length are right.
    """
    size = len(wrong)
    at = column.codes
    rows = np.flatnonzero((at >= 0) & (at < size))
    rows = rows[wrong[at[rows]]]
    codes = at[rows]
    chosen = proposals[codes]
    sure = np.broadcast_to(np.asarray(trust, np.float64), (size,))[codes]
    nothing = np.zeros(len(rows), np.int64)
    return Found(
        column=name,
        rows=rows,
        proposals=chosen,
        confidence=np.where(chosen == NONE, 0.0, sure),
        votes=nothing if votes is None else votes[codes],
        group=nothing if group is None else group[codes],
    )
