"""Rules of cleaning on tables small enough to be worked out by hand."""

from __future__ import annotations

import hashlib
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import cleaning
from analysis.errors import AnalysisError

BASE = {
    "customer_id": "7",
    "product_id": "A",
    "timestamp": "2010-12-01 08:26:00",
    "invoice_id": "500",
    "description": "red mug",
    "quantity": "2",
    "unit_price": "1.50",
    "country": "France",
}


def table(*changes: dict, **common: object) -> pd.DataFrame:
    """Rows like BASE, each with its changes; a plain last row of another customer keeps cleaning going."""
    rows = [{**BASE, **common, **change} for change in changes]
    rows.append({**BASE, "customer_id": "keeper", "invoice_id": "999", "product_id": "K", "timestamp": "2011-06-01"})
    return pd.DataFrame(rows)


def clean(frame: pd.DataFrame, **options: object) -> cleaning.CleaningResult:
    return cleaning.clean({"transactions": frame}, memory_limit="1GB", threads=1, **options)


def removed(result: cleaning.CleaningResult) -> dict[str, int]:
    ledger = result.ledger
    part = ledger[(ledger["kind"] == "removed") & (ledger["rows"] > 0)]
    return dict(zip(part["rule"], part["rows"], strict=True))


def money(result: cleaning.CleaningResult, rule: str) -> Decimal:
    ledger = result.ledger[result.ledger["table"] == "transactions"]
    return ledger.loc[ledger["rule"] == rule, "amount"].iloc[0]


def sold(result: cleaning.CleaningResult) -> pd.DataFrame:
    return result.frame("sales").iloc[:-1]


def times(texts: list[str], **options: object) -> list[str | None]:
    """What each text is read as; each stands on an invoice of its own."""
    result = clean(table(*({"timestamp": t, "invoice_id": str(n)} for n, t in enumerate(texts))), **options)
    read = dict(zip(result.frame("sales")["source_line"], result.frame("sales")["timestamp"], strict=True))
    return [str(read[n + 1]) if n + 1 in read else None for n in range(len(texts))]


GOOD_TIMES = {
    "2010-12-01": "2010-12-01 00:00:00",
    "2010-12-01 08:26": "2010-12-01 08:26:00",
    "2010-12-01T08:26:00Z": "2010-12-01 08:26:00",
    "2010-12-01T08:26:00.123456": "2010-12-01 08:26:00",
    "2010-12-01T08:26:00+08:00": "2010-12-01 08:26:00",
    "2010-12-01 08:26:00 -0500": "2010-12-01 08:26:00",
    "2010/1/2 3:04": "2010-01-02 03:04:00",
    "2010年12月1日": "2010-12-01 00:00:00",
    "2010年12月1日 08:26": "2010-12-01 08:26:00",
    "2010年12月1日08：26": "2010-12-01 08:26:00",
    "20101201": "2010-12-01 00:00:00",
    "20101201 08:26:05": "2010-12-01 08:26:05",
    "3/2/2010": "2010-02-03 00:00:00",
    "03/02/2010 08:26:05": "2010-02-03 08:26:05",
    "3-2-2010 8:26": "2010-02-03 08:26:00",
    "3.2.2010": "2010-02-03 00:00:00",
    "3/2/2010, 8:26:05 PM": "2010-02-03 20:26:05",
    "3/2/2010 12:00 am": "2010-02-03 00:00:00",
    "3/2/2010 12:30PM": "2010-02-03 12:30:00",
    "  2010-12-01\t08:26 ": "2010-12-01 08:26:00",
    "\u30002010-12-01\u00a0": "2010-12-01 00:00:00",
    "2012-02-29": "2012-02-29 00:00:00",
}
BAD_TIMES = [
    "2010-02-30", "2011-02-29", "31/11/2010", "13/13/2010", "2010-12-01 24:00", "2010-12-01 08:60", "40513", "soon",
    "2010-12", "1/12/10", "0010-12-01", "2010-12-01 13:00 PM", "2010-12-01 0:15 AM", "2010-00-10", "", "2010-12-01 8",
]  # fmt: skip


def test_timestamps_that_can_be_read() -> None:
    assert times(list(GOOD_TIMES)) == list(GOOD_TIMES.values())


