"""The whole question: which products will a customer buy next, by which method, and how much better than a list of
bestsellers?

Everything is fitted to purchases strictly before the cut-off and held against purchases after it. Options, and the
method whose offers are made, are chosen by an earlier split inside the training period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.recommendation.choices import GRID, Candidate, fit, ndcg
from analysis.recommendation.coldstart import on_offer
from analysis.recommendation.earlier import Choice, choose, earlier_split
from analysis.recommendation.evaluation import (
    Bootstrap,
    Evaluation,
    Later,
    Wanted,
    differences,
    evaluate,
    later_purchases,
    quality,
    within_groups,
)
from analysis.recommendation.interactions import Interactions, as_day, interactions
from analysis.recommendation.methods import BASELINES, KINDS, Setting, all_methods, fallbacks, plain
from analysis.recommendation.models import Model
from analysis.recommendation.rules import rule_scores

__all__ = ["Remark", "Study", "refit", "study"]

WANTED: tuple[Wanted, Wanted] = ("new", "any")


@dataclass(frozen=True)
class Remark:
    """Something that happened, and the figure behind it.

    `code` is one of, as an obstacle (nothing could be measured): no_history (no purchase before the cut-off),
    too_few_customers (value), too_few_products (value), no_later (no purchase after it), none_evaluated (nobody known
    bought anything that counts), nothing_offered (value: products that nobody bought of late);
    as a remark: no_earlier_split (options are the first of each list, and popularity is the chosen method),
    no_rules (none was given or none held up), rules_not_chosen (no rules of the earlier split, so they were measured
    but could not be chosen), unknown_rules (value: rules with unknown products), no_days (no first_day and last_day:
    no recent popularity and no trend), not_offered (value: products not sold of late).
    """

    code: str
    value: float = 0.0
    other: str = ""


@dataclass(frozen=True)
class Study:
    """The answer, or the reason why there is none.

    Attributes
    ----------
    cutoff : date
    k : int
        Products in a list.
    obstacle : Remark or None
        Why nothing was measured; tables are then empty.
    remarks : tuple of Remark
    counts : dict of str to int
        customers, products, pairs before the cut-off; offered: products that may be listed.
    users : DataFrame
        wanted, code, customers: see `Later.users`.
    choices : DataFrame
        method, options, wanted, ndcg, customers, place, best: the earlier split.
    methods : DataFrame
        wanted, method, kind ("baseline" or "model"), options, earlier_ndcg.
    chosen : dict of wanted to str
        The method with the highest nDCG on the earlier split, for lists of new and of any products.
    baseline : dict of wanted to str
        The best baseline on the later period itself: the hardest to beat.
    quality, differences, groups : DataFrame
        See `evaluation`; differences are to `baseline`.
    evaluations : dict of wanted to Evaluation
        Measures customer by customer; not for a page.
    candidates : dict of (wanted, method) to Candidate
        Options chosen for each method.
    """

    cutoff: date
    k: int
    obstacle: Remark | None = None
    remarks: tuple[Remark, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    users: pd.DataFrame | None = None
    choices: pd.DataFrame | None = None
    methods: pd.DataFrame | None = None
    chosen: dict[Wanted, str] = field(default_factory=dict)
    baseline: dict[Wanted, str] = field(default_factory=dict)
    quality: pd.DataFrame | None = None
    differences: pd.DataFrame | None = None
    groups: pd.DataFrame | None = None
    evaluations: dict[Wanted, Evaluation] = field(default_factory=dict)
    candidates: dict[tuple[Wanted, str], Candidate] = field(default_factory=dict)


def study(
    train: pd.DataFrame,
    later: pd.DataFrame,
    *,
    cutoff: date | str,
    horizon_days: int,
    k: int = 10,
    purchases: pd.DataFrame | None = None,
    rules: pd.DataFrame | None = None,
    earlier_rules: pd.DataFrame | None = None,
    popular_in: pd.Series | None = None,
    groups: pd.DataFrame | None = None,
    recent_days: int = 30,
    offered_days: int | None = None,
    grid: Sequence[Candidate] = GRID,
    tuning_customers: int = 1000,
    customer: str = "customer_key",
    product: str = "product_id",
    replicates: int = 1000,
    level: float = 0.95,
    random_state: int,
) -> Study:
    """Compare methods of recommendation on purchases after a cut-off.

    Parameters
    ----------
    train : DataFrame
        One row a customer and product as known at the cut-off: customer, product, orders and, for recent popularity,
        trend and what is on offer, first_day and last_day (`features/customer_products_history`, or `pairs`).
    later : DataFrame
        Customer and product of purchases on or after the cut-off.
    cutoff : date
        All of `train` lies strictly before it.
    horizon_days : int
        Length of the later period; the earlier split lies so many days before the cut-off.
    k : int
        Products in a list.
    purchases : DataFrame, optional
        Dated lines (customer, product, day, basket_key), from which the earlier split is made; only lines before the
        cut-off are used. Without it the split is made from first_day and last_day of `train`, which is exact about who
        bought what on each side, but counts a pair with purchases on both sides once on the earlier.
    rules, earlier_rules : DataFrame, optional
        Rules mined from baskets strictly before the cut-off, and strictly before the earlier split.
    popular_in : Series, optional
        Group of each customer (country, segment), for bestsellers within the group.
    groups : DataFrame, optional
        Indexed by customer, one column a division (age as a customer, segment): results are shown for each group.
    recent_days : int
        Window of recent popularity and trend.
    offered_days : int, optional
        Products that nobody bought for so long before the cut-off are not offered; by default all are.
    grid : sequence of Candidate
        Models and options to try.
    tuning_customers : int
        Customers, drawn at random, on whom options are compared.
    replicates, level, random_state
        Of the bootstrap over customers; the seed also draws customers and starts factors.

    Returns
    -------
    Study

    Raises
    ------
    AnalysisError
        If a column is missing or `train` reaches beyond the cut-off.
    """
    end = as_day(cutoff, "cutoff")
    names = {"customer": customer, "product": product}
    empty = Study(end.astype(object), k)
    bought = interactions(train, **names)
    _check_days(bought, end)
    if obstacle := _obstacle(bought, later, customer):
        return replace(empty, obstacle=obstacle)
    wanted = {name: later_purchases(bought, later, wanted=name, **names) for name in WANTED}
    empty = replace(empty, users=_users(wanted))
    wanted = {name: item for name, item in wanted.items() if len(item.rows)}
    if not wanted:
        return replace(empty, obstacle=Remark("none_evaluated", len(bought.customers)))
    offered = on_offer(bought, cutoff=end, days=offered_days)
    if not offered.any():
        return replace(empty, obstacle=Remark("nothing_offered", len(offered)))
    choice = choose(
        earlier_split(train, purchases, cutoff=end, horizon_days=horizon_days, **names), tuple(wanted), grid,
        k=k, recent_days=recent_days, offered_days=offered_days, popular_in=popular_in, rules=earlier_rules,
        limit=tuning_customers, random_state=random_state, **names,
    )  # fmt: skip
    setting = Setting(bought, end, recent_days, offered, popular_in, rules)
    found: dict[Wanted, Evaluation] = {}
    cache: dict[str, Model] = {}
    served = np.unique(np.concatenate([item.rows for item in wanted.values()]))
    for name, item in wanted.items():
        options = {method: item for (of, method), item in choice.candidates.items() if of == name}
        models = all_methods(setting, name, options, cache, random_state, served)
        found[name] = evaluate(models, bought, item, k=k, fallbacks=fallbacks(models), offered=offered)
    chosen = {name: choice.chosen.get(name, "popularity") for name in wanted}
    return replace(
        empty,
        remarks=_remarks(setting, earlier_rules, choice),
        counts={
            "customers": len(bought.customers), "products": len(bought.products), "pairs": bought.counts.nnz,
            "offered": int(offered.sum()),
        },
        choices=choice.table,
        methods=_methods(found, choice),
        chosen=chosen,
        evaluations=found,
        candidates=choice.candidates,
        **_tables(found, chosen, groups, Bootstrap(replicates, level, random_state)),
    )  # fmt: skip


def refit(
    study: Study,
    bought: Interactions,
    *,
    wanted: Wanted,
    cutoff: date | str,
    method: str | None = None,
    recent_days: int = 30,
    popular_in: pd.Series | None = None,
    rules: pd.DataFrame | None = None,
    random_state: int,
) -> Model:
    """The chosen method (or another) with its chosen options, fitted to all that is known now: for offers.

    Where `bought` stands among all customers (`among_all`), lists and the likeness of products are those of all.
    """
    name = method or study.chosen[wanted]
    setting = Setting(
        bought, as_day(cutoff, "cutoff"), recent_days, np.ones(len(bought.products), bool), popular_in, rules
    )
    if KINDS.get(name) == "baseline" or name == "rules":
        model = plain(name, setting) if wanted == "any" or name != "buys_again" else None
        if model is None:
            raise AnalysisError(f"recommendation: {name} cannot be fitted here; what it needs is missing")
        return model
    return fit(study.candidates[wanted, name], bought, random_state=random_state)


def _check_days(bought: Interactions, end: np.datetime64) -> None:
    if bought.last_day is not None and len(bought.last_day) and bought.last_day.max() >= end:
        last = bought.last_day.max()
        raise AnalysisError(f"recommendation: last_day {last} in train lies on or after the cut-off {end}; split first")


def _obstacle(bought: Interactions, later: pd.DataFrame, customer: str) -> Remark | None:
    if not bought.counts.nnz:
        return Remark("no_history")
    for code, number in (("too_few_customers", len(bought.customers)), ("too_few_products", len(bought.products))):
        if number < 2:
            return Remark(code, number)
    return None if later[customer].notna().any() else Remark("no_later")


def _users(later: Mapping[Wanted, Later]) -> pd.DataFrame:
    table = pd.concat([item.users.assign(wanted=name) for name, item in later.items()], ignore_index=True)
    return table[["wanted", "code", "customers"]]


def _remarks(setting: Setting, earlier_rules: pd.DataFrame | None, choice: Choice) -> tuple[Remark, ...]:
    remarks = []
    if choice.table.empty:
        remarks.append(Remark("no_earlier_split"))
    if setting.bought.last_day is None:
        remarks.append(Remark("no_days"))
    if left := int((~setting.offered).sum()):
        remarks.append(Remark("not_offered", left))
    scores = None if setting.rules is None else rule_scores(setting.bought, setting.rules)
    if scores is None or not scores.antecedents.shape[0]:
        remarks.append(Remark("no_rules", 0 if setting.rules is None else len(setting.rules)))
    elif earlier_rules is None:
        remarks.append(Remark("rules_not_chosen"))
    if scores is not None and scores.lost:
        remarks.append(Remark("unknown_rules", scores.lost))
    return tuple(remarks)


def _methods(found: Mapping[Wanted, Evaluation], choice: Choice) -> pd.DataFrame:
    best = choice.table[choice.table["best"].astype(bool)].set_index(["wanted", "method"])["ndcg"]
    rows: list[tuple[Any, ...]] = []
    for wanted, item in found.items():
        for method in item.values:
            candidate = choice.candidates.get((wanted, method))
            text = "" if candidate is None else candidate.text
            rows.append((wanted, method, KINDS[method], text, best.get((wanted, method), np.nan)))
    return pd.DataFrame(rows, columns=["wanted", "method", "kind", "options", "earlier_ndcg"])


def _tables(
    found: Mapping[Wanted, Evaluation], chosen: Mapping[Wanted, str], groups: pd.DataFrame | None, draws: Bootstrap
) -> dict[str, Any]:
    """Results of the later period: the hardest baseline, quality, differences to it, groups."""
    hardest = {
        name: max((method for method in item.values if method in BASELINES), key=lambda method: ndcg(item, method))
        for name, item in found.items()
    }
    apart = [differences(item, baseline=hardest[name], draws=draws) for name, item in found.items()]
    parts = []
    for name, item in found.items() if groups is not None else ():
        methods = tuple(dict.fromkeys([chosen[name], hardest[name]]))
        parts.append(within_groups(item, groups, methods=methods, baseline=hardest[name], draws=draws))
    return {
        "baseline": hardest,
        "quality": pd.concat([quality(item, draws=draws) for item in found.values()], ignore_index=True),
        "differences": pd.concat(apart, ignore_index=True),
        "groups": pd.concat(parts, ignore_index=True) if parts else None,
    }
