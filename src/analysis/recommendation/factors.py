"""Matrix factorisation of counts: alternating least squares on implicit feedback.

With p_ui = 1 where customer u bought product i and 0 elsewhere, and confidence c_ui = 1 + α r_ui, the factors minimise

    Σ_ui c_ui (p_ui − x_u·y_i)² + λ (Σ_u ‖x_u‖² + Σ_i ‖y_i‖²)

over all customers and products, also those without a purchase. With Y fixed, x_u solves

    (YᵀY + Yᵀ(C_u − I)Y + λI) x_u = YᵀC_u p_u

and the system is never written out: a few conjugate-gradient steps from the last x_u, for many customers at once, cost
their purchases times the number of factors. Each step lowers the loss, so the loss falls from sweep to sweep.

Written here and not taken from the package `implicit`, which solves the same problem: every stage of the pipeline
depends on the lock, NumPy and SciPy are in it, and the time is much the same (27 million purchases, 32 factors, one
processor: 9 seconds a sweep here, 7 to 8 there). `benchmarks/verify` holds the loss against that of `implicit`, and the
factors against dense normal equations.

Sources: Hu, Koren and Volinsky (2008), *Collaborative filtering for implicit feedback datasets*, ICDM, equations 3 to
5; Takács, Pilászy and Tikk (2011), *Applications of the conjugate gradient method for implicit feedback collaborative
filtering*, RecSys, 297-300.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.errors import AnalysisError
from analysis.recommendation.interactions import Interactions
from analysis.recommendation.models import Owned
from analysis.recommendation.selection import Lists, best, blocks, row_blocks, stacked
from analysis.recommendation.similarity import Weighting, Weights

__all__ = ["Factors", "descend", "factors", "loss"]

Floats = NDArray[np.floating]
Ints = NDArray[np.intp]

#: Purchases of one block of customers (or products) that are solved together; bounds the memory.
BLOCK_ENTRIES = 20_000


@dataclass(frozen=True)
class Factors:
    """Factors of customers and products; a score is their product and comes near 1 where a purchase is likely.

    Attributes
    ----------
    name : str
    bought : csr_array, shape (customers, products)
    customers : ndarray, shape (customers, factors)
    products : ndarray, shape (products, factors)
    losses : tuple of float
        After each sweep over customers and products, where it was asked for.
    weighing : Weights or None
        What r_ui rests on.
    alpha, regularisation : float
    learnt : ndarray of bool, shape (products,), or None
        Products of which anything is known; None: all. Others are no candidates.
    """

    name: str
    bought: sparse.csr_array
    customers: Floats
    products: Floats
    losses: tuple[float, ...] = ()
    weighing: Weights | None = None
    alpha: float = 1.0
    regularisation: float = 1.0
    learnt: NDArray[np.bool_] | None = None

    def best(self, rows: Ints, k: int, *, owned: Owned = "exclude", offered: NDArray[np.bool_] | None = None) -> Lists:
        """The k products with the highest scores; customers without a purchase have none."""
        if self.learnt is not None:
            offered = self.learnt if offered is None else self.learnt & offered
        parts = []
        for part in blocks(rows, len(self.products)):
            scores = self.customers[part] @ self.products.T
            scores[np.diff(self.bought.indptr)[part] == 0] = -np.inf
            without = self.bought[part] if owned == "exclude" else None
            parts.append(best(scores, k, without=without, offered=offered, positive=False))
        return stacked(parts, k)

    def serving(self, bought: Interactions) -> Factors:
        """Factors of the customers that fit their purchases with the products' factors fixed, exactly."""
        if self.weighing is None:
            raise AnalysisError("recommendation: these factors do not say how purchases were weighed")
        extra = self.weighing.of(bought.counts).astype(self.products.dtype)
        extra.data *= self.products.dtype.type(self.alpha)
        customers = np.zeros((len(bought.customers), self.products.shape[1]), dtype=self.products.dtype)
        _solve(customers, self.products, extra, self.regularisation, self.products.shape[1])
        return replace(self, bought=bought.counts, customers=customers)


