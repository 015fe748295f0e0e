"""The options that are tried, from lists of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.errors import AnalysisError
from analysis.recommendation.choices import Candidate

__all__ = ["MODELS", "grid"]

#: Methods that have options; rules have theirs where they are mined.
MODELS = ("also_bought", "item_neighbours", "user_neighbours", "factors")
#: The weights that suit each likeness: Jaccard counts buyers, adjusted cosine needs numbers that differ.
_WEIGHTINGS = {"cosine": ("binary", "bm25"), "jaccard": ("binary",), "adjusted_cosine": ("log",)}


def grid(
    methods: Sequence[str] = MODELS,
    *,
    similarities: Sequence[str] = ("cosine", "jaccard", "adjusted_cosine"),
    shrinkages: Sequence[float] = (0.0, 20.0),
    neighbours: Sequence[int] = (20, 100),
    factors: Sequence[int] = (16, 48),
    regularisations: Sequence[float] = (10.0, 50.0),
) -> tuple[Candidate, ...]:
    """Every combination of the options of each method, the simplest methods first.

    Adjusted cosine compares products only: what it takes off is usual for a customer. Customers are compared by the
    other similarities. Candidates that differ in the number of neighbours alone stand together, the most first, so
    that they share one search.

    Parameters
    ----------
    methods : sequence of str
        Of `MODELS`; names of methods without options are passed over.
    similarities : sequence of {"cosine", "jaccard", "adjusted_cosine"}
    shrinkages : sequence of float
    neighbours : sequence of int
    factors, regularisations : sequence
        Of the matrix factorisation.

    Raises
    ------
    AnalysisError
        If a similarity is none of them.

    Examples
    --------
    >>> [each.text for each in grid(["item_neighbours"], similarities=["jaccard"], shrinkages=[5.0], neighbours=[9])]
    ['similarity jaccard, weighting binary, shrinkage 5.0, neighbours 9']
    """
    if unknown := [name for name in similarities if name not in _WEIGHTINGS]:
        raise AnalysisError(
            f"recommendation: similarity must be one of {', '.join(_WEIGHTINGS)}; got {', '.join(unknown)}"
        )
    found = []
    if "also_bought" in methods:
        options = {"similarity": "conditional", "weighting": "binary", "shrinkage": 0.0}
        found.append(Candidate("also_bought", options | {"neighbours": max(neighbours)}))
    for method in ("item_neighbours", "user_neighbours"):
        if method in methods:
            known = [name for name in similarities if method == "item_neighbours" or name != "adjusted_cosine"]
            found += [Candidate(method, options) for options in _near(known, shrinkages, neighbours)]
    if "factors" in methods:
        found += [
            Candidate("factors", {"size": size, "regularisation": strength, "alpha": 1.0, "weighting": weighting})
            for size in factors
            for strength in regularisations
            for weighting in ("binary", "log")
        ]
    return tuple(found)


def _near(similarities: Sequence[str], shrinkages: Sequence[float], neighbours: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"similarity": kind, "weighting": weighting, "shrinkage": shrinkage, "neighbours": number}
        for kind in similarities
        for weighting in _WEIGHTINGS[kind]
        for shrinkage in shrinkages
        for number in sorted(neighbours, reverse=True)
    ]
