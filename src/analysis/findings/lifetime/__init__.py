"""What is said about what customers will be worth: the forecast, whom it comes from, and how right it was before."""

from analysis.findings.lifetime.actions import actions
from analysis.findings.lifetime.basis import basis
from analysis.findings.lifetime.check import check, long_check
from analysis.findings.lifetime.followed import followed
from analysis.findings.lifetime.glossary import glossary, limits
from analysis.findings.lifetime.models import cannot_fit, models
from analysis.findings.lifetime.spend import spend
from analysis.findings.lifetime.worth import who, worth

__all__ = [
    "actions",
    "basis",
    "cannot_fit",
    "check",
    "followed",
    "glossary",
    "limits",
    "long_check",
    "models",
    "spend",
    "who",
    "worth",
]
