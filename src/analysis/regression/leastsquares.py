"""Least squares that keeps its digits: QR on centred, scaled columns, then one pass in extended precision.

The columns are centred and scaled (by powers of two, which costs no digit), and a Householder QR in double precision
gives a triangular factor R. The columns of Z R⁻¹ are then orthonormal but for rounding, so that their normal equations
are as harmless as can be: they are formed and solved in extended precision, which returns the digits that an
ill-conditioned design took from the first pass. Where that would take too long (`EXTENDED_WORK`) the second pass runs
in double precision.

Of many rows whose columns are far from combinations of each other R is the Cholesky factor of the columns' products,
which takes half the time, and the second pass returns what that costs. Other columns of many rows are decomposed part
by part (a QR of the triangle so far on top of the next rows), which keeps the digits.

Sources: Björck (1996), *Numerical Methods for Least Squares Problems*, sections 2.4 and 6.6; Belsley, Kuh and Welsch
(1980), *Regression Diagnostics*, chapter 3 (condition number of scaled columns); Yamamoto, Nakatsukasa, Yanagisawa and
Fukaya (2015), *Roundoff error analysis of the CholeskyQR2 algorithm*, ETNA 44, 306-326.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from analysis.errors import AnalysisError

__all__ = ["AliasedError", "LeastSquares", "aliased", "digits_held", "enough_digits", "least_squares", "row_blocks"]

Floats = NDArray[np.float64]

#: Rows × columns² up to which the second pass is done in extended precision (about a second).
EXTENDED_WORK = 2e7
#: Rows that are decomposed or multiplied at a time; fewer than these are one part.
ROWS_AT_A_TIME = 16_384
#: A column is taken as a combination of earlier ones if what they leave of it is smaller than this share of its length.
ALIAS_TOLERANCE = 1e-13
#: The least eigenvalue of the products of columns of length 1 from which on their Cholesky factor serves as R.
INDEPENDENT = 1e-6
#: Distance from zero, in lengths of a centred column, from which on centring has cost digits that matter.
FAR_FROM_ZERO = 1e9


class AliasedError(AnalysisError):
    """A column of a design is constant or a combination of earlier ones."""


@dataclass(frozen=True)
class LeastSquares:
    """The solution of min ‖y − A b‖², where A is the matrix with a first column of ones if there is an intercept.

    Parameters
    ----------
    coefficients : ndarray, shape (k,)
        The intercept first, if there is one; k is the number of columns of A.
    inverse : ndarray, shape (k, k)
        (AᵀA)⁻¹.
    pseudo : tuple of ndarray, shapes (n, k) and (k, k)
        Q and M with A⁺ = M Qᵀ.
    middle : ndarray, shape (k, k)
        (QᵀQ)⁻¹, all but the unit matrix.
    residuals : ndarray, shape (n,)
        y − A b.
    residual_squares, total_squares : float
        Sum of squared residuals; sum of squares of y, about its mean if there is an intercept.
    condition_number : float
        Largest ÷ smallest singular value of the columns, centred (with an intercept) and scaled to length 1.
    exact : bool
        Whether what is left of y is nothing but rounding; residuals are then 0.
    """

    coefficients: Floats
    inverse: Floats
    pseudo: tuple[Floats, Floats]
    middle: Floats
    residuals: Floats
    residual_squares: float
    total_squares: float
    condition_number: float
    exact: bool

    def sandwich(self, weights: Floats) -> Floats:
        """A⁺ diag(weights) A⁺ᵀ, shape (k, k)."""
        q, m = self.pseudo
        parts = zip(row_blocks(q), row_blocks(weights), strict=True)
        return np.asarray(m @ sum(rows.T @ (weight[:, None] * rows) for rows, weight in parts) @ m.T)

    @cached_property
    def leverage(self) -> Floats:
        """The diagonal of the hat matrix, shape (n,)."""
        parts = [((rows @ self.middle) * rows).sum(axis=1) for rows in row_blocks(self.pseudo[0])]
        return np.clip(np.concatenate(parts), 0.0, 1.0)

    def scores(self, values: Floats) -> Floats:
        """Each row's part in A⁺ values, shape (n, k)."""
        q, m = self.pseudo
        return np.asarray((values[:, None] * q) @ m.T)


