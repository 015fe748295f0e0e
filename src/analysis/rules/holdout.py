"""Every rule measured again on baskets that it was not mined from, and a stated verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import ndtri

from analysis.errors import AnalysisError
from analysis.multiplicity import adjust
from analysis.rules.baskets import Baskets
from analysis.rules.counts import cluster_counts
from analysis.rules.generation import Rules
from analysis.rules.intervals import Interval, extra_interval, lift_interval, share_interval
from analysis.rules.permutation import Permutation
from analysis.rules.significance import fisher_exact
from analysis.rules.sizes import expected_by_size, size_p_values
from analysis.shares import score_interval

__all__ = ["Checked", "measure_again", "recheck"]


@dataclass(frozen=True)
class Checked:
    """Rules with what a later period says of them.

    Attributes
    ----------
    rules : Rules
        As mined and pruned.
    later : Baskets
        The baskets that judged them.
    figures : DataFrame, shape (n_rules, …)
        Of the mining period: confidence_low, confidence_high, customers (who have a basket with both sides; a basket of
        nobody known counts as one), mining_extra_revenue. Of the later one: later_count, later_antecedent_count,
        later_consequent_count, later_customers; later_confidence, later_lift and the money, each with _low and _high;
        average_amount (of the consequent, in joint baskets); widening (standard error of log lift by customer over that
        of independent baskets); p_value (Fisher), p_adjusted, p_customers (exchange of customers, adjusted; missing
        where there was none), size_lift (the lift that the sizes of baskets alone give), p_sizes (against that,
        adjusted), seen, held_up. Money is extra_revenue (see `extra_interval`), the same per hundred
        baskets with the antecedent (extra_per_hundred), per year at the pace of the later period (extra_per_year), and
        with a margin extra_margin_per_year; the bounds of these are those of extra_revenue, scaled.
    family : int
        Number of rules over which `p_adjusted` is corrected: all that were retained, seen again or not.
    correction, alpha, level : str, float, float
    margin : float or None
        Share of revenue that is margin.
    permutation : Permutation or None
    """

    rules: Rules
    later: Baskets
    figures: pd.DataFrame
    family: int
    correction: str
    alpha: float
    level: float
    margin: float | None
    permutation: Permutation | None

    @property
    def table(self) -> pd.DataFrame:
        """The rules' table followed by `figures`."""
        mined = self.rules.table.rename(columns={"p_value": "mining_p_value"})
        return mined.join(self.figures)

    @property
    def n_held_up(self) -> int:
        """Rules that held up."""
        return int(self.figures["held_up"].sum())

    @property
    def share_held_up(self) -> float | None:
        """Share of the retained rules that held up; None without rules."""
        return self.n_held_up / len(self.rules) if len(self.rules) else None

    @property
    def days(self) -> int:
        """Calendar days from the first to the last later basket, both included; 0 without any."""
        return _days(self.later)

    @property
    def independent_groups(self) -> float:
        """For how many rules the retained ones count, where those that share a product stand and fall together.

        Groups are the connected parts of the graph of rules and products; of groups of sizes m, (sum m)² / sum m² is
        the effective number (Kish, 1965).
        """
        size = np.bincount(_connected(self.rules)).astype(float)
        return float(size.sum() ** 2 / (size**2).sum()) if len(size) else 0.0

    @property
    def held_up_interval(self) -> tuple[float, float] | None:
        """Wilson's interval of `share_held_up` at the number of `independent_groups`; None where nothing was judged."""
        if self.share_held_up is None or self.later.n == 0:
            return None
        groups = self.independent_groups
        low, high = score_interval(self.share_held_up * groups, groups, ndtri((1 + self.level) / 2))
        return float(low), float(high)


def measure_again(rules: Rules, data: Baskets, *, level: float = 0.95) -> pd.DataFrame:
    """Counts, confidence, lift and money of given rules in given baskets, with intervals by customer.

    Parameters
    ----------
    rules : Rules
    data : Baskets
        With the items of the rules in the same columns, as `split` gives them.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame, shape (n_rules, …)
        count, antecedent_count, consequent_count, customers; confidence, lift, extra_revenue with _low and _high;
        average_amount; widening. Missing where the antecedent or consequent does not occur, or where there is no money.
    """
    parts = []
    for counts in cluster_counts(data, rules.antecedents, rules.consequents):
        sums = {"count": counts.both, "antecedent_count": counts.antecedent, "consequent_count": counts.consequent}
        part = pd.DataFrame({name: values.sum(axis=0).astype(np.int64) for name, values in sums.items()})
        part["customers"] = (counts.both > 0).sum(axis=0)
        lift = lift_interval(counts, level=level)
        _add(part, "confidence", share_interval(counts.both, counts.antecedent, level=level))
        _add(part, "lift", lift)
        part["widening"] = lift.widening
        _add(part, "extra_revenue", extra_interval(counts, level=level))
        part["average_amount"] = np.nan
        if counts.amount is not None and counts.priced is not None:
            part["average_amount"] = _quotient(counts.amount.sum(axis=0), counts.priced.sum(axis=0))
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_COLUMNS), dtype=float)
    return frame[list(_COLUMNS)].where(np.isfinite(frame[list(_COLUMNS)].astype(float)))


