"""Recommendation beside other packages, and methods beside baselines on later purchases and unseen ratings.

Numbers of packages that are not in the lock were made by `benchmarks/simulation/recommendation_peers.py`.
"""

from __future__ import annotations

import json
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.metrics import average_precision_score, ndcg_score
from sklearn.metrics.pairwise import cosine_similarity, pairwise_distances
from sklearn.neighbors import NearestNeighbors

from analysis import recommendation, rules
from analysis.recommendation.factors import loss
from benchmarks.simulation.planted import build
from benchmarks.simulation.preferences import purchases, ranked, rated
from benchmarks.simulation.recommendation_peers import RECORD, SETTINGS, SMALL
from benchmarks.verify.table import Table, reference_data

__all__ = ["tables"]

HORIZON, K, SEED = 90, 10, 1
CUTOFFS = {"demo": "2025-09-21", "online_retail": "2011-09-11"}
SHOWN = ("ndcg", "hit_rate", "precision", "recall", "map", "coverage", "novelty", "diversity")


@cache
def peers() -> dict[str, Any]:
    """What other packages found."""
    return dict(json.loads(RECORD.read_text(encoding="utf-8")))


@cache
def lines(profile: str) -> pd.DataFrame:
    """Purchased lines of known customers, dated."""
    if profile == "demo":
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch, "demo")
            build(SEED, folder, topics=())
            found = pd.read_parquet(folder / "build/demo/features/baskets.parquet")
            people = pd.read_parquet(folder / "build/demo/features/history.parquet")
        country = people.set_index("customer_key")["country"]
        found = found[found["customer_key"].notna()]
        return found.assign(country=found["customer_key"].map(country), day=pd.to_datetime(found["day"]))
    raw = pd.read_csv(reference_data("online_retail_II", "online_retail_II.csv.gz"), dtype={"StockCode": str})
    sold = raw["Customer ID"].notna() & (raw["Quantity"] > 0) & (raw["Price"] > 0)
    # Postage, samples and adjustments have codes without five digits.
    found = raw[sold & raw["StockCode"].str.match(r"\d{5}")]
    columns = {"Customer ID": "customer_key", "StockCode": "product_id", "Invoice": "basket_key", "Country": "country"}
    return found.rename(columns=columns).assign(day=pd.to_datetime(found["InvoiceDate"]).dt.normalize())


def agreement() -> Table:
    """Similarities and neighbours of real purchases."""
    table = recommendation.pairs(lines("online_retail"), before=CUTOFFS["online_retail"])
    bought = recommendation.interactions(table)
    rows = []
    sides = (("customers", bought.counts), ("products", bought.counts.T.tocsr()))
    for side, counts in sides:
        some = np.arange(0, counts.shape[0], 5)
        owned = (counts > 0).astype(float).tocsr()
        for kind, theirs in (
            ("cosine", cosine_similarity(counts[some], counts)),
            ("jaccard", 1 - pairwise_distances(owned[some].toarray() > 0, owned.toarray() > 0, metric="jaccard")),
        ):
            found = recommendation.similarities(counts, kind=kind, rows=some).toarray()
            rows.append((side, kind, found.size, float(np.abs(found - theirs).max())))
        near = recommendation.nearest(counts, k=20, rows=some)
        apart, _ = (
            NearestNeighbors(n_neighbors=21, metric="cosine", algorithm="brute").fit(counts).kneighbors(counts[some])
        )
        ours = np.zeros((len(some), 20))
        for place in range(len(some)):
            values = np.sort(near[[place]].data)[::-1]
            ours[place, : len(values)] = values
        rows.append((side, "20 nearest by cosine", ours.size, float(np.abs(ours - (1 - apart[:, 1:])).max())))
    frame = pd.DataFrame(rows, columns=["of", "likeness", "numbers", "largest_difference"])
    frame["met"] = frame["largest_difference"] < 1e-9
    source = f"scikit-learn {version('scikit-learn')}, purchases of Online Retail II before {CUTOFFS['online_retail']}"
    return Table("recommendation_likeness", "Likeness and neighbours", source, frame, "difference below 1e-9")


