"""What the sections of a profile have in common: a strict model, and kinds of number that several of them use."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Level", "Replicates", "SampleAbove", "Section", "Seed", "Share"]

Share = Annotated[float, Field(gt=0, lt=1)]
Level = Annotated[float, Field(gt=0.5, lt=1, description="confidence level of intervals")]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1, description="seed of every random choice in this notebook")]
Replicates = Annotated[int, Field(ge=50, le=100_000)]
#: Two samples of the same size are the same customers; see `analysis.sampling`.
SampleAbove = Annotated[int, Field(ge=100, description="customers above which a sample of so many is measured")]


class Section(BaseModel):
    """A group of parameters; unknown names and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
