"""Parameters of the methods that look ahead: who will buy, what to offer, what customers are worth."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from analysis.pipeline.params.types import Level, Replicates, SampleAbove, Section, Seed, Share

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
    rolling: int = Field(default=3, ge=1, le=50, description="most cut-offs that are judged in turn, the newest first")
    most_rows: int = Field(
        default=15_000, ge=1000, description="most rows that teach, and that judge; beyond them customers are drawn"
    )
    bins: int = Field(default=10, ge=2, le=50, description="groups of alike forecasts in the calibration")
    repeats: int = Field(default=10, ge=2, le=1000, description="shuffles of each column behind its importance")
    contact_cost: float = Field(default=1.0, gt=0, description="cost of one contact; an example until replaced")
    customer_value: float | None = Field(
        default=None, gt=0, description="what a customer kept brings; null: mean spend of a buyer times margin"
    )
    margin: float = Field(default=0.4, gt=0, le=1, description="margin as a share of spend; an example until replaced")
    success_rate: float = Field(
        default=0.05, gt=0, le=1, description="share of those who would stay away whom a contact wins; an example"
    )
    large_spend: float | None = Field(
        default=None, ge=0, description="spend within the horizon that counts as much; null: by large_quantile"
    )
    large_quantile: Share = Field(default=0.75, description="quantile of buyers' spend, in the periods learnt from")
    brief_models: list[Model] = Field(min_length=1, description="models of the questions that are told in short")
    sample_above: SampleAbove = 100_000
    level: Level = 0.95
    replicates: Replicates = 1000
    seed: Seed = 1

    @field_validator("columns", "models", "brief_models")
    @classmethod
    def _once(cls, names: list[str]) -> list[str]:
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"names {', '.join(twice)} more than once")
        return names


class Recommendation(Section):
    """Notebook 09: what to offer to whom, and whether it beats a list of best sellers."""

    k: int = Field(default=10, ge=1, le=100, description="offers for each customer")
    methods: list[Literal["also_bought", "item_neighbours", "user_neighbours", "factors", "rules"]] = Field(
        default=["also_bought", "item_neighbours", "user_neighbours", "factors", "rules"],
        description="what is compared, beside lists that need no model",
    )
    similarities: list[Literal["cosine", "jaccard", "adjusted_cosine"]] = Field(
        default=["cosine", "jaccard", "adjusted_cosine"], min_length=1, description="tried by the neighbours"
    )
    shrinkages: list[Annotated[float, Field(ge=0)]] = Field(
        default=[0.0, 20.0], min_length=1, description="tried: common buyers at which a likeness counts half"
    )
    neighbours: list[Annotated[int, Field(ge=1)]] = Field(
        default=[20, 100], min_length=1, description="tried: nearest products or customers"
    )
    factors: list[Annotated[int, Field(ge=1, le=500)]] = Field(
        default=[16, 48], min_length=1, description="tried: factors of each customer and product"
    )
    regularisations: list[Annotated[float, Field(gt=0)]] = Field(
        default=[10.0, 50.0], min_length=1, description="tried: how strongly factors are held back"
    )
    tuning_customers: int = Field(default=1000, ge=50, description="customers on whom options are tried, drawn")
    rule_min_support: Share = Field(
        default=0.005, description="smallest share of baskets that hold both sides of a rule"
    )
    rule_min_count: int = Field(default=20, ge=1, description="smallest number of such baskets")
    rule_min_confidence: Share = Field(default=0.1, description="smallest confidence of a rule")
    max_basket_size: int = Field(default=150, ge=2, description="baskets with more products give no rules")
    recent_days: int = Field(default=30, ge=1, le=1096, description="what counts as of late, in days")
    offered_days: int = Field(default=90, ge=1, le=1096, description="not sold for so long: no longer offered")
    new_days: int = Field(default=60, ge=1, le=1096, description="sold for the first time within so many days: new")
    new_place: bool = Field(default=False, description="the last place of each list goes to a new product")
    owned: Literal["exclude", "include"] = Field(default="exclude", description="products that the customer owns")
    min_products: int = Field(default=2, ge=0, description="with fewer different products: best sellers are offered")
    most_offers: int = Field(default=5, ge=1, le=20, description="products listed for each segment")
    trial_effect: Share = Field(
        default=0.05, description="smallest gain that a trial should see, as a share of customers"
    )
    trial_power: Share = Field(default=0.8, description="chance that the trial sees it")
    sample_above: SampleAbove = 100_000
    level: Level = 0.95
    replicates: Replicates = 1000
    seed: Seed = 1


class Lifetime(Section):
    """Notebook 10: what customers are worth in the time to come."""

    horizon_days: int = Field(default=365, ge=7, le=3653, description="length of the time to come, in days")
    discount_rate: float = Field(default=0.1, ge=0, le=2, description="a year; what comes later is worth less today")
    margin: float | None = Field(
        default=None, gt=0, le=1, description="margin as a share of spend; null: value is spend, before any cost"
    )
    unit: Literal["days", "weeks", "months"] = Field(default="weeks", description="unit of the models' parameters")
    refunds: Literal["net", "net_all", "gross"] = Field(
        default="net", description="cancelled lines off their orders; unmatched refunds off too; or all as ordered"
    )
    worthless: Literal["drop", "count"] = Field(default="drop", description="days that come to nothing, as purchases")
    start: date | None = Field(
        default=None, strict=False, description="customers who bought before are left out; null: nobody is"
    )
    models: list[Literal["bg_nbd", "mbg_nbd", "pareto_nbd"]] = Field(
        default=["bg_nbd", "mbg_nbd", "pareto_nbd"], min_length=1, max_length=3, description="of repeat purchases"
    )
    fewest_again: int = Field(default=30, ge=5, description="fewest customers who bought again, to fit anything")
    period_days: int = Field(default=7, ge=1, le=92, description="periods in which purchases are followed, in days")
    classes: int = Field(default=7, ge=2, le=20, description="repeat purchases from which customers are one class")
    age_days: list[int] = Field(
        default=[90, 180, 365], min_length=1, max_length=6, description="classes of time since the first purchase"
    )
    bins: int = Field(default=10, ge=3, le=20, description="groups by the chance to buy")
    top_shares: list[Share] = Field(
        default=[0.1, 0.2], min_length=1, max_length=4, description="top shares of customers, smallest first"
    )
    gone_below: Share = Field(default=0.5, description="probability of being active from which down one counts as gone")
    fading_below: Share = Field(default=0.8, description="the same for fading")
    draws: int = Field(
        default=200, ge=100, le=10_000, description="draws of parameters and futures behind intervals of forecasts"
    )
    sample_above: SampleAbove = 100_000
    level: Level = 0.95
    replicates: Replicates = 1000
    seed: Seed = 1

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        for name in ("age_days", "top_shares"):
            values = getattr(self, name)
            if sorted(set(values)) != values or values[0] <= 0:
                raise ValueError(f"{name} must be positive and ascending without repetition; got {values}")
        if self.gone_below > self.fading_below:
            raise ValueError(f"gone_below ({self.gone_below}) must not exceed fading_below ({self.fading_below})")
        if len(set(self.models)) != len(self.models):
            raise ValueError(f"models names one twice: {self.models}")
        return self
