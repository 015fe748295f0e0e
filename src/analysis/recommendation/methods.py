"""All methods of a comparison, fitted to one period: baselines first, then models with given options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.recommendation.choices import Candidate, fit
from analysis.recommendation.evaluation import Wanted
from analysis.recommendation.interactions import Interactions
from analysis.recommendation.models import Model, buys_again, popularity, recent_popularity, trend
from analysis.recommendation.rules import rule_scores

__all__ = ["BASELINES", "KINDS", "Setting", "all_methods", "fallbacks", "plain"]

#: Methods that need no likeness between customers or products.
BASELINES = ("popularity", "recent_popularity", "trend", "group_popularity", "buys_again")
_MODELS = ("also_bought", "item_neighbours", "user_neighbours", "factors", "rules")
KINDS = dict.fromkeys(BASELINES, "baseline") | dict.fromkeys(_MODELS, "model")


@dataclass(frozen=True)
class Setting:
    """What the models of one period are made of."""

    bought: Interactions
    cutoff: np.datetime64
    recent_days: int
    offered: NDArray[np.bool_]
    popular_in: pd.Series | None
    rules: pd.DataFrame | None


def all_methods(
    setting: Setting,
    wanted: Wanted,
    candidates: Mapping[str, Candidate],
    cache: dict[str, Model],
    random_state: int,
    rows: NDArray[np.intp] | None = None,
) -> dict[str, Model]:
    """All methods for one kind of list, baselines first; fits are kept in `cache`, for the customers of `rows`."""
    bought = setting.bought
    if "popularity" not in cache:
        fitted = {name: plain(name, setting) for name in (*BASELINES, "rules")}
        cache |= {name: model for name, model in fitted.items() if model is not None}
    names = [name for name in BASELINES if name in cache and (wanted == "any" or name != "buys_again")]
    models = {name: cache[name] for name in names}
    for name, candidate in candidates.items():
        if name == "rules":
            continue
        key = f"{name}: {candidate.text}"
        if key not in cache:
            cache[key] = fit(candidate, bought, random_state=random_state, rows=rows)
        models[name] = cache[key]
    if "rules" in cache:
        models["rules"] = cache["rules"]
    return models


def plain(name: str, setting: Setting) -> Model | None:
    """A method without options; None where what it needs is not there, or it needs options."""
    bought, dated = setting.bought, setting.bought.first_day is not None
    if name == "popularity":
        return popularity(bought)
    if name == "recent_popularity":
        return recent_popularity(bought, cutoff=setting.cutoff, days=setting.recent_days) if dated else None
    if name == "trend":
        return trend(bought, cutoff=setting.cutoff, days=setting.recent_days) if dated else None
    if name == "group_popularity":
        return None if setting.popular_in is None else popularity(bought, groups=setting.popular_in)
    if name == "buys_again":
        return buys_again(bought)
    if name == "rules" and setting.rules is not None and len(setting.rules):
        scores = rule_scores(bought, setting.rules)
        return scores if scores.antecedents.shape[0] else None
    return None


def fallbacks(models: Mapping[str, Model]) -> tuple[Model, ...]:
    return tuple(models[name] for name in ("group_popularity", "popularity") if name in models)
