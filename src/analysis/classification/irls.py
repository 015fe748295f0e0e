"""Logistic regression by Newton's method: what calibration and odds ratios share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

__all__ = ["Newton", "newton"]

Floats = NDArray[np.float64]
#: Newton's steps; a fit that needs more is separated or nearly so.
MOST_STEPS = 60


@dataclass(frozen=True)
class Newton:
    """A maximum-likelihood fit.

    Parameters
    ----------
    coefficients : ndarray, shape (p,)
    covariance : ndarray, shape (p, p)
        Inverse of the information, or with `groups` the cluster-robust covariance.
    converged : bool
    """

    coefficients: Floats
    covariance: Floats
    converged: bool


def newton(matrix: Floats, label: ArrayLike, *, offset: ArrayLike = 0.0, groups: ArrayLike | None = None) -> Newton:
    """Fit a logistic regression without a penalty.

    Parameters
    ----------
    matrix : ndarray, shape (n, p)
        With a column of ones where there is an intercept; of full rank.
    label : array_like, shape (n,)
    offset : array_like, shape (n,)
        Added to the linear predictor.
    groups : array_like, shape (n,), optional
        Rows of one group are not independent: Liang and Zeger's (1986) covariance, times G / (G - 1) as statsmodels and
        Stata have it, which also holds where the model is not quite right.

    Examples
    --------
    >>> found = newton(np.ones((10, 1)), [1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    >>> round(float(expit(found.coefficients[0])), 6), found.converged
    (0.3, True)
    """
    y, shift = np.asarray(label, dtype=float), np.asarray(offset, dtype=float)
    beta = np.zeros(matrix.shape[1])
    best, converged = -np.inf, False
    for _ in range(MOST_STEPS):
        p = expit(matrix @ beta + shift)
        information = matrix.T @ (matrix * (p * (1 - p))[:, None])
        step = np.linalg.lstsq(information, matrix.T @ (y - p), rcond=None)[0]
        beta, best = _climb(matrix, y, shift, beta, step, best)
        if float(np.abs(step).max()) < 1e-9:
            converged = True
            break
    p = expit(matrix @ beta + shift)
    bread = np.linalg.pinv(matrix.T @ (matrix * (p * (1 - p))[:, None]), hermitian=True)
    if groups is None:
        return Newton(beta, bread, converged)
    codes = np.unique(np.asarray(groups), return_inverse=True)[1]
    size = int(codes.max()) + 1
    scores = np.zeros((size, matrix.shape[1]))
    np.add.at(scores, codes, matrix * (y - p)[:, None])
    robust = bread @ (scores.T @ scores) @ bread * (size / (size - 1) if size > 1 else np.nan)
    return Newton(beta, robust, converged)


def _climb(matrix: Floats, y: Floats, shift: Floats, beta: Floats, step: Floats, best: float) -> tuple[Floats, float]:
    """Half the step until the likelihood does not fall: a whole Newton step may overshoot."""
    for _ in range(30):
        eta = matrix @ (beta + step) + shift
        likelihood = float((y * eta - np.logaddexp(0, eta)).sum())
        if likelihood >= best - 1e-12 * abs(best):
            return beta + step, max(likelihood, best)
        step = step / 2
    return beta, best
