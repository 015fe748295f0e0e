"""What follows from the rules that held up, and what the joint baskets are worth."""

from __future__ import annotations

import pandas as pd

from analysis.findings.rules.shared import CHARTED, name_rules, one_per_set, single_consequents
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, blocks, sentence
from analysis.report.values import Value, count, money, percent, text, times
from analysis.report.wording import message, msgid
from analysis.rules import Checked

__all__ = ["actions", "worth"]

_ACTIONS = 5
_LARGE_SHARE = 0.5


def actions(checked: Checked) -> Blocks:
    """The rules to act on, the most valuable first, each with what to do."""
    best = _best(checked)
    if best.empty:
        words = msgid("No rule held up, so no placement or recommendation follows from this page.")
        return blocks(Note("no_action", message(words), "warning"))
    first = best.iloc[0]
    return blocks(
        _strongest(best, checked.level),
        sentence(
            "best_rule",
            "First to act on: of {n} later baskets with {antecedent}, {confidence} also hold {consequent}, {lift} the "
            "share in all baskets.",
            claim="lift.low > 1 and confidence > usual",
            role="lead",
            antecedent=text(first["antecedent"]),
            consequent=text(first["consequent"]),
            confidence=_bounded(percent, first, "later_confidence", checked.level),
            lift=_bounded(times, first, "later_lift", checked.level),
            usual=percent(first["later_consequent_count"] / checked.later.n),
            n=count(first["later_antecedent_count"]),
        ),
        [_action(rank, row, checked) for rank, row in enumerate(best.head(_ACTIONS).to_dict("records"), start=1)],
        Note(
            "placement_limit",
            message(
                "That products go together does not say that placing or offering them together sells more: try it on "
                "some customers or shops, and compare with others."
            ),
            "limit",
        ),
    )


def worth(checked: Checked) -> Blocks:
    """Money behind the rules that held up; nothing where purchases carry no money."""
    best = _best(checked)
    if checked.later.amounts is None:
        return blocks(
            Note("no_money", message("Purchases carry no amounts, so rules have no value in money."), "limit")
        )
    best = best.dropna(subset=["extra_revenue"])
    if best.empty:
        return blocks()
    first, shown, days = best.iloc[0], best.head(CHARTED), count(checked.days)
    return blocks(
        KeyFigure(
            "extra_revenue",
            "Revenue beyond chance, first rule to act on",
            _bounded(money, first, "extra_revenue", checked.level),
            "rules.extra_revenue.v2",
            n=int(first["later_antecedent_count"]),
            note=message("in the {days} days of the later period", days=days),
        ),
        _per_year(first, checked),
        _money_chart(shown, checked, days),
        Note(
            "worth_method",
            message(
                "Revenue beyond chance = (confidence − share of all baskets with the second product) × baskets with "
                "the first × average amount of the second in baskets with both. It says what goes with the first "
                "product, not what placing the two together would add. Rules share products, so the amounts do not "
                "add up."
            ),
        ),
        _margin(first, checked),
    )


def _per_year(first: pd.Series, checked: Checked) -> Block:
    days = count(checked.days)
    words = msgid(
        "Per {hundred} baskets with {antecedent}, {consequent} comes with {per_hundred} of revenue more than chance "
        "would bring; at the pace of the {days} later days that is {per_year} a year."
    )
    return sentence(
        "worth_per_year",
        words,
        claim="days > 0 and hundred == 100",
        hundred=count(100),
        antecedent=text(first["antecedent"]),
        consequent=text(first["consequent"]),
        per_hundred=_bounded(money, first, "extra_per_hundred", checked.level),
        per_year=_bounded(money, first, "extra_per_year", checked.level),
        days=days,
    )


def _margin(first: pd.Series, checked: Checked) -> Block:
    if checked.margin is None:
        words = msgid("No margin is given, so amounts are revenue, not profit.")
        return Note("no_margin", message(words), "limit")
    return sentence(
        "worth_margin",
        "At a margin of {margin}, the first rule to act on stands for {amount} of profit a year beyond chance.",
        claim="margin > 0",
        margin=percent(checked.margin),
        amount=_bounded(money, first, "extra_margin_per_year", checked.level),
    )


def _best(checked: Checked) -> pd.DataFrame:
    """Rules that held up, one for each set of products, the most valuable first.

    Their order comes from the mining period, so that the later figures shown are not picked for being large.
    """
    table = checked.table
    if table.empty or checked.later.n == 0:
        return table.head(0)
    table = table[table["held_up"]]
    key = "mining_extra_revenue" if table["mining_extra_revenue"].notna().any() else "leverage"
    ordered = table.sort_values(key, ascending=False, kind="stable")
    single = ordered[single_consequents(ordered)]
    return one_per_set(single if len(single) else ordered)


