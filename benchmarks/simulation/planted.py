"""The demo with other seeds, run through its real notebooks, and what is found of the truth that was planted in it.

The truth stands beside the raw files; no stage reads it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score, brier_score_loss, roc_auc_score

__all__ = ["build", "score"]

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("notebooks", "params", "dvc.yaml", "requirements.lock", "pyproject.toml")
TOPICS = ("correlation", "regression", "clustering", "rules", "classification", "recommendation", "lifetime")
#: Names of the truth's terms in the table of effects.
TERMS = {
    "log1p_frequency": "frequency",
    "log_average_order_value": "average_order_value",
    "log1p_browsing_minutes": "browsing_minutes",
}
#: Pairs that are tied by arithmetic, so that they are no finding.
ARITHMETIC = ({"frequency", "monetary"}, {"average_order_value", "items_per_order"})
ALPHA = 0.05


def build(seed: int, folder: Path, *, topics: tuple[str, ...] = TOPICS, **synthetic: int) -> None:
    """Copy the project into a folder and run the demo's stages there with another seed.

    Parameters
    ----------
    seed : int
    folder : Path
        New; must not exist.
    topics : tuple of str
        Notebooks after cleaning and features.
    synthetic : int
        Other settings of the generated data, such as `customers`.
    """
    folder.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "src").symlink_to(ROOT / "src")
    profile = folder / "params" / "demo.yaml"
    text = profile.read_text(encoding="utf-8")
    for key, value in {"seed": seed, **synthetic}.items():
        text, changed = re.subn(rf"(?s)(\nsynthetic:.*?\n  {key}: )\S+", rf"\g<1>{value}", text, count=1)
        assert changed == 1, f"params/demo.yaml has no synthetic.{key}"
    profile.write_text(text, encoding="utf-8")
    stages = [["notebooks"], *([step, "--profile", "demo"] for step in ("inputs", "ingest"))]
    stages += [["run", "cleaning", "--profile", "demo"], ["features", "--profile", "demo"]]
    for stage in [*stages, *(["run", topic, "--profile", "demo"] for topic in topics)]:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "analysis", *stage], cwd=folder, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"seed {seed}, {' '.join(stage)}:\n{done.stdout}{done.stderr}")


def score(folder: Path, *, topics: tuple[str, ...] = TOPICS) -> dict[str, Any]:
    """What the built demo found of its truth: counts, and the adjusted Rand index."""
    truth = json.loads((folder / "data/raw/demo/truth/truth.json").read_text(encoding="utf-8"))
    results = folder / "build" / "demo"
    parts = {
        "correlation": _correlations, "regression": _effects, "clustering": _segments, "rules": _rules,
        "classification": _buying_again, "recommendation": _tastes,
        "lifetime": _worth,
    }  # fmt: skip
    found = {"ledger_exact": _ledger(results, truth)}
    for topic in topics:
        found |= parts[topic](results, truth)
    return found


def _table(results: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(results / f"{name}.parquet")


def _ledger(results: Path, truth: dict[str, Any]) -> bool:
    """Rows by rule, rows kept, and money to the penny."""
    ledger = _table(results, "clean/ledger").set_index(["table", "rule"]).loc["transactions"]
    removed = ledger.loc[(ledger["kind"] == "removed") & (ledger["rows"] > 0), "rows"].to_dict()
    expected = {rule: rows for rule, rows in truth["ledger"].items() if rows and rule not in ("rows", "kept")}
    read = ledger.loc["raw_rows", "rows"] + ledger.loc["quarantined", "rows"]
    sales = _table(results, "clean/sales")
    pence = Decimal(truth["clean"]["amount_pence"]) / 100
    return bool(
        removed == expected
        and (read, ledger.loc["sales", "rows"]) == (truth["ledger"]["rows"], truth["ledger"]["kept"])
        and sum(sales["amount"]) == ledger.loc["sales", "amount"] == pence
    )


def _segments(results: Path, truth: dict[str, Any]) -> dict[str, Any]:
    keys = _table(results, "clean/customer_keys")
    found = _table(results, "results/clustering/assignments").merge(keys, validate="1:1")
    planted = found["customer_id"].map(truth["segment_of"])
    return {
        "segments_planted": len(truth["segments"]),
        "segments_found": int(found["segment"].nunique()),
        "adjusted_rand": float(adjusted_rand_score(planted, found["segment"])),
    }


def _rules(results: Path, truth: dict[str, Any]) -> dict[str, Any]:
    found = _table(results, "results/rules/rules")
    sides = zip(found["antecedent_ids"], found["consequent_ids"], strict=True)
    held = dict(zip(((frozenset(a), frozenset(c)) for a, c in sides), found["held_up"].astype(bool), strict=True))

    def verdicts(rules: list[dict[str, Any]]) -> list[bool | None]:
        return [held.get((frozenset(rule["antecedents"]), frozenset(rule["consequents"]))) for rule in rules]

    bundles: dict[str, set[str]] = {}
    for rule in truth["rules"]:
        bundles.setdefault(rule["bundle"], set()).update(rule["antecedents"], rule["consequents"])
    kept = [a | c for (a, c), verdict in held.items() if verdict]
    planted, seasonal = verdicts(truth["rules"]), verdicts(truth["seasonal_rules"])
    return {
        "rules_planted": len(planted),
        "rules_found": sum(verdict is not None for verdict in planted),
        "rules_held": sum(verdict is True for verdict in planted),
        "seasonal_found": sum(verdict is not None for verdict in seasonal),
        "seasonal_held": sum(verdict is True for verdict in seasonal),
        "held_rules": len(kept),
        "false_rules": sum(not any(products <= bundle for bundle in bundles.values()) for products in kept),
    }


def _effects(results: Path, truth: dict[str, Any]) -> dict[str, Any]:
    """An effect is named if it stands out after correction and holds on the other customers."""
    counts = dict.fromkeys(("effects_planted", "effects_found", "zeros_planted", "zeros_named"), 0)
    for outcome in ("satisfaction", "spend"):
        table = _table(results, f"results/regression/{outcome}_effects").set_index("term")
        for name, value in truth[outcome]["coefficients"].items():
            term = TERMS.get(name, name)
            if term not in table.index:
                continue
            row = table.loc[term]
            named = bool(row["p_bh"] < ALPHA) and row["holds"] is not pd.NA and bool(row["holds"])
            kind = "effects" if value else "zeros"
            counts[f"{kind}_planted"] += 1
            if value:
                counts["effects_found"] += named and bool(np.sign(row["estimate"]) == np.sign(value))
            else:
                counts["zeros_named"] += named
    return counts


def _pair(table: pd.DataFrame, one: dict[str, Any]) -> pd.Series | None:
    same = [{first, second} == {one["x"], one["y"]} for first, second in table[["first", "second"]].to_numpy()]
    return table[same].iloc[0] if any(same) else None


def _correlations(results: Path, truth: dict[str, Any]) -> dict[str, Any]:
    pairs, confirmed = (_table(results, f"results/correlation/{name}") for name in ("pairs", "confirmed"))
    spearman, shapes = pairs[pairs["method"] == "spearman"], _table(results, "results/correlation/dependence")
    names = ("related", "related_confirmed", "in_interval", "expected", "unrelated", "unrelated_confirmed")
    counts = dict.fromkeys((*names, "bent", "bent_seen"), 0)
    for one in truth["correlations"]:
        row, checked, shape = _pair(spearman, one), _pair(confirmed, one), _pair(shapes, one)
        proven = checked is not None and bool(checked["confirmed"])
        if one["planted"] in ("positive", "negative"):
            expected = one["spearman"] if one["expected_spearman"] is None else one["expected_spearman"]
            counts["expected"] += 1
            counts["in_interval"] += row is not None and bool(row["low"] <= expected <= row["high"])
            if {one["x"], one["y"]} not in ARITHMETIC:
                sign = 1 if one["planted"] == "positive" else -1
                counts["related"] += 1
                counts["related_confirmed"] += proven and checked is not None and bool(checked["estimate"] * sign > 0)
        elif one["planted"] == "none":
            counts["unrelated"] += 1
            counts["unrelated_confirmed"] += proven
        else:
            counts["bent"] += 1
            counts["bent_seen"] += shape is not None and bool(shape["hidden"])
    return counts


def _ahead(results: Path, truth: dict[str, Any]) -> pd.DataFrame:
    """The truth about the horizon after the cut-off, one row a customer, with the pipeline's key."""
    return pd.DataFrame(truth["ahead"]).merge(_table(results, "clean/customer_keys"), validate="1:1")


