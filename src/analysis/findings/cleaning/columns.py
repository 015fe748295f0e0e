"""Words for values within lines: outliers that are flagged, gaps and how they are treated."""

from __future__ import annotations

from typing import Any

from analysis.cleaning import CleaningResult
from analysis.findings.cleaning.account import account
from analysis.report.blocks import Block, Blocks, Column, Definition, Note, Table, blocks, sentence
from analysis.report.values import count, listing, number, percent
from analysis.report.wording import message, msgid

__all__ = ["gaps", "outliers"]


def outliers(result: CleaningResult) -> Blocks:
    """Which quantities and prices are far from the usual; nothing is removed for it."""
    table = result.outliers
    if table.empty:
        return blocks(Note("no_outliers", message("There is no quantity or price to look for outliers in."), "warning"))
    said: list[Block] = [_weight(result)] if table["applies"].any() else []
    data = table.assign(method=["outlier_" + name for name in table["method"]])
    data.loc[~data["applies"], ["flagged", "share", "amount"]] = None
    columns = {
        "measure": Column("Measure", "term"),
        "method": Column("Rule", "term"),
        "lower": Column("Below", "number"),
        "upper": Column("Above", "number"),
        "flagged": Column("Lines", "count"),
        "share": Column("Share", "percent"),
    }
    if result.ledger["amount"].notna().any():
        columns["amount"] = Column("Money", "money")
    said.append(
        Table(
            "outlier_table",
            message("Sales lines flagged as unusual: below or above the fence of each rule"),
            data,
            columns,
        )
    )
    spreadless = [note["measure"] for name, note in result.notes if name == "outlier_rule_without_spread"]
    if spreadless:
        text = msgid(
            "Too many values of {measures} are alike, so that a rule finds no spread; that rule flags nothing."
        )
        said.append(
            Note("outliers_without_spread", message(text, measures=listing(dict.fromkeys(spreadless))), "warning")
        )
    return blocks(said, _outlier_terms(result))


def _weight(result: CleaningResult) -> Block:
    """How many lines the stricter rule flags, and what they weigh."""
    table, book = result.outliers[result.outliers["applies"]], account(result)
    worst = table.sort_values(["share", "measure", "method"], ascending=[False, True, True]).iloc[0]
    revenue = book.money("sales") if book.has_money else 0.0
    arguments: dict[str, Any] = {"worth": percent(float(worst["amount"]) / revenue)} if revenue else {}
    return sentence(
        "outliers_flagged",
        "Unusual quantities and prices are flagged and kept; the rule that flags most takes {share} of lines, which "
        "are {worth} of revenue."
        if revenue
        else "Unusual quantities and prices are flagged and kept; the rule that flags most takes {share} of lines.",
        claim="share >= 0",
        share=percent(float(worst["share"])),
        **arguments,
    )


def _outlier_terms(result: CleaningResult) -> list[Block]:
    return [
        Note(
            "outlier_method",
            message(
                "Both rules look at the logarithm, because quantities and prices are skewed: fences are "
                "multiples of the usual, "
                "not distances from it. The quartile rule flags what lies more than {factor} times the distance "
                "of the quartiles "
                "beyond them; the median rule what lies more than {limit} robust standard deviations from the median.",
                factor=number(result.options.iqr_factor),
                limit=number(result.options.mad_limit),
            ),
        ),
        Definition(
            "outlier_iqr", "Quartile rule", message("Flags values far outside the middle half of all values (Tukey).")
        ),
        Definition(
            "outlier_mad",
            "Median rule",
            message(
                "Flags values far from the median, measured by the median distance from it (Iglewicz and Hoaglin)."
            ),
        ),
    ]


def gaps(result: CleaningResult) -> Blocks:
    """What is missing in which column, and what was done about it."""
    table = result.missing
    lacking = table[(table[["missing", "unreadable", "out_of_range"]].sum(axis=1) > 0)]
    if lacking.empty:
        cells = count(int(table["missing"].sum()))
        text = msgid("No value is missing in any column.")
        return blocks(sentence("no_gaps", text, claim="cells == 0", cells=cells), _offsets(result))
    data = lacking.assign(
        unusable=lacking["unreadable"] + lacking["out_of_range"],
        share=(lacking["missing"] + lacking["unreadable"] + lacking["out_of_range"]) / lacking["rows"],
        treatment=["treatment_" + str(name).split(":")[0] for name in lacking["treatment"]],
    )
    shown = Table(
        "gap_table",
        message("Columns with gaps, and how they are treated"),
        data.reset_index(drop=True),
        {
            "table": Column("Table", "term"),
            "column": Column("Column", "term"),
            "missing": Column("Missing", "count"),
            "unusable": Column("Unusable", "count"),
            "share": Column("Share", "percent"),
            "treatment": Column("Treatment", "term"),
        },
        order="By table, as a share of the raw rows, before anything is removed",
    )
    return blocks(_imputed(result), shown, _gap_method(result), _offsets(result))


def _imputed(result: CleaningResult) -> Block:
    filled = result.missing[result.missing["imputed"] > 0]
    if filled.empty:
        nothing = count(int(result.missing["imputed"].sum()))
        text = msgid("No value was filled in: gaps stay gaps, and each page says how many rows a result rests on.")
        return sentence("nothing_imputed", text, claim="nothing == 0", nothing=nothing)
    return sentence(
        "imputed",
        "{cells} gaps in {columns} were filled in by the stated rule, and a flag beside each value says so. Values "
        "that a model is to foretell are never filled in.",
        claim="cells > 0",
        cells=count(int(filled["imputed"].sum())),
        columns=listing(dict.fromkeys(filled["column"])),
    )


def _gap_method(result: CleaningResult) -> Block:
    return Note(
        "gap_method",
        message(
            "What cannot be read as a number or a date, or lies outside the valid range of its column, is unusable "
            "and counts as missing. Never filled in: {targets}.",
            targets=listing(result.options.targets),
        ),
    )


def _offsets(result: CleaningResult) -> Block | None:
    spellings = [note["spellings"] for name, note in result.notes if name == "time_offset_ignored"]
    if not spellings:
        return None
    text = msgid(
        "{n} different timestamps name an offset from world time; the clock was taken as it is written, in the time "
        "zone of the source."
    )
    return Note("time_offsets", message(text, claim="n > 0", n=count(spellings[0])), "limit")
