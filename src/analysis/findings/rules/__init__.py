"""What is said about rules: which baskets, what goes together, what held up, what to do with it."""

from analysis.findings.rules.actions import actions, worth
from analysis.findings.rules.found import found, mined, overview
from analysis.findings.rules.glossary import example, glossary, limits
from analysis.findings.rules.later import by_customer, held_up, not_held_up
from analysis.findings.rules.levels import categories
from analysis.findings.rules.network import network

__all__ = [
    "actions",
    "by_customer",
    "categories",
    "example",
    "found",
    "glossary",
    "held_up",
    "limits",
    "mined",
    "network",
    "not_held_up",
    "overview",
    "worth",
]
