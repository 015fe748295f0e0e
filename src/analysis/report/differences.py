"""What differs between two versions: data, parameters, code, environment, pages and key figures.

Everything is computed from what the two versions recorded about their inputs; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from analysis.report.changes import Change
from analysis.report.formatting import Style
from analysis.report.values import Value, day
from analysis.report.versions import Version
from analysis.report.wording import Words, message, msgid

__all__ = [
    "Difference",
    "Differences",
    "code_name",
    "differences",
    "in_words",
    "input_name",
    "key_figure_changes",
    "plainly",
]

#: Details of one kind of change that are listed on the index; the comparison page has them all.
LISTED = 6
AS_OF = msgid("as-of date")
PERIOD = msgid("period of the purchases")


@dataclass(frozen=True)
class Difference:
    """One thing that differs: its name, and what it was and is (None: absent)."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Differences:
    """What differs between the inputs of two versions, and which pages differ."""

    data: tuple[Difference, ...] = ()
    parameters: tuple[Difference, ...] = ()
    code: tuple[Difference, ...] = ()
    environment: tuple[Difference, ...] = ()
    pages: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which of data, parameters, code, environment changed; empty if none did."""
        return tuple(name for name in ("data", "parameters", "code", "environment") if getattr(self, name))


def differences(before: Version, after: Version) -> Differences:
    """What differs between two versions of one profile."""
    old, new = before.facts, after.facts
    names = sorted({*old["pages"], *new["pages"]})
    return Differences(
        data=tuple(_data(old, new)),
        parameters=tuple(_leaves(old["parameters"], new["parameters"])),
        code=tuple(_leaves(old["code"], new["code"])),
        environment=tuple(_leaves(*_environments(before, after))),
        pages=tuple(name for name in names if old["pages"].get(name) != new["pages"].get(name)),
    )


def key_figure_changes(before: Version, after: Version) -> dict[str, dict[str, Change]]:
    """For every key figure of the later version, by page and metric, what it is compared with."""
    same_date = before.as_of == after.as_of
    dated = message("previous version, as of {date}", date=day(date.fromisoformat(before.as_of)))
    against: Words = msgid("previous version") if same_date else dated
    changes: dict[str, dict[str, Change]] = {}
    for (topic, name), figure in after.key_figures.items():
        old = before.key_figures.get((topic, name))
        redefined = old is not None and _definition(old) != _definition(figure)
        reason = msgid("its definition changed") if redefined else None
        previous = Value.from_dict(old["value"]) if old is not None else None
        changes.setdefault(topic, {})[figure["metric"]] = Change(previous, against, reason)
    return changes


#: What changed, by kind.
CHANGED = msgid(
    {
        "data": "data changed",
        "parameters": "parameters changed",
        "code": "code changed",
        "environment": "environment changed",
    }
)


def in_words(found: Differences, style: Style) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What changed, as a heading and details each: `("parameters changed", ("rules.min_support: 0.02 → 0.03",))`."""
    lines = [(style.say(CHANGED[kind]), _details(kind, getattr(found, kind), style)) for kind in found.kinds]
    if not lines and found.pages:
        lines.append((style.say("pages differ though no recorded input does"), tuple(found.pages[:LISTED])))
    return tuple(lines) or ((style.say("nothing that was recorded changed"), ()),)


def _details(kind: str, changes: Sequence[Difference], style: Style) -> tuple[str, ...]:
    if kind == "code":
        return _shortened(list(dict.fromkeys(code_name(change.name, style) for change in changes)), style)
    shown = []
    for change in changes:
        if kind == "data" and isinstance(change.after if change.after is not None else change.before, int):
            shown.append(style.say("{label}: {value}", label=input_name(change, style), value=_rows(change, style)))
        else:
            moved = f"{plainly(change.before, style)} → {plainly(change.after, style)}"
            shown.append(style.say("{label}: {value}", label=input_name(change, style), value=moved))
    return _shortened(shown, style)


def _shortened(names: list[str], style: Style) -> tuple[str, ...]:
    more = len(names) - LISTED
    return (*names[:LISTED], *([style.say("and {n} more", n=more)] if more > 0 else []))


