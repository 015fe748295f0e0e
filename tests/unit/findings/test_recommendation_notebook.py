"""The recommendation notebook's own cells, on worlds whose answer is known and on data that no method suits."""

from __future__ import annotations

import ast
import html
import json
import re
import sys
import warnings
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyarrow.parquet import read_schema

from analysis import features, recommendation, rules
from analysis.findings import recommendation as findings
from analysis.findings import samples
from analysis.findings.labels import LABELS
from analysis.pipeline.frames import Batches, read_distinct, read_table
from analysis.pipeline.params import SECTIONS
from analysis.report.blocks import Block, Blocks, Figure, KeyFigure, Sentence, Table, from_dict
from analysis.report.formatting import Style
from analysis.report.page import Document, render
from analysis.sampling import Sample, draw

NOTEBOOK = Path(__file__).resolve().parents[3] / "notebooks" / "09_recommendation.ipynb"
#: Customers who are served at a time, whatever the notebook asks for.
BATCH = 33
START = pd.Timestamp("2024-01-01")
QUICK = {
    "k": 3, "replicates": 100, "similarities": ["cosine"], "shrinkages": [0.0], "neighbours": [10], "factors": [4],
    "regularisations": [10.0], "rule_min_count": 3, "rule_min_support": 0.001,
}  # fmt: skip


