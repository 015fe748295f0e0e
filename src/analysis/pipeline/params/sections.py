"""One model per section of a profile: type, unit, range, choices and meaning of every parameter."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from analysis.pipeline.params.engines import DuckDB, Spark
from analysis.pipeline.params.methods import Clustering, Correlation, Description, Regression, Rules
from analysis.pipeline.params.outlook import Classification, Lifetime, Recommendation
from analysis.pipeline.params.tables import Cleaning, Features, Report, Sources, Synthetic
from analysis.pipeline.params.types import Section, Share

__all__ = ["SECTIONS", "Profile", "Summary"]


class Summary(Section):
    """Notebook 00: the page to read first."""

    most_pairs: int = Field(ge=1, le=20, description="pairs listed under what goes together")
    most_rules: int = Field(ge=1, le=20, description="rules listed under what is bought together")
    alpha: Share = Field(default=0.05, description="level, after correction, from which an effect is named")


class Profile(Section):
    """One profile: everything that a run of the whole pipeline needs."""

    engine: Literal["duckdb", "spark"] = Field(description="what runs cleaning and features; the tables are the same")
    duckdb: DuckDB = Field(default_factory=DuckDB)
    spark: Spark = Field(default_factory=Spark)
    report: Report
    synthetic: Synthetic | None = None
    sources: Sources
    cleaning: Cleaning
    features: Features
    description: Description
    correlation: Correlation
    regression: Regression
    clustering: Clustering
    rules: Rules
    classification: Classification
    recommendation: Recommendation
    lifetime: Lifetime
    summary: Summary


#: The sections that belong to a notebook, by the notebook's short name.
SECTIONS: dict[str, type[Section]] = {
    "cleaning": Cleaning,
    "description": Description,
    "correlation": Correlation,
    "regression": Regression,
    "clustering": Clustering,
    "rules": Rules,
    "classification": Classification,
    "recommendation": Recommendation,
    "lifetime": Lifetime,
    "summary": Summary,
}