def least_squares(matrix: Floats, response: Floats, *, intercept: bool = True) -> LeastSquares:
    """Fit the response by the columns of the matrix.

    Parameters
    ----------
    matrix : ndarray, shape (n, p)
        Finite numbers; p may be 0 if there is an intercept.
    response : ndarray, shape (n,)
    intercept : bool

    Raises
    ------
    AnalysisError
        If there are fewer rows than coefficients, or a column is a combination of the others.

    Examples
    --------
    >>> import numpy as np
    >>> price = np.array([[10.0], [20.0], [30.0], [40.0], [50.0]])
    >>> least_squares(price, np.array([100.0, 150.0, 200.0, 250.0, 300.0])).coefficients.round(12).tolist()
    [50.0, 5.0]
    """
    n, p = matrix.shape
    k = p + intercept
    if n < k or k == 0:
        raise AnalysisError(
            f"a regression with {k} coefficients needs at least {max(k, 1)} rows, and there are {n}; name fewer columns"
        )
    kind: Any = np.longdouble if n * k * k <= EXTENDED_WORK else np.float64
    products = _apart(matrix, intercept=intercept) if n > ROWS_AT_A_TIME else None
    if products is None and (twins := aliased(matrix, intercept=intercept)):
        raise AliasedError(
            f"column {min(twins)} of the design is constant or a combination of earlier columns; leave it out"
        )
    q, back = _scaled(matrix, intercept=intercept, kind=kind)
    r = _triangle(q.astype(np.float64, copy=False)) if products is None else _factor(products, back, n)
    root = _inverse_of_triangle(r, kind)
    for rows in row_blocks(q):
        rows[:] = rows @ root
    gram, gram_inverse = _gram(q, kind)
    y = response.astype(kind)
    solution = gram_inverse @ (q.T @ y)
    residuals = y - q @ solution
    correction = gram_inverse @ (q.T @ residuals)
    solution, residuals = solution + correction, residuals - q @ correction
    to_natural = back @ root
    m = to_natural @ gram_inverse
    total = y - y.mean() if intercept else y
    residual_squares, total_squares = float(residuals @ residuals), float(total @ total)
    # y itself is only known to about n · eps · |y|; less than that is no residual
    exact = residual_squares <= n * (np.finfo(float).eps * float(np.abs(y).max(initial=0))) ** 2
    return LeastSquares(
        coefficients=(to_natural @ solution).astype(np.float64),
        inverse=(m @ gram @ m.T).astype(np.float64),
        pseudo=(q.astype(np.float64, copy=False), m.astype(np.float64)),
        middle=gram_inverse.astype(np.float64),
        residuals=np.zeros(n) if exact else residuals.astype(np.float64),
        residual_squares=0.0 if exact else residual_squares,
        total_squares=total_squares,
        condition_number=_condition_number(r[int(intercept) :, int(intercept) :]),
        exact=bool(exact),
    )


def digits_held(matrix: Floats, response: Floats, solution: LeastSquares, *, intercept: bool = True) -> Floats:
    """How many decimal digits of each coefficient survive if every number of the data is rounded to a double.

    To first order a coefficient moves by at most u (|A⁺| (|A| |b| + |y|) + |(AᵀA)⁻¹| |A|ᵀ |r|), with u half the spacing
    of doubles at 1. The digits are those of that bound beside the coefficient or its standard error in a classical
    fit, whichever is larger. Numbers that a double holds exactly (whole numbers, for example) lose nothing, so that
    more digits can be right. Source: Björck (1996), section 1.4.5.

    Returns
    -------
    ndarray, shape (k,)
        NaN for a coefficient of 0 in an exact fit.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(10.0)[:, None]
    >>> near, far = (least_squares(x + shift, x[:, 0] ** 2) for shift in (0.0, 1e9))
    >>> [int(digits_held(x + shift, x[:, 0] ** 2, fit)[1]) for shift, fit in ((0.0, near), (1e9, far))]
    [15, 7]
    """
    q, m = solution.pseudo
    slopes = np.abs(solution.coefficients[int(intercept) :])
    moves, lean = np.zeros(len(m)), np.zeros(matrix.shape[1])
    for start in range(0, len(matrix), ROWS_AT_A_TIME):
        part = slice(start, start + ROWS_AT_A_TIME)
        sizes = np.abs(matrix[part])
        moves += np.abs(m @ q[part].T) @ (sizes @ slopes + np.abs(response[part]))
        lean += sizes.T @ np.abs(solution.residuals[part])
    moves += np.abs(solution.inverse[:, int(intercept) :]) @ lean
    return _digits(moves, solution)


