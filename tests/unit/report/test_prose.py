"""Markdown cells: harmless, and with headings that make an outline."""

from __future__ import annotations

import re

from markupsafe import escape

from analysis.report.prose import Heading, Prose, markdown


def html(source: str) -> str:
    return "".join(str(part.html) for part in markdown(source, escape) if isinstance(part, Prose))


def test_raw_html_links_with_script_and_images_are_defused() -> None:
    shown = html("<script>alert(1)</script> [x](javascript:alert(1)) ![chart](https://example.com/a.png)")
    assert "<script" not in shown and "<img" not in shown and "href" not in shown
    assert "chart" in shown


def test_headings_divide_and_skip_no_level() -> None:
    parts = markdown("# Title\n\nintro\n\n## Part\n\n#### deep\n\n###### deeper\n\n### shallow", escape)
    assert [part.text for part in parts if isinstance(part, Heading)] == ["Title", "Part"]
    shown = "".join(str(part.html) for part in parts if isinstance(part, Prose))
    assert re.findall(r"<h(\d)", shown) == ["3", "4", "3"]


def test_code_can_be_scrolled_by_keyboard_and_is_escaped() -> None:
    assert '<pre tabindex="0"><code>a &lt; b' in html("```\na < b\n```")
