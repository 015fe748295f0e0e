"""The table of segments that the summary page reads."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.clustering import LaterPeriod, Segmentation, Verdict
from analysis.findings.labels import LABELS

__all__ = ["segment_results"]

_VALUE = ("customers", "share", "revenue", "revenue_share", "median_monetary")


def segment_results(
    found: Segmentation,
    value: pd.DataFrame,
    *,
    past: Segmentation | None = None,
    period: LaterPeriod | None = None,
    verdict: Verdict | None = None,
) -> pd.DataFrame:
    """One row a segment: segment (term), label, size and revenue, later_amount with low and high, rule, verdict.

    What the later period says is that of the segment of the same name at the cut-off; missing where there was none.
    """
    table = pd.DataFrame({"segment": list(found.terms)})
    table["label"] = [LABELS.get(name, name.replace("_", " ").capitalize()) for name in found.terms]
    for name in _VALUE:
        if name in value:
            table[name] = value[name].to_numpy()
    seen = pd.DataFrame(columns=["later", "low", "high"], dtype=float)
    if past is not None and period is not None:
        seen = period.table.set_index(pd.Index([past.terms[segment] for segment in period.table["segment"]]))
    for name, source in (("later_amount", "later"), ("low", "low"), ("high", "high")):
        table[name] = [float(seen.at[term, source]) if term in seen.index else np.nan for term in table["segment"]]
    table["rule"] = [name.rule for name in found.names]
    table["verdict"] = verdict.level if verdict is not None else "too_few"
    return table
