"""What differs between two versions: data, parameters, code, environment, pages and key figures.

Everything is computed from what the two versions recorded about their inputs; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from analysis.report.changes import Change
from analysis.report.formatting import format_date
from analysis.report.values import Value
from analysis.report.versions import Version

__all__ = ["Difference", "Differences", "code_name", "differences", "in_words", "key_figure_changes"]

#: Details of one kind of change that are listed on the index; the comparison page has them all.
LISTED = 6


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
    against = "previous version" if same_date else f"previous version, as of {format_date(before.as_of)}"
    changes: dict[str, dict[str, Change]] = {}
    for (topic, name), figure in after.key_figures.items():
        old = before.key_figures.get((topic, name))
        reason = "its definition changed" if old is not None and _definition(old) != _definition(figure) else None
        previous = Value.from_dict(old["value"]) if old is not None else None
        changes.setdefault(topic, {})[figure["metric"]] = Change(previous, against, reason)
    return changes


def in_words(found: Differences) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What changed, as a heading and details each: `("parameters changed", ("rules.min_support: 0.02 → 0.03",))`."""
    lines = [(f"{kind} changed", _details(kind, getattr(found, kind))) for kind in found.kinds]
    if not lines and found.pages:
        lines.append(("pages differ though no recorded input does", tuple(found.pages[:LISTED])))
    return tuple(lines) or (("nothing that was recorded changed", ()),)


def _details(kind: str, changes: Sequence[Difference]) -> tuple[str, ...]:
    shown = []
    for change in changes[:LISTED]:
        if kind == "code":
            shown.append(code_name(change.name))
        elif kind == "data" and isinstance(change.after if change.after is not None else change.before, int):
            shown.append(f"{change.name}: {_rows(change)}")
        else:
            shown.append(f"{change.name}: {_plain(change.before)} → {_plain(change.after)}")
    if len(changes) > LISTED:
        shown.append(f"and {len(changes) - LISTED} more")
    return tuple(shown)


def code_name(path: str) -> str:
    """A file of code as a name that is no path: the reader of a report has no use for one.

    >>> code_name("src/analysis/rules/study.py"), code_name("build/notebooks/06_rules.ipynb")
    ('rules.study', 'notebook 06_rules')
    """
    name = PurePosixPath(path.removeprefix("src/analysis/").removeprefix("build/"))
    if name.suffix == ".ipynb":
        return f"notebook {name.stem}"
    return ".".join((*name.parts[:-1], name.name.split(".")[0]))


def _rows(change: Difference) -> str:
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
    """Files by table and name: the rows they hold, where the content differs; and the as-of date."""
    old = {(item["table"], item["file"]): item for item in before["data"]}
    new = {(item["table"], item["file"]): item for item in after["data"]}
    for key in sorted({*old, *new}):
        was, now = old.get(key), new.get(key)
        if (was or {}).get("sha256") != (now or {}).get("sha256"):
            yield Difference(f"{key[0]}: {key[1]}", was["rows"] if was else None, now["rows"] if now else None)
    if before["as_of"] != after["as_of"]:
        yield Difference("as-of date", before["as_of"], after["as_of"])


def _leaves(before: Any, after: Any, name: str = "") -> Iterator[Difference]:
    """The leaves of two nested mappings that differ, under dotted names."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            inner = f"{name}.{key}" if name and "/" not in str(key) else str(key)
            yield from _leaves(before.get(key), after.get(key), inner)
    elif before != after:
        yield Difference(name, before, after)
