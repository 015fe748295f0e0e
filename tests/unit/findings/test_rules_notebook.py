"""The rules notebook's own cells on hostile baskets: no traceback, no warning, and a page that says what is so."""

from __future__ import annotations

import ast
import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.translated import left_in_english

from analysis import rules
from analysis.findings import rules as findings
from analysis.findings import samples
from analysis.pipeline.params import SECTIONS
from analysis.report.blocks import Block, Blocks
from analysis.report.formatting import Style
from analysis.report.page import Document, render
from analysis.sampling import Sample, draw

NOTEBOOK = Path(__file__).resolve().parents[3] / "notebooks" / "06_rules.ipynb"
DAYS = pd.date_range("2025-01-01", "2025-12-31")


class FakeRun:
    """What `begin` returns, with tables from memory."""

    def __init__(self, lines: pd.DataFrame, **changes: Any) -> None:
        self.lines, self.results = lines, {}
        self.params = SECTIONS["rules"](**{"permutations": 99} | changes)

    def sample(self, most: int) -> Sample:
        return draw(self.lines["customer_key"].dropna().astype("int64").unique(), most=most)

    def read(self, name: str, columns: list[str], *, sample: Sample, otherwise: str) -> pd.DataFrame:
        assert name == "features/baskets" and sample.whole and otherwise == "basket_key"
        return self.lines[columns]

    def write(self, name: str, frame: pd.DataFrame) -> None:
        self.results[name] = frame


