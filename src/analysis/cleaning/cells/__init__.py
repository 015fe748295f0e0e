"""Cleaning at the level of cells: rules find wrong values, propose right ones, and say on what evidence.

>>> import pandas as pd
>>> frame = pd.DataFrame({"state": ["CO", "", "CO"], "city": ["Denver", "Denver CO", "Denver"]})
>>> result = clean_cells(frame, [
...     {"kind": "extract", "column": "state", "source": "city", "pattern": " ([A-Z]{2})$"},
...     {"kind": "format", "column": "city", "remove": " [A-Z]{2}$"},
... ])
>>> result.repaired.values.tolist()
[['CO', 'Denver'], ['CO', 'Denver'], ['CO', 'Denver']]
>>> result.summary[["column", "found", "repaired", "left"]].values.tolist()
[['state', 1, 1, 0], ['city', 1, 1, 0]]
"""

from __future__ import annotations

from analysis.cleaning.cells.repair import CellResult, clean_cells
from analysis.cleaning.cells.rules import KINDS, rules_from
from analysis.cleaning.cells.score import CellScore, score
from analysis.cleaning.cells.suggest import suggest_rules

__all__ = ["KINDS", "CellResult", "CellScore", "clean_cells", "rules_from", "score", "suggest_rules"]
