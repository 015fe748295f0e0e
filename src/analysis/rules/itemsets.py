"""Frequent itemsets by Eclat, FP-growth or Apriori, kept as arrays in which any itemset is found by its members."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.rules.baskets import Baskets
from analysis.rules.by_mlxtend import mlxtend_itemsets
from analysis.rules.eclat import itemsets_of_two_and_more

__all__ = [
    "ALGORITHMS",
    "ENGINES",
    "Itemsets",
    "compare_algorithms",
    "frequent_itemsets",
    "minimum_count",
    "second_opinions",
]

ALGORITHMS = ("eclat", "fpgrowth", "apriori")
ENGINES = ("local", "spark")

Levels = list[tuple[np.ndarray, np.ndarray]]
#: From baskets, frequent items, smallest count, greatest length and how many itemsets may be found, to itemsets of two
#: and more, level by level, and the greatest length of which all fit.
Search = Callable[[Baskets, np.ndarray, int, int, int], tuple[Levels, int]]

#: Cells (baskets x items) of the dense table that mlxtend is given for a second opinion.
_DENSE_CELLS = 200_000_000


@dataclass(frozen=True)
class Itemsets:
    """All itemsets that enough baskets hold.

    Attributes
    ----------
    levels : tuple of ndarray of int32, shapes (n_sets, 1), (n_sets, 2), …
        Members of the itemsets of each length as columns of the baskets' matrix, ascending in each row; rows in
        lexicographic order.
    counts : tuple of ndarray of int64
        Baskets that hold each itemset.
    baskets : Baskets
        What was searched.
    min_count, min_support : int, float
        The threshold as a number and as a share of all baskets.
    max_length : int
        The longest itemset that was looked for.
    asked_length : int
        The longest itemset that was asked for; more than `max_length` where there were too many (see `max_itemsets`).
    algorithm : str
        What found them.
    """

    levels: tuple[np.ndarray, ...]
    counts: tuple[np.ndarray, ...]
    baskets: Baskets
    min_count: int
    min_support: float
    max_length: int
    asked_length: int
    algorithm: str

    def __len__(self) -> int:
        return sum(len(level) for level in self.levels)

    @property
    def by_length(self) -> dict[int, int]:
        """Number of itemsets of each length."""
        return {length: len(level) for length, level in enumerate(self.levels, start=1)}

    @cached_property
    def _keys(self) -> tuple[np.ndarray, ...]:
        """For each level, ascending: index of the itemset without its last member, times n_items, plus the last."""
        width = len(self.baskets.items)
        keys = [self.levels[0][:, 0].astype(np.int64)] if self.levels else []
        for level in self.levels[1:]:
            parent = _walk(tuple(keys), level[:, :-1], width)
            keys.append(parent * width + level[:, -1])
        return tuple(keys)

    def find(self, members: np.ndarray) -> np.ndarray:
        """Where itemsets of one length stand in their level.

        Parameters
        ----------
        members : ndarray of int, shape (n, k)
            Ascending in each row. Every subset of a frequent itemset is frequent, so that the way to an itemset is
            walked member by member.

        Returns
        -------
        ndarray of int64, shape (n,)
            Row in `levels[k - 1]`, or -1 where the itemset is not frequent.
        """
        return _walk(self._keys, members, len(self.baskets.items))

    def count_of(self, members: np.ndarray) -> np.ndarray:
        """Baskets that hold each itemset, shape (n,); the empty itemset is in all; 0 where not frequent."""
        if members.shape[1] == 0:
            return np.full(len(members), self.baskets.n, dtype=np.int64)
        if members.shape[1] > len(self.levels):
            return np.zeros(len(members), dtype=np.int64)
        where = self.find(members)
        counts = self.counts[members.shape[1] - 1]
        return np.where(where >= 0, counts[where], 0) if len(counts) else np.zeros(len(members), dtype=np.int64)

    def parts(self, length: int) -> Callable[[Sequence[int]], np.ndarray]:
        """What says how many baskets hold a part, ascending columns, of each itemset of one length, step by step."""
        members, width = self.levels[length - 1], len(self.baskets.items)
        known: dict[tuple[int, ...], np.ndarray] = {(): np.zeros(len(members), dtype=np.int64)}

        def row(columns: tuple[int, ...]) -> np.ndarray:
            if columns not in known:
                keys = self._keys[len(columns) - 1]
                known[columns] = _step(keys, row(columns[:-1]), members[:, columns[-1]], width)
            return known[columns]

        return lambda columns: self.counts[len(columns) - 1][row(tuple(columns))]

    @cached_property
    def maximal(self) -> tuple[np.ndarray, ...]:
        """For each level, whether no longer itemset that holds it is frequent; at `max_length` that is not known."""
        return self._not_within(lambda own, longer: np.ones(len(own), dtype=bool))

    @cached_property
    def closed(self) -> tuple[np.ndarray, ...]:
        """For each level, whether no longer itemset has the same count; at `max_length` that is not known."""
        return self._not_within(lambda own, longer: own == longer)

    @cached_property
    def generators(self) -> tuple[np.ndarray, ...]:
        """For each level, whether no shorter itemset, the empty one included, has the same count."""
        flags: list[np.ndarray] = [np.asarray(counts < self.baskets.n) for counts in self.counts[:1]]
        for level, counts in zip(self.levels[1:], self.counts[1:], strict=True):
            within = [self.count_of(np.delete(level, column, axis=1)) for column in range(level.shape[1])]
            flags.append(np.asarray((np.array(within) > counts).all(axis=0)))
        return tuple(flags)

    def _not_within(self, shadows: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> tuple[np.ndarray, ...]:
        flags = [np.ones(len(level), dtype=bool) for level in self.levels]
        for k in range(1, len(self.levels)):
            longer, counts = self.levels[k], self.counts[k]
            for column in range(k + 1):
                inside = self.find(np.delete(longer, column, axis=1))
                flags[k - 1][inside[shadows(self.counts[k - 1][inside], counts)]] = False
        return tuple(flags)

    @property
    def table(self) -> pd.DataFrame:
        """One row an itemset: items (sorted ids), label, length, count, support, closed, maximal, generator."""
        items, labels = self.baskets.items, self.baskets.labels
        rows = [tuple(row) for level in self.levels for row in level.tolist()]
        frame = pd.DataFrame(
            {
                "items": pd.Series([tuple(items[code] for code in row) for row in rows], dtype=object),
                "label": pd.Series([" + ".join(labels[code] for code in row) for row in rows], dtype=object),
                "length": np.array([len(row) for row in rows], dtype=np.int64),
                "count": np.concatenate([*self.counts, np.empty(0, dtype=np.int64)]),
                "closed": np.concatenate([*self.closed, np.empty(0, dtype=bool)]),
                "maximal": np.concatenate([*self.maximal, np.empty(0, dtype=bool)]),
                "generator": np.concatenate([*self.generators, np.empty(0, dtype=bool)]),
            }
        )
        frame.insert(4, "support", frame["count"] / max(self.baskets.n, 1))
        return frame


def minimum_count(min_support: float, n_baskets: int) -> int:
    """The smallest number of baskets whose share is at least `min_support`, and at least 1.

    >>> minimum_count(0.001, 9835), minimum_count(0.4, 8124)
    (10, 3250)
    """
    count = max(1, math.floor(min_support * n_baskets) - 1)
    while count / max(n_baskets, 1) < min_support:
        count += 1
    return count


def frequent_itemsets(
    data: Baskets,
    *,
    min_support: float,
    max_length: int = 4,
    min_count: int = 1,
    algorithm: str | None = None,
    exclude: Sequence[str] = (),
    max_itemsets: int = 1_000_000,
    engine: str = "local",
) -> Itemsets:
    """All itemsets that at least a share `min_support` of the baskets hold.

    Items and pairs are counted exactly by a sparse product. Only items that stand in some frequent pair go on to the
    algorithm, since no other can be in a longer itemset: that leaves some hundred columns of several thousand.

    Parameters
    ----------
    data : Baskets
        With products and their categories (`generalise`), no itemset holds a product and its own category.
    min_support : float
        Share of all baskets, above 0 and at most 1.
    max_length : int
        Longest itemset to look for.
    min_count : int
        Smallest number of baskets, where that is more than the share asks for.
    algorithm : {"eclat", "fpgrowth", "apriori"}, optional
        All find the same itemsets. Eclat (Zaki, 2000) is this package's own and the fastest, and what is taken if none
        is named; FP-growth (Han, Pei and Yin, 2000) and Apriori (Agrawal and Srikant, 1994) are mlxtend's, an
        independent implementation. Spark has FP-growth alone.
    exclude : sequence of str
        Item ids to leave out.
    max_itemsets : int
        Where there are more, only shorter itemsets are looked for, so that dense baskets do not stop the run;
        `Itemsets.max_length` is then below `Itemsets.asked_length`. Single items and pairs are always counted.
    engine : {"local", "spark"}
        "spark": MLlib's parallel FP-growth searches for pairs and more, in the Spark session that is open, or else in
        one on this machine. It pays where many processors share the search; baskets that are still tables on Spark are
        for `analysis.rules.spark.spark_itemsets`.

    Returns
    -------
    Itemsets
        Empty where nothing is frequent.

    Raises
    ------
    AnalysisError
        If a parameter is out of range or names something unknown; for Spark also if it is not installed, does not
        start, or the baskets are of several levels (`generalise`).

    Examples
    --------
    >>> from analysis.rules import from_lists
    >>> found = frequent_itemsets(from_lists([["A", "B"], ["C", "D"], ["A", "E"]]), min_support=0.5)
    >>> found.table[["items", "count"]].values.tolist()
    [[('A',), 2]]
    """
    algorithm = algorithm or ("fpgrowth" if engine == "spark" else "eclat")
    _check(min_support, max_length, min_count, max_itemsets, engine, algorithm)
    search = _search(engine, algorithm)
    threshold = max(minimum_count(min_support, data.n), min_count)
    allowed = data.item_counts >= threshold
    if len(exclude):
        allowed[data.codes(exclude, parameter="excluded_items")] = False
    single = np.flatnonzero(allowed).astype(np.int32)
    found, reached = [(single[:, None], data.item_counts[single])] if len(single) else [], max_length
    if max_length >= 2 and len(single):
        longer, reached = search(data, single, threshold, max_length, max_itemsets - len(single))
        found += longer
    return Itemsets(
        levels=tuple(level for level, _ in found),
        counts=tuple(counts for _, counts in found),
        baskets=data,
        min_count=threshold,
        min_support=min_support,
        max_length=reached,
        asked_length=max_length,
        algorithm=algorithm,
    )


def compare_algorithms(first: Itemsets, second: Itemsets) -> bool:
    """Whether two searches found the same itemsets with the same counts."""
    return len(first.levels) == len(second.levels) and all(
        np.array_equal(a, b) and np.array_equal(m, n)
        for a, b, m, n in zip(first.levels, second.levels, first.counts, second.counts, strict=True)
    )


def second_opinions(found: Itemsets, *, exclude: Sequence[str] = (), limit: int = 20_000) -> list[Itemsets]:
    """The same search by the other algorithms, for `compare_algorithms`.

    Parameters
    ----------
    found : Itemsets
    exclude : sequence of str
        Item ids that were left out.
    limit : int
        Above so many itemsets nothing is compared, because mlxtend would take minutes.

    Returns
    -------
    list of Itemsets
        One for each other algorithm; empty above the limit, and where mlxtend's dense table would be too large.
    """
    paired = len(np.unique(found.levels[1])) if len(found.levels) > 1 else 0
    if len(found) > limit or found.baskets.n * paired > _DENSE_CELLS:
        return []
    search = {"min_support": found.min_support, "min_count": found.min_count, "max_length": found.max_length}
    others = [name for name in ALGORITHMS if name != found.algorithm]
    return [frequent_itemsets(found.baskets, algorithm=name, exclude=exclude, **search) for name in others]  # type: ignore[arg-type]


def _check(min_support: float, max_length: int, min_count: int, max_itemsets: int, engine: str, algorithm: str) -> None:
    problems = []
    if not 0 < min_support <= 1:
        problems.append(f"min_support must be above 0 and at most 1, got {min_support}")
    for name, value in (("max_length", max_length), ("min_count", min_count), ("max_itemsets", max_itemsets)):
        if value < 1:
            problems.append(f"{name} must be at least 1, got {value}")
    if engine not in ENGINES:
        problems.append(f"engine must be one of {', '.join(ENGINES)}, got {engine!r}")
    if engine == "spark" and algorithm != "fpgrowth":
        problems.append(f"algorithm must be fpgrowth on Spark, got {algorithm!r}")
    elif algorithm not in ALGORITHMS:
        problems.append(f"algorithm must be one of {', '.join(ALGORITHMS)}, got {algorithm!r}")
    if problems:
        raise AnalysisError("frequent itemsets: " + "; ".join(problems))


def _search(engine: str, algorithm: str) -> Search:
    """What looks for itemsets of two and more."""
    if engine == "spark":
        from analysis.rules.spark import search_on_spark

        return search_on_spark
    return _eclat if algorithm == "eclat" else partial(mlxtend_itemsets, algorithm)


def _walk(keys: tuple[np.ndarray, ...], members: np.ndarray, width: int) -> np.ndarray:
    """Follow each row of `members` through the levels' sorted keys; -1 where the way ends."""
    where = np.zeros(len(members), dtype=np.int64)
    for depth in range(members.shape[1]):
        where = _step(keys[depth], where, members[:, depth], width)
    return where


def _step(keys: np.ndarray, where: np.ndarray, member: np.ndarray, width: int) -> np.ndarray:
    """From rows of one level to those of the next, by a further member; -1 where there is none."""
    if not len(keys):
        return np.full(len(where), -1, dtype=np.int64)
    sought = where * width + member
    position = np.minimum(np.searchsorted(keys, sought), len(keys) - 1)
    return np.where((where >= 0) & (keys[position] == sought), position, -1)


def _eclat(data: Baskets, single: np.ndarray, threshold: int, max_length: int, room: int) -> tuple[Levels, int]:
    """Itemsets of two and more, level by level, and the greatest length of which all fit into `room`."""
    counts = data.item_counts[single]
    return itemsets_of_two_and_more(
        data.matrix, single, counts, data.kin, threshold=threshold, max_length=max_length, limit=room
    )
