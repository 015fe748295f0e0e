"""Python lists and NumPy arrays to Arrow arrays and back.

`pyarrow.array`, `pyarrow.scalar` and `to_numpy` import pandas, which takes longer than reading a small file.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

__all__ = ["booleans", "flags", "integer_values", "integers", "repeated", "texts"]


def _validity(missing: np.ndarray) -> pa.Buffer | None:
    return pa.py_buffer(np.packbits(~missing, bitorder="little").tobytes()) if missing.any() else None


def integers(values: np.ndarray | Sequence[int | None]) -> pa.Array:
    """Whole numbers as an Arrow array of int64; None is NULL.

    >>> integers([3, None, 1]).to_pylist()
    [3, None, 1]
    """
    missing = np.empty(0, dtype=bool)
    if not isinstance(values, np.ndarray):
        missing = np.fromiter((value is None for value in values), bool, len(values))
        values = [value or 0 for value in values]
    held = np.ascontiguousarray(values, dtype=np.int64)
    return pa.Array.from_buffers(pa.int64(), len(held), [_validity(missing), pa.py_buffer(held)])


def integer_values(values: pa.Int64Array) -> np.ndarray:
    """The numbers of an Arrow array of int64; what stands where one is NULL means nothing.

    >>> integer_values(pa.array([1, 2, 3])[1:]).tolist()
    [2, 3]
    """
    return np.frombuffer(values.buffers()[1], dtype=np.int64)[values.offset : values.offset + len(values)]


def flags(values: pa.BooleanArray) -> np.ndarray:
    """Truth values of an Arrow array as a NumPy array; NULL counts as false.

    >>> flags(pa.array([True, None, False, True])[1:]).tolist()
    [False, False, True]
    """
    valid, held = (_bits(buffer, values.offset, len(values)) for buffer in values.buffers())
    return held if values.null_count == 0 else held & valid


def _bits(buffer: pa.Buffer | None, start: int, size: int) -> np.ndarray:
    if buffer is None:
        return np.ones(size, dtype=bool)
    units = np.frombuffer(buffer, dtype=np.uint8)[start // 8 : (start + size + 7) // 8]
    return np.unpackbits(units, bitorder="little")[start % 8 : start % 8 + size].astype(bool)


def booleans(values: np.ndarray) -> pa.BooleanArray:
    """Truth values as an Arrow array.

    >>> booleans(np.array([True, False])).to_pylist()
    [True, False]
    """
    packed = pa.py_buffer(np.packbits(values, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, packed])


def repeated(value: str, size: int) -> pa.Array:
    """One text, `size` times.

    >>> repeated("北", 2).to_pylist()
    ['北', '北']
    """
    one = value.encode()
    offsets = np.arange(size + 1, dtype=np.int64) * len(one)
    if offsets[-1] > np.iinfo(np.int32).max:
        raise OverflowError("more than 2 GiB of text in one array")
    return pa.StringArray.from_buffers(size, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(one * size))


def texts(values: Sequence[str | None], *, empty_is_null: bool = True) -> pa.Array:
    """Texts as an Arrow array of strings; None is NULL, and so is empty text unless told otherwise.

    >>> texts(["a", "", None, "北"]).to_pylist()
    ['a', None, None, '北']
    """
    packed = [b"" if value is None else value.encode() for value in values]
    offsets = np.zeros(len(packed) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, packed), np.int64, len(packed)), out=offsets[1:])
    if offsets[-1] > np.iinfo(np.int32).max:
        raise OverflowError("more than 2 GiB of text in one array")
    missing = np.fromiter((value is None for value in values), bool, len(packed))
    if empty_is_null:
        missing |= np.diff(offsets) == 0
    return pa.StringArray.from_buffers(
        len(packed), pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(b"".join(packed)), _validity(missing)
    )
