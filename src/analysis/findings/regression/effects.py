"""What goes with the outcome: each effect with its interval, and whether other customers show it too."""

from __future__ import annotations

import pandas as pd

from analysis.findings.kinds import kind_of
from analysis.findings.regression.outcomes import Outcome, change_of
from analysis.regression import Study
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, blocks, sentence
from analysis.report.values import Value, count, listing, number, p_value, percent, term, text
from analysis.report.wording import message, msgid

__all__ = ["effects"]

#: Effects told in words; the others stand in the table.
TOLD = 3
_AGAIN = msgid({True: "yes", False: "no"})
_UNSAID = msgid("cannot be said")


def effects(study: Study | None, outcome: Outcome, *, alpha: float = 0.05) -> Blocks:
    """The effects of a study: a lead, the strongest in natural units, and a chart with the whole table."""
    if study is None or study.effects is None or study.linear is None:
        return blocks()
    table = study.effects.assign(stands=study.effects["p_holm"] < alpha)
    standing = table[table["stands"]]
    held = standing[standing["holds"].fillna(False).astype(bool)]
    return blocks(
        _lead(study, outcome, table, held, alpha),
        _told(study, outcome, standing, held),
        _confirmed(study, outcome, standing, held, alpha),
        _chart(study, outcome, table),
        _method(study, outcome, table, alpha),
        _action(outcome, held),
    )


def _lead(study: Study, outcome: Outcome, table: pd.DataFrame, held: pd.DataFrame, alpha: float) -> Block:
    if held.empty:
        return sentence(
            outcome.block("lead"),
            "None of {n} effects on {outcome} is firm enough to rely on: none stands out after correction "
            "and shows again among other customers.",
            claim="held == 0",
            role="lead",
            n=count(len(table)),
            outcome=outcome.name,
            held=count(len(held)),
        )
    row = held.iloc[0]
    change, difference = change_of(study, outcome, row)
    template = msgid(
        "Of the {held} numbers that firmly go with {outcome}, {feature} has the largest effect for its spread: from "
        "{low} to {high}, all else alike, {outcome} is {difference}. Other customers show the same."
        if len(held) > 1
        else "One number firmly goes with {outcome}, {feature}: from {low} to {high}, all else alike, {outcome} is "
        "{difference}. Other customers show the same."
    )
    return sentence(
        outcome.block("lead"),
        template,
        claim=f"change.low > 0 and p < alpha and {'held > 1' if len(held) > 1 else 'held == 1'}",
        role="lead",
        outcome=outcome.name,
        feature=term(row["term"]),
        low=_at(row, "from_value"),
        high=_at(row, "to_value"),
        difference=difference,
        change=change,
        held=count(len(held)),
        p=p_value(float(row["p_holm"])),
        alpha=number(alpha),
    )


def _told(study: Study, outcome: Outcome, standing: pd.DataFrame, held: pd.DataFrame) -> list[Block]:
    """The strongest effects after the one that leads, between quartiles; and one more of what is counted."""
    told: list[Block] = []
    led = set(held["term"].head(1))
    counted = standing["column"].map(kind_of) == "count"  # told below, as one more
    others = standing[(standing["kind"] != "missing") & ~standing["term"].isin(led) & ~counted].head(TOLD)
    for place, (_, row) in enumerate(others.iterrows(), start=1):
        change, difference = change_of(study, outcome, row)
        told.append(
            sentence(
                outcome.block(f"effect_{place}"),
                "{feature}: from {low} to {high}, all else alike, {outcome} is {difference}.",
                claim="change.low > 0",
                feature=term(row["term"]),
                low=_at(row, "from_value"),
                high=_at(row, "to_value"),
                outcome=outcome.name,
                difference=difference,
                change=change,
            )
        )
    for place, (_, row) in enumerate(standing[counted].iterrows(), start=1):
        change, difference = change_of(study, outcome, row, "one_more")
        told.append(
            sentence(
                outcome.block(f"one_more_{place}"),
                "{feature}: one more than the typical {typical} before the cut-off goes with {outcome} that is "
                "{difference}.",
                claim="change.low > 0",
                feature=term(row["term"]),
                typical=_at(row, "typical"),
                outcome=outcome.name,
                difference=difference,
                change=change,
            )
        )
    return told


