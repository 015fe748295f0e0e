"""Chinese words in pages of another language: marked as such, so that a screen reader says them in Chinese."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from analysis.report.formatting import Style
from analysis.report.language import is_chinese

__all__ = ["han", "has_han"]

_HAN = re.compile(r"[⺀-⻿㐀-䶿一-鿿豈-﫿\U00020000-\U0003134f]"
                  r"(?:[　-〿！-｠⺀-⻿㐀-䶿一-鿿豈-﫿\U00020000-\U0003134f]*"
                  r"[　-〿！-｠⺀-⻿㐀-䶿一-鿿豈-﫿\U00020000-\U0003134f])?")  # fmt: skip
#: Browsers may end a line between a minus and the sign of a currency.
_NEGATIVE = re.compile(r"−[^\s\d&<>−]{1,3}\d[\d.,]*")


def han(text: str, style: Style) -> Markup:
    """Escape text and mark runs of Chinese with their language, unless the page is Chinese itself.

    A negative amount stays on one line.

    >>> han("red & 红色", Style())
    Markup('red &amp; <span lang="zh-Hans">红色</span>')
    >>> han("moved −£1,200 on balance", Style())
    Markup('moved <span class="whole">−£1,200</span> on balance')
    """
    escaped = escape(text)
    if is_chinese(style.language):
        return escaped
    marked = _HAN.sub(lambda match: f'<span lang="zh-Hans">{match[0]}</span>', str(escaped))
    return Markup(_NEGATIVE.sub(lambda match: f'<span class="whole">{match[0]}</span>', marked))


def has_han(text: str) -> bool:
    """Whether a text holds Chinese characters."""
    return _HAN.search(text) is not None
