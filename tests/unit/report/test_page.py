"""Pages: one file that needs nothing, says everything and leaks nothing."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.report import charts
from analysis.report.blocks import Column, Definition, KeyFigure, Note, Table, blocks, sentence
from analysis.report.formatting import Style
from analysis.report.page import (
    Change,
    Document,
    RenderedPage,
    Site,
    fragment,
    read_document,
    render,
    set_context,
)
from analysis.report.values import count, money, percent, term, text
from analysis.report.wording import message

STYLE = Style(currency="GBP", names={"loyal": "Loyal customers"})
PROVENANCE: dict[str, Any] = {
    "as_of": "2026-11-21",
    "profile": "demo",
    "profile_title": "示例 shop",
    "synthetic": True,
    "seed": 7,
    "data": {
        "hash": "d" * 64,
        "files": [{"file": "/home/me/raw/sales.csv", "table": "transactions", "rows": 70000, "sha256": "f"}],
    },
    "parameters": {
        "hash": "p" * 64,
        "values": {"clustering": {"k_max": 8, "columns": ["a", "b"], "log": True, "cut": None}},
    },
    "code": {"hash": "c" * 64},
    "checks": ["the ledger closes", {"name": "claims", "detail": "12 hold"}],
}


class Outline(HTMLParser):
    """Tags, ids, links and headings of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        values = dict(attrs)
        self.attributes.append((tag, values))
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))


def document(examples: ModuleType, *more: Any) -> Document:
    segments = pd.DataFrame({"s": ["loyal", "=new", "rare"], "n": [40, 20, 2]})
    items = (
        ("markdown", "# Who are our best customers?\n\nWhat this page answers.\n\n## Who brings *it*\n\nProse."),
        KeyFigure("top", "Share of the top tenth", percent(0.521, 0.49, 0.55), "x.top.v1", n=1500, direction="up"),
        KeyFigure("total", "Revenue", money(12_345_678), "x.total.v1"),
        sentence("lead", "The top tenth bring {share} of revenue.", role="lead", share=percent(0.521)),
        sentence("finding", "Their silhouette is clear; silhouette means {what}.", what=text("<b>bold</b> 红色")),
        sentence("act", "Write to {who} first.", role="action", who=term("loyal")),
        sentence("act_too", "Leave the others alone.", role="action"),
        Note("warned", message("Ratings are missing."), role="warning"),
        Note("how", message("Segments by k-means.")),
        Note("limit", message("Association is not cause."), role="limit"),
        Definition("term_silhouette", "silhouette", message("How much closer a customer is to the own segment.")),
        Table("segments", message("Segments"), segments,
              {"s": Column("Segment", "term"), "n": Column("Customers", "count")}, order="n", group_size="n"),
        ("markdown", "## Every chart\n\n#### A level skipped"),
        *examples.FIGURES.values(),
        *more,
    )  # fmt: skip
    return Document("clustering", "Who are our best customers?", items, PROVENANCE)


SITE = Site(
    index_href="../../index.html",
    siblings=(("clustering", "Customers", "clustering.html"), ("rules", "Products", "rules.html")),
    version="2026-11-21-ab12",
    changes={"x.top.v1": Change(percent(0.48), "version of 31 October 2026")},
)


@pytest.fixture(scope="module")
def page(examples: ModuleType) -> RenderedPage:
    return render(document(examples), style=STYLE, site=SITE)


def visible(html: str) -> str:
    body = re.sub(r"<(style|title|desc)\b.*?</\1>", "", html.partition("<body>")[2], flags=re.DOTALL)
    return re.sub(r"<[^>]+>", "", body)


def test_a_page_is_one_small_file_without_script_or_request(page: RenderedPage) -> None:
    outline = Outline(page.html)
    assert len(page.html.encode()) < 500_000 and not page.warnings and not page.files
    assert outline.tags["script"] == outline.tags["img"] == outline.tags["iframe"] == 0
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page.html
    outside = [link for link in outline.links if not link.startswith(("#", "data:"))]
    assert outside == ["../../index.html", "../../index.html", "rules.html"]
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org/)", page.html)
    assert not any(name.startswith("on") for _, attributes in outline.attributes for name in attributes)


