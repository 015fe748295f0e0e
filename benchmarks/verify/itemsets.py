"""Itemsets and rules beside published counts, mlxtend and SciPy; and how often chance alone makes a rule hold up."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from math import comb, log10

import numpy as np
import pandas as pd
from mlxtend.frequent_patterns import apriori, fpgrowth, fpmax
from mlxtend.frequent_patterns import association_rules as mlxtend_rules
from scipy import stats

from analysis import rules
from benchmarks.verify.table import Table, reference_data

__all__ = ["tables"]

PUBLISHED = (
    "counts of the FIMI workshop's miners (fimi.uantwerpen.be) and of R's arules 1.7; mlxtend on the whole table"
)
#: Data set, smallest support, published number of non-empty itemsets if known, whether mlxtend alone can do it.
SEARCHES = (
    ("groceries", 0.001, 13_492, True),
    ("mushroom", 0.4, 565, True),
    ("mushroom", 0.3, 2_735, True),
    ("mushroom", 0.2, 53_583, True),
    ("T10I4D100K", 0.01, 385, True),
    ("T10I4D100K", 0.005, 1_073, False),
    ("retail", 0.01, None, False),
    ("retail", 0.005, None, False),
)
LONGEST = 30
#: Measures by our name and mlxtend's.
SHARED = {
    "support": "support", "antecedent_support": "antecedent support", "consequent_support": "consequent support",
    "confidence": "confidence", "lift": "lift", "leverage": "leverage", "conviction": "conviction",
    "zhang": "zhangs_metric", "jaccard": "jaccard", "kulczynski": "kulczynski", "certainty": "certainty",
}  # fmt: skip
SEEDS = 60


@cache
def load(name: str) -> rules.Baskets:
    """Baskets of a public data set."""
    if name == "groceries":
        with reference_data("groceries", "groceries.csv").open(newline="") as lines:
            return rules.from_lists(list(csv.reader(lines)))
    with gzip.open(reference_data("fimi", f"{name}.dat.gz"), "rt") as file:
        return rules.from_lists([line.split() for line in file])


@cache
def mined(name: str, support: float, algorithm: str = "eclat") -> rules.Itemsets:
    """Itemsets of any length."""
    return rules.frequent_itemsets(load(name), min_support=support, max_length=LONGEST, algorithm=algorithm)


def whole(name: str) -> pd.DataFrame:
    """The one-hot table that mlxtend takes, nothing left out before."""
    data = load(name)
    return pd.DataFrame(data.matrix.toarray(), columns=data.items)


def itemset_counts() -> Table:
    """Number of itemsets by three algorithms, as published and as mlxtend finds them on the whole table."""
    rows = []
    for name, support, published, alone in SEARCHES:
        ours = {algorithm: mined(name, support, algorithm) for algorithm in rules.ALGORITHMS}
        first = ours["eclat"]
        same = all(rules.compare_algorithms(first, other) for other in ours.values())
        row = {"data": name, "support": support, "published": published}
        row |= {algorithm: len(found) for algorithm, found in ours.items()} | {"mlxtend_alone": None}
        met = same and (published is None or len(first) == published)
        if alone:
            by = fpgrowth(whole(name), min_support=support, use_colnames=True)
            theirs = dict(zip(by["itemsets"], np.rint(by["support"] * load(name).n), strict=True))
            own = dict(zip(first.table["items"].map(frozenset), first.table["count"], strict=True))
            row["mlxtend_alone"] = len(theirs)
            met &= theirs == own
        rows.append(row | {"met": met})
    goal = (
        "same itemsets and counts by every algorithm and by mlxtend alone, and the published number where there is one"
    )
    return Table("itemset_counts", "Frequent itemsets", PUBLISHED, pd.DataFrame(rows), goal)


def condensed() -> Table:
    """Closed, maximal and generating itemsets by other ways to get them."""
    rows = []
    for name, support in (("groceries", 0.005), ("mushroom", 0.3), ("T10I4D100K", 0.01)):
        found, data = mined(name, support), load(name)
        table = found.table
        theirs = set(fpmax(whole(name), min_support=support, use_colnames=True)["itemsets"])
        ours = set(table.loc[table["maximal"], "items"].map(frozenset))
        rows.append(_condensed(name, support, "maximal", len(ours), len(theirs), ours == theirs))
        closed, generators = _by_counting(found, data)
        for kind, flags in (("closed", closed), ("generator", generators)):
            same = bool((table[kind].to_numpy() == flags).all())
            rows.append(_condensed(name, support, kind, int(table[kind].sum()), int(flags.sum()), same))
    source = "mlxtend's fpmax; closed and generating itemsets by adding or dropping each single item in the raw baskets"
    return Table(
        "itemsets_condensed", "Closed, maximal and generating itemsets", source, pd.DataFrame(rows), "same sets"
    )


def _condensed(name: str, support: float, kind: str, found: int, other: int, same: bool) -> dict[str, object]:
    return {"data": name, "support": support, "kind": kind, "found": found, "other_way": other, "met": same}


def _by_counting(found: rules.Itemsets, data: rules.Baskets) -> tuple[np.ndarray, np.ndarray]:
    """Whether no single item more, and no single item less, leaves the count as it is: counted in the baskets."""
    dense = data.matrix.toarray()
    as_float = dense.astype(np.float32)
    closed, generators = [], []
    for level, counts in zip(found.levels, found.counts, strict=True):
        for members, count in zip(level, counts, strict=True):
            held = dense[:, members].all(axis=1)
            with_each = held.astype(np.float32) @ as_float
            closed.append(int((with_each == count).sum()) == len(members))
            fewer = (dense[:, np.delete(members, drop)].all(axis=1).sum() for drop in range(len(members)))
            generators.append(all(number > count for number in fewer))
    return np.array(closed), np.array(generators)


def groceries_rules() -> Table:
    """Rules of Groceries at support 0.001 and confidence 0.5 by length, and the strongest."""
    found = rules.association_rules(mined("groceries", 0.001), min_confidence=0.5)
    lengths = np.bincount(found.length, minlength=7)
    rows = [
        {"figure": f"rules of {k} items", "found": float(lengths[k]), "published": float(number)}
        for k, number in ((2, 11), (3, 1461), (4, 3211), (5, 939), (6, 46))
    ]
    several = rules.association_rules(mined("groceries", 0.001), min_confidence=0.5, max_consequent=9)
    rows += [
        {"figure": "rules, one consequent", "found": float(len(found)), "published": 5668.0},
        {"figure": "rules, any consequent", "found": float(len(several)), "published": 5829.0},
    ]
    top = found.table.sort_values("lift", ascending=False).head(3)
    published = (
        ("Instant food products + soda => hamburger meat", 0.001220132, 0.6315789, 18.99565, 12),
        ("popcorn + soda => salty snack", 0.001220132, 0.6315789, 16.69779, 12),
        ("baking powder + flour => sugar", 0.001016777, 0.5555556, 16.40807, 10),
    )
    for row, (name, *figures) in zip(top.to_dict("records"), published, strict=True):
        named = name if f"{row['antecedent']} => {row['consequent']}" == name else "another rule"
        for measure, value in zip(("support", "confidence", "lift", "count"), figures, strict=True):
            rows.append({"figure": f"{named}: {measure}", "found": float(row[measure]), "published": value})
    frame = pd.DataFrame(rows)
    frame["met"] = np.isclose(frame["found"], frame["published"], rtol=1e-6) & ~frame["figure"].str.startswith(
        "another"
    )
    source = "Hahsler and Chelluboina, vignette of arulesViz (arules' apriori); any consequent: mlxtend 0.25"
    return Table("groceries_rules", "Rules of Groceries", source, frame, "equal to the seven digits that are printed")


def measure_differences() -> Table:
    """Largest difference of each measure to mlxtend's over all rules of Groceries."""
    data = load("groceries")
    theirs = mlxtend_rules(
        apriori(whole("groceries"), min_support=0.001, use_colnames=True), metric="confidence", min_threshold=0.5
    )
    ours = rules.association_rules(mined("groceries", 0.001), min_confidence=0.5, max_consequent=9).table
    ours.index = pd.Index([_key(a, c) for a, c in zip(ours["antecedent_ids"], ours["consequent_ids"], strict=True)])
    theirs.index = pd.Index([_key(a, c) for a, c in zip(theirs["antecedents"], theirs["consequents"], strict=True)])
    theirs = theirs.loc[ours.index].replace(np.inf, np.nan)
    rows = []
    for name, other in SHARED.items():
        mine, its = ours[name].to_numpy(float), theirs[other].to_numpy(float)
        apart = float(np.nanmax(np.abs(mine - its) / np.maximum(np.abs(its), 1)))
        same_gaps = bool((np.isnan(mine) == np.isnan(its)).all())
        rows.append(
            {"measure": name, "rules": len(ours), "largest_difference": apart, "met": same_gaps and apart < 1e-12}
        )
    rows += _from_the_baskets(ours, data)
    source = "mlxtend 0.25 association_rules; phi and cosine from the baskets by NumPy"
    return Table("rule_measures", "Measures of rules", source, pd.DataFrame(rows), "relative difference below 1e-12")