def _buying_again(results: Path, truth: dict[str, Any]) -> dict[str, Any]:
    """The chosen model between the date of the last order and the true probability, and where it puts who left."""
    rolling = _table(results, "results/classification/buy_rolling")
    chosen = str(rolling.loc[rolling["chosen"], "model"].iloc[0])
    found = _table(results, "results/classification/buy_predictions").merge(_ahead(results, truth), validate="1:1")
    label = found["label"].astype(bool)
    brier = {name: brier_score_loss(label, found[name]) for name in (chosen, "recency", "probability")}
    rows = _table(results, "results/classification/buy_differences")
    beaten = rows.loc[(rows["model"] == chosen) & (rows["measure"] == "brier"), "high"] < 0
    return {
        "buys_again_model": chosen,
        "buys_again_better": bool(beaten.all()),
        "buys_again_way": float((brier["recency"] - brier[chosen]) / (brier["recency"] - brier["probability"])),
        "buys_again_auc": float(roc_auc_score(label, found[chosen])),
        "buys_again_auc_best": float(roc_auc_score(label, found["probability"])),
        "left_auc": float(roc_auc_score(~found["left_by_cutoff"], found[chosen])),
    }


def _tastes(results: Path, truth: dict[str, Any]) -> dict[str, Any]:
    """Offers between best sellers and the best list for each customer's true taste."""
    offers = _table(results, "results/recommendation/offers")
    method, size = str(offers["method"].mode().iloc[0]), int(offers["rank"].max())
    gains = _table(results, "results/recommendation/gains")
    gain = gains[(gains["wanted"] == "new") & (gains["measure"] == "hit_rate") & (gains["method"] == method)]
    methods = _table(results, "results/recommendation/methods")
    same = (methods["wanted"] == "new") & (methods["measure"] == "hit_rate") & (methods["method"] == method)
    known = pd.DataFrame(truth["offers"]).set_index(["products", "size", "offers"])["hit_rate"]
    plain, best = known["new", size, "best_sellers"], known["new", size, "oracle"]
    style = {product: taste["name"] for taste in truth["tastes"] for product in taste["products"]}
    ids = _table(results, "clean/customer_keys").set_index("customer_key")["customer_id"]
    styled = offers.assign(style=offers["product_id"].map(style)).dropna(subset="style")
    taste = styled["customer_key"].map(ids).map(truth["taste_of"])
    return {
        "offers_method": method,
        "offers_better": bool((gain["low"] > 0).all()) and len(gain) == 1,
        "offers_way": float((methods.loc[same, "estimate"].iloc[0] - plain) / (best - plain)),
        "offers_to_taste": float((styled["style"] == taste).mean()),
    }


def _worth(results: Path, truth: dict[str, Any]) -> dict[str, Any]:
    """Totals that were forecast at the cut-off against those that were to be expected, and who is no longer active."""
    facts = json.loads((results / "facts" / "lifetime.json").read_text(encoding="utf-8"))["key_figures"]
    found: dict[str, Any] = {}
    for outcome, known in (("purchases", "expected_orders"), ("amount", "expected_spend")):
        said = facts[f"off_{outcome}"]
        model = said["note"]["arguments"]["model"]["value"].removeprefix("model_")
        forecast = _table(results, f"results/lifetime/errors_{outcome}").set_index("method").loc[model, "total"]
        off = float(forecast / truth["value"][known] - 1)
        found |= {
            f"{outcome}_off_truth": off,
            f"{outcome}_off_said": bool(said["value"]["low"] < off < said["value"]["high"]),
            f"{outcome}_error_better": bool(facts[f"error_{outcome}"]["value"]["high"] < 0),
        }
    ahead = _ahead(results, truth)[["customer_key", "left_by_end"]]
    customers = _table(results, "results/lifetime/customers").merge(ahead, on="customer_key", validate="1:1")
    return found | {"active_auc": float(roc_auc_score(~customers["left_by_end"], customers["probability_active"]))}
