"""Models beside baselines on rows that none was fitted to: each measure with its interval, and paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from analysis.bootstrap import Interval, Statistic, intervals
from analysis.classification.metrics import MEASURES, Measure, checked, losses, ranking
from analysis.errors import AnalysisError
from analysis.multiplicity import adjust

__all__ = ["Comparison", "Verdict", "compare"]

Floats = NDArray[np.float64]
Pairs = Sequence[tuple[int, int]]

#: Up to so many rows the bootstrap's bias and skewness are worth correcting.
CORRECTED = 2000


@dataclass(frozen=True)
class Verdict:
    """Whether the model that was chosen beforehand does better than the best baseline.

    Parameters
    ----------
    measure : str
    chosen : str
        The model, chosen inside the training period.
    baseline : str
        The baseline that is best on the test rows, which makes it hard for the model.
    difference, low, high : float
        Model less baseline, with its interval.
    better : float
        The same as a share of the baseline's value, positive where the model is better.
    beats : bool
        The whole interval is on the model's side.
    beaters : tuple of str
        All models that do better than that baseline after Holm's correction over the models, best first.
    """

    measure: str
    chosen: str
    baseline: str
    difference: float
    low: float
    high: float
    better: float
    beats: bool
    beaters: tuple[str, ...]

    @property
    def none(self) -> bool:
        """No model beats the baseline."""
        return not self.beats and not self.beaters


@dataclass(frozen=True)
class Comparison:
    """Models and baselines measured on the same rows.

    Parameters
    ----------
    measures : DataFrame
        model, kind (model or baseline), measure, estimate, low, high, method, n, events; and `skill` for the Brier
        score: 1 - its ratio to that of the test rows' own share of events.
    differences : DataFrame
        model, baseline, measure, difference, low, high, relative (of the baseline's value), better (the whole interval
        is on the model's side), p_holm (over the models, for each baseline and measure).
    """

    measures: pd.DataFrame
    differences: pd.DataFrame

    def value(self, model: str, measure: str) -> pd.Series:
        """The row of one model and measure."""
        table = self.measures
        return table[(table["model"] == model) & (table["measure"] == measure)].iloc[0]

    def difference(self, model: str, baseline: str, measure: str) -> pd.Series:
        """The row of one pair and measure."""
        table = self.differences
        pick = (table["model"] == model) & (table["baseline"] == baseline) & (table["measure"] == measure)
        return table[pick].iloc[0]

    def best_baseline(self, measure: str) -> str:
        """The baseline that is best on these rows; the first of equals."""
        table = self.measures[(self.measures["kind"] == "baseline") & (self.measures["measure"] == measure)]
        order = table["estimate"] if MEASURES[measure] else -table["estimate"]
        return str(table["model"].iloc[int(np.argmax(order.to_numpy()))])

    def verdict(self, chosen: str, measure: Measure, *, alpha: float = 0.05) -> Verdict:
        """Whether `chosen`, and which of all models, beat the best baseline."""
        baseline = self.best_baseline(measure)
        row = self.difference(chosen, baseline, measure)
        table = self.differences
        rows = table[(table["baseline"] == baseline) & (table["measure"] == measure)]
        sign = 1.0 if MEASURES[measure] else -1.0
        good = rows[(rows["p_holm"] < alpha) & (sign * rows["difference"] > 0)]
        order = np.argsort(-sign * good["difference"].to_numpy(), kind="stable")
        return Verdict(
            measure, chosen, baseline, float(row["difference"]), float(row["low"]), float(row["high"]),
            float(sign * row["relative"]), bool(row["better"]), tuple(good["model"].iloc[order]),
        )  # fmt: skip


def compare(
    label: ArrayLike,
    predictions: Mapping[str, ArrayLike],
    *,
    baselines: Sequence[str] = (),
    replicates: int = 1000,
    level: float = 0.95,
    method: Literal["auto", "bca", "percentile"] = "auto",
    groups: ArrayLike | None = None,
    random_state: int,
) -> Comparison:
    """Measure predicted probabilities on rows that no model was fitted to.

    Intervals are of the bootstrap over customers, all from the same resamples, so that differences are paired.

    Parameters
    ----------
    label : array_like, shape (n,)
    predictions : mapping of str to array_like, shape (n,)
        Probabilities by the name of the model.
    baselines : sequence of str
        Names among the predictions; every other model is compared with each of them.
    replicates, level : int, float
    method : "auto", "bca" or "percentile"
        Of the bootstrap; `auto` is BCa up to 2,000 rows, and percentiles above, where the two no longer differ.
    groups : array_like, shape (n,), optional
        The customer of each row, where a customer has several.
    random_state : int

    Raises
    ------
    AnalysisError
        If labels and predictions do not belong together, or a baseline is not among the predictions.

    Examples
    --------
    >>> y = [0, 1, 0, 1, 1, 0, 0, 1] * 20
    >>> p = [0.2, 0.7, 0.4, 0.6, 0.9, 0.1, 0.5, 0.4] * 20
    >>> found = compare(y, {"model": p, "prevalence": [0.5] * 160}, baselines=["prevalence"], random_state=0)
    >>> verdict = found.verdict("model", "brier")
    >>> verdict.baseline, verdict.beats, verdict.beaters, round(verdict.better, 2)
    ('prevalence', True, ('model',), 0.46)
    """
    names = list(predictions)
    y, p = checked(label, np.column_stack([np.asarray(predictions[name], dtype=float) for name in names]))
    if absent := [name for name in baselines if name not in names]:
        raise AnalysisError(f"classification: the baseline {', '.join(absent)} is not among the predictions")
    pairs = [(m, names.index(b)) for b in baselines for m in range(len(names)) if names[m] not in baselines]
    found = intervals(
        np.column_stack([y, p]), _statistics(y, p, pairs), replicates=replicates, level=level,
        method=("bca" if len(y) <= CORRECTED else "percentile") if method == "auto" else method,
        groups=groups, random_state=random_state,
    )  # fmt: skip
    apart = _apart(found)
    return Comparison(_measures(names, baselines, y, apart), _differences(names, pairs, apart))


@dataclass(frozen=True)
class _Found:
    """A measure of every model, then of every pair: one number each."""

    estimate: Floats
    low: Floats
    high: Floats
    error: Floats
    method: str


def _statistics(y: Floats, p: Floats, pairs: Pairs) -> dict[str, Statistic]:
    """Each measure of every model, followed by the differences of the pairs, as one statistic of many numbers."""
    models, baselines = ([pair[side] for pair in pairs] for side in (0, 1))

    def with_differences(values: Floats) -> Floats:
        return np.concatenate([values, values[..., models] - values[..., baselines]], axis=-1)

    def compute_ranking(values: Floats, weights: Floats) -> Floats:
        both = [ranking(values[:, 0], values[:, m], weights) for m in range(1, values.shape[1])]
        return np.concatenate([with_differences(np.column_stack(part)) for part in zip(*both, strict=True)], axis=1)

    def loss(name: Literal["brier", "log_loss"]) -> Statistic:
        each = np.column_stack([losses(y, p[:, m], name) for m in range(p.shape[1])])
        centred = with_differences(each - each.mean(axis=0))

        def compute(values: Floats, weights: Floats) -> Floats:
            return with_differences(weights @ each / weights.sum(axis=1, keepdims=True))

        return Statistic(compute, influence=lambda values: centred)

    return {"ranking": Statistic(compute_ranking), "brier": loss("brier"), "log_loss": loss("log_loss")}


def _apart(found: Mapping[str, Interval]) -> dict[str, _Found]:
    """Each measure's numbers, models first, then pairs."""
    parts = {}
    for name, result in found.items():
        numbers = np.column_stack([result.estimate, result.low, result.high, result.standard_error])
        measures = ("average_precision", "roc_auc") if name == "ranking" else (name,)
        for measure, block in zip(measures, np.split(numbers, len(measures)), strict=True):
            estimate, low, high, error = block.T
            parts[measure] = _Found(estimate, low, high, error, result.method)
    return parts


def _measures(names: Sequence[str], baselines: Sequence[str], y: Floats, found: Mapping[str, _Found]) -> pd.DataFrame:
    rows = []
    share = float(y.mean())
    for measure, result in found.items():
        for position, name in enumerate(names):
            value = float(result.estimate[position])
            skill = 1 - value / (share * (1 - share)) if measure == "brier" and 0 < share < 1 else float("nan")
            rows.append(
                (name, "baseline" if name in baselines else "model", measure, value, float(result.low[position]),
                 float(result.high[position]), skill, result.method, len(y), int(y.sum()))
            )  # fmt: skip
    columns = ["model", "kind", "measure", "estimate", "low", "high", "skill", "method", "n", "events"]
    return pd.DataFrame(rows, columns=columns)


def _differences(names: Sequence[str], pairs: Pairs, found: Mapping[str, _Found]) -> pd.DataFrame:
    columns = ["model", "baseline", "measure", "difference", "low", "high", "relative", "better", "p"]
    rows = []
    for measure, result in found.items():
        for position, (m, b) in enumerate(pairs, start=len(names)):
            gap, low, high = (float(part[position]) for part in (result.estimate, result.low, result.high))
            base, error = float(result.estimate[b]), float(result.error[position])
            p = float(2 * ndtr(-abs(gap) / error)) if error > 0 else 1.0
            better = low > 0 if MEASURES[measure] else high < 0
            rows.append((names[m], names[b], measure, gap, low, high, gap / base if base else np.nan, better, p))
    table = pd.DataFrame(rows, columns=columns)
    table["p_holm"] = np.nan
    for _, part in table.groupby(["measure", "baseline"], sort=False):
        table.loc[part.index, "p_holm"] = adjust(part["p"].to_numpy(), method="holm")
    return table.drop(columns="p")
