"""The classification notebook's own cells, on customers whose habit is known and on data that no method suits."""

from __future__ import annotations

import ast
import datetime
import html
import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import classification, features
from analysis.findings import classification as findings
from analysis.findings import samples
from analysis.findings.labels import LABELS
from analysis.pipeline.frames import read_distinct, read_table
from analysis.pipeline.params import SECTIONS
from analysis.report.blocks import Block, Blocks, Figure, KeyFigure, Sentence, Table
from analysis.report.formatting import Style
from analysis.report.page import Document, render
from analysis.sampling import Sample, draw

NOTEBOOK = Path(__file__).resolve().parents[3] / "notebooks" / "08_classification.ipynb"
START = pd.Timestamp("2024-01-01")
QUICK = {
    "columns": ["recency_days", "frequency", "tenure_days", "previous_orders", "income"], "repeats": 2,
    "models": ["logistic", "tree"], "brief_models": ["logistic"], "replicates": 100,
}  # fmt: skip


class FakeRun:
    """What `begin` returns, with features built from sales in memory."""

    def __init__(
        self, sales: pd.DataFrame, horizon_days: int, feedback: pd.DataFrame | None = None, **changes: Any
    ) -> None:
        tables = {"sales": sales} | ({} if feedback is None else {"feedback": feedback})
        self.built = features.build(tables, horizon_days=horizon_days, threads=1)
        self.facts, self.results = self.built.facts, {}
        self.facts = json.loads(json.dumps(self.built.facts, default=str))
        self.currency = bool(self.facts["currency_present"])
        self.params = SECTIONS["classification"](**{**QUICK, **changes})

    def _table(self, name: str) -> Path:
        return self.built.tables[name.removeprefix("features/")]

    def sample(self, most: int) -> Sample:
        return draw(read_distinct(self._table("features/customers"), "customer_key"), most=most)

    def read(self, name: str, *, sample: Sample | None = None) -> pd.DataFrame:
        return read_table(self._table(name), sample=sample)

    def write(self, name: str, frame: pd.DataFrame) -> None:
        self.results[name] = frame


class Page:
    """Blocks by id, results, and the words of the page of one run of the notebook; every warning is an error."""

    def __init__(self, sales: pd.DataFrame, *, horizon_days: int = 60, **changes: Any) -> None:
        run = FakeRun(sales, horizon_days, **changes)
        names: dict[str, Any] = {
            "classification": classification, "findings": findings, "samples": samples, "run": run,
            "datetime": datetime,
        }  # fmt: skip
        shown: list[Block] = []
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
                source = "".join(cell["source"])
                tags = cell["metadata"].get("tags", [])
                if cell["cell_type"] != "code" or "parameters" in tags or "begin(" in source:
                    continue
                body = ast.parse(source).body
                last = body.pop() if isinstance(body[-1], ast.Expr) else None
                exec(compile(ast.Module(body, []), cell["id"], "exec"), names)
                if last is not None:
                    value = eval(compile(ast.Expression(last.value), cell["id"], "eval"), names)
                    shown += list(value) if isinstance(value, Blocks) else [value]
            style = Style(currency="GBP", names=LABELS)
            page = render(Document("classification", "Who will buy again?", tuple(shown)), style=style)
        run.built._folder.cleanup()
        self.blocks, self.results, self.names = {block.id: block for block in shown}, run.results, names
        assert len(self.blocks) == len(shown), "ids are unique"
        text = re.sub(r"(?s)<(style|svg)\b.*?</\1>|href=\"data:[^\"]*\"", "", page.html)
        self.words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
        self.size = len(page.html)
        assert not re.search(r"\b(nan|NaN|inf|None|NaT|Traceback)\b|[{}]", self.words)


