"""The cleaning page's words: claims hold, every branch can be said, and every term has a label."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest
from tests.translated import left_in_english

from analysis import cleaning
from analysis.findings import cleaning as findings
from analysis.findings.labels import LABELS
from analysis.report.blocks import Block, Figure, Sentence, Table, from_dict

ROW = {
    "customer_id": "7", "product_id": "A", "timestamp": "2010-12-01", "invoice_id": "1", "quantity": "2",
    "unit_price": "1.50", "description": "mug",
}  # fmt: skip
PARTS = (
    "overview",
    "ledger",
    "duplicates",
    "cancellations",
    "removals",
    "outliers",
    "gaps",
    "cells",
    "customers",
    "other_tables",
)


def rows(*changes: dict) -> pd.DataFrame:
    return pd.DataFrame([{**ROW, **change} for change in changes])


PLAIN = rows({}, {"product_id": "B", "quantity": "5"}, {"invoice_id": "2", "customer_id": "8"})
MESSY = rows(
    {}, {}, {"invoice_id": "2", "timestamp": "2010-12-03"}, {"invoice_id": "3", "timestamp": "2010-12-02"}, {},
    {"invoice_id": "C4", "quantity": "-2", "timestamp": "2010-12-09"}, {"invoice_id": "C5", "quantity": "-1"},
    {"invoice_id": "6", "quantity": "-3"}, {"invoice_id": "7", "unit_price": "x"}, {"product_id": "POST"},
    {"invoice_id": "8", "customer_id": None}, {"invoice_id": "9", "unit_price": "0"}, {"timestamp": "never"},
    {"invoice_id": "10", "quantity": "9", "timestamp": "2010-12-01T00:00:00Z"},
)  # fmt: skip
CUSTOMERS = pd.DataFrame({"customer_id": ["7", "8", "8"], "age": ["30", None, "200"], "gender": ["f", "", "m"]})


def said(result: cleaning.CleaningResult) -> dict[str, Block]:
    """All blocks by id; JSON and back, as the page reads them, which checks each claim again; all in Chinese."""
    found: dict[str, Block] = {}
    for part in PARTS:
        for block in getattr(findings, part)(result):
            assert block.id not in found, block.id
            data = json.loads(json.dumps(block.to_dict(), allow_nan=False))
            found[block.id] = from_dict(data)
    assert left_in_english(found.values()) == []
    return found


CASES = {
    "plain": ({"transactions": PLAIN}, {}),
    "messy": (
        {"transactions": MESSY, "customers": CUSTOMERS},
        {"non_product_codes": ["POST"], "missing": {"customers": {"age": "median", "gender": "constant:n"}}},
    ),
    "kept": ({"transactions": MESSY}, {"repeats": "keep", "non_positive_price": "keep"}),
    "no money": ({"transactions": PLAIN.drop(columns="unit_price")}, {}),
    "three columns": ({"transactions": PLAIN[["customer_id", "product_id", "timestamp"]]}, {}),
}


@pytest.fixture(scope="module", params=list(CASES), ids=lambda name: name.replace(" ", "_"))
def result(request: pytest.FixtureRequest) -> cleaning.CleaningResult:
    tables, options = CASES[request.param]
    return cleaning.clean(tables, memory_limit="1GB", threads=1, **options)


def test_every_claim_holds_and_nothing_is_said_twice(result: cleaning.CleaningResult) -> None:
    found = said(result)
    leads = [b for b in found.values() if isinstance(b, Sentence) and b.role == "lead"]
    assert 1 <= len(leads) <= 3
    assert {"lines_kept", "ledger_rows", "ledger_table"} <= set(found)


def test_every_term_has_a_label(result: cleaning.CleaningResult) -> None:
    for block in said(result).values():
        if not isinstance(block, Figure | Table):
            continue
        for name, column in block.columns.items():
            if column.kind == "term":
                lacking = {value for value in block.data[name] if value not in LABELS}
                assert not lacking, f"{block.id}.{name}: {lacking}"


def test_the_chart_ends_where_its_bars_lead(result: cleaning.CleaningResult) -> None:
    for block in said(result).values():
        if isinstance(block, Figure) and block.chart == "waterfall":
            values, kinds = block.data["value"], block.data["kind"]
            changes = values[kinds == "change"].sum()
            assert values.iloc[0] + changes == pytest.approx(values.iloc[-1])
            assert kinds.tolist().count("total") == 2


def test_without_money_no_amount_is_shown() -> None:
    tables, options = CASES["no money"]
    found = said(cleaning.clean(tables, **options))
    assert "no_money" in found and "ledger_money" not in found and "revenue" not in found
    assert "amount" not in found["ledger_table"].columns  # type: ignore[attr-defined]


def test_the_messy_page_says_each_thing() -> None:
    tables, options = CASES["messy"]
    found = said(cleaning.clean(tables, **options))
    expected = {
        "overlap", "repeats", "cancelled", "unmatched", "returned", "net_of_returns", "not_goods", "faults", "mend",
        "imputed",
        "gap_table", "customers_everywhere", "other_ledgers", "unreadable_amounts", "unknown_customers", "time_offsets",
    }  # fmt: skip
    assert expected <= set(found)


def test_what_came_back_is_valued_and_taken_off() -> None:
    """By hand: of MESSY two cancellations or returns keep their purchase, -1 x 1.50 and -3 x 1.50."""
    tables, options = CASES["messy"]
    net = said(cleaning.clean(tables, **options))["net_of_returns"]
    assert isinstance(net, Sentence)
    values = net.message.arguments
    assert values["lines"].value == 2
    assert values["revenue"].value - values["net"].value == pytest.approx(6.0)


GENDER = {"kind": "domain", "column": "gender", "synonyms": {"f": ["F"]}, "max_distance": 0}


def test_rules_that_are_in_doubt_are_named() -> None:
    tables, _ = CASES["messy"]
    plain = cleaning.clean(tables, memory_limit="1GB", threads=1, rules={"customers": [GENDER]})
    notes = (
        ("dependency_does_not_hold", {"column": "city", "error": 0.4}),
        ("dependency_doubtful", {"column": "age", "error": 0.06}),
        ("groups_undecided", {"rows": 3}),
        ("target_not_changed", {"cells": 2}),
        ("not_settled", {"steps": 9}),
    )
    found = said(replace(plain, cells=replace(plain.cells, notes=notes)))
    for id, column, share in (("dependency_does_not_hold_0", "city", 0.4), ("dependency_doubtful_0", "age", 0.06)):
        arguments = found[id].message.arguments  # type: ignore[attr-defined]
        assert (arguments["column"].value, arguments["share"].value) == (column, share)
    assert {"cells_undecided", "cells_withheld", "cells_not_settled"} <= set(found)


def test_rules_without_their_table_or_without_a_finding_say_so() -> None:
    domain = {"kind": "domain", "column": "gender", "values": ["f", "m"]}
    said_of = {
        table: said(cleaning.clean(CASES["messy"][0], memory_limit="1GB", threads=1, rules={table: [domain]}))
        for table in ("customers", "feedback")
    }
    assert said_of["customers"]["cells_found"].message.arguments["found"].value == 0  # type: ignore[attr-defined]
    assert "cell_rules_without_table" in said_of["feedback"]
