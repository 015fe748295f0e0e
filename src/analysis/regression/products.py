"""Sums and products of a design's columns over many rows: of each fold once, which serves the fits to all others.

Products of columns that are far from combinations of each other say all that a linear fit needs, and take half the time
of a QR decomposition of the rows. `triangle` refuses where they would lose digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from analysis.regression.design import Design
from analysis.regression.leastsquares import row_blocks

__all__ = ["Products", "triangle"]

Floats = NDArray[np.float64]

#: The least eigenvalue of the correlations of the terms from which on their products serve: twelve digits stay.
LEAST_EIGENVALUE = 1e-4
#: A term that varies by less than this share of its distance from 0 is looked at by rows.
VARIES = 1e-4


@dataclass(frozen=True)
class Products:
    """Sums over weighted rows of a design's terms and, last, its target, less what `origin` holds.

    Parameters
    ----------
    n : float
        Sum of the weights.
    origin, sums : ndarray, shape (p + 1,)
    products : ndarray, shape (p + 1, p + 1)
    """

    n: float
    origin: Floats
    sums: Floats
    products: Floats

    @classmethod
    def of(cls, design: Design, weights: Floats, *, rows: NDArray[np.intp] | None = None) -> Products:
        """Products of the rows given (by default all), each as often as its weight says.

        The origin is the mean of all rows of the design where it has an intercept, else 0.
        """
        matrix, response = design.matrix, design.response
        origin = np.zeros(matrix.shape[1] + 1)
        if design.intercept:
            origin = np.append(matrix.mean(axis=0), response.mean())
        if rows is not None:
            matrix, response, weights = matrix[rows], response[rows], weights[rows]
        sums, products = np.zeros(len(origin)), np.zeros((len(origin), len(origin)))
        for part, target, weight in zip(row_blocks(matrix), row_blocks(response), row_blocks(weights), strict=True):
            used = weight > 0
            columns = np.column_stack([part[used], target[used]]) - origin
            sums += weight[used] @ columns
            columns *= np.sqrt(weight[used])[:, None]
            products += columns.T @ columns
        return cls(float(weights.sum()), origin, sums, products)

    def __add__(self, other: Products) -> Products:
        """Products of both's rows, which must have the same origin."""
        return Products(self.n + other.n, self.origin, self.sums + other.sums, self.products + other.products)

    def centred(self, *, intercept: bool) -> tuple[Floats, Floats]:
        """What the rows were centred by and their products then, target last."""
        if not intercept:
            return np.zeros(len(self.sums)), self.products
        mean = self.sums / self.n
        return self.origin + mean, self.products - self.n * np.outer(mean, mean)


def triangle(products: Floats, centre: Floats, n: float) -> Floats | None:
    """The triangular factor of the QR decomposition of centred rows, shape (p + 1, p + 1), from their products.

    None where a term hardly varies or terms are near combinations of each other.
    """
    p = len(products) - 1
    terms, pull = products[:p, :p], products[:p, p]
    squares = np.maximum(terms.diagonal(), 0.0)
    if not p or not (squares > VARIES**2 * n * centre[:p] ** 2).all() or not (squares > 0).all():
        return None
    length = np.sqrt(squares)
    correlations = terms / np.outer(length, length)
    if np.linalg.eigvalsh(correlations)[0] < LEAST_EIGENVALUE:
        return None
    whole = np.zeros((p + 1, p + 1))
    factor = linalg.cholesky(correlations, check_finite=False)
    whole[:p, :p] = factor * length
    whole[:p, p] = linalg.solve_triangular(factor, pull / length, trans="T", check_finite=False)
    whole[p, p] = np.sqrt(max(products[p, p] - float(whole[:p, p] @ whole[:p, p]), 0.0))
    return whole
