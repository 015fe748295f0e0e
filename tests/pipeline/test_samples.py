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
SAMPLED = ("description", "correlation", "regression", "clustering", "recommendation")


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
    ("page", "block"),
    [("description", "intervals_from_sample"), ("correlation", "sample"), ("regression", "sample"),
     ("clustering", "starts_on_sample"), ("recommendation", "learnt_on_sample"), ("recommendation", "served_sample")],
)  # fmt: skip
def test_the_page_names_the_sample_in_both_languages(pair: tuple[Project, Project], page: str, block: str) -> None:
    whole, sampled = pair
    said = blocks(sampled, page)[block]["message"]["arguments"]
    assert (said["n"]["value"], said["of"]["value"]) == (MOST, len(keys(sampled, "customers")))
    assert block not in blocks(whole, page)
    for language, words in (("", f"{MOST} (of|customers)"), (".zh-Hans", f"{MOST}名")):
        text = (sampled.root / "build" / "demo" / "pages" / f"{page}{language}.html").read_text(encoding="utf-8")
        assert re.search(words, re.sub(r"<[^>]+>", "", text))


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
    files = [*(f"blocks/{name}.json" for name in SAMPLED), "results/recommendation/offers.parquet"]
    before = {name: Path(folder, name).read_bytes() for name in files}
    with pytest.MonkeyPatch.context() as patch:
        build_in_process(sampled, "demo", patch, only=SAMPLED)
    assert before == {name: Path(folder, name).read_bytes() for name in files}