def factors(
    bought: Interactions,
    *,
    size: int = 32,
    regularisation: float = 1.0,
    alpha: float = 1.0,
    weighting: Weighting = "count",
    sweeps: int = 8,
    steps: int = 3,
    random_state: int,
    precision: Literal["single", "double"] = "double",
    with_losses: bool = False,
    name: str = "factors",
) -> Factors:
    """Factorise counts of purchases.

    Parameters
    ----------
    bought : Interactions
    size : int
        Factors of each customer and product.
    regularisation : float
        λ, above 0.
    alpha : float
        α, at least 0: how much more a purchase counts than none.
    weighting : str
        What r_ui is; see `weighted`.
    sweeps, steps : int
        Sweeps over customers and products, and conjugate-gradient steps in each.
    random_state : int
        Draws the start: normal, spread 0.1/√size.
    precision : {"single", "double"}
        Single halves the memory and doubles the speed, at seven digits.
    with_losses : bool
        Compute the loss after each sweep.

    Raises
    ------
    AnalysisError
        If an option is out of range.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.recommendation.interactions import interactions
    >>> rows = pd.DataFrame({"customer_key": [1, 1, 2, 2, 3, 3, 4], "product_id": list("abababa")})
    >>> found = factors(interactions(rows), size=2, regularisation=0.1, random_state=1, with_losses=True)
    >>> found.best(np.array([3]), 1).columns.tolist(), bool((np.diff(found.losses) <= 0).all())
    ([[1]], True)
    """
    _check(size=size, regularisation=regularisation, alpha=alpha, sweeps=sweeps, steps=steps)
    kind = np.float32 if precision == "single" else np.float64
    weighing = Weights.learnt(bought.counts, weighting)
    extra = weighing.of(bought.counts).astype(kind)
    extra.data *= kind(alpha)
    turned = extra.T.tocsr()
    generator = np.random.default_rng(random_state)
    spread = 0.1 / np.sqrt(size)
    # Products first: the order of the draws is part of the result.
    products = (generator.standard_normal((extra.shape[1], size)) * spread).astype(kind)
    customers = (generator.standard_normal((extra.shape[0], size)) * spread).astype(kind)
    losses = []
    for _ in range(sweeps):
        _solve(customers, products, extra, regularisation, steps)
        _solve(products, customers, turned, regularisation, steps)
        if with_losses:
            losses.append(loss(customers, products, extra, regularisation))
    # Once more, so that customers fit the final products.
    _solve(customers, products, extra, regularisation, steps)
    known = np.diff(turned.indptr) > 0
    return Factors(
        name, bought.counts, customers, products, tuple(losses), weighing, alpha, regularisation,
        None if known.all() else known,
    )  # fmt: skip


def loss(customers: Floats, products: Floats, extra: sparse.csr_array, regularisation: float) -> float:
    """The loss that is minimised; `extra` holds α r_ui where there are purchases."""
    total = float(np.einsum("ij,ij->", customers.T @ customers, products.T @ products))
    for part in row_blocks(np.diff(extra.indptr), BLOCK_ENTRIES):
        start, stop = extra.indptr[part.start], extra.indptr[part.stop]
        row = np.repeat(np.arange(part.start, part.stop), np.diff(extra.indptr[part.start : part.stop + 1]))
        score = np.einsum("pf,pf->p", customers[row], products[extra.indices[start:stop]])
        confidence = 1 + extra.data[start:stop]
        total += float(np.sum(confidence * (1 - score) ** 2 - score**2))
    return total + regularisation * float((customers**2).sum() + (products**2).sum())


def _solve(target: Floats, fixed: Floats, extra: sparse.csr_array, regularisation: float, steps: int) -> None:
    """Improve all rows of `target`, in place, by conjugate gradients from where they stand."""
    gram = fixed.T @ fixed
    gram[np.diag_indices_from(gram)] += fixed.dtype.type(regularisation)
    for part in row_blocks(np.diff(extra.indptr), BLOCK_ENTRIES):
        start, stop = extra.indptr[part.start], extra.indptr[part.stop]
        lengths = np.diff(extra.indptr[part.start : part.stop + 1])
        near = fixed[extra.indices[start:stop]]
        more = extra.data[start:stop]
        descend(target[part], near, more, 1 + more, lengths, gram, steps)


def descend(x: Floats, near: Floats, weights: Floats, aims: Floats, lengths: Ints, gram: Floats, steps: int) -> None:
    """Conjugate gradients, in place, for all rows of x at once: (G + Σ_p w_p n_p n_pᵀ) x = Σ_p a_p n_p.

    Parameters
    ----------
    x : ndarray, shape (rows, f)
        The start, and then the answer.
    near : ndarray, shape (entries, f)
        n_p: factors of what each row has, row after row.
    weights, aims : ndarray, shape (entries,)
        w_p and a_p.
    lengths : ndarray of int, shape (rows,)
        Entries of each row.
    gram : ndarray, shape (f, f)
        G, the same for all rows; positive definite.
    steps : int
        With f steps the answer is exact but for rounding.
    """
    starts = np.concatenate([[0], np.cumsum(lengths)])
    place = np.arange(len(near))

    def summed(values: Floats) -> Floats:
        return sparse.csr_array((values, place, starts), shape=(len(x), len(near))) @ near

    def times(v: Floats) -> Floats:
        return v @ gram + summed(weights * np.einsum("pf,pf->p", near, np.repeat(v, lengths, axis=0)))

    residual = summed(aims) - times(x)
    direction = residual.copy()
    size = np.einsum("rf,rf->r", residual, residual)
    for _ in range(steps):
        image = times(direction)
        bend = np.einsum("rf,rf->r", direction, image)
        step = np.divide(size, bend, out=np.zeros_like(size), where=bend > 0)
        x += step[:, None] * direction
        residual -= step[:, None] * image
        new = np.einsum("rf,rf->r", residual, residual)
        direction *= np.divide(new, size, out=np.zeros_like(size), where=size > 0)[:, None]
        direction += residual
        size = new


def _check(**options: float) -> None:
    problems = [
        f"{name} must be at least 1, got {options[name]}" for name in ("size", "sweeps", "steps") if options[name] < 1
    ]
    if not (np.isfinite(options["regularisation"]) and options["regularisation"] > 0):
        problems.append(f"regularisation must be above 0, got {options['regularisation']}")
    if not (np.isfinite(options["alpha"]) and options["alpha"] >= 0):
        problems.append(f"alpha must be 0 or more, got {options['alpha']}")
    if problems:
        raise AnalysisError("recommendation: " + "; ".join(problems))