def test_timestamps_that_cannot_be_read_are_counted() -> None:
    assert times(BAD_TIMES) == [None] * len(BAD_TIMES)
    result = clean(table(*({"timestamp": t, "invoice_id": str(n)} for n, t in enumerate(BAD_TIMES))))
    assert removed(result) == {"unreadable_timestamp": len(BAD_TIMES)}


def test_the_order_of_day_and_month_is_a_choice_for_slashes_alone() -> None:
    texts = ["3/2/2010", "3.2.2010", "2010-02-03", "2/13/2010"]
    assert times(texts, date_order="mdy") == [
        "2010-03-02 00:00:00", "2010-02-03 00:00:00", "2010-02-03 00:00:00", "2010-02-13 00:00:00",
    ]  # fmt: skip


GOOD_NUMBERS = {
    "1.5": "1.5", "£1.50": "1.5", "¥1,234.50": "1234.5", "1 234.5": "1234.5", "1'234.5": "1234.5", ".5": "0.5",
    "5.": "5", "+3": "3", "１２.５": "12.5", "1.23455": "1.2346", "1,234,567": "1234567", "12元": "12",
    "\u00a012 ": "12", "99999999999": "99999999999",
}  # fmt: skip
BAD_NUMBERS = ["1,5", "1.2.3", "12a", "1e3", "", "n/a", "--", "1,23,456", "123456789012345"]


def _prices(texts: list[str], **options: object) -> list[Decimal | None]:
    frame = table(*({"unit_price": t, "invoice_id": str(n), "quantity": "1"} for n, t in enumerate(texts)))
    sales = clean(frame, **options).frame("sales")
    read = dict(zip(sales["source_line"], sales["unit_price"], strict=True))
    return [read.get(n + 1) for n in range(len(texts))]


def test_numbers_that_can_be_read() -> None:
    assert _prices(list(GOOD_NUMBERS)) == [Decimal(value) for value in GOOD_NUMBERS.values()]


def test_numbers_that_cannot_be_read_are_counted_and_have_no_amount() -> None:
    result = clean(table(*({"unit_price": t, "invoice_id": str(n)} for n, t in enumerate(BAD_NUMBERS))))
    assert removed(result) == {"unreadable_price": len(BAD_NUMBERS)}
    ledger = result.ledger
    assert ledger.loc[ledger["rule"] == "unreadable_price", "unreadable_rows"].iloc[0] == len(BAD_NUMBERS)
    assert ledger.loc[ledger["rule"] == "raw_rows", "unreadable_rows"].iloc[0] == len(BAD_NUMBERS)


def test_decimal_comma() -> None:
    texts = ["1,5", "1.234,50 €", "1.5", "(12,5)"]
    assert _prices([*texts[:3]], decimal_mark=",") == [Decimal("1.5"), Decimal("1234.5"), None]


def test_numbers_in_brackets_are_negative() -> None:
    result = clean(table({"quantity": "(3)"}))
    assert removed(result) == {"return": 1}
    assert money(result, "return") == Decimal("-4.5")


def test_amounts_beyond_the_type_are_unreadable_and_do_not_stop_the_run() -> None:
    result = clean(table({"quantity": "99999999999", "unit_price": "99999999999"}))
    assert removed(result) == {"unreadable_price": 1}


def test_a_typed_frame_is_read_as_well_as_text() -> None:
    typed = table({}, {"invoice_id": "501"}).assign(
        timestamp=pd.to_datetime(["2010-12-01 08:26", "2010-12-02 00:00", "2011-06-01 00:00"]),
        quantity=[2.0, 3.0, 1.0], unit_price=[1.5, 0.1, 2.0], customer_id=[7.0, 8.0, 9.0],
    )  # fmt: skip
    result = clean(typed, decimal_mark=",")
    assert result.frame("sales")["amount"].tolist() == [Decimal("3.0000"), Decimal("0.3000"), Decimal("2.0000")]
    assert result.frame("customer_keys")["customer_id"].tolist() == ["7", "8", "9"]


