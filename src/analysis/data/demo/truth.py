"""What was planted in the demo data, and what damage was done to it: the answers that a pipeline should find."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.demo.ahead import PlantedTaste, planted_ahead
from analysis.data.demo.catalogue import BUNDLES, POPULAR, SEASONAL, Bundle
from analysis.data.demo.files import RawFile
from analysis.data.demo.messy import Transactions
from analysis.data.demo.people import SEGMENTS
from analysis.data.demo.tables import Table
from analysis.data.demo.world import SATISFACTION, SPEND, World

__all__ = ["PlantedCorrelation", "PlantedRule", "PlantedSegment", "Truth", "truth"]


@dataclass(frozen=True)
class PlantedSegment:
    """A segment with its size and the medians of its customers' features at the end."""

    name: str
    description: str
    customers: int
    medians: dict[str, float]


@dataclass(frozen=True)
class PlantedRule:
    """A rule with the figures that the model implies; for seasonal rules, those of the early period."""

    bundle: str
    antecedents: tuple[str, ...]
    consequents: tuple[str, ...]
    names: tuple[str, ...]
    support: float
    confidence: float
    lift: float


@dataclass(frozen=True)
class PlantedCorrelation:
    """A pair of customer features: what was planted, and what the clean world shows at the end.

    `planted` is 'positive', 'negative', 'none' or 'u_shape' (dependent, yet uncorrelated); `expected_spearman` is
    the population's value where the model fixes it.
    """

    x: str
    y: str
    planted: str
    expected_spearman: float | None
    n: int
    pearson: float
    spearman: float


