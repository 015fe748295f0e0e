"""Words for single rules: duplicates, cancellations, and what else was removed."""

from __future__ import annotations

from typing import Any

from analysis.cleaning import CleaningResult
from analysis.findings.cleaning.account import Account, account
from analysis.report.blocks import Block, Blocks, Definition, Note, blocks, sentence
from analysis.report.values import count, money, percent, term
from analysis.report.wording import message, msgid

__all__ = ["cancellations", "duplicates", "removals"]

_FAULTS = (
    "quarantined", "unreadable_timestamp", "unreadable_quantity", "unreadable_price", "missing_product",
    "outside_date_range", "non_positive_price", "zero_quantity", "missing_description", "no_basket",
)  # fmt: skip


def _worth(book: Account, *rules: str) -> dict[str, Any]:
    """The argument for what some rules are worth; nothing where there is no money."""
    return {"worth": money(book.money(*rules))} if book.has_money else {}


def duplicates(result: CleaningResult) -> Blocks:
    """What stood in the source twice, and why."""
    book = account(result)
    overlap, repeat = book.rows("duplicate_overlap"), book.rows("duplicate_repeat")
    said: list[Block] = []
    if overlap:
        said.append(_overlap(book, overlap))
    if repeat:
        said.append(_repeats(book, repeat))
    if not said:
        removed = count(overlap + repeat)
        text = msgid("No line was removed as a duplicate.")
        said.append(sentence("no_duplicates", text, claim="removed == 0", removed=removed))
    if result.options.repeats == "keep":
        words_kept = msgid("Lines that repeat another line within one delivery are kept, because the settings say so.")
        said.append(Note("repeats_kept", message(words_kept), "limit"))
    return blocks(said, _duplicate_terms())


def _overlap(book: Account, lines: int) -> Block:
    return sentence(
        "overlap",
        "{n} lines, worth {worth}, stand in the source a second time because extracts overlap: the same records were "
        "delivered twice, and one copy is kept."
        if book.has_money
        else "{n} lines stand in the source a second time because extracts overlap: the same records were delivered "
        "twice, and one copy is kept.",
        claim="n > 0",
        n=count(lines),
        **_worth(book, "duplicate_overlap"),
    )


def _repeats(book: Account, lines: int) -> Block:
    return sentence(
        "repeats",
        "{n} further lines, worth {worth}, repeat another line of the same delivery in every detail; they were removed "
        "as duplicates, although some may be the same article sold twice."
        if book.has_money
        else "{n} further lines repeat another line of the same delivery in every detail; they were removed as "
        "duplicates, although some may be the same article sold twice.",
        claim="n > 0",
        n=count(lines),
        **_worth(book, "duplicate_repeat"),
    )


def _duplicate_terms() -> list[Block]:
    return [
        Note(
            "duplicates_method",
            message(
                "A duplicate agrees with another line in every text of the line. Where the source steps back in "
                "time, or "
                "another file begins, a new delivery is taken to begin: a copy that an earlier delivery has as "
                "well is an "
                "overlap, any further copy within a delivery is a repeat."
            ),
        ),
        Definition("duplicate_overlap", "Overlap", message("The same record, delivered again in a later extract.")),
        Definition(
            "duplicate_repeat",
            "Repeat",
            message("A line that stands more than once within one delivery, alike in all."),
        ),
    ]


def cancellations(result: CleaningResult) -> Blocks:
    """What was cancelled or returned, and how much of it found its purchase."""
    book = account(result)
    matched, unmatched = book.rows("cancellation"), book.rows("cancellation_unmatched")
    said: list[Block] = []
    if matched:
        said.append(_matched(book, matched, unmatched))
    if unmatched:
        said.append(_unmatched(book, unmatched))
    returned = book.rows("return")
    if returned:
        said.append(_returned(book, returned))
    if book.has_money and returned:
        said.append(_net(book, unmatched + returned))
    if not said:
        none = count(matched + unmatched + returned)
        text = msgid("The source marks no cancellation and no return.")
        return blocks(sentence("no_cancellations", text, claim="none == 0", none=none))
    return blocks(said, _cancellation_terms())


def _returned(book: Account, lines: int) -> Block:
    arguments: dict[str, Any] = {"worth": money(-book.money("return"))} if book.has_money else {}
    return sentence(
        "returned",
        "{n} lines, worth {worth}, are returns: negative quantities or amounts without a mark of cancellation."
        if book.has_money
        else "{n} lines are returns: negative quantities or amounts without a mark of cancellation.",
        claim="n > 0",
        n=count(lines),
        **arguments,
    )


def _matched(book: Account, matched: int, unmatched: int) -> Block:
    """Cancellations that found their purchase."""
    arguments: dict[str, Any] = {}
    if book.has_money:
        worth = book.money("cancelled_original")
        marked = worth - book.money("cancellation_unmatched")
        arguments = {"worth": money(worth), "value_share": percent(worth / marked if marked else 1.0)}
    return sentence(
        "cancelled",
        "For {matched} of {all} cancellations ({share}) the purchase was found; those purchases, worth {worth} "
        "({value_share} of what was cancelled), were removed together with them."
        if book.has_money
        else "For {matched} of {all} cancellations ({share}) the purchase was found; those purchases were removed "
        "together with them.",
        claim="matched <= all and originals == matched",
        matched=count(matched),
        all=count(matched + unmatched),
        share=percent(matched / (matched + unmatched)),
        originals=count(book.rows("cancelled_original")),
        **arguments,
    )