def test_customer_ids_of_one_customer_are_one() -> None:
    result = clean(
        table(*({"customer_id": c, "invoice_id": str(n)} for n, c in enumerate(["7", " 7 ", "7.0", "7.00"])))
    )
    assert sold(result)["customer_key"].nunique() == 1
    assert result.frame("customer_keys")["customer_id"].tolist() == ["7", "keeper"]


def test_lines_without_a_customer_stay_for_baskets() -> None:
    result = clean(table({"customer_id": "N/A"}, {"customer_id": None, "product_id": "B"}))
    assert removed(result) == {}
    assert result.frame("sales")["customer_key"].isna().tolist() == [True, True, False]
    assert money(result, "kept_without_customer") == Decimal(6)


def test_repeats_within_an_invoice_are_repeats() -> None:
    result = clean(table({}, {}, {"product_id": "B"}, {}))
    assert removed(result) == {"duplicate_repeat": 2}
    assert money(result, "duplicate_repeat") == Decimal(6)
    assert removed(clean(table({}, {}, {"product_id": "B"}, {}), repeats="keep")) == {}


def test_lines_that_differ_in_a_blank_are_no_copies() -> None:
    assert removed(clean(table({}, {"description": "red mug "}))) == {}


def test_a_second_extract_of_the_same_days_is_an_overlap() -> None:
    first = [{}, {}, {"product_id": "B"}, {"invoice_id": "501", "timestamp": "2010-12-02"}]
    result = clean(table(*first, *first, {"product_id": "C"}))
    # The extract begins again at line 5: three different lines and one repeat stand in it once more.
    assert removed(result) == {"duplicate_overlap": 4, "duplicate_repeat": 1}
    # Kept as they are, repeats survive once, not once for each extract.
    kept = clean(table(*first, *first, {"product_id": "C"}), repeats="keep")
    assert removed(kept) == {"duplicate_overlap": 4}


def test_a_copy_in_another_file_is_an_overlap() -> None:
    frame = table({}, {}, {}).assign(source_file=["a.csv", "b.csv", "b.csv", "b.csv"], source_line=[2, 2, 3, 4])
    result = clean(frame)
    assert removed(result) == {"duplicate_overlap": 1, "duplicate_repeat": 1}
    assert result.frame("sales")["source_file"].tolist() == ["a.csv", "b.csv"]


def test_an_interleaved_invoice_is_not_an_overlap() -> None:
    result = clean(table({}, {"invoice_id": "501"}, {}))
    assert removed(result) == {"duplicate_repeat": 1}


def test_a_step_back_is_seen_through_a_timestamp_that_cannot_be_read() -> None:
    rows = [{}, {"invoice_id": "501", "timestamp": "2010-12-05"}, {"invoice_id": "502", "timestamp": "?!"}, {}]
    assert removed(clean(table(*rows))) == {"duplicate_overlap": 1, "unreadable_timestamp": 1}


def test_each_rule_takes_its_line() -> None:
    rows = {
        "missing_product": {"product_id": " - "},
        "unreadable_quantity": {"quantity": "two"},
        "outside_date_range": {"timestamp": "2009-11-30 23:59"},
        "adjustment": {"invoice_id": "A506", "unit_price": "-100"},
        "not_a_product": {"product_id": "post"},
        "cancellation_unmatched": {"invoice_id": "c500", "quantity": "-9"},
        "non_positive_price": {"unit_price": "0"},
        "zero_quantity": {"quantity": "0", "unit_price": "2.5"},
        "return": {"quantity": "-1"},
        "no_basket": {"customer_id": "", "invoice_id": None},
        "missing_description": {"description": "?"},
    }
    frame = table(*rows.values())
    options = {
        "first_day": "2009-12-01", "non_product_codes": ["POST"], "non_product_patterns": ["^gift_"],
        "missing_description": "remove", "non_positive_price": "keep",
    }  # fmt: skip
    result = clean(frame, **{**options, "non_positive_price": "remove"})
    expected = dict.fromkeys(rows, 1)
    # A quantity of zero makes an amount of zero, which the price rule takes first.
    assert removed(result) == {**{k: v for k, v in expected.items() if k != "zero_quantity"}, "non_positive_price": 2}
    kept = clean(frame, **options)
    assert removed(kept) == {k: v for k, v in expected.items() if k != "non_positive_price"}
    assert set(rows) < set(cleaning._clean.transactions.RULES)


