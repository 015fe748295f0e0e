"""What classification says: who will buy again, how well that is told in a later period, and whom to contact."""

from analysis.findings.classification.acting import acting
from analysis.findings.classification.answer import BUY, RESPOND, Answer, Words, spend
from analysis.findings.classification.calibrated import calibrated, curves
from analysis.findings.classification.comparison import comparison
from analysis.findings.classification.glossary import terms
from analysis.findings.classification.leaning import leaning
from analysis.findings.classification.paying import paying
from analysis.findings.classification.ranking import ranking
from analysis.findings.classification.tested import earlier, question, tested
from analysis.findings.classification.treed import tree

__all__ = [
    "BUY",
    "RESPOND",
    "Answer",
    "Words",
    "acting",
    "calibrated",
    "comparison",
    "curves",
    "earlier",
    "leaning",
    "paying",
    "question",
    "ranking",
    "spend",
    "terms",
    "tested",
    "tree",
]
