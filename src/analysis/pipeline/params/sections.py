"""One model per section of a profile: type, unit, range, choices and meaning of every parameter."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "SECTIONS",
    "Cleaning",
    "Clustering",
    "Correlation",
    "Description",
    "Features",
    "Profile",
    "Regression",
    "Report",
    "Rules",
    "Section",
    "Source",
    "Sources",
    "Summary",
    "Synthetic",
]

Share = Annotated[float, Field(gt=0, lt=1)]
Level = Annotated[float, Field(gt=0.5, lt=1, description="confidence level of intervals")]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1, description="seed of every random choice in this notebook")]
Replicates = Annotated[int, Field(ge=50, le=100_000)]


class Section(BaseModel):
    """A group of parameters; unknown names and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Report(Section):
    """How pages are written and whom they protect; read by the renderer alone."""

    title: str = Field(min_length=1, description="the company or data set, as stakeholders call it")
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$", description="ISO 4217 code, or null")
    language: Literal["en"] = Field(default="en", description="language of the pages")
    min_group_size: int = Field(default=5, ge=1, le=1000, description="groups of fewer customers are not shown")
    display_names: dict[str, str] = Field(default_factory=dict, description="name shown for a column or segment")


class Synthetic(Section):
    """The generator of demo data; left out for real data."""

    folder: str = Field(default="data/raw/demo", description="where the raw files are written")
    seed: Seed = 1
    customers: int = Field(default=1500, ge=50, le=10_000_000)
    months: int = Field(default=18, ge=6, le=120)
    end: date = Field(default=date(2025, 12, 20), description="day after the last order", strict=False)


class Source(Section):
    """Files of one shape that hold rows of one table."""

    files: list[str] = Field(min_length=1, description="paths or patterns, from the project's root")
    columns: dict[str, str] = Field(min_length=1, description="canonical column: the file's column")
    format: Literal["csv", "parquet", "excel"] | None = Field(default=None, description="null: from the file")
    encoding: str | None = Field(default=None, description="null: byte-order mark, else guessed and reported")
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="null: guessed")
    sheet: str | None = Field(default=None, description="Excel sheet; null: all")
    header: bool = True
    column_names: list[str] = Field(default_factory=list, description="names for files without a header")


class Sources(Section):
    """Where each canonical table comes from."""

    transactions: list[Source] = Field(min_length=1)
    browsing: list[Source] = Field(default_factory=list)
    social: list[Source] = Field(default_factory=list)
    feedback: list[Source] = Field(default_factory=list)
    customers: list[Source] = Field(default_factory=list)


class Cleaning(Section):
    """Rules of notebook 01."""


class Features(Section):
    """What is known of a customer, and until when."""

    as_of: date | None = Field(default=None, strict=False, description="null: the day after the last sale")
    horizon_days: int = Field(default=90, ge=7, le=1096, description="length of the later period, in days")


class Description(Section):
    """Notebook 02."""


class Correlation(Section):
    """Notebook 03."""


class Regression(Section):
    """Notebook 04."""


class Clustering(Section):
    """Notebook 05."""


class Rules(Section):
    """Notebook 06."""


class Summary(Section):
    """Notebook 00."""


class Profile(Section):
    """One profile: everything that a run of the whole pipeline needs."""

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
    summary: Summary


#: The sections that belong to a notebook, by the notebook's short name.
SECTIONS: dict[str, type[Section]] = {
    "cleaning": Cleaning,
    "description": Description,
    "correlation": Correlation,
    "regression": Regression,
    "clustering": Clustering,
    "rules": Rules,
    "summary": Summary,
}
