"""Words for change: how a key figure moved, and what differs between two versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.report.changes import Change, Differences, KeyFigureChange
from analysis.report.formatting import Style, format_value
from analysis.report.values import Value

__all__ = ["Moved", "change_lines", "moved"]

#: Details of one kind of change that are listed; the comparison page has them all.
LISTED = 6


@dataclass(frozen=True)
class Moved:
    """How a key figure moved, in words, and whether that is `better`, `worse` or neither (empty)."""

    sign: str
    words: str
    tone: str = ""


def moved(change: KeyFigureChange, *, direction: str | None, style: Style) -> Moved:
    """The change of a key figure since the version before.

    >>> step = KeyFigureChange("rules", "n", "Rules", "count", 10, 12, True, "demo-1")
    >>> moved(step, direction="up", style=Style()).words
    'up by 2 (20 %) since the version before'
    """
    if change.before is None:
        return Moved("", "new in this version")
    if not change.comparable:
        return Moved("", "not comparable: its definition changed")
    if change.delta is None:
        if change.before == change.after:
            return Moved("", "unchanged since the version before")
        return Moved("", "changed since the version before")
    if change.delta == 0:
        return Moved("", "unchanged since the version before")
    up = change.delta > 0
    kind = "points" if change.kind == "percent" else change.kind
    amount = format_value(Value(kind, abs(change.delta)), style).lstrip("+")
    share = ""
    if change.kind in {"count", "money", "number", "days"} and change.relative is not None:
        share = f" ({format_value(Value('percent', abs(change.relative)), style)})"
    tone = "" if direction not in {"up", "down"} else "better" if up == (direction == "up") else "worse"
    return Moved("▲" if up else "▼", f"{'up' if up else 'down'} by {amount}{share} since the version before", tone)


def change_lines(found: Differences) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What changed, as a heading and details each: `("parameters changed", ("rules.min_support: 0.02 → 0.03",))`."""
    lines = [
        (f"{kind} changed", _details(getattr(found, kind), rows=kind == "data", names_only=kind == "code"))
        for kind in found.kinds
    ]
    if not lines and found.pages:
        lines.append(("pages differ though no recorded input does", tuple(found.pages[:LISTED])))
    return tuple(lines) or (("nothing that was recorded changed", ()),)


def _details(changes: Sequence[Change], *, rows: bool, names_only: bool) -> tuple[str, ...]:
    shown = []
    for change in changes[:LISTED]:
        if names_only:
            shown.append(change.name)
        elif rows and isinstance(change.after or change.before, int):
            shown.append(f"{change.name}: {_rows(change)}")
        else:
            shown.append(f"{change.name}: {_plain(change.before)} → {_plain(change.after)}")
    if len(changes) > LISTED:
        shown.append(f"and {len(changes) - LISTED} more")
    return tuple(shown)


def _rows(change: Change) -> str:
    if change.before is None:
        return f"new, {change.after:,} rows"
    if change.after is None:
        return f"removed ({change.before:,} rows)"
    difference = change.after - change.before
    if difference == 0:
        return f"content changed, still {change.after:,} rows"
    return f"{abs(difference):,} rows {'added' if difference > 0 else 'removed'}, now {change.after:,}"


def _plain(value: object) -> str:
    return "not set" if value is None else str(value)
