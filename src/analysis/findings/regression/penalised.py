"""What ridge and LASSO keep, along their penalties, and how firmly."""

from __future__ import annotations

import pandas as pd

from analysis.findings.regression.outcomes import Outcome
from analysis.multiplicity import adjust
from analysis.regression import PenalisedFit, Study
from analysis.report.blocks import Block, Blocks, Column, Figure, Table, blocks, sentence
from analysis.report.values import count, listing, number, percent, term
from analysis.report.wording import message, msgid, phrase

__all__ = ["penalised"]

#: Selected in at least this share of the bootstrap samples: firm.
FIRM = 0.9
#: Needed columns named in a sentence.
NAMED = 6
_EVERY = 5  # every fifth penalty of the path is drawn and listed
_CHOICES = msgid({"minimum": "least error", "one_standard_error": "one standard error"})


def penalised(study: Study | None, outcome: Outcome, *, alpha: float = 0.05) -> Blocks:
    """What is needed, both choices of the penalty, the path of the LASSO, and what is kept and how often."""
    if study is None or study.penalties is None:
        return blocks()
    return blocks(
        _needed(study, outcome), _refit(study, outcome, alpha), _choices(study, outcome),
        _path(study.penalties.fit("lasso", "minimum"), outcome), _table(study, outcome),
    )  # fmt: skip


def _needed(study: Study, outcome: Outcome) -> Block:
    assert study.penalties is not None
    sparse = study.penalties.fit("lasso", "one_standard_error")
    least = study.penalties.fit("lasso", "minimum")
    selection = study.penalties.selection
    needed = selection[selection["kept_sparse"]]
    firm = int((needed["frequency_sparse"] >= FIRM).sum())
    few, kept, terms = count(len(sparse.kept)), count(len(least.kept)), count(len(selection))
    if not sparse.kept:
        return sentence(
            outcome.block("lasso_kept"),
            "Without any column the LASSO foretells {outcome} within one standard error of its least error, which "
            "takes {kept} of {terms} columns: cross-validation cannot say firmly how much the columns add.",
            claim="few == 0 and kept <= terms",
            outcome=outcome.name,
            few=few,
            kept=kept,
            terms=terms,
        )
    strongest = sparse.slopes.sort_values("standardised", key=abs, ascending=False, kind="stable")
    named = strongest.loc[strongest["kept"], "term"].head(NAMED)
    template = msgid(
        "With {columns} alone ({few} of {terms} columns) the LASSO foretells {outcome} within one standard error of "
        "its least error, which takes {kept}. Of these {few}, {firm} are kept in at least {share} of the bootstrap "
        "samples."
        if len(named) == len(sparse.kept)
        else "With columns such as {columns} ({few} of {terms} columns) the LASSO foretells {outcome} within one "
        "standard error of its least error, which takes {kept}. Of these {few}, {firm} are kept in at least {share} of "
        "the bootstrap samples."
    )
    return sentence(
        outcome.block("lasso_kept"),
        template,
        claim="few > 0 and kept <= terms and firm <= few",
        outcome=outcome.name,
        few=few,
        kept=kept,
        terms=terms,
        columns=listing(named),
        firm=count(firm),
        share=percent(FIRM),
    )


def _refit(study: Study, outcome: Outcome, alpha: float) -> Block | None:
    table = _refitted(study)
    if table is None:
        return None
    assert study.penalties is not None
    weights = study.penalties.fit("lasso", "one_standard_error").slopes.set_index("term")["estimate"]
    same = (table["estimate"] * weights.reindex(table.index) > 0) & (table["p_holm"] < alpha)
    return sentence(
        outcome.block("lasso_refit"),
        "Fitted again to {test} customers who had no part in the choice, {again} of these {few} go with {outcome} in "
        "the same direction beyond chance.",
        claim="again <= few",
        outcome=outcome.name,
        again=count(int(same.sum())),
        few=count(len(table)),
        test=count(study.refit.n if study.refit is not None else 0),
    )


def _refitted(study: Study) -> pd.DataFrame | None:
    """The needed columns on the held-out customers: estimate, low, high, p_holm; family: these columns."""
    if study.refit is None:
        return None
    table = study.refit.slopes.set_index("term")[["estimate", "low", "high", "p"]]
    return table.assign(p_holm=adjust(table["p"], method="holm"))