def recheck(
    rules: Rules,
    later: Baskets,
    *,
    alpha: float = 0.05,
    correction: str = "bh",
    level: float = 0.95,
    margin: float | None = None,
    permutation: Permutation | None = None,
) -> Checked:
    """Measure rules on a later period and say which held up.

    A rule held up if, in the later period, (1) the lower bound of its lift, by customer, is above 1, (2) Fisher's exact
    test, corrected over all retained rules, is below `alpha`, (3) so is the test against what the sizes of baskets
    alone explain (see `expected_by_size`), and (4), where a permutation by customer is given, so is its adjusted
    p-value.

    Parameters
    ----------
    rules : Rules
        Retained rules: the family of the correction.
    later : Baskets
        Baskets that the rules were not mined from.
    alpha : float
        Level of the tests.
    correction : {"holm", "bh", "by"}
    level : float
        Confidence level of the intervals.
    margin : float, optional
        Share of revenue that is margin, above 0 and at most 1.
    permutation : Permutation, optional
        From `permute_customers` on the same rules and baskets.

    Returns
    -------
    Checked

    Raises
    ------
    AnalysisError
        If `alpha`, `level` or `margin` is out of range.
    """
    for name, value in (("alpha", alpha), ("level", level)):
        if not 0 < value < 1:
            raise AnalysisError(f"{name} must lie between 0 and 1, got {value}")
    if margin is not None and not 0 < margin <= 1:
        raise AnalysisError(f"margin (share of revenue) must be above 0 and at most 1, got {margin}")
    mining = measure_again(rules, rules.baskets, level=level)
    figures = measure_again(rules, later, level=level).rename(columns=_LATER)
    for name in ("confidence_low", "confidence_high", "customers"):
        figures[name] = mining[name]
    figures["mining_extra_revenue"] = mining["extra_revenue"]
    _add_money(figures, days=_days(later), margin=margin)
    sides = (figures[f"later_{side}"].to_numpy() for side in ("antecedent_count", "consequent_count", "count"))
    figures["p_value"] = fisher_exact(later.n, *sides)
    figures["p_adjusted"] = adjust(figures["p_value"].to_numpy(), method=correction)
    expected = expected_by_size(rules, later)
    chance = (
        figures["later_antecedent_count"].to_numpy() * figures["later_consequent_count"].to_numpy() / max(later.n, 1)
    )
    figures["size_lift"] = np.where(chance > 0, expected / np.where(chance > 0, chance, 1.0), np.nan)
    by_size = size_p_values(figures["later_count"].to_numpy(), expected, figures["widening"].to_numpy(dtype=float))
    figures["p_sizes"] = adjust(by_size, method=correction)
    figures["p_customers"] = np.nan if permutation is None else permutation.p_adjusted
    figures["seen"] = figures["later_antecedent_count"] > 0
    held_up = (figures["later_lift_low"] > 1) & (figures["p_adjusted"] < alpha) & (figures["p_sizes"] < alpha)
    if permutation is not None:
        held_up &= figures["p_customers"] < alpha
    figures["held_up"] = held_up
    return Checked(rules, later, figures, len(rules), correction, alpha, level, margin, permutation)


_DAYS_OF_A_YEAR = 365.25
_COUNTS = ("count", "antecedent_count", "consequent_count", "customers")
_ESTIMATES = tuple(f"{name}{bound}" for name in ("confidence", "lift") for bound in ("", "_low", "_high"))
_MONEY = ("extra_revenue", "extra_revenue_low", "extra_revenue_high", "average_amount")
_COLUMNS = (*_COUNTS, *_ESTIMATES, *_MONEY, "widening")
_LATER = {name: f"later_{name}" for name in (*_COUNTS, *_ESTIMATES)}


def _add(frame: pd.DataFrame, name: str, interval: Interval | None) -> None:
    nothing = np.full(len(frame), np.nan)
    frame[name] = nothing if interval is None else interval.estimate
    frame[f"{name}_low"] = nothing if interval is None else interval.low
    frame[f"{name}_high"] = nothing if interval is None else interval.high


def _add_money(figures: pd.DataFrame, *, days: int, margin: float | None) -> None:
    """Scale the money of the later period, bounds included."""
    scales = {
        "extra_per_hundred": 100 / figures["later_antecedent_count"].astype(float).replace(0, np.nan),
        "extra_per_year": _DAYS_OF_A_YEAR / days if days else np.nan,
    }
    if margin is not None:
        scales["extra_margin_per_year"] = scales["extra_per_year"] * margin
    for name, scale in scales.items():
        for bound in ("", "_low", "_high"):
            figures[f"{name}{bound}"] = figures[f"extra_revenue{bound}"] * scale


def _days(data: Baskets) -> int:
    when = data.table["day"].dropna()
    return int((when.max() - when.min()).days) + 1 if len(when) else 0


def _connected(rules: Rules) -> np.ndarray:
    """A number for each rule, the same for rules that are linked by products they share."""
    members = np.column_stack([rules.antecedents, rules.consequents])
    rule, place = np.nonzero(members >= 0)
    shape = (len(rules), len(rules.baskets.items))
    held = sparse.csr_array((np.ones(len(rule)), (rule, members[rule, place])), shape=shape)
    return np.asarray(sparse.csgraph.connected_components(held @ held.T, directed=False)[1])


def _quotient(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(part / whole)