def enough_digits(
    matrix: Floats, response: Floats, solution: LeastSquares, *, intercept: bool = True, enough: float
) -> bool:
    """Whether `digits_held` is surely `enough` for all coefficients, by a bound that takes little time.

    It is Cauchy and Schwarz's inequality for the rows of |A⁺|, whose lengths are the roots of the diagonal of (AᵀA)⁻¹.
    """
    slopes = np.abs(solution.coefficients[int(intercept) :])
    squares, lean = 0.0, np.zeros(matrix.shape[1])
    parts = zip(row_blocks(matrix), row_blocks(response), row_blocks(solution.residuals), strict=True)
    for rows, target, residuals in parts:
        sizes = np.abs(rows)
        squares += float(((sizes @ slopes + np.abs(target)) ** 2).sum())
        lean += np.abs(residuals) @ sizes
    moves = np.sqrt(np.maximum(np.diag(solution.inverse), 0) * squares)
    held = _digits(moves + np.abs(solution.inverse[:, int(intercept) :]) @ lean, solution)
    return bool((held[~np.isnan(held)] >= enough).all())


def _digits(moves: Floats, solution: LeastSquares) -> Floats:
    """Digits of coefficients that rounding moves so far, in units of half the spacing of doubles at 1."""
    freedom = max(len(solution.residuals) - len(solution.coefficients), 1)
    error = np.sqrt(np.maximum(np.diag(solution.inverse), 0) * solution.residual_squares / freedom)
    size = np.maximum(np.abs(solution.coefficients), error)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(size > 0, -np.log10(np.finfo(float).eps / 2 * moves / size), np.nan)


def aliased(matrix: Floats, *, intercept: bool = True) -> dict[int, list[int]]:
    """Columns that are a combination of earlier ones, each with the positions of those that make it.

    A constant column is aliased with the intercept and has an empty list, as has a column of zeros.

    >>> import numpy as np
    >>> x = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0], [4.0, 7.0, 11.0], [5.0, 5.0, 10.0]])
    >>> aliased(x)
    {2: [0, 1]}
    """
    n, p = matrix.shape
    if p == 0 or (n > ROWS_AT_A_TIME and _apart(matrix, intercept=intercept) is not None):
        return {}
    centred = matrix - matrix.mean(axis=0) if intercept else matrix
    length, raw = np.linalg.norm(centred, axis=0), np.linalg.norm(matrix, axis=0)
    if n > ROWS_AT_A_TIME:  # the triangle has the columns' lengths and angles
        scale = np.where(length > 0, length, 1.0)
        centred = _triangle(centred / scale) * scale
        n = len(centred)
    tolerance = np.finfo(float).eps * 16
    found: dict[int, list[int]] = {}
    kept: list[int] = []
    basis = np.empty((n, min(n, p)))
    for column in range(p):
        if length[column] <= tolerance * raw[column]:
            found[column] = []
            continue
        unit = centred[:, column] / length[column]
        used = basis[:, : len(kept)]
        rest = unit - used @ (used.T @ unit)
        rest -= used @ (used.T @ rest)  # twice is enough
        # centring a column far from zero has already cost it digits
        lost = tolerance * max((raw[i] / length[i] for i in (*kept, column)), default=1.0)
        size = float(np.linalg.norm(rest))
        if size <= max(ALIAS_TOLERANCE, lost) or len(kept) == basis.shape[1]:
            earlier = centred[:, kept] / length[kept]
            share = linalg.lstsq(earlier, unit)[0]
            found[column] = [i for i, weight in zip(kept, share, strict=True) if abs(weight) > 1e-6]
        else:
            basis[:, len(kept)] = rest / size
            kept.append(column)
    return found


