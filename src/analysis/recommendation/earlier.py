"""The earlier split: options, and the method whose offers are made, chosen inside the training period.

Everything is fitted to purchases before the cut-off less one horizon, and judged on those between that day and the
cut-off. The later period, on which the page reports, is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis.recommendation.choices import Candidate, judge, ndcg
from analysis.recommendation.coldstart import on_offer
from analysis.recommendation.evaluation import Later, Wanted, evaluate, later_purchases
from analysis.recommendation.interactions import interactions, pairs
from analysis.recommendation.methods import Setting, all_methods, fallbacks
from analysis.recommendation.models import Model

__all__ = ["Choice", "Split", "choose", "earlier_split"]


@dataclass(frozen=True)
class Split:
    """Pairs of customer and product on both sides of a day."""

    day: np.datetime64
    before: pd.DataFrame
    after: pd.DataFrame


@dataclass(frozen=True)
class Choice:
    """What the earlier split says.

    Attributes
    ----------
    table : DataFrame
        method, options, wanted, ndcg, customers, place (in the grid; −1 for baselines and rules), best (the highest of
        its method; of equals the first). Empty where there was nothing to compare on.
    chosen : dict of wanted to str
        The method with the highest nDCG; of equals a baseline, then the first of the grid.
    candidates : dict of (wanted, method) to Candidate
        Each method's options: the best, or the first of the grid where nothing could be compared.
    """

    table: pd.DataFrame
    chosen: dict[Wanted, str] = field(default_factory=dict)
    candidates: dict[tuple[Wanted, str], Candidate] = field(default_factory=dict)


_COLUMNS = ["method", "options", "wanted", "ndcg", "customers", "place", "best"]


def earlier_split(
    train: pd.DataFrame,
    purchases: pd.DataFrame | None,
    *,
    cutoff: np.datetime64,
    horizon_days: int,
    customer: str,
    product: str,
) -> Split | None:
    """Training and later pairs one horizon before the cut-off; None where no dates are known.

    With dated purchases the split is exact. Without them it comes from first_day and last_day of each pair, which say
    who bought what on either side; a pair with purchases on both sides counts as one order, on its first day.
    """
    day = cutoff - np.timedelta64(horizon_days, "D")
    names = {"customer": customer, "product": product}
    if purchases is not None:
        start, end = day.astype(object), cutoff.astype(object)
        return Split(day, pairs(purchases, before=start, **names), pairs(purchases, since=start, before=end, **names))
    if not {"first_day", "last_day"} <= set(train.columns):
        return None
    first, last = (pd.to_datetime(train[name]) for name in ("first_day", "last_day"))
    before = train[first < pd.Timestamp(day)].copy()
    both = (last >= pd.Timestamp(day))[before.index]
    if "orders" in before.columns:
        before.loc[both, "orders"] = 1
    before.loc[both, "last_day"] = before.loc[both, "first_day"]
    return Split(day, before, train[last >= pd.Timestamp(day)])


def choose(
    split: Split | None,
    wanted: Sequence[Wanted],
    grid: Sequence[Candidate],
    *,
    k: int,
    recent_days: int,
    offered_days: int | None,
    popular_in: pd.Series | None,
    rules: pd.DataFrame | None,
    limit: int,
    customer: str,
    product: str,
    random_state: int,
) -> Choice:
    """Compare baselines and all candidates on the earlier split, on at most `limit` drawn customers."""
    first = {(name, item.method): item for name in wanted for item in reversed(grid)}
    nothing = Choice(pd.DataFrame(columns=_COLUMNS), {}, first)
    if split is None or split.before.empty or split.after.empty:
        return nothing
    bought = interactions(split.before, customer=customer, product=product)
    generator = np.random.default_rng(random_state)
    later = {}
    for name in wanted:
        found = later_purchases(bought, split.after, wanted=name, customer=customer, product=product)
        later[name] = _drawn(found, limit, generator)
    if min(len(bought.customers), len(bought.products)) < 2 or not all(len(item.rows) for item in later.values()):
        return nothing
    offered = on_offer(bought, cutoff=split.day, days=offered_days)
    setting = Setting(bought, split.day, recent_days, offered, popular_in, rules)
    fixed, fill = _fixed(setting, later, k, random_state)
    judged = judge(grid, bought, later, k=k, fallbacks=fill, offered=offered, random_state=random_state)
    table = pd.concat([fixed, judged], ignore_index=True)
    best = table[table["best"]].sort_values(["ndcg", "place"], ascending=[False, True], kind="stable")
    chosen = {name: str(best.loc[best["wanted"] == name, "method"].iloc[0]) for name in wanted}
    kept = {(row.wanted, row.method): grid[row.place] for row in judged[judged["best"]].itertuples()}
    return Choice(table, chosen, kept)


def _fixed(
    setting: Setting, later: Mapping[Wanted, Later], k: int, random_state: int
) -> tuple[pd.DataFrame, tuple[Model, ...]]:
    """The methods without options, and those that fill lists."""
    cache: dict[str, Model] = {}
    rows = []
    for name, item in later.items():
        models = all_methods(setting, name, {}, cache, random_state)
        found = evaluate(
            models, setting.bought, item, k=k, fallbacks=fallbacks(models), offered=setting.offered, beyond=False
        )
        rows += [(method, "", name, ndcg(found, method), len(item.rows), -1, True) for method in models]
    return pd.DataFrame(rows, columns=_COLUMNS), fallbacks(cache)


def _drawn(later: Later, limit: int, generator: np.random.Generator) -> Later:
    if len(later.rows) <= limit:
        return later
    kept = np.sort(generator.choice(len(later.rows), limit, replace=False))
    return replace(later, rows=later.rows[kept], relevant=later.relevant[kept], total=later.total[kept])
