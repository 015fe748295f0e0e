"""The pairs of items that stand together in baskets, for some items at a time: counted, and as bits.

Every basket's items are in the order of their frequency, rarest first, so that an item's pairs with more frequent ones
are what stands behind it. Pairs are put down by their distance, for all entries that reach so far at once.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

__all__ = ["PairLists"]

#: Pairs of items in one basket that are looked at together, at most, and of a small table: memory that is touched for
#: the first time is then what costs most.
_BATCH_PAIRS, _SMALL_BATCH_PAIRS = 200_000, 25_000
#: A batch is small while it is more than this share of all pairs.
_SMALL_SHARE = 1 / 24
#: Items go together while the most frequent is at most so many times as frequent as the rarest.
_BATCH_SPREAD = 4
#: Cells of the table in which the pairs of a batch are counted.
_BATCH_CELLS = 500_000
#: Entries that are looked up together.
_TOGETHER = 65_536
_LARGEST = np.iinfo(np.int32).max
_ZERO, _ONE = np.uint64(0), np.uint64(1)


class PairLists:
    """The baskets of the wanted items, renumbered by frequency, rarest first.

    Parameters
    ----------
    matrix : csr_array of bool, shape (n_baskets, n_items)
    columns : ndarray of int, shape (n_columns,)
        The wanted items in the order of their numbers, each in some basket.

    Attributes
    ----------
    code : ndarray of int32, shape (n_entries,)
        Item of each entry, basket by basket, ascending within.
    entry : ndarray of int32, shape (n_entries,)
        The same entries item by item: where each stands in `code`.
    after : ndarray of int32, shape (n_entries,)
        For each of `entry`, how many more frequent items its basket holds: those right behind it in `code`.
    start : ndarray of int64, shape (n_columns + 1,)
        Where each item begins in `entry`.
    """

    def __init__(self, matrix: sparse.csr_array, columns: np.ndarray) -> None:
        code, ends = _entries(matrix, columns)
        self.width = len(columns)
        shape = (len(ends) - 1, self.width)
        items = sparse.csr_array((np.empty(len(code), dtype=np.int8), code, ends), shape=shape).tocsc()
        del code  # what follows goes where it was
        place = np.arange(len(items.indices), dtype=np.int32)
        rows = sparse.csc_array((place, items.indices, items.indptr), shape=shape).tocsr()
        self.code, self.start = rows.indices, items.indptr.astype(np.int64)
        self.entry, self.after = np.empty_like(place), items.indices
        for low in range(0, len(place), _TOGETHER):  # of indices NumPy makes such of 64 bits
            part = slice(low, low + _TOGETHER)
            self.entry[rows.data[part]] = place[part]
            self.after[part] = ends[1:].take(self.after[part])
        self.after -= self.entry
        self.after -= 1
        self._counts = np.diff(self.start)
        self._pairs = np.zeros(self.width + 1, dtype=np.int64)
        # sums of 64 bits take a copy of all entries: only where those of 32 bits could be too short
        most = int(self._counts.max()) * int(self.after.max())
        sums = np.add.reduceat(self.after, self.start[:-1], dtype=np.int64 if most > _LARGEST else np.int32)
        np.cumsum(sums, out=self._pairs[1:])
        self._batch = min(max(int(self._pairs[-1] * _SMALL_SHARE), _SMALL_BATCH_PAIRS), _BATCH_PAIRS)

    def first(self, stop: int) -> int:
        """Where the batch of items begins that ends before `stop`."""
        low = np.searchsorted(self._pairs, self._pairs[stop] - self._batch)
        similar = np.searchsorted(self._counts, self._counts[stop - 1] / _BATCH_SPREAD)
        return int(min(max(low, similar, stop - _BATCH_CELLS // self.width), stop - 1))

    def count(self, first: int, stop: int) -> np.ndarray:
        """Baskets that hold each item of the batch and each item that is more frequent, row by row, flat."""
        active = self.start[first] + np.flatnonzero(self.after[self.start[first] : self.start[stop]])
        after = self.after.take(active)
        #: where the pairs of each entry begin, which are put down entry by entry
        self._begins = np.cumsum(after, dtype=np.int64)
        self._begins -= after
        self._bounds = np.searchsorted(active, self.start[first : stop + 1])
        # where the second item of each pair stands: one place on, but for the first pair of an entry
        place = np.ones(int(self._pairs[stop] - self._pairs[first]), dtype=np.int64)
        behind = self.entry.take(active)
        behind += 1
        place[self._begins[:1]] = behind[:1]
        behind[1:] -= (behind + after)[:-1]
        place[self._begins[1:]] += behind[1:]
        np.cumsum(place, out=place)
        self._cell = np.repeat(np.arange(stop - first) * self.width, np.diff(self._pairs[first : stop + 1]))
        self._cell += self.code.take(place)
        return np.bincount(self._cell, minlength=(stop - first) * self.width)

    def bits(self, first: int, stop: int, cells: np.ndarray) -> np.ndarray:
        """Which baskets hold the pairs at `cells` of the last `count`, one bit for each basket of the rarer item.

        Baskets with only one of the pairs of their item get no bit. Shape (n_cells, words) of uint64.
        """
        row_of = np.full((stop - first) * self.width, -1, dtype=np.int32)
        row_of[cells] = np.arange(len(cells), dtype=np.int32)
        row = row_of.take(self._cell)
        wanted = np.flatnonzero(row >= 0)
        owner = np.zeros(len(row), dtype=np.int64)
        owner[self._begins[1:]] = 1
        owner = np.cumsum(owner, out=owner).take(wanted)
        row = row.take(wanted)
        useful = np.bincount(owner, minlength=len(self._begins)) > 1
        # numbered anew for each item
        number = np.zeros(len(useful) + 1, dtype=np.int64)
        np.cumsum(useful, out=number[1:])
        place = number[:-1] - np.repeat(number.take(self._bounds[:-1]), np.diff(self._bounds))
        words = int(place.max(where=useful, initial=0)) // 64 + 1
        bit = np.where(useful, _ONE << (place & 63).astype(np.uint64), _ZERO)
        # where an entry without a bit points to does not matter, if it is in the row
        word = np.minimum(place >> 6, words - 1).take(owner)
        word += row * np.int64(words)
        bits = np.zeros(len(cells) * words, dtype=np.uint64)
        # each basket and pair comes once, so that adding is setting
        np.add.at(bits, word, bit.take(owner))
        return bits.reshape(len(cells), words)


def _entries(matrix: sparse.csr_array, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the wanted items basket by basket, and where each basket begins and the last ends, of int32."""
    rank = np.full(matrix.shape[1], -1, dtype=np.int32)
    rank[columns] = np.arange(len(columns), dtype=np.int32)
    code = rank.take(matrix.indices)
    wanted = code >= 0
    size = np.zeros(len(wanted) + 1, dtype=np.int32)
    np.cumsum(wanted, out=size[1:])
    return code[wanted], size.take(matrix.indptr)