def test_patterns_and_codes_find_non_products() -> None:
    frame = table({"product_id": "gift_0001_20"}, {"product_id": "GIFT"}, {"product_id": "DOT"}, {"product_id": "D"})
    result = clean(frame, non_product_codes=["dot"], non_product_patterns=["^gift_[0-9]+"])
    assert removed(result) == {"not_a_product": 2}


def test_a_mark_counts_only_before_a_digit() -> None:
    assert removed(clean(table({"invoice_id": "CASH-7"}, {"invoice_id": "Anna"}))) == {}
    assert removed(clean(table({"invoice_id": "C77"}), cancellation_prefix=None)) == {}


CANCEL = {"invoice_id": "C600", "timestamp": "2010-12-09", "quantity": "-2"}


def test_a_cancellation_takes_its_latest_earlier_original_along() -> None:
    result = clean(
        table(
            {"invoice_id": "1", "timestamp": "2010-12-01"}, {"invoice_id": "2", "timestamp": "2010-12-05"},
            {"invoice_id": "3", "timestamp": "2010-12-10"}, CANCEL,
        )
    )  # fmt: skip
    assert removed(result) == {"cancellation": 1, "cancelled_original": 1}
    assert money(result, "cancellation") == Decimal(-3) and money(result, "cancelled_original") == Decimal(3)
    assert sold(result)["source_line"].tolist() == [1, 3]
    back = result.frame("returns")
    assert back[["quantity", "amount", "matched"]].values.tolist() == [[Decimal(2), Decimal(3), True]]
    gone = result.frame("cancelled_originals")
    assert gone["source_line"].tolist() == [2] and str(gone["cancelled_at"].iloc[0]) == "2010-12-09 00:00:00"


@pytest.mark.parametrize(
    "change",
    [
        {"customer_id": "8"},
        {"product_id": "B"},
        {"quantity": "-1"},
        {"unit_price": "1.51"},
        {"timestamp": "2010-11-30"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_cancellation_that_differs_finds_nothing(change: dict) -> None:
    result = clean(table({}, {**CANCEL, **change}))
    assert removed(result) == {"cancellation_unmatched": 1}
    assert not result.frame("returns")["matched"].any()


def test_unknown_customers_are_never_matched() -> None:
    assert removed(clean(table({}, CANCEL, customer_id=None))) == {"cancellation_unmatched": 1}


def _matched_one_by_one(events: list[tuple[int, str]]) -> tuple[set[int], set[int]]:
    """Each cancellation in turn takes the latest original still there: the plain loop that the SQL must equal."""
    order = sorted(range(len(events)), key=lambda i: (events[i][0], events[i][1] != "sale", i))
    waiting: list[int] = []
    originals, cancellations = set(), set()
    for place in order:
        if events[place][1] == "sale":
            waiting.append(place)
        elif waiting:
            originals.add(waiting.pop())
            cancellations.add(place)
    return originals, cancellations


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from(["sale", "cancel"])), min_size=1, max_size=14))
def test_pairing_equals_a_plain_loop(events: list[tuple[int, str]]) -> None:
    rows = [
        {
            "timestamp": f"2010-12-0{day}",
            "invoice_id": f"{'C' if kind == 'cancel' else ''}{n + 1}",
            "quantity": "-2" if kind == "cancel" else "2",
        }
        for n, (day, kind) in enumerate(events)
    ]
    result = clean(table(*rows))
    originals, cancellations = _matched_one_by_one(events)
    gone = {line - 1 for line in result.frame("cancelled_originals")["source_line"]}
    back = result.frame("returns")
    assert gone == originals
    assert {line - 1 for line in back.loc[back["matched"], "source_line"]} == cancellations


def test_without_invoices_a_basket_is_a_customers_day() -> None:
    frame = table({"timestamp": "2010-12-01 08:00"}, {"timestamp": "2010-12-01 20:00"}, {"timestamp": "2010-12-02"},
                  {"customer_id": None}).drop(columns="invoice_id")  # fmt: skip
    result = clean(frame)
    assert sold(result)["basket_key"].tolist() == [1, 1, 2]
    assert removed(result) == {"no_basket": 1}
    assert ("basket_is_customer_day", {}) in result.notes
    assert clean(frame, no_basket="keep").frame("sales")["basket_key"].tolist() == [1, 1, 2, 3, 4]