def _strongest(best: pd.DataFrame, level: float) -> KeyFigure:
    """The rule with the largest lift when found, as the later period measures it."""
    strongest = best.sort_values("lift", ascending=False, kind="stable").iloc[0]
    return KeyFigure(
        "strongest_lift",
        "Strongest link that held up",
        _bounded(times, strongest, "later_lift", level),
        "rules.strongest_lift.v1",
        n=int(strongest["later_antecedent_count"]),
        note=message(
            "{antecedent} and {consequent}, later period",
            antecedent=text(strongest["antecedent"]),
            consequent=text(strongest["consequent"]),
        ),
    )


def _action(rank: int, row: dict[str, object], checked: Checked) -> Block:
    series = pd.Series(row)
    arguments: dict[str, Value] = {
        "antecedent": text(series["antecedent"]),
        "consequent": text(series["consequent"]),
        "confidence": percent(series["later_confidence"]),
        "missing": count(series["later_antecedent_count"] - series["later_count"]),
        "lift": times(series["later_lift"], series["later_lift_low"], series["later_lift_high"], level=checked.level),
    }
    if series["later_confidence"] >= _LARGE_SHARE:
        words = msgid(
            "Show {antecedent} and {consequent} together and offer them as a set: {confidence} of later baskets with "
            "the first hold the second, {lift} the share in all baskets."
        )
        return sentence(f"action_{rank}", words, claim="confidence >= 0.5 and lift.low > 1", role="action", **arguments)
    words = msgid(
        "Offer {consequent} to those who take {antecedent}: {confidence} of later baskets with the latter hold both, "
        "{lift} the share in all baskets; without: {missing}."
    )
    claim = "confidence < 0.5 and lift.low > 1 and missing > 0"
    return sentence(f"action_{rank}", words, claim=claim, role="action", **arguments)


def _money_chart(shown: pd.DataFrame, checked: Checked, days: Value) -> Figure:
    bounds = {"estimate": "extra_revenue", "low": "extra_revenue_low", "high": "extra_revenue_high"}
    rows = pd.DataFrame({name: shown[source].to_numpy() for name, source in bounds.items()})
    rows.insert(0, "category", name_rules(shown))
    rows = rows.assign(
        baskets=shown["later_antecedent_count"].to_numpy(),
        confidence=shown["later_confidence"].to_numpy(),
        usual=(shown["later_consequent_count"] / checked.later.n).to_numpy(),
        average_amount=shown["average_amount"].to_numpy(),
        per_hundred=shown["extra_per_hundred"].to_numpy(),
        per_year=shown["extra_per_year"].to_numpy(),
        rule=name_rules(shown, short=False),
        customers=shown["customers"].to_numpy(),
    )
    return Figure(
        "worth_chart",
        "interval",
        message(
            "{above} of {shown} most promising combinations clearly brought more than chance in {days} later days",
            claim="above <= shown and above >= 0",
            above=count(int((rows["low"] > 0).sum())),
            shown=count(len(rows)),
            days=days,
        ),
        message(
            "Revenue of the second product in baskets beyond those expected by chance, {n} later baskets, {level} "
            "interval; in the order of what combinations were worth when found",
            n=count(checked.later.n),
            level=percent(checked.level),
        ),
        "Dots with whiskers, one for each combination that held up, in the order of their worth when found.",
        rows,
        {
            "category": Column("Rule"),
            "estimate": Column("Revenue beyond chance", "money"),
            "low": Column("Lower bound", "money"),
            "high": Column("Upper bound", "money"),
            "baskets": Column("Baskets with the first", "count"),
            "confidence": Column("Confidence", "percent"),
            "usual": Column("Share of all baskets", "percent", digits=1),
            "average_amount": Column("Average amount", "money"),
            "per_hundred": Column("Per hundred baskets", "money"),
            "per_year": Column("Per year", "money"),
            "rule": Column("Rule in full"),
        },
        {"reference": 0, "reference_label": "as by chance"},
        group_size="customers",
    )


def _bounded(kind, row: pd.Series, name: str, level: float) -> Value:  # type: ignore[no-untyped-def]
    value: Value = kind(row[name], row[f"{name}_low"], row[f"{name}_high"], level=level)
    return value
