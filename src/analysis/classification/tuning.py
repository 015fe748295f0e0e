"""Settings, the model and its recalibration are chosen inside the training period; the test period chooses nothing."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.classification.metrics import losses
from analysis.classification.models import MODELS, Setting, edge_of, preparer
from analysis.classification.periods import Split
from analysis.classification.settings import forecasts

__all__ = ["Trial", "Tuning", "settings_of", "tune"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """An inner split, with the numbers that models take: made from its training rows, once for all settings.

    Parameters
    ----------
    split : Split
        Positions in the training part.
    frame : DataFrame
        The training part.
    label : ndarray, shape (n,)
    columns : tuple of str
    rows : ndarray of int, shape (n,)
        Which rows the training part is made of, so that trials on the same rows are known again.
    known : dict
        Forecasts of trials so far; trials of one question share it.
    """

    split: Split
    frame: pd.DataFrame
    label: Floats
    columns: tuple[str, ...]
    rows: NDArray[np.intp]
    known: dict[Hashable, list[Floats]]
    _made: dict[bool, tuple[Floats, Floats]] = field(default_factory=dict, repr=False)

    def predict(self, name: str, settings: Sequence[Setting], random_state: int) -> list[Floats]:
        """Probabilities of the validation rows by models with each setting that were fitted to the others."""
        split, scaled = self.split, MODELS[name].scaled
        words = tuple(map(_words, settings))
        key = (name, words, self.rows[split.train].tobytes(), self.rows[split.test].tobytes())
        if key in self.known:
            return self.known[key]
        if scaled not in self._made:
            made = preparer(name, self.columns).fit(self.frame.iloc[split.train])
            self._made[scaled] = (
                made.transform(self.frame.iloc[split.train]), made.transform(self.frame.iloc[split.test])
            )  # fmt: skip
        teach, judge = self._made[scaled]
        label = self.label[split.train].astype(int)
        edge = edge_of(len(teach))
        found = forecasts(name, settings, teach, label, judge, random_state=random_state)
        self.known[key] = [np.clip(chance, edge, 1 - edge) for chance in found]
        return self.known[key]


@dataclass(frozen=True)
class Tuning:
    """What inner validation found for one model.

    Parameters
    ----------
    name : str
    setting : dict
        The best one.
    table : DataFrame
        model, setting (as text), log_loss and brier (means over validation rows), n, chosen.
    rows : ndarray of int, shape (n,)
        Positions, in the training part, of the validation rows.
    predicted : ndarray, shape (n,)
        Their probabilities by models with the best setting that were not fitted to them.
    part : ndarray of int, shape (n,)
        The inner split of each, 0 the newest.
    """

    name: str
    setting: Setting
    table: pd.DataFrame
    rows: NDArray[np.intp]
    predicted: Floats
    part: NDArray[np.intp]

    @property
    def loss(self) -> float:
        """Mean logarithmic loss of the best setting over the validation rows."""
        return float(self.table.loc[self.table["chosen"], "log_loss"].iloc[0])


def settings_of(name: str, *, criterion: str) -> tuple[Setting, ...]:
    """The settings that are tried for a model; the tree's with the criterion asked for."""
    extra = {"criterion": criterion} if name == "tree" else {}
    return tuple({**extra, **setting} for setting in MODELS[name].settings)


def tune(name: str, label: Floats, trials: Sequence[Trial], *, criterion: str, random_state: int) -> Tuning:
    """Try every setting of a model on splits inside the training part.

    The setting of least logarithmic loss over all validation rows is chosen: a proper score, so that honest
    probabilities win (Gneiting and Raftery 2007, JASA 102, 359-378). Of equals the first, which is the simplest.

    Parameters
    ----------
    name : str
    label : ndarray, shape (n,)
        Of the training part.
    trials : sequence of Trial
        Newest first.
    criterion, random_state
        See `study`.
    """
    rows = np.concatenate([trial.split.test for trial in trials])
    part = np.repeat(np.arange(len(trials)), [len(trial.split.test) for trial in trials])
    tried = []
    settings = settings_of(name, criterion=criterion)
    found = [trial.predict(name, settings, random_state) for trial in trials]
    for setting, parts in zip(settings, zip(*found, strict=True), strict=True):
        predicted = np.concatenate(parts)
        score = tuple(float(losses(label[rows], predicted, measure).mean()) for measure in ("log_loss", "brier"))
        tried.append((setting, score, predicted))
    best = min(range(len(tried)), key=lambda position: (tried[position][1][0], position))
    table = pd.DataFrame(
        [(name, _words(setting), *score, len(rows), place == best) for place, (setting, score, _) in enumerate(tried)],
        columns=["model", "setting", "log_loss", "brier", "n", "chosen"],
    )
    return Tuning(name, tried[best][0], table, rows, tried[best][2], part)


def _words(setting: Setting) -> str:
    return ", ".join(
        f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}" for key, value in setting.items()
    )
