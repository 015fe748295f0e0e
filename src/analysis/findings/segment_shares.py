"""The chart of what share of customers and of revenue each segment has, for every page that shows segments."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Column, Figure
from analysis.report.values import count
from analysis.report.wording import Message, message

__all__ = ["share_bars"]


def share_bars(id: str, table: pd.DataFrame, title: Message, *, label: str = "Segment") -> Figure:
    """Bars for each segment; `table` has segment (term), customers, share and, with money, revenue_share."""
    parts = [("share_of_customers", "share")]
    money = "revenue_share" in table
    if money:
        parts.append(("share_of_revenue", "revenue_share"))
    data = pd.concat(
        [
            pd.DataFrame(
                {"category": table["segment"], "series": series, "value": table[name], "customers": table["customers"]}
            )
            for series, name in parts
        ],
        ignore_index=True,
    )
    n = count(int(table["customers"].sum()))
    return Figure(
        id,
        "paired_bar",
        title,
        message("Shares of {n} customers and of what they spent so far", n=n)
        if money
        else message("Shares of {n} customers", n=n),
        "Two bars for each segment: its share of the customers and its share of the revenue."
        if money
        else "One bar for each segment: its share of the customers.",
        data,
        {
            "category": Column(label, "term"),
            "series": Column("Measure", "term"),
            "value": Column("Share", "percent"),
            "customers": Column("Customers", "count"),
        },
        group_size="customers",
    )
