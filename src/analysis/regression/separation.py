"""Yes-or-no columns that tell rows with a target of 0 apart from all others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.regression.design import Design

__all__ = ["without_separated"]


def without_separated(design: Design) -> Design:
    """The design without the two-valued terms that have no finite effect, and without the rows that they explain.

    Where everybody of whom a value is missing, say, spent nothing, the best effect of that term is minus infinity, and
    a log-linear fit of the whole does not exist. Such rows are then explained completely and say nothing about the
    other terms, so that leaving out both gives the other terms exactly the estimates that they have in the limit.

    Source: Correia, Guimarães and Zylkin (2019), *Verifying the existence of maximum likelihood estimates for
    generalized linear models*, arXiv 1903.01633, section 2.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.regression import design
    >>> frame = pd.DataFrame({"x": [1, 2, 3, 4, 5, 6], "rare": [0, 0, 0, 0, 1, 1], "y": [1, 3, 2, 4, 0, 0]})
    >>> made = without_separated(design(frame, target="y", columns=["x", "rare"]))
    >>> made.names, len(made.response)
    (('x',), 4)
    """
    kept, place = design, 0
    while place < len(kept.terms):
        column = kept.matrix[:, place]
        least, most = (column.min(), column.max()) if len(column) else (0.0, 0.0)
        sides = [column == value for value in (least, most)]
        empty = [side for side in sides if not (kept.response[side] > 0).any()]
        constant = least == most and kept.intercept and bool(kept.response.any())  # once its rows are left out
        if not constant and (least == most or not (sides[0] | sides[1]).all() or len(empty) != 1):
            place += 1
            continue
        rows = ~empty[0] if empty else np.ones(len(column), dtype=bool)
        kept = replace(
            kept,
            terms=(*kept.terms[:place], *kept.terms[place + 1 :]),
            matrix=np.delete(kept.matrix, place, axis=1)[rows],
            response=kept.response[rows],
            rows=kept.rows[rows],
        )
        place = 0  # without these rows another term may be two-valued
    return kept
