"""More customers than a page measures: the sample is named, the same on every page, and near to what all would say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from analysis.sampling import draw
from projects import Project
from stages import build_in_process

MOST = 600
#: Pages in the order in which they are built; those of `AGAIN` are built twice.
AGAIN = ("description", "correlation", "regression", "clustering", "recommendation")
SAMPLED = (*AGAIN, "rules", "classification", "lifetime")


@pytest.fixture(scope="module")
def pair(built: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Project]:
    """The demo measured on all of its customers, and on a sample, with the pages drawn from it."""
    project = built.copied(tmp_path_factory.mktemp("sampled") / "demo")
    path = project.root / "params" / "demo.yaml"
    text, changed = re.subn(r"sample_above: \d+", f"sample_above: {MOST}", path.read_text(encoding="utf-8"))
    assert changed >= len(SAMPLED)
    path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        build_in_process(project, "demo", patch, only={"inputs", *SAMPLED, "pages"})
    return built, project


def blocks(project: Project, page: str) -> dict[str, dict[str, Any]]:
    content = json.loads((project.root / "build" / "demo" / "blocks" / f"{page}.json").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = {}

    def collect(part: Any) -> None:
        for item in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            collect(item)
        if isinstance(part, dict) and "type" in part and "id" in part:
            found[part["id"]] = part

    collect(content)
    return found


def keys(project: Project, name: str) -> np.ndarray:
    path = project.root / "build" / "demo" / "features" / f"{name}.parquet"
    return pd.read_parquet(path, columns=["customer_key"])["customer_key"].to_numpy()


def result(project: Project, topic: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(project.root / "build" / "demo" / "results" / topic / f"{name}.parquet")


@pytest.mark.parametrize(
    ("page", "block", "error"),
    [
        ("description", "intervals_from_sample", "width"), ("correlation", "sample", "share"),
        ("regression", "sample", "spread"), ("clustering", "starts_on_sample", "width"), ("rules", "sample", "share"),
        ("classification", "learnt_on_sample", "share"), ("recommendation", "learnt_on_sample", "share"),
        ("recommendation", "served_sample", None), ("lifetime", "checked_on_sample", "spread"),
    ],
)  # fmt: skip
def test_the_page_names_the_sample_and_its_error_in_both_languages(
    pair: tuple[Project, Project], page: str, block: str, error: str | None
) -> None:
    whole, sampled = pair
    said = blocks(sampled, page)[block]["message"]["arguments"]
    everybody = keys(sampled, "customers")
    assert (said["n"]["value"], said["of"]["value"]) == (MOST, len(everybody))
    assert block not in blocks(whole, page)
    drawn = draw(everybody, most=MOST)
    values = {"share": 100 * drawn.margin(spread=0.5), "spread": drawn.margin(), "width": 100 * MOST**-0.25}
    digits, unit = {"share": 2, "spread": 4, "width": 0}, r"\s?%" if error == "width" else r"(?![\d.]*\d)"
    for language, words in (("", f"{MOST} (of|customers)"), (".zh-Hans", f"{MOST}位")):
        path = sampled.root / "build" / "demo" / "pages" / f"{page}{language}.html"
        text = re.sub(r"<[^>]+>", "", path.read_text(encoding="utf-8"))
        assert re.search(words, text)
        if error is not None:
            assert re.search(rf"(?<![\d.]){values[error]:.{digits[error]}f}{unit}", text), language


def test_the_same_customers_on_each_page(pair: tuple[Project, Project]) -> None:
    _, sampled = pair
    drawn = draw(keys(sampled, "customers"), most=MOST)
    confirmed = result(sampled, "correlation", "confirmed")
    assert confirmed["discovery_n"].max() + confirmed["n"].max() <= MOST
    known = int(drawn.holds(keys(sampled, "history")).sum())
    counted = [value for value in _numbers(blocks(sampled, "regression")) if value == known]
    assert counted, "the regression page speaks of the sample's customers that were known at the cut-off"


def _numbers(found: Any) -> list[float]:
    if isinstance(found, dict):
        return [n for value in found.values() for n in _numbers(value)]
    if isinstance(found, list):
        return [n for value in found for n in _numbers(value)]
    return [found] if isinstance(found, int | float) else []


def test_totals_and_averages_are_those_of_everybody(pair: tuple[Project, Project]) -> None:
    whole, sampled = (blocks(project, "description") for project in pair)
    figures = [name for name, block in whole.items() if block["type"] == "key_figure"]
    assert len(figures) > 5
    moved = []
    for name in figures:
        ours, theirs = sampled[name]["value"], whole[name]["value"]
        assert ours["value"] == theirs["value"], name
        moved.append(ours.get("low") != theirs.get("low"))
    assert any(moved), "no interval was measured on the sample"


def test_intervals_of_the_sample_hold_what_all_customers_say(pair: tuple[Project, Project]) -> None:
    whole, sampled = (result(project, "correlation", "pairs") for project in pair)
    both = sampled.merge(whole, on=["method", "first", "second"], suffixes=("", "_all"))
    both = both[(both["method"] != "kendall") & both["low"].notna()]
    held = (both["low"] <= both["estimate_all"]) & (both["estimate_all"] <= both["high"])
    assert len(both) > 100 and held.mean() > 0.9


def held(pair: tuple[Project, Project], topic: str, name: str, on: list[str], column: str = "") -> pd.Series:
    """Whether intervals from the sample hold what all customers say, indexed by what both speak of."""
    whole, sampled = (result(project, topic, name) for project in pair)
    low, high = (f"{column}_{end}" if column else end for end in ("low", "high"))
    estimate = column or ("share" if "share" in whole else "estimate")
    both = sampled.merge(whole[[*on, estimate]], on=on, suffixes=("", "_all"))
    both = both.dropna(subset=[low, f"{estimate}_all"])
    assert len(both) and (both[estimate] != both[f"{estimate}_all"]).any()
    there = both[f"{estimate}_all"]
    return pd.Series(((both[low] <= there + 1e-12) & (there - 1e-12 <= both[high])).to_numpy(), index=both[on[-1]])


def test_rules_of_the_sample_hold_in_their_intervals_what_all_baskets_say(pair: tuple[Project, Project]) -> None:
    for name in ("rules", "mixed_rules"):
        for column in ("later_confidence", "later_lift"):
            found = held(pair, "rules", name, ["antecedent", "consequent"], column)
            assert len(found) > 20 and found.mean() > 0.9, (name, column)


def test_forecasts_of_buying_are_judged_on_the_sample_as_on_all(pair: tuple[Project, Project]) -> None:
    whole, sampled = pair
    assert held(pair, "classification", "buy_periods", ["cutoff"]).all(), "shares that bought again"
    measures = held(pair, "classification", "buy_measures", ["model", "measure"])
    assert len(measures) > 30 and measures.mean() > 0.9
    assert result(sampled, "classification", "buy_measures")["n"].max() <= MOST
    scores = [result(project, "classification", "buy_scores") for project in (sampled, whole)]
    assert len(scores[0]) == len(scores[1]) == len(keys(sampled, "current")), "everybody is scored"


def test_lists_are_judged_on_the_sample_as_on_all(pair: tuple[Project, Project]) -> None:
    """By what customers then bought; novelty and diversity are of the lists, which are learnt from fewer."""
    found = held(pair, "recommendation", "methods", ["wanted", "method", "measure"])
    found = found[~found.index.isin(["novelty", "diversity"])]
    assert len(found) > 60 and found.mean() > 0.9


def test_value_to_come_is_that_of_all_and_checked_on_the_sample(pair: tuple[Project, Project]) -> None:
    whole, sampled = pair
    for name in ("totals", "tops", "state", "decile", "customers"):
        pd.testing.assert_frame_equal(result(sampled, "lifetime", name), result(whole, "lifetime", name))
    assert len(result(sampled, "lifetime", "holdout_customers")) <= MOST
    for name in ("errors_purchases", "errors_amount"):
        for column in ("rmse", "mae", "rank", "captured", "ratio"):
            assert held(pair, "lifetime", name, ["method"], column).mean() > 0.8, (name, column)


def test_customers_are_divided_as_before(pair: tuple[Project, Project]) -> None:
    whole, sampled = (result(project, "clustering", "assignments") for project in pair)
    assert len(sampled) == len(whole)
    assert adjusted_rand_score(whole["segment"], sampled["segment"]) > 0.95


def test_offers_are_for_everybody(pair: tuple[Project, Project]) -> None:
    """Those of the sample's customers are much what they would be if all had been learnt from."""
    whole, sampled = (result(project, "recommendation", "offers") for project in pair)
    served = np.unique(keys(pair[1], "customer_products"))
    assert set(sampled["customer_key"]) == set(whole["customer_key"]) == set(served) and len(served) > MOST
    assert list(sampled.columns) == list(whole.columns)
    assert sampled["customer_key"].is_monotonic_increasing
    drawn = draw(keys(pair[1], "customers"), most=MOST)
    figures = [blocks(project, "recommendation")["customers_with_offers"]["value"]["value"] for project in pair]
    assert figures == [len(served), len(served)]
    columns = ["customer_key", "product_id"]
    for inside in (True, False):
        theirs = sampled[drawn.holds(sampled["customer_key"].to_numpy()) == inside]
        both = theirs[columns].merge(whole[columns])
        assert len(both) > 0.5 * len(theirs) > 0


def test_twice_the_same_bytes(pair: tuple[Project, Project]) -> None:
    _, sampled = pair
    folder = sampled.root / "build" / "demo"
    files = [*(f"blocks/{name}.json" for name in AGAIN), "results/recommendation/offers.parquet"]
    before = {name: Path(folder, name).read_bytes() for name in files}
    with pytest.MonkeyPatch.context() as patch:
        build_in_process(sampled, "demo", patch, only=AGAIN)
    assert before == {name: Path(folder, name).read_bytes() for name in files}
