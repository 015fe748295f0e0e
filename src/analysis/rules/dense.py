"""Eclat on dense baskets, where many items stand in every basket that holds some others.

Source: the depth-first search of Zaki (2000), IEEE TKDE 12(3), 372-390, less its perfect extensions (Borgelt, 2012,
"Frequent item set mining", WIREs Data Mining and Knowledge Discovery 2(6), 437-456). An item that all baskets of an
itemset hold can be added to it, and to everything longer, without a change of any count. The search leaves it aside,
and what it stands for is written out at the end: every subset of an itemset's perfect extensions, joined to it. Of the
half million itemsets of a dense table some ten thousand are then left to be counted.

Itemsets are words of bits, one bit an item, so that all of them grow, and are sorted, as numbers.
"""

from __future__ import annotations

from math import comb

import numpy as np
from scipy import sparse

__all__ = ["dense_itemsets"]

#: Perfect extensions are worth while where at least this share of the items comes always with some other item, or some
#: other always with it; so many items are looked at to see that.
_WORTH_WHILE, _SAMPLE = 0.25, 16
#: Bytes that the bits of the candidates of one block may take.
_BLOCK_BYTES = 1_000_000
#: Itemsets whose members are written out together.
_BLOCK_ROWS = 8192
#: Below so many words of 64 bits, a number of bits is exact in single precision.
_EXACT_WORDS = 2**24 // 64

_ZERO, _ONE = np.uint64(0), np.uint64(1)
_LAST = 63


def dense_itemsets(
    matrix: sparse.csr_array, columns: np.ndarray, kin: np.ndarray, *, threshold: int, max_length: int, limit: int
) -> tuple[list[tuple[np.ndarray, np.ndarray]], int] | None:
    """Frequent itemsets of two items and more, of baskets that hold a good share of the wanted items.

    Parameters
    ----------
    matrix : csr_array of bool, shape (n_baskets, n_items)
    columns : ndarray of int, shape (n_columns,)
        The items that may stand in an itemset, ascending; all of them frequent.
    kin : ndarray of int, shape (n_pairs, 2)
        Places in `columns` of items that may not stand in one itemset.
    threshold, max_length, limit : int
        As for `itemsets_of_two_and_more`.

    Returns
    -------
    list of (ndarray of int32, shape (n, k); ndarray of int64, shape (n,)), for k = 2, 3, …; and int
        Members, ascending in each row, rows in lexicographic order, and counts; the longest length looked for. None
        where too few items always come with some other for this search to be the quicker one.
    """
    search = _Search(matrix, columns, kin, threshold, max_length, limit)
    if not search.promising():
        return None
    search.run()
    return search.itemsets(columns.astype(np.int32)), search.max_length


