"""P3 of the acceptance suite: charts drawn on a machine without a Chinese font hold their Chinese words as text."""

from __future__ import annotations

import re

import pytest
from matplotlib import font_manager

from analysis.report.formatting import Style
from analysis.report.page import render
from browser.hostile import documents

CHINESE = re.compile(r"[\u3400-\u9fff]{2,}")


def drawn() -> dict[str, str]:
    style = Style(currency="GBP")
    return {name: render(documents()[name], style=style).html for name in ("charts", "sixty", "one")}


def test_chinese_words_are_text_in_charts_without_a_chinese_font(monkeypatch: pytest.MonkeyPatch) -> None:
    fonts = font_manager.fontManager
    with_fonts = drawn()
    monkeypatch.setattr(fonts, "ttflist", [font for font in fonts.ttflist if "mpl-data" in font.fname])
    assert fonts.ttflist and not any("CJK" in font.name for font in fonts.ttflist)
    fonts._findfont_cached.cache_clear()
    try:
        without = drawn()
    finally:
        fonts._findfont_cached.cache_clear()
    for name, html in without.items():
        texts = "".join(re.findall(r"(?s)<text\b.*?</text>", html))
        assert CHINESE.search(texts), f"{name}: no Chinese in the texts of its charts"
        assert html == with_fonts[name], "a page must not depend on the fonts of the machine that drew it"
    assert "高价值客户" in re.sub(r"<[^>]+>", "", "".join(re.findall(r"(?s)<text\b.*?</text>", without["charts"])))
