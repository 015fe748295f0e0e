"""Words for single columns: location, spread, shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analysis.description import Histogram, NumericSummary
from analysis.description.distribution import ColumnNote, quantile_name
from analysis.findings.kinds import kind_of
from analysis.report.blocks import Block, Blocks, Column, Definition, Figure, Note, Table, blocks
from analysis.report.values import Value, count, listing, number, percent, term
from analysis.report.wording import Message, Words, message, msgid, phrase

__all__ = ["column_histograms", "column_notes", "kind_of", "summary"]

#: Skewness from which the mean is no longer near what is usual.
SKEWED = 1.0

_ISSUES = msgid(
    {
        "text": "No numbers, so not summarised here: {columns}.",
        "all_missing": "Without any value: {columns}.",
        "constant": "The same value for everyone, so without spread and interval: {columns}.",
        "too_few": "Too few values for an interval: {columns}.",
        "few_for_tails": (
            "Too few values for an interval of the outer quantiles, which may lie beyond them all: {columns}."
        ),
        "infinite": "Infinite values, left out and counted, in: {columns}.",
    }
)


def summary(result: NumericSummary) -> Blocks:
    """Three tables (where the values lie, how they spread, quantiles), and what did not apply."""
    if result.table.empty:
        words = message("There is no column of numbers to describe.")
        return blocks(Note("no_numbers", words, "warning"), column_notes(result.notes))
    table = result.table.assign(kind=[_kind(name) for name in result.table["column"]])
    names = [quantile_name(q) for q in result.quantiles]
    heads = [
        message("{share}", share=percent(q, digits=0 if 100 * q == round(100 * q) else 1)) for q in result.quantiles
    ]
    location = {
        "column": Column("Column", "term"),
        "mean": _estimated(msgid("Mean"), "mean"),
        "median": _estimated(msgid("Median"), "median"),
        "mode": _estimated(msgid("Most frequent"), "mode"),
        "mode_share": Column("Who have it", "percent", low="mode_share_low", high="mode_share_high"),
        "n": Column("Customers", "count"),
        "missing": Column("Without a value", "count"),
    }
    spread = {
        "column": Column("Column", "term"),
        "sd": _estimated(msgid("Standard deviation"), "sd"),
        "variance": Column("Variance, in squared units", "number", low="variance_low", high="variance_high"),
        "skewness": Column("Skewness", "number", digits=2),
    }
    positions = {"column": Column("Column", "term")}
    positions |= {name: _estimated(head, name) for name, head in zip(names, heads, strict=True)}
    level = percent(result.level)
    return blocks(
        Table("column_location", message("Where the values lie, with {level} intervals", level=level), table, location),
        Table("column_spread", message("How the values spread, with {level} intervals, and how lopsided they are",
                                       level=level), table, spread),
        Table("column_quantiles", message("Values below which a share of customers lies, with {level} intervals",
                                          level=level), table, positions),
        _skew(result), _modes(result), column_notes(result.notes), _method(result), _terms(),
    )  # fmt: skip


def _kind(column: str) -> str:
    """The kind in which estimates of a column are written: a mean of whole numbers is none itself."""
    kind = kind_of(column)
    return "number" if kind == "count" else kind


def _estimated(head: Words, name: str) -> Column:
    return Column(head, "number", low=f"{name}_low", high=f"{name}_high", kinds="kind")


def _modes(result: NumericSummary) -> Block | None:
    several = result.table[result.table["modes"] > 1]["column"]
    if several.empty:
        return None
    words = message(
        "Several values are equally frequent in {columns}; the smallest of them is given as the most frequent.",
        columns=listing(several),
    )
    return Note("several_modes", words, "limit")


def _skew(result: NumericSummary) -> Block | None:
    skewed = result.table[result.table["skewness"] > SKEWED]["column"]
    if skewed.empty:
        return None
    words = message(
        "{columns} are skewed to the right: a few large values pull the mean up, so read the median beside it.",
        columns=listing(skewed),
    )
    return Note("skewed_columns", words, "limit")


def column_notes(notes: Iterable[ColumnNote]) -> list[Block]:
    """What did not apply, one note for each reason."""
    found: dict[str, list[str]] = {}
    for note in notes:
        found.setdefault(note.issue, []).append(note.column)
    return [
        Note(
            f"columns_{issue}",
            message(_ISSUES[issue], columns=listing(columns)),
            "limit" if issue == "text" else "warning",
        )
        for issue, columns in found.items()
    ]


def _method(result: NumericSummary) -> Block:
    words = message(
        "Intervals ({level}) come from {replicates} bootstrap samples of customers, seed {seed}: bootstrap-t for "
        "means, variances and standard deviations, bias-corrected and accelerated (BCa) for medians and other "
        "quantiles, as either came nearest to the stated level in simulations with skewed amounts; percentiles of the "
        "resamples for the most frequent value, and Wilson's interval for the share of customers who have it. "
        "Variance and standard deviation divide by the number of customers less one. Quantiles are interpolated. A "
        "most frequent value is given where at least two customers share it; of amounts of money it says little.",
        level=Value("percent", result.level),
        replicates=count(result.replicates),
        seed=count(result.random_state),
    )
    return Note("summary_method", words)


def _terms() -> list[Block]:
    return [
        Definition(
            "term_standard_deviation",
            "Standard deviation",
            message(
                "How far values typically lie from the mean, in the unit of the column; its square is the variance."
            ),
        ),
        Definition(
            "term_skewness",
            "Skewness",
            message(
                "How lopsided a distribution is: zero if both sides are alike, positive if the large values "
                "stretch out."
            ),
        ),
    ]


def column_histograms(results: Mapping[str, Histogram]) -> Blocks:
    """Histograms by column, with the median and the mean marked; constant columns have none."""
    return blocks([block for name, result in results.items() if (block := _histogram(name, result))])


def _histogram(column: str, result: Histogram) -> Block | None:
    if len(result.table) < 2:
        return None
    kind = kind_of(column)
    return Figure(
        f"histogram_{_identifier(column)}",
        "histogram",
        _title(column, result),
        _subtitle(result),
        message("Bars that count customers by {column}, with marks at the median and the mean.", column=term(column)),
        result.table,
        {
            "left": Column(message("{column}", column=term(column)), kind),
            "right": Column("to", kind),
            "count": Column("Customers", "count"),
        },
        {
            "log_x": result.log,
            "markers": [{"label": "median", "value": result.median}, {"label": "mean", "value": result.mean}],
        },
        group_size="count",
    )


def _title(column: str, result: Histogram) -> Message:
    kind = kind_of(column)
    median, mean = Value(kind, result.median), Value(kind, result.mean)
    if result.mean > 1.2 * result.median > 0:
        return message(
            "{column}: the customer in the middle has {median}, well under the mean of {mean}",
            claim="mean > 1.2 * median",
            column=term(column),
            median=median,
            mean=mean,
        )
    return message("{column}: the customer in the middle has {median}", column=term(column), median=median)


def _subtitle(result: Histogram) -> Message:
    found = message(
        "Number of customers; {n} with a value, {missing} without; skewness {skewness}",
        n=count(result.n),
        missing=count(result.missing),
        skewness=number(result.skewness),
    )
    if result.log:
        found = message("{measured}; bins of equal width on a logarithmic scale", measured=phrase(found))
    if result.beyond:
        found = message(
            "{measured}; {beyond} customers lie beyond the last bar",
            measured=phrase(found),
            beyond=count(result.beyond),
        )
    return found


def _identifier(column: str) -> str:
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in column.lower()).strip("_")
    return plain or "column"
