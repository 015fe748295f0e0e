"""Words for lists: best products, countries and categories, and how the sources overlap."""

from __future__ import annotations

import pandas as pd

from analysis.description import NOT_GIVEN
from analysis.report.blocks import Blocks, Column, Figure, Table, blocks
from analysis.report.values import count, percent, term, text
from analysis.report.wording import Words, message, msgid, phrase

__all__ = ["sources", "top_list"]

_KINDS = {"revenue": "money", "orders": "count", "lines": "count"}
_SHARES = msgid({"revenue": "Share of revenue", "orders": "Share of orders", "lines": "Share of order lines"})
_THINGS = msgid({"products": "Products", "categories": "Categories", "countries": "Countries"})


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
    shown = table.assign(category=_labels(table, name), value=table["amount"])
    best = shown.iloc[0]
    columns = {
        "category": Column(_THINGS[things], "phrase"),
        "value": Column(message("{column}", column=term(f"monthly_{what}")), _KINDS[what]),
        "share": Column(_SHARES[what], "percent"),
    }
    columns |= {"orders": Column("Orders", "count")} if "orders" in shown else {}
    columns |= {"customers": Column("Customers", "count")} if "customers" in shown else {}
    group_size = "customers" if "customers" in shown else None
    together = float(shown["share"].sum())
    figure = Figure(
        f"top_{things}",
        "bar",
        message(
            "{best} comes first with {share} of {what}",
            claim="share > 0",
            best=phrase(best["category"]),
            share=percent(best["share"]),
            what=term(what),
        ),
        message(
            "{what} by {things}, {whose}: the largest {n}, together {share}",
            what=term(f"monthly_{what}"),
            whose=phrase("of known customers" if known_customers else "of all orders"),
            n=count(len(shown)),
            things=term(things),
            share=percent(together),
        ),
        message(
            "Bars of {what} for the {things} that bring most, the largest first.", what=term(what), things=term(things)
        ),
        shown[list(columns)],
        columns,
        group_size=group_size,
    )
    return blocks(figure)


def _labels(table: pd.DataFrame, column: str) -> list[Words]:
    """Names from the data as they are, our own words where there is none; each stands for one row.

    Two products may have one name, so that their ids tell them apart.
    """
    names = table[column].astype(str)
    labels = [msgid("(not given)") if name == NOT_GIVEN else message("{name}", name=text(name)) for name in names]
    if "product_id" not in table.columns:
        return labels
    return [
        message("{name} ({id})", name=phrase(label), id=text(id)) if twice else label
        for label, id, twice in zip(labels, table["product_id"], names.duplicated(keep=False), strict=True)
    ]


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
