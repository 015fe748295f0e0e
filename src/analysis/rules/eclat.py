"""Eclat: itemsets found by intersecting the sets of baskets that hold them, kept as bits.

Source: Zaki (2000), "Scalable algorithms for association mining", IEEE TKDE 12(3), 372-390. Each item, the most
frequent first, is taken with those more frequent still; only the baskets that hold it are looked at, one bit a basket.
Longer itemsets of it come level by level: two that differ in their last item are joined, if those two items form a
frequent pair as well, and the bits of both are intersected. Several items of similar frequency go through each step
together, so that the number of array operations does not grow with the number of items.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from analysis.rules.dense import dense_itemsets

__all__ = ["in_order", "itemsets_of_two_and_more", "packed"]

#: Pairs of items in one basket that are looked at together.
_BATCH_PAIRS = 200_000
#: Items go together while the most frequent is at most so many times as frequent as the rarest.
_BATCH_SPREAD = 4
#: Cells of the table in which the pairs of a batch are counted.
_BATCH_CELLS = 500_000
#: Bytes that the bits of the candidates of one block may take.
_BLOCK_BYTES = 2_000_000

#: With at most so many cells, a table says which pairs are frequent.
_PAIR_CELLS = 4_000_000

#: Below so many words of 64 bits, a number of bits is exact in single precision.
_EXACT_WORDS = 2**24 // 64

#: From this share on of the cells, one for each wanted item and basket, that are filled, baskets are dense.
_DENSE_FILLED = 0.1

_ONE = np.uint64(1)


class _Lists:
    """The baskets of the wanted items, renumbered by frequency, rarest first; in the order of baskets and of items.

    Attributes
    ----------
    code : ndarray of int32, shape (n_entries,)
        Item of each entry, basket by basket, ascending within.
    entry : ndarray of int32, shape (n_entries,)
        The same entries item by item: where each stands in `code`.
    after : ndarray of int32, shape (n_entries,)
        For each of `entry`, how many more frequent items its basket holds: those right behind it in `code`.
    start : ndarray of int64, shape (n_items + 1,)
        Where each item begins in `entry`.
    """

    def __init__(self, code: np.ndarray, ends: np.ndarray, width: int) -> None:
        shape = (len(ends) - 1, width)
        rows = sparse.csr_array((np.empty(len(code), dtype=np.int8), code, ends), shape=shape).tocsc().tocsr()
        self.code = rows.indices
        by_item = sparse.csr_array((np.arange(len(code), dtype=np.int32), rows.indices, ends), shape=shape).tocsc()
        self.entry, self.start = by_item.data, by_item.indptr.astype(np.int64)
        self.after = ends[1:].take(by_item.indices)
        self.after -= self.entry
        self.after -= 1
        self._pairs = np.r_[0, np.cumsum(np.add.reduceat(self.after, self.start[:-1], dtype=np.int64))]
        self._width = width

    def first(self, stop: int) -> int:
        """Where the batch of items begins that ends before `stop`."""
        counts = np.diff(self.start)
        low = np.searchsorted(self._pairs, self._pairs[stop] - _BATCH_PAIRS)
        similar = np.searchsorted(counts, counts[stop - 1] / _BATCH_SPREAD)
        return int(min(max(low, similar, stop - _BATCH_CELLS // self._width), stop - 1))

    def count(self, first: int, stop: int) -> np.ndarray:
        """Baskets that hold each item of the batch and each item that is more frequent, row by row, flat."""
        own = slice(self.start[first], self.start[stop])
        after = self.after[own]
        self._item = np.repeat(np.arange(stop - first, dtype=np.int32), np.diff(self.start[first : stop + 1]))
        place = np.repeat(self.entry[own] + 1 - (np.cumsum(after, dtype=np.int64) - after), after)
        place += np.arange(len(place))
        self._cell = np.repeat(self._item * np.int32(self._width), after)
        self._cell += self.code.take(place)
        self._of = after
        return np.bincount(self._cell, minlength=(stop - first) * self._width)

    def bits(self, first: int, stop: int, cells: np.ndarray) -> np.ndarray:
        """Which baskets hold the pairs at `cells` of the last `count`, one bit for each basket of the rarer item.

        Baskets with only one of the pairs of their item get no bit. Shape (n_cells, words) of uint64.
        """
        slot = np.full((stop - first) * self._width, -1, dtype=np.int32)
        slot[cells] = np.arange(len(cells), dtype=np.int32)
        slot = slot.take(self._cell)
        wanted = np.flatnonzero(slot >= 0)
        of = np.repeat(np.arange(len(self._of), dtype=np.int32), self._of).take(wanted)
        slot = slot.take(wanted)
        useful = np.bincount(of, minlength=len(self._item)) > 1
        number = np.cumsum(useful)
        # numbered anew for each item
        starts = self.start[first:stop] - self.start[first]
        place = number - 1 - np.r_[0, number][starts][self._item]
        words = int(place.max(where=useful, initial=0)) // 64 + 1
        chosen = np.flatnonzero(useful.take(of))
        of, slot = of.take(chosen), slot.take(chosen)
        place = place.take(of)
        bits = np.zeros(len(cells) * words, dtype=np.uint64)
        # each basket and pair comes once, so that adding is setting
        np.add.at(bits, slot * np.int64(words) + (place >> 6), _ONE << (place & 63).astype(np.uint64))
        return bits.reshape(len(cells), words)


def _lists(matrix: sparse.csr_array, columns: np.ndarray) -> _Lists:
    """The wanted columns, given in the order of their numbers."""
    rank = np.full(matrix.shape[1], -1, dtype=np.int32)
    rank[columns] = np.arange(len(columns), dtype=np.int32)
    code = rank.take(matrix.indices)
    wanted = code >= 0
    if not wanted.all():
        code = code[wanted]
    size = np.zeros(len(wanted) + 1, dtype=np.int32)
    np.cumsum(wanted, out=size[1:])
    ends = size.take(matrix.indptr)
    del wanted, size
    return _Lists(code, ends, len(columns))


class _Search:
    """What is found so far, and how long an itemset may still be."""

    def __init__(self, table: _Lists, width: int, kin: np.ndarray, threshold: int, max_length: int, limit: int) -> None:
        self.table, self.width, self.kin = table, width, kin
        self.threshold, self.max_length, self.limit = threshold, max_length, limit
        self.keys = np.empty(0, dtype=np.int64)
        self.table_of_pairs = np.zeros((width, width), dtype=bool) if width**2 <= _PAIR_CELLS else None
        self.found: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
        self.longer = 0

    def keep(self, members: np.ndarray, counts: np.ndarray) -> None:
        """Take itemsets of one length; where there are now too many, give up the longest."""
        length = members.shape[1]
        self.found.setdefault(length, []).append((members, counts))
        if length == 2:
            return
        self.longer += len(counts)
        room = max(self.limit - sum(len(counts) for _, counts in self.found[2]), 0)
        while self.longer > room and self.max_length > 2:
            self.longer -= sum(len(counts) for _, counts in self.found.pop(self.max_length, []))
            self.max_length -= 1

    def paired(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Whether two items, the rarer first, form a frequent pair; both are more frequent than those of the batch."""
        if self.table_of_pairs is not None:
            return self.table_of_pairs[first, second]
        key = first * np.int64(self.width) + second
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
            self.table_of_pairs.ravel()[keys] = True
        else:
            self.keys = np.concatenate([keys, self.keys])
        members = np.column_stack(np.divmod(keys, self.width)).astype(np.int32)
        self.keep(members, counts[frequent])
        # pairs that stand alone with their rarer item lead to nothing longer
        several = np.bincount(members[:, 0] - first)[members[:, 0] - first] > 1
        if self.max_length > 2 and several.any():
            self.extend(members[several], self.table.bits(first, stop, frequent[several]))

    def extend(self, members: np.ndarray, bits: np.ndarray) -> None:
        """Find all frequent itemsets that are longer than the rows of `members` and begin like one of them.

        `members`, shape (n, k), holds whole classes: all itemsets that share all but their last item, one after the
        other; `bits`, shape (n, words), their baskets.
        """
        starts = np.flatnonzero((members[1:, :-1] != members[:-1, :-1]).any(axis=1)) + 1
        ends = np.r_[starts, len(members)]
        partners = np.repeat(ends, np.diff(np.r_[0, ends])) - np.arange(1, len(members) + 1)
        last = members[:, -1].copy()
        ones = np.ones(bits.shape[1], dtype=np.float32 if bits.shape[1] < _EXACT_WORDS else np.float64)
        total = np.cumsum(partners)
        room = max(_BLOCK_BYTES // (bits.shape[1] * 8), 1)
        cuts = np.flatnonzero(np.diff(total // room)) + 1
        for low, high in zip([0, *cuts.tolist()], [*cuts.tolist(), len(members)], strict=True):
            left, repeats = np.arange(low, high), partners[low:high]
            first = np.repeat(left, repeats)
            if not len(first) or members.shape[1] >= self.max_length:
                continue
            second = np.arange(1, len(first) + 1) + np.repeat(left - np.cumsum(repeats) + repeats, repeats)
            possible = np.flatnonzero(self.paired(last.take(first), last.take(second)))
            first, second = first.take(possible), second.take(possible)
            joint = bits.take(first, axis=0)
            joint &= bits.take(second, axis=0)
            # the product with ones is the quickest sum over short rows
            counts = np.bitwise_count(joint).astype(ones.dtype) @ ones
            good = np.flatnonzero(counts >= self.threshold)
            if not len(good):
                continue
            longer = np.column_stack([members.take(first.take(good), axis=0), last.take(second.take(good))])
            self.keep(longer, counts.take(good).astype(np.int64))
            if len(longer) > 1 and longer.shape[1] < self.max_length:
                self.extend(longer, joint.take(good, axis=0))


def itemsets_of_two_and_more(
    matrix: sparse.csr_array,
    columns: np.ndarray,
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
    counts = np.bincount(matrix.indices, minlength=matrix.shape[1])[columns]
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
    search = _Search(_lists(matrix, columns), len(columns), related, threshold, max_length, limit)
    search.run()
    columns = columns.astype(np.int32)
    result = []
    for length in sorted(search.found):
        parts = search.found.pop(length)
        members = np.sort(columns[np.concatenate([members for members, _ in parts])], axis=1)
        result.append(in_order(members, np.concatenate([counts for _, counts in parts])))
    return result, search.max_length


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
