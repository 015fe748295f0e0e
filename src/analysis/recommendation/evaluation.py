"""Lists held against what was bought later: tables with intervals, over customers drawn anew.

Customers are the units of the bootstrap, since the products of one list stand and fall together; differences between
two methods are taken customer by customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import ndtri

from analysis.bootstrap import intervals, mean
from analysis.recommendation.interactions import Interactions
from analysis.recommendation.measures import ACCURACY, MEASURES, accuracy, coverage, diversity, novelty
from analysis.recommendation.models import Model, Owned, filled
from analysis.shares import wilson

__all__ = [
    "Bootstrap",
    "Evaluation",
    "Later",
    "Wanted",
    "differences",
    "evaluate",
    "later_purchases",
    "quality",
    "within_groups",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: Which later purchases count: of products that are new to the customer, or all.
Wanted = Literal["new", "any"]


@dataclass(frozen=True)
class Bootstrap:
    """How customers are drawn anew."""

    replicates: int = 1000
    level: float = 0.95
    random_state: int = 0


@dataclass(frozen=True)
class Later:
    """What customers of the training matrix bought in the later period.

    Attributes
    ----------
    wanted : {"new", "any"}
    rows : ndarray of int, shape (n,)
        Customers with at least one such purchase: those who can be evaluated.
    relevant : csr_array, shape (n, products)
        Their purchases of known products.
    total : ndarray of int, shape (n,)
        Their different products, also those that nobody had bought before.
    users : DataFrame
        code, customers: how many were known, came back, bought something new to them, and could not be evaluated why.
    """

    wanted: Wanted
    rows: Ints
    relevant: sparse.csr_array
    total: Ints
    users: pd.DataFrame


@dataclass(frozen=True)
class Evaluation:
    """Measures of every method for every evaluated customer.

    Attributes
    ----------
    wanted : {"new", "any"}
    k : int
    customers : Index
        Evaluated customers.
    values : dict of str to ndarray, shape (customers, 7)
        By method, in the order of `MEASURES`.
    coverage : dict of str to float
    own_share : dict of str to float
        Share of the places that the method filled by itself, not popularity for it.
    """

    wanted: Wanted
    k: int
    customers: pd.Index
    values: dict[str, Floats]
    coverage: dict[str, float]
    own_share: dict[str, float]


def later_purchases(bought: Interactions, later: pd.DataFrame, *, wanted: Wanted, customer: str, product: str) -> Later:
    """Match later purchases with the training matrix."""
    rows = later[later[customer].notna() & later[product].notna()][[customer, product]].drop_duplicates()
    row = bought.customers.get_indexer(pd.Index(rows[customer]))
    column = bought.products.get_indexer(pd.Index(rows[product]))
    n, width = bought.counts.shape
    known = (row >= 0) & (column >= 0)
    place = np.repeat(np.arange(n), np.diff(bought.counts.indptr)) * np.int64(max(width, 1)) + bought.counts.indices
    owned = known & np.isin(row * np.int64(max(width, 1)) + column, place)
    counts = (row >= 0) & (~owned if wanted == "new" else True)
    total = np.bincount(row[counts], minlength=n)
    chosen = np.flatnonzero(total > 0)
    inside = counts & (column >= 0)
    relevant = sparse.coo_array((np.ones(int(inside.sum())), (row[inside], column[inside])), shape=(n, width)).tocsr()
    back = np.unique(row[row >= 0])
    fresh = np.unique(row[(row >= 0) & ~owned])
    users = pd.DataFrame(
        [
            ("known", n), ("came_back", len(back)), ("not_back", n - len(back)),
            ("bought_new", len(fresh)), ("only_again", len(back) - len(fresh)), ("evaluated", len(chosen)),
            ("only_unknown_products", len(chosen) - len(np.unique(row[inside]))),
            ("new_customers", rows.loc[row < 0, customer].nunique()),
        ],
        columns=["code", "customers"],
    )  # fmt: skip
    return Later(wanted, chosen, relevant[chosen], total[chosen], users)


def evaluate(
    models: Mapping[str, Model],
    bought: Interactions,
    later: Later,
    *,
    k: int,
    fallbacks: tuple[Model, ...] = (),
    offered: NDArray[np.bool_] | None = None,
    beyond: bool = True,
) -> Evaluation:
    """Measure each model's lists, filled up from the fallbacks, for the customers of `later`.

    Lists for new products leave out what is owned; lists for any products may hold it.
    """
    owned: Owned = "exclude" if later.wanted == "new" else "include"
    values, covered, own, listed = {}, {}, {}, []
    for name, model in models.items():
        found, source = filled(model, fallbacks, later.rows, k, owned=owned, offered=offered)
        table = np.full((len(later.rows), len(MEASURES)), np.nan)
        table[:, : len(ACCURACY)] = accuracy(found.columns, later.relevant, later.total)
        if beyond:
            table[:, -2] = novelty(found.columns, bought.buyers, len(bought.customers))
            listed.append(found.columns)
        values[name] = table
        covered[name] = coverage(found.columns, len(bought.products) if offered is None else int(offered.sum()))
        own[name] = float((source == 0).mean()) if source.size else float("nan")
    if listed:  # lists of different models share many pairs, whose likeness is computed once
        apart = diversity(np.concatenate(listed), bought.counts).reshape(len(listed), -1)
        for table, column in zip(values.values(), apart, strict=True):
            table[:, -1] = column
    return Evaluation(later.wanted, k, bought.customers[later.rows], values, covered, own)


def quality(found: Evaluation, *, draws: Bootstrap) -> pd.DataFrame:
    """One row a method and measure: wanted, method, measure, customers, estimate, low, high.

    Coverage is a fact about the lists that were made, and `own_share` about who filled them: neither has an interval.
    """
    parts = []
    for method, values in found.values.items():
        table = _means(values, draws)
        facts = [("coverage", found.coverage[method]), ("own_share", found.own_share[method])]
        rows = pd.DataFrame(facts, columns=["measure", "estimate"])
        table = pd.concat([table, rows.assign(customers=len(values), low=np.nan, high=np.nan)], ignore_index=True)
        parts.append(table.assign(method=method))
    result = pd.concat(parts, ignore_index=True).assign(wanted=found.wanted)
    return result[["wanted", "method", "measure", "customers", "estimate", "low", "high"]]


def differences(found: Evaluation, *, baseline: str, draws: Bootstrap) -> pd.DataFrame:
    """Each method less the baseline, customer by customer: wanted, method, baseline, measure, customers, difference,
    low, high."""
    parts = []
    for method, values in found.values.items():
        if method == baseline:
            continue
        table = _means(values - found.values[baseline], draws, apart=True)
        parts.append(table.rename(columns={"estimate": "difference"}).assign(method=method))
    columns = ["wanted", "method", "baseline", "measure", "customers", "difference", "low", "high"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True).assign(wanted=found.wanted, baseline=baseline)[columns]


def within_groups(
    found: Evaluation,
    groups: pd.DataFrame,
    *,
    methods: tuple[str, ...],
    baseline: str,
    draws: Bootstrap,
) -> pd.DataFrame:
    """Measures by group of customers, and the difference to the baseline there.

    Parameters
    ----------
    groups : DataFrame
        Indexed by customer; each column divides the customers in its own way (customers without a value are left out).

    Returns
    -------
    DataFrame
        wanted, division, group, method, measure, customers, estimate, low, high, difference, difference_low,
        difference_high.
    """
    parts = []
    for division in groups.columns:
        of = groups[division].reindex(found.customers)
        for group in (
            sorted(of.dropna().unique()) if not isinstance(of.dtype, pd.CategoricalDtype) else of.cat.categories
        ):
            rows = (of == group).to_numpy()
            if not rows.any():
                continue
            for method in methods:
                table = _means(found.values[method][rows], draws)
                gap = _means(found.values[method][rows] - found.values[baseline][rows], draws, apart=True)
                table["difference"], table["difference_low"], table["difference_high"] = (
                    gap["estimate"], gap["low"], gap["high"],
                )  # fmt: skip
                parts.append(table.assign(division=division, group=group, method=method))
    columns = [
        "wanted", "division", "group", "method", "measure", "customers", "estimate", "low", "high",
        "difference", "difference_low", "difference_high",
    ]  # fmt: skip
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True).assign(wanted=found.wanted)[columns]


def _means(values: Floats, draws: Bootstrap, *, apart: bool = False) -> pd.DataFrame:
    """Mean of each measure, or of its difference (`apart`), with its interval.

    Shares of customers have Wilson's interval, and differences of paired shares that of Agresti and Min (2005),
    Statistics in Medicine 24, 729-740 (half a customer more in each cell): they stay honest where hardly anybody
    differs. The others have BCa intervals, cut to the range of the measure. Customers for whom a measure is not
    defined do not count for it.
    """
    rows = []
    complete = np.isfinite(values).all(axis=1)
    every = list(range(len(MEASURES)))
    for places in [every] if complete.all() else [[place] for place in every]:
        data = values[:, places][np.isfinite(values[:, places]).all(axis=1)]
        if not len(data):
            rows += [(MEASURES[place], 0, np.nan, np.nan, np.nan) for place in places]
            continue
        found = intervals(
            data, {"mean": mean}, replicates=draws.replicates, level=draws.level, random_state=draws.random_state,
            method="bca",
        )["mean"]  # fmt: skip
        for column, place in enumerate(places):
            bounds = (found.low[column], found.high[column])
            if np.ptp(data[:, column]) == 0:
                bounds = (found.estimate[column], found.estimate[column])
            if MEASURES[place] == "hit_rate":
                bounds = _paired(data[:, column], draws.level) if apart else _share(data[:, column], draws.level)
            elif MEASURES[place] != "novelty":
                bounds = tuple(np.clip(bounds, -1.0 if apart else 0.0, 1.0))
            rows.append((MEASURES[place], len(data), found.estimate[column], *map(float, bounds)))
    return pd.DataFrame(rows, columns=["measure", "customers", "estimate", "low", "high"])


def _share(hit: Floats, level: float) -> tuple[float, float]:
    low, high = wilson(hit.sum(), len(hit), level=level)
    return float(low), float(high)


def _paired(gap: Floats, level: float) -> tuple[float, float]:
    """Of the difference of two shares of the same customers, from −1, 0 and 1 of each."""
    n, centre = len(gap) + 2, gap.sum() / (len(gap) + 2)
    reach = ndtri((1 + level) / 2) * np.sqrt(((np.abs(gap).sum() + 1) / n - centre**2) / n)
    return max(float(centre - reach), -1.0), min(float(centre + reach), 1.0)
