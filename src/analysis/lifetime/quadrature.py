"""Sums that stand for integrals: nodes and weights for a beta and for a flat distribution.

Expected values are computed as integrals of positive functions instead of with hypergeometric series: nothing cancels,
nothing overflows, and the removable singularities of the closed forms (a = 1, s = 1) do not exist.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal

__all__ = ["beta_nodes", "flat_nodes"]

Floats = NDArray[np.float64]


@lru_cache(maxsize=64)
def flat_nodes(count: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes on [0, 1] and their weights, which sum to 1.

    >>> nodes, weights = flat_nodes(8)
    >>> round(float(weights @ nodes**9), 12)
    0.1
    """
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) / 2, weights / 2


def beta_nodes(a: float, b: float, count: int) -> tuple[Floats, Floats]:
    """Gauss-Jacobi nodes for the expected value over a beta distribution, and weights that sum to 1.

    The nodes are the eigenvalues of the Jacobi matrix of the polynomials that are orthogonal under Beta(a, b). Source:
    Golub and Welsch (1969), Mathematics of Computation 23, 221-230.

    >>> nodes, weights = beta_nodes(0.8, 2.4, 8)
    >>> round(float(weights @ nodes), 12)  # a ÷ (a + b)
    0.25
    """
    # On [−1, 1] the weight is (1 − y)^(b−1) (1 + y)^(a−1), with p = (1 + y) ÷ 2.
    k = np.arange(1, count, dtype=np.float64)
    total = a + b - 2
    middle = np.empty(count)
    middle[0] = (a - b) / (a + b)
    middle[1:] = ((a - 1) ** 2 - (b - 1) ** 2) / ((2 * k + total) * (2 * k + total + 2))
    square = np.empty(count - 1)
    square[:1] = 4 * a * b / ((a + b) ** 2 * (a + b + 1))
    j = k[1:]
    span = 2 * j + total
    square[1:] = 4 * j * (j + a - 1) * (j + b - 1) * (j + total) / (span**2 * (span + 1) * (span - 1))
    nodes, vectors = eigh_tridiagonal(middle, np.sqrt(square))
    return np.clip((nodes + 1) / 2, 0.0, 1.0), vectors[0] ** 2
