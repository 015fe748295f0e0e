"""What ridge and LASSO keep, along their penalties, and how firmly."""

from __future__ import annotations

import pandas as pd

from analysis.findings.regression.outcomes import Outcome
from analysis.regression import PenalisedFit, Study
from analysis.report.blocks import Block, Blocks, Column, Figure, Note, Table, blocks, message, sentence
from analysis.report.values import count, percent, term

__all__ = ["penalised"]

#: Selected in at least this share of the bootstrap samples: firm.
FIRM = 0.9
_EVERY = 5  # every fifth penalty of the path is drawn and listed


def penalised(study: Study | None, outcome: Outcome) -> Blocks:
    """The path of the LASSO, the choice of its penalty, and a table of what is kept and how often."""
    if study is None or study.lasso is None or study.ridge is None or study.selection is None:
        return blocks()
    return blocks(
        _kept(study, outcome), _path(study.lasso, outcome), _curve(study.lasso, outcome), _table(study, outcome),
        _notes(study, outcome),
    )  # fmt: skip


def _kept(study: Study, outcome: Outcome) -> Block:
    assert study.lasso is not None and study.selection is not None
    kept, terms = len(study.lasso.kept), len(study.lasso.design.terms)
    firm = int((study.selection["frequency"] >= FIRM).sum())
    return sentence(
        outcome.block("lasso_kept"),
        f"To foretell {outcome.words}, the LASSO keeps {{kept}} of {{terms}} columns; {{firm}} are kept in at least "
        f"{{share}} of the bootstrap samples.",
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
    strongest = fit.table[fit.table["term"] != "intercept"].set_index("term")["standardised"].abs().idxmax()
    return Figure(
        id=outcome.block("lasso_path"),
        chart="paths",
        title=message(
            f"As the LASSO's penalty falls, columns enter the forecast of {outcome.words}; {{first}} weighs most",
            first=term(str(strongest)),
        ),
        subtitle=message(
            f"Change of {outcome.words} for one standard deviation more of each column, by penalty; {{n}} customers",
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


def _curve(fit: PenalisedFit, outcome: Outcome) -> Block:
    curve = fit.cross_validation.iloc[::_EVERY]
    data = pd.DataFrame(
        {
            "x": range(len(curve)),
            "penalty": curve["penalty"],
            "y": curve["error"],
            "low": curve["error"] - curve["standard_error"],
            "high": curve["error"] + curve["standard_error"],
            "kept": curve["kept"],
        }
    )
    return Table(
        outcome.block("lasso_choice"),
        message(
            "How the penalty was chosen: cross-validated mean squared error over {folds} folds, with one standard "
            "error either side",
            folds=count(fit.folds),
        ),
        data,
        {
            "penalty": Column("Penalty", "number"),
            "y": Column("Mean squared error", "number", low="low", high="high"),
            "kept": Column("Columns kept", "count"),
        },
    )


def _table(study: Study, outcome: Outcome) -> Block:
    assert study.lasso is not None and study.ridge is not None and study.selection is not None
    lasso = study.lasso.table.set_index("term")["standardised"].rename("lasso")
    ridge = study.ridge.table.set_index("term")["standardised"].rename("ridge")
    table = study.selection.join(lasso, on="term").join(ridge, on="term")
    columns = {
        "term": Column("Column", "term"),
        "frequency": Column("Kept in samples", "percent"),
        "positive": Column("With a positive effect", "percent"),
        "lasso": Column("LASSO", outcome.kind, digits=outcome.digits),
        "ridge": Column("Ridge", outcome.kind, digits=outcome.digits),
    }
    if study.refit is not None:
        names = ["estimate", "low", "high", "p"]
        refit = study.refit.table.set_index("term")[names].rename(columns={name: f"refit_{name}" for name in names})
        table = table.join(refit, on="term")
        columns["refit_estimate"] = Column(
            "Refit on other customers, per unit", "number", low="refit_low", high="refit_high"
        )
        columns["refit_p"] = Column("p of the refit", "p_value")
    table = table.sort_values(["frequency", "term"], ascending=[False, True], kind="stable")
    return Table(
        outcome.block("selection"),
        message(
            f"What LASSO and ridge make of each column for {outcome.words}: effect of one standard deviation more, "
            "and how often the LASSO keeps the column in bootstrap samples"
        ),
        table,
        columns,
    )


def _notes(study: Study, outcome: Outcome) -> list[Block]:
    words = (
        "LASSO and ridge hold effects back to make better forecasts, so their numbers are smaller than plain "
        "effects. What a LASSO kept gets no p-value from the customers it was kept on: the frequency says how "
        "firmly it was kept, at the chosen penalty, and the refit tests it on the customers held out."
    )
    return [Note(outcome.block("lasso_method"), message(words))]
