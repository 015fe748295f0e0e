"""What is said about segments: which customers, how many groups, whether they are real, what they are worth."""

from analysis.findings.clustering.actions import actions
from analysis.findings.clustering.algorithms import algorithms, density, tree
from analysis.findings.clustering.basis import basis
from analysis.findings.clustering.frozen import staying
from analysis.findings.clustering.glossary import glossary, limits
from analysis.findings.clustering.later import later
from analysis.findings.clustering.number import number_of_groups
from analysis.findings.clustering.reality import reality
from analysis.findings.clustering.results import segment_results
from analysis.findings.clustering.rfm import rfm
from analysis.findings.clustering.segments import profiles, segments

__all__ = [
    "actions",
    "algorithms",
    "basis",
    "density",
    "glossary",
    "later",
    "limits",
    "number_of_groups",
    "profiles",
    "reality",
    "rfm",
    "segment_results",
    "segments",
    "staying",
    "tree",
]
