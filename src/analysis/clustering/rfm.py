"""RFM: recency, frequency and monetary value as scores from stated cuts, and nine named segments from a stated rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

__all__ = ["RFM_SEGMENTS", "RecencyFrequencyMonetary", "score", "score_rfm"]

#: (recency is high, middle or low) × (frequency and money are high, middle or low) → segment; high recency score
#: means bought lately. High is the upper third of the scale of scores, low the lower third.
RFM_SEGMENTS: dict[tuple[str, str], str] = {
    ("high", "high"): "rfm_champions",
    ("high", "middle"): "rfm_promising",
    ("high", "low"): "rfm_recent_small",
    ("middle", "high"): "rfm_loyal",
    ("middle", "middle"): "rfm_needs_attention",
    ("middle", "low"): "rfm_occasional",
    ("low", "high"): "rfm_at_risk",
    ("low", "middle"): "rfm_slipping",
    ("low", "low"): "rfm_lost",
}


@dataclass(frozen=True)
class RecencyFrequencyMonetary:
    """Scores and segments of each customer, and the cuts behind them.

    Parameters
    ----------
    table : DataFrame
        One row a customer, in the order given: the key, one `<column>_score` per measure, segment.
    cuts : mapping of str to tuple of float
        For each measure the upper bounds of all scores but the last, on the measure's own scale, ascending.
    thresholds : DataFrame
        measure, score, low, high (least and greatest value met; missing where a score is empty), customers.
    scores : int
        The number of scores asked for.
    measures : tuple of str
        recency, frequency and, where there is money, monetary: the columns used.
    """

    table: pd.DataFrame
    cuts: dict[str, tuple[float, ...]]
    thresholds: pd.DataFrame
    scores: int
    measures: tuple[str, ...]

    @property
    def empty_scores(self) -> int:
        """Scores that nobody has, because equal values get equal scores."""
        return int((self.thresholds["customers"] == 0).sum())

    def score(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Other customers by the same cuts: the scores and the segment, with the frame's index."""
        return _scored(frame, self.measures, self.cuts, self.scores)

    def to_dict(self) -> dict[str, Any]:
        """What is needed to score other customers, as plain JSON types."""
        return {
            "scores": self.scores,
            "measures": list(self.measures),
            "cuts": {name: list(values) for name, values in self.cuts.items()},
        }


def score(values: pd.Series, cuts: Sequence[float], *, scores: int, less_is_better: bool = False) -> pd.Series:
    """Scores 1 … `scores` by cuts: the number of cuts below the value, plus one (turned round if less is better).

    Equal values get equal scores, so that heavy ties leave scores empty instead of parting equal customers.

    >>> score(pd.Series([1, 1, 1, 2, 9]), [1.0, 1.0, 2.0], scores=4).tolist()
    [1, 1, 1, 3, 4]
    """
    if values.isna().any():
        raise AnalysisError(f"RFM: {values.name} is missing for {int(values.isna().sum())} customers; all must have it")
    place = np.searchsorted(np.asarray(cuts, dtype=float), values.to_numpy(dtype=float), side="left")
    points = scores - place if less_is_better else place + 1
    return pd.Series(points.astype(int), index=values.index, name=values.name)


def score_rfm(
    frame: pd.DataFrame,
    *,
    key: str = "customer_key",
    recency: str = "recency_days",
    frequency: str = "frequency",
    monetary: str | None = "monetary",
    scores: int = 5,
    cuts: Mapping[str, Sequence[float]] | None = None,
) -> RecencyFrequencyMonetary:
    """Score customers by recency, frequency and monetary value, and name nine segments.

    Parameters
    ----------
    frame : DataFrame
        One row a customer.
    monetary : str or None
        None where the data has no money; frequency then stands alone on the second axis.
    scores : int
        Number of scores (5: quintiles).
    cuts : mapping, optional
        Given cuts by column, `scores` − 1 ascending numbers each (equal ones leave a score empty); the other columns
        are cut at their quantiles.

    Raises
    ------
    AnalysisError
        If a column is absent, or given cuts are not `scores` − 1 ascending numbers.

    References
    ----------
    Hughes (1994), Strategic Database Marketing, for scores by quantiles. The nine names are this project's.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_key": [1, 2, 3], "recency_days": [5, 50, 400], "frequency": [9, 3, 1],
    ...                        "monetary": [900.0, 90.0, 10.0]})
    >>> score_rfm(people, scores=3).table["segment"].tolist()
    ['rfm_champions', 'rfm_needs_attention', 'rfm_lost']
    """
    measures = tuple(name for name in (recency, frequency, monetary) if name is not None)
    if absent := [name for name in (key, *measures) if name not in frame.columns]:
        raise AnalysisError(f"RFM: the table of customers has no column {', '.join(absent)}")
    if scores < 2:
        raise AnalysisError(f"clustering.rfm_scores must be at least 2; got {scores}")
    if unknown := sorted(set(cuts or {}) - set(measures)):
        raise AnalysisError(f"clustering.rfm_cuts names {', '.join(unknown)}; it may name {', '.join(measures)}")
    used = {name: _cuts(frame[name], (cuts or {}).get(name), scores) for name in measures}
    scored = _scored(frame, measures, used, scores)
    table = pd.concat([frame[[key]], scored], axis=1)
    return RecencyFrequencyMonetary(table, used, _thresholds(frame, scored, measures, scores), scores, measures)


def _cuts(values: pd.Series, given: Sequence[float] | None, scores: int) -> tuple[float, ...]:
    if given is not None:
        bounds = tuple(float(cut) for cut in given)
        if len(bounds) != scores - 1 or any(not a <= b for a, b in pairwise(bounds)):
            raise AnalysisError(
                f"clustering.rfm_cuts: {values.name} needs {scores - 1} ascending numbers; got {list(given)}"
            )
        return bounds
    known = values.dropna().to_numpy(dtype=float)
    if len(known) == 0:
        raise AnalysisError(f"RFM: {values.name} has no value at all")
    return tuple(float(cut) for cut in np.quantile(known, np.arange(1, scores) / scores))


def _scored(
    frame: pd.DataFrame, measures: Sequence[str], cuts: Mapping[str, Sequence[float]], scores: int
) -> pd.DataFrame:
    scored = pd.DataFrame(
        {
            f"{name}_score": score(frame[name], cuts[name], scores=scores, less_is_better=position == 0)
            for position, name in enumerate(measures)
        },
        index=frame.index,
    )
    recent = _thirds(scored.iloc[:, 0], scores)
    worth = _thirds(scored.iloc[:, 1:].mean(axis=1), scores)
    scored["segment"] = [RFM_SEGMENTS[pair] for pair in zip(recent, worth, strict=True)]
    return scored


def _thirds(points: pd.Series, scores: int) -> list[str]:
    """Upper, middle or lower third of the scale from 1 to `scores`; the bounds belong to the outer thirds."""
    place = ((points - 1) / (scores - 1)).round(9)
    return ["high" if part >= 2 / 3 - 1e-9 else "low" if part <= 1 / 3 + 1e-9 else "middle" for part in place]


def _thresholds(frame: pd.DataFrame, scored: pd.DataFrame, measures: Sequence[str], scores: int) -> pd.DataFrame:
    rows = []
    for name in measures:
        for points in range(1, scores + 1):
            inside = frame.loc[scored[f"{name}_score"] == points, name]
            rows.append((name, points, inside.min(), inside.max(), len(inside)))
    return pd.DataFrame(rows, columns=["measure", "score", "low", "high", "customers"])
