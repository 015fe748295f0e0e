"""Words for the ledger as a whole: what came in, what is left, and that nothing is missing in between."""

from __future__ import annotations

import pandas as pd

from analysis.cleaning import CleaningResult
from analysis.findings.cleaning.account import Account, account
from analysis.report.blocks import Block, Blocks, Column, Definition, Figure, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import count, money, percent
from analysis.report.wording import Message, message

__all__ = ["ledger", "overview"]

_KEPT = ("kept_with_customer", "kept_without_customer")


def overview(result: CleaningResult) -> Blocks:
    """Key figures and the sentences that answer the page's question."""
    book = account(result)
    customers = int(result.customers_in_sources.query("in_sales")["customers"].sum())
    return blocks(_key_figures(book, customers), _kept(book), _worth(book), _unknown(book))


def _key_figures(book: Account, customers: int) -> list[Block]:
    lines, sales = int(book.first["rows"]), book.rows("sales")
    figures: list[Block] = [
        KeyFigure("lines_read", "Lines in the purchase files", count(lines), "cleaning.lines_read.v1"),
        KeyFigure("sales_lines", "Sales lines kept", count(sales), "cleaning.sales_lines.v1", n=lines),
        KeyFigure("share_kept", "Share of lines kept", percent(sales / lines), "cleaning.share_kept.v1", n=lines),
    ]
    if book.has_money:
        figures.append(
            KeyFigure("revenue", "Revenue after cleaning", money(book.money("sales")), "cleaning.revenue.v1")
        )
    figures.append(KeyFigure("customers", "Customers with a sale", count(customers), "cleaning.customers.v1"))
    unknown = book.rows("kept_without_customer") / sales
    figures.append(
        KeyFigure(
            "share_unknown", "Sales lines without a customer", percent(unknown), "cleaning.share_unknown.v1",
            n=sales, direction="down",
        )
    )  # fmt: skip
    pairs = book.rows("duplicate_overlap", "duplicate_repeat")
    figures.append(
        KeyFigure("duplicates", "Duplicate lines removed", count(pairs), "cleaning.duplicates.v1", direction="down")
    )
    return figures


def _kept(book: Account) -> Block:
    lines, sales = int(book.first["rows"]), book.rows("sales")
    removed = int(book.removed()["rows"].sum())
    other = int(book.table.loc[book.table["kind"] == "file", "rows"].sum())
    return sentence(
        "lines_kept",
        "Every line is accounted for: of {lines} in the purchase files, {sales} ({share}) are sales that the other "
        "pages rest on, and {removed} were removed by a stated rule; the rest ({other}) is headers, blank lines and "
        "line breaks inside a text.",
        claim="sales + removed + other == lines",
        role="lead",
        lines=count(lines),
        sales=count(sales),
        share=percent(sales / lines),
        removed=count(removed),
        other=count(other),
    )


def _worth(book: Account) -> Block | None:
    if not book.has_money:
        return Note(
            "no_money",
            message("The purchases carry no prices, so everything that is about money is left out of all pages."),
            "warning",
        )
    raw, sales = book.exact("raw_rows"), book.exact("sales")
    gap = raw - sales - sum(book.removed()["amount"])
    return sentence(
        "money_kept",
        "The money adds up too: {raw} as delivered and {sales} in the sales that are left; the rules in between, each "
        "valued, moved {net} on balance, and {gap} is left unexplained.",
        claim="gap == 0",
        role="lead",
        raw=money(float(raw), digits=2),
        sales=money(float(sales), digits=2),
        net=money(float(sales - raw)),
        gap=money(float(gap), digits=2),
    )


def _unknown(book: Account) -> Block:
    sales, unknown = book.rows("sales"), book.rows("kept_without_customer")
    if not unknown:
        return sentence(
            "all_known",
            "Every one of the {sales} sales lines names its customer.",
            claim="sales > 0 and unknown == 0",
            sales=count(sales),
            unknown=count(unknown),
        )
    arguments = {"unknown": count(unknown), "share": percent(unknown / sales), "sales": count(sales)}
    if book.has_money:
        amount = book.money("kept_without_customer")
        arguments |= {"worth": money(amount), "money_share": percent(amount / book.money("sales"))}
    return sentence(
        "unknown_customers",
        "{unknown} sales lines ({share}), worth {worth} ({money_share} of revenue), name no customer: they count where "
        "baskets and months are looked at, and are left out where customers are."
        if book.has_money
        else "{unknown} sales lines ({share}) name no customer: they count where baskets and months are looked at, and "
        "are left out where customers are.",
        claim="unknown > 0 and unknown <= sales",
        role="lead",
        **arguments,
    )