def test_without_quantity_one_is_assumed() -> None:
    result = clean(table({}).drop(columns="quantity"))
    assert sold(result)["quantity"].tolist() == [1] and sold(result)["amount"].tolist() == [Decimal("1.5")]
    assert ("quantity_assumed_one", {}) in result.notes


def test_without_money_amounts_are_absent() -> None:
    result = clean(table({}, {"product_id": "B"}).drop(columns="unit_price"))
    assert result.frame("sales")["amount"].isna().all()
    assert result.ledger["amount"].isna().all() and result.ledger["unreadable_rows"].sum() == 0
    assert ("no_money", {}) in result.notes


def test_three_columns_are_enough() -> None:
    result = clean(table({}, {"product_id": "B"})[["customer_id", "product_id", "timestamp"]])
    assert len(result.frame("sales")) == 3


def test_the_amount_of_a_line_goes_before_quantity_times_price() -> None:
    result = clean(table({}).assign(line_amount=["2.75", "9"]))
    assert sold(result)["amount"].tolist() == [Decimal("2.75")]
    refund = clean(table({"line_amount": "-4"}).drop(columns=["quantity", "unit_price"]).fillna({"line_amount": "1"}))
    assert removed(refund) == {"return": 1}


def test_display_names_are_the_most_frequent_description() -> None:
    names = ["red mug", "red  mug", "RED MUG", "blue cup", None]
    frame = table(*({"description": n, "invoice_id": str(i)} for i, n in enumerate(names)))
    assert sold(clean(frame))["product"].unique().tolist() == ["red mug"]
    tie = table({"description": "b"}, {"description": "a", "invoice_id": "501"})
    assert sold(clean(tie))["product"].unique().tolist() == ["a"]
    assert sold(clean(table({"description": None})))["product"].tolist() == ["A"]


def test_product_case() -> None:
    frame = table({"product_id": "15056bl"}, {"product_id": "15056BL"})
    assert sold(clean(frame))["product_id"].nunique() == 2
    assert sold(clean(frame, product_case="upper"))["product_id"].unique().tolist() == ["15056BL"]


def test_the_ledger_begins_at_the_lines_of_the_file() -> None:
    counts = {"lines": 9, "header_lines": 1, "rows": 3, "quarantined": 2, "embedded_newlines": 1, "blank": 2}
    result = cleaning.clean({"transactions": table({}, {})}, ingest={"transactions": [counts]})
    ledger = result.ledger
    assert ledger.iloc[0][["kind", "rule", "rows"]].tolist() == ["total", "file_lines", 9]
    assert ledger.loc[ledger["kind"] == "file", "rows"].tolist() == [1, 2, 1]
    assert ledger.loc[ledger["kind"] != "total", "rows"].sum() == 9
    assert ledger.loc[ledger["rule"] == "quarantined", "unreadable_rows"].iloc[0] == 2
    with pytest.raises(AnalysisError, match="ingestion counted 4 rows, the table has 3"):
        cleaning.clean({"transactions": table({}, {})}, ingest={"transactions": [{**counts, "rows": 4}]})


