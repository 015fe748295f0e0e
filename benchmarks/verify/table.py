"""A table of a benchmark: what was compared with what, and whether the goal was met."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

__all__ = ["Table", "digits", "reference_data"]


@dataclass(frozen=True)
class Table:
    """One comparison.

    Attributes
    ----------
    name : str
        Short name, unique over all tables: `nist_linear`.
    title : str
        What is compared.
    source : str
        Who made the numbers that ours stand beside (author, year, data set; or package and version).
    frame : DataFrame
        One row a comparison; a column `met` (bool) where there is a goal.
    goal : str
        What `met` means, in words; empty where numbers are only shown.
    """

    name: str
    title: str
    source: str
    frame: pd.DataFrame
    goal: str = ""

    @property
    def missed(self) -> int:
        """Rows that do not meet the goal."""
        return int((~self.frame["met"].astype(bool)).sum()) if "met" in self.frame else 0


def digits(found: float, certified: float) -> float:
    """Log relative error: the number of correct digits; of the absolute error where the certified value is 0.

    Capped at 15, what double precision can show. Source: McCullough (1998), The American Statistician 52, 358-366.

    >>> round(digits(3.1416, 3.14159265), 1)
    5.6
    >>> digits(2.0, 2.0)
    15.0
    """
    error = abs(found - certified) / (abs(certified) or 1.0)
    if np.isnan(error):
        return float("nan")
    return 15.0 if error == 0 else float(np.clip(-np.log10(error), 0, 15))


def reference_data(*parts: str) -> Path:
    """A file of the public data sets; an error that says what to do where the folder is not known."""
    folder = os.environ.get("ANALYSIS_REFERENCE_DATA")
    if not folder:
        raise AnalysisError("ANALYSIS_REFERENCE_DATA is not set: let it name the folder of public data sets")
    path = Path(folder, *parts)
    if not path.exists():
        raise AnalysisError(f"{path} does not exist: ANALYSIS_REFERENCE_DATA names {folder!r}")
    return path
