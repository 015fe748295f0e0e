"""Functional dependencies that hold for most rows: the majority of each group, and who contradicts it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.cleaning.cells.columns import EMPTY, NONE, CodedColumn, Found, Ints
from analysis.cleaning.cells.distance import distances
from analysis.cleaning.cells.kinds import Dependency
from analysis.cleaning.cells.readings import not_other_codes

__all__ = ["Judged", "Majority", "group_codes", "judge", "majority"]

Floats = NDArray[np.float64]
#: Share of contradictions from which a note says that a dependency may not be one.
_DOUBTFUL = 0.2
_SLIP_EDITS, _SLIP_SHARE, _SLIP_RATIO = 3, 0.25, 3


@dataclass(frozen=True)
class Majority:
    """The most frequent right value of each group of the left.

    Attributes
    ----------
    code : ndarray of int64, shape (n_groups,)
        Most frequent value, the earlier one of equals; `EMPTY` where a group has none.
    votes, second, total : ndarray of int64, shape (n_groups,)
        Rows with it, with the runner-up, and with any value.
    """

    code: Ints
    votes: Ints
    second: Ints
    total: Ints

    @property
    def error(self) -> float:
        """Share of the rows that have company which contradict it (g3 of Kivinen and Mannila 1995, TCS 149)."""
        company = self.total >= 2
        asked = int(self.total[company].sum())
        return float((self.total - self.votes)[company].sum() / asked) if asked else 0.0

    def decided(self, *, min_votes: int, min_share: float) -> NDArray[np.bool_]:
        """Groups whose majority has enough votes, and more than the runner-up."""
        enough = (self.votes >= min_votes) & (self.votes > self.second)
        return np.asarray(enough & (self.votes >= min_share * self.total))


def group_codes(columns: list[CodedColumn]) -> Ints:
    """One dense code for each combination that stands in a row; `EMPTY` where any part is missing."""
    codes = columns[0].codes
    for column in columns[1:]:
        joined = codes * max(len(column.values), 1) + column.codes
        whole = (codes >= 0) & (column.codes >= 0)
        _, dense = np.unique(joined[whole], return_inverse=True)
        codes = np.full(len(whole), EMPTY)
        codes[whole] = dense
    return codes


def majority(left: Ints, right: Ints, *, n_groups: int, n_values: int) -> Majority:
    """Count the right values of each group.

    >>> found = majority(np.array([0, 0, 0, 1]), np.array([5, 5, 2, -1]), n_groups=2, n_values=6)
    >>> found.code.tolist(), found.votes.tolist(), found.second.tolist(), found.total.tolist()
    ([5, -1], [2, 0], [1, 0], [3, 0])
    """
    both = (left >= 0) & (right >= 0)
    pairs, counts = np.unique(left[both] * n_values + right[both], return_counts=True)
    group, value = pairs // max(n_values, 1), pairs % max(n_values, 1)
    order = np.lexsort((value, -counts, group))
    group, value, counts = group[order], value[order], counts[order]
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(group) else np.empty(0, np.int64)
    code, votes, second = np.full(n_groups, EMPTY), np.zeros(n_groups, np.int64), np.zeros(n_groups, np.int64)
    code[group[first]], votes[group[first]] = value[first], counts[first]
    after = first + 1
    after = after[after < len(group)]
    after = after[group[after] == group[after - 1]]
    second[group[after]] = counts[after]
    total = np.bincount(group, weights=counts, minlength=n_groups).astype(np.int64)
    return Majority(code, votes, second, total)


@dataclass
class Judged:
    """What one dependency finds, which cells it speaks for, and what is to be said of it."""

    found: list[Found] = field(default_factory=list)
    support: dict[str, Floats] = field(default_factory=dict)
    notes: list[tuple[str, dict[str, object]]] = field(default_factory=list)


def judge(rule: Dependency, store: dict[str, CodedColumn]) -> Judged:
    """Look at each right column by itself, and at slips of the left column.

    Returns
    -------
    Judged
        `support` has, by right column and row, the confidence with which the others of the group speak for the value
        that stands there; 0 where they do not.
    """
    left, judged = group_codes([store[name] for name in rule.left]), Judged()
    n_groups, decided = int(left.max(initial=-1)) + 1, {}
    for name in rule.columns:
        column = store[name]
        most = majority(left, column.codes, n_groups=n_groups, n_values=len(column.values))
        about = {"rule": rule.name, "column": name, "error": most.error}
        if not (most.total >= 2).any():
            judged.notes.append(("dependency_without_groups", about))
            continue
        if most.error > rule.max_error:
            judged.notes.append(("dependency_does_not_hold", about))
            continue
        if most.error > _DOUBTFUL:
            judged.notes.append(("dependency_doubtful", about))
        _judge_column(rule, name, column, left, most, judged)
        decided[name] = most
    if rule.left_typos and len(rule.left) == 1:
        judged.found += [_left_slips(rule, store, name, decided) for name in decided]
    return judged


def _judge_column(rule: Dependency, name: str, column: CodedColumn, left: Ints, most: Majority, judged: Judged) -> None:
    decided = np.r_[most.decided(min_votes=rule.min_votes, min_share=rule.min_share), False]
    sure = decided[left]
    winner = np.r_[most.code, EMPTY][left]
    gap = column.codes == EMPTY
    wrong = sure & (column.codes != winner) & (~gap | rule.fill)
    rows = np.flatnonzero(wrong)
    judged.found.append(_with_votes(rule, name, rows, winner[rows], left[rows], most))
    agrees = np.flatnonzero(sure & (column.codes == winner))
    others = most.votes[left[agrees]] - 1
    support = np.zeros(len(left))
    support[agrees] = rule.trust * _odds(others, most.second[left[agrees]])
    judged.support[name] = support
    open_groups = np.r_[(most.second > 0) & ~decided[:-1], False]
    at = np.flatnonzero(open_groups[left] & ~gap)
    if len(at):
        judged.notes.append(
            ("groups_undecided", {"rule": rule.name, "column": name, "groups": int(open_groups.sum()), "rows": len(at)})
        )
        if rule.undecided == "flag":
            behind = (column.codes[at] != most.code[left[at]]) | (most.votes == most.second)[left[at]]
            at = at[behind]
            judged.found.append(_with_votes(rule, name, at, np.full(len(at), NONE), left[at], most))


def _odds(votes: Ints, second: Ints) -> Floats:
    """How far the votes outweigh the runner-up's, with half a vote of doubt: 2 to 1 is 0.57, 24 to 0 is 0.98."""
    return np.asarray(votes / (votes + second + 0.5))


