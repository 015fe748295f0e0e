"""Which proposal a cell takes when several rules speak, and when it takes none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.cleaning.cells.columns import NONE, Found, Ints

__all__ = ["Pool", "decide", "pooled"]

Floats = NDArray[np.float64]
#: Confidences are kept below 1, so that two sure rules that disagree can still be told apart by a third.
_SUREST = 1 - 1e-9


@dataclass(frozen=True)
class Pool:
    """Findings of all rules: arrays of one length.

    Attributes
    ----------
    cell : ndarray of int64
        Column number times rows, plus row.
    rule : ndarray of int64
        Position of the rule.
    proposal, votes, group : ndarray of int64
    confidence : ndarray of float64
    """

    cell: Ints
    rule: Ints
    proposal: Ints
    confidence: Floats
    votes: Ints
    group: Ints

    def take(self, which: NDArray[np.bool_] | Ints) -> Pool:
        """Some of the findings."""
        return Pool(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def pooled(found: Sequence[tuple[int, Found]], *, number: Mapping[str, int], n_rows: int) -> Pool:
    """Put the findings of all rules together, in the order of the rules."""
    whole = np.empty(0, np.int64)
    parts = [(whole, whole, whole, np.empty(0), whole, whole)]
    parts += [
        (
            number[one.column] * n_rows + one.rows,
            np.full(len(one.rows), rule),
            one.proposals,
            np.minimum(one.confidence, _SUREST),
            one.votes,
            one.group,
        )
        for rule, one in found
    ]
    return Pool(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def decide(pool: Pool, support: Floats, *, min_confidence: float) -> tuple[NDArray[np.bool_], Ints, Ints]:
    """Choose for each cell the proposal that the rules are surest of together.

    Rules that propose the same value are taken as independent witnesses: they are wrong together with the product of
    their doubts. Dependencies whose group agrees with what stands in the cell are witnesses for it, counted alike.

    Parameters
    ----------
    pool : Pool
    support : ndarray of float64, shape (len(pool.cell),)
        Joint confidence that the present value of the finding's cell is right.
    min_confidence : float

    Returns
    -------
    overruled : ndarray of bool
        Findings whose proposal is doubted more than the present value.
    cells, proposals : ndarray of int64
        The repairs. Equals go to the rule that was declared first.

    Examples
    --------
    >>> pool = Pool(*map(np.array, ([4, 4, 4], [0, 1, 2], [7, 8, 8], [0.9, 0.7, 0.8], [0, 0, 0], [0, 0, 0])))
    >>> overruled, cells, proposals = decide(pool, np.zeros(3), min_confidence=0.5)
    >>> cells.tolist(), proposals.tolist()
    ([4], [8])
    """
    offers = np.flatnonzero(pool.proposal != NONE)
    order = offers[np.lexsort((pool.rule[offers], pool.proposal[offers], pool.cell[offers]))]
    cell, proposal = pool.cell[order], pool.proposal[order]
    first = np.r_[True, (cell[1:] != cell[:-1]) | (proposal[1:] != proposal[:-1])] if len(order) else np.zeros(0, bool)
    start = np.flatnonzero(first)
    doubt = np.log1p(-pool.confidence[order])
    joint = -np.expm1(np.add.reduceat(doubt, start)) if len(start) else np.empty(0)
    weaker = joint <= support[order][start]
    overruled = np.zeros(len(pool.cell), bool)
    overruled[order] = np.repeat(weaker, np.diff(np.r_[start, len(order)]))
    keep = ~weaker & (joint >= min_confidence)
    cells, proposals, sure, rule = cell[start][keep], proposal[start][keep], joint[keep], pool.rule[order][start][keep]
    best = np.lexsort((rule, -np.round(sure, 12), cells))
    cells, proposals = cells[best], proposals[best]
    top = np.r_[True, cells[1:] != cells[:-1]] if len(cells) else np.zeros(0, bool)
    return overruled, cells[top], proposals[top]
