"""Forecasts by every setting of a model, with what settings have in common computed once.

A tree that may grow deeper begins with the shallower tree, a boosted sum of more trees with the shorter sum, and the
nearest 200 neighbours with the nearest 25: one fit serves all of them, and gives what single fits would.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier

from analysis.classification.models import MODELS, Setting

__all__ = ["forecasts"]

Floats = NDArray[np.float64]
Several = Callable[[Sequence[Setting], Floats, NDArray[np.intp], Floats, int], list[Floats]]


def forecasts(
    name: str, settings: Sequence[Setting], teach: Floats, label: NDArray[np.intp], judge: Floats, *, random_state: int
) -> list[Floats]:
    """The chance of the event for each row of `judge` by a model with each setting, fitted to `teach`.

    Parameters
    ----------
    name : str
        Among `MODELS`.
    settings : sequence of dict
    teach, judge : ndarray, shape (n, terms) and (m, terms)
        The terms of the rows that teach, and of those that are foretold.
    label : ndarray of int, shape (n,)
    random_state : int

    Returns
    -------
    list of ndarray, shape (m,)
        One for each setting, in their order.
    """
    with warnings.catch_warnings():  # a setting that does not converge is judged by its forecasts
        warnings.simplefilter("ignore", ConvergenceWarning)
        if name in _TOGETHER:
            return _TOGETHER[name](settings, teach, label, judge, random_state)
        models = (MODELS[name].make(setting, len(teach), random_state) for setting in settings)
        return [_chance(model.fit(teach, label).predict_proba(judge)) for model in models]


def _trees(
    settings: Sequence[Setting], teach: Floats, label: NDArray[np.intp], judge: Floats, random_state: int
) -> list[Floats]:
    found: dict[int, Floats] = {}
    for places in _alike(settings, "max_depth"):
        deepest = max((settings[place] for place in places), key=lambda setting: setting["max_depth"])
        tree = MODELS["tree"].make(deepest, len(teach), random_state).fit(teach, label)
        for place in places:
            found[place] = _chance(tree.predict_proba(judge, max_depth=settings[place]["max_depth"]))
    return [found[place] for place in range(len(settings))]


def _sums(
    settings: Sequence[Setting], teach: Floats, label: NDArray[np.intp], judge: Floats, random_state: int
) -> list[Floats]:
    found: dict[int, Floats] = {}
    for places in _alike(settings, "rounds"):
        longest = max((settings[place] for place in places), key=lambda setting: setting["rounds"])
        model = MODELS["boosting"].make(longest, len(teach), random_state).fit(teach, label)
        for place in places:
            rounds = settings[place]["rounds"]
            found[place] = _chance(next(islice(model.staged_predict_proba(judge), rounds - 1, None)))
    return [found[place] for place in range(len(settings))]


def _neighbours(
    settings: Sequence[Setting], teach: Floats, label: NDArray[np.intp], judge: Floats, random_state: int
) -> list[Floats]:
    models: list[KNeighborsClassifier] = [
        MODELS["neighbours"].make(setting, len(teach), random_state) for setting in settings
    ]
    widest = max(models, key=lambda model: model.n_neighbors).fit(teach, label)
    ones = np.cumsum(label[widest.kneighbors(judge, return_distance=False)], axis=1)
    return [ones[:, model.n_neighbors - 1] / model.n_neighbors for model in models]


#: Models whose settings share work.
_TOGETHER: Mapping[str, Several] = {"tree": _trees, "boosting": _sums, "neighbours": _neighbours}


def _alike(settings: Sequence[Setting], but: str) -> list[list[int]]:
    """Places of the settings that differ in one option alone, together."""
    groups: dict[tuple[tuple[str, object], ...], list[int]] = {}
    for place, setting in enumerate(settings):
        rest = tuple(sorted((key, value) for key, value in setting.items() if key != but))
        groups.setdefault(rest, []).append(place)
    return list(groups.values())


def _chance(both: Floats) -> Floats:
    return np.asarray(both[:, 1], dtype=float)
