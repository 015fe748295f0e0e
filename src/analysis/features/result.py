"""The feature tables that a build gives, and how they are kept."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from analysis.errors import AnalysisError

__all__ = ["FeatureResult"]


@dataclass(frozen=True)
class FeatureResult:
    """What `build` gives.

    Attributes
    ----------
    tables : mapping of name to Path
        Parquet files in a temporary folder that lives as long as this object: customers; history,
        history_earlier and histories (cut-offs stacked, newest first), current (the same columns at `as_of`, where no
        later period is known); baskets, orders, refunds; products, categories, coverage (baskets with and without a
        customer),
        customer_products, customer_products_history (at the cut-off), customer_products_later (after it); months,
        cohorts.
    facts : dict
        as_of, cutoff, cutoffs, horizon_days, first_day, last_day, currency_present, tables.
    notes : tuple of (id, values)
        What did not apply.
    """

    tables: Mapping[str, Path]
    facts: dict[str, Any]
    notes: tuple[tuple[str, dict[str, Any]], ...]
    _folder: tempfile.TemporaryDirectory = field(repr=False)

    def frame(self, name: str) -> pd.DataFrame:
        """Read a feature table into a DataFrame."""
        if name not in self.tables:
            raise AnalysisError(f"there is no feature table {name!r}; there are {', '.join(self.tables)}")
        return pq.read_table(self.tables[name]).to_pandas()

    def write(self, folder: Path | str) -> None:
        """Write `<table>.parquet` and facts.json into a folder."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in self.tables.items():
            shutil.copyfile(path, folder / f"{name}.parquet")
        text = json.dumps({**self.facts, "notes": [{"id": n, **v} for n, v in self.notes]}, indent=1, sort_keys=True)
        (folder / "facts.json").write_text(text + "\n", encoding="utf-8", newline="\n")
