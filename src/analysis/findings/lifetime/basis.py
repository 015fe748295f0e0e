"""What counts as a purchase, of whom, and what became of goods that came back."""

from __future__ import annotations

import pandas as pd

from analysis.lifetime import UNIT_DAYS, CustomerHistories
from analysis.report.blocks import Block, Blocks, Column, Note, Table, blocks, sentence
from analysis.report.values import count, day, days, money, percent
from analysis.report.wording import message, msgid

__all__ = ["basis"]

#: A customer first seen within this many days of the first day of the data may have bought before it.
EARLY_DAYS = 30
_RULES = msgid(
    {
        "net": (
            "Refunds by the rule “net”: a cancelled line comes off the order it belongs to, and an order of which "
            "nothing is left is no purchase, so that value is what customers keep and pay for."
        ),
        "net_all": (
            "Refunds by the rule “net of all”: a cancelled line comes off the order it belongs to, an order of which "
            "nothing is left is no purchase, and refunds that match no purchase lower all purchases of their customer "
            "in proportion."
        ),
        "gross": (
            "Refunds by the rule “gross”: purchases count as ordered, cancelled or not. Value is then demand, not "
            "sales."
        ),
    }
)


def basis(known: CustomerHistories) -> Blocks:
    """Customers, purchases and the account of the rules that made them."""
    if known.table.empty:
        nobody = message(
            "No customer with a purchase is known before {as_of}, so nothing can be said about what is to come.",
            as_of=day(known.as_of),
        )
        return blocks(Note("nobody", nobody, "warning"))
    return blocks(
        _customers(known),
        _once(known),
        Note("refund_rule", message(_RULES[known.refunds])),
        _cancelled(known),
        _unmatched(known),
        _ledger(known),
        _before(known),
    )


def _customers(known: CustomerHistories) -> Block:
    table = known.table
    return sentence(
        "customers",
        "{n} customers made {purchases} purchases before {as_of}; {again} of the customers, {share}, bought on more "
        "than one day. Half of all customers have been known for {known} or longer.",
        claim="again <= n and n <= purchases",
        n=count(len(table)),
        purchases=count(int(table["transactions"].sum())),
        as_of=day(known.as_of),
        again=count(int((table["frequency"] > 0).sum())),
        share=percent(float((table["frequency"] > 0).mean())),
        known=days(float(table["T"].median()) * UNIT_DAYS[known.unit]),
    )


def _once(known: CustomerHistories) -> Block | None:
    if (known.table["frequency"] > 0).any():
        return None
    words = message("Everybody bought on one day only, so there is no repeat purchase to learn from.")
    return Note("everybody_once", words, "warning")


def _steps(known: CustomerHistories) -> pd.DataFrame:
    return known.ledger.set_index("step")


def _cancelled(known: CustomerHistories) -> Block | None:
    """What the rule about cancelled orders moved."""
    steps = _steps(known)
    whole, part = steps.loc["cancelled_whole"], steps.loc["cancelled_part"]
    if known.refunds == "gross":
        return None
    if not known.money:
        return sentence(
            "cancelled",
            "{whole} of {orders} orders were cancelled as a whole and are no purchases.",
            claim="whole <= orders",
            whole=count(-whole["orders"]),
            orders=count(steps.loc["ordered", "orders"]),
        )
    moved, ordered = -float(whole["amount"] + part["amount"]), float(steps.loc["ordered", "amount"])
    if not (moved > 0 and ordered > 0):
        return None
    return sentence(
        "cancelled",
        "Of {ordered} that was ordered, {moved} ({share}) was cancelled again: {whole} orders as a whole, and parts of "
        "others.",
        claim="moved <= ordered and share > 0",
        ordered=money(ordered, digits=0),
        moved=money(moved, digits=0),
        share=percent(moved / ordered),
        whole=count(-whole["orders"]),
    )


def _unmatched(known: CustomerHistories) -> Block | None:
    """Refunds that match no purchase: how many, what they are worth, and why they are not charged."""
    steps = _steps(known)
    if "unmatched_left" not in steps.index:
        return None
    row = steps.loc["unmatched_left"]
    if not known.money:
        words = message(
            "{n} refunds match no purchase and are left out of account, because what they refund may have been bought "
            "before the data begin.",
            n=count(row["orders"]),
        )
        return Note("unmatched", words, "limit")
    kept = float(steps.loc["kept", "amount"])
    share = -float(row["amount"]) / kept if kept > 0 else float("nan")
    words = message(
        "{n} refunds match no purchase, {amount} in all ({share} of the purchases that count). They are left out of "
        "account, because what they refund may have been bought before the data begin; value is too high by at most "
        "that share.",
        n=count(row["orders"]),
        amount=money(-row["amount"], digits=0),
        share=percent(share),
    )
    return Note("unmatched", words, "limit")


def _ledger(known: CustomerHistories) -> Block:
    steps = known.ledger
    moved = steps["orders"] != 0
    if known.money:
        moved |= steps["amount"].abs() > 0.5
    said = steps[moved | steps["step"].isin(["ordered", "kept"])]
    columns = {"name": Column("Step", "term"), "orders": Column("Orders", "count")}
    columns |= {"amount": Column("Amount", "money")} if known.money else {}
    caption = message(
        "From orders to purchases: what each rule moved; what lies between “ordered” and “purchases that count” adds up"
    )
    return Table("ledger", caption, said.assign(name="history_" + said["step"]), columns)


def _before(known: CustomerHistories) -> Block | None:
    """Customers who were there before the data began."""
    first = known.table["first_day"]
    early = first < first.min() + pd.Timedelta(days=EARLY_DAYS)
    words = message(
        "{early} of {n} customers are first seen in the first {length} of the data. Many of them will have bought "
        "before, so that their history is taken for shorter than it is.",
        early=count(int(early.sum())),
        n=count(len(first)),
        length=days(EARLY_DAYS),
    )
    return Note("seen_early", words, "limit")
