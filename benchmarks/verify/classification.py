"""Classification: which model foretells best, with intervals and baselines, and our numbers beside other packages'."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
import statsmodels
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import stats
from scipy.special import logit
from sklearn import metrics as peers
from sklearn.tree import DecisionTreeClassifier

from analysis import classification
from analysis.classification.irls import newton
from analysis.shares import wilson
from benchmarks.simulation.buyers import AS_OF, HORIZON, features_of, noisy, scores, shop
from benchmarks.verify.table import Table, reference_data

__all__ = ["tables"]

Floats = NDArray[np.float64]

#: Random data sets that each measure is compared on, and agreement that leaves no doubt.
DATA_SETS, AGREEMENT = 100, 1e-9
#: Data sets behind the coverage of intervals and the share of false verdicts.
SAMPLES, SILENT = 300, 150
#: As the sessions name them.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
COLUMNS = (
    "recency_days", "frequency", "monetary", "average_order_value", "tenure_days", "items_per_order",
    "product_variety", "returns_rate", "browsing_minutes", "pages_per_session", "social_posts", "satisfaction",
    "age", "income", "country", "previous_orders", "previous_amount",
)  # fmt: skip


def tables() -> list[Table]:
    """Agreement, published numbers, intervals and verdicts in simulation, and the comparisons on three data sets."""
    packages = f"scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}, SciPy"
    found = [
        Table(
            "classification_agreement",
            f"Largest difference over {DATA_SETS} random data sets, half of them with ties",
            packages,
            _agreement(),
            f"difference below {AGREEMENT:g}",
        ),
        Table(
            "classification_published",
            "Published worked examples",
            "Quinlan (1986), Machine Learning 1; Hanley and McNeil (1982) data in Stata's manual, roctab",
            _published(),
            "to the last digit published (Quinlan rounds before he subtracts: 0.001)",
        ),
        Table(
            "classification_coverage",
            f"Share of {SAMPLES} samples whose 95 % interval holds the truth, BCa with 400 resamples",
            "the same measures on 1,000,000 rows",
            _coverage(),
            "`high`, the upper end of the 99 % interval of that share, reaches 94 %",
        ),
        Table(
            "classification_silence",
            f"Verdicts on {SILENT} data sets without signal: the level is 5 %",
            "labels drawn without regard to the columns",
            _silence(),
            "the 95 % interval of the share reaches down to 5 %",
        ),
        Table(
            "classification_truth",
            "Brier score beside that of the true probabilities, 3,000 customers at 4 cut-offs",
            "probabilities that made the labels: 0 is the prevalence, 1 the truth itself",
            _truth(),
            "boosting gets 85 % of the way",
        ),
    ]
    for name, source, asked in _questions():
        answer, seconds = asked()
        found += _compared(name, source, answer, seconds)
    return found


def _agreement() -> pd.DataFrame:
    largest: dict[str, float] = {}

    def note(name: str, ours: Any, theirs: Any) -> None:
        gap = float(np.abs(np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float)).max())
        largest[name] = max(largest.get(name, 0.0), gap)

    for seed in range(DATA_SETS):
        y, p = scores(seed, 300)
        p = np.round(p, 1).clip(0.05, 0.95) if seed % 2 else p
        note("average precision", classification.average_precision(y, p), peers.average_precision_score(y, p))
        note("area under ROC", classification.area(y, p), peers.roc_auc_score(y, p))
        note("Brier score", classification.brier(y, p), peers.brier_score_loss(y, p))
        note("log loss", classification.log_loss(y, p), peers.log_loss(y, p))
        note("DeLong's covariance, by all pairs", *_delong(y, p, seed))
        bins = classification.calibration(y, p, random_state=0).table
        exact = [
            stats.binomtest(int(k), int(n)).proportion_ci(0.95) for k, n in zip(bins["events"], bins["n"], strict=True)
        ]
        note("Clopper-Pearson in calibration bins", bins[["low", "high"]], [(e.low, e.high) for e in exact])
        fit = sm.Logit(y, sm.add_constant(logit(p))).fit(disp=0, method="newton", tol=1e-12)
        note("calibration slope", classification.calibration(y, p, random_state=0).slope, fit.params[1])
        customers = np.arange(300) // 3
        x = np.column_stack([np.ones(300), logit(p)])
        robust = sm.Logit(y, x).fit(
            disp=0, method="newton", tol=1e-12, cov_type="cluster", cov_kwds={"groups": customers}
        )
        ours = newton(x, y, groups=customers).covariance * 299 / 298
        note("covariance clustered by customer", ours, robust.cov_params())
        note("tree by Gini, training log loss", *_trees(y, seed, "gini"))
        note("tree by information gain, training log loss", *_trees(y, seed, "entropy"))
    frame = pd.DataFrame({"quantity": list(largest), "largest_difference": list(largest.values())})
    return frame.assign(met=frame["largest_difference"] < AGREEMENT)


def _delong(y: Floats, p: Floats, seed: int) -> tuple[Floats, Floats]:
    both = np.column_stack([p, np.random.default_rng(seed).normal(size=len(y)) + y])
    signs = [np.sign(np.subtract.outer(s[y == 1], s[y == 0])) / 2 + 0.5 for s in both.T]
    m, n = signs[0].shape
    expected = np.cov([k.mean(axis=1) for k in signs]) / m + np.cov([k.mean(axis=0) for k in signs]) / n
    return classification.delong(y, both).covariance, expected


def _trees(y: Floats, seed: int, criterion: Any) -> tuple[float, float]:
    """Training log loss of two-level trees: equal also where equally good splits are told apart otherwise."""
    x = (np.random.default_rng(seed).normal(size=(len(y), 4)) + 0.5 * y[:, None]).astype(np.float32)
    ours = classification.DecisionTree(criterion=criterion, max_depth=2, min_leaf=30).fit(x, y)
    theirs = DecisionTreeClassifier(criterion=criterion, max_depth=2, min_samples_leaf=30, random_state=seed).fit(x, y)
    return tuple(peers.log_loss(y, tree.predict_proba(x)[:, 1]) for tree in (ours, theirs))  # type: ignore[return-value]


def _published() -> pd.DataFrame:
    mornings = pd.DataFrame({
        "outlook": list("ssorrroSsrsoOr".lower()), "windy": list("ftffftTfffttft".lower()),
        "humidity": list("hhhhnnnhnnnhnh"), "temperature": list("hhhmcccmcmmmhm"),
        "play": [0, 0, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0],
    })  # fmt: skip
    names = ["outlook", "temperature", "humidity", "windy"]
    found = classification.categorical_splits(mornings, label="play", columns=names).set_index("column")
    published = {"gain": (0.246, 0.029, 0.151, 0.048), "gain_ratio": (0.156, 0.019, 0.151, 0.049)}
    rows = [
        (f"{measure.replace('_', ' ')} of {name}", value, float(found.loc[name, measure]), 0.0011)
        for measure, values in published.items()
        for name, value in zip(names, values, strict=True)
    ]
    rating = np.r_[np.repeat(np.arange(5), [33, 6, 6, 11, 2]), np.repeat(np.arange(5), [3, 2, 2, 11, 33])]
    area = classification.delong(np.repeat([0.0, 1.0], [58, 51]), rating)
    low, high = area.interval()
    rows += [
        ("area, CT ratings", 0.8932, float(area.area[0]), 5e-5),
        ("its standard error (DeLong)", 0.0307, float(np.sqrt(area.covariance[0, 0])), 5e-5),
        ("its interval, low", 0.83295, float(low[0]), 5e-6),
        ("its interval, high", 0.95339, float(high[0]), 5e-6),
    ]
    frame = pd.DataFrame(rows, columns=["quantity", "published", "found", "within"])
    return frame.assign(met=(frame["found"] - frame["published"]).abs() <= frame["within"])


def _coverage() -> pd.DataFrame:
    """A model that foretells the truth but for noise, beside the prevalence."""
    rows = []
    for base in (0.1, 0.4):
        y, p = noisy(0, 1_000_000, base)
        flat = np.full(len(y), y.mean())
        whole = {
            "average_precision": peers.average_precision_score(y, p), "roc_auc": peers.roc_auc_score(y, p),
            "brier": classification.brier(y, p), "log_loss": classification.log_loss(y, p),
        }  # fmt: skip
        gap = whole["brier"] - classification.brier(y, flat)
        for n in (200, 1000):
            inside = dict.fromkeys((*whole, "brier difference"), 0.0)
            for seed in range(SAMPLES):
                y, p = noisy(seed + 1, n, base)
                found = classification.compare(
                    y, {"m": p, "flat": np.full(n, flat[0])}, baselines=["flat"], replicates=400, random_state=seed
                )
                for name, value in whole.items():
                    row = found.value("m", name)
                    inside[name] += float(row["low"] <= value <= row["high"]) / SAMPLES
                row = found.difference("m", "flat", "brier")
                inside["brier difference"] += float(row["low"] <= gap <= row["high"]) / SAMPLES
            rows.append({"share_of_events": base, "rows": n, **inside})
    frame = pd.DataFrame(rows).melt(["share_of_events", "rows"], var_name="measure", value_name="coverage")
    frame["high"] = wilson(frame["coverage"] * SAMPLES, SAMPLES, level=0.99)[1]
    return frame.assign(met=frame["high"] >= 0.94)


def _ask(frame: pd.DataFrame, columns: list[str], **options: Any) -> classification.Study:
    settings = {"as_of": AS_OF, "horizon_days": HORIZON, "random_state": 1, "replicates": 500, "repeats": 3}
    return classification.study(frame, columns=columns, **{**settings, **options})


def _silence() -> pd.DataFrame:
    verdicts = [
        _ask(shop(seed, 250, signal=0.0), ["recency_days", "visits", "noise"], models=["logistic", "tree", "boosting"],
             rolling=1, replicates=300).verdict
        for seed in range(SILENT)
    ]  # fmt: skip
    rows = []
    for name, count in {
        "the chosen model beats the best baseline": sum(v.beats for v in verdicts if v),
        "some model does, after Holm's correction": sum(bool(v.beaters) for v in verdicts if v),
        "either": sum(not v.none for v in verdicts if v),
    }.items():
        low = float(stats.binomtest(count, SILENT).proportion_ci(0.95, method="wilson").low)
        rows.append((name, count, SILENT, count / SILENT, low, low <= 0.05))
    return pd.DataFrame(rows, columns=["verdict", "said", "of", "share", "low", "met"])


def _truth() -> pd.DataFrame:
    frame = shop(1, 3000, signal=1.0)
    answer = _ask(frame, ["recency_days", "visits", "noise"], rolling=1)
    assert answer.comparison is not None
    test = frame[frame["cutoff"] == frame["cutoff"].max()]
    best = classification.brier(test["target_orders"], test["chance"])
    flat = float(answer.comparison.value("prevalence", "brier")["estimate"])
    table = answer.comparison.measures.query("measure == 'brier'")[["model", "estimate", "low", "high"]].copy()
    table["of_the_way"] = (flat - table["estimate"]) / (flat - best)
    table.loc[len(table)] = ["the truth", best, np.nan, np.nan, 1.0]
    return table.assign(
        chosen=table["model"] == answer.chosen, met=(table["model"] != "boosting") | (table["of_the_way"] >= 0.85)
    )


Asked = Callable[[], tuple[classification.Study, float]]


def _questions() -> list[tuple[str, str, Asked]]:
    return [
        ("demo", "the generated demo, seed 1: will a customer order within 90 days?", lambda: _profile("demo")),
        (
            "online_retail",
            "UCI 502, Online Retail II: will a customer order within 90 days?",
            lambda: _profile("online_retail"),
        ),
        (
            "online_shoppers",
            "UCI 468: does a session of December end in a purchase? (`recency` is ExitRates alone)",
            lambda: _sessions(with_value=True),
        ),
        (
            "online_shoppers_without",
            "UCI 468 without PageValues, which the shop computes from purchases of the same pages",
            lambda: _sessions(with_value=False),
        ),
    ]


@cache
def _profile(name: str) -> tuple[classification.Study, float]:
    """A profile's histories, built by its own stages from the raw files."""
    with tempfile.TemporaryDirectory() as scratch:
        file = "online_retail_II.csv.gz"
        raw = {file: reference_data("online_retail_II", file)} if name == "online_retail" else None
        made = features_of(name, Path(scratch) / name, raw=raw)
        frame, today = (pd.read_parquet(made / f"{table}.parquet") for table in ("histories", "current"))
    as_of = pd.to_datetime(today["cutoff"]).dt.date.iloc[0]
    return _timed(
        frame, [n for n in COLUMNS if n in frame.columns], as_of=as_of, now=today, replicates=1000, repeats=10
    )