def _net(book: Account, lines: int) -> Block:
    """What revenue would be if everything that came back were taken off it."""
    back, revenue = -book.money("cancellation_unmatched", "return"), book.money("sales")
    return sentence(
        "net_of_returns",
        "Taken off revenue, the {lines} lines that came back without their purchase would leave {net} instead of "
        "{revenue}: revenue is too high by up to {share}, less where the purchase lies before the data begins.",
        claim="lines > 0",
        lines=count(lines),
        net=money(revenue - back),
        revenue=money(revenue),
        share=percent(back / revenue),
    )


def _unmatched(book: Account, unmatched: int) -> Block:
    if not book.has_money:
        text = msgid(
            "{n} cancellations found no purchase with the same customer, product, quantity and price: the purchases "
            "behind them, if they lie in the data, still count as sales."
        )
        return sentence("unmatched", text, claim="n > 0", n=count(unmatched))
    worth, revenue = -book.money("cancellation_unmatched"), book.money("sales")
    # where there are returns as well, both are taken together (`_net`)
    alone = not book.rows("return")
    arguments: dict[str, Any] = {"share": percent(worth / revenue)} if alone else {}
    return sentence(
        "unmatched",
        "{n} cancellations, worth {worth}, found no purchase with the same customer, product, quantity and price, "
        "often because only a part was sent back. They are counted among the returns and not taken off revenue, which "
        "is therefore too high by up to {share}."
        if alone
        else "{n} cancellations, worth {worth}, found no purchase with the same customer, product, quantity and price, "
        "often because only a part was sent back. They are counted among the returns and not taken off revenue.",
        claim="n > 0",
        n=count(unmatched),
        worth=money(worth),
        **arguments,
    )


def _cancellation_terms() -> list[Block]:
    return [
        Note(
            "cancellation_method",
            message(
                "Each cancellation takes the latest earlier line of the same customer, product, quantity and "
                "price that no "
                "other cancellation has taken. Lines without a customer are never matched."
            ),
        ),
        Definition(
            "cancellation",
            "Cancellation",
            message("A line on an invoice whose number carries the mark of a cancellation."),
        ),
        Definition(
            "cancelled_original",
            "Cancelled purchase",
            message("The purchase that a cancellation takes back, line for line."),
        ),
    ]


def removals(result: CleaningResult) -> Blocks:
    """What else was removed, and what to mend at the source."""
    book = account(result)
    said: list[Block] = []
    goods = book.rows("not_a_product", "adjustment")
    if goods:
        said.append(
            sentence(
                "not_goods",
                "{n} lines, with a net value of {worth}, are not sales of goods (postage, fees, vouchers, adjustments "
                "of the books)."
                if book.has_money
                else "{n} lines are not sales of goods (postage, fees, vouchers, adjustments of the books).",
                claim="n > 0",
                n=count(goods),
                **_worth(book, "not_a_product", "adjustment"),
            )
        )
    return blocks(said, _faults(book), _to_mend(book))


def _faults(book: Account) -> Block:
    lines, faults = int(book.first["rows"]), book.rows(*_FAULTS)
    if not faults:
        text = msgid("No line was removed because a date, a quantity or a price is faulty.")
        return sentence("no_faults", text, claim="faults == 0", faults=count(faults))
    counts = {rule: book.rows(rule) for rule in _FAULTS}
    worst = max(counts, key=lambda rule: counts[rule])
    return sentence(
        "faults",
        "{faults} lines ({share}) were removed because something in them is faulty or missing; the most frequent "
        "reason is "
        "“{worst}” with {worst_rows} lines.",
        claim="faults > 0 and worst_rows > 0 and worst_rows <= faults",
        faults=count(faults),
        share=percent(faults / lines),
        worst=term(worst),
        worst_rows=count(counts[worst]),
    )


def _to_mend(book: Account) -> Block | None:
    """The one thing at the source that would bring most lines into the analysis of customers."""
    unknown, faults, overlap = (
        book.rows("kept_without_customer"), book.rows(*_FAULTS), book.rows("duplicate_overlap"),
    )  # fmt: skip
    most = max(unknown, faults, overlap)
    if not most:
        return None
    arguments = {"unknown": count(unknown), "faults": count(faults), "overlap": count(overlap)}
    if most == unknown:
        text = msgid(
            "What would help most: a customer number on more sales. {unknown} lines have none; {faults} are lost "
            "to faulty "
            "values, and {overlap} were delivered twice."
        )
        return sentence("mend", text, claim="unknown >= faults and unknown >= overlap", role="action", **arguments)
    if most == faults:
        text = msgid(
            "What would help most: valid dates, quantities and prices at the source. {faults} lines are lost to faulty "
            "values; {unknown} lack a customer, and {overlap} were delivered twice."
        )
        return sentence("mend", text, claim="faults >= unknown and faults >= overlap", role="action", **arguments)
    text = msgid(
        "What would help most: extracts that do not overlap. {overlap} lines were delivered twice; {unknown} "
        "lack a customer, "
        "and {faults} are lost to faulty values."
    )
    return sentence("mend", text, claim="overlap >= unknown and overlap >= faults", role="action", **arguments)
