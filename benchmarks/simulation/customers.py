"""Customers of a repeat-purchase model, split at a day: what is known of them then, and what they do afterwards."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.lifetime.models import PurchaseModel

__all__ = ["split_customers"]


def split_customers(
    model: PurchaseModel, params: Mapping[str, float], *, n: int, T: ArrayLike, horizon: float, seed: int
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Histories of n customers at T (a number or one a customer), and each one's purchases in (T, T + horizon].

    Both come from one simulated life, so that the future belongs to the very customer with that history.
    """
    ends = np.broadcast_to(np.asarray(T, dtype=np.float64), n)
    values = tuple(np.asarray(value, dtype=np.float64) for value in params.values())
    lives = model.draw(values, ends + horizon, np.random.default_rng(seed))
    who = np.repeat(np.arange(n), lives.counts)
    before = lives.times <= ends[who]
    frequency = np.bincount(who[before], minlength=n)
    recency = np.zeros(n)
    np.maximum.at(recency, who[before], lives.times[before])
    return pd.DataFrame({"frequency": frequency, "recency": recency, "T": ends}), lives.counts - frequency
