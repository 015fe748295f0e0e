"""Pages in several languages: numbers, dates and money as the language writes them, and words from its catalogues."""

from __future__ import annotations

import re
from datetime import date, datetime

import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.findings.labels import LABELS, labels
from analysis.report.blocks import Column, Definition, Figure, KeyFigure, Table, blocks, from_dict, sentence
from analysis.report.changes import Change, describe
from analysis.report.csvfile import csv_bytes
from analysis.report.dates import format_date
from analysis.report.document import Document, title_in
from analysis.report.formatting import Style, format_cell, format_value
from analysis.report.language import (
    Link,
    catalogue,
    file_in,
    in_language,
    languages,
    links_to,
    take_missing,
    translate,
)
from analysis.report.messages import message_text, said
from analysis.report.page import Site, render
from analysis.report.translation import translated
from analysis.report.values import (
    Value,
    count,
    day,
    days,
    listing,
    money,
    month,
    p_value,
    percent,
    points,
    term,
    text,
    times,
)
from analysis.report.wording import message, phrase

CHINESE = Style(currency="GBP", language="zh-Hans", names={"recency_days": "距上次购买的天数", "frequency": "订单数"})


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (percent(0.521, 0.49, 0.55), "52%（95%区间49%至55%）"),
        (percent(0.0004), "0.04%"),
        (percent(0.000004), "不到0.01%"),
        (percent(0.99996), "99.99%以上"),
        (points(0.041), "4.1个百分点"),
        (times(2.3, 1.9, 2.8), "2.30倍（95%区间1.90至2.80倍）"),
        (days(12), "12天"),
        (count(1234567), "1,234,567"),
        (money(762.27), "762英镑"),
        (money(9999.4), "9,999英镑"),
        (money(9999.6), "1.00万英镑"),
        (money(58_290), "5.83万英镑"),
        (money(582_901, 544_837, 618_973), "58.29万英镑（95%区间54.48万至61.90万英镑）"),
        (money(8_280_000), "828.0万英镑"),
        (money(10_400, 5_253, 17_600), "1.04万英镑（95%区间5,253至17,600英镑）"),
        (money(82_800_000), "8,280万英镑"),
        (money(1.2345e8), "1.23亿英镑"),
        (money(-1_234_567), "−123.5万英镑"),
        (p_value(0.0004), "p < 0.001"),
        (Value("money", None), "–（无数据）"),
        (Value("text", True), "是"),
        (listing(["recency_days"]), "距上次购买的天数"),
        (listing(["a", "b", "recency_days"]), "a、b和距上次购买的天数"),
        (day(date(2025, 12, 20)), "2025年12月20日"),
    ],
)
def test_values_in_chinese(value: Value, written: str) -> None:
    assert format_value(value, CHINESE).replace("\N{NO-BREAK SPACE}", " ") == written


@pytest.mark.parametrize(
    ("currency", "written"), [("CNY", "12.50元"), ("JPY", "12日元"), ("USD", "12.50美元"), (None, "12.50")]
)
def test_the_currency_follows_the_amount(currency: str | None, written: str) -> None:
    assert format_value(money(12.5), Style(currency=currency, language="zh-Hans")) == written


def test_dates_in_chinese() -> None:
    assert format_date(datetime(2025, 1, 2, 8, 5), "zh-Hans") == "2025年1月2日08:05"
    assert format_date("2025-01-01", "zh-Hans", short=True, month=True) == "2025年1月"
    assert format_cell(date(2025, 1, 2), "date", CHINESE) == "2025年1月2日"
    assert format_value(month(date(2025, 1, 2)), CHINESE) == "2025年1月"
    assert format_value(month(date(2025, 1, 2)), Style()).replace("\xa0", " ") == "January 2025"


def test_a_value_in_brackets_opens_no_second_pair() -> None:
    words = message("Key figures ({share})", share=percent(0.5, 0.4, 0.6))
    assert (
        message_text(words, Style()).replace("\N{NO-BREAK SPACE}", " ")
        == "Key figures (50 %, 95 % interval 40 to 60 %)"
    )


def test_phrases_are_translated_within_a_sentence_and_data_is_not() -> None:
    words = message("{label}: {value}", label=phrase("Key figures"), value=text("Key figures"))
    assert message_text(words, CHINESE) == "关键指标：Key figures"
    nested = message(
        "{label}: {value}",
        label=phrase(message("Data as of {date}", date=day(date(2025, 1, 2)))),
        value=term("frequency"),
    )
    assert message_text(nested, CHINESE) == "数据截至2025年1月2日：订单数"


