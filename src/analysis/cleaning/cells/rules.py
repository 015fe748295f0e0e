"""How rules are written down: one mapping a rule, checked before anything runs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from analysis.cleaning.cells.kinds import (
    Dependency,
    Domain,
    Extract,
    Format,
    Missing,
    NotNull,
    Pattern,
    Range,
    Rule,
    Type,
    Typo,
    Unique,
)
from analysis.errors import AnalysisError

__all__ = ["KINDS", "nearest", "rules_from"]

KINDS: dict[str, type[Rule]] = {
    kind.kind: kind
    for kind in (Missing, NotNull, Format, Pattern, Domain, Range, Type, Unique, Typo, Dependency, Extract)
}
_OTHER_NAMES = {
    "functional_dependency": "dependency", "fd": "dependency", "dictionary": "domain", "key": "unique",
    "regex": "pattern", "required": "not_null",
}  # fmt: skip


def rules_from(given: Iterable[Mapping[str, Any] | Rule]) -> tuple[Rule, ...]:
    """Make rules from mappings, as a profile or a YAML file holds them.

    Parameters
    ----------
    given : iterable of mapping or Rule
        Each with `kind` and the fields of that kind; `column` may stand for `columns`, and in a dependency `right`.

    Raises
    ------
    AnalysisError
        With every fault of every rule, by its number.

    Examples
    --------
    >>> rule, = rules_from([{"kind": "fd", "left": "zip", "right": ["city", "state"]}])
    >>> rule.name, rule.min_votes
    ('dependency: zip → city, state', 2)
    >>> rules_from([{"kind": "patern", "column": "zip"}])
    Traceback (most recent call last):
    analysis.errors.AnalysisError: rule 1: there is no kind 'patern'; did you mean 'pattern'?
    """
    rules, faults = [], []
    for number, item in enumerate(given, 1):
        try:
            rules.append(item if isinstance(item, Rule) else _rule_from(item))
        except AnalysisError as error:
            faults.append(f"rule {number}: {error}")
    if faults:
        raise AnalysisError("; ".join(faults))
    return tuple(rules)


def _rule_from(item: Mapping[str, Any]) -> Rule:
    if not isinstance(item, Mapping) or not isinstance(item.get("kind"), str):
        raise AnalysisError(f"{item!r} is no rule; write a mapping with kind: {', '.join(KINDS)}")
    values = dict(item)
    asked = values.pop("kind")
    found = KINDS.get(_OTHER_NAMES.get(asked, asked))
    if found is None:
        raise AnalysisError(f"there is no kind {asked!r}" + nearest(asked, (*KINDS, *_OTHER_NAMES)))
    for other in ("column", "right"):
        if other in values and "columns" not in values:
            values["columns"] = values.pop(other)
    if found is Domain and isinstance(values.get("synonyms"), Mapping):
        given = {str(k): (v,) if isinstance(v, str) else tuple(v) for k, v in values["synonyms"].items()}
        values["synonyms"] = given
    known = {entry.name: entry for entry in fields(found)}
    for name in values:
        if name not in known:
            raise AnalysisError(f"{asked} has no field {name!r}" + nearest(name, tuple(known)))
    absent = [
        name
        for name, entry in known.items()
        if name not in values and entry.default is MISSING and entry.default_factory is MISSING
    ]
    if absent:
        raise AnalysisError(f"{asked} lacks {', '.join(absent)}")
    return found(**values)


def nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; choose from {', '.join(known)}"
