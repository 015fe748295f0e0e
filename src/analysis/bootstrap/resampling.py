"""Resamples as rows of counts, of single observations or of whole groups."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["CHUNK_CELLS", "drawn_chunks", "group_codes", "resample_indices", "resample_weights", "weights_of"]

Floats = NDArray[np.float64]

#: Numbers held at once: a chunk of resamples has at most this many weights (32 MB of doubles).
CHUNK_CELLS = 4_000_000
#: Numbers worked on at once where passes over them follow each other (half a megabyte of doubles).
CACHED_CELLS = 65_536


def resample_weights(
    n: int, *, replicates: int, random_state: int | np.random.Generator, groups: ArrayLike | None = None
) -> Iterator[Floats]:
    """Chunks of resamples as counts: arrays of shape (rows, n), `replicates` rows in all, each summing to n.

    With `groups` (labels of shape (n,)) whole groups are drawn, and a row sums to the size of what was drawn.

    >>> [chunk.shape for chunk in resample_weights(4, replicates=3, random_state=0)]
    [(3, 4)]
    """
    codes, units = group_codes(groups, n)
    for drawn in drawn_chunks(units, codes, replicates, np.random.default_rng(random_state)):
        yield weights_of(drawn, codes)


def resample_indices(
    n: int, *, replicates: int, random_state: int | np.random.Generator, groups: ArrayLike | None = None
) -> Iterator[NDArray[np.intp]]:
    """Resamples one by one, as ascending row numbers with repetition, for methods that need a real sample.

    >>> [len(rows) for rows in resample_indices(4, replicates=3, random_state=0)]
    [4, 4, 4]
    """
    rows = np.arange(n)
    for chunk in resample_weights(n, replicates=replicates, random_state=random_state, groups=groups):
        for weights in chunk:
            yield np.repeat(rows, weights.astype(np.intp))


def group_codes(groups: ArrayLike | None, n: int) -> tuple[NDArray[np.intp] | None, int]:
    if groups is None:
        return None, n
    labels, codes = np.unique(np.asarray(groups), return_inverse=True)
    return codes.astype(np.intp), len(labels)


def drawn_chunks(
    units: int, codes: NDArray[np.intp] | None, replicates: int, generator: np.random.Generator
) -> Iterator[NDArray[np.integer]]:
    """Which units each resample drew: arrays of shape (rows, units), `replicates` rows in all.

    One after the other, since one generator draws them all; counting them (`weights_of`) may go on beside it. An even
    number of chunks of about one size, so that two processors are done at the same time.
    """
    width = units if codes is None else max(units, len(codes))
    count = math.ceil(replicates / max(1, CHUNK_CELLS // width))
    count = min(count + count % 2, replicates) if count > 1 else 1
    bounds = np.linspace(0, replicates, count + 1).astype(int)
    kind = np.int32 if units <= np.iinfo(np.int32).max else np.int64  # the same draws in half the memory
    for start, end in itertools.pairwise(bounds):
        yield generator.integers(0, units, size=(end - start, units), dtype=kind)


def weights_of(drawn: NDArray[np.integer], codes: NDArray[np.intp] | None) -> Floats:
    """How often each resample holds each observation, counted where the processor's cache holds them."""
    height, units = drawn.shape
    counts = np.empty((height, units))
    step = max(1, CACHED_CELLS // units)
    for start in range(0, height, step):
        part = drawn[start : start + step]
        places = part + np.arange(len(part))[:, None] * units
        counts[start : start + step] = np.bincount(places.ravel(), minlength=part.size).reshape(part.shape)
    return counts if codes is None else counts[:, codes]
