"""Which customers and which of their features were divided, and what was done to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from analysis.clustering import Prepared, Remark
from analysis.findings.kinds import kind_of
from analysis.report.blocks import Block, Blocks, Column, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import count, listing, number, percent, term
from analysis.report.wording import message, msgid

__all__ = ["basis"]

#: For each remark that concerns one column: the words, and whether its value is shown.
_LEFT_OUT = msgid(
    {
        "not_a_number": "{column} is text and was left out: distances between customers need numbers.",
        "all_missing": "{column} has no value for any customer and was left out.",
        "constant": "{column} is the same for all customers and was left out: it cannot tell them apart.",
    }
)

_SCALING = msgid(
    {
        "standard": "Each column is measured in standard deviations from its mean, so that all count alike.",
        "robust": "Each column is measured in interquartile ranges from its median, so that all count alike.",
        "none": "Columns are compared in their own units, so that those with large numbers count most.",
    }
)


def basis(prepared: Prepared, *, absent: Sequence[str] = ()) -> Blocks:
    """Customers, columns, scales, gaps; `absent` columns were asked for but are not among this profile's data."""
    customers = len(prepared.frame)
    return blocks(
        KeyFigure("customers", "Customers grouped", count(customers), "clustering.customers.v1"),
        sentence(
            "basis",
            "{n} customers are compared by {columns}.",
            claim="n >= least",
            n=count(customers),
            columns=listing(prepared.columns),
            least=count(1),
        )
        if prepared.columns
        else Note("no_columns", message("No column is left by which customers could be grouped."), "warning"),
        Note("absent", message("Not known for these customers, and so left out: {columns}.", columns=listing(absent)))
        if absent
        else None,
        list(_remarks(prepared)),
        _scales(prepared),
        Note("scaling", message(_SCALING[prepared.scaling.kind])) if prepared.columns else None,
    )


def _remarks(prepared: Prepared) -> Iterator[Block]:
    for place, remark in enumerate(prepared.remarks, start=1):
        block = _remark(remark, f"remark_{place}", len(prepared.frame))
        if block is not None:
            yield block


def _remark(remark: Remark, id: str, customers: int) -> Block | None:
    column = term(remark.column)
    if remark.code in _LEFT_OUT:
        return Note(id, message(_LEFT_OUT[remark.code], column=column), "warning")
    if remark.code == "too_many_missing":
        words = msgid(
            "{column} is missing for {share} of the customers and was left out: a filled value would make a group."
        )
        return Note(id, message(words, column=column, share=percent(remark.value)), "warning")
    if remark.code == "infinite":
        words = msgid("{n} values of {column} are infinite and are treated as missing.")
        return Note(id, message(words, column=column, n=count(int(remark.value))), "warning")
    if remark.code == "filled":
        words = msgid("{column} is missing for {n} of {customers} customers; they get the median of the others.")
        return Note(id, message(words, column=column, n=count(int(remark.value)), customers=count(customers)))
    if remark.code == "dropped":
        words = msgid("{n} customers with a missing value are left out.")
        return Note(id, message(words, n=count(int(remark.value))), "limit")
    if remark.code == "robust_without_spread":
        words = msgid("Half of the customers have the same {column}, so it is scaled by its standard deviation.")
        return Note(id, message(words, column=column))
    if remark.code == "twice":
        words = msgid(
            "{column} and {other} rank customers almost alike (correlation {rank}), so what they share counts almost "
            "twice."
        )
        arguments: dict[str, Any] = {
            "column": column,
            "other": term(remark.other),
            "rank": number(remark.value, digits=2),
        }
        return Note(id, message(words, **arguments), "limit")
    return None


def _scales(prepared: Prepared) -> Table | None:
    if not prepared.columns:
        return None
    values = prepared.frame[list(prepared.columns)].astype(float)
    table = pd.DataFrame(
        {
            "column": prepared.columns,
            "scale": ["scale_log" if each.log else "scale_plain" for each in prepared.scaling.columns],
            "kind": [kind_of(column) for column in prepared.columns],
            "low": values.quantile(0.25).to_numpy(),
            "median": values.median().to_numpy(),
            "high": values.quantile(0.75).to_numpy(),
        }
    )
    return Table(
        "columns",
        message("What customers are compared by"),
        table,
        {
            "column": Column("Column", "term"),
            "scale": Column("Compared by", "term"),
            "low": Column("Lower quartile", "number", kinds="kind"),
            "median": Column("Median", "number", kinds="kind"),
            "high": Column("Upper quartile", "number", kinds="kind"),
        },
    )
