"""Browsing, social activity, feedback and customer attributes: typing, ranges, missing values, duplicates.

Their columns differ from source to source, so the statements are put together here, from the same portable parts as
the SQL files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from analysis.cleaning.inputs import kinds
from analysis.cleaning.options import CleaningOptions
from analysis.data.engine import Engine, literal, quoted, sql_text
from analysis.errors import AnalysisError

__all__ = ["CleanTable", "clean_table"]


@dataclass(frozen=True)
class CleanTable:
    """One cleaned table: the SELECT that gives it, rows by rule, and what was missing."""

    sql: str
    counts: dict[str, int]
    missing: pd.DataFrame


def clean_table(engine: Engine, table: str, options: CleaningOptions) -> CleanTable:
    """Type a table, decide which rows stay and fill what is to be filled.

    Makes `typed_<table>` and `stays_<table>`; the SELECT that is returned needs `customer_keys`.

    Returns
    -------
    CleanTable
        `counts` has a key for each rule, 'kept' among them; `missing` one row a column: column, missing, unreadable,
        out_of_range, treatment, imputed, value.
    """
    types = kinds(engine, table, options)
    _check_named_columns(table, types, options)
    engine.table(f"typed_{table}", _typed_sql(table, types, options))
    engine.table(f"ruled_{table}", _ruled_sql(engine, table, types, options))
    engine.table(f"stays_{table}", _one_per_customer_sql(options) if table == "customers" else _stays_sql(table))
    counts = dict(
        engine.rows(
            f"SELECT COALESCE(rule, 'kept') AS r, COUNT(*) FROM stays_{table}"
            " GROUP BY COALESCE(rule, 'kept') ORDER BY r"
        )
    )
    fills = {column: _fill_value(engine, table, column, kind, options) for column, kind in types.items()}
    missing = _missing_table(engine, table, types, fills, options)
    return CleanTable(_final_sql(table, types, fills, options), {k: int(v) for k, v in counts.items()}, missing)


def _check_named_columns(table: str, types: dict[str, str], options: CleaningOptions) -> None:
    for place, named in (("missing", options.missing), ("valid_ranges", options.valid_ranges)):
        for column in named.get(table, {}):
            if column not in types:
                raise AnalysisError(
                    f"{place}.{table} names the column {column!r};"
                    f" the table has {', '.join(types) or 'no other column'}"
                )
    for column, treatment in options.missing.get(table, {}).items():
        if treatment == "median" and types[column] in ("text", "time"):
            raise AnalysisError(
                f"missing.{table}.{column} is 'median', but the column holds {types[column]}; use 'mode'"
            )
        if treatment.startswith("constant:") and types[column] in ("number", "integer"):
            try:
                float(treatment.removeprefix("constant:"))
            except ValueError:
                raise AnalysisError(
                    f"missing.{table}.{column} is {treatment!r}, but the column holds numbers; write constant:<number>"
                ) from None


def _typed_sql(table: str, types: dict[str, str], options: CleaningOptions) -> str:
    picked = [
        "CASE WHEN REGEXP_LIKE(i.value, '^[0-9]+[.]0+$') THEN SPLIT_PART(i.value, '.', 1)"
        " ELSE i.value END AS customer_id"
    ]
    joins = ["LEFT JOIN texts AS i ON i.text = r.customer_id"]
    for number, (column, kind) in enumerate(types.items()):
        joins.append(f"LEFT JOIN texts AS x{number} ON x{number}.text = r.{quoted(column)}")
        given = read = f"x{number}.value"
        if kind != "text":
            joined, value = ("times", "ts") if kind == "time" else ("numbers", "value")
            joins.append(f"LEFT JOIN {joined} AS t{number} ON t{number}.text = r.{quoted(column)}")
            read = f"t{number}.{value}"
            if kind == "integer":
                read = f"CASE WHEN {read} = FLOOR({read}) THEN {read} END"
        good = _in_range(read, options.valid_range(table, column)) if kind in ("number", "integer") else "TRUE"
        picked.append(f"CASE WHEN {good} THEN {_cast(read, kind)} END AS {quoted(column)}")
        picked.append(
            f"CASE WHEN {given} IS NULL THEN 'missing' WHEN {read} IS NULL THEN 'unreadable'"
            f" WHEN NOT ({good}) THEN 'out_of_range' END AS state_{number}"
        )
    return f"SELECT r.line_id, {', '.join(picked)} FROM raw_{table} AS r {' '.join(joins)}"


def _cast(read: str, kind: str) -> str:
    return {"number": f"CAST({read} AS DOUBLE)", "integer": f"CAST({read} AS BIGINT)"}.get(kind, read)


def _in_range(read: str, bounds: tuple[float | None, float | None] | None) -> str:
    low, high = bounds or (None, None)
    tests = [f"{read} >= {low}"] if low is not None else []
    tests += [f"{read} <= {high}"] if high is not None else []
    return " AND ".join(tests) or "TRUE"


def _ruled_sql(engine: Engine, table: str, types: dict[str, str], options: CleaningOptions) -> str:
    raw = ", ".join(f"COALESCE({quoted(column)}, '')" for column in ("customer_id", *types))
    cases = ["WHEN c.copy_no > 1 THEN 'duplicate_repeat'", "WHEN t.customer_id IS NULL THEN 'missing_customer'"]
    if "timestamp" in types and engine.rows(f"SELECT COUNT(timestamp) FROM raw_{table}")[0][0]:
        first, last = options.first_day or date(1000, 1, 1), options.last_day or date(2999, 12, 31)
        cases += [
            "WHEN t.timestamp IS NULL THEN 'unreadable_timestamp'",
            f"WHEN CAST(t.timestamp AS DATE) < {literal(first)} OR CAST(t.timestamp AS DATE) > {literal(last)}"
            " THEN 'outside_date_range'",
        ]
    cases += [
        f"WHEN t.{quoted(column)} IS NULL THEN 'missing_value'"
        for column in types
        if options.treatment(table, column) == "drop_row"
    ]
    return (
        f"SELECT t.line_id, t.customer_id, CASE {' '.join(cases)} END AS rule FROM typed_{table} AS t"
        f" JOIN (SELECT line_id, ROW_NUMBER() OVER (PARTITION BY {raw} ORDER BY line_id) AS copy_no"
        f" FROM raw_{table}) AS c ON c.line_id = t.line_id"
    )


def _stays_sql(table: str) -> str:
    return f"SELECT line_id, rule FROM ruled_{table}"


def _one_per_customer_sql(options: CleaningOptions) -> str:
    order = "ASC" if options.duplicate_customer == "first" else "DESC"
    return (
        "SELECT line_id, CASE WHEN rule IS NULL AND place > 1 THEN 'duplicate_customer' ELSE rule END AS rule FROM ("
        "SELECT line_id, rule, ROW_NUMBER() OVER (PARTITION BY customer_id, CASE WHEN rule IS NULL THEN 1 ELSE 0 END"
        f" ORDER BY line_id {order}) AS place FROM ruled_customers) AS placed"
    )


def _kept(table: str) -> str:
    return f"typed_{table} AS t JOIN stays_{table} AS s ON s.line_id = t.line_id AND s.rule IS NULL"


def _fill_value(
    engine: Engine, table: str, column: str, kind: str, options: CleaningOptions
) -> float | str | pd.Timestamp | None:
    treatment = options.treatment(table, column)
    name = quoted(column)
    if treatment.startswith("constant:"):
        value = treatment.removeprefix("constant:")
        return float(value) if kind in ("number", "integer") else value
    if treatment == "mode":
        found = engine.rows(
            f"SELECT t.{name} FROM {_kept(table)} WHERE t.{name} IS NOT NULL"
            f" GROUP BY t.{name} ORDER BY COUNT(*) DESC, t.{name} NULLS LAST LIMIT 1"
        )
        return found[0][0] if found else None
    if treatment == "median":
        engine.view(
            "measured",
            f"SELECT 'value' AS measure, CAST(t.{name} AS DOUBLE) AS x, 1 AS n FROM {_kept(table)}"
            f" WHERE t.{name} IS NOT NULL",
        )
        found = engine.rows(f"SELECT x FROM ({sql_text('clean_quantiles')}) AS quartiles WHERE q = 2")
        # The median of whole numbers may lie between two of them: the lower one stays a whole number.
        return (float(found[0][0] // 1) if kind == "integer" else float(found[0][0])) if found else None
    return None


def _filled(value: object, kind: str) -> str:
    if kind == "number":
        return f"CAST({value!r} AS DOUBLE)"
    return str(int(value)) if kind == "integer" else literal(value)  # type: ignore[call-overload, arg-type]


def _final_sql(table: str, types: dict[str, str], fills: dict[str, object], options: CleaningOptions) -> str:
    picked = ["k.customer_key"]
    for column, kind in types.items():
        name, value = f"t.{quoted(column)}", fills[column]
        picked.append(
            f"{name} AS {quoted(column)}"
            if value is None
            else f"COALESCE({name}, {_filled(value, kind)}) AS {quoted(column)}"
        )
        if options.treatment(table, column) not in ("keep", "drop_row"):
            picked.append(f"{name} IS NULL AS {quoted(column + '_imputed')}" if value is not None else
                          f"FALSE AS {quoted(column + '_imputed')}")  # fmt: skip
    return (
        f"SELECT {', '.join(picked)}, t.line_id FROM {_kept(table)}"
        " JOIN customer_keys AS k ON k.customer_id = t.customer_id"
    )


def _missing_table(
    engine: Engine, table: str, types: dict[str, str], fills: dict[str, object], options: CleaningOptions
) -> pd.DataFrame:
    rows = []
    for number, (column, kind) in enumerate(types.items()):
        states = dict(engine.rows(f"SELECT state_{number}, COUNT(*) FROM typed_{table} GROUP BY state_{number}"))
        gaps = engine.rows(f"SELECT COUNT(*) - COUNT(t.{quoted(column)}) FROM {_kept(table)}")[0][0]
        value = fills[column]
        rows.append(
            {
                "table": table,
                "column": column,
                "kind": kind,
                "rows": sum(states.values()),
                "missing": states.get("missing", 0),
                "unreadable": states.get("unreadable", 0),
                "out_of_range": states.get("out_of_range", 0),
                "treatment": options.treatment(table, column),
                "imputed": gaps if value is not None else 0,
                "value": None if value is None else str(value),
            }
        )
    return pd.DataFrame(rows)
