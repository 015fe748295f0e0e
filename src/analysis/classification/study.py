"""One question, asked whole: will a customer do it within the horizon, and what follows for action?

Everything is learnt from earlier cut-offs and judged on later ones. Nothing is chosen on the test period: settings, the
model, its recalibration and the threshold of contact come from the training period, whose label windows end by the test
cut-off.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from analysis.classification.calibration import Calibration
from analysis.classification.evaluation import Comparison, Verdict
from analysis.classification.gains import Gains
from analysis.classification.guard import Guard, check_columns, check_names
from analysis.classification.judging import Judging, judge, roll
from analysis.classification.metrics import Measure
from analysis.classification.models import MODELS
from analysis.classification.outcome import Event, Outcome, Remark
from analysis.classification.periods import Split
from analysis.classification.profit import Economics, Profit
from analysis.classification.rows import Material, check, material
from analysis.classification.rules import TreeView
from analysis.classification.scores import score
from analysis.classification.training import Question, Trained, train
from analysis.classification.tree import Criterion

__all__ = ["Study", "present", "study", "tables"]


@dataclass(frozen=True)
class Study:
    """The whole answer to one question, or the reason why there is none.

    Parameters
    ----------
    outcome : Outcome
        What the event is.
    obstacle : Remark or None
        Why nothing could be fitted; all that follows `guard` is then None or empty.
    remarks : tuple of Remark
    columns : tuple of str
        Those asked for.
    as_of : date
    horizon_days : int
    level : float
        Of all intervals.
    periods : DataFrame
        One row a cut-off, oldest first: cutoff, label_until (day after the window), customers, events, share, low, high
        (Clopper-Pearson), role (train, test, purged, or both where customers are divided).
    guard : Guard or None
    kind : str
        `later_period` (test rows are of a later cut-off) or `other_customers` (there is one cut-off alone).
    n_train, n_test, shared : int
        Rows; customers of the test rows who also teach, at earlier cut-offs.
    tuning : DataFrame
        model, setting, log_loss, brier, n (validation rows inside the training period), chosen.
    chosen : str
        The model of least validated loss: chosen before the test period was looked at.
    comparison : Comparison
        All models and baselines on the test rows.
    verdict : Verdict
        Of the measure asked for.
    rolling : DataFrame
        Each test cut-off in turn, newest first: cutoff, train_cutoffs (number), n, events, model, kind, chosen (there),
        measure, estimate, low, high; newest first.
    calibrations : dict of str to Calibration
        By model, on the test rows.
    gains, rival_gains : Gains
        Of the chosen model, and of the best baseline, on the test rows.
    profit : Profit or None
        Of the chosen model, on the test rows; None where no economics are given.
    odds : DataFrame
        See `odds_ratios`.
    tree : TreeView or None
        Of the model `tree`, with its rules checked on the test rows.
    importance, dependence : DataFrame
        Of the chosen model, on the test rows; the lines of the most important columns.
    predictions : DataFrame
        Customer, cutoff, label, and the probability by every model and baseline: test rows. Not for pages.
    scores : DataFrame
        The chosen model, fitted again to all cut-offs, for the customers of `now`; see `score`. Not for pages.
    trained : Trained or None
        What can foretell other rows.
    """

    outcome: Outcome
    obstacle: Remark | None
    remarks: tuple[Remark, ...]
    columns: tuple[str, ...]
    as_of: date
    horizon_days: int
    level: float
    periods: pd.DataFrame
    guard: Guard | None = None
    kind: str = "later_period"
    n_train: int = 0
    n_test: int = 0
    shared: int = 0
    tuning: pd.DataFrame | None = None
    chosen: str = ""
    comparison: Comparison | None = None
    verdict: Verdict | None = None
    rolling: pd.DataFrame | None = None
    calibrations: dict[str, Calibration] = field(default_factory=dict)
    gains: Gains | None = None
    rival_gains: Gains | None = None
    profit: Profit | None = None
    odds: pd.DataFrame | None = None
    tree: TreeView | None = None
    importance: pd.DataFrame | None = None
    dependence: pd.DataFrame | None = None
    predictions: pd.DataFrame | None = None
    scores: pd.DataFrame | None = None
    trained: Trained | None = field(default=None, repr=False)

    @property
    def calibration(self) -> Calibration | None:
        """Of the chosen model."""
        return self.calibrations.get(self.chosen)


def study(
    histories: pd.DataFrame,
    *,
    target: str = "target_orders",
    above: float | None = 0.0,
    event: Event = "above",
    columns: Sequence[str],
    as_of: date,
    horizon_days: int,
    models: Sequence[str] = tuple(MODELS),
    key: str = "customer_key",
    recency: str | None = "recency_days",
    now: pd.DataFrame | None = None,
    economics: Economics | None = None,
    measure: Measure = "brier",
    criterion: Criterion = "gain_ratio",
    recalibrate: bool = False,
    trusted: Sequence[str] = (),
    held_out: float = 0.3,
    rolling: int = 3,
    most_rows: int = 15_000,
    bins: int = 10,
    parts: int = 10,
    repeats: int = 10,
    replicates: int = 1000,
    level: float = 0.95,
    random_state: int,
) -> Study:
    """Ask whether the event can be foretold, by what, how well, and whom it pays to contact.

    Parameters
    ----------
    histories : DataFrame
        One row a customer and cut-off: `cutoff`, the key, columns strictly before the cut-off, the target after it.
    target, above, event
        The question; see `Outcome`. Churn: `target="target_orders", event="not_above"`.
    columns : sequence of str
        Features: numbers, dates, categories.
    as_of : date
        The day before which the data end.
    horizon_days : int
        Length of the label window.
    models : sequence of str
        Among logistic, tree, forest, boosting, neighbours, network.
    key : str
    recency : str or None
        The column of the recency-only baseline.
    now : DataFrame, optional
        The same features at `as_of`, to be scored for the horizon that follows.
    economics : Economics, optional
        Cost and value of a contact.
    measure : str
        Behind the verdict: brier, log_loss, average_precision or roc_auc.
    criterion : str
        Of the decision tree: gini, entropy or gain_ratio.
    recalibrate : bool
        Whether probabilities are mapped anew where that helps on later validation rows; see `recalibration`. The map
        carries the validation periods' share of events into a period that has its own: on sessions of UCI 468 it gained
        on November and lost in December, so it is not done unasked.
    trusted : sequence of str
        Columns that the guard lets pass; see `check_columns`.
    held_out : float
        Share of the customers that judge, where there is one cut-off alone.
    rolling : int
        Most test cut-offs, the newest first, that are judged in turn.
    most_rows : int
        Most rows that teach, and most that judge: beyond them customers are drawn, and a remark says so.
    bins, parts : int
        Of calibration, and of gain and lift.
    repeats : int
        Shuffles of the permutation importance.
    replicates, level, random_state

    Raises
    ------
    AnalysisError
        If a column is absent or knows the future, or an option is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> recency = rng.exponential(60, (2, 600)).ravel()
    >>> frame = pd.DataFrame({"customer_key": list(range(600)) * 2, "recency_days": recency,
    ...     "cutoff": [date(2024, 1, 1)] * 600 + [date(2024, 4, 1)] * 600,
    ...     "target_orders": (rng.random(1200) < np.exp(-recency / 60)).astype(int)})
    >>> answer = study(frame, columns=["recency_days"], models=["logistic"], as_of=date(2024, 7, 1), horizon_days=91,
    ...     replicates=200, random_state=1)
    >>> answer.chosen, answer.kind, answer.verdict.baseline, answer.verdict.beats
    ('logistic', 'later_period', 'recency', False)
    """
    outcome = Outcome(target, above, event)
    check(histories, outcome=outcome, columns=columns, key=key, models=models, held_out=held_out)
    check_names(outcome, columns, key=key, cutoff="cutoff")
    question = Question(
        outcome, tuple(dict.fromkeys(columns)), tuple(dict.fromkeys(models)), key, horizon_days, recency, criterion,
        recalibrate, level, random_state,
    )  # fmt: skip
    made = material(histories, question, as_of=as_of, held_out=held_out, rolling=rolling, most_rows=most_rows)
    empty = Study(outcome, None, made.remarks, question.columns, as_of, horizon_days, level, made.periods)
    if made.obstacle is not None:
        return replace(empty, obstacle=made.obstacle, remarks=(*made.remarks, made.obstacle))
    judging = Judging(measure, bins, parts, repeats, replicates, economics)
    with threadpool_limits(limits=1):
        return _answered(empty, made, question, judging, now=now, trusted=trusted)


def _answered(
    empty: Study,
    made: Material,
    question: Question,
    judging: Judging,
    *,
    now: pd.DataFrame | None,
    trusted: Sequence[str],
) -> Study:
    """The study with all that follows the periods."""
    frame, label, first = made.frame, made.label, made.splits[0]
    guard = check_columns(
        frame, label, outcome=question.outcome, columns=question.columns, split=first, key=question.key,
        dates=made.dates, trusted=trusted,
    )  # fmt: skip
    empty = replace(empty, guard=guard)
    known: dict[Hashable, list[NDArray[np.float64]]] = {}
    trained = train(frame, label, first.train, question, known=known)
    if isinstance(trained, Remark):
        return replace(empty, obstacle=trained, remarks=(*made.remarks, trained))
    found = judge(trained, frame, label, first, question, judging)
    turns, skipped = roll(found.comparison, trained.chosen, frame, label, made.splits, question, judging, known)
    scores, lacking = score(
        trained, frame.iloc[made.last], label[made.last], now, question, found.calibrations[trained.chosen]
    )
    every = (
        *made.remarks,
        *_notes(guard, first, found.shared, "too_few_events" if len(made.periods) > 1 else ""),
        *trained.remarks,
        *found.remarks,
        *skipped,
        *lacking,
    )
    parts_found = {item.name: getattr(found, item.name) for item in fields(found) if item.name != "remarks"}
    return replace(
        empty, **parts_found, trained=trained, tuning=trained.tuning, chosen=trained.chosen, rolling=turns,
        scores=scores, remarks=tuple(dict.fromkeys(every)),
    )  # fmt: skip


def present(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[list[str], list[str]]:
    """The columns that a table has, and those that it lacks, each once and in the order given.

    >>> present(pd.DataFrame({"a": [1]}), ["a", "b", "a"])
    (['a'], ['b'])
    """
    once = list(dict.fromkeys(columns))
    return [name for name in once if name in frame.columns], [name for name in once if name not in frame.columns]


def tables(study: Study | None) -> dict[str, pd.DataFrame]:
    """A study's results as plain tables, by name; empty where there are none."""
    if study is None or study.comparison is None or study.gains is None:
        return {}
    found = {
        "periods": study.periods,
        "tuning": study.tuning,
        "measures": study.comparison.measures,
        "differences": study.comparison.differences,
        "rolling": study.rolling,
        "calibration": pd.concat(
            [item.table.assign(model=name) for name, item in study.calibrations.items()], ignore_index=True
        ),
        "gains": study.gains.parts,
        "gain_curve": study.gains.curve,
        "profit": None if study.profit is None else study.profit.curve,
        "contact_rules": None if study.profit is None else study.profit.rules,
        "odds": study.odds,
        "tree": None if study.tree is None else study.tree.nodes,
        "rules": None if study.tree is None else study.tree.rules.drop(columns="conditions"),
        "splits": None if study.tree is None else study.tree.candidates,
        "importance": None if study.importance is None else study.importance.drop(columns="columns"),
        "dependence": None if study.dependence is None else study.dependence.astype({"value": str}),
        "predictions": study.predictions,
        "scores": study.scores,
    }
    return {name: table for name, table in found.items() if table is not None}


def _notes(guard: Guard, split: Split, shared: int, earlier: str) -> list[Remark]:
    remarks = [Remark("undated", str(name)) for name in guard.columns.loc[guard.columns["undated"], "column"]]
    remarks += [
        Remark("ahead", str(row.column), float(row.auc), f"{row.auc_last:.3f}")
        for row in guard.columns[guard.columns["ahead"]].itertuples()
    ]
    alone = split.kind == "other_customers"
    remarks.append(Remark("single_cutoff", other=earlier) if alone else Remark("shared_customers", value=float(shared)))
    return remarks + [Remark("purged", str(day)) for day in split.purged]
