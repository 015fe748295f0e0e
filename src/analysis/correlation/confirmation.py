"""A check on customers that a finding was not found on: discovery in one half, confirmation in the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.correlation.pairs import correlate
from analysis.errors import AnalysisError
from analysis.multiplicity import adjust

__all__ = ["Confirmation", "confirm", "halves"]


@dataclass(frozen=True)
class Confirmation:
    """The strongest pairs of the discovery half, measured again in the confirmation half.

    `table`: first, second, discovery_n, discovery, discovery_low, discovery_high, n, estimate, low, high, p, p_holm,
    confirmed; the unprefixed columns are of the confirmation half, whose family is the pairs of this table. A pair is
    confirmed if the sign is the same and the Holm-corrected p below `alpha`. The discovery estimates are too large on
    average, because they were chosen for their size; the confirmation estimates are not.
    """

    table: pd.DataFrame
    discovery_customers: int
    confirmation_customers: int
    searched: int
    method: str
    alpha: float


def halves(keys: ArrayLike, *, random_state: int) -> NDArray[np.bool_]:
    """True for keys of the discovery half: a fair coin for each key that depends on key and seed alone.

    A customer stays in the same half when rows are added, left out or reordered.

    Parameters
    ----------
    keys : array of int or str, shape (n,)
        Such as `customer_key`. The text "7" and the number 7 are different keys.
    random_state : int
        The seed.

    Raises
    ------
    AnalysisError
        If a key is missing, or neither a whole number nor a text.

    Source: the finaliser of SplitMix64 (Steele, Lea and Flood 2014, OOPSLA) as a hash.

    >>> halves([1, 2, 3, 4, 5, 6], random_state=1).tolist() == halves([1, 2, 3, 4, 5, 6], random_state=1).tolist()
    True
    """
    known = pd.Series(keys).infer_objects()
    whole, texts = pd.api.types.is_integer_dtype(known), pd.api.types.is_string_dtype(known)
    if len(known) and (known.isna().any() or not (whole or texts)):
        raise AnalysisError("halves: keys must be whole numbers or texts without gaps, such as customer_key")
    if whole:
        x = known.to_numpy(dtype=np.int64).astype(np.uint64)
    else:
        x = pd.util.hash_array(known.to_numpy(dtype=object), categorize=False)
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15) * (np.uint64(random_state) + np.uint64(1))
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    return np.asarray((x >> np.uint64(63)) == 0)


def confirm(
    frame: pd.DataFrame,
    columns: Sequence[str],
    *,
    key: str = "customer_key",
    method: str = "spearman",
    most: int = 10,
    alpha: float = 0.05,
    definitional: Sequence[Sequence[str]] = (),
    missing: str = "pairwise",
    interval: str = "analytic",
    level: float = 0.95,
    replicates: int = 2000,
    kendall_rows: int = 20_000,
    random_state: int,
) -> Confirmation:
    """Find the strongest pairs in one half of the customers and measure them in the other.

    Parameters
    ----------
    frame : DataFrame
        One row a customer, with `key` and `columns`.
    most : int
        How many pairs are taken over; pairs that are definitional, or whose Holm-corrected p in the discovery half is
        not below `alpha`, are not.
    method, definitional, missing, interval, level, replicates, kendall_rows
        As for `correlate`, in both halves.
    random_state : int
        The seed of the split.

    Examples
    --------
    >>> base, noise = np.random.default_rng(1).normal(size=(2, 400))
    >>> frame = pd.DataFrame({"customer_key": range(400), "x": base, "y": base + noise})
    >>> confirm(frame, ["x", "y"], random_state=3).table["confirmed"].tolist()
    [True]
    """
    if key not in frame.columns:
        raise AnalysisError(f"confirm: no column {key}, by which customers are split into halves")
    first_half = halves(frame[key], random_state=random_state)
    settings: dict[str, Any] = {
        "methods": [method],
        "missing": missing,
        "interval": interval,
        "definitional": definitional,
        "level": level,
        "replicates": replicates,
        "kendall_rows": kendall_rows,
        "random_state": random_state,
    }
    found = correlate(frame[first_half], columns, **settings)
    searched = found.table[~found.table["definitional"].astype(bool)]
    chosen = searched[searched["p_holm"] < alpha].head(most)
    later = correlate(frame[~first_half], columns, **settings).table
    table = chosen[["first", "second", "n", "estimate", "low", "high"]].rename(
        columns={"n": "discovery_n", "estimate": "discovery", "low": "discovery_low", "high": "discovery_high"}
    )
    again = later[["first", "second", "n", "estimate", "low", "high", "p"]]
    table = table.merge(again, on=["first", "second"], how="left")
    table["p_holm"] = adjust(table["p"], method="holm")
    same = np.sign(table["estimate"]) == np.sign(table["discovery"])
    table["confirmed"] = (same & (table["p_holm"] < alpha)).astype(bool)
    sizes = int(first_half.sum()), int((~first_half).sum())
    return Confirmation(table, *sizes, found.family_size, method, alpha)
