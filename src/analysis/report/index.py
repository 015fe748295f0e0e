"""The page where a stakeholder starts: a card per report, and below it every version and what changed in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.report.changes import Change, ChangeWords, describe
from analysis.report.differences import differences, in_words, key_figure_changes
from analysis.report.formatting import Style
from analysis.report.theme import environment
from analysis.report.values import Value
from analysis.report.versions import Decision, Store, Version

__all__ = ["index_page"]

#: Key figures on a card; the page has them all.
CARD_FIGURES = 3


@dataclass(frozen=True)
class CardFigure:
    """One key figure on a card, with how it moved; None where it did not."""

    label: str
    value: Value
    change: ChangeWords | None


@dataclass(frozen=True)
class Card:
    """One report of the current version."""

    title: str
    href: str
    figures: tuple[CardFigure, ...]


@dataclass(frozen=True)
class Row:
    """One version in the list of a profile."""

    version: Version
    status: str
    reason: str
    published: str
    changed: tuple[tuple[str, tuple[str, ...]], ...]
    pages: tuple[tuple[str, str], ...]
    figures: tuple[CardFigure, ...]
    comparison: str | None


@dataclass(frozen=True)
class Shelf:
    """One profile: its current reports and its versions, newest first."""

    name: str
    title: str
    current: Version
    cards: tuple[Card, ...]
    rows: tuple[Row, ...]


def index_page(store: Store, *, styles: Mapping[str, Style], pages: Sequence[str]) -> str:
    """The index as HTML.

    Parameters
    ----------
    store : Store
        The `reports/` folder.
    styles : mapping of str to Style
        How each profile writes its values.
    pages : sequence of str
        The reports in reading order.
    """
    decisions, known = store.decisions(), store.versions()
    shelves = []
    for name in sorted({version.profile for version in known}):
        versions = [version for version in known if version.profile == name]
        shelves.append((_shelf(store, versions, decisions, styles[name], pages), styles[name]))
    parts = [environment(style).get_template("shelf.html.j2").render(shelf=shelf) for shelf, style in shelves]
    plain = next(iter(styles.values()), Style())
    return environment(plain).get_template("index.html.j2").render(shelves=[shelf for shelf, _ in shelves], parts=parts)


def _shelf(
    store: Store, versions: Sequence[Version], decisions: Mapping[str, Decision], style: Style, pages: Sequence[str]
) -> Shelf:
    """One profile's shelf from its versions, newest first."""
    current = versions[0]
    name = current.profile
    before = versions[1] if len(versions) > 1 else None
    changes = key_figure_changes(before, current) if before else {}
    cards = []
    for topic in pages:
        document = store.document(current, topic)
        if document is not None:
            figures = _figures(current, topic, changes, style)[:CARD_FIGURES]
            cards.append(Card(document["title"], f"latest/{name}/{topic}.html", figures))
    pairs = zip(versions, [*versions[1:], None], strict=True)
    rows = tuple(
        _row(store, version, older, decisions.get(version.id), style, pages, current=version is current)
        for version, older in pairs
    )
    return Shelf(name, str(current.facts["parameters"]["report"]["title"]), current, tuple(cards), rows)


def _row(
    store: Store,
    version: Version,
    before: Version | None,
    decision: Decision | None,
    style: Style,
    pages: Sequence[str],
    *,
    current: bool,
) -> Row:
    status = decision.status if decision else "current" if current else "superseded"
    changed = in_words(differences(before, version)) if before else (("first version", ()),)
    changes = key_figure_changes(before, version) if before else {}
    comparison = f"comparisons/{before.id}..{version.id}.html" if before else None
    if comparison and not (store.folder / comparison).is_file():
        comparison = None
    return Row(
        version=version,
        status=status,
        reason=decision.reason if decision else "",
        published=version.published[:16].replace("T", " ") + " UTC",
        changed=changed,
        pages=tuple(
            (topic, f"versions/{version.id}/{topic}.html")
            for topic in pages
            if f"{topic}.html" in version.facts["pages"]
        ),
        figures=_figures(version, pages[0], changes, style)[:CARD_FIGURES],
        comparison=comparison,
    )


def _figures(
    version: Version, topic: str, changes: Mapping[str, Mapping[str, Change]], style: Style
) -> tuple[CardFigure, ...]:
    known = changes.get(topic, {})
    figures: Mapping[str, Any] = version.facts["key_figures"].get(topic, {})
    return tuple(_card_figure(figure, known.get(figure["metric"]), style) for figure in figures.values())


def _card_figure(figure: Mapping[str, Any], change: Change | None, style: Style) -> CardFigure:
    value = Value.from_dict(figure["value"])
    moved = change is not None and not (change.reason is None and change.previous == value)
    words = describe(value, change, direction=figure.get("direction"), style=style) if change and moved else None
    return CardFigure(figure["label"], value, words)
