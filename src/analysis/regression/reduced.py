"""Weighted rows reduced to a problem of p + 1 rows with the same least squares, and its ridge and LASSO solutions.

A linear fit sees its rows only through the triangular factor of their QR decomposition. So every fold and every
bootstrap sample is reduced once, and a whole path takes no longer than on p + 1 rows. Unlike sums of squares and
products, the triangle keeps all digits; of more than `MANY` rows it is made from products where these keep enough.

The LASSO's coordinate descent (scikit-learn) says which terms are in; where that set solves the optimality conditions
exactly, its exact solution replaces the iterated one. Source: Tibshirani (2013), *The lasso problem and uniqueness*,
Electronic Journal of Statistics 7, 1456-1490, equation 10.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from analysis.regression.design import Design
from analysis.regression.products import Products, triangle

__all__ = ["MANY", "Reduced"]

Floats = NDArray[np.float64]

#: Rows from which on products of columns are tried before the rows are decomposed.
MANY = 16_384
_TOLERANCE = 1e-10
#: Rounds of coordinate descent: where columns are near copies it never settles, and the exact solution takes over.
_ROUNDS = 2_000
#: A term that varies by less than this share of its size is constant but for rounding.
_CONSTANT = 1e-13
#: Optimality conditions are met to this share of the penalty.
_OPTIMAL = 1e-9


@dataclass(frozen=True)
class Reduced:
    """Rows of a design, centred, scaled, weighted and reduced.

    Parameters
    ----------
    n : float
        Sum of the weights.
    centre, scale : ndarray, shape (p,)
        What was taken from each term, and by what it was divided then (infinite for a term that does not vary).
    level : float
        What was taken from the target.
    rows : ndarray, shape (m, p)
    target : ndarray, shape (m,)
        With the same ‖target − rows b‖² for every b as the weighted rows themselves.
    """

    n: float
    centre: Floats
    scale: Floats
    level: float
    rows: Floats
    target: Floats

    @classmethod
    def of(cls, design: Design, weights: Floats, *, scaled: bool) -> Reduced:
        """Reduce the rows of a design, each as often as its weight says."""
        if len(weights) > MANY and (found := cls.of_products(Products.of(design, weights), design, scaled=scaled)):
            return found
        used = weights > 0
        x, y, share = design.matrix[used], design.response[used], weights[used] / weights.sum()
        p, n = x.shape[1], float(weights.sum())
        centre = share @ x if design.intercept else np.zeros(p)
        level = float(share @ y) if design.intercept else 0.0
        z = x - centre
        spread, size = np.sqrt(share @ z**2), np.sqrt(share @ x**2)
        varies = spread > _CONSTANT * size
        # a term that is constant among these rows has nothing to say here
        scale = np.where(varies, spread if scaled else 1.0, np.inf)
        root = np.sqrt(weights[used])[:, None]
        whole = np.hstack([z / scale, (y - level)[:, None]]) * root
        factor = linalg.qr(whole, mode="r", check_finite=False)[0][: p + 1]
        return cls(n, centre, scale, level, factor[:, :p], factor[:, p])

    @classmethod
    def of_products(cls, products: Products, design: Design, *, scaled: bool) -> Reduced | None:
        """Reduce rows of a design of which only the products are left; None where these have lost digits."""
        centre, about = products.centred(intercept=design.intercept)
        factor = triangle(about, centre, products.n)
        if factor is None:
            return None
        p = len(centre) - 1
        scale = np.sqrt(about.diagonal()[:p] / products.n) if scaled else np.ones(p)
        return cls(products.n, centre[:p], scale, float(centre[p]), factor[:, :p] / scale, factor[:, p])

    def natural(self, slopes: Floats) -> tuple[Floats, Floats]:
        """Intercepts, shape (penalties,), and slopes in the terms' own units, shape (p, penalties)."""
        own = slopes / self.scale[:, None]
        return self.level - self.centre @ own, own

    def largest_penalty(self, kind: str) -> float:
        """The penalty that removes every term (LASSO), or leaves almost nothing of any (ridge)."""
        if kind == "lasso":
            return float(np.abs(self.rows.T @ self.target).max(initial=0.0)) / self.n or 1.0
        return 1e3 * float((self.rows**2).sum(axis=0).max(initial=0.0)) or 1.0

    def ridge(self, penalties: Floats) -> Floats:
        """Coefficients of the scaled terms, shape (p, penalties); without a penalty the shortest solution."""
        left, values, right = linalg.svd(self.rows, full_matrices=False, check_finite=False)
        real = values > max(self.rows.shape) * np.finfo(float).eps * values.max(initial=0.0)
        rotated = np.where(real, left.T @ self.target, 0.0)
        values = np.where(real, values, 1.0)
        return np.asarray(right.T @ ((values * rotated)[:, None] / (values[:, None] ** 2 + penalties)))

    def lasso(self, penalties: Floats, *, exact: bool = True) -> Floats:
        """Coefficients of the scaled terms, shape (p, penalties); penalties in descending order.

        `exact` replaces the iterated solutions by exact ones; cross-validated errors do not need them.
        """
        positive = penalties > 0
        found = self.ridge(penalties)  # without a penalty the two are the same
        found[:, positive] = self._descend(penalties[positive])
        # at the largest penalty rounding would let a coefficient of 1e-15 pass for one that was kept
        lengths = (self.rows**2).sum(axis=0)
        noise = 1e-10 * np.abs(self.rows.T @ self.target).max(initial=0.0) / np.maximum(lengths, 1e-300)
        found = np.where(np.abs(found) <= noise[:, None], 0.0, found)
        if exact:
            for place, penalty in enumerate(penalties):
                found[:, place] = self._exact(found[:, place], float(penalty))
        return np.asarray(found)

    def violation(self, slopes: Floats, penalty: float) -> float:
        """By what share of the penalty the optimality conditions of the LASSO are missed at most; 0 without one."""
        if penalty == 0 or not len(slopes):
            return 0.0
        pull = self.rows.T @ (self.target - self.rows @ slopes) / (self.n * penalty)
        missed = np.where(slopes == 0, np.maximum(np.abs(pull) - 1, 0), np.abs(pull - np.sign(slopes)))
        return float(missed.max())

    def _descend(self, penalties: Floats) -> Floats:
        # half a second that ordinary least squares need not wait for
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import lasso_path

        if not len(penalties):
            return np.zeros((self.rows.shape[1], 0))
        ratio = np.sqrt(len(self.rows) / self.n)  # scikit-learn divides by the number of rows
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # `violation` says by how much
            found = lasso_path(
                np.asfortranarray(self.rows * ratio),
                self.target * ratio,
                alphas=penalties,
                tol=_TOLERANCE,
                max_iter=_ROUNDS,
                precompute=False,
            )[1]
        return np.asarray(found)

    def _exact(self, slopes: Floats, penalty: float) -> Floats:
        """The solution with the terms and signs of `slopes`, if it meets the optimality conditions; else `slopes`."""
        kept = np.flatnonzero(slopes)
        if not 0 < len(kept) <= len(self.rows):
            return slopes
        signs, push = np.sign(slopes[kept]), self.n * penalty
        q, r = linalg.qr(self.rows[:, kept], mode="economic", check_finite=False)
        diagonal = np.abs(np.diag(r))
        if diagonal.min() <= 1e-12 * diagonal.max():
            return slopes
        pull = linalg.solve_triangular(r, push * signs, trans="T", check_finite=False)
        better = np.zeros_like(slopes)
        better[kept] = linalg.solve_triangular(r, q.T @ self.target - pull, check_finite=False)
        outside = np.abs(self.rows.T @ (self.target - self.rows @ better))
        outside[kept] = 0.0
        fits = (better[kept] * signs > 0).all() and (outside <= push * (1 + _OPTIMAL)).all()
        return better if fits else slopes
