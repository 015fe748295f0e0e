"""Words for the other tables and for which customers are found where."""

from __future__ import annotations

import pandas as pd

from analysis.cleaning import CleaningResult
from analysis.findings.cleaning.account import account
from analysis.report.blocks import Block, Blocks, Column, Note, Table, blocks, sentence
from analysis.report.values import count, percent
from analysis.report.wording import message, msgid

__all__ = ["customers", "other_tables"]

#: What had to be assumed, by the name of the note.
_ASSUMED = msgid(
    {
        "basket_is_customer_day": ("The source has no invoice number: what a customer buys on one day is one basket."),
        "quantity_assumed_one": "The source has no quantities: each line is taken as one piece.",
    }
)


def other_tables(result: CleaningResult) -> Blocks:
    """Ledgers of browsing, social activity, feedback and customer attributes."""
    names = [name for name in result.ledger["table"].unique() if name != "transactions"]
    if not names:
        text = msgid("This data set has purchases only: no browsing, social activity, feedback or customer attributes.")
        return blocks(Note("purchases_only", message(text), "limit"), _assumed(result))
    rows = []
    for name in names:
        book = account(result, name)
        for row in book.table[book.table["rows"] > 0].to_dict("records"):
            if (row["kind"] == "total" and row["rule"] == name) or row["rule"] == "file_lines":
                continue
            rows.append({"table": name, "rule": row["rule"], "kind": f"ledger_{row['kind']}", "rows": row["rows"]})
    read = sum(account(result, name).rows("raw_rows") for name in names)
    kept = sum(account(result, name).rows("kept") for name in names)
    return blocks(
        sentence(
            "other_tables_kept",
            "Of {read} rows of the other tables {kept} ({share}) are kept.",
            claim="kept <= read",
            read=count(read),
            kept=count(kept),
            share=percent(kept / read),
        ),
        Table(
            "other_ledgers",
            message("The ledgers of the other tables"),
            pd.DataFrame(rows),
            {
                "table": Column("Table", "term"),
                "rule": Column("Step", "term"),
                "kind": Column("Kind", "term"),
                "rows": Column("Rows", "count"),
            },
        ),
        _assumed(result),
    )


def customers(result: CleaningResult) -> Blocks:
    """How many customers are found in which sources."""
    found = result.customers_in_sources
    names = [name for name in found.columns if name.startswith("in_")]
    total = int(found["customers"].sum())
    buyers = int(found.loc[found["in_sales"], "customers"].sum())
    if len(names) == 1:
        text = msgid(
            "{buyers} customers have at least one sale; {others} more appear only in cancelled or returned lines."
        )
        said = sentence(
            "buyers", text, claim="buyers > 0 and others >= 0", buyers=count(buyers), others=count(total - buyers)
        )
        return blocks(said)
    everywhere = int(found.loc[found[names].all(axis=1), "customers"].sum())
    data = pd.DataFrame(
        {
            "sources": [
                tuple(name.removeprefix("in_") for name in names if row[name]) or ("returns_only",)
                for row in found.to_dict("records")
            ],
            "customers": found["customers"],
            "share": found["customers"] / total,
        }
    ).sort_values("customers", ascending=False, kind="stable", ignore_index=True)
    return blocks(
        sentence(
            "customers_everywhere",
            "{everywhere} of {total} customers ({share}) are found in all {sources} sources; what is said about "
            "several "
            "sources together rests on them.",
            claim="everywhere <= total",
            everywhere=count(everywhere),
            total=count(total),
            share=percent(everywhere / total),
            sources=count(len(names)),
        ),
        Table(
            "customers_in_sources",
            message("Customers by the sources in which they are found"),
            data,
            {
                "sources": Column("Found in", "listing"),
                "customers": Column("Customers", "count"),
                "share": Column("Share of customers", "percent"),
            },
            order="Largest group first",
            group_size="customers",
        ),
    )


def _assumed(result: CleaningResult) -> list[Block]:
    """What had to be assumed because the source does not say it."""
    return [Note(name, message(_ASSUMED[name]), "limit") for name, _ in result.notes if name in _ASSUMED]
