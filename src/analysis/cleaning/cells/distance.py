"""How many edits lie between texts, for many pairs at once, and which texts lie near each other.

The distance is the optimal string alignment: inserting, deleting and replacing a character and swapping two neighbours
count one each, and no part is edited twice. Source: Damerau (1964), Communications of the ACM 7, 171-176; the
restricted form in Boytsov (2011), ACM Journal of Experimental Algorithmics 16, section 2.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.cleaning.cells.columns import distinct

__all__ = ["distances", "near"]

Ints = NDArray[np.int64]
_CHUNK = 200_000
_BASE = np.uint64(1_000_003)


def _codes(texts: Sequence[str]) -> tuple[NDArray[np.uint32], Ints]:
    """Code points, padded with 0, and lengths."""
    lengths = np.fromiter((len(text) for text in texts), np.int64, len(texts))
    width = max(int(lengths.max(initial=0)), 1)
    return np.array(texts, dtype=f"U{width}").view(np.uint32).reshape(len(texts), width), lengths


def distances(left: Sequence[str], right: Sequence[str], *, limit: int) -> Ints:
    """Edits between each pair of texts, up to a limit.

    Parameters
    ----------
    left, right : sequence of str, length n
        Pairs by position.
    limit : int
        Anything farther apart gets `limit + 1`; only a band of that width is computed.

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> distances(["smith", "smith", "ca", "a"], ["smiht", "smyth", "abc", "zzzzz"], limit=3).tolist()
    [1, 1, 3, 4]
    """
    if not len(left):
        return np.empty(0, np.int64)
    a, la = _codes(left)
    b, lb = _codes(right)
    return _banded(a, la, b, lb, limit)


def _banded(a: NDArray[np.uint32], la: Ints, b: NDArray[np.uint32], lb: Ints, k: int) -> Ints:
    """Rows of the alignment within k of the diagonal; column d of a row i stands for position i + d - k of `b`."""
    n, width = len(la), 2 * k + 1
    # what is far is never counted further than this, so that small integers hold it
    far = np.int8(k + 1)
    first, second = np.ascontiguousarray(a.T), np.ascontiguousarray(b.T)
    before = np.full((width + 1, n), far, np.int8)
    before[k:width] = np.arange(k + 1, dtype=np.int8)[:, None]
    last = np.full_like(before, far)
    found = np.where(la == 0, np.minimum(lb, far), far)
    for i in range(1, min(int(la.max()), int(lb.max()) + k) + 1):
        row = np.full_like(before, far)
        for d in range(width):
            j = i + d - k
            if j < 0 or j > len(second):
                continue
            if j == 0:
                row[d] = i
                continue
            best = before[d] + (first[i - 1] != second[j - 1])
            np.minimum(best, before[d + 1] + np.int8(1), out=best)
            if d:
                np.minimum(best, row[d - 1] + np.int8(1), out=best)
            if i > 1 and j > 1:
                swapped = (first[i - 1] == second[j - 2]) & (first[i - 2] == second[j - 1])
                np.minimum(best, np.where(swapped, last[d] + np.int8(1), far), out=best)
            row[d] = np.minimum(best, far)
        at = lb - i + k
        done = np.flatnonzero((la == i) & (at >= 0) & (at < width))
        found[done] = row[at[done], done]
        last, before = before, row
    return np.minimum(found, k + 1)


def near(queries: Sequence[str], targets: Sequence[str], *, limits: Ints) -> tuple[Ints, Ints, Ints]:
    """Every pair of a query and a target that are at most so many edits apart, without comparing all with all.

    A target is cut into one piece more than it may have edits, with a character between neighbouring pieces; since an
    edit touches at most one piece (a swap at most two neighbouring characters), one piece of it stands unchanged in
    the query, shifted by no more than the lengths allow. Only pairs that share such a piece are compared. Source: the
    partition scheme of Li, Deng, Wang and Feng (2011), PVLDB 5, 253-264, here with gaps for swaps.

    Parameters
    ----------
    queries, targets : sequence of str
        Distinct texts.
    limits : ndarray of int64, shape (len(targets),)
        Most edits by target, at least 1.

    Returns
    -------
    query, target, edits : ndarray of int64
        Positions and distance of each pair, by query, then target.

    Examples
    --------
    >>> query, target, edits = near(["lodnon", "parix", "x"], ["london", "paris"], limits=np.array([2, 1]))
    >>> list(zip(query.tolist(), target.tolist(), edits.tolist()))
    [(0, 0, 1), (1, 1, 1)]
    """
    nothing = np.empty(0, np.int64)
    if not len(queries) or not len(targets):
        return nothing, nothing, nothing
    parts = [
        _verified(queries[start : start + _CHUNK], targets, limits, start)
        for start in range(0, len(queries), _CHUNK)
    ]  # fmt: skip
    query, target, edits = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((target, query))
    return query[order], target[order], edits[order]


def _verified(queries: Sequence[str], targets: Sequence[str], limits: Ints, offset: int) -> tuple[Ints, Ints, Ints]:
    query, target = _candidates(queries, targets, limits)
    edits = np.empty(len(query), np.int64)
    for limit in np.unique(limits[target]):
        members = np.flatnonzero(limits[target] == limit)
        for start in range(0, len(members), _CHUNK):
            at = members[start : start + _CHUNK]
            edits[at] = distances(
                [queries[i] for i in query[at]], [targets[i] for i in target[at]], limit=int(limit)
            )  # fmt: skip
    close = edits <= limits[target]
    return query[close] + offset, target[close], edits[close]


def _candidates(queries: Sequence[str], targets: Sequence[str], limits: Ints) -> tuple[Ints, Ints]:
    """Pairs that share an unchanged piece; some of them are farther apart than allowed."""
    a, la = _codes(queries)
    b, lb = _codes(targets)
    hashes, powers = _prefix_hashes(a), _powers(max(a.shape[1], b.shape[1]) + 1)
    bags, target_bags = _bags(a), _bags(b)
    by_length = {int(length): np.flatnonzero(la == length) for length in np.unique(la)}
    found = [np.empty(0, np.int64)]
    shape = np.unique(np.column_stack([lb, limits]), axis=0)
    for length, limit in shape.tolist():
        members = np.flatnonzero((lb == length) & (limits == limit))
        target_hashes = _prefix_hashes(b[members, :length])
        for start, size in _pieces(length, limit):
            piece = _piece(target_hashes, start, size, powers)
            order = np.argsort(piece, kind="stable")
            for other, shift in _places(length, limit, start, size):
                rows = by_length.get(other)
                if rows is None:
                    continue
                wanted = _piece(hashes[rows], start + shift, size, powers)
                query, target = _joined(wanted, piece[order], rows, members[order])
                alike = _alike(bags, target_bags, query, target, 2 * limit)
                found.append(query[alike] * len(targets) + target[alike])
    pairs = distinct(np.concatenate(found))
    return pairs // len(targets), pairs % len(targets)


def _prefix_hashes(codes: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Polynomial hash of every beginning of every text, modulo 2^64."""
    hashes = np.zeros((len(codes), codes.shape[1] + 1), np.uint64)
    for j in range(codes.shape[1]):
        hashes[:, j + 1] = hashes[:, j] * _BASE + codes[:, j]
    return hashes