def test_nothing_left_names_the_rules() -> None:
    frame = pd.DataFrame([{**BASE, "timestamp": "01.13.2010"}] * 2 + [{**BASE, "unit_price": "0"}])
    with pytest.raises(AnalysisError, match=r"no sale is left.*duplicate_repeat 1, non_positive_price 1, unreadable"):
        clean(frame)
    with pytest.raises(AnalysisError, match=r"no customer is left.*all 1 lines"):
        clean(pd.DataFrame([{**BASE, "customer_id": None}]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"date_ordr": "dmy"}, "did you mean 'date_order'"),
        ({"date_order": "ymd"}, "choose one of 'dmy', 'mdy'"),
        ({"first_day": "2011-01-01", "last_day": "2010-01-01"}, "is after"),
        ({"first_day": "soon"}, "YYYY-MM-DD"),
        ({"non_product_patterns": ["(["]}, "not a regular expression"),
        ({"non_product_patterns": ["\\d"]}, "backslash"),
        ({"missing": {"feedback": {"rating": "median"}}}, "a target is never imputed"),
        ({"missing": {"customers": {"age": "mean"}}}, "choose one of keep, median"),
        ({"missing": {"sales": {"age": "median"}}}, "names the table 'sales'"),
        ({"iqr_factor": 0}, "above 0"),
        ({"valid_ranges": {"customers": {"age": (9, 1)}}}, "write \\[low, high\\]"),
    ],
)
def test_options_are_checked(options: dict, message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        clean(table({}), **options)


def test_tables_are_checked(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="knows no table 'sales'"):
        cleaning.clean({"sales": table({})})
    with pytest.raises(AnalysisError, match="no column 'product_id'"):
        clean(table({}).drop(columns="product_id"))
    with pytest.raises(AnalysisError, match="has a header but no row"):
        clean(table({}).iloc[:0])
    with pytest.raises(AnalysisError, match="no such file"):
        cleaning.clean({"transactions": tmp_path / "raw.parquet"})
    with pytest.raises(AnalysisError, match="not unique"):
        clean(table({}, {}).assign(source_file="a", source_line=1))


def test_the_callers_frame_is_not_changed() -> None:
    frame = table({}, {})
    before = frame.copy(deep=True)
    clean(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_files_do_not_depend_on_threads_or_the_order_of_rows_given(tmp_path: Path) -> None:
    frame = pd.concat(
        [table(*({"invoice_id": str(n % 97), "product_id": str(n % 13), "quantity": str(n % 7)} for n in range(900)))]
    ).assign(source_file="a.csv", source_line=range(2, 903))
    found = []
    for threads, rows in ((1, frame), (2, frame), (2, frame.sample(frac=1, random_state=1))):
        result = cleaning.clean({"transactions": rows}, threads=threads)
        folder = tmp_path / str(len(found))
        result.write(folder)
        found.append({p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())})
    assert found[0] == found[1] == found[2]


DIRTY = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(["1", "2", "2.0", None, "n/a"]),
        "product_id": st.sampled_from(["A", "B", "POST", None]),
        "timestamp": st.sampled_from(["2010-12-01", "2/12/2010 8:26", "2010-12-03", "never", None]),
        "invoice_id": st.sampled_from(["1", "2", "C3", "C4", "A5", None]),
        "quantity": st.sampled_from(["1", "2", "-1", "-2", "0", "x", None]),
        "unit_price": st.sampled_from(["1.25", "£0.10", "0", "-3", "1,000.333", "y", None]),
    }
)


def _read(row: dict, column: str) -> Decimal | None:
    known = {"£0.10": "0.10", "1,000.333": "1000.333"}
    try:
        return Decimal(known.get(row[column], row[column]))
    except (TypeError, ArithmeticError):
        return None


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(DIRTY, min_size=1, max_size=40), st.sampled_from(["remove", "keep"]))
def test_the_ledger_closes_on_any_table(rows: list[dict], repeats: str) -> None:
    frame = pd.DataFrame([*rows, {**rows[0], **{k: BASE[k] for k in rows[0]}, "customer_id": "keeper"}])
    result = clean(frame, repeats=repeats, non_product_codes=["POST"])
    ledger = result.ledger
    parts = ledger[ledger["kind"].isin(["removed", "kept"])]
    products = [(_read(row, "quantity"), _read(row, "unit_price")) for row in [*rows, BASE]]
    amounts = [None if None in pair else pair[0] * pair[1] for pair in products]
    assert parts["rows"].sum() == len(frame)
    assert parts["unreadable_rows"].sum() == amounts.count(None)
    assert parts["amount"].sum() == sum(a for a in amounts if a is not None)
    sales = result.frame("sales")
    kept = ledger[ledger["kind"] == "kept"]
    assert (kept["rows"].sum(), kept["amount"].sum()) == (len(sales), sales["amount"].sum())
    if repeats == "remove":
        copies = Counter(tuple(row.items()) for row in rows)
        gone = parts[parts["rule"].isin(["duplicate_overlap", "duplicate_repeat"])]["rows"].sum()
        assert gone == sum(n - 1 for n in copies.values())
