"""Words for all pairs: the matrix, the table of coefficients, and what did not apply."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis.correlation import ColumnNote, Correlations
from analysis.findings.correlation.strongest import MODERATE, label
from analysis.report.blocks import Block, Blocks, Column, Figure, Note, Table, blocks, message, sentence
from analysis.report.values import Value, count, listing, number, term, text

__all__ = ["all_pairs", "matrix"]

#: Rows of the table of all pairs on the page; the whole result is written beside it.
PAIRS_SHOWN = 25

_ISSUES = {
    "text": "No numbers, so without a correlation: {columns}.",
    "all_missing": "Without any value, so without a correlation: {columns}.",
    "constant": "The same for everyone, so that nothing can go with it: {columns}.",
    "infinite": "Infinite values, which count as missing, in: {columns}.",
    "too_few": "Only {n} customers in common, too few for a coefficient: {columns}.",
    "constant_in_pair": "One of the two is the same for all {n} customers that they have in common: {columns}.",
    "sampled": "Kendall's coefficients come from a random sample of {n} customers, drawn by the seed.",
}


def matrix(result: Correlations, *, method: str) -> Blocks:
    """The coefficients of all pairs as a map of colours."""
    table = result.of(method)
    if table.empty:
        words = message("Fewer than two columns hold numbers that vary, so there is nothing to correlate.")
        return blocks(Note("no_pairs", words, "warning"), column_notes(result.notes))
    square = result.matrix(method)
    data = square.stack().rename_axis(["row", "column"]).reset_index(name="value")
    plain = table[~table["definitional"]]
    shown = plain if len(plain) else table
    moderate = int((shown["estimate"].abs() >= MODERATE).sum())
    figure = Figure(
        "matrix",
        "heatmap",
        message(
            "{moderate} of {all} pairs go together at least moderately ({limit} or more), pairs tied by definition "
            "apart",
            claim="moderate <= all",
            moderate=count(moderate),
            all=count(len(shown)),
            limit=number(MODERATE, digits=1),
        )
        if len(plain)
        else message("All pairs are tied by their definitions"),
        message(
            "{method} coefficient of each pair of columns; pairs tied by their definitions are included here",
            method=text(label(method)),
        ),
        "A square of cells, one for each pair of columns, coloured by the coefficient from minus one to one.",
        data,
        {
            "row": Column("Column", "term"),
            "column": Column("Column", "term"),
            "value": Column("Coefficient", "number", digits=2),
        },
        {"scale": "diverging"},
    )
    return blocks(figure, _definitional(table), column_notes(result.notes))


def _definitional(table: pd.DataFrame) -> Block | None:
    tied = table[table["definitional"]]
    if tied.empty:
        return None
    names = [f"{label(a)} with {label(b)}" for a, b in zip(tied["first"], tied["second"], strict=True)]
    return Note(
        "definitional",
        message(
            "Some pairs go together by arithmetic, because one enters the other's definition: {pairs}. Their "
            "coefficients "
            "are shown but count as no finding.",
            pairs=listing(names),
        ),
        "limit",
    )


def all_pairs(result: Correlations) -> Blocks:
    """Every pair with the three coefficients side by side, and its corrected p-values."""
    if result.table.empty:
        return blocks()
    wide = _wide(result)
    methods = list(dict.fromkeys(result.table["method"]))
    columns = {
        "pair": Column("Pair"),
        "n": Column("n", "count"),
    }
    for method in methods:
        bounds = {"low": f"{method}_low", "high": f"{method}_high"} if method != "kendall" else {}
        columns[method] = Column(label(method), "number", digits=2, **bounds)
    columns["p_bh"] = Column("p, BH", "p_value")
    shown = Table(
        "pairs",
        message(
            "The strongest pairs by {method}: {n} of {all}, with intervals and corrected p-values (BH)",
            n=count(min(PAIRS_SHOWN, len(wide))),
            all=count(len(wide)),
            method=text(label(methods[0])),
        ),
        wide.head(PAIRS_SHOWN),
        columns,
        order="strongest first; an asterisk marks pairs tied by definition",
    )
    return blocks(_disagreement(wide, methods), shown, _method(result, methods))


def _wide(result: Correlations) -> pd.DataFrame:
    methods = list(dict.fromkeys(result.table["method"]))
    main = result.of(methods[0]).rename(columns={"estimate": methods[0]})
    main = main.rename(columns={side: f"{methods[0]}_{side}" for side in ("low", "high")})
    main["tie"] = main["definitional"].map({True: "yes", False: "no"})
    mark = main["definitional"].map({True: " *", False: ""})
    main["pair"] = [f"{label(a)} × {label(b)}" for a, b in zip(main["first"], main["second"], strict=True)] + mark
    for method in methods[1:]:
        other = result.of(method)[["first", "second", "estimate", "low", "high"]]
        names = {"estimate": method, "low": f"{method}_low", "high": f"{method}_high"}
        main = main.merge(other.rename(columns=names), on=["first", "second"], how="left")
    return main


def _disagreement(wide: pd.DataFrame, methods: list[str]) -> Block | None:
    """Where Pearson and Spearman part, a few customers or a bend decide: worth a sentence."""
    if not {"pearson", "spearman"} <= set(methods):
        return None
    plain = wide[wide["tie"] == "no"].dropna(subset=["pearson", "spearman"])
    if plain.empty:
        return None
    gap = (plain["pearson"] - plain["spearman"]).abs()
    row = plain.loc[gap.idxmax()]
    if gap.max() < 0.2:
        return None
    return sentence(
        "disagreement",
        "For {first} and {second} the coefficients part: {spearman} by ranks, {pearson} by amounts. Very large "
        "customers or "
        "a bend in the relation can explain such a gap, so ranks are the safer reading.",
        claim="gap >= 0.2",
        first=term(row["first"]),
        second=term(row["second"]),
        spearman=number(row["spearman"], digits=2),
        pearson=number(row["pearson"], digits=2),
        gap=number(gap.max()),
    )


def _method(result: Correlations, methods: list[str]) -> Block:
    how = result.table.drop_duplicates("method")
    kinds = [f"{label(row.method)}: {row.interval}" for row in how.itertuples()]
    missing = (
        "A customer without a value is left out of the pairs that need it."
        if result.missing == "pairwise"
        else "Customers with any missing value are left out of all pairs."
    )
    words = message(
        f"Intervals ({{level}}): {{kinds}}. {missing} p-values are corrected over {{size}} unique pairs, "
        f"separately for "
        "each coefficient: Holm bounds the chance of any false finding, Benjamini-Hochberg (BH) the expected share of "
        "false findings. One customer is one row, so rows are independent.",
        level=Value("percent", result.level),
        kinds=listing(kinds),
        size=count(result.family_size),
    )
    return Note("pairs_method", words)


def column_notes(notes: Iterable[ColumnNote]) -> list[Block]:
    """What did not apply, one note for each reason."""
    found: dict[tuple[str, int], list[str]] = {}
    for note in notes:
        single = note.issue in ("text", "all_missing", "constant", "infinite")
        size = 0 if single else note.count
        names = [note.columns[0]] if single else [" and ".join(map(label, note.columns))]
        found.setdefault((note.issue, size), []).extend(names)
    result: list[Block] = []
    for index, ((issue, size), names) in enumerate(found.items()):
        arguments = {"columns": listing(names)} | ({"n": count(size)} if "{n}" in _ISSUES[issue] else {})
        used = {name: value for name, value in arguments.items() if f"{{{name}}}" in _ISSUES[issue]}
        role = "limit" if issue in ("text", "sampled") else "warning"
        result.append(Note(f"columns_{issue}_{index}", message(_ISSUES[issue], **used), role))  # type: ignore[arg-type]
    return result
