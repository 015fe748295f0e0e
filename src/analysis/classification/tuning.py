"""Settings, the model and its recalibration are chosen inside the training period; the test period chooses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.classification.metrics import losses
from analysis.classification.models import MODELS, Setting, fit
from analysis.classification.periods import Split

__all__ = ["Tuning", "settings_of", "tune"]

Floats = NDArray[np.float64]


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
    """

    name: str
    setting: Setting
    table: pd.DataFrame
    rows: NDArray[np.intp]
    predicted: Floats

    @property
    def loss(self) -> float:
        """Mean logarithmic loss of the best setting over the validation rows."""
        return float(self.table.loc[self.table["chosen"], "log_loss"].iloc[0])


def settings_of(name: str, *, criterion: str) -> tuple[Setting, ...]:
    """The settings that are tried for a model; the tree's with the criterion asked for."""
    extra = {"criterion": criterion} if name == "tree" else {}
    return tuple({**extra, **setting} for setting in MODELS[name].settings)


def tune(
    name: str,
    train: pd.DataFrame,
    label: Floats,
    splits: Sequence[Split],
    *,
    columns: Sequence[str],
    criterion: str,
    random_state: int,
) -> Tuning:
    """Try every setting of a model on splits inside the training part.

    The setting of least logarithmic loss over all validation rows is chosen: a proper score, so that honest
    probabilities win (Gneiting and Raftery 2007, JASA 102, 359-378). Of equals the first, which is the simplest.

    Parameters
    ----------
    name : str
    train : DataFrame
    label : ndarray, shape (n,)
    splits : sequence of Split
        Positions in `train`.
    columns, criterion, random_state
        See `study`.
    """
    rows = np.concatenate([split.test for split in splits])
    y = label[rows]
    tried = []
    for setting in settings_of(name, criterion=criterion):
        parts = [
            fit(name, setting, train.iloc[s.train], label[s.train], columns=columns, random_state=random_state).predict(
                train.iloc[s.test]
            )
            for s in splits
        ]
        predicted = np.concatenate(parts)
        score = (float(losses(y, predicted, "log_loss").mean()), float(losses(y, predicted, "brier").mean()))
        tried.append((setting, score, predicted))
    best = min(range(len(tried)), key=lambda position: (tried[position][1][0], position))
    table = pd.DataFrame(
        [(name, _words(setting), *score, len(rows), place == best) for place, (setting, score, _) in enumerate(tried)],
        columns=["model", "setting", "log_loss", "brier", "n", "chosen"],
    )
    return Tuning(name, tried[best][0], table, rows, tried[best][2])


def _words(setting: Setting) -> str:
    return ", ".join(
        f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}" for key, value in setting.items()
    )