def _apart(matrix: Floats, *, intercept: bool) -> Floats | None:
    """Products of the columns, centred beside an intercept; None where they lose digits that tell columns apart."""
    n, p = matrix.shape
    centre = matrix.mean(axis=0) if intercept else np.zeros(p)
    parts = (rows - centre for rows in row_blocks(matrix))
    products = np.asarray(sum((part.T @ part for part in parts), np.zeros((p, p))))
    length = np.sqrt(products.diagonal())
    if not (length > 0).all() or (np.abs(centre) * np.sqrt(n) > FAR_FROM_ZERO * length).any():
        return None
    least = np.linalg.eigvalsh(products / np.outer(length, length))[:1]
    return products if (least > INDEPENDENT).all() else None


def _factor(products: Floats, back: Any, n: int) -> Floats:
    """R of the scaled columns (see `_scaled`) from the products of the columns as they are."""
    p, slopes = len(products), np.diag(back)[-len(products) :].astype(np.float64) if len(products) else np.zeros(0)
    scaled = np.diag(np.full(len(back), float(n)))
    scaled[len(back) - p :, len(back) - p :] = products * np.outer(slopes, slopes)
    return np.asarray(linalg.cholesky(scaled, check_finite=False))


def _scaled(matrix: Floats, *, intercept: bool, kind: Any) -> tuple[Any, Any]:
    """Centred and scaled columns of A, and the map from their coefficients to those of A."""
    n, p = matrix.shape
    centre = matrix.mean(axis=0) if intercept else np.zeros(p)
    columns = np.ones((n, p + intercept), dtype=kind)
    moved = columns[:, int(intercept) :]
    np.subtract(matrix, centre.astype(kind), out=moved)
    farthest = np.maximum(moved.max(axis=0, initial=0), -moved.min(axis=0, initial=0))
    size = farthest.astype(np.float64) * np.sqrt(n)
    scale = np.exp2(np.round(np.log2(size))).astype(kind)
    slopes = np.diag(1 / scale)
    moved /= scale
    if not intercept:
        return columns, slopes
    back = np.zeros((p + 1, p + 1), dtype=kind)
    back[0, 0] = 1
    back[1:, 1:] = slopes
    back[0, 1:] = -(centre.astype(kind) / scale)
    return columns, back


def _triangle(matrix: Floats) -> Floats:
    """R of the QR decomposition; that of many rows is gathered part by part, each in the processor's cache."""
    r = matrix[:0]
    for rows in row_blocks(matrix):
        r = linalg.qr(np.vstack([r, rows]), mode="r", check_finite=False, overwrite_a=True)[0][: matrix.shape[1]]
    return r


def row_blocks(matrix: Floats) -> Iterator[Floats]:
    """Rows in parts that stay in the processor's cache; fewer than `ROWS_AT_A_TIME` are one part."""
    for start in range(0, len(matrix), ROWS_AT_A_TIME):
        yield matrix[start : start + ROWS_AT_A_TIME]


def _inverse_of_triangle(r: Floats, kind: Any) -> Any:
    """R⁻¹ by back substitution in the given precision; R is only a preconditioner, so its own errors do no harm."""
    k = len(r)
    upper, inverse = r.astype(kind), np.zeros((k, k), dtype=kind)
    for row in range(k - 1, -1, -1):
        right = np.zeros(k, dtype=kind)
        right[row] = 1
        inverse[row] = (right - upper[row, row + 1 :] @ inverse[row + 1 :]) / upper[row, row]
    return inverse


def _gram(q: Any, kind: Any) -> tuple[Any, Any]:
    """QᵀQ and its inverse: inverted in double precision, then improved by Newton's iteration (Schulz 1933)."""
    gram = q.T @ q
    identity = np.eye(len(gram), dtype=kind)
    inverse = np.linalg.inv(gram.astype(np.float64)).astype(kind)
    for _ in range(2):
        inverse = inverse @ (2 * identity - gram @ inverse)
    return gram, inverse


def _condition_number(triangle: Floats) -> float:
    """From R of the centred columns, whose singular values are those of the columns themselves."""
    if triangle.shape[1] == 0:
        return 1.0
    values = np.linalg.svd(triangle / np.linalg.norm(triangle, axis=0), compute_uv=False)
    return float(values[0] / values[-1]) if values[-1] > 0 else float("inf")
