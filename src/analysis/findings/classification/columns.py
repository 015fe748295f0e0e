"""How the columns that a forecast uses are written: their kinds and their limits."""

from __future__ import annotations

import math

from analysis.findings.kinds import KINDS

__all__ = ["kind_of", "written"]

#: Counts and amounts of the period before, beside the kinds that all topics share.
_KINDS = KINDS | {
    "previous_amount": "money",
    "previous_orders": "count",
    "browsing_sessions": "count",
    "social_posts": "count",
    "social_engagement": "count",
    "feedback_count": "count",
}


def kind_of(column: str) -> str:
    """The kind of value that a column holds.

    >>> kind_of("previous_orders"), kind_of("age")
    ('count', 'number')
    """
    return _KINDS.get(column, "number")


def written(column: str, threshold: float) -> float:
    """A threshold as people read it: between two whole numbers it is the lower one, "at most 3" for 3.5.

    >>> written("frequency", 3.5), written("monetary", 12.5)
    (3.0, 12.5)
    """
    whole = kind_of(column) in {"count", "days"} and math.isfinite(threshold)
    return float(math.floor(threshold)) if whole else threshold
