"""What was trained, judged on rows that taught nothing: beside baselines, calibration, gain, profit, importance."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.classification.calibration import Calibration, calibration
from analysis.classification.evaluation import Comparison, Verdict, compare
from analysis.classification.gains import Gains, gains
from analysis.classification.importance import dependence, importance
from analysis.classification.metrics import Measure
from analysis.classification.odds import odds_ratios
from analysis.classification.outcome import Remark
from analysis.classification.periods import Split
from analysis.classification.profit import Economics, Profit, best_threshold, profit
from analysis.classification.rules import TreeView, view
from analysis.classification.training import Question, Trained, enough, train

__all__ = ["Judged", "Judging", "judge", "roll"]

Floats = NDArray[np.float64]

#: Columns whose lines are drawn: those of most importance.
LINES = 6
#: Test rows whose columns are shuffled, at most.
SHUFFLED = 5000


@dataclass(frozen=True)
class Judging:
    """How test rows are judged; see `study` for the meaning of each field."""

    measure: Measure
    bins: int
    parts: int
    repeats: int
    replicates: int
    economics: Economics | None


@dataclass(frozen=True)
class Judged:
    """See `Study`, whose fields these are."""

    kind: str
    n_train: int
    n_test: int
    shared: int
    comparison: Comparison
    verdict: Verdict
    calibrations: dict[str, Calibration]
    gains: Gains
    rival_gains: Gains
    profit: Profit | None
    odds: pd.DataFrame
    tree: TreeView | None
    importance: pd.DataFrame
    dependence: pd.DataFrame
    predictions: pd.DataFrame
    remarks: tuple[Remark, ...]


def judge(
    trained: Trained, frame: pd.DataFrame, label: Floats, split: Split, question: Question, judging: Judging
) -> Judged:
    """Judge what was trained on the test rows of a split."""
    test, y = frame.iloc[split.test].reset_index(drop=True), label[split.test]
    teachers = frame.iloc[split.train]
    key, level, seed = question.key, question.level, question.random_state
    guesses = trained.predict(test)
    chance = guesses[trained.chosen]
    forecaster = trained.forecasters[trained.chosen]
    comparison = _compared(guesses, y, test[key], trained, question, judging)
    verdict = comparison.verdict(trained.chosen, judging.measure, alpha=1 - level)
    odds, remark = odds_ratios(
        teachers, label[split.train], columns=question.columns, key=key, test=test, test_label=y, level=level
    )
    some = np.sort(np.random.default_rng(seed).permutation(len(test))[:SHUFFLED])
    found = importance(
        forecaster.predict, test.iloc[some].reset_index(drop=True), y[some], columns=question.columns,
        repeats=judging.repeats, replicates=judging.replicates, level=level, random_state=seed,
    )  # fmt: skip
    leading = [name for group in found["columns"] for name in group][:LINES]
    tree = trained.forecasters.get("tree")
    return Judged(
        kind=split.kind,
        n_train=len(split.train),
        n_test=len(split.test),
        shared=int(test[key].isin(set(teachers[key])).sum()),
        comparison=comparison,
        verdict=verdict,
        calibrations={
            name: calibration(y, guesses[name], bins=judging.bins, level=level, random_state=seed)
            for name in trained.forecasters
        },
        gains=_gains(y, guesses[trained.chosen], question, judging),
        rival_gains=_gains(y, guesses[verdict.baseline], question, judging),
        profit=_profit(trained, label[split.train], y, chance, question, judging),
        odds=odds,
        tree=None if tree is None else view(tree.fitted, test, y, level=level),
        importance=found,
        dependence=dependence(forecaster.predict, test, y, columns=leading, level=level, random_state=seed),
        predictions=pd.DataFrame({key: test[key], "cutoff": test["cutoff"], "label": y, **guesses}),
        remarks=() if remark is None else (remark,),
    )


def roll(
    newest: Comparison,
    chosen: str,
    frame: pd.DataFrame,
    label: Floats,
    splits: list[Split],
    question: Question,
    judging: Judging,
    known: dict[Hashable, list[Floats]] | None = None,
) -> tuple[pd.DataFrame, list[Remark]]:
    """The same for every earlier test cut-off in turn, everything chosen anew inside its own training part."""
    tables, remarks = [_origin(newest, chosen, splits[0])], []
    for split in splits[1:]:
        y = label[split.test]
        trained: Trained | Remark = (
            train(frame, label, split.train, question, known=known)
            if enough(y)
            else Remark("too_few_events", other="test")
        )
        if isinstance(trained, Remark):
            remarks.append(Remark("origin_skipped", str(split.cutoff), trained.value, trained.code))
            continue
        test = frame.iloc[split.test].reset_index(drop=True)
        comparison = _compared(trained.predict(test), y, test[question.key], trained, question, judging)
        tables.append(_origin(comparison, trained.chosen, split))
    return pd.concat(tables, ignore_index=True), remarks


def _compared(
    guesses: dict[str, Floats], y: Floats, customers: pd.Series, trained: Trained, question: Question, judging: Judging
) -> Comparison:
    return compare(
        y, guesses, baselines=list(trained.baselines), replicates=judging.replicates, level=question.level,
        groups=customers if customers.duplicated().any() else None, random_state=question.random_state,
    )  # fmt: skip


def _gains(y: Floats, chance: Floats, question: Question, judging: Judging) -> Gains:
    return gains(
        y, chance, parts=judging.parts, replicates=judging.replicates, level=question.level,
        random_state=question.random_state,
    )  # fmt: skip


def _origin(comparison: Comparison, chosen: str, split: Split) -> pd.DataFrame:
    table = comparison.measures.drop(columns=["method"]).assign(chosen=lambda part: part["model"] == chosen)
    table.insert(0, "cutoff", split.cutoff)
    table.insert(1, "train_cutoffs", len(split.train_cutoffs))
    return table


def _profit(
    trained: Trained, taught: Floats, y: Floats, chance: Floats, question: Question, judging: Judging
) -> Profit | None:
    """The threshold from the validation rows, its profit from the test rows."""
    if judging.economics is None:
        return None
    forecaster, winnable = trained.forecasters[trained.chosen], judging.economics.winnable
    validated = winnable(taught[forecaster.tuning.rows]), winnable(forecaster.validated)
    threshold = best_threshold(*validated, judging.economics)
    return profit(
        winnable(y), winnable(chance), economics=judging.economics, threshold=threshold, replicates=judging.replicates,
        level=question.level, random_state=question.random_state,
    )  # fmt: skip