class _Search:
    """What is found so far: itemsets, their counts and perfect extensions."""

    def __init__(
        self,
        matrix: sparse.csr_array,
        columns: np.ndarray,
        kin: np.ndarray,
        threshold: int,
        max_length: int,
        limit: int,
    ) -> None:
        self.width, self.n = width, _ = len(columns), matrix.shape[0]
        self.threshold, self.max_length, self.limit = threshold, max_length, limit
        self.bits, self.counts = _baskets_of_items(matrix, columns)
        self.possible = np.ones((width, width), dtype=bool)
        self.possible[kin[:, 0], kin[:, 1]] = self.possible[kin[:, 1], kin[:, 0]] = False
        #: an item that some other excludes is no perfect extension of what that one may yet join
        self.free = self.possible.all(axis=1)
        self.one = np.zeros((width, width // 64 + 1), dtype=np.uint64)
        item = np.arange(width)
        self.one[item, item // 64] = _ONE << (_LAST - item % 64).astype(np.uint64)
        self.ones = np.ones(self.bits.shape[1], dtype=np.float32 if self.bits.shape[1] < _EXACT_WORDS else np.float64)
        self.found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.at_most = 0.0

    def promising(self) -> bool:
        """Whether, of some items, enough come always with some other, or some other with them."""
        sample = np.unique(np.linspace(0, self.width - 1, _SAMPLE).astype(np.int64)).tolist()
        bound = 0
        for item in sample:
            joint = np.bitwise_count(self.bits[item] & self.bits).sum(axis=1, dtype=np.int64)
            bound += int((joint == np.minimum(self.counts[item], self.counts)).sum() > 1)  # one is the item itself
        return bound >= _WORTH_WHILE * len(sample)

    def run(self) -> None:
        """Find all, from single items on, the rarest first."""
        everywhere = (self.counts == self.n) & self.free
        perfect = np.bitwise_or.reduce(self.one[everywhere], axis=0, keepdims=True)
        self.keep(np.zeros_like(perfect), perfect, np.array([self.n]))
        items = np.argsort(self.counts, kind="stable")
        items = items[~everywhere[items]]
        if len(items):
            single = np.repeat(perfect, len(items), axis=0)
            one_class = np.zeros(len(items), dtype=np.int64)
            self.extend(self.one[items], single, items, one_class, self.bits[items], self.counts[items], 1)

    def extend(
        self,
        itemsets: np.ndarray,
        perfect: np.ndarray,
        last: np.ndarray,
        parent: np.ndarray,
        bits: np.ndarray,
        counts: np.ndarray,
        length: int,
    ) -> None:
        """Keep the rows, itemsets of one length and whole classes, and find those that are longer and begin like them.

        Rows of one `parent`, which are neighbours, differ in their `last` item alone; `bits` are their baskets.
        """
        if length >= self.max_length:
            self.keep(itemsets, perfect, counts)
            return
        ends = np.r_[np.flatnonzero(np.diff(parent)) + 1, len(parent)]
        partners = np.repeat(ends, np.diff(np.r_[0, ends])) - np.arange(1, len(parent) + 1)
        room = max(_BLOCK_BYTES // (bits.shape[1] * 8), 1)
        cuts = np.flatnonzero(np.diff(np.cumsum(partners) // room)) + 1
        for low, high in zip([0, *cuts.tolist()], [*cuts.tolist(), len(parent)], strict=True):
            left, repeats = np.arange(low, high), partners[low:high]
            first = np.repeat(left, repeats)
            second = np.arange(1, len(first) + 1) + np.repeat(left - np.cumsum(repeats) + repeats, repeats)
            pairs = np.flatnonzero(self.possible[last.take(first), last.take(second)])
            first, second = first.take(pairs), second.take(pairs)
            joint = bits.take(first, axis=0)
            joint &= bits.take(second, axis=0)
            # the product with ones is the quickest sum over short rows
            joint_counts = (np.bitwise_count(joint).astype(self.ones.dtype) @ self.ones).astype(np.int64)
            if length == 1:
                rare = joint_counts < self.threshold
                self.possible[last[first[rare]], last[second[rare]]] = False
                self.possible[last[second[rare]], last[first[rare]]] = False
            always = (joint_counts == counts.take(first)) & self.free.take(last.take(second))
            at = np.flatnonzero(always)
            np.bitwise_or.at(perfect, first.take(at), self.one.take(last.take(second.take(at)), axis=0))
            self.keep(itemsets[low:high], perfect[low:high], counts[low:high])
            good = np.flatnonzero((joint_counts >= self.threshold) & ~always)
            if len(good):
                first, last_item = first.take(good), last.take(second.take(good))
                longer = itemsets.take(first, axis=0) | self.one.take(last_item, axis=0)
                joint, joint_counts = joint.take(good, axis=0), joint_counts.take(good)
                self.extend(longer, perfect.take(first, axis=0), last_item, first, joint, joint_counts, length + 1)

    def keep(self, itemsets: np.ndarray, perfect: np.ndarray, counts: np.ndarray) -> None:
        """Take itemsets with their perfect extensions; where they stand for too many, give up the longest."""
        self.found.append((itemsets, perfect, counts))
        self.at_most += float(np.exp2(_lengths(perfect), dtype=np.float64).sum())
        if self.at_most > self.limit:
            by_length = self.by_length()
            while self.max_length > 2 and sum(by_length[2 : self.max_length + 1]) > self.limit:
                self.max_length -= 1
            self.at_most = float(sum(by_length[: self.max_length + 1]))

    def by_length(self) -> list[int]:
        """How many itemsets of each length, 0 to all items, those found so far stand for."""
        numbers = [0] * (self.width + 1)
        for itemsets, perfect, _ in self.found:
            shapes, times = np.unique(
                np.column_stack([_lengths(itemsets), _lengths(perfect)]), axis=0, return_counts=True
            )
            for (length, more), time in zip(shapes.tolist(), times.tolist(), strict=True):
                for chosen in range(more + 1):
                    numbers[length + chosen] += time * comb(more, chosen)
        return numbers

    def itemsets(self, names: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """All itemsets that the kept ones stand for, by length; `names` are ascending."""
        itemsets, counts = self.expanded()
        lengths, result = _lengths(itemsets), []
        for length in range(2, min(self.max_length, int(lengths.max(initial=0))) + 1):
            own = np.flatnonzero(lengths == length)
            chosen = itemsets.take(own, axis=0)
            # the first item is the highest bit: inverted, words ascend like members
            order = np.argsort(~chosen[:, 0]) if chosen.shape[1] == 1 else np.lexsort(~chosen.T[::-1])
            result.append((_members(chosen.take(order, axis=0), length, names), counts.take(own.take(order))))
        return result

    def expanded(self) -> tuple[np.ndarray, np.ndarray]:
        """Each itemset with every subset of its perfect extensions, but for what is too long, and the counts."""
        kept, perfect, counts = (np.concatenate(parts) for parts in zip(*self.found, strict=True))
        self.found = []
        extensions, parts = _lengths(perfect), []
        for number in np.unique(extensions).tolist():
            owner = np.flatnonzero(extensions == number)
            itemsets, items = (
                kept.take(owner, axis=0),
                _members(perfect.take(owner, axis=0), number, np.arange(self.width)),
            )
            row, limited = np.arange(len(owner)), int(_lengths(itemsets).max()) + number > self.max_length
            for item in items.T:
                longer = itemsets | self.one.take(item.take(row), axis=0)
                short = np.flatnonzero(_lengths(longer) <= self.max_length) if limited else slice(None)
                itemsets, row = np.concatenate([itemsets, longer[short]]), np.concatenate([row, row[short]])
            parts.append((itemsets, counts.take(owner.take(row))))
        return np.concatenate([itemsets for itemsets, _ in parts]), np.concatenate([each for _, each in parts])


def _baskets_of_items(matrix: sparse.csr_array, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One bit a basket for each item, shape (n_columns, words) of uint64, and how many are set."""
    by_item, words = matrix.tocsc(), -(-matrix.shape[0] // 64)
    bits = np.empty((len(columns), words), dtype=np.uint64)
    held = np.zeros(words * 64, dtype=bool)
    for row, column in zip(bits, columns.tolist(), strict=True):
        own = by_item.indices[by_item.indptr[column] : by_item.indptr[column + 1]]
        held[own] = True
        row[:] = np.packbits(held).view(np.uint64)
        held[own] = False
    return bits, np.diff(by_item.indptr)[columns].astype(np.int64)


def _lengths(itemsets: np.ndarray) -> np.ndarray:
    """Number of items in each row of words."""
    return (
        np.bitwise_count(itemsets).sum(axis=1, dtype=np.int16)
        if itemsets.shape[1] > 1
        else np.bitwise_count(itemsets[:, 0])
    )


def _members(itemsets: np.ndarray, length: int, names: np.ndarray) -> np.ndarray:
    """Names of the items of rows of words that hold `length` of them, in the order of the items."""
    members = np.empty((len(itemsets), length), dtype=np.int32)
    for start in range(0, len(itemsets), _BLOCK_ROWS):
        rows, out = itemsets[start : start + _BLOCK_ROWS], members[start : start + _BLOCK_ROWS]
        if rows.shape[1] == 1:
            left, item = rows[:, 0].copy(), np.empty((length, len(rows)), dtype=np.uint8)
            for place in range(length - 1, -1, -1):
                lowest = left & -left
                left ^= lowest
                lowest -= _ONE
                np.bitwise_count(lowest, out=item[place])
            np.subtract(_LAST, item, out=item)
            out[:] = names.take(item.T)
        else:
            held = np.unpackbits(rows.astype(">u8").view(np.uint8), axis=1)
            position = np.flatnonzero(held).reshape(len(rows), length)
            out[:] = names.take(position - np.arange(len(rows))[:, None] * held.shape[1])
    return members