def _key(antecedent: object, consequent: object) -> str:
    return " => ".join("+".join(sorted(side)) for side in (antecedent, consequent))  # type: ignore[call-overload]


def _from_the_baskets(ours: pd.DataFrame, data: rules.Baskets) -> list[dict[str, object]]:
    """Phi and cosine of a sample of rules from the columns of ones and zeros themselves."""
    place = {item: code for code, item in enumerate(data.items)}
    dense = data.matrix.toarray()
    gaps: dict[str, list[float]] = {"phi": [], "cosine": []}
    for row in ours.iloc[::25].to_dict("records"):
        a, c = (
            dense[:, [place[item] for item in row[f"{side}_ids"]]].all(axis=1) for side in ("antecedent", "consequent")
        )
        gaps["phi"].append(abs(row["phi"] - np.corrcoef(a, c)[0, 1]))
        gaps["cosine"].append(abs(row["cosine"] - (a @ c.astype(float)) / np.sqrt(a.sum() * float(c.sum()))))
    return [
        {"measure": name, "rules": len(values), "largest_difference": max(values), "met": max(values) < 1e-12}
        for name, values in gaps.items()
    ]


def fisher_tails() -> Table:
    """Fisher's exact p beside SciPy's over real rules, and beside exact integers far out."""
    found = rules.association_rules(mined("groceries", 0.001), min_confidence=0.5).figures
    n = load("groceries").n
    sides = found[["antecedent_count", "consequent_count", "count"]].drop_duplicates()
    theirs = np.array(
        [
            stats.fisher_exact([[k, a - k], [c - k, n - a - c + k]], alternative="greater").pvalue
            for a, c, k in sides.itertuples(index=False)
        ]
    )
    ours = rules.fisher_exact(n, *(sides[name].to_numpy() for name in sides))
    rows = [
        {
            "case": f"{len(sides)} different tables of Groceries, beside scipy.stats.fisher_exact",
            "smallest_log10_p": float(np.log10(ours.min())),
            "largest_relative_difference": float(np.max(np.abs(ours / theirs - 1))),
        }
    ]
    for n_all, a, c, k in ((5000, 700, 900, 400), (100_000, 500, 500, 300), (20_000, 3000, 2500, 2400)):
        tail = sum(comb(a, j) * comb(n_all - a, c - j) for j in range(k, min(a, c) + 1))
        exact = log10(tail) - log10(comb(n_all, c))
        found_log = float(rules.log10_fisher(n_all, [a], [c], [k])[0])
        rows.append(
            {
                "case": f"n {n_all}, sides {a} and {c}, both {k}, beside exact integers",
                "smallest_log10_p": found_log,
                "largest_relative_difference": abs(found_log / exact - 1),
            }
        )
    frame = pd.DataFrame(rows)
    frame["met"] = frame["largest_relative_difference"] < 1e-7
    return Table(
        "fisher_tails", "Fisher's exact test", "SciPy 1.17; exact integer arithmetic", frame,
        "relative difference of p (of its logarithm where p is below 1e-300) below 1e-7",
    )  # fmt: skip


