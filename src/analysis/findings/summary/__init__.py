"""What the page that is read first says: each of the other notebooks' main results in one place, and what to do.

It computes nothing of its own. Numbers come from the other notebooks' key figures and result tables.
"""

from analysis.findings.summary.ahead import buying_again, offering, to_come
from analysis.findings.summary.foretold import foretold
from analysis.findings.summary.money import worth
from analysis.findings.summary.patterns import bought_together, goes_together
from analysis.findings.summary.segments import segments
from analysis.findings.summary.trust import trust

__all__ = [
    "bought_together",
    "buying_again",
    "foretold",
    "goes_together",
    "offering",
    "segments",
    "to_come",
    "trust",
    "worth",
]
