"""What goes with the outcome: each effect with its interval, and whether other customers show it too."""

from __future__ import annotations

import pandas as pd

from analysis.findings.kinds import kind_of
from analysis.findings.regression.outcomes import Outcome, change_of
from analysis.regression import Study
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Sentence, blocks, sentence
from analysis.report.values import Value, count, listing, number, p_value, percent, term
from analysis.report.wording import Message, message

__all__ = ["effects"]

#: Effects told in words; the others stand in the table.
TOLD = 3


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
            f"None of {{n}} effects on {outcome.words} is firm enough to rely on: none stands out after correction "
            "and shows again among other customers.",
            claim="held == 0",
            role="lead",
            n=count(len(table)),
            held=count(len(held)),
        )
    row = held.iloc[0]
    change, direction = change_of(study, outcome, row)
    start = (
        f"Of the {{held}} numbers that firmly go with {outcome.words}, {{feature}} has the largest effect for its "
        "spread"
        if len(held) > 1
        else f"One number firmly goes with {outcome.words}, {{feature}}"
    )
    return sentence(
        outcome.block("lead"),
        f"{start}: from {{low}} to {{high}}, all else alike, {outcome.words} is {{change}} {direction}. Other "
        "customers "
        "show the same.",
        claim=f"change.low > 0 and p < alpha and {'held > 1' if len(held) > 1 else 'held == 1'}",
        role="lead",
        feature=term(row["term"]),
        low=_at(row, "from_value"),
        high=_at(row, "to_value"),
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
        change, direction = change_of(study, outcome, row)
        told.append(
            sentence(
                outcome.block(f"effect_{place}"),
                f"{{feature}}: from {{low}} to {{high}}, all else alike, {outcome.words} is {{change}} {direction}.",
                claim="change.low > 0",
                feature=term(row["term"]),
                low=_at(row, "from_value"),
                high=_at(row, "to_value"),
                change=change,
            )
        )
    for place, (_, row) in enumerate(standing[counted].iterrows(), start=1):
        change, direction = change_of(study, outcome, row, "one_more")
        told.append(
            sentence(
                outcome.block(f"one_more_{place}"),
                f"{{feature}}: one more than the typical {{typical}} before the cut-off goes with {outcome.words} "
                f"that is {{change}} {direction}.",
                claim="change.low > 0",
                feature=term(row["term"]),
                typical=_at(row, "typical"),
                change=change,
            )
        )
    return told


def _confirmed(study: Study, outcome: Outcome, standing: pd.DataFrame, held: pd.DataFrame, alpha: float) -> list[Block]:
    if standing.empty:
        return []
    return [
        KeyFigure(
            outcome.block("held"),
            f"Effects on {outcome.words} that other customers show too",
            count(len(held)),
            outcome.metric("effects_held"),
            int(study.checks[0].n_test),
            message("of {n} that stood out among the customers learnt from", n=count(len(standing))),
        ),
        Sentence(
            outcome.block("held_up"),
            Message(
                "Of effects that stand out after correction, {held} of {n} appear again, in the same direction and "
                "beyond chance, among {test} customers who had no part in finding them"
                + (": {columns}." if len(held) else "."),
                {
                    "n": count(len(standing)),
                    "held": count(len(held)),
                    "test": count(study.checks[0].n_test),
                    **({"columns": listing(held["term"])} if len(held) else {}),
                },
                "held <= n",
            ),
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
        columns["linear_change"] = outcome.column("Change by straight line")
    return Figure(
        id=outcome.block("effects_chart"),
        chart="interval",
        title=message(
            f"{{clear}} of {{n}} numbers go with {outcome.words} beyond chance, taken one by one",
            claim="clear <= n",
            clear=count(clear),
            n=count(len(data)),
        ),
        subtitle=message(
            f"{'Ratio' if relative else 'Change'} of {outcome.words} between customers at the upper and at the lower "
            "quartile of each column, all else alike, with {level} intervals",
            level=percent(level),
        ),
        description=(
            f"One dot a column, strongest first: the change of {outcome.words} between customers at the lower and "
            "at the upper quartile of the column, with a whisker for its interval and a line where there is no "
            "change. The table adds the effect of one standard deviation more, its p-value after correction, the same "
            "effect among other customers, and the overlap with other columns (variance inflation factor, VIF)."
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
        "again_word": Column("Shown again", "text"),
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
            "again_word": table["holds"].map({True: "yes", False: "no"}).fillna("cannot be said"),
            "vif": table["vif"],
        }
    )
    if relative:
        data[["estimate", "low", "high"]] += 1
    return data


def _method(study: Study, outcome: Outcome, table: pd.DataFrame, alpha: float) -> list[Block]:
    assert study.linear is not None
    model = (
        "log-linear regression (Poisson pseudo-maximum likelihood): effects multiply the expected amount, and "
        "customers without any are part of it."
        if study.loglinear is not None
        else "linear regression by ordinary least squares: effects add up."
    )
    fit = study.loglinear or study.linear
    notes: list[Block] = [
        Note(
            outcome.block("method"),
            message(
                f"For {outcome.words}: {model} Intervals rest on {{covariance}} standard errors, which allow for "
                "unequal "
                "spread. Holm's correction is for all {m} effects on this outcome and keeps the chance of any false "
                "one below {alpha}."
                + (
                    " In the chart's table, “Change by straight line” goes from the lower to the upper quartile by "
                    "linear regression (R² {r})."
                    if study.loglinear is not None
                    else ""
                ),
                r=number(study.linear.r_squared, digits=2),
                covariance=Value("text", fit.covariance_kind),
                m=count(len(table)),
                alpha=percent(alpha),
            ),
        ),
    ]
    logs = [row["term"] for _, row in table.iterrows() if row["kind"] == "log1p"]
    if logs:
        notes.append(
            Note(
                outcome.block("logs"),
                message(
                    f"For {outcome.words}, taken on a logarithmic scale because they are skewed: {{columns}}.",
                    columns=Value("listing", tuple(logs)),
                ),
            )
        )
    return notes


def _action(outcome: Outcome, held: pd.DataFrame) -> Block | None:
    usable = held[held["kind"] != "missing"]
    if usable.empty:
        return None
    row = usable.iloc[0]
    more = float(row["estimate"]) > 0
    template = (
        f"To foretell {outcome.words}, look first at {{feature}}: a higher value goes with "
        f"{'higher' if more else 'lower'} {outcome.words}. Before money is spent on changing it, try it on a random "
        "part "
        "of the customers."
    )
    return sentence(
        outcome.block("action"),
        template,
        claim="effect > 0" if more else "effect < 0",
        role="action",
        feature=term(row["term"]),
        effect=number(float(row["estimate"])),
    )


def _at(row: pd.Series, name: str) -> Value:
    value = float(row[name])
    kind = "number" if row["kind"] == "missing" else kind_of(str(row["column"]))
    return Value(kind, round(value) if kind == "count" else value)
