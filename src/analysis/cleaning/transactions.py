"""The steps that turn raw transaction lines into clean sales: one SQL file after the other."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd

from analysis.cleaning.inputs import BLANKS, WIDE_BLANKS
from analysis.cleaning.options import CleaningOptions
from analysis.data.engine import Engine, sql_text
from analysis.errors import AnalysisError

__all__ = ["RULES", "decide", "flag_outliers", "present", "sell"]

RULES = (
    "duplicate_overlap",
    "duplicate_repeat",
    "missing_product",
    "unreadable_timestamp",
    "unreadable_quantity",
    "unreadable_price",
    "outside_date_range",
    "adjustment",
    "not_a_product",
    "missing_description",
    "cancellation",
    "cancelled_original",
    "cancellation_unmatched",
    "non_positive_price",
    "zero_quantity",
    "return",
    "no_basket",
)
KEPT = ("kept_with_customer", "kept_without_customer")
# 1.4826 makes the median absolute deviation of normal data estimate their standard deviation.
_MAD_TO_SD = 1.4826


def present(engine: Engine) -> dict[str, bool]:
    """Tell which optional columns the source fills."""
    names = ("invoice_id", "quantity", "unit_price", "line_amount")
    counts = engine.rows(f"SELECT {', '.join(f'COUNT({name})' for name in names)} FROM raw_transactions")[0]
    return {name: count > 0 for name, count in zip(names, counts, strict=True)}


def decide(engine: Engine, options: CleaningOptions) -> pd.DataFrame:
    """Give every line its rule and return rows and money by rule.

    Makes `lines`, what each line says, and `decided`, the same with the rule that removes it.

    Returns
    -------
    DataFrame
        rule, row_count, amount (Decimal), unreadable_rows.

    Raises
    ------
    AnalysisError
        If no line, or no line of a known customer, is left.
    """
    _load_non_products(engine, options)
    engine.table("products", sql_text("clean_products", upper_products=options.product_case == "upper"))
    engine.table(
        "odd_texts",
        sql_text(
            "clean_odd_texts",
            wide_blanks=WIDE_BLANKS,
            **BLANKS,
            missing_tokens=[token.lower() for token in options.missing_tokens],
        ),
    )
    engine.table("lines", _lines_sql(engine, options))
    _find_copies(engine)
    remove_repeats = options.repeats == "remove"
    engine.table("matches", sql_text("clean_matches", remove_repeats=remove_repeats))
    engine.table("changed", sql_text("clean_changed", remove_repeats=remove_repeats))
    engine.view("decided", sql_text("clean_decided"))
    counts = pd.DataFrame(
        engine.rows(sql_text("clean_ledger")), columns=["rule", "row_count", "amount", "unreadable_rows"]
    )
    _check_something_left(counts)
    return counts


def _lines_sql(engine: Engine, options: CleaningOptions) -> str:
    has = present(engine)
    has_money = has["unit_price"] or has["line_amount"]
    return sql_text(
        "clean_lines",
        cancellation_prefix=options.cancellation_prefix,
        adjustment_prefix=options.adjustment_prefix,
        has_money=has_money,
        has_quantity=has["quantity"],
        first_day=options.first_day or date(1000, 1, 1),
        last_day=options.last_day or date(2999, 12, 31),
        remove_missing_description=options.missing_description == "remove",
        remove_non_positive=options.non_positive_price == "remove" and has_money,
        remove_without_basket=options.no_basket == "remove",
    )


def _find_copies(engine: Engine) -> None:
    """Make `copies`: lines that are exact copies of an earlier one, told apart by where they stand."""
    engine.view("hashes", sql_text("clean_hashes"))
    engine.table("alike", sql_text("clean_alike"))
    engine.table("repeated", sql_text("clean_repeated"))
    engine.table("steps_back", sql_text("clean_steps_back"))
    engine.table("copies", sql_text("clean_copies"))


def _load_non_products(engine: Engine, options: CleaningOptions) -> None:
    listed = [("code", code) for code in options.non_product_codes]
    listed += [("pattern", pattern) for pattern in options.non_product_patterns]
    engine.load("non_products", pd.DataFrame(listed, columns=["kind", "pattern"], dtype="string"))


def _check_something_left(counts: pd.DataFrame) -> None:
    rows = dict(zip(counts["rule"], counts["row_count"], strict=True))
    if rows.get("kept_with_customer", 0):
        return
    removed = sorted(((n, rule) for rule, n in rows.items() if rule not in KEPT), key=lambda item: (-item[0], item[1]))
    said = ", ".join(f"{rule} {n:,}" for n, rule in removed) or "none"
    if rows.get("kept_without_customer", 0):
        raise AnalysisError(
            f"transactions: no customer is left after cleaning: all {rows['kept_without_customer']:,} lines left lack"
            f" a customer_id. Rows removed by rule: {said}. Check which column customer_id is mapped to"
        )
    raise AnalysisError(
        f"transactions: no sale is left after cleaning of {sum(rows.values()):,} rows. Rows removed by rule: {said}."
        " Check the column mapping, date_order, decimal_mark, and first_day and last_day, which must span the data"
    )


def sell(engine: Engine) -> None:
    """Make `sold`, the lines that were kept or cancelled later with their keys; needs `customer_keys`."""
    engine.table("display_names", sql_text("clean_display_names"))
    engine.view("owned", sql_text("clean_owned"))
    engine.table("baskets", sql_text("clean_baskets"))
    engine.view("sold", sql_text("clean_sold"))


def flag_outliers(engine: Engine, options: CleaningOptions) -> pd.DataFrame:
    """Make `outlier_flags` and return what was flagged, by measure and rule.

    Both rules work on the logarithm, because quantities and prices are skewed: fences are multiples, not distances.
    A rule without spread (quartiles alike, or MAD 0) would flag every other value and is not applied.

    Returns
    -------
    DataFrame
        measure, method ('iqr', 'mad'), applies, n, lower, upper (in the unit of the measure), flagged, share, amount.
    """
    engine.table("outlier_values", sql_text("clean_measured"))
    engine.view("measured", "SELECT measure, x, n FROM outlier_values")
    engine.table("outlier_quartiles", sql_text("clean_quantiles"))
    engine.table("outlier_deviations", sql_text("clean_deviations"))
    engine.view("measured", "SELECT measure, x, n FROM outlier_deviations")
    spreads = dict(engine.rows(f"SELECT measure, x FROM ({sql_text('clean_quantiles')}) AS d WHERE q = 2"))
    quartiles = {(measure, q): x for measure, q, x in engine.rows("SELECT measure, q, x FROM outlier_quartiles")}
    sizes = dict(engine.rows("SELECT measure, CAST(SUM(n) AS BIGINT) FROM outlier_values GROUP BY measure"))
    fences = pd.DataFrame(
        [_fences(measure, quartiles, spreads[measure], options) for measure in sorted(sizes)],
        columns=["measure", "iqr_low", "iqr_high", "mad_low", "mad_high"],
    ).astype(dict.fromkeys(("iqr_low", "iqr_high", "mad_low", "mad_high"), "float64") | {"measure": "string"})
    engine.load("fences", fences)
    engine.table("outlier_flags", sql_text("clean_flags"))
    return _outlier_table(engine, fences, sizes)


def _fences(
    measure: str, quartiles: dict[tuple[str, int], float], mad: float, options: CleaningOptions
) -> tuple[str, float | None, float | None, float | None, float | None]:
    low, middle, high = (quartiles[measure, q] for q in (1, 2, 3))
    reach, limit = options.iqr_factor * (high - low), options.mad_limit * _MAD_TO_SD * mad
    return (
        measure,
        low - reach if reach > 0 else None,
        high + reach if reach > 0 else None,
        middle - limit if limit > 0 else None,
        middle + limit if limit > 0 else None,
    )


def _outlier_table(engine: Engine, fences: pd.DataFrame, sizes: dict[str, int]) -> pd.DataFrame:
    money = pd.DataFrame(
        engine.rows(sql_text("clean_outlier_money")), columns=["measure", "iqr", "mad", "line_count", "amount"]
    )
    rows = []
    for fence in fences.to_dict("records"):
        for method in ("iqr", "mad"):
            hit = money[(money["measure"] == fence["measure"]) & money[method].astype(bool)]
            low, high = fence[f"{method}_low"], fence[f"{method}_high"]
            n, flagged = sizes[fence["measure"]], int(hit["line_count"].sum())
            rows.append(
                {
                    "measure": fence["measure"],
                    "method": method,
                    "applies": not math.isnan(low),
                    "n": n,
                    "lower": math.exp(low),
                    "upper": math.exp(high),
                    "flagged": flagged,
                    "share": flagged / n,
                    "amount": float(sum(value for value in hit["amount"] if value is not None)),
                }
            )
    return pd.DataFrame(rows)
