"""Eclat: itemsets found by intersecting the sets of baskets that hold them, kept as bits.

Source: Zaki (2000), "Scalable algorithms for association mining", IEEE TKDE 12(3), 372-390. Each item in turn, rarest
first, is taken with the items that are more frequent; only the baskets that hold it are looked at, one bit a basket.
Longer itemsets of it come level by level: two that differ in their last item are joined, if those two items form a
frequent pair as well, and the bits of both are intersected, a block of candidates at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

__all__ = ["longer_itemsets"]

#: Bytes that the bits of the candidates of one block may take.
_BLOCK_BYTES = 32_000_000


class _Search:
    """What stays the same for all items: the pairs that may stand together, the threshold, the longest itemset."""

    def __init__(self, pairs: np.ndarray, n_items: int, threshold: int, max_length: int) -> None:
        self.n_items, self.threshold, self.max_length = n_items, threshold, max_length
        self._keys = np.sort(pairs[:, 0].astype(np.int64) * n_items + pairs[:, 1])

    def paired(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Whether two items form a frequent pair."""
        key = np.minimum(first, second).astype(np.int64) * self.n_items + np.maximum(first, second)
        place = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        return np.asarray(self._keys[place] == key)

    def extend(self, members: np.ndarray, bits: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """All frequent itemsets that are longer than the rows of `members` and begin like one of them.

        `members`, shape (n, k), holds whole classes: all itemsets that share all but their last item, one after the
        other; `bits`, shape (n, words), their baskets.
        """
        begins = np.r_[False, (members[1:, :-1] != members[:-1, :-1]).any(axis=1)]
        class_of = np.cumsum(begins)
        end = np.searchsorted(class_of, class_of, side="right")
        partners = end - np.arange(len(members)) - 1
        room = max(_BLOCK_BYTES // max(bits.shape[1] * 8, 1), 1)
        block = np.cumsum(partners) // room
        for number in np.unique(block[partners > 0]):
            left = np.flatnonzero((block == number) & (partners > 0))
            first = np.repeat(left, partners[left])
            offset = np.arange(len(first)) - np.repeat(np.cumsum(partners[left]) - partners[left], partners[left])
            second = first + 1 + offset
            possible = self.paired(members[first, -1], members[second, -1])
            first, second = first[possible], second[possible]
            joint = bits[first] & bits[second]
            counts = np.bitwise_count(joint).sum(axis=1, dtype=np.int64)
            keep = counts >= self.threshold
            if not keep.any():
                continue
            longer = np.column_stack([members[first[keep]], members[second[keep], -1]])
            yield longer, counts[keep]
            if longer.shape[1] < self.max_length:
                yield from self.extend(longer, joint[keep])


def longer_itemsets(
    matrix: sparse.csr_array, pairs: np.ndarray, *, threshold: int, max_length: int, limit: int | None = None
) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """Frequent itemsets of three items and more.

    Parameters
    ----------
    matrix : csr_array of bool, shape (n_baskets, n_items)
    pairs : ndarray of int, shape (n_pairs, 2)
        The pairs that may stand in an itemset, each ascending: the frequent ones, less those that are not wanted.
    threshold : int
        Smallest number of baskets.
    max_length : int
        Longest itemset, 3 or more.
    limit : int, optional
        Stop as soon as more itemsets than this are found.

    Returns
    -------
    list of (ndarray of int32, shape (n, k); ndarray of int64, shape (n,)), for k = 3, 4, …, or None
        Members, ascending in each row, and counts; rows in no particular order. None where the limit was passed.
    """
    search = _Search(pairs, matrix.shape[1], threshold, max_length)
    counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    place = np.lexsort((np.arange(len(counts)), counts)).argsort()
    swap = place[pairs[:, 0]] > place[pairs[:, 1]]
    rare = np.where(swap, pairs[:, 1], pairs[:, 0])
    common = np.where(swap, pairs[:, 0], pairs[:, 1])
    order = np.lexsort((place[common], place[rare]))
    rare, common = rare[order], common[order]
    held_by = matrix.tocsc()
    found: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    total = 0
    starts = np.flatnonzero(np.r_[True, rare[1:] != rare[:-1]]) if len(rare) else np.empty(0, dtype=np.int64)
    for start, stop in zip(starts, np.r_[starts[1:], len(rare)], strict=True):
        if stop - start < 2:
            continue
        item, partners = rare[start], common[start:stop]
        own = held_by.indices[held_by.indptr[item] : held_by.indptr[item + 1]]
        members = np.column_stack([np.full(len(partners), item), partners]).astype(np.int32)
        for longer, number in search.extend(members, _bits(matrix[own], partners)):
            found.setdefault(longer.shape[1], []).append((np.sort(longer, axis=1), number))
            total += len(longer)
            if limit is not None and total > limit:
                return None
    parts = [found[length] for length in sorted(found)]
    return [(np.concatenate([m for m, _ in part]), np.concatenate([n for _, n in part])) for part in parts]


def _bits(rows: sparse.csr_array, columns: np.ndarray) -> np.ndarray:
    """Which of the rows hold each column, one bit a row, shape (n_columns, words) of uint64."""
    packed = np.packbits(rows[:, columns].toarray().T, axis=1)
    words = -(-packed.shape[1] // 8)
    padded = np.zeros((len(columns), words * 8), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)
