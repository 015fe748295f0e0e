"""Rules about single values within a run of cleaning, and raw tables that hold what they should not."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from analysis import cleaning
from analysis.errors import AnalysisError
from analysis.findings import cleaning as findings
from analysis.pipeline.params.tables import Cleaning
from analysis.report.blocks import Sentence, Table

SALES = pd.DataFrame(
    {
        "customer_id": ["1", "2", "3"],
        "product_id": ["A", "B", "A"],
        "timestamp": ["2024-01-01", "2024-01-02", "2024-01-03"],
        "quantity": ["1", "2", "3"],
        "unit_price": ["1.50", "2", "3"],
    }
)
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["1", "2", "3", "3"],
        "gender": ["F", "female", "女", "女"],
        "city": ["Leeds", "Leeds", "Leeds", "Leeds"],
        "country": ["UK", "UK", "France", "France"],
    }
)
GENDER = {"kind": "domain", "column": "gender", "synonyms": {"F": ["female", "女"]}, "max_distance": 0}
COUNTRY = {"kind": "dependency", "left": "city", "right": "country", "min_votes": 2}


def clean(rules: dict[str, list[dict[str, Any]]], **tables: pd.DataFrame) -> cleaning.CleaningResult:
    given = {"transactions": SALES, "customers": CUSTOMERS, **tables}
    return cleaning.clean(given, memory_limit="1GB", threads=1, rules=rules)


def test_rules_repair_values_and_remove_no_row() -> None:
    plain, ruled = clean({}), clean({"customers": [GENDER]})
    assert ruled.frame("customers")["gender"].tolist() == ["F", "F", "F"]
    pd.testing.assert_frame_equal(plain.ledger, ruled.ledger)
    assert ruled.cells.totals.values.tolist() == [["customers", 4, 4, 3, 3]]
    assert ruled.cells.pairs[["value", "proposal", "cells", "customers"]].values.tolist() == [
        ["女", "F", 2, 1], ["female", "F", 1, 1],
    ]  # fmt: skip
    assert plain.cells.totals.empty


def test_a_target_is_flagged_and_never_repaired() -> None:
    feedback = pd.DataFrame({"customer_id": ["1", "2"], "rating": ["5 stars", "4"]})
    rule = {"kind": "format", "column": "rating", "steps": ["number"]}
    result = clean({"feedback": [rule]}, feedback=feedback)
    assert result.cells.totals[["found", "repaired"]].values.tolist() == [[1, 0]]
    assert result.cells.notes == (("target_not_changed", {"table": "feedback", "columns": ("rating",), "cells": 1}),)
    assert result.frame("feedback")["rating"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"customers": [{"kind": "typo", "column": "towm"}]}, "rules.customers: typo: towm names the column 'towm'"),
        ({"customers": [{"kind": "typos", "column": "city"}]}, "rule 1: there is no kind 'typos'; did you mean 'typo'"),
        ({"transactions": [GENDER]}, "names the table 'transactions'; it can be one of browsing"),
    ],
)
def test_rules_are_refused_before_anything_is_cleaned(rules: dict[str, Any], message: str) -> None:
    with pytest.raises(AnalysisError) as caught:
        clean(rules)
    assert message in str(caught.value)


def test_rules_of_a_table_that_is_absent_are_noted() -> None:
    result = clean({"social": [GENDER]})
    assert result.cells.notes == (("rules_without_table", {"table": "social"}),)
    assert [block.id for block in findings.cells(result)] == ["cell_rules_without_table"]


def test_a_profile_is_refused_for_a_rule_that_is_not_well_formed() -> None:
    assert Cleaning(rules={"customers": [GENDER, COUNTRY]}).rules["customers"][0]["kind"] == "domain"
    with pytest.raises(ValidationError, match=r"rules.customers: rule 2: .* did you mean 'max_distance'"):
        Cleaning(rules={"customers": [GENDER, {**GENDER, "max_distence": 1}]})


def test_files_and_frames_give_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    CUSTOMERS.assign(source_file="c.csv", source_line=range(2, 6)).to_parquet(path, index=False)
    from_file = cleaning.clean({"transactions": SALES, "customers": path}, threads=1, rules={"customers": [GENDER]})
    from_file.write(tmp_path / "a")
    clean({"customers": [GENDER]}).write(tmp_path / "b")
    for name in ("cells", "cell_rules", "cell_pairs", "customers"):
        assert (tmp_path / "a" / f"{name}.parquet").read_bytes() == (tmp_path / "b" / f"{name}.parquet").read_bytes()


def test_the_page_says_what_rules_found_and_what_they_cannot() -> None:
    said = {block.id: block for block in findings.cells(clean({"customers": [GENDER, COUNTRY]}))}
    assert {"cells_found", "cell_rules", "cell_pairs", "cells_undecided", "cells_blind"} <= set(said)
    assert isinstance(said["cells_found"], Sentence)
    pairs = said["cell_pairs"]
    assert isinstance(pairs, Table) and pairs.group_size == "customers"
    assert [block.id for block in findings.cells(clean({}))] == ["no_cell_rules"]


# Raw tables that hold what they should not: a clear statement, or a count, never a traceback


@pytest.mark.parametrize("text", ["inf", "-inf", "NaN", "1e400", "1e5", "nine", "9" * 40, "0x10", "１２x"])
def test_a_quantity_that_is_no_finite_number_costs_its_line_and_is_counted(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        result = cleaning.clean({"transactions": SALES.assign(quantity=[text, "2", "3"])}, threads=1)
    removed = result.ledger[result.ledger["rule"] == "unreadable_quantity"].iloc[0]
    assert (removed["rows"], removed["unreadable_rows"]) == (1, 1)
    gaps = result.missing[result.missing["column"] == "quantity"].iloc[0]
    assert gaps["missing"] + gaps["unreadable"] == 1


def test_prices_that_are_texts_throughout_say_what_was_removed() -> None:
    with pytest.raises(AnalysisError, match=r"no sale is left after cleaning of 3 rows.*unreadable_price 3"):
        cleaning.clean({"transactions": SALES.assign(unit_price=["a", "b", "c"])})


def test_prices_that_are_missing_throughout_are_no_money() -> None:
    result = cleaning.clean({"transactions": SALES.assign(unit_price=None)}, threads=1)
    assert ("no_money", {}) in result.notes and result.ledger["amount"].isna().all()


def test_constant_values_have_no_outliers() -> None:
    result = cleaning.clean({"transactions": SALES.assign(quantity="1", unit_price="2")}, threads=1)
    assert not result.outliers["applies"].any() and result.outliers["flagged"].sum() == 0


@pytest.mark.parametrize("rows", [1, 2])
def test_one_or_two_rows_are_enough(rows: int) -> None:
    result = cleaning.clean({"transactions": SALES.head(rows)}, threads=1)
    assert len(result.frame("sales")) == rows


@pytest.mark.parametrize("table", ["transactions", "customers"])
def test_a_table_with_a_header_alone_is_refused(table: str) -> None:
    tables = {"transactions": SALES, "customers": CUSTOMERS}
    with pytest.raises(AnalysisError, match=f"{table}: the DataFrame has a header but no row"):
        cleaning.clean({**tables, table: tables[table].head(0)})


@pytest.mark.parametrize("other", ["gender", "Gender"])
def test_a_column_that_stands_twice_is_refused(other: str) -> None:
    twice = pd.concat([CUSTOMERS, CUSTOMERS[["gender"]].set_axis([other], axis=1)], axis=1)
    with pytest.raises(AnalysisError, match=f"customers: the DataFrame has the column '{other}' more than once"):
        cleaning.clean({"transactions": SALES, "customers": twice})
