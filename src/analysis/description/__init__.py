"""Description: distributions, concentration of revenue, trend, retention, top lists.

Pure functions over DataFrames. Totals over all customers are facts and carry no interval; averages, quantiles and
measures of concentration are estimates and carry one.
"""

from analysis.description.behaviour import (
    NOT_GIVEN,
    MonthlyTrend,
    Retention,
    Spending,
    monthly_trend,
    overlap,
    retention,
    spending,
    top_list,
)
from analysis.description.concentration import (
    Concentration,
    concentration,
    deciles,
    gini,
    lorenz,
    top_customers,
    top_group,
    top_share,
)
from analysis.description.distribution import (
    ColumnNote,
    Histogram,
    NumericSummary,
    autocorrelation,
    histogram,
    mode,
    moments,
    numeric_summary,
)

__all__ = [
    "NOT_GIVEN",
    "ColumnNote",
    "Concentration",
    "Histogram",
    "MonthlyTrend",
    "NumericSummary",
    "Retention",
    "Spending",
    "autocorrelation",
    "concentration",
    "deciles",
    "gini",
    "histogram",
    "lorenz",
    "mode",
    "moments",
    "monthly_trend",
    "numeric_summary",
    "overlap",
    "retention",
    "spending",
    "top_customers",
    "top_group",
    "top_list",
    "top_share",
]