def _choices(study: Study, outcome: Outcome) -> Block:
    assert study.penalties is not None
    table = study.penalties.table
    table = table.assign(
        name=[f"model_{model}" for model in table["model"]],
        penalised=[_CHOICES[choice] for choice in table["choice"]],
    )
    return Table(
        outcome.block("penalties"),
        message(
            "Two penalties for {outcome}: columns kept, and how far forecasts miss; the forecasts above use the one of "
            "{choice}",
            outcome=outcome.name,
            choice=phrase(_CHOICES[study.choice]),
        ),
        table,
        {
            "name": Column("Model", "term"),
            "penalised": Column("Penalty of", "phrase"),
            "kept": Column("Columns kept", "count"),
            "cross_validated": outcome.column(msgid("Error, cross-validated")),
            "rmse": outcome.column(msgid("Error, other customers"), "rmse_low", "rmse_high"),
        },
    )


def _path(fit: PenalisedFit, outcome: Outcome) -> Block:
    grid = sorted(fit.path["penalty"].unique(), reverse=True)[::_EVERY]
    data = fit.path[fit.path["penalty"].isin(grid)].rename(
        columns={"penalty": "x", "standardised": "y", "term": "series"}
    )
    weights = fit.slopes.set_index("term")["standardised"].abs()
    strongest = weights.idxmax()
    return Figure(
        id=outcome.block("lasso_path"),
        chart="paths",
        title=message(
            "{first} weighs most in the LASSO's forecast of {outcome}",
            claim="weight >= most",
            outcome=outcome.name,
            first=term(str(strongest)),
            weight=number(float(weights[strongest])),
            most=number(float(weights.max())),
        ),
        subtitle=message(
            "Change of {outcome} for one standard deviation more of each column: as the penalty falls, columns enter; "
            "{n} customers",
            outcome=outcome.name,
            n=count(len(fit.design.response)),
        ),
        description=(
            "One line a column: at a high penalty on the left all are 0, and they leave 0 one by one as the "
            "penalty falls. Two marks show the penalty of least error and the largest within one standard error of "
            "it."
        ),
        data=data[["x", "y", "series"]],
        columns={
            "x": Column("Penalty", "number"),
            "y": outcome.column(message("Change of {outcome}", outcome=outcome.name)),
            "series": Column("Column", "term"),
        },
        options={
            "log_x": True,
            "marks": [
                {"x": fit.penalty_minimum, "label": "least error"},
                {"x": fit.penalty_one_standard_error, "label": "within one standard error"},
            ],
        },
    )


def _table(study: Study, outcome: Outcome) -> Block:
    assert study.penalties is not None
    found = study.penalties
    lasso, ridge = (
        found.fit(kind, "minimum").slopes.set_index("term")["standardised"].rename(kind) for kind in ("lasso", "ridge")
    )
    table = found.selection.join(lasso, on="term").join(ridge, on="term")
    columns = {
        "term": Column("Column", "term"),
        "frequency_sparse": Column("Kept within one SE", "percent", digits=0),
        "frequency": Column("Kept at least error", "percent", digits=0),
        "lasso": Column("LASSO", outcome.kind, digits=outcome.digits),
        "ridge": Column("Ridge", outcome.kind, digits=outcome.digits),
    }
    again = _refitted(study)
    if again is not None:
        table = table.join(again.add_prefix("refit_"), on="term")
        columns["refit_estimate"] = Column("Refit, per unit", "number", low="refit_low", high="refit_high")
        columns["refit_p_holm"] = Column("p, Holm", "p_value")
    order = ["frequency_sparse", "frequency", "term"]
    return Table(
        outcome.block("selection"),
        message(
            "How often the LASSO keeps a column for {outcome} in bootstrap samples (SE: standard error), and what one "
            "standard deviation more adds at the least error"
            if again is None
            else "How often the LASSO keeps a column for {outcome} in bootstrap samples (SE: standard error), and what "
            "one standard deviation more adds at the least error; a refit of the needed ones on other customers",
            outcome=outcome.name,
        ),
        table.sort_values(order, ascending=[False, False, True], kind="stable"),
        columns,
    )