def _confirmed(study: Study, outcome: Outcome, standing: pd.DataFrame, held: pd.DataFrame, alpha: float) -> list[Block]:
    if standing.empty:
        return []
    template = msgid(
        "Of effects that stand out after correction, {held} of {n} appear again, in the same direction and beyond "
        "chance, among {test} customers who had no part in finding them: {columns}."
        if len(held)
        else "Of effects that stand out after correction, {held} of {n} appear again, in the same direction and beyond "
        "chance, among {test} customers who had no part in finding them."
    )
    return [
        KeyFigure(
            outcome.block("held"),
            outcome.figures["held"],
            count(len(held)),
            outcome.metric("effects_held"),
            int(study.checks[0].n_test),
            message("of {n} that stood out among the customers learnt from", n=count(len(standing))),
        ),
        sentence(
            outcome.block("held_up"),
            template,
            claim="held <= n",
            n=count(len(standing)),
            held=count(len(held)),
            test=count(study.checks[0].n_test),
            columns=listing(held["term"]),
        ),
    ]


def _chart(study: Study, outcome: Outcome, table: pd.DataFrame) -> Block:
    """Every effect with its interval; the chart's table adds the tests, the other customers and the overlap."""
    relative = study.loglinear is not None
    data = _numbers(table, relative=relative)
    nothing = 1 if relative else 0
    clear = int(((data["low"] > nothing) | (data["high"] < nothing)).sum())
    level = study.linear.level if study.linear else 0.95
    columns = _columns(outcome, relative=relative)
    if relative and study.linear_effects is not None:
        # beside effects that multiply, those of the straight line, which add up in the outcome's own unit
        straight = study.linear_effects.set_index("term")["change"]
        data["linear_change"] = straight.reindex(data["category"]).to_numpy()
        columns["linear_change"] = outcome.column(msgid("Change by straight line"))
    return Figure(
        id=outcome.block("effects_chart"),
        chart="interval",
        title=message(
            "{clear} of {n} numbers go with {outcome} beyond chance, taken one by one",
            claim="clear <= n",
            clear=count(clear),
            n=count(len(data)),
            outcome=outcome.name,
        ),
        subtitle=message(
            "Ratio of {outcome} between customers at the upper and at the lower quartile of each column, all else "
            "alike, with {level} intervals"
            if relative
            else "Change of {outcome} between customers at the upper and at the lower quartile of each column, all "
            "else alike, with {level} intervals",
            outcome=outcome.name,
            level=percent(level),
        ),
        description=message(
            "One dot a column, strongest first: the change of {outcome} between customers at the lower and at the "
            "upper quartile of the column, with a whisker for its interval and a line where there is no change. The "
            "table adds the effect of one standard deviation more, its p-value after correction, the same effect among "
            "other customers, and the overlap with other columns (variance inflation factor, VIF).",
            outcome=outcome.name,
        ),
        data=data,
        columns=columns,
        options={"reference": nothing, "reference_label": "no change", "log_x": relative},
    )


def _columns(outcome: Outcome, *, relative: bool) -> dict[str, Column]:
    kind = "times" if relative else outcome.kind
    return {
        "category": Column("Column", "term"),
        "estimate": Column("Ratio" if relative else "Change", kind, low="low", high="high", digits=2),
        "from_value": Column("Lower quartile", "number"),
        "to_value": Column("Upper quartile", "number"),
        "one_more": Column(
            "Change for one more", "percent" if relative else outcome.kind, digits=None if relative else outcome.digits
        ),
        "effect": Column("Standardised effect", "number", low="effect_low", high="effect_high", digits=2),
        "p_holm": Column("p, Holm", "p_value"),
        "again": Column("Standardised, other customers", "number", low="again_low", high="again_high", digits=2),
        "again_word": Column("Shown again", "phrase"),
        "vif": Column("VIF", "number", digits=1),
    }


