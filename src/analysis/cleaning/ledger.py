"""The ledger: from the lines of the raw files to the clean tables, in rows and in money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from analysis.cleaning.transactions import KEPT, RULES
from analysis.errors import AnalysisError

__all__ = ["EVENT_RULES", "check_closed", "event_ledger", "file_counts", "transaction_ledger"]

EVENT_RULES = (
    "duplicate_repeat",
    "missing_customer",
    "unreadable_timestamp",
    "outside_date_range",
    "missing_value",
    "duplicate_customer",
)
_FILE_PARTS = {"header_lines": "header", "blank": "blank", "embedded_newlines": "embedded_newline"}
Row = tuple[str, str, int, Decimal | None, int]


def file_counts(
    table: str, rows: int, ingest: Mapping[str, Any] | None, quarantine: pd.DataFrame | None
) -> dict[str, int]:
    """Return lines, header_lines, blank, embedded_newlines, quarantined of a table's files.

    Without `ingest` the lines are the rows and what stands in quarantine.

    Raises
    ------
    AnalysisError
        If the rows at hand are not those that ingestion counted.
    """
    tables = (ingest or {}).get("tables", ingest or {})
    files: Sequence[Mapping[str, int]] = tables.get(table, [])
    if files:
        names = ("lines", "rows", "quarantined", *_FILE_PARTS)
        counts = {name: sum(int(item.get(name, 0)) for item in files) for name in names}
        if counts["rows"] != rows:
            raise AnalysisError(
                f"{table}: ingestion counted {counts['rows']:,} rows, the table has {rows:,}; run ingestion again"
            )
        return counts
    held = 0 if quarantine is None else int((quarantine["table"] == table).sum())
    return {"lines": rows + held, "rows": rows, "quarantined": held, **dict.fromkeys(_FILE_PARTS, 0)}


def _before_rows(files: Mapping[str, int], amount: Decimal | None, unreadable: int) -> list[Row]:
    nothing = None if amount is None else Decimal(0)
    held = files["quarantined"]
    rows: list[Row] = [
        ("total", "file_lines", files["lines"], amount, unreadable + (held if amount is not None else 0))
    ]
    rows += [("file", rule, files[name], nothing, 0) for name, rule in _FILE_PARTS.items()]
    rows.append(("removed", "quarantined", held, nothing, held if amount is not None else 0))
    rows.append(("total", "raw_rows", files["rows"], amount, unreadable))
    return rows


def transaction_ledger(counts: pd.DataFrame, files: Mapping[str, int], *, has_money: bool) -> pd.DataFrame:
    """Return the ledger of transactions.

    Parameters
    ----------
    counts : DataFrame
        rule, row_count, amount, unreadable_rows, as `transactions.decide` returns them.
    files : mapping
        As `file_counts` returns it.
    has_money : bool
        Without money every amount is missing, and no row counts as unreadable.

    Returns
    -------
    DataFrame
        table, position, kind, rule, rows, amount (Decimal or None), unreadable_rows.
    """
    found: dict[str, tuple[int, Decimal | None, int]] = {}
    for rule, rows, amount, unreadable in counts.itertuples(index=False):
        money = (amount if isinstance(amount, Decimal) else Decimal(0)) if has_money else None
        found[rule] = (int(rows), money, int(unreadable) if has_money else 0)
    zero = Decimal(0) if has_money else None

    def total(rules: Sequence[str]) -> tuple[int, Decimal | None, int]:
        parts = [found[rule] for rule in rules if rule in found]
        money = sum((part[1] for part in parts if part[1] is not None), Decimal(0)) if has_money else None
        return sum(part[0] for part in parts), money, sum(part[2] for part in parts)

    everything = total(tuple(found))
    ledger = _before_rows(files, everything[1], everything[2])
    ledger += [("removed", rule, *found.get(rule, (0, zero, 0))) for rule in RULES]
    ledger += [("kept", rule, *found.get(rule, (0, zero, 0))) for rule in KEPT]
    ledger.append(("total", "sales", *total(KEPT)))
    return check_closed(_frame("transactions", ledger))


def event_ledger(table: str, counts: Mapping[str, int], files: Mapping[str, int]) -> pd.DataFrame:
    """Return the ledger of another table, in rows alone."""
    ledger = _before_rows(files, None, 0)
    ledger += [("removed", rule, counts.get(rule, 0), None, 0) for rule in EVENT_RULES if _applies(rule, table)]
    ledger += [("kept", "kept", counts.get("kept", 0), None, 0), ("total", table, counts.get("kept", 0), None, 0)]
    return check_closed(_frame(table, ledger))


def _applies(rule: str, table: str) -> bool:
    return rule != "duplicate_customer" or table == "customers"


def _frame(table: str, rows: list[Row]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["kind", "rule", "rows", "amount", "unreadable_rows"])
    frame.insert(0, "table", table)
    frame.insert(1, "position", range(1, len(frame) + 1))
    return frame.astype({"rows": "int64", "unreadable_rows": "int64", "position": "int32", "amount": object})


def check_closed(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the ledger of one table if it closes in rows, money and unreadable rows; it is a defect if it does not."""
    first, last = ledger.iloc[0], ledger.iloc[-1]
    parts = ledger[ledger["kind"] != "total"]
    kept = ledger[ledger["kind"] == "kept"]
    for column in ("rows", "unreadable_rows", "amount"):
        if first[column] is None:
            continue
        if parts[column].sum() != first[column] or kept[column].sum() != last[column]:
            raise AssertionError(f"the ledger of {first['table']} does not close in {column}:\n{ledger.to_string()}")
    return ledger
