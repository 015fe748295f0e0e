"""What is to come: the customer base as a whole, and whom its value comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.findings.labels import LABELS
from analysis.findings.lifetime.words import age_labels, expected
from analysis.lifetime import CustomerHistories, Holdout, Valuation
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import Value, count, day, days, money, number, percent
from analysis.report.wording import Message, message, msgid, phrase

__all__ = ["who", "worth"]

#: A share of customers that is worth a word.
_MANY = 0.05
_STATES = {state: LABELS[f"state_{state}"] for state in ("active", "fading", "gone")}
_VALUE = msgid({"spend": "Value: spend in money of today", "margin": "Value: margin in money of today"})
_EXPECTED = msgid({"spend": "Expected spend", "margin": "Expected margin"})


def worth(found: Valuation | None, known: CustomerHistories, checks: Sequence[Holdout | None] = ()) -> Blocks:
    """The totals with their intervals, and what they rest on; nothing where no model could be fitted.

    Of `checks` the first that has totals says how far such a total was off: give that first whose period is most like
    the time to come.
    """
    if found is None:
        return blocks()
    return blocks(
        _lead(found, known), _concentrated(found), _key_figures(found), _last(found), _quiet(found, known),
        _shown_wrong(found, checks), _totals(found), _beyond(found, known), _years(found),
    )  # fmt: skip


def _amount(
    found: Valuation, quantity: str, row: Any, names: tuple[str, str, str] = ("estimate", "low", "high")
) -> Value:
    """A total with its interval."""
    middle, low, high = (float(row[name]) for name in names)
    return Value("money" if quantity == "value" else "number", middle, low, high, found.level, 0)


def _lead(found: Valuation, known: CustomerHistories) -> Block:
    purchases = _amount(found, "purchases", found.total("purchases"))
    values = {"n": count(len(found.customers)), "length": days(found.horizon_days), "purchases": purchases}
    values["as_of"] = day(known.as_of)
    if not found.money:
        return sentence(
            "lead_worth",
            "In the {length} from {as_of} on, the {n} customers known are expected to make {purchases} purchases.",
            claim="purchases.low <= purchases.high",
            role="lead",
            **values,
        )
    values |= {"value": _amount(found, "value", found.total("value")), "what": phrase(expected(found))}
    if found.discount_rate > 0:
        values["rate"] = percent(found.discount_rate)
    discounted = msgid(
        "In the {length} from {as_of} on, the {n} customers known are expected to bring {value} of {what} in "
        "{purchases} purchases, discounted at {rate} a year."
    )
    plain = msgid(
        "In the {length} from {as_of} on, the {n} customers known are expected to bring {value} of {what} in "
        "{purchases} purchases, not discounted."
    )
    words = discounted if found.discount_rate > 0 else plain
    return sentence("lead_worth", words, claim="value.low <= value.high", role="lead", **values)


def _concentrated(found: Valuation) -> Block:
    top, gone = found.tops.iloc[0], (found.customers["state"] == "gone").mean()
    return sentence(
        "lead_concentrated",
        "{share} of the expected {what} falls to the {top} of customers with the most; {gone} of customers are "
        "probably gone.",
        claim="share.low <= share.high and gone <= whole",
        role="lead",
        share=percent(float(top["share"]), float(top["low"]), float(top["high"]), level=found.level),
        top=percent(float(top["top"])),
        gone=percent(float(gone)),
        what=phrase(expected(found)),
        whole=number(1.0),
    )


def _key_figures(found: Valuation) -> list[Block]:
    n, length = len(found.customers), days(found.horizon_days)
    figures: list[Block] = []
    if found.money:
        figures.append(
            KeyFigure(
                "value",
                message("Expected {what} of the customers known, in money of today", what=phrase(expected(found))),
                _amount(found, "value", found.total("value")),
                "lifetime.value.v1",
                n,
                message(
                    "in the next {length}, discounted at {rate} a year",
                    length=length,
                    rate=percent(found.discount_rate),
                ),
                "up",
            )
        )
    figures.append(
        KeyFigure(
            "purchases",
            "Expected purchases of the customers known",
            _amount(found, "purchases", found.total("purchases")),
            "lifetime.purchases.v1",
            n,
            message("in the next {length}", length=length),
            "up",
        )
    )
    gone = float((found.customers["state"] == "gone").mean())
    figures.append(
        KeyFigure(
            "gone",
            "Customers probably gone",
            percent(gone),
            "lifetime.gone.v1",
            n,
            message("probability of being active below {border}", border=percent(found.gone_below)),
            "down",
        )
    )
    for place, row in enumerate(found.tops.to_dict("records"), start=1):
        figures.append(
            KeyFigure(
                f"top_share_{place}",
                message(
                    "Share of the expected {what} of the best {top} of customers",
                    what=phrase(expected(found)),
                    top=percent(float(row["top"])),
                ),
                percent(float(row["share"]), float(row["low"]), float(row["high"]), level=found.level),
                f"lifetime.top_share_{place}.v1",
                int(row["customers"]),
                message("by what is expected of each in the next {length}", length=length),
            )
        )
    return figures


def _last(found: Valuation) -> Block | None:
    """What the same customers did in the period before: the sceptic's forecast."""
    if not found.last.get("purchases", 0) > 0:
        return None
    before, row = found.last["purchases"], found.total("purchases")
    change = float(row["estimate"]) / before - 1
    more = msgid(
        "In the {length} before, the same customers made {purchases}; as many purchases again would be a forecast “as "
        "before”. {change} more purchases are expected: some customers have left or will leave, others joined in the "
        "course of that time, and those yet to come are not counted."
    )
    fewer = msgid(
        "In the {length} before, the same customers made {purchases}; as many purchases again would be a forecast “as "
        "before”. {change} fewer purchases are expected: some customers have left or will leave, others joined in the "
        "course of that time, and those yet to come are not counted."
    )
    made = number(before, digits=0)
    purchases = message("{before} purchases", before=made)
    if found.money:
        worth = money(found.last["value"], digits=0)
        purchases = message("{before} purchases worth {worth}", before=made, worth=worth)
    return sentence(
        "last_period",
        more if change > 0 else fewer,
        claim="signed > 0" if change > 0 else "signed <= 0",
        length=days(found.horizon_days),
        purchases=phrase(purchases),
        change=percent(abs(change)),
        signed=number(change),
    )


