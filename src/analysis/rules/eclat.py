"""Eclat: itemsets found by intersecting the sets of baskets that hold them, kept as bits.

Source: Zaki (2000), "Scalable algorithms for association mining", IEEE TKDE 12(3), 372-390. Each item, the most
frequent first, is taken with those more frequent still; only the baskets that hold it are looked at, one bit a basket.
Longer itemsets of it come level by level: two that differ in their last item are joined, if those two items form a
frequent pair as well, and the bits of both are intersected. Several items of similar frequency go through each step
together, so that the number of array operations does not grow with the number of items.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from analysis.rules.dense import dense_itemsets
from analysis.rules.pair_lists import PairLists

__all__ = ["in_order", "itemsets_of_two_and_more", "packed"]

#: Bytes that the bits of the candidates of one block may take.
_BLOCK_BYTES = 500_000

#: With at most so many cells, a table says which pairs are frequent.
_PAIR_CELLS = 4_000_000

#: Below so many words of 64 bits, a number of bits is exact in single precision.
_EXACT_WORDS = 2**24 // 64

#: From this share on of the cells, one for each wanted item and basket, that are filled, baskets are dense.
_DENSE_FILLED = 0.1


class _Search:
    """What is found so far, and how long an itemset may still be."""

    def __init__(self, table: PairLists, kin: np.ndarray, threshold: int, max_length: int, limit: int) -> None:
        self.table, self.width, self.kin = table, table.width, kin
        self.threshold, self.max_length, self.limit = threshold, max_length, limit
        self.keys = np.empty(0, dtype=np.int64)
        self.table_of_pairs = np.zeros(table.width**2, dtype=bool) if table.width**2 <= _PAIR_CELLS else None
        self.found: dict[int, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {}
        self.sizes: dict[int, int] = {}
        self.room = np.empty((2, 0), dtype=np.uint64)

    def keep(self, length: int, parent: np.ndarray, last: np.ndarray, counts: np.ndarray) -> int:
        """Take itemsets of one length and give up the longest where there are now too many; place of the first."""
        at = self.sizes.get(length, 0)
        self.found.setdefault(length, []).append((parent, last, counts))
        self.sizes[length] = at + len(last)
        while self.max_length > 2 and sum(self.sizes.values()) > max(self.limit, self.sizes[2]):
            self.found.pop(self.max_length, None)
            self.sizes.pop(self.max_length, None)
            self.max_length -= 1
        return at

    def paired(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Whether two items, the rarer first, form a frequent pair; both are more frequent than those of the batch."""
        key = first * np.int64(self.width)
        key += second
        if self.table_of_pairs is not None:
            return self.table_of_pairs.take(key)
        place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        return np.asarray(self.keys[place] == key)

    def run(self) -> None:
        """Find all, the most frequent items first, as many at a time as are well looked at together."""
        stop = self.width
        while stop > 0:
            first = self.table.first(stop)
            self.batch(first, stop)
            stop = first

    def batch(self, first: int, stop: int) -> None:
        """Find all itemsets whose rarest item is in the range."""
        counts = self.table.count(first, stop)
        frequent = np.flatnonzero(counts >= self.threshold)
        keys = frequent + first * self.width
        if len(self.kin):
            apart = ~np.isin(keys, self.kin)
            frequent, keys = frequent[apart], keys[apart]
        if not len(frequent):
            return
        if self.table_of_pairs is not None:
            self.table_of_pairs[keys] = True
        else:
            self.keys = np.concatenate([keys, self.keys])
        rarer, last = np.divmod(keys, self.width)
        at = self.keep(2, rarer, last, counts.take(frequent))
        # pairs that stand alone with their rarer item lead to nothing longer
        rarer = rarer - first
        several = np.flatnonzero((np.bincount(rarer) > 1).take(rarer))
        if self.max_length > 2 and len(several):
            bits = self.table.bits(first, stop, frequent.take(several))
            self.extend(2, at + several, rarer.take(several), last.take(several), bits)

    def extend(self, length: int, place: np.ndarray, parent: np.ndarray, last: np.ndarray, bits: np.ndarray) -> None:
        """Find all frequent itemsets that are longer than the rows, of one length, and begin like one of them.

        Rows are whole classes: all itemsets of one `parent`, which is all but their `last` item, one after the other;
        `place` is where each is kept, `bits`, shape (n, words), are their baskets.
        """
        behind = np.arange(1, len(last) + 1)
        partners = np.cumsum(np.bincount(parent)).take(parent) - behind
        total = np.cumsum(partners)
        # what is added to the number of a candidate to have the row of its second half
        shift = behind - total + partners
        ones = np.ones(bits.shape[1], dtype=np.float32 if bits.shape[1] < _EXACT_WORDS else np.float64)
        for low, high in self.blocks(total, bits.shape[1]):
            if length >= self.max_length:
                return
            begin = int(total[low - 1]) if low else 0
            first = np.repeat(np.arange(low, high), partners[low:high])
            second = np.arange(begin, begin + len(first))
            second += shift.take(first)
            possible = np.flatnonzero(self.paired(last.take(first), last.take(second)))
            if not len(possible):
                continue
            first, second = first.take(possible), second.take(possible)
            joint = self.joint(bits, first, second)
            # the product with ones is the quickest sum over short rows
            counts = np.bitwise_count(joint).astype(ones.dtype) @ ones
            good = np.flatnonzero(counts >= self.threshold)
            if not len(good):
                continue
            first, last_item = first.take(good), last.take(second.take(good))
            at = self.keep(length + 1, place.take(first), last_item, counts.take(good).astype(np.int64))
            if len(good) > 1 and length + 1 < self.max_length:
                places = np.arange(at, at + len(good))
                self.extend(length + 1, places, first - low, last_item, joint.take(good, axis=0))

    def blocks(self, total: np.ndarray, words: int) -> Iterator[tuple[int, int]]:
        """First and after-last row of each block of rows whose candidates go together."""
        room = max(_BLOCK_BYTES // (words * 8), 1)
        if total[-1] <= room:
            return iter([(0, len(total))])
        cuts = (np.flatnonzero(np.diff(total // room)) + 1).tolist()
        return zip([0, *cuts], [*cuts, len(total)], strict=True)

    def joint(self, bits: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Baskets of each candidate, in memory that the next call uses again."""
        size = len(first) * bits.shape[1]
        if size > self.room.shape[1]:
            self.room = np.empty((2, size), dtype=np.uint64)
        joint, other = self.room[:, :size].reshape(2, len(first), bits.shape[1])
        # any mode but "raise" writes to `out` at once
        bits.take(first, axis=0, out=joint, mode="clip")
        bits.take(second, axis=0, out=other, mode="clip")
        joint &= other
        return joint

    def levels(self, columns: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Members, in the names that `columns` has for items, and counts of each length, in lexicographic order."""
        result, members = [], [columns.astype(np.int32)]
        for length in sorted(self.found):
            parent, last, counts = (np.concatenate(parts) for parts in zip(*self.found.pop(length), strict=True))
            sorted_members: list[np.ndarray] = []
            joining = columns.take(last).astype(np.int32)
            # down the ascending items of the parent to its place among them
            for item in (member.take(parent) for member in reversed(members)):
                sorted_members.append(np.maximum(item, joining))
                np.minimum(item, joining, out=joining)
            members = [joining, *reversed(sorted_members)]
            result.append(in_order(np.array(members).T, counts))
        return result


def itemsets_of_two_and_more(
    matrix: sparse.csr_array,
    columns: np.ndarray,
    counts: np.ndarray,
    kin: np.ndarray,
    *,
    threshold: int,
    max_length: int,
    limit: int,
) -> tuple[list[tuple[np.ndarray, np.ndarray]], int]:
    """Frequent itemsets of two items and more.

    Parameters
    ----------
    matrix : csr_array of bool, shape (n_baskets, n_items)
    columns : ndarray of int, shape (n_columns,)
        The items that may stand in an itemset: the frequent ones, less those that are not wanted.
    counts : ndarray of int, shape (n_columns,)
        Baskets that hold each of them.
    kin : ndarray of int, shape (n_pairs, 2)
        Items that may not stand in one itemset.
    threshold : int
        Smallest number of baskets.
    max_length : int
        Longest itemset, 2 or more.
    limit : int
        Where there are more itemsets, only shorter ones are looked for; pairs are always counted.

    Returns
    -------
    list of (ndarray of int32, shape (n, k); ndarray of int64, shape (n,)), for k = 2, 3, …; and int
        Members, ascending in each row, rows in lexicographic order, and counts. The longest length looked for.
    """
    place = np.full(matrix.shape[1], -1, dtype=np.int64)
    if counts.sum() > _DENSE_FILLED * len(columns) * matrix.shape[0]:
        place[columns] = np.arange(len(columns))
        related = place[kin][(place[kin] >= 0).all(axis=1)]
        found = dense_itemsets(matrix, columns, related, threshold=threshold, max_length=max_length, limit=limit)
        if found is not None:
            return found
    columns = columns[np.argsort(counts, kind="stable")]
    place[columns] = np.arange(len(columns))
    related = np.sort(place[kin], axis=1)
    related = related[(related >= 0).all(axis=1)] @ np.array([len(columns), 1])
    search = _Search(PairLists(matrix, columns), related, threshold, max_length, limit)
    search.run()
    return search.levels(columns), search.max_length


def in_order(members: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows, and their counts, in lexicographic order."""
    keys = packed(members)
    order = np.argsort(keys[0]) if len(keys) == 1 else np.lexsort(keys[::-1])
    return members.take(order, axis=0), counts.take(order)


def packed(members: np.ndarray) -> list[np.ndarray]:
    """Numbers that compare like rows of members, none below 0: as many members in each as fit."""
    bits = max(int(members.max(initial=0)).bit_length(), 1)
    keys = []
    for start in range(0, members.shape[1], 63 // bits):
        part = members[:, start : start + 63 // bits]
        key = np.zeros(len(members), dtype=np.int64)
        for column in part.T:
            key = (key << bits) | column
        keys.append(key)
    return keys
