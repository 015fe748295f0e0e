"""Markdown cells to HTML: no raw HTML, no images, Chinese marked, headings that skip no level."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

__all__ = ["Heading", "Prose", "markdown", "slug"]

Words = Callable[[str], Markup]


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 or 2, which divides the page."""

    level: int
    title: Markup
    text: str


@dataclass(frozen=True)
class Prose:
    """Text between such headings."""

    html: Markup


def markdown(source: str, words: Words) -> list[Heading | Prose]:
    """A cell's Markdown as headings that divide the page and the text between them.

    Parameters
    ----------
    source : str
        CommonMark. HTML in it is shown as text, images as their alternative text.
    words : callable
        Escapes a piece of text (and may mark parts of it).

    Examples
    --------
    >>> from markupsafe import escape
    >>> markdown("## One & two\\n\\nText <b>", escape)
    [Heading(level=2, title=Markup('One &amp; two'), text='One & two'), Prose(html=Markup('<p>Text &lt;b&gt;</p>\\n'))]
    """
    parser = MarkdownIt("commonmark", {"html": False})
    parser.add_render_rule("text", lambda renderer, tokens, index, options, env: str(words(tokens[index].content)))
    parser.add_render_rule("image", lambda renderer, tokens, index, options, env: str(words(tokens[index].content)))
    parser.add_render_rule("fence", _code)
    parser.add_render_rule("code_block", _code)
    tokens = parser.parse(source)
    parts: list[Heading | Prose] = []
    start, deepest, index = 0, 2, 0
    while index < len(tokens):
        token = tokens[index]
        if token.type == "heading_open":
            level = int(token.tag[1])
            if level <= 2 and token.level == 0:
                _flush(parts, parser, tokens[start:index])
                inline = tokens[index + 1]
                title = Markup(parser.renderer.render([inline], parser.options, {}))
                parts.append(Heading(level, title, _plain(inline)))
                start, deepest = index + 3, 2
            else:
                deepest = min(max(level, 3), deepest + 1)
                token.tag = tokens[index + 2].tag = f"h{deepest}"
            index += 2
        index += 1
    _flush(parts, parser, tokens[start:])
    return parts


def slug(text: str) -> str:
    """An id from a heading: letters and digits of any script, joined by hyphens.

    >>> slug("What customers buy: 商品"), slug("…")
    ('what-customers-buy-商品', 'section')
    """
    folded = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[^\w]+", "-", folded).strip("-_") or "section"


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or [] if child.type in {"text", "code_inline"})


def _flush(parts: list[Heading | Prose], parser: MarkdownIt, tokens: Sequence[Token]) -> None:
    if tokens:
        parts.append(Prose(Markup(parser.renderer.render(tokens, parser.options, {}))))


def _code(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A block of code scrolls, so the keyboard must reach it."""
    return str(Markup('<pre tabindex="0"><code>{}</code></pre>\n').format(tokens[index].content))
