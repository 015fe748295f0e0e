"""Checks of what a rule is told: each gives its faults in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

__all__ = ["dates_and_marks", "not_pattern", "out_of", "wrong_types"]


def wrong_types(rule: Any) -> Iterable[str]:
    """Fields whose value is not of the declared type."""
    for item in fields(rule):
        value, declared = getattr(rule, item.name), str(item.type)
        if declared.startswith("tuple[str") and not (
            isinstance(value, tuple) and all(isinstance(v, str) for v in value)
        ):
            yield f"{item.name} is {value!r}; write a list of texts"
        elif declared == "str" and not isinstance(value, str):
            yield f"{item.name} is {value!r}; write a text"
        elif declared == "bool" and not isinstance(value, bool):
            yield f"{item.name} is {value!r}; write true or false"
        elif declared in ("int", "int | None", "float", "tuple[float, ...]"):
            numbers = value if isinstance(value, tuple) else (value,)
            wanted = int if declared.startswith("int") else (int, float)
            if any(
                isinstance(v, bool) or not isinstance(v, wanted) or v != v or abs(v) == float("inf")
                for v in numbers
                if not (v is None and declared.endswith("None"))
            ):
                yield f"{item.name} is {value!r}; write a {'whole number' if wanted is int else 'number'}"
        elif declared.startswith("Mapping") and not isinstance(value, Mapping):
            yield f"{item.name} is {value!r}; write a mapping"


def not_pattern(name: str, pattern: str, replacement: str | None = None) -> Iterable[str]:
    """A text that is no regular expression, or a replacement that does not fit it."""
    try:
        compiled = re.compile(pattern)
        if replacement is not None:
            re._parser.parse_template(replacement, compiled)  # type: ignore[attr-defined]
    except (re.error, IndexError) as error:
        yield f"{name}: {pattern!r} is not a regular expression ({error})"


def out_of(rule: Any, **bounds: tuple[float, float | None]) -> Iterable[str]:
    """Fields outside their bounds, both included."""
    for name, (low, high) in bounds.items():
        value = getattr(rule, name)
        if value is not None and (value < low or (high is not None and value > high)):
            yield f"{name} is {value!r}; it must be at least {low}" + ("" if high is None else f" and at most {high}")


def dates_and_marks(rule: Any) -> Iterable[str]:
    """Marks and orders that do not exist."""
    if rule.decimal_mark not in (".", ","):
        yield f"decimal_mark is {rule.decimal_mark!r}; choose '.' or ','"
    if rule.date_order not in ("dmy", "mdy"):
        yield f"date_order is {rule.date_order!r}; choose 'dmy' or 'mdy'"
