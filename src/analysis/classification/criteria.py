"""How much a split tells about the label: information gain, gain ratio and Gini decrease.

Sources: Quinlan (1993), *C4.5: Programs for Machine Learning*, sections 2.1 to 2.3 (gain, split information, gain
ratio); Breiman, Friedman, Olshen and Stone (1984), *Classification and Regression Trees* (Gini).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.errors import AnalysisError

__all__ = ["SplitMeasures", "categorical_splits", "entropy", "gini", "measures_of"]

Floats = NDArray[np.float64]


def entropy(share: ArrayLike) -> Floats:
    """Entropy of a label with this share of ones, in bits; 0 for 0 and 1.

    >>> round(float(entropy(9 / 14)), 3), float(entropy(0.5)), float(entropy(0.0))
    (0.94, 1.0, 0.0)
    """
    p = np.asarray(share, dtype=float)
    return _bits(p) + _bits(1 - p)


def gini(share: ArrayLike) -> Floats:
    """Gini impurity of a label with this share of ones: 2 p (1 - p).

    >>> round(float(gini(9 / 14)), 4)
    0.4592
    """
    p = np.asarray(share, dtype=float)
    return 2 * p * (1 - p)


@dataclass(frozen=True)
class SplitMeasures:
    """What splits tell about the label; every array has one number a split.

    Parameters
    ----------
    gain : ndarray
        Entropy before less mean entropy after, in bits.
    split_information : ndarray
        Entropy of the parts' sizes, in bits: what the split says of anything at all.
    gain_ratio : ndarray
        gain ÷ split information; 0 where all rows are in one part.
    gini_decrease : ndarray
        Gini impurity before less mean impurity after.
    """

    gain: Floats
    split_information: Floats
    gain_ratio: Floats
    gini_decrease: Floats


def measures_of(sizes: ArrayLike, ones: ArrayLike) -> SplitMeasures:
    """Measures of splits from the counts in their parts.

    Parameters
    ----------
    sizes, ones : array_like, shape (..., parts)
        Rows, and rows with label 1, in each part.

    Examples
    --------
    Outlook in Quinlan's golf data: sunny 2 of 5, overcast 4 of 4, rain 3 of 5.

    >>> found = measures_of([5, 4, 5], [2, 4, 3])
    >>> [round(float(value), 3) for value in (found.gain, found.split_information, found.gain_ratio)]
    [0.247, 1.577, 0.156]
    """
    n, k = np.asarray(sizes, dtype=float), np.asarray(ones, dtype=float)
    total = n.sum(axis=-1, keepdims=True)
    weight = n / total
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(n > 0, k / n, 0.0)
    before = (k.sum(axis=-1, keepdims=True) / total)[..., 0]
    gain = entropy(before) - (weight * entropy(share)).sum(axis=-1)
    information = _bits(weight).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(information > 0, gain / information, 0.0)
    decrease = gini(before) - (weight * gini(share)).sum(axis=-1)
    return SplitMeasures(*(np.asarray(part) for part in (gain, information, ratio, decrease)))


def categorical_splits(frame: pd.DataFrame, *, label: str, columns: Sequence[str]) -> pd.DataFrame:
    """All measures of the split of a table by each column's values, one part a value.

    Parameters
    ----------
    frame : DataFrame
    label : str
        A column of zeros and ones, without gaps.
    columns : sequence of str
        Columns of few values; a missing value is a value.

    Returns
    -------
    DataFrame
        column, parts, gain, split_information, gain_ratio, gini_decrease, in the order given.

    Raises
    ------
    AnalysisError
        If a column is absent or the label holds anything but zeros and ones.
    """
    if absent := [name for name in (label, *columns) if name not in frame.columns]:
        raise AnalysisError(f"the table has no column {', '.join(absent)}; it has {', '.join(map(str, frame.columns))}")
    y = pd.to_numeric(frame[label], errors="coerce").to_numpy(dtype=float)
    if not len(y) or not np.isin(y, (0.0, 1.0)).all():
        raise AnalysisError(f"{label} must hold zeros and ones in every row")
    rows = []
    for name in columns:
        codes, values = pd.factorize(frame[name], use_na_sentinel=False)
        found = measures_of(np.bincount(codes), np.bincount(codes, weights=y))
        measured = (found.gain, found.split_information, found.gain_ratio, found.gini_decrease)
        rows.append((name, len(values), *(float(value) for value in measured)))
    return pd.DataFrame(rows, columns=["column", "parts", "gain", "split_information", "gain_ratio", "gini_decrease"])


def _bits(share: Floats) -> Floats:
    """-p log₂ p, and 0 for 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(share > 0, -share * np.log2(np.where(share > 0, share, 1.0)), 0.0)