def world(*, customers: int = 300, days: int = 400, seed: int = 2, money: bool = True) -> pd.DataFrame:
    """Clean sales of customers of two habits: half order about every twelve days, half about every ninety."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        day = float(rng.uniform(0, 150))
        while day < days:
            rows.append((customer, int(day)))
            day += 1 + rng.exponential(12 if customer % 2 else 90)
    frame = pd.DataFrame(rows, columns=["customer_key", "number"]).drop_duplicates(ignore_index=True)
    frame["timestamp"] = START + pd.to_timedelta(frame["number"], unit="D")
    frame["basket_key"] = np.arange(1, len(frame) + 1)
    frame["product_id"] = [f"P{number % 7}" for number in frame["number"]]
    frame["day"], frame["quantity"] = frame["timestamp"].dt.date, 1
    frame["product"] = frame["product_id"]
    frame = frame.drop(columns="number")
    return frame.assign(amount=np.round(rng.gamma(4, 5, len(frame)), 2)) if money else frame


@pytest.fixture(scope="module")
def habits() -> Page:
    return Page(world())


def test_planted_habits_are_told_and_the_list_follows_them(habits: Page) -> None:
    assert "foretells better than any simple guess who will buy again" in habits.words
    scores = habits.results["buy_scores"]
    frequent = scores.loc[scores["customer_key"] % 2 == 1, "probability"]
    seldom = scores.loc[scores["customer_key"] % 2 == 0, "probability"]
    assert frequent.median() > 0.9 > 0.7 > seldom.median()
    assert set(scores["customer_key"]) == set(range(300))


def feedback(chance: dict[int, float], seed: int) -> pd.DataFrame:
    """Ratings month by month, from each customer with a chance of the customer's own."""
    rng = np.random.default_rng(seed)
    rows = [
        (customer, START + pd.Timedelta(days=30 * month + 5), 4.0)
        for month in range(13)
        for customer, share in chance.items()
        if rng.random() < share
    ]
    return pd.DataFrame(rows, columns=["customer_key", "timestamp", "rating"])


def test_who_gives_feedback_is_told_where_it_is_a_habit() -> None:
    """Every third customer says something nearly every month, the others hardly ever."""
    page = Page(world(), feedback=feedback({c: 0.9 if c % 3 == 0 else 0.03 for c in range(300)}, seed=4))
    assert "foretells better than any simple guess who will give feedback" in page.words
    scores = page.results["respond_scores"].set_index("customer_key")["probability"]
    assert scores[scores.index % 3 == 0].min() > 0.6 > 0.4 > scores[scores.index % 3 != 0].median()
    assert "Do not take their silence for contentment" in page.words and "respond_do_alike" not in page.blocks


def test_where_everybody_answers_by_chance_all_are_treated_alike() -> None:
    page = Page(world(), feedback=feedback(dict.fromkeys(range(300), 0.3), seed=4))
    assert "respond_do_alike" in page.blocks and "respond_today" not in page.blocks
    assert "Treat all customers alike" in page.words


def test_without_feedback_nobody_is_asked_about(habits: Page) -> None:
    assert "who will respond cannot be asked" in habits.words and "respond_scores" not in habits.results


def test_the_page_is_whole_small_and_shows_groups_only(habits: Page) -> None:
    leads = [block for block in habits.blocks.values() if isinstance(block, Sentence) and block.role == "lead"]
    assert len(leads) == 3 and habits.size < 400_000
    assert {"buy_prevalence", "buy_error_against_baseline", "buy_profit", "spend_prevalence"} <= {
        block.id for block in habits.blocks.values() if isinstance(block, KeyFigure)
    }
    for block in habits.blocks.values():
        if isinstance(block, Figure | Table):
            assert "customer_key" not in block.data.columns
    assert "Asked for, but not in this data: income" in habits.words


def test_the_value_of_a_customer_comes_from_periods_learnt_from(habits: Page) -> None:
    histories = habits.names["histories"]
    learnt = histories[histories["cutoff"] < histories["cutoff"].max()]
    spent = learnt.loc[learnt["target_amount"] > 0, "target_amount"]
    costs = habits.blocks["buy_costs"].message.arguments  # type: ignore[attr-defined]
    assert costs["value"].value == pytest.approx(0.4 * spent.mean())
    assert habits.names["large"] == pytest.approx(spent.quantile(0.75))


def test_without_money_only_buying_is_asked() -> None:
    page = Page(world(money=False))
    assert "the purchases carry no money and no value was given" in page.words
    assert "who will spend much cannot be asked" in page.words
    assert "buy_scores" in page.results and not any(name.startswith("spend") for name in page.results)


def test_one_cutoff_is_judged_on_other_customers() -> None:
    page = Page(world(customers=900, days=149), horizon_days=75)
    assert "There is one cut-off alone" in page.words and "cannot be said" in page.words
    assert "buy_scores" in page.results


@pytest.mark.parametrize(
    ("sales", "horizon", "statement"),
    [
        (world(), 1000, "No cut-off leaves a whole period of 1,000 days before and after it"),
        (world().query("customer_key < 2"), 60, "nothing is foretold"),
        (world(customers=60, days=300).query("customer_key % 2 == 1"), 120, "all did the same: 100 % bought again"),
    ],
    ids=["horizon longer than the data", "two customers", "one class"],
)
def test_what_cannot_be_foretold_is_said_and_the_page_stands(sales: pd.DataFrame, horizon: int, statement: str) -> None:
    page = Page(sales.reset_index(drop=True), horizon_days=horizon)
    assert statement in page.words
    assert not any(isinstance(block, Figure | KeyFigure) for id, block in page.blocks.items() if id.startswith("buy"))
