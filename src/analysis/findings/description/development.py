"""Words for the development by month and for cohorts of customers."""

from __future__ import annotations

import pandas as pd

from analysis.description import MonthlyTrend, Retention
from analysis.report.blocks import Block, Blocks, Column, Definition, Figure, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import Value, count, month, percent, term
from analysis.report.wording import message, msgid

__all__ = ["retention", "trend"]

#: Changes within this much of nothing are called level.
LEVEL = 0.02
#: Months that a later look at retention is read off at, the first that the data reach.
LATER_AGES = (6, 3, 1)
#: The youngest cohorts that fit in one picture.
COHORTS_SHOWN = 18


def trend(result: MonthlyTrend, *, currency: bool) -> Blocks:
    """The monthly line, unfinished months marked, and the change against the year before."""
    kind, what = ("money", "revenue") if currency else ("count", "orders")
    table = result.table.assign(
        x=result.table["month"].dt.strftime("%Y-%m-%d"), partial=~result.table["complete"].astype(bool)
    )
    whole = table[~table["partial"]]
    if whole.empty:
        words = message("No month is complete, so months are not compared.")
        return blocks(Note("no_complete_month", words, "warning"))
    peak = whole.loc[whole[result.value].idxmax()]
    figure = Figure(
        "monthly",
        "line",
        message(
            "{what} was highest in {month}: {peak}",
            claim="peak >= mean",
            what=Value("term", f"monthly_{what}"),
            mean=Value(kind, whole[result.value].mean()),
            month=month(peak["month"].date()),
            peak=Value(kind, peak[result.value]),
        ),
        message("{what} by month, all orders; unfinished months are marked", what=Value("term", f"monthly_{what}")),
        message(
            "A line of {what} by month from {first} to {last}.",
            what=term(what),
            first=month(table["month"].iloc[0].date()),
            last=month(table["month"].iloc[-1].date()),
        ),
        table[["x", result.value, "partial"]].rename(columns={result.value: "y"}),
        {
            "x": Column("Month", "date"),
            "y": Column("Revenue" if currency else "Orders", kind),
            "partial": Column("Unfinished"),
        },
    )
    return blocks(_growth(result, what), figure, _month_table(table, kind, result.value), _filled(result))


def _growth(result: MonthlyTrend, what: str) -> list[Block]:
    if result.year_on_year is None:
        words = message("No complete month has a complete month one year before it, so no yearly change is given.")
        return [Note("no_year_on_year", words, "limit")]
    change, matched = percent(result.year_on_year), count(result.matched)
    size = percent(abs(result.year_on_year))
    key = KeyFigure(
        "year_on_year", message("Change of {what} against the year before", what=term(what)), change,
        f"description.year_on_year_{what}.v1",
        note=message("{matched} complete months against the same a year before", matched=matched), direction="up",
    )  # fmt: skip
    months = {"what": term(what), "matched": matched, "change": change}
    if abs(result.year_on_year) <= LEVEL:
        template = msgid(
            "In the months that can be compared with the year before ({matched}), {what} stayed level (change "
            "{change})."
        )
        text = sentence(
            "year_on_year_lead", template, claim=f"change <= {LEVEL} and change >= -{LEVEL}", role="lead", **months
        )
    else:
        up = result.year_on_year > 0
        template = msgid(
            "In the months that can be compared with the year before ({matched}), {what} was {size} higher."
            if up
            else "In the months that can be compared with the year before ({matched}), {what} was {size} lower."
        )
        claim = f"change > {LEVEL} and size == change" if up else f"change < -{LEVEL} and size == -change"
        text = sentence("year_on_year_lead", template, claim=claim, role="lead", size=size, **months)
    return [text, key]


def _month_table(table: pd.DataFrame, kind: str, value: str) -> Block:
    columns = {"x": Column("Month from", "date"), "orders": Column("Orders", "count")}
    columns |= {"customers": Column("Customers", "count")} if "customers" in table else {}
    columns |= {"amount": Column("Revenue", "money")} if value == "amount" else {}
    columns |= {"new_customers": Column("New customers", "count")} if "new_customers" in table else {}
    columns |= {"change": Column("Change on year before", "percent")}
    shown = table[~table["partial"]]
    shown = shown[[name for name in columns if name in shown.columns]]
    words = message(
        "Complete months, and the change of {what} on the year before",
        what=term("revenue" if kind == "money" else "orders"),
    )
    return Table("months", words, shown, {name: columns[name] for name in shown.columns}, order="oldest month first")


