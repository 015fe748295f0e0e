"""The page that sets two versions side by side: inputs, key figures, tables and figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from analysis.report.blocks import Block, Figure, Table, from_dict
from analysis.report.changes import ChangeWords, describe
from analysis.report.differences import (
    CHANGED,
    Difference,
    Differences,
    code_name,
    differences,
    input_name,
    key_figure_changes,
    plainly,
)
from analysis.report.document import document_title
from analysis.report.formatting import Style, format_value
from analysis.report.language import Link
from analysis.report.messages import format_message, said
from analysis.report.sections import Writer
from analysis.report.theme import environment
from analysis.report.values import Value
from analysis.report.versions import Store, Version, page_file, report_title
from analysis.report.wording import msgid

__all__ = ["comparison_page"]

#: Bytes that drawn tables and figures take at most or little more, so that the page can be mailed.
ROOM = 300_000
#: The inputs of a version, as a sentence names them.
KINDS = msgid({"data": "data", "parameters": "parameters", "code": "code", "environment": "environment"})


@dataclass(frozen=True)
class FigureRow:
    """One key figure in both versions."""

    label: str
    before: str
    after: str
    moved: ChangeWords


@dataclass(frozen=True)
class Pair:
    """One table or figure in both versions; `same` where it says the same in both.

    `links` lead to it on the pages of both versions, where this page has no room to draw it.
    """

    title: Markup
    same: bool
    before: Markup = field(default_factory=Markup)
    after: Markup = field(default_factory=Markup)
    links: tuple[str, ...] = ()


@dataclass
class Room:
    """Bytes that drawn tables and figures may still take."""

    left: int


@dataclass(frozen=True)
class Section:
    """One report in both versions: the key figures that moved, out of how many, and what is drawn."""

    topic: str
    title: str
    known: int
    figures: tuple[FigureRow, ...]
    pairs: tuple[Pair, ...]

    @property
    def differing(self) -> tuple[Pair, ...]:
        """Tables and figures that do not say the same in both versions."""
        return tuple(pair for pair in self.pairs if not pair.same)

    @property
    def same(self) -> tuple[Pair, ...]:
        """Those that do."""
        return tuple(pair for pair in self.pairs if pair.same)


def comparison_page(
    store: Store, before: Version, after: Version, *, style: Style, pages: Sequence[str], index: str = "index.html",
    languages: Sequence[Link] = (), earlier: Style | None = None,
) -> str:  # fmt: skip
    """Two published versions as one HTML page.

    Parameters
    ----------
    store : Store
        The `reports/` folder.
    before, after : Version
        The versions; of one profile, or of two.
    style : Style
        How the later version's profile writes its values.
    pages : sequence of str
        The reports in reading order.
    index : str
        The index in the language of `style`.
    languages : sequence of Link
        The same comparison in other languages.
    earlier : Style, optional
        How the earlier version's tables and figures are written, where it has no pages in the language of `style`.
    """
    found = differences(before, after)
    room = Room(ROOM)
    styles = (earlier or style, style)
    sections = [_section(store, before, after, topic, styles, room) for topic in pages]
    shown = [section for section in sections if section is not None]
    inputs = [
        (_capital(style.say(CHANGED[kind])), [_input(change, style) for change in getattr(found, kind)])
        for kind in found.kinds
        if kind != "code"
    ]
    return (
        environment(style)
        .get_template("comparison.html.j2")
        .render(
            title=report_title(after, style.language),
            index=index,
            earlier=earlier.language if earlier else "",
            languages=languages,
            before=before,
            after=after,
            lead=_lead(found, shown, style),
            inputs=inputs,
            code=[code_name(change.name, style) for change in found.code],
            pages=shown,
        )
    )


def _input(change: Difference, style: Style) -> tuple[str, str, str]:
    """The name of what differs, and what it was and is."""
    absent = style.say("not there")
    before, after = (absent if side is None else plainly(side, style) for side in (change.before, change.after))
    return input_name(change, style), before, after


def _lead(found: Differences, sections: Sequence[Section], style: Style) -> str:
    figures = {
        "moved": sum(len(section.figures) for section in sections),
        "total": sum(section.known for section in sections),
    }
    if not found.kinds:
        return style.say("No recorded input changed; {moved} of {total} key figures moved.", **figures)
    kinds = [style.say(KINDS[kind]) for kind in found.kinds]
    first = style.say(", ").join(kinds[:-1])
    listed = style.say("{first} and {last}", first=first, last=kinds[-1]) if first else kinds[0]
    return style.say("{inputs} changed; {moved} of {total} key figures moved.", inputs=_capital(listed), **figures)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _section(
    store: Store, before: Version, after: Version, topic: str, styles: tuple[Style, Style], room: Room
) -> Section | None:
    old, new = store.document(before, topic), store.document(after, topic)
    if new is None:
        return None
    return Section(
        topic=topic,
        title=document_title(new, styles[1].language),
        known=len(after.facts["key_figures"].get(topic, {})),
        figures=tuple(_figures(before, after, topic, styles[1])),
        pairs=tuple(_pairs(old, new, styles, room, versions=(before, after), topic=topic)),
    )


def _figures(before: Version, after: Version, topic: str, style: Style) -> list[FigureRow]:
    changes = key_figure_changes(before, after).get(topic, {})
    rows = []
    for figure in after.facts["key_figures"].get(topic, {}).values():
        value, change = Value.from_dict(figure["value"]), changes[figure["metric"]]
        if change.reason is None and change.previous == value:
            continue
        was = format_value(change.previous, style) if change.previous is not None else "–"
        moved = describe(value, change, direction=figure.get("direction"), style=style, beside=True)
        rows.append(FigureRow(said(figure["label"], style), was, format_value(value, style), moved))
    return rows


def _pairs(
    old: Mapping[str, Any] | None, new: Mapping[str, Any], styles: tuple[Style, Style], room: Room, *,
    versions: tuple[Version, Version], topic: str,
) -> Iterator[Pair]:  # fmt: skip
    """Tables and figures that both versions have, in the later one's order, drawn as long as there is room."""
    earlier = {block.id: block for block in _drawn(old)} if old is not None else {}
    for block in _drawn(new):
        was = earlier.get(block.id)
        if was is None or type(was) is not type(block):
            continue
        title = _title(block, styles[1])
        if was.to_dict() == block.to_dict():
            yield Pair(title, same=True)
        elif room.left > 0:
            drawn = _shown(was, "before", topic, styles[0]), _shown(block, "after", topic, styles[1])
            room.left -= sum(len(part.encode()) for part in drawn)
            yield Pair(title, False, *drawn)
        else:
            files = (f"{version.id}/{page_file(topic, version, styles[1].language)}" for version in versions)
            yield Pair(title, same=False, links=tuple(f"../versions/{file}#{block.id}" for file in files))


def _drawn(document: Mapping[str, Any]) -> list[Figure | Table]:
    """Figures and tables of a kept document; a figure whose every row was withheld has nothing to compare."""
    kept = (item["block"] for item in document["items"] if "block" in item)
    blocks: list[Block] = [from_dict(b) for b in kept if b["type"] != "figure" or b["data"]["rows"]]
    return [block for block in blocks if isinstance(block, Figure | Table)]


def _title(block: Figure | Table, style: Style) -> Markup:
    return format_message(block.title if isinstance(block, Figure) else block.caption, style)


def _shown(block: Figure | Table, side: str, topic: str, style: Style) -> Markup:
    """The block under an id of its own, since both versions stand on one page."""
    writer = Writer(environment(style), style, topic=f"{side}-{topic}")
    named = dataclasses.replace(block, id=f"{side}_{block.id}")
    return writer.figure(named) if isinstance(named, Figure) else writer.table(named)
