"""How alike products are by the purchases of all customers, where those learnt from stand among others.

Every likeness of two products is made of sums over customers: n_ij, Σ_u w_ui w_uj, Σ_u w²_ui over common customers.
They are added up part by part in tables of products × products, so that memory does not grow with the customers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.recommendation.everybody import Everybody
from analysis.recommendation.interactions import Interactions
from analysis.recommendation.selection import best
from analysis.recommendation.similarity import Similarity, Weighting, Weights, centred, check, likeness

__all__ = ["MOST_CELLS", "among_everybody"]

Floats = NDArray[np.float64]

#: Cells of all tables of products × products together; with more products likeness is that of those learnt from.
MOST_CELLS = 64_000_000
#: Strips of rows in which a table is added to.
_STRIPS = 16


def among_everybody(
    bought: Interactions, weighting: Weighting, *, kind: Similarity, k: int, shrinkage: float
) -> tuple[Weights, sparse.csr_array] | None:
    """Weights, and the k products most like each, shape (products, products), by the purchases of all customers.

    None where those learnt from are all there are, or products so many that the sums would not fit into memory.
    """
    everybody = bought.everybody
    if everybody is None or not len(bought.products):
        return None
    check(kind, k, shrinkage)
    mean = everybody.orders / max(everybody.customers, 1)
    weighing = Weights(weighting, everybody.customers, everybody.buyers.astype(np.int64), mean)
    sums = _Sums(len(bought.products), kind, weighing, shrinkage)
    if len(sums.tables) * len(bought.products) ** 2 > MOST_CELLS:
        return None
    return weighing, sums.of(everybody).nearest(k)


class _Sums:
    """Tables of products × products that the likeness is made of.

    `common` holds n_ij, `products` the numerator of a cosine where it is another, and `squares` at (i, j) the sum of
    w²_ui over those who bought both.
    """

    def __init__(self, width: int, kind: Similarity, weighing: Weights, shrinkage: float) -> None:
        self.width, self.kind, self.weighing, self.shrinkage = width, kind, weighing, shrinkage
        cosine = kind == "cosine"
        binary = kind in ("jaccard", "conditional") or (cosine and weighing.weighting == "binary")
        names = [] if cosine and not binary and not shrinkage else ["common"]
        names += [] if binary else ["products"]
        names += ["squares"] if kind == "adjusted_cosine" else []
        self.tables: dict[str, Floats] = dict.fromkeys(names, np.zeros((0, 0)))

    def of(self, everybody: Everybody) -> _Sums:
        self.tables = {name: np.zeros((self.width, self.width)) for name in self.tables}
        for part in everybody.each():
            counts = part.counts
            ones = sparse.csr_array((np.ones(counts.nnz), counts.indices, counts.indptr), counts.shape)
            weights = self.weighing.of(counts)
            if self.kind == "adjusted_cosine":
                # A customer's mean is taken off: of a row, which is a column of the transpose.
                weights = centred(weights.T.tocsr(), weights.T.tocsr()).T.tocsr()
            self._add("common", ones, ones)
            self._add("products", weights, weights)
            self._add("squares", weights.power(2), ones)
        self._mirror()
        return self

    def _add(self, name: str, left: sparse.csr_array, right: sparse.csr_array) -> None:
        """Add left' × right, products by products, a few rows of it at a time; of what is symmetric the upper half."""
        table = self.tables.get(name)
        if table is None:
            return
        turned = left.T.tocsr()
        right.sort_indices()
        for rows in self._strips():
            start = 0 if name == "squares" else rows.start
            table[rows, start:] += (turned[rows] @ right[:, start:]).toarray()

    def _mirror(self) -> None:
        """The lower half of the symmetric tables."""
        for name, table in self.tables.items():
            for rows in self._strips() if name != "squares" else ():
                table[rows.stop :, rows] = table[rows, rows.stop :].T

    def _strips(self) -> list[slice]:
        step = -(-self.width // _STRIPS) or 1
        return [slice(start, min(start + step, self.width)) for start in range(0, self.width, step)]

    def nearest(self, k: int) -> sparse.csr_array:
        parts = []
        for rows in self._strips():
            lists = best(self._block(rows), k)
            row, rank = np.nonzero(lists.columns >= 0)
            shape = (len(lists.columns), self.width)
            values = (lists.scores[row, rank], (row, lists.columns[row, rank]))
            parts.append(sparse.coo_array(values, shape=shape).tocsr())
        found = sparse.vstack(parts, format="csr")
        found.sort_indices()
        return found

    def _block(self, rows: slice) -> Floats:
        """Likeness of some products with all, −∞ where there is none."""
        first = self.tables.get("common", self.tables.get("products"))
        products = self.tables.get("products", first)
        squares = self.tables.get("squares")
        assert first is not None and products is not None
        row, column = np.nonzero(first[rows])
        at = row + rows.start
        values, norms = products[at, column], np.ones(len(at))
        if self.kind == "cosine":
            length = np.sqrt(np.diagonal(products))
            values = values / (length[at] * length[column])
        if squares is not None:
            norms = squares[at, column] * squares[column, at]
        sizes = self.weighing.buyers.astype(float)
        found = likeness(
            first[at, column], values, norms, sizes[at], sizes[column], kind=self.kind, shrinkage=self.shrinkage
        )
        block = np.full((len(first[rows]), self.width), -np.inf)
        block[row, column] = found
        block[np.arange(len(block)), np.arange(rows.start, rows.start + len(block))] = -np.inf
        return block