def _powers(size: int) -> NDArray[np.uint64]:
    powers = np.ones(size + 1, np.uint64)
    np.cumprod(np.full(size, _BASE, np.uint64), out=powers[1:])
    return powers


def _piece(hashes: NDArray[np.uint64], start: int, size: int, powers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return hashes[:, start + size] - hashes[:, start] * powers[size]


def _pieces(length: int, limit: int) -> Iterator[tuple[int, int]]:
    """Start and size of `limit + 1` pieces with one character between neighbours; empty ones where a text is short."""
    size, longer = divmod(max(length - limit, 0), limit + 1)
    start = 0
    for number in range(limit + 1):
        width = size + (number < longer)
        yield min(start, length), width
        start += width + 1


def _places(length: int, limit: int, start: int, size: int) -> Iterator[tuple[int, int]]:
    """Lengths of queries, and shifts of the piece in them, that leave enough edits on both sides."""
    for more in range(-limit, limit + 1):
        for shift in range(-limit, limit + 1):
            inside = start + shift >= 0 and start + shift + size <= length + more
            if inside and abs(shift) + abs(more - shift) <= limit:
                yield length + more, shift


def _joined(
    wanted: NDArray[np.uint64], sorted_pieces: NDArray[np.uint64], rows: Ints, members: Ints
) -> tuple[Ints, Ints]:
    low = np.searchsorted(sorted_pieces, wanted, side="left")
    counts = np.searchsorted(sorted_pieces, wanted, side="right") - low
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(rows, counts), members[np.repeat(low, counts) + within]


def _bags(codes: NDArray[np.uint32]) -> NDArray[np.int16]:
    """How many characters of each text fall into each of 16 buckets."""
    bags = np.zeros((len(codes), 16), np.int16)
    for column in codes.T:
        bags[np.arange(len(codes)), column % 16] += column > 0
    return bags


def _alike(
    bags: NDArray[np.int16], target_bags: NDArray[np.int16], query: Ints, target: Ints, limit: int
) -> NDArray[np.bool_]:
    """Whether two texts hold nearly the same characters: an edit changes two counts by one at most."""
    alike = np.empty(len(query), np.bool_)
    for start in range(0, len(query), _CHUNK):
        part = slice(start, start + _CHUNK)
        alike[part] = np.abs(bags[query[part]] - target_bags[target[part]]).sum(axis=1) <= limit
    return alike
