"""Every check finds the fault that it is for: a small page without faults, spoiled in one place."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from analysis.report.blocks import Column
from analysis.report.document import Document
from analysis.report.formatting import Style
from analysis.report.page import render
from browser.checks import CHECKS
from browser.opened import Opened
from unit.report.chart_examples import figure

LONG = "words that need more room than they have " * 3
#: What takes the place of the first match of a pattern, by the check that must find it.
SPOILED = {
    "T01": (r"</main>", lambda _: f"<p hidden>{'x' * 500_000}</p></main>"),
    "T02": (r"</main>", "<p>ValueError: nothing in /home/me</p></main>"),
    "T03": (r'<html lang="en"', '<html lang="zh-Hans"'),
    "T04": (r"<svg[^>]*>", '<svg role="img" viewBox="0 0 9 9" aria-label="figure 1">'),
    "T05": (r"(?s)<figcaption>.*?</figcaption>", ""),
    "T06": (r'<th scope="col"', "<th"),
    "T07": (r"</main>", '<p id="main">Twice</p></main>'),
    "T08": (r"</main>", '<p style="color: #999; background: #fff">Grey words</p></main>'),
    "T09": (r"</svg>", '<text x="60" y="60" style="fill: #ddd; font-size: 14px">pale words</text></svg>'),
    "T10": (r"</head>", "<style>html, body, main { background: #fff !important }</style></head>"),
    "T11": (r"</main>", '<div style="width: 700px">Wide</div></main>'),
    "T12": (r"</main>", f'<p style="height: 1.2em; width: 20em; overflow: hidden">{LONG}</p></main>'),
    "T13": (r"</main>", "<script>1</script></main>"),
    "T14": (r'class="skip"', 'class="jump"'),
    "T15": (r"2 × 2\)", "3 × 2)"),
    "T16": (r"</main>", '<h2 style="break-before: page">Alone</h2><p style="break-before: page">Next</p></main>'),
    "T17": (r"</main>", '<img src="beside.png" alt="A picture beside the page"></main>'),
    "T18": (r"</main>", "<p>没有标明的中文</p></main>"),
    "T19": (r"</svg>", '<text x="60" y="60" style="font-size: 4px">tiny words</text></svg>'),
    "P2": (r'<td class="n">34', '<td class="n">35'),
    "P5": (r"</main>", '<h3 style="width: 6em; overflow-wrap: anywhere">1,234.5&nbsp;percentages</h3></main>'),
}


@pytest.fixture(scope="module")
def html() -> str:
    rows = pd.DataFrame({"category": ["tea", "围巾"], "value": [12.0, 34.0]})
    bars = figure("bars", "bar", rows, {"category": Column("Product"), "value": Column("Sold", "count")})
    items = (("markdown", "# What sells?\n\nTwo products."), ("markdown", "## Products"), bars)
    document = Document("rules", "What sells?", items, {"as_of": "2026-01-31", "profile": "small"})
    return render(document, style=Style(currency="GBP")).html


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_finds_its_fault_and_no_other(
    check: str, html: str, tmp_path: Path, opened: Callable[[Path], Opened]
) -> None:
    pattern, spoiled = SPOILED[check]
    assert re.search(pattern, html)
    (tmp_path / "good.html").write_text(html, encoding="utf-8")
    (tmp_path / "spoiled.html").write_text(re.sub(pattern, spoiled, html, count=1), encoding="utf-8")
    assert list(CHECKS[check](opened(tmp_path / "good.html"))) == []
    assert list(CHECKS[check](opened(tmp_path / "spoiled.html")))


def test_english_on_a_chinese_page_is_found(html: str, tmp_path: Path, opened: Callable[[Path], Opened]) -> None:
    words = '<html lang="zh-Hans"><title>卖得最好的商品</title><main><h1>哪些商品卖得好？</h1><p>围巾卖得最好。</p>'
    for name, text, faults in (
        ("good", "<p>另有 Tea and coffee 一类商品。</p>", 0),
        ("marked", '<p>他说：<q lang="en">it is the best of them</q></p>', 0),
        ("sentence", "<p>The best of them is a scarf, and it is sold out.</p>", 1),
        ("heading", "<h2>What is to be done</h2>", 1),
    ):
        (tmp_path / f"{name}.zh-Hans.html").write_text(words + text + "</main></html>", encoding="utf-8")
        assert len(list(CHECKS["T03"](opened(tmp_path / f"{name}.zh-Hans.html")))) == faults, name
