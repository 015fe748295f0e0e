"""What cleaning and features ask of an engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import pandas as pd

__all__ = ["Engine"]


class Engine(Protocol):
    """Bind a name to an input, turn a `SELECT` into a table or a view, answer a query, write a table to Parquet."""

    def load(self, name: str, source: pd.DataFrame | Path) -> None:
        """Bind a name to a DataFrame (copied) or to a Parquet file (read when used)."""

    def table(self, name: str, sql: str) -> None:
        """Store the rows of a `SELECT` under a name."""

    def table_by_ranges(self, name: str, sql: Callable[[int, int], str], *, source: str, key: str) -> None:
        """Store the rows of a `SELECT` whose groups lie within single values of a key, a range of them at a time.

        Parameters
        ----------
        name : str
        sql : callable
            From a first key and the one behind the last to the `SELECT` for the keys in between.
        source : str
            A table or view with no fewer rows than the `SELECT` has groups.
        key : str
            A column of it, of whole numbers. Rows without one are in no range.
        """

    def view(self, name: str, sql: str) -> None:
        """Give a `SELECT` a name without storing its rows."""

    def query(self, sql: str) -> pd.DataFrame:
        """Run a `SELECT` and return its rows."""
        ...

    def rows(self, sql: str) -> list[tuple]:
        """Run a `SELECT` and return its rows as tuples of Python values (DECIMAL stays exact)."""
        ...

    def columns(self, name: str) -> list[str]:
        """Return the column names of a table or view, in their order."""
        ...

    def write(self, sql: str, path: Path, *, order_by: str, without: Sequence[str] = ()) -> None:
        """Write the rows of a `SELECT` to a Parquet file, in the order of some of its columns.

        `order_by` is what would stand behind ORDER BY and must be unique; columns in `without` are left out.
        """
