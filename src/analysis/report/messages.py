"""Messages in words: templates filled with written values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from analysis.report.chinese import han
from analysis.report.formatting import Style, display_name, format_interval, format_number, format_value
from analysis.report.grammar import for_one
from analysis.report.language import is_english, translate
from analysis.report.names import shortened
from analysis.report.wording import Message, Words, words

__all__ = ["format_message", "message_text", "said"]

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
#: Where a sentence begins.
_BEGINS = re.compile(r"(?:^|[.!?]\s)\s*$")
_CAPITALISED = re.compile(r"([A-Z][a-z]+)(?:[\s,-]|$)")
#: Methods are called after them, so that they keep their capital.
_PEOPLE = frozenset({"Benjamini", "Brier", "Clopper", "Cook", "Fisher", "Gini", "Holm", "Jaccard", "Kendall", "Lorenz",
                     "Pearson", "Rand", "Spearman", "Ward", "Wilson"})  # fmt: skip


def format_message(message: Message, style: Style) -> Markup:
    """A message's words as HTML: arguments escaped, Chinese marked as such.

    >>> from analysis.report.wording import message
    >>> from analysis.report.values import text
    >>> format_message(message("About {name}.", name=text("<b>")), Style())
    Markup('About &lt;b&gt;.')
    """
    return han(message_text(message, style, cut=True), style)


def message_text(message: Message, style: Style, *, cut: bool = False) -> str:
    """A message's words as plain text, for places that take no markup; the caller escapes it.

    Display names begin with a capital, as in a table; within a sentence they are written small. Where `cut` is set,
    very long names from data are shortened, as prose needs it; files have them whole.

    >>> from analysis.report.wording import message
    >>> from analysis.report.values import term
    >>> style = Style(names={"frequency": "Orders", "rfm": "RFM score"})
    >>> message_text(message("{a} and {a} go with {b}.", a=term("frequency"), b=term("rfm")), style)
    'Orders and orders go with RFM score.'

    What is written for many is said of one where a count is 1:

    >>> from analysis.report.values import count
    >>> message_text(message("{n} customers have no gaps.", n=count(1)), Style())
    '1 customer has no gaps.'
    """
    if not is_english(style.language):
        return _filled(message, translate(message.template, style.language), style, cut)
    ones = {name for name, value in message.arguments.items() if value.kind == "count" and value.value == 1}
    template = for_one(message.template, ones) if ones else message.template
    return _filled(message, template, style, cut)


def said(text: Words | Mapping[str, Any], style: Style, *, cut: bool = False) -> str:
    """Our own words as plain text in the style's language: a text without arguments, or a message in either form."""
    found = words(text)
    return message_text(found, style, cut=cut) if isinstance(found, Message) else translate(str(found), style.language)


def _filled(message: Message, template: str, style: Style, cut: bool) -> str:
    return _PLACEHOLDER.sub(lambda match: _argument(message, match, template[: match.start()], style, cut), template)


def _argument(message: Message, match: re.Match[str], before: str, style: Style, cut: bool) -> str:
    """One argument in words; inside brackets its interval follows a comma instead of opening another pair."""
    value = message.arguments[match[1]]
    if value.kind == "phrase":
        return said(value.value, style, cut=cut)
    if cut and value.kind == "text" and isinstance(value.value, str):
        return shortened(value.value)
    open_brackets = before.count("(") + before.count("（") - before.count(")") - before.count("）")
    if open_brackets > 0 and (interval := format_interval(value, style)):
        return style.say("{value}, {interval}", value=format_number(value, style), interval=interval)
    if value.kind in {"term", "listing"} and value.value and is_english(style.language):
        names = (value.value,) if value.kind == "term" else tuple(value.value)
        inner = names[1:] if _BEGINS.search(before) else names
        small = {str(name): _small(display_name(name, style)) for name in inner}
        return format_value(value, replace(style, names={**style.names, **small}))
    return format_value(value, style)


def _small(name: str) -> str:
    """A name without its capital, unless the capital is more than the beginning of a name (RFM, K-means, Spearman)."""
    first = _CAPITALISED.match(name)
    return name[0].lower() + name[1:] if first and first[1] not in _PEOPLE else name