def measures() -> Table:
    """Measures of the same lists; ranx divides average precision by all that was bought."""
    lists, bought = ranked()
    total = bought.sum(axis=1)
    found = recommendation.accuracy(lists, sparse.csr_array(bought.astype(float)), total)
    ours = dict(zip(("hit_rate", "precision", "recall", "map", "ndcg"), found.mean(axis=0), strict=True))
    ours["map"] = float((found[:, 3] * np.minimum(total, K) / total).mean())
    rows: list[tuple[str, str, float, float]] = []
    for name, value in peers()["ranx"].items():
        label = "map, divided by all products bought" if name == "map" else name
        rows.append((label, f"ranx {peers()['versions']['ranx']}", float(ours[name]), value))
    here = f"scikit-learn {version('scikit-learn')}"
    scores = np.random.default_rng(4).random(bought.shape)
    order = np.argsort(-scores, axis=1)
    whole = recommendation.accuracy(order, sparse.csr_array(bought.astype(float)), total)
    cut = recommendation.accuracy(order[:, :K], sparse.csr_array(bought.astype(float)), total)
    average = np.mean([average_precision_score(*pair) for pair in zip(bought, scores, strict=True)])
    rows.append(("map of whole rankings", here, float(whole[:, 3].mean()), float(average)))
    rows.append(("ndcg at 10", here, float(cut[:, 4].mean()), float(ndcg_score(bought, scores, k=K))))
    frame = pd.DataFrame(rows, columns=["measure", "beside", "found", "theirs"])
    frame["met"] = np.isclose(frame["found"], frame["theirs"], rtol=1e-12)
    return Table("recommendation_measures", "Measures of lists", "ranx, scikit-learn", frame, "equal to 12 digits")


def factorisations() -> Table:
    """The loss that alternating least squares ends at, and the normal equations of a customer."""
    counts = purchases(*SMALL, tastes=10)
    bought = recommendation.Interactions(pd.RangeIndex(counts.shape[0]), pd.RangeIndex(counts.shape[1]), counts)
    rows = []
    for (size, strength, alpha), theirs in zip(SETTINGS, peers()["implicit"]["losses"], strict=True):
        model = recommendation.factors(
            bought, size=size, regularisation=strength, alpha=alpha, sweeps=60, steps=size, random_state=SEED
        )
        found = loss(model.customers, model.products, counts * alpha, strength)
        y = model.products
        apart = []
        for place in range(0, counts.shape[0], 100):
            row = counts[[place]].toarray()[0]
            trust = (1 + alpha * row)[:, None]
            solved = np.linalg.solve(y.T @ (trust * y) + strength * np.eye(size), (trust * y).T @ (row > 0))
            apart.append(np.abs(model.customers[place] - solved).max())
        rows.append((f"{size} factors, λ {strength:g}, α {alpha:g}", found, theirs, found / theirs - 1, max(apart)))
    frame = pd.DataFrame(rows, columns=["setting", "loss", "implicit", "relative_difference", "from_equations"])
    frame["met"] = (frame["relative_difference"] < 0.002) & (frame["from_equations"] < 1e-8)
    source = f"implicit {peers()['versions']['implicit']} (60 sweeps, exact); dense normal equations by NumPy"
    goal = "loss within 0.2 % (both stop in a local minimum); factors of customers solve their equations to 1e-8"
    return Table("recommendation_factors", "Factorisation of counts", source, frame, goal)


def rating_forecasts() -> Table:
    """RMSE of held-out ratings, with the same options."""
    data = rated()
    seen, out = ~data.held_out, data.held_out
    known = recommendation.Ratings(data.customer[seen], data.product[seen], data.value[seen], data.shape)
    base = recommendation.biases(known)
    pair = (data.customer[out], data.product[out])
    found = {"biases": base.forecast(*pair)}
    for of in ("customers", "products"):
        found[f"{of[:-1]}_neighbours"] = recommendation.neighbour_forecasts(known, base, *pair, of=of)
    rows = [
        (name, int(out.sum()), float(np.sqrt(np.mean((value - data.value[out]) ** 2))), peers()["surprise"][name])
        for name, value in found.items()
    ]
    frame = pd.DataFrame(rows, columns=["method", "ratings", "rmse", "surprise"])
    frame["met"] = np.isclose(frame["rmse"], frame["surprise"], rtol=1e-10)
    source = (
        f"scikit-surprise {peers()['versions']['scikit-surprise']} (BaselineOnly, KNNBaseline; shrinkage 100, k 40)"
    )
    return Table("recommendation_ratings", "Forecasts of ratings", source, frame, "RMSE equal to ten digits")


