"""What is said about what to offer to whom: how often it was right, beside plain lists, and what follows."""

from analysis.findings.recommendation.actions import actions
from analysis.findings.recommendation.beginnings import beginnings, exploring
from analysis.findings.recommendation.comparison import comparison
from analysis.findings.recommendation.glossary import glossary, limits
from analysis.findings.recommendation.groups import by_group
from analysis.findings.recommendation.offers import next_best
from analysis.findings.recommendation.ratings import ratings
from analysis.findings.recommendation.repeats import repeats
from analysis.findings.recommendation.tested import tested

__all__ = [
    "actions",
    "beginnings",
    "by_group",
    "comparison",
    "exploring",
    "glossary",
    "limits",
    "next_best",
    "ratings",
    "repeats",
    "tested",
]
