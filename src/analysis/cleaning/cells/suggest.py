"""Rules that a table seems to follow: suggestions for a person to judge, never applied by themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.cleaning.cells.columns import CodedColumn, Ints
from analysis.cleaning.cells.dependency import majority
from analysis.cleaning.cells.kinds import Typo
from analysis.cleaning.cells.readings import number_of, plain, shape
from analysis.cleaning.cells.single import typo
from analysis.cleaning.options import MISSING_TOKENS
from analysis.errors import AnalysisError

__all__ = ["suggest_rules"]

#: Share of the rows that a column's usual shape, or the pattern made of it, must cover.
_USUAL = 0.9
#: Most distinct values of a list, and fewest rows for each of them.
_LIST_VALUES, _LIST_ROWS = 20, 20
_RARE = 0.005
# Short codes that differ in a letter are often two codes: good enough to keep one off a list, not to call it a slip.
_SLIPS = Typo(columns=("any",), min_length=2)


def suggest_rules(
    frame: pd.DataFrame, *, columns: Sequence[str] | None = None, max_error: float = 0.05, min_gain: float = 0.5
) -> pd.DataFrame:
    """Look for missing tokens, usual shapes, short lists, slips, and dependencies of one column on another.

    A dependency X → Y is suggested if at most `max_error` of the rows whose X has company contradict the majority of
    their group (the error g3 of Kivinen and Mannila 1995, Theoretical Computer Science 149, 129-149), and if knowing X
    spares at least `min_gain` of the errors that guessing Y's most frequent value would make (lambda of Goodman and
    Kruskal 1954, JASA 49, 732-764): else every column would seem to determine a nearly constant one. What looks like a
    dependency can be chance in a small table, and a dependency between two columns says nothing of which is the cause.

    Parameters
    ----------
    frame : DataFrame, shape (n, k)
        Texts. Not changed.
    columns : sequence of str, optional
        Columns to look at; default: all.
    max_error, min_gain : float
        In [0, 1].

    Returns
    -------
    DataFrame
        kind, columns, support (rows that could contradict), contradicted (of them), error, gain (dependencies only),
        rule: a mapping for `clean_cells`. By kind, then error.

    Raises
    ------
    AnalysisError
        For unknown columns, a column name that stands twice, or bounds beyond [0, 1].

    Examples
    --------
    >>> frame = pd.DataFrame({"zip": ["11", "11", "22", "22"] * 25, "city": ["Bath", "Bath", "York", "York"] * 25})
    >>> found = suggest_rules(frame)
    >>> found[["kind", "columns", "support"]].values.tolist()[-2:]
    [['dependency', 'zip → city', 100], ['dependency', 'city → zip', 100]]
    """
    _check(frame, columns, max_error, min_gain)
    names = list(columns) if columns is not None else [str(name) for name in frame.columns]
    store = {name: CodedColumn(frame[name]) for name in names}
    rows: list[dict[str, Any]] = []
    for name, column in store.items():
        rows += _tokens(name, column)
        slips = typo(_SLIPS, {name: column}, name).rows
        listed = _list(name, column, {column.values[code] for code in column.codes[slips].tolist()})
        rows += listed or _pattern(name, column)
        if not listed and (found := len(typo(Typo(columns=(name,)), {name: column}, name).rows)):
            rows.append(_row("typo", name, int((column.codes >= 0).sum()), found, {"column": name}))
    rows += _dependencies(store, max_error, min_gain)
    table = pd.DataFrame(rows, columns=["kind", "columns", "support", "contradicted", "gain", "rule"])
    table.insert(4, "error", table["contradicted"] / table["support"].where(table["support"] > 0))
    order = {kind: i for i, kind in enumerate(("missing", "domain", "pattern", "typo", "dependency"))}
    return table.sort_values(
        ["kind", "error"], key=lambda part: part.map(order) if part.name == "kind" else part, kind="stable",
        ignore_index=True,
    )  # fmt: skip


def _check(frame: pd.DataFrame, columns: Sequence[str] | None, max_error: float, min_gain: float) -> None:
    if frame.columns.duplicated().any():
        raise AnalysisError(f"the table has the column {frame.columns[frame.columns.duplicated()][0]!r} more than once")
    if absent := [name for name in columns or () if name not in frame.columns]:
        raise AnalysisError(f"there is no column {absent[0]!r}; the table has {', '.join(map(str, frame.columns))}")
    for name, value in (("max_error", max_error), ("min_gain", min_gain)):
        if not 0 <= value <= 1:
            raise AnalysisError(f"{name} is {value!r}; it must lie between 0 and 1")


def _row(kind: str, columns: str, support: int, contradicted: int, rule: dict[str, Any], gain: float = np.nan) -> dict:
    return {
        "kind": kind, "columns": columns, "support": support, "contradicted": contradicted, "gain": gain,
        "rule": {"kind": kind, **rule},
    }  # fmt: skip


def _tokens(name: str, column: CodedColumn) -> list[dict[str, Any]]:
    counts = column.counts()
    tokens = {plain(token) for token in MISSING_TOKENS} - {""}
    hits = [i for i, text in enumerate(column.values) if plain(text) in tokens]
    if not hits:
        return []
    found = int(counts[hits].sum())
    rule = {"column": name, "tokens": sorted({plain(column.values[i]) for i in hits})}
    return [_row("missing", name, int(counts.sum()), found, rule)]


def _usual(column: CodedColumn) -> tuple[list[str], Ints]:
    """Texts that say something, and how often each stands."""
    tokens = {plain(token) for token in MISSING_TOKENS}
    kept = [i for i, text in enumerate(column.values) if plain(text) not in tokens]
    return [column.values[i] for i in kept], column.counts()[kept]


def _list(name: str, column: CodedColumn, slips: set[str]) -> list[dict[str, Any]]:
    """A few values that make up nearly all rows; rarer ones would be repaired or flagged."""
    texts, counts = _usual(column)
    total = int(counts.sum())
    allowed = [
        text for text, n in zip(texts, counts.tolist(), strict=True) if n >= max(_RARE * total, 2) and text not in slips
    ]
    covered = total - sum(n for text, n in zip(texts, counts.tolist(), strict=True) if text not in set(allowed))
    if not 2 <= len(allowed) <= _LIST_VALUES or total < _LIST_ROWS * len(allowed) or covered < _USUAL * total:
        return []
    if all(number_of(text) is not None for text in allowed):
        return []
    return [_row("domain", name, total, total - covered, {"column": name, "values": sorted(allowed)})]


def _pattern(name: str, column: CodedColumn) -> list[dict[str, Any]]:
    """The shape of nearly all values, with the lengths of its runs: 99999 becomes [0-9]{5}."""
    texts, counts = _usual(column)
    if not texts:
        return []
    total, shapes = int(counts.sum()), pd.Series(counts).groupby([shape(text) for text in texts]).sum()
    usual = str(shapes.sort_index().idxmax())
    if shapes[usual] < _USUAL * total or usual == "a" or " " in usual:
        return []
    members = [text for text in texts if shape(text) == usual]
    pattern = _expression(usual, members)
    return [_row("pattern", name, total, total - int(shapes[usual]), {"column": name, "pattern": pattern})]


def _expression(usual: str, members: list[str]) -> str:
    """A regular expression of the texts of one shape."""
    runs = [re.findall(r"\d+|[^\W\d_]+", text) for text in members]
    parts, place = [], 0
    for letter in usual:
        if letter not in "9a":
            parts.append(f"[{letter}]" if letter not in "^\\]" else "\\" + letter)
            continue
        lengths = [len(run[place]) for run in runs]
        least, most = min(lengths), max(lengths)
        parts.append(
            ("[0-9]" if letter == "9" else "[^0-9 ]") + (f"{{{least}}}" if least == most else f"{{{least},{most}}}")
        )
        place += 1
    return "".join(parts)


def _dependencies(store: dict[str, CodedColumn], max_error: float, min_gain: float) -> list[dict[str, Any]]:
    """Pairs of columns; columns that are constant, or in which hardly a value repeats, are left out."""
    rows = []
    useful = {name: column for name, column in store.items() if len(column.values) > 1}
    for left, one in useful.items():
        counts = one.counts()
        company = int(counts[counts >= 2].sum())
        if company < len(one.codes) / 2:
            continue
        for right, other in useful.items():
            if right == left:
                continue
            most = majority(one.codes, other.codes, n_groups=len(one.values), n_values=len(other.values))
            grouped = most.total >= 2
            support = int(most.total[grouped].sum())
            contradicted = int((most.total - most.votes)[grouped].sum())
            blind = int(other.counts().sum() - other.counts().max())
            gain = 1 - int((most.total - most.votes).sum()) / blind if blind else 0.0
            if support and contradicted <= max_error * support and gain >= min_gain:
                rows.append(
                    _row("dependency", f"{left} → {right}", support, contradicted, {"left": left, "right": right}, gain)
                )
    return rows
