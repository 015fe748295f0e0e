"""Classification: will a customer do it within a horizon, how well can that be foretold, whom does it pay to contact?

Features lie strictly before a cut-off, the label strictly after it; later cut-offs judge what earlier ones taught.

    >>> import numpy as np, pandas as pd
    >>> from datetime import date
    >>> from analysis import classification
    >>> rng = np.random.default_rng(3)
    >>> orders = rng.poisson(3, 1500)
    >>> histories = pd.DataFrame({
    ...     "customer_key": np.tile(np.arange(500), 3), "orders": orders,
    ...     "cutoff": np.repeat([date(2024, 1, 1), date(2024, 4, 1), date(2024, 7, 1)], 500),
    ...     "target_orders": rng.poisson(0.25 * orders)})
    >>> answer = classification.study(histories, columns=["orders"], models=["logistic", "tree"],
    ...     as_of=date(2024, 9, 30), horizon_days=91, recency=None, replicates=200, random_state=1)
    >>> answer.verdict.baseline, answer.verdict.beats
    ('prevalence', True)

`study` asks a whole question; `recompute` shows whether a feature builder knows the future; the parts (`compare`,
`calibration`, `gains`, `profit`, `importance`, `DecisionTree`, …) take labels and probabilities of any model.
"""

from analysis.classification.calibration import Calibration, Recalibration, calibration, quantile_bins, recalibration
from analysis.classification.criteria import SplitMeasures, categorical_splits, entropy, gini, measures_of
from analysis.classification.curves import curves
from analysis.classification.evaluation import Comparison, Verdict, compare
from analysis.classification.gains import Gains, gains
from analysis.classification.guard import Guard
from analysis.classification.importance import alike, dependence, importance
from analysis.classification.metrics import (
    MEASURES,
    DeLong,
    area,
    average_precision,
    brier,
    delong,
    log_loss,
    losses,
    murphy,
)
from analysis.classification.models import BASELINES, MODELS, Fitted, fit
from analysis.classification.odds import odds_ratios
from analysis.classification.outcome import Outcome, Remark
from analysis.classification.periods import Split, origins
from analysis.classification.prepare import Preparer, Term
from analysis.classification.profit import Economics, Profit, best_threshold, profit
from analysis.classification.recomputation import Recomputation, recompute
from analysis.classification.rules import Condition, TreeView
from analysis.classification.study import Study, present, study, tables
from analysis.classification.tree import DecisionTree, Node

__all__ = [
    "BASELINES",
    "MEASURES",
    "MODELS",
    "Calibration",
    "Comparison",
    "Condition",
    "DeLong",
    "DecisionTree",
    "Economics",
    "Fitted",
    "Gains",
    "Guard",
    "Node",
    "Outcome",
    "Preparer",
    "Profit",
    "Recalibration",
    "Recomputation",
    "Remark",
    "Split",
    "SplitMeasures",
    "Study",
    "Term",
    "TreeView",
    "Verdict",
    "alike",
    "area",
    "average_precision",
    "best_threshold",
    "brier",
    "calibration",
    "categorical_splits",
    "compare",
    "curves",
    "delong",
    "dependence",
    "entropy",
    "fit",
    "gains",
    "gini",
    "importance",
    "log_loss",
    "losses",
    "measures_of",
    "murphy",
    "odds_ratios",
    "origins",
    "present",
    "profit",
    "quantile_bins",
    "recalibration",
    "recompute",
    "study",
    "tables",
]
