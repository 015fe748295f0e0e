"""Words for what a single coefficient leaves open: other columns held fixed, and shapes without a trend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.correlation import Dependence, Partial, hidden_in_both
from analysis.findings.correlation.strongest import label
from analysis.report.blocks import Block, Blocks, Column, Definition, Note, Table, blocks, message, sentence
from analysis.report.values import count, listing, number, percent, term

__all__ = ["hidden", "partials"]

#: A pair goes with the columns held fixed if less than this share of its coefficient is left.
EXPLAINED = 0.5


def partials(results: Sequence[Partial], *, level: float = 0.95) -> Blocks:
    """What is left of pairs when other columns are held fixed, and where that was not possible."""
    known = [result for result in results if result.reason is None and result.kind == "partial"]
    missing = [result for result in results if result.reason is not None and result.kind == "partial"]
    found: list[Block] = []
    if known:
        table = pd.DataFrame([vars(result) | {"held": ", ".join(map(label, result.controls))} for result in known])
        found.append(
            Table(
                "partial_pairs",
                message(
                    "The strongest pairs before and after other columns are held fixed ({level} intervals)",
                    level=percent(level),
                ),
                table[["first", "second", "held", "n", "zero_order", "estimate", "low", "high"]],
                {
                    "first": Column("Column", "term"),
                    "second": Column("goes with", "term"),
                    "held": Column("Held fixed"),
                    "zero_order": Column("Before", "number", digits=2),
                    "estimate": Column("After", "number", low="low", high="high", digits=2),
                    "n": Column("Customers", "count"),
                },
            )
        )
        found += [_partial_words(result, index) for index, result in enumerate(known)]
    found += [_partial_note(result, index) for index, result in enumerate(missing)]
    words = (
        "The correlation of what is left of two columns when everything that other columns explain has been taken out "
        "of both."
    )
    return blocks(found, Definition("term_partial_correlation", "Partial correlation", message(words)))


def _partial_words(result: Partial, index: int) -> Block:
    left = abs(result.estimate)
    arguments: dict[str, Any] = {
        "first": term(result.first),
        "second": term(result.second),
        "before": number(result.zero_order, digits=2),
        "after": number(result.estimate, result.low, result.high, digits=2),
        "size": number(abs(result.zero_order)),
        "left": number(left),
        "held": listing(result.controls),
    }
    if result.zero_order * result.estimate < 0 and result.low * result.high > 0:
        template = "{first} and {second} change their direction with {held} held fixed: from {before} to {after}."
        return sentence(f"partial_{index}", template, claim="before * after < 0", **arguments)
    if left < EXPLAINED * abs(result.zero_order):
        template = (
            "Most of what {first} and {second} have in common goes with {held}: {before} becomes {after} with "
            "that held fixed."
        )
        return sentence(f"partial_{index}", template, claim=f"left < {EXPLAINED} * size", **arguments)
    template = "{first} and {second} still go together with {held} held fixed: {before} becomes {after}."
    return sentence(f"partial_{index}", template, claim=f"left >= {EXPLAINED} * size", **arguments)


_REASONS = {
    "too_few": "{first} and {second} have too few customers in common ({n}) for a partial correlation.",
    "determined": "The columns held fixed determine {first} or {second} completely, so nothing is left to correlate.",
    "unusable": "{first} and {second} have no partial correlation, because a column is constant, empty or text.",
}


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
            "in every "
            "column.",
            n=count(found.available),
            other=count(checked.available),
        )
        return blocks(Note("hidden_missing", note, "warning"))
    flagged = hidden_in_both(found, checked)
    kept = flagged[flagged["confirmed"]]
    summary = _hidden_summary(len(flagged), len(kept), len(found.table))
    return blocks(_hidden_words(kept), summary, _hidden_method(found, checked))


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
        template = "Beyond trends, none of {pairs} pairs shows a dependence that the coefficients would miss."
        return sentence("hidden_summary", template, claim="flagged == 0", **arguments)
    template = (
        "Of {pairs} pairs, {flagged} showed a dependence without a trend in one half of the customers, and {kept} "
        "of these "
        "did so in the other half too."
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
    meaning = "A measure of any dependence, straight or curved: zero only if two columns are independent."
    return [
        Note("hidden_method", words),
        Definition("term_distance_correlation", "Distance correlation", message(meaning)),
    ]