def _with_votes(rule: Dependency, name: str, rows: Ints, proposals: Ints, groups: Ints, most: Majority) -> Found:
    votes, second = most.votes[groups], most.second[groups]
    confidence = np.where(proposals == NONE, 0.0, rule.trust * _odds(votes, second))
    return Found(name, rows, proposals, confidence, votes, most.total[groups])


def _left_slips(
    rule: Dependency, store: dict[str, CodedColumn], right_name: str, majorities: dict[str, Majority]
) -> Found:
    """Rare left values near the one that most rows with the same right value have, and whose group the row fits."""
    name = rule.left[0]
    column, right = store[name], store[right_name]
    back = majority(right.codes, column.codes, n_groups=len(right.values), n_values=len(column.values))
    decided = np.r_[back.decided(min_votes=rule.min_votes, min_share=rule.min_share), False]
    counts = column.counts()
    likely = np.r_[back.code, EMPTY][right.codes]
    rows = np.flatnonzero(decided[right.codes] & (column.codes >= 0) & (column.codes != likely))
    rows = rows[counts[column.codes[rows]] * _SLIP_RATIO <= counts[likely[rows]]]
    # single columns only: there the code of a group is the code of its value
    for other, most in majorities.items():
        stands = store[other].codes[rows]
        rows = rows[(stands == EMPTY) | (stands == most.code[likely[rows]])]
    pairs, place = np.unique(np.column_stack([column.codes[rows], likely[rows]]), axis=0, return_inverse=True)
    said, meant = column.texts(pairs[:, 0]), column.texts(pairs[:, 1])
    old, new = [text or "" for text in said], [text or "" for text in meant]
    lengths = np.array([len(text) for text in new], np.int64)
    limits = np.minimum(_SLIP_EDITS, np.maximum(1, (lengths * _SLIP_SHARE).astype(np.int64)))
    near = (distances(old, new, limit=_SLIP_EDITS) <= limits) & not_other_codes(old, new)
    rows = rows[near[place.reshape(-1)]] if len(rows) else rows
    return _with_votes(rule, name, rows, likely[rows], right.codes[rows], back)
