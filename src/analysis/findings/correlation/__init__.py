"""What the correlations say: the strongest pairs, their check on other customers, their shapes, all pairs."""

from analysis.findings.correlation.beyond import hidden, partials
from analysis.findings.correlation.matrix import all_pairs, matrix
from analysis.findings.correlation.strongest import confirmed, shapes

__all__ = ["all_pairs", "confirmed", "hidden", "matrix", "partials", "shapes"]