def ledger(result: CleaningResult) -> Blocks:
    """The ledger as a chart in rows, a chart in money, and a table."""
    book = account(result)
    return blocks(_row_chart(book), _money_chart(book), _ledger_table(book), _method(), _unreadable(book))


def _steps(book: Account, column: str) -> pd.DataFrame:
    """Start, every rule that moved something, end; a removal goes down by what it took along."""
    moves = book.table[(book.table["kind"].isin(["file", "removed"])) & (book.table["rows"] > 0)]
    if column == "amount":
        moves = moves[moves["amount"].map(bool).astype(bool)]
    start, end = book.table.iloc[0], book.table.iloc[-1]
    return pd.DataFrame(
        {
            "step": [start["rule"], *moves["rule"], end["rule"]],
            "value": [float(start[column]), *(-float(value) for value in moves[column]), float(end[column])],
            "kind": ["total", *("change" for _ in moves["rule"]), "total"],
        }
    )


def _row_chart(book: Account) -> Figure:
    steps = _steps(book, "rows")
    lines, sales = int(book.first["rows"]), book.rows("sales")
    return Figure(
        "ledger_rows",
        "waterfall",
        message(
            "From {lines} lines to {sales} sales lines, rule by rule",
            claim="sales <= lines",
            lines=count(lines),
            sales=count(sales),
        ),
        message("Lines of the purchase files; each bar is what one rule removed"),
        "Bars from the lines of the raw files at the top, down by what each rule removed, to the sales lines at "
        "the bottom.",
        steps,
        {"step": Column("Step", "term"), "value": Column("Lines", "count")},
    )


def _money_chart(book: Account) -> Figure | None:
    if not book.has_money:
        return None
    return Figure(
        "ledger_money",
        "waterfall",
        _moved(book.money("raw_rows"), book.money("sales")),
        message("Money of the lines; a rule that removes negative amounts raises the total"),
        "Bars from the money of all raw lines at the top, up or down by the money of the lines that each rule "
        "removed, to "
        "the revenue after cleaning at the bottom.",
        _steps(book, "amount"),
        {"step": Column("Step", "term"), "value": Column("Money", "money")},
    )


def _moved(raw: float, sales: float) -> Message:
    """How far cleaning changed the total."""
    arguments = {"raw": money(raw), "sales": money(sales), "change": money(abs(sales - raw))}
    if sales == raw:
        return message("Cleaning left the total as it was: {sales}", claim="sales == raw", **arguments)
    return message(
        "Cleaning lowered the total by {change}, to {sales}"
        if sales < raw
        else "Cleaning raised the total by {change}, to {sales}",
        claim="change > 0 and sales < raw" if sales < raw else "change > 0 and sales > raw",
        **arguments,
    )


def _ledger_table(book: Account) -> Table:
    shown = book.table[(book.table["rows"] > 0) | (book.table["kind"] == "total")]
    lines = int(book.first["rows"])
    columns = {
        "rule": Column("Step", "term"),
        "kind": Column("Kind", "term"),
        "rows": Column("Lines", "count"),
        "share": Column("Share", "percent"),
    }
    data = pd.DataFrame(
        {
            "rule": shown["rule"],
            "kind": [f"ledger_{kind}" for kind in shown["kind"]],
            "rows": shown["rows"],
            "share": shown["rows"] / lines,
        }
    )
    if book.has_money:
        data["amount"] = [float(amount) for amount in shown["amount"]]
        columns |= {"amount": Column("Money", "money")}
        if shown["unreadable_rows"].any():
            data["unreadable_rows"] = shown["unreadable_rows"]
            columns |= {"unreadable_rows": Column("Amount unreadable", "count")}
    return Table(
        "ledger_table",
        message("The ledger of purchases, from the lines of the raw files to the sales that are left"),
        data.reset_index(drop=True),
        columns,
        order="Rules in the order in which they are asked; a line is removed by the first that applies",
    )


def _method() -> list[Block]:
    return [
        Note(
            "ledger_method",
            message(
                "Each line is taken by one rule at most, the first that applies, so that lines and money by rule "
                "add up "
                "to the whole. Money is quantity times unit price, or the line's own amount where the source "
                "states one, "
                "and is added exactly."
            ),
        ),
        Definition(
            "ledger",
            "Ledger",
            message("The account of every line from the raw file to the last table: removed by which rule, or kept."),
        ),
    ]


def _unreadable(book: Account) -> Block | None:
    unreadable = int(book.first["unreadable_rows"])
    if not unreadable:
        return None
    return Note(
        "unreadable_amounts",
        message(
            "The amount of {unreadable} lines could not be read, so the money that they stand for is in no total.",
            claim="unreadable > 0",
            unreadable=count(unreadable),
        ),
        "limit",
    )
