"""Every model and baseline fitted to one training part, with all that is chosen chosen inside it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.classification.calibration import Recalibration, Trials, recalibration
from analysis.classification.models import BASELINES, Baseline, Fitted, fit, fit_baseline
from analysis.classification.outcome import Outcome, Remark
from analysis.classification.periods import Split, inner_splits
from analysis.classification.prepare import Preparer
from analysis.classification.tuning import Trial, Tuning, tune

__all__ = ["FEWEST", "Forecaster", "Question", "Trained", "train"]

Floats = NDArray[np.float64]

#: Events, and others, below which a part neither teaches nor judges.
FEWEST = 20
#: Most inner splits by time.
MOST_INNER = 2


@dataclass(frozen=True)
class Question:
    """What is asked and how; see `study` for the meaning of each field."""

    outcome: Outcome
    columns: tuple[str, ...]
    models: tuple[str, ...]
    key: str
    horizon_days: int
    recency: str | None
    criterion: str
    recalibrate: bool
    level: float
    random_state: int


@dataclass(frozen=True)
class Forecaster:
    """A fitted model with its recalibration.

    Parameters
    ----------
    fitted : Fitted
    recalibration : Recalibration
    tuning : Tuning
    """

    fitted: Fitted
    recalibration: Recalibration
    tuning: Tuning

    def predict(self, frame: pd.DataFrame) -> Floats:
        """The probability of the event for each row."""
        edge = self.fitted.edge
        return np.clip(self.recalibration.apply(self.fitted.predict(frame)), edge, 1 - edge)

    @property
    def validated(self) -> Floats:
        """Recalibrated probabilities of the validation rows."""
        edge = self.fitted.edge
        return np.clip(self.recalibration.apply(self.tuning.predicted), edge, 1 - edge)


@dataclass(frozen=True)
class Trained:
    """What one training part gave.

    Parameters
    ----------
    forecasters : mapping of str to Forecaster
    baselines : mapping of str to Baseline
    chosen : str
        The model of least validated loss.
    inner : tuple of Split
        How it was validated.
    remarks : tuple of Remark
    """

    forecasters: Mapping[str, Forecaster]
    baselines: Mapping[str, Baseline]
    chosen: str
    inner: tuple[Split, ...]
    remarks: tuple[Remark, ...]

    @property
    def tuning(self) -> pd.DataFrame:
        """All settings of all models with their validated losses."""
        return pd.concat([item.tuning.table for item in self.forecasters.values()], ignore_index=True)

    def predict(self, frame: pd.DataFrame) -> dict[str, Floats]:
        """Probabilities by model, then by baseline."""
        every: Mapping[str, Forecaster | Baseline] = {**self.forecasters, **self.baselines}
        return {name: item.predict(frame) for name, item in every.items()}


def enough(label: Floats) -> bool:
    """Whether there are events and others enough."""
    return bool(min((label == 1).sum(), (label == 0).sum()) >= FEWEST)


def train(
    every: pd.DataFrame,
    labels: Floats,
    rows: NDArray[np.intp],
    question: Question,
    *,
    known: dict[Hashable, list[Floats]] | None = None,
) -> Trained | Remark:
    """Fit everything to some rows, or say why it cannot be.

    Parameters
    ----------
    every : DataFrame
        All rows of the question, with `cutoff`.
    labels : ndarray, shape (n,)
    rows : ndarray of int
        Those that teach.
    question : Question
    known : dict, optional
        Forecasts of trials by the rows that taught and judged, kept from one call to the next.
    """
    frame, label = every.iloc[rows].reset_index(drop=True), labels[rows]
    if not enough(label):
        return Remark("too_few_events", value=float(min((label == 1).sum(), (label == 0).sum())), other="train")
    prepared = Preparer(question.columns).fit(frame)
    if not prepared.terms_:
        return Remark("no_columns", question.outcome.column)
    inner = _inner(frame, label, question)
    if not inner:
        return Remark("too_few_events", value=float(min((label == 1).sum(), (label == 0).sum())), other="train")
    remarks = list(prepared.remarks_)
    forecasters = {}
    shared = {} if known is None else known
    trials = [Trial(split, frame, label, question.columns, rows, shared) for split in inner]
    for name in question.models:
        forecasters[name] = _forecaster(name, frame, label, trials, question)
        if not forecasters[name].fitted.converged:
            remarks.append(Remark("not_converged", name))
        if (kind := forecasters[name].recalibration.kind) != "none":
            remarks.append(Remark("recalibrated", name, other=kind))
    baselines = {}
    for name in BASELINES:
        made = fit_baseline(name, frame, label, outcome=question.outcome, recency=question.recency)
        if isinstance(made, Remark):
            remarks.append(made)
        else:
            baselines[name] = made
    chosen = min(question.models, key=lambda name: (forecasters[name].tuning.loss, question.models.index(name)))
    return Trained(forecasters, baselines, chosen, tuple(inner), tuple(remarks))


def _forecaster(name: str, frame: pd.DataFrame, label: Floats, trials: list[Trial], question: Question) -> Forecaster:
    columns, seed = question.columns, question.random_state
    tuned = tune(name, label, trials, criterion=question.criterion, random_state=seed)
    customers = frame[question.key].iloc[tuned.rows].to_numpy()
    mended = recalibration(
        label[tuned.rows], tuned.predicted, customers=customers, level=question.level,
        trials=_mending(tuned, customers, trials[0].split.kind == "later_period", seed, wanted=question.recalibrate),
    )  # fmt: skip
    fitted = fit(name, tuned.setting, frame, label, columns=columns, random_state=seed)
    return Forecaster(fitted, mended, tuned)


def _mending(
    tuned: Tuning, customers: NDArray[np.generic], by_time: bool, random_state: int, *, wanted: bool
) -> Trials:
    """How recalibration is tried: from earlier validation rows to the newest, or from half of the customers to half.

    Between periods the share of events moves, so a map that suits the rows that it was learnt from may do harm later.
    """
    if not wanted:
        return []
    if by_time:
        return [(tuned.part > 0, tuned.part == 0)] if tuned.part.max() > 0 else []
    codes, distinct = pd.factorize(customers, sort=True)
    half = np.random.default_rng(random_state).permutation(len(distinct))[codes] % 2
    return [(half == 0, half == 1), (half == 1, half == 0)]


def _inner(frame: pd.DataFrame, label: Floats, question: Question) -> list[Split]:
    """Inner splits whose both parts have events and others enough."""
    found = inner_splits(
        list(frame["cutoff"]), frame[question.key], horizon_days=question.horizon_days, most=MOST_INNER,
        random_state=question.random_state,
    )  # fmt: skip
    return [
        split
        for split in found
        if min(label[split.train].sum(), (1 - label[split.train]).sum()) >= FEWEST / 2
        and min(label[split.test].sum(), (1 - label[split.test]).sum()) >= FEWEST / 4
        and Preparer(question.columns).fit(frame.iloc[split.train]).terms_
    ]