def test_blocks_keep_phrases_on_their_way_through_json() -> None:
    cells = [message("{low} to {high}", low=count(1), high=count(5)), "Key figures", None]
    table = Table(
        "t", message("Key figures"), pd.DataFrame({"a": cells, "b": ["Change", "Change", "Change"]}),
        {"a": Column("Key figure", "phrase"), "b": Column(message("{label}:", label=phrase("Change")), "text")},
        order="All rows:",
    )  # fmt: skip
    for block in (table, from_dict(table.to_dict())):
        shown = translated(block, CHINESE)
        assert list(shown.data["a"].dropna()) == ["1至5", "关键指标"] and len(shown.data) == 3
        assert list(shown.data["b"]) == ["Change"] * 3  # data stays as it is
        assert [str(column.label) for column in shown.columns.values()] == ["关键指标", "变化："]
        assert {column.kind for column in shown.columns.values()} == {"text"}
        assert shown.order == "全部行："
        assert csv_bytes(shown.data, shown.columns, CHINESE).decode("utf-8-sig").splitlines()[0] == "关键指标,变化："
    assert list(translated(table, Style()).data["a"].dropna()) == ["1 to 5", "Key figures"]


def test_every_label_of_a_figure_is_translated() -> None:
    figure = Figure(
        "f", "bar", message("Key figures"), message("Change"), "Key figures",
        pd.DataFrame({"category": ["x"], "value": [1.0]}),
        {"category": Column("Key figure"), "value": Column("Value", "number", unit="days")},
        options={"reference": 1, "reference_label": "Change", "marks": [{"x": 1, "label": "Before"}], "scale": "no"},
    )  # fmt: skip
    shown = translated(figure, CHINESE)
    assert shown.description == "关键指标" and shown.columns["value"].unit == "天"
    assert shown.options == {
        "reference": 1,
        "reference_label": "变化",
        "marks": [{"x": 1, "label": "之前"}],
        "scale": "no",
    }
    assert figure.options["reference_label"] == "Change"


def test_a_page_says_what_has_no_translation() -> None:
    take_missing("zh-Hans")  # what other tests left
    document = Document("topic", "…", (("markdown", "# …"), sentence("s", "No catalogue has this sentence.")))
    page = render(document, style=CHINESE, site=Site())
    assert page.warnings == ("no zh-Hans translation of 'No catalogue has this sentence.'",)
    assert render(document, style=Style(), site=Site()).warnings == ()


def test_the_same_document_in_two_languages() -> None:
    items = (
        ("markdown", "# …\n\n"),
        *blocks(
            KeyFigure("k", "Key figure", percent(0.25), "m.v1"),
            sentence("s", "Data as of {date}", role="lead", date=day(date(2025, 12, 20))),
            Definition("d", "Key figure", message("Key figures")),
        ),
    )
    document = Document("topic", "…", items, {"as_of": "2025-12-20", "profile_title": "商店 Shop", "synthetic": True})
    link = (Link("en", "topic.html"),)
    html = render(document, style=CHINESE, site=Site(index_href="../index.html", languages=link)).html
    assert '<html lang="zh-Hans">' in html and 'hreflang="en" lang="en">English</a>' in html
    assert "数据截至2025年12月20日" in html and "合成数据" in html and "25%" in html
    words = re.sub(r"<[^>]+>", " ", html.partition("<body>")[2])
    assert not re.search(r"\b(?:the|of|and|Method|Terms)\b", words)
    english = render(
        document, style=Style(currency="GBP"), site=Site(languages=(Link("zh-Hans", "topic.zh-Hans.html"),))
    ).html
    assert '<span lang="zh-Hans">商店</span> Shop' in english and 'lang="zh-Hans">中文</a>' in english


def test_files_and_links_of_languages() -> None:
    known = ("zh-Hans", "en")
    assert [file_in("rules", language, known) for language in known] == ["rules.html", "rules.en.html"]
    assert links_to("rules", "en", known) == (Link("zh-Hans", "rules.html"),)
    assert links_to("rules", "en", ("en",)) == ()


def test_names_of_people_may_differ_by_language() -> None:
    assert in_language({"en": "Shop", "zh-Hans": "商店"}, "zh-Hans") == "商店"
    assert in_language({"en": "Shop"}, "zh-Hans") == "Shop"


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    assert languages()[0] == "en" and "zh-Hans" in languages()
    with pytest.raises(AnalysisError, match="no catalogue for it"):
        catalogue("xx")


def test_untranslated_texts_are_remembered_once() -> None:
    take_missing("zh-Hans")
    for _ in range(2):
        assert translate("There is no such text", "zh-Hans") == "There is no such text"
    assert take_missing("zh-Hans") == ("There is no such text",)
    assert take_missing("zh-Hans") == ()


def test_every_display_name_has_a_translation() -> None:
    take_missing("zh-Hans")
    names = labels(lambda words: translate(words, "zh-Hans"))
    assert names.keys() == LABELS.keys()
    assert take_missing("zh-Hans") == ()


def test_the_title_of_a_page_is_its_first_heading() -> None:
    document = Document("topic", "Key figures", (("markdown", "# Key figures\n\nMore."),))
    assert title_in(document, "en") == "Key figures"
    assert title_in(Document("topic", "Key figures", ()), "zh-Hans") == "关键指标"


def test_changes_in_chinese() -> None:
    words = describe(percent(0.5), Change(percent(0.46), "previous version"), direction="up", style=CHINESE)
    assert words.words == "上升4.0个百分点，此前为46%，向好（对比上一版本）"
    assert said("its definition changed", CHINESE) == "指标定义已改变"