def _quiet(found: Valuation, known: CustomerHistories) -> Block:
    """Who will more likely than not stay away; the BG/NBD model takes all who bought once for active."""
    silent = found.customers["probability_of_purchase"] < 0.5
    once = found.customers["transactions"] == 1
    words = msgid("{silent} of the customers ({n}) will more likely than not buy nothing in the next {length}.")
    values: dict[str, Any] = {"silent": percent(float(silent.mean())), "n": count(int(silent.sum()))}
    values |= {"length": days(found.horizon_days), "whole": number(1.0)}
    if found.model == "bg_nbd" and once.mean() > _MANY:
        words = msgid(
            "{silent} of the customers ({n}) will more likely than not buy nothing in the next {length}. That says "
            "more than the number of those probably gone: the model takes {once} customers who bought on one day only "
            "for active, however long ago that was, and expects little of them instead."
        )
        values["once"] = count(int(once.sum()))
    return sentence("quiet", words, claim="silent <= whole", **values)


def _shown_wrong(found: Valuation, checks: Sequence[Holdout | None]) -> Block | None:
    """Where the interval of the check did not hold what came, the page's own interval deserves no more trust."""
    held = next((each for each in checks if each is not None and not each.totals.empty), None)
    if held is None:
        return None
    rows = held.totals.set_index("what")
    row = rows.loc["amount"] if found.money and "amount" in rows.index else rows.iloc[0]
    if row["low"] <= row["actual"] <= row["high"] or not row["actual"] > 0:
        return None
    off = float(row["forecast"] / row["actual"] - 1)
    high = msgid(
        "A forecast made in the same way on {cutoff} was {off} too high for the {length} after it, and its interval "
        "did not hold what came: intervals count only what the model knows of. Were the {total} expected here as far "
        "off, {corrected} would come."
    )
    low = msgid(
        "A forecast made in the same way on {cutoff} was {off} too low for the {length} after it, and its interval "
        "did not hold what came: intervals count only what the model knows of. Were the {total} expected here as far "
        "off, {corrected} would come."
    )
    quantity = "value" if found.money and "amount" in rows.index else "purchases"
    total = float(found.total(quantity)["estimate"])
    kind = "money" if quantity == "value" else "number"
    kept = message(
        high if off > 0 else low, claim="signed > 0" if off > 0 else "signed <= 0",
        off=percent(abs(off)), signed=number(off),
        cutoff=day(held.known.as_of), length=days(held.days), total=Value(kind, total, digits=0),
        corrected=Value(kind, total / (1 + off), digits=0),
    )  # fmt: skip
    return Note("interval_did_not_hold", kept, "warning")


