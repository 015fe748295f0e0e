"""What stays English when blocks are written in Chinese: for the tests of every topic's words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from analysis.findings.labels import labels
from analysis.report.blocks import Block
from analysis.report.document import Document
from analysis.report.formatting import Style
from analysis.report.language import take_missing, translate
from analysis.report.page import Site, render

LANGUAGE = "zh-Hans"
#: Two English words beside each other, in small letters: names of methods and products do not look like that.
_ENGLISH = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")


def left_in_english(blocks: Iterable[Block], *, data: Iterable[str] = ()) -> list[str]:
    """Texts without translation, and lines of the page that hold English words all the same.

    Parameters
    ----------
    blocks : iterable of Block
    data : iterable of str
        Words of the data that may stand on the page as they are.
    """
    names = labels(lambda text: translate(text, LANGUAGE))
    take_missing(LANGUAGE)
    unique = {block.id: block for block in blocks}
    document = Document("topic", "…", (("markdown", "# …"), *unique.values()))
    page = render(document, style=Style(currency="GBP", language=LANGUAGE, names=names), site=Site())
    lines = re.sub(r"<[^>]+>", "\n", page.html.partition("</head>")[2]).splitlines()
    known = tuple(data)
    english = {line.strip() for line in lines if _ENGLISH.search(line) and not any(word in line for word in known)}
    return [*page.warnings, *sorted(english)]
