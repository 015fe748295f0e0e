"""Correlation: which numbers of a customer go together, how strongly, and whether that holds on other customers.

Pure functions over DataFrames: `correlate` (all pairs), `partial`, `dependence` (any shape), `confirm` (a second half
of the customers), `pair_shape` (what a coefficient hides).
"""

from analysis.correlation.coefficients import (
    bonett_wright,
    fisher_interval,
    pearson_matrix,
    t_p_values,
)
from analysis.correlation.columns import ColumnNote, usable_columns
from analysis.correlation.confirmation import Confirmation, confirm, halves
from analysis.correlation.dependence import Dependence, dependence, distance_correlation, hidden_in_both
from analysis.correlation.pairs import METHODS, Correlations, correlate
from analysis.correlation.partial import Partial, partial, partial_pairs
from analysis.correlation.ranks import spearman_matrix
from analysis.correlation.shape import PairShape, pair_shape, pair_shapes
from analysis.multiplicity import adjust

__all__ = [
    "METHODS",
    "ColumnNote",
    "Confirmation",
    "Correlations",
    "Dependence",
    "PairShape",
    "Partial",
    "adjust",
    "bonett_wright",
    "confirm",
    "correlate",
    "dependence",
    "distance_correlation",
    "fisher_interval",
    "halves",
    "hidden_in_both",
    "pair_shape",
    "pair_shapes",
    "partial",
    "partial_pairs",
    "pearson_matrix",
    "spearman_matrix",
    "t_p_values",
    "usable_columns",
]