class FakeRun:
    """What `begin` returns, with features built from sales in memory."""

    def __init__(self, sales: pd.DataFrame, feedback: pd.DataFrame | None, segments: bool, **changes: Any) -> None:
        clean = {"sales": sales} | ({} if feedback is None else {"feedback": feedback})
        self.built = features.build(clean, horizon_days=60, threads=1)
        self.facts, self.feedback, self.results = self.built.facts, feedback, {}
        self.params = SECTIONS["recommendation"](**{**QUICK, **changes})
        self.segments = segments

    def _table(self, name: str) -> Path:
        return self.built.tables[name.removeprefix("features/")]

    def sample(self, most: int) -> Sample:
        return draw(read_distinct(self._table("customers"), "customer_key"), most=most)

    def read(
        self,
        name: str,
        columns: list[str] | None = None,
        *,
        sample: Sample | None = None,
        otherwise: str | None = None,
    ) -> pd.DataFrame:
        if name == "clean/feedback":
            assert self.feedback is not None and sample is not None
            return self.feedback[sample.holds(self.feedback["customer_key"])]
        return read_table(self._table(name), columns, sample=sample, otherwise=otherwise)

    def columns(self, name: str) -> list[str]:
        return list(read_schema(self._table(name)).names)

    def batches(self, name: str, columns: list[str] | None = None, *, size: int) -> Batches:
        assert size >= 1000
        return Batches(self._table(name), columns, BATCH)

    def has(self, name: str) -> bool:
        return name == "feedback" and self.feedback is not None

    def has_result(self, topic: str, name: str) -> bool:
        return self.segments

    def result(self, topic: str, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        if name == "segments":
            return pd.DataFrame({"segment": ["new_customers", "frequent_buyers"]})
        keys = self.read("features/history" if name.endswith("history") else "features/customers")["customer_key"]
        halves = np.where(keys % 2 == 0, "frequent_buyers", "new_customers")
        return pd.DataFrame({"customer_key": keys, "segment": halves})

    def write(self, name: str, frame: pd.DataFrame) -> None:
        self.results[name] = frame

    def write_batches(self, name: str, frames: Iterable[pd.DataFrame]) -> None:
        self.results[name] = pd.concat(frames, ignore_index=True)


class Page:
    """Blocks by id, results, and the words of the page of one run of the notebook; every warning is an error."""

    def __init__(
        self, sales: pd.DataFrame, *, feedback: pd.DataFrame | None = None, segments: bool = False, **changes: Any
    ) -> None:
        run = FakeRun(sales, feedback, segments, **changes)
        names: dict[str, Any] = {"recommendation": recommendation, "rules": rules, "findings": findings, "run": run,
                                 "samples": samples}  # fmt: skip
        names |= {"p": run.params, "cutoff": run.facts["cutoff"], "as_of": run.facts["as_of"]}
        names["horizon"] = run.facts["horizon_days"]
        items: list[Any] = []
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
                source = "".join(cell["source"])
                if cell["cell_type"] == "markdown":
                    items.append(("markdown", source))
                if (
                    cell["cell_type"] != "code"
                    or "parameters" in cell["metadata"].get("tags", [])
                    or "begin(" in source
                ):
                    continue
                body = ast.parse(source).body
                last = body.pop() if isinstance(body[-1], ast.Expr) else None
                exec(compile(ast.Module(body, []), cell["id"], "exec"), names)
                if last is not None:
                    value = eval(compile(ast.Expression(last.value), cell["id"], "eval"), names)
                    items += list(value) if isinstance(value, Blocks) else [value]
            style = Style(currency="GBP", names=LABELS)
            page = render(Document("recommendation", "What should we offer to whom?", tuple(items)), style=style)
        shown = [item for item in items if isinstance(item, Block)]
        run.built._folder.cleanup()
        self.blocks, self.results, self.names = {block.id: block for block in shown}, run.results, names
        assert len(self.blocks) == len(shown), "ids are unique"
        text = re.sub(r"(?s)<(style|svg)\b.*?</\1>|href=\"data:[^\"]*\"", "", page.html)
        self.items = items
        self.words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
        assert not re.search(r"\b(nan|NaN|inf|None|NaT|Traceback)\b", self.words)


def world(*, customers: int = 240, taste: float, seed: int = 3, products: int = 80, days: int = 300) -> pd.DataFrame:
    """Sales of customers who each like one of four groups of products; `taste` is how much."""
    rng = np.random.default_rng(seed)
    popular = 1 / (2 + np.arange(products) // 4)
    rows = []
    for customer in range(customers):
        weight = popular * np.where(np.arange(products) % 4 == customer % 4, 1 + taste, 1.0)
        for day in np.sort(rng.choice(days, rng.integers(3, 9), replace=False)):
            size = int(rng.integers(1, 4))
            rows += [(customer, product, day) for product in rng.choice(products, size, False, weight / weight.sum())]
    return sales_of(rows)


def sales_of(rows: list[tuple[int, int, int]], **columns: Any) -> pd.DataFrame:
    """Clean sales: customer, product, day."""
    frame = pd.DataFrame(rows, columns=["customer_key", "product", "day"])
    frame["timestamp"] = START + pd.to_timedelta(frame["day"], unit="D")
    frame["product_id"] = "P" + frame["product"].astype(str).str.zfill(3)
    frame["basket_key"] = pd.factorize(frame["customer_key"] * 10_000 + frame["day"])[0] + 1
    frame["product"] = "Product " + frame["product"].astype(str)
    frame["day"], frame["quantity"], frame["amount"] = frame["timestamp"].dt.date, 1, 2.5
    return frame.assign(**columns)


@pytest.fixture(scope="module")
def tastes() -> Page:
    rng = np.random.default_rng(5)
    who, what = rng.integers(0, 240, 1600), rng.integers(0, 80, 1600)
    value = np.clip(np.round(2 + 0.8 * (who % 3) + 0.6 * (what % 3) + rng.normal(0, 0.4, 1600)), 1, 5)
    rated = pd.DataFrame({"customer_key": who, "product_id": [f"P{each:03d}" for each in what], "rating": value})
    return Page(world(taste=12.0), feedback=rated, segments=True)


def test_planted_tastes_are_found_and_lead_to_offers_of_the_liked_group(tastes: Page) -> None:
    assert tastes.names["verdict"].outcome == "better"
    assert "Choosing for each customer is better beyond chance" in tastes.words
    offers = tastes.results["offers"]
    liked = offers["product_id"].str[1:].astype(int) % 4 == offers["customer_key"] % 4
    assert liked.mean() > 0.7, "a plain list would be right for a quarter"
    bought = world(taste=12.0)[["customer_key", "product_id"]].drop_duplicates()
    assert not len(offers.merge(bought, on=["customer_key", "product_id"])), "nothing that is owned is offered"
    assert offers.groupby("customer_key")["rank"].apply(list).map(lambda ranks: ranks == [1, 2, 3]).all()


def test_the_page_is_whole_and_shows_groups_only(tastes: Page) -> None:
    leads = [block for block in tastes.blocks.values() if isinstance(block, Sentence) and block.role == "lead"]
    assert 1 <= len(leads) <= 3
    figures = {block.id for block in tastes.blocks.values() if isinstance(block, KeyFigure)}
    assert {"hit_rate", "gain", "customers_with_offers", "catalogue_coverage"} <= figures
    assert sum(isinstance(block, Figure) for block in tastes.blocks.values()) == 4
    for block in tastes.blocks.values():
        assert from_dict(block.to_dict()).to_dict() == block.to_dict()
        if isinstance(block, Figure | Table):
            assert "customer_key" not in block.data.columns
            terms = [name for name, column in block.columns.items() if column.kind == "term"]
            assert all(value in LABELS for name in terms for value in block.data[name]), block.id
    for id in ("group_hits", "group_gains", "segment_offers", "tested_customers"):
        assert tastes.blocks[id].group_size is not None  # type: ignore[attr-defined]
    divisions = set(tastes.blocks["group_hits"].data["group"])  # type: ignore[attr-defined]
    assert divisions == {"division_orders", "division_tenure", "division_segment"}


def test_figures_are_those_of_the_lists(tastes: Page) -> None:
    """The key figure, computed again from the lists and the later purchases by hand."""
    names = tastes.names
    known, study, verdict = names["known"], names["study"], names["verdict"]
    settings = {"wanted": "new", "cutoff": names["cutoff"], "method": verdict.offered, "random_state": 1}
    model = recommendation.refit(study, known, rules=names["mined"][names["cutoff"]], **settings)
    best = recommendation.popularity(known)
    lists = recommendation.offers(model, known, k=3, fallbacks=(best,), offered=names["sold_then"])
    later = names["later"].merge(names["history"], on=["customer_key", "product_id"], how="left", indicator=True)
    fresh = later[(later["_merge"] == "left_only") & later["customer_key"].isin(known.customers)]
    right = fresh.merge(lists, on=["customer_key", "product_id"])["customer_key"].nunique()
    figure = tastes.blocks["hit_rate"]
    assert isinstance(figure, KeyFigure) and figure.n == fresh["customer_key"].nunique()
    assert figure.value.value == pytest.approx(right / figure.n)


def test_planted_liking_is_foretold(tastes: Page) -> None:
    assert "ratings_table" in tastes.blocks
    assert "Forecasts of a rating by" in tastes.words and "by more than chance" in tastes.words
    assert set(tastes.results) >= {"offers", "segment_offers", "methods", "gains", "groups", "ratings"}


def test_without_tastes_a_plain_list_does_as_well_and_is_offered() -> None:
    page = Page(world(taste=0.0))
    assert page.names["verdict"].outcome in {"same", "worse"}
    assert "A simple list does" in page.words
    assert page.names["method"] in recommendation.BASELINES
    assert "no results by segment" in page.words and "This data holds no ratings" in page.words


def test_lists_that_may_repeat_are_offered_where_that_is_asked_for() -> None:
    sales = world(taste=0.0)
    page = Page(sales, owned="include")
    bought = sales[["customer_key", "product_id"]].drop_duplicates()
    assert len(page.results["offers"].merge(bought, on=["customer_key", "product_id"]))


def test_products_no_longer_sold_are_never_offered_and_new_ones_are_counted() -> None:
    sales = world(taste=6.0)
    number = sales["product_id"].str[1:].astype(int)
    age = (sales["timestamp"].max() - sales["timestamp"]).dt.days
    gone, fresh = (number < 4) & (age < 130), (number >= 76) & (age > 80)
    page = Page(sales[~gone & ~fresh].reset_index(drop=True), offered_days=60, new_days=30)
    assert not page.results["offers"]["product_id"].isin(["P000", "P001", "P002", "P003"]).any()
    left = sales[~gone & ~fresh].groupby("product_id")["timestamp"].max() < page_end(sales) - timedelta(days=60)
    assert left.sum() >= 4
    assert f"{left.sum()} products were not bought by a known customer in the last 60 days" in page.words
    assert "Products that nobody had bought before the cut-off made up" in page.words
    assert "Today’s lists keep no such place" in page.words
    kept = Page(sales[~gone & ~fresh].reset_index(drop=True), offered_days=60, new_days=90, new_place=True)
    last = kept.results["offers"].query("rank == 3 and reason == 'new_product'")
    assert len(last) and set(last["product_id"]) <= {"P076", "P077", "P078", "P079"}
    assert "Today’s lists keep such a place" in kept.words


def test_newcomers_are_judged_by_the_list_for_all() -> None:
    sales = world(taste=6.0)
    last = sales.groupby("customer_key")["timestamp"].transform("min")
    late = sales["customer_key"] % 5 == 0
    new = sales[~late | (sales["timestamp"] > sales["timestamp"].max() - timedelta(days=60))]
    assert last.notna().all()
    page = Page(new.reset_index(drop=True))
    found, figure = page.names["new"], page.blocks["newcomers"]
    later = page.names["later"]
    strangers = later[~later["customer_key"].isin(page.names["history"]["customer_key"])]
    assert isinstance(figure, KeyFigure) and figure.value.value == found.customers
    assert found.customers == strangers["customer_key"].nunique() > 5
    assert "buyers of the later period were new" in page.words


def page_end(sales: pd.DataFrame) -> pd.Timestamp:
    """The day after the last sale, as of which the page speaks."""
    return sales["timestamp"].max().normalize() + timedelta(days=1)


def every(rows: list[tuple[int, int, int]]) -> pd.DataFrame:
    return sales_of(rows)


ODD = {
    "one line": (every([(1, 1, 0)]), "there is nothing to learn from"),
    "one customer": (every([(1, item, day) for item in range(5) for day in (0, 50, 200)]), "known before"),
    "one product": (every([(who, 1, day) for who in range(30) for day in (0, 50, 200)]), "nothing to choose from"),
    "two customers": (every([(who, who + day % 3, day) for who in (1, 2) for day in range(0, 200, 20)]), "offers"),
    "shorter than the horizon": (every([(who, who % 7, who % 30) for who in range(40)]), "nothing to learn from"),
    "nobody comes back": (
        every([(who, who % 9, who % 100) for who in range(80)] + [(900 + who, who % 9, 250) for who in range(9)]),
        "nobody came back",
    ),
    "one purchase each": (every([(who, who % 6, who * 2) for who in range(140)]), "nobody came back"),
    "nothing new is bought": (
        every([(who, who % 5, day) for who in range(60) for day in (who, who + 100, 260)]),
        "Nobody bought something new to them",
    ),
    "everybody buys everything": (
        every([(who, item, day) for who in range(30) for item in range(4) for day in (1, 120, 200)]),
        "Nobody bought something new to them",
    ),
    "all products leave": (
        every(
            [(who, who % 5, day) for who in range(60) for day in (0, 30)]
            + [(who, 10 + who % 5, 299) for who in range(60)]
        ),
        "none was still sold shortly before it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_data_that_no_method_suits_are_said_and_the_page_is_built(name: str) -> None:
    sales, statement = ODD[name]
    page = Page(sales)
    assert statement in page.words, page.words[:3000]
    assert any(isinstance(block, Sentence) and block.role == "lead" for block in page.blocks.values())
    # Under every heading stands something that this data gave, beside the words that are the same for all.
    items = page.items
    heads = [place for place, item in enumerate(items) if isinstance(item, tuple) and item[1].startswith("## ")]
    for start, end in zip(heads, [*heads[1:], len(items)], strict=True):
        kinds = Sentence | Figure | Table
        there = [item for item in items[start:end] if isinstance(item, kinds) and getattr(item, "role", "") != "lead"]
        assert there, items[start][1]


def test_text_of_the_data_is_shown_and_not_run() -> None:
    sales = world(taste=6.0, customers=80)
    sales["product"] = "<script>alert(1)</script> =cmd() " + sales["product"]
    page = Page(sales)
    assert "<script>alert(1)</script> =cmd()" in page.words  # escaped on the page, so that it is text here
    assert page.results["offers"]["product"].str.startswith("<script>").all()


def test_the_same_data_give_the_same_results() -> None:
    sales = world(taste=6.0, customers=80)
    first, second = Page(sales), Page(sales.sample(frac=1.0, random_state=1).reset_index(drop=True))
    for name, table in first.results.items():
        pd.testing.assert_frame_equal(table, second.results[name])
    assert first.words == second.words


@pytest.mark.parametrize("changes", [{}, {"new_place": True}, {"owned": "include"}])
def test_methods_learn_from_a_sample_and_offers_are_for_everybody(
    changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sales = world(taste=12.0)
    page = Page(sales, segments=True, sample_above=150, **changes)
    assert page.names["some"]["sample"].size == 150 and len(page.names["bought"].customers) == 150
    offers = page.results["offers"]
    assert offers["customer_key"].nunique() == sales["customer_key"].nunique() == 240
    assert (offers.groupby("customer_key")["rank"].max() == 3).all()
    assert page.blocks["customers_with_offers"].value.value == 240  # type: ignore[attr-defined]
    assert "learnt_on_sample" in page.blocks and "served_sample" in page.blocks
    assert "the figures and the table of segments count all customers" in page.words
    segments = page.results["segment_offers"].drop_duplicates("segment")
    assert segments["customers"].sum() == 240, "the table by segment counts everybody"
    if not changes.get("owned"):
        bought = sales[["customer_key", "product_id"]].drop_duplicates()
        assert not len(offers.merge(bought, on=["customer_key", "product_id"]))
    monkeypatch.setattr(sys.modules[__name__], "BATCH", 7)
    other = Page(sales, segments=True, sample_above=150, **changes)
    assert other.words == page.words
    for name, table in page.results.items():
        pd.testing.assert_frame_equal(table, other.results[name], check_exact=False, rtol=1e-9)


def test_strangers_to_the_sample_are_offered_what_they_like() -> None:
    """Tastes are learnt from the sample; those outside it have theirs found from what they bought."""
    page = Page(world(taste=12.0), sample_above=150)
    offers = page.results["offers"]
    stranger = ~offers["customer_key"].isin(page.names["bought"].customers)
    assert stranger.sum() == 90 * 3
    liked = offers["product_id"].str[1:].astype(int) % 4 == offers["customer_key"] % 4
    assert liked[stranger].mean() > 0.6, "a plain list would be right for a quarter"


@pytest.mark.parametrize(
    ("taste", "methods", "method"),
    [(0.0, ["also_bought"], "popularity"), (12.0, ["also_bought"], "also_bought"),
     (12.0, ["user_neighbours"], "user_neighbours")],
)  # fmt: skip
def test_products_that_nobody_of_the_sample_bought_are_offered(taste: float, methods: list[str], method: str) -> None:
    """By lists and the likeness of products, which are those of all customers; of other methods the page says so."""
    sales = world(taste=taste)
    keys = np.unique(sales["customer_key"])
    outside = ~draw(keys, most=150).holds(sales["customer_key"].to_numpy())
    more = sales[outside].drop_duplicates("customer_key", keep="last").assign(product_id="P900", product="Nobody’s")
    page = Page(pd.concat([sales, more], ignore_index=True), sample_above=150, methods=methods)
    offers, known = page.results["offers"], page.names["bought"].customers
    lists = offers[(offers["product_id"] == "P900") & offers["customer_key"].isin(known)]
    assert page.names["method"] == method
    if method == "user_neighbours":
        assert not (lists["method"] == method).any()
        assert re.search(r"Of \d+ products on sale it cannot offer 1, which none", page.words)
        assert "neighbours_pool" not in page.blocks, "all of so few are looked at"
        return
    assert len(lists) > 20 and set(lists["method"]) == {method}
    assert "no product is out of reach because nobody in the sample bought it" in page.words


def test_customers_alike_are_looked_for_among_so_many_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Page(world(taste=12.0), methods=["user_neighbours"])
    monkeypatch.setattr("analysis.recommendation.neighbours.POOL", 60)
    page = Page(world(taste=12.0), methods=["user_neighbours"])
    models = [each.names["model"] for each in (page, whole)]
    assert models[1].pool is None and len(models[0].pool) == 60
    near = models[0].neighbours(np.arange(240))
    assert near.nnz and np.isin(near.indices, models[0].pool).all()
    assert re.search(r"customers alike among 60 of the \d+ customers learnt from", page.words)
    assert "neighbours_pool" not in whole.blocks