def _sessions(*, with_value: bool) -> tuple[classification.Study, float]:
    """Sessions by month: each month's first day is a cut-off, and its sessions are other visitors."""
    frame = pd.read_csv(reference_data("online_shoppers", "online_shoppers_intention.csv.gz"))
    codes = ["OperatingSystems", "Browser", "Region", "TrafficType"]
    frame = frame.assign(
        customer_key=range(len(frame)), cutoff=[date(2017, MONTHS.index(name) + 1, 1) for name in frame["Month"]],
        bought=frame["Revenue"].astype(int), **{name: frame[name].astype(str) for name in codes},
    )  # fmt: skip
    left_out = ["customer_key", "cutoff", "bought", "Revenue", "Month", *([] if with_value else ["PageValues"])]
    columns = [name for name in frame.columns if name not in left_out]
    return _timed(
        frame, columns, target="bought", above=None, recency="ExitRates", as_of=date(2018, 1, 1), horizon_days=28,
        rolling=2, replicates=1000,
    )  # fmt: skip


def _timed(frame: pd.DataFrame, columns: list[str], **options: Any) -> tuple[classification.Study, float]:
    start = time.process_time()
    answer = _ask(frame, columns, **options)
    return answer, time.process_time() - start


def _compared(name: str, source: str, answer: classification.Study, seconds: float) -> list[Table]:
    """Models and baselines on the newest cut-off, and the Brier score on every later cut-off in turn."""
    assert answer.comparison is not None and answer.verdict is not None and answer.rolling is not None
    verdict, measures = answer.verdict, answer.comparison.measures
    rows = measures["model"].drop_duplicates()
    table = pd.DataFrame({"model": rows.to_numpy(), "chosen": (rows == answer.chosen).to_numpy()})
    for measure in classification.MEASURES:
        part = measures[measures["measure"] == measure].set_index("model").loc[table["model"]]
        table[measure] = [_interval(*row) for row in part[["estimate", "low", "high"]].to_numpy()]
    gaps = answer.comparison.differences.query("measure == 'brier' and baseline == @verdict.baseline").set_index(
        "model"
    )
    table[f"brier less {verdict.baseline}"] = [
        _interval(*gaps.loc[model, ["difference", "low", "high"]]) if model in gaps.index else ""
        for model in table["model"]
    ]
    said = (
        f"{answer.chosen} beats {verdict.baseline}"
        if verdict.beats
        else f"{answer.chosen} does not beat {verdict.baseline}"
    )
    turns = answer.rolling.query("measure == 'brier'").pivot(index="model", columns="cutoff", values="estimate")
    turns = turns.loc[table["model"]].rename(columns=str).reset_index()
    size = f"{answer.n_train:,} rows teach, {answer.n_test:,} judge; {seconds:.0f} s of processor time"
    return [
        Table(f"classification_{name}", f"{source.split(':')[0]}: {said}; {size}", source, table),
        Table(
            f"classification_{name}_rolling",
            "Brier score by test cut-off, each taught by those before it",
            source,
            turns,
        ),
    ]


def _interval(estimate: float, low: float, high: float) -> str:
    return f"{estimate:.3f} ({low:.3f} to {high:.3f})"
