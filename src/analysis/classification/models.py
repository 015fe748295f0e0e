"""The models, the settings that are tried for each, and the baselines that a sceptic would choose.

Every model is a scikit-learn Pipeline whose first step learns medians, scales and levels from the training rows alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline

from analysis.classification.outcome import Outcome, Remark
from analysis.classification.prepare import Preparer
from analysis.classification.tree import DecisionTree
from analysis.errors import AnalysisError

__all__ = ["BASELINES", "MODELS", "Baseline", "Fitted", "Model", "edge_of", "fit", "fit_baseline", "preparer"]

Floats = NDArray[np.float64]
Setting = dict[str, Any]

#: Baselines, in the order in which they are named.
BASELINES = ("prevalence", "recency", "last_period")
#: Trees in a forest.
TREES = 100
#: Rows that one tree of a forest is grown on, at most: more make it slower and hardly better.
ROWS_OF_A_TREE = 5000
#: Rows that are foretold at once: neighbours of millions would not fit into memory.
AT_ONCE = 100_000
#: How much a tree's leaf leans to the share of all training rows, in rows.
LEAF_SMOOTHING = 2.0


@dataclass(frozen=True)
class Model:
    """A kind of model.

    Parameters
    ----------
    name : str
    make : callable
        `make(setting, rows, random_state)` gives an estimator.
    settings : tuple of dict
        What is tried; of equals the first is taken, so the simplest stand first.
    scaled : bool
        Whether it needs columns of one scale, skewed ones as logarithms.
    """

    name: str
    make: Callable[[Setting, int, int], Any]
    settings: tuple[Setting, ...]
    scaled: bool


@dataclass(frozen=True)
class Fitted:
    """A model that can foretell.

    Parameters
    ----------
    name : str
    setting : dict
    pipeline : Pipeline
    edge : float
        Probabilities are kept this far from 0 and 1: n training rows do not support more certainty than 1 in 2 (n + 1).
    converged : bool
    """

    name: str
    setting: Setting
    pipeline: Pipeline
    edge: float
    converged: bool = True

    def predict(self, frame: pd.DataFrame) -> Floats:
        """The probability of the event for each row."""
        if not len(frame):
            return np.empty(0)
        parts = [
            self.pipeline.predict_proba(frame.iloc[start : start + AT_ONCE])[:, 1]
            for start in range(0, len(frame), AT_ONCE)
        ]
        chance = np.concatenate(parts)
        return np.clip(np.asarray(chance, dtype=float), self.edge, 1 - self.edge)

    @property
    def preparer(self) -> Preparer:
        """What turns columns into terms."""
        return self.pipeline.named_steps["prepare"]

    @property
    def estimator(self) -> Any:
        """What was fitted to the terms."""
        return self.pipeline.named_steps["model"]


@dataclass(frozen=True)
class Baseline:
    """A forecast that needs no model, or next to none.

    Parameters
    ----------
    name : str
        prevalence: the training share for everybody; recency: a logistic curve in the days since the last order alone;
        last_period: the training share of those who did, and of those who did not, in the period before.
    predict : callable
        `predict(frame)` gives a probability for each row.
    """

    name: str
    predict: Callable[[pd.DataFrame], Floats]


def _logistic(setting: Setting, rows: int, random_state: int) -> Any:
    return LogisticRegression(C=setting["C"], max_iter=2000)


def _tree(setting: Setting, rows: int, random_state: int) -> Any:
    least = max(10, int(setting["min_share"] * rows))
    return DecisionTree(
        criterion=setting["criterion"], max_depth=setting["max_depth"], min_leaf=least, smoothing=LEAF_SMOOTHING
    )


def _forest(setting: Setting, rows: int, random_state: int) -> Any:
    return RandomForestClassifier(
        n_estimators=TREES,
        min_samples_leaf=setting["min_leaf"],
        n_jobs=1,
        random_state=random_state,
        max_samples=ROWS_OF_A_TREE if rows > ROWS_OF_A_TREE else None,
    )


def _boosting(setting: Setting, rows: int, random_state: int) -> Any:
    return HistGradientBoostingClassifier(
        learning_rate=setting["learning_rate"], max_iter=setting["rounds"], max_leaf_nodes=setting["leaves"],
        min_samples_leaf=30, l2_regularization=1.0, early_stopping=False, random_state=random_state,
    )  # fmt: skip


def _neighbours(setting: Setting, rows: int, random_state: int) -> Any:
    return KNeighborsClassifier(n_neighbors=min(setting["k"], max(1, rows // 2)), n_jobs=1)


def _network(setting: Setting, rows: int, random_state: int) -> Any:
    return MLPClassifier(
        hidden_layer_sizes=(setting["units"],), alpha=setting["alpha"], solver="lbfgs", max_iter=150,
        random_state=random_state,
    )  # fmt: skip


MODELS: Mapping[str, Model] = {
    model.name: model
    for model in (
        Model("logistic", _logistic, tuple({"C": C} for C in (0.01, 0.1, 1.0, 10.0)), True),
        Model(
            "tree",
            _tree,
            tuple({"max_depth": depth, "min_share": share} for depth in (2, 3, 4) for share in (0.05, 0.02)),
            False,
        ),
        Model("forest", _forest, ({"min_leaf": 40}, {"min_leaf": 15}), False),
        Model(
            "boosting",
            _boosting,
            (
                {"leaves": 4, "rounds": 40, "learning_rate": 0.1},
                {"leaves": 4, "rounds": 100, "learning_rate": 0.1},
                {"leaves": 12, "rounds": 60, "learning_rate": 0.1},
            ),
            False,
        ),
        Model("neighbours", _neighbours, tuple({"k": k} for k in (200, 75, 25)), True),
        Model("network", _network, tuple({"units": 6, "alpha": alpha} for alpha in (100.0, 10.0, 1.0)), True),
    )
}


def fit(
    name: str, setting: Setting, train: pd.DataFrame, label: ArrayLike, *, columns: Sequence[str], random_state: int
) -> Fitted:
    """Fit one model with one setting.

    Raises
    ------
    AnalysisError
        If there is no such model.
    """
    if name not in MODELS:
        raise AnalysisError(f"classification: there is no model {name}; there are {', '.join(MODELS)}")
    pipeline = Pipeline(
        [("prepare", preparer(name, columns)), ("model", MODELS[name].make(setting, len(train), random_state))]
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pipeline.fit(train, np.asarray(label).astype(int))
    # a network that stops after its steps is meant to; a logistic regression is not
    converged = name != "logistic" or not any(issubclass(item.category, ConvergenceWarning) for item in caught)
    return Fitted(name, setting, pipeline, edge_of(len(train)), converged)


def preparer(name: str, columns: Sequence[str]) -> Preparer:
    """What a model needs its columns to be made into."""
    scaled = MODELS[name].scaled
    return Preparer(tuple(columns), bend=scaled, scale=scaled)


def edge_of(rows: int) -> float:
    """How near to 0 and 1 a probability may come that so many training rows support."""
    return 0.5 / (rows + 1)


def fit_baseline(
    name: str, train: pd.DataFrame, label: ArrayLike, *, outcome: Outcome, recency: str | None
) -> Baseline | Remark:
    """A baseline, or the remark that says which column it lacks."""
    y = np.asarray(label, dtype=float)
    edge = edge_of(len(train))
    share = float(np.clip(y.mean(), edge, 1 - edge))
    if name == "prevalence":
        return Baseline(name, lambda frame: np.full(len(frame), share))
    if name == "recency":
        if recency is None or recency not in train.columns:
            return Remark("no_baseline", name, other=recency or "recency_days")
        steps = [("prepare", Preparer((recency,))), ("model", LogisticRegression(C=1e6, max_iter=2000))]
        if not Preparer((recency,)).fit(train).terms_:
            return Remark("no_baseline", name, other=recency)
        return Baseline(name, Fitted(name, {}, Pipeline(steps).fit(train, y.astype(int)), edge).predict)
    last = outcome.last(train)
    if last is None:
        return Remark("no_baseline", name, other=outcome.last_column)
    shares = {did: _share(y[last == did], share, edge) for did in (0.0, 1.0)}

    def as_before(frame: pd.DataFrame) -> Floats:
        before = outcome.last(frame)
        known = np.full(len(frame), np.nan) if before is None else before
        return np.select([known == 1, known == 0], [shares[1.0], shares[0.0]], share)

    return Baseline(name, as_before)


def _share(y: Floats, otherwise: float, edge: float) -> float:
    return float(np.clip(y.mean(), edge, 1 - edge)) if len(y) else otherwise
