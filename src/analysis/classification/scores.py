"""Every customer's probability for the horizon that begins now."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.classification.calibration import Calibration
from analysis.classification.models import fit
from analysis.classification.outcome import Remark
from analysis.classification.training import Question, Trained

__all__ = ["score"]

Floats = NDArray[np.float64]


def score(
    trained: Trained,
    frame: pd.DataFrame,
    label: Floats,
    now: pd.DataFrame | None,
    question: Question,
    calibration: Calibration,
) -> tuple[pd.DataFrame | None, list[Remark]]:
    """Fit the chosen model with the chosen setting to all complete cut-offs, and score today's customers.

    Parameters
    ----------
    trained : Trained
    frame, label
        Rows of all cut-offs.
    now : DataFrame or None
        One row a customer, with the columns of the question, at the day from which the horizon runs.
    question : Question
    calibration : Calibration
        Of the chosen model on its test rows.

    Returns
    -------
    scores : DataFrame or None
        The key, probability, rank (1: most likely), part (tenth of the customers, 1: most likely), and observed,
        observed_low, observed_high: of the test customers who had such a probability, the share for whom the event
        came, with its Clopper-Pearson interval. Most likely first. None where there is nobody to score.
    remarks : list of Remark
        scores_lack, if `now` lacks columns.
    """
    if now is None:
        return None, []
    needed = [question.key, *question.columns]
    if lacking := [name for name in needed if name not in now.columns]:
        return None, [Remark("scores_lack", value=float(len(lacking)), other=", ".join(lacking))]
    chosen = trained.forecasters[trained.chosen]
    again = fit(
        trained.chosen, chosen.tuning.setting, frame, label, columns=question.columns,
        random_state=question.random_state,
    )  # fmt: skip
    probability = replace(chosen, fitted=again).predict(now)
    table = pd.DataFrame({question.key: now[question.key].to_numpy(), "probability": probability})
    table = table.sort_values(["probability", question.key], ascending=[False, True], kind="stable", ignore_index=True)
    table["rank"] = np.arange(1, len(table) + 1)
    table["part"] = (table["rank"] * 10 + len(table) - 1) // max(len(table), 1)
    bins = calibration.table
    edges = (bins["predicted_high"].to_numpy()[:-1] + bins["predicted_low"].to_numpy()[1:]) / 2
    bin_of = np.searchsorted(edges, table["probability"].to_numpy())
    for name, source in (("observed", "observed"), ("observed_low", "low"), ("observed_high", "high")):
        table[name] = bins[source].to_numpy()[bin_of]
    return table, []