def _totals(found: Valuation) -> Block:
    table = found.totals.assign(
        what=[
            _VALUE[expected(found)] if name == "value" else msgid("Number of purchases")
            for name in found.totals["quantity"]
        ],
        kind=["money" if name == "value" else "number" for name in found.totals["quantity"]],
        mean=found.totals["estimate"],
        each=found.totals["estimate"] / len(found.customers),
    )
    return Table(
        "totals",
        message(
            "What {n} customers are expected to bring in {length}: the total with the interval within which it will "
            "lie, and with the interval of its expected amount",
            n=count(len(found.customers)), length=days(found.horizon_days),
        ),
        table,
        {
            "what": Column("Measure", "phrase"),
            "estimate": Column("Expected total", "number", low="low", high="high", kinds="kind", digits=0),
            "mean": Column("As an expected amount", "number", low="mean_low", high="mean_high", kinds="kind", digits=0),
            "each": Column("Per customer", "number", kinds="kind", digits=2),
        },
    )  # fmt: skip


def _beyond(found: Valuation, known: CustomerHistories) -> Block | None:
    span = (pd.Timestamp(known.as_of) - known.table["first_day"].min()).days
    if found.horizon_days <= span:
        return None
    words = message(
        "The data reach back {span}, and the forecast reaches {length} ahead: further than anybody has been watched, "
        "so that it rests on the shape of the model alone.",
        span=days(span),
        length=days(found.horizon_days),
    )
    return Note("beyond", words, "warning")


def _years(found: Valuation) -> Block | None:
    """Whole years hold every season once."""
    years = found.horizon_days / 365.25
    if abs(years - round(years)) * 365.25 > 7 or round(years) < 1:
        part = message(
            "The forecast covers {length}, which is not a whole number of years: seasons, of which the model knows "
            "nothing, do not even out in it.",
            length=days(found.horizon_days),
        )
        return Note("part_of_a_year", part, "limit")
    whole = message(
        "The forecast covers {length} and so every season as often: what the model misses by knowing no season evens "
        "out in the total of whole years, but not in parts of them.",
        length=days(found.horizon_days),
    )
    return Note("whole_years", whole)


