"""The ledger of purchases as numbers that sentences ask for by name."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from analysis.cleaning import CleaningResult

__all__ = ["Account", "account"]


@dataclass(frozen=True)
class Account:
    """Rows and money by rule of one table's ledger; money is None where the source has none."""

    table: pd.DataFrame
    has_money: bool

    def rows(self, *rules: str) -> int:
        """Rows of some rules together; 0 for a rule that the ledger does not list."""
        return int(self.table.loc[self.table["rule"].isin(rules), "rows"].sum())

    def exact(self, *rules: str) -> Decimal:
        """Money of some rules together, to the last decimal."""
        amounts = self.table.loc[self.table["rule"].isin(rules), "amount"]
        return sum((amount for amount in amounts if amount is not None), Decimal(0))

    def money(self, *rules: str) -> float:
        """Money of some rules together."""
        return float(self.exact(*rules))

    def removed(self) -> pd.DataFrame:
        """The rules that removed at least one row, in the order in which they were asked."""
        return self.table[(self.table["kind"] == "removed") & (self.table["rows"] > 0)]

    @property
    def first(self) -> pd.Series:
        """The line that the ledger begins with."""
        return self.table.iloc[0]


def account(result: CleaningResult, table: str = "transactions") -> Account:
    """The ledger of one table."""
    part = result.ledger[result.ledger["table"] == table].reset_index(drop=True)
    return Account(part, bool(part["amount"].notna().any()))