def chance_rules() -> list[Table]:
    """In data without any association: how often does a search end with a rule that holds up?"""
    source = "simulation: items of Groceries' frequencies, drawn basket by basket, each item on its own; or its lines"
    allowed = 0.05 + 1.645 * np.sqrt(0.05 * 0.95 / SEEDS)
    kinds = ("independent", "habits, other customers later", "baskets of different sizes", "lines dealt out anew")
    fair = pd.DataFrame([_searches(kind) for kind in kinds])
    fair["stated"] = 0.05
    fair["met"] = fair["with_a_held_up_rule"] <= allowed
    return [
        Table(
            "chance_rules",
            "Searches that end with a rule that holds up although nothing is associated",
            source,
            fair,
            f"at most 5 % of {SEEDS} searches, allowing for the simulation's own error (up to {allowed:.1%})",
        ),
        Table(
            "chance_rules_limits",
            "The same where customers have strong habits and the later period is theirs too, as the page says",
            source,
            pd.DataFrame([_searches("habits, same customers later")]),
        ),
    ]


def _searches(kind: str) -> dict[str, object]:
    """What happened in all searches of one kind."""
    kept, alone, held = np.array([_search(seed, kind) for seed in range(SEEDS)]).T
    return {
        "data": kind,
        "searches": SEEDS,
        "rules_judged": int(kept.sum()),
        "with_fisher_alone": float((alone > 0).mean()),
        "with_a_held_up_rule": float((held > 0).mean()),
        "false_rules": int(held.sum()),
    }


