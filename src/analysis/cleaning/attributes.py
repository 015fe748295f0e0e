"""Rules about single values of the tables beside the purchases, applied to their raw texts before these are typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.cleaning.cells import CellResult, clean_cells, rules_from
from analysis.cleaning.options import CleaningOptions
from analysis.errors import AnalysisError

__all__ = ["CellAccount", "apply_rules", "check_rules"]

_ROW_COLUMNS = ("source_file", "source_line")
_TOTALS = {"table": "object", "rows": "int64", "checked": "int64", "found": "int64", "repaired": "int64"}
_BY_RULE = {
    "table": "object", "rule": "object", "kind": "object", "column": "object", "found": "int64", "repaired": "int64",
    "left": "int64",
}  # fmt: skip
_PAIRS = {"table": "object", "column": "object", "value": "object", "proposal": "object", "cells": "int64",
          "customers": "int64"}  # fmt: skip


@dataclass(frozen=True)
class CellAccount:
    """What rules about single values found and repaired.

    Attributes
    ----------
    totals : DataFrame
        table, rows, checked (values that a rule looked at), found (values found wrong), repaired.
    by_rule : DataFrame
        table, rule, kind, column, found, repaired, left; a value counts for every rule that found it.
    pairs : DataFrame
        table, column, value, proposal (missing: made a gap), cells, customers: repairs by what stood there and what it
        became, most frequent first. Without a customer_id every row counts as a customer.
    notes : tuple of (id, values)
        As `CellResult.notes`, with the table; ('rules_without_table', …) where the data set lacks it.
    """

    totals: pd.DataFrame
    by_rule: pd.DataFrame
    pairs: pd.DataFrame
    notes: tuple[tuple[str, dict[str, Any]], ...]


def check_rules(options: CleaningOptions, known: Mapping[str, Any]) -> None:
    """Refuse rules that are not well formed, or of a table that is unknown.

    Raises
    ------
    AnalysisError
    """
    for table, rules in options.rules.items():
        if table not in known:
            raise AnalysisError(f"rules names the table {table!r}; it can be one of {', '.join(known)}")
        try:
            rules_from(rules)
        except AnalysisError as error:
            raise AnalysisError(f"rules.{table}: {error}") from error


def apply_rules(
    given: Mapping[str, pd.DataFrame | Path], options: CleaningOptions
) -> tuple[dict[str, pd.DataFrame | Path], CellAccount]:
    """Repair the tables that have rules; the others are passed on as they are.

    Returns
    -------
    tables : dict
        The given tables, those with rules as repaired frames.
    account : CellAccount
    """
    tables, totals, by_rule, pairs, notes = dict(given), [], [], [], []
    for table, rules in options.rules.items():
        if not rules:
            continue
        if table not in given:
            notes.append(("rules_without_table", {"table": table}))
            continue
        source = given[table]
        frame = source if isinstance(source, pd.DataFrame) else pd.read_parquet(source)
        kept = [name for name in (*options.targets, *_ROW_COLUMNS) if name in frame.columns]
        try:
            result = clean_cells(frame, rules, targets=kept)
        except AnalysisError as error:
            raise AnalysisError(f"rules.{table}: {error}") from error
        tables[table] = result.repaired.where(result.repaired != "", None)
        looked_at = {name for rule in result.rules for name in rule.columns}
        totals.append((table, len(frame), len(frame) * len(looked_at), result.found, result.changed))
        by_rule.append(result.summary.assign(table=table))
        pairs.append(_pairs(frame, result).assign(table=table))
        notes += [(name, {"table": table, **values}) for name, values in result.notes]
    return tables, CellAccount(
        totals=pd.DataFrame(totals, columns=list(_TOTALS)).astype(_TOTALS),
        by_rule=_typed(by_rule, _BY_RULE),
        pairs=_typed(pairs, _PAIRS),
        notes=tuple(notes),
    )


def _typed(parts: list[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))
    return whole[list(columns)].astype(columns)


def _pairs(frame: pd.DataFrame, result: CellResult) -> pd.DataFrame:
    """Repairs by column, value and proposal; the value is the one of the raw file, the proposal what it ended as."""
    done = result.table.loc[result.table["applied"], ["row", "column"]].drop_duplicates()
    rows = done["row"].to_numpy()
    who = frame["customer_id"].to_numpy()[rows] if "customer_id" in frame.columns else rows
    done = done.assign(who=who, value="", proposal="")
    for name in done["column"].unique():
        at = (done["column"] == name).to_numpy()
        done.loc[at, "value"] = frame[name].fillna("").astype(str).to_numpy()[rows[at]]
        done.loc[at, "proposal"] = result.repaired[name].fillna("").astype(str).to_numpy()[rows[at]]
    done = done[done["value"] != done["proposal"]]
    counted = done.groupby(["column", "value", "proposal"], sort=True).agg(
        cells=("row", "size"), customers=("who", "nunique")
    )
    return counted.reset_index().sort_values(
        ["cells", "column", "value", "proposal"], ascending=[False, True, True, True], ignore_index=True
    )
