"""Purchase histories of many customers, so many at a time, because those of one say nothing of another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.lifetime.histories import CustomerHistories, histories

__all__ = ["histories_in_parts"]

#: Steps of the ledger in their order.
_STEPS = (
    "ordered", "cancelled_whole", "cancelled_part", "unmatched_refunds", "same_day", "worthless", "before_start",
    "kept", "unmatched_left",
)  # fmt: skip


def histories_in_parts(
    parts: Iterable[pd.DataFrame], *, refund_rows: pd.DataFrame | None = None, **rules: Any
) -> CustomerHistories:
    """The same as `histories` of all parts together, in the memory of one of them and of what is kept of each customer.

    Parameters
    ----------
    parts : iterable of DataFrame
        Orders, as `histories` takes them, in ascending order of customers: each customer in one part. At least one.
    refund_rows : DataFrame, optional
        Of all customers.
    **rules
        As `histories` takes them.

    Raises
    ------
    AnalysisError
        If there is no part, and as `histories`.

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_key": [1, 1, 2], "day": ["2024-01-01", "2024-01-15", "2024-01-10"]})
    >>> histories_in_parts([orders[:2], orders[2:]], as_of="2024-02-01").table["frequency"].tolist()
    [1, 0]
    """
    found = [
        histories(part, refund_rows=back, **rules) for part, back in _with_refunds(iter(parts), refund_rows)
    ]  # fmt: skip
    if len(found) == 1:
        return found[0]
    ledger = pd.concat([one.ledger for one in found])
    sums = ledger.groupby("step").sum(min_count=1).astype({"orders": "int64"})
    return replace(
        found[0],
        table=pd.concat([one.table for one in found], ignore_index=True),
        purchases=pd.concat([one.purchases for one in found], ignore_index=True),
        ledger=sums.reindex([step for step in _STEPS if step in sums.index]).reset_index(),
        left_out={reason: sum(one.left_out[reason] for one in found) for reason in found[0].left_out},
    )


def _with_refunds(
    parts: Iterator[pd.DataFrame], refund_rows: pd.DataFrame | None
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame | None]]:
    """Each part with the refunds of its customers; those of customers without an order are with a neighbour's."""
    part, rest = next(parts, None), refund_rows
    if part is None:
        raise AnalysisError("histories_in_parts: there is no order, so there is no history")
    for following in parts:
        if rest is None:
            yield part, None
        else:
            mine = rest["customer_key"] <= part["customer_key"].max()
            yield part, rest[mine]
            rest = rest[~mine]
        part = following
    yield part, rest
