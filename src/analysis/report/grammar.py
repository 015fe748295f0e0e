"""English agreement: sentences are written for many, and say "1 customer has" where a count turns out to be one."""

from __future__ import annotations

import re
from collections.abc import Container

__all__ = ["for_one"]

#: Nouns that are counted in sentences; all form their plural by rule, but for these.
_IRREGULAR = {"criteria": "criterion", "people": "person", "countries": "country", "categories": "category",
              "indices": "index", "matches": "match", "classes": "class", "boxes": "box"}  # fmt: skip
_NOUNS = (
    "customers|orders|products|rules|baskets|rows|pairs|groups|segments|lines|days|weeks|months|years|columns|purchases|"
    "buyers|values|intervals|samples|bins|periods|cohorts|files|tests|forecasts|itemsets|ratings|sessions|posts|"
    "cancellations|returns|refunds|scores|models|methods|offers|households|replicates|points|histories|"
    + "|".join(_IRREGULAR)
)
#: Verbs that follow such a noun, as they are written for one.
_VERBS = {
    "are": "is", "were": "was", "have": "has", "do": "does", "hold": "holds", "lie": "lies", "divide": "divides",
    "carry": "carries", "leave": "leaves", "keep": "keeps", "fall": "falls", "form": "forms", "come": "comes",
    "differ": "differs", "go": "goes", "pass": "passes", "count": "counts", "bring": "brings", "buy": "buys",
    "bear": "bears", "depend": "depends", "remain": "remains", "get": "gets", "make": "makes", "show": "shows",
    "stand": "stands", "need": "needs", "belong": "belongs",
}  # fmt: skip
_AFTER = re.compile(
    rf"(?P<before> (?:(?!of\b|and\b|or\b|to\b)[a-z-]+ ){{0,2}}?)(?P<noun>{_NOUNS})\b"
    rf"(?P<link>(?: who| that| which)?)(?P<verb> (?:{'|'.join(_VERBS)})\b)?"
)
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def for_one(template: str, ones: Container[str]) -> str:
    """A template with noun and verb in the singular after the placeholders that stand for one.

    Parameters
    ----------
    template : str
    ones : container of str
        Names of the placeholders whose count is 1.

    Examples
    --------
    >>> for_one("{n} customers who have placed {m} orders are {k} of all customers.", {"n", "m"})
    '{n} customer who has placed {m} order is {k} of all customers.'
    >>> for_one("{n} of the customers; {n} baskets of different size", {"n"})
    '{n} of the customers; {n} basket of different size'
    """
    parts, end = [], 0
    for match in _PLACEHOLDER.finditer(template):
        if match[1] not in ones or match.start() < end:
            continue
        found = _AFTER.match(template, match.end())
        if found is None:
            continue
        parts += [template[end : match.end()], found["before"], _singular(found["noun"]), found["link"]]
        parts.append(f" {_VERBS[found['verb'].strip()]}" if found["verb"] else "")
        end = found.end()
    return "".join((*parts, template[end:]))


def _singular(noun: str) -> str:
    """
    >>> [_singular(noun) for noun in ("orders", "purchases", "countries", "histories", "criteria")]
    ['order', 'purchase', 'country', 'history', 'criterion']
    """
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    return f"{noun[:-3]}y" if noun.endswith("ies") and noun != "series" else noun.removesuffix("s")
