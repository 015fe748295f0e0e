"""The usual measures of a rule, from four counts, for any number of rules at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

__all__ = ["MEASURES", "Measure", "measures"]


@dataclass(frozen=True)
class Measure:
    """One measure: its formula, its range, its value where antecedent and consequent are independent."""

    formula: str
    low: float
    high: float
    independent: float | None


#: s = share of baskets; a = antecedent, c = consequent, ac = both, conf = s(ac) / s(a).
MEASURES: dict[str, Measure] = {
    "support": Measure("s(ac)", 0, 1, None),
    "antecedent_support": Measure("s(a)", 0, 1, None),
    "consequent_support": Measure("s(c)", 0, 1, None),
    "confidence": Measure("s(ac) / s(a)", 0, 1, None),
    "lift": Measure("s(ac) / (s(a) s(c))", 0, np.inf, 1),
    "leverage": Measure("s(ac) - s(a) s(c)", -0.25, 0.25, 0),
    "conviction": Measure("(1 - s(c)) / (1 - conf)", 0, np.inf, 1),
    "zhang": Measure("(s(ac) - s(a) s(c)) / max(s(ac) (1 - s(a)), s(a) (s(c) - s(ac)))", -1, 1, 0),
    "added_value": Measure("conf - s(c)", -1, 1, 0),
    "certainty": Measure("(conf - s(c)) / (1 - s(c)) if conf >= s(c) else (conf - s(c)) / s(c)", -1, 1, 0),
    "reverse_confidence": Measure("s(ac) / s(c)", 0, 1, None),
    "jaccard": Measure("s(ac) / (s(a) + s(c) - s(ac))", 0, 1, None),
    "kulczynski": Measure("(s(ac) / s(a) + s(ac) / s(c)) / 2", 0, 1, None),
    "cosine": Measure("s(ac) / sqrt(s(a) s(c))", 0, 1, None),
    "imbalance": Measure("|s(a) - s(c)| / (s(a) + s(c) - s(ac))", 0, 1, None),
    "all_confidence": Measure("s(ac) / max(s(a), s(c))", 0, 1, None),
    "max_confidence": Measure("s(ac) / min(s(a), s(c))", 0, 1, None),
    "phi": Measure("leverage / sqrt(s(a) s(c) (1 - s(a)) (1 - s(c)))", -1, 1, 0),
    "odds_ratio": Measure("n_ac n_neither / (n_a_only n_c_only)", 0, np.inf, 1),
}


def measures(n: int, n_a: np.ndarray, n_c: np.ndarray, n_ac: np.ndarray) -> pd.DataFrame:
    """Every measure of `MEASURES` for each rule.

    Parameters
    ----------
    n : int
        Number of baskets.
    n_a, n_c, n_ac : array_like of int, shape (n_rules,)
        Baskets that hold the antecedent, the consequent, both.

    Returns
    -------
    DataFrame, shape (n_rules, n_measures)
        Shares between 0 and 1, not per cent. What is infinite or undefined is missing (NaN): the conviction of a rule
        without exception, the odds ratio with an empty cell, lift where the antecedent or consequent never occurs.

    Raises
    ------
    AnalysisError
        If the counts contradict each other.

    Notes
    -----
    Support and confidence: Agrawal, Imielinski and Swami (1993). Lift and conviction: Brin, Motwani, Ullman and Tsur
    (1997). Leverage: Piatetsky-Shapiro (1991). Zhang's measure: Zhang (2000). Certainty: Berzal, Blanco, Sanchez and
    Vila (2002). Imbalance and Kulczynski: Wu, Chen and Han (2010). Jaccard, cosine, phi and odds ratio as in Tan, Kumar
    and Srivastava (2004). Lift is highest for rare items and says nothing about how many baskets are concerned: read it
    with leverage, which does.

    Examples
    --------
    >>> table = measures(3, [2], [1], [1])
    >>> table[["support", "confidence", "lift"]].round(4).iloc[0].tolist()
    [0.3333, 0.5, 1.5]
    """
    n_a, n_c, n_ac = (np.asarray(values, dtype=np.float64) for values in (n_a, n_c, n_ac))
    if np.any((n_ac > np.minimum(n_a, n_c)) | (n_ac < 0) | (np.maximum(n_a, n_c) > n) | (n_a + n_c - n_ac > n)):
        raise AnalysisError("counts contradict each other: need 0 <= both <= each side <= number of baskets")
    with np.errstate(divide="ignore", invalid="ignore"):
        s_a, s_c, s_ac = n_a / n, n_c / n, n_ac / n
        conf, leverage, union = n_ac / n_a, s_ac - s_a * s_c, n_a + n_c - n_ac
        columns = {
            "support": s_ac,
            "antecedent_support": s_a,
            "consequent_support": s_c,
            "confidence": conf,
            "lift": n_ac * n / (n_a * n_c),
            "leverage": leverage,
            "conviction": (1 - s_c) / np.where(n_ac == n_a, np.nan, 1 - conf),
            "zhang": leverage / np.maximum(s_ac * (1 - s_a), s_a * (s_c - s_ac)),
            "added_value": conf - s_c,
            "certainty": (conf - s_c) / np.where(conf >= s_c, 1 - s_c, s_c),
            "reverse_confidence": n_ac / n_c,
            "jaccard": n_ac / union,
            "kulczynski": (conf + n_ac / n_c) / 2,
            "cosine": n_ac / np.sqrt(n_a * n_c),
            "imbalance": np.abs(n_a - n_c) / union,
            "all_confidence": n_ac / np.maximum(n_a, n_c),
            "max_confidence": n_ac / np.minimum(n_a, n_c),
            "phi": leverage / np.sqrt(s_a * s_c * (1 - s_a) * (1 - s_c)),
            "odds_ratio": n_ac * (n - union) / ((n_a - n_ac) * (n_c - n_ac)),
        }
    rows = {name: np.atleast_1d(values) for name, values in columns.items()}
    return pd.DataFrame({name: np.where(np.isfinite(values), values, np.nan) for name, values in rows.items()})
