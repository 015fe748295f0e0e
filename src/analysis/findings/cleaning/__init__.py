"""What the cleaning page says: the way of every row and penny, and what the data can bear."""

from analysis.findings.cleaning.cells import cells
from analysis.findings.cleaning.columns import gaps, outliers
from analysis.findings.cleaning.ledger import ledger, overview
from analysis.findings.cleaning.rules import cancellations, duplicates, removals
from analysis.findings.cleaning.sources import customers, other_tables

__all__ = [
    "cancellations",
    "cells",
    "customers",
    "duplicates",
    "gaps",
    "ledger",
    "other_tables",
    "outliers",
    "overview",
    "removals",
]
