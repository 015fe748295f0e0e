"""What ridge and LASSO keep, along their penalties, and how firmly."""

from __future__ import annotations

from analysis.findings.regression.outcomes import Outcome
from analysis.regression import PenalisedFit, Study
from analysis.report.blocks import Block, Blocks, Column, Figure, Table, blocks, message, sentence
from analysis.report.values import count, number, percent, term

__all__ = ["penalised"]

#: Selected in at least this share of the bootstrap samples: firm.
FIRM = 0.9
_EVERY = 5  # every fifth penalty of the path is drawn and listed


def penalised(study: Study | None, outcome: Outcome) -> Blocks:
    """The path of the LASSO, the choice of its penalty, and a table of what is kept and how often."""
    if study is None or study.lasso is None or study.ridge is None or study.selection is None:
        return blocks()
    return blocks(
        _kept(study, outcome), _path(study.lasso, outcome), _table(study, outcome),
    )  # fmt: skip


def _kept(study: Study, outcome: Outcome) -> Block:
    assert study.lasso is not None and study.selection is not None
    kept, terms = len(study.lasso.kept), len(study.lasso.design.terms)
    firm = int((study.selection["frequency"] >= FIRM).sum())
    return sentence(
        outcome.block("lasso_kept"),
        f"To foretell {outcome.words}, the LASSO keeps {{kept}} of {{terms}} columns. Columns that it keeps in at "
        f"least {{share}} of the bootstrap samples: {{firm}}.",
        claim="kept <= terms and firm <= terms",
        kept=count(kept),
        terms=count(terms),
        firm=count(firm),
        share=percent(FIRM),
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
            f"{{first}} weighs most in the LASSO's forecast of {outcome.words}",
            claim="weight >= most",
            first=term(str(strongest)),
            weight=number(float(weights[strongest])),
            most=number(float(weights.max())),
        ),
        subtitle=message(
            f"Change of {outcome.words} for one standard deviation more of each column: as the penalty falls, columns "
            "enter; {n} customers",
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
            "y": Column(f"Change of {outcome.words}", outcome.kind, digits=outcome.digits),
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
    assert study.lasso is not None and study.ridge is not None and study.selection is not None
    lasso = study.lasso.table.set_index("term")["standardised"].rename("lasso")
    ridge = study.ridge.table.set_index("term")["standardised"].rename("ridge")
    table = study.selection.join(lasso, on="term").join(ridge, on="term")
    columns = {
        "term": Column("Column", "term"),
        "frequency": Column("Kept", "percent"),
        "lasso": Column("LASSO", outcome.kind, digits=outcome.digits),
        "ridge": Column("Ridge", outcome.kind, digits=outcome.digits),
    }
    if study.refit is not None:
        names = ["estimate", "low", "high", "p"]
        refit = study.refit.table.set_index("term")[names].rename(columns={name: f"refit_{name}" for name in names})
        table = table.join(refit, on="term")
        columns["refit_estimate"] = Column("Refit, per unit", "number", low="refit_low", high="refit_high")
        columns["refit_p"] = Column("p", "p_value")
    table = table.sort_values(["frequency", "term"], ascending=[False, True], kind="stable")
    return Table(
        outcome.block("selection"),
        message(
            f"How often the LASSO keeps a column for {outcome.words}, what one standard deviation more adds, and a "
            "refit "
            "on other customers"
        ),
        table,
        columns,
    )