@cache
def studied(profile: str) -> recommendation.Study:
    """All methods on a profile's later period, options chosen before it."""
    rows, cutoff = lines(profile), CUTOFFS[profile]
    earlier = str(np.datetime64(cutoff) - np.timedelta64(HORIZON, "D"))
    mined = {
        day: rules.cross_sell(
            rows, before=day, min_support=0.005, min_count=20, min_confidence=0.05, max_basket_size=150
        )
        for day in (cutoff, earlier)
    }
    before = rows[rows["day"] < cutoff].sort_values(["customer_key", "day"], kind="stable")
    return recommendation.study(
        recommendation.pairs(rows, before=cutoff), recommendation.pairs(rows, since=cutoff), cutoff=cutoff,
        horizon_days=HORIZON, k=K, purchases=rows, rules=mined[cutoff], earlier_rules=mined[earlier],
        popular_in=before.drop_duplicates("customer_key").set_index("customer_key")["country"], random_state=SEED,
    )  # fmt: skip


def later_period(profile: str) -> Table:
    """One row a method: its measures, and its nDCG less that of the best baseline of the later period."""
    study = studied(profile)
    assert study.quality is not None and study.differences is not None and study.methods is not None
    wide = study.quality.pivot(index=["wanted", "method"], columns="measure", values="estimate")
    bounds = study.quality[study.quality["measure"] == "ndcg"].set_index(["wanted", "method"])
    gaps = study.differences[study.differences["measure"] == "ndcg"].set_index(["wanted", "method"])
    rows = []
    for item in study.methods.itertuples():
        key = (item.wanted, item.method)
        row = {"products": item.wanted, "method": item.method, "kind": item.kind}
        row["customers"] = int(bounds.loc[key, "customers"])
        row |= {name: float(wide.loc[key, name]) for name in SHOWN}
        row |= {"ndcg_low": float(bounds.loc[key, "low"]), "ndcg_high": float(bounds.loc[key, "high"])}
        gap = gaps.loc[key] if key in gaps.index else None
        names = ("difference", "low", "high")
        row |= {f"less_best_{name}": np.nan if gap is None else float(gap[name]) for name in names}
        row["chosen_before"] = study.chosen[item.wanted] == item.method
        rows.append(row)
    baseline = ", ".join(f"{wanted}: {name}" for wanted, name in study.baseline.items())
    source = (
        f"{HORIZON} days after {CUTOFFS[profile]}, lists of {K}; best baseline ({baseline}); 95 % intervals, 1000 "
        "resamples of customers"
    )
    title = f"Methods beside baselines on later purchases: {profile}"
    return Table(f"recommendation_{profile}", title, source, pd.DataFrame(rows))


def real_ratings() -> Table:
    """Ratings of Women's Clothing E-Commerce Reviews: no customer is named, so only products can differ."""
    frame = pd.read_csv(reference_data("reviews", "womens_clothing_reviews.csv.gz"))
    study = recommendation.rating_study(frame, rating="Rating", customer=None, product="Clothing ID", random_state=SEED)
    assert study.errors is not None and study.differences is not None
    gaps = study.differences.rename(columns={"low": "less_low", "high": "less_high", "difference": "less_mean"})
    found = study.errors.merge(gaps.drop(columns="baseline"), on=["method", "measure"], how="left")
    source = f"a fifth of {len(frame)} reviews, drawn (they are not dated); less the best mean ({study.baseline})"
    title = "Forecasts of real ratings beside means"
    return Table("recommendation_reviews", title, source, found.drop(columns="options"))


def tables() -> list[Table]:
    """Every comparison of this module."""
    return [
        agreement(),
        measures(),
        factorisations(),
        rating_forecasts(),
        real_ratings(),
        *(later_period(profile) for profile in CUTOFFS),
    ]
