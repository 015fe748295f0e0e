"""Words for single values that rules found wrong: how many, which were repaired, and what no rule can see."""

from __future__ import annotations

from analysis.cleaning import CleaningResult
from analysis.report.blocks import Block, Blocks, Column, Note, Table, blocks, sentence
from analysis.report.values import count, listing, percent, term
from analysis.report.wording import message, msgid

__all__ = ["cells"]

#: What is said of a dependency between columns, by the name of the note.
_DOUBTS = msgid(
    {
        "dependency_does_not_hold": (
            "The rule that determines {column} does not hold in this data ({share} of the values contradict it): not "
            "applied."
        ),
        "dependency_doubtful": (
            "The rule that determines {column} is in doubt: {share} of the values contradict it, which is more than "
            "slips would."
        ),
    }
)


def cells(result: CleaningResult) -> Blocks:
    """What the profile's rules about single values found and repaired in the other tables."""
    totals = result.cells.totals
    absent = tuple(str(values["table"]) for name, values in result.cells.notes if name == "rules_without_table")
    if totals.empty and absent:
        words = msgid("The profile's rules about single values are about {tables}, which this data set does not have.")
        return blocks(Note("cell_rules_without_table", message(words, tables=listing(absent)), "limit"))
    if totals.empty:
        text = msgid(
            "This profile has no rules about single values, so a value that can be read and lies in its range is taken "
            "as it stands, misspelt or not."
        )
        return blocks(Note("no_cell_rules", message(text), "limit"))
    return blocks(_found(result), _by_rule(result), _pairs(result), _doubts(result), _blind(result))


def _found(result: CleaningResult) -> Block:
    totals = result.cells.totals
    checked, found, repaired = (int(totals[name].sum()) for name in ("checked", "found", "repaired"))
    tables = listing(tuple(totals["table"]))
    if not found:
        text = msgid("Rules looked at {checked} values of {tables} and found none that is wrong.")
        return sentence(
            "cells_found", text, claim="found == 0", checked=count(checked), tables=tables, found=count(found)
        )
    return sentence(
        "cells_found",
        "Rules looked at {checked} values of {tables}: {found} ({share}) were found wrong, and {repaired} of them were "
        "repaired. No row was removed for it.",
        claim="0 < found and found <= checked and repaired <= found",
        checked=count(checked),
        tables=tables,
        found=count(found),
        share=percent(found / checked if checked else 0.0),
        repaired=count(repaired),
    )


def _by_rule(result: CleaningResult) -> Block:
    data = result.cells.by_rule
    return Table(
        "cell_rules",
        message("Values found wrong, by rule"),
        data.assign(kind="cells_" + data["kind"]),
        {
            "table": Column("Table", "term"),
            "column": Column("Column", "term"),
            "kind": Column("The rule looks for", "term"),
            "found": Column("Found", "count"),
            "repaired": Column("Repaired", "count"),
            "left": Column("Left as they are", "count"),
        },
        order="In the order of the profile; a value that several rules found counts for each",
    )


def _pairs(result: CleaningResult) -> Block | None:
    data = result.cells.pairs
    if data.empty:
        return None
    return Table(
        "cell_pairs",
        message("What was written, and what it was taken for"),
        data.assign(proposal=data["proposal"].where(data["proposal"] != "", None)),
        {
            "table": Column("Table", "term"),
            "column": Column("Column", "term"),
            "value": Column("Written"),
            "proposal": Column("Taken for"),
            "cells": Column("Values", "count"),
            "customers": Column("Customers", "count"),
        },
        order="Most frequent first",
        group_size="customers",
    )


def _doubts(result: CleaningResult) -> list[Block]:
    """What rules could not decide, or should not have been asked."""
    said: list[Block] = []
    notes = result.cells.notes
    undecided = [values for name, values in notes if name == "groups_undecided"]
    if undecided:
        text = msgid("{rows} values in groups without a majority contradict each other; none was changed.")
        rows = sum(int(values["rows"]) for values in undecided)
        said.append(Note("cells_undecided", message(text, claim="rows > 0", rows=count(rows)), "limit"))
    for name, words in _DOUBTS.items():
        for number, values in enumerate(values for found, values in notes if found == name):
            column, share = term(str(values["column"])), percent(float(values["error"]))
            said.append(Note(f"{name}_{number}", message(words, column=column, share=share), "warning"))
    withheld = [values for name, values in notes if name == "target_not_changed"]
    if withheld:
        text = msgid("{cells} values of columns that a model is to foretell were found wrong and left as they are.")
        total = sum(int(values["cells"]) for values in withheld)
        said.append(Note("cells_withheld", message(text, claim="cells > 0", cells=count(total)), "limit"))
    if any(name == "not_settled" for name, _ in notes):
        words = msgid("The rules contradict each other: repairs were stopped before they came to rest. Mend the rules.")
        said.append(Note("cells_not_settled", message(words), "warning"))
    return said


def _blind(result: CleaningResult) -> Block:
    return Note(
        "cells_blind",
        message(
            "What rules cannot find: a wrong value that is possible, well written and agrees with the rest of its row "
            "and group, such as an age whose two digits were swapped. Where most values of a group are wrong alike, "
            "the majority is taken for the truth. And a repair is what the rules hold most likely, not what was meant."
        ),
        "limit",
    )