def _filled(result: MonthlyTrend) -> Block | None:
    if result.filled == 0:
        return None
    words = message("{n} months hold no order at all and count as zero.", claim="n > 0", n=count(result.filled))
    return Note("months_without_orders", words, "warning")


def retention(result: Retention, *, level: float = 0.95) -> Blocks:
    """Which share of customers comes back, by months since the first order."""
    ages = result.by_age[result.by_age["age_months"] > 0]
    if ages.empty:
        words = message("The data reach no complete month after a first order, so nothing is said on who comes back.")
        return blocks(Note("no_retention", words, "warning"))
    reached = set(ages["age_months"])
    age = next((age for age in LATER_AGES if age in reached), int(ages["age_months"].max()))
    row = ages[ages["age_months"] == age].iloc[0]
    share = percent(row["share"], row["low"], row["high"], level=level)
    text = sentence(
        "retention",
        "Of {n} customers whose first order lies at least {age} full months back, {share} ordered in month {age} "
        "after it.",
        claim="share >= 0 and share <= 1",
        n=count(int(row["customers"])),
        age=count(age),
        share=share,
    )
    first = Note(
        "first_cohorts",
        message(
            "The earliest cohorts may also hold customers who had bought before the data begin, and then look more "
            "loyal than new customers are."
        ),
        "limit",
    )
    return blocks(text, _by_age(ages), _cohort_map(result.table, ages), first, _term())


def _by_age(ages: pd.DataFrame) -> Block:
    best = ages.loc[ages["share"].idxmax()]
    return Figure(
        "retention_by_age",
        "line",
        message(
            "The share of customers who order again is highest in month {age} after the first order: {share}",
            claim="share >= last",
            share=percent(best["share"]),
            age=count(int(best["age_months"])),
            last=percent(ages["share"].iloc[-1]),
        ),
        message("Share of customers with an order, by months since the first; all cohorts old enough, with intervals"),
        "A line of the share of customers who order again, by full months since their first order.",
        ages.rename(columns={"age_months": "x", "share": "y"}),
        {
            "x": Column("Months since the first order", "count"),
            "y": Column("Customers with an order", "percent", low="low", high="high"),
            "customers": Column("Customers", "count"),
            "cohorts": Column("Cohorts", "count"),
        },
        group_size="customers",
    )


def _cohort_map(table: pd.DataFrame, ages: pd.DataFrame) -> Block | None:
    later = table[table["age_months"] > 0]
    names = sorted(later["cohort"].unique())[-COHORTS_SHOWN:]
    later = later[later["cohort"].isin(names)]
    if later.empty:
        return None
    # The title speaks of all cohorts together: a single small cohort may be withheld from the picture.
    start, end = ages.iloc[0], ages.iloc[-1]
    data = pd.DataFrame({
        "row": later["cohort"].dt.strftime("%Y-%m"),
        "column": later["age_months"].astype(str),
        "value": later["share"],
        "customers": later["cohort_size"],
    })  # fmt: skip
    return Figure(
        "cohorts",
        "heatmap",
        message(
            "Of all cohorts together, {start} order in month {first} and {end} in month {last} after their first order",
            claim="first <= last and start >= 0 and end >= 0",
            start=percent(start["share"]),
            end=percent(end["share"]),
            first=count(int(start["age_months"])),
            last=count(int(end["age_months"])),
        ),
        message("Share of each month's new customers with an order in a later month; complete months only"),
        "A grid: one row for the customers of each first month, one column for each month since, darker where "
        "more of "
        "them ordered.",
        data,
        {
            "row": Column("First order in"),
            "column": Column("Months since"),
            "value": Column("Customers with an order", "percent"),
            "customers": Column("Customers in the cohort", "count"),
        },
        {"scale": "sequential"},
        group_size="customers",
    )


def _term() -> Block:
    words = message(
        "The customers whose first order lies in the same month. A cohort's retention is the share of it that orders "
        "in a later month."
    )
    return Definition("term_cohort", "Cohort", words)
