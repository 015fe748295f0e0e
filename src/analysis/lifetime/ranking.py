"""How well forecasts order customers, as weighted statistics for the bootstrap: rank correlation, value captured.

Ties are common (many customers buy nothing, a naive forecast is the same for everybody), so both measures treat them
exactly, in every resample: equal values share their mean rank, and a group of equal forecasts at the edge of the best
tenth counts with the part of it that fits. A forecast that is the same for everybody thus orders customers as drawing
lots would: a rank correlation of 0, and a tenth of the value with a tenth of the customers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.bootstrap import Statistic
from analysis.bootstrap.statistics import Compute

__all__ = ["captured", "rank_correlation", "with_differences"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

#: Weights of resamples that are ranked at once: few enough to stay in a processor's cache.
_CELLS = 300_000


class _Groups(NamedTuple):
    """Ascending order of some values, where each group of equal ones ends in it, and the group of each value."""

    order: Places
    ends: Places
    group: Places


def rank_correlation(actual: int, part: slice) -> Statistic:
    """Spearman's coefficient between the column `actual` and each column of `part`, ties at their mean rank.

    Source: Spearman (1904), American Journal of Psychology 15, 72-101, as Pearson's coefficient of mean ranks.

    >>> rank_correlation(0, slice(1, 3))([[1, 10, 5], [2, 20, 4], [2, 20, 4], [3, 40, 1]]).tolist()
    [1.0, -1.0]
    """

    def compute(values: Floats, weights: Floats) -> Floats:
        truths, forecasts = _groups(values[:, actual]), [_groups(column) for column in values[:, part].T]

        def block(counts: Floats) -> Floats:
            centre = (counts.sum(axis=0) + 1) / 2
            truth = _ranks(truths, counts) - centre
            weighted = counts * truth
            spread = np.einsum("ij,ij->j", weighted, truth)
            found = np.empty((counts.shape[1], len(forecasts)))
            for column, forecast in enumerate(forecasts):
                ranks = _ranks(forecast, counts) - centre
                both = np.sqrt(spread * np.einsum("ij,ij,ij->j", counts, ranks, ranks))
                with np.errstate(divide="ignore", invalid="ignore"):  # all the same: an order by lot
                    found[:, column] = np.where(both > 0, np.einsum("ij,ij->j", weighted, ranks) / both, 0.0)
            return np.clip(found, -1, 1)

        return _in_blocks(block, weights)

    return Statistic(compute, limits=(-1, 1))


def captured(actual: int, part: slice, share: float) -> Statistic:
    """The share of the column `actual` that falls to the best customers by each column of `part`.

    >>> captured(0, slice(1, 3), 0.5)([[6, 3, 1], [2, 2, 1], [1, 1, 1], [1, 0, 1]]).tolist()
    [0.8, 0.5]
    """

    def compute(values: Floats, weights: Floats) -> Floats:
        amounts, forecasts = values[:, actual], [_groups(-column) for column in values[:, part].T]

        def block(counts: Floats) -> Floats:
            wanted, total = share * counts.sum(axis=0), amounts @ counts
            found = np.empty((counts.shape[1], len(forecasts)))
            for column, forecast in enumerate(forecasts):
                order, ends, drawn = _top(forecast, counts, wanted, share)
                before, through = _cumulated(drawn, ends)
                worth = np.subtract(*_cumulated(drawn * amounts[order, None], ends)[::-1])
                with np.errstate(divide="ignore", invalid="ignore"):
                    fits = np.clip((wanted - before) / (through - before), 0, 1)
                    fits[through == before] = 0.0  # nobody of that group was drawn
                    found[:, column] = np.einsum("ij,ij->j", fits, worth) / total
            return found

        return _in_blocks(block, weights)

    return Statistic(compute, limits=(0, 1))


def with_differences(statistic: Statistic, first: Sequence[int], second: Sequence[int]) -> Statistic:
    """The numbers of a statistic, and after them those of `first` less those of `second`, from the same resamples.

    >>> with_differences(captured(0, slice(1, 3), 0.5), [0], [1])([[6, 3, 1], [2, 2, 1], [1, 1, 1], [1, 0, 1]]).round(9)
    array([0.8, 0.5, 0.3])
    """
    measure: Compute = statistic.compute

    def compute(values: Floats, weights: Floats) -> Floats:
        level = measure(values, weights)
        return np.column_stack([level, level[:, first] - level[:, second]])

    return Statistic(compute)


def _in_blocks(block: Callable[[Floats], Floats], weights: Floats) -> Floats:
    """A function of resamples as columns of counts, a row a customer, for rows of weights, some at a time."""
    step = max(1, _CELLS // weights.shape[1])
    starts = range(0, len(weights), step)
    return np.concatenate([block(np.ascontiguousarray(weights[at : at + step].T)) for at in starts])


def _groups(values: Floats) -> _Groups:
    order = np.argsort(values, kind="stable")
    ascending = values[order]
    last = np.append(ascending[1:] != ascending[:-1], True)
    group = np.empty(len(values), dtype=np.intp)
    group[order] = np.cumsum(last) - last
    return _Groups(order, np.flatnonzero(last), group)


def _top(groups: _Groups, counts: Floats, wanted: Floats, share: float) -> tuple[Places, Places, Floats]:
    """Order, ends and counts of the first groups that hold all that is wanted in each resample."""
    last = int(np.searchsorted(groups.ends, min(2 * share, 1.0) * len(counts)))
    if last < len(groups.ends):
        first = groups.order[: groups.ends[last] + 1]
        drawn = counts[first]
        if (drawn.sum(axis=0) >= wanted).all():
            return first, groups.ends[: last + 1], drawn
    return groups.order, groups.ends, counts[groups.order]


def _cumulated(ordered: Floats, ends: Places) -> tuple[Floats, Floats]:
    """Sums down the rows, before each group and up to its end; shape (groups, columns)."""
    through = ordered.cumsum(axis=0)[ends]
    return np.vstack([np.zeros((1, through.shape[1])), through[:-1]]), through


def _ranks(groups: _Groups, counts: Floats) -> Floats:
    """Mean ranks of the values in each resample, a column of `counts`; the shape of `counts`."""
    before, through = _cumulated(counts[groups.order], groups.ends)
    return np.asarray(((before + through + 1) / 2)[groups.group])