def test_ids_are_unique_and_links_lead_somewhere(page: RenderedPage) -> None:
    outline = Outline(page.html)
    assert [name for name, times in Counter(outline.ids).items() if times > 1] == []
    assert {link[1:] for link in outline.links if link.startswith("#")} <= set(outline.ids)
    referenced = {name for _, attributes in outline.attributes for key in ("aria-labelledby", "aria-describedby")
                  for name in (attributes.get(key) or "").split()}  # fmt: skip
    assert referenced <= set(outline.ids)


def test_headings_make_an_outline(page: RenderedPage) -> None:
    levels = Outline(page.html).headings
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(second <= first + 1 for first, second in pairwise(levels))


def test_parts_stand_in_the_readers_order(page: RenderedPage) -> None:
    words = visible(page.html).replace("\xa0", " ")
    order = ["Skip to the content", "All reports", "Synthetic data", "What this page answers", "The top tenth bring",
             "Share of the top tenth", "up 4.1",
             "Prose.", "What to do", "loyal customers", "Ratings are missing", "Method and limits",
             "Segments by k-means", "Association is not cause", "How much closer", "Where these numbers come from",
             "Products"]  # fmt: skip
    place = 0
    for part in order:  # each after the one before it
        assert part in words[place:], part
        place = words.index(part, place) + len(part)
    assert page.html.index('class="skip"') < page.html.index("<header")
    assert "52\xa0%</dd>" in page.html and "95 % interval 49 to 55 %" in words and "£12.3" in words


def test_tables_and_figures_are_complete(page: RenderedPage, examples: ModuleType) -> None:
    outline = Outline(page.html)
    assert outline.tags["table"] == outline.tags["caption"]
    assert all(attributes.get("scope") in {"col", "row"} for tag, attributes in outline.attributes if tag == "th")
    assert all(attributes.get("tabindex") == "0" and attributes.get("aria-labelledby")
               for _, attributes in outline.attributes if attributes.get("class") == "scroll")  # fmt: skip
    figures = re.findall(r"<figure.*?</figure>", page.html, flags=re.DOTALL)
    assert len(figures) == len(examples.FIGURES)
    for figure in figures:
        assert all(
            part in figure for part in ("<figcaption>", 'role="img"', "<desc ", "<table>", "text/csv", "Source: ")
        )


def test_files_have_as_many_rows_as_their_links_say(page: RenderedPage, examples: ModuleType) -> None:
    links = re.findall(r'base64,([^"]+)" download="[^"]+">[^<]*?(\d+) × (\d+)\)', page.html)
    assert len(links) == len(examples.FIGURES) + 1
    for content, rows, columns in links:
        raw = base64.b64decode(content)
        lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
        assert raw.startswith(b"\xef\xbb\xbf") and raw.endswith(b"\r\n") and len(lines) == int(rows) + 1
        assert {len(line) for line in lines} == {int(columns)}
    assert "'=new" in "".join(base64.b64decode(content).decode("utf-8-sig") for content, *_ in links)


def test_what_comes_from_data_is_escaped_and_marked(page: RenderedPage) -> None:
    assert '&lt;b&gt;bold&lt;/b&gt; <span lang="zh-Hans">红色</span>' in page.html
    bare = re.sub(r"<(\w+)[^>]*\blang=\"zh-Hans\"[^>]*>.*?</\1>", "", page.html.partition("<body>")[2])
    assert not re.search("[一-鿿]", re.sub(r"<(title|desc)\b.*?</\1>", "", bare))


def test_small_groups_and_paths_stay_out(page: RenderedPage) -> None:
    words = visible(page.html)
    assert "rare" not in words and "1 row about fewer than 5 customers is withheld" in words
    assert "/home" not in page.html and "sales.csv" in words
    assert "clustering" in words and "k_max" in words and "not set" in words


