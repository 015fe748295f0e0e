"""Parameters of the engine that runs cleaning and features: where it runs and what it may use, never what it finds."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from analysis.pipeline.params.types import Section

__all__ = ["DuckDB", "Spark"]

_SECRET = re.compile(r"(secret|password|token|access[.]key|credential)", re.IGNORECASE)


class DuckDB(Section):
    """What DuckDB may use if the profile's engine is duckdb."""

    memory_limit: str = Field(
        default="3GB",
        pattern=r"^[1-9][0-9]*(MB|GB)$",
        description="as 1500MB: beyond it DuckDB works on disk; the process may take 1 GB more",
    )


class Spark(Section):
    """Where Spark runs if the profile's engine is spark; left out, it is this machine with all its cores."""

    master: str = Field(
        default="local[*]",
        pattern=r"^(local(\[(\*|[0-9]+)\])?|spark://.+|yarn|k8s://.+)$",
        description="local[*], local[4], spark://host:7077, yarn or k8s://https://host:443",
    )
    driver_memory: str = Field(
        default="4g", pattern=r"^[1-9][0-9]*[mg]$", description="heap of the driver; all of Spark where it is local"
    )
    folder: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9]*://?.+$",
        description="URL below which driver and workers exchange tables, as s3a://bucket/scratch; null: this machine",
    )
    options: dict[str, str] = Field(default_factory=dict, description="further Spark settings, as texts")

    @field_validator("options")
    @classmethod
    def _settings_without_secrets(cls, options: dict[str, str]) -> dict[str, str]:
        for name in options:
            if not name.startswith("spark."):
                raise ValueError(f"{name!r} is no Spark setting; their names begin with spark.")
            if _SECRET.search(name) and not name.endswith(".provider"):
                raise ValueError(f"{name!r} would put a secret into a file; Spark takes it from the environment")
        return options
