"""Long names from data: how much of them is shown, and whether a column of them needs more room."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["LONGEST", "broad", "shortened"]

#: Characters of a name that are shown; titles of some online shops run to several hundred.
LONGEST = 80
#: A column whose longest text is broader than so many letters is not squeezed by its neighbours.
_BROAD = 24
#: What joins the names of a rule; each of them is cut by itself, so that none is lost.
_BETWEEN = re.compile(r"( → | \+ )")


def shortened(name: str, *, most: int = LONGEST) -> str:
    """A name, or each of the names that a rule joins, cut after so many characters.

    >>> shortened("LUNCH BAG → SNACK BOX", most=7)
    'LUNCH… → SNACK…'
    >>> shortened("LUNCH BAG", most=9)
    'LUNCH BAG'
    """
    if len(name) <= most:
        return name
    return "".join(part if _BETWEEN.fullmatch(part) else _cut(part, most) for part in _BETWEEN.split(name))


def _cut(name: str, most: int) -> str:
    """Cut between words where one ends in the last third of what is kept."""
    if len(name) <= most:
        return name
    kept = name[: most - 1]
    space = kept.rfind(" ")
    return (kept[:space] if space > most * 2 // 3 else kept).rstrip(" ,;:-–/") + "…"


def broad(text: str) -> bool:
    """Whether a text takes more room than a narrow column has; a Chinese character takes that of two letters.

    >>> broad("Loyal high spenders"), broad("WHITE HANGING HEART T-LIGHT HOLDER"), broad("按累计贡献等分为十组的客户")
    (False, True, True)
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text) > _BROAD
