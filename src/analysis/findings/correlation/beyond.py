"""Words for what a single coefficient leaves open: other columns held fixed, and shapes without a trend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.correlation import Dependence, Partial, hidden_in_both
from analysis.findings.correlation.names import pair
from analysis.report.blocks import Block, Blocks, Column, Definition, Note, Table, blocks, sentence
from analysis.report.values import count, listing, number, percent, term
from analysis.report.wording import message, msgid

__all__ = ["hidden", "partials"]

#: A pair goes with the columns held fixed if less than this share of its coefficient is left.
EXPLAINED = 0.5
#: Pairs that are told in a sentence; the table has all.
PARTIALS_IN_WORDS = 3
#: Pairs in the table of distance correlations.
DEPENDENCE_SHOWN = 10


def partials(results: Sequence[Partial], *, level: float = 0.95) -> Blocks:
    """What is left of pairs when other columns are held fixed, and where that was not possible."""
    known = [result for result in results if result.reason is None and result.kind == "partial"]
    semi = {(item.first, item.second): item for item in results if item.reason is None and item.kind != "partial"}
    missing = [result for result in results if result.reason is not None and result.kind == "partial"]
    words = [_partial_words(result, index) for index, result in enumerate(known[:PARTIALS_IN_WORDS])]
    notes = [_partial_note(result, index) for index, result in enumerate(missing)]
    return blocks(words, _partial_table(known, semi, level) if known else None, notes, _partial_terms(known))


def _partial_table(known: Sequence[Partial], semi: dict[tuple[str, str], Partial], level: float) -> Block:
    rows = []
    for result in known:
        other = semi.get((result.first, result.second))
        rows.append(
            vars(result)
            | {"pair": pair(result.first, result.second)}
            | {"held": message("{columns}", columns=listing(result.controls))}
            | {f"semi_{name}": getattr(other, name, None) for name in ("estimate", "low", "high")}
        )
    columns = {
        "pair": Column("Pair", "phrase"),
        "held": Column("Held fixed", "phrase"),
        "zero_order": Column("Before", "number", digits=2),
        "estimate": Column("Partial", "number", low="low", high="high", digits=2),
        "semi_estimate": Column("Semi-partial", "number", low="semi_low", high="semi_high", digits=2),
        "p_holm": Column("p, partial, corrected (Holm)", "p_value"),
        "p": Column("p, partial, alone", "p_value"),
        "n": Column("Customers", "count"),
        "missing": Column("Left out", "count"),
    }
    caption = message(
        "The strongest pairs before and after other columns are held fixed ({method}, {level} intervals)",
        method=term(known[0].method),
        level=percent(level),
    )
    bounds = ["low", "high", "semi_low", "semi_high"]
    table = pd.DataFrame(rows)[[*columns, *bounds]].astype(dict.fromkeys(["semi_estimate", *bounds], float))
    return Table("partial_pairs", caption, table, columns, order="as found, the strongest first")


def _partial_terms(known: Sequence[Partial]) -> list[Block]:
    partly = message(
        "The correlation of what is left of two columns when everything that other columns explain has been taken out "
        "of both."
    )
    semi = message("The same with the other columns taken out of the second column alone; the first stays as it is.")
    found: list[Block] = [
        Definition("term_partial_correlation", "Partial correlation", partly),
        Definition("term_semi_partial_correlation", "Semi-partial correlation", semi),
    ]
    if known:
        how = message(
            "Columns are held fixed by the linear fit of the ranks on the ranks of the columns held fixed; the "
            "interval is that of Bonett and Wright, with the number of customers less the columns held fixed, the "
            "p-value from Student's t, corrected (Holm) over {n} pairs. Customers without a value in any of the "
            "columns are left out."
            if known[0].method == "spearman"
            else "Columns are held fixed by a linear fit; the interval is Fisher's z, with the number of customers "
            "less the columns held fixed, the p-value from Student's t, corrected (Holm) over {n} pairs. Customers "
            "without a value in any of the columns are left out.",
            n=count(len(known)),
        )
        found.append(Note("partial_method", how))
    return found


def _partial_words(result: Partial, index: int) -> Block:
    left = abs(result.estimate)
    arguments: dict[str, Any] = {
        "first": term(result.first),
        "second": term(result.second),
        "before": number(result.zero_order, digits=2),
        "after": number(result.estimate, result.low, result.high, digits=2),
        "size": number(abs(result.zero_order)),
        "left": number(left),
        "low": number(result.low),
        "high": number(result.high),
        "held": listing(result.controls),
    }
    if result.low <= 0 <= result.high:
        template = msgid(
            "With {held} held fixed, no link between {first} and {second} can be told: {before} becomes {after}."
        )
        return sentence(f"partial_{index}", template, claim="low <= 0 and high >= 0", **arguments)
    if result.zero_order * result.estimate < 0:
        template = msgid(
            "{first} and {second} change their direction with {held} held fixed: from {before} to {after}."
        )
        return sentence(f"partial_{index}", template, claim="before * after < 0", **arguments)
    if left < EXPLAINED * abs(result.zero_order):
        template = msgid(
            "Most of what {first} and {second} have in common goes with {held}: {before} becomes {after} with "
            "that held fixed."
        )
        return sentence(f"partial_{index}", template, claim=f"left < {EXPLAINED} * size", **arguments)
    template = msgid("{first} and {second} still go together with {held} held fixed: {before} becomes {after}.")
    return sentence(f"partial_{index}", template, claim=f"left >= {EXPLAINED} * size", **arguments)


_REASONS = msgid(
    {
        "too_few": "{first} and {second} have too few customers in common ({n}) for a partial correlation.",
        "determined": "The columns held fixed determine {first} or {second} completely, so nothing is left to "
        "correlate.",
        "unusable": "{first} and {second} have no partial correlation, because a column is constant, empty or text.",
    }
)


def _partial_note(result: Partial, index: int) -> Block:
    words = message(
        _REASONS[str(result.reason)], first=term(result.first), second=term(result.second), n=count(result.n)
    )
    return Note(f"no_partial_{index}", words, "warning")


def hidden(found: Dependence, checked: Dependence) -> Blocks:
    """Pairs whose dependence a trend coefficient does not show.

    Parameters
    ----------
    found, checked : Dependence
        Of two separate halves of the customers: only what the second confirms is reported as a finding.
    """
    if found.table.empty or checked.table.empty:
        note = message(
            "Shapes without a trend were not looked for: {n} and {other} customers of the two halves have a value "
            "in every column.",
            n=count(found.available),
            other=count(checked.available),
        )
        return blocks(Note("hidden_missing", note, "warning"))
    flagged = hidden_in_both(found, checked)
    kept = flagged[flagged["confirmed"]]
    summary = _hidden_summary(len(flagged), len(kept), len(found.table))
    return blocks(_hidden_words(kept), summary, _hidden_table(found, checked), _hidden_method(found, checked))


def _hidden_table(found: Dependence, checked: Dependence) -> Block:
    """The pairs whose distance correlation exceeds their trend by most, in both halves."""
    both = found.table.merge(checked.table, on=["first", "second"], suffixes=("", "_checked"))
    gap = both["distance_correlation"] - both["spearman"].abs()
    best = both.assign(gap=-gap.round(10)).sort_values(["gap", "first", "second"]).head(DEPENDENCE_SHOWN)
    columns = {
        "first": Column("Column", "term"),
        "second": Column("Other column", "term"),
        "distance_correlation": Column("Distance correlation", "number", digits=2),
        "spearman": Column("Spearman", "number", digits=2),
        "p_family": Column("p, corrected for all pairs", "p_value"),
        "distance_correlation_checked": Column("Distance correlation, second half", "number", digits=2),
        "p_family_checked": Column("p, second half", "p_value"),
    }
    caption = message(
        "Where the distance correlation exceeds the trend by most: {n} of {pairs} pairs, {rows} customers of each half",
        n=count(len(best)),
        pairs=count(len(both)),
        rows=count(min(found.rows, checked.rows)),
    )
    order = msgid("the largest difference first")
    return Table("dependence_pairs", caption, best[list(columns)].reset_index(drop=True), columns, order=order)


def _hidden_words(kept: pd.DataFrame) -> list[Block]:
    return [
        sentence(
            f"hidden_{index}",
            "{first} and {second} depend on each other without a trend (distance correlation {strength}, Spearman "
            "{spearman}, on customers it was not found on).",
            claim="strength > spearman and strength > -spearman",
            first=term(row.first),
            second=term(row.second),
            strength=number(row.distance_correlation_checked, digits=2),
            spearman=number(row.spearman_checked, digits=2),
        )
        for index, row in enumerate(kept.itertuples())
    ]


def _hidden_summary(flagged: int, kept: int, pairs: int) -> Block:
    arguments: dict[str, Any] = {"flagged": count(flagged), "kept": count(kept), "pairs": count(pairs)}
    if flagged == 0:
        template = msgid("Beyond trends, none of {pairs} pairs shows a dependence that the coefficients would miss.")
        return sentence("hidden_summary", template, claim="flagged == 0", **arguments)
    template = msgid(
        "Of {pairs} pairs, {flagged} showed a dependence without a trend in one half of the customers, and {kept} "
        "of these did so in the other half too."
    )
    return sentence("hidden_summary", template, claim="kept <= flagged and flagged > 0", **arguments)


def _hidden_method(found: Dependence, checked: Dependence) -> list[Block]:
    words = message(
        "Shapes other than a trend were looked for with the distance correlation of ranks, in {rows} of {available} "
        "customers of the first half and {checked} of the second, without missing values, against {permutations} "
        "permutations; the number of pairs is corrected for by the largest of all pairs in each permutation.",
        rows=count(found.rows),
        available=count(found.available),
        checked=count(checked.rows),
        permutations=count(found.permutations),
    )
    meaning = message("A measure of any dependence, straight or curved: zero only if two columns are independent.")
    return [
        Note("hidden_method", words),
        Definition("term_distance_correlation", "Distance correlation", meaning),
    ]
