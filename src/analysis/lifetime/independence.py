"""Does the value of a purchase go with how often a customer buys? The Gamma-Gamma model supposes that it does not.

Where it does, expected purchases times expected value is wrong: too low in total if those who buy often also spend
more at a time, too high if less. `independence` measures both coefficients with intervals and shows the mean value by
class of frequency; `expected_value_by_class` is what to use instead where the verdict is `dependent`: a customer's own
mean is then drawn towards the mean of customers who buy as often, instead of towards that of all.

A coefficient of 0 is not what independence looks like: the mean of few skewed amounts is more often small than the mean
of many, so that Spearman's coefficient lies above 0 in customers whose values have nothing to do with how often they
buy. What the Gamma-Gamma model itself would show is therefore simulated and stands beside each coefficient.

Source: Fader, Hardie and Lee (2005), *RFM and CLV*, Journal of Marketing Research 42, 415-430, who took a coefficient
of 0.11 among the 946 repeat customers of CDNOW, 0.06 without a single one of them, as independence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from analysis import bootstrap
from analysis.correlation import correlate
from analysis.correlation.pairs import pearson_statistic
from analysis.errors import AnalysisError
from analysis.lifetime.gamma_gamma import GammaGammaFit, gamma_gamma, known_values

__all__ = ["CLASSES", "WEAK", "Independence", "expected_value_by_class", "independence"]

Floats = NDArray[np.float64]
Verdict = Literal["independent", "weak", "dependent", "unknown"]

#: Lower ends of the classes of frequency: 1, 2, 3, 4 to 6, 7 to 10, 11 and more.
CLASSES = (1, 2, 3, 4, 7, 11)
#: Coefficients up to this far from what independence would show are called weak: about 4 % of the variation.
WEAK = 0.2
#: Simulated samples of independent customers, and the most customers in each.
_SAMPLES, _SAMPLED = 200, 20_000
#: Above this many customers intervals come from standard errors instead of resamples.
_RESAMPLED = 5_000
_FEWEST = 10


@dataclass(frozen=True)
class Independence:
    """Frequency beside value.

    Attributes
    ----------
    table : DataFrame
        One row a coefficient: method (pearson, spearman), n, estimate, low, high; and of customers simulated from the
        fitted Gamma-Gamma model, in which value is independent of frequency: if_independent (the mean coefficient),
        independent_low, independent_high (between which it lies in `level` of the samples).
    classes : DataFrame
        One row a class of frequency: least, most (infinite for the last), customers, mean_value with low and high (of
        customers' own means, each customer counted once), NaN bounds below two customers.
    verdict : {"independent", "weak", "dependent", "unknown"}
        `independent`: each coefficient's interval holds what independence would show, or it lies within what
        independent samples show. `weak`: one does neither, and no coefficient is further than `WEAK` from it.
        `dependent`: one is further. `unknown`: fewer than ten customers, or no variation.
    level : float
    """

    table: pd.DataFrame
    classes: pd.DataFrame
    verdict: Verdict
    level: float

    @property
    def text(self) -> str:
        """The verdict in words, with what to do."""
        return {
            "independent": "No sign that the value of a purchase goes with how often a customer buys; the Gamma-Gamma "
            "model may be used.",
            "weak": "The value of a purchase goes weakly with how often a customer buys; the Gamma-Gamma model is "
            "used, and the mean by class of frequency shows what it passes over.",
            "dependent": "The value of a purchase goes with how often a customer buys, which the Gamma-Gamma model "
            "supposes not to be so; expected values are drawn towards the mean of customers who buy as often instead.",
            "unknown": "Whether the value of a purchase goes with how often a customer buys cannot be told from so few "
            "customers or so little variation.",
        }[self.verdict]


def independence(
    frequency: ArrayLike,
    monetary_value: ArrayLike,
    *,
    fit: GammaGammaFit | None = None,
    classes: Sequence[int] = CLASSES,
    level: float = 0.95,
    replicates: int = 2000,
    random_state: int = 0,
) -> Independence:
    """Pearson's and Spearman's coefficient of frequency and mean value, with intervals, and the mean value by class.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Purchases of known value; customers with 0 take no part.
    monetary_value : array_like, shape (n,)
        Their mean.
    fit : GammaGammaFit, optional
        The model of independent customers; fitted here by default.
    classes : sequence of int
        Lower ends of the classes of frequency, ascending, the first at least 1.
    level, replicates, random_state
        Of the intervals: Pearson's is a bootstrap-t on Fisher's scale (above 5,000 customers its standard error
        suffices), Spearman's that of `correlation.rank_intervals`.

    Examples
    --------
    >>> found = independence([1, 2, 3, 4] * 30, [10, 20, 30, 40] * 30)
    >>> found.verdict, found.table["estimate"].round(6).tolist(), found.classes["mean_value"].tolist()
    ('dependent', [1.0, 1.0], [10.0, 20.0, 30.0, 40.0])
    """
    starts = _checked(classes)
    x, m = known_values(frequency, monetary_value)
    x, m = x[x > 0], m[x > 0]
    table = _coefficients(x, m, level=level, replicates=replicates, random_state=random_state)
    if not table["estimate"].isna().any():
        model = gamma_gamma(x, m, random_state=random_state) if fit is None else fit
        table = table.join(_if_independent(model, x, level=level, random_state=random_state), on="method")
    groups = _classes(x, m, starts, level=level, random_state=random_state)
    return Independence(table, groups, _verdict(table), level)


def expected_value_by_class(
    fit: GammaGammaFit, frequency: ArrayLike, monetary_value: ArrayLike, *, classes: Sequence[int] = CLASSES
) -> Floats:
    """Expected value of a customer's purchases where value goes with frequency; shape (n,).

    The weight of the customer's own mean is that of the Gamma-Gamma model, p x ÷ (p x + q − 1); the rest is the mean
    over customers of the same class of frequency. Customers without a purchase of known value have the first class's
    mean, because they are nearest to those who bought again once.
    """
    starts = _checked(classes)
    x, m = known_values(frequency, monetary_value)
    bought = x > 0
    if not bought.any():
        raise AnalysisError("expected_value_by_class: no customer has a purchase of known value")
    code = np.maximum(np.searchsorted(starts, x, side="right") - 1, 0)
    sums = np.bincount(code[bought], weights=m[bought], minlength=len(starts))
    counts = np.bincount(code[bought], minlength=len(starts))
    means = np.where(counts > 0, sums / np.maximum(counts, 1), m[bought].mean())
    weight = np.clip(fit.own_weight(x), 0.0, 1.0)
    return np.asarray(weight * np.where(bought, m, 0.0) + (1 - weight) * means[code])


def _checked(classes: Sequence[int]) -> Floats:
    starts = np.asarray(classes, dtype=np.float64)
    if starts.ndim != 1 or not len(starts) or starts[0] < 1 or (np.diff(starts) <= 0).any():
        raise AnalysisError(f"classes are {list(classes)}; they must be ascending whole numbers from 1 on")
    return starts


def _coefficients(x: Floats, m: Floats, *, level: float, replicates: int, random_state: int) -> pd.DataFrame:
    columns = ["method", "n", "estimate", "low", "high"]
    if len(x) < _FEWEST or x.min() == x.max() or m.min() == m.max():
        unknown = [[name, len(x), np.nan, np.nan, np.nan] for name in ("pearson", "spearman")]
        return pd.DataFrame(unknown, columns=columns)
    frame = pd.DataFrame({"frequency": x, "monetary_value": m})
    interval = "studentized" if len(x) <= _RESAMPLED else "analytic"
    found = correlate(
        frame,
        methods=["pearson", "spearman"],
        interval=interval,
        level=level,
        replicates=replicates,
        random_state=random_state,
    ).table.set_index("method", drop=False)
    if interval == "analytic":
        # Fisher's z supposes normal columns; the standard error from the moments does not.
        error = float(pearson_statistic([0], [1]).error(frame.to_numpy(), np.ones((1, len(x))))[0, 0])  # type: ignore[misc]
        r = float(found.loc["pearson", "estimate"])
        reach = ndtri((1 + level) / 2) * error / max(1 - r**2, 1e-12)
        found.loc["pearson", ["low", "high"]] = np.tanh([np.arctanh(r) - reach, np.arctanh(r) + reach])
    return found[columns].reset_index(drop=True)


def _if_independent(fit: GammaGammaFit, x: Floats, *, level: float, random_state: int) -> pd.DataFrame:
    """Coefficients of customers whose values are drawn from the model, whatever their frequency."""
    generator = np.random.default_rng(random_state)
    some = x if len(x) <= _SAMPLED else np.sort(generator.choice(x, _SAMPLED, replace=False))
    p, q, gamma = fit.params.values()
    ranks, found = rankdata(some), []
    for _ in range(_SAMPLES):
        means = generator.standard_gamma(p * some) / some * gamma / generator.standard_gamma(q, len(some))
        found.append([np.corrcoef(some, means)[0, 1], np.corrcoef(ranks, rankdata(means))[0, 1]])
    centre = np.mean(found, axis=0)
    # Of a part of the customers coefficients spread more than of all.
    spread = (np.quantile(found, [(1 - level) / 2, (1 + level) / 2], axis=0) - centre) * np.sqrt(len(some) / len(x))
    bounds = {"if_independent": centre, "independent_low": centre + spread[0], "independent_high": centre + spread[1]}
    return pd.DataFrame(bounds, index=["pearson", "spearman"])


def _classes(x: Floats, m: Floats, starts: Floats, *, level: float, random_state: int) -> pd.DataFrame:
    rows = []
    for least, after in zip(starts, np.append(starts[1:], np.inf), strict=True):
        own = m[(x >= least) & (x < after)]
        if not len(own):
            continue
        low, high = _mean_interval(own, level=level, random_state=random_state)
        rows.append(
            {"least": int(least), "most": after - 1, "customers": len(own), "mean_value": float(own.mean())}
            | {"low": low, "high": high}
        )
    return pd.DataFrame(rows, columns=["least", "most", "customers", "mean_value", "low", "high"])


def _mean_interval(values: Floats, *, level: float, random_state: int) -> tuple[float, float]:
    if len(values) < 2 or values.min() == values.max():
        return float("nan"), float("nan")
    if len(values) > _RESAMPLED:
        reach = float(ndtri((1 + level) / 2) * values.std(ddof=1) / np.sqrt(len(values)))
        return float(values.mean() - reach), float(values.mean() + reach)
    options = {"level": level, "replicates": 999, "random_state": random_state}
    found = bootstrap.interval(values, bootstrap.mean, method="auto", **options)  # type: ignore[arg-type]
    return float(found.low), float(found.high)


def _verdict(table: pd.DataFrame) -> Verdict:
    if table[["low", "high"]].isna().any(axis=None):
        return "unknown"
    model, found = table["if_independent"], table["estimate"]
    held = (table["low"] <= model) & (table["high"] >= model)
    within = (found >= table["independent_low"]) & (found <= table["independent_high"])
    if (held | within).all():
        return "independent"
    return "weak" if ((found - model).abs() <= WEAK).all() else "dependent"