def _numbers(table: pd.DataFrame, *, relative: bool) -> pd.DataFrame:
    whole = table["column"].map(kind_of) != "percent"  # one more of a share would be more than there can be
    data = pd.DataFrame(
        {
            "category": table["term"],
            "estimate": table["change"],
            "low": table["change_low"],
            "high": table["change_high"],
            "from_value": table["from_value"],
            "to_value": table["to_value"],
            "one_more": table["one_more"].where(whole),
            "effect": table["standardised"],
            "effect_low": table["standardised_low"],
            "effect_high": table["standardised_high"],
            "p_holm": table["p_holm"],
            "again": table["again"],
            "again_low": table["again_low"],
            "again_high": table["again_high"],
            "again_word": table["holds"].map(_AGAIN).fillna(_UNSAID),
            "vif": table["vif"],
        }
    )
    if relative:
        data[["estimate", "low", "high"]] += 1
    return data


def _method(study: Study, outcome: Outcome, table: pd.DataFrame, alpha: float) -> list[Block]:
    assert study.linear is not None
    template = msgid(
        "For {outcome}: log-linear regression (Poisson pseudo-maximum likelihood): effects multiply the expected "
        "amount, and customers without any are part of it. Intervals rest on {covariance} standard errors, which allow "
        "for unequal spread. Holm's correction is for all {m} effects on this outcome and keeps the chance of any "
        "false one below {alpha}. In the chart's table, “Change by straight line” goes from the lower to the upper "
        "quartile by linear regression (R² {r})."
        if study.loglinear is not None
        else "For {outcome}: linear regression by ordinary least squares: effects add up. Intervals rest on "
        "{covariance} standard errors, which allow for unequal spread. Holm's correction is for all {m} effects on "
        "this outcome and keeps the chance of any false one below {alpha}."
    )
    fit = study.loglinear or study.linear
    words = message(
        template,
        outcome=outcome.name,
        r=number(study.linear.r_squared, digits=2),
        covariance=text(fit.covariance_kind),
        m=count(len(table)),
        alpha=percent(alpha),
    )
    notes: list[Block] = [Note(outcome.block("method"), words)]
    logs = [row["term"] for _, row in table.iterrows() if row["kind"] == "log1p"]
    if logs:
        words = message(
            "For {outcome}, taken on a logarithmic scale because they are skewed: {columns}.",
            outcome=outcome.name,
            columns=listing(logs),
        )
        notes.append(Note(outcome.block("logs"), words))
    return notes


def _action(outcome: Outcome, held: pd.DataFrame) -> Block | None:
    usable = held[held["kind"] != "missing"]
    if usable.empty:
        return None
    row = usable.iloc[0]
    more = float(row["estimate"]) > 0
    template = msgid(
        "To foretell {outcome}, look first at {feature}: a higher value goes with higher {outcome}. Before money is "
        "spent on changing it, try it on a random part of the customers."
        if more
        else "To foretell {outcome}, look first at {feature}: a higher value goes with lower {outcome}. Before money "
        "is spent on changing it, try it on a random part of the customers."
    )
    return sentence(
        outcome.block("action"),
        template,
        claim="effect > 0" if more else "effect < 0",
        role="action",
        outcome=outcome.name,
        feature=term(row["term"]),
        effect=number(float(row["estimate"])),
    )


def _at(row: pd.Series, name: str) -> Value:
    value = float(row[name])
    kind = "number" if row["kind"] == "missing" else kind_of(str(row["column"]))
    return Value(kind, round(value) if kind == "count" else value)