def who(found: Valuation | None, *, age_days: Sequence[int] = ()) -> Blocks:
    """By tenths of customers, by state, by segment and by how long they have been known."""
    if found is None:
        return blocks()
    tables: list[Block | None] = [_deciles(found), _decile_table(found), _states(found)]
    segments, ages = found.groups.get("segment"), found.groups.get("age")
    if segments is not None and len(segments) > 1:
        by_worth = _each(found, segments).sort_values(["each", "group"], ascending=[False, True], kind="stable")
        caption = message("What is expected of customers in {length}, by segment", length=days(found.horizon_days))
        tables.append(_grouping(found, by_worth, "segment", caption, Column("Segment", "term")))
    if ages is not None and age_days:
        named = ages.assign(group=age_labels((int(group) for group in ages["group"]), age_days))
        caption = message(
            "What is expected of customers in {length}, by time since the first purchase",
            length=days(found.horizon_days),
        )
        tables.append(_grouping(found, named, "age", caption, Column("Since the first purchase", "phrase")))
    return blocks(*tables)


def _columns(found: Valuation) -> dict[str, Column]:
    columns = {
        "customers": Column("Customers", "count"),
        "active": Column("Active, mean chance", "percent"),
        "purchases": Column("Expected purchases", "number", low="purchases_low", high="purchases_high", digits=0),
    }
    if found.money:
        columns["value"] = Column(_EXPECTED[expected(found)], "money", low="value_low", high="value_high", digits=0)
        columns["each"] = Column("Per customer", "money")
    else:
        columns["each"] = Column("Per customer", "number", digits=2)
    columns["share"] = Column("Share", "percent", low="share_low", high="share_high")
    return columns


def _each(found: Valuation, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(each=table[found.quantity] / table["customers"])


def _deciles(found: Valuation) -> Block:
    table = _each(found, found.groups["decile"])
    data = table.assign(
        category=_tenths(table), estimate=table["share"], low=table["share_low"], high=table["share_high"]
    )
    first, last = data.iloc[0], data.iloc[-1]
    what = phrase(expected(found))
    return Figure(
        "deciles",
        "bar",
        message(
            "The first tenth of customers is expected to bring {first} of the {what}, the last {last}",
            claim="first >= last",
            what=what,
            first=percent(float(first["share"])), last=percent(float(last["share"])),
        ),
        message(
            "Share of the expected {what} of the next {length}, by tenths of customers in the order of what is "
            "expected of them",
            what=what,
            length=days(found.horizon_days),
        ),
        "One bar a tenth of customers, from those of whom most is expected to those of whom least is; a whisker for "
        "the interval.",
        data.rename(columns={"estimate": "value_share"}).assign(value=data["share"])[
            ["category", "value", "low", "high", "customers"]
        ],
        {
            "category": Column("Tenth of customers", "phrase"),
            "value": Column("Share of the total", "percent", low="low", high="high"),
            "customers": Column("Customers", "count"),
        },
        group_size="customers",
    )  # fmt: skip


def _tenths(table: pd.DataFrame) -> list[Message]:
    return [message("tenth {place}", place=count(int(place))) for place in table["group"]]


def _decile_table(found: Valuation) -> Block:
    table = _each(found, found.groups["decile"])
    table = table.assign(name=_tenths(table))
    caption = message(
        "Tenths of customers in the order of what is expected of them in {length}", length=days(found.horizon_days)
    )
    return Table(
        "decile_table", caption, table, {"name": Column("Tenth", "phrase"), **_columns(found)}, group_size="customers"
    )


def _states(found: Valuation) -> Block:
    table = _each(found, found.groups["state"]).set_index("group")
    table = table.reindex([state for state in _STATES if state in table.index]).reset_index()
    table = table.assign(name=[_STATES[state] for state in table["group"]])
    caption = message(
        "Customers by the probability of being active: fading from below {fading}, probably gone from below {gone}",
        fading=percent(found.fading_below), gone=percent(found.gone_below),
    )  # fmt: skip
    return Table(
        "states", caption, table, {"name": Column("State", "phrase"), **_columns(found)}, group_size="customers"
    )


def _grouping(found: Valuation, table: pd.DataFrame, name: str, caption: Message, first: Column) -> Block:
    columns = {"group": first, **_columns(found)}
    return Table(f"by_{name}", caption, _each(found, table), columns, group_size="customers")
