"""How well forecasts order customers, as weighted statistics for the bootstrap: rank correlation, value captured.

Ties are common (many customers buy nothing, a naive forecast is the same for everybody), so both measures treat them
exactly, in every resample: equal values share their mean rank, and a group of equal forecasts at the edge of the best
tenth counts with the part of it that fits. A forecast that is the same for everybody thus orders customers as drawing
lots would: a rank correlation of 0, and a tenth of the value with a tenth of the customers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.bootstrap import Statistic
from analysis.bootstrap.statistics import Compute

__all__ = ["captured", "rank_correlation", "with_differences"]

Floats = NDArray[np.float64]


def rank_correlation(actual: int, part: slice) -> Statistic:
    """Spearman's coefficient between the column `actual` and each column of `part`, ties at their mean rank.

    Source: Spearman (1904), American Journal of Psychology 15, 72-101, as Pearson's coefficient of mean ranks.

    >>> rank_correlation(0, slice(1, 3))([[1, 10, 5], [2, 20, 4], [2, 20, 4], [3, 40, 1]]).tolist()
    [1.0, -1.0]
    """

    def compute(values: Floats, weights: Floats) -> Floats:
        counts = np.ascontiguousarray(weights.T)  # a row a customer: rows are moved at once
        centre = (counts.sum(axis=0) + 1) / 2
        truth = _ranks(values[:, actual], counts) - centre
        weighted = counts * truth
        spread = np.einsum("ij,ij->j", weighted, truth)
        found = np.empty((len(weights), values[:, part].shape[1]))
        for column, forecast in enumerate(values[:, part].T):
            ranks = _ranks(forecast, counts) - centre
            both = np.sqrt(spread * np.einsum("ij,ij,ij->j", counts, ranks, ranks))
            with np.errstate(divide="ignore", invalid="ignore"):  # all the same: an order by lot
                found[:, column] = np.where(both > 0, np.einsum("ij,ij->j", weighted, ranks) / both, 0.0)
        return np.clip(found, -1, 1)

    return Statistic(compute, limits=(-1, 1))


def captured(actual: int, part: slice, share: float) -> Statistic:
    """The share of the column `actual` that falls to the best customers by each column of `part`.

    >>> captured(0, slice(1, 3), 0.5)([[6, 3, 1], [2, 2, 1], [1, 1, 1], [1, 0, 1]]).tolist()
    [0.8, 0.5]
    """

    def compute(values: Floats, weights: Floats) -> Floats:
        amounts, counts = values[:, actual], np.ascontiguousarray(weights.T)
        wanted, total = share * counts.sum(axis=0), amounts @ counts
        found = np.empty((len(weights), values[:, part].shape[1]))
        for column, forecast in enumerate(values[:, part].T):
            order, ends, _ = _groups(-forecast)
            drawn = counts[order]
            before, through = _cumulated(drawn, ends)
            worth = np.subtract(*_cumulated(drawn * amounts[order, None], ends)[::-1])
            with np.errstate(divide="ignore", invalid="ignore"):
                fits = np.clip((wanted - before) / (through - before), 0, 1)
                fits[through == before] = 0.0  # nobody of that group was drawn
                found[:, column] = np.einsum("ij,ij->j", fits, worth) / total
        return found

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


def _groups(values: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Ascending order, where each group of equal values ends in it, and the group of each value."""
    order = np.argsort(values, kind="stable")
    ascending = values[order]
    last = np.append(ascending[1:] != ascending[:-1], True)
    group = np.empty(len(values), dtype=np.intp)
    group[order] = np.cumsum(last) - last
    return order, np.flatnonzero(last), group


def _cumulated(ordered: Floats, ends: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Sums down the rows, before each group and up to its end; shape (groups, columns)."""
    through = ordered.cumsum(axis=0)[ends]
    return np.vstack([np.zeros((1, through.shape[1])), through[:-1]]), through


def _ranks(values: Floats, counts: Floats) -> Floats:
    """Mean ranks of the values in each resample, a column of `counts`; the shape of `counts`."""
    order, ends, group = _groups(values)
    before, through = _cumulated(counts[order], ends)
    return np.asarray(((before + through + 1) / 2)[group])
