"""Words for lists: best products, countries and categories, and how the sources overlap."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Blocks, Column, Figure, Table, blocks
from analysis.report.values import count, percent, term, text
from analysis.report.wording import message

__all__ = ["sources", "top_list"]

_HEADS = {"revenue": ("money", "Revenue"), "orders": ("count", "Orders"), "lines": ("count", "Order lines")}


def top_list(table: pd.DataFrame | None, *, things: str, name: str, what: str, known_customers: bool = False) -> Blocks:
    """The largest groups as bars and as a table.

    Parameters
    ----------
    table : DataFrame, optional
        From `analysis.description.top_list`; None where the data have no such column. It holds `name`,
        amount, share, orders and customers where counted.
    things : {"products", "categories", "countries"}
        What the groups are.
    name : str
        The column that names a group.
    what : {"revenue", "orders", "lines"}
        What `amount` adds up; `lines` are products in orders.
    known_customers : bool
        Whether the shares are of the known customers' total.
    """
    if table is None or table.empty:
        return blocks()
    kind, head = _HEADS[what]
    # Two products may have one name: bars are named so that each stands for one row.
    labels = table[name].astype(str)
    if "product_id" in table.columns:
        labels = labels.where(~labels.duplicated(keep=False), labels + " (" + table["product_id"].astype(str) + ")")
    shown = table.assign(category=labels, value=table["amount"])
    best = shown.iloc[0]
    columns = {
        "category": Column(things.capitalize()),
        "value": Column(head, kind),
        "share": Column(f"Share of {head.lower()}", "percent"),
    }
    columns |= {"orders": Column("Orders", "count")} if "orders" in shown else {}
    columns |= {"customers": Column("Customers", "count")} if "customers" in shown else {}
    group_size = "customers" if "customers" in shown else None
    together = float(shown["share"].sum())
    words = "of known customers" if known_customers else "of all orders"
    figure = Figure(
        f"top_{things}",
        "bar",
        message(
            "{best} comes first with {share} of {what}",
            claim="share > 0",
            best=text(best["category"]),
            share=percent(best["share"]),
            what=term(what),
        ),
        message(
            "{what} by {things}, {words}: the largest {n}, together {share}",
            what=term(f"monthly_{what}"),
            words=text(words),
            n=count(len(shown)),
            things=term(things),
            share=percent(together),
        ),
        f"Bars of {head.lower()} for the {things} that bring most, the largest first.",
        shown[list(columns)],
        columns,
        group_size=group_size,
    )
    return blocks(figure)


def sources(table: pd.DataFrame, *, buyers: int) -> Blocks:
    """How many buyers each further source knows.

    Parameters
    ----------
    table : DataFrame
        From `analysis.description.overlap`.
    buyers : int
        Customers with an order.
    """
    if table.empty:
        return blocks()
    shown = Table(
        "sources",
        message("Customers in each further source, beside {buyers} buyers", buyers=count(buyers)),
        table,
        {
            "source": Column("Source", "term"),
            "customers": Column("Customers in it", "count"),
            "buyers": Column("With an order", "count"),
            "share_of_buyers": Column("Share of all buyers", "percent"),
        },
        group_size="customers",
    )
    return blocks(shown)
