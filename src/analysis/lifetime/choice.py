"""Models fitted to the same customers, the one that is used, and why one could not be fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.lifetime.bg_nbd import bg_nbd, mbg_nbd
from analysis.lifetime.fitting import PurchaseFit
from analysis.lifetime.gamma_gamma import GammaGammaFit, gamma_gamma
from analysis.lifetime.histories import CustomerHistories
from analysis.lifetime.independence import Independence, expected_value_by_class, independence
from analysis.lifetime.pareto_nbd import pareto_nbd

__all__ = ["MODELS", "Models", "agreed", "fit_models"]

Floats = NDArray[np.float64]

#: The models of repeat purchases by their short names.
MODELS = {"bg_nbd": bg_nbd, "mbg_nbd": mbg_nbd, "pareto_nbd": pareto_nbd}


@dataclass(frozen=True)
class Models:
    """Models fitted to the same histories, and the one that is used.

    Parameters
    ----------
    fits : mapping of str to PurchaseFit
        By short name, in the order asked for.
    chosen : str or None
        The model of the greatest likelihood among those whose search for the maximum settled; all have four parameters,
        so that AIC and BIC choose the same. None where nothing could be fitted.
    obstacle : str or None
        Why nothing could be fitted: `no_customer`, `not_watched` (nobody was watched after the first purchase),
        `nobody_again` (no repeat purchase), `too_few_again` or `not_fitted` (see `failed`).
    failed : mapping of str to str
        Models that could not be fitted, `gamma_gamma` among them, with the reason.
    value : GammaGammaFit or None
        The value of purchases.
    value_obstacle : str or None
        Why `value` is None: `no_money`, `too_few_valued` or `not_fitted`.
    independence : Independence or None
        Whether value goes with frequency, which the Gamma-Gamma model supposes not to be so.
    """

    fits: Mapping[str, PurchaseFit]
    chosen: str | None
    obstacle: str | None = None
    failed: Mapping[str, str] = field(default_factory=dict)
    value: GammaGammaFit | None = None
    value_obstacle: str | None = None
    independence: Independence | None = None

    @property
    def fit(self) -> PurchaseFit:
        """The chosen model's fit."""
        if self.chosen is None:
            raise AnalysisError(f"no model of repeat purchases could be fitted: {self.obstacle}")
        return self.fits[self.chosen]

    @property
    def by_class(self) -> bool:
        """Whether values are drawn towards customers who buy as often, because the Gamma-Gamma model cannot say.

        That is so where value goes with frequency, or where the mean over all customers may be infinite (q not clearly
        above 1).
        """
        if self.value is None:
            return False
        dependent = self.independence is not None and self.independence.verdict == "dependent"
        q = self.value.table.set_index("parameter").loc["q"]
        return dependent or not (q["estimate"] > 1 and q["low"] > 1)

    def values(self, known: CustomerHistories) -> dict[str, Any]:
        """What `forecast_total` and `forecast_customers` need to know of value; empty without money."""
        if self.value is None:
            return {}
        if self.by_class:
            return {"values": self.expected_value(known)}
        amounts = {"valued": known.table["valued"], "monetary_value": known.table["monetary_value"]}
        return {"values": self.value, **amounts}

    def expected_value(self, known: CustomerHistories) -> Floats | None:
        """What a purchase of each customer is expected to be worth, in the table's order; None without money."""
        if self.value is None:
            return None
        valued, amounts = known.table["valued"], known.table["monetary_value"]
        if self.by_class:
            return expected_value_by_class(self.value, valued, amounts)
        return self.value.expected_value(valued, amounts)


def fit_models(
    known: CustomerHistories,
    *,
    models: Sequence[str] = tuple(MODELS),
    fewest_again: int = 10,
    level: float = 0.95,
    random_state: int = 0,
) -> Models:
    """Fit models of repeat purchases, and of their value, to histories and choose one by its likelihood.

    Parameters
    ----------
    known : CustomerHistories
    models : sequence of str
        Names in `MODELS`.
    fewest_again : int
        With fewer customers who bought again nothing is fitted.
    level, random_state
        Of the parameters' intervals; seed of the random starting points.

    Examples
    --------
    >>> from analysis.lifetime.histories import histories
    >>> once = pd.DataFrame({"customer_key": [1, 2], "day": ["2024-01-01", "2024-01-09"]})
    >>> fit_models(histories(once, as_of="2024-03-01")).obstacle
    'nobody_again'
    """
    if unknown := [name for name in models if name not in MODELS]:
        raise AnalysisError(f"models: {', '.join(unknown)} are not among {', '.join(MODELS)}")
    obstacle = _obstacle(known.table, fewest_again)
    fits: dict[str, PurchaseFit] = {}
    failed: dict[str, str] = {}
    frequency, recency, watched = (known.table[name] for name in ("frequency", "recency", "T"))
    for name in models if obstacle is None else ():
        try:
            fits[name] = MODELS[name](frequency, recency, watched, level=level, random_state=random_state)
        except AnalysisError as error:
            failed[name] = str(error)
    settled = [name for name in fits if fits[name].converged] or list(fits)
    chosen = max(settled, key=lambda name: (fits[name].log_likelihood, name), default=None)
    if obstacle is None and chosen is None:
        obstacle = "not_fitted"
    value = None
    value_obstacle = _value_obstacle(known, fewest_again)
    if value_obstacle is None:
        valued, amounts = known.table["valued"], known.table["monetary_value"]
        try:
            value = gamma_gamma(valued, amounts, level=level, random_state=random_state)
        except AnalysisError as error:
            value_obstacle, failed["gamma_gamma"] = "not_fitted", str(error)
    beside = None if value is None else independence(valued, amounts, fit=value, level=level, random_state=random_state)
    return Models(fits, chosen, obstacle, failed, value, value_obstacle, beside)


def agreed(now: Models, then: Models) -> str | None:
    """The model to use now: the one chosen at an earlier date, if it can still be fitted, else the one chosen now.

    What was chosen earlier has been held against the time since, in which it had no part.
    """
    return then.chosen if then.chosen in now.fits else now.chosen


def _obstacle(table: pd.DataFrame, fewest_again: int) -> str | None:
    again = int((table["frequency"] > 0).sum())
    if table.empty:
        return "no_customer"
    if not (table["T"] > 0).any():
        return "not_watched"
    if again == 0:
        return "nobody_again"
    return "too_few_again" if again < fewest_again else None


def _value_obstacle(known: CustomerHistories, fewest: int) -> str | None:
    if not known.money:
        return "no_money"
    return "too_few_valued" if int((known.table["valued"] > 0).sum()) < fewest else None