def test_a_term_is_linked_where_it_first_appears(page: RenderedPage) -> None:
    assert page.html.count('href="#term_silhouette"') == 1
    assert 'Their <a class="term" href="#term_silhouette">silhouette</a> is clear; silhouette means' in page.html


def test_the_same_document_gives_the_same_bytes(page: RenderedPage, examples: ModuleType) -> None:
    assert render(document(examples), style=STYLE, site=SITE).html == page.html


def test_charts_of_a_page_can_stand_for_those_of_the_next(
    page: RenderedPage, examples: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = charts.drawn_in(page.html)
    assert len(drawn) > 1
    monkeypatch.setattr(charts, "draw", lambda figure, _: pytest.fail(f"{figure.id} was drawn again"))
    assert render(document(examples), style=STYLE, site=SITE, drawn=drawn).html == page.html


def test_a_built_page_knows_no_history(examples: ModuleType) -> None:
    html = render(document(examples), style=STYLE).html
    assert "version of" not in html and "All reports" not in html and 'class="change' not in html


def test_long_tables_lie_beside_the_page(examples: ModuleType) -> None:
    long = Table(
        "long", message("Everything"), pd.DataFrame({"n": range(1500)}), {"n": Column("N", "count")}, order="n"
    )
    page = render(document(examples, long), style=STYLE, site=Site(csv_folder="files/"))
    assert list(page.files) == ["files/clustering-long.csv"]
    assert 'href="files/clustering-long.csv"' in page.html
    assert "The first 25 of 1,500 rows, ordered by n." in visible(page.html)


def test_too_many_leads_and_double_ids_are_errors(examples: ModuleType) -> None:
    leads = [sentence(f"more_{letter}", "Another.", role="lead") for letter in "abc"]
    with pytest.raises(AnalysisError, match="'clustering' has 4 lead sentences"):
        render(document(examples, *leads), style=STYLE)
    with pytest.raises(AnalysisError, match="two blocks with the id 'top'"):
        render(document(examples, KeyFigure("top", "Again", count(1), "x.y.v1")), style=STYLE)


def test_a_document_is_read_and_its_claims_checked_again(tmp_path: Path) -> None:
    block = sentence("s", "More than half: {share}.", claim="share > 0.5", share=percent(0.6)).to_dict()
    content = {
        "topic": "rules",
        "number": 6,
        "title": "T",
        "items": [{"markdown": "# T"}, {"block": block}],
        "provenance": {},
    }
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    read = read_document(path, extra={"as_of": "2026-01-01"})
    assert read.items[0] == ("markdown", "# T") and read.provenance["as_of"] == "2026-01-01"
    block["message"]["arguments"]["share"]["value"] = 0.4
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(AnalysisError, match="is false"):
        read_document(path)
    with pytest.raises(AnalysisError, match=r"absent\.json does not exist"):
        read_document(tmp_path / "absent.json")
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(AnalysisError, match=r"rules\.json is not a document of blocks"):
        read_document(path)


def test_jupyter_shows_every_block(examples: ModuleType) -> None:
    set_context(STYLE)
    items = [item for item in document(examples).items if not isinstance(item, tuple)]
    html = fragment(blocks(items))
    set_context(Style())
    for part in ("Share of the top tenth", "The top tenth bring", "loyal customers", "Ratings are missing",
                 "Segments by k-means", "Association is not cause", "How much closer", "<svg", "<table>"):  # fmt: skip
        assert part in html
    assert 'body[data-jp-theme-light="false"] .analysis-blocks' in html
    assert html.count("<style>") == 1 and "<script" not in html
    # JupyterLab floats terms and sets cells to the right, by selectors of two classes and an element.
    assert re.search(r"\.keys dt, \.analysis-blocks \.keys dd \{ float: none; width: auto;", html)
    assert ".analysis-blocks.analysis-blocks td { text-align: left;" in html
    selectors = re.findall(
        r"([^{}@]+)\{", re.sub(r"@container [^{]*\{", "", html.partition("<style>")[2].partition("</style>")[0])
    )
    assert all(".analysis-blocks" in part for selector in selectors for part in selector.split(","))
