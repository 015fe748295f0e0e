"""What the regressions say: what goes with later spend and satisfaction, and how well they can be foretold."""

from analysis.findings.regression.checks import checks
from analysis.findings.regression.effects import effects
from analysis.findings.regression.errors import errors
from analysis.findings.regression.glossary import terms
from analysis.findings.regression.outcomes import ORDERS, SATISFACTION, SPEND, Outcome
from analysis.findings.regression.penalised import penalised
from analysis.findings.regression.sample import sample

__all__ = [
    "ORDERS",
    "SATISFACTION",
    "SPEND",
    "Outcome",
    "checks",
    "effects",
    "errors",
    "penalised",
    "sample",
    "terms",
]
