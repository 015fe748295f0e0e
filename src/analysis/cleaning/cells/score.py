"""How right rules are: cells found wrong and cells repaired, held against the true table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cleaning.cells.columns import CodedColumn
from analysis.cleaning.cells.distance import distances
from analysis.cleaning.cells.readings import number_of, plain, shortest_number
from analysis.errors import AnalysisError
from analysis.shares import wilson

__all__ = ["ERROR_KINDS", "CellScore", "score"]

ERROR_KINDS = ("gap", "hidden_gap", "format", "typo", "other_value")
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class CellScore:
    """Precision, recall and F1 of what rules found and repaired.

    Attributes
    ----------
    table : DataFrame
        Two rows, measure 'found' and 'repaired': cells (found or repaired), right (of them), wrong_cells (in the
        dirty table), precision, precision_low, precision_high, recall, recall_low, recall_high, f1. A share of
        nothing is NaN.
    by_column : DataFrame
        The same by column, for columns with a wrong, found or repaired cell.
    by_kind : DataFrame
        kind, wrong_cells, found, repaired (rightly), recall_found, recall_repaired, with intervals.
    by_rule : DataFrame
        rule, kind, found, right (really wrong), precision with interval, repaired, repaired_right.
    left : DataFrame
        row, column, dirty, clean, kind, found, repaired: wrong cells without a right repair.
    harmed : DataFrame
        row, column, dirty, clean, repaired: right cells that a repair made wrong.
    """

    table: pd.DataFrame
    by_column: pd.DataFrame
    by_kind: pd.DataFrame
    by_rule: pd.DataFrame
    left: pd.DataFrame
    harmed: pd.DataFrame


def score(
    findings: pd.DataFrame, repaired: pd.DataFrame, dirty: pd.DataFrame, clean: pd.DataFrame, *, level: float = 0.95
) -> CellScore:
    """Compare findings and repairs with the truth, cell by cell.

    A cell is wrong where the dirty and the clean table differ; columns and rows are compared by position, because names
    may differ, and missing values of any form are alike. Precision of what is found: really wrong cells / cells found;
    recall: really wrong cells found / wrong cells. Precision of repairs: cells repaired to the clean value / cells
    changed; recall: cells repaired to the clean value / wrong cells. A change of a wrong cell to another wrong value
    costs precision and earns no recall. Sources: Rekatsinas et al. (2017), PVLDB 10, 1190-1201; Mahdavi et al. (2019),
    SIGMOD, 865-882; Mahdavi and Abedjan (2020), PVLDB 13, 1948-1961. Intervals are Wilson's and take cells as
    independent, which errors of one source are not: they are too narrow rather than too wide.

    Parameters
    ----------
    findings : DataFrame
        `table` of `clean_cells`: row, column, rule, kind, applied.
    repaired, dirty, clean : DataFrame, shape (n, k)
    level : float
        Of the intervals.

    Raises
    ------
    AnalysisError
        If the tables have not the same shape.

    Examples
    --------
    >>> from analysis.cleaning.cells import clean_cells
    >>> dirty = pd.DataFrame({"city": ["Bath", "bath", "York", "Yrok"]})
    >>> clean = pd.DataFrame({"city": ["Bath", "Bath", "York", "York"]})
    >>> result = clean_cells(dirty, [{"kind": "domain", "column": "city", "values": ["Bath"], "max_distance": 0}])
    >>> held = score(result.table, result.repaired, dirty, clean)
    >>> held.table[["measure", "cells", "right", "wrong_cells", "precision", "recall"]].round(3).values.tolist()
    [['found', 3, 2, 2, 0.667, 1.0], ['repaired', 1, 1, 2, 1.0, 0.5]]
    """
    if not dirty.shape == clean.shape == repaired.shape:
        raise AnalysisError(
            f"rows and columns differ: dirty table {dirty.shape}, clean table {clean.shape}, repaired table"
            f" {repaired.shape}; give the three cell by cell alike"
        )
    names = [str(name) for name in dirty.columns]
    place = {name: i for i, name in enumerate(names)}
    before, truth, after = (_texts(frame) for frame in (dirty, clean, repaired))
    cells = _Cells(
        wrong=before != truth, changed=before != after, right=after == truth, found=np.zeros(dirty.shape, bool)
    )
    column = findings["column"].map(place).to_numpy(np.int64)
    row = findings["row"].to_numpy(np.int64)
    cells.found[row, column] = True
    kinds = _kinds_of(before, truth, cells.wrong)
    by_column = [
        _measures(cells.part(i), level).assign(column=name)
        for i, name in enumerate(names)
        if (cells.wrong | cells.found | cells.changed)[:, i].any()
    ]
    table = _measures(cells, level)
    return CellScore(
        table=table,
        by_column=pd.concat(by_column, ignore_index=True) if by_column else table.iloc[:0].assign(column=""),
        by_kind=_by_kind(cells, kinds, level),
        by_rule=_by_rule(findings, cells, row, column, level),
        left=_left(cells, kinds, before, truth, names),
        harmed=_listed(~cells.wrong & cells.changed, names, dirty=before, clean=truth, repaired=after),
    )


@dataclass(frozen=True)
class _Cells:
    """Truth about each cell: arrays of one shape."""

    wrong: Bools
    changed: Bools
    right: Bools
    found: Bools

    def part(self, column: int) -> _Cells:
        return _Cells(*(values[:, [column]] for values in (self.wrong, self.changed, self.right, self.found)))


def _texts(frame: pd.DataFrame) -> NDArray[np.object_]:
    """Texts by position, '' for what is missing."""
    columns = []
    for i in range(frame.shape[1]):
        coded = CodedColumn(frame.iloc[:, i])
        columns.append(np.array([*coded.values, ""], object)[coded.codes])
    return np.column_stack(columns) if columns else np.empty(frame.shape, object)


def _measures(cells: _Cells, level: float) -> pd.DataFrame:
    wrong = int(cells.wrong.sum())
    rows = []
    for measure, marked, good in (
        ("found", cells.found, cells.found & cells.wrong),
        ("repaired", cells.changed, cells.changed & cells.wrong & cells.right),
    ):
        n, hits = int(marked.sum()), int(good.sum())
        precision, recall = _share(hits, n, level), _share(hits, wrong, level)
        f1 = 2 * hits / (n + wrong) if n + wrong else np.nan
        rows.append((measure, n, hits, wrong, *precision, *recall, f1))
    parts = [f"{name}{end}" for name in ("precision", "recall") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["measure", "cells", "right", "wrong_cells", *parts, "f1"])


def _share(hits: int, n: int, level: float) -> tuple[float, float, float]:
    if not n:
        return np.nan, np.nan, np.nan
    low, high = wilson(hits, n, level=level)
    return hits / n, float(low), float(high)


def _kinds_of(before: NDArray[np.object_], truth: NDArray[np.object_], wrong: Bools) -> NDArray[np.object_]:
    """Kind of error of each wrong cell: gap (a value is lost), hidden_gap (a text stands where nothing should),
    format (the same number, or the same letters and digits), typo (a few edits), other_value."""
    kinds = np.full(before.shape, "", object)
    rows, columns = np.nonzero(wrong)
    old, new = before[rows, columns].tolist(), truth[rows, columns].tolist()
    apart = distances(old, new, limit=8)
    for row, column, a, b, edits in zip(rows.tolist(), columns.tolist(), old, new, apart.tolist(), strict=True):
        if not a or not b:
            kind = "gap" if not a else "hidden_gap"
        elif _bare(a) == _bare(b):
            kind = "format"
        else:
            kind = "typo" if edits <= max(2, min(len(a), len(b)) // 4) and edits <= 8 else "other_value"
        kinds[row, column] = kind
    return kinds


def _bare(text: str) -> str:
    short = shortest_number(text)
    if number_of(short) is not None:
        return short
    return "".join(letter for letter in plain(text) if letter.isalnum())


def _by_kind(cells: _Cells, kinds: NDArray[np.object_], level: float) -> pd.DataFrame:
    rows = []
    for kind in ERROR_KINDS:
        these = kinds == kind
        n, found = int(these.sum()), int((these & cells.found).sum())
        good = int((these & cells.changed & cells.right).sum())
        if n:
            rows.append((kind, n, found, good, *_share(found, n, level), *_share(good, n, level)))
    parts = [f"recall_{name}{end}" for name in ("found", "repaired") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["kind", "wrong_cells", "found", "repaired", *parts])


def _by_rule(
    findings: pd.DataFrame, cells: _Cells, row: NDArray[np.int64], column: NDArray[np.int64], level: float
) -> pd.DataFrame:
    judged = findings[["rule", "kind", "row", "column"]].assign(
        really=cells.wrong[row, column],
        applied=findings["applied"].to_numpy(bool),
        good=(findings["applied"].to_numpy(bool) & cells.wrong[row, column] & cells.right[row, column]),
    )
    each = judged.groupby(["rule", "kind", "row", "column"], sort=False, as_index=False).max()
    rows = []
    for (rule, kind), part in each.groupby(["rule", "kind"], sort=False):
        n, hits = len(part), int(part["really"].sum())
        rows.append((rule, kind, n, hits, *_share(hits, n, level), int(part["applied"].sum()), int(part["good"].sum())))
    names = ["rule", "kind", "found", "right", "precision", "precision_low", "precision_high"]
    return pd.DataFrame(rows, columns=[*names, "repaired", "repaired_right"])


def _left(
    cells: _Cells,
    kinds: NDArray[np.object_],
    before: NDArray[np.object_],
    truth: NDArray[np.object_],
    names: list[str],
) -> pd.DataFrame:
    open_cells = cells.wrong & ~(cells.changed & cells.right)
    listed = _listed(open_cells, names, dirty=before, clean=truth, kind=kinds)
    rows, columns = np.nonzero(open_cells)
    return listed.assign(found=cells.found[rows, columns], repaired=cells.changed[rows, columns])


def _listed(which: Bools, names: list[str], **values: NDArray[np.object_]) -> pd.DataFrame:
    rows, columns = np.nonzero(which)
    texts = {name: array[rows, columns] for name, array in values.items()}
    return pd.DataFrame({"row": rows, "column": np.array(names, object)[columns], **texts})
