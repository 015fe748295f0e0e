"""Maximum likelihood by Newton's method from several starting points, with the checks that a maximum must pass.

Parameters are positive, so that everything happens in their logarithms. Objectives give the log-likelihood with its
gradient and Hessian, none of them by differences. What comes back says whether the gradient vanishes, whether the
curvature is that of a maximum, and where each starting point ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize

from analysis.errors import AnalysisError

__all__ = ["FLAT", "Evaluation", "Maximum", "Objective", "maximise", "penalised"]

Floats = NDArray[np.float64]
#: Log-likelihood, gradient (p,) and Hessian (p, p) in the log-parameters.
Evaluation = tuple[float, Floats, Floats]
Objective = Callable[[Floats], Evaluation]

#: Curvature a customer, in log-parameters, below which a direction counts as flat.
FLAT = 1e-7
#: Log-likelihood that one more Newton step would gain at most where a search has converged.
_NEGLIGIBLE = 1e-4
#: Starts that end this much below the best in log-likelihood ended elsewhere.
_SAME = 1e-3
_GRADIENT = 1e-10
_ITERATIONS = 300
#: The longest step in log-parameters: a factor of e² in each.
_LONGEST = 2.0


@dataclass(frozen=True)
class Maximum:
    """The best end of all starts.

    Attributes
    ----------
    log_params : ndarray, shape (p,)
    value : float
        Log-likelihood.
    gradient : ndarray, shape (p,)
        In log-parameters, a customer.
    hessian : ndarray, shape (p, p)
        In log-parameters, of the whole log-likelihood.
    gain : float
        Log-likelihood that one more Newton step would gain: g' (−H)⁻¹ g ÷ 2.
    eigenvalues : ndarray, shape (p,)
        Of −H a customer, ascending: all positive at a maximum.
    starts : DataFrame
        One row a start: start, the parameters it began from (`from_…`), the parameters where it ended,
        log_likelihood, below_best, iterations, agrees.
    """

    log_params: Floats
    value: float
    gradient: Floats
    hessian: Floats
    gain: float
    eigenvalues: Floats
    starts: pd.DataFrame

    @property
    def stationary(self) -> bool:
        """Whether the gradient vanishes, as far as anybody could tell from the log-likelihood."""
        return bool(np.isfinite(self.gain) and self.gain <= _NEGLIGIBLE)

    @property
    def condition(self) -> float:
        """The largest eigenvalue over the smallest; infinite where one is not positive."""
        return float(self.eigenvalues[-1] / self.eigenvalues[0]) if self.eigenvalues[0] > 0 else float("inf")

    @property
    def curved(self) -> bool:
        """Whether the Hessian is negative definite, with no flat direction."""
        return bool(self.eigenvalues[0] > FLAT)


def penalised(objective: Objective, penalty: float, customers: float) -> Objective:
    """The objective less `penalty` × customers × the sum of the squared parameters."""
    if penalty == 0:
        return objective

    def evaluate(log_params: Floats) -> Evaluation:
        value, gradient, hessian = objective(log_params)
        squares = penalty * customers * np.exp(2 * log_params)
        return value - float(squares.sum()), gradient - 2 * squares, hessian - np.diag(4 * squares)

    return evaluate


def maximise(
    objective: Objective,
    starts: Sequence[Floats],
    names: Sequence[str],
    *,
    customers: float,
    rough: Objective | None = None,
) -> Maximum:
    """Climb from every start and keep the highest end.

    Parameters
    ----------
    objective : callable
        Log-parameters to log-likelihood, gradient and Hessian.
    starts : sequence of ndarray, shape (p,)
        In log-parameters.
    names : sequence of str
        Of the parameters.
    customers : float
        The log-likelihood is searched a customer, so that tolerances mean the same for any number of them.
    rough : callable, optional
        The same for a part of the customers: starts first climb that, then the whole from where they ended.

    Raises
    ------
    AnalysisError
        If no start gives a finite log-likelihood.

    Examples
    --------
    A Poisson mean: 3 customers with 2 purchases on average.

    >>> def poisson(log_params):
    ...     mean = np.exp(log_params[0])
    ...     return 3 * (2 * log_params[0] - mean), np.array([3 * (2 - mean)]), np.array([[-3 * mean]])
    >>> found = maximise(poisson, [np.array([0.0]), np.array([3.0])], ["mean"], customers=3)
    >>> np.exp(found.log_params).round(6).tolist(), found.starts["agrees"].tolist()
    ([2.0], [True, True])
    """
    ends = []
    for start in starts:
        steps, end = 0, np.asarray(start, dtype=np.float64)
        for stage in (rough, objective):
            if stage is not None:
                end, taken = _climb(stage, end, customers)
                steps += taken
        ends.append((end, steps, objective(end)[0]))
    values = np.array([value for _, _, value in ends])
    if not np.isfinite(values).any():
        raise AnalysisError("the likelihood is finite at none of the starting points; look at the largest values")
    best = int(np.nanargmax(np.where(np.isfinite(values), values, -np.inf)))
    below = values[best] - values
    rows = [
        {"start": number}
        | {f"from_{name}": value for name, value in zip(names, np.exp(start), strict=True)}
        | dict(zip(names, np.exp(end), strict=True))
        | {"log_likelihood": value, "below_best": less, "iterations": steps, "agrees": bool(less <= _SAME)}
        for number, (start, (end, steps, value), less) in enumerate(zip(starts, ends, below, strict=True), 1)
    ]
    end = ends[best][0]
    value, gradient, hessian = objective(end)
    eigenvalues = np.linalg.eigvalsh(-hessian / customers).astype(np.float64)
    return Maximum(end, value, gradient / customers, hessian, _gain(gradient, hessian), eigenvalues, pd.DataFrame(rows))


def _climb(objective: Objective, start: Floats, customers: float) -> tuple[Floats, int]:
    """Newton's method within a trust region, on the negative log-likelihood a customer."""
    memory: dict[bytes, Evaluation] = {}

    def at(log_params: Floats) -> Evaluation:
        key = log_params.tobytes()
        if key not in memory:
            memory.clear()
            value, gradient, hessian = objective(log_params)
            memory[key] = -value / customers, -gradient / customers, -hessian / customers
        return memory[key]

    with np.errstate(over="ignore", invalid="ignore"):
        found = optimize.minimize(
            lambda log_params: at(log_params)[0],
            start,
            jac=lambda log_params: at(log_params)[1],
            hess=lambda log_params: at(log_params)[2],
            method="trust-exact",
            options={
                "gtol": _GRADIENT, "maxiter": _ITERATIONS, "initial_trust_radius": 0.5, "max_trust_radius": _LONGEST,
            },
        )  # fmt: skip
    return np.asarray(found.x), int(found.nit)


def _gain(gradient: Floats, hessian: Floats) -> float:
    """Half the Newton decrement; flat directions add what their gradient would gain over one unit."""
    values, vectors = np.linalg.eigh(-hessian)
    along = vectors.T @ gradient
    curved = values > 1e-9 * max(float(np.abs(values).max()), 1e-300)
    return float((along[curved] ** 2 / values[curved]).sum() / 2 + np.abs(along[~curved]).sum())
