"""The customer base as it stands: what each customer, each group and all together are expected to bring.

One forecast answers every question: customers are labelled by all groupings at once, futures are drawn for all of them
together, and sums over any grouping, shares of the total among them, come from the same draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.lifetime.choice import Models
from analysis.lifetime.evaluation import age_classes
from analysis.lifetime.forecast import TotalForecast, forecast_customers, forecast_total
from analysis.lifetime.histories import UNIT_DAYS, CustomerHistories
from analysis.lifetime.value import Discounting

__all__ = ["STATES", "Valuation", "groupings", "valuation"]

Floats = NDArray[np.float64]

#: What a customer is by the probability of being active, from high to low.
STATES = ("active", "fading", "gone")


@dataclass(frozen=True)
class Valuation:
    """What customers are expected to bring in the time to come.

    Parameters
    ----------
    customers : DataFrame
        One row a customer by key: customer_key; days_known, days_quiet (since the first and the last purchase);
        transactions; probability_active; probability_of_purchase (at least one in the time to come); state (one of
        `STATES`); expected_purchases with purchases_low and purchases_high (between these the customer's own number
        will lie); where there is money value_of_a_purchase, expected_value (discounted, times the margin) with
        value_low and value_high, and value_if_active (expected_value ÷ probability_active); decile (1: most
        expected value, or purchases where there is no money; ties by key).
    totals : DataFrame
        quantity (`purchases`, `value`), estimate, low, high, mean_low, mean_high: as in `TotalForecast.table`.
    tops : DataFrame
        What falls to the best customers: top (share of customers), customers, share (of the total), low, high.
    groups : mapping of str to DataFrame
        By `decile`, `state` and every grouping that was given: group, customers, active (mean probability), purchases
        and where there is money value, with low and high, and share (of the total) with share_low and share_high.
    last : dict of str to float
        What the same customers did in the last period of that length, `purchases` and `value` (times the margin); empty
        where less than that was watched.
    model : str
        Short name of the model.
    horizon_days : int
    discount_rate, margin, level : float
    gone_below, fading_below : float
        Borders of the states.
    """

    customers: pd.DataFrame
    totals: pd.DataFrame
    tops: pd.DataFrame
    groups: Mapping[str, pd.DataFrame]
    last: Mapping[str, float]
    model: str
    horizon_days: int
    discount_rate: float
    margin: float
    level: float
    gone_below: float
    fading_below: float

    @property
    def money(self) -> bool:
        """Whether value is known."""
        return "expected_value" in self.customers

    @property
    def quantity(self) -> str:
        """What customers are ranked by: `value`, or `purchases` where there is no money."""
        return "value" if self.money else "purchases"

    def total(self, quantity: str) -> pd.Series:
        """The row of `totals`."""
        return self.totals.set_index("quantity").loc[quantity]


def valuation(
    known: CustomerHistories,
    models: Models,
    *,
    horizon_days: int,
    model: str | None = None,
    discount_rate: float = 0.1,
    margin: float = 1.0,
    top_shares: Sequence[float] = (0.1, 0.2),
    gone_below: float = 0.5,
    fading_below: float = 0.8,
    labels: Mapping[str, pd.Series] | None = None,
    draws: int = 200,
    level: float = 0.95,
    random_state: int = 0,
) -> Valuation:
    """Forecast purchases and value of all customers, of groups and of each, with intervals.

    Parameters
    ----------
    known : CustomerHistories
        The histories that `models` was fitted to.
    models : Models
    horizon_days : int
        Length of the time to come.
    model : str, optional
        Short name; by default the one that `models` chose.
    discount_rate : float
        A year, applied to the moment of each purchase.
    margin : float
        Share of spend that counts as value.
    top_shares : sequence of float
        Shares of customers, best first, whose share of the total is wanted.
    gone_below, fading_below : float
        A customer whose probability of being active is below the first is taken as gone, below the second as fading.
    labels : mapping of str to Series, optional
        Further groupings: labels by customer_key, such as those of `groupings`; customers without one have "none".
    draws, level, random_state
        Of the intervals.
    """
    name = model or models.chosen
    if name is None or name not in models.fits:
        raise AnalysisError(
            f"valuation: there is no fit of {model or 'any model'} ({models.obstacle or 'not asked for'})"
        )
    if not 0 <= gone_below <= fading_below <= 1:
        raise AnalysisError(f"valuation: 0 ≤ gone_below ≤ fading_below ≤ 1 must hold; got {gone_below}, {fading_below}")
    fit, unit = models.fits[name], UNIT_DAYS[known.unit]
    table = known.table
    columns = [table[column] for column in ("frequency", "recency", "T")]
    options: dict[str, Any] = {"horizon": horizon_days / unit, "draws": draws, "level": level}
    options |= {"random_state": random_state, "margin": margin}
    options |= {"discounting": Discounting(discount_rate, per=UNIT_DAYS["years"] / unit)}
    options |= models.values(known)
    customers = _customers(known, fit.probability_alive(*columns), forecast_customers(fit, *columns, **options))
    customers["probability_of_purchase"] = fit.probability_of_purchase(*columns, horizon=horizon_days / unit)
    if models.value is not None:
        customers["value_of_a_purchase"] = models.expected_value(known)
    customers["state"] = _states(customers["probability_active"], gone_below, fading_below)
    ranks = _ranks(customers)
    customers["decile"] = ranks * 10 // len(customers) + 1
    parts = pd.DataFrame({"decile": customers["decile"], "state": customers["state"]})
    parts["top"] = np.searchsorted([round(share * len(ranks)) for share in top_shares], ranks, side="right")
    for grouping, series in (labels or {}).items():
        parts[grouping] = series.reindex(table["customer_key"]).astype(object).fillna("none").to_numpy()
    code, kinds = _combined(parts)
    found = forecast_total(fit, *columns, groups=code, **options)
    totals = found.table[found.table["group"] == "all"].drop(columns=["group", "customers"]).reset_index(drop=True)
    sums = _Sums(customers, code, found, level)
    return Valuation(
        customers=customers,
        totals=totals,
        tops=sums.tops(kinds["top"].to_numpy(), top_shares),
        groups={column: sums.by(kinds[column]) for column in kinds if column != "top"},
        last=_last(known, horizon_days, margin if models.value is not None else None),
        model=name,
        horizon_days=horizon_days,
        discount_rate=discount_rate,
        margin=margin,
        level=level,
        gone_below=gone_below,
        fading_below=fading_below,
    )


def groupings(
    known: CustomerHistories, *, age_days: Sequence[int], segments: pd.DataFrame | None = None
) -> dict[str, pd.Series]:
    """Labels for `valuation`: `age`, the class of time since the first purchase, and `segment` where there are some.

    Parameters
    ----------
    known : CustomerHistories
    age_days : sequence of int
        Borders of the classes, in days, ascending.
    segments : DataFrame, optional
        customer_key and segment, as clustering assigns them.
    """
    keys = pd.Index(known.table["customer_key"])
    found = {"age": pd.Series(age_classes(known, age_days), index=keys)}
    if segments is not None and "segment" in segments:
        found["segment"] = segments.set_index("customer_key")["segment"]
    return found


def _customers(known: CustomerHistories, active: Floats, forecasts: pd.DataFrame) -> pd.DataFrame:
    table, as_of = known.table, pd.Timestamp(known.as_of)
    unit = UNIT_DAYS[known.unit]
    since = (as_of - table["first_day"]).dt.days
    frame = pd.DataFrame(
        {
            "customer_key": table["customer_key"],
            "days_known": since,
            "days_quiet": since - np.rint(table["recency"] * unit).astype("int64"),
            "transactions": table["transactions"],
            "probability_active": active,
            "expected_purchases": forecasts["purchases"].to_numpy(),
            "purchases_low": forecasts["purchases_low"].to_numpy(),
            "purchases_high": forecasts["purchases_high"].to_numpy(),
        }
    )
    if "value" in forecasts:
        frame["expected_value"] = forecasts["value"].to_numpy()
        frame["value_low"], frame["value_high"] = forecasts["value_low"].to_numpy(), forecasts["value_high"].to_numpy()
        frame["value_if_active"] = frame["expected_value"] / np.maximum(active, 1e-12)
    return frame


def _states(active: pd.Series, gone_below: float, fading_below: float) -> pd.Series:
    codes = (active < gone_below).astype(int) + (active < fading_below).astype(int)
    return codes.map(dict(enumerate(STATES)))


def _ranks(customers: pd.DataFrame) -> NDArray[np.int64]:
    """Place of each customer, 0 for the best; ties by key."""
    worth = customers["expected_value" if "expected_value" in customers else "expected_purchases"].to_numpy()
    order = np.lexsort((customers["customer_key"].to_numpy(), -worth))
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _combined(labels: pd.DataFrame) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """One number for each combination of labels, and what each number stands for."""
    kinds = labels.drop_duplicates().sort_values(list(labels), kind="stable").reset_index(drop=True)
    at = kinds.reset_index(names="kind").merge(labels.reset_index(names="row"), on=list(labels))
    return at.sort_values("row")["kind"].to_numpy(), kinds


class _Sums:
    """Sums over groups of the combinations that a forecast was made for, and of its draws."""

    def __init__(self, customers: pd.DataFrame, code: NDArray[np.int64], found: TotalForecast, level: float) -> None:
        self.code, self.tails = code, [(1 - level) / 2, (1 + level) / 2]
        n = int(code.max()) + 1
        self.sizes = np.bincount(code, minlength=n)
        self.active = np.bincount(code, weights=customers["probability_active"], minlength=n)
        self.names = ["purchases", "value"][: found.group_draws.shape[1]]
        columns = {"purchases": "expected_purchases", "value": "expected_value"}
        self.estimates = np.stack([np.bincount(code, weights=customers[columns[q]], minlength=n) for q in self.names])
        self.draws = found.group_draws

    def by(self, labels: pd.Series) -> pd.DataFrame:
        """One row a label."""
        rows = [self._row(label, (labels == label).to_numpy()) for label in sorted(labels.unique(), key=str)]
        frame = pd.DataFrame(rows)
        return frame.sort_values("group", kind="stable") if pd.api.types.is_numeric_dtype(frame["group"]) else frame

    def tops(self, places: NDArray[np.intp], shares: Sequence[float]) -> pd.DataFrame:
        """The share of the total of customers up to each place."""
        rows = []
        for place, top in enumerate(shares):
            row = self._row(top, places <= place)
            rows.append({"top": top, "customers": row["customers"], "share": row["share"],
                         "low": row["share_low"], "high": row["share_high"]})  # fmt: skip
        return pd.DataFrame(rows)

    def _row(self, label: object, part: NDArray[np.bool_]) -> dict[str, Any]:
        size = int(self.sizes[part].sum())
        row: dict[str, Any] = {"group": label, "customers": size}
        row["active"] = float(self.active[part].sum() / size) if size else float("nan")
        for place, name in enumerate(self.names):
            drawn = self.draws[:, place, part].sum(axis=1)
            row[name] = float(self.estimates[place, part].sum())
            row[f"{name}_low"], row[f"{name}_high"] = (float(end) for end in np.quantile(drawn, self.tails))
            whole, all_drawn = float(self.estimates[place].sum()), self.draws[:, place].sum(axis=1)
            with np.errstate(divide="ignore", invalid="ignore"):
                shares = np.where(all_drawn > 0, drawn / all_drawn, np.nan)
            row["share"] = row[name] / whole if whole > 0 else float("nan")
            ends = np.nanquantile(shares, self.tails) if np.isfinite(shares).any() else [np.nan, np.nan]
            row["share_low"], row["share_high"] = (float(end) for end in ends)
        return row


def _last(known: CustomerHistories, days: int, margin: float | None) -> dict[str, float]:
    """What the same customers did in the last period of that length."""
    begin = pd.Timestamp(known.as_of) - pd.Timedelta(days=days)
    if known.table["first_day"].min() > begin:
        return {}
    seen = known.purchases[known.purchases["day"] >= begin]
    found = {"purchases": float(len(seen))}
    return found if margin is None else found | {"value": float(seen["amount"].sum()) * margin}
