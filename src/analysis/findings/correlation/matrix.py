"""Words for all pairs: the matrix, the table of coefficients, and what did not apply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from analysis.correlation import ColumnNote, Correlations
from analysis.findings.correlation.names import SEMICOLONS, enumerated, named, pair
from analysis.findings.correlation.strongest import MODERATE
from analysis.report.blocks import Block, Blocks, Column, Figure, Note, Table, blocks, sentence
from analysis.report.values import Value, count, listing, number, percent, term
from analysis.report.wording import Message, message, msgid, phrase

__all__ = ["all_pairs", "matrix"]

#: Pairs that the page lists itself; of a number between this and `PAIRS_IN_FILE` it lists the strongest.
PAIRS_SHOWN = 150
#: Above this many the page shows the first rows and has the whole list as a file beside it.
PAIRS_IN_FILE = 1000
#: Columns in one picture.
COLUMNS_SHOWN = 30

_ISSUES = msgid(
    {
        "text": "No numbers, so without a correlation: {columns}.",
        "all_missing": "Without any value, so without a correlation: {columns}.",
        "constant": "The same for everyone, so that nothing can go with it: {columns}.",
        "infinite": "Infinite values, which count as missing, in: {columns}.",
        "too_few": "Only {n} customers in common, too few for a coefficient: {columns}.",
        "constant_in_pair": "One of the two is the same for all {n} customers that they have in common: {columns}.",
        "sampled": "Kendall's coefficients come from a random sample of {n} customers, drawn by the seed.",
    }
)
#: Issues of one column alone; the others are of pairs.
_SINGLE = ("text", "all_missing", "constant", "infinite")


def matrix(result: Correlations, *, method: str) -> Blocks:
    """The coefficients of all pairs as a map of colours."""
    table = result.of(method)
    if table.empty:
        words = message("Fewer than two columns hold numbers that vary, so there is nothing to correlate.")
        return blocks(Note("no_pairs", words, "warning"), column_notes(result.notes))
    square = result.matrix(method)
    drawn = _drawn(result, table)
    data = square.loc[drawn, drawn].stack().rename_axis(["row", "column"]).reset_index(name="value")
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
            "{method} coefficient of each pair of {drawn} columns, those of the strongest pairs; pairs tied by their "
            "definitions are included here"
            if len(drawn) < len(result.columns)
            else "{method} coefficient of each pair of {drawn} columns; pairs tied by their definitions are included "
            "here",
            method=term(method),
            drawn=count(len(drawn)),
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


def _drawn(result: Correlations, table: pd.DataFrame) -> list[str]:
    """The columns of the picture, in the order of the result: all, or those of the strongest pairs."""
    pairs = zip(table["first"], table["second"], strict=True)
    best = list(dict.fromkeys(name for pair in pairs for name in pair))[:COLUMNS_SHOWN]
    return [name for name in result.columns if name in best]


def _definitional(table: pd.DataFrame) -> Block | None:
    tied = table[table["definitional"]]
    if tied.empty:
        return None
    names = [pair(*columns) for columns in zip(tied["first"], tied["second"], strict=True)]
    return Note(
        "definitional",
        message(
            "Some pairs go together by arithmetic, because one enters the other's definition: {pairs}. Their "
            "coefficients are shown but count as no finding.",
            pairs=phrase(enumerated(names, SEMICOLONS)),
        ),
        "limit",
    )


def all_pairs(result: Correlations) -> Blocks:
    """Every pair with the coefficients side by side, and the p-values of the first with their corrections."""
    if result.table.empty:
        return blocks()
    wide = _wide(result)
    methods = list(dict.fromkeys(result.table["method"]))
    rows = wide if len(wide) > PAIRS_IN_FILE else wide.head(PAIRS_SHOWN)
    order = msgid("strongest first; an asterisk marks pairs tied by definition")
    numbers = {
        "shown": count(len(rows)), "all": count(len(wide)), "method": term(methods[0]),
        "level": percent(result.level), "family": count(result.family_size),
    }  # fmt: skip
    part = "some" if len(rows) < len(wide) else "all"
    columns = {"pair": Column("Pair", "phrase")}
    for method in methods:
        columns[method] = Column(named(method), "number", low=f"{method}_low", high=f"{method}_high", digits=2)
    # What decides stands first: on a narrow screen the last columns need scrolling.
    columns["n"] = Column("Customers", "count")
    columns |= {"missing": Column("Left out", "count")} if wide["missing"].any() else {}
    sizes = _table("pairs", _CAPTIONS["pairs", part], rows, columns, order, numbers)
    corrected = {"pair": Column("Pair", "phrase"), methods[0]: Column(named(methods[0]), "number", digits=2)}
    corrected |= {name: Column(head, "p_value") for name, head in _P_VALUES.items()}
    tests = _table("pairs_p", _CAPTIONS["pairs_p", part], rows, corrected, order, numbers)
    return blocks(_disagreement(wide, methods), sizes, tests, _method(result, methods))


_P_VALUES = msgid(
    {
        "p": "p, this pair alone",
        "p_bh": "Benjamini-Hochberg (BH)",
        "p_by": "Benjamini-Yekutieli (BY)",
        "p_holm": "Holm",
    }
)
#: By the table, and whether it has all pairs.
_CAPTIONS = msgid(
    {
        ("pairs", "all"): "All {all} pairs by {method}, with {level} intervals",
        ("pairs", "some"): "The strongest {shown} of {all} by {method}, with {level} intervals",
        (
            "pairs_p",
            "all",
        ): "All {all} pairs by {method}: p-values, alone and corrected over the family of {family} unique pairs",
        (
            "pairs_p",
            "some",
        ): "The strongest {shown} of {all} by {method}: p-values, alone and corrected over the family of "
        "{family} unique pairs",
    }
)


def _table(
    id: str, template: str, rows: pd.DataFrame, columns: dict[str, Column], order: str, numbers: dict[str, Value]
) -> Table:
    used = {name: value for name, value in numbers.items() if f"{{{name}}}" in template}
    return Table(id, Message(template, used), rows, columns, order=order)


def _wide(result: Correlations) -> pd.DataFrame:
    methods = list(dict.fromkeys(result.table["method"]))
    main = result.of(methods[0]).rename(columns={"estimate": methods[0]})
    main = main.rename(columns={side: f"{methods[0]}_{side}" for side in ("low", "high")})
    main["tie"] = main["definitional"].map({True: "yes", False: "no"})
    main["pair"] = [
        message("{pair}\N{NO-BREAK SPACE}*", pair=phrase(pair(first, second))) if tied else pair(first, second)
        for first, second, tied in zip(main["first"], main["second"], main["definitional"], strict=True)
    ]
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
        "customers or a bend in the relation can explain such a gap, so ranks are the safer reading.",
        claim="gap >= 0.2",
        first=term(row["first"]),
        second=term(row["second"]),
        spearman=number(row["spearman"], digits=2),
        pearson=number(row["pearson"], digits=2),
        gap=number(gap.max()),
    )


def _method(result: Correlations, methods: list[str]) -> Block:
    words = message(
        "Intervals ({level}): {kinds}. p-values: {tests}. The latter are corrected over {size} unique pairs, a family "
        "for each coefficient: Holm bounds the chance of any false finding, Benjamini-Hochberg (BH) the expected share "
        "of false findings where the tests are independent or rise together, Benjamini-Yekutieli (BY) that share "
        "whatever the tests have to do with each other. Values that occur more than once share their middle rank. "
        "{missing} One customer is one row, so rows are independent.",
        level=percent(result.level),
        kinds=_by_way({method: result.of(method)["interval"] for method in methods}, _INTERVALS),
        tests=_by_way({method: result.of(method)["test"] for method in methods}, _TESTS),
        size=count(result.family_size),
        missing=phrase(_MISSING["pairwise" if result.missing == "pairwise" else "listwise"]),
    )
    return Note("pairs_method", words)


_INTERVALS = msgid(
    {
        "Fisher z": "Fisher's z, for two normal columns",
        "U-statistic on Fisher's z": "what each customer adds to the coefficient (a U-statistic, on Fisher's scale), "
        "which suits ranks, ties and uneven spread",
        "bootstrap-t on Fisher's z": "a bootstrap of customers (bootstrap-t, on Fisher's scale), which needs no normal "
        "columns",
        "bootstrap percentile": "a bootstrap of customers (percentile), which needs no normal columns",
        "bootstrap BCa": "a bootstrap of customers (BCa), which needs no normal columns",
        "none": "no interval, where the bootstrap could give none",
    }
)
_TESTS = msgid(
    {
        "t": "Student's t",
        "exact": "counting all orders",
        "normal": "the normal distribution, allowing for ties",
    }
)
_MISSING = msgid(
    {
        "pairwise": "A customer without a value is left out of the pairs that need it.",
        "listwise": "Customers with any missing value are left out of all pairs.",
    }
)


def _by_way(used: Mapping[str, pd.Series], words: Mapping[str, str]) -> Value:
    """Which methods use which way, those of one way together."""
    found: dict[tuple[str, ...], list[str]] = {}
    for method, names in used.items():
        found.setdefault(tuple(dict.fromkeys(names)), []).append(method)
    ways = [
        message("for {methods} {way}", methods=listing(methods), way=_either([words[name] for name in names]))
        for names, methods in found.items()
        if names
    ]
    return phrase(enumerated(ways, SEMICOLONS))


def _either(ways: list[str]) -> Value:
    first, *others = map(phrase, ways)
    for other in others:
        first = phrase(message("{first} or {other}", first=first, other=other))
    return first


def column_notes(notes: Iterable[ColumnNote]) -> list[Block]:
    """What did not apply, one note for each reason."""
    found: dict[tuple[str, int], list[tuple[str, ...]]] = {}
    for note in notes:
        size = 0 if note.issue in _SINGLE else note.count
        found.setdefault((note.issue, size), []).append(note.columns)
    result: list[Block] = []
    for index, ((issue, size), names) in enumerate(found.items()):
        single = listing(columns[0] for columns in names)
        columns = single if issue in _SINGLE else phrase(enumerated([pair(*both[:2]) for both in names]))
        arguments = {"columns": columns, "n": count(size)}
        used = {name: value for name, value in arguments.items() if f"{{{name}}}" in _ISSUES[issue]}
        role = "limit" if issue in ("text", "sampled") else "warning"
        result.append(Note(f"columns_{issue}_{index}", Message(_ISSUES[issue], used), role))
    return result
