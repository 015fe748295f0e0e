"""Parameters of the methods that look ahead: who will buy, what to offer, what customers are worth."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from analysis.pipeline.params.types import Level, Replicates, Section, Seed, Share

__all__ = ["Classification", "Lifetime", "Recommendation"]

Model = Literal["logistic", "tree", "forest", "boosting", "neighbours", "network"]


class Classification(Section):
    """Notebook 08: who will buy again, and how well that can be told."""

    columns: list[str] = Field(min_length=1, description="customer features that may foretell; absent ones are said")
    trusted: list[str] = Field(
        default_factory=list, description="columns known at the cut-off although they look as if they were not"
    )
    models: list[Model] = Field(min_length=1, description="models to compare")
    measure: Literal["brier", "log_loss", "average_precision", "roc_auc"] = Field(
        default="brier", description="measure behind the verdict"
    )
    criterion: Literal["gini", "entropy", "gain_ratio"] = Field(
        default="gain_ratio", description="by what the decision tree chooses its questions; entropy: information gain"
    )
    held_out: float = Field(
        default=0.3, ge=0.05, le=0.8, description="share of customers that judge where there is one cut-off alone"
    )
    bins: int = Field(default=10, ge=2, le=50, description="groups of alike forecasts in the calibration")
    repeats: int = Field(default=10, ge=2, le=1000, description="shuffles of each column behind its importance")
    contact_cost: float = Field(default=1.0, gt=0, description="cost of one contact; an example until replaced")
    customer_value: float | None = Field(
        default=None, gt=0, description="what a customer won brings; null: mean spend of a buyer times margin"
    )
    margin: float = Field(default=0.4, gt=0, le=1, description="margin as a share of spend; an example until replaced")
    success_rate: float = Field(
        default=0.1, gt=0, le=1, description="share of likely buyers won only by a contact; an example until replaced"
    )
    large_spend: float | None = Field(
        default=None, ge=0, description="spend within the horizon that counts as much; null: by large_quantile"
    )
    large_quantile: Share = Field(default=0.75, description="quantile of buyers' spend, in the periods learnt from")
    large_models: list[Model] = Field(min_length=1, description="models of the second question")
    level: Level = 0.95
    replicates: Replicates = 1000
    seed: Seed = 1

    @field_validator("columns", "models", "large_models")
    @classmethod
    def _once(cls, names: list[str]) -> list[str]:
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"names {', '.join(twice)} more than once")
        return names


class Recommendation(Section):
    """Notebook 09: what to offer to whom, and whether it beats a list of best sellers."""

    level: Level = 0.95
    replicates: Replicates = 1000
    seed: Seed = 1


class Lifetime(Section):
    """Notebook 10: what customers are worth in the time to come."""

    level: Level = 0.95
    replicates: Replicates = 1000
    seed: Seed = 1
