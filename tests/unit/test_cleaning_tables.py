"""Browsing, social activity, feedback and customers: typing, ranges, gaps, duplicates, ledgers."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import cleaning
from analysis.errors import AnalysisError

SALES = pd.DataFrame(
    {
        "customer_id": ["1", "2"],
        "product_id": ["A", "B"],
        "timestamp": ["2024-01-01", "2024-01-02"],
        "line_amount": ["5", "6"],
    }
)
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["1", "2", "2", None, "3", "4"],
        "age": ["30", "150", "40", "20", "", "41"],
        "income": ["£23,000", "unknown", "1", "5", "30000", "12x"],
        "gender": ["f", "m", "m", "f", "?", "f"],
        "joined": ["2020-01-05", "2021年3月4日", "2020-01-05", "2020-01-05", "5/6/2022", None],
        "性别": ["女", "男", "男", "女", None, "女"],
    }
)


def clean(options: dict | None = None, **tables: pd.DataFrame) -> cleaning.CleaningResult:
    return cleaning.clean({"transactions": SALES, **tables}, memory_limit="1GB", threads=1, **(options or {}))


def removed(result: cleaning.CleaningResult, table: str) -> dict[str, int]:
    part = result.ledger[(result.ledger["table"] == table) & (result.ledger["kind"] == "removed")]
    return {rule: rows for rule, rows in zip(part["rule"], part["rows"], strict=True) if rows}


def gaps(result: cleaning.CleaningResult, table: str, column: str) -> pd.Series:
    part = result.missing
    return part[(part["table"] == table) & (part["column"] == column)].iloc[0]


def test_customers_are_typed_by_what_they_hold() -> None:
    result = clean(customers=CUSTOMERS)
    frame = result.frame("customers")
    assert removed(result, "customers") == {"missing_customer": 1, "duplicate_customer": 1}
    assert frame["age"].tolist()[0] == 30 and frame["age"].isna().sum() == 2
    assert frame["income"].tolist()[:1] == [23000.0]
    assert str(frame["joined"].dtype).startswith("datetime64")
    assert frame["性别"].tolist()[:2] == ["女", "男"]
    age = gaps(result, "customers", "age")
    assert (age["missing"], age["out_of_range"], age["unreadable"]) == (1, 1, 0)
    assert gaps(result, "customers", "income")["unreadable"] == 1


def test_the_last_row_of_a_customer_can_be_asked_for() -> None:
    frame = clean({"duplicate_customer": "last"}, customers=CUSTOMERS).frame("customers")
    assert frame["age"].tolist()[1] == 40


def test_gaps_are_filled_by_rule_counted_and_flagged() -> None:
    options = {"missing": {"customers": {"age": "median", "gender": "mode", "income": "constant:100"}}}
    result = clean(options, customers=CUSTOMERS)
    frame = result.frame("customers")
    # Ages that are left: 30, 41 (150 is out of range, 3 has none).
    assert frame["age"].tolist() == [30, 35.5, 35.5, 41]
    assert frame["age_imputed"].tolist() == [False, True, True, False]
    assert frame["gender"].tolist() == ["f", "m", "f", "f"]
    assert frame["income"].tolist() == [23000, 100, 30000, 100]
    assert gaps(result, "customers", "age")[["imputed", "value"]].tolist() == [2, "35.5"]


def test_rows_with_a_gap_can_be_dropped_and_a_target_is_never_filled() -> None:
    feedback = pd.DataFrame({"customer_id": ["1", "2", "9"], "rating": ["5", "", "7"], "text": ["好", "ok", ""]})
    dropped = clean({"missing": {"feedback": {"rating": "drop_row"}}}, feedback=feedback)
    assert removed(dropped, "feedback") == {"missing_value": 2}
    assert dropped.frame("feedback")["text"].tolist() == ["好"]
    kept = clean(feedback=feedback)
    assert kept.frame("feedback")["rating"].isna().tolist() == [False, True, True]
    assert "rating_imputed" not in kept.frame("feedback").columns


def test_events_are_typed_ranged_and_dated() -> None:
    browsing = pd.DataFrame(
        {
            "customer_id": ["1", "1", "1", "2", "", "2"],
            "timestamp": ["2024-01-01 10:00", "2024-01-01 10:00", "x", "1/1/2023", "2024-01-01", "2024-01-03"],
            "session_id": ["s1", "s1", "s2", "s3", "s4", "s5"],
            "pages": ["3", "3", "1", "2", "2", "2.7"],
            "duration_seconds": ["60.5", "60.5", "1", "-4", "2", "-5"],
        }
    )
    result = clean({"first_day": "2024-01-01"}, browsing=browsing)
    assert removed(result, "browsing") == {
        "duplicate_repeat": 1, "missing_customer": 1, "unreadable_timestamp": 1, "outside_date_range": 1,
    }  # fmt: skip
    frame = result.frame("browsing")
    assert frame["pages"].tolist()[0] == 3 and pd.isna(frame["pages"].tolist()[1])
    assert gaps(result, "browsing", "duration_seconds")["out_of_range"] == 2
    assert gaps(result, "browsing", "pages")["unreadable"] == 1


def test_undated_events_stay() -> None:
    social = pd.DataFrame({"customer_id": ["1"], "post": ["hi"], "likes": ["3"], "comments": ["0"], "shares": ["1"]})
    result = clean({"first_day": "2024-01-01"}, social=social)
    assert result.frame("social")[["likes", "comments", "shares"]].values.tolist() == [[3, 0, 1]]


def test_who_is_in_which_source() -> None:
    social = pd.DataFrame({"customer_id": ["2", "5"], "likes": ["1", "2"]})
    result = clean(customers=CUSTOMERS, social=social)
    found = result.customers_in_sources
    assert found.columns.tolist() == ["in_sales", "in_social", "in_customers", "customers"]
    assert found["customers"].sum() == len(result.frame("customer_keys")) == 5
    both = found[found["in_sales"] & found["in_social"] & found["in_customers"]]
    assert both["customers"].tolist() == [1]


def test_ledgers_of_other_tables_close_from_the_file() -> None:
    counts = {"lines": 8, "header_lines": 1, "rows": 6, "quarantined": 1, "embedded_newlines": 0, "blank": 0}
    result = cleaning.clean({"transactions": SALES, "customers": CUSTOMERS}, ingest={"customers": [counts]})
    part = result.ledger[result.ledger["table"] == "customers"]
    assert part.iloc[0]["rows"] == 8 and part[part["kind"] != "total"]["rows"].sum() == 8
    held = pd.DataFrame({"table": ["customers", "transactions", "customers"]})
    other = cleaning.clean({"transactions": SALES, "customers": CUSTOMERS}, quarantine=held).ledger
    assert other[other["rule"] == "file_lines"]["rows"].tolist() == [3, 8]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"missing": {"customers": {"agee": "median"}}}, "names the column 'agee'"),
        ({"missing": {"customers": {"gender": "constant:x", "age": "constant:x"}}}, "write constant:<number>"),
    ],
)
def test_treatments_must_fit_the_column(options: dict, message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        clean(options, customers=CUSTOMERS)


def test_a_median_of_text_that_is_no_number_leaves_nothing_to_fill_with() -> None:
    result = clean({"missing": {"customers": {"gender": "median"}}}, customers=CUSTOMERS)
    assert gaps(result, "customers", "gender")["unreadable"] == 5
    assert gaps(result, "customers", "gender")["imputed"] == 0