def _search(seed: int, kind: str) -> tuple[int, int, int]:
    """Rules judged; passed by Fisher's test alone; held up."""
    generator = np.random.default_rng(seed)
    rows = _dealt_out(generator) if kind == "lines dealt out anew" else _unrelated(generator, kind)
    result = rules.study(
        rules.baskets(rows), min_support=0.005, min_confidence=0.05, min_lift=1.05, max_length=3,
        later_share=0.4, permutations=199, seed=seed,
    )  # fmt: skip
    figures = result.checked.figures
    alone = (figures["p_adjusted"] < 0.05) & (figures["later_lift"] > 1)
    return len(figures), int(alone.sum()), result.checked.n_held_up


def _dealt_out(generator: np.random.Generator) -> pd.DataFrame:
    """The lines of Groceries in baskets of the same sizes, the items shuffled among all lines."""
    basket, item = load("groceries").matrix.nonzero()
    n = load("groceries").n
    rows = pd.DataFrame({"basket_key": basket, "product_id": generator.permutation(item)})
    when = pd.Timestamp("2025-01-01") + pd.to_timedelta(generator.integers(0, 365, n), unit="D")
    return rows.assign(day=when[basket], customer_key=generator.integers(0, 1500, n)[basket])


def _unrelated(generator: np.random.Generator, kind: str) -> pd.DataFrame:
    """A year of baskets in which no item has to do with another."""
    share = np.sort(load("groceries").item_counts / load("groceries").n)[::-1][:60]
    n, customers, days = 4000, 500, 365
    day = generator.integers(0, days, n)
    who = generator.integers(0, customers, n)
    if kind == "habits, other customers later":
        who = who + customers * (day >= 0.6 * days)
    rate = np.tile(share, (2 * customers, 1))
    if kind.startswith("habits"):
        rate = generator.beta(2 * share, 2 * (1 - share), rate.shape)
    rate = rate[who]
    if kind == "baskets of different sizes":
        rate = np.minimum(rate * generator.lognormal(-0.18, 0.6, (n, 1)), 1)
    basket, item = np.nonzero(generator.random(rate.shape) < rate)
    when = pd.Timestamp("2025-01-01") + pd.to_timedelta(day, unit="D")
    return pd.DataFrame({"basket_key": basket, "product_id": item, "customer_key": who[basket], "day": when[basket]})


def tables() -> list[Table]:
    """Every comparison of this module."""
    return [
        itemset_counts(),
        condensed(),
        groceries_rules(),
        measure_differences(),
        fisher_tails(),
        *chance_rules(),
    ]