@dataclass(frozen=True)
class Truth:
    """The planted truth of one set of demo files.

    Attributes
    ----------
    seed, customers, months, start, end, cutoff, horizon_days
        What the files were made from; events lie in [start, end).
    segments, segment_of
        The segments, and the segment of each customer id.
    segment_features
        Features whose standardised log1p separates the segments.
    rules, seasonal_rules, early_until, chance_pairs
        Rules that hold throughout; rules that hold only before `early_until`; pairs of popular products that meet
        by chance alone (lift 1). Products by id.
    satisfaction, spend
        Effects, on the scales that the text beside them names.
    correlations
        Planted pairs, null pairs and a U-shaped one.
    ahead
        What the horizon after the cut-off holds for the customers known at it: columns of `customers_ahead`.
    churn, value
        Who leaves and who orders in the horizon, with the scores of the true probability, which no model can be
        expected to beat; expected and actual orders and spend of all customers together.
    tastes, taste_of, loyalty, offers
        The tastes, the taste of each customer id, and the share of products that fill a basket which follow it; how
        good lists by taste and lists of best sellers are on what was bought in the horizon.
    ratings
        Points that a rating of a product gains by the customer's taste and by the product.
    files
        What each file holds.
    damage
        By table and kind: the rate aimed at (of invoices for missing customers and non-products, else of lines), and
        the rows that carry it, once for each file in which they stand.
    ledger
        Rows of the transactions that each rule of cleaning should remove, with the rows read and the rows kept.
    clean
        Totals of the sales that remain: rows, customers, baskets, amount.
    """

    seed: int
    customers: int
    months: int
    start: date
    end: date
    cutoff: date
    horizon_days: int
    segments: tuple[PlantedSegment, ...]
    segment_of: dict[str, str]
    segment_features: tuple[str, ...]
    rules: tuple[PlantedRule, ...]
    seasonal_rules: tuple[PlantedRule, ...]
    early_until: date
    chance_pairs: tuple[tuple[str, str], ...]
    satisfaction: dict[str, Any]
    spend: dict[str, Any]
    correlations: tuple[PlantedCorrelation, ...]
    ahead: dict[str, list[Any]]
    churn: dict[str, Any]
    value: dict[str, Any]
    tastes: tuple[PlantedTaste, ...]
    taste_of: dict[str, str]
    loyalty: float
    offers: list[dict[str, float | str]]
    ratings: dict[str, Any]
    files: tuple[RawFile, ...]
    damage: dict[str, dict[str, dict[str, float]]]
    ledger: dict[str, int]
    clean: dict[str, float]

    def to_json(self) -> str:
        """The truth as JSON with sorted keys; dates in ISO, floats with six significant digits."""
        return json.dumps(_plain(asdict(self)), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return value


def truth(
    world: World, *, months: int, sales: Transactions, tables: dict[str, Table], files: tuple[RawFile, ...]
) -> Truth:
    """Collect the planted truth of a world and of the files that were written from it."""
    when = world.when
    ledger = _ledger(sales.rows)
    popular = [world.shop.product_id[world.shop.position(name)] for name, _ in POPULAR]
    return Truth(
        seed=world.seed,
        customers=len(world.who),
        months=months,
        start=when.start,
        end=when.end,
        cutoff=when.cutoff,
        horizon_days=when.horizon_days,
        segments=_segments(world),
        segment_of={
            str(who): SEGMENTS[s].name for who, s in zip(world.who.customer_id, world.who.segment, strict=True)
        },
        segment_features=("recency_days", "frequency", "monetary", "browsing_minutes"),
        rules=tuple(rule for bundle in BUNDLES for rule in _rules(world, bundle)),
        seasonal_rules=tuple(rule for bundle in SEASONAL for rule in _rules(world, bundle)),
        early_until=date.fromordinal(when.start.toordinal() + when.early_days),
        chance_pairs=tuple(itertools.combinations(popular, 2)),
        satisfaction={
            "target": "mean rating (1 to 5) in the horizon after the cut-off",
            "scale": "points of rating per unit of returns_rate and of log1p(browsing_minutes), at the cut-off",
            "coefficients": SATISFACTION,
        },
        spend={
            "target": "amount in the horizon after the cut-off",
            "scale": "log of expected amount per unit of log1p(frequency), log(average_order_value), "
            "log1p(browsing_minutes), social_posts at the cut-off; among customers who have not left",
            "coefficients": SPEND,
        },
        correlations=_correlations(world),
        **planted_ahead(world),
        files=files,
        damage={"transactions": _damage(sales)}
        | {
            name: {kind: {"rate": table.rates[kind], "rows": rows} for kind, rows in table.counts.items()}
            for name, table in tables.items()
        },
        ledger=ledger,
        clean=_clean(sales.rows),
    )


def _segments(world: World) -> tuple[PlantedSegment, ...]:
    features = pd.DataFrame(asdict(world.at_end))
    medians = features.groupby(world.who.segment).median()
    return tuple(
        PlantedSegment(s.name, s.description, int((world.who.segment == i).sum()), medians.loc[i].to_dict())
        for i, s in enumerate(SEGMENTS)
        if i in medians.index
    )


def _rules(world: World, bundle: Bundle) -> list[PlantedRule]:
    """Every pair of the bundle as a rule, and the last item given all others where there are three."""
    alone = dict(zip(bundle.items, bundle.alone, strict=True))

    def probability(items: tuple[str, ...]) -> float:
        """All of these items in one basket: as a bundle, or each alone."""
        return bundle.together + (1 - bundle.together) * float(np.prod([alone[item] for item in items]))

    sides: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
        ((a,), (b,)) for a, b in itertools.combinations(bundle.items, 2)
    ]
    if len(bundle.items) > 2:
        sides.append((bundle.items[:-1], bundle.items[-1:]))

    def ids(items: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(world.shop.product_id[world.shop.position(item)] for item in items)

    rules = []
    for left, right in sides:
        both, confidence = probability(left + right), probability(left + right) / probability(left)
        rules.append(
            PlantedRule(
                bundle.name, ids(left), ids(right), left + right, both, confidence, confidence / probability(right)
            )
        )
    return rules


def _correlations(world: World) -> tuple[PlantedCorrelation, ...]:
    n = len(world.who)
    told = np.bincount(world.ratings.customer, minlength=n)
    with np.errstate(invalid="ignore"):
        satisfaction = np.bincount(world.ratings.customer, world.ratings.rating, n) / told
    values = asdict(world.at_end) | {
        "age": world.who.age, "income": world.who.income, "satisfaction": satisfaction,
        "social_posts": np.bincount(world.posts.customer, minlength=n),
    }  # fmt: skip
    # Spearman's coefficient of a Gaussian copula with correlation 0.35
    expected = 6 / np.pi * np.arcsin(0.35 / 2)
    planted: list[tuple[str, str, str, float | None]] = [
        ("age", "income", "positive", expected),
        ("income", "social_posts", "negative", None),
        ("returns_rate", "satisfaction", "negative", None),
        ("browsing_minutes", "satisfaction", "positive", None),
        ("frequency", "monetary", "positive", None),
        ("average_order_value", "items_per_order", "positive", None),
        ("income", "frequency", "none", 0.0),
        ("age", "monetary", "none", 0.0),
        ("social_posts", "monetary", "none", 0.0),
        ("age", "satisfaction", "none", 0.0),
        ("age", "pages_per_session", "u_shape", 0.0),
    ]
    found = []
    for x, y, kind, value in planted:
        a, b = np.asarray(values[x], float), np.asarray(values[y], float)
        both = np.isfinite(a) & np.isfinite(b)
        pearson = stats.pearsonr(a[both], b[both]).statistic
        spearman = stats.spearmanr(a[both], b[both]).statistic
        found.append(PlantedCorrelation(x, y, kind, value, int(both.sum()), float(pearson), float(spearman)))
    return tuple(found)


def _damage(sales: Transactions) -> dict[str, dict[str, float]]:
    rows = sales.rows
    stands = np.where(rows["file"] == 3, 2, 1)
    whole = ~rows["damage"].isin(["ragged", "unterminated_quote"])
    dated = whole & ~rows["damage"].isin(["unreadable_timestamp", "outside_date_range"])

    def count(mask: pd.Series) -> int:
        return int(stands[mask.to_numpy()].sum())

    kinds = {name: count(rows["damage"] == name) for name in sales.rates if name in set(rows["damage"])}
    kinds["duplicate_repeat"] //= 2
    kinds |= {
        name: count((rows["kind"] == "not_a_product") & (rows["product_id"] == name.removeprefix("not_a_product ")))
        for name in sales.rates
        if name.startswith("not_a_product ")
    }
    kinds["missing_customer"] = count(whole & rows["customer_id"].isin(["", "NA", "unknown", "-"]))
    kinds |= {
        "duplicate_overlap": int((rows["file"] == 3).sum()),
        "giant_basket": count(rows["kind"] == "giant_basket"),
        "missing_description": count(whole & (rows["description"] == "")),
        "customer_id_decimal": count(whole & rows["customer_id"].str.endswith(".0")),
        "customer_id_blanks": count(whole & rows["customer_id"].str.startswith(" ")),
    }
    kinds |= {f"format_{name}": count(dated & (rows["form"] == name)) for name in sorted(set(rows["form"]))}
    return {
        name: ({"rate": sales.rates[name]} if name in sales.rates else {}) | {"rows": rows_}
        for name, rows_ in kinds.items()
    }


def _rule(rows: pd.DataFrame) -> pd.Series:
    """The rule of cleaning that each row of the files meets, '' for those that stay; overlaps and repeats aside."""
    damage, kind = rows["damage"], rows["kind"]
    by_damage = {
        "unreadable_timestamp": "unreadable_timestamp", "unreadable_quantity": "unreadable_quantity",
        "unreadable_price": "unreadable_price", "outside_date_range": "outside_date_range",
        "zero_price": "non_positive_price", "negative_price": "non_positive_price",
        "ragged": "quarantined", "unterminated_quote": "quarantined",
    }  # fmt: skip
    by_kind = {
        "cancellation": "cancellation", "original": "cancelled_original", "stray": "cancellation_unmatched",
        "adjustment": "adjustment", "return": "return", "not_a_product": "not_a_product",
    }  # fmt: skip
    return damage.map(by_damage).fillna(kind.map(by_kind)).fillna("").astype(object)


def _ledger(rows: pd.DataFrame) -> dict[str, int]:
    rule = _rule(rows)
    overlap = int((rows["file"] == 3).sum())
    repeats = int((rows["damage"] == "duplicate_repeat").sum()) // 2
    counts = {str(name): int(n) for name, n in rule.value_counts().items()}
    kept = counts.pop("") - repeats
    return (
        {"rows": len(rows) + overlap, "duplicate_overlap": overlap, "duplicate_repeat": repeats}
        | counts
        | {"kept": kept}
    )


def _clean(rows: pd.DataFrame) -> dict[str, float]:
    stays = (_rule(rows) == "") & ~((rows["damage"] == "duplicate_repeat") & rows.duplicated())
    kept = rows.loc[stays]
    pence = np.rint(kept["unit_price"].astype(float) * 100).astype(np.int64)
    customer = kept["customer_id"].str.strip().str.removesuffix(".0")
    known = customer[~customer.isin(["", "NA", "unknown", "-"])]
    return {
        "rows": len(kept),
        "customers": int(known.nunique()),
        "baskets": int(kept["invoice_id"].nunique()),
        "amount_pence": int((pence * kept["quantity"].astype(np.int64)).sum()),
    }
