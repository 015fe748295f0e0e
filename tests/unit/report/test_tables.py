"""Tables and their files: what is shown, what is withheld, what a spreadsheet reads."""

from __future__ import annotations

import base64
import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.report.blocks import Column, Table
from analysis.report.csvfile import csv_bytes, neutral
from analysis.report.formatting import Style
from analysis.report.messages import format_message, message_text
from analysis.report.tables import table_view
from analysis.report.values import text
from analysis.report.wording import message

STYLE = Style(currency="GBP", names={"loyal": "Loyal customers"}, min_group_size=5)


def read(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_file_holds_values_as_stored_with_bounds_and_names() -> None:
    data = pd.DataFrame({"s": ["loyal", "other"], "v": [1 / 3, float("nan")], "lo": [0.1, 0.2], "hi": [0.5, 0.6]})
    columns = {"s": Column("Segment", "term"), "v": Column("Share", "percent", low="lo", high="hi")}
    content = csv_bytes(data, columns, STYLE)
    assert content.count(b"\r\n") == 3 and content.count(b"\n") == 3
    assert read(content) == [
        ["Segment", "Share", "Share, lower bound", "Share, upper bound"],
        ["Loyal customers", "0.3333333333", "0.1", "0.5"],
        ["other", "", "0.2", "0.6"],
    ]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", " =", "\n"])
def test_text_is_never_a_formula(sign: str) -> None:
    data = pd.DataFrame({"t": [f"{sign}1+1"], "n": [-1.5]})
    rows = read(csv_bytes(data, {"t": Column("=Text"), "n": Column("N", "number")}, STYLE))
    assert rows[0][0] == "'=Text"
    assert rows[1] == [f"'{sign}1+1", "-1.5"]


@given(st.text())
def test_neutral_text_keeps_its_words(words: str) -> None:
    assert neutral(words) in (words, "'" + words)
    assert not neutral(words).startswith(("=", "+", "-", "@"))


def test_small_groups_are_withheld_from_page_and_file() -> None:
    data = pd.DataFrame({"s": ["big", "tiny", "empty"], "n": [10, 4, 0]})
    view = table_view(data, {"s": Column("S"), "n": Column("Customers", "count")}, STYLE, name="t", group_size="n")
    assert [str(row[0]) for row in view.rows] == ["big", "empty"]
    assert view.withheld == 1
    assert b"tiny" not in base64.b64decode(view.download.href.partition("base64,")[2])


def test_long_tables_go_to_a_file_beside_the_page() -> None:
    data = pd.DataFrame({"n": range(1001)})
    view = table_view(data, {"n": Column("N", "count")}, STYLE, name="long", folder="files/")
    assert len(view.rows) == 25 and not view.complete and view.total == 1001
    assert view.download.href == "files/long.csv" and view.download.size == "1001 × 1"
    assert view.download.content is not None and len(read(view.download.content)) == 1002
    whole = table_view(data[:1000], {"n": Column("N", "count")}, STYLE, name="long")
    assert whole.complete and len(whole.first) == 25 and whole.download.content is None


def test_cells_line_up_and_say_their_interval() -> None:
    data = pd.DataFrame({"m": [1234.5, -20.0, None], "lo": [1200.0, -40.0, None], "hi": [1300.0, -5.0, None]})
    view = table_view(data, {"m": Column("Revenue", "money", low="lo", high="hi")}, STYLE, name="t")
    assert str(view.heads[0].unit) == "£" and view.heads[0].numeric and not view.headed
    cells = [str(row[0]) for row in view.rows]
    assert cells[1] == '−20<span class="between">−40 to −5</span>'
    assert cells[2] == '–<span class="sr"> not available</span>'


def test_months_are_written_as_months() -> None:
    view = table_view(
        pd.DataFrame({"d": ["2026-01-01", "2026-02-01"]}), {"d": Column("Month", "date")}, STYLE, name="t"
    )
    assert [str(row[0]).replace("\xa0", " ") for row in view.rows] == ["Jan 2026", "Feb 2026"]


def test_figures_of_very_different_size_keep_their_digits():
    data = pd.DataFrame({"name": ["share", "spend"], "value": [0.0271, 2830.4], "low": [0.0249, 2550.0],
                         "high": [0.0292, 3357.0]})  # fmt: skip
    columns = {"name": Column("Column"), "value": Column("Mean", "number", low="low", high="high")}
    view = table_view(data, columns, Style(), name="means")
    assert "0.027" in view.rows[0][1]
    assert "0.025 to 0.029" in view.rows[0][1]
    assert "2,830" in view.rows[1][1]
    assert "2,830.4" not in view.rows[1][1]


def test_rows_of_different_kinds_carry_their_own_units():
    data = pd.DataFrame({"name": ["spend", "days", "share", "none"], "kind": ["money", "days", "percent", "days"],
                         "value": [2830.4, 201.0, 0.0271, None], "low": [2550.0, 196.0, 0.0249, None],
                         "high": [3357.0, 206.0, 0.0292, None]})  # fmt: skip
    columns = {"name": Column("Column"), "value": Column("Mean", "number", low="low", high="high", kinds="kind")}
    view = table_view(data, columns, Style(currency="GBP"), name="means")
    cells = [row[1].replace("\xa0", " ") for row in view.rows]
    assert "£2,830" in cells[0]
    assert "£2,550 to £3,357" in cells[0]
    assert "201 days" in cells[1]
    assert "2.7 %" in cells[2]
    assert "not available" in cells[3]
    with pytest.raises(ValueError, match="lacks"):
        Table("means", message("Means"), data, {"value": Column("Mean", "number", kinds="absent")})


def test_a_very_long_name_is_cut_on_the_page_and_whole_in_the_file() -> None:
    name = "PACK OF TWELVE " * 10 + "NAPKINS"
    rules = pd.DataFrame({"rule": [f"{name} → MUG", "MUG → CUP"], "n": [7, 8]})
    view = table_view(rules, {"rule": Column("Rule"), "n": Column("Baskets", "count")}, STYLE, name="t")
    cell = str(view.rows[0][0])
    assert cell.endswith("… → MUG</span>") and f'title="{name} → MUG"' in cell and len(view.rows[0][0].striptags()) < 90
    assert read(base64.b64decode(view.download.href.partition("base64,")[2]))[1][0] == f"{name} → MUG"
    assert (view.heads[0].look, view.heads[1].look) == ("broad", "n")
    sentence = message("Offer {product}.", product=text(name))
    assert format_message(sentence, STYLE).endswith("….") and name in message_text(sentence, STYLE)
    short = table_view(rules[1:], {"rule": Column("Rule")}, STYLE, name="t")
    assert str(short.rows[0][0]) == "MUG → CUP" and short.heads[0].look == ""
