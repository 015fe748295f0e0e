"""Apply rules to a table until they find nothing more to repair, and account for every cell that they touch."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cleaning.cells.columns import EMPTY, NONE, CodedColumn, Ints, distinct
from analysis.cleaning.cells.dependency import Judged, judge
from analysis.cleaning.cells.kinds import Dependency, Extract, Format, Missing, Rule, Unique
from analysis.cleaning.cells.rules import rules_from
from analysis.cleaning.cells.single import SINGLE
from analysis.cleaning.cells.vote import Pool, decide, pooled
from analysis.errors import AnalysisError

__all__ = ["CellResult", "clean_cells"]

Notes = tuple[tuple[str, dict[str, Any]], ...]
_MAJORITY = 0.5
_SPELLING = (Format, Missing, Extract)


@dataclass(frozen=True)
class CellResult:
    """What rules found in the cells of a table, and the table with their repairs.

    Attributes
    ----------
    table : DataFrame
        One row a finding: row (position from 0), column, rule, kind, value, proposal, action ('repair', 'empty': make
        it a gap, 'flag': no proposal), votes, group (rows that speak for it, and that were asked; 0 without a vote),
        confidence (of the rule alone), applied, step (the pass that applied it; 0 for what is left). A cell that
        several rules found has several rows; those of a repaired cell stand as they were before the repair.
    repaired : DataFrame
        The given table with the repairs; the same index, columns and rows. A cell that is emptied holds '' where the
        given table has no NaN or None, else a missing value.
    summary : DataFrame
        rule, kind, column, found, repaired, left (cells; a cell counts for every rule that found it).
    notes : tuple of (id, values)
        What did not apply, was withheld, or is in doubt.
    rules : tuple of Rule
    found, changed : int
        Cells found wrong, and cells that differ from the given table.
    steps : int
        Passes that repaired something.
    """

    table: pd.DataFrame
    repaired: pd.DataFrame
    summary: pd.DataFrame
    notes: Notes
    rules: tuple[Rule, ...]
    found: int
    changed: int
    steps: int


def clean_cells(
    frame: pd.DataFrame,
    rules: Iterable[Mapping[str, Any] | Rule],
    *,
    targets: Sequence[str] = (),
    min_confidence: float = 0.5,
    max_steps: int = 10,
) -> CellResult:
    """Find wrong cells by rules, and repair those for which the rules have a proposal that they are sure enough of.

    Spelling comes first (formats, missing tokens, extractions), so that groups vote on values spelled alike. All rules
    of a pass look at the same state of the table and make proposals; each cell takes the one that the rules together
    are surest of (`vote.decide`), unless dependencies speak for what stands there; then the rules look again, until
    nothing is repaired any more. A cell never goes back to a value that it had before.

    Parameters
    ----------
    frame : DataFrame, shape (n, k)
        Texts; None, NaN and '' are missing. Not changed.
    rules : iterable of mapping or Rule
        As `rules_from` reads them. The order decides between proposals that are equally sure.
    targets : sequence of str
        Columns that a model is to foretell: findings are listed, nothing is filled or changed.
    min_confidence : float
        Joint confidence that a repair needs, in [0, 1].
    max_steps : int
        Most passes that repair.

    Returns
    -------
    CellResult

    Raises
    ------
    AnalysisError
        For a rule that is not well formed or names an unknown column, a column name that stands twice, or options
        out of range.

    Examples
    --------
    >>> frame = pd.DataFrame({"zip": ["1", "1", "1", "2"], "city": ["Bath", "Bath", "Bsth", "?"]})
    >>> rules = [{"kind": "fd", "left": "zip", "right": "city"}, {"kind": "missing", "column": "city"}]
    >>> result = clean_cells(frame, rules)
    >>> result.table[["row", "column", "kind", "value", "action", "votes", "applied"]].values.tolist()
    [[2, 'city', 'dependency', 'Bsth', 'repair', 2, True], [3, 'city', 'missing', '?', 'empty', 0, True]]
    >>> result.repaired["city"].tolist()
    ['Bath', 'Bath', 'Bath', '']
    """
    known = rules_from(rules)
    _check(frame, known, targets, min_confidence, max_steps)
    run = _Run(frame, known, tuple(targets), min_confidence)
    steps, spelling = 0, True
    while True:
        pool, overruled, cells, proposals = run.look(spelling=spelling)
        if spelling and not len(cells):
            spelling = False
            continue
        if not len(cells) or steps == max_steps:
            break
        steps += 1
        run.apply(pool.take(~overruled), cells, proposals, steps)
    if len(cells):
        run.notes.append(("not_settled", {"steps": max_steps, "cells": len(cells)}))
    return run.result(pool, overruled, steps)


def _check(
    frame: pd.DataFrame, rules: Sequence[Rule], targets: Sequence[str], min_confidence: float, max_steps: int
) -> None:
    if twice := [str(name) for name in frame.columns[frame.columns.duplicated()]]:
        raise AnalysisError(f"the table has the column {twice[0]!r} more than once; give each column its own name")
    if not 0 <= min_confidence <= 1:
        raise AnalysisError(f"min_confidence is {min_confidence!r}; it must lie between 0 and 1")
    if max_steps < 1:
        raise AnalysisError(f"max_steps is {max_steps!r}; it must be at least 1")
    faults = []
    for rule in rules:
        faults += [f"{rule.name} names {_unknown(name, frame)}" for name in rule.reads if name not in frame.columns]
    faults += [f"targets names {_unknown(name, frame)}" for name in targets if name not in frame.columns]
    if faults:
        raise AnalysisError("; ".join(dict.fromkeys(faults)))


def _unknown(name: str, frame: pd.DataFrame) -> str:
    columns = [str(column) for column in frame.columns]
    near = difflib.get_close_matches(name, columns, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the table has {', '.join(columns) or 'none'}"
    return f"the column {name!r}, which is not there; {hint}"


class _Run:
    """The state between passes: codes of each column, findings of each rule, and what was applied."""

    def __init__(
        self, frame: pd.DataFrame, rules: tuple[Rule, ...], targets: tuple[str, ...], min_confidence: float
    ) -> None:
        self.frame, self.rules, self.targets, self.min_confidence = frame, rules, targets, min_confidence
        self.names = list(dict.fromkeys(name for rule in rules for name in rule.reads))
        self.number = {name: i for i, name in enumerate(self.names)}
        self.store = {name: CodedColumn(frame[name]) for name in self.names}
        self.given = {name: column.codes.copy() for name, column in self.store.items()}
        self.findings: dict[int, Judged] = {}
        self.stale = dict.fromkeys(range(len(rules)), True)
        self.log: list[tuple[Pool, Ints, Ints]] = []
        self.held: dict[str, list[tuple[Ints, Ints]]] = {name: [] for name in self.names}
        self.notes: list[tuple[str, dict[str, Any]]] = []

    def look(self, *, spelling: bool) -> tuple[Pool, NDArray[np.bool_], Ints, Ints]:
        """Findings in the present state, which of them are overruled, and the repairs to make."""
        asked = [i for i, rule in enumerate(self.rules) if isinstance(rule, _SPELLING) or not spelling]
        for i in asked:
            if i not in self.findings or self.stale[i]:
                self.findings[i] = self._judge(self.rules[i])
                self.stale[i] = False
        found = [(i, one) for i in asked for one in self.findings[i].found if len(one.rows)]
        pool = pooled(found, number=self.number, n_rows=len(self.frame))
        support = self._support(pool)
        overruled, cells, proposals = decide(pool, support, min_confidence=self.min_confidence)
        # a flag of a group that could not decide, on a value for which other groups speak
        overruled |= (pool.proposal == NONE) & (pool.group > 0) & (support >= _MAJORITY)
        free = self._may_change(cells, proposals)
        return pool, overruled, cells[free], proposals[free]

    def _judge(self, rule: Rule) -> Judged:
        if isinstance(rule, Dependency):
            return judge(rule, self.store)
        columns = rule.columns[-1:] if isinstance(rule, Unique) else rule.columns
        return Judged(found=[SINGLE[type(rule)](rule, self.store, name) for name in columns])

    def _support(self, pool: Pool) -> NDArray[np.float64]:
        doubts: dict[str, NDArray[np.float64]] = {}
        for judged in self.findings.values():
            for name, confidence in judged.support.items():
                doubts[name] = doubts.get(name, 1.0) * (1 - np.minimum(confidence, 1 - 1e-9))
        support = np.zeros(len(pool.cell))
        for name, doubt in doubts.items():
            members = np.flatnonzero(pool.cell // max(len(self.frame), 1) == self.number[name])
            support[members] = 1 - doubt[pool.cell[members] % len(self.frame)]
        return support

    def _may_change(self, cells: Ints, proposals: Ints) -> NDArray[np.bool_]:
        """Not a target, and not back to a value that the cell had before."""
        free = np.ones(len(cells), bool)
        n = max(len(self.frame), 1)
        for name in self.names:
            at = np.flatnonzero(cells // n == self.number[name])
            if name in self.targets:
                free[at] = False
                continue
            rows, codes = cells[at] % n, proposals[at]
            for held_rows, held_codes in self.held[name]:
                before = np.full(n, NONE)
                before[held_rows] = held_codes
                free[at[before[rows] == codes]] = False
        return free

    def apply(self, pool: Pool, cells: Ints, proposals: Ints, step: int) -> None:
        """Make the repairs and keep the findings about the repaired cells."""
        at = np.searchsorted(cells, pool.cell)
        mine = (at < len(cells)) & (cells[np.minimum(at, len(cells) - 1)] == pool.cell)
        about = pool.take(mine)
        self._note_down(about, about.proposal == proposals[at[mine]], step)
        n = len(self.frame)
        for name in self.names:
            members = cells // n == self.number[name]
            if members.any():
                rows, codes = cells[members] % n, self.store[name].codes
                self.held[name].append((rows, codes[rows].copy()))
                codes[rows] = proposals[members]
                self.stale |= {i: True for i, rule in enumerate(self.rules) if name in rule.reads}

    def _note_down(self, pool: Pool, applied: NDArray[np.bool_], step: int) -> None:
        """Keep findings as codes, with the text that stands in their cell now."""
        n = max(len(self.frame), 1)
        number, value = pool.cell // n, np.full(len(pool.cell), EMPTY)
        for name in self.names:
            at = np.flatnonzero(number == self.number[name])
            value[at] = self.store[name].codes[pool.cell[at] % n]
        self.log.append((pool, value, np.where(applied, step, 0)))

    def result(self, pool: Pool, overruled: NDArray[np.bool_], steps: int) -> CellResult:
        """Put the table, the summary and the notes together."""
        left = pool.take(~overruled)
        self._note_down(left, np.zeros(len(left.cell), bool), 0)
        everything = Pool(
            *(np.concatenate([getattr(one, name) for one, _, _ in self.log]) for name in Pool.__dataclass_fields__)
        )
        value, step = (np.concatenate([entry[i] for entry in self.log]) for i in (1, 2))
        place = [list(self.frame.columns).index(name) for name in self.names]
        n = max(len(self.frame), 1)
        order = np.lexsort(
            (everything.rule, step, everything.cell % n, np.array(place, np.int64)[everything.cell // n])
        )
        everything, value, step = everything.take(order), value[order], step[order]
        if overruled.any():
            self.notes.append(("overruled", {"cells": len(distinct(pool.cell[overruled]))}))
        self._note_withheld(left)
        notes = [note for judged in self.findings.values() for note in judged.notes]
        return CellResult(
            table=self._table(everything, value, step),
            repaired=self._repaired(),
            summary=self._summary(everything, step > 0),
            notes=(*notes, *self.notes),
            rules=self.rules,
            found=len(distinct(everything.cell)),
            changed=sum(int((self.store[name].codes != self.given[name]).sum()) for name in self.names),
            steps=steps,
        )

    def _note_withheld(self, left: Pool) -> None:
        numbers = [self.number[name] for name in self.targets if name in self.number]
        withheld = np.isin(left.cell // max(len(self.frame), 1), numbers) & (left.proposal != NONE)
        if withheld.any():
            cells = len(distinct(left.cell[withheld]))
            names = tuple(name for name in self.targets if name in self.number)
            self.notes.append(("target_not_changed", {"columns": names, "cells": cells}))

    def _table(self, pool: Pool, value: Ints, step: Ints) -> pd.DataFrame:
        n = max(len(self.frame), 1)
        number = pool.cell // n
        texts = {"value": np.full(len(value), None, object), "proposal": np.full(len(value), None, object)}
        for name in self.names:
            at = np.flatnonzero(number == self.number[name])
            known = np.array([*self.store[name].values, None, None], object)
            for key, codes in (("value", value), ("proposal", pool.proposal)):
                texts[key][at] = known[codes[at]]
        actions = np.array(["repair", "flag", "empty"], object)
        said = {
            "row": pool.cell % n,
            "column": np.array(self.names, object)[number],
            "rule": np.array([rule.name for rule in self.rules], object)[pool.rule],
            "kind": np.array([rule.kind for rule in self.rules], object)[pool.rule],
            **texts,
            "action": actions[np.where(pool.proposal >= 0, 0, pool.proposal)],
            "votes": pool.votes,
            "group": pool.group,
            "confidence": pool.confidence,
            "applied": step > 0,
            "step": step,
        }
        return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in said.items()})

    def _repaired(self) -> pd.DataFrame:
        columns = {}
        gap = None if self.frame.isna().to_numpy().any() else ""
        for name, column in self.store.items():
            rows = np.flatnonzero(column.codes != self.given[name])
            if len(rows):
                old = self.frame[name]
                new = old.astype(object).to_numpy(copy=True)
                new[rows] = np.array([*column.values, gap], object)[column.codes[rows]]
                dtype = old.dtype if isinstance(old.dtype, pd.StringDtype) else object
                columns[name] = pd.Series(new, index=self.frame.index, dtype=dtype)
        return self.frame.assign(**columns) if columns else self.frame.copy()

    def _summary(self, pool: Pool, applied: NDArray[np.bool_]) -> pd.DataFrame:
        """Distinct cells by rule and column."""
        size, n = max(len(self.names) * len(self.frame), 1), max(len(self.frame), 1)
        counts = []
        for which in (np.ones(len(applied), bool), applied):
            keys = distinct(pool.rule[which] * size + pool.cell[which])
            counts.append(np.bincount(keys // n, minlength=len(self.rules) * max(len(self.names), 1)))
        rows = []
        for i, rule in enumerate(self.rules):
            columns = rule.columns[-1:] if isinstance(rule, Unique) else rule.columns
            # a dependency also finds slips on its left, which are listed where there are any
            slips = rule.left if isinstance(rule, Dependency) else ()
            for name in (*columns, *slips):
                found, done = (int(count[i * len(self.names) + self.number[name]]) for count in counts)
                if found or name in columns:
                    rows.append((rule.name, rule.kind, name, found, done, found - done))
        return pd.DataFrame(rows, columns=["rule", "kind", "column", "found", "repaired", "left"])
