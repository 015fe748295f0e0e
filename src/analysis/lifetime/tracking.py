"""Purchases by period, as they were and as a model expected them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.lifetime.fitting import PurchaseFit
from analysis.lifetime.histories import UNIT_DAYS, CustomerHistories

__all__ = ["tracking"]

Floats = NDArray[np.float64]


def tracking(
    known: CustomerHistories, later: CustomerHistories, fits: Mapping[str, PurchaseFit], *, period_days: int = 7
) -> pd.DataFrame:
    """Repeat purchases of the known customers by period, before and after the cut-off, and what models expected.

    Before the cut-off a model says what it expects of customers of whom it knows the first day alone (its fit); after
    it, what it expects given each history (its forecast). Periods are counted from the cut-off in both directions; the
    last may be shorter than the others, and so may the first.

    Returns
    -------
    DataFrame
        start (first day of the period), days (its length), later (whether it lies after the cut-off), actual, and a
        column a model.
    """
    cutoff, end = pd.Timestamp(known.as_of), pd.Timestamp(later.as_of)
    if known.table.empty:
        return pd.DataFrame({"start": [], "days": [], "later": [], "actual": [], **{name: [] for name in fits}})
    begin = known.table["first_day"].min()
    before, after = (cutoff - begin).days, (end - cutoff).days
    edges = np.unique([*range(-(before // period_days) * period_days, after, period_days), -before, 0, after])
    first = known.purchases["customer_key"].map(known.table.set_index("customer_key")["first_day"])
    repeats = known.purchases.loc[known.purchases["day"] > first, "day"]
    following = later.purchases[
        later.purchases["customer_key"].isin(known.table["customer_key"]) & (later.purchases["day"] >= cutoff)
    ]["day"]
    moments = (pd.concat([repeats, following]) - cutoff).dt.days
    found = pd.DataFrame(
        {
            "start": cutoff + pd.to_timedelta(edges[:-1], unit="D"),
            "days": np.diff(edges),
            "later": edges[:-1] >= 0,
            "actual": np.histogram(moments, bins=edges)[0],
        }
    )
    for name, fit in fits.items():
        found[name] = np.diff(_expected(known, fit, edges))
    return found


def _expected(known: CustomerHistories, fit: PurchaseFit, edges: NDArray[np.int64]) -> Floats:
    """Expected repeat purchases of all known customers up to each edge, in days from the cut-off."""
    cutoff, unit = pd.Timestamp(known.as_of), UNIT_DAYS[known.unit]
    watched = (known.table["first_day"] - cutoff).dt.days.to_numpy()
    joined, customers = np.unique(watched, return_counts=True)
    longest = int(-joined[0])
    curve = np.concatenate([[0.0], fit.expected_new(np.arange(1, longest + 1) / unit)])
    past = edges[edges <= 0]
    # a first purchase of day d is followed by the days d + 1 … e − 1 up to the edge e
    elapsed = np.maximum(past[:, None] - 1 - joined[None, :], 0)
    so_far = curve[elapsed] @ customers
    coming = edges[edges > 0] / unit
    columns = (known.table[name] for name in ("frequency", "recency", "T"))
    conditional = fit.expected_purchases(*columns, horizon=coming).sum(axis=0) if len(coming) else []
    return np.concatenate([so_far, so_far[-1] + conditional])