def input_name(change: Difference, style: Style) -> str:
    """The name of what differs: a file and its table, a parameter, a package, or a date or period in words."""
    return style.say(change.name) if change.name in (AS_OF, PERIOD) else change.name


def code_name(path: str, style: Style) -> str:
    """A file of code as a name that is no path: the reader of a report has no use for one.

    >>> code_name("src/analysis/rules/study.py", Style()), code_name("build/notebooks/06_rules.ipynb", Style())
    ('rules.study', 'notebook 06_rules')
    """
    name = PurePosixPath(path.removeprefix("src/analysis/").removeprefix("build/"))
    if name.parts[0] == "locale":
        return style.say("translation into {language}", language=name.parts[1].replace("_", "-"))
    if name.suffix == ".ipynb":
        return style.say("notebook {name}", name=name.stem)
    return ".".join((*name.parts[:-1], name.name.split(".")[0]))


def _rows(change: Difference, style: Style) -> str:
    if change.before is None:
        return style.say("new, {n} rows", n=f"{change.after:,}")
    if change.after is None:
        return style.say("removed ({n} rows)", n=f"{change.before:,}")
    difference, now = change.after - change.before, f"{change.after:,}"
    if difference == 0:
        return style.say("content changed, still {n} rows", n=now)
    moved = f"{abs(difference):,}"
    if difference > 0:
        return style.say("{n} rows added, now {now}", n=moved, now=now)
    return style.say("{n} rows removed, now {now}", n=moved, now=now)


def plainly(value: object, style: Style) -> str:
    """An input's value without the marks of code: lists and the parts of a group after one another.

    >>> plainly([{"kind": "typo", "column": "city"}, "other"], Style()), plainly(None, Style())
    ('kind: typo, column: city · other', 'not set')
    """
    if value is None or value in ([], {}):
        return style.say("not set")
    if isinstance(value, Mapping):
        parts = [style.say("{label}: {value}", label=name, value=plainly(part, style)) for name, part in value.items()]
        return style.say(", ").join(parts)
    if isinstance(value, list | tuple):
        grouped = any(isinstance(part, Mapping) for part in value)
        between = " · " if grouped else style.say(", ")
        return between.join(plainly(part, style) for part in value)
    return str(value)


def _definition(figure: Mapping[str, Any]) -> tuple[str, str]:
    return str(figure["metric"]), str(figure["value"]["kind"])


def _environments(before: Version, after: Version) -> tuple[dict[str, Any], dict[str, Any]]:
    """Packages and Python; the Python only where both versions recorded it."""
    both = [dict(version.facts["packages"]) for version in (before, after)]
    pythons = [version.facts["python"] for version in (before, after)]
    if None not in pythons:
        for packages, python in zip(both, pythons, strict=True):
            packages["python"] = python
    return both[0], both[1]


def _data(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """The as-of date, the period, and files by table and name: the rows they hold, where the content differs."""
    if before["as_of"] != after["as_of"]:
        yield Difference(AS_OF, before["as_of"], after["as_of"])
    was, now = before.get("period"), after.get("period")
    if was and now and was != now:  # earlier versions did not record it
        yield Difference(PERIOD, *(" – ".join(days) for days in (was, now)))
    old = {(item["table"], item["file"]): item for item in before["data"]}
    new = {(item["table"], item["file"]): item for item in after["data"]}
    for key in sorted({*old, *new}):
        file, other = old.get(key, {}), new.get(key, {})
        if file.get("sha256") != other.get("sha256"):
            yield Difference(f"{key[0]}: {key[1]}", file.get("rows"), other.get("rows"))


def _leaves(before: Any, after: Any, name: str = "") -> Iterator[Difference]:
    """The leaves of two nested mappings that differ, under dotted names; one of the two may be absent."""
    both = [side for side in (before, after) if side is not None]
    if both and all(isinstance(side, Mapping) for side in both):
        old, new = before or {}, after or {}
        for key in sorted({*old, *new}):
            inner = f"{name}.{key}" if name and "/" not in str(key) else str(key)
            yield from _leaves(old.get(key), new.get(key), inner)
    elif before != after:
        yield Difference(name, before, after)