def said_of(lines: pd.DataFrame, **changes: Any) -> tuple[dict[str, Block], dict[str, pd.DataFrame], str]:
    """Blocks by id, results and the page of one run of the notebook; every warning is an error."""
    run = FakeRun(lines, **changes)
    names: dict[str, Any] = {
        "rules": rules,
        "findings": findings,
        "samples": samples,
        "run": run,
    } | run.params.model_dump()
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    shown: list[Block] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for cell in cells:
            if cell["cell_type"] != "code" or cell["id"] in ("parameters", "begin"):
                continue
            body = ast.parse("".join(cell["source"])).body
            last = body.pop() if isinstance(body[-1], ast.Expr) else None
            exec(compile(ast.Module(body, []), cell["id"], "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), cell["id"], "eval"), names)
                shown += list(value) if isinstance(value, Blocks) else [value]
        page = render(Document("rules", "What is bought together?", tuple(shown)), style=Style(currency="GBP"))
    assert left_in_english(shown) == []
    found = {block.id: block for block in shown}
    assert len(found) == len(shown), "ids are unique"
    for word in ("Traceback", ">nan<", "NaN", ">inf<", "Infinity", ">None<"):
        assert word not in page.html
    return found, run.results, page.html


def lines_of(baskets: dict[int, list[str]], *, customers: int = 50, **columns: Any) -> pd.DataFrame:
    """Lines of given baskets, spread over a year and over customers."""
    rows = pd.DataFrame([(key, item) for key, items in baskets.items() for item in items],
                        columns=["basket_key", "product_id"])  # fmt: skip
    rows["basket_key"] = rows["basket_key"].astype(np.int64)
    rows["customer_key"] = (rows["basket_key"] % customers).astype(float)
    rows["day"] = pd.to_datetime(DAYS[rows["basket_key"] * 7 % len(DAYS)])
    rows["product"] = "Product " + rows["product_id"].astype(str)
    rows["category"] = pd.Series(None, index=rows.index, dtype=object)
    rows["amount"] = 2.5
    return rows.assign(**columns)


def pairs(n: int = 400) -> dict[int, list[str]]:
    return {k: ["tea", "cup"] if k % 4 == 0 else [f"other{k % 9}"] for k in range(n)}


def test_a_plain_run_says_all() -> None:
    found, results, html = said_of(lines_of(pairs()), margin=0.4)
    assert {"held_up", "verdict", "action_1", "pair_network", "worth_per_year", "worth_margin", "no_categories"} <= set(
        found
    )
    assert found["held_up"].value.low < found["held_up"].value.value
    assert results["rules"]["held_up"].all()
    assert "lift" in html.lower()


def test_a_basket_of_5000_products_is_set_aside_and_the_run_goes_on() -> None:
    giant = {9999: [f"g{k}" for k in range(5000)]}
    start = time.perf_counter()
    found, results, _ = said_of(lines_of(pairs() | giant))
    assert time.perf_counter() - start < 20
    arguments = found["set_aside"].message.arguments
    assert (arguments["aside"].value, arguments["largest"].value, arguments["limit"].value) == (1, 5000, 150)
    plain = said_of(lines_of(pairs()))[1]["rules"]
    pd.testing.assert_frame_equal(results["rules"].drop(columns="searched", errors="ignore"), plain)


def test_a_basket_of_5000_products_may_also_stay() -> None:
    giant = {9999: [f"g{k}" for k in range(5000)]}
    start = time.perf_counter()
    found, _, _ = said_of(lines_of(pairs() | giant), max_basket_size=10_000)
    assert time.perf_counter() - start < 30
    assert found["set_aside"].message.arguments["aside"].value == 0
    assert found["baskets"].value.value == 401


def test_many_equal_baskets_shorten_the_search_instead_of_stopping_it() -> None:
    full = {k: [f"p{j:03}" for j in range(100)] for k in range(120)}
    found, _, _ = said_of(lines_of(full), max_itemsets=200_000, max_rules=50)
    arguments = found["search_stopped"].message.arguments
    assert (arguments["asked"].value, arguments["reached"].value) == (4, 3)
    assert "not_compared" in found


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (lines_of({}), {"no_baskets", "no_itemsets", "no_rules", "nothing_to_judge", "no_action"}),
        (lines_of({1: ["a"]}), {"no_itemsets", "no_rules", "no_action"}),
        (lines_of({1: ["a", "b"], 2: ["a", "b"]}), {"no_itemsets", "no_rules", "no_action"}),
        (lines_of({k: ["a"] for k in range(300)}), {"no_itemsets", "no_action"}),
        (lines_of({k: [f"p{k % 5}"] for k in range(300)}), {"no_itemsets", "no_action"}),
        (lines_of({k: [f"p{j}" for j in range(200)] for k in range(40)}), {"no_baskets", "set_aside", "no_action"}),
        (lines_of(pairs(), day=pd.Timestamp("2025-03-03")), {"no_later_period", "no_action"}),
        (lines_of(pairs(), customers=1), {"held_up"}),
        (lines_of(pairs(), customer_key=np.nan), {"customers_unknown", "no_customers", "action_1"}),
        (lines_of(pairs(), amount=np.nan), {"no_money", "action_1"}),
        (lines_of(pairs(), amount=0.0), {"worth_per_year"}),
        (lines_of(pairs(), amount=-1e12), {"worth_per_year"}),
        (lines_of(pairs(), category=""), {"no_categories"}),
        (lines_of(pairs(), category=" > "), {"no_categories"}),
        (lines_of(pairs(), category="all"), {"no_category_rules_1"}),
        (lines_of(pairs(), category="a>b>c>d"), {"no_category_rules_1", "no_category_rules_2"}),
        (lines_of(pairs()).iloc[::-1].reset_index(drop=True), {"action_1"}),
        (lines_of({k: ["a", "b"] for k in range(300)}), {"no_action"}),
    ],
    ids=["none", "one", "two", "one product", "one item each", "all giant", "one day", "one customer", "nobody known",
         "no money", "free", "huge", "no category", "empty path", "one category", "deep", "reversed", "always both"],
)  # fmt: skip
def test_hostile_baskets_are_said_plainly(lines: pd.DataFrame, expected: set[str]) -> None:
    found, _, _ = said_of(lines, min_count=1 if len(lines) > 10 else 20)
    assert expected <= set(found), sorted(found)


def test_constraints_and_an_unknown_item() -> None:
    found, results, _ = said_of(lines_of(pairs()), only_consequents=["cup"])
    assert results["rules"]["consequent_ids"].tolist() == [("cup",)]
    assert said_of(lines_of(pairs()), excluded_products=["cup"])[0].keys() >= {"no_itemsets"}
    assert found
    with pytest.raises(Exception, match="never_consequents names 'zz', which no basket holds"):
        said_of(lines_of(pairs()), never_consequents=["zz"])


@pytest.mark.parametrize("itemsets", ["closed", "maximal"])
@pytest.mark.parametrize("algorithm", ["fpgrowth", "apriori"])
def test_every_way_to_search(itemsets: str, algorithm: str) -> None:
    found, results, _ = said_of(lines_of(pairs()), itemsets=itemsets, algorithm=algorithm, max_consequent=2)
    assert len(results["rules"]) == 2
    assert "algorithms_agree" in found
