"""What the description says: spend, concentration, development over time, columns, lists."""

from analysis.findings.description.columns import column_histograms, summary
from analysis.findings.description.concentration import concentration, groups
from analysis.findings.description.development import retention, trend
from analysis.findings.description.lists import sources, top_list
from analysis.findings.description.spend import spending

__all__ = [
    "column_histograms",
    "concentration",
    "groups",
    "retention",
    "sources",
    "spending",
    "summary",
    "top_list",
    "trend",
]
