"""What follows from a comparison: does a model earn its place, and whose lists are offered?

The model is the one that did best on the earlier split, so that nothing of the later period chose it; the baseline is
the hardest to beat on the later period itself. What luck there is in that is the baseline's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from analysis.recommendation.evaluation import Wanted
from analysis.recommendation.study import Study

__all__ = ["Verdict", "decide"]

Outcome = Literal["better", "same", "worse", "no_model"]


@dataclass(frozen=True)
class Verdict:
    """One model beside one baseline.

    Attributes
    ----------
    wanted : {"new", "any"}
    model, baseline : str
        Methods; `model` is empty where none could be fitted.
    measure : str
        By which they are compared.
    outcome : {"better", "same", "worse", "no_model"}
        Whether the interval of the model's gain lies above 0, around it, or below.
    difference, low, high : float
        The gain, model less baseline.
    offered : str
        Whose lists are offered: the model's if it is better, else the baseline's, which is simpler.
    """

    wanted: Wanted
    model: str
    baseline: str
    measure: str
    outcome: Outcome
    difference: float
    low: float
    high: float

    @property
    def offered(self) -> str:
        return self.model if self.outcome == "better" else self.baseline


def decide(study: Study, *, wanted: Wanted = "new", measure: str = "hit_rate") -> Verdict | None:
    """Hold the best model of the earlier split against the hardest baseline of the later one.

    Parameters
    ----------
    study : Study
    wanted : {"new", "any"}
        Lists of products new to the customer, or of any.
    measure : str
        One of `analysis.recommendation.measures.ACCURACY`.

    Returns
    -------
    Verdict or None
        None where nothing was measured.
    """
    if study.methods is None or study.differences is None or wanted not in study.baseline:
        return None
    baseline = study.baseline[wanted]
    methods = study.methods[(study.methods["wanted"] == wanted) & (study.methods["kind"] == "model")]
    if methods.empty:
        return Verdict(wanted, "", baseline, measure, "no_model", float("nan"), float("nan"), float("nan"))
    # Without an earlier split all are missing, and the first of the list stands.
    order = methods.sort_values("earlier_ndcg", ascending=False, kind="stable", na_position="last")
    model = str(order["method"].iloc[0])
    gain = _row(study.differences, model, measure, wanted)
    difference, low, high = (float(gain[name]) for name in ("difference", "low", "high"))
    outcome: Outcome = "better" if low > 0 else "worse" if high < 0 else "same"
    return Verdict(wanted, model, baseline, measure, outcome, difference, low, high)


def _row(table: pd.DataFrame, method: str, measure: str, wanted: str) -> pd.Series:
    found = table[(table["method"] == method) & (table["measure"] == measure) & (table["wanted"] == wanted)]
    return found.iloc[0]
